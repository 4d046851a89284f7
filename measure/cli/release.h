/* release.h - what the `release` commands share: the files of a release, the
 * reference in them, and keys. Each function prints what is wrong and returns
 * an exit code. */
#ifndef MEASURE_CLI_RELEASE_H
#define MEASURE_CLI_RELEASE_H

#include "measure/cli/cli.h"
#include "measure/lib/dsse.h"
#include "measure/lib/release.h"

/* What a folder holds of a release; data.ptr is NULL for what is not there. */
struct release_dir {
	struct cli_file efi, disk, gcp_tar, gcp_raw, lock, reference;
};

int release_dir_open(const char *path, struct release_dir *out);
void release_dir_close(struct release_dir *d);

/* The disk, by either of its names. */
struct slice release_dir_disk(const struct release_dir *d);

/* Compares the digests of what is there with the reference, and adds the names
 * of these files to `checked`, which ends with NULL and has room for
 * RELEASE_NFILES and that. CLI_REFUSED: out names the first file that is
 * another one. */
enum {
	RELEASE_NFILES = 6
};
int release_dir_check(const struct release_dir *d, const struct reference *r,
		      const char **checked, struct release_finding *out);

/* Reads measurements.json, or the one inside an envelope; in a folder the file
 * of that name. An envelope must be signed with pub, or it is CLI_REFUSED,
 * which alone is not printed; with NULL its signature is not looked at. */
int release_read_reference(const char *path, const uint8_t *pub,
			   struct reference *out);

/* Reads what an envelope's payload states. CLI_MALFORMED when it is none. */
int release_read_statement(const char *path, const struct dsse *d,
			   struct reference *out);

/* The text of an envelope to its parts, which lie in one static arena. */
int release_read_envelope(const char *path, struct dsse *out);

/* A key file. A private one must be a plain file that is its owner's alone, and
 * the process leaves no core once it is asked for; wipe *out. */
int release_read_public(const char *path, uint8_t pub[static P256_PUB_LEN]);
int release_read_private(const char *path, struct p256_key *out);
#endif
