#!/bin/bash
# demo.sh BUILD - the main job, for real: a control plane, a paper exchange and
# an appliance in a simulated TD; registration, a market-making job, its signed
# report, its verification, and six things that are refused. Everything lives in
# one temporary folder and nothing is left running.
set -euo pipefail
build=$(cd "$1" && pwd)
bin=$build/bin
image=$build/sim/ee-appliance.raw
reference=$build/sim/measurements.json
firmware=${EE_FIRMWARE:-/usr/share/ovmf/OVMF.fd}
work=$(mktemp -d)
export XDG_STATE_HOME=$work/state
instances=$work/state/ee-launcher/instances
daemons=
SECONDS=0

step() { printf '\n\033[1m== %3ds  %s\033[0m\n' "$SECONDS" "$*"; }
proves() { printf '   proves: %s\n' "$*"; }
indent() { sed 's/^/   /'; }
fail() { printf '\ndemo: FAILED: %s\n' "$*" >&2; exit 1; }

# Whoever works in our folder: an interrupted command may have left something
# that `stop` does not know of yet.
workers() {
	local p
	for p in /proc/[0-9]*; do
		[[ $(readlink "$p/cwd") != "$work"/* ]] || echo "${p#/proc/}"
	done
}

finish() {
	local status=$? n keepers
	trap '' INT TERM
	if [ "$status" -ne 0 ]; then
		tail -n 20 "$work"/*.log "$instances"/*/*.log >&2 || true
	fi
	keepers=$(cut -d' ' -f1 "$instances"/*/pid 2>/dev/null) || true
	for n in demo early firmware image; do
		"$bin/ee-launcher" stop "$n" >/dev/null 2>&1 &
	done
	[ -z "$daemons" ] || kill $daemons 2>/dev/null || true
	wait
	for n in $(workers); do
		kill -9 "$n" 2>/dev/null || true
	done
	# Ended they are; somebody else has to reap them.
	for n in {1..30}; do
		ps -o pid= -p "${keepers//$'\n'/,}" >/dev/null 2>&1 || break
		sleep 0.1
	done
	if [ -n "${KEEP:-}" ]; then
		echo "kept: $work"
	else
		rm -rf "$work"
	fi
	exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

port_of() { # LOG
	for _ in {1..200}; do
		sed -n 's/.*event=listening.* port=\([0-9]*\).*/\1/p' "$1" |
			grep . && return
		sleep 0.05
	done
	fail "$1 has no listening line"
}

# The lines that demo's console has got since the last call, as they come, until
# one of them holds TEXT.
shown=0
follow() { # TEXT SECONDS
	local log new
	for _ in $(seq $(($2 * 5))); do
		log=$("$bin/ee-launcher" logs demo | grep -E '^(ee: |FATAL)') ||
			true
		new=$(tail -n +$((shown + 1)) <<<"$log")
		[ -z "$new" ] || indent <<<"$new"
		[ -z "$log" ] || shown=$(wc -l <<<"$log")
		! grep -q "$1" <<<"$new" || return 0
		sleep 0.2
	done
	fail "demo's console has no line: $1"
}

# A command that must be refused, and whose output must hold CODE.
refused() { # CODE COMMAND...
	local code=$1 out
	shift
	if out=$("$@" 2>&1); then
		fail "accepted: $*"
	fi
	grep -q "$code" <<<"$out" || fail "refused, but not with $code: $out"
	grep "$code" <<<"$out" | head -n 1 | cut -c1-150 | indent
}

# The newest decision about an agent that never gets in, once there is one.
refused_at_plane() { # NAME CODE
	local line
	for _ in {1..600}; do
		line=$("$bin/ee-cp" events --state "$work/cp" |
			grep " $1 " | head -n 1) || true
		[ -n "$line" ] && break
		sleep 0.1
	done
	grep -q "$2" <<<"$line" || fail "$1: wanted $2, got: $line"
	cut -c1-150 <<<"$line" | indent
}

run() { # NAME IMAGE FIRMWARE CONTROL_PLANE_PORT
	local name=$1 img=$2 fw=$3 port=$4
	"$bin/ee-launcher" run "$name" --sim --image "$img" --firmware "$fw" \
		--memory 128M --control-plane "https://169.254.169.2:$port" \
		--control-plane-ca "$work/cp/ca.pem" \
		--venue "binance=https://169.254.169.2:$paper_port,ca=$work/paper/ca.pem" \
		--heartbeat 5
}

step "Measurements anybody can recompute from the image"
"$bin/ee-measure" image --firmware "$firmware" --image "$image" \
	--platform sim --memory 128M --cpus 1 -o json >"$work/predicted.json"
jq -r '"mrtd  \(.mrtd)", "rtmr1 \(.rtmr1)"' "$work/predicted.json" | indent
proves "what a genuine boot must show is known before the boot"

step "Control plane and paper exchange"
"$bin/ee-launcher" sim-pki >/dev/null
pki=$XDG_STATE_HOME/ee-launcher/sim-pki
sim=(--collateral "$pki/collateral.json" --insecure-sim-root "$pki/root.pem")
verify=(--reference "$reference" "${sim[@]}")
"$bin/ee-cp" init --state "$work/cp" | indent
"$bin/ee-cp" trust --state "$work/cp" --reference "$reference" | indent
"$bin/ee-cp" serve --state "$work/cp" --listen 127.0.0.1:0 "${sim[@]}" \
	>"$work/cp.log" 2>&1 &
daemons="$daemons $!"
"$bin/ee-paper" account --accounts "$work/accounts.json" \
	--credentials "$work/credentials.json"
market=(--speed 400 --seed 1)
recorded=$(ls "${EE_SHARED:-../shared}"/fixtures/market/*.jsonl.gz 2>/dev/null |
	head -n 1) || true
if [ -n "$recorded" ]; then
	gzip -dc "$recorded" >"$work/market.jsonl"
	market=(--speed 4000 --market "$work/market.jsonl")
	echo "   market: $(wc -l <"$work/market.jsonl") recorded Binance trades"
else
	echo "   market: GENERATED from seed 1; no recorded one was found"
fi
"$bin/ee-paper" serve --state "$work/paper" --accounts "$work/accounts.json" \
	--listen 127.0.0.1:0 "${market[@]}" \
	>"$work/paper.log" 2>&1 &
daemons="$daemons $!"
cp_port=$(port_of "$work/cp.log")
paper_port=$(port_of "$work/paper.log")
echo "   control plane on $cp_port, exchange on $paper_port"
proves "both are programs of this tree on 127.0.0.1: no cloud, no real exchange"

# Another firmware: one byte that is nothing but padding, in what is measured.
cp "$firmware" "$work/other.fd"
python3 - "$work/other.fd" <<'EOF'
import sys
f = open(sys.argv[1], "r+b")
b = f.read()
at = b.index(b"\xff" * 4096, len(b) // 2) + 2048
f.seek(at)
f.write(b"\x00")
EOF
# Another image: one letter of a text in it.
cp "$build/sim/BOOTX64.EFI" "$work/other.efi"
chmod u+w "$work/other.efi"
printf 'X' | dd of="$work/other.efi" bs=1 seek=78 conv=notrunc status=none
"$bin/mkdisk" "$work/other.efi" "$work/other.raw"

step "An instance boots in a SIMULATED TD, through firmware, and registers"
run demo "$image" "$firmware" "$cp_port" 2>&1 | indent
# Meanwhile, on the other processor, one that will be refused.
run firmware "$image" "$work/other.fd" "$cp_port" >/dev/null 2>&1
follow 'registered agent' 90
"$bin/ee-cp" agents --state "$work/cp" | indent
proves "the control plane verified a whole quote: chain, CRLs, TCB, MRTD, RTMRs, nonce"
# And one more to be refused, and one whose control plane is not there.
run image "$work/other.raw" "$firmware" "$cp_port" >/dev/null 2>&1
run early "$image" "$firmware" 1 >/dev/null 2>&1

step "The launcher challenges the agent itself, on a channel it then pins"
"$bin/ee-launcher" attest demo "${verify[@]}" -o json >"$work/attest.json"
jq -r '"\(.verdict), simulated: \(.simulated), TCB \(.tcb_status)",
	"mrtd  \(.measurements.mrtd)", "rtmr1 \(.measurements.rtmr1)"' \
	"$work/attest.json" | indent
[ "$(jq -c '.measurements | [.mrtd, .rtmr1]' "$work/attest.json")" = \
	"$(jq -c '[.mrtd, .rtmr1]' "$work/predicted.json")" ] ||
	fail "the quote holds other measurements than predicted"
proves "the TLS key, the report key and the sealing key live in that TD, and its"
proves "measurements are those predicted above, before it was started"

step "A market-making job, with credentials sealed to the TD"
cat >"$work/parameters.json" <<'EOF'
{"orderAmount":"60","bidSpread":"0.002","askSpread":"0.002",
 "inventorySkewFactor":"0.005","numberOfLayers":2,"orderRefreshTime":500,
 "tickSizeMs":200,"maxTicks":40}
EOF
job=$("$bin/ee-launcher" job start demo "${verify[@]}" --exchange binance \
	--pair XRP/ETH --campaign demo-campaign \
	--parameters "$work/parameters.json" \
	--credentials "$work/credentials.json" -o json | jq -r .job_id)
echo "   job $job"
state=running
while [ "$state" != stopped ]; do
	sleep 1
	status=$("$bin/ee-launcher" job status demo "$job" -o json)
	state=$(jq -r .status <<<"$status")
	jq -r '"   \(.status), tick \(.tick_count)"' <<<"$status"
	[ "$state" != failed ] && [ "$SECONDS" -lt 300 ] ||
		fail "the job ended as: $status"
done
"$bin/ee-launcher" job report demo "$job" --out "$work/report.json"
jq -r '.report | "trades \(.metrics.trades), bought \(.metrics.buy_volume), sold \(.metrics.sell_volume) \(.metrics.base_asset), realised \(.metrics.realised_pnl_quote), fees \(.metrics.fees_quote) \(.metrics.quote_asset), both sides quoted for \(.metrics.time_quoting_both_sides_ms) ms"' \
	"$work/report.json" | indent
jq -r '.report.metrics.intents |
	"intents " + ([.types, .states | to_entries[] | select(.value > 0) |
	"\(.key) \(.value)"] | join(", "))' "$work/report.json" | indent
[ "$(jq -r .report.metrics.trades "$work/report.json")" -gt 0 ] ||
	fail "the job made no trade"
follow 'report signed' 5
proves "orders were quoted, filled by the market and accounted for inside the TD"

step "Anybody verifies the report, offline"
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
offline=()
if unshare -rn true 2>/dev/null; then
	offline=(unshare -rn)
	echo "   in a network namespace that has no interface"
fi
"${offline[@]}" "$bin/ee-measure" report verify "$work/report.json" \
	"${verify[@]}" --at "$now" | indent
proves "this image, with this configuration, signed exactly these numbers"

step "Refused: another firmware"
refused_at_plane firmware EE-ATT-014
proves "one byte of padding in what is measured is enough"

step "Refused: another image on the right firmware"
refused_at_plane image EE-ATT-016
proves "and so is one letter of a text in the kernel"

step "Refused: a registration sent again"
id=$("$bin/ee-cp" agents --state "$work/cp" -o json |
	jq -r '.agents[] | select(.vm_name == "demo") | .agent_id')
curl -s --cacert "$work/cp/ca.pem" \
	"https://127.0.0.1:$cp_port/api/v1/agents/$id" |
	jq -c '{attestation: {binding: .attestation.binding,
		tdx: {quote_b64: .attestation.quote_b64}},
		datacenter, node_size, nonce: .attestation.binding.nonce,
		version, vm_name}' >"$work/again.json"
refused EE-ATT-004 curl -s --fail-with-body --cacert "$work/cp/ca.pem" \
	--data @"$work/again.json" -H 'Content-Type: application/json' \
	"https://127.0.0.1:$cp_port/api/v1/agents/register"
proves "evidence is public, but a nonce is good for one registration"

step "Refused: a simulated quote, when the simulated root is not named"
jq -r .report.attestation.quote "$work/report.json" | base64 -d >"$work/quote"
refused EE-ATT-010 "$bin/ee-measure" quote verify "$work/quote" \
	--collateral "$pki/collateral.json" --reference "$reference" \
	--at "$now"
proves "nothing simulated passes where nobody asked for it"

step "Refused: the report with one digit changed"
sed -E 's/("buy_volume":"[0-9]*)([0-8])/\19/' "$work/report.json" \
	>"$work/forged.json"
! cmp -s "$work/report.json" "$work/forged.json" || fail "nothing changed"
refused sha384 "$bin/ee-measure" report verify "$work/forged.json" \
	"${verify[@]}" --at "$now"
proves "the signature covers every number"

step "Refused: a job before registration"
refused not_registered "$bin/ee-launcher" job start early "${verify[@]}" \
	--exchange binance --pair XRP/ETH --campaign demo-campaign \
	--parameters "$work/parameters.json" \
	--credentials "$work/credentials.json"
proves "an agent that nobody has accepted takes no job"

step "Done in $SECONDS s. Everything above was SIMULATED TDX: the code and the verification are the real ones, the hardware is not."
