/* endorsement_known.h - a list of MRTDs that were published, one a line, with
 * the day and the size of the endorsement before it:
 *
 *	2026-04-30 5308 9bf86e62...
 *
 * as a listing of Google's bucket gives it; lines that begin with # are
 * comments. It is only as good as where it was had from: nothing is signed. */
#ifndef MEASURE_LIB_ENDORSEMENT_KNOWN_H
#define MEASURE_LIB_ENDORSEMENT_KNOWN_H

#include "lib/bytes.h"
#include "lib/digest.h"

enum {
	KNOWN_MAX_BYTES = 1024 * 1024,
	KNOWN_DAY_LEN = 10, /* YYYY-MM-DD */
};

struct known_mrtds {
	size_t n;                       /* entries in the list */
	char newest[KNOWN_DAY_LEN + 1]; /* day of the newest, or "" */
	bool found;
	char day[KNOWN_DAY_LEN + 1]; /* found: the first day it was listed */
};

/* Reads the whole list and looks the MRTD up. out is written only on ERR_OK;
 * *line only on failure: the number of the line, from 1. Errors: ERR_LIMIT the
 * text is too long; ERR_VALUE a line of another form. */
MUST_CHECK enum err known_mrtds_search(struct slice text,
				       const uint8_t mrtd[static SHA384_LEN],
				       struct known_mrtds *out, size_t *line);
#endif
