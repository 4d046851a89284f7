#!/bin/sh
# check.sh [-t TREE] CONFIG FRAGMENT... - compare a resolved kernel .config with
# what the fragments ask for ("CONFIG_X=y") and forbid ("# CONFIG_X is not set");
# where two fragments name an option the later one counts. With -t, every name
# must also be an option that the kernel source in TREE has: a misspelt or
# removed one would forbid nothing.
# Prints one line a difference. Exit: 0 none, 1 some, 2 usage.
set -eu
tree=
[ "${1:-}" = -t ] && [ $# -gt 2 ] && { tree=$2; shift 2; }
[ $# -ge 2 ] || { echo "usage: check.sh [-t TREE] CONFIG FRAGMENT..." >&2; exit 2; }
for f in "$@"; do
	[ -r "$f" ] || { echo "check.sh: cannot read $f" >&2; exit 2; }
done
{
	[ -z "$tree" ] || find "$tree" -name 'Kconfig*' -type f -exec \
		sed -nE 's/^[[:space:]]*(menu)?config[[:space:]]+([A-Z0-9_a-z]+)[[:space:]]*$/@known CONFIG_\2/p' {} +
	echo "@config"; cat "$1"
	shift
	for f in "$@"; do echo "@fragment $(basename "$f")"; cat "$f"; done
} | awk -v tree="$tree" '
	$1 == "@known" { known[$2] = 1; next }
	$1 == "@config" { part = ""; next }
	$1 == "@fragment" { part = $2; next }
	/^CONFIG_[A-Za-z0-9_]+=/ {
		name = $0; sub(/=.*/, "", name)
		value = substr($0, length(name) + 2)
	}
	/^# CONFIG_[A-Za-z0-9_]+ is not set$/ { name = $2; value = "n" }
	name == "" && part != "" && !/^#/ && !/^$/ {
		print part ": not a line of a fragment: " $0; bad = 1
	}
	name != "" && part == "" { got[name] = value }
	name != "" && part != "" {
		if (!(name in want)) order[++n] = name
		want[name] = value; from[name] = part
	}
	{ name = "" }
	END {
		for (i = 1; i <= n; i++) {
			name = order[i]; w = want[name]
			g = name in got ? got[name] : "n"
			if (tree != "" && !(name in known)) {
				print from[name] ": " name \
					" is not an option of this kernel"
				bad = 1
			}
			if (g == w) continue
			bad = 1
			if (w == "n")
				print from[name] ": " name " is forbidden, but is " g
			else
				print from[name] ": " name " should be " w \
					", but is " (g == "n" ? "not set" : g)
		}
		if (n == 0) { print "no fragment asks for anything"; bad = 1 }
		exit bad
	}'
