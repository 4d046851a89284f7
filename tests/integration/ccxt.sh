#!/bin/bash
# The dialect of ee-paper, judged by a real client: the npm package ccxt.
set -u
. tests/integration/tap.sh
. tests/integration/lib.sh

version=4.5.20
dir=$EE_CACHE/ccxt-$version
if [ ! -e "$dir/.done" ]; then
	mkdir -p "$dir"
	npm install --prefix "$dir" --no-audit --no-fund --ignore-scripts \
		"ccxt@$version" >"$dir/log" 2>&1 && touch "$dir/.done"
fi
if [ ! -e "$dir/.done" ]; then
	skip "ccxt trades on ee-paper" "npm cannot fetch ccxt@$version"
	finish
fi
work=$(mktemp -d)
trap 'stop_all; rm -rf "$work"' EXIT
mkdir "$work/still" "$work/moving"
start_paper "$work/still" 0
still=https://127.0.0.1:$PAPER_PORT
start_paper "$work/moving" 20000
moving=https://127.0.0.1:$PAPER_PORT
cat "$work"/*/paper/ca.pem >"$work/ca.pem"
NODE_EXTRA_CA_CERTS=$work/ca.pem timeout 120 \
	node tests/peers/ccxt_client.js "$dir" "$work/still" "$still" \
	"$work/moving" "$moving"
