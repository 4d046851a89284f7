/* fwcfg.h - reads QEMU's fw_cfg device from outside of the guest, through the
 * qtest socket, which can do port I/O on any stopped machine.
 * Source: QEMU docs/specs/fw_cfg.rst, system/qtest.c. */
#ifndef HOST_VM_FWCFG_H
#define HOST_VM_FWCFG_H

#include "host-launcher/lib/file.h"
#include "host-launcher/vm/talk.h"

enum {
	FWCFG_FILES_MAX = 1024
};

struct fwcfg_file {
	uint32_t size;
	uint16_t key;
	char name[57];
};

struct fwcfg_dir {
	size_t n;
	struct fwcfg_file file[FWCFG_FILES_MAX];
};

/* The directory of named items. Errors: talk's; ERR_VALUE an answer that is
 * none of qtest's; ERR_LIMIT more files than fit. */
MUST_CHECK enum err fwcfg_dir(struct talk *qtest, int64_t deadline_ms,
			      struct fwcfg_dir *out);

/* NULL: there is no such item. */
const struct fwcfg_file *fwcfg_find(const struct fwcfg_dir *d,
				    const char *name);

/* The first size bytes of an item; release with buf_free. Errors: as above;
 * ERR_SPACE no memory. */
MUST_CHECK enum err fwcfg_read(struct talk *qtest, uint16_t key, size_t size,
			       int64_t deadline_ms, struct buf *out);
#endif
