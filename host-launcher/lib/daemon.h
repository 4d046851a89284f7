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
	/* The program's own files in the loop, at most `files`: poll adds them
	 * as serve_poll does, run is called in each round and may give answers
	 * that were put off. NULL: it has none. */
	size_t files;
	size_t (*poll)(void *ctx, struct pollfd *pfd, int64_t *deadline_ms);
	void (*run)(void *ctx, struct serve *s);
	void *ctx; /* of handler, tick, poll and run */
};

/* Holds SIGHUP back for daemon_run: for a program that reads files before, and
 * is told meanwhile that they have changed. Without, that ends it. */
void daemon_hold_reload(void);

/* Prints "listening" with address and port to the log once it is. */
enum exit_status daemon_run(const struct daemon *d);
#endif
