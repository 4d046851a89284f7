#!/bin/bash
# run.sh LOGDIR PROGRAM... - run TAP programs one after another, keep each one's
# output in LOGDIR, print every "not ok" and every skip with its reason, and end
# with the line "N passed, N failed, N skipped". Exit 1 when anything failed.
# A program that dies, prints no plan or prints fewer lines than planned counts
# as one failure.
set -u
dir=$1
shift
mkdir -p "$dir"
passed=0 failed=0 skipped=0
for prog in "$@"; do
	name=$(basename "$prog")
	log=$dir/$name.tap
	args=()
	case $name in
	replay_*)
		c=tests/fuzz/corpus/${name#replay_}
		[ -d "$c" ] && args=("$c"/*)
		;;
	esac
	start=$SECONDS
	timeout "${TEST_TIMEOUT:-1200}" "$prog" "${args[@]}" >"$log" 2>&1
	rc=$?
	read -r p f s plan < <(awk '
		/^ok [0-9]+.*# SKIP/ { s++; n++; next }
		/^ok [0-9]/ { p++; n++; next }
		/^not ok [0-9]/ { f++; n++; next }
		/^1\.\.[0-9]+/ { split($0, a, /\.\./); plan = a[2] + 0 }
		/^1\.\.0 # SKIP/ { s++ }
		END { if (plan == "" || plan > n) plan = "bad"
		      print p + 0, f + 0, s + 0, plan }' "$log")
	if [ "$f" -eq 0 ] && { [ $rc -ne 0 ] || [ "$plan" = bad ]; }; then
		f=$((f + 1))
		echo "not ok - $name ended with status $rc without finishing"
		tail -n 15 "$log" | sed 's/^/#   /'
	fi
	grep -A3 '^not ok' "$log" | sed "s|^|[$name] |"
	grep '# SKIP' "$log" | sed "s|^|[$name] |"
	printf '%-44s %5d ok %3d not ok %3d skipped  %3ds\n' "$name" \
		"$p" "$f" "$s" $((SECONDS - start))
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
