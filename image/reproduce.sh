#!/bin/bash
# reproduce.sh BUILD - build the image twice from nothing, under conditions that
# differ in all that should not matter, and compare every output byte for byte:
#   one: this user, this folder's path, this host's name, umask 022, UTC, C, -j1,
#        today, folders listed as they are
#   two: another user, a longer path, another host name, umask 077, Asia/Tokyo,
#        another locale, all processors, sources dated 2001, folders listed
#        backwards, another day (but for the kernel's own make, which takes no
#        variable from outside (kernel.sh, in_tree) and does not end under
#        libfaketime)
# Each has its own cache, so both compile both kernels; only the downloads are
# shared, and verified by each. What could not be varied on this machine is said.
# Of what differs, the innermost part that can be named is (differ.py); diffoscope
# shows it when it is there.
#
# From the environment, or as `make reproduce NAME=...`:
#   RELEASE  a published measurements.json. Then there is no first build: the
#            second is of the commit that the file names, from a clean checkout,
#            and is compared with the files of the release beside it
#   ROOT     mmdebstrap: the second build happens in a root file system with the
#            locked toolchain (root.sh); or the folder of such a one
#   ONLY     what to build and compare instead, as "init initramfs.cpio"
#   WARM     1: the second build takes this user's compiled kernels, and runs as
#            this user; seconds instead of minutes, and shows less
# Needs three times the minutes of a first `make image`, and 4 GB in BUILD and in
# /tmp.
# Exit: 0 equal, 1 not, 2 usage, 3 no reference file, 4 not here, 5 a build failed.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ee-appliance
release=${RELEASE:-} root=${ROOT:-} only=${ONLY:-} warm=${WARM:-}
unset RELEASE ROOT ONLY WARM B MAKEFLAGS MFLAGS MAKELEVEL
say() { echo "reproduce: $*"; }
die() { local code=$1; shift; echo "reproduce: $*" >&2; exit "$code"; }
[ $# -eq 1 ] || die 2 "usage: reproduce.sh BUILD"
[ -z "$root" ] || [ -z "$warm" ] || die 2 "WARM and ROOT exclude each other"
mkdir -p "$1/reproduce"
work=$(cd "$1/reproduce" && pwd)

images='init udhcpc initramfs.cpio BOOTX64.EFI ee-appliance.raw
	ee-appliance-gcp.tar.gz'
files="$images measurements.json sim/BOOTX64.EFI sim/ee-appliance.raw"
goals=image
if [ -n "$release" ]; then
	[ -r "$release" ] || die 4 "cannot read $release"
	commit=$(jq -er .release.commit "$release") &&
		[[ $commit =~ ^([0-9a-f]{40}|[0-9a-f]{64})$ ]] ||
		die 3 "$release names no commit: it is not of a release"
	one=$(cd "$(dirname "$release")" && pwd)
	release=$one/$(basename "$release")
	files='BOOTX64.EFI ee-appliance-gcp.tar.gz measurements.json sbom.spdx.json'
	goals="init BOOTX64.EFI ee-appliance.raw ee-appliance-gcp.tar.gz
		bin/ee-measure"
else
	one=$work/one/out
fi
[ -z "$only" ] || files=$only goals=$only

undo() {
	mountpoint -q "$long/two" && umount "$long/two"
	rm -rf --one-file-system "$long" "$work"/one/cache
	[ -z "$root" ] || rmdir "$root$long" 2>/dev/null || :
}

# What is committed and what is not, but nothing that git does not know.
copy_source() {
	(cd "$here" && git ls-files -z --cached --others --exclude-standard |
		xargs -0 sh -c 'for f; do [ ! -e "$f" ] || printf "%s\0" "$f"; done' _ |
		tar -cf - --null -T -) | tar -C "$1/source" -xf -
}

checkout() {
	git clone -q --no-checkout "$here" "$1/source"
	git -C "$1/source" checkout -q "$commit" ||
		die 4 "this clone has no commit $commit: git fetch"
}

# prepare FOLDER SOURCE-FUNCTION: with the downloads that its lock wants.
prepare() {
	local name
	mkdir -p "$1/source" "$1/cache/ee-appliance" "$1/out"
	"$2" "$1"
	for name in $(awk '/^(source|deb) / { print $2 }' \
		"$1/source/image/sources.lock" | sort -u); do
		"$1/source/image/fetch.sh" "$name" >/dev/null
	done
	[ -z "$warm" ] || return 0
	for name in dl apt unpinned; do
		[ ! -e "$cache/$name" ] ||
			cp -r "$cache/$name" "$1/cache/ee-appliance/"
	done
}

# in_build FOLDER COMMAND...: as a build in FOLDER sees the world. What stands
# before it is in the array `by`.
in_build() {
	local dir=$1 caches=$1/cache
	shift
	[ -z "$warm" ] || caches=${cache%/*}
	"${by[@]}" env HOME="$dir" XDG_CACHE_HOME="$caches" "$@"
}

build() { # FOLDER
	local dir=$1 goal list=
	for goal in $goals; do
		[ "$goal" = image ] || goal=$dir/out/$goal
		list="$list $goal"
	done
	# shellcheck disable=SC2086 # no goal has a space
	in_build "$dir" make -C "$dir/source" B="$dir/out" $list >"$dir/log" 2>&1 || {
		tail -n 20 "$dir/log" >&2
		die 5 "the build in $dir failed"
	}
}

# What a release says of itself is taken from it; the rest must follow. With a
# tool of another version nothing can say that it is pinned: then the reasons are
# left in FOLDER/unpinned, and the digests of the files have to do.
describe() { # FOLDER
	local dir=$1 log=$1/log args
	mapfile -t args < <(jq -r '(.release | "--version", .version,
		"--counter", .counter, "--commit", .commit, "--not-before",
		.not_before, "--not-after", .not_after)' "$release")
	in_build "$dir" "$dir/source/image/status.sh" >"$dir/unpinned"
	if [[ $(cat "$dir/unpinned") == *'"release":true'* ]]; then
		rm "$dir/unpinned"
		in_build "$dir" sh -c 'cd "$1/source" && shift &&
			image/reference.sh production "$@"' _ "$dir" \
			"$dir/out" "$dir/out/bin" "${args[@]}" >>"$log" 2>&1 ||
			tail -n 3 "$log" >&2
	fi
	[ ! -e "$one/sbom.spdx.json" ] ||
		in_build "$dir" sh -c '"$1/source/image/sbom.py" "$1/out" "$2" \
			"$3" >"$1/out/sbom.spdx.json"' _ "$dir" "${args[1]}" \
			"${args[7]}" 2>>"$log" || tail -n 3 "$log" >&2
}

# digest MEMBER FILE: whether FILE has the digest that the release names.
digest() {
	local got
	got=$(sha256sum "$long/two/out/$2" | cut -d' ' -f1)
	[ "$(jq -r ".image.$1" "$release")" = "$got" ] || {
		say "DIFFERENT: $2 is not that of the release: $got"
		return 1
	}
	say "equal: $1 $got"
}

# Which machines a reference is for.
machines() {
	jq -c '[.measurements[] | [.platform, .firmware, .machine_type,
		.memory_bytes, .cpus, .acpi_release]]' "$1"
}

# differing FILE ONE TWO: what differs in it; both are kept.
differing() {
	local tree
	mkdir -p "$work/two/$(dirname "$1")"
	cp --sparse=always "$3" "$work/two/$1"
	say "DIFFERENT: $1; the second is $work/two/$1"
	tree=$(find "$long/two/cache/ee-appliance" -maxdepth 2 -path \
		'*/kernel-*/tree' 2>/dev/null | while read -r t; do
		[ -e "$t/drivers/virt/coco/tsm_sim.c" ] || echo "$t"
	done | head -n 1)
	case $1 in sim/*) tree= ;; esac
	rm -rf "$work/differ"
	"$here/image/differ.py" --keep "$work/differ" \
		${tree:+--tree "$tree"} "$2" "$3" | sed 's/^/reproduce:   /' || :
	if command -v diffoscope >/dev/null && [ -s "$work/differ/two" ]; then
		timeout 300 diffoscope --no-progress --text - \
			"$work/differ/one" "$work/differ/two" 2>/dev/null |
			head -n 40 || :
	fi
}

# What the second build may not depend on; each is an array of words that stand
# before its commands.
conditions() {
	enter=() as_other=() other_day=()
	locale=$(locale -a | grep -vxE 'C|POSIX|C\.(utf8|UTF-8)' |
		head -n 1) || locale=C.UTF-8
	[ -z "$root" ] || locale=C.UTF-8
	if ! unshare --mount --uts true 2>/dev/null; then
		[ -z "$root" ] || die 4 "ROOT needs root"
		say "not varied: user, host name, order of folders (needs root)"
	else
		# shellcheck disable=SC2016 # the inner shell's
		enter=(unshare --mount --uts sh -c '
			hostname another-host
			if [ -n "$1" ]; then
				mkdir -p "$1/dev/shm"
				mount -t proc proc "$1/proc"
				mount -t tmpfs tmpfs "$1/dev/shm" # faketime
				mkdir -p "$1$2"
				mount --rbind "$2" "$1$2"
			fi
			shift 2
			exec "$@"' _ "$root" "$long")
		[ -z "$root" ] || enter+=(chroot "$root")
		if [ -n "$warm" ]; then
			say "not varied: the user (WARM)"
		else
			as_other=(setpriv --reuid=65534 --regid=65534
				--clear-groups)
		fi
	fi
	# FAKE_UTIME=1: what a program sets as a file's time is taken as it is.
	if command -v faketime >/dev/null; then
		other_day=(env FAKE_UTIME=1 faketime -f +400d)
	else
		say "not varied: the date (needs faketime)"
	fi
}

# From now on every folder in DIR lists its files backwards.
backwards() {
	mkdir "$1"
	if disorderfs --multi-user=yes \
		--sort-dirents=yes --reverse-dirents=yes "$1.plain" "$1" \
		>/dev/null 2>&1; then
		return
	fi
	rmdir "$1"
	mv "$1.plain" "$1"
	say "not varied: the order of folders (needs disorderfs and FUSE)"
}

first_build() {
	rm -rf "$work/one"
	prepare "$work/one" copy_source
	say "building for the first time: $(id -un), $work/one, -j1"
	by=()
	(umask 022; export TZ=UTC LC_ALL=C EE_JOBS=1; build "$work/one")
}

second_build() {
	prepare "$long/two.plain" \
		"$([ -n "$release" ] && echo checkout || echo copy_source)"
	find "$long/two.plain/source" -exec touch -h -d 2001-01-01 {} +
	chmod 0755 "$long"
	[ ${#as_other[@]} -eq 0 ] || chown -R 65534:65534 "$long/two.plain"
	backwards "$long/two"
	by=("${enter[@]}" "${as_other[@]}" "${other_day[@]}")
	say "building: ${as_other[*]:-$(id -un)}, $long/two, $locale," \
		"-j$(nproc)"
	(umask 077; export TZ=Asia/Tokyo LC_ALL=$locale; EE_JOBS=$(nproc)
		export EE_JOBS
		build "$long/two"
		[ -z "$release" ] || [ -n "$only" ] || describe "$long/two")
}

[ "$root" != mmdebstrap ] || root=$cache/root
[ -z "$root" ] || {
	"$here/image/root.sh" "$root"
	root=$(cd "$root" && pwd)
}
# Not in the root, which may be in a home that the other user cannot enter.
long=$(mktemp -d /tmp/ee-reproduce-a-rather-longer-path-XXXXXX)
trap undo EXIT
conditions
[ -n "$release" ] || first_build
second_build

bad=0
for f in $files; do
	if [ ! -e "$one/$f" ] && [ -n "$release" ]; then
		say "not there to compare with: $one/$f"
	elif [ "$f" = measurements.json ] && [ -e "$long/two/unpinned" ]; then
		say "not compared: $f: $(cat "$long/two/unpinned")"
	elif [ ! -e "$long/two/out/$f" ] || [ ! -e "$one/$f" ]; then
		say "not built: $f"
		bad=1
	elif [ "$f" = measurements.json ] && [ -n "$release" ] &&
		[ "$(machines "$one/$f")" != "$(machines "$long/two/out/$f")" ]
	then
		say "not compared: $f: it is for other machines than" \
			"EE_FIRMWARE and EE_MACHINES name here;" \
			"ee-measure release verify computes it again"
	elif cmp -s "$one/$f" "$long/two/out/$f"; then
		say "equal: $f $(sha256sum <"$one/$f" | cut -c1-64)"
	else
		differing "$f" "$one/$f" "$long/two/out/$f"
		bad=1
	fi
done
if [ -n "$release" ] && [ -z "$only" ]; then
	digest efi_sha256 BOOTX64.EFI || bad=1
	digest raw_sha256 ee-appliance.raw || bad=1
	digest gcp_tar_sha256 ee-appliance-gcp.tar.gz || bad=1
fi
exit $bad
