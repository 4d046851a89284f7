/* daemon.h - an HTTPS server program: listen, serve until SIGTERM or SIGINT,
 * finish what is under way, end. SIGHUP and the passing of time reach the
 * program through its tick. */
#ifndef HOST_LIB_DAEMON_H
#define HOST_LIB_DAEMON_H

#include "host-launcher/lib/exit.h"
#include "host-launcher/lib/identity.h"
#include "lib/serve.h"

struct daemon {
	const char *listen; /* "ADDR:PORT"; port 0 picks a free one */
	const struct identity *identity;
	const br_prng_class **rng;
	size_t max_conns, max_response;
	serve_handler *handler;
	/* Called every tick_ms and after SIGHUP (then reload is true). */
	void (*tick)(void *ctx, bool reload);
	uint32_t tick_ms;
	void *ctx; /* of handler and tick */
};

/* Prints "listening" with address and port to the log once it is. */
enum exit_status daemon_run(const struct daemon *d);
#endif
