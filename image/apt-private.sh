#!/bin/sh
# apt-private.sh - make a private apt configuration from the system's, with
# source entries on, update its lists (once a day) and print the file to
# export as APT_CONFIG. The system's own configuration is not touched.
set -eu
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ee-appliance
apt=$cache/apt
mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/parts"
exec 9>"$apt/lock.ee"
flock 9
rm -f "$apt"/parts/*
n=0
for f in /etc/apt/sources.list.d/*.sources; do
	[ -e "$f" ] || continue
	n=$((n + 1))
	sed 's/^Types:.*/Types: deb deb-src/' "$f" >"$apt/parts/$n.sources"
done
for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
	[ -e "$f" ] || continue
	n=$((n + 1))
	sed -n 's/^deb\(-src\)\{0,1\}[[:space:]]/deb /p' "$f" |
		awk '{ print; sub(/^deb /, "deb-src "); print }' |
		sort -u >"$apt/parts/$n.list"
done
cat >"$apt/apt.conf" <<EOF
Dir::State::lists "$apt/lists";
Dir::Cache "$apt/cache";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$apt/parts";
APT::Sandbox::User "root";
EOF
if [ -z "$(find "$apt/updated" -mtime -1 2>/dev/null)" ]; then
	APT_CONFIG=$apt/apt.conf apt-get -q update >"$apt/update.log" 2>&1 &&
		touch "$apt/updated" ||
		echo "apt-private: update failed, going on with old lists" >&2
fi
echo "$apt/apt.conf"
