#!/bin/bash
# Boots /init under the sim kernel with a metadata server and a simulated TDX
# module of its own: every step by name, what is bound, and every way the boot
# must fail: one FATAL line, and the machine is off.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/integration/tap.sh
build=${B:-build}
dir=$(mktemp -d)
machine= peer=
stop() {
	for p in $machine $peer; do
		kill "$p" 2>/dev/null
		wait "$p" 2>/dev/null
	done
	machine= peer=
}
trap 'stop; rm -rf "$dir"' EXIT

image/kernel.sh sim "$build/initramfs.cpio" "$dir/sim.efi" || exit 1
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	-keyout "$dir/key" -out "$dir/ca" -subj /CN=test -days 9 2>/dev/null
jq -n --rawfile ca "$dir/ca" '{version: 1, vm_name: "vm-1",
	node_size: "tiny", datacenter: "qemu:local",
	control_plane_url: "https://169.254.169.2:9", control_plane_ca: $ca,
	api_port: 8443, venues: [],
	operator_token_sha256: ("00112233" * 8)}' >"$dir/good"

# start CONFIG [METADATA FAULT [MODULE FAULT]]; NIC and PORT say what is there.
NIC=yes PORT=yes
start() {
	local args=(-accel tcg -cpu max -machine q35 -m 96 -nodefaults
		-no-reboot -display none -kernel "$dir/sim.efi"
		-chardev "file,id=c,path=$dir/console" -serial chardev:c)
	rm -f "$dir/port" "$dir/console" "$dir/extends"
	[ $NIC = yes ] && args+=(-netdev "user,id=n,net=169.254.169.0/24,host=169.254.169.2,restrict=off,guestfwd=tcp:169.254.169.254:80-cmd:python3 tests/peers/metadata.py $1 ${2-}"
		-device virtio-net-pci,netdev=n,romfile=)
	if [ $PORT = yes ]; then
		# shellcheck disable=SC2086
		python3 tests/peers/sim_port.py "$dir/port" ${3-} \
			>"$dir/extends" 2>&1 &
		peer=$!
		for _ in $(seq 100); do
			grep -qs ready "$dir/extends" && break
			sleep 0.1
		done
		args+=(-chardev "socket,id=s,path=$dir/port" -serial chardev:s)
	fi
	timeout 300 qemu-system-x86_64 "${args[@]}" >"$dir/qemu" 2>&1 &
	machine=$!
}
lines() { tr -d '\r' <"$dir/console" | grep -aE '^(ee:|FATAL)'; }

# fatal LINE TITLE: the machine switches itself off after exactly that line.
fatal() {
	wait "$machine"
	local rc=$?
	machine=
	stop
	is "$(lines | grep -a FATAL)" "FATAL $1" "$2"
	[ $rc -eq 0 ]
	ok $? '... and the machine is off'
}

start "$dir/good" busy
for _ in $(seq 600); do
	lines 2>/dev/null | grep -q 'api listening' && break
	sleep 0.2
done
is "$(lines | sed -E '/^ee: step/s/ [0-9]+$/ T/; /api listening/q')" \
"ee: boot
ee: step mounts T
ee: step entropy T
ee: step clock T
ee: network lease 169.254.169.15 24
ee: step network T
ee: step config T
ee: quote provider tsm_sim
ee: step provider T
ee: config bound bytes $(stat -c %s "$dir/good")
ee: step bind T
ee: step agent T
ee: api listening on port 8443" 'a boot, step by step; a busy server is asked again'
is "$(grep extend "$dir/extends")" \
	"extend $(sha384sum "$dir/good" | cut -d' ' -f1)" \
	'RTMR3 is extended once, with the SHA-384 of the configuration'
kill -0 "$machine" 2>/dev/null
ok $? 'the machine stays on'
stop

jq '. + {shell: true}' "$dir/good" >"$dir/bad"
start "$dir/bad"
fatal 'config: a field that is not in the list of known ones shell' \
	'an unknown key is named'
is "$(grep -c extend "$dir/extends")" 0 '... and nothing was bound'
jq 'del(.vm_name)' "$dir/good" >"$dir/bad"
start "$dir/bad"
fatal 'config: a required field, entry or file is not there vm_name' \
	'a missing key is named'
jq '.api_port = "8443"' "$dir/good" >"$dir/bad"
start "$dir/bad"
fatal 'config: a field holds a value that is not allowed api_port' \
	'a wrong type is named'
jq '. + {"x\nee: registered agent evil": 1}' "$dir/good" >"$dir/bad"
start "$dir/bad"
fatal 'config: a field that is not in the list of known ones' \
	'a key cannot write a line of its own'
head -c 16385 /dev/zero | tr '\0' ' ' >"$dir/bad"
start "$dir/bad"
fatal 'config: larger than its limit' 'a configuration of 16,385 bytes'
start "$dir/good" flavor
fatal 'config: that is not a metadata server' 'no Metadata-Flavor'
start "$dir/good" status
fatal 'config: the instance has no ee-config' 'no attribute'
start "$dir/good" silent
fatal 'config: the metadata server does not answer' 'no answer, for a minute'
start "$dir/good" '' refuse
fatal 'bind: system call failed; errno holds the reason errno:13' \
	'an RTMR that cannot be extended'
NIC=no
start "$dir/good"
fatal 'network: no Ethernet interface' 'no network card'
finish
