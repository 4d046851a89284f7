#!/bin/bash
# A market-making job at a venue that goes wrong in every way: what it reports
# is what the exchange has in its books, and nothing stays open.
set -u
. tests/integration/tap.sh
. tests/integration/lib.sh

work=$(mktemp -d)
trap 'stop_all; rm -rf "$work"' EXIT
seed=${SEED:-20261120}
echo "# seed $seed"
params='{"askSpread":"0.0003","bidSpread":"0.0003","currentBaseRatio":"0.5",'
params+='"numberOfLayers":2,"orderAmount":"20","orderRefreshTime":1000,'
params+='"tickSizeMs":400}'
start_paper "$work" 3000
key=$(jq -r .api_key "$work/credentials.json")
secret=$(jq -r .api_secret "$work/credentials.json")

# What the exchange itself says: exchange PATH PARAMETERS
exchange() {
	local q sig
	q="$2&timestamp=$(date +%s%3N)"
	sig=$(printf %s "$q" | openssl dgst -sha256 -hmac "$secret" -r)
	curl -s --cacert "$work/paper/ca.pem" -H "X-MBX-APIKEY: $key" \
		"https://127.0.0.1:$PAPER_PORT/api/v3/$1?$q&signature=${sig%% *}"
}
venue() { # SHARE SECONDS SEED
	python3 tests/peers/badvenue.py "$work/paper" "$PAPER_PORT" "$@" \
		>"$work/venue.log" 2>"$work/venue.err" &
	VENUE_PID=$!
	started="$started $VENUE_PID"
	VENUE_PORT=$(port_of "$work/venue.log")
}
job() { # ID SECONDS
	timeout 120 "$EE_PEERS/jobdrive" "$1" "https://127.0.0.1:$VENUE_PORT" \
		"$work/paper/ca.pem" "$work/credentials.json" "$2" "$params" \
		>"$work/job" 2>&1
}

for round in 1 2 3; do
	venue 0.15 12 "$seed$round"
	exchange myTrades "symbol=XRPETH&limit=1" | jq '.[0].id // 0' >"$work/last"
	job "job-$round" 16
	ok $? "round $round: the job ends in order"
	grep -q '^end stopped' "$work/job"
	ok $? "when it is asked to"
	is "$(exchange openOrders symbol=XRPETH)" '[]' "nothing stays open"
	exchange myTrades "symbol=XRPETH&limit=1000&fromId=$(($(cat "$work/last") + 1))" \
		>"$work/trades"
	sed -n 's/^metrics //p' "$work/job" >"$work/metrics"
	is "$(jq -c '[.trades, .buys, .maker_trades]' "$work/metrics")" \
		"$(jq -c '[length, (map(select(.isBuyer)) | length),
			(map(select(.isMaker)) | length)]' "$work/trades")" \
		"it counts the trades that the exchange made, $(jq length \
			"$work/trades") of them"
	is "$(jq -c '.intents | [.types.STOP_EXECUTOR, .states.NEW, .states.SENT,
		.states.ACKED, ([.types[]] | add) - .states.DONE - .states.FAILED,
		([.failures[]] | add // 0) - .states.FAILED]' "$work/metrics")" \
		'[1,0,0,0,0,0]' \
		"every intent is finished: $(jq -c '.intents | [.types, .failures,
			.skipped]' "$work/metrics")"
	for side in buy sell; do
		want=$(jq -r --arg side $side '.[] |
			select(.isBuyer == ($side == "buy")) | .quoteQty' \
			"$work/trades" |
			python3 -c 'import sys, decimal
print(sum(map(decimal.Decimal, sys.stdin.read().split()),
	decimal.Decimal(0)).normalize() + 0)')
		got=$(jq -r ".${side}_quote_volume" "$work/metrics" |
			python3 -c 'import decimal
print(decimal.Decimal(input()).normalize() + 0)')
		is "$got" "$want" "and what they $side for, to the last place"
	done
	kill "$VENUE_PID"
	wait "$VENUE_PID" 2>/dev/null
	faults=$(sed 1d "$work/venue.log" | tr '\n' ',')
	ok $(($(sed 1d "$work/venue.log" | wc -l) < 3)) "through: $faults"
	is "$(cat "$work/venue.err")" "" "the venue itself was sound"
done

venue 1 0 "$seed"
job job-hopeless 110
ok $? "a venue that breaks every answer: the job ends in order"
grep -q '^end failed EXCHANGE_' "$work/job"
ok $? "as failed, with the venue's fault: $(sed -n 's/^end //p' "$work/job")"
is "$(exchange openOrders symbol=XRPETH)" '[]' "nothing is open"
finish
