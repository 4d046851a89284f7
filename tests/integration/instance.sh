#!/bin/bash
# A real boot: the sim image under OVMF, started by the launcher, registered at
# a real control plane; attestation, a job, its report; a control plane that is
# gone for a while; and what must be refused. Software emulation throughout.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/integration/tap.sh
. tests/integration/lib.sh
ee=$(realpath "$EE_BIN")/ee-launcher
image=$EE_BUILD/sim/ee-appliance.raw
reference=$EE_BUILD/sim/measurements.json
work=$(mktemp -d)
export XDG_STATE_HOME=$work/state
inst=$XDG_STATE_HOME/ee-launcher/instances
trap '"$ee" stop vm 2>/dev/null; stop_all; rm -rf "$work"' EXIT

"$ee" sim-pki -o json >"$work/pki"
root=$(jq -r .root "$work/pki") collateral=$(jq -r .collateral "$work/pki")
trust=(--collateral "$collateral" --insecure-sim-root "$root")
start_paper "$work" 100 || exit 1
"$EE_BIN/ee-cp" init --state "$work/cp" >/dev/null &&
	"$EE_BIN/ee-cp" trust --state "$work/cp" --reference "$reference" \
		>/dev/null &&
	start_cp "$work" 0 "${trust[@]}" || exit 1

"$ee" run vm --sim --accel tcg --image "$image" --heartbeat 1 \
	--control-plane "https://169.254.169.2:$CP_PORT" \
	--control-plane-ca "$work/cp/ca.pem" --wait 120 \
	--venue "paper=https://169.254.169.2:$PAPER_PORT,ca=$work/paper/ca.pem" \
	>"$work/out" 2>&1
rc=$?
is $rc 0 'the image boots from its disk and registers'
if [ $rc -ne 0 ]; then
	sed 's/^/# /' "$work/out" "$inst"/vm/*.log
	finish
fi
is "$("$ee" logs vm | sed 's/ agent .*/ agent/' |
	grep -oE '^(ee: [a-z ]*[a-z]|FATAL)' | uniq | xargs -d'\n')" \
	"$(printf '%s ' 'ee: boot' 'ee: step mounts' 'ee: step entropy' \
		'ee: step clock' 'ee: network lease' 'ee: step network' \
		'ee: step config' 'ee: quote provider tsm' 'ee: step provider' \
		'ee: config bound bytes' 'ee: step bind' 'ee: step agent' \
		'ee: api listening on port' 'ee: nonce received' \
		'ee: quote bytes' 'ee: registered agent' | sed 's/ $//')" \
	'every step by name, and nothing else'
is "$("$EE_BIN/ee-cp" agents --state "$work/cp" -o json |
	jq -c '.agents[] | [.vm_name, .simulated]')" '["vm",true]' \
	'the control plane knows it, as simulated'

"$ee" attest vm --reference "$reference" "${trust[@]}" -o json >"$work/verdict"
is $? 0 'attest'
is "$(jq -c '[.verdict, .simulated, .tcb_status]' "$work/verdict")" \
	'["accepted",true,"UpToDate"]' 'accepted, and simulated'
"$EE_BIN/ee-measure" image --platform sim --firmware /usr/share/ovmf/OVMF.fd \
	--memory 128M --cpus 1 --image "$image" --config "$inst/vm/config.json" \
	-o json >"$work/predicted"
is "$(jq -c '.measurements | [.mrtd, .rtmr0, .rtmr1, .rtmr2, .rtmr3]' \
	"$work/verdict")" \
	"$(jq -c '[.mrtd, .rtmr0, .rtmr1, .rtmr2, .rtmr3]' "$work/predicted")" \
	'every register is the one predicted, RTMR3 with this configuration'

openssl ecparam -genkey -name prime256v1 -out "$work/release.key"
openssl pkey -in "$work/release.key" -pubout -out "$work/release.pub"
jq -cS '.release = {commit: ("ab" * 20), counter: 7, pinned: true,
	not_after: "2999-01-01T00:00:00Z", not_before: "2020-01-01T00:00:00Z",
	version: "1.2.3"}' "$reference" |
	tests/peers/seal.py "$work/release.key" >"$work/signed.json"
"$ee" attest vm --reference "$work/signed.json" --reference-key \
	"$work/release.pub" "${trust[@]}" >"$work/verdict"
is $? 0 'a signed reference, with the key of its publisher'
"$ee" attest vm --reference "$reference" --reference-key \
	"$work/release.pub" "${trust[@]}" >"$work/verdict" 2>&1
is $? 1 'with the key, one that nobody signed is refused'
jq -cn '{version: 1, simulated: true, references: [
	{file: "signed.json", key: "release.pub", min_counter: 7}]}' \
	>"$work/policy.json"
"$ee" attest vm --policy "$work/policy.json" "${trust[@]}" >"$work/verdict"
is $? 0 'a policy that names the signed reference beside it'
jq -c '.references[0].min_counter = 8' "$work/policy.json" >"$work/later.json"
"$ee" attest vm --policy "$work/later.json" "${trust[@]}" >"$work/verdict" 2>&1
is $? 1 'a policy that wants a later release'
jq -c '.verifier = "both"' "$work/policy.json" >"$work/both.json"
"$ee" attest vm --policy "$work/both.json" "${trust[@]}" >"$work/verdict" 2>&1
is $? 3 'a policy that wants a token as well'

# ---- refused
verdict() { # STATUS CODE TITLE OPTION...
	local want=$1 code=$2 title=$3
	shift 3
	"$ee" attest vm "$@" -o json >"$work/verdict"
	is $? "$want" "$title"
	is "$(jq -r .reason_code "$work/verdict")" "$code" "... with $code"
}
verdict 1 EE-ATT-010 'without the simulated root' --reference "$reference" \
	--collateral "$collateral"
jq -c 'del(.simulated)' "$work/policy.json" >"$work/real.json"
verdict 1 EE-ATT-010 'a policy that allows no simulated platform' \
	--policy "$work/real.json" "${trust[@]}"
jq -cS '.measurements[] |= (.events = [] | .rtmr1 |= .[2:] + .[:2])' \
	"$reference" >"$work/other.json"
verdict 1 EE-ATT-016 'another kernel' --reference "$work/other.json" \
	"${trust[@]}"
jq -cS '(.measurements[], .firmware[]).mrtd |= .[2:] + .[:2]' \
	"$reference" >"$work/other.json"
verdict 1 EE-ATT-014 'another firmware' --reference "$work/other.json" \
	"${trust[@]}"
echo '{"version":1}' >"$work/policy.json"
verdict 1 EE-ATT-017 'a policy that names nothing' --policy "$work/policy.json" \
	"${trust[@]}"

# The host in the middle of the connection, and another configuration than the
# one that the guest was given.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	-keyout "$work/mitm.key" -out "$work/mitm.crt" -subj /CN=ee-agent \
	-days 9 2>/dev/null
cp "$inst/vm/instance.json" "$work/instance.json"
tests/peers/tls_relay.py "$work/mitm.crt" "$work/mitm.key" \
	"$(jq .api_port "$work/instance.json")" >"$work/mitm.port" &
started="$started $!"
for _ in $(seq 50); do [ -s "$work/mitm.port" ] && break; sleep 0.1; done
jq --argjson port "$(cat "$work/mitm.port")" '.api_port = $port' \
	"$work/instance.json" >"$inst/vm/instance.json"
rm -f "$inst/vm/attested.json"
verdict 1 EE-ATT-005 'somebody in between' --reference "$reference" \
	"${trust[@]}"
is "$(jq -r .detail "$work/verdict" | grep -c "another TLS key")" 1 \
	"whose key is not the agent's"
[ ! -e "$inst/vm/attested.json" ]
ok $? 'and is not remembered'
cp "$work/instance.json" "$inst/vm/instance.json"
cp "$inst/vm/config.json" "$work/config.json"
echo >>"$inst/vm/config.json"
verdict 1 EE-ATT-005 'another configuration, by a newline' \
	--reference "$reference" "${trust[@]}"
cp "$work/config.json" "$inst/vm/config.json"

# ---- a job
jq -n '{orderAmount: "50", bidSpread: "0.001", askSpread: "0.001",
	orderRefreshTime: 2000, tickSizeMs: 200}' >"$work/parameters"
start=("$ee" job start vm --campaign c-1 --exchange paper --pair XRP/ETH
	--parameters "$work/parameters" --credentials "$work/credentials.json")
rm -f "$inst/vm/attested.json"
"${start[@]}" --reference "$work/other.json" "${trust[@]}" 2>"$work/out"
is $? 1 'no credentials go to an agent that is refused'
grep -q 'nothing was sent: EE-ATT-014' "$work/out"
ok $? 'and it is said why'
"$ee" job status vm 2>"$work/out"
is $? 1 'nor does the token: it was never attested'
grep -q 'ee-launcher attest vm' "$work/out"
ok $? 'and what to do is said'
job=$("${start[@]}" --reference "$reference" "${trust[@]}" -o json \
	2>"$work/out" | jq -r .job_id)
grep -q '^job-' <<<"$job"
ok $? 'a job starts'
grep -q '^ee-launcher: SIMULATED' "$work/out"
ok $? 'with a warning about where the credentials went'
for _ in $(seq 100); do
	"$ee" job status vm "$job" -o json >"$work/status"
	[ "$(jq .tick_count "$work/status")" -ge 5 ] && break
	sleep 0.2
done
is "$(jq -r .status "$work/status")" running 'it runs'

# The control plane goes away under it, and comes back.
kill "$CP_PID"
wait "$CP_PID" 2>/dev/null
wait_line() { # LINE
	for _ in $(seq 150); do
		"$ee" logs vm | grep -q "^$1" && return
		sleep 0.2
	done
	return 1
}
wait_line 'ee: control plane lost'
ok $? 'the guest notices that its control plane is gone'
before=$("$ee" job status vm "$job" -o json | jq .tick_count)
start_cp "$work" "$CP_PORT" "${trust[@]}"
wait_line 'ee: control plane back'
ok $? 'and that it is back'
[ "$("$ee" job status vm "$job" -o json | jq .tick_count)" -gt "$before" ]
ok $? 'the job went on'

"$ee" job stop vm "$job" >/dev/null
for _ in $(seq 50); do
	"$ee" job status vm "$job" -o json >"$work/status"
	[ "$(jq -r .status "$work/status")" = stopped ] && break
	sleep 0.2
done
is "$(jq -r '[.status, .error, .open_orders] | join(",")' "$work/status")" \
	'stopped,,0' 'it stops and leaves no order open'
"$ee" job report vm "$job" --out "$work/report"
is $? 0 'its report'
"$EE_BIN/ee-measure" report verify "$work/report" --reference "$reference" \
	--config "$inst/vm/config.json" "${trust[@]}" --at "$(date +%s)" \
	>"$work/out"
is $? 0 'is verified offline, with the configuration that the guest was given'
grep -q 'simulated: true' "$work/out"
ok $? 'and says that it is simulated'
secret=$(jq -r .api_secret "$work/credentials.json")
grep -rqF "$secret" "$XDG_STATE_HOME" "$work/report" "$work/cp"
ok $((! $?)) "the venue's secret is in no file of anybody's"

# ---- another guest in its place
"$ee" stop vm
"$ee" run vm --sim --accel tcg --image "$image" --heartbeat 1 \
	--control-plane "https://169.254.169.2:$CP_PORT" \
	--control-plane-ca "$work/cp/ca.pem" --wait 120 >"$work/out" 2>&1
is $? 0 'the same name, run again'
"$ee" job status vm 2>"$work/out"
is $? 1 'has to be attested again before it gets the token'
"$ee" stop vm --remove
is "$(pgrep -fc "qemu-system-x86_64 -name vm ")" 0 'nothing is left running'
finish
