#!/bin/bash
# ee-cp and ee-paper as an operator meets them: exit codes, messages that say
# what to do, files and their modes, reloading, a full and a read-only disk.
set -u
. tests/integration/tap.sh
. tests/integration/lib.sh

work=$(mktemp -d)
trap 'stop_all; umount "$work/full" 2>/dev/null; rm -rf "$work"' EXIT
cp=$EE_BIN/ee-cp
paper=$EE_BIN/ee-paper
client=$EE_PEERS/regclient

# expect STATUS TEXT TITLE COMMAND...: the exit status, and TEXT in the output
expect() {
	local want=$1 text=$2 title=$3 got
	shift 3
	timeout 20 "$@" >"$work/out" 2>&1
	got=$?
	is "$got" "$want" "$title: exit status $want"
	[ -n "$text" ] || return
	grep -qF -- "$text" "$work/out"
	ok $? "$title: says '$text'"
}
get() { # PATH: body, then status
	curl -s --cacert "$work/cp/ca.pem" -w '\n%{http_code}' \
		"https://127.0.0.1:$CP_PORT$1"
}

# ---- usage
expect 2 "usage" "no verb" "$cp"
expect 2 "usage" "an unknown verb" "$cp" start
expect 0 "usage" "--help" "$cp" --help
for verb in init trust untrust serve agents trusted events "collateral add" \
	"collateral remove" "collateral list" "collateral import" \
	"collateral refresh"; do
	# shellcheck disable=SC2086
	expect 0 "--state DIR" "$verb --help" "$cp" $verb --help
done
expect 2 "--state DIR is needed" "init without a folder" "$cp" init
expect 2 "--state DIR is needed" "serve without a folder" "$cp" serve
expect 2 "--state DIR is needed" "agents without a folder" "$cp" agents
expect 2 "-o takes 'json'" "an unknown format" "$cp" agents --state x -o xml
expect 2 "--reference FILE is needed" "trust of nothing" \
	"$cp" trust --state "$work/cp"

# ---- before init
expect 4 "'ee-cp init' makes it" "serve before init" \
	"$cp" serve --state "$work/cp"
expect 4 "'ee-cp init' makes it" "agents before init" \
	"$cp" agents --state "$work/cp"
[ ! -e "$work/cp" ]
ok $? "neither made a file"
expect 4 "/ca.key is not there" "--renew before init" "$cp" init --state "$work/no" --renew
expect 2 "--name a b" "a name that no certificate can hold" \
	"$cp" init --state "$work/name" --name 'a b'

# ---- init
expect 0 "ca.pem is the CA that guests pin" init "$cp" init --state "$work/cp"
is "$(cd "$work/cp" && stat -c '%n %a' -- * | sort | tr '\n' ' ')" \
	"admin.token 600 ca.key 600 ca.pem 644 cp.db 600 server.key 600 server.pem 644 " \
	"its files and their modes"
is "$(stat -c %a "$work/cp")" 700 "in a folder that is private"
token=$(cat "$work/cp/admin.token")
grep -qF "$token" "$work/out"
is $? 1 "the admin's token is not printed"
openssl verify -CAfile "$work/cp/ca.pem" "$work/cp/server.pem" >/dev/null
ok $? "openssl verifies the server's certificate"
sum=$(sha256sum "$work/cp/ca.pem" "$work/cp/admin.token")
expect 1 "use --renew" "init again" "$cp" init --state "$work/cp"
expect 0 "" "--renew" "$cp" init --state "$work/cp" --renew
is "$(sha256sum "$work/cp/ca.pem" "$work/cp/admin.token")" "$sum" \
	"both leave the CA and the token as they were"
for f in ca.pem admin.token cp.db server.pem; do
	cp -a "$work/cp" "$work/cut"
	rm "$work/cut/$f"
	[ $f = ca.pem ] && again= || again=--renew
	# shellcheck disable=SC2086
	"$cp" init --state "$work/cut" $again >/dev/null 2>&1 &&
		[ -s "$work/cut/$f" ]
	ok $? "an init that was cut short before $f can be done again"
	rm -rf "$work/cut"
done

# ---- what serve refuses
cp -a "$work/cp" "$work/bad"
chmod 640 "$work/bad/server.key"
expect 4 "chmod 600" "a key that others can read" \
	"$cp" serve --state "$work/bad"
chmod 600 "$work/bad/server.key"
expect 2 "--name" "a name of 65 letters" "$cp" init --state "$work/bad" \
	--renew --name "$(printf '%065d' 0)"
cmp -s "$work/cp/server.key" "$work/bad/server.key"
ok $? "and the key in use stays"
chmod 640 "$work/bad/ca.key"
expect 4 "chmod 600" "a CA's key that others can read" \
	"$cp" init --state "$work/bad" --renew
chmod 600 "$work/bad/ca.key"
chmod 640 "$work/bad/admin.token"
expect 4 "chmod 600" "a token that others can read" \
	"$cp" init --state "$work/bad" --renew
expect 4 "chmod 600" "and in serve" "$cp" serve --state "$work/bad"
chmod 600 "$work/bad/admin.token"
cp "$work/bad/ca.key" "$work/bad/server.key"
expect 4 "init --renew" "a key of another certificate" \
	"$cp" serve --state "$work/bad"
"$cp" init --state "$work/bad" --renew >/dev/null
mv "$work/bad/admin.token" "$work/token"
expect 4 "init --renew" "no token" "$cp" serve --state "$work/bad"
mv "$work/token" "$work/bad/admin.token"
expect 4 "no-such-file: No such file" "collateral that is not there" \
	"$cp" serve --state "$work/bad" --collateral no-such-file
echo '{}' >"$work/empty.json"
expect 3 "empty.json" "collateral that is none" \
	"$cp" serve --state "$work/bad" --collateral "$work/empty.json"
expect 2 "ADDR:PORT" "no port" "$cp" serve --state "$work/bad" --listen x
expect 4 "cannot listen" "an address of somebody else" \
	"$cp" serve --state "$work/bad" --listen 192.0.2.1:1
sqlite3 "$work/bad/cp.db" 'PRAGMA user_version = 99'
expect 4 "newer ee-cp" "a database from the future" \
	"$cp" agents --state "$work/bad"
head -c 4096 /dev/urandom >"$work/bad/cp.db"
expect 4 "cp.db" "a database that is none" "$cp" agents --state "$work/bad"
if faketime=$(command -v faketime); then
	expect 4 "has expired" "a certificate whose time is over" \
		"$faketime" '2 years' "$cp" serve --state "$work/cp"
else
	skip "a certificate whose time is over" "no faketime"
fi

# ---- trust
"$client" reference >"$work/reference.json"
expect 0 "1 measurement sets" trust \
	"$cp" trust --state "$work/cp" --reference "$work/reference.json"
expect 3 "empty.json" "a reference that is none" \
	"$cp" trust --state "$work/cp" --reference "$work/empty.json"
expect 4 "no-such-file: No such file" "a reference that is not there" \
	"$cp" trust --state "$work/cp" --reference no-such-file
jq -c '.measurements[] += {"rtmr0":null,"reason":"no ACPI"}' "$work/reference.json" >"$work/part.json"
expect 0 "RTMR0 is unknown in 1 of them" "an RTMR0 that is not known is told" \
	"$cp" trust --state "$work/cp" --reference "$work/part.json"
jq -c '.measurements[] += {"rtmr1":null,"reason":"no ACPI"}' "$work/reference.json" >"$work/part.json"
expect 1 "no entry has RTMR1 and RTMR2" "no image to trust" \
	"$cp" trust --state "$work/cp" --reference "$work/part.json"
released() { # COUNTER NOT_AFTER < reference
	jq -c --argjson n "$1" --arg last "$2" '.release |= {
		commit: ("ab" * 20), counter: $n, not_after: $last,
		not_before: "2020-01-01T00:00:00Z", pinned: true,
		version: "1.0.\($n)" }'
}
mkdir "$work/other"
"$cp" init --state "$work/other" >/dev/null
released 7 2999-01-01T00:00:00Z <"$work/reference.json" >"$work/r7.json"
released 6 2999-01-01T00:00:00Z <"$work/reference.json" >"$work/r6.json"
released 8 2021-01-01T00:00:00Z <"$work/reference.json" >"$work/r8.json"
expect 0 "1 measurement sets" "a release" \
	"$cp" trust --state "$work/other" --reference "$work/r7.json"
expect 1 "counter is 6, and 7 was seen" "the release before it is refused" \
	"$cp" trust --state "$work/other" --reference "$work/r6.json"
expect 0 "1 measurement sets" "unless that is wanted" \
	"$cp" trust --state "$work/other" --reference "$work/r6.json" \
	--allow-rollback
expect 1 "1.0.8 was good until 2021-01-01T00:00:00Z" "one that is over" \
	"$cp" trust --state "$work/other" --reference "$work/r8.json"
for key in release other; do
	openssl ecparam -genkey -name prime256v1 -out "$work/$key.key"
	openssl pkey -in "$work/$key.key" -pubout -out "$work/$key.pub"
done
tests/peers/seal.py "$work/release.key" <"$work/r7.json" >"$work/r7.dsse"
expect 0 "1 measurement sets" "a signed release" \
	"$cp" trust --state "$work/other" --reference "$work/r7.dsse" \
	--reference-key "$work/release.pub"
expect 1 "r7.dsse: not signed with that key" "another's signature" \
	"$cp" trust --state "$work/other" --reference "$work/r7.dsse" \
	--reference-key "$work/other.pub"
expect 1 "an envelope, and no key" "a signature that nobody can check" \
	"$cp" trust --state "$work/other" --reference "$work/r7.dsse"
expect 1 "a key, and no envelope" "no signature at all" \
	"$cp" trust --state "$work/other" --reference "$work/r7.json" \
	--reference-key "$work/release.pub"
expect 3 "r7.json: a public P-256 key in PEM" "a key that is none" \
	"$cp" trust --state "$work/other" --reference "$work/r7.dsse" \
	--reference-key "$work/r7.json"
is "$("$cp" trusted --state "$work/other" -o json |
	jq -r '.trusted_mrtds[0].rtmrs[0].version')" 1.0.7 \
	"the newest release is the set's"
mrtd=$("$cp" trusted --state "$work/cp" -o json | jq -r '.trusted_mrtds[0].mrtd')
is ${#mrtd} 96 "it is listed"
expect 2 "96 hexadecimal digits" "untrust of a word" \
	"$cp" untrust --state "$work/cp" --mrtd none
expect 0 "not trusted any more" untrust \
	"$cp" untrust --state "$work/cp" --mrtd "$mrtd"
expect 1 "was not trusted" "untrust again" \
	"$cp" untrust --state "$work/cp" --mrtd "$mrtd"

# ---- serve: not ready, ready, other programs at the same time
start_cp "$work"
is "$(get /livez | tail -n 1)" 200 "without collateral it lives"
is "$(get /readyz | tail -n 1)" 503 "and is not ready"
stop_all
"$client" register 127.0.0.1 1 "$work/cp/ca.pem" "$work/pki" x 0
cp "$work/pki/collateral.json" "$work/collateral.json"
start_cp "$work" 0 --collateral "$work/collateral.json" \
	--insecure-sim-root "$work/pki/root.pem"
register() {
	"$client" register 127.0.0.1 "$CP_PORT" "$work/cp/ca.pem" "$work/pki" \
		"$1" 1 2>&1
}
is "$(get /readyz | tail -n 1)" 200 "with it, it is ready"
register early | grep -q EE-ATT-017
ok $? "while nothing is trusted, nothing is accepted: EE-ATT-017"
"$cp" trust --state "$work/cp" --reference "$work/reference.json" >/dev/null
register vm | grep -q '^accepted'
ok $? "a running server heeds trust given beside it"
is "$(get /readyz | tail -n 1)" 200 "and stays ready"
"$cp" untrust --state "$work/cp" --mrtd "$mrtd" >/dev/null
register vm2 | grep -q EE-ATT-017
ok $? "and trust taken back"
"$cp" trust --state "$work/cp" --reference "$work/reference.json" >/dev/null
get /metrics | grep -q '^attestation_registration_attempt_total{result="accepted"} 1$'
ok $? "it counts"
is "$(grep -c 'event=registration result=' "$work/cp.log.new")" 3 \
	"each decision is a line of the log"
out=$("$cp" events --state "$work/cp" -o json | jq -c '[.events[].reason_code]')
is "$out" '["EE-ATT-017","OK","EE-ATT-017"]' "and an event"
kill -HUP "$CP_PID"
sleep 0.3
grep -q 'event=reload status=0' "$work/cp.log.new"
ok $? "SIGHUP reads the collateral again"
echo '{}' >"$work/collateral.json"
kill -HUP "$CP_PID"
sleep 0.3
grep -q 'event=reload status=3' "$work/cp.log.new"
ok $? "collateral gone bad is told"
register vm3 | grep -q '^accepted'
ok $? "and the old one stays in use"
secrets=$(cat "$work/cp/admin.token" "$work/cp/server.key" | grep -v -- --- |
	cut -c1-40)
grep -qF "$secrets" "$work/cp.log.new"
is $? 1 "no secret is in the log"
start=$(date +%s%N)
kill -TERM "$CP_PID"
wait "$CP_PID"
is $? 0 "SIGTERM ends it well"
ok $((($(date +%s%N) - start) / 1000000 > 3000)) "and at once"

# ---- disks
mkdir "$work/full"
if mount -t tmpfs -o size=600k tmpfs "$work/full" 2>/dev/null; then
	cp -a "$work/cp" "$work/full/cp"
	cp "$work/pki/collateral.json" "$work/collateral.json"
	start_cp "$work/full" 0 --collateral "$work/collateral.json" \
		--insecure-sim-root "$work/pki/root.pem" 2>/dev/null
	before=$("$cp" agents --state "$work/cp" -o json | jq .total)
	cat /dev/zero >"$work/full/filler" 2>/dev/null
	out=$(curl -s --cacert "$work/cp/ca.pem" -w ' %{http_code}' \
		"https://127.0.0.1:$CP_PORT/api/v1/agents/challenge?vm_name=a")
	is "${out##* }" 500 "a full disk: no challenge is issued"
	out=$(curl -s --cacert "$work/cp/ca.pem" -w ' %{http_code}' -d '{}' \
		"https://127.0.0.1:$CP_PORT/api/v1/agents/register")
	[[ $out == *EE-ATT-019*403 ]]
	ok $? "a registration is refused with EE-ATT-019"
	rm "$work/full/filler"
	"$client" register 127.0.0.1 "$CP_PORT" "$work/cp/ca.pem" \
		"$work/pki" after 1 2>/dev/null | grep -q '^accepted'
	ok $? "with room again, it works"
	is "$("$cp" agents --state "$work/full/cp" -o json | jq .total)" \
		$((before + 1)) "and nothing was accepted meanwhile"
	stop_all
	mount -o remount,ro "$work/full"
	expect 4 "ead-only file system" "a read-only disk" \
		"$cp" agents --state "$work/full/cp"
	umount "$work/full"
else
	skip "a full disk" "no right to mount a tmpfs"
fi

# ---- ee-paper
expect 2 "usage" "ee-paper without a verb" "$paper"
expect 2 "are needed" "an account without files" "$paper" account
expect 2 "--base wants" "a balance that is no number" \
	"$paper" account --accounts "$work/a" --credentials "$work/c" --base x
expect 0 "" "an account" \
	"$paper" account --accounts "$work/a" --credentials "$work/c"
is "$(stat -c %a "$work/a" "$work/c" | tr '\n' ' ')" "600 600 " \
	"its files are private"
expect 1 "there already" "the same once more" \
	"$paper" account --accounts "$work/a" --credentials "$work/c2"
serve=("$paper" serve --state "$work/paper" --accounts "$work/a" --listen
	127.0.0.1:0)
expect 2 "--state DIR and --accounts" "serve without files" "$paper" serve
expect 2 "BASE/QUOTE" "a pair that is none" "${serve[@]}" --symbol 'A"B/C'
expect 2 "--maker-fee wants" "a fee beyond all measure" \
	"${serve[@]}" --maker-fee 1.5
expect 2 "--speed wants" "a speed beyond all measure" "${serve[@]}" --speed 1e9
expect 4 "no-such-file: No such file" "a market that is not there" \
	"${serve[@]}" --market no-such-file
expect 2 "--market or --seed" "a recorded market from a seed" \
	"${serve[@]}" --market "$work/empty.json" --seed 7
expect 2 "is zero" "a seed that would be no seed" "${serve[@]}" --seed 0
expect 3 "empty.json:1" "a market that is none" \
	"${serve[@]}" --market "$work/empty.json"
chmod 644 "$work/a"
expect 4 "chmod 600" "accounts that others can read" "${serve[@]}"
chmod 600 "$work/a"
expect 2 "--name a b" "a name that no certificate can hold" \
	"${serve[@]}" --name 'a b'

# ---- what they were built from
id=$(cut -d'"' -f2 "${EE_BIN%/bin}/source-id.h")
for p in ee-cp ee-launcher ee-measure ee-paper; do
	is "$("$EE_BIN/$p" --version)" "$p sources $id" "$p --version"
	expect 2 "usage" "$p --version and more" "$EE_BIN/$p" --version more
done
is "${#id}" 64 "which is a SHA-256"

# ---- man pages
for page in host-launcher/plane/ee-cp.1 host-launcher/paper/ee-paper.1; do
	is "$(mandoc -T lint -W warning "$page" 2>&1)" "" "$page has no faults"
done
for verb in init trust untrust serve agents trusted events "collateral add" \
	"collateral remove" "collateral list" "collateral import" \
	"collateral refresh"; do
	grep -q "^.Cm .*\b$verb\b" host-launcher/plane/ee-cp.1
	ok $? "ee-cp.1 has $verb"
done
sed -n 's/^\tX([A-Z_]*, *"\(EE-ATT[^"]*\)", [0-9]*, "\([^"]*\)").*/\1 \2/p' \
	guest/lib/reason.h >"$work/codes"
is "$(wc -l <"$work/codes")" 22 "the codes of decisions"
while read -r code text; do
	grep -A 1 "^.It Li $code\$" host-launcher/plane/ee-cp.1 |
		grep -qix "$text\."
	ok $? "ee-cp.1 has $code: $text"
done <"$work/codes"
finish
