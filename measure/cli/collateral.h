/* collateral.h - what the `collateral` commands share. */
#ifndef MEASURE_CLI_COLLATERAL_H
#define MEASURE_CLI_COLLATERAL_H

#include "measure/cli/verifier.h"
#include "measure/lib/collateral_check.h"

enum {
	CLI_COLLATERAL_TEXT = 1024 * 1024 /* of one file, in words */
};

/* Parses and authenticates a bundle; store has COLLATERAL_ARENA_BYTES. Prints
 * what is wrong with the file `path` and returns an exit code. */
int cli_collateral_parse(const char *path, struct slice in, uint8_t *store,
			 struct collateral *out);
int cli_collateral_read(const char *path, uint8_t *store,
			struct collateral *out);

/* "2026-09-06T12:00:00Z" */
enum {
	CLI_DATE_LEN = 20
};
void cli_date(int64_t unix_s, char out[static CLI_DATE_LEN + 1]);

/* Whole days from now_s to end_s; negative once it has passed. */
int64_t cli_days_left(int64_t now_s, int64_t end_s);

/* Of TCB info, QE identity and both CRLs: evaluation numbers, dates, digests.
 * As lines, and as the members of an object, in their order. */
void cli_collateral_put(struct wr *w, const struct collateral *c);
void cli_collateral_json(struct jw *j, const struct collateral *c);
#endif
