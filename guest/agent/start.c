#include "agent/start.h"

#include <stdio.h>
#include <string.h>

#include "lib/proto.h"
#include "lib/text.h"

enum {
	ASSET_MAX = 20
};

static const char *const members[] = { "campaign_id", "credentials",
				       "exchange",    "job_type",
				       "pair",        "parameters",
				       NULL };
static const char *const sealed_members[] = { "ciphertext", "enc", NULL };
static const char *const credential_members[] = { "api_key", "api_secret",
						  NULL };

/* The field may be a key out of the request, so it is made harmless. */
static enum err bad(struct start_error *why, const char *field, enum err e,
		    const char *problem)
{
	snprintf(why->field, sizeof(why->field), "%s", field);
	for (char *c = why->field; *c != '\0'; c++)
		if (*c < '!' || *c > '~')
			*c = '?';
	why->problem = problem != NULL ? problem : err_text(e);
	return e;
}

bool pair_ok(struct slice s)
{
	size_t run = 0, slashes = 0;

	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.ptr[i];

		if (c == '/' && run > 0) {
			slashes++;
			run = 0;
		} else if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) {
			run++;
		} else {
			return false;
		}
		if (run > ASSET_MAX)
			return false;
	}
	return slashes == 1 && run > 0;
}

/* A member that is a name, copied into out[LIMIT_NAME_BYTES + 1]. */
static enum err get_name(struct json v, const char *key, char *out,
			 struct start_error *why)
{
	struct slice s;
	enum err e = json_str(v, key, &s);

	if (e != ERR_OK)
		return bad(why, key, e, NULL);
	if (!name_ok(s))
		return bad(why, key, ERR_VALUE, "not a name");
	e = slice_cstr(s, out, LIMIT_NAME_BYTES + 1);
	return e == ERR_OK ? e : bad(why, key, e, NULL);
}

static enum err get_names(struct json v, struct start_request *out,
			  struct start_error *why)
{
	enum err e = get_name(v, "campaign_id", out->campaign_id, why);

	if (e == ERR_OK)
		e = get_name(v, "exchange", out->exchange, why);
	if (e == ERR_OK)
		e = get_name(v, "pair", out->pair, why);
	if (e == ERR_OK && !pair_ok(str_slice(out->pair)))
		e = bad(why, "pair", ERR_VALUE, "not BASE/QUOTE");
	return e;
}

static enum err get_venue(const struct config *cfg, struct start_request *out,
			  struct start_error *why)
{
	for (size_t i = 0; i < cfg->nvenues; i++)
		if (strcmp(cfg->venues[i].name, out->exchange) == 0) {
			out->venue = &cfg->venues[i];
			return ERR_OK;
		}
	return bad(why, "exchange", ERR_VALUE, "no such venue in the config");
}

static enum err get_type(struct json v, const struct job_type *types,
			 struct start_request *out, struct start_error *why)
{
	struct slice s;
	enum err e = json_str(v, "job_type", &s);

	if (e != ERR_OK)
		return bad(why, "job_type", e, NULL);
	out->type = job_type_find(types, s);
	if (out->type == NULL)
		return bad(why, "job_type", ERR_VALUE, "no such job type");
	return ERR_OK;
}

static enum err get_parameters(struct json v, struct start_request *out,
			       struct start_error *why)
{
	struct wr w = wr_over(out->parameters, LIMIT_JOB_PARAMS);
	char field[sizeof(why->field)];
	const char *key = "";
	struct json p;
	enum err e = json_object(v, "parameters", &p);

	if (e != ERR_OK)
		return bad(why, "parameters", e, NULL);
	e = out->type->check(p, &key);
	if (e != ERR_OK) {
		snprintf(field, sizeof(field), "parameters%s%.60s",
			 key[0] != '\0' ? "." : "", key);
		return bad(why, field, e, NULL);
	}
	json_write(&w, p);
	e = wr_end(&w);
	if (e != ERR_OK)
		return bad(why, "parameters", e == ERR_SPACE ? ERR_LIMIT : e,
			   NULL);
	out->parameters[w.len] = '\0';
	return ERR_OK;
}

static enum err get_b64(struct json v, const char *key, struct wr *out)
{
	struct slice s;
	enum err e = json_str(v, key, &s);

	return e == ERR_OK ? b64_decode(s, out) : e;
}

static enum err get_sealed(struct json v, struct start_request *out,
			   struct start_error *why)
{
	struct wr enc = wr_over(out->enc, sizeof(out->enc));
	struct wr ct = wr_over(out->sealed, sizeof(out->sealed));
	const char *key = "";
	struct json c;
	enum err e = json_object(v, "credentials", &c);

	if (e != ERR_OK)
		return bad(why, "credentials", e, NULL);
	e = json_only(c, sealed_members, &key);
	if (e != ERR_OK)
		return bad(why, "credentials", e, NULL);
	e = get_b64(c, "enc", &enc);
	if (e == ERR_OK && enc.len != HPKE_ENC_LEN)
		e = ERR_VALUE;
	if (e != ERR_OK)
		return bad(why, "credentials.enc", e, NULL);
	e = get_b64(c, "ciphertext", &ct);
	if (e != ERR_OK)
		return bad(why, "credentials.ciphertext", e, NULL);
	out->sealed_len = ct.len;
	return ERR_OK;
}

/* The request's digest, over the canonical form without its credentials. */
static enum err digest(struct start_request *r)
{
	uint8_t buf[START_CANONICAL_BYTES];
	struct wr w = wr_over(buf, sizeof(buf));
	struct jw j;
	enum err e;

	jw_init(&j, &w);
	jw_open(&j, '{');
	jw_kstr(&j, "campaign_id", r->campaign_id);
	jw_kstr(&j, "exchange", r->exchange);
	jw_kstr(&j, "job_type", r->type->name);
	jw_kstr(&j, "pair", r->pair);
	jw_key(&j, "parameters");
	jw_raw(&j, str_slice(r->parameters));
	jw_close(&j);
	e = jw_end(&j);
	if (e == ERR_OK)
		sha384(wr_slice(&w), r->sha384);
	return e;
}

enum err start_parse(struct arena *a, struct slice body,
		     const struct config *cfg, const struct job_type *types,
		     struct start_request *out, struct start_error *why)
{
	const char *key = "";
	struct json v;
	enum err e = json_parse(a, body, &v);

	if (e != ERR_OK)
		return bad(why, "", e, NULL);
	if (!json_is_object(v))
		return bad(why, "", ERR_VALUE, "not a JSON object");
	e = json_only(v, members, &key);
	if (e != ERR_OK)
		return bad(why, key, e, NULL);
	memset(out, 0, sizeof(*out));
	e = get_names(v, out, why);
	if (e == ERR_OK)
		e = get_venue(cfg, out, why);
	if (e == ERR_OK)
		e = get_type(v, types, out, why);
	if (e == ERR_OK)
		e = get_parameters(v, out, why);
	if (e == ERR_OK)
		e = get_sealed(v, out, why);
	if (e != ERR_OK)
		return e;
	e = digest(out);
	return e == ERR_OK ? e : bad(why, "", e, NULL);
}

static bool printable(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] < '!' || s.ptr[i] > '~')
			return false;
	return s.len > 0;
}

static enum err get_credential(struct json v, const char *key, char *out)
{
	struct slice s;
	enum err e = json_str(v, key, &s);

	if (e == ERR_OK && !printable(s))
		e = ERR_VALUE;
	return e == ERR_OK ? slice_cstr(s, out, LIMIT_CREDENTIAL_BYTES + 1) : e;
}

static enum err read_credentials(struct arena *a, struct slice plain,
				 struct job_start *out)
{
	const char *key;
	struct json v;
	enum err e = json_parse(a, plain, &v);

	if (e == ERR_OK)
		e = json_only(v, credential_members, &key);
	if (e == ERR_OK)
		e = get_credential(v, "api_key", out->api_key);
	if (e == ERR_OK)
		e = get_credential(v, "api_secret", out->api_secret);
	if (e == ERR_OK)
		return ERR_OK;
	wipe(out->api_key, sizeof(out->api_key));
	wipe(out->api_secret, sizeof(out->api_secret));
	return ERR_VALUE;
}

enum err start_unseal(const struct start_request *r, const struct hpke_key *key,
		      void *mem, size_t mem_len, struct job_start *out)
{
	struct arena a = arena_over(mem, mem_len);
	uint8_t *plain = arena_alloc(&a, START_SEALED_BYTES);
	struct wr w;
	enum err e;

	if (plain == NULL)
		return ERR_SPACE;
	w = wr_over(plain, START_SEALED_BYTES);
	e = hpke_open(key, r->enc, str_slice(SEAL_INFO),
		      (struct slice){ r->sha384, SHA384_LEN },
		      (struct slice){ r->sealed, r->sealed_len }, &w);
	if (e == ERR_TRUNC)
		e = ERR_SIGNATURE;
	if (e == ERR_OK)
		e = read_credentials(&a, wr_slice(&w), out);
	wipe(mem, mem_len);
	return e;
}
