/* proto.h - routes, names and numbers on the wire between guest, control plane
 * and launcher. Source: the easyenclave routes; what is ours is marked (ours).
 */
#ifndef GUEST_LIB_PROTO_H
#define GUEST_LIB_PROTO_H

/* Control plane.
 *
 * GET /api/v1/agents/challenge?vm_name=X
 *   200 {"issued_at":rfc3339,"nonce":64 hex,"server_time_ms":int (ours),
 *        "ttl_seconds":300}
 * POST /api/v1/agents/register
 *   {"attestation":{"binding":{...reportdata.h} (ours),
 *                   "tdx":{"quote_b64":b64},"timestamp":rfc3339},
 *    "datacenter":s,"node_size":s,"nonce":64 hex,"version":"1.0.0","vm_name":s}
 *   200 {"agent_api_secret":64 chars,"agent_id":s,"poll_interval":30,
 *        "simulated":bool (ours)}
 * POST /api/v1/agents/{id}/heartbeat   Authorization: Bearer agent_api_secret
 *   {"status":s,"vm_name":s} -> 200 {"status":"ok"}
 * Errors: {"code","message","request_id"}; a refused attestation has its
 * EE-ATT code (reason.h) in "code". */
#define ROUTE_CHALLENGE     "/api/v1/agents/challenge"
#define ROUTE_REGISTER      "/api/v1/agents/register"
#define ROUTE_AGENTS        "/api/v1/agents"
#define ROUTE_TRUSTED_MRTDS "/api/v1/admin/trusted-mrtds"
#define AGENT_VERSION       "1.0.0"

/* The agent's own API (TLS with the key the quote binds).
 *
 * GET  /livez /readyz                      no authorization
 * GET  /api/health
 *   200 {"agent_id":s|null,"config_sha384":hex,"provider":s,"registered":bool,
 *        "simulated":bool,"status":"ok","time_source":s,"vm_name":s}
 * POST /v1/attest  {"nonce":64 hex}        (ours) no authorization
 *   200 {"binding":{...,"role":"attest"},"provider":s,"quote_b64":b64}
 * The rest wants Authorization: Bearer operator token, and a registered agent
 * (else 503 "not_registered"):
 * POST /v1/jobs/start
 *   {"campaign_id":s,"credentials":{"ciphertext":b64,"enc":b64} (sealed, ours),
 *    "exchange":s,"job_type":"market_making","pair":"XRP/ETH",
 *    "parameters":{...}} -> 202 {"job_id":s,"status":"starting"}
 *   HPKE info SEAL_INFO, aad = SHA-384 of the canonical request without
 *   "credentials"; plaintext {"api_key":s,"api_secret":s}.
 * POST /v1/jobs/stop {"job_id":s} -> 202 {"job_id":s,"status":"stopping"}
 * GET  /v1/jobs                      -> {"jobs":[status...]} (ours)
 * GET  /v1/jobs/{id}/status -> {"campaign_id","error","exchange","intents_done",
 *   "intents_failed","job_id","last_tick_at","open_orders","pair",
 *   "started_at","status","stopped_at","tick_count"}
 * GET  /v1/jobs/{id}/report -> report.h's file
 */
#define SEAL_INFO       "ee-credentials-v1"
#define ROUTE_ATTEST    "/v1/attest"
#define ROUTE_HEALTH    "/api/health"
#define ROUTE_JOBS      "/v1/jobs"
#define ROUTE_JOB_START "/v1/jobs/start"
#define ROUTE_JOB_STOP  "/v1/jobs/stop"

enum {
	NONCE_TTL_SECONDS = 300,
	AGENT_SECRET_CHARS = 64, /* lower-case hex of 32 random bytes */
	DEFAULT_POLL_SECONDS = 30,
	DEFAULT_API_PORT = 8081,
};

/* pure market making parameters (decimals are strings): required orderAmount,
 * bidSpread, askSpread; optional orderRefreshTime (ms, 15000), numberOfLayers
 * (1), priceSourceType ("MID_PRICE"|"BEST_BID"|"BEST_ASK"|"LAST_PRICE"),
 * amountChangePerLayer ("0"), amountChangeType ("fixed"|"percentage"),
 * ceilingPrice, floorPrice, hangingOrdersEnabled, makerHeavyMode,
 * makerHeavyBiasBps (20), inventoryTargetBaseRatio ("0.5"),
 * inventorySkewFactor ("0.25"), currentBaseRatio, tickSizeMs (1000),
 * maxTicks (0: until stopped). Unknown keys are refused by name. */

/* Metadata endpoint. */
#define METADATA_ADDR   "169.254.169.254"
#define METADATA_PATH   "/computeMetadata/v1/instance/attributes/ee-config"
#define METADATA_HEADER "Metadata-Flavor: Google\r\n"

/* Simulated TDX over the second serial port (tsm_sim driver <-> launcher).
 * Request:  "EESM" u8 version=1, u8 op, u16le length, body.
 * Response: "EESM" u8 version=1, u8 status (0 ok, else errno), u16le length,
 *           body.
 * op 1 QUOTE: body 64 bytes REPORTDATA -> the quote.
 * op 2 EXTEND: body u8 register (2|3), 48 bytes digest -> empty.
 * op 3 READ: body u8 register (0..3) -> 48 bytes. */
enum {
	SIM_VERSION = 1,
	SIM_OP_QUOTE = 1,
	SIM_OP_EXTEND = 2,
	SIM_OP_READ = 3,
	SIM_HEADER_LEN = 8
};
#define SIM_MAGIC "EESM"

/* Guest paths. */
#define TSM_REPORT_DIR "/sys/kernel/config/tsm/report"
#define RTMR3_PATH                                                             \
	"/sys/devices/virtual/misc/tdx_guest/measurements/rtmr3:sha384"
#define PROVIDER_TDX "tdx_guest"
#define PROVIDER_SIM "tsm_sim"
#endif
