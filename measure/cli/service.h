/* service.h - what the commands share that ask Intel Trust Authority. */
#ifndef MEASURE_CLI_SERVICE_H
#define MEASURE_CLI_SERVICE_H

#include "measure/cli/online.h"
#include "measure/net/ita_client.h"

#define SERVICE_OPTS                                                           \
	{ "ita", "URL", "of the service's API", CLI_REQUIRED },                \
		{ "api-key-file", "FILE",                                      \
		  "its API key, readable by its owner alone", CLI_REQUIRED },  \
		{ "api", "v1|v2", "version of its API; v2", 0 },               \
		{ "request-id", "TEXT", "a name for its operators' logs", 0 }, \
		{ "out", "FILE", "where to (standard output)", 0 },            \
		ONLINE_OPTS

/* Opens a client for the service; close it with ita_client_done. There is one a
 * process. Prints what is wrong and returns an exit code. */
int cli_service_open(const struct cli *c, struct ita_client *out,
		     enum ita_version *version);

/* A nonce as `token nonce` wrote it. It lies in the arena. */
int cli_nonce_read(const char *path, struct arena *a, struct ita_nonce *out);
#endif
