/* version.h - which sources a host program was built from: what its --version
 * prints. It names the tree itself and not a commit, so that it holds for one
 * without a history and for one that was changed: `make source-id` prints that
 * of the tree that is there. */
#ifndef MEASURE_LIB_VERSION_H
#define MEASURE_LIB_VERSION_H

/* SHA-256, in hex, over the lines of sha256sum for all .c and .h files of
 * guest, measure and host-launcher in byte order of their names. */
extern const char source_id[];
#endif
