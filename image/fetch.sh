#!/bin/sh
# fetch.sh [--key] NAME - fetch what image/sources.lock pins under NAME, verify
# it, unpack it once into the cache and print the folder; with --key, print the
# folder's name, which is a digest of the pinned lines.
#
# Works through a private apt configuration made from the system's (the user's
# /etc/apt is read, never written) and works offline once the cache holds the
# files. A version that has left the archive is replaced by the one that the
# archive has, with a loud line and a file $cache/unpinned/NAME-KEY that makes
# status.sh say "release": false; with EE_STRICT=1 it is an error.
# Exit: 0 printed, 2 usage, 4 not available, 5 internal.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
lock=${EE_LOCK:-$here/sources.lock}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ee-appliance
die() { code=$1; shift; echo "fetch: $*" >&2; exit "$code"; }
answer=tree
[ "${1:-}" = --key ] && { answer=key; shift; }
[ $# -eq 1 ] || die 2 "usage: fetch.sh [--key] NAME"
name=$1

# Set want (the lock's lines), key and out.
aim() {
	want=$(awk -v n="$name" '$2 == n && $1 != "tool"' "$1")
	[ -n "$want" ] || die 2 "$name is not in $1"
	key=$name-$(printf '%s\n' "$want" | sha256sum | cut -c1-16)
	out=$cache/src/$key
}
print_when_done() {
	[ -e "$out/.done" ] || return 0
	if [ $answer = key ]; then echo "$key"; else echo "$out/tree"; fi
	exit 0
}

# Turn to the version that the archive has.
fall_back() {
	[ "${EE_STRICT:-0}" != 1 ] || exit 4
	mkdir -p "$cache/unpinned"
	"$here/lock.sh" --lines "$name" "$lock" >"$unpinned.tmp"
	mv "$unpinned.tmp" "$unpinned"
	aim "$unpinned"
	echo "fetch: *** building with $(printf '%s\n' "$want" |
		awk 'NR == 1 { print $2, $3 }') instead: NOT A RELEASE ***" >&2
}

verify() {
	printf '%s\n' "$want" | while read -r _ _ _ file sha; do
		got=$(sha256sum "$cache/dl/$file" | cut -d' ' -f1)
		[ "$got" = "$sha" ] ||
			die 4 "$file: SHA-256 is $got, the lock says $sha"
	done
}

unpack() {
	rm -rf "$out"
	mkdir -p "$out"
	case $(printf '%s\n' "$want" | awk 'NR == 1 { print $1 }') in
	source)
		dsc=$(printf '%s\n' "$want" | awk '$4 ~ /\.dsc$/ { print $4 }')
		dpkg-source --no-check -x "$cache/dl/$dsc" "$out/tree" \
			>"$out/log" 2>&1 ||
			{ cat "$out/log" >&2; die 5 "cannot unpack $dsc"; }
		;;
	deb)
		deb=$(printf '%s\n' "$want" | awk '{ print $4 }')
		dpkg-deb -x "$cache/dl/$deb" "$out/tree"
		;;
	*) die 2 "$lock: unknown kind for $name" ;;
	esac
	touch "$out/.done"
}

aim "$lock"
unpinned=$cache/unpinned/$key
[ "${EE_STRICT:-0}" = 1 ] || [ ! -e "$unpinned" ] || aim "$unpinned"
print_when_done
mkdir -p "$cache/dl" "$cache/src"
exec 9>"$cache/src/$name.lock"
flock 9
print_when_done
code=0
printf '%s\n' "$want" | "$here/download.sh" "$cache/dl" || code=$?
case $code in
0) ;;
6)
	fall_back
	printf '%s\n' "$want" | "$here/download.sh" "$cache/dl" || exit 4
	;;
*) exit "$code" ;;
esac
verify
unpack
print_when_done
