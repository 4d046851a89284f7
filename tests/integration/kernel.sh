#!/bin/bash
# Boots both kernels with a probe for /init, under QEMU's software emulation:
# what must not be there is not, what must be there works, and what the host
# says on the command line, in ACPI tables and on the serial port stays harmless.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/integration/tap.sh
build=${B:-build}
case $build in /*) ;; *) build=$PWD/$build ;; esac
dir=$(mktemp -d)
peer=
trap '[ -z "$peer" ] || kill "$peer" 2>/dev/null; rm -rf "$dir"' EXIT

"$build/bin/mkcpio" initramfs/files.txt "$dir/cpio" init="$build/probe" \
	udhcpc="$build/udhcpc" || exit 1
for k in sim production; do
	image/kernel.sh $k "$dir/cpio" "$dir/$k.efi" || exit 1
done
"$build/bin/mkdisk" "$dir/sim.efi" "$dir/disk" || exit 1

# port [FAULT]: start the peer of the second serial port.
port() {
	rm -f "$dir/port" "$dir/peer.out"
	python3 tests/peers/sim_port.py "$dir/port" "$@" >"$dir/peer.out" 2>&1 &
	peer=$!
	for _ in $(seq 100); do
		grep -qs ready "$dir/peer.out" && return
		sleep 0.1
	done
	echo "# the peer does not start: $(cat "$dir/peer.out")"
}
# boot ARGS...: run a machine; its console goes to $dir/console.
boot() {
	timeout 300 qemu-system-x86_64 -accel tcg -cpu max -machine q35 -m 128 \
		-nodefaults -no-reboot -display none \
		-chardev file,id=c,path="$dir/console" -serial chardev:c \
		-netdev user,id=n,restrict=on \
		-device virtio-net-pci,netdev=n,romfile= "$@" >"$dir/qemu" 2>&1
	local rc=$?
	if [ -n "$peer" ]; then
		kill "$peer" 2>/dev/null
		wait "$peer" 2>/dev/null
		peer=
	fi
	tr -d '\r' <"$dir/console" >"$dir/log"
	return $rc
}
sim_port=(-chardev "socket,id=s,path=$dir/port" -serial chardev:s)
probe() { sed -n '/^PROBE$/,/^DONE$/p' "$dir/log"; }
has() { # PATTERN TITLE
	grep -qE "$1" "$dir/log"
	ok $? "$2"
}

cmdline_of() { # FRAGMENT
	sed -n 's/^CONFIG_CMDLINE="\(.*\)"$/\1/p' "kernel-config/$1.config"
}
rtmr=/sys/devices/virtual/misc/tdx_guest/measurements/rtmr3:sha384
report=/sys/kernel/config/tsm/report/probe
extended=$({ head -c 48 /dev/zero; printf '\x11%.0s' $(seq 48); } |
	sha384sum | cut -c1-96)
common() { # FRAGMENT
	echo "PROBE
cmdline: $(cmdline_of "$1")
socket inet: yes
socket unix: yes
socket netlink: yes
socket packet: yes
socket inet6: no
socket vsock: no
socket alg: no
eth0: yes"
}

port
boot "${sim_port[@]}" -bios /usr/share/ovmf/OVMF.fd \
	-drive "if=none,id=d,format=raw,file=$dir/disk,read-only=on" \
	-device virtio-blk-pci,drive=d
ok $? 'the sim kernel boots through OVMF from the disk, and powers off'
is "$(probe)" "$(common sim)
write $rtmr: errno 22
read $rtmr: 48 bytes:$(printf '%096d' 0)
write $rtmr: 48 bytes
read $rtmr: 48 bytes:$extended
provider: tsm_sim
read $report/outblob: errno 22
write $report/inblob: 63 bytes
read $report/outblob: errno 22
write $report/inblob: 64 bytes
read $report/outblob: 4935 bytes:$(printf '22%.0s' $(seq 48))
DONE" 'it offers what it should, and none of the rest'

nothing="write $rtmr: errno 2
read $rtmr: errno 2
write $rtmr: errno 2
read $rtmr: errno 2
provider: none
read $report/outblob: errno 2
write $report/inblob: errno 2
read $report/outblob: errno 2
write $report/inblob: errno 2
read $report/outblob: errno 2
DONE"
port
boot "${sim_port[@]}" -kernel "$dir/production.efi" \
	-append 'init=/bin/sh console=tty0 loglevel=8 random.trust_bootloader=on'
ok $? 'the production kernel boots'
is "$(probe)" "$(common base)
$nothing" 'it has no simulated module, and the command line is its own'

# An initramfs of the host's would be unpacked over ours: this one has an /init
# that cannot run. The firmware offers it by both ways that the EFI stub knows.
: >"$dir/empty"
echo 'file /init 0755 empty' >"$dir/list"
"$build/bin/mkcpio" "$dir/list" "$dir/evil" empty="$dir/empty" || exit 1
port
boot "${sim_port[@]}" -bios /usr/share/ovmf/OVMF.fd \
	-kernel "$dir/production.efi" -initrd "$dir/evil" -append initrd=initrd
is "$(probe)" "$(common base)
$nothing" "the host's initramfs is not taken from the firmware"

boot -kernel "$dir/sim.efi"
is "$(probe)" "$(common sim)
$nothing" 'without a second serial port the sim kernel has no provider'

for fault in magic:71 version:71 status:71 length:71 refuse:13; do
	port "${fault%:*}"
	boot "${sim_port[@]}" -kernel "$dir/sim.efi"
	is "$(probe | grep -A99 '^provider' | grep outblob | tail -n 1)" \
		"read $report/outblob: errno ${fault#*:}" \
		"an answer with a wrong ${fault%:*} is an error, not a quote"
done
port empty
boot "${sim_port[@]}" -kernel "$dir/sim.efi"
is "$(probe | grep outblob | tail -n 1)" "read $report/outblob: errno 5" \
	'an empty quote is an error'

# BadAML: an SSDT whose top level stores 0xdeadbeef at 32 MiB.
#   OperationRegion (RAM_, SystemMemory, 0x02000000, 0x10)
#   Field (RAM_, DWordAcc, NoLock, Preserve) { VAL_, 32 }
#   Store (0xdeadbeef, VAL_)
printf '\x5b\x80RAM_\x00\x0c\x00\x00\x00\x02\x0a\x10' >"$dir/aml"
printf '\x5b\x81\x0bRAM_\x03VAL_\x20\x70\x0c\xef\xbe\xad\xdeVAL_' >>"$dir/aml"
boot -kernel "$dir/production.efi" \
	-acpitable "sig=SSDT,rev=2,oem_id=EVIL,oem_table_id=BADAML,data=$dir/aml"
has 'Refused to map guest RAM at 0x2000000' \
	'AML that writes to guest RAM is refused'
has '^DONE$' '... and the guest goes on'
finish
