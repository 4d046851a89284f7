/* exit.h - exit statuses of the host programs (design: one meaning each). */
#ifndef HOST_LIB_EXIT_H
#define HOST_LIB_EXIT_H

#include "lib/err.h"

enum exit_status {
	STATUS_DONE = 0,        /* yes, done */
	STATUS_REFUSED = 1,     /* a verdict: no */
	STATUS_USAGE = 2,       /* the command line is wrong */
	STATUS_MALFORMED = 3,   /* an input cannot be read as what it is for */
	STATUS_UNAVAILABLE = 4, /* network, file, collateral: try again later */
	STATUS_INTERNAL = 5,    /* ours: out of memory, no entropy, a bug */
};

/* The status that fits a failure whose cause is known only as an err. */
enum exit_status exit_of(enum err e);

/* The same when ERR_STATE is file_read_secret's: a file that others can read is
 * one that cannot be had, and no verdict. */
enum exit_status exit_of_secret(enum err e);
#endif
