#!/bin/sh
# apt-private.sh [--update] - make a private apt configuration from the
# system's, with source entries on, and print the file to export as APT_CONFIG.
# Its lists are updated once a day, and now with --update; then a failure is
# exit 4, else the old lists have to do. The system's own configuration is read
# and never written.
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
cat >"$apt/apt.conf" <<EOT
Dir::State::lists "$apt/lists";
Dir::Cache "$apt/cache";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$apt/parts";
APT::Sandbox::User "root";
EOT
if [ "${1:-}" = --update ] || [ ! -s "$apt/update.log" ] ||
	[ -z "$(find "$apt/updated" -mtime -1 2>/dev/null)" ]; then
	if APT_CONFIG=$apt/apt.conf apt-get -q update --error-on=any \
		>"$apt/update.log" 2>&1; then
		touch "$apt/updated"
	else
		echo "apt-private: no update: $(grep -m 1 '^[EW]:' \
			"$apt/update.log")" >&2
		[ "${1:-}" != --update ] || exit 4
	fi
fi
echo "$apt/apt.conf"
