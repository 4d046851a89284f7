#include "measure/lib/ita.h"

#include <string.h>

#define ISSUER_V1 "Intel Trust Authority" /* version 1.0.0 has no address */
#define KEYS_V1   "https://portal.trustauthority.intel.com/certs"
#define KEYS_PATH "/certs" /* after the issuer's address, since 2.0.0 */

void ita_reportdata(const struct ita_nonce *n, struct slice data,
		    uint8_t out[static SHA512_LEN])
{
	br_sha512_context h;

	br_sha512_init(&h);
	if (n != NULL) {
		br_sha512_update(&h, n->val.ptr, n->val.len);
		br_sha512_update(&h, n->iat.ptr, n->iat.len);
	}
	br_sha512_update(&h, data.ptr, data.len);
	br_sha512_out(&h, out);
}

/* ---- 1: form ---- */
static void parse(struct arena *a, struct slice token, struct jwt *t,
		  struct verdict *v)
{
	const char *what = "";
	enum err e = jwt_parse(a, token, t, &what);

	if (e == ERR_OK)
		return;
	if (e == ERR_UNSUPP || e == ERR_UNKNOWN)
		verdict_refuse(v, REASON_SIGNATURE,
			       "the token's header: %s is not accepted", what);
	else
		verdict_refuse(v, REASON_EVIDENCE_MISSING,
			       "not a signed token: %s: %s", what, err_text(e));
}

/* ---- 2 and 3: key, chain, signature ---- */
static void check_chain(const struct ita_verifier *iv, const struct jwk *k,
			int64_t now_s, struct verdict *v)
{
	const char *what = "";
	enum err e;

	if (iv->root == NULL)
		return;
	e = jwk_chain_verify(k, iv->root, now_s, &what);
	if (e == ERR_OK && iv->n_crls > 0) {
		e = jwk_chain_revoked(k, iv->root, iv->crls, iv->n_crls, now_s,
				      &what);
		if (e == ERR_MISSING) {
			verdict_refuse(v, REASON_UNAVAILABLE, "%s", what);
			return;
		}
	}
	if (e == ERR_EXPIRED)
		verdict_refuse(v, REASON_EXPIRED, "%s", what);
	else if (e == ERR_STATE)
		verdict_refuse(v, REASON_NOT_YET_VALID, "%s", what);
	else if (e != ERR_OK)
		verdict_refuse(v, REASON_SIGNATURE, "%s", what);
}

static void check_signature(const struct ita_verifier *iv, const struct jwt *t,
			    int64_t now_s, struct verdict *v)
{
	const struct jwk *k;

	if (iv->jwks == NULL) {
		verdict_refuse(v, REASON_UNAVAILABLE, "there is no key set");
		return;
	}
	k = jwks_find(iv->jwks, t->kid, t->alg);
	if (k == NULL) {
		verdict_refuse(v, REASON_SIGNATURE,
			       "the key set has no such key for %s",
			       jwt_alg_name(t->alg));
		return;
	}
	check_chain(iv, k, now_s, v);
	if (v->reason == REASON_OK && jwk_verify(k, t) != ERR_OK)
		verdict_refuse(v, REASON_SIGNATURE,
			       "the token's signature is not by its key");
}

/* ---- 4: issuer ---- */

/* Keys are never fetched from where a token says; but one that names another
 * place than its issuer's is another service's. */
static bool is_key_address(struct slice jku, struct slice issuer)
{
	size_t n = issuer.len;

	if (slice_is(issuer, ISSUER_V1))
		return slice_is(jku, KEYS_V1);
	return jku.len > n && slice_eq((struct slice){ jku.ptr, n }, issuer) &&
	       slice_is((struct slice){ jku.ptr + n, jku.len - n }, KEYS_PATH);
}

static void check_issuer(const struct ita_verifier *iv, const struct jwt *t,
			 struct verdict *v)
{
	struct slice iss;

	if (iv->issuer.len == 0 || json_str(t->claims, "iss", &iss) != ERR_OK ||
	    !slice_eq(iss, iv->issuer))
		verdict_refuse(v, REASON_ISSUER,
			       "the token's issuer is not the expected one");
	else if (t->jku.len > 0 && !is_key_address(t->jku, iss))
		verdict_refuse(v, REASON_ISSUER,
			       "the token's jku is not its issuer's");
}

/* ---- 5: audience: one string, or several (RFC 7519 4.1.3) ---- */
static bool is_for(struct json aud, struct slice me)
{
	struct slice s;
	bool found = false;
	size_t n = 0;

	if (json_as_str(aud, &s) == ERR_OK)
		return slice_eq(s, me);
	if (!json_is_array(aud))
		return false;
	for (struct json x = json_first(aud); x.node != NULL;
	     x = json_next(x)) {
		if (n++ == ITA_MAX_AUDIENCES || json_as_str(x, &s) != ERR_OK)
			return false;
		found = found || slice_eq(s, me);
	}
	return found;
}

static void check_audience(const struct ita_verifier *iv, const struct jwt *t,
			   struct verdict *v)
{
	struct json aud;
	enum err e = json_get(t->claims, "aud", &aud);

	if (e != ERR_OK && iv->audience.len > 0)
		verdict_refuse(v, REASON_AUDIENCE,
			       "the token names no audience");
	else if (e == ERR_OK && iv->audience.len == 0)
		verdict_refuse(v, REASON_AUDIENCE,
			       "the token is for somebody: no audience was "
			       "expected");
	else if (e == ERR_OK && !is_for(aud, iv->audience))
		verdict_refuse(v, REASON_AUDIENCE,
			       "the token is for another audience");
}

/* ---- 6: dates ---- */
static void check_dates(const struct jwt *t, int64_t leeway_s, int64_t now_s,
			struct verdict *v)
{
	/* so far from the ends that sums cannot overflow */
	static const int64_t max = INT64_MAX / 4;
	static const char *const names[] = { "exp", "iat", "nbf" };
	int64_t at[3];

	for (size_t i = 0; i < 3; i++) {
		enum err e = json_int(t->claims, names[i], 0, max, &at[i]);

		if (e != ERR_OK) {
			verdict_refuse(v, REASON_QUOTE_PARSE, "%s: %s",
				       names[i], err_text(e));
			return;
		}
	}
	if (now_s < 0 || now_s > max || leeway_s < 0 ||
	    leeway_s > ITA_MAX_LEEWAY_S)
		verdict_refuse(v, REASON_INTERNAL,
			       "the time or the leeway is not possible");
	else if (at[0] <= at[1] || at[0] <= at[2])
		verdict_refuse(v, REASON_QUOTE_PARSE,
			       "the token expires before it begins");
	else if (now_s >= at[0] + leeway_s)
		verdict_refuse(v, REASON_EXPIRED, "the token has expired");
	else if (now_s < at[2] - leeway_s || now_s < at[1] - leeway_s)
		verdict_refuse(v, REASON_NOT_YET_VALID,
			       "the token is not valid yet");
}

/* ---- 7: claims ---- */
static void refuse_claim(const char *what, enum err e, struct verdict *v)
{
	enum reason r = REASON_QUOTE_PARSE;

	if (e == ERR_MISSING && strcmp(what, "tdx_mrtd") == 0)
		r = REASON_MRTD_MISSING;
	if (e == ERR_UNKNOWN) /* a status that no policy can allow */
		r = REASON_TCB;
	verdict_refuse(v, r, "%s: %s", what,
		       e == ERR_MISMATCH ? "another claim says otherwise"
					 : err_text(e));
}

static void check_claims(struct arena *a, const struct jwt *t,
			 struct ita_claims *c, struct verdict *v)
{
	static const uint8_t zero[SHA384_LEN];
	const char *what = "";
	enum err e = ita_claims_read(a, t, c, &what);

	if (e != ERR_OK) {
		refuse_claim(what, e, v);
		return;
	}
	v->parsed = true;
	v->body = c->body;
	/* Intel's own modules have these zero; TCB info says the same. */
	if (!ct_eq(c->body.mr_signer_seam, zero, sizeof zero) ||
	    c->body.seam_attributes != 0)
		verdict_refuse(v, REASON_SIGNATURE,
			       "the TDX module is not one of Intel's");
}

/* ---- 8: what the token is about ---- */
static void check_nonce(const struct ita_nonce *want,
			const struct ita_claims *c, struct verdict *v)
{
	if (want == NULL)
		return;
	if (!c->has_nonce)
		verdict_refuse(v, REASON_NONCE_MISSING,
			       "the token names no verifier_nonce");
	else if (!ct_slice_eq(want->val, c->nonce.val) ||
		 !ct_slice_eq(want->iat, c->nonce.iat) ||
		 !ct_slice_eq(want->signature, c->nonce.signature))
		verdict_refuse(v, REASON_NONCE_UNKNOWN,
			       "verifier_nonce is not the one that was asked "
			       "for");
}

static void check_held(const struct ita_claims *c, struct verdict *v)
{
	uint8_t want[SHA512_LEN];

	if (!c->has_held)
		return;
	ita_reportdata(c->has_nonce ? &c->nonce : NULL, c->held, want);
	if (!ct_eq(want, c->body.reportdata, sizeof want))
		verdict_refuse(v, REASON_REPORTDATA,
			       "REPORTDATA is not the digest of the nonce and "
			       "the held data");
}

static void check_quote(const uint8_t *sha256, const struct ita_claims *c,
			struct verdict *v)
{
	if (sha256 == NULL)
		return;
	if (!c->has_quote)
		verdict_refuse(v, REASON_SIGNATURE,
			       "the token does not say which quote it is of");
	else if (!ct_eq(sha256, c->quote_sha256, SHA256_LEN))
		verdict_refuse(v, REASON_SIGNATURE,
			       "the token is of another quote");
}

static bool has_matched(const struct ita_claims *c, struct slice id)
{
	for (size_t i = 0; i < c->n_matched; i++)
		if (slice_eq(c->matched[i], id))
			return true;
	return false;
}

static void check_policies(const struct ita_verifier *iv,
			   const struct ita_claims *c, struct verdict *v)
{
	for (size_t i = 0; i < iv->n_policy_ids; i++)
		if (!has_matched(c, iv->policy_ids[i])) {
			verdict_refuse(v, REASON_TCB,
				       "the service does not say that its "
				       "policy %.*s matched",
				       (int)iv->policy_ids[i].len,
				       (const char *)iv->policy_ids[i].ptr);
			return;
		}
}

void ita_verify(struct arena *a, const struct ita_verifier *iv,
		struct slice token, int64_t now_s, struct ita_claims *claims,
		struct verdict *out)
{
	struct jwt t;

	*claims = (struct ita_claims){ 0 };
	*out = (struct verdict){ .mode = iv->mode, .judged_s = now_s };
	parse(a, token, &t, out);
	if (out->reason == REASON_OK)
		check_signature(iv, &t, now_s, out);
	if (out->reason == REASON_OK)
		check_issuer(iv, &t, out);
	if (out->reason == REASON_OK)
		check_audience(iv, &t, out);
	if (out->reason == REASON_OK)
		check_dates(&t, iv->leeway_s, now_s, out);
	if (out->reason == REASON_OK)
		check_claims(a, &t, claims, out);
	if (out->reason == REASON_OK)
		check_nonce(iv->nonce, claims, out);
	if (out->reason == REASON_OK)
		check_held(claims, out);
	if (out->reason == REASON_OK)
		check_quote(iv->quote_sha256, claims, out);
	if (out->reason == REASON_OK)
		check_policies(iv, claims, out);
	if (out->reason != REASON_OK)
		return;
	out->authentic = true;
	out->has_status = true;
	out->tcb_status = out->tcb_now = claims->tcb_status;
	out->tcb_date_s = claims->tcb_date_s;
	out->advisories = claims->advisories;
	if (iv->mode == VERIFY_FULL)
		verify_policy(iv->policy, now_s, out);
}
