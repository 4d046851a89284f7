#!/bin/bash
# busybox.sh OUT - build the initramfs's busybox (static, musl) from the pinned
# source and busybox.config, once into the cache, and copy the program to OUT
# and the linker's map to OUT.map.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
image=$here/../image
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ee-appliance
die() { echo "busybox: $*" >&2; exit 5; }
[ $# -eq 1 ] || { echo "usage: busybox.sh OUT" >&2; exit 2; }
shopt -s inherit_errexit
umask 022
export LC_ALL=C TZ=UTC SOURCE_DATE_EPOCH=0
unset MAKEFLAGS MFLAGS CFLAGS CPPFLAGS LDFLAGS
key=$({ "$image/fetch.sh" --key busybox && "$image/tools.sh" versions \
	binutils gcc-12 musl-dev musl-tools &&
	cat "$0" "$here/busybox.config"; } | sha256sum | cut -c1-16)
dir=$cache/busybox-$key
mkdir -p "$dir"
exec 8>"$dir/lock"
flock 8

build() {
	local tree=$dir/tree line name headers=$dir/headers
	rm -rf "$tree" "$headers"
	cp -a "$("$image/fetch.sh" busybox)" "$tree"
	# musl-gcc has no kernel headers of its own.
	mkdir "$headers"
	ln -s /usr/include/linux /usr/include/asm-generic \
		/usr/include/x86_64-linux-gnu/asm "$headers"
	cd "$tree"
	make -s allnoconfig
	while read -r line; do
		case $line in
		CONFIG_*) name=${line%%=*} ;;
		'# CONFIG_'*' is not set') name=${line#\# } name=${name%% *} ;;
		*) continue ;;
		esac
		sed -i "/^# $name is not set\$/d; /^$name=/d" .config
		echo "$line" >>.config
	done <"$here/busybox.config"
	# The new options that these open get their default, which must be no
	# other applet; checked below.
	make -s oldconfig </dev/null
	grep -E '^CONFIG_' "$here/busybox.config" | while read -r line; do
		grep -qxF "$line" .config || die "$line is not in the result"
	done
	make -s -j"$(nproc)" CC=musl-gcc HOSTCC=gcc SKIP_STRIP=y \
		CONFIG_EXTRA_CFLAGS="-isystem $headers -fstack-protector-strong -g0 -ffile-prefix-map=$tree=" \
		CONFIG_EXTRA_LDFLAGS="-Wl,--build-id=none -no-pie" busybox
	strip -s -R .comment -R .note busybox
	grep -qx '#define NUM_APPLETS 1' include/NUM_APPLETS.h ||
		die "more applets than udhcpc: $(cat include/NUM_APPLETS.h)"
	cp busybox ../udhcpc
	cp busybox_unstripped.map ../udhcpc.map
}
if [ ! -e "$dir/.done" ]; then
	# In an "||" list the shell would go on after an error in build().
	set +e
	(set -e; build) >"$dir/log" 2>&1
	code=$?
	set -e
	[ $code -eq 0 ] || { tail -n 20 "$dir/log" >&2; die "build failed"; }
	rm -rf "$dir/tree"
	touch "$dir/.done"
fi
cp "$dir/udhcpc" "$1"
cp "$dir/udhcpc.map" "$1.map"
