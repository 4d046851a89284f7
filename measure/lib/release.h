/* release.h - what is signed of a release, and whether its files are what it
 * says. The payload of the envelope (dsse.h) is an in-toto Statement v1 in
 * canonical JSON:
 *
 *   {"_type":"https://in-toto.io/Statement/v1",
 *    "predicate":<measurements.json, reference.h>,
 *    "predicateType":RELEASE_PREDICATE_TYPE,
 *    "subject":[{"digest":{"sha256":hex},"name":file}]}
 *
 * The subjects are the files that the reference has digests of, by the names
 * below and in their order. The predicate is of a type of our own: those of
 * SLSA and SCAI tell how a file was made and by whom, and have no place for
 * what a machine measures when it boots it. The type's URI is a name; nothing
 * is to be found there.
 * Source: github.com/in-toto/attestation, spec/v1/statement.md. */
#ifndef MEASURE_LIB_RELEASE_H
#define MEASURE_LIB_RELEASE_H

#include "measure/lib/dsse.h"
#include "measure/lib/reference.h"

#define RELEASE_PAYLOAD_TYPE   "application/vnd.in-toto+json"
#define RELEASE_STATEMENT_TYPE "https://in-toto.io/Statement/v1"
#define RELEASE_PREDICATE_TYPE "urn:easyenclave:measurements:2"

#define RELEASE_EFI     "BOOTX64.EFI"
#define RELEASE_DISK    "ee-appliance.raw"
#define RELEASE_GCP_TAR "ee-appliance-gcp.tar.gz"
#define RELEASE_GCP_RAW "disk.raw" /* the same disk, out of the archive */
#define RELEASE_LOCK    "sources.lock"

enum {
	RELEASE_MAX_STATEMENT = REFERENCE_BYTES + 2048,
	/* for release_statement_read: one document at a time, and its text */
	RELEASE_ARENA = REFERENCE_ARENA + 2 * RELEASE_MAX_STATEMENT,
};

/* Writes the statement. ERR_STATE: a development build is no release;
 * reference_check's errors; ERR_SPACE. */
MUST_CHECK enum err release_statement_write(const struct reference *r,
					    struct wr *out);

/* Reads a statement whose signature was found right. Nothing but the text that
 * release_statement_write makes is accepted: so the subjects are those of the
 * reference, and no member is overlooked. *what names what is wrong, as
 * reference_parse does. Errors: that one's; ERR_UNSUPP another type of
 * statement or predicate; ERR_STATE; ERR_VALUE. */
MUST_CHECK enum err release_statement_read(struct arena *a, struct slice in,
					   struct reference *out,
					   const char **what);

/* The reference that a verifier was given, as text for reference_parse: with
 * the publisher's key, the one in the envelope that the key signed, and nothing
 * else; without (pub NULL), the file itself, whoever wrote it. An envelope is
 * never taken without a key, nor a key without an envelope. *out lies in the
 * arena, or is `in`. *what says what is wrong. Errors: ERR_SIGNATURE,
 * dsse_parse's, release_statement_read's. */
enum {
	RELEASE_OPEN_ARENA = DSSE_ARENA + RELEASE_ARENA + REFERENCE_BYTES +
			     (int)sizeof(struct reference) + 4096
};
MUST_CHECK enum err release_open(struct arena *a, struct slice in,
				 const uint8_t *pub, struct slice *out,
				 const char **what);

/* The bytes of a release: ptr NULL for what is not at hand. firmware[] is in
 * the order of the reference's list. */
struct release_files {
	struct slice efi, disk;
	struct slice firmware[REFERENCE_MAX_FIRMWARE];
};

/* What was found. */
struct release_finding {
	char what[32];    /* "mrtd", "event", "firmware"; "" when all is well */
	char detail[320]; /* a sentence */
	size_t entries;   /* that were computed again */
	size_t events;    /* that follow from the files */
	size_t given;     /* that are the publisher's word, all of RTMR0: ACPI
			     tables, boot variables, the platform's own keys */
};

/* Computes every register of every entry again, from the files, and compares
 * firmware, MRTD and each event. RTMR1 and RTMR2, which say what was started,
 * have to follow from the files whole. ERR_OK: all agree; ERR_MISMATCH: the
 * finding names the first that does not; ERR_MISSING: it names a file that is
 * needed and not at hand; ERR_UNKNOWN: a machine that is not known here;
 * predict's errors, with its sentence. */
MUST_CHECK enum err release_recompute(const struct reference *r,
				      const struct release_files *files,
				      struct release_finding *out);
#endif
