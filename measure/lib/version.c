/* Linked into programs only. EE_SOURCE_ID comes from the Makefile. */
#include "measure/lib/version.h"

const char source_id[] = EE_SOURCE_ID;
