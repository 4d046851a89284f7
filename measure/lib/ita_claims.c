/* ita_claims.c - what a token says of a TD. */
#include <stddef.h>
#include <string.h>

#include "lib/text.h"
#include "measure/lib/ita.h"

#define FIELD(claim, member)                                                   \
	{                                                                      \
		(claim), offsetof(struct quote_body, member),                  \
			sizeof(((struct quote_body *)0)->member)               \
	}

/* The MRTD comes first: without it a token is of no TD at all. */
static const struct {
	const char *claim;
	size_t offset, len;
} fields[] = {
	FIELD("tdx_mrtd", mrtd),
	FIELD("tdx_rtmr0", rtmr[0]),
	FIELD("tdx_rtmr1", rtmr[1]),
	FIELD("tdx_rtmr2", rtmr[2]),
	FIELD("tdx_rtmr3", rtmr[3]),
	FIELD("tdx_report_data", reportdata),
	FIELD("tdx_mrseam", mr_seam),
	FIELD("tdx_mrsignerseam", mr_signer_seam),
	FIELD("tdx_mrconfigid", mr_config_id),
	FIELD("tdx_mrowner", mr_owner),
	FIELD("tdx_mrownerconfig", mr_owner_config),
	FIELD("tdx_tee_tcb_svn", tee_tcb_svn),
};

/* Numbers, as the eight bytes that a quote has. */
static const struct {
	const char *claim;
	size_t offset;
} numbers[] = {
	{ "tdx_td_attributes", offsetof(struct quote_body, td_attributes) },
	{ "tdx_xfam", offsetof(struct quote_body, xfam) },
	{ "tdx_seam_attributes", offsetof(struct quote_body, seam_attributes) },
};

/* Bits of td_attributes that a token spells out as well. */
static const struct {
	const char *claim;
	uint64_t bit;
	bool required;
} flags[] = {
	{ "tdx_is_debuggable", TD_ATTR_DEBUG, true },
	{ "tdx_td_attributes_debug", TD_ATTR_DEBUG, false },
	{ "tdx_td_attributes_septve_disable", TD_ATTR_SEPT_VE_DISABLE, false },
	{ "tdx_td_attributes_protection_keys", TD_ATTR_PKS, false },
	{ "tdx_td_attributes_key_locker", TD_ATTR_KL, false },
	{ "tdx_td_attributes_perfmon", TD_ATTR_PERFMON, false },
};

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* Where the claims of the TD stand. In the other place there are none: a reader
 * of the other version would see another TD. */
static enum err find_td(struct json claims, struct json *out, const char **what)
{
	struct slice ver;
	bool flat = json_has(claims, "tdx_mrtd");
	enum err e;

	*what = "ver";
	e = json_str(claims, "ver", &ver);
	if (e != ERR_OK)
		return e;
	if (slice_is(ver, "1.0.0")) {
		*what = "tdx";
		*out = claims;
		return json_has(claims, "tdx") ? ERR_MISMATCH : ERR_OK;
	}
	if (!slice_is(ver, "2.0.0"))
		return ERR_UNSUPP;
	*what = "tdx_mrtd";
	if (flat)
		return ERR_MISMATCH;
	*what = "tdx";
	return json_object(claims, "tdx", out);
}

static enum err read_registers(struct json td, struct quote_body *b,
			       const char **what)
{
	uint8_t *base = (uint8_t *)b;
	enum err e = ERR_OK;

	for (size_t i = 0; i < COUNT(fields) && e == ERR_OK; i++) {
		*what = fields[i].claim;
		e = json_hex(td, fields[i].claim, base + fields[i].offset,
			     fields[i].len);
	}
	for (size_t i = 0; i < COUNT(numbers) && e == ERR_OK; i++) {
		uint8_t le[8] = { 0 };
		struct rd r = rd_over((struct slice){ le, sizeof le });
		uint64_t v;

		*what = numbers[i].claim;
		e = json_hex(td, numbers[i].claim, le, sizeof le);
		v = rd_u64le(&r);
		memcpy(base + numbers[i].offset, &v, sizeof v);
	}
	*what = e == ERR_OK ? "tdx_mrservicetd" : *what;
	if (e == ERR_OK && json_has(td, "tdx_mrservicetd"))
		e = json_hex(td, "tdx_mrservicetd", b->mr_servicetd,
			     sizeof b->mr_servicetd);
	return e;
}

/* The bits again in words: both must say the same, whichever is looked at. */
static enum err check_flags(struct json td, uint64_t attributes,
			    const char **what)
{
	struct slice dbgstat;

	for (size_t i = 0; i < COUNT(flags); i++) {
		bool set;
		enum err e = json_bool(td, flags[i].claim, &set);

		*what = flags[i].claim;
		if (e == ERR_MISSING && !flags[i].required)
			continue;
		if (e != ERR_OK)
			return e;
		if (set != ((attributes & flags[i].bit) != 0))
			return ERR_MISMATCH;
	}
	*what = "dbgstat";
	if (!json_has(td, "dbgstat"))
		return ERR_OK;
	if (json_str(td, "dbgstat", &dbgstat) != ERR_OK)
		return ERR_VALUE;
	return slice_is(dbgstat, "disabled") ==
			       ((attributes & TD_ATTR_DEBUG) == 0)
		       ? ERR_OK
		       : ERR_MISMATCH;
}

static enum err read_advisories(struct json td, struct tcb_advisories *out,
				const char **what)
{
	struct json list;
	struct slice id;
	enum err e;

	*what = "attester_advisory_ids";
	if (!json_has(td, *what))
		return ERR_OK;
	e = json_array(td, *what, &list);
	if (e != ERR_OK)
		return e;
	for (struct json x = json_first(list); e == ERR_OK && x.node != NULL;
	     x = json_next(x)) {
		if (out->n == COUNT(out->id))
			return ERR_LIMIT;
		e = json_as_str(x, &id);
		if (e == ERR_OK && !name_ok(id))
			e = ERR_VALUE; /* it will be printed */
		if (e == ERR_OK)
			e = slice_cstr(id, out->id[out->n], sizeof *out->id);
		if (e == ERR_OK)
			out->n++;
	}
	return e;
}

/* Later tokens state the date of the TCB level as well. */
static enum err read_date(struct json td, int64_t *out, const char **what)
{
	struct slice s;
	int64_t ms = 0;
	enum err e;

	*what = "attester_tcb_date";
	if (!json_has(td, *what))
		return ERR_OK;
	e = json_str(td, *what, &s);
	if (e == ERR_OK)
		e = rfc3339_parse(s, &ms);
	if (e == ERR_OK)
		*out = ms / 1000;
	return e;
}

static enum err read_status(struct json td, struct ita_claims *c,
			    const char **what)
{
	struct slice s;
	enum err e;

	*what = "attester_type";
	e = json_str(td, "attester_type", &s);
	if (e == ERR_OK && !slice_is(s, "TDX"))
		e = ERR_UNSUPP;
	if (e != ERR_OK)
		return e;
	*what = "attester_tcb_status";
	e = json_str(td, "attester_tcb_status", &s);
	if (e == ERR_OK)
		e = tcb_status_parse(s, &c->tcb_status);
	if (e == ERR_OK)
		e = read_date(td, &c->tcb_date_s, what);
	return e == ERR_OK ? read_advisories(td, &c->advisories, what) : e;
}

static enum err get_b64(struct arena *a, struct json v, const char *key,
			struct slice *out)
{
	struct slice text;
	uint8_t *bytes;
	struct wr w;
	enum err e = json_str(v, key, &text);

	if (e != ERR_OK)
		return e;
	bytes = arena_alloc(a, text.len + 1);
	if (bytes == NULL)
		return ERR_SPACE;
	w = wr_over(bytes, text.len);
	e = b64_decode(text, &w);
	if (e == ERR_OK)
		*out = wr_slice(&w);
	return e;
}

enum err ita_nonce_read(struct arena *a, struct json v, struct ita_nonce *out,
			const char **what)
{
	struct ita_nonce n = { 0 };
	const struct {
		const char *key;
		struct slice *to;
	} parts[] = {
		{ "val", &n.val },
		{ "iat", &n.iat },
		{ "signature", &n.signature },
	};

	for (size_t i = 0; i < COUNT(parts); i++) {
		enum err e = get_b64(a, v, parts[i].key, parts[i].to);

		*what = parts[i].key;
		if (e != ERR_OK)
			return e;
		if (parts[i].to->len > ITA_MAX_NONCE)
			return ERR_LIMIT;
	}
	*what = n.val.len == 0 ? "val" : "iat";
	if (n.val.len == 0 || n.iat.len == 0)
		return ERR_VALUE;
	*out = n;
	return ERR_OK;
}

static enum err read_bound(struct arena *a, struct json td,
			   struct ita_claims *c, const char **what)
{
	const char *part = "";
	struct json nonce;
	enum err e = ERR_OK;

	*what = "verifier_nonce";
	c->has_nonce = json_has(td, "verifier_nonce");
	if (c->has_nonce) {
		e = json_object(td, "verifier_nonce", &nonce);
		if (e == ERR_OK)
			e = ita_nonce_read(a, nonce, &c->nonce, &part);
	}
	if (e != ERR_OK)
		return e;
	*what = "attester_held_data";
	c->has_held = json_has(td, "attester_held_data");
	return c->has_held ? get_b64(a, td, "attester_held_data", &c->held)
			   : ERR_OK;
}

static enum err read_quote_digest(struct json td, struct ita_claims *c,
				  const char **what)
{
	struct json collateral;
	enum err e;

	*what = "tdx_collateral";
	if (!json_has(td, "tdx_collateral"))
		return ERR_OK;
	e = json_object(td, "tdx_collateral", &collateral);
	if (e != ERR_OK)
		return e;
	*what = "quotehash";
	c->has_quote = json_has(collateral, "quotehash");
	return c->has_quote ? json_hex(collateral, "quotehash", c->quote_sha256,
				       sizeof c->quote_sha256)
			    : ERR_OK;
}

/* The service's own policies, beside "tdx" in version 2. It writes null for
 * none. */
static enum err read_matched(struct json claims, struct ita_claims *c,
			     const char **what)
{
	struct json list;
	enum err e;

	*what = "policy_ids_matched";
	if (json_get(claims, *what, &list) != ERR_OK || json_is_null(list))
		return ERR_OK;
	if (!json_is_array(list))
		return ERR_VALUE;
	for (struct json x = json_first(list); x.node != NULL;
	     x = json_next(x)) {
		if (c->n_matched == COUNT(c->matched))
			return ERR_LIMIT;
		e = json_str(x, "id", &c->matched[c->n_matched]);
		if (e != ERR_OK)
			return e;
		c->n_matched++;
	}
	return ERR_OK;
}

enum err ita_claims_read(struct arena *a, const struct jwt *t,
			 struct ita_claims *out, const char **what)
{
	struct ita_claims c = { .body.type = QUOTE_BODY_TD10 };
	struct json td;
	enum err e = find_td(t->claims, &td, what);

	if (e == ERR_OK)
		e = read_status(td, &c, what);
	if (e == ERR_OK)
		e = read_registers(td, &c.body, what);
	if (e == ERR_OK)
		e = check_flags(td, c.body.td_attributes, what);
	if (e == ERR_OK)
		e = read_bound(a, td, &c, what);
	if (e == ERR_OK)
		e = read_quote_digest(td, &c, what);
	if (e == ERR_OK)
		e = read_matched(t->claims, &c, what);
	if (e == ERR_OK)
		*out = c;
	return e;
}
