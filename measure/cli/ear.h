/* ear.h - the options by which a command also writes its verdict as a signed
 * EAT Attestation Result (lib/ear.h). */
#ifndef MEASURE_CLI_EAR_H
#define MEASURE_CLI_EAR_H

#include "measure/cli/verifier.h"

#define EAR_OPTS                                                               \
	{ "ear", "FILE", "write the verdict there as well, as a signed JWT",   \
	  0 },                                                                 \
	{                                                                      \
		"ear-key", "PEM",                                              \
			"the private key for it, readable by its owner alone", \
			0                                                      \
	}

/* Both or none: CLI_USAGE. To be asked before anything is judged. */
int cli_ear_check(const struct cli *c);

/* Writes the verdict to the file of --ear, when there is one, issued at the
 * time that it was judged at. Prints what is wrong and returns an exit code. */
int cli_ear_write(const struct cli *c, const struct cli_verifier *cv,
		  const struct verdict *v);
#endif
