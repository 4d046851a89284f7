/* explain.c - ee-measure explain: why a quote's registers are not those of a
 * reference. */
#include <stdlib.h>

#include "lib/text.h"
#include "measure/cli/explain.h"

static const struct cli_opt opts[] = {
	{ "quote", "FILE", "the quote; it is not verified here", CLI_REQUIRED },
	{ "reference", "FILE", "measurements.json of what should have booted",
	  CLI_REQUIRED | CLI_MANY },
	{ "eventlog", "FILE", "the guest's event log", 0 },
	{ "format", "NAME", "of the log: ccel, tcg2, cel or dstack (found out)",
	  0 },
	{ "config", "FILE", "the instance's configuration, for RTMR3", 0 },
	{ "releases", "DIR", "references of other releases to search", 0 },
	{ "firmware", "FILE", "a firmware that may have been booted",
	  CLI_MANY },
	{ "image", "FILE", "a disk or EFI binary that may have been booted",
	  CLI_MANY },
	{ "cmdline", "TEXT", "a command line that the kernel may have got",
	  CLI_MANY },
	{ "initrd", "FILE", "an initrd that the kernel may have got",
	  CLI_MANY },
	{ "budget", "N", "hash operations that the search may take (20000000)",
	  0 },
	{ NULL, NULL, NULL, 0 },
};

static int budget(const struct cli *c, uint64_t *out)
{
	const char *text = cli_get(c, "budget");

	*out = EXPLAIN_BUDGET;
	if (text != NULL &&
	    (u64_parse(str_slice(text), UINT64_C(1) << 40, out) != ERR_OK ||
	     *out == 0))
		return cli_fail(CLI_USAGE, "--budget: a number from 1 to 2^40");
	return CLI_DONE;
}

static int answer(const struct cli *c, const struct explain_in *in)
{
	static uint8_t text[256 * 1024];
	static struct explain_out out;
	struct wr w = wr_over(text, sizeof text);
	enum err e = explain(in, &out);
	int rc;

	if (e != ERR_OK)
		return cli_fail(CLI_INTERNAL, "%s", err_text(e));
	if (c->json)
		explain_show_json(&w, in, &out);
	else
		explain_show_text(&w, in, &out);
	rc = cli_print_wr(&w);
	if (rc != CLI_DONE)
		return rc;
	return out.match ? CLI_DONE : CLI_REFUSED;
}

static int run(const struct cli *c)
{
	struct explain_input *x = calloc(1, sizeof *x);
	int rc;

	if (x == NULL)
		return cli_fail(CLI_INTERNAL, "out of memory");
	rc = budget(c, &x->in.budget);
	if (rc == CLI_DONE)
		rc = explain_input_open(c, x);
	if (rc == CLI_DONE)
		rc = answer(c, &x->in);
	explain_input_close(x);
	free(x);
	return rc;
}

const struct cli_cmd cmd_explain = {
	.name = "explain",
	.operands = "",
	.noperands = 0,
	.summary = "say why a quote is not what a reference says",
	.opts = opts,
	.run = run,
};
