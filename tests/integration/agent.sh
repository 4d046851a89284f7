#!/bin/bash
# The agent without a VM: the real control plane, the real exchange, the real
# verifier, and the agent as a process that plays init (tests/peers/simagent).
# shellcheck disable=SC2086
set -u
. tests/integration/tap.sh
. tests/integration/lib.sh

work=$(mktemp -d)
trap 'stop_all; rm -rf "$work"' EXIT
token=operator-token
auth="Authorization: Bearer $token"

free_port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

# A request to the agent: api METHOD PATH [BODY_FILE]; prints the status, the
# body goes to $work/answer. curl does not judge the agent's certificate: its
# key is bound by its quote, which the verifier judges below.
api() {
	local data=()
	[ $# -gt 2 ] && data=(--data-binary "@$3")
	curl -sk --max-time 20 -X "$1" -H "${HDR:-$auth}" "${data[@]}" \
		-o "$work/answer" -w '%{http_code}\n' \
		"https://127.0.0.1:$api_port$2"
}
member() { # of the last answer
	jq -r "$1" "$work/answer"
}

# make_config FILE CP_PORT API_PORT
make_config() {
	jq -n --arg vm "vm-$3" --arg cp "https://127.0.0.1:$2" \
		--rawfile ca "$work/cp/ca.pem" --argjson port "$3" \
		--arg token "$(printf %s $token | sha256sum | cut -d' ' -f1)" \
		--arg venue "https://127.0.0.1:$PAPER_PORT" \
		--rawfile venue_ca "$work/paper/ca.pem" '{version: 1,
		vm_name: $vm, node_size: "tiny", datacenter: "local:test",
		control_plane_url: $cp, control_plane_ca: $ca, api_port: $port,
		operator_token_sha256: $token, heartbeat_seconds: 1,
		venues: [{name: "paper", url: $venue, ca: $venue_ca}]}' >"$1"
}

start_agent() { # LOG CONFIG
	: >"$1"
	"$EE_PEERS/simagent" "$2" "$work/pki" >"$1" 2>&1 &
	AGENT_PID=$!
	started="$started $AGENT_PID"
}

# Waits for a line: line LOG TEXT [SECONDS]
line() {
	local i
	for i in $(seq $((${3:-10} * 20))); do
		grep -q "$2" "$1" && return 0
		sleep 0.05
	done
	echo "# no line \"$2\" in:"
	tail -n 5 "$1" | sed 's/^/# /'
	return 1
}

# Waits until a job's status holds: until_job ID JQ_CONDITION
until_job() {
	local i
	for i in $(seq 200); do
		api GET "/v1/jobs/$1/status" >/dev/null
		[ "$(member "$2")" = true ] && return 0
		sleep 0.1
	done
	echo "# status: $(cat "$work/answer")"
	return 1
}

# make_body CAMPAIGN: the request to start a job, in $work/body
make_body() {
	printf '%s' '{"campaign_id":"'$1'","exchange":"paper",' \
		'"job_type":"market_making","pair":"XRP/ETH","parameters":{' \
		'"askSpread":"0.002","bidSpread":"0.002","orderAmount":"50",' \
		'"orderRefreshTime":1000,"tickSizeMs":250}}' >"$work/request"
	"$EE_PEERS/sealer" "$seal_key" "$work/request" \
		"$work/credentials.json" >"$work/body"
}

# holds REPORT [OPTION...]: the verifier's word on a report
holds() {
	"$EE_BIN/ee-measure" report verify --collateral \
		"$work/pki/collateral.json" --reference "$work/reference.json" \
		--insecure-sim-root "$work/pki/root.pem" \
		--at "$(date -u +%FT%TZ)" -o json "$@" >"$work/verdict"
}

"$EE_BIN/ee-cp" init --state "$work/cp" >/dev/null
"$EE_PEERS/regclient" reference >"$work/reference.json"
"$EE_BIN/ee-cp" trust --state "$work/cp" --reference "$work/reference.json" \
	>/dev/null
start_paper "$work" 60
ok $? "a paper exchange is open"

# ---- a control plane that is not there
api_port=$(free_port)
make_config "$work/lost.json" "$(free_port)" "$api_port"
start_agent "$work/lost.log" "$work/lost.json"
line "$work/lost.log" "registration refused, next try in ms"
ok $? "without a control plane the agent tries again"
is "$(api GET /livez)" 200 "it lives"
is "$(api GET /readyz)" 503 "but is not ready"
echo '{}' >"$work/empty"
is "$(api POST /v1/jobs/start "$work/empty") $(member .code)" \
	"503 not_registered" "a job asked for before registration is refused"
kill "$AGENT_PID"

# ---- registration
start_cp "$work" 0 --collateral "$work/pki/collateral.json" \
	--insecure-sim-root "$work/pki/root.pem"
ok $? "a control plane is there"
api_port=$(free_port)
make_config "$work/config.json" "$CP_PORT" "$api_port"
log=$work/agent.log
start_agent "$log" "$work/config.json"
line "$log" "registered agent"
ok $? "the agent registers"
grep -q "nonce received" "$log" && grep -q "quote bytes" "$log"
ok $? "after a nonce and a quote"
is "$(api GET /readyz)" 200 "it is ready"
api GET /api/health >/dev/null
agent_id=$(member .agent_id)
is "$(member '[.registered, .simulated, .time_source, .vm_name] | @csv')" \
	"true,true,\"control-plane\",\"vm-$api_port\"" "and says what it is"
is "$("$EE_BIN/ee-cp" agents --state "$work/cp" -o json |
	jq -r '.agents[].agent_id')" "$agent_id" "the control plane lists it"

# ---- attestation by a client
printf '{"nonce":"%064d"}' 7 >"$work/nonce"
is "$(HDR="X-None: x" api POST /v1/attest "$work/nonce")" 200 \
	"anyone may challenge it"
seal_key=$(member .binding.seal_public_key)
is "$(member .binding.role)" attest "its quote says what it is for"
member .quote_b64 | base64 -d >"$work/quote"
"$EE_BIN/ee-measure" quote verify "$work/quote" --authentic-only \
	--collateral "$work/pki/collateral.json" --at "$(date -u +%FT%TZ)" \
	--insecure-sim-root "$work/pki/root.pem" >/dev/null
ok $? "and is authentic"
codes=$(for _ in 1 2 3 4 5 6 7 8; do
	HDR="X-None: x" api POST /v1/attest "$work/nonce"
done | sort | uniq -c | awk '$2 == 429 { print $2 }')
is "$codes" 429 "too many challenges are refused"

# ---- a job
make_body c-1
is "$(HDR="Authorization: Bearer no" api POST /v1/jobs/start "$work/body")" \
	401 "a job wants the operator's token"
sed 's/"c-1"/"c-2"/' "$work/body" >"$work/other"
is "$(api POST /v1/jobs/start "$work/other") $(member .code)" \
	"400 invalid_credentials" \
	"credentials sealed for another request are refused"
sed 's/"bidSpread"/"bidsPread"/' "$work/body" >"$work/other"
is "$(api POST /v1/jobs/start "$work/other") $(member .message |
	cut -d: -f1)" "400 parameters.bidsPread" "a wrong parameter is named"
is "$(api POST /v1/jobs/start "$work/body")" 202 "a good request is taken"
job=$(member .job_id)
is "$(api POST /v1/jobs/start "$work/body") $(member .code)" \
	"409 duplicate_job" "but not twice"
until_job "$job" '.status == "running" and .tick_count >= 8'
ok $? "the job ticks"
until_job "$job" '.open_orders > 0'
ok $? "and has orders at the venue"
is "$(api GET "/v1/jobs/$job/report")" 200 "it reports while it runs"
cp "$work/answer" "$work/first.json"
holds "$work/first.json"
ok $? "and the verifier accepts that"
is "$(jq -r .simulated "$work/verdict")" true "as a simulated one"

# ---- the control plane goes and comes back
kill -9 "$CP_PID"
wait "$CP_PID" 2>/dev/null
line "$log" "control plane lost"
ok $? "a lost control plane is noticed"
ticks=$(api GET "/v1/jobs/$job/status" >/dev/null; member .tick_count)
until_job "$job" ".tick_count > $ticks + 4"
ok $? "and the job goes on"
start_cp "$work" "$CP_PORT" --collateral "$work/pki/collateral.json" \
	--insecure-sim-root "$work/pki/root.pem"
line "$log" "control plane back"
ok $? "it comes back"
is "$(grep -c "control plane lost" "$log") $(grep -c "registered agent" \
	"$log")" "1 1" "one line each, and no new registration"

# ---- stop
printf '{"job_id":"%s"}' "$job" >"$work/stop"
is "$(api POST /v1/jobs/stop "$work/stop") $(member .status)" \
	"202 stopping" "the job is stopped"
until_job "$job" '.status == "stopped"'
ok $? "and ends"
is "$(member .open_orders)" 0 "without an order left"
member .intents_done >"$work/intents"
is "$(api POST /v1/jobs/stop "$work/stop") $(member .code)" \
	"409 job_ended" "it cannot be stopped twice"
is "$(api GET "/v1/jobs/$job/report")" 200 "its last report is there"
cp "$work/answer" "$work/second.json"
holds "$work/second.json" --previous "$work/first.json"
ok $? "the verifier accepts it, after the first one"
is "$(jq -r '.report | [.sequence, .status, .agent_id] | @csv' \
	"$work/second.json")" "2,\"stopped\",\"$agent_id\"" \
	"it is the second, of a stopped job"
is "$(jq .report.metrics.intents.states.DONE "$work/second.json")" \
	"$(cat "$work/intents")" "with the $(cat "$work/intents") intents of the status"
sed 's/"orders_placed":/"orders_placed":1/' "$work/second.json" \
	>"$work/forged.json"
holds "$work/forged.json"
is $? 1 "a changed digit is refused"
grep -q "$(jq -r .api_secret "$work/credentials.json")" "$log" \
	"$work/second.json" "$work/first.json"
is $? 1 "no report and no console line holds the secret"

# ---- a job whose process dies
make_body c-3
api POST /v1/jobs/start "$work/body" >/dev/null
job=$(member .job_id)
until_job "$job" '.tick_count >= 4'
ok $? "another job runs"
kill -9 "$(awk '/^job .* pid/ { pid = $4 } END { print pid }' "$log")"
until_job "$job" '.status == "failed"'
ok $? "its process is killed: it has failed"
is "$(member .error)" "the job was killed by signal 9" "and says why"
api GET "/v1/jobs/$job/report" >/dev/null
cp "$work/answer" "$work/third.json"
holds "$work/third.json" --previous "$work/second.json"
ok $? "what is known of it is reported"
is "$(jq -r .report.status "$work/third.json")" failed "as failed"

# ---- a venue that goes, and one that talks nonsense in its place
make_body c-4
api POST /v1/jobs/start "$work/body" >/dev/null
job=$(member .job_id)
until_job "$job" '.tick_count >= 4'
ok $? "a third job runs"
kill "$PAPER_PID"
wait "$PAPER_PID" 2>/dev/null
openssl s_server -quiet -accept "$PAPER_PORT" -key "$work/paper/server.key" \
	-cert "$work/paper/server.pem" -WWW >"$work/garbage.log" 2>&1 &
started="$started $!"
ticks=$(api GET "/v1/jobs/$job/status" >/dev/null; member .tick_count)
until_job "$job" ".tick_count > $ticks + 2 or .status == \"failed\""
ok $? "a venue that answers garbage does not stop it"
is "$(api GET "/v1/jobs/$job/report")" 200 "nor keep it from reporting"
kill -0 "$AGENT_PID"
ok $? "and the agent lives"

# ---- a control plane that has forgotten the agent
sqlite3 "$work/cp/cp.db" 'PRAGMA foreign_keys=ON; DELETE FROM agents'
for _ in $(seq 100); do
	[ "$(grep -c "registered agent" "$log")" -ge 2 ] && break
	sleep 0.1
done
is "$(grep -c "registered agent" "$log")" 2 \
	"an agent that is not known any more registers anew at once"
is "$(api GET "/v1/jobs/$job/status")" 200 "and keeps its jobs"

# ---- the end
kill "$AGENT_PID"
wait "$AGENT_PID" 2>/dev/null
ok $? "the agent is stopped"
sleep 0.2
is "$(pgrep -P "$AGENT_PID" | wc -l)" 0 "and leaves no process"
finish
