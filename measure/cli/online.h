/* online.h - what the commands share that ask a service. The clock of the
 * system judges the service's certificate, and nothing else. */
#ifndef MEASURE_CLI_ONLINE_H
#define MEASURE_CLI_ONLINE_H

#include "lib/rng.h"
#include "measure/cli/cli.h"
#include "measure/net/web.h"

#define ONLINE_OPTS                                                            \
	{                                                                      \
		"ca", "PEM", "CAs to trust instead of the system's", 0         \
	}

/* Some 220 KiB, static: o points into it. */
struct cli_online {
	struct web_opts o; /* but max_body, buf and buf_len */
	struct rng rng;
	struct web_cas cas;
};

/* The URL that the option named url has, and the CAs that vouch for it. Prints
 * what is wrong and returns an exit code. */
int cli_online_open(const struct cli *c, const char *url,
		    struct cli_online *out);

/* The exit code after a request that failed: the answer is no good, or there is
 * none. */
int cli_online_exit(const struct web *w);
#endif
