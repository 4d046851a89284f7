/* explain.h - the parts of `ee-measure explain`: what it is given, and how it
 * says what was found. */
#ifndef MEASURE_CLI_EXPLAIN_H
#define MEASURE_CLI_EXPLAIN_H

#include "measure/cli/cli.h"
#include "measure/lib/explain_log.h"
#include "measure/lib/explain_world.h"

/* Everything that the options gave. Large; zero it first. The quote's bytes and
 * the configuration's are the files'. */
struct explain_input {
	struct explain_world world;
	struct explain_in in;
	struct quote quote;
	struct cli_file quote_file, config_file;
	struct arena arena; /* for the references, one after the other */
	size_t nreferences;
	struct reference *reference[32];
	size_t nfirmware;
	struct reference_firmware firmware[16];
	size_t nnames; /* texts that candidates and machines point to */
	char name[96][256];
	struct explain_log log;
};

/* Reads what the options name. Prints what is wrong; returns an exit code.
 * Close in any case. */
int explain_input_open(const struct cli *c, struct explain_input *x);
void explain_input_close(struct explain_input *x);

/* Write what was found: for people, and as canonical JSON. */
void explain_show_text(struct wr *w, const struct explain_in *in,
		       const struct explain_out *out);
void explain_show_json(struct wr *w, const struct explain_in *in,
		       const struct explain_out *out);
#endif
