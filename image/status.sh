#!/bin/sh
# status.sh - print as JSON whether what this machine builds now is a release:
# every source as pinned, every tool as locked. {"reasons":[...],"release":bool}
set -eu
here=$(cd "$(dirname "$0")" && pwd)
lock=${EE_LOCK:-$here/sources.lock}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ee-appliance
{
	for name in $(awk '/^(source|deb) / && !seen[$2]++ { print $2 }' "$lock"); do
		pinned=$(awk -v n="$name" '$2 == n && $1 != "tool"' "$lock")
		key=$name-$(printf '%s\n' "$pinned" | sha256sum | cut -c1-16)
		[ -e "$cache/unpinned/$key" ] || continue
		echo "$name $(echo "$pinned" | awk 'NR == 1 { print $3 }') is gone," \
			"built with $(awk 'NR == 1 { print $3 }' "$cache/unpinned/$key")"
	done
	"$here/tools.sh" check || :
} | awk '
	BEGIN { printf "{\"reasons\":[" }
	{
		gsub(/[\\"]/, "\\\\&")
		printf "%s\"%s\"", (NR > 1 ? "," : ""), $0
	}
	END { printf "],\"release\":%s}\n", (NR ? "false" : "true") }'
