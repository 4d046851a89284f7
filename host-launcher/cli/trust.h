/* trust.h - the files that a verdict rests on, loaded from the options. */
#ifndef HOST_CLI_TRUST_H
#define HOST_CLI_TRUST_H

#include "host-launcher/cli/verbs.h"
#include "measure/lib/verify.h"

/* Loads them; *out points into static memory, one at a time. Complains. */
enum exit_status trust_load(const struct trust_opts *t, struct verifier *out);
#endif
