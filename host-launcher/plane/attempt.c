/* attempt.c - the members of a registration, in the order of the contract. */
#include "host-launcher/plane/attempt.h"

#include <stdio.h>
#include <string.h>

#include "lib/proto.h"
#include "lib/text.h"

/* [a-z0-9][a-z0-9<more>]{0,max-1} */
static bool word_ok(struct slice s, const char *more, size_t max)
{
	if (s.len == 0 || s.len > max)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.ptr[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

		if (!plain && (i == 0 || c == 0 || strchr(more, c) == NULL))
			return false;
	}
	return true;
}

static bool datacenter_ok(struct slice s)
{
	const uint8_t *colon = s.len == 0 ? NULL : memchr(s.ptr, ':', s.len);
	size_t at;

	if (colon == NULL)
		return false;
	at = (size_t)(colon - s.ptr);
	return word_ok((struct slice){ s.ptr, at }, "_-", 32) &&
	       word_ok((struct slice){ colon + 1, s.len - at - 1 }, "._-", 96);
}

static void read_nonce(struct attempt *a, struct json req)
{
	struct slice text;

	if (json_str(req, "nonce", &text) != ERR_OK || text.len == 0) {
		attempt_refuse(a, REASON_NONCE_MISSING, "member \"nonce\"");
		return;
	}
	if (hex_decode(text, a->nonce, NONCE_LEN) != ERR_OK) {
		attempt_refuse(a, REASON_NONCE_UNKNOWN,
			       "a nonce is 64 hexadecimal digits");
		return;
	}
	sha256((struct slice){ a->nonce, NONCE_LEN }, a->nonce_hash);
	a->has_nonce = true;
}

/* A text member that passes `good`, copied; else the attempt is refused. */
static void read_text(struct attempt *a, struct json req, const char *key,
		      bool good(struct slice), char *out, size_t cap)
{
	struct slice s;
	char what[80];

	if (attempt_refused(a))
		return;
	if (json_str(req, key, &s) == ERR_OK && good(s) &&
	    slice_cstr(s, out, cap) == ERR_OK)
		return;
	snprintf(what, sizeof what, "member \"%s\" is missing or malformed",
		 key);
	attempt_refuse(a, REASON_EVIDENCE_MISSING, what);
}

static bool node_size_ok(struct slice s)
{
	return word_ok(s, "_-", 32);
}

static bool version_ok(struct slice s)
{
	return word_ok(s, ".+-", 32);
}

static void read_quote(struct attempt *a, struct json attestation)
{
	struct wr w = wr_over(a->quote_mem, sizeof a->quote_mem);
	struct json tdx;

	if (json_object(attestation, "tdx", &tdx) != ERR_OK ||
	    json_str(tdx, "quote_b64", &a->quote_b64) != ERR_OK ||
	    a->quote_b64.len == 0) {
		attempt_refuse(
			a, REASON_EVIDENCE_MISSING,
			"member \"attestation.tdx.quote_b64\"; this control "
			"plane verifies quotes itself");
		return;
	}
	if (b64_decode(a->quote_b64, &w) != ERR_OK) {
		attempt_refuse(a, REASON_QUOTE_PARSE,
			       "quote_b64 is not base64 of at most 16 KiB");
		return;
	}
	a->quote = wr_slice(&w);
}

static void read_evidence(struct attempt *a, struct json req)
{
	struct json attestation, binding;

	if (attempt_refused(a))
		return;
	if (json_object(req, "attestation", &attestation) != ERR_OK) {
		attempt_refuse(a, REASON_EVIDENCE_MISSING,
			       "member \"attestation\"");
		return;
	}
	read_quote(a, attestation);
	if (attempt_refused(a))
		return;
	if (json_object(attestation, "binding", &binding) != ERR_OK ||
	    binding_read(binding, &a->binding) != ERR_OK)
		attempt_refuse(a, REASON_REPORTDATA,
			       "member \"attestation.binding\" is missing or "
			       "malformed");
}

/* Members that nobody knows are refused; their names, which are the sender's,
 * are repeated only when they are harmless in any log. */
static void check_members(struct attempt *a, struct json req)
{
	static const char *const known[] = { "attestation", "datacenter",
					     "node_size",   "nonce",
					     "version",     "vm_name",
					     NULL };
	const char *which = "";
	char what[120];

	if (attempt_refused(a) || json_only(req, known, &which) == ERR_OK)
		return;
	if (name_ok(str_slice(which)))
		snprintf(what, sizeof what, "unknown member \"%s\"", which);
	else
		snprintf(what, sizeof what, "an unknown member");
	attempt_refuse(a, REASON_EVIDENCE_MISSING, what);
}

/* Whether the nonce was used already is told later, in its place. */
static void check_nonce(struct attempt *a)
{
	enum reason r = REASON_INTERNAL;

	if (attempt_refused(a))
		return;
	if (store_nonce_check(a->p->store, a->nonce_hash, a->vm_name, a->now_s,
			      &r) != ERR_OK)
		r = REASON_INTERNAL;
	a->replayed = r == REASON_NONCE_REPLAY;
	if (r != REASON_OK && !a->replayed)
		attempt_refuse(a, r, "");
}

void attempt_read(struct attempt *a, struct slice body)
{
	struct arena arena = arena_over(a->p->arena_mem, PLANE_JSON_ARENA);
	struct json req;

	if (json_parse(&arena, body, &req) != ERR_OK || !json_is_object(req)) {
		attempt_refuse(a, REASON_NONCE_MISSING,
			       "the body is not a JSON object");
		return;
	}
	read_nonce(a, req);
	read_text(a, req, "vm_name", name_ok, a->vm_name, sizeof a->vm_name);
	check_nonce(a);
	read_evidence(a, req);
	read_text(a, req, "node_size", node_size_ok, a->node_size,
		  sizeof a->node_size);
	read_text(a, req, "datacenter", datacenter_ok, a->datacenter,
		  sizeof a->datacenter);
	read_text(a, req, "version", version_ok, a->version, sizeof a->version);
	check_members(a, req);
}
