#!/bin/bash
# layers.sh INIT OBJECT... - the rules of the layers, as TAP: who may include
# whom, every header stands alone, the pure libraries make no system call and
# guest/lib allocates nothing, no comparison tells by its time how much was
# right, /init has the form that PID 1 needs. OBJECT: those of /init, and of
# measure/lib in the same variant. `make check-layers` sets EE_CPP (the include
# flags that all layers share) and EE_KHDR.
set -u
init=$1
shift
n=0 bad=0
LC_ALL=C
export LC_ALL

# result TITLE OUTPUT: passes when OUTPUT, what is wrong line by line, is empty.
result() {
	n=$((n + 1))
	if [ -z "$2" ]; then
		echo "ok $n - $1"
	else
		bad=1
		echo "not ok $n - $1"
		printf '%s\n' "$2" | sed 's/^/#   /'
	fi
}

# includes FOLDER: "file:included" for each #include "..." below it.
includes() {
	grep -rHoE --include='*.[ch]' '^#include "[^"]+"' "$1" |
		sed -E 's/:#include "([^"]+)"/:\1/'
}

# may FOLDER REGEX: what FOLDER includes, outside the allowed paths.
may() {
	result "$1 includes only $2" \
		"$(includes "$1" | grep -vE ":($2)/[a-z0-9_]+\.h$")"
}

may guest/lib 'lib'
may guest/sys 'lib|sys'
may guest/init 'lib|sys|init'
may guest/agent 'lib|sys|agent|jobs'
may guest/jobs 'lib|sys|jobs|jobs/[a-z_]+'
[ -d measure/lib ] && may measure/lib 'lib|measure/lib'
[ -d measure/net ] && may measure/net 'lib|measure/lib|measure/net'
[ -d measure/cli ] && may measure/cli 'lib|measure/lib|measure/net|measure/cli'
[ -d host-launcher ] && may host-launcher \
	'lib|measure/lib|measure/net|host-launcher/[a-z]+|agent|jobs'

# PID 1 reads no network byte: no parser or socket of the network is in reach.
result 'guest/init includes no parser of network bytes' "$(
	includes guest/init |
		grep -E ':lib/(config|http1|httpc|json|serve|tls|cert)\.h$'
)"

# <sys/x.h> with -Iguest would be ours: a name may exist only once.
result 'no header in guest/sys has the name of a system header' "$(
	for h in guest/sys/*.h; do
		for d in /usr/include/*-linux-gnu /usr/include/*-linux-musl; do
			[ -e "$d/sys/${h##*/}" ] && echo "$h"
		done
	done
)"

# The object list of /init is written by hand, complete, and has no wildcard.
result 'each guest source is named once in guest/module.mk' "$(
	find guest -name '*.c' | sort | while read -r f; do
		[ "$(grep -cE "^GUEST_[A-Z]+ \+= $f\$" guest/module.mk)" = 1 ] ||
			echo "$f"
	done
	grep -n 'wildcard' guest/module.mk
)"

# Headers, each alone, with its folder's include path and its compiler.
# shellcheck disable=SC2086
alone() {
	case $1 in
	guest/*) musl-gcc -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror \
		-isystem "$EE_KHDR" $EE_CPP -Iguest -fsyntax-only -x c "$1" ;;
	*) gcc -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror $EE_CPP \
		-Iguest -I. -fsyntax-only -x c "$1" ;;
	esac 2>&1 | grep -vE 'pragma once in main file' | head -n 3
}
headers=$(find guest measure host-launcher initramfs image -name '*.h' | sort)
result "every header compiles alone ($(echo "$headers" | wc -l))" "$(
	for h in $headers; do
		case " ${EE_HEADERS_SKIP-} " in *" $h "*) continue ;; esac
		alone "$h"
	done
)"

# What the pure library calls. sock.c and rng.c are its two doors to the kernel.
calls='malloc|calloc|realloc|free|aligned_alloc|mmap|brk'
calls="$calls|f?open(at)?(64)?|read|write|ioctl|fcntl|socket|connect|bind"
calls="$calls|send(to|msg)?|recv(from|msg)?|poll|select|getrandom|fork|exec[vl]p?e?"
calls="$calls|v?f?printf|puts|putchar|fputs|fwrite|stdout|stderr|perror"
calls="$calls|time|gettimeofday|clock_gettime|clock|rand|random|getenv"
calls="$calls|exit|_exit|abort|signal|raise|sleep|nanosleep|setjmp|longjmp"
result 'guest/lib allocates nothing, prints nothing and calls no kernel' "$(
	for o in "$@"; do
		case $o in
		*/guest/lib/sock.o | */guest/lib/rng.o) continue ;;
		*/guest/lib/*) ;;
		*) continue ;;
		esac
		nm -u "$o" | awk '{ print $2 }' | grep -xE "$calls" |
			sed "s|^|$o: |"
	done
)"

# What a verdict rests on is a function of its arguments: beside the pure part
# of guest/lib, measure/lib calls nothing but these.
pure='br_[a-z0-9_]+|mem(cpy|set|cmp|chr|move)|str(len|n?cmp|r?chr|c?spn|str)'
pure="$pure|v?snprintf|__stack_chk_fail"
# And memory, where a whole image is recomputed: sizes are those of a file that
# is held already, or of a struct. What comes over a network is not read there.
owner='boot|explain|measured_log|predict|release_recompute|uki'
objects() {
	for o in "$@"; do
		case $o in
		*/guest/lib/sock.o | */guest/lib/rng.o) ;;
		*/guest/lib/tls*.o | */guest/lib/httpc.o) ;;
		*/guest/lib/serve*.o) ;;
		*/guest/lib/* | */measure/lib/*) echo "$o" ;;
		esac
	done
}
result 'measure/lib reads no clock, network, file or environment' "$(
	mapfile -t list < <(objects "$@")
	own=$(nm -g --defined-only "${list[@]}" | awk 'NF == 3 { print $3 }')
	for o in "${list[@]}"; do
		case $o in */measure/lib/*) ;; *) continue ;; esac
		may=$pure
		[[ ${o##*/} =~ ^($owner)\.o$ ]] && may="$pure|[mc]alloc|free"
		nm -u "$o" | awk '{ print $2 }' | grep -vxE "$may" |
			grep -vxF "$own" | sed "s|^|$o: |"
	done
	[ "${#list[@]}" -gt 60 ] || echo "only ${#list[@]} objects were given"
)"

# How long a comparison takes must not say how much was right.
result 'digests, keys, nonces and tokens are compared in constant time' \
	"$(find guest measure host-launcher -name '*.[ch]' -print0 |
		xargs -0 tests/compares.pl 2>&1)"

# A parser's target is replayed by make check and grown by make fuzz.
result 'each fuzz target is in a list, in targets.txt, and has a corpus' "$(
	for f in tests/fuzz/fuzz_*.c; do
		t=${f##*/fuzz_} t=${t%.c}
		grep -qx "FUZZ += $t" ./*/module.mk || echo "$t: no FUZZ +="
		grep -q "^$t " tests/fuzz/targets.txt || echo "$t: no line"
		[ -n "$(ls "tests/fuzz/corpus/$t")" ] || echo "$t: no corpus"
	done
)"

# Functions that nothing in the guest may use.
banned='gets|strcpy|strcat|stpcpy|sprintf|vsprintf|strtok|system|popen'
banned="$banned|alloca|rand|srand|tmpnam|mktemp|dlopen|atoi|atol|scanf|sscanf"
result 'no object of /init or measure/lib uses a banned function' "$(
	for o in "$@"; do
		nm -u "$o" | awk '{ print $2 }' | grep -xE "$banned" |
			sed "s|^|$o: |"
	done
)"

# /init, as the kernel will start it.
segments=$(readelf -lW "$init")
result '/init is a fixed-address executable' \
	"$(readelf -hW "$init" | grep 'Type:' | grep -v 'EXEC (')"
result '/init has no interpreter and no dynamic section' "$(
	printf '%s\n' "$segments" | grep -E '^ *(INTERP|DYNAMIC)'
	readelf -SW "$init" | grep -E ' \.(interp|dynamic|dynsym) '
)"
result '/init has no segment that is writable and executable' "$(
	printf '%s\n' "$segments" | grep -E '^ *(LOAD|GNU_STACK)' |
		grep -E ' RWE | R?WE '
)"
result '/init is stripped' "$(readelf -SW "$init" |
	grep -E ' \.(symtab|debug[a-z_]*|note\.gnu\.build-id|comment) ')"
size=$(stat -c %s "$init")
result "/init has $size bytes of at most 409600" \
	"$([ "$size" -le 409600 ] || echo "too large")"
result '/init does not name the folder it was built in' \
	"$(grep -c -a -F "$PWD" "$init" | grep -v '^0$')"

echo "1..$n"
exit $bad
