/* shared.h - test data that is not part of the tree: a folder named by
 * EE_SHARED, ../shared by default. Tests that need it skip when it is not
 * there, and say so. */
#ifndef TESTS_SHARED_H
#define TESTS_SHARED_H

#include <stdio.h>
#include <stdlib.h>

#include "lib/bytes.h"

/* Reads a file of the folder whole; release it with free((void *)ptr). False
 * when it is not there. */
static inline bool shared_read(const char *name, struct slice *out)
{
	const char *root = getenv("EE_SHARED");
	char path[512];
	uint8_t *buf;
	long size;
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", root != NULL ? root : "../shared",
		 name);
	f = fopen(path, "rb");
	if (f == NULL)
		return false;
	if (fseek(f, 0, SEEK_END) != 0 || (size = ftell(f)) < 0 ||
	    fseek(f, 0, SEEK_SET) != 0) {
		fclose(f);
		return false;
	}
	buf = malloc((size_t)size + 1);
	if (buf == NULL || fread(buf, 1, (size_t)size, f) != (size_t)size) {
		free(buf);
		fclose(f);
		return false;
	}
	fclose(f);
	*out = (struct slice){ buf, (size_t)size };
	return true;
}
#endif
