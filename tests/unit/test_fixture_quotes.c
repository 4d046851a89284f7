/* Real quotes and collateral, and damaged and synthetic ones, against what four
 * independent verifiers say of them. The data is not in the tree: without the
 * folder `fixtures` (shared.h) everything here is skipped. */
#include "measure/lib/verify.h"
#include "tests/shared.h"
#include "tests/tap.h"

enum {
	BIG_ARENA = 64 * 1024 * 1024,
	MAX_ROWS = 4096,
};

static struct trust_roots intel_only;

/* The collateral of one file, parsed and authenticated, the last one kept. */
static struct {
	char name[256];
	struct slice text;
	struct arena arena;
	struct collateral collateral;
	bool good;
	const char *what;
} bundle;

static void load_bundle(const char *name)
{
	static uint8_t store[COLLATERAL_ARENA_BYTES];

	if (strcmp(bundle.name, name) == 0)
		return;
	free((void *)(uintptr_t)bundle.text.ptr);
	bundle.text = (struct slice){ NULL, 0 };
	snprintf(bundle.name, sizeof bundle.name, "%s", name);
	bundle.arena = arena_over(store, sizeof store);
	bundle.what = "the file";
	bundle.good =
		shared_read(name, &bundle.text) &&
		collateral_parse(&bundle.arena, bundle.text, &bundle.collateral,
				 &bundle.what) == ERR_OK;
	if (bundle.good)
		collateral_authenticate(&bundle.collateral);
}

static struct verdict judge(struct slice quote, const char *bundle_name,
			    const struct trust_roots *roots, int64_t now_s)
{
	struct verdict out;
	struct verifier v = { .mode = VERIFY_AUTHENTIC_ONLY, .roots = roots };

	load_bundle(bundle_name);
	v.collateral = bundle.good ? &bundle.collateral : NULL;
	verify_quote(&v, quote, now_s, &out);
	return out;
}

static void must_str(struct json v, const char *key, char *out, size_t cap)
{
	struct slice s;

	if (json_str(v, key, &s) != ERR_OK || slice_cstr(s, out, cap) != ERR_OK)
		_exit(98);
}

static int64_t must_int(struct json v, const char *key)
{
	int64_t n;

	if (json_int(v, key, 0, INT64_MAX / 2, &n) != ERR_OK)
		_exit(98);
	return n;
}

static struct json load_json(struct arena *a, const char *name)
{
	struct slice text;
	struct json v = { NULL };

	if (!shared_read(name, &text))
		return v;
	if (json_parse(a, text, &v) != ERR_OK)
		_exit(98);
	free((void *)(uintptr_t)text.ptr);
	return v;
}

/* The quote of an id, without the bytes that some files carry after it: those
 * are what the folder's own list calls it (quote_len). */
static struct slice load_quote(struct json list, const char *id)
{
	for (struct json q = json_first(list); q.node; q = json_next(q)) {
		char this_id[64], file[256];
		struct slice in = { NULL, 0 };

		must_str(q, "id", this_id, sizeof this_id);
		if (strcmp(this_id, id) != 0)
			continue;
		snprintf(file, sizeof file, "fixtures/");
		must_str(q, "file", file + 9, sizeof file - 9);
		if (shared_read(file, &in))
			in.len = (size_t)must_int(q, "quote_len");
		return in;
	}
	return (struct slice){ NULL, 0 };
}

/* One row of the expected outcomes; prints what differs. */
static bool row_agrees(struct json row, struct json quotes)
{
	char id[64], name[256], result[16], status[128];
	struct verdict got;
	struct slice quote;
	bool pass, agrees;

	must_str(row, "quote", id, sizeof id);
	snprintf(name, sizeof name, "fixtures/collateral/");
	must_str(row, "bundle", name + 20, sizeof name - 20);
	must_str(row, "result", result, sizeof result);
	must_str(row, "status_or_reason", status, sizeof status);
	quote = load_quote(quotes, id);
	got = judge(quote, name, &intel_only, must_int(row, "time"));
	pass = strcmp(result, "PASS") == 0;
	agrees =
		quote.ptr != NULL && got.authentic == pass &&
		(!pass || strcmp(tcb_status_name(got.tcb_status), status) == 0);
	if (!agrees)
		printf("#   %s %s: want %s %s, got %s %s (%s)\n", id, name,
		       result, status, reason_code(got.reason),
		       tcb_status_name(got.tcb_status), got.detail);
	free((void *)(uintptr_t)quote.ptr);
	return agrees;
}

static void test_expected(struct arena *a)
{
	struct json rows = load_json(a, "fixtures/expected/expected_dev.json");
	struct json quotes = load_json(a, "fixtures/quotes/quotes.json");
	struct json bundles = load_json(a, "fixtures/collateral/bundles.json");
	size_t total = 0;

	for (struct json b = json_first(bundles); b.node; b = json_next(b)) {
		char name[200], of[200];
		size_t n = 0, good = 0;

		must_str(b, "file", name, sizeof name);
		for (struct json r = json_first(rows); r.node;
		     r = json_next(r)) {
			must_str(r, "bundle", of, sizeof of);
			if (strcmp(of, name) != 0)
				continue;
			n++;
			good += row_agrees(r, quotes);
		}
		ok(n == good, "%zu quotes judged with %s", n, name);
		total += n;
	}
	ok(total > 0 && total == json_count(rows), "all %zu rows were judged",
	   total);
}

/* Bytes of another kind after a quote are refused, whoever wrote them. */
static void test_trailing(struct arena *a)
{
	struct json quotes = load_json(a, "fixtures/quotes/quotes.json");
	size_t n = 0, bad = 0;

	for (struct json q = json_first(quotes); q.node; q = json_next(q)) {
		char file[256] = "fixtures/";
		struct slice in;
		size_t len = (size_t)must_int(q, "quote_len");
		struct quote parsed;
		const char *field = "";
		bool zeros = true;
		enum err e;

		must_str(q, "file", file + 9, sizeof file - 9);
		if (!shared_read(file, &in)) {
			bad++;
			continue;
		}
		for (size_t i = len; i < in.len; i++)
			zeros = zeros && in.ptr[i] == 0;
		e = quote_parse(in, &parsed, &field);
		bad += e != (zeros ? ERR_OK : ERR_VALUE);
		n++;
		free((void *)(uintptr_t)in.ptr);
	}
	ok(n > 0 && bad == 0,
	   "%zu files: zero padding is accepted, anything else is not", n);
}

/* The bundle that a case names; or, when the folder lacks it, another one for
 * the same FMSPC that is valid at the same time. */
static void find_bundle(struct json bundles, const char *want, int64_t time,
			char *out, size_t cap)
{
	struct slice there;

	snprintf(out, cap, "fixtures/collateral/%s", want);
	if (shared_read(out, &there)) {
		free((void *)(uintptr_t)there.ptr);
		return;
	}
	for (struct json b = json_first(bundles); b.node; b = json_next(b)) {
		char file[128];

		must_str(b, "file", file, sizeof file);
		if (strncmp(file, want, strlen("bundle_90c06f000000")) == 0 &&
		    must_int(b, "valid_from") <= time &&
		    time <= must_int(b, "valid_to"))
			snprintf(out, cap, "fixtures/collateral/%s", file);
	}
}

/* A case whose collateral is whole must not be refused for want of it. */
static void one_negative(struct json c, struct json bundles)
{
	char file[256] = "fixtures/", want[128], name[256];
	char why[200], expect[16];
	struct slice quote = { NULL, 0 };
	struct verdict got;

	must_str(c, "file", file + 9, sizeof file - 9);
	must_str(c, "bundle", want, sizeof want);
	must_str(c, "why", why, sizeof why);
	must_str(c, "expect", expect, sizeof expect);
	find_bundle(bundles, want, must_int(c, "time"), name, sizeof name);
	if (!shared_read(file, &quote)) {
		ok(false, "%s is there", file);
		return;
	}
	got = judge(quote, name, &intel_only, must_int(c, "time"));
	if (strcmp(expect, "either") == 0)
		ok(got.authentic == (got.reason == REASON_OK), "either: %s",
		   why);
	else
		ok(got.authentic == (strcmp(expect, "accept") == 0) &&
			   (got.reason != REASON_UNAVAILABLE ||
			    strncmp(want, "../", 3) == 0),
		   "%s: %s", expect, why);
	printf("#   %s %s\n", reason_code(got.reason), got.detail);
	free((void *)(uintptr_t)quote.ptr);
}

static void test_negative(struct arena *a)
{
	struct json list = load_json(a, "fixtures/negative/negative.json");
	struct json bundles = load_json(a, "fixtures/collateral/bundles.json");

	for (struct json c = json_first(list); c.node; c = json_next(c)) {
		char file[200], name[300] = "fixtures/";
		struct slice there;

		/* Some cases name files that are kept elsewhere. */
		must_str(c, "file", file, sizeof file);
		snprintf(name, sizeof name, "fixtures/%s", file);
		if (!shared_read(name, &there)) {
			ok(true, "%s # SKIP not in the folder", file);
			continue;
		}
		free((void *)(uintptr_t)there.ptr);
		one_negative(c, bundles);
	}
}

static void one_synthetic(struct json c, const struct trust_roots *roots)
{
	char name[256], file[256] = "fixtures/", bundle_file[256] = "fixtures/";
	char expected[160], got_text[64];
	struct slice quote = { NULL, 0 };
	struct verdict got;
	int64_t now_s = must_int(c, "time");
	size_t n;

	must_str(c, "case", name, sizeof name);
	must_str(c, "quote", file + 9, sizeof file - 9);
	must_str(c, "bundle", bundle_file + 9, sizeof bundle_file - 9);
	must_str(c, "expected", expected, sizeof expected);
	if (!shared_read(file, &quote)) {
		ok(true, "%s # SKIP not in the folder", name);
		return;
	}
	got = judge(quote, bundle_file, roots, now_s);
	snprintf(got_text, sizeof got_text, "PASS %s",
		 got.authentic ? tcb_status_name(got.tcb_status) : "");
	n = strlen(got_text);
	if (strncmp(expected, "either", 6) == 0)
		ok(got.authentic, "%s: %s", name, expected);
	else if (strncmp(expected, "PASS ", 5) == 0)
		ok(got.authentic && strncmp(expected, got_text, n) == 0 &&
			   (expected[n] == 0 || expected[n] == '('),
		   "%s: %s", name, expected);
	else
		ok(!got.authentic, "%s: %s", name, expected);
	printf("#   %s %s %s\n", got_text, reason_code(got.reason), got.detail);
	ok(!got.authentic || got.simulated, "%s: says that it is simulated",
	   name);
	got = judge(quote, bundle_file, &intel_only, now_s);
	ok(got.reason == REASON_ISSUER || got.reason == REASON_UNAVAILABLE,
	   "%s: refused when the root is not given by name", name);
	free((void *)(uintptr_t)quote.ptr);
}

static void test_synthetic(struct arena *a)
{
	struct json list = load_json(a, "fixtures/synth/synth.json");
	struct trust_roots roots;
	struct slice pem;

	trust_roots_init(&roots);
	if (!shared_read("fixtures/synth/root.pem", &pem)) {
		ok(false, "the synthetic root is there");
		return;
	}
	is_err(trust_roots_add_insecure(&roots, pem), ERR_OK,
	       "a root given by name");
	is_err(trust_roots_add_insecure(&roots, pem), ERR_STATE,
	       "but only one");
	free((void *)(uintptr_t)pem.ptr);
	for (struct json c = json_first(list); c.node; c = json_next(c))
		one_synthetic(c, &roots);
}

int main(void)
{
	struct arena a = arena_over(malloc(BIG_ARENA), BIG_ARENA);
	struct slice probe;

	trust_roots_init(&intel_only);
	if (!shared_read("fixtures/INDEX.md", &probe)) {
		ok(true, "real quotes # SKIP no folder fixtures in EE_SHARED");
		free(a.buf);
		return tap_done();
	}
	free((void *)(uintptr_t)probe.ptr);
	test_expected(&a);
	test_trailing(&a);
	a.used = 0;
	test_negative(&a);
	a.used = 0;
	test_synthetic(&a);
	free(a.buf);
	free((void *)(uintptr_t)bundle.text.ptr);
	return tap_done();
}
