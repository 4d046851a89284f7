#include "measure/cli/policy_file.h"

#include <stdio.h>
#include <string.h>

#include "measure/cli/release.h"

/* One process reads one policy, so these need no allocation. */
static uint8_t policy_store[POLICY_ARENA_BYTES];
static uint8_t open_store[RELEASE_OPEN_ARENA];

/* What policy_file_sum says. */
static struct {
	bool any;
	uint8_t sha256[SHA256_LEN];
} sum;

static void add_sum(struct slice file)
{
	uint8_t both[2 * SHA256_LEN];

	if (!sum.any) {
		sha256(file, sum.sha256);
	} else {
		memcpy(both, sum.sha256, SHA256_LEN);
		sha256(file, both + SHA256_LEN);
		sha256((struct slice){ both, sizeof both }, sum.sha256);
	}
	sum.any = true;
}

void policy_file_sum(uint8_t out[static SHA256_LEN])
{
	memcpy(out, sum.sha256, SHA256_LEN);
}

/* Only the first one is kept. */
static void note(struct policy_bad *bad, const char *file, const char *what,
		 enum err e)
{
	if (bad->text[0] != '\0')
		return;
	snprintf(bad->text, sizeof bad->text, "%s: %s%s%s", file, what,
		 what[0] != '\0' ? ": " : "", err_text(e));
	bad->code = e == ERR_SIGNATURE || e == ERR_REFUSED || e == ERR_STATE
			    ? CLI_REFUSED
			    : CLI_MALFORMED;
}

static void note_fault(struct policy_bad *bad, const char *what, enum err e)
{
	char text[POLICY_WHY];
	struct wr w = wr_over(text, sizeof text);

	policy_fault(&w, e, what);
	if (bad->text[0] != '\0')
		return;
	snprintf(bad->text, sizeof bad->text, "policy: %.*s", (int)w.len, text);
	bad->code = CLI_MALFORMED;
}

/* The text of a reference file, its signature found right when there is a key.
 * It lies in open_store, or in *f. */
static int open_reference(const char *path, const uint8_t *pub,
			  struct cli_file *f, struct slice *text,
			  struct policy_bad *bad)
{
	struct arena a = arena_over(open_store, sizeof open_store);
	const char *what = "";
	enum err e;
	int rc = cli_read(path, DSSE_MAX_BYTES, f);

	if (rc != CLI_DONE)
		return rc;
	add_sum(f->data);
	e = release_open(&a, f->data, pub, text, &what);
	if (e != ERR_OK)
		note(bad, "reference", what, e);
	return CLI_DONE;
}

int policy_file_add(const char *path, const uint8_t *pub, struct policy *out,
		    struct policy_bad *bad)
{
	struct arena a = arena_over(policy_store, sizeof policy_store);
	struct cli_file f = { 0 };
	const char *what = "";
	struct slice text;
	enum err e;
	int rc = open_reference(path, pub, &f, &text, bad);

	if (rc == CLI_DONE && bad->text[0] == '\0') {
		e = policy_add_reference(out, &a, text, &what);
		if (e != ERR_OK)
			note(bad, "reference", what, e);
	}
	cli_close(&f);
	return rc;
}

/* A reference that is older than the policy wants, in words. */
static void note_listed(struct policy_bad *bad,
			const struct policy_reference *r, const char *what,
			enum err e)
{
	if (e != ERR_STATE) {
		note(bad, r->file, what[0] != '\0' ? what : "not a reference",
		     e);
		return;
	}
	if (bad->text[0] != '\0')
		return;
	snprintf(bad->text, sizeof bad->text,
		 "references: %.200s: its counter is below min_counter, %u: "
		 "name a later release",
		 r->file, (unsigned)r->min_counter);
	bad->code = CLI_REFUSED;
}

static int add_listed(const char *policy, size_t i, struct policy *p,
		      struct policy_bad *bad)
{
	static char path[POLICY_PATH_OUT];
	struct arena a = arena_over(policy_store, sizeof policy_store);
	const struct policy_reference *r = &p->references[i];
	uint8_t pub[P256_PUB_LEN];
	bool has_key = r->key[0] != '\0';
	struct cli_file f = { 0 };
	const char *what = "";
	struct slice text;
	enum err e;
	int rc = CLI_DONE;

	if (has_key && policy_path(policy, r->key, path) != ERR_OK)
		return cli_fail(CLI_MALFORMED, "%s: too long a path", r->key);
	if (has_key)
		rc = release_read_public(path, pub);
	if (rc == CLI_DONE && policy_path(policy, r->file, path) != ERR_OK)
		return cli_fail(CLI_MALFORMED, "%s: too long a path", r->file);
	if (rc == CLI_DONE)
		rc = open_reference(path, has_key ? pub : NULL, &f, &text, bad);
	if (rc == CLI_DONE && bad->text[0] == '\0') {
		e = policy_add_listed(p, i, &a, text, &what);
		if (e != ERR_OK)
			note_listed(bad, r, what, e);
	}
	cli_close(&f);
	return rc;
}

int policy_file_rules(const char *path, struct policy *out,
		      struct policy_bad *bad)
{
	struct arena a = arena_over(policy_store, sizeof policy_store);
	const char *what = "";
	struct cli_file f;
	enum err e;
	int rc = cli_read(path, POLICY_MAX_BYTES, &f);

	*bad = (struct policy_bad){ .code = CLI_DONE };
	if (rc != CLI_DONE)
		return rc;
	sum.any = false;
	add_sum(f.data);
	e = policy_parse(&a, f.data, out, &what);
	cli_close(&f);
	if (e != ERR_OK)
		note_fault(bad, what, e);
	return CLI_DONE;
}

int policy_file_read(const char *path, struct policy *out,
		     struct policy_bad *bad)
{
	int rc = policy_file_rules(path, out, bad);

	for (size_t i = 0;
	     rc == CLI_DONE && bad->text[0] == '\0' && i < out->n_references;
	     i++)
		rc = add_listed(path, i, out, bad);
	return rc;
}
