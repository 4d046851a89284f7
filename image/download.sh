#!/bin/sh
# download.sh FOLDER - bring the files whose lock lines (of one name) are on
# standard input into FOLDER with a private apt. Only files that are not there
# already with the right digest are fetched. The caller verifies every digest
# again.
# Exit: 0; 4 not available; 6 the archive does not have this version any more
# (a message says which one it has).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=$1
die() { code=$1; shift; echo "download: $*" >&2; exit "$code"; }
lines=$(cat)
read -r kind name version _ <<EOT
$lines
EOT

missing=$(printf '%s\n' "$lines" | while read -r _ _ _ file sha; do
	printf '%s  %s\n' "$sha" "$dir/$file" |
		sha256sum -c --status 2>/dev/null || echo "$file"
done)
[ -n "$missing" ] || exit 0

fetch() {
	case $kind in
	source) set -- source --download-only --only-source "$name=$version" ;;
	deb) set -- download "$name=$version" ;;
	*) die 2 "unknown kind $kind" ;;
	esac
	(cd "$dir" && APT_CONFIG=$apt apt-get -q "$@") >"$dir/$name.log" 2>&1
}

echo "download: $name $version" >&2
apt=$("$here/apt-private.sh") || die 4 "no apt configuration"
fetch && exit 0
# The lists may be older than the archive.
apt=$("$here/apt-private.sh" --update) || {
	tail -n 3 "$dir/$name.log" >&2
	die 4 "cannot fetch $name $version: is the network there?"
}
fetch && exit 0
have=$("$here/lock.sh" --version "$kind" "$name") || have=
[ -n "$have" ] || die 4 "the archive has no $name"
[ "$have" != "$version" ] || {
	tail -n 3 "$dir/$name.log" >&2
	die 4 "cannot fetch $name $version"
}
echo "download: $name $version is gone; the archive has $have: run 'make lock'" >&2
exit 6
