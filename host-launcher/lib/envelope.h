/* envelope.h - the reference files that the user names, signed or not. */
#ifndef HOST_LIB_ENVELOPE_H
#define HOST_LIB_ENVELOPE_H

#include "host-launcher/lib/input.h"
#include "lib/bytes.h"

/* Reads a reference file; with the path of the publisher's public key in PEM,
 * an envelope that this key signed, and nothing else. key may be NULL: then the
 * file is believed as it is. *text, which is for reference_parse, stays until
 * the next call. What is wrong is told: STATUS_REFUSED when nobody, or somebody
 * else, signed it; else as by input.h. */
enum exit_status reference_read(const char *path, const char *key,
				struct slice *text);
#endif
