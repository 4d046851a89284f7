/* ita_api.h - what is said to Intel Trust Authority and what it answers: the
 * requests for a nonce and for a token, and the reading of their answers. Pure;
 * net/ita_client.h sends them.
 *
 * Both versions of the service take the same evidence. Version 1 has it beside
 * the other members, version 2 in an object "tdx". Byte strings travel in
 * standard base64. REPORTDATA of a quote is SHA-512 over the nonce's val and
 * iat and the runtime data (ita_reportdata); the service refuses a request that
 * names a nonce or runtime data that its quote does not bind.
 *
 * Sources: Intel Trust Authority, REST API reference, "Attestation"; Intel's
 * client, go-connector/{nonce,token}.go. */
#ifndef MEASURE_LIB_ITA_API_H
#define MEASURE_LIB_ITA_API_H

#include "measure/lib/ita.h"

enum {
	ITA_MAX_ANSWER = 64 * 1024,   /* as Intel's client has it */
	ITA_MAX_REQUEST = 500 * 1000, /* as the service has it */
	ITA_POLICY_ID = 36,           /* characters of a UUID */
	ITA_ERROR_TEXT = 160,
	/* for either answer: one string has nearly all of its bytes */
	ITA_ANSWER_ARENA = 4 * ITA_MAX_ANSWER,
};

enum ita_version {
	ITA_V1,
	ITA_V2,
	ITA_NVERSIONS
};

/* "v1", "v2". ERR_UNSUPP for another. */
MUST_CHECK enum err ita_version_parse(struct slice name, enum ita_version *out);

/* Below the base URL: "/appraisal/v1/nonce" (GET), "/appraisal/v1/attest"
 * (POST). */
const char *ita_nonce_path(enum ita_version v);
const char *ita_attest_path(enum ita_version v);

/* A policy of the service's, by its id: a UUID in lower case. */
bool ita_policy_id_ok(struct slice id);

/* What is asked for. All slices are borrowed; empty: not sent. */
struct ita_request {
	enum ita_version version;
	struct slice quote; /* as the TD got it */
	struct slice runtime_data;
	struct slice user_data;
	struct slice event_log;
	const struct ita_nonce *nonce; /* NULL: none is bound */
	struct slice policy_ids[ITA_MAX_POLICIES];
	size_t n_policy_ids;
	bool policy_must_match; /* no token unless all of them match */
	bool has_alg;           /* else the service chooses: PS384 */
	enum jwt_alg alg;       /* RS256 or PS384, the service has no other */
};

/* Writes the body of the request for a token. Errors: ERR_MISSING no quote;
 * ERR_VALUE a policy id; ERR_DUPLICATE one twice; ERR_STATE policies must match
 * and there is none; ERR_UNSUPP the algorithm; ERR_LIMIT more than
 * ITA_MAX_REQUEST bytes, whatever w holds; ERR_SPACE w is smaller. */
MUST_CHECK enum err ita_request_write(const struct ita_request *r,
				      struct wr *w);

/* Reads {"val","iat","signature"}. Other members are passed over: a nonce is
 * worth what its three are. *out is written only on ERR_OK and lies in the
 * arena; *what names the member. Errors: json_parse's; ERR_LIMIT size;
 * ita_nonce_read's. */
MUST_CHECK enum err ita_nonce_parse(struct arena *a, struct slice in,
				    struct ita_nonce *out, const char **what);

/* The nonce as the service sent it, which ita_nonce_parse reads again. */
void ita_nonce_write(struct jw *j, const struct ita_nonce *n);

/* Reads {"token"}; other members are passed over. The token has the form of
 * one, three parts in base64url, and is not verified. Errors: json_parse's;
 * ERR_LIMIT size; ERR_MISSING; ERR_VALUE. */
MUST_CHECK enum err ita_token_parse(struct arena *a, struct slice in,
				    struct slice *out, const char **what);

/* What the service says of its refusal, for people: "error", "message" or
 * "detail" of a JSON object, cut to the room and made plain ASCII; "" when
 * there is no such thing. */
void ita_error_text(struct arena *a, struct slice in,
		    char out[static ITA_ERROR_TEXT]);
#endif
