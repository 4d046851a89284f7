#!/bin/bash
# kernel-config/check.sh: a resolved configuration that violates a fragment is
# refused, and the option is named.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/integration/tap.sh
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

cat >"$dir/a.config" <<'END'
# a comment
CONFIG_WANTED=y
CONFIG_NAME="text with = and spaces"
# CONFIG_EVIL is not set
END
printf 'CONFIG_NAME="other"\n' >"$dir/b.config"
good='CONFIG_WANTED=y
CONFIG_NAME="text with = and spaces"
# CONFIG_EVIL is not set
CONFIG_UNASKED=y'

# check TITLE WANTED_STATUS WANTED_OUTPUT CONFIG_TEXT [FRAGMENT...]
check() {
	local title=$1 status=$2 want=$3 out rc
	printf '%s\n' "$4" >"$dir/.config"
	shift 4
	[ $# -gt 0 ] || set -- "$dir/a.config"
	out=$(kernel-config/check.sh "$dir/.config" "$@" 2>&1)
	rc=$?
	is "$rc|$out" "$status|$want" "$title"
}

check 'a configuration that is as asked passes' 0 '' "$good"
check 'an option that is not in the file counts as not set' 0 '' \
	"${good/'# CONFIG_EVIL is not set'/}"
check 'a forbidden option is refused by name' 1 \
	'a.config: CONFIG_EVIL is forbidden, but is y' \
	"${good/'# CONFIG_EVIL is not set'/CONFIG_EVIL=y}"
check 'a forbidden option is refused as a module too' 1 \
	'a.config: CONFIG_EVIL is forbidden, but is m' \
	"${good/'# CONFIG_EVIL is not set'/CONFIG_EVIL=m}"
check 'a wanted option that is not set is refused by name' 1 \
	'a.config: CONFIG_WANTED should be y, but is not set' \
	"${good/CONFIG_WANTED=y/'# CONFIG_WANTED is not set'}"
check 'a wanted option that is missing is refused by name' 1 \
	'a.config: CONFIG_WANTED should be y, but is not set' \
	"${good/CONFIG_WANTED=y/}"
check 'another value is refused' 1 \
	'a.config: CONFIG_NAME should be "text with = and spaces", but is "x"' \
	"${good/text with = and spaces/x}"
check 'a longer name is another option' 0 '' "$good
CONFIG_EVIL_TWIN=y"
check 'a later fragment counts' 1 \
	'b.config: CONFIG_NAME should be "other", but is "text with = and spaces"' \
	"$good" "$dir/a.config" "$dir/b.config"
printf 'CONFIG_EVIL\n' >"$dir/c.config"
check 'a line that asks nothing is refused' 1 \
	'c.config: not a line of a fragment: CONFIG_EVIL
no fragment asks for anything' "$good" "$dir/c.config"
: >"$dir/empty.config"
check 'a fragment that asks for nothing is refused' 1 \
	'no fragment asks for anything' "$good" "$dir/empty.config"

mkdir -p "$dir/tree/sub"
printf 'config WANTED\n\tbool\nconfig NAME\n\tstring\n' >"$dir/tree/Kconfig"
printf 'menuconfig EVIL\n\tbool\n' >"$dir/tree/sub/Kconfig.more"
printf '%s\n' "$good" >"$dir/.config"
is "$(kernel-config/check.sh -t "$dir/tree" "$dir/.config" "$dir/a.config" 2>&1
	echo $?)" 0 'with a tree: options that it has pass'
: >"$dir/tree/sub/Kconfig.more"
is "$(kernel-config/check.sh -t "$dir/tree" "$dir/.config" "$dir/a.config" 2>&1
	echo $?)" 'a.config: CONFIG_EVIL is not an option of this kernel
1' 'with a tree: forbidding what does not exist is refused'
kernel-config/check.sh "$dir/.config" "$dir/none" >"$dir/out" 2>&1
is "$?|$(cat "$dir/out")" "2|check.sh: cannot read $dir/none" \
	'a fragment that cannot be read is an error'

# What the issue of this appliance is about must be forbidden in base.config.
for o in MODULES BLOCK NET_9P VSOCKETS HW_RANDOM VIRTIO_BALLOON VIRTIO_CONSOLE \
	USB_SUPPORT INPUT VT FB KEXEC KEXEC_FILE DEVMEM BPF_SYSCALL IO_URING \
	HIBERNATION DMI; do
	grep -qx "# CONFIG_$o is not set" kernel-config/base.config
	is $? 0 "base.config forbids CONFIG_$o"
done
finish
