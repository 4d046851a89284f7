/* release_diff.c - ee-measure release diff: what changed between two releases,
 * and which component's bytes did it. */
#include "measure/lib/release_diff.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "measure/cli/input.h"
#include "measure/cli/release.h"

static const struct cli_opt opts[] = {
	{ NULL, NULL, NULL, 0 },
};

enum {
	/* 512 rows, each at its longest and escaped, and the words between */
	OUTPUT_BYTES = RELEASE_DIFF_MAX * (6 * 4 * RELEASE_DIFF_TEXT + 128)
};

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int bad_files(const char *what, enum err e)
{
	return cli_fail(e == ERR_SPACE ? CLI_INTERNAL : CLI_MALFORMED,
			"%s: cannot be compared: %s", what, err_text(e));
}

/* Opens DIR/NAME of both folders; *both is false when one has no such file. */
static int open_both(const char *const dir[static 2], const char *name,
		     size_t max, struct cli_file out[static 2], bool *both)
{
	char path[PATH_MAX];
	struct stat st;

	*both = true;
	for (size_t i = 0; i < 2; i++) {
		int n = snprintf(path, sizeof path, "%s/%s", dir[i], name);

		if (n < 0 || (size_t)n >= sizeof path)
			return cli_fail(CLI_USAGE, "%s: the path is too long",
					dir[i]);
		if (stat(path, &st) != 0) {
			*both = false;
			return CLI_DONE;
		}
		n = cli_map(path, max, &out[i]);
		if (n != CLI_DONE)
			return n;
	}
	return CLI_DONE;
}

static int diff_locks(const char *const dir[static 2], struct release_diff *d)
{
	struct cli_file f[2] = { { .mem = NULL }, { .mem = NULL } };
	bool both;
	int rc = open_both(dir, RELEASE_LOCK, INPUT_MAX_BLOB, f, &both);

	if (rc == CLI_DONE && both) {
		enum err e = release_diff_locks(f[0].data, f[1].data, d);

		if (e != ERR_OK)
			rc = bad_files(RELEASE_LOCK, e);
	}
	cli_close(&f[0]);
	cli_close(&f[1]);
	return rc;
}

static enum err diff_sbom_texts(struct slice a, struct slice b,
				struct release_diff *d)
{
	uint8_t *mem = malloc(2 * (size_t)RELEASE_SBOM_ARENA);
	struct arena aa, ab;
	enum err e = ERR_SPACE;

	if (mem != NULL) {
		aa = arena_over(mem, RELEASE_SBOM_ARENA);
		ab = arena_over(mem + RELEASE_SBOM_ARENA, RELEASE_SBOM_ARENA);
		e = release_diff_sboms(&aa, a, &ab, b, d);
	}
	free(mem);
	return e;
}

static int diff_sboms(const char *const dir[static 2], struct release_diff *d)
{
	static const char name[] = "sbom.spdx.json";
	struct cli_file f[2] = { { .mem = NULL }, { .mem = NULL } };
	bool both;
	int rc = open_both(dir, name, RELEASE_SBOM_BYTES, f, &both);

	if (rc == CLI_DONE && both) {
		enum err e = diff_sbom_texts(f[0].data, f[1].data, d);

		if (e != ERR_OK)
			rc = bad_files(name, e);
	}
	cli_close(&f[0]);
	cli_close(&f[1]);
	return rc;
}

static void put_json(struct wr *w, const struct release_diff *d)
{
	struct jw j;

	jw_init(&j, w);
	jw_open(&j, '{');
	jw_key(&j, "changes");
	jw_open(&j, '[');
	for (size_t i = 0; i < d->n; i++) {
		jw_open(&j, '{');
		jw_kstr(&j, "component", d->c[i].component);
		jw_kstr(&j, "from", d->c[i].from);
		jw_ki64(&j, "machines", (int64_t)d->c[i].machines);
		jw_kstr(&j, "to", d->c[i].to);
		jw_kstr(&j, "what", d->c[i].what);
		jw_close(&j);
	}
	jw_close(&j);
	jw_ki64(&j, "more", (int64_t)d->more);
	jw_kbool(&j, "same", d->n == 0);
	jw_close(&j);
	if (jw_end(&j) != ERR_OK)
		wr_fail(w, ERR_STATE);
	wr_str(w, "\n");
}

/* A word of a file is not to reach the terminal as a command. */
static void put_clean(struct wr *w, const char *s)
{
	for (; *s != '\0'; s++)
		wr_u8(w, (uint8_t)*s < 0x20 || *s == 0x7f ? '?' : (uint8_t)*s);
}

static void put_text(struct wr *w, const struct release_diff *d)
{
	if (d->n == 0)
		wr_str(w, "nothing differs\n");
	for (size_t i = 0; i < d->n; i++) {
		const struct release_change *c = &d->c[i];

		put_clean(w, c->component);
		wr_str(w, ": ");
		put_clean(w, c->what);
		if (c->machines > 0)
			wr_fmt(w, " (%zu machine%s)", c->machines,
			       c->machines == 1 ? "" : "s");
		wr_str(w, "\n  - ");
		put_clean(w, c->from[0] != '\0' ? c->from : "(none)");
		wr_str(w, "\n  + ");
		put_clean(w, c->to[0] != '\0' ? c->to : "(none)");
		wr_str(w, "\n");
	}
	if (d->more > 0)
		wr_fmt(w, "and %zu more\n", d->more);
}

static int print(const struct cli *c, const struct release_diff *d)
{
	static uint8_t text[OUTPUT_BYTES];
	struct wr w = wr_over(text, sizeof text);
	int rc;

	if (c->json)
		put_json(&w, d);
	else
		put_text(&w, d);
	rc = cli_print_wr(&w);
	if (rc != CLI_DONE)
		return rc;
	return d->n == 0 ? CLI_DONE : CLI_REFUSED;
}

static int run(const struct cli *c)
{
	static struct reference a, b;
	static struct release_diff d;
	int rc = release_read_reference(c->operand[0], NULL, &a);

	if (rc == CLI_DONE)
		rc = release_read_reference(c->operand[1], NULL, &b);
	if (rc != CLI_DONE)
		return rc;
	release_diff_references(&a, &b, &d);
	if (is_folder(c->operand[0]) && is_folder(c->operand[1])) {
		rc = diff_locks(c->operand, &d);
		if (rc == CLI_DONE)
			rc = diff_sboms(c->operand, &d);
	}
	return rc == CLI_DONE ? print(c, &d) : rc;
}

const struct cli_cmd cmd_release_diff = {
	.name = "release diff",
	.operands = "ONE TWO",
	.noperands = 2,
	.summary = "say what differs between two releases, and why",
	.opts = opts,
	.run = run,
};
