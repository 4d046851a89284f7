/* ee-cp trust: what a reference file changes in the store, and what is refused
 * so that nothing changes. */
#include <stdlib.h>

#include "host-launcher/plane/plane.h"
#include "tests/reference_make.h"
#include "tests/tap.h"

enum {
	NOW = 1800000000
};

static struct store *s;
static struct reference r;
static uint8_t mem[REFERENCE_ARENA], text[65536];
static struct plane_trusted got;
static const char *why;

/* A reference whose image has the registers 0xNN.. */
static void image(uint8_t fill)
{
	uint8_t mrtd[SHA384_LEN], rtmr[3][SHA384_LEN];

	memset(mrtd, fill, sizeof mrtd);
	memset(rtmr, fill, sizeof rtmr);
	make_reference(&r, mrtd, rtmr);
}

static enum err trust_at(int64_t now_s, bool allow_rollback)
{
	struct plane_trust how = { now_s, allow_rollback };
	struct arena a = arena_over(mem, sizeof mem);
	struct wr w = wr_over(text, sizeof text);

	if (reference_write(&r, &w) != ERR_OK)
		_exit(98);
	return plane_trust_reference(s, &a, wr_slice(&w), &how, &got, &why);
}

struct seen {
	int sets, revoked;
	struct reference_release release;
};

static enum err look(void *ctx, const struct store_set *set)
{
	struct seen *seen = ctx;

	seen->sets++;
	seen->revoked += set->revoked[0] != '\0';
	seen->release = set->release;
	return ERR_OK;
}

static struct seen sets(void)
{
	static const char *const zero[3] = { "", "", "" };
	struct seen seen = { 0 };

	if (store_each_set(s, "", zero, 99, look, &seen) != ERR_OK)
		_exit(98);
	return seen;
}

static void test_development(void)
{
	image(1);
	is_err(trust_at(NOW, false), ERR_OK, "a development build");
	ok(got.sets == 1 && got.without_rtmr0 == 0 && sets().sets == 1,
	   "one set");
	is_err(trust_at(NOW, false), ERR_OK, "again");
	ok(sets().sets == 1, "changes nothing");
	r.e[0].rtmr_known[2] = false;
	snprintf(r.e[0].reason, sizeof r.e[0].reason, "because");
	is_err(trust_at(NOW, false), ERR_REFUSED, "one that binds no image");
	ok(strstr(why, "RTMR1 and RTMR2") != NULL, "says so");
}

static void test_dates(void)
{
	image(2);
	make_release(&r, "1.0.0", 3);
	is_err(trust_at(1577836799, false), ERR_REFUSED, "before its time");
	ok(strcmp(why, "release 1.0.0 is good from 2020-01-01T00:00:00Z") == 0,
	   "says from when");
	is_err(trust_at(1893456000, false), ERR_REFUSED, "after its time");
	ok(strcmp(why, "release 1.0.0 was good until 2029-12-31T23:59:59Z") ==
		   0,
	   "says until when");
	ok(sets().sets == 1, "nothing is trusted");
	is_err(trust_at(NOW, false), ERR_OK, "in it");
	ok(sets().sets == 2 && sets().release.counter == 3 &&
		   strcmp(sets().release.version, "1.0.0") == 0 &&
		   sets().release.not_after_s == 1893455999,
	   "trusted with its name and dates");
}

static void test_counter(void)
{
	image(3);
	make_release(&r, "0.9.0", 2);
	is_err(trust_at(NOW, false), ERR_REFUSED, "an older release");
	ok(strstr(why, "counter is 2, and 3 was seen") != NULL, "says so");
	image(3);
	is_err(trust_at(NOW, false), ERR_REFUSED,
	       "a development build after a release");
	ok(sets().sets == 2, "nothing is trusted");
	is_err(trust_at(NOW, true), ERR_OK, "allowed by name");
	ok(sets().sets == 3, "it is");
	is_err(trust_at(NOW, false), ERR_REFUSED, "once");
	image(3);
	r.kind = REFERENCE_PRODUCTION;
	is_err(trust_at(NOW, false), ERR_OK,
	       "the other kind has a counter of its own");
}

static void test_revoked(void)
{
	image(4);
	make_release(&r, "1.0.1", 4);
	make_revoke(&r, "1.0.0", 3, "it leaks");
	r.e[0].rtmr_known[1] = false;
	snprintf(r.e[0].reason, sizeof r.e[0].reason, "because");
	is_err(trust_at(NOW, false), ERR_REFUSED, "a reference without a set");
	ok(sets().revoked == 0, "revokes nothing");
	r.e[0].rtmr_known[1] = true;
	r.e[0].reason[0] = '\0';
	is_err(trust_at(NOW, false), ERR_OK, "one with a set");
	ok(sets().sets == 4 && sets().revoked == 1,
	   "marks the release that it revokes");
	image(2);
	make_release(&r, "1.0.0", 3);
	is_err(trust_at(NOW, true), ERR_REFUSED,
	       "which cannot be trusted again, rollback or not");
	ok(strcmp(why, "release 1.0.0 is revoked: it leaks") == 0, "says why");
	image(2);
	is_err(trust_at(NOW, true), ERR_OK, "its image under no name");
	ok(sets().sets == 4 && sets().revoked == 1, "stays revoked");
	image(5);
	make_release(&r, "1.0.0", 9);
	is_err(trust_at(NOW, false), ERR_REFUSED, "its version once more");
	image(5);
	make_release(&r, "1.0.0-again", 3);
	is_err(trust_at(NOW, true), ERR_REFUSED, "its counter once more");
	ok(sets().sets == 4, "nothing is trusted");
}

/* Two releases of the same bytes: it is known by the newer one. */
static void test_revoked_twin(void)
{
	int before = sets().revoked;

	image(6);
	make_release(&r, "1.1.0", 10);
	is_err(trust_at(NOW, false), ERR_OK, "a release");
	image(6);
	make_release(&r, "1.1.1", 11);
	is_err(trust_at(NOW, false), ERR_OK, "another one of the same image");
	image(7);
	make_release(&r, "1.1.2", 12);
	make_revoke(&r, "1.1.0", 10, "it leaks");
	is_err(trust_at(NOW, false), ERR_OK,
	       "a third, which revokes the first");
	ok(sets().revoked == before + 1, "the image that both have is revoked");
}

static void test_malformed(void)
{
	struct plane_trust how = { NOW, false };
	struct arena a = arena_over(mem, sizeof mem);

	is_err(plane_trust_reference(s, &a, str_slice("{}"), &how, &got, &why),
	       ERR_MISSING, "no reference");
	ok(strcmp(why, "format") == 0, "names the member");
}

int main(void)
{
	char path[64], cmd[256];

	snprintf(path, sizeof path, "/tmp/test_trust.%d.db", (int)getpid());
	if (store_open(path, true, &s, cmd, sizeof cmd) != ERR_OK)
		_exit(98);
	test_development();
	test_dates();
	test_counter();
	test_revoked();
	test_revoked_twin();
	test_malformed();
	store_close(s);
	snprintf(cmd, sizeof cmd, "rm -f %s %s-wal %s-shm", path, path, path);
	ok(system(cmd) == 0, "cleaned up");
	return tap_done();
}
