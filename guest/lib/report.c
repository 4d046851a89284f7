#include "lib/report.h"

#include <string.h>

#include "lib/text.h"

static const int64_t max_int = 9007199254740991; /* 2^53 - 1, json.h */

/* ---- what a report consists of ---- */

enum object {
	BODY,
	ATTESTATION,
	TIME,
	WINDOW,
	OTHER,
	OBJECTS
};

enum kind {
	NAME,   /* name_ok() */
	HASH,   /* SHA-384, lower-case hex */
	BASE64, /* not empty */
	COUNT,  /* integer from 0 */
	FIRST,  /* integer from 1 */
	VERSION,
	BOOL,
	STATUS,
	INSTANT, /* RFC 3339 as rfc3339_format() writes it */
	OBJECT,
};

/* Every member is required and there are no others. An object stands before its
 * own members. */
static const struct member {
	enum object in;
	const char *key, *what;
	enum kind kind;
	enum object opens;
} members[] = {
	{ BODY, "version", "report.version", VERSION, OTHER },
	{ BODY, "agent_id", "report.agent_id", NAME, OTHER },
	{ BODY, "attestation", "report.attestation", OBJECT, ATTESTATION },
	{ ATTESTATION, "binding", "report.attestation.binding", OBJECT, OTHER },
	{ ATTESTATION, "provider", "report.attestation.provider", NAME, OTHER },
	{ ATTESTATION, "quote", "report.attestation.quote", BASE64, OTHER },
	{ BODY, "campaign_id", "report.campaign_id", NAME, OTHER },
	{ BODY, "config_sha384", "report.config_sha384", HASH, OTHER },
	{ BODY, "exchange", "report.exchange", NAME, OTHER },
	{ BODY, "inputs_sha384", "report.inputs_sha384", HASH, OTHER },
	{ BODY, "job_id", "report.job_id", NAME, OTHER },
	{ BODY, "job_type", "report.job_type", NAME, OTHER },
	{ BODY, "metrics", "report.metrics", OBJECT, OTHER },
	{ BODY, "outputs_sha384", "report.outputs_sha384", HASH, OTHER },
	{ BODY, "pair", "report.pair", NAME, OTHER },
	{ BODY, "previous_sha384", "report.previous_sha384", HASH, OTHER },
	{ BODY, "sequence", "report.sequence", FIRST, OTHER },
	{ BODY, "simulated", "report.simulated", BOOL, OTHER },
	{ BODY, "status", "report.status", STATUS, OTHER },
	{ BODY, "time", "report.time", OBJECT, TIME },
	{ TIME, "bound_ms", "report.time.bound_ms", COUNT, OTHER },
	{ TIME, "source", "report.time.source", NAME, OTHER },
	{ BODY, "vm_name", "report.vm_name", NAME, OTHER },
	{ BODY, "window", "report.window", OBJECT, WINDOW },
	{ WINDOW, "from", "report.window.from", INSTANT, OTHER },
	{ WINDOW, "to", "report.window.to", INSTANT, OTHER },
};

enum {
	MEMBERS = sizeof members / sizeof *members
};

static bool status_ok(struct slice s)
{
	return slice_is(s, "running") || slice_is(s, "stopped") ||
	       slice_is(s, "failed");
}

/* ---- writing ---- */

static bool fields_ok(const struct report_fields *f)
{
	const char *const names[] = {
		f->agent_id, f->campaign_id, f->exchange,
		f->job_id,   f->job_type,    f->pair,
		f->vm_name,  f->time_source, f->provider
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!name_ok(str_slice(names[i])))
			return false;
	return status_ok(str_slice(f->status)) && f->sequence >= 1 &&
	       f->sequence <= (uint64_t)max_int &&
	       f->time_bound_ms <= (uint64_t)max_int && f->from_ms >= 0 &&
	       f->from_ms <= f->to_ms && f->quote.len > 0;
}

static struct slice hash(const uint8_t h[static SHA384_LEN])
{
	return (struct slice){ h, SHA384_LEN };
}

static void write_attestation(struct jw *j, const struct report_fields *f)
{
	jw_open(j, '{');
	jw_key(j, "binding");
	binding_write(j, f->binding);
	jw_kstr(j, "provider", f->provider);
	jw_kb64(j, "quote", f->quote);
	jw_close(j);
}

static void write_window(struct jw *j, const struct report_fields *f)
{
	char text[RFC3339_LEN + 1];

	jw_open(j, '{');
	rfc3339_format(f->from_ms, text);
	jw_kstr(j, "from", text);
	rfc3339_format(f->to_ms, text);
	jw_kstr(j, "to", text);
	jw_close(j);
}

static void write_body(struct jw *j, const struct report_fields *f)
{
	jw_open(j, '{');
	jw_kstr(j, "agent_id", f->agent_id);
	jw_key(j, "attestation");
	write_attestation(j, f);
	jw_kstr(j, "campaign_id", f->campaign_id);
	jw_khex(j, "config_sha384", hash(f->binding->config_sha384));
	jw_kstr(j, "exchange", f->exchange);
	jw_khex(j, "inputs_sha384", hash(f->inputs_sha384));
	jw_kstr(j, "job_id", f->job_id);
	jw_kstr(j, "job_type", f->job_type);
	jw_key(j, "metrics");
	jw_raw(j, f->metrics);
	jw_khex(j, "outputs_sha384", hash(f->outputs_sha384));
	jw_kstr(j, "pair", f->pair);
	jw_khex(j, "previous_sha384", hash(f->previous_sha384));
	jw_ki64(j, "sequence", (int64_t)f->sequence);
	jw_kbool(j, "simulated", f->simulated);
	jw_kstr(j, "status", f->status);
	jw_key(j, "time");
	jw_open(j, '{');
	jw_ki64(j, "bound_ms", (int64_t)f->time_bound_ms);
	jw_kstr(j, "source", f->time_source);
	jw_close(j);
	jw_ki64(j, "version", 1);
	jw_kstr(j, "vm_name", f->vm_name);
	jw_key(j, "window");
	write_window(j, f);
	jw_close(j);
}

enum err report_write(const struct report_fields *f, const struct p256_key *key,
		      struct wr *out, uint8_t digest[static SHA384_LEN])
{
	uint8_t sig[P256_SIG_LEN], d[SHA384_LEN];
	size_t start;
	struct jw j;
	enum err e;

	if (!fields_ok(f))
		return ERR_VALUE;
	jw_init(&j, out);
	jw_open(&j, '{');
	jw_key(&j, "report");
	start = out->len;
	write_body(&j, f);
	if (wr_end(out) != ERR_OK)
		return wr_end(out);
	sha384((struct slice){ out->buf + start, out->len - start }, d);
	e = p256_sign(key, &br_sha384_vtable, d, sig);
	if (e != ERR_OK)
		return e;
	jw_khex(&j, "sha384", hash(d));
	jw_kb64(&j, "signature", (struct slice){ sig, sizeof sig });
	jw_close(&j);
	e = jw_end(&j);
	if (e == ERR_OK)
		memcpy(digest, d, SHA384_LEN);
	return e;
}

/* ---- reading ---- */

static bool instant_ok(struct slice s)
{
	char text[RFC3339_LEN + 1];
	int64_t ms;

	if (rfc3339_parse(s, &ms) != ERR_OK)
		return false;
	rfc3339_format(ms, text);
	return slice_is(s, text);
}

/* Only the characters and their number: what they say is the next step's. */
static bool base64_ok(struct slice s)
{
	struct wr none = wr_over(NULL, 0);

	/* A good one that holds anything fails for want of space alone. */
	return b64_decode(s, &none) == ERR_SPACE;
}

static enum err check_string(struct json v, const struct member *m)
{
	uint8_t digest[SHA384_LEN];
	struct slice s;
	enum err e;
	bool fits;

	if (m->kind == HASH)
		return json_hex(v, m->key, digest, sizeof digest);
	e = json_str(v, m->key, &s);
	if (e != ERR_OK)
		return e;
	if (m->kind == NAME)
		fits = name_ok(s);
	else if (m->kind == STATUS)
		fits = status_ok(s);
	else if (m->kind == INSTANT)
		fits = instant_ok(s);
	else
		fits = base64_ok(s);
	return fits ? ERR_OK : ERR_VALUE;
}

static enum err check_member(struct json v, const struct member *m,
			     struct json *opened)
{
	int64_t n;
	bool b;

	switch (m->kind) {
	case COUNT:
		return json_int(v, m->key, 0, max_int, &n);
	case FIRST:
		return json_int(v, m->key, 1, max_int, &n);
	case VERSION:
		return json_int(v, m->key, 1, 1, &n);
	case BOOL:
		return json_bool(v, m->key, &b);
	case OBJECT:
		return json_object(v, m->key, opened);
	case NAME:
	case HASH:
	case BASE64:
	case STATUS:
	case INSTANT:
		break;
	}
	return check_string(v, m);
}

/* All members are there and fit, and none is there besides. */
static enum err check_body(struct json body, const char **what)
{
	static const char *const names[OBJECTS] = {
		"report",
		"report.attestation",
		"report.time",
		"report.window",
	};
	struct json at[OBJECTS] = { [BODY] = body };
	size_t count[OBJECTS] = { 0 };

	for (size_t i = 0; i < MEMBERS; i++) {
		const struct member *m = &members[i];
		enum err e = check_member(at[m->in], m, &at[m->opens]);

		*what = m->what;
		if (e != ERR_OK)
			return e;
		count[m->in]++;
	}
	for (size_t i = BODY; i < OTHER; i++) {
		*what = names[i];
		if (json_count(at[i]) != count[i])
			return ERR_UNKNOWN;
	}
	return ERR_OK;
}

/* The file must be what the canonical writer makes of it: one report has one
 * digest, and no reader can see another one in it. */
static enum err check_form(struct arena *a, struct slice in, struct json file)
{
	size_t used = a->used;
	uint8_t *buf = arena_alloc(a, in.len + 1);
	struct wr w;
	bool same;

	if (buf == NULL)
		return ERR_SPACE;
	w = wr_over(buf, in.len + 1);
	json_write(&w, file);
	same = wr_end(&w) == ERR_OK && slice_eq(wr_slice(&w), in);
	a->used = used;
	return same ? ERR_OK : ERR_VALUE;
}

/* The digest over the raw bytes, then the signature under the key that the
 * report itself names: whether a quote binds that key is the next step. */
static enum err check_seal(struct json file, struct report *r,
			   const char **what)
{
	uint8_t claimed[SHA384_LEN], sig[P256_SIG_LEN];
	struct wr w = wr_over(sig, sizeof sig);
	struct json attestation, binding;
	struct slice text;
	enum err e;

	*what = "sha384";
	e = json_hex(file, *what, claimed, sizeof claimed);
	if (e != ERR_OK)
		return e;
	sha384(r->raw, r->sha384);
	if (!ct_eq(claimed, r->sha384, sizeof claimed))
		return ERR_MISMATCH;
	*what = "report.attestation";
	e = json_object(r->body, "attestation", &attestation);
	if (e != ERR_OK)
		return e;
	*what = "report.attestation.binding";
	e = json_object(attestation, "binding", &binding);
	if (e == ERR_OK)
		e = binding_read(binding, &r->binding);
	if (e != ERR_OK)
		return e;
	*what = "signature";
	e = json_str(file, *what, &text);
	if (e != ERR_OK)
		return e;
	if (b64_decode(text, &w) != ERR_OK || w.len != sizeof sig)
		return ERR_VALUE;
	return p256_verify(r->binding.report_pub, r->sha384, SHA384_LEN, sig);
}

static enum err read_file(struct arena *a, struct slice in, struct report *r,
			  const char **what)
{
	static const char *const known[] = { "report", "sha384", "signature",
					     NULL };
	struct json file, attestation;
	const char *which;
	enum err e;

	*what = "";
	if (in.len > LIMIT_REPORT_BYTES)
		return ERR_LIMIT;
	e = json_parse(a, in, &file);
	if (e == ERR_OK)
		e = json_is_object(file) ? json_only(file, known, &which)
					 : ERR_VALUE;
	if (e == ERR_OK)
		e = check_form(a, in, file);
	if (e != ERR_OK)
		return e;
	*what = "report";
	e = json_object(file, *what, &r->body);
	if (e == ERR_OK)
		e = json_raw(in, *what, &r->raw);
	if (e == ERR_OK)
		e = check_seal(file, r, what);
	if (e == ERR_OK)
		e = check_body(r->body, what);
	if (e == ERR_OK)
		e = json_bool(r->body, "simulated", &r->simulated);
	if (e == ERR_OK)
		e = json_object(r->body, "attestation", &attestation);
	if (e == ERR_OK)
		e = json_str(attestation, "quote", &r->quote_b64);
	return e;
}

enum err report_read(struct arena *a, struct slice in, struct report *out,
		     const char **what)
{
	struct report r;
	enum err e = read_file(a, in, &r, what);

	if (e != ERR_OK)
		return e;
	*out = r;
	*what = "";
	return ERR_OK;
}
