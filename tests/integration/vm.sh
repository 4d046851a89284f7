#!/bin/bash
# The images as they are built, in machines (QEMU, software emulation), and what
# becomes of them: the first boot with its times, a minute without network, less
# memory, a supervisor that dies, reports that follow each other, and the ways in
# which a boot has to end. What takes long runs side by side. A single instance's
# life is in instance.sh, what a wrong host does in guest-boot.sh.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/integration/tap.sh
. tests/integration/lib.sh

ee=$(realpath "$EE_BIN")/ee-launcher
image=$EE_BUILD/sim/ee-appliance.raw
reference=$EE_BUILD/sim/measurements.json
firmware=/usr/share/ovmf/OVMF.fd
work=$(mktemp -d)
export XDG_STATE_HOME=$work/state
inst=$XDG_STATE_HOME/ee-launcher/instances
pki=$XDG_STATE_HOME/ee-launcher/sim-pki
declare -A machine

# Whoever works in our folder, the launcher's processes among them.
workers() {
	local p
	for p in /proc/[0-9]*; do
		[[ $(readlink "$p/cwd") != "$work"/* ]] || echo "${p#/proc/}"
	done
}
cleanup() {
	local n
	for n in $("$ee" list -o json | jq -r '.instances[].name'); do
		"$ee" stop "$n" 2>/dev/null &
	done
	[ ${#machine[@]} -eq 0 ] || kill "${machine[@]}" 2>/dev/null
	stop_all
	wait
	rm -rf "$work"
}
trap cleanup EXIT

# The launcher's QEMU, with a monitor in the instance's folder.
cat >"$work/qemu" <<'EOF'
#!/bin/sh
exec qemu-system-x86_64 "$@" -mon chardev=hmp,mode=readline \
	-chardev socket,id=hmp,path=monitor,server=on,wait=off
EOF
chmod +x "$work/qemu"
monitor() { # NAME COMMAND
	python3 - "$inst/$1/monitor" "$2" <<'EOF'
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
f = s.makefile("rwb", buffering=0)
def prompt():
    seen = b""
    while not seen.endswith(b"(qemu) "):
        seen += f.read(1)
prompt()
f.write(sys.argv[2].encode() + b"\n")
prompt()
EOF
}

run() { # NAME MEMORY [OPTION...]
	local name=$1 memory=$2
	shift 2
	"$ee" run "$name" --sim --image "$image" --firmware "$firmware" \
		--accel tcg --qemu "$work/qemu" --memory "$memory" \
		--control-plane "https://169.254.169.2:$CP_PORT" \
		--control-plane-ca "$work/cp/ca.pem" --heartbeat 5 --venue \
		"binance=https://169.254.169.2:$PAPER_PORT,ca=$work/paper/ca.pem" \
		"$@" >"$work/$name.out" 2>&1
}

# A machine without the launcher: direct NAME OPTION...
direct() {
	local name=$1
	shift
	timeout 150 qemu-system-x86_64 -accel tcg -cpu max -machine q35 -m 96 \
		-nodefaults -no-reboot -display none \
		-serial "file:$work/$name.console" "$@" \
		>"$work/$name.qemu" 2>&1 &
	machine[$name]=$!
}
# The network with the metadata server that serves FOLDER/config.json.
network() { # [FOLDER]
	local n="user,id=net,net=169.254.169.0/24,host=169.254.169.2"
	[ $# -eq 0 ] || n="$n,guestfwd=tcp:169.254.169.254:80-cmd:$ee metadata-serve --state $1"
	echo "$n"
}
nic="virtio-net-pci,netdev=net,romfile="

lines() { tr -d '\r' <"$1" | grep -aE '^(ee: |FATAL)'; }

# ends NAME LINE TITLE: that is its only FATAL line, and the machine is off.
ends() {
	wait "${machine[$1]}"
	local rc=$?
	unset "machine[$1]"
	is "$(lines "$work/$1.console" | grep FATAL) $rc" "FATAL $2 0" "$3"
}

# Waits for a line on an instance's console: line NAME TEXT SECONDS [COUNT]
line() {
	for _ in $(seq $(($3 * 10))); do
		[ "$(grep -ac "$2" "$inst/$1/console.log" 2>/dev/null)" \
			-ge "${4:-1}" ] 2>/dev/null && return 0
		sleep 0.1
	done
	echo "# no line \"$2\" on the console of $1:"
	tail -n 5 "$inst/$1/console.log" | sed 's/^/# /'
	return 1
}

sim=(--collateral "$pki/collateral.json" --insecure-sim-root "$pki/root.pem")
verify=(--reference "$reference" "${sim[@]}")
job_start() { # NAME CAMPAIGN; prints the job's id
	"$ee" job start "$1" "${verify[@]}" --exchange binance --pair XRP/ETH \
		--campaign "$2" --parameters "$work/parameters.json" \
		--credentials "$work/credentials.json" -o json \
		2>>"$work/job.err" | jq -r .job_id
}
until_job() { # NAME JOB JQ_CONDITION
	local status
	for _ in $(seq 60); do
		status=$("$ee" job status "$1" "$2" -o json 2>&1)
		[ "$(jq -r "$3" <<<"$status" 2>/dev/null)" = true ] && return 0
		sleep 0.5
	done
	echo "# the job's status: $status"
	return 1
}
ticks() { "$ee" job status "$1" "$2" -o json | jq -r .tick_count; }
holds() { # REPORT [OPTION...]: the verifier's word on it
	"$EE_BIN/ee-measure" report verify "$1" "${verify[@]}" \
		--at "$(date -u +%FT%TZ)" -o json "${@:2}" >"$work/verdict"
}

cat >"$work/parameters.json" <<'EOF'
{"orderAmount":"60","bidSpread":"0.0012","askSpread":"0.0012",
 "inventorySkewFactor":"0.005","numberOfLayers":2,"orderRefreshTime":1000,
 "tickSizeMs":500}
EOF
"$ee" sim-pki >/dev/null
"$EE_BIN/ee-cp" init --state "$work/cp" >/dev/null
"$EE_BIN/ee-cp" trust --state "$work/cp" --reference "$reference" >/dev/null
start_cp "$work" 0 "${sim[@]}" && start_paper "$work" 500
ok $? 'a control plane and an exchange are there'

# ---- one instance, through firmware
is "$(image=$EE_BUILD/ee-appliance.raw run main 128M; echo $?)" 1 \
	'the production image does not run as a simulated TD'
run main 128M
is $? 0 'the sim image runs'
# Production has no TDX here, and ends before it could register.
mkdir "$work/prod"
jq . "$inst/main/config.json" >"$work/prod/config.json"
direct prod -bios "$firmware" -device "$nic" \
	-netdev "$(network "$work/prod")" -device virtio-blk-pci,drive=d \
	-drive "if=none,id=d,format=raw,read-only=on,file=$EE_BUILD/ee-appliance.raw"
line main 'ee: step agent' 60
seen=$(date +%s%3N)
for what in 'api listening' 'nonce received' 'quote bytes' 'registered agent'; do
	line main "ee: $what" 60
	ok $? "$what"
	echo "# about $(($(date +%s%3N) - seen)) ms after the last step"
done
lines "$inst/main/console.log" | sed -n 's/^ee: step/# ms from kernel entry to/p'
id=$("$EE_BIN/ee-cp" agents --state "$work/cp" -o json |
	jq -r '.agents[] | select(.simulated) | .agent_id')
is "$(lines "$inst/main/console.log" | sed -E '/^ee: step/s/ [0-9]+$/ T/
	s/(quote bytes) [45][0-9]{3}$/\1 N/')" \
"ee: boot
ee: step mounts T
ee: step entropy T
ee: step clock T
ee: network lease 169.254.169.15 24
ee: step network T
ee: step config T
ee: quote provider tsm_sim
ee: step provider T
ee: config bound bytes $(stat -c %s "$inst/main/config.json")
ee: step bind T
ee: step agent T
ee: api listening on port 8081
ee: nonce received
ee: quote bytes N
ee: registered agent $id" 'with these lines, in this order'

# ---- a job
"$ee" attest main --reference "$EE_BUILD/measurements.json" "${sim[@]}" \
	-o json >"$work/verdict" 2>"$work/attest.err"
is "$? $(jq -r .reason_code "$work/verdict")" '1 EE-ATT-016' \
	'under the reference of the production image it is refused'
job=$(job_start main c-1)
until_job main "$job" '.open_orders > 0'
ok $? 'a job with sealed credentials has orders at the exchange'
"$ee" job report main "$job" --out "$work/first.json"
holds "$work/first.json"
is "$? $(jq -r .simulated "$work/verdict")" '0 true' \
	'it reports, and the report holds'
ends prod 'provider: no quote provider: this is not a TD' \
	'the production image, through firmware, ends where TDX is not there'

# ---- a minute without network; meanwhile, other machines
before=$(ticks main "$job")
monitor main 'set_link net off'
ok $? 'the network of the machine is cut'
cut=$SECONDS
sim_efi=$EE_BUILD/sim/BOOTX64.EFI
direct lease -kernel "$sim_efi" -device "$nic" -netdev hubport,id=net,hubid=0
direct metadata -kernel "$sim_efi" -device "$nic" -netdev "$(network)"
direct entropy -kernel "$sim_efi" -cpu max,-rdrand
run small 96M
line small 'ee: registered agent' 60
ok $? 'with 96 MiB, too, an instance registers'
other=$(job_start small c-2)
until_job small "$other" '.open_orders > 0'
ok $? '... and runs a job'
ends entropy 'entropy: RDRAND or the kernel'\''s pool is not to be had' \
	'a processor without RDRAND is refused'
is "$("$ee" list -o json | jq -c '[.instances[] | [.name, .state]]')" \
	'[["main","running"],["small","running"]]' 'both instances are listed'
keeper=$(cut -d' ' -f1 "$inst/small/pid")
qemu=$(pgrep -P "$keeper")
kill -9 "$keeper"
for _ in $(seq 40); do [ -e "/proc/$qemu" ] || break; sleep 0.1; done
[ ! -e "/proc/$qemu" ]
ok $? 'QEMU dies with its supervisor'
is "$("$ee" status small -o json | jq -r .state)" stale 'which leaves it stale'
"$ee" stop small --remove 2>/dev/null
is "$? $("$ee" list -o json | jq -r '.instances | length')" '0 1' \
	'and it can be removed'
mkdir "$work/unknown" "$work/type"
jq '. + {shell: true}' "$inst/main/config.json" >"$work/unknown/config.json"
jq '.api_port = "8081"' "$inst/main/config.json" >"$work/type/config.json"
direct unknown -kernel "$sim_efi" -device "$nic" \
	-netdev "$(network "$work/unknown")"
direct type -kernel "$sim_efi" -device "$nic" \
	-netdev "$(network "$work/type")"
ends unknown 'config: a field that is not in the list of known ones shell' \
	'an unknown key is named'
ends type 'config: a field holds a value that is not allowed api_port' \
	'a value of a wrong type, too'
line main 'ee: control plane lost' 60
ok $? 'the lost control plane is noticed'
while [ $((SECONDS - cut)) -lt 60 ]; do sleep 0.2; done
monitor main 'set_link net on'
line main 'ee: control plane back' 60
ok $? 'after a minute the network is back, and so is the control plane'
until_job main "$job" ".status == \"running\" and .tick_count > $before + 4"
ok $? 'the job has lived on'
is "$(grep -ac 'registered agent' "$inst/main/console.log")" 1 \
	'without a new registration'
ends lease 'network: no DHCP lease' 'nobody who gives a lease'
ends metadata 'config: the metadata server does not answer' \
	'nobody who serves metadata'

# ---- the end of the job
"$ee" job stop main "$job" >/dev/null
until_job main "$job" '.status == "stopped"'
ok $? 'the job is stopped'
"$ee" job report main "$job" --out "$work/second.json"
holds "$work/second.json" --previous "$work/first.json"
ok $? 'its last report holds, after the first'
is "$(jq -r '.report | [.sequence, .status, .agent_id] | @csv' \
	"$work/second.json")" "2,\"stopped\",\"$id\"" \
	'is the second, and says by whom it is'
[ "$(jq -r .report.metrics.trades "$work/second.json")" -gt 0 ]
ok $? 'and there were trades'
holds "$work/second.json" --previous "$work/second.json"
is $? 1 'it does not follow itself'
is "$(lines "$inst/main/console.log" | grep -E 'ee: (job|report)')" \
"ee: job started $job
ee: report signed sequence $job 1
ee: job stopped ticks $job $(jq -r .report.metrics.ticks "$work/second.json")
ee: report signed sequence $job 2" 'the console names these steps'

# ---- secrets, and the end
jq -r '.api_key, .api_secret' "$work/credentials.json" >"$work/secrets"
cat "$inst/main/operator.token" >>"$work/secrets"
grep -qFf "$work/secrets" "$inst/main/console.log" "$inst"/main/*.log \
	"$work/first.json" "$work/second.json" "$work/cp.log" "$work/job.err"
is $? 1 'no console, log or report holds a secret'
for p in $(workers); do tr '\0' '\n' <"/proc/$p/cmdline"; done >"$work/argv"
grep -q qemu-system "$work/argv" && ! grep -qFf "$work/secrets" "$work/argv"
ok $? 'nor does a command line'
start=$SECONDS
"$ee" stop main
is "$? $("$ee" status main -o json | jq -r .state)" '0 stopped' \
	'the instance is stopped'
[ $((SECONDS - start)) -le 4 ]
ok $? 'at once'
is "$(workers)" '' 'and leaves no process'
finish
