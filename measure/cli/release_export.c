/* release_export.c - ee-measure release export: a reference in the forms that
 * other verifiers take. */
#include <stdio.h>
#include <string.h>

#include "lib/limit.h"
#include "measure/cli/release.h"
#include "measure/lib/corim.h"

static const struct cli_opt opts[] = {
	{ "as", "expected-any|corim",
	  "flashbots' measurement list (JSON), or a CoRIM (CBOR)",
	  CLI_REQUIRED },
	{ "config", "FILE",
	  "expected-any: accept this instance configuration alone (RTMR3)", 0 },
	{ "out", "FILE", "where to (standard output)", 0 },
	{ NULL, NULL, NULL, 0 },
};

static enum err write_expected(const struct reference *r, const uint8_t *config,
			       struct wr *out)
{
	return expected_any_write(r, config, out);
}

static enum err write_corim(const struct reference *r, const uint8_t *config,
			    struct wr *out)
{
	(void)config; /* refused before */
	return corim_write(r, out);
}

static const struct form {
	const char *name;
	bool takes_config;
	enum err (*write)(const struct reference *r, const uint8_t *config,
			  struct wr *out);
} forms[] = {
	{ "expected-any", true, write_expected },
	{ "corim", false, write_corim },
};

static const struct form *find_form(const char *name)
{
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (strcmp(forms[i].name, name) == 0)
			return &forms[i];
	return NULL;
}

static int read_config(const char *path, uint8_t out[static SHA384_LEN])
{
	struct cli_file f;
	int rc = cli_read(path, LIMIT_CONFIG_BYTES, &f);

	if (rc != CLI_DONE)
		return rc;
	sha384(f.data, out);
	cli_close(&f);
	return CLI_DONE;
}

static int run(const struct cli *c)
{
	static uint8_t text[EXPECTED_MAX_BYTES];
	static struct reference r;
	const struct form *form = find_form(cli_get(c, "as"));
	bool has_config = cli_has(c, "config");
	struct wr w = wr_over(text, sizeof text);
	uint8_t config[SHA384_LEN];
	int rc = CLI_DONE;
	enum err e;

	if (form == NULL)
		return cli_fail(CLI_USAGE, "--as is expected-any or corim");
	if (has_config && !form->takes_config)
		return cli_fail(CLI_USAGE, "--config: %s has no place for it",
				form->name);
	if (has_config)
		rc = read_config(cli_get(c, "config"), config);
	if (rc == CLI_DONE)
		rc = release_read_reference(c->operand[0], NULL, &r);
	if (rc != CLI_DONE)
		return rc;
	e = form->write(&r, has_config ? config : NULL, &w);
	if (e == ERR_MISSING)
		return cli_fail(
			CLI_REFUSED,
			"%s: no entry binds an image on hardware: RTMR1 "
			"and RTMR2 of a machine that is not simulated",
			c->operand[0]);
	if (e != ERR_OK)
		return cli_fail(CLI_INTERNAL, "the output does not fit");
	if (corim_entries(&r) < r.n)
		cli_note("%zu of %zu entries are left out",
			 r.n - corim_entries(&r), r.n);
	return cli_write(cli_get(c, "out"), wr_slice(&w));
}

const struct cli_cmd cmd_release_export = {
	.name = "release export",
	.operands = "REFERENCE",
	.noperands = 1,
	.summary = "write a reference in another verifier's form",
	.opts = opts,
	.run = run,
};
