/* corim_entry.h - what both exports agree on. */
#ifndef MEASURE_LIB_CORIM_ENTRY_H
#define MEASURE_LIB_CORIM_ENTRY_H

#include "measure/lib/reference.h"

enum {
	CORIM_NAME = 64
};

/* Whether an entry is exported. */
bool corim_has(const struct reference_entry *m);

/* "easyenclave-production-1.2.3" */
void corim_name(const struct reference *r, char out[static CORIM_NAME]);
#endif
