# tap.sh - TAP for shell tests: source it, call ok/is/skip, end with finish.
tap_n=0 tap_bad=0
ok() { # STATUS TITLE
	tap_n=$((tap_n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tap_n - $2"
	else
		tap_bad=$((tap_bad + 1))
		echo "not ok $tap_n - $2"
	fi
}
is() { # GOT WANT TITLE
	if [ "$1" = "$2" ]; then
		ok 0 "$3"
	else
		ok 1 "$3"
		printf '%s\n' "got:" "$1" "want:" "$2" | sed 's/^/#   /'
	fi
}
skip() { # TITLE REASON
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1 # SKIP $2"
}
finish() {
	echo "1..$tap_n"
	[ "$tap_bad" -eq 0 ]
	exit
}
