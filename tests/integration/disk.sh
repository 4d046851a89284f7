#!/bin/bash
# image/mkdisk against gdisk, dosfstools and mtools: a disk they find no fault
# with, that holds the binary byte for byte, and that depends on nothing else.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/integration/tap.sh
PATH=$PATH:/sbin:/usr/sbin
build=${B:-build}
case $build in /*) ;; *) build=$PWD/$build ;; esac
mkdisk=$build/bin/mkdisk
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1

# efi SIZE: a file that begins as an EFI binary does; the same each time.
efi() {
	printf 'MZ'
	seq 1 999999 | head -c $(($1 - 2))
}

# check SIZE: everything that other tools can say about a disk.
check() {
	efi "$1" >in.efi
	"$mkdisk" in.efi disk
	is $? 0 "$1 bytes: a disk is written"
	is "$(sgdisk -v disk 2>&1 | grep -c '^No problems found')" 1 \
		"$1 bytes: sgdisk finds no problem"
	dd if=disk of=esp bs=1M skip=1 count=288 conv=sparse status=none
	fsck.fat -n esp >fsck.out 2>&1
	is $? 0 "$1 bytes: fsck.fat finds no problem"
	mcopy -i esp ::/EFI/BOOT/BOOTX64.EFI back.efi && cmp -s in.efi back.efi
	ok $? "$1 bytes: mtools reads the binary back"
	rm -f back.efi
}
check 4096
check 4097
check 3000000
check 2
is "$(mdir -b -/ -i esp ::)" '::/EFI/
::/EFI/BOOT/
::/EFI/BOOT/BOOTX64.EFI' 'one file and its folders, nothing else'
is "$(sgdisk -i 1 disk | sed -n '/GUID code/s/ (.*//p; /unique\|First\|Last\|Attr\|name/p')" \
	"Partition GUID code: C12A7328-F81F-11D2-BA4B-00A0C93EC93B
Partition unique GUID: 5D0F7C36-12A9-4E57-8B7D-C4A81E90F263
First sector: 2048 (at 1024.0 KiB)
Last sector: 591871 (at 289.0 MiB)
Attribute flags: 0000000000000000
Partition name: 'EFI system partition'" 'the partition is the fixed one'
is "$(sgdisk -p disk | sed -n 's/^Disk identifier (GUID): //p')" \
	0B52B04B-58C5-4A9E-9C0E-6F1B6A3E2D41 'the disk GUID is the fixed one'
is "$(stat -c %s disk)" 1073741824 'the disk is 1 GiB'
[ "$(du -k disk | cut -f1)" -lt 2048 ]
ok $? 'and sparse'
# Not bootable, type ee, from sector 1, 2097151 sectors; the other three empty.
is "$(od -An -v -tx1 -j446 -N66 disk | tr -d ' \n')" \
	"00000200eeffffff01000000ffff1f00$(printf '%096d' 0)55aa" \
	'a protective MBR covers it'

# The backup table alone must do: wipe the first one and let sgdisk load it.
cp --sparse=always disk torn
dd if=/dev/zero of=torn bs=512 seek=1 count=33 conv=notrunc status=none
is "$(sgdisk -i 1 torn 2>/dev/null | sed -n 's/^Partition unique GUID: //p')" \
	5D0F7C36-12A9-4E57-8B7D-C4A81E90F263 'the backup table is complete'

efi 3000000 >in.efi
"$mkdisk" in.efi disk
mkdir other
cp in.efi other/x
touch -d 2001-01-01 other/x
printf 'leftover' >other/out
(cd other && umask 077 && TZ=Asia/Tokyo "$mkdisk" x out)
cmp -s disk other/out
ok $? 'name, time, umask, time zone and an old output do not show'
# RTMR1 covers the partition table: its bytes may not change by accident.
is "$(head -c 17408 disk | sha256sum | cut -c1-64)" \
	0339ac57b18d5ac99b43c2b0b5888c20ecc171f1f292236881516b10da5c05a1 'the partition table is byte for byte the one of before'

printf 'ELF' >no.efi
"$mkdisk" no.efi out 2>msg
is $? 3 'a file that is not an EFI binary is refused'
: >no.efi
"$mkdisk" no.efi out 2>msg
is $? 3 'an empty file is refused'
truncate -s $(((64 << 20) + 1)) no.efi
"$mkdisk" no.efi out 2>msg
is $? 3 'a file of more than 64 MiB is refused'
"$mkdisk" missing out 2>msg
is $? 4 'a file that is not there is an error'
"$mkdisk" in.efi /nowhere/out 2>msg
is $? 4 'an output that cannot be written is an error'
"$mkdisk" in.efi 2>msg
is $? 2 'too few arguments are a usage error'

# What Compute Engine asks of an image ("Manually import boot disks"), and what
# two equal archives need, one by one, of the archive that the build has made.
# Offsets are those of GNU tar's header.
gcp=$build/ee-appliance-gcp.tar.gz
field() { # OFFSET LENGTH: of the first header, without NUL and trailing space
	head -c $(($1 + $2)) tar | tail -c "$2" | tr -d '\0' | sed 's/ *$//'
}
is "$(head -c 10 "$gcp" | od -An -tx1 | tr -d ' \n')" 1f8b0800000000000203 \
	'the GCE archive is gzip, without name and time'
gzip -dc "$gcp" >tar
is "$(tar -tf tar)" disk.raw 'it holds disk.raw and nothing else'
is "$(head -c 265 tar | tail -c 8 | od -An -c | tr -d ' \n')" 'ustar\0' \
	'it is a GNU archive'
is "$(field 156 1)" S 'the file is sparse, in the old GNU format'
is $((8#$(field 483 12))) 1073741824 'its size is a multiple of 1 GiB'
is "$(field 100 8) $(field 108 8) $(field 116 8) $((8#$(field 136 12)))" \
	'0000644 0000000 0000000 0' 'mode, owner and time are fixed'
is "$(field 265 32)$(field 297 32)" '' 'no names of people are in it'
tar -xOf tar disk.raw | cmp -s - "$build/ee-appliance.raw"
ok $? 'it gives back the disk byte for byte'
[ "$(stat -c %s "$gcp")" -lt $((8 << 20)) ]
ok $? 'and takes less than 8 MiB'
tar -xf tar
sgdisk -v disk.raw 2>&1 | grep -q '^No problems found' &&
	mcopy -i disk.raw@@1M ::/EFI/BOOT/BOOTX64.EFI back.efi &&
	cmp -s back.efi "$build/BOOTX64.EFI"
ok $? 'UEFI_COMPATIBLE: a partition table, an ESP and its boot loader'
is "$(od -An -tx1 -j510 -N2 disk.raw | tr -d ' ')" 55aa \
	'and a boot record whose signature the import looks for'
finish
