/* metadata.h - the instance's configuration from the metadata server, in a
 * child of its own: it talks to the network and parses what it gets, and hands
 * init the bytes as they came and the name of whatever is wrong with them.
 * Source: cloud.google.com/compute/docs/metadata/querying-metadata. */
#ifndef GUEST_SYS_METADATA_H
#define GUEST_SYS_METADATA_H

#include "lib/bytes.h"
#include "lib/limit.h"

struct metadata_source {
	const char *host; /* METADATA_ADDR */
	uint16_t port;
	uint32_t attempt_ms; /* for one request */
	uint32_t total_ms;   /* for all tries together */
};

enum metadata_stage {
	METADATA_FETCH = 1,
	METADATA_PARSE
};

/* The one record that the child writes to init. */
struct metadata_result {
	uint32_t magic; /* METADATA_MAGIC */
	uint16_t stage; /* enum metadata_stage: where err happened */
	uint16_t err;   /* enum err */
	char key[64];   /* PARSE: the wrong member if it is a name, or "" */
	uint32_t len;   /* 1..LIMIT_CONFIG_BYTES when ERR_OK, else 0 */
	uint8_t config[LIMIT_CONFIG_BYTES]; /* bytes as received */
};
#define METADATA_MAGIC 0x4d455441u

/* Fetches the attribute and checks it; *out is always complete. A server that
 * is not there yet, or says 429 or 5xx, is tried again with growing pauses. In
 * stage FETCH, err is ERR_TIMEOUT: total_ms have passed; ERR_MISSING: the
 * instance has no such attribute (404); ERR_MISMATCH: an answer without
 * "Metadata-Flavor: Google" is not the metadata server's; ERR_LIMIT: above
 * LIMIT_CONFIG_BYTES; ERR_REFUSED: any other status; ERR_VALUE, ERR_UNSUPP: not
 * HTTP as we read it. In stage PARSE it is config_parse's. Its working memory
 * is static: one call at a time. */
void metadata_read(const struct metadata_source *s,
		   struct metadata_result *out);

/* Whether init may use a record of n bytes that it received. */
bool metadata_result_ok(const struct metadata_result *r, size_t n);

/* Entry of the child (child.h): source is a struct metadata_source; the record
 * goes to CHILD_FD. */
int metadata_child(void *source);
#endif
