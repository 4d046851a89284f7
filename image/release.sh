#!/bin/bash
# release.sh BUILD - make a signed release in BUILD/release. Refused (exit 1),
# with every reason, unless all is committed and every source and tool is the
# pinned one; asked again when the build is done.
#
# From the environment, or as `make release NAME=...`:
#   VERSION    as semver.org has it: 1.2.3, 1.2.3-rc.1
#   KEY        PEM file of the P-256 private key that signs; mode 0600
#   COUNTER    grows from release to release, so that an old one cannot pass for
#              the newest. Default: the number of commits up to this one, which
#              nobody has to remember and a rebuild finds again
#   NOT_AFTER  days that the release holds, from the date of its commit; 365
#   EE_FIRMWARE  what the registers are predicted for: for TDX hosts a firmware
#              that measures into RTMRs, which Debian 12's OVMF.fd does not
#   EE_MACHINES  a file of other machines to list (reference.sh): the ones on
#              which RTMR0 is known need files that only their publisher has
# Nothing else has a part in what is signed: the same commit, arguments and key
# give the same bytes, but for SHA256SUMS.sig, since openssl draws a nonce.
# Exit: 0; 1 refused; 2 usage; others of the build and of ee-measure.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/.."
version=${VERSION:-} key=${KEY:-} counter=${COUNTER:-} days=${NOT_AFTER:-365}
unset VERSION KEY COUNTER NOT_AFTER MAKEFLAGS MFLAGS MAKELEVEL EE_LOCK
usage() { echo "release: $*" >&2; exit 2; }
[ $# -eq 1 ] || usage "release.sh BUILD"
build=$1
bad=0
no() { echo "release: refused: $*" >&2; bad=1; }
number() { [[ $1 =~ ^[1-9][0-9]{0,9}$ ]] && [ "$1" -lt 2147483648 ]; }

check_arguments() {
	local n='(0|[1-9][0-9]*)' id='[0-9A-Za-z-]+' pre
	pre="($n|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
	[[ $version =~ ^$n\.$n\.$n(-$pre(\.$pre)*)?(\+$id(\.$id)*)?$ ]] &&
		[ ${#version} -le 31 ] ||
		usage "VERSION=$version is no semantic version"
	number "$days" && [ "$days" -le 36500 ] ||
		usage "NOT_AFTER=$days is no number of days"
	[ -z "$counter" ] || number "$counter" ||
		usage "COUNTER=$counter is no number"
	[ -n "$key" ] || usage "KEY names no file"
}

# A public key is all that is read here, and an encrypted key is not asked for.
check_key() {
	[ -f "$key" ] || { no "no key file $key"; return; }
	case $(stat -Lc %a "$key") in
	600 | 400) ;;
	*) no "others can read or write $key: chmod 600" ;;
	esac
	public=$(openssl pkey -in "$key" -passin pass: -pubout 2>/dev/null) &&
		[[ $(openssl pkey -pubin -noout -text <<<"$public") == \
			*'ASN1 OID: prime256v1'* ]] ||
		no "$key holds no P-256 private key in PEM"
}

# A pinned version that is gone is an error here, not a thing to go on without.
check_sources() {
	local name
	[ -z "$(git status --porcelain 2>&1)" ] ||
		no "the tree differs from a commit"
	[ "$(git rev-parse HEAD)" = "$commit" ] ||
		no "another commit was checked out meanwhile"
	awk '/^(source|deb) / { print $2 }' image/sources.lock |
		sort -u >"$build/release.names"
	while read -r name; do
		EE_STRICT=1 image/fetch.sh "$name" >/dev/null </dev/null ||
			no "no $name"
	done <"$build/release.names"
	rm "$build/release.names"
	image/status.sh | grep -q '"release":true' || no "$(image/status.sh)"
}

check_counter() {
	[ -z "$counter" ] || return 0
	[ "$(git rev-parse --is-shallow-repository)" = false ] ||
		no "commits cannot be counted in a shallow clone: COUNTER=N"
	counter=$(git rev-list --count "$commit")
}

utc() { date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ; }

# What is published, but for the signature, in $out.
collect() {
	local from
	from=$(git show -s --format=%ct "$commit")
	rm -rf "$out"
	mkdir -p "$out"
	cp "$build/BOOTX64.EFI" "$build/ee-appliance-gcp.tar.gz" \
		image/sources.lock "$out/"
	echo "$commit" >"$out/COMMIT"
	echo "$public" >"$out/release.pub"
	cp --sparse=always "$build/ee-appliance.raw" "$out/"
	image/reference.sh production "$out" "$build/bin" --version "$version" \
		--counter "$counter" --commit "$commit" \
		--not-before "$(utc "$from")" \
		--not-after "$(utc $((from + days * 86400)))"
	image/sbom.py "$build" "$version" "$(utc "$from")" \
		>"$out/sbom.spdx.json"
}

# The envelope is what programs verify. The list of digests, which has the bill
# of materials and all else in it, is for people with nothing but openssl.
sign() {
	local m="$build/bin/ee-measure"
	"$m" release sign --key "$key" --reference "$out/measurements.json" \
		--artefacts "$out" --out "$out/measurements.json.dsse"
	"$m" release export --as expected-any "$out/measurements.json" \
		>"$out/expected-any.json"
	"$m" release export --as corim "$out/measurements.json" \
		>"$out/measurements.corim"
	rm "$out/ee-appliance.raw" # it is in the archive
	(cd "$out" && LC_ALL=C sha256sum -- * >SHA256SUMS)
	openssl dgst -sha256 -sign "$key" -passin pass: \
		-out "$out/SHA256SUMS.sig" "$out/SHA256SUMS"
}

check_arguments
commit=$(git rev-parse HEAD)
mkdir -p "$build"
check_key
check_sources
check_counter
[ $bad -eq 0 ] || exit 1
make --no-print-directory B="$build" "$build/init.map" "$build/udhcpc.map" \
	"$build/BOOTX64.EFI" "$build/ee-appliance.raw" \
	"$build/ee-appliance-gcp.tar.gz" "$build/bin/ee-measure"
check_sources
[ $bad -eq 0 ] || exit 1
out=$build/release.new
collect
sign
rm -rf "$build/release"
mv "$out" "$build/release"
echo "release: $build/release: $version, counter $counter, commit" \
	"${commit:0:12}"
