/* ita_client.h - Intel Trust Authority over HTTPS: a nonce, a token for a
 * quote, and the key set that tokens are verified with. Blocking, on the host
 * only.
 *
 * The API key goes into one header of requests to the configured service and
 * nowhere else: the key set is fetched without it, no redirect is followed, and
 * what the service says of a refusal is not told when a part of the key is in
 * it. A token's own "jku" is never asked.
 *
 * Asking for a token twice does no harm, so it is repeated as web.h says; the
 * service may say of a repeated request that its nonce was used before, and
 * then a new nonce (and a new quote) is what helps.
 *
 * Sources: Intel Trust Authority, REST API reference: x-api-key, request-id,
 * trace-id; measure/lib/ita_api.h for what is said. */
#ifndef MEASURE_NET_ITA_CLIENT_H
#define MEASURE_NET_ITA_CLIENT_H

#include "measure/lib/ita_api.h"
#include "measure/net/web.h"

enum {
	ITA_MIN_KEY = 16, /* characters; Intel's have some 40 */
	ITA_MAX_KEY = 512,
	ITA_MAX_REQUEST_ID = 64,
	ITA_WHY = WEB_WHY + ITA_ERROR_TEXT + 160,
	ITA_CLIENT_BUF = ITA_MAX_ANSWER + ITA_MAX_REQUEST + 24 * 1024,
	ITA_JWKS_BUF = JWKS_MAX_BYTES + 24 * 1024,
};

/* A secret: wipe it. */
struct ita_api_key {
	char text[ITA_MAX_KEY + 1];
};

/* The content of a key file: one line of visible ASCII. ERR_LIMIT too short or
 * too long to be one; ERR_VALUE. */
MUST_CHECK enum err ita_api_key_parse(struct slice in, struct ita_api_key *out);

/* A name for one request, that the service's own logs have as well: 1 to
 * ITA_MAX_REQUEST_ID of a-z A-Z 0-9 . _ - */
bool ita_request_id_ok(const char *id);

/* Some 1.1 MiB, static or allocated; not to be moved. */
struct ita_client {
	struct web web;
	struct ita_api_key key;
	char why[ITA_WHY]; /* why the last request failed, for people */
	uint8_t body[ITA_MAX_REQUEST + 1];
	uint8_t buf[ITA_CLIENT_BUF];
};

/* o: URL, anchors, rng, now_s, patience and time, as in web.h; max_body, buf
 * and buf_len are set here. The key is copied. */
void ita_client_init(struct ita_client *c, const struct web_opts *o,
		     const struct ita_api_key *key);
void ita_client_done(struct ita_client *c); /* wipes all of it */

/* A fresh nonce; *out lies in the arena (ITA_ANSWER_ARENA). request_id NULL:
 * none is sent. ERR_OK, or c->why says why: ERR_REFUSED another answer than
 * 200, ERR_VALUE request_id; web_ask's and ita_nonce_parse's. */
MUST_CHECK enum err ita_client_nonce(struct ita_client *c, enum ita_version v,
				     const char *request_id, struct arena *a,
				     struct ita_nonce *out);

/* A token for the quote of r, not verified; *out lies in the arena. Errors as
 * before, ita_request_write's and ita_token_parse's. */
MUST_CHECK enum err ita_client_token(struct ita_client *c,
				     const struct ita_request *r,
				     const char *request_id, struct arena *a,
				     struct slice *out);

/* The same for the body of a request that ita_request_write has written. */
MUST_CHECK enum err ita_client_send(struct ita_client *c, enum ita_version v,
				    struct slice body, const char *request_id,
				    struct arena *a, struct slice *out);

/* The key set at w's URL, as it was served: *out points into w's buffer, which
 * has ITA_JWKS_BUF bytes, until the next request. ERR_REFUSED and web_ask's,
 * with w->why. */
MUST_CHECK enum err ita_jwks_fetch(struct web *w, struct slice *out);
#endif
