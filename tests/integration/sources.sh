#!/bin/bash
# image/fetch.sh and what is around it: what the lock pins is what is unpacked,
# offline once cached; a version that is gone is replaced, loudly, and then
# nothing is a release. Parts that need the archive are skipped without it.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/integration/tap.sh
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
real=${XDG_CACHE_HOME:-$HOME/.cache}/ee-appliance
export XDG_CACHE_HOME=$dir/cache EE_LOCK=$dir/lock
cache=$dir/cache/ee-appliance
mkdir -p "$cache/dl"
cp "$real"/dl/cjson_* "$cache/dl/" 2>/dev/null
# The lists too, so that most of this needs no network.
cp -r "$real/apt" "$cache/" 2>/dev/null
cp image/sources.lock "$EE_LOCK"
etc=$(find /etc/apt -type f -exec sha256sum {} + | sha256sum)

# Not everybody may make a network namespace without one of users, and in a
# chroot nobody may make the latter.
alone=-n
unshare $alone true 2>/dev/null || alone=-rn
offline() { unshare $alone "$@"; }
offline true 2>/dev/null && can_offline=1 || can_offline=0
image/download.sh "$cache/dl" < <(grep '^source cjson' "$EE_LOCK") \
	>/dev/null 2>&1 && have=1 || have=0

if [ $have = 1 ]; then
	tree=$(image/fetch.sh cjson 2>"$dir/err")
	is "$?" 0 'what is pinned is fetched'
	[ -f "$tree/cJSON.c" ]
	ok $? 'and unpacked'
	is "$tree" "$cache/src/$(image/fetch.sh --key cjson)/tree" \
		'the folder is named by the pinned lines'
	if [ $can_offline = 1 ]; then
		is "$(offline image/fetch.sh cjson)" "$tree" \
			'without a network the cache does'
		rm -rf "$cache/src"
		is "$(offline image/fetch.sh cjson)" "$tree" \
			'and the files are enough to unpack again'
		rm -rf "$cache/src"
		orig=$(awk '$4 ~ /^cjson.*orig/ { print $4 }' "$EE_LOCK")
		printf x >>"$cache/dl/$orig"
		offline image/fetch.sh cjson >"$dir/out" 2>"$dir/err"
		is "$?|$(cat "$dir/out")" '4|' 'a file with a byte more is refused'
		is "$(find "$cache/src" -name tree)" '' \
			'and nothing of it unpacked'
	else
		skip 'five of the offline cases' 'no network namespaces here'
	fi
else
	skip 'fetching' 'no cached files and no network'
fi

# Digests: the archive's file against another digest in the lock.
sed 's/^\(source cjson .*\.dsc\) .*/\1 '"$(printf '%064d' 7)"'/' \
	image/sources.lock >"$EE_LOCK"
image/fetch.sh cjson >"$dir/out" 2>"$dir/err"
is "$?|$(cat "$dir/out")" '4|' 'a digest that is not the locked one is refused'

# A version that never was.
awk '$2 == "cjson" { $3 = "0.0.1-1"; $4 = "gone-" $4 } { print }' \
	image/sources.lock >"$EE_LOCK"
EE_STRICT=1 image/fetch.sh cjson >"$dir/out" 2>"$dir/err"
is "$?|$(cat "$dir/out")" '4|' 'for a release a version that is gone is an error'
if grep -q 'is gone; the archive has' "$dir/err"; then
	there=$(sed -n 's/.*the archive has \([^:]*[^ ]*\): run.*/\1/p' "$dir/err")
	is "$(grep -c "^source cjson $there " image/sources.lock)" 3 \
		'the message names the version of the archive'
	grep -q "run 'make lock'" "$dir/err"
	ok $? 'and the command that refreshes the lock'
	is "$(image/status.sh | grep -c 'cjson 0.0.1-1 is gone')" 0 \
		'a refused build leaves no trace in the status'
	tree=$(image/fetch.sh cjson 2>"$dir/err")
	[ -f "$tree/cJSON.c" ]
	ok $? 'otherwise that one is built with'
	grep -q 'NOT A RELEASE' "$dir/err"
	ok $? 'loudly'
	is "$(image/status.sh | grep -o "cjson 0.0.1-1 is gone, built with [^\"]*")" \
		"cjson 0.0.1-1 is gone, built with $there" 'the status says so'
	is "$(image/status.sh | grep -o '"release":.*')" '"release":false}' \
		'and that it is not a release'
	is "$(image/fetch.sh cjson 2>&1)" "$tree" 'once: then the cache does'
else
	skip 'eight cases of a version that is gone' 'no network'
fi

cp image/sources.lock "$EE_LOCK"
image/tools.sh check >"$dir/out" && {
	is "$(image/status.sh)" '{"reasons":[],"release":true}' \
		'everything as pinned is a release'
	sed -i 's/^tool zstd .*/tool zstd 0.1/' "$EE_LOCK"
	is "$(image/status.sh)" \
		"$(printf '{"reasons":["zstd is %s, a release is made with 0.1"],"release":false}' \
			"$(dpkg-query -W -f '${Version}' zstd)")" \
		'a tool of another version is no release, by name'
} || skip 'two cases of tools' "other tools here: $(paste -sd';' "$dir/out")"

# Kernels that nobody needs any more; one of them is in use at this moment.
mkdir -p "$cache"/kernel-{old,held,new}/tree
touch "$cache"/kernel-{old,held,new}/{.done,lock}
touch -d '16 days ago' "$cache"/kernel-{old,held}
eval "$(sed -n '/^prune()/,/^}/p' image/kernel.sh)"
exec 7>"$cache/kernel-held/lock"
flock 7
(exec 7>&-; prune)
exec 7>&-
is "$(cd "$cache" && find kernel-* | LC_ALL=C sort | paste -sd' ')" \
	'kernel-held kernel-held/.done kernel-held/lock kernel-held/tree kernel-new kernel-new/.done kernel-new/lock kernel-new/tree kernel-old kernel-old/lock' \
	'kernels are removed that were not used for two weeks and are not locked'

is "$(find /etc/apt -type f -exec sha256sum {} + | sha256sum)" "$etc" \
	"the system's apt configuration is as it was"
finish
