/* protobuf.h - reads protocol buffers in wire format, as canonical encoders
 * write them: varints of minimal length, no groups. What a message may hold,
 * and how often, is the caller's to say, with a table.
 * Source: protobuf.dev, "Encoding". */
#ifndef MEASURE_LIB_PROTOBUF_H
#define MEASURE_LIB_PROTOBUF_H

#include "lib/bytes.h"

/* The wire types that there are. 3 and 4 were groups. */
enum pb_type {
	PB_VARINT = 0,
	PB_I64 = 1,
	PB_LEN = 2,
	PB_I32 = 5,
};

/* One field as it was found: value for numbers, bytes for PB_LEN. */
struct pb_field {
	uint32_t number; /* 1 to 2^29 - 1 */
	enum pb_type type;
	uint64_t value;
	struct slice bytes;
};

/* A field that a message may hold. A table of them ends with number 0. */
struct pb_rule {
	uint32_t number; /* below 32 */
	enum pb_type type;
	bool many;     /* may occur more than once */
	uint64_t max;  /* of a number, or of the length of bytes */
	size_t length; /* bytes: exactly this many; 0: any */
};

/* A message being read. Its error is r.err, the first one. */
struct pb {
	struct rd r;
	const struct pb_rule *rules;
	bool skip_unknown; /* fields that are in no rule: skip, else refuse */
	uint32_t seen;     /* bit n: field number n was there */
};

struct pb pb_over(struct slice in, const struct pb_rule *rules,
		  bool skip_unknown);

/* The next field that a rule allows. False at the end or when the message is
 * wrong: ERR_TRUNC; ERR_VALUE a varint that is too long or above 64 bits, a
 * wire type or field number that does not exist, a type or length that is not
 * the rule's; ERR_LIMIT above the rule's max; ERR_DUPLICATE; ERR_UNKNOWN. */
bool pb_next(struct pb *m, struct pb_field *out);

/* Whether the field was there so far. number below 32. */
bool pb_has(const struct pb *m, uint32_t number);

/* After the last field: ERR_OK, or what was wrong. */
MUST_CHECK enum err pb_end(const struct pb *m);
#endif
