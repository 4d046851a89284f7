/* metadata.h - the metadata endpoint of an instance, as a Google Compute Engine
 * VM finds it at http://169.254.169.254: one attribute, ee-config. Pure: the
 * bytes of one request in, the bytes of one response out. */
#ifndef HOST_VM_METADATA_H
#define HOST_VM_METADATA_H

#include "lib/bytes.h"
#include "lib/limit.h"

enum {
	METADATA_REQUEST_MAX = LIMIT_HTTP_HEAD_BYTES + 1024,
	METADATA_RESPONSE_MAX = LIMIT_CONFIG_BYTES + 1024,
};

/* Answers the request at the start of buf (len bytes, which parsing may change)
 * with `config` or a refusal, and closes the connection after it.
 * ERR_AGAIN: the request is not complete; nothing is written. ERR_SPACE: out
 * is too small. Refusals are answers: 400 malformed, 403 without
 * "Metadata-Flavor: Google" or sent through a proxy, 404 another path, 405
 * another method; each carries the Metadata-Flavor header, as GCE's do. */
MUST_CHECK enum err metadata_answer(uint8_t *buf, size_t len,
				    struct slice config, struct wr *out);
#endif
