/* Collateral in the store: what is taken and what is not, that nothing older
 * follows and no failure takes anything away; the choice for a quote. Bundles
 * are those of simulated platforms. */
#include <stdlib.h>
#include <unistd.h>

#include "host-launcher/plane/bundles.h"
#include "host-launcher/plane/collateral_cache.h"
#include "host-launcher/vm/simquote.h"
#include "lib/json.h"
#include "lib/rng.h"
#include "lib/text.h"
#include "tests/tap.h"

enum {
	HOUR = 3600,
	DAY = 24 * HOUR
};

#define T0 INT64_C(1800000000)

static struct store *s;
static char path[64], why[CACHE_WHY];
static struct pki_keys keys, other_keys;
static struct trust_roots roots, other_roots, intel;
static struct rng rng;
static const struct store_platform nowhere = { "00906ed50000", "processor" };
static struct store_platform sim;

static void must(enum err e, const char *what)
{
	if (e != ERR_OK) {
		printf("Bail out! %s: %s\n", what, err_text(e));
		exit(1);
	}
}

/* Collateral issued at a time, for ten days. *out is overwritten by the next.
 */
static struct slice issued(const struct pki_keys *k, int64_t at_s)
{
	static struct pki pki;
	struct pki_spec spec = { .created_s = T0 - 100 * DAY,
				 .issued_s = at_s,
				 .valid_s = 10 * DAY,
				 .tcb_status = TCB_UP_TO_DATE };

	must(pki_issue(k, &spec, &pki), "pki");
	return pki.collateral;
}

static void root_of(const struct pki_keys *k, struct trust_roots *out)
{
	static struct pki pki;
	struct pki_spec spec = { .created_s = T0 - 100 * DAY,
				 .issued_s = T0,
				 .valid_s = DAY };

	must(pki_issue(k, &spec, &pki), "pki");
	trust_roots_init(out);
	must(trust_roots_add_insecure(out, pki.root), "root");
}

static void open_it(void)
{
	char text[256] = "";

	store_close(s);
	s = NULL;
	must(store_open(path, true, &s, text, sizeof text), text);
}

static struct cache_how how_at(int64_t now_s)
{
	return (struct cache_how){ .roots = &roots,
				   .now_s = now_s,
				   .source = "a test" };
}

static enum err import(const struct cache_how *how, struct slice text)
{
	return cache_import(s, how, text, &sim, why);
}

static struct store_collateral row_of(const struct store_platform *of)
{
	struct store_collateral row;

	memset(&row, 0, sizeof row);
	must(store_collateral_get(s, of, &row, NULL), "the row");
	return row;
}

static size_t in_use(void)
{
	static struct store_collateral row[STORE_COLLATERALS_MAX];
	size_t n = 0;

	must(store_collateral_list(s, row, &n), "list");
	return n;
}

/* Refused with e, words in it, and nothing has changed. */
static void unchanged(enum err got, enum err e, const char *words,
		      const char *what)
{
	is_err(got, e, "%s", what);
	ok(strstr(why, words) != NULL, "%s: says \"%s\"", what, words);
	if (strstr(why, words) == NULL)
		printf("# %s\n", why);
}

/* ---- what is taken ---- */

static void test_import(void)
{
	struct cache_how how = how_at(T0 + HOUR);
	struct store_collateral row;

	is_err(import(&how, issued(&keys, T0)), ERR_OK, "a bundle is taken");
	ok(in_use() == 1 && strcmp(sim.ca, "platform") == 0,
	   "its platform is in use");
	row = row_of(&sim);
	ok(row.simulated && strlen(row.digest) == 64 &&
		   strcmp(row.source, "a test") == 0 && row.failures == 0 &&
		   row.last_error[0] == '\0' && row.fetched_s == T0 + HOUR,
	   "it says what it is, and whence");
	ok(row.issued_s == T0 && row.next_update_s == T0 + 10 * DAY,
	   "and its dates");
	ok(row.next_refresh_s == T0 + HOUR + 16 * HOUR,
	   "it is fetched again in time");
	is_err(import(&how, issued(&keys, T0)), ERR_OK, "the same again");
	is_err(import(&how, issued(&keys, T0 + 60)), ERR_OK, "a newer one");
	ok(strcmp(row_of(&sim).digest, row.digest) != 0 && in_use() == 1,
	   "takes its place");
}

static void test_refused(void)
{
	struct cache_how how = how_at(T0 + HOUR);
	char before[65];
	static char bent[PKI_BUNDLE_CAP];
	struct slice good;
	char *sig;

	strcpy(before, row_of(&sim).digest);
	unchanged(import(&how, issued(&keys, T0)), ERR_REFUSED, CACHE_ROLLBACK,
		  "an older one");
	how.now_s = T0 + 11 * DAY;
	unchanged(import(&how, issued(&keys, T0 + 120)), ERR_REFUSED,
		  "EE-ATT-008", "one that is over");
	how.now_s = T0 + HOUR;
	unchanged(import(&how, issued(&keys, T0 + DAY)), ERR_REFUSED,
		  "EE-ATT-009", "one of the future");
	how.roots = &intel;
	unchanged(import(&how, issued(&keys, T0 + 120)), ERR_SIGNATURE,
		  "EE-ATT-010", "one under a root that is not trusted");
	how.roots = &roots;
	good = issued(&keys, T0 + 120);
	memcpy(bent, good.ptr, good.len);
	sig = strstr(bent, "\"tcb_info_signature\":\"");
	if (sig == NULL)
		must(ERR_MISSING, "the signature");
	sig[30] = sig[30] == '0' ? '1' : '0';
	unchanged(import(&how, (struct slice){ (uint8_t *)bent, good.len }),
		  ERR_SIGNATURE, "EE-ATT-007", "one that is not genuine");
	unchanged(import(&how, (struct slice){ good.ptr, good.len - 1 }),
		  ERR_VALUE, "", "half of one");
	unchanged(import(&how, str_slice("{}")), ERR_MISSING, "tcb_info",
		  "none at all");
	ok(strcmp(before, row_of(&sim).digest) == 0 && in_use() == 1,
	   "what was there stays");
}

static void test_rollback_wanted(void)
{
	struct cache_how how = how_at(T0 + HOUR);

	how.allow_rollback = true;
	is_err(import(&how, issued(&keys, T0)), ERR_OK,
	       "a rollback that is wanted");
	unchanged(cache_take(s, &how, &nowhere, issued(&keys, T0), why),
		  ERR_REFUSED, "not asked for", "nor another platform");
}

/* A simulation that was made anew has another root, and what the old one signed
 * counts no more; nor is it kept against Intel's own. */
static void test_other_root(void)
{
	struct cache_how how = how_at(T0 + HOUR);
	char before[65];

	strcpy(before, row_of(&sim).digest);
	how.roots = &other_roots;
	is_err(import(&how, issued(&other_keys, T0 - 60)), ERR_OK,
	       "older, and what is kept is under a root that nobody names");
	ok(strcmp(row_of(&sim).digest, before) != 0, "takes its place");
	unchanged(import(&how, issued(&other_keys, T0 - 120)), ERR_REFUSED,
		  CACHE_ROLLBACK, "and nothing older follows that");
	how.roots = &roots;
	is_err(import(&how, issued(&keys, T0)), ERR_OK, "and back");
}

/* ---- in use or not ---- */

static void test_use(void)
{
	struct cache_how how = how_at(T0 + HOUR);
	struct store_collateral row;

	is_err(store_collateral_add(s, &sim, T0), ERR_DUPLICATE,
	       "a platform that is in use");
	is_err(store_collateral_add(s, &nowhere, T0), ERR_OK, "a second one");
	row = row_of(&nowhere);
	ok(row.digest[0] == '\0' && row.next_refresh_s == T0 &&
		   row.fetched_s == 0,
	   "has nothing yet, and is to be fetched at once");
	is_err(store_collateral_remove(s, &nowhere, T0), ERR_OK, "removed");
	is_err(store_collateral_remove(s, &nowhere, T0), ERR_MISSING, "twice");
	ok(in_use() == 1, "leaves one");

	is_err(import(&how, issued(&keys, T0 + 60)), ERR_OK, "the newer one");
	is_err(store_collateral_remove(s, &sim, T0), ERR_OK, "no longer used");
	ok(in_use() == 0, "is gone");
	unchanged(import(&how, issued(&keys, T0)), ERR_REFUSED, CACHE_ROLLBACK,
		  "but an older one does not come in its place");
	ok(in_use() == 0, "nor does the platform by that");
	is_err(store_collateral_add(s, &sim, T0 + 9), ERR_OK, "used again");
	row = row_of(&sim);
	ok(row.digest[0] != '\0' && row.next_refresh_s == T0 + 9,
	   "with what it had, to be fetched at once");
	unchanged(cache_take(s, &how, &nowhere, str_slice(""), why), ERR_TRUNC,
		  "", "an empty answer");
}

static void test_full(void)
{
	struct cache_how how = how_at(T0 + HOUR);
	struct store_platform of = { "", "platform" };
	bool all = true;

	must(store_collateral_remove(s, &sim, T0), "remove");
	for (unsigned i = 0; i < STORE_COLLATERALS_MAX; i++) {
		snprintf(of.fmspc, sizeof of.fmspc, "%012x", i);
		all = all && store_collateral_add(s, &of, T0) == ERR_OK;
	}
	ok(all && in_use() == STORE_COLLATERALS_MAX, "%d platforms",
	   STORE_COLLATERALS_MAX);
	is_err(store_collateral_add(s, &sim, T0), ERR_SPACE, "and no more");
	is_err(import(&how, issued(&keys, T0 + 60)), ERR_REFUSED, "by import");
	for (unsigned i = 0; i < STORE_COLLATERALS_MAX; i++) {
		snprintf(of.fmspc, sizeof of.fmspc, "%012x", i);
		must(store_collateral_remove(s, &of, T0), "remove");
	}
	must(store_collateral_add(s, &sim, T0), "add");
}

/* ---- refresh ---- */

struct answer {
	struct slice text;
	enum err e;
	const char *why;
	struct store_platform asked;
};

static enum err fetch(void *ctx, const struct store_platform *of,
		      struct wr *bundle, char text[static CACHE_WHY])
{
	struct answer *a = ctx;

	a->asked = *of;
	snprintf(text, CACHE_WHY, "%s", a->why);
	wr_bytes(bundle, a->text);
	return a->e;
}

static enum err refresh(struct answer *a, int64_t now_s)
{
	static uint8_t buf[COLLATERAL_MAX_BYTES];
	struct cache_how how = how_at(now_s);
	struct store_collateral row = row_of(&sim);

	return cache_refresh(s, &how, &row, fetch, a, buf, sizeof buf, why);
}

static void test_refresh(void)
{
	struct answer no = { .e = ERR_TIMEOUT, .why = "nobody is there" };
	struct answer a = { .e = ERR_OK, .why = "" };
	struct store_collateral before = row_of(&sim), row;

	is_err(refresh(&no, T0 + DAY), ERR_TIMEOUT, "a failure");
	ok(strcmp(no.asked.fmspc, sim.fmspc) == 0 &&
		   strcmp(no.asked.ca, sim.ca) == 0,
	   "of the platform that was asked for");
	row = row_of(&sim);
	ok(row.failures == 1 && strcmp(row.last_error, no.why) == 0 &&
		   row.next_refresh_s == T0 + DAY + 45,
	   "is noted, and tried again soon");
	ok(strcmp(row.digest, before.digest) == 0 &&
		   row.fetched_s == before.fetched_s,
	   "takes nothing away");
	is_err(refresh(&no, T0 + 20 * DAY), ERR_TIMEOUT, "when all is over");
	row = row_of(&sim);
	ok(row.failures == 2 && row.next_refresh_s == T0 + 20 * DAY + 90 &&
		   strcmp(row.digest, before.digest) == 0,
	   "neither");
	a.text = issued(&keys, T0);
	is_err(refresh(&a, T0 + DAY), ERR_REFUSED, "an old answer");
	row = row_of(&sim);
	ok(row.failures == 3 && strstr(row.last_error, "rollback") != NULL,
	   "is a failure, too");
	a.text = issued(&keys, T0 + DAY - HOUR);
	is_err(refresh(&a, T0 + DAY), ERR_OK, "a new one");
	row = row_of(&sim);
	ok(row.failures == 0 && row.last_error[0] == '\0' &&
		   row.fetched_s == T0 + DAY &&
		   row.next_refresh_s == T0 + DAY + 16 * HOUR,
	   "ends them");
}

/* What is kept was taken by a program that was less strict: only a person goes
 * past it. */
static void test_unreadable(void)
{
	struct cache_how how = how_at(T0 + DAY + HOUR);
	struct store_collateral row = row_of(&sim);
	char digest[65];

	strcpy(digest, row.digest);
	strcpy(row.digest, "odd");
	must(store_collateral_put(s, &row, digest, str_slice("{}"), T0),
	     "damage");
	how.source = "b\xc3\xa4\n";
	unchanged(import(&how, issued(&keys, T0 + DAY)), ERR_REFUSED,
		  "cannot be read", "what follows something unreadable");
	how.allow_rollback = true;
	is_err(import(&how, issued(&keys, T0 + DAY)), ERR_OK,
	       "is taken when a person says so");
	ok(strcmp(row_of(&sim).source, "b???") == 0,
	   "a source of any bytes can be listed");
	how.source = "a test";
	how.now_s = T0 + DAY;
	is_err(import(&how, issued(&keys, T0 + DAY - HOUR)), ERR_OK, "back");
}

/* Two processes: the slower one finds another bundle than it compared with. */
static void test_race(void)
{
	struct store_collateral row = row_of(&sim);

	is_err(store_collateral_put(s, &row, "another", str_slice("{}"), T0),
	       ERR_STATE, "who was slower changes nothing");
	ok(strcmp(row_of(&sim).digest, row.digest) == 0, "indeed");
}

static void test_durable(void)
{
	struct store_collateral before = row_of(&sim), after;
	static uint8_t mem[COLLATERAL_MAX_BYTES];
	struct wr w = wr_over(mem, sizeof mem), none = wr_over(mem, 10);
	struct bundle b = { 0 };
	const char *what = "";

	open_it();
	is_err(store_collateral_get(s, &sim, &after, &w), ERR_OK, "reopened");
	is_err(bundle_parse(wr_slice(&w), &b, &what), ERR_OK, "the bundle");
	ok(memcmp(&before, &after, sizeof before) == 0 &&
		   strcmp(b.sha256, before.digest) == 0,
	   "all of it is there");
	bundle_free(&b);
	is_err(store_collateral_get(s, &sim, &after, &none), ERR_SPACE,
	       "no room for it");
	is_err(store_collateral_get(s, &nowhere, &after, NULL), ERR_OK,
	       "one that was removed is still known");
}

static void test_json(void)
{
	static char text[4096], want[4096];
	struct wr w = wr_over(text, sizeof text - 1);
	struct jw j;

	jw_init(&j, &w);
	is_err(store_collateral_json(s, T0 + DAY + 5, &j), ERR_OK, "a list");
	is_err(jw_end(&j), ERR_OK, "in canonical JSON");
	text[w.len] = '\0';
	snprintf(want, sizeof want,
		 "{\"collateral\":[{\"age_seconds\":5,\"ca\":\"platform\","
		 "\"failures\":0,\"fetched_at\":\"2027-01-16T08:00:00.000Z\","
		 "\"fmspc\":\"%s\",\"issued_at\":\"2027-01-16T07:00:00.000Z\","
		 "\"last_error\":null,"
		 "\"next_refresh\":\"2027-01-17T00:00:00.000Z\","
		 "\"next_update\":\"2027-01-26T07:00:00.000Z\","
		 "\"qe_evaluation_number\":%lld,\"sha256\":\"%s\","
		 "\"simulated\":true,\"source\":\"a test\","
		 "\"tcb_evaluation_number\":%lld}],\"total\":1}",
		 sim.fmspc, (long long)row_of(&sim).qe_evaluation,
		 row_of(&sim).digest, (long long)row_of(&sim).tcb_evaluation);
	ok(strcmp(text, want) == 0, "with every member");
	if (strcmp(text, want) != 0)
		printf("# %s\n# %s\n", text, want);
}

/* ---- bundles in memory ---- */

static void test_bundles(void)
{
	static struct bundles set;
	struct bundle b = { 0 };
	const char *what = "";
	char digest[65];

	must(bundle_parse(issued(&keys, T0), &b, &what), what);
	ok(b.mem_len < 256 * 1024, "a bundle takes %zu bytes", b.mem_len);
	strcpy(digest, b.sha256);
	is_err(bundles_add(&set, &b), ERR_OK, "added");
	ok(b.mem == NULL && set.mem == set.at[0].mem_len, "and owned");
	ok(bundles_current(&set, &roots, T0) &&
		   bundles_current(&set, &roots, T0 + 10 * DAY),
	   "current from first to last second");
	ok(!bundles_current(&set, &roots, T0 - 1) &&
		   !bundles_current(&set, &roots, T0 + 10 * DAY + 1),
	   "and not beyond");
	ok(!bundles_current(&set, &intel, T0),
	   "of no use under a root that nobody named");
	ok(!bundles_take(&set, "another", &b), "another is not there");
	ok(bundles_take(&set, digest, &b) && set.n == 0 && set.mem == 0,
	   "it can be taken out");
	b.mem_len = BUNDLES_MEM_MAX + 1;
	is_err(bundles_add(&set, &b), ERR_SPACE, "one that is too large");
	bundle_free(&b);
	bundles_free(&set);
}

int main(void)
{
	char cmd[256];

	rng_seeded(&rng, str_slice("cache"));
	must(pki_generate(rng_prng(&rng), &keys), "keys");
	must(pki_generate(rng_prng(&rng), &other_keys), "keys");
	root_of(&keys, &roots);
	root_of(&other_keys, &other_roots);
	trust_roots_init(&intel);
	snprintf(path, sizeof path, "/tmp/test_cache.%d.db", (int)getpid());
	open_it();
	test_import();
	test_refused();
	test_rollback_wanted();
	test_other_root();
	test_use();
	test_full();
	test_refresh();
	test_unreadable();
	test_race();
	test_durable();
	test_json();
	test_bundles();
	store_close(s);
	snprintf(cmd, sizeof cmd, "rm -f %s %s-wal %s-shm", path, path, path);
	ok(system(cmd) == 0, "cleaned up");
	return tap_done();
}
