#!/bin/sh
# lock.sh - rewrite image/sources.lock with what the archive has now and with
# the versions of this machine's toolchain, and show the difference; write the
# date of the kernel source, the newest of all, to image/epoch.
# lock.sh --version KIND NAME - print the newest version in the archive.
# lock.sh --lines NAME LOCK - print the lock lines of the newest version.
#
# Digests are those of the archive's signed lists.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
lock=${EE_LOCK:-$here/sources.lock}

# One "version file sha256" line for each file of each version of NAME.
candidates() {
	if [ "$1" = source ]; then
		apt-cache showsrc --only-source "$2" | awk '
			/^$/ { version = "" }
			/^Version: / { version = $2 }
			/^[^ ]/ { sums = /^Checksums-Sha256:/ }
			/^ / && sums && NF == 3 { print version, $3, $1 }'
	else
		apt-cache show "$2" | awk '
			/^Version: / { version = $2 }
			/^Filename: / { file = $2; sub(/.*\//, "", file) }
			/^SHA256: / { print version, file, $2 }'
	fi | sort -u
}

newest() {
	best=
	for v in $(candidates "$1" "$2" | cut -d' ' -f1 | sort -u); do
		if [ -z "$best" ] || dpkg --compare-versions "$v" gt "$best"; then
			best=$v
		fi
	done
	echo "$best"
}

lines() {
	best=$(newest "$1" "$2")
	[ -n "$best" ] || { echo "lock: the archive has no $2" >&2; exit 4; }
	candidates "$1" "$2" | awk -v k="$1" -v n="$2" -v b="$best" \
		'$1 == b { print k, n, b, $2, $3 }' | LC_ALL=C sort
}

kind_of() {
	awk -v n="$1" '$2 == n && $1 != "tool" { print $1; exit }' "$2"
}

case ${1:-} in
--version)
	APT_CONFIG=$("$here/apt-private.sh")
	export APT_CONFIG
	newest "$2" "$3"
	;;
--lines)
	APT_CONFIG=$("$here/apt-private.sh")
	export APT_CONFIG
	lines "$(kind_of "$2" "$3")" "$2"
	;;
'')
	APT_CONFIG=$("$here/apt-private.sh" --update)
	export APT_CONFIG
	new=$(mktemp)
	trap 'rm -f "$new"' EXIT
	grep '^#' "$lock" >"$new"
	for name in $(awk '/^(source|deb) / && !seen[$2]++ { print $2 }' "$lock"); do
		lines "$(kind_of "$name" "$lock")" "$name" >>"$new"
	done
	"$here/tools.sh" versions >>"$new"
	diff -u --label old --label new "$lock" "$new" &&
		echo "lock: nothing has changed"
	cat "$new" >"$lock"
	src=$("$here/fetch.sh" linux-source-6.12)
	zcat "$src"/usr/share/doc/linux-source-6.12/changelog.Debian.gz |
		dpkg-parsechangelog -l - -S Timestamp >"$here/epoch.tmp"
	mv "$here/epoch.tmp" "$here/epoch"
	;;
*) echo "usage: lock.sh [--version KIND NAME | --lines NAME LOCK]" >&2; exit 2 ;;
esac
