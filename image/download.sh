#!/bin/sh
# download.sh NAME FOLDER - bring the files that sources.lock pins under NAME
# into FOLDER with a private apt. Only files that are not there already with
# the right digest are fetched. The caller verifies every digest again.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
lock=${EE_LOCK:-$here/sources.lock}
name=$1
dir=$2
die() { code=$1; shift; echo "download: $*" >&2; exit "$code"; }

missing=$(awk -v n="$name" '$2 == n && $1 != "tool" { print $4, $5 }' "$lock" |
	while read -r file sha; do
		printf '%s  %s\n' "$sha" "$dir/$file" |
			sha256sum -c --status 2>/dev/null || echo "$file"
	done)
[ -z "$missing" ] && exit 0

apt=$("$here/apt-private.sh") || die 4 "no apt configuration"
version=$(awk -v n="$name" '$2 == n { print $3; exit }' "$lock")
kind=$(awk -v n="$name" '$2 == n { print $1; exit }' "$lock")
cd "$dir"
case $kind in
source) APT_CONFIG=$apt apt-get -q source --download-only "$name=$version" ;;
deb) APT_CONFIG=$apt apt-get -q download "$name=$version" ;;
esac >download.log 2>&1 && exit 0
if [ "$kind" = source ]; then
	have=$(APT_CONFIG=$apt apt-cache showsrc --only-source "$name" |
		sed -n 's/^Version: //p' | tail -n 1)
else
	have=$(APT_CONFIG=$apt apt-cache madison "$name" |
		awk -F'|' 'NR == 1 { gsub(/ /, "", $2); print $2 }')
fi
if [ -z "$have" ]; then
	tail -n 3 download.log >&2
	die 4 "cannot fetch $name $version: is the network there?"
fi
die 4 "$name $version is gone; the archive has $have: run 'make lock'"
