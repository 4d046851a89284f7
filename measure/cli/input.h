/* input.h - inputs that more than one command takes. Each function prints what
 * is wrong and returns an exit code. */
#ifndef MEASURE_CLI_INPUT_H
#define MEASURE_CLI_INPUT_H

#include "measure/cli/cli.h"
#include "measure/lib/tdvf.h"

/* A firmware image and its metadata. Close fw when CLI_DONE is returned. */
int input_firmware(const char *path, struct cli_file *fw, struct tdvf *t);
#endif
