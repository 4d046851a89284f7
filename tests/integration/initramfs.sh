#!/bin/bash
# initramfs/mkcpio against GNU cpio: what it writes is what the list says, the
# same list gives the same bytes whatever surrounds it, and a list that is not
# right is refused with its line.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/integration/tap.sh
mkcpio=$PWD/${B:-build}/bin/mkcpio
case ${B:-} in /*) mkcpio=$B/bin/mkcpio ;; esac
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1

printf 'hello\n' >hello
printf '' >empty
head -c 70001 /dev/urandom >big
cat >list <<'END'
# comment

dir  /a       0755
file /a/big   0600 big
file /a/empty 4755 empty
link /a/link  0777 /b
node /a/tty   0620 5 300
file /b       0644 hello
END
"$mkcpio" list out hello=hello empty=empty big=big
is $? 0 'a list becomes an archive'
is "$(cpio -itvn --quiet <out | awk '{
	print $1, $2, $3, $4, ($1 ~ /^c/ ? $5 $6 : $5), $6 == "Jan" || $7 == "Jan", $NF }')" \
	'drwxr-xr-x 2 0 0 0 1 a
-rw------- 1 0 0 70001 1 a/big
-rwsr-xr-x 1 0 0 0 1 a/empty
lrwxrwxrwx 1 0 0 2 1 /b
crw--w---- 1 0 0 5,300 1 a/tty
-rw-r--r-- 1 0 0 6 1 b' 'GNU cpio lists the kinds, modes, owners, sizes and dates'
is "$(TZ=UTC cpio -itvn --quiet <out | grep -c 'Jan *1 *1970')" 6 \
	'every time is 0'
cpio -i --quiet --to-stdout a/big <out 2>/dev/null | cmp -s - big
ok $? 'GNU cpio reads a file back'
is "$(cpio -i --quiet --to-stdout b <out)" hello 'and another, after padding'
is "$(grep -abo '0707010000000[1-6]' out | wc -l)" 6 'inode numbers count up'
is $(($(stat -c %s out) % 4)) 0 'the archive ends on a multiple of four'

mkdir other
cp hello empty big list other
touch -d 2001-01-01 other/*
chmod 600 other/*
(cd other && umask 077 && TZ=Asia/Tokyo LC_ALL=C "$mkcpio" list out \
	big=./big extra=none hello=./hello empty=./empty)
cmp -s out other/out
ok $? 'times, modes, umask, folder and argument order do not show'

# refused TITLE LINE LIST: exit 3, and the message names the line.
refused() {
	printf '%s\n' "$3" >bad
	"$mkcpio" bad bad.out hello=hello 2>msg
	is "$?|$(cut -d: -f1-2 msg)" "3|mkcpio: bad" "$1 is refused"
	grep -q "^mkcpio: bad:$2: " msg
	ok $? "... at line $2"
}
refused 'an unsorted list' 2 $'dir /b 0755\ndir /a 0755'
refused 'the same path twice' 2 $'dir /a 0755\nfile /a 0644 hello'
refused 'an entry without its folder' 1 'file /a/b 0644 hello'
refused 'an entry whose folder is a file' 2 \
	$'file /a 0644 hello\nfile /a/b 0644 hello'
refused 'a relative path' 1 'dir a 0755'
refused 'the root itself' 1 'dir / 0755'
refused 'a slash at the end' 1 'dir /a/ 0755'
refused 'a double slash' 2 $'dir /a 0755\ndir /a//b 0755'
refused 'a dot' 1 'dir /. 0755'
refused 'two dots' 2 $'dir /a 0755\ndir /a/.. 0755'
refused 'a path of 256 bytes' 1 "dir /$(printf '%255s' '' | tr ' ' a) 0755"
refused 'a mode beyond 07777' 1 'dir /a 10000'
refused 'a mode that is not octal' 1 'dir /a 0789'
refused 'a negative mode' 1 'dir /a -1'
refused 'an unknown kind' 1 'fifo /a 0644'
refused 'a missing column' 1 'file /a 0644'
refused 'a column too many' 1 'dir /a 0755 x'
refused 'two columns too many' 1 'node /a 0600 1 2 3 4'
refused 'a source without a file' 1 'file /a 0644 nothing'
refused 'a source whose name is a prefix' 1 'file /a 0644 hell'
refused 'a device number out of range' 1 'node /a 0600 4096 0'
refused 'one entry too many' 65 "$(for i in $(seq 100 164); do
	echo "dir /d$i 0755"; done)"
printf 'dir /a 0755\0\n' >bad
"$mkcpio" bad bad.out 2>msg
is $? 3 'a NUL byte is refused'
"$mkcpio" list bad.out hello=hello empty=empty big=missing 2>msg
is "$?" 4 'a source that cannot be read is an error'
"$mkcpio" list /nowhere/out hello=hello empty=empty big=big 2>msg
is "$?" 4 'an output that cannot be written is an error'
"$mkcpio" list 2>msg
is "$?" 2 'too few arguments are a usage error'
finish
