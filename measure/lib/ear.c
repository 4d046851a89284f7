#include "measure/lib/ear.h"

#include "measure/lib/base64url.h"
#include "measure/lib/dsse.h"

#define PROFILE "tag:github.com,2023:veraison/ear"

/* AR4SI's values, of every claim and of some. */
enum {
	ALL_MALFUNCTION = -1,
	ALL_NONE = 0,
	ALL_UNPARSED = 1,
	ALL_CRYPTO = 99,
	INSTANCE_RECOGNIZED = 2,
	INSTANCE_UNRECOGNIZED = 97,
	CONFIG_APPROVED = 2,
	CONFIG_UNSAFE = 32,
	CONFIG_UNSUPPORTABLE = 96,
	EXEC_APPROVED_BOOT = 3,
	EXEC_UNSAFE = 32,
	EXEC_UNRECOGNIZED = 33,
	EXEC_CONTRAINDICATED = 96,
	HW_GENUINE = 2,
	HW_UNSAFE = 32,
	HW_CONTRAINDICATED = 96,
	HW_UNRECOGNIZED = 97,
	RUNTIME_ENCRYPTED = 2,
	RUNTIME_VISIBLE = 96,
	FIRST_AFFIRMING = 2,
	FIRST_WARNING = 32,
	FIRST_CONTRAINDICATED = 96,
};

static const char *const claim_names[EAR_CLAIMS] = {
#define X(name, text) [EAR_##name] = text,
	EAR_CLAIM_LIST(X)
#undef X
};

/* What each TCB status says of hardware, and of its configuration. */
static const struct {
	int8_t hardware, configuration;
} by_status[TCB_STATUS_COUNT] = {
	[TCB_UP_TO_DATE] = { HW_GENUINE, ALL_NONE },
	[TCB_SW_HARDENING] = { HW_UNSAFE, ALL_NONE },
	[TCB_CONFIGURATION] = { HW_GENUINE, CONFIG_UNSAFE },
	[TCB_CONFIGURATION_SW_HARDENING] = { HW_UNSAFE, CONFIG_UNSAFE },
	[TCB_OUT_OF_DATE] = { HW_UNSAFE, ALL_NONE },
	[TCB_OUT_OF_DATE_CONFIGURATION] = { HW_UNSAFE, CONFIG_UNSAFE },
	[TCB_RELAUNCH] = { HW_UNSAFE, ALL_NONE },
	[TCB_RELAUNCH_CONFIGURATION] = { HW_UNSAFE, CONFIG_UNSAFE },
	[TCB_REVOKED] = { HW_CONTRAINDICATED, ALL_NONE },
	[TCB_NOT_SUPPORTED] = { HW_UNRECOGNIZED, ALL_NONE },
};

const char *ear_tier_name(enum ear_tier t)
{
	static const char *const names[] = {
		[EAR_NONE] = "none",
		[EAR_AFFIRMING] = "affirming",
		[EAR_WARNING] = "warning",
		[EAR_CONTRAINDICATED] = "contraindicated",
	};

	return names[t];
}

static enum ear_tier tier_of(int8_t claim)
{
	if (claim >= FIRST_CONTRAINDICATED)
		return EAR_CONTRAINDICATED;
	if (claim >= FIRST_WARNING)
		return EAR_WARNING;
	return claim >= FIRST_AFFIRMING ? EAR_AFFIRMING : EAR_NONE;
}

/* ---- evidence that proves nothing ---- */

static int8_t unproven(enum reason r)
{
	switch ((int)r) {
	case REASON_SIGNATURE:
	case REASON_ISSUER:
	case REASON_REPORTDATA:
		return ALL_CRYPTO;
	case REASON_QUOTE_PARSE:
	case REASON_EVIDENCE_MISSING:
	case REASON_MRTD_MISSING:
		return ALL_UNPARSED;
	case REASON_INTERNAL:
		return ALL_MALFUNCTION;
	default:
		return ALL_NONE;
	}
}

/* ---- evidence that is authentic ---- */

static int8_t hardware(const struct verdict *v)
{
	int8_t claim = by_status[v->tcb_status].hardware;

	if (v->simulated)
		return HW_UNRECOGNIZED;
	if (v->reason == REASON_TCB && claim < FIRST_CONTRAINDICATED)
		return HW_CONTRAINDICATED;
	return claim;
}

static bool was_asked(const struct verdict *v)
{
	return v->mode == VERIFY_FULL && v->reason != REASON_POLICY &&
	       v->reason != REASON_INTERNAL;
}

/* Step 13 refuses with one reason for the image and for the TD. */
static bool refused_for_td(const struct verdict *v)
{
	return v->reason == REASON_RTMR &&
	       (v->image == IMAGE_TRUSTED ||
		(v->image == IMAGE_OTHER && v->warn_rtmr));
}

static int8_t executables(const struct verdict *v)
{
	switch (v->image) {
	case IMAGE_NOT_ASKED:
		return ALL_NONE;
	case IMAGE_REVOKED:
		return EXEC_CONTRAINDICATED;
	case IMAGE_TRUSTED:
		return v->reason == REASON_EXPIRED ||
				       v->reason == REASON_NOT_YET_VALID
			       ? EXEC_UNSAFE
			       : EXEC_APPROVED_BOOT;
	case IMAGE_OTHER:
		break;
	}
	if (v->reason == REASON_MRTD_UNTRUSTED ||
	    (v->reason == REASON_RTMR && !refused_for_td(v)))
		return EXEC_CONTRAINDICATED;
	return EXEC_UNRECOGNIZED;
}

static bool is_open(const struct verdict *v)
{
	return (v->body.td_attributes & TD_ATTR_TUD) != 0;
}

static int8_t configuration(const struct verdict *v)
{
	if ((v->body.td_attributes & TD_ATTR_NEVER) != 0 || refused_for_td(v))
		return CONFIG_UNSUPPORTABLE;
	if (by_status[v->tcb_status].configuration != ALL_NONE)
		return by_status[v->tcb_status].configuration;
	/* a refusal says nothing of the checks that come after it */
	return was_asked(v) && v->reason == REASON_OK ? CONFIG_APPROVED
						      : ALL_NONE;
}

static int8_t runtime_opaque(const struct verdict *v, int8_t hw)
{
	if (v->simulated || is_open(v))
		return RUNTIME_VISIBLE;
	return tier_of(hw) == EAR_CONTRAINDICATED ? ALL_NONE
						  : RUNTIME_ENCRYPTED;
}

static int8_t instance_identity(const struct verdict *v, bool lists_platforms)
{
	if (!lists_platforms || !was_asked(v))
		return ALL_NONE;
	return v->reason == REASON_ISSUER ? INSTANCE_UNRECOGNIZED
					  : INSTANCE_RECOGNIZED;
}

static enum ear_tier worse(enum ear_tier a, enum ear_tier b)
{
	return a > b ? a : b;
}

static enum ear_tier status(const struct verdict *v, const struct ear_result *r)
{
	enum ear_tier t = EAR_NONE;

	for (size_t i = 0; i < EAR_CLAIMS; i++)
		t = worse(t, tier_of(r->claim[i]));
	if (!v->authentic)
		return t;
	if (v->reason != REASON_OK)
		return EAR_CONTRAINDICATED;
	if (v->mode != VERIFY_FULL || v->warn_tcb || v->warn_rtmr)
		t = worse(t, EAR_WARNING);
	return t;
}

/* A REPORTDATA that is not the one asked for makes even genuine evidence that
 * of somebody else, or of another time. */
static bool is_proven(const struct verdict *v)
{
	return v->authentic && v->reason != REASON_REPORTDATA;
}

/* Who holds a root that is not Intel's can make a platform say anything: that
 * may speak against it, and never for it. */
static void drop_affirming(struct ear_result *r)
{
	for (size_t i = 0; i < EAR_CLAIMS; i++)
		if (tier_of(r->claim[i]) == EAR_AFFIRMING)
			r->claim[i] = ALL_NONE;
}

void ear_appraise(const struct verdict *v, bool lists_platforms,
		  struct ear_result *out)
{
	struct ear_result r = { .status = EAR_NONE };

	if (is_proven(v)) {
		r.claim[EAR_HARDWARE] = hardware(v);
		r.claim[EAR_EXECUTABLES] = executables(v);
		r.claim[EAR_CONFIGURATION] = configuration(v);
		r.claim[EAR_INSTANCE_IDENTITY] =
			instance_identity(v, lists_platforms);
		r.claim[EAR_RUNTIME_OPAQUE] =
			runtime_opaque(v, r.claim[EAR_HARDWARE]);
		if (v->simulated)
			drop_affirming(&r);
	} else {
		for (size_t i = 0; i < EAR_CLAIMS; i++)
			r.claim[i] = unproven(v->reason);
	}
	r.status = status(v, &r);
	*out = r;
}

/* ---- the token ---- */

static void write_vector(struct jw *j, const struct ear_result *r)
{
	jw_key(j, "ear.trustworthiness-vector");
	jw_open(j, '{');
	for (size_t i = 0; i < EAR_CLAIMS; i++)
		jw_ki64(j, claim_names[i], r->claim[i]);
	jw_close(j);
}

static void write_claims(struct wr *w, const struct verdict *v,
			 const struct ear_issuer *by, struct slice verdict)
{
	struct ear_result r;
	struct jw j;

	ear_appraise(v, by->lists_platforms, &r);
	jw_init(&j, w);
	jw_open(&j, '{');
	jw_key(&j, "ear.verifier-id");
	jw_open(&j, '{');
	jw_kstr(&j, "build", by->build);
	jw_kstr(&j, "developer", by->developer);
	jw_close(&j);
	jw_kstr(&j, "eat_profile", PROFILE);
	jw_ki64(&j, "iat", by->issued_s);
	jw_key(&j, "submods");
	jw_open(&j, '{');
	jw_key(&j, "tdx");
	jw_open(&j, '{');
	if (by->policy_id != NULL)
		jw_kstr(&j, "ear.appraisal-policy-id", by->policy_id);
	jw_key(&j, "ear.easyenclave.verdict");
	jw_raw(&j, verdict);
	jw_kstr(&j, "ear.status", ear_tier_name(r.status));
	write_vector(&j, &r);
	jw_close(&j);
	jw_close(&j);
	jw_close(&j);
	if (jw_end(&j) != ERR_OK)
		wr_fail(w, ERR_STATE);
}

static enum err write_header(struct wr *out, const struct p256_key *key)
{
	char kid[DSSE_KEYID_LEN + 1], text[160];
	struct wr w = wr_over(text, sizeof text);
	struct jw j;

	dsse_keyid(key->pub, kid);
	jw_init(&j, &w);
	jw_open(&j, '{');
	jw_kstr(&j, "alg", "ES256");
	jw_kstr(&j, "kid", kid);
	jw_kstr(&j, "typ", "JWT");
	jw_close(&j);
	if (wr_end(&w) != ERR_OK)
		return wr_end(&w);
	wr_base64url(out, wr_slice(&w));
	return wr_end(out);
}

/* Of what stands in out from `from` on; JWS wants r || s (RFC 7518 3.4). */
static enum err sign(struct wr *out, size_t from, const struct p256_key *key)
{
	uint8_t digest[SHA256_LEN], sig[P256_SIG_LEN];
	enum err e;

	sha256((struct slice){ out->buf + from, out->len - from }, digest);
	e = p256_sign(key, &br_sha256_vtable, digest, sig);
	if (e != ERR_OK)
		return e;
	wr_str(out, ".");
	wr_base64url(out, (struct slice){ sig, sizeof sig });
	return wr_end(out);
}

enum err ear_write(struct arena *a, const struct verdict *v,
		   const struct ear_issuer *by, struct wr *out)
{
	const size_t room = VERDICT_MAX_JSON, from = out->len;
	uint8_t *text = arena_alloc(a, room), *claims;
	struct wr t, w;
	enum err e;

	claims = arena_alloc(a, EAR_ARENA - room);
	if (text == NULL || claims == NULL)
		return ERR_SPACE;
	t = wr_over(text, room);
	w = wr_over(claims, EAR_ARENA - room);
	verdict_write(&t, v);
	if (wr_end(&t) == ERR_OK)
		write_claims(&w, v, by, wr_slice(&t));
	e = wr_end(&t) != ERR_OK ? wr_end(&t) : wr_end(&w);
	if (e == ERR_OK)
		e = write_header(out, by->key);
	if (e != ERR_OK)
		return e;
	wr_str(out, ".");
	wr_base64url(out, wr_slice(&w));
	return wr_end(out) != ERR_OK ? wr_end(out) : sign(out, from, by->key);
}
