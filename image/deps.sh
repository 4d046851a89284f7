#!/bin/sh
# deps.sh build|all [fuzz] - install the Debian packages that are missing: what
# the build needs, or that and what the tests and the demo need; and what
# `make fuzz` needs. Needs root or sudo only when something is missing.
# deps.sh list - print those that the build needs.
# shellcheck disable=SC2086 # lists are split on purpose
set -eu
build='gcc libc6-dev linux-libc-dev make musl-tools dpkg-dev xz-utils bzip2
	zstd flex bison libelf-dev bc perl patch libsqlite3-dev ovmf'
tests='qemu-system-x86 openssl sqlite3 curl jq mtools dosfstools gdisk cpio
	python3 libhttp-parser-dev procps iproute2 nodejs npm man-db mandoc swtpm
	python3-cbor2 python3-cryptography python3-jsonschema
	faketime disorderfs mmdebstrap systemd-boot-efi osslsigncode'
fuzz='clang llvm libclang-rt-dev'
case ${1:-} in
build) want=$build ;;
all) want="$build $tests" ;;
list) printf '%s\n' $build; exit ;;
*) echo "usage: deps.sh build|all [fuzz] | list" >&2; exit 2 ;;
esac
[ "${2:-}" != fuzz ] || want="$want $fuzz"
missing=
for p in $want; do
	case $p in
	npm) command -v npm >/dev/null && continue ;;
	nodejs) command -v node >/dev/null && continue ;;
	esac
	dpkg-query -W -f '${Status}\n' "$p" 2>/dev/null |
		grep -q 'ok installed' || missing="$missing $p"
done
[ -z "$missing" ] && exit 0
sudo=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || {
		echo "deps: missing:$missing; install them as root" >&2
		exit 4
	}
	sudo='sudo'
fi
echo "deps: installing$missing" >&2
log=$(mktemp)
{ $sudo apt-get -q update && $sudo env DEBIAN_FRONTEND=noninteractive \
	apt-get -q install -y --no-install-recommends $missing; } \
	>"$log" 2>&1 || { tail -n 5 "$log" >&2; exit 4; }
rm -f "$log"
