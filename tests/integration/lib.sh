# lib.sh - what the shell tests share: the programs under test, free ports,
# servers that are started, waited for and stopped. Source it after tap.sh.
EE_BIN=${EE_BIN:-build/bin}
EE_BUILD=$(dirname "$EE_BIN")
EE_PEERS=$EE_BUILD/peers
EE_CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/ee-appliance
EE_SHARED=${EE_SHARED:-../shared}
started=

# Waits for a daemon's "listening" line in its log: port_of LOG
port_of() {
	local i
	for i in $(seq 1000); do
		sed -n 's/.*event=listening.* port=\([0-9]*\).*/\1/p' "$1" |
			tail -n 1 | grep . && return
		sleep 0.01
	done
	echo "# no listening line in $1" >&2
	tail -n 5 "$1" | sed 's/^/# /' >&2
	return 1
}

stop_all() {
	local p
	for p in $started; do
		kill "$p" 2>/dev/null
	done
	for p in $started; do
		wait "$p" 2>/dev/null
	done
	started=
}

# The recorded market, or the seed of a generated one.
market_options() { # FOLDER
	local gz
	gz=$(ls "$EE_SHARED"/fixtures/market/*.jsonl.gz 2>/dev/null | head -n 1)
	if [ -n "$gz" ]; then
		gzip -dc "$gz" >"$1/market.jsonl"
		echo "--market $1/market.jsonl"
	else
		echo "--seed 1"
	fi
}

# ee-paper with one account: start_paper FOLDER SPEED; sets PAPER_PORT.
start_paper() {
	"$EE_BIN/ee-paper" account --accounts "$1/accounts.json" \
		--credentials "$1/credentials.json" || return 1
	: >"$1/paper.log"
	# shellcheck disable=SC2046
	"$EE_BIN/ee-paper" serve --state "$1/paper" --speed "$2" \
		--accounts "$1/accounts.json" --listen 127.0.0.1:0 \
		$(market_options "$1") >"$1/paper.log" 2>&1 &
	PAPER_PID=$!
	started="$started $PAPER_PID"
	PAPER_PORT=$(port_of "$1/paper.log")
}

# ee-cp over FOLDER/cp: start_cp FOLDER [PORT] [OPTION...]; sets CP_PORT and
# CP_PID. The state folder is made when it is not there.
start_cp() {
	local dir=$1 port=${2:-0}
	shift
	[ $# -gt 0 ] && shift
	[ -e "$dir/cp/ca.pem" ] ||
		"$EE_BIN/ee-cp" init --state "$dir/cp" >/dev/null || return 1
	: >"$dir/cp.log.new"
	"$EE_BIN/ee-cp" serve --state "$dir/cp" --listen "127.0.0.1:$port" \
		"$@" >"$dir/cp.log.new" 2>&1 &
	CP_PID=$!
	started="$started $CP_PID"
	CP_PORT=$(port_of "$dir/cp.log.new")
	cat "$dir/cp.log.new" >>"$dir/cp.log"
}
