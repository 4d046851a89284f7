#!/bin/bash
# The launcher without a VM: instances under a QEMU that is none, with every
# way it can fail, stale entries, files and exit statuses.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/integration/tap.sh
. tests/integration/lib.sh
ee=$(realpath "$EE_BIN")/ee-launcher
dir=$(mktemp -d)
export XDG_STATE_HOME=$dir/state
inst=$XDG_STATE_HOME/ee-launcher/instances
cleanup() {
	# a child that is killed before it has become a program is this shell, too
	[ "$BASHPID" = $$ ] || return
	for n in $("$ee" list -o json | jq -r '.instances[].name'); do
		"$ee" stop "$n" 2>/dev/null
	done
	rm -rf "$dir"
}
trap cleanup EXIT

# Images as small as they can be: a disk with a PE file that has a kernel's setup
# header and version, and such a file alone.
python3 - "$dir" <<'EOF'
import sys
sys.path.insert(0, "tests/peers")
import tdx_peer
for name, version in ("sim", b"6.12.0-sim (a@b)"), ("prod", b"6.12.0 (a@b)"):
    efi = bytearray(tdx_peer.make_pe(linux=True))
    efi[0x20e:0x210] = (0x480 - 0x200).to_bytes(2, "little")
    efi[0x480:0x480 + len(version) + 1] = version + b"\0"
    with open(f"{sys.argv[1]}/{name}.efi", "wb") as f:
        f.write(efi)
    with open(f"{sys.argv[1]}/{name}.raw", "wb") as f:
        f.write(tdx_peer.make_gpt(tdx_peer.make_fat12(bytes(efi))))
EOF
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	-keyout "$dir/key" -out "$dir/ca" -subj /CN=test -days 9 2>/dev/null
fw=/usr/share/ovmf/OVMF.fd

# run NAME BEHAVIOUR [OPTION...]: status in rc, both outputs in $dir/out.
run() {
	local name=$1 behave=$2
	shift 2
	(umask 077 && mkdir -p "$inst/$name")
	echo "$behave" >"$inst/$name/behave"
	"$ee" run "$name" --sim --image "$dir/sim.raw" --firmware "$fw" \
		--qemu "$PWD/tests/peers/fake_qemu.py" \
		--control-plane https://169.254.169.2:8443 \
		--control-plane-ca "$dir/ca" --accel tcg "$@" >"$dir/out" 2>&1
	rc=$?
}
state() { "$ee" status "$1" -o json | jq -r .state; }
until_state() { # NAME STATE
	for _ in $(seq 100); do
		[ "$(state "$1")" = "$2" ] && break
		sleep 0.05
	done
	is "$(state "$1")" "$2" "$1 is $2"
}

refuse() { # STATUS TEXT TITLE COMMAND...
	local want=$1 text=$2 title=$3
	shift 3
	"$@" >"$dir/out" 2>&1
	is $? "$want" "$title"
	grep -qF -- "$text" "$dir/out"
	ok $? "... because: $text"
}

# ---- a good one
run one 'quote metadata'
is $rc 0 'an instance starts'
grep -q '^SIMULATED: one is not a TD' "$dir/out"
ok $? 'and says that it is simulated'
is "$("$ee" list -o json | jq -c '.instances[] | [.name, .state, .simulated]')" \
	'["one","running",true]' 'list has it'
run one ''
is "$rc" 1 'a second one of that name is refused'
echo '{}' >"$dir/reference"
refuse 3 'format: a required field' 'a reference file with nothing in it' \
	"$ee" attest one --reference "$dir/reference" --collateral "$dir/none"
refuse 4 'No such file' 'no reference file' \
	"$ee" attest one --reference "$dir/none" --collateral "$dir/none"
for _ in $(seq 100); do [ -s "$inst/one/metadata" ] && break; sleep 0.05; done
is "$(stat -c '%a' "$inst/one" "$inst/one/config.json" \
	"$inst/one/operator.token" | xargs)" '700 600 600' \
	'its folder and secrets are for their owner alone'
is "$(tr -d '\r' <"$inst/one/metadata" | sed '1,/^$/d')" \
	"$(cat "$inst/one/config.json")" 'the metadata command serves its configuration'
is "$(jq -r .operator_token_sha256 "$inst/one/config.json")" \
	"$(tr -d '\n' <"$inst/one/operator.token" | sha256sum | cut -d' ' -f1)" \
	'which holds the digest of the token'
tr '\0' '\n' <"/proc/$(cut -d' ' -f1 "$inst/one/pid")/cmdline" |
	grep -qF "$(cat "$inst/one/operator.token")"
ok $((! $?)) 'and the token is on no command line'

# The quote, cut out of the answer, is one that ee-measure accepts.
tail -c +9 "$inst/one/quote" >"$dir/quote"
"$ee" sim-pki -o json >"$dir/pki"
"$EE_BIN/ee-measure" quote verify "$dir/quote" --authentic-only \
	--collateral "$(jq -r .collateral "$dir/pki")" --at "$(date +%s)" \
	--insecure-sim-root "$(jq -r .root "$dir/pki")" -o json >"$dir/verdict"
is "$(jq -c '[.verdict, .authentic, .simulated]' "$dir/verdict")" \
	'["accepted",true,true]' 'the quote it gave is authentic, and simulated'
is "$(jq -r .measurements.mrtd "$dir/verdict")" \
	"$("$EE_BIN/ee-measure" mrtd "$fw")" 'with the MRTD of the firmware'
is "$(jq -r .measurements.reportdata "$dir/verdict")" \
	"$(printf '07%.0s' {1..64})" 'and the REPORTDATA asked for'
is "$("$EE_BIN/ee-measure" image --platform sim --firmware "$fw" --memory 128M \
	--cpus 1 --image "$dir/sim.raw" -o json | jq -c '[.rtmr0, .rtmr1, .rtmr2]')" \
	"$(jq -c '.measurements | [.rtmr0, .rtmr1, .rtmr2]' "$dir/verdict")" \
	'and the registers that ee-measure predicts'
is "$(state one)" running 'status'
is "$("$ee" status one -o json | jq .quotes)" 1 'counts the quote'
is "$("$ee" logs one)" 'ee: boot' 'logs shows the console'

# ---- ends
"$ee" stop one
is $? 0 'stop'
is "$(state one)" stopped 'and it is stopped'
"$ee" stop one 2>"$dir/out"
is "$?" 0 'stop again is no error'
grep -q 'was not running' "$dir/out"
ok $? 'but is told'
"$ee" stop one --remove 2>/dev/null
[ ! -e "$inst/one" ]
ok $? 'removed'
"$ee" status one 2>/dev/null
is $? 4 'there is no such instance then'

run deaf deaf
qemu=$(pgrep -P "$(cut -d' ' -f1 "$inst/deaf/pid")")
"$ee" stop deaf
is $? 0 'a QEMU that is deaf is stopped'
[ -n "$qemu" ] && [ ! -e "/proc/$qemu" ]
ok $? 'and gone'
is "$(state deaf)" stopped 'that is a stop, not a failure'

for _ in 1 2 3 4 5 6; do
	run race '' >/dev/null 2>&1 &
done
wait
is "$(pgrep -fc "fake_qemu.py -name race ")" 1 \
	'of six that start one name at once, one does'
"$ee" stop race
run dying ''
qemu=$(pgrep -P "$(cut -d' ' -f1 "$inst/dying/pid")")
kill -9 "$(cut -d' ' -f1 "$inst/dying/pid")"
until_state dying stale
for _ in $(seq 100); do [ -e "/proc/$qemu" ] || break; sleep 0.05; done
[ ! -e "/proc/$qemu" ]
ok $? 'QEMU does not outlive its supervisor'
sleep 300 &
other=$!
until [ "$(cat "/proc/$other/comm")" = sleep ]; do sleep 0.01; done
sed -i "s/^[0-9]*/$other/" "$inst/dying/pid"
"$ee" stop dying 2>/dev/null
is $? 0 'stop of a stale entry'
kill -0 $other
ok $? 'leaves alone who has its pid now'
kill $other
run dying ''
is $rc 0 'and it can be run again'
"$ee" stop dying

run failing exit
is $rc 4 'a QEMU that does not start'
grep -q 'something is wrong' "$dir/out"
ok $? 'is quoted'
is "$("$ee" status failing -o json | jq -r '[.state, .detail] | join(": ")')" \
	'failed: qemu-system-x86_64: something is wrong' 'status keeps it'
run fatal fatal
until_state fatal failed
is "$("$ee" status fatal -o json | jq -r .detail)" 'FATAL config: vm_name' \
	"the guest's last word is its detail"

"$ee" run x --sim --tdx --accel tcg --accel=kvm 2>/dev/null
is $? 2 'an option given twice is refused'

# ---- KVM
if [ -r /dev/kvm ] && "$ee" doctor -o json |
	jq -e '.[] | select(.check == "kvm") | .level == "ok" or
		(.text | startswith("a virtual CPU runs"))' >/dev/null; then
	for how in kvm-abort kvm-stuck; do
		(umask 077 && mkdir -p "$inst/$how")
		echo $how >"$inst/$how/behave"
		"$ee" run $how --sim --image "$dir/sim.raw" --firmware "$fw" \
			--qemu "$PWD/tests/peers/fake_qemu.py" \
			--control-plane https://169.254.169.2:8443 \
			--control-plane-ca "$dir/ca" >"$dir/out" 2>/dev/null
		is $? 0 "$how: starts all the same"
		is "$("$ee" status $how -o json | jq -r .accel)" tcg \
			'with software emulation'
		grep -q 'KVM does not work here' "$dir/out"
		ok $? 'and says so'
		"$ee" stop $how
	done
else
	skip 'KVM that fails after it was accepted' 'KVM does not run here'
fi

# ---- what is refused
base=(--control-plane https://169.254.169.2:8443 --control-plane-ca "$dir/ca"
	--firmware "$fw" --qemu "$PWD/tests/peers/fake_qemu.py")
refuse 1 'production image' 'the production image as a simulation' \
	"$ee" run x --sim --image "$dir/prod.efi" "${base[@]}"
FAKE_QEMU_VERSION=10.1.0 refuse 1 "simulation's image" 'the sim image as a TD' \
	"$ee" run x --tdx --image "$dir/sim.efi" "${base[@]}"
refuse 4 'needs QEMU 10.1' 'a TD under an old QEMU' \
	"$ee" run x --tdx --image "$dir/prod.efi" "${base[@]}"
refuse 2 'needs --firmware' 'a TD with the firmware of the simulation' \
	"$ee" run x --tdx --image "$dir/prod.efi" --control-plane https://x \
	--control-plane-ca "$dir/ca"
refuse 2 '--tdx for a real TD' 'neither --tdx nor --sim' \
	"$ee" run x --image "$dir/sim.efi" "${base[@]}"
refuse 2 '--tdx for a real TD' 'both' \
	"$ee" run x --sim --tdx --image "$dir/sim.efi" "${base[@]}"
refuse 2 'NAME:' 'a name that is a path' \
	"$ee" run ../x --sim --image "$dir/sim.efi" "${base[@]}"
refuse 4 'No such file' 'an image that is not there' \
	"$ee" run x --sim --image "$dir/none" "${base[@]}"
refuse 3 'neither a disk nor' 'an image that is something else' \
	"$ee" run x --sim --image "$dir/ca" "${base[@]}"
refuse 3 "$dir/ca: not a TDX firmware" 'a firmware that is something else' \
	"$ee" run x --sim --image "$dir/sim.efi" "${base[@]:0:4}" \
	"${base[@]:6}" --firmware "$dir/ca"
refuse 4 'No such file' 'a CA that is not there' \
	"$ee" run x --sim --image "$dir/sim.efi" "${base[@]:0:2}" \
	"${base[@]:4}" --control-plane-ca "$dir/none"
refuse 2 '--cpus: is zero' 'no processor' \
	"$ee" run x --sim --image "$dir/sim.efi" "${base[@]}" --cpus 0
refuse 2 'control_plane_url' 'a control plane without TLS' \
	"$ee" run x --sim --image "$dir/sim.efi" "${base[@]:2}" \
	--control-plane http://169.254.169.2
refuse 2 'NAME=URL,ca=FILE' 'a venue without its CA' \
	"$ee" run x --sim --image "$dir/sim.efi" "${base[@]}" \
	--venue a=https://169.254.169.2
refuse 2 'venues[0].url' 'a venue without TLS' \
	"$ee" run x --sim --image "$dir/sim.efi" "${base[@]}" \
	--venue "a=http://169.254.169.2,ca=$dir/ca"
refuse 2 'datacenter' 'a datacenter of another form' \
	"$ee" run x --sim --image "$dir/sim.efi" "${base[@]}" --datacenter here
echo 'no certificate' >"$dir/other"
refuse 3 'control_plane_ca' 'a CA that is no certificate' \
	"$ee" run x --sim --image "$dir/sim.efi" "${base[@]:0:2}" \
	"${base[@]:4}" --control-plane-ca "$dir/other"
refuse 4 'does not run' 'a QEMU that is not there' \
	"$ee" run x --sim --image "$dir/sim.efi" "${base[@]:0:6}" \
	--qemu /nonexistent
refuse 2 'json or text' 'a format nobody has' "$ee" list -o yaml
refuse 4 'no such instance' 'an attestation of nobody' "$ee" attest nobody
[ ! -e "$inst/x" ]
ok $? 'nothing is left of what was refused'
refuse 2 'not a name' 'an attestation of a path' "$ee" attest ../one

# ---- what RTMR0 says of a machine, as far as no machine runs
mkdir "$dir/tmp"
acpi=(env TMPDIR="$dir/tmp" "$ee" acpi --firmware "$fw"
	--image "$dir/big.raw" --out "$dir/acpi"
	--qemu "$PWD/tests/peers/fake_qemu.py")
cat "$dir/prod.efi" /dev/zero | head -c 2M >"$dir/big.efi"
"$EE_BIN/mkdisk" "$dir/big.efi" "$dir/big.raw"
printf '%s\n' '#!/bin/sh' '[ "$1" != --version ] || {' \
	'echo QEMU emulator version 10.1.0; exit; }' \
	'echo it is broken >&2' 'exit 1' >"$dir/broken"
chmod +x "$dir/broken"
refuse 2 'are needed' 'a machine without a place for what it says' \
	"${acpi[@]:0:8}"
refuse 2 'whole MiB' 'half a MiB of memory' "${acpi[@]}" --memory 512K
refuse 2 '36 to 52' 'a processor with 32 address bits' \
	"${acpi[@]}" --phys-bits 32
refuse 2 '--disks' 'nine disks' "${acpi[@]}" --disks 9
refuse 2 'json or text' 'a form nobody has' "${acpi[@]}" -o yaml
refuse 4 'does not run' 'a QEMU that is not there' \
	"${acpi[@]:0:10}" --qemu /nonexistent
refuse 3 'not a TDX firmware' 'a firmware that is something else' \
	"${acpi[@]:0:4}" --firmware "$dir/ca" "${acpi[@]:6}"
refuse 3 'not a disk' 'an EFI binary' \
	"${acpi[@]:0:6}" --image "$dir/prod.efi" "${acpi[@]:8}"
refuse 3 'under 1 MiB' 'a program too small to be seen being read' \
	"${acpi[@]:0:6}" --image "$dir/prod.raw" "${acpi[@]:8}"
refuse 4 'QEMU: it is broken' 'a QEMU that ends at once' \
	"${acpi[@]:0:10}" --qemu "$dir/broken"
grep -qx 'ee-launcher: QEMU ended' "$dir/out"
ok $? 'and no riddle of the system is'
refuse 4 'it is broken' 'the same, with a TMPDIR from here' \
	env -C "$dir" TMPDIR=tmp "${acpi[@]:2:8}" --qemu "$dir/broken"
refuse 4 'does not say what it reads' 'a QEMU that has no disk' "${acpi[@]}"
printf '%s\n' '#!/bin/sh' '[ "$1" != --version ] || {' \
	'echo QEMU emulator version 10.1.0; exit; }' \
	"echo \$\$ >$dir/asleep" 'exec sleep 60' >"$dir/sleeper"
chmod +x "$dir/sleeper"
"${acpi[@]:0:10}" --qemu "$dir/sleeper" 2>/dev/null &
for _ in $(seq 100); do
	[ -s "$dir/asleep" ] && break
	sleep 0.05
done
kill $!
wait $!
is $? 143 'a capture ends when it is told to'
for _ in $(seq 100); do
	kill -0 "$(cat "$dir/asleep")" 2>/dev/null || break
	sleep 0.05
done
! kill -0 "$(cat "$dir/asleep")" 2>/dev/null
ok $? 'and QEMU with it'
is "$(find "$dir/acpi" -type f) $(ls "$dir/tmp")" ' ' \
	'nothing is left of what was refused'

# Credentials are looked at before anything is asked of the agent.
echo '{"orderAmount":"1"}' >"$dir/parameters"
echo '{"api_key":"k","api_secret":"s"}' >"$dir/credentials"
job=("$ee" job start dying --campaign c --exchange e --pair A/B
	--parameters "$dir/parameters" --credentials "$dir/credentials")
chmod 644 "$dir/credentials"
refuse 4 'chmod 600' 'credentials that others can read' "${job[@]}"
chmod 600 "$dir/credentials"
refuse 4 'does not run' 'a job for an instance that is stopped' "${job[@]}"
echo '{"api_key":"k"}' >"$dir/credentials"
refuse 3 'no {"api_key","api_secret"}' 'credentials without the secret' \
	"${job[@]}"
echo '{"api_key":"k","api_secret":"s","more":1}' >"$dir/credentials"
refuse 3 'no {"api_key","api_secret"}' 'credentials with something else in them' \
	"${job[@]}"
refuse 2 'are needed' 'a job without its options' "$ee" job start dying
refuse 4 'does not run' "a stopped instance's jobs" "$ee" job status dying
refuse 2 'not a job' 'an id that is a path' "$ee" job report dying ../x

refuse 2 'a verb is missing' 'no verb' "$ee"
refuse 2 "the verb's second word is missing" 'half a verb' "$ee" job
refuse 2 'job sell: no such verb' 'a verb that nobody has' "$ee" job sell

# ---- help
"$ee" --help >"$dir/out"
is $? 0 '--help'
for verb in run list status logs stop attest 'job start' 'job stop' \
	'job status' 'job report' doctor acpi sim-pki; do
	# shellcheck disable=SC2086
	"$ee" $verb --help | grep -q "^usage: ee-launcher $verb" &&
		grep -q "^  $verb" "$dir/out" &&
		grep -q "^.Cm $verb$" host-launcher/cli/ee-launcher.1
	ok $? "$verb has its usage and its place in the manual"
done
for o in $({ "$ee" run --help; "$ee" acpi --help; } |
	grep -oE '^  --?[a-z-]+' | sort -u); do
	grep -q "Fl ${o#-}" host-launcher/cli/ee-launcher.1
	ok $? "the manual has $o"
done
finish
