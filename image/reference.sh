#!/bin/sh
# reference.sh KIND FOLDER BIN [OPTION]... - write FOLDER/measurements.json: what
# genuine boots of the image in FOLDER show, for the machines below. KIND:
# production or sim. BIN: where ee-measure is. OPTION: --version and the others of
# a release (ee-measure reference --help); what image/revoked lists is then in
# it. EE_MACHINES names a file of other machines to list in the production
# reference, an entry a line as `ee-measure reference --entry` takes it: with the
# tables that `ee-launcher acpi` captured, or of Google's:
#   platform=qemu,firmware=OVMF.inteltdx.fd,memory=2G,cpus=2,acpi=machine
#   platform=gcp,firmware=ovmf_x64_csm.fd,machine-type=c3-standard-4,stub-keys=1
set -eu
here=$(cd "$(dirname "$0")" && pwd)
kind=$1 folder=$2 bin=$3
shift 3
firmware=${EE_FIRMWARE:-/usr/share/ovmf/OVMF.fd}
[ -r "$firmware" ] || {
	echo "reference: no $firmware: apt-get install ovmf" >&2
	exit 4
}
case $kind in
production) platform=qemu ;;
sim) platform=sim ;;
*) echo "usage: reference.sh production|sim FOLDER BIN" >&2; exit 2 ;;
esac
case " $* " in *" --version "*)
	# a last line without its newline is one, too
	while IFS= read -r row || [ -n "$row" ]; do
		case $row in ''|'#'*) ;; *) set -- "$@" --revoked "$row" ;; esac
	done <"$here/revoked"
esac
set -- "$@" --kind "$kind" --image "$folder/ee-appliance.raw" \
	--lock "${EE_LOCK:-$here/sources.lock}" --toolchain "$(
		"$here/tools.sh" versions gcc-12 binutils musl-dev zstd |
			sed 's/^tool //; s/ /=/' | paste -sd' ' -)"
# The register that holds the memory map differs with the size of memory.
for memory in 96M 128M 192M 256M 384M 512M 1G 2G 4G 8G; do
	set -- "$@" --entry \
		"platform=$platform,firmware=$firmware,memory=$memory,cpus=1"
done
if [ "$kind" = production ] && [ -n "${EE_MACHINES:-}" ]; then
	[ -r "$EE_MACHINES" ] || {
		echo "reference: no file $EE_MACHINES (EE_MACHINES)" >&2
		exit 4
	}
	while IFS= read -r row || [ -n "$row" ]; do
		case $row in ''|'#'*) ;; *) set -- "$@" --entry "$row" ;; esac
	done <"$EE_MACHINES"
fi
[ ! -e "$folder/ee-appliance-gcp.tar.gz" ] ||
	set -- "$@" --gcp-tar "$folder/ee-appliance-gcp.tar.gz"
! "$here/status.sh" | grep -q '"release":true' || set -- "$@" --pinned
"$bin/ee-measure" reference "$@" >"$folder/measurements.json.tmp"
mv "$folder/measurements.json.tmp" "$folder/measurements.json"
