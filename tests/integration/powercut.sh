#!/bin/bash
# A power cut of the control plane: kill -9 at random points of 1,000
# registrations, 32 of them at once. No nonce is accepted twice and no agent is
# lost.
set -u
. tests/integration/tap.sh
. tests/integration/lib.sh

agents=1000
work=$(mktemp -d)
trap 'stop_all; rm -rf "$work"' EXIT
client=$EE_PEERS/regclient
"$EE_BIN/ee-cp" init --state "$work/cp" >/dev/null
"$client" reference >"$work/reference.json"
"$EE_BIN/ee-cp" trust --state "$work/cp" --reference "$work/reference.json" \
	>/dev/null
ok $? "the control plane trusts the made-up registers"
# the development PKI is made by its first user
"$client" register 127.0.0.1 1 "$work/cp/ca.pem" "$work/pki" x 0
opts=(--collateral "$work/pki/collateral.json"
	--insecure-sim-root "$work/pki/root.pem")
start_cp "$work" 0 "${opts[@]}"
port=$CP_PORT
"$client" register 127.0.0.1 "$port" "$work/cp/ca.pem" "$work/pki" vm $agents 32 \
	>"$work/accepted" 2>"$work/client.log" &
client_pid=$!

RANDOM=${SEED:-20261120}
echo "# seed ${SEED:-20261120}"
cuts=0
while kill -0 $client_pid 2>/dev/null && [ $cuts -lt 60 ]; do
	sleep "0.$(printf '%03d' $((2 + RANDOM % 30)))"
	kill -9 "$CP_PID" 2>/dev/null
	wait "$CP_PID" 2>/dev/null
	cuts=$((cuts + 1))
	start_cp "$work" "$port" "${opts[@]}"
done
wait $client_pid
ok $? "every agent got registered in the end"
ok $((cuts < 10)) "although the power was cut $cuts times"
is "$(wc -l <"$work/accepted")" $agents "$agents answers arrived"

listed=$("$EE_BIN/ee-cp" agents --state "$work/cp" -o json)
is "$(jq .total <<<"$listed")" $agents "$agents agents are there"
jq -r '.agents[] | .vm_name + " " + .agent_id' <<<"$listed" | sort \
	>"$work/listed"
awk '{ print $2, $4 }' "$work/accepted" | sort >"$work/answered"
cmp -s "$work/listed" "$work/answered"
ok $? "each under the id that it was told"
twice=$(sqlite3 "$work/cp/cp.db" "SELECT count(*) FROM (SELECT nonce_id FROM
	attestation_events WHERE result = 'accepted' GROUP BY nonce_id
	HAVING count(*) > 1)")
is "$twice" 0 "no nonce was accepted twice"
orphans=$(sqlite3 "$work/cp/cp.db" "SELECT count(*) FROM agents LEFT JOIN
	agent_control_credentials USING (agent_id) WHERE api_secret_hash IS NULL")
is "$orphans" 0 "no agent is without its credential"
codes=$("$client" replay 127.0.0.1 "$port" "$work/cp/ca.pem" "$work/pki" \
	<"$work/accepted" | awk '{ print $2, $3 }' | sort -u)
is "$codes" "403 EE-ATT-004" "every accepted nonce is refused as a replay"
is "$(sqlite3 "$work/cp/cp.db" 'PRAGMA integrity_check')" ok \
	"the database is whole"
finish
