/* reference.h - measurements.json: the values that genuine boots of one image
 * show, as the build writes them and as every verifier reads them.
 *
 *   version        1
 *   kind           "production" (Intel's driver) or "sim" (tsm_sim)
 *   release        bool: every source was the pinned one
 *   image          {"efi_authenticode_sha384","efi_sha256","gcp_tar_sha256",
 *                   "raw_sha256"}: hex; the last two may be null
 *   sources        {"lock_sha256"}: of image/sources.lock
 *   toolchain      text
 *   measurements   [{"cpus","firmware":{"name","sha256"},"machine_type"|null,
 *                    "memory_bytes","mrtd","platform","reason"|null,
 *                    "rtmr0"|null,"rtmr1"|null,"rtmr2"|null}]
 *
 * All members are required and no others are allowed. A register is null when
 * it cannot be predicted; `reason` then says why. RTMR3 is not in the file: it
 * follows from the instance's configuration. */
#ifndef MEASURE_LIB_REFERENCE_H
#define MEASURE_LIB_REFERENCE_H

#include "lib/json.h"
#include "measure/lib/predict.h"

enum {
	REFERENCE_MAX = 64,        /* entries */
	REFERENCE_RTMRS = 3,       /* 0..2 */
	REFERENCE_TEXT = 128,      /* firmware name, machine type */
	REFERENCE_REASON = 256,    /* reason, toolchain */
	REFERENCE_BYTES = 1 << 18, /* the largest file */
	REFERENCE_ARENA = 1 << 20, /* enough for any file of that size */
};

enum reference_kind {
	REFERENCE_PRODUCTION,
	REFERENCE_SIM
};

struct reference_entry {
	enum platform platform;
	char firmware_name[REFERENCE_TEXT]; /* the file's base name */
	uint8_t firmware_sha256[SHA256_LEN];
	char machine_type[REFERENCE_TEXT]; /* "" for null */
	uint64_t memory_bytes;
	uint32_t cpus;
	uint8_t mrtd[SHA384_LEN];
	bool rtmr_known[REFERENCE_RTMRS];
	uint8_t rtmr[REFERENCE_RTMRS][SHA384_LEN];
	char reason[REFERENCE_REASON]; /* "" for null */
};

struct reference {
	enum reference_kind kind;
	bool release;
	uint8_t efi_sha256[SHA256_LEN];
	uint8_t efi_authenticode_sha384[SHA384_LEN];
	bool has_raw, has_gcp_tar;
	uint8_t raw_sha256[SHA256_LEN];
	uint8_t gcp_tar_sha256[SHA256_LEN];
	uint8_t lock_sha256[SHA256_LEN];
	char toolchain[REFERENCE_REASON];
	size_t n;
	struct reference_entry e[REFERENCE_MAX];
};

/* "production"; never NULL. reference_kind_parse: ERR_VALUE. */
const char *reference_kind_name(enum reference_kind k);
MUST_CHECK enum err reference_kind_parse(struct slice s,
					 enum reference_kind *out);

/* Reads a file. The arena (REFERENCE_ARENA bytes) may be reused afterwards.
 * *what names the first member that is wrong ("rtmr0"), a string that is static
 * or lies in the arena; "" when the document itself is. Errors: json_parse's,
 * ERR_MISSING, ERR_UNKNOWN, ERR_VALUE, ERR_UNSUPP (version), ERR_LIMIT
 * (entries, length). A file without entries, or whose entries have an RTMR that
 * is null without a reason, is ERR_VALUE. */
MUST_CHECK enum err reference_parse(struct arena *a, struct slice in,
				    struct reference *out, const char **what);

/* Writes it: canonical JSON and a newline. */
MUST_CHECK enum err reference_write(const struct reference *r, struct wr *out);
#endif
