#!/bin/bash
# root.sh FOLDER - make a Debian root file system with mmdebstrap in which the
# image can be built: what image/deps.sh wants, and of the toolchain the very
# versions that image/sources.lock names. Then no program of this machine but
# the running kernel has a part in a build. A folder that this has made from the
# same packages is kept.
#
# Environment: EE_MIRROR, where the packages are (default: Debian's mirrors). When
# these have a version no more, the next one is taken, loudly; then the archive of
# an older day has it (Debian's snapshots, by date).
# Needs root. Exit: 0; 2 usage; 4 not available.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
lock=${EE_LOCK:-$here/sources.lock}
die() { code=$1; shift; echo "root: $*" >&2; exit "$code"; }
[ $# -eq 1 ] || die 2 "usage: root.sh FOLDER"
root=$1
[ "$(id -u)" -eq 0 ] || die 4 "mmdebstrap is started by root here"
command -v mmdebstrap >/dev/null || die 4 "apt-get install mmdebstrap"

# "NAME=VERSION" of a locked tool, "NAME" of one that is there no more.
pinned() {
	local apt name version
	[ -n "${EE_MIRROR:-}" ] || apt=$("$here/apt-private.sh")
	awk '$1 == "tool" { print $2, $3 }' "$lock" |
		while read -r name version; do
			if [ -n "${EE_MIRROR:-}" ] || APT_CONFIG=$apt \
				apt-cache madison "$name" | awk -v v="$version" \
				'$3 == v { n++ } END { exit !n }'; then
				echo "$name=$version"
			else
				echo "$name"
				echo "root: *** $name $version is gone, taking" \
					"what the archive has ***" >&2
			fi
		done
}

# Each package once. faketime: a build can be on another day there, too; python3
# writes the bill of materials.
tools=$(pinned)
include=$({ echo "$tools"; "$here/deps.sh" list; echo faketime; echo python3; } |
	awk -F= '!seen[$1]++' | paste -sd, -)
key=$(printf '%s' "$include" | sha256sum | cut -d' ' -f1)
[ "$(cat "$root/etc/ee-root" 2>/dev/null)" != "$key" ] || exit 0
rm -rf --one-file-system "$root"
echo "root: making $root, which takes a minute or two" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
mmdebstrap --quiet --variant=minbase --include="$include" \
	--aptopt='Acquire::Check-Valid-Until "false"' bookworm "$root" \
	${EE_MIRROR:+"$EE_MIRROR"} >"$log" 2>&1 || {
	grep -E '^(E|N|W):' "$log" >&2 || tail -n 5 "$log" >&2
	rm -rf --one-file-system "$root"
	die 4 "no such root file system; EE_MIRROR can name an older archive"
}
echo "$key" >"$root/etc/ee-root"
