/* err.h - the one closed list of reasons a function in this tree can fail. */
#ifndef GUEST_LIB_ERR_H
#define GUEST_LIB_ERR_H

/* clang-format off */
#define ERR_LIST(X)                                                     \
	X(OK,        "ok")                                              \
	X(TRUNC,     "input ends before the value does")                \
	X(EXTRA,     "bytes left over after the last value")            \
	X(VALUE,     "a field holds a value that is not allowed")       \
	X(LIMIT,     "larger than its limit")                           \
	X(UNSUPP,    "well formed, but a version we do not support")    \
	X(MISSING,   "a required field, entry or file is not there")    \
	X(UNKNOWN,   "a field that is not in the list of known ones")   \
	X(DUPLICATE, "the same key or entry occurs twice")              \
	X(SIGNATURE, "signature or tag does not verify")                \
	X(MISMATCH,  "verified, but not the value that is expected")    \
	X(EXPIRED,   "outside its period of validity")                  \
	X(STATE,     "not allowed in the present state")                \
	X(AGAIN,     "not finished: call again when the file is ready") \
	X(TIMEOUT,   "deadline passed")                                 \
	X(CLOSED,    "the peer closed the connection")                  \
	X(TLS,       "TLS handshake or record failed")                  \
	X(RANDOM,    "no entropy to be had")                            \
	X(SPACE,     "an output buffer or table is full")               \
	X(REFUSED,   "the peer answered with a refusal")                \
	X(IO,        "system call failed; errno holds the reason")
/* clang-format on */

enum err {
#define X(name, text) ERR_##name,
	ERR_LIST(X)
#undef X
};

#define MUST_CHECK __attribute__((warn_unused_result))

/* Name of `e` without the ERR_ prefix, e.g. "TRUNC". Never NULL. */
const char *err_name(enum err e);

/* The sentence of `e`, for people. Never NULL. */
const char *err_text(enum err e);
#endif
