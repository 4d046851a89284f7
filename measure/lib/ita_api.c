#include "measure/lib/ita_api.h"

#include <string.h>

static const struct {
	const char *name, *nonce, *attest;
} versions[ITA_NVERSIONS] = {
	[ITA_V1] = { "v1", "/appraisal/v1/nonce", "/appraisal/v1/attest" },
	[ITA_V2] = { "v2", "/appraisal/v2/nonce", "/appraisal/v2/attest" },
};

enum err ita_version_parse(struct slice name, enum ita_version *out)
{
	for (int i = 0; i < ITA_NVERSIONS; i++) {
		if (!slice_is(name, versions[i].name))
			continue;
		*out = (enum ita_version)i;
		return ERR_OK;
	}
	return ERR_UNSUPP;
}

const char *ita_nonce_path(enum ita_version v)
{
	return versions[v].nonce;
}

const char *ita_attest_path(enum ita_version v)
{
	return versions[v].attest;
}

bool ita_policy_id_ok(struct slice id)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	if (id.len != ITA_POLICY_ID)
		return false;
	for (size_t i = 0; i < id.len; i++) {
		uint8_t c = id.ptr[i];
		bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');

		if (form[i] == 'x' ? !hex : c != '-')
			return false;
	}
	return true;
}

static enum err check_request(const struct ita_request *r)
{
	if (r->quote.len == 0)
		return ERR_MISSING;
	if (r->n_policy_ids > ITA_MAX_POLICIES)
		return ERR_LIMIT;
	for (size_t i = 0; i < r->n_policy_ids; i++) {
		if (!ita_policy_id_ok(r->policy_ids[i]))
			return ERR_VALUE;
		for (size_t k = 0; k < i; k++)
			if (slice_eq(r->policy_ids[i], r->policy_ids[k]))
				return ERR_DUPLICATE;
	}
	if (r->policy_must_match && r->n_policy_ids == 0)
		return ERR_STATE;
	if (r->has_alg && r->alg != JWT_RS256 && r->alg != JWT_PS384)
		return ERR_UNSUPP;
	return ERR_OK;
}

static void put_bytes(struct jw *j, const char *key, struct slice bytes)
{
	if (bytes.len > 0)
		jw_kb64(j, key, bytes);
}

void ita_nonce_write(struct jw *j, const struct ita_nonce *n)
{
	jw_open(j, '{');
	jw_kb64(j, "iat", n->iat);
	jw_kb64(j, "signature", n->signature);
	jw_kb64(j, "val", n->val);
	jw_close(j);
}

static void put_nonce(struct jw *j, const struct ita_nonce *n)
{
	if (n == NULL)
		return;
	jw_key(j, "verifier_nonce");
	ita_nonce_write(j, n);
}

static void put_policies(struct jw *j, const struct ita_request *r)
{
	if (r->n_policy_ids == 0)
		return;
	jw_key(j, "policy_ids");
	jw_open(j, '[');
	for (size_t i = 0; i < r->n_policy_ids; i++)
		jw_slice(j, r->policy_ids[i]);
	jw_close(j);
	jw_kbool(j, "policy_must_match", r->policy_must_match);
}

static void put_alg(struct jw *j, const struct ita_request *r)
{
	if (r->has_alg)
		jw_kstr(j, "token_signing_alg", jwt_alg_name(r->alg));
}

static void put_v1(struct jw *j, const struct ita_request *r)
{
	put_bytes(j, "event_log", r->event_log);
	put_policies(j, r);
	put_bytes(j, "quote", r->quote);
	put_bytes(j, "runtime_data", r->runtime_data);
	put_alg(j, r);
	put_bytes(j, "user_data", r->user_data);
	put_nonce(j, r->nonce);
}

static void put_v2(struct jw *j, const struct ita_request *r)
{
	put_policies(j, r);
	jw_key(j, "tdx");
	jw_open(j, '{');
	put_bytes(j, "event_log", r->event_log);
	put_bytes(j, "quote", r->quote);
	put_bytes(j, "runtime_data", r->runtime_data);
	put_bytes(j, "user_data", r->user_data);
	put_nonce(j, r->nonce);
	jw_close(j);
	put_alg(j, r);
}

enum err ita_request_write(const struct ita_request *r, struct wr *w)
{
	size_t start = w->len;
	enum err e = check_request(r);
	struct jw j;

	if (e != ERR_OK)
		return e;
	jw_init(&j, w);
	jw_open(&j, '{');
	if (r->version == ITA_V1)
		put_v1(&j, r);
	else
		put_v2(&j, r);
	jw_close(&j);
	e = jw_end(&j);
	if (e == ERR_OK && w->len - start > ITA_MAX_REQUEST)
		return ERR_LIMIT;
	return e;
}

static enum err parse_object(struct arena *a, struct slice in, struct json *out,
			     const char **what)
{
	enum err e;

	*what = "";
	if (in.len > ITA_MAX_ANSWER)
		return ERR_LIMIT;
	e = json_parse(a, in, out);
	return e == ERR_OK && !json_is_object(*out) ? ERR_VALUE : e;
}

enum err ita_nonce_parse(struct arena *a, struct slice in,
			 struct ita_nonce *out, const char **what)
{
	struct json v;
	enum err e = parse_object(a, in, &v, what);

	return e == ERR_OK ? ita_nonce_read(a, v, out, what) : e;
}

static bool is_compact(struct slice token)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz0123456789-_";
	size_t dots = 0, part = 0;

	for (size_t i = 0; i < token.len; i++) {
		uint8_t c = token.ptr[i];

		if (c == '.') {
			if (part == 0)
				return false;
			dots++;
			part = 0;
		} else if (memchr(set, c, sizeof set - 1) != NULL) {
			part++;
		} else {
			return false;
		}
	}
	return dots == 2 && part > 0;
}

enum err ita_token_parse(struct arena *a, struct slice in, struct slice *out,
			 const char **what)
{
	struct slice token;
	struct json v;
	enum err e = parse_object(a, in, &v, what);

	if (e != ERR_OK)
		return e;
	*what = "token";
	e = json_str(v, "token", &token);
	if (e != ERR_OK)
		return e;
	if (!is_compact(token))
		return ERR_VALUE;
	*out = token;
	return ERR_OK;
}

void ita_error_text(struct arena *a, struct slice in,
		    char out[static ITA_ERROR_TEXT])
{
	static const char *const names[] = { "error", "message", "detail" };
	const char *what = "";
	struct slice text;
	struct json v;

	out[0] = '\0';
	if (parse_object(a, in, &v, &what) != ERR_OK)
		return;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (json_str(v, names[i], &text) != ERR_OK)
			continue;
		if (text.len >= ITA_ERROR_TEXT)
			text.len = ITA_ERROR_TEXT - 1;
		for (size_t k = 0; k < text.len; k++)
			out[k] = text.ptr[k] < ' ' || text.ptr[k] > '~'
					 ? '?'
					 : (char)text.ptr[k];
		out[text.len] = '\0';
		return;
	}
}
