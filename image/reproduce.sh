#!/bin/bash
# reproduce.sh BUILD - build the image twice from nothing, under conditions that
# differ in all that should not matter, and compare every output byte for byte:
#   one: this user, this folder's path, umask 022, UTC, C, -j1, today
#   two: another user, a longer path, umask 077, Asia/Tokyo, another locale,
#        all processors, sources dated 2001, another day (but for the kernel's
#        own make, which takes no variable from outside: kernel.sh, in_tree)
# Each has its own cache, so both compile both kernels; only the downloads are
# shared, and verified by each. What could not be varied on this machine is said.
# Needs three times the minutes of a first `make image`, and 4 GB in BUILD and in
# /tmp.
# Exit: 0 equal, 1 not, 5 a build failed.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ee-appliance
[ $# -eq 1 ] || { echo "usage: reproduce.sh BUILD" >&2; exit 2; }
mkdir -p "$1/reproduce"
work=$(cd "$1/reproduce" && pwd)
long=$(mktemp -d /tmp/ee-reproduce-a-rather-longer-path-XXXXXX)
trap 'rm -rf "$long" "$work"/*/cache' EXIT
files='init udhcpc initramfs.cpio BOOTX64.EFI ee-appliance.raw ee-appliance-gcp.tar.gz
	measurements.json sim/BOOTX64.EFI sim/ee-appliance.raw'

say() { echo "reproduce: $*"; }

# What is committed and what is not, but nothing that git does not know.
copy_source() {
	mkdir -p "$1/source" "$1/cache/ee-appliance"
	(cd "$here" && git ls-files -z --cached --others --exclude-standard |
		xargs -0 sh -c 'for f; do [ ! -e "$f" ] || printf "%s\0" "$f"; done' _ |
		tar -cf - --null -T -) | tar -C "$1/source" -xf -
	cp -r "$cache/dl" "$1/cache/ee-appliance/"
	cp -r "$cache/apt" "$1/cache/ee-appliance/" 2>/dev/null || true
}

# build FOLDER COMMAND...: make the image in FOLDER/source by way of COMMAND.
build() {
	local dir=$1
	shift
	"$@" env HOME="$dir" XDG_CACHE_HOME="$dir/cache" EE_DEPS_DONE=1 \
		make -C "$dir/source" B="$dir/out" image >"$dir/log" 2>&1 ||
		{ tail -n 20 "$dir/log" >&2; say "the build in $dir failed"; exit 5; }
}

as_other=()
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	as_other=(setpriv --reuid=65534 --regid=65534 --clear-groups)
else
	say "not varied: the user (needs root)"
fi
other_day=()
# FAKE_UTIME=1: what a program sets as a file's time is taken as it is.
if command -v faketime >/dev/null; then
	other_day=(env FAKE_UTIME=1 faketime -f +400d)
else
	say "not varied: the date (needs faketime)"
fi
locale=$(locale -a | grep -vxE 'C|POSIX|C\.(utf8|UTF-8)' | head -n 1) ||
	locale=C.UTF-8

"$here/image/fetch.sh" linux-source-6.12 >/dev/null
rm -rf "$work/one"
copy_source "$work/one"
copy_source "$long/two"
say "building for the first time: $(id -un), $work/one, -j1"
(umask 022; export TZ=UTC LC_ALL=C EE_JOBS=1
	build "$work/one" env MAKEFLAGS=-j1)
chmod 0755 "$long"
find "$long/two/source" -exec touch -h -d 2001-01-01 {} +
[ ${#as_other[@]} -eq 0 ] || chown -R 65534:65534 "$long/two"
say "building for the second time: ${as_other[*]:-$(id -un)}, $long/two," \
	"$locale, -j$(nproc)"
(umask 077; export TZ=Asia/Tokyo LC_ALL=$locale EE_JOBS=$(nproc)
	build "$long/two" "${as_other[@]}" "${other_day[@]}" \
		env "MAKEFLAGS=-j$(nproc)")

bad=0
for f in $files; do
	if [ ! -e "$work/one/out/$f" ] && [ ! -e "$long/two/out/$f" ]; then
		say "not there: $f"
		bad=1
	elif cmp "$work/one/out/$f" "$long/two/out/$f"; then
		say "equal: $f $(sha256sum <"$work/one/out/$f" | cut -c1-64)"
	else
		mkdir -p "$work/two/$(dirname "$f")"
		cp --sparse=always "$long/two/out/$f" "$work/two/$f"
		say "DIFFERENT: $f (both kept in $work)"
		bad=1
	fi
done
exit $bad
