/* reference.h - measurements.json: the values that genuine boots of one image
 * show, as the build writes them and as every verifier reads them. The same in
 * JSON Schema: measure/measurements.schema.json.
 *
 *   format         2
 *   kind           "production" (Intel's driver) or "sim" (tsm_sim)
 *   release        {"commit","counter","not_after","not_before","pinned",
 *                   "version"}. Of a development build: null, 0, null, null,
 *                  bool, null. Of a release: 40 or 64 hex, 1 to 2^31 - 1, two
 *                  times "2026-01-02T03:04:05Z" of which the first is the
 *                  earlier, true, text. pinned: every source was the pinned one
 *   revoked        [{"counter","reason","version"}]: releases that must not be
 *                  trusted any more, by ascending counter, all before this one
 *   image          {"efi_authenticode_sha384","efi_sha256","gcp_tar_sha256",
 *                   "raw_sha256"}: hex; the last two may be null
 *   sources        {"lock_sha256"}: of image/sources.lock
 *   toolchain      text
 *   firmware       [{"cfv_sha384"|null,"mrtd","mrtd_two_pass","name",
 *                    "sections":[{"address","attributes","data_offset",
 *                    "data_size","memory_size","type"}],"sha256","size"}]:
 *                  enough to write the TD HOB for any size of memory without
 *                  the file (hob.h); type as tdvf_type_name says
 *   measurements [{"acpi_release"|null,"boot","cpus","events":[{"digest"|null,
 *                    "rtmr","type","what"}],"firmware","machine_type"|null,
 *                    "memory_bytes","mrtd","options","platform","reason"|null,
 *                    "rtmr0"|null,"rtmr1"|null,"rtmr2"|null}]
 *                  boot: "disk" or "efi", which of the image's forms is booted;
 *                  firmware: its sha256; options: what differs from a usual
 *                  machine, ascending, see REFERENCE_OPTIONS
 *
 * All members are required and no others are allowed; no text has control
 * characters (printable.h), since all of it is shown to people; the file never
 * contradicts itself:
 *   - every entry's firmware is in the list, and mrtd is the one of its order;
 *   - a register is the replay of its events, and null when it cannot be
 *     predicted; `reason` then says why. An entry that tells no events at all
 *     ([]) is believed without;
 *   - sections are as tdvf.h demands; no firmware and no release twice.
 * RTMR3 is not in the file: it follows from the instance's configuration. */
#ifndef MEASURE_LIB_REFERENCE_H
#define MEASURE_LIB_REFERENCE_H

#include "lib/json.h"
#include "measure/lib/predict.h"
#include "measure/lib/tdvf.h"

enum {
	REFERENCE_FORMAT = 2,
	REFERENCE_MAX = 64,          /* entries */
	REFERENCE_MAX_FIRMWARE = 16, /* firmware images */
	REFERENCE_MAX_REVOKED = 64,  /* releases */
	REFERENCE_MAX_EVENTS = 2048, /* of all entries together */
	REFERENCE_RTMRS = 3,         /* 0..2 */
	REFERENCE_TEXT = 128,        /* firmware name, machine type */
	REFERENCE_REASON = 256,      /* reason, toolchain */
	REFERENCE_VERSION = 32,      /* of a release: 31 characters */
	REFERENCE_COMMIT = 65,
	REFERENCE_BYTES = 1 << 20, /* the largest file */
	REFERENCE_ARENA = 8 << 20, /* enough for any good file of that size */
};

enum reference_kind {
	REFERENCE_PRODUCTION,
	REFERENCE_SIM
};

enum reference_boot {
	REFERENCE_DISK, /* raw_sha256 */
	REFERENCE_EFI   /* the EFI binary, with -kernel */
};

/* What differs from a usual machine, in the order of their names. */
/* clang-format off */
#define REFERENCE_OPTIONS(X)                                               \
	X(FW_CFG_EVENTS,    "fw-cfg-events")    /* QUIRK_FW_CFG_EVENTS */    \
	X(OLD_SEPARATOR,    "old-separator")    /* QUIRK_SEPARATOR_RTMR0 */  \
	X(SECOND_DISK,      "second-disk")      /* gcp_second_disk */        \
	X(STUB_KEYS,        "stub-keys")        /* gcp_stub_keys */          \
	X(TWO_PASS,         "two-pass")         /* MRTD_TWO_PASS */          \
	X(UNPATCHED_KERNEL, "unpatched-kernel") /* QUIRK_KERNEL_UNPATCHED */
/* clang-format on */

enum reference_option {
#define X(name, text) REFERENCE_##name##_BIT,
	REFERENCE_OPTIONS(X)
#undef X
	REFERENCE_NOPTIONS
};

/* "two-pass"; never NULL. */
const char *reference_option_name(enum reference_option o);

/* mrtd[] by enum mrtd_order. */
struct reference_firmware {
	char name[REFERENCE_TEXT]; /* the file's base name */
	uint8_t sha256[SHA256_LEN];
	uint64_t size;
	uint8_t mrtd[2][SHA384_LEN];
	bool has_cfv;
	uint8_t cfv_sha384[SHA384_LEN];
	struct tdvf tdvf;
};

struct reference_entry {
	enum platform platform;
	size_t firmware;                   /* index */
	char machine_type[REFERENCE_TEXT]; /* "" for null, as the next */
	char acpi_release[REFERENCE_TEXT];
	enum reference_boot boot;
	unsigned options; /* 1u << enum reference_option, or-ed */
	uint64_t memory_bytes;
	uint32_t cpus;
	uint8_t mrtd[SHA384_LEN];
	bool rtmr_known[REFERENCE_RTMRS];
	uint8_t rtmr[REFERENCE_RTMRS][SHA384_LEN];
	char reason[REFERENCE_REASON]; /* "" for null */
	size_t first_event, nevents;   /* of the reference's; may be none */
};

struct reference_release {
	char version[REFERENCE_VERSION]; /* "": a development build */
	uint32_t counter;                /* 0: a development build */
	int64_t not_before_s, not_after_s;
	char commit[REFERENCE_COMMIT];
	bool pinned;
};

struct reference_revoked {
	char version[REFERENCE_VERSION];
	uint32_t counter;
	char reason[REFERENCE_TEXT];
};

struct reference {
	enum reference_kind kind;
	struct reference_release release;
	size_t nrevoked;
	struct reference_revoked revoked[REFERENCE_MAX_REVOKED];
	uint8_t efi_sha256[SHA256_LEN];
	uint8_t efi_authenticode_sha384[SHA384_LEN];
	bool has_raw, has_gcp_tar;
	uint8_t raw_sha256[SHA256_LEN];
	uint8_t gcp_tar_sha256[SHA256_LEN];
	uint8_t lock_sha256[SHA256_LEN];
	char toolchain[REFERENCE_REASON];
	size_t nfirmware;
	struct reference_firmware firmware[REFERENCE_MAX_FIRMWARE];
	size_t n;
	struct reference_entry e[REFERENCE_MAX];
	size_t nevents;
	struct event event[REFERENCE_MAX_EVENTS]; /* in the order of entries */
};

/* "production"; never NULL. reference_kind_parse: ERR_VALUE. */
const char *reference_kind_name(enum reference_kind k);
MUST_CHECK enum err reference_kind_parse(struct slice s,
					 enum reference_kind *out);

/* "gcp c3-standard-4, 16384 MiB, 4 CPUs, OVMF.fd", with ", -kernel" when that
 * boots it. */
enum {
	REFERENCE_MACHINE_LEN = 2 * REFERENCE_TEXT + 64
};
void reference_machine_text(const struct reference *r,
			    const struct reference_entry *m,
			    char out[static REFERENCE_MACHINE_LEN]);

/* "2026-01-02T03:04:05Z", the one spelling of a time in these files. Years 1970
 * to 9999: a time before or after is written as the nearest one, and what is
 * read is ERR_VALUE else. */
enum {
	REFERENCE_TIME_LEN = 20
};
void reference_time_format(int64_t s, char out[static REFERENCE_TIME_LEN + 1]);
MUST_CHECK enum err reference_time_parse(struct slice in, int64_t *out);

/* 1 to 31 characters of 0-9 A-Z a-z . - + _ with a letter or digit first. */
bool reference_version_ok(struct slice s);

/* 40 or 64 lower-case hex digits. */
bool reference_commit_ok(struct slice s);

/* Reads a file. The arena (REFERENCE_ARENA bytes) may be reused afterwards.
 * *what names the first member that is wrong ("rtmr0"), a string that is static
 * or lies in the arena; "" when the document itself is. Errors: json_parse's,
 * ERR_MISSING, ERR_UNKNOWN, ERR_VALUE, ERR_UNSUPP (format), ERR_LIMIT (counts,
 * length), ERR_DUPLICATE, ERR_MISMATCH (it contradicts itself). Without an
 * entry it is ERR_VALUE. */
MUST_CHECK enum err reference_parse(struct arena *a, struct slice in,
				    struct reference *out, const char **what);

/* Whether the release, entries and firmware agree with each other, as above;
 * reference_parse asks it. *what as there. */
MUST_CHECK enum err reference_check(const struct reference *r,
				    const char **what);

/* Writes it: canonical JSON and a newline; or as one value of a document. What
 * contradicts itself is not written: reference_check's error is the writer's.
 */
MUST_CHECK enum err reference_write(const struct reference *r, struct wr *out);
void reference_put(struct jw *j, const struct reference *r);

/* ERR_OK, or ERR_EXPIRED after not_after; ERR_STATE before not_before. Both are
 * in the period themselves; a development build has none. */
MUST_CHECK enum err reference_in_force(const struct reference_release *r,
				       int64_t now_s);

/* Whether a row names this release, by version or by counter. A development
 * build has no name. */
bool reference_names(const struct reference_revoked *row,
		     const struct reference_release *release);

/* Describes a firmware image. *why: tdvf_parse's, as are the errors; ERR_LIMIT
 * the name is too long. */
MUST_CHECK enum err reference_firmware_of(struct slice fw, const char *name,
					  struct reference_firmware *out,
					  const char **why);

/* Adds the entry for a prediction, firmware being the index of in->firmware.
 * ERR_SPACE; ERR_UNSUPP: a quirk that the file has no word for. */
MUST_CHECK enum err reference_add(struct reference *r,
				  const struct predict_in *in, size_t firmware,
				  const struct prediction *p);

/* The other way: the input that a prediction needs, but for the bytes of
 * firmware and image and what the machine's owner alone knows (ACPI tables,
 * boot variables). ERR_UNKNOWN: a machine type or ACPI release that is not
 * known here. */
MUST_CHECK enum err reference_predict_in(const struct reference_entry *m,
					 struct predict_in *out);
#endif
