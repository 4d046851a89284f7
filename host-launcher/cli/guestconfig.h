/* guestconfig.h - writes the guest's configuration (lib/config.h) from the
 * options of `run`. */
#ifndef HOST_CLI_GUESTCONFIG_H
#define HOST_CLI_GUESTCONFIG_H

#include "host-launcher/cli/verbs.h"
#include "lib/digest.h"

/* Writes it and reads it back with the guest's own parser, so that a guest is
 * not booted only to refuse it. Files named in the options are read. Complains
 * about what is wrong. token: the operator's, whose digest goes in. */
enum exit_status guest_config(const struct run_opts *o, const char *name,
			      struct slice token, struct wr *out);
#endif
