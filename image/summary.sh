#!/bin/sh
# summary.sh BUILD - say what `make image` has made.
set -eu
cd "$1"
for f in BOOTX64.EFI ee-appliance.raw ee-appliance-gcp.tar.gz sim/BOOTX64.EFI \
	sim/ee-appliance.raw; do
	printf '  %-28s %10d bytes  sha256 %.16s...\n' "$f" "$(stat -c %s "$f")" \
		"$(sha256sum "$f" | cut -d' ' -f1)"
done
if grep -q '"release":true' release.json; then
	echo "  every source and tool is the pinned one"
else
	echo "  *** NOT A RELEASE *** $(cat release.json)"
fi
