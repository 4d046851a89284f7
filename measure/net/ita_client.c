#include "measure/net/ita_client.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	KEY_PART = 8, /* of the key: so much of it in a text gives it away */
	TRACE_ID = 64,
};

enum err ita_api_key_parse(struct slice in, struct ita_api_key *out)
{
	if (in.len > 0 && in.ptr[in.len - 1] == '\n')
		in.len--;
	if (in.len < ITA_MIN_KEY || in.len > ITA_MAX_KEY)
		return ERR_LIMIT;
	for (size_t i = 0; i < in.len; i++)
		if (in.ptr[i] <= ' ' || in.ptr[i] > '~')
			return ERR_VALUE;
	return slice_cstr(in, out->text, sizeof out->text);
}

bool ita_request_id_ok(const char *id)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t n = strlen(id);

	return n > 0 && n <= ITA_MAX_REQUEST_ID && strspn(id, set) == n;
}

void ita_client_init(struct ita_client *c, const struct web_opts *o,
		     const struct ita_api_key *key)
{
	struct web_opts mine = *o;

	mine.max_body = ITA_MAX_ANSWER;
	mine.buf = c->buf;
	mine.buf_len = sizeof c->buf;
	web_init(&c->web, &mine);
	c->key = *key;
	c->why[0] = '\0';
}

void ita_client_done(struct ita_client *c)
{
	web_done(&c->web);
	wipe(c, sizeof *c);
}

__attribute__((format(printf, 3, 4))) static enum err
explain(struct ita_client *c, enum err e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(c->why, sizeof c->why, fmt, ap);
	va_end(ap);
	return e;
}

/* Whether a server has put the key into its answer, whole or in part. */
static bool gives_key_away(const struct ita_client *c, const char *text)
{
	char part[KEY_PART + 1];

	for (size_t i = 0; i + KEY_PART <= strlen(c->key.text); i++) {
		memcpy(part, c->key.text + i, KEY_PART);
		part[KEY_PART] = '\0';
		if (strstr(text, part) != NULL)
			return true;
	}
	return false;
}

/* What the service says of its refusal, and the name its operators know the
 * request by. */
static enum err refuse(struct ita_client *c, struct http_msg *res,
		       struct arena *a)
{
	struct slice id = http_header(res, "trace-id");
	char said[ITA_ERROR_TEXT], trace[TRACE_ID + 1] = "";

	ita_error_text(a, res->body, said);
	if (id.len > 0 && id.len <= TRACE_ID)
		memcpy(trace, id.ptr, id.len);
	if (gives_key_away(c, said) || gives_key_away(c, trace))
		return explain(c, ERR_REFUSED, "%s", c->web.why);
	return explain(c, ERR_REFUSED, "%s%s%s%s%s%s", c->web.why,
		       said[0] != '\0' ? ": \"" : "", said,
		       said[0] != '\0' ? "\"" : "",
		       trace[0] != '\0' ? ", trace-id " : "", trace);
}

static enum err ask(struct ita_client *c, struct web_request *r,
		    const char *request_id, struct arena *a,
		    struct http_msg *res)
{
	char headers[ITA_MAX_KEY + ITA_MAX_REQUEST_ID + 80];
	enum err e;

	if (request_id != NULL && !ita_request_id_ok(request_id))
		return explain(c, ERR_VALUE, "not a name for a request");
	(void)snprintf(headers, sizeof headers,
		       "Accept: application/json\r\nx-api-key: %s\r\n%s%s%s",
		       c->key.text, request_id != NULL ? "request-id: " : "",
		       request_id != NULL ? request_id : "",
		       request_id != NULL ? "\r\n" : "");
	r->headers = headers;
	c->why[0] = '\0';
	e = web_ask(&c->web, r, res);
	wipe(headers, sizeof headers);
	if (e != ERR_OK)
		return explain(c, e, "%s", c->web.why);
	e = web_need_200(&c->web, res);
	return e == ERR_OK ? e : refuse(c, res, a);
}

/* An answer that is not what it should be. */
static enum err bad_answer(struct ita_client *c, enum err e, const char *kind,
			   const char *what)
{
	return explain(c, e, "%s: the answer is not a %s: %s%s%s",
		       c->web.o.url.host, kind, what,
		       what[0] != '\0' ? ": " : "", err_text(e));
}

enum err ita_client_nonce(struct ita_client *c, enum ita_version v,
			  const char *request_id, struct arena *a,
			  struct ita_nonce *out)
{
	struct web_request r = { .method = "GET", .path = ita_nonce_path(v) };
	const char *what = "";
	struct http_msg res;
	enum err e = ask(c, &r, request_id, a, &res);

	if (e != ERR_OK)
		return e;
	e = ita_nonce_parse(a, res.body, out, &what);
	return e == ERR_OK ? e : bad_answer(c, e, "nonce", what);
}

enum err ita_client_send(struct ita_client *c, enum ita_version v,
			 struct slice body, const char *request_id,
			 struct arena *a, struct slice *out)
{
	struct web_request r = { .method = "POST",
				 .path = ita_attest_path(v),
				 .content_type = "application/json",
				 .body = body };
	const char *what = "";
	struct http_msg res;
	enum err e;

	if (body.len > ITA_MAX_REQUEST)
		return explain(c, ERR_LIMIT, "the request: %s",
			       err_text(ERR_LIMIT));
	e = ask(c, &r, request_id, a, &res);
	if (e != ERR_OK)
		return e;
	e = ita_token_parse(a, res.body, out, &what);
	return e == ERR_OK ? e : bad_answer(c, e, "token", what);
}

enum err ita_client_token(struct ita_client *c, const struct ita_request *r,
			  const char *request_id, struct arena *a,
			  struct slice *out)
{
	struct wr w = wr_over(c->body, sizeof c->body);
	enum err e = ita_request_write(r, &w);

	if (e == ERR_SPACE)
		e = ERR_LIMIT;
	if (e != ERR_OK)
		return explain(c, e, "no such request can be made: %s",
			       err_text(e));
	return ita_client_send(c, r->version, wr_slice(&w), request_id, a, out);
}

enum err ita_jwks_fetch(struct web *w, struct slice *out)
{
	struct web_request r = { .method = "GET",
				 .path = w->o.url.path[0] == '\0' ? "/" : "",
				 .headers = "Accept: application/json\r\n" };
	struct http_msg res;
	enum err e = web_ask(w, &r, &res);

	if (e == ERR_OK)
		e = web_need_200(w, &res);
	if (e == ERR_OK)
		*out = res.body;
	return e;
}
