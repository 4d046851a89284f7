/* What documents that are made for it cost in memory: tests/fuzz/earned.h. The
 * parsers get an arena of that size and no byte more. */
#include <stdlib.h>

#include "lib/report.h"
#include "lib/text.h"
#include "measure/lib/dsse.h"
#include "measure/lib/ita.h"
#include "measure/lib/jwks.h"
#include "measure/lib/policy.h"
#include "measure/lib/release.h"
#include "measure/lib/tcb.h"
#include "tests/fuzz/earned.h"
#include "tests/tap.h"

static char text[EARNED_MAX_INPUT + 1], token[EARNED_MAX_INPUT + 1];

/* ---- shapes: what is dear in proportion to its length */

static const struct shape {
	const char *name, *open, *each, *last, *close;
} shapes[] = {
	{ "digits", "[", "0,", "0", "]" },
	{ "long numbers", "[", "1111111111111111,", "0", "]" },
	{ "empty strings", "[", "\"\",", "0", "]" },
	{ "strings of 16", "[", "\"0123456789abcdef\",", "0", "]" },
	{ "escapes", "[", "\"\\u0041\",", "0", "]" },
	{ "literals", "[", "null,", "0", "]" },
	{ "empty arrays", "[", "[],", "[]", "]" },
	{ "empty objects", "[", "{},", "{}", "]" },
	{ "objects", "[", "{\"\":0},", "{}", "]" },
	{ "nested arrays", "[", "[[[[[[0]]]]]],", "0", "]" },
	{ "deep", "[[[[[[", "0,", "0", "]]]]]]" },
	{ "levels", "[",
	  "{\"tcb\":{\"isvsvn\":1},\"tcbDate\":\"2026-01-01T00:00:00Z\","
	  "\"tcbStatus\":\"UpToDate\",\"advisoryIDs\":[0,0,0,0,0,0]},",
	  "{}", "]" },
	{ "modules", "[",
	  "{\"id\":\"TDX_01\",\"mrsigner\":\"00\",\"tcbLevels\":[{},{},{},{},{}"
	  ",{},{},{},{},{},{},{},{},{},{},{}]},",
	  "{}", "]" },
	{ "keys", "[",
	  "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"a\",\"x5c\":[\"\",\"\","
	  "\"\"],\"x\":\"\",\"y\":\"\"},",
	  "{}", "]" },
};

/* ---- parsers, and where in a document a shape does most */

static enum err read_json(struct arena *a, struct slice in)
{
	struct json v;

	return json_parse(a, in, &v);
}

static enum err read_tcb_info(struct arena *a, struct slice in)
{
	static struct tcb_info info;
	const char *what;

	return tcb_info_parse(a, in, &info, &what);
}

static enum err read_qe_identity(struct arena *a, struct slice in)
{
	static struct qe_identity id;
	const char *what;

	return qe_identity_parse(a, in, &id, &what);
}

static enum err read_policy(struct arena *a, struct slice in)
{
	static struct policy p;
	const char *what;

	return policy_parse(a, in, &p, &what);
}

static enum err read_jwks(struct arena *a, struct slice in)
{
	static struct jwks s;
	const char *what;

	return jwks_parse(a, in, &s, &what);
}

static void put_base64url(struct wr *w, struct slice in)
{
	size_t start = w->len;

	wr_b64(w, in);
	for (size_t i = start; i < w->len; i++)
		if (w->buf[i] == '+')
			w->buf[i] = '-';
		else if (w->buf[i] == '/')
			w->buf[i] = '_';
	while (w->len > start && w->buf[w->len - 1] == '=')
		w->len--;
}

/* The document as the claims of a token. */
static enum err read_jwt(struct arena *a, struct slice in)
{
	static struct ita_claims c;
	static struct jwt t;
	const char *what;
	struct wr w = wr_over(token, sizeof token);
	enum err e;

	in.len = in.len > 40000 ? 40000 : in.len; /* what a token can hold */
	put_base64url(&w, str_slice("{\"alg\":\"ES256\",\"kid\":\"a\"}"));
	wr_str(&w, ".");
	put_base64url(&w, in);
	wr_str(&w, ".AAAA");
	if (wr_end(&w) != ERR_OK)
		exit(1);
	e = jwt_parse(a, wr_slice(&w), &t, &what);
	return e == ERR_OK ? ita_claims_read(a, &t, &c, &what) : e;
}

static enum err read_dsse(struct arena *a, struct slice in)
{
	struct dsse d;

	return dsse_parse(a, in, &d);
}

static enum err read_reference(struct arena *a, struct slice in)
{
	static struct reference r;
	const char *what;

	return reference_parse(a, in, &r, &what);
}

static enum err read_statement(struct arena *a, struct slice in)
{
	static struct reference r;
	const char *what;

	return release_statement_read(a, in, &r, &what);
}

static enum err read_report(struct arena *a, struct slice in)
{
	static struct report r;
	const char *what;

	return report_read(a, in, &r, &what);
}

#define NIL48                                                                  \
	"0000000000000000000000000000000000000000000000000000000000000000"     \
	"00000000000000000000000000000000"
#define SIGNER                                                                 \
	"\"mrsigner\":\"" NIL48 "\",\"attributes\":\"0000000000000000\","      \
	"\"attributesMask\":\"ffffffffffffffff\""
#define DATES                                                                  \
	"\"issueDate\":\"2026-01-01T00:00:00Z\","                              \
	"\"nextUpdate\":\"2026-02-01T00:00:00Z\","                             \
	"\"tcbEvaluationDataNumber\":1"
#define TCB_INFO                                                               \
	"{\"id\":\"TDX\",\"version\":3," DATES ",\"fmspc\":\"000000000000\","  \
	"\"pceId\":\"0000\",\"tcbType\":0,\"tdxModule\":{" SIGNER "}"
#define QE_IDENTITY                                                            \
	"{\"id\":\"TD_QE\",\"version\":2," DATES ",\"miscselect\":\"00000000"  \
	"\",\"miscselectMask\":\"00000000\",\"attributes\":\"0000000000000000" \
	"0000000000000000\",\"attributesMask\":\"0000000000000000000000000000" \
	"0000\",\"mrsigner\":"                                                 \
	"\"00000000000000000000000000000000000000000000000"                    \
	"00000000000000000\",\"isvprodid\":2"
#define KEY "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"a\""

static const struct parser {
	const char *name;
	enum err (*read)(struct arena *a, struct slice in);
	size_t result; /* bytes of its result in the arena */
	const char *before, *after;
} parsers[] = {
	{ "JSON", read_json, 0, "", "" },
	{ "JSON, cut", read_json, 0, "[", "" },
	{ "TCB info", read_tcb_info, 0, "", "" },
	{ "TCB info: modules", read_tcb_info, 0,
	  TCB_INFO ",\"tdxModuleIdentities\":", "}" },
	{ "TCB info: levels", read_tcb_info, 0,
	  TCB_INFO ",\"tcbLevels\":", "}" },
	{ "TCB info: a module's levels", read_tcb_info, 0,
	  TCB_INFO ",\"tdxModuleIdentities\":[{\"id\":\"TDX_01\"," SIGNER
		   ",\"tcbLevels\":",
	  "}]}" },
	{ "TCB info: an unknown member", read_tcb_info, 0,
	  TCB_INFO ",\"x\":", ",\"tcbLevels\":[]}" },
	{ "QE identity: levels", read_qe_identity, 0,
	  QE_IDENTITY ",\"tcbLevels\":", "}" },
	{ "policy", read_policy, sizeof(struct policy), "", "" },
	{ "policy: measurements", read_policy, sizeof(struct policy),
	  "{\"version\":1,\"measurements\":", "}" },
	{ "policy: references", read_policy, sizeof(struct policy),
	  "{\"version\":1,\"references\":", "}" },
	{ "policy: xfam", read_policy, sizeof(struct policy),
	  "{\"version\":1,\"xfam\":", "}" },
	{ "keys", read_jwks, 0, "{\"keys\":", "}" },
	{ "a key's chain", read_jwks, 0, KEY ",\"x5c\":", "}]}" },
	{ "a key's unknown member", read_jwks, 0, KEY ",\"z\":", "}]}" },
	{ "token", read_jwt, 0, "{\"tdx\":", "}" },
	{ "envelope: signatures", read_dsse, 0,
	  "{\"payload\":\"AAAA\",\"payloadType\":\"x\",\"signatures\":", "}" },
	{ "reference", read_reference, 0, "{\"entries\":", "}" },
	{ "statement", read_statement, 0,
	  "{\"_type\":\"" RELEASE_STATEMENT_TYPE
	  "\",\"predicateType\":\"" RELEASE_PREDICATE_TYPE
	  "\",\"subject\":[],\"predicate\":{\"entries\":",
	  "}}" },
	{ "report", read_report, 0, "{\"body\":", "}" },
};

/* At most cap bytes of it. */
static struct slice write_doc(const struct parser *p, const struct shape *s,
			      size_t cap)
{
	struct wr w = wr_over(text, sizeof text);
	size_t room = strlen(p->before) + strlen(s->open) + strlen(s->last) +
		      strlen(s->close) + strlen(p->after);

	wr_str(&w, p->before);
	wr_str(&w, s->open);
	while (w.len + strlen(s->each) + room < cap)
		wr_str(&w, s->each);
	wr_str(&w, s->last);
	wr_str(&w, s->close);
	wr_str(&w, p->after);
	if (wr_end(&w) != ERR_OK)
		exit(1);
	return wr_slice(&w);
}

static void test_parser(const struct parser *p)
{
	static const size_t sizes[] = { 0, 1000, 5000, 20000,
					EARNED_MAX_INPUT };

	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
		size_t asked = 0;

		for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
			struct slice in = write_doc(p, &shapes[i], sizes[k]);
			struct arena a = earned_arena(in.len, p->result);

			asked += p->read(&a, in) == ERR_SPACE;
		}
		ok(asked == 0, "%s of %s take what they have earned", p->name,
		   shapes[i].name);
	}
}

/* The rule is a tight one: without it the dearest shape does not fit. */
static void test_rule(void)
{
	struct slice in = write_doc(&parsers[0], &shapes[0], EARNED_MAX_INPUT);
	struct arena a = earned_arena(in.len, 0);
	struct json v;

	is_err(json_parse(&a, in, &v), ERR_OK, "digits can be read");
	ok(a.used > 39 * in.len && a.used <= 40 * in.len + 256,
	   "and take 40 bytes for each of their bytes");
	a = earned_arena(in.len, 0);
	a.cap = EARNED_FREE + 38 * in.len;
	is_err(json_parse(&a, in, &v), ERR_SPACE, "38 and 64 KiB are too few");
}

int main(void)
{
	test_rule();
	for (size_t i = 0; i < sizeof parsers / sizeof *parsers; i++)
		test_parser(&parsers[i]);
	return tap_done();
}
