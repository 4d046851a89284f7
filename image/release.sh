#!/bin/sh
# release.sh check BUILD - refuse (exit 1), with every reason, unless a build now
# would be a release: nothing uncommitted, every source and tool as pinned.
# release.sh collect BUILD - check again and put what is published, with its
# digests, into BUILD/release/.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/.."
[ $# -eq 2 ] || { echo "usage: release.sh check|collect BUILD" >&2; exit 2; }
bad=0
no() { echo "release: refused: $*" >&2; bad=1; }
[ -z "$(git status --porcelain 2>&1)" ] || no "the tree differs from a commit"
# A pinned version that is gone is an error now, not a thing to go on without.
for name in $(awk '/^(source|deb) / && !seen[$2]++ { print $2 }' \
	"${EE_LOCK:-image/sources.lock}"); do
	EE_STRICT=1 image/fetch.sh "$name" >/dev/null || no "no $name"
done
image/status.sh | grep -q '"release":true' || no "$(image/status.sh)"
[ $bad -eq 0 ] || exit 1
[ "$1" = collect ] || exit 0
out=$2/release
rm -rf "$out"
mkdir -p "$out"
cp --sparse=always "$2/BOOTX64.EFI" "$2/ee-appliance-gcp.tar.gz" \
	"$2/measurements.json" image/sources.lock "$out/"
git rev-parse HEAD >"$out/COMMIT"
(cd "$out" && LC_ALL=C sha256sum * >SHA256SUMS)
echo "release: $out, commit $(cut -c1-12 "$out/COMMIT")"
