/* api_admin.c - the routes about what is trusted, and by what it was decided.
 */
#include <string.h>

#include "host-launcher/plane/api.h"
#include "lib/text.h"

/* ---- trust ---- */

static void list_trusted(struct call *c, bool whole)
{
	struct jw j;

	jw_init(&j, &c->res->body);
	call_finish(c, store_trusted(c->p->store, whole, &j), &j);
}

/* For everybody: no notes, which are the admin's. */
void get_trusted(struct call *c)
{
	list_trusted(c, false);
}

void get_trusted_whole(struct call *c)
{
	list_trusted(c, true);
}

/* 96 hex digits in lower case, so that one value has one spelling. */
static bool mrtd_ok(struct slice s, char out[static 97])
{
	uint8_t b[SHA384_LEN];

	if (hex_decode(s, b, sizeof b) != ERR_OK)
		return false;
	hex_encode((struct slice){ b, sizeof b }, out);
	return true;
}

void post_trusted(struct call *c)
{
	static const char *const known[] = { "mrtd", "note", "type", NULL };
	struct arena a = arena_over(c->p->arena_mem, PLANE_JSON_ARENA);
	struct slice mrtd, type, note = str_slice("");
	char hex[97], ty[8], no[256];
	const char *which;
	struct json body;
	enum err e;

	if (json_parse(&a, c->req->body, &body) != ERR_OK ||
	    json_only(body, known, &which) != ERR_OK ||
	    json_str(body, "mrtd", &mrtd) != ERR_OK || !mrtd_ok(mrtd, hex) ||
	    json_str(body, "type", &type) != ERR_OK ||
	    (!slice_is(type, "agent") && !slice_is(type, "proxy")) ||
	    slice_cstr(type, ty, sizeof ty) != ERR_OK) {
		call_fail(c, 400, "invalid_input",
			  "the body wants \"mrtd\" (96 hex digits), \"type\" "
			  "(agent or proxy) and, if you like, \"note\"");
		return;
	}
	e = json_str(body, "note", &note);
	if ((e != ERR_OK && e != ERR_MISSING) ||
	    slice_cstr(note, no, sizeof no) != ERR_OK) {
		call_fail(c, 400, "invalid_input",
			  "\"note\" is a text of at most 255 bytes");
		return;
	}
	e = store_trust_mrtd(c->p->store, hex, ty, no, c->now_s);
	if (e != ERR_OK) {
		call_fail_store(c, e);
		return;
	}
	recheck_start(c->p, c->now_s);
	list_trusted(c, true);
}

void get_events(struct call *c)
{
	struct jw j;

	jw_init(&j, &c->res->body);
	call_finish(c, store_events(c->p->store, 100, &j), &j);
}

void get_collateral(struct call *c)
{
	struct jw j;

	jw_init(&j, &c->res->body);
	call_finish(c, store_collateral_json(c->p->store, c->now_s, &j), &j);
}

/* The rules in force: their summary, and the file as it was read, as a text, so
 * that its SHA-256 can be checked. */
void get_policy(struct call *c)
{
	struct slice text = rules_text(&c->p->rules);
	uint8_t mem[JUDGE_RULES];
	struct wr w = wr_over(mem, sizeof mem);
	struct jw j;

	judge_rules(c->p, &w);
	jw_init(&j, &c->res->body);
	jw_open(&j, '{');
	jw_key(&j, "file");
	if (text.len == 0)
		jw_null(&j);
	else
		jw_slice(&j, text);
	jw_key(&j, "rules");
	jw_raw(&j, wr_slice(&w));
	jw_close(&j);
	call_finish(c, wr_end(&w), &j);
}

/* What a verdict was reached with, byte for byte: its digest is in the record
 * of the verdict. */
void get_verdict_input(struct call *c)
{
	uint8_t digest[SHA256_LEN];
	char hex[2 * SHA256_LEN + 1];
	struct slice v;
	enum err e;

	if (http_query(c->req->query, "sha256", &v) != ERR_OK ||
	    hex_decode(v, digest, sizeof digest) != ERR_OK) {
		call_fail(c, 400, "invalid_input",
			  "query parameter sha256: 64 hex digits");
		return;
	}
	hex_encode((struct slice){ digest, sizeof digest }, hex);
	e = store_input(c->p->store, hex, &c->res->body);
	if (e == ERR_MISSING)
		call_fail(c, 404, "not_found",
			  "nothing that was accepted rests on this");
	else if (e != ERR_OK)
		call_fail_store(c, e);
	else
		c->res->status = 200;
}
