#!/bin/sh
# fetch.sh NAME - fetch what image/sources.lock pins under NAME, verify it,
# unpack it once into the cache and print the folder.
#
# Works through a private apt configuration made from the system's (the user's
# /etc/apt is read, never written) and works offline once the cache holds the
# files. Exit: 0 printed, 2 usage, 4 not available, 5 internal.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
lock=${EE_LOCK:-$here/sources.lock}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ee-appliance
die() { code=$1; shift; echo "fetch: $*" >&2; exit "$code"; }
[ $# -eq 1 ] || die 2 "usage: fetch.sh NAME"
name=$1
want=$(awk -v n="$name" '$2 == n && $1 != "tool"' "$lock")
[ -n "$want" ] || die 2 "$name is not in $lock"
key=$(printf '%s\n' "$want" | sha256sum | cut -c1-16)
out=$cache/src/$name-$key
[ -e "$out/.done" ] && { echo "$out/tree"; exit 0; }

mkdir -p "$cache/dl" "$cache/src"
exec 9>"$cache/src/$name.lock"
flock 9
[ -e "$out/.done" ] && { echo "$out/tree"; exit 0; }

"$here/download.sh" "$name" "$cache/dl" || exit $?
printf '%s\n' "$want" | while read -r _ _ _ file sha; do
	got=$(sha256sum "$cache/dl/$file" | cut -d' ' -f1)
	[ "$got" = "$sha" ] ||
		die 4 "$file: SHA-256 is $got, the lock says $sha"
done
rm -rf "$out"
mkdir -p "$out"
kind=$(printf '%s\n' "$want" | awk 'NR == 1 { print $1 }')
case $kind in
source)
	dsc=$(printf '%s\n' "$want" | awk '$4 ~ /\.dsc$/ { print $4 }')
	dpkg-source --no-check -x "$cache/dl/$dsc" "$out/tree" >"$out/log" 2>&1 ||
		{ cat "$out/log" >&2; die 5 "cannot unpack $dsc"; }
	;;
deb)
	deb=$(printf '%s\n' "$want" | awk '{ print $4 }')
	dpkg-deb -x "$cache/dl/$deb" "$out/tree"
	;;
esac
touch "$out/.done"
echo "$out/tree"
