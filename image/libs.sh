#!/bin/sh
# libs.sh - build BearSSL and cJSON, once with musl-gcc and once with gcc, into
# the cache, and print the folder: include/, musl/*.a, gcc/*.a. The folder's
# name is a digest of the sources, this script and both compilers' versions.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ee-appliance
key=$({ "$here/fetch.sh" --key bearssl && "$here/fetch.sh" --key cjson &&
	cat "$0" && musl-gcc --version && dpkg-query -W musl-dev; } |
	sha256sum | cut -c1-16)
out=$cache/lib-$key
[ -e "$out/.done" ] && { echo "$out"; exit 0; }
mkdir -p "$cache"
exec 9>"$cache/lib.lock"
flock 9
[ -e "$out/.done" ] && { echo "$out"; exit 0; }
bearssl=$("$here/fetch.sh" bearssl)
cjson=$("$here/fetch.sh" cjson)
rm -rf "$out"
mkdir -p "$out/include" "$out/musl" "$out/gcc"
cp "$bearssl"/inc/*.h "$out/include/"
cp "$cjson"/cJSON.h "$out/include/"
for v in musl gcc; do
	cc=gcc
	[ $v = musl ] && cc=musl-gcc
	work=$(mktemp -d)
	(
		cd "$work"
		find "$bearssl/src" -name '*.c' | LC_ALL=C sort |
			xargs -P "$(nproc)" -n 16 $cc -std=c99 -O2 -fPIC -g0 \
				-ffunction-sections -fdata-sections \
				-ffile-prefix-map="$bearssl"=bearssl \
				-I"$bearssl/inc" -I"$bearssl/src" -c
		LC_ALL=C ar rcsD "$out/$v/libbearssl.a" *.o
		$cc -std=c99 -O2 -g0 -ffunction-sections -fdata-sections \
			-ffile-prefix-map="$cjson"=cjson -c "$cjson/cJSON.c" \
			-o cjson.obj
		ar rcsD "$out/$v/libcjson.a" cjson.obj
	)
	rm -rf "$work"
done
touch "$out/.done"
echo "$out"
