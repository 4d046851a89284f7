/* token.h - what the commands about tokens share. */
#ifndef MEASURE_CLI_TOKEN_H
#define MEASURE_CLI_TOKEN_H

#include "measure/cli/cli.h"

/* Reads a file that holds one token and, after it, white space. The token lies
 * in *file; close it. Returns an exit code. */
int cli_token_read(const char *path, struct cli_file *file,
		   struct slice *token);
#endif
