/* explain_rank.c - causes in the order in which they are worth looking at. */
#include <stdio.h>
#include <string.h>

#include "measure/lib/explain_int.h"

/* What to suspect when nothing fits, likeliest first. */
static const struct {
	int reg;
	enum explain_cause cause;
	const char *collect;
} guesses[] = {
	{ 0, EXPLAIN_FIRMWARE,
	  "none of the known firmware has this MRTD in either order; give the "
	  "host's firmware with --firmware, or ask gcp quote about Google's" },
	{ 1, EXPLAIN_ACPI,
	  "the tables follow from the hypervisor's version and every option; "
	  "give the event log with --eventlog" },
	{ 1, EXPLAIN_BOOT_VARIABLES,
	  "boot options hold device paths; give the event log with "
	  "--eventlog" },
	{ 1, EXPLAIN_SECURE_BOOT,
	  "keys of the platform cannot be guessed; give the event log with "
	  "--eventlog" },
	{ 2, EXPLAIN_BINARY,
	  "give the image that was booted with --image, older releases with "
	  "--releases, or the event log with --eventlog" },
	{ 2, EXPLAIN_GPT,
	  "give the disk as it is now with --image, or the event log with "
	  "--eventlog" },
	{ 3, EXPLAIN_COMMAND_LINE,
	  "give it with --cmdline, or the event log with --eventlog" },
	{ 3, EXPLAIN_INITRD,
	  "give it with --initrd, or the event log with --eventlog" },
	{ 4, EXPLAIN_CONFIG, "give the configuration that was sent" },
};

void ex_guess(struct ex *x)
{
	for (int r = 0; r < EXPLAIN_REGISTERS; r++) {
		bool firmware = r == 1 && !x->out->reg[0].explained;

		if (x->out->reg[r].explained)
			continue;
		if (firmware) {
			struct explain_change *c = ex_change(
				x, r, EXPLAIN_FIRMWARE, EXPLAIN_GUESSED);

			snprintf(c->detail, sizeof c->detail,
				 "MRTD says that it is another one");
		}
		for (size_t i = 0; i < sizeof guesses / sizeof *guesses; i++) {
			struct explain_change *c;

			if (guesses[i].reg != r)
				continue;
			c = ex_change(x, r, guesses[i].cause, EXPLAIN_GUESSED);
			snprintf(c->detail, sizeof c->detail, "%s",
				 guesses[i].collect);
		}
	}
}

static bool same_row(const struct explain_change *a,
		     const struct explain_change *b)
{
	return a->cause == b->cause && a->proof == b->proof;
}

static bool before(const struct explain_ranked *a,
		   const struct explain_ranked *b)
{
	if ((a->cause == EXPLAIN_PADDED) != (b->cause == EXPLAIN_PADDED))
		return b->cause == EXPLAIN_PADDED; /* does no harm */
	if (a->proof != b->proof)
		return a->proof < b->proof;
	return a->nchanges > b->nchanges;
}

void ex_rank(struct explain_out *out)
{
	out->ncauses = 0;
	for (size_t i = 0; i < out->nchanges; i++) {
		const struct explain_change *c = &out->change[i];
		size_t k = 0;

		while (k < out->ncauses &&
		       !same_row(c, &out->change[out->cause[k].first]))
			k++;
		if (k == EXPLAIN_CAUSES)
			continue;
		if (k == out->ncauses)
			out->cause[out->ncauses++] =
				(struct explain_ranked){ c->cause, c->proof, 0,
							 i };
		out->cause[k].nchanges++;
	}
	for (size_t i = 1; i < out->ncauses; i++) {
		struct explain_ranked r = out->cause[i];
		size_t k = i;

		for (; k > 0 && before(&r, &out->cause[k - 1]); k--)
			out->cause[k] = out->cause[k - 1];
		out->cause[k] = r;
	}
}
