/* mounts.h - the kernel's file systems, and the settings made through them. */
#ifndef GUEST_SYS_MOUNTS_H
#define GUEST_SYS_MOUNTS_H

#include "lib/bytes.h"

struct mount_entry {
	const char *type, *target;
	unsigned long flags; /* MS_* */
	const char *options;
};

/* proc (hidepid), sysfs, devtmpfs, configfs, and small tmpfs on /run and /tmp
 * that only root may write to. */
extern const struct mount_entry mount_table[];
extern const size_t mount_count;

/* Mounts n entries in order; a missing target is made, mode 0755. On ERR_IO
 * *what is the target that could not be mounted and errno says why. */
MUST_CHECK enum err mount_all(const struct mount_entry *table, size_t n,
			      const char **what);

/* Links /etc/resolv.conf to /run/resolv.conf, then makes the root file system
 * read-only: after this nothing but /run can be written. ERR_IO. */
MUST_CHECK enum err mount_seal_root(void);

/* Writes the settings under /proc/sys that keep kernel addresses and messages
 * from children and redirects from the network. A setting whose file is not
 * there belongs to code that is not built in. ERR_IO, *what as above. */
MUST_CHECK enum err sysctl_all(const char **what);
#endif
