#!/bin/bash
# A release, as its publisher makes it and as a verifier checks it: in a clone of
# this tree, with a key made for the test and with what is built and compiled
# already, `make release` twice; then the blocks of VERIFYING.md, as they are
# written there.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/integration/tap.sh
here=$PWD
build=${B:-build}
case $build in /*) ;; *) build=$here/$build ;; esac
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
unset MAKEFLAGS MFLAGS MAKELEVEL VERSION KEY COUNTER NOT_AFTER B EE_FIRMWARE \
	EE_MACHINES
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1

git rev-parse --is-inside-work-tree >/dev/null 2>&1 || {
	skip 'a release' 'this is no clone'
	finish
}

# ---- a clone, and a key for every reason to refuse one
key() { # FILE ALGORITHM...: a private key
	openssl genpkey -out "$1" "${@:2}" 2>/dev/null && chmod 600 "$1"
}
key "$dir/key.pem" -algorithm EC -pkeyopt ec_paramgen_curve:P-256
key "$dir/p384.pem" -algorithm EC -pkeyopt ec_paramgen_curve:P-384
key "$dir/ed25519.pem" -algorithm ED25519
cp "$dir/key.pem" "$dir/open.pem"
chmod 644 "$dir/open.pem"
mkdir "$dir/clone"
git ls-files -z --cached --others --exclude-standard |
	xargs -0 sh -c 'for f; do [ ! -e "$f" ] || printf "%s\0" "$f"; done' _ |
	tar -cf - --null -T - | tar -C "$dir/clone" -xf -
cd "$dir/clone" || exit 1
# A machine with other versions of the tools can make a release that says so.
image/tools.sh check >/dev/null || {
	{ grep -v '^tool ' image/sources.lock; image/tools.sh versions; } >lock
	mv lock image/sources.lock
}
now=$(date +%s)
utc() { date -u -d "@$1" +%FT%TZ; }
export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@t GIT_COMMITTER_NAME=t \
	GIT_COMMITTER_EMAIL=t@t GIT_AUTHOR_DATE="@$now +0000" \
	GIT_COMMITTER_DATE="@$now +0000"
git init -q -b main . && git add -A && git commit -q -m one &&
	git commit -q --allow-empty -m two
ok $? 'a clone with two commits'
mkdir build
for f in bin gcc musl khdr init init.debug init.map udhcpc udhcpc.map \
	initramfs.cpio BOOTX64.EFI ee-appliance.raw ee-appliance-gcp.tar.gz; do
	cp -a --sparse=always "$build/$f" build/ 2>/dev/null
done

# refused STATUS TEXT NAME=VALUE...: with this message, before anything is built
refused() {
	env "${@:3}" image/release.sh build >"$dir/out" 2>&1
	is "$?" "$1" "refused: $2"
	grep -qF -- "$2" "$dir/out"
	ok $? '... and that is what it says'
}
k=KEY=$dir/key.pem
for v in '' 1.2 01.2.3 1.2.3-01 1.2.3- 1.2.3+ v1.2.3 '1.2.3 x' \
	1.2.3-0123456789012345678901234567; do
	refused 2 "VERSION=$v is no semantic version" "VERSION=$v" "$k"
done
refused 2 'KEY names no file' VERSION=1.2.3
refused 2 'COUNTER=0 is no number' VERSION=1.2.3 "$k" COUNTER=0
refused 2 'COUNTER=2147483648 is no number' VERSION=1.2.3 "$k" COUNTER=2147483648
refused 2 'NOT_AFTER=-1 is no number of days' VERSION=1.2.3 "$k" NOT_AFTER=-1
refused 1 "no key file $dir/none" VERSION=1.2.3 KEY="$dir/none"
refused 1 "others can read or write $dir/open.pem" VERSION=1.2.3 \
	KEY="$dir/open.pem"
for bad in p384 ed25519; do
	refused 1 "$dir/$bad.pem holds no P-256 private key" VERSION=1.2.3 \
		KEY="$dir/$bad.pem"
done
echo x >untracked
refused 1 'the tree differs from a commit' VERSION=1.2.3 "$k"
rm untracked
[ ! -e build/release ]
ok $? 'nothing is left of a refused release'

# ---- the release
release() {
	make --no-print-directory release VERSION=1.2.3-rc.1 "$k" NOT_AFTER=30 \
		>"$dir/log" 2>&1
}
made=0
release || made=$?
ok $made 'make release'
[ $made -eq 0 ] || tail -n 20 "$dir/log" | sed 's/^/#   /'
rel=build/release
is "$(cd $rel && ls)" 'BOOTX64.EFI
COMMIT
SHA256SUMS
SHA256SUMS.sig
ee-appliance-gcp.tar.gz
expected-any.json
measurements.corim
measurements.json
measurements.json.dsse
release.pub
sbom.spdx.json
sources.lock' 'it has these files'
is "$(jq -c .release $rel/measurements.json)" '{"commit":"'"$(git rev-parse \
	HEAD)"'","counter":2,"not_after":"'"$(utc $((now + 30 * 86400)))"'","not_before":"'"$(utc "$now")"'","pinned":true,"version":"1.2.3-rc.1"}' \
	'the reference says which release it is, as the commit has it'
cmp -s $rel/BOOTX64.EFI "$build/BOOTX64.EFI"
ok $? 'the image is the one that make image makes, whatever the release says'

# ---- machines that only the publisher knows
fw=/usr/share/ovmf/OVMF.fd
mkdir "$dir/machines"
cp --sparse=always build/ee-appliance.raw "$dir/machines/"
printf '%s\n' '# a comment' \
	"platform=gcp,firmware=$fw,machine-type=c3-standard-4,stub-keys=1" '' \
	>"$dir/list"
printf '%s' "platform=qemu,firmware=$fw,memory=3G,cpus=2" >>"$dir/list"
EE_MACHINES=$dir/list image/reference.sh production "$dir/machines" build/bin \
	2>/dev/null
is "$(jq -c '[.measurements[10:][] | [.platform, .machine_type, .memory_bytes,
	.rtmr0 != null]]' "$dir/machines/measurements.json")" \
	'[["gcp","c3-standard-4",17179869184,true],["qemu",null,3221225472,false]]' \
	'EE_MACHINES lists other machines'
EE_MACHINES=$dir/none image/reference.sh production "$dir/machines" build/bin \
	2>/dev/null
is $? 4 'and has to be there'
is "$(openssl pkey -in "$dir/key.pem" -pubout)" "$(cat $rel/release.pub)" \
	'the public key is that of the private one'
secret=$(sed -n 2p "$dir/key.pem")
grep -rqF -- "$secret" build/release "$dir/log"
is $? 1 'the private key is in no file and in no line that was printed'
mv $rel "$dir/first"
release
ok $? 'make release once more'
is "$(diff -rq -x SHA256SUMS.sig "$dir/first" $rel 2>&1)" '' \
	'gives the same bytes'

is "$(jq -r '.files[].fileName' $rel/sbom.spdx.json |
	grep -cE '/(piggy\.S|vdso-image-64\.c)$')" 0 \
	'SBOM: nothing that was generated'
tp=$(image/libs.sh)
while IFS= read -r line; do
	case $line in
	'ok - '*) ok 0 "SBOM: ${line#ok - }" ;;
	'not ok - '*) ok 1 "SBOM: ${line#not ok - }" ;;
	*) echo "$line" ;;
	esac
done < <(python3 tests/peers/spdx_rules.py $rel/sbom.spdx.json 1.2.3-rc.1 build \
	"$tp/musl/libbearssl.a" /usr/lib/x86_64-linux-musl/libc.a ||
	echo 'not ok - its checker runs')

# ---- a verifier, who has a clone, the release, the key and a quote
export REL=$dir/clone/$rel PUB=$dir/pub.pem QUOTE=$dir/quote \
	COLLATERAL=$dir/pki/collateral.json
openssl pkey -in "$dir/key.pem" -pubout -out "$PUB"
"$build/peers/tdquote" "$dir/pki" "$REL/measurements.json" 6 >"$QUOTE"
ok $? 'a quote of a TD that booted the release'

# block N: the commands of the Nth block of VERIFYING.md
block() {
	awk -v want="$1" '
		/^```sh$/ { n++; code = 1; next }
		/^```/ { code = 0 }
		code && n == want' VERIFYING.md
}
# run N [SED-COMMAND]: such a block in a shell of its own
run() {
	{ echo 'set -euo pipefail'; block "$1" | sed "${2:-}"; } >"$dir/block"
	[ "$(wc -l <"$dir/block")" -gt 1 ] &&
		bash "$dir/block" >"$dir/out" 2>&1
}
passes() { # TITLE N [SED-COMMAND]
	local rc=0
	run "${@:2}" || rc=$?
	ok $rc "$1"
	[ $rc -eq 0 ] || sed 's/^/#   /' "$dir/out"
}
fails() { # TITLE N [SED-COMMAND]
	! run "${@:2}"
	ok $? "$1"
}
is "$(grep -c '^```sh$' VERIFYING.md)" 5 'VERIFYING.md has five blocks'
passes 'artefact: the digests and their signature' 1
passes 'artefact: the envelope, with openssl' 2
passes 'artefact: the release, with ee-measure' 3
cmp -s build/verified.json $rel/measurements.json
ok $? 'what it extracts is the reference'
# The quote's PKI has to be named, and is in no published command.
s="s|quote verify|& --insecure-sim-root $dir/pki/root.pem|"
passes 'launch: a quote of the release is accepted' 4 "$s"
grep -qx 'verdict: accepted' "$dir/out"
ok $? '... and it says so'
fails 'launch: but not when its root is not named' 4
jq -c '.measurements[].mrtd |= gsub("[0-9]"; "0")' build/verified.json \
	>build/other.json
fails 'launch: nor against another reference' 4 "$s;s/verified/other/"
export WARM=1 # else both kernels are compiled
passes 'rebuild: the source gives the same files' 5
for f in BOOTX64.EFI ee-appliance-gcp.tar.gz measurements.json sbom.spdx.json \
	efi_sha256 raw_sha256 gcp_tar_sha256; do
	grep -q "^reproduce: equal: $f " "$dir/out"
	ok $? "rebuild: $f"
done

for commit in null '"--help"' '"HEAD"'; do
	echo '{"release":{"commit":'"$commit"'}}' >"$dir/no-release.json"
	RELEASE=$dir/no-release.json image/reproduce.sh build >"$dir/out" 2>&1
	is $? 3 "rebuild: commit $commit is none"
done

openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 2>/dev/null |
	openssl pkey -pubout -out "$dir/other.pub"
for n in 1 2 3; do
	PUB=$dir/other.pub fails "another key: block $n" $n
done
for f in BOOTX64.EFI ee-appliance-gcp.tar.gz sbom.spdx.json sources.lock; do
	cp --sparse=always "$REL/$f" "$dir/kept"
	printf '\001' | dd of="$REL/$f" bs=1 seek=99 conv=notrunc status=none
	fails "one byte of $f: block 1" 1
	case $f in
	sbom*) ;;
	*.gz) fails "one byte of $f: block 3" 3 ;;
	*)
		fails "one byte of $f: block 3" 3
		grep -qF "$f" "$dir/out"
		ok $? '... which names the file'
		;;
	esac
	cp --sparse=always "$dir/kept" "$REL/$f"
done

# ---- what differs is named: bytes changed inside of the kernel's compression
tree=$(image/kernel.sh --maps production "$dir/maps")
nm "$tree/vmlinux" >"$dir/symbols"
plant() { # WHAT OFFSET: an EFI binary with one byte changed there
	python3 - "$REL/BOOTX64.EFI" "$dir/planted.EFI" "$@" <<'END'
import struct
import subprocess
import sys
efi = bytearray(open(sys.argv[1], "rb").read())
start = (efi[0x1f1] + 1) * 512 + struct.unpack_from("<I", efi, 0x248)[0]
length, = struct.unpack_from("<I", efi, 0x24c)
kernel = bytearray(subprocess.run(
    ["zstd", "-dcq"], input=efi[start:start + length - 4], check=True,
    stdout=subprocess.PIPE).stdout)
what, offset = sys.argv[3], int(sys.argv[4], 16)
if what != "kernel":
    offset += kernel.index(what.encode() + b"\0")
kernel[offset] ^= 1
packed = subprocess.run(["zstd", "-cq"], input=kernel, check=True,
                        stdout=subprocess.PIPE).stdout + bytes(4)
struct.pack_into("<I", efi, 0x24c, len(packed))
open(sys.argv[2], "wb").write(efi[:start] + packed + efi[start + length:])
END
}
plant bin/udhcpc 1000
is "$(image/differ.py "$REL/BOOTX64.EFI" "$dir/planted.EFI" | cut -d: -f1-3)" \
	'BOOTX64.EFI: initramfs: /bin/udhcpc' 'a byte in the initramfs: its file'
# .text is at 0xffffffff81000000 and 2 MiB into the ELF file.
at=$(awk '$3 == "panic" { print substr($1, 9) }' "$dir/symbols")
plant kernel "$(printf '%x' $((0x$at - 0x81000000 + 0x200000)))"
is "$(image/differ.py --tree "$tree" "$REL/BOOTX64.EFI" "$dir/planted.EFI" |
	cut -d: -f1-3)" \
	'BOOTX64.EFI: kernel: .text in panic (kernel/panic.o)' \
	'a byte in the kernel: its section, function and object'
mkdir other
"$build/bin/mkcpio" initramfs/files.txt other/initramfs.cpio init="$build/init" \
	udhcpc=README.md
is "$(image/differ.py build/initramfs.cpio other/initramfs.cpio | cut -d: -f1-2)" \
	'initramfs.cpio: /bin/udhcpc' 'the same of an archive'
image/differ.py "$REL/BOOTX64.EFI" "$build/BOOTX64.EFI"
is $? 0 'and nothing of two that are equal'
finish
