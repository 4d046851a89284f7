#!/bin/sh
# tools.sh versions [NAME...] - print "tool NAME VERSION" for these packages, or
# for each one of the toolchain whose version can show in a release's bytes.
# tools.sh check - print each one that differs from the lock's; exit 1 when any.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
lock=${EE_LOCK:-$here/sources.lock}
# Not linux-libc-dev: it changes with every kernel update, and what guest code
# takes from it is the stable user interface.
tools='bc binutils bison flex gcc-12 gzip make musl-dev musl-tools ovmf
	perl-base tar zstd'
versions() {
	# shellcheck disable=SC2086 # a list
	[ $# -gt 0 ] || set -- $tools
	for t; do
		v=$(dpkg-query -W -f '${Version}' "$t" 2>/dev/null) || v=
		echo "tool $t ${v:-none}"
	done
}
case ${1:-} in
versions)
	shift
	versions "$@"
	;;
check)
	versions | awk -v lock="$lock" '
		BEGIN {
			while ((getline line < lock) > 0)
				if (split(line, f, " ") >= 3 && f[1] == "tool")
					want[f[2]] = f[3]
		}
		want[$2] != $3 {
			print $2 " is " $3 ", a release is made with " \
				(want[$2] ? want[$2] : "none")
			bad = 1
		}
		END { exit bad }'
	;;
*) echo "usage: tools.sh versions [NAME...] | check" >&2; exit 2 ;;
esac
