/* cpio.h - an initramfs in the "newc" format that is a function of its entries
 * alone: uid 0, gid 0, time 0, numbers in order. Source: the kernel's
 * Documentation/driver-api/early-userspace/buffer-format.rst. */
#ifndef INITRAMFS_CPIO_H
#define INITRAMFS_CPIO_H

#include "lib/bytes.h"

enum {
	CPIO_NAME_MAX = 255, /* bytes of a path, without its NUL */
	CPIO_FILE_MAX = 64 << 20
};

enum cpio_kind {
	CPIO_DIR,
	CPIO_FILE,
	CPIO_LINK,
	CPIO_NODE
};

/* One entry. path is absolute and clean ("/dev/console"): no empty, "." or ".."
 * part, no slash at the end. */
struct cpio_entry {
	enum cpio_kind kind;
	const char *path;
	uint32_t mode;         /* permission bits, at most 07777 */
	struct slice data;     /* CPIO_FILE: content; CPIO_LINK: target */
	uint32_t major, minor; /* CPIO_NODE, always a character device */
};

/* Whether a path is one that an entry may have. */
bool cpio_path_ok(const char *path);

/* Bytes that the archive of these entries takes, at most; 0 when that does not
 * fit a size_t or a file is larger than CPIO_FILE_MAX. */
size_t cpio_bound(const struct cpio_entry *entries, size_t n);

/* Writes the archive to w. The entries must be sorted by path, bytewise, which
 * also puts each directory before what it holds; the directory of every entry
 * must be one of them. *bad is the index of the entry that was refused.
 * Errors: ERR_VALUE a path or mode that is not allowed, or not in order;
 * ERR_DUPLICATE the same path twice; ERR_MISSING no entry for its directory;
 * ERR_LIMIT a file that is too large; ERR_SPACE w is too small. */
MUST_CHECK enum err cpio_write(struct wr *w, const struct cpio_entry *entries,
			       size_t n, size_t *bad);
#endif
