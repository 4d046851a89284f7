/* release_diff.h - what differs between two releases, and which component's
 * bytes make the difference. */
#ifndef MEASURE_LIB_RELEASE_DIFF_H
#define MEASURE_LIB_RELEASE_DIFF_H

#include "measure/lib/reference.h"

enum {
	RELEASE_DIFF_MAX = 512, /* rows; what is beyond is counted */
	RELEASE_DIFF_TEXT = 160,
};

/* One row. from and to are "" for what is not there. */
struct release_change {
	char component[24]; /* "kernel", "firmware", ..., as below */
	char what[RELEASE_DIFF_TEXT];
	char from[RELEASE_DIFF_TEXT], to[RELEASE_DIFF_TEXT];
	size_t machines; /* that have it; 0 when it is no machine's */
};

/* Zero it to begin. */
struct release_diff {
	size_t n, more;
	struct release_change c[RELEASE_DIFF_MAX];
};

/* Adds a row; when the last rows of a machine's kind hold the same one, counts
 * it there. Texts are cut to fit. */
void release_diff_add(struct release_diff *d, const char *component,
		      const char *what, const char *from, const char *to,
		      bool machine);

/* Compares two references. Components: "release", "revoked", "toolchain",
 * "lock", "image", "disk", "firmware", "acpi", "variables", "machine". Machines
 * are the same when platform, machine type, memory, CPUs, form of boot,
 * options and firmware's name are, and they are in the same place among such;
 * their registers are told by the events that differ, and an event's component
 * is whose bytes it is the digest of. */
void release_diff_references(const struct reference *a,
			     const struct reference *b,
			     struct release_diff *out);

/* Compares two image/sources.lock, line by line; each key is told once. */
MUST_CHECK enum err release_diff_locks(struct slice a, struct slice b,
				       struct release_diff *out);

/* Compares the files of two bills of materials (SPDX 2.3 in JSON, sorted by
 * name). The component is what the file is linked into: "kernel", "init",
 * "udhcpc", of which the last two are the initramfs. Errors: json_parse's,
 * ERR_MISSING, ERR_VALUE another form. Each document needs an arena of its own,
 * RELEASE_SBOM_ARENA bytes. */
enum {
	RELEASE_SBOM_BYTES = 8 << 20,
	RELEASE_SBOM_ARENA = 16 * RELEASE_SBOM_BYTES,
};
MUST_CHECK enum err release_diff_sboms(struct arena *aa, struct slice a,
				       struct arena *ab, struct slice b,
				       struct release_diff *out);
#endif
