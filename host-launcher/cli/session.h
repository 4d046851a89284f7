/* session.h - a conversation with an instance's agent. Its TLS key is learned
 * from the first connection and kept to; nothing secret is sent before that key
 * was attested: by session_attest in this conversation, or by an earlier one
 * whose result is in attested.json (session_pin). */
#ifndef HOST_CLI_SESSION_H
#define HOST_CLI_SESSION_H

#include "host-launcher/cli/verbs.h"
#include "host-launcher/vm/instance.h"
#include "lib/httpc.h"
#include "lib/json.h"
#include "lib/reportdata.h"
#include "lib/rng.h"
#include "measure/lib/verify.h"

enum {
	SESSION_BODY_MAX = 128 * 1024,
	SESSION_TOKEN_MAX = 128,
};

/* About 600 KiB; lives in static memory. */
struct session {
	char dir[PATH_CAP];
	struct instance_spec spec;
	uint8_t config_sha384[SHA384_LEN];
	char token[SESSION_TOKEN_MAX + 1];
	struct rng rng;
	uint8_t pin[P256_PUB_LEN];
	bool trusted; /* the key is attested: the token may be shown */
	struct httpc http;
	uint8_t http_mem[SESSION_BODY_MAX + 16 * 1024];
	uint8_t json_mem[512 * 1024];
};

/* Reads the instance's files. Complains. */
enum exit_status session_open(struct session *s, const char *name);
void session_close(struct session *s); /* wipes */

/* Takes the agent's key from attested.json, written for this configuration. */
enum exit_status session_pin(struct session *s);

/* Challenges the agent with a fresh nonce over this connection and judges its
 * quote: binding, REPORTDATA, the key of this very connection, configuration,
 * and all that verify_quote checks. Writes attested.json when it is accepted,
 * and *binding. The verdict is written whenever STATUS_DONE (accepted) or
 * STATUS_REFUSED is answered. */
enum exit_status session_attest(struct session *s, const struct trust_opts *t,
				struct verdict *v, struct binding *binding);

/* One request to the API with the operator's token. body may be empty. *res
 * points into the session. An agent that is asked too often is asked again, for
 * some seconds. Complains and answers STATUS_REFUSED when the agent
 * does (with its code and message), STATUS_UNAVAILABLE when it is not there. */
enum exit_status session_request(struct session *s, const char *method,
				 const char *target, struct slice body,
				 struct http_msg *res);

/* The verdict for people, or as JSON, on standard output. */
void print_verdict(const struct verdict *v, bool json);
#endif
