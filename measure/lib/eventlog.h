/* eventlog.h - reads the logs in which firmware, boot loaders and runtimes tell
 * what they extended into a register, and replays them into RTMR values.
 *
 * A log is untrusted until its replay equals the registers of a verified quote,
 * and even then only the digests are: what an event says beside its digest is a
 * claim, unless the digest covers it (eventlog_check). The reader is an
 * iterator over the caller's bytes: no allocation, whatever counts and lengths
 * the log claims, and time linear in its size. Source: TCG PC Client Platform
 * Firmware Profile 1.06, section 10; UEFI 2.10, section 38.4.1 (PCR, CC
 * measurement register and RTMR); TCG Canonical Event Log Format 1.0, section 5
 * (TLV); dstack's event log as its JSON shows it. */
#ifndef MEASURE_LIB_EVENTLOG_H
#define MEASURE_LIB_EVENTLOG_H

#include "measure/lib/eventlist.h"

enum log_format {
	LOG_AUTO, /* for eventlog_open: find out */
	LOG_CCEL, /* crypto-agile, CC register numbers: 0 MRTD, 1 RTMR0, .. */
	LOG_TCG2, /* crypto-agile, PCR numbers */
	LOG_TCG1, /* PCR numbers and SHA-1 only: can be read, not replayed */
	LOG_CEL,  /* TLV records of a container runtime, CC register numbers */
	LOG_DSTACK, /* JSON, RTMR numbers */
};

enum {
	LOG_MAX_ALGORITHMS = 8,
	LOG_MAX_DIGEST = 64,
	LOG_MAX_PCR = 23,
	/* Of a JSON log one row is held at a time: its text and what is decoded
	 * of it. The longest payload is about 30 KiB. */
	LOG_ROW_BYTES = 128 * 1024,
	/* `rtmr` of an event that goes into no RTMR. */
	LOG_RTMR_NONE = 4,
	LOG_RTMR_MRTD = 5,
};

/* Types that EVENT_TYPES does not have, since we predict none of them. */
#define LOG_EV_NO_ACTION      UINT32_C(0x00000003)
#define LOG_EV_DSTACK_RUNTIME UINT32_C(0x08000001)
/* Of a CEL record: this and the type of its content, which is another list of
 * numbers than TCG's event types. */
#define LOG_EV_CEL UINT32_C(0x0ce10000)

/* TCG algorithm identifiers (TPM 2.0 part 2, TPM_ALG_ID). */
enum {
	LOG_ALG_SHA1 = 0x0004,
	LOG_ALG_SHA384 = 0x000c,
};

/* One event. Slices point into the log, or for a JSON log into the reader, and
 * are then valid until the next event is read. */
struct log_event {
	size_t index;    /* from 0, a header not counted */
	size_t offset;   /* where it begins in the log, in bytes */
	uint32_t number; /* of its register, as it stands in the log */
	unsigned rtmr;   /* 0..3, LOG_RTMR_NONE or LOG_RTMR_MRTD */
	uint32_t type;   /* TCG event type, or one of LOG_EV_* */
	bool extended; /* a replay extends rtmr with it; then sha384 is there */
	const uint8_t *sha384; /* SHA384_LEN bytes, or NULL */
	uint16_t alg;          /* of `digest`: SHA-384 where there is one */
	struct slice digest;
	struct slice data;
	struct slice name; /* dstack's "event"; else empty */
	bool stripped;     /* dstack left the data out */
};

/* What the head of a log says of the rest. */
struct log_form {
	enum log_format format;
	size_t nalg;
	struct {
		uint16_t id, len;
	} alg[LOG_MAX_ALGORITHMS];
};

/* A log that is being read. Large, for the sake of JSON: keep it static or in a
 * frame that can bear it. The members are for the eventlog*.c files. */
struct eventlog {
	struct log_form form;
	struct slice in;
	struct rd rd;
	size_t count;    /* events read */
	enum err failed; /* of the read that failed, and its reason */
	const char *why;
	_Alignas(16) uint8_t row[LOG_ROW_BYTES];
};

/* Reads the head of a log.
 *
 * in      untrusted; must outlive *out.
 * format  LOG_AUTO finds out. It takes register numbers for PCRs unless the
 *         log's first record names CC register 1 or td-shim, so a CCEL of other
 *         firmware may have to be asked for by name.
 * why     a static sentence; written on failure only.
 * Errors  ERR_TRUNC; ERR_VALUE no log, or a damaged head; ERR_LIMIT number of
 *         algorithms; ERR_DUPLICATE one named twice; ERR_UNSUPP the 56-byte
 *         ACPI table, or no SHA-384. */
MUST_CHECK enum err eventlog_open(struct slice in, enum log_format format,
				  struct eventlog *out, const char **why);

/* The next event. ERR_MISSING after the last one, for which *why is not
 * written. Else the log is damaged from here on, and every later call fails as
 * this one did: ERR_TRUNC an event is cut off; ERR_VALUE no such register or
 * algorithm, no SHA-384 digest, or bytes that are no event and no padding;
 * ERR_LIMIT, ERR_SPACE a JSON row too large; ERR_DUPLICATE an algorithm or key
 * given twice. */
MUST_CHECK enum err eventlog_next(struct eventlog *l, struct log_event *out,
				  const char **why);

/* What a whole log comes to. A register that no event extends is zeros. */
struct log_replay {
	enum log_format format;
	size_t events;
	size_t extends[RTMR_COUNT];
	size_t separators[RTMR_COUNT]; /* of these; firmware extends one */
	size_t mrtd; /* events that name MRTD, which nothing extends */
	uint8_t rtmr[RTMR_COUNT][SHA384_LEN];
};

/* Opens and replays. Errors: those of eventlog_open and eventlog_next (except
 * its ERR_MISSING); ERR_UNSUPP a log without SHA-384. *at, when the log is
 * damaged, is the offset of what could not be read. `scratch` is the reader
 * that is used. */
MUST_CHECK enum err eventlog_replay(struct slice in, enum log_format format,
				    struct eventlog *scratch,
				    struct log_replay *out, size_t *at,
				    const char **why);

/* True when the registers that `format` can tell everything about include
 * RTMR `rtmr`. A TPM's log lacks what only a TD's firmware measures into RTMR0;
 * a runtime's CEL is about RTMR3 alone. */
bool eventlog_covers(enum log_format format, unsigned rtmr);

const char *eventlog_format_name(enum log_format f); /* "ccel"; never NULL */

/* "EV_SEPARATOR", or NULL for a type that has no name. */
const char *eventlog_type_name(uint32_t type);
const char *eventlog_alg_name(uint16_t alg); /* "sha384", or NULL */

/* Whether the digest covers the data. */
enum log_check {
	LOG_CHECK_NONE,    /* TCG has this type digest something else */
	LOG_CHECK_SAME,    /* the SHA-384 is that of the data */
	LOG_CHECK_DIFFERS, /* it should be, and is not */
};

enum log_check eventlog_check(const struct log_event *ev);
#endif
