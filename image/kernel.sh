#!/bin/bash
# kernel.sh FLAVOUR INITRAMFS OUT - build the kernel with INITRAMFS (a cpio) in
# it, as one EFI binary. FLAVOUR: production, sim or debug.
#
# Compiled objects are cached in a folder named by a digest of all that decides
# them: pinned source, fragments, patches, what is done here, tool versions. With
# another initramfs only the last links are made again, which takes seconds and
# gives the same bytes as a build from nothing. The sim kernel starts as a copy of
# the production tree with its objects, and debug as a copy of sim, so that each
# compiles only what its own fragment and patches change.
#
# kernel.sh --prepare FLAVOUR - compile only, with an empty initramfs.
# kernel.sh --maps FLAVOUR DIR - write what the compiled kernel is linked from
# into DIR, as maps of ld, and print the folder that their paths begin in.
#
# Trees that nobody has used for two weeks are removed when another is compiled.
#
# Environment: EE_JOBS, make's -j (default: all processors). Exit: 0; 2 usage;
# 4 source not available; 5 the build failed.
# shellcheck disable=SC2046,SC2086 # lists are split on purpose
set -euo pipefail
shopt -s inherit_errexit
here=$(cd "$(dirname "$0")" && pwd)
kc=$(cd "$here/../kernel-config" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ee-appliance
die() { local code=$1; shift; echo "kernel: $*" >&2; exit "$code"; }
umask 022

# flavour -> the flavour it is made from, fragments, patches
parent_of() {
	case $1 in production) ;; sim) echo production ;; debug) echo sim ;;
	*) die 2 "unknown flavour $1" ;; esac
}
fragments_of() {
	local b="$kc/base.config $kc/tdx.config $kc/gcp.config"
	case $1 in
	production) echo "$b" ;;
	sim) echo "$b $kc/sim.config" ;;
	debug) echo "$b $kc/sim.config $kc/debug.config" ;;
	esac
}
patches_of() {
	case $1 in
	production) echo "$kc"/patches/*.patch ;;
	sim) echo "$kc"/patches/sim/*.patch ;;
	esac
}

# Everything but the initramfs that a flavour's bytes depend on.
key_of() {
	local parent
	parent=$(parent_of "$1")
	{
		[ -z "$parent" ] || key_of "$parent"
		"$here/fetch.sh" --key linux-source-6.12
		declare -f in_tree unpack prepare
		grep -hE '^(# )?CONFIG_' $(fragments_of "$1")
		cat /dev/null $(patches_of "$1")
		[ "$1" != sim ] || cat "$kc/tsm_sim.c"
		"$here/tools.sh" versions bc binutils bison flex gcc-12 \
			perl-base zstd
	} | sha256sum | cut -c1-16
}

# A build sees these variables and no others.
in_tree() {
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/ \
		LC_ALL=C TZ=UTC ARCH=x86_64 KBUILD_BUILD_TIMESTAMP=@0 \
		KBUILD_BUILD_USER=ee KBUILD_BUILD_HOST=appliance \
		KBUILD_BUILD_VERSION=1 "$@"
}

make_kernel() {
	local log=$1
	in_tree make -C "$tree" -j"${EE_JOBS:-$(nproc)}" bzImage 2>&1 |
		tee "$log" | awk -v f="$flavour" '/^  CC / && ++n % 200 == 0 {
			print "kernel: " f ": " n " files" > "/dev/stderr"
		}' || { tail -n 20 "$log" >&2; die 5 "$flavour: build failed"; }
}

# The source without what x86-64 guests cannot use: half the size on disk.
unpack() {
	local src
	src=$("$here/fetch.sh" linux-source-6.12)
	mkdir "$tree"
	tar -C "$tree" --strip-components=1 -xf \
		"$src"/usr/src/linux-source-6.12.tar.xz \
		--exclude='*/Documentation/*/*' --exclude='*/tools/testing/*' \
		--exclude='*/arch/[!x]*/*.[chS]' --exclude='*/sound/*.[ch]' \
		--exclude='*/drivers/gpu/*.[ch]' \
		--exclude='*/drivers/media/*.[ch]' \
		--exclude='*/drivers/staging/*.[ch]'
}

# Make $tree with the objects of $flavour and an empty initramfs.
prepare() {
	local parent p
	parent=$(parent_of "$flavour")
	rm -rf "$tree"
	echo "kernel: compiling $flavour, once (production takes minutes)" >&2
	if [ -z "$parent" ]; then
		unpack
	else
		"$0" --prepare "$parent"
		p=$cache/kernel-$(key_of "$parent")
		flock "$p/lock" cp -a "$p/tree" "$tree"
	fi
	for p in $(patches_of "$flavour"); do
		patch -s -d "$tree" -p1 --no-backup-if-mismatch -F0 <"$p" ||
			die 5 "$p does not apply"
	done
	[ "$flavour" != sim ] ||
		cp "$kc/tsm_sim.c" "$tree/drivers/virt/coco/tsm_sim.c"
	: >"$tree/initramfs.cpio"
	(cd "$tree" && in_tree scripts/kconfig/merge_config.sh -n \
		$(fragments_of "$flavour")) >"$dir/config.log" 2>&1 ||
		{ tail -n 20 "$dir/config.log" >&2; die 5 "configuration failed"; }
	"$kc/check.sh" -t "$tree" "$tree/.config" $(fragments_of "$flavour") >&2 ||
		die 5 "the resolved configuration is not what was asked for"
	make_kernel "$dir/build.log"
	touch "$dir/.done"
}

# The lock stays: somebody may wait for it.
prune() {
	local old
	find "$cache" -maxdepth 1 -name 'kernel-*' -mtime +14 |
		while read -r old; do
			flock -n "$old/lock" rm -rf "$old/.done" "$old/tree" || :
		done
}

prepare_once() {
	flavour=$1
	key=$(key_of "$flavour")
	dir=$cache/kernel-$key
	tree=$dir/tree
	mkdir -p "$dir"
	exec 8>"$dir/lock"
	flock 8
	touch "$dir" # used today
	[ -e "$dir/.done" ] || { prepare; prune; }
}

# The links that a kernel is made of; each is done again, for its map only.
maps() {
	local out part cmd
	mkdir -p "$1"
	out=$(cd "$1" && pwd)
	for part in ./vmlinux.o arch/x86/boot/setup.elf \
		arch/x86/boot/compressed/vmlinux \
		arch/x86/realmode/rm/realmode.elf \
		arch/x86/entry/vdso/vdso64.so.dbg; do
		cmd=$(sed -n '1s/^savedcmd_[^ ]* := \(ld [^;&]*\).*/\1/p' \
			"$tree/${part%/*}/.${part##*/}.cmd")
		[ -n "$cmd" ] || die 5 "no command for $part"
		(cd "$tree" && in_tree $cmd -o "$out/linked" \
			-Map="$out/${part##*/}.map") || die 5 "no map of $part"
	done
	rm "$out/linked"
	cp "$tree/.config" "$out/config"
	echo "$tree"
}

# In a function, so that the shell has read all of this file before it starts.
main() {
	local initramfs out size
	case ${1:-} in
	--prepare) prepare_once "$2"; return ;;
	--maps) prepare_once "$2"; maps "$3"; return ;;
	esac
	[ $# -eq 3 ] || die 2 "usage: kernel.sh FLAVOUR INITRAMFS OUT"
	initramfs=$2 out=$3
	[ -r "$initramfs" ] || die 2 "cannot read $initramfs"
	prepare_once "$1"
	# By hand what depends on the initramfs: make would go by times.
	(cd "$tree" && rm -f usr/initramfs_inc_data usr/initramfs_data.o \
		usr/built-in.a built-in.a vmlinux.a vmlinux.o vmlinux &&
		cd arch/x86/boot && rm -f bzImage vmlinux.bin \
		compressed/{vmlinux,vmlinux.bin*,vmlinux.relocs,piggy.*})
	cp "$initramfs" "$tree/initramfs.cpio"
	make_kernel "$dir/link.log"
	size=$(stat -c %s "$tree/arch/x86/boot/bzImage")
	# Then it has one Authenticode digest in all tools.
	[ $((size % 8)) -eq 0 ] || die 5 "$size bytes are no multiple of 8"
	mkdir -p "$(dirname "$out")"
	cp "$tree/arch/x86/boot/bzImage" "$out.tmp"
	chmod 0644 "$out.tmp"
	mv "$out.tmp" "$out"
}
main "$@"; exit
