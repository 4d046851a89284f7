/* tsm.h - a quote through configfs-tsm. Source: Linux 6.12,
 * Documentation/ABI/testing/configfs-tsm and drivers/virt/coco/tsm.c.
 *
 * The protocol is written over a small table of operations, so that each of its
 * rare answers can be played to it. */
#ifndef GUEST_SYS_TSM_H
#define GUEST_SYS_TSM_H

#include "lib/bytes.h"
#include "lib/limit.h"
#include "lib/reportdata.h"

enum {
	TSM_PROVIDER_LEN = 32
};

/* One entry below the report folder. make, remove, write and read fail with
 * ERR_IO and the errno of the system call, or read with ERR_LIMIT. */
struct tsm_ops {
	void *ctx;
	enum err (*make)(void *ctx);
	enum err (*remove)(void *ctx);
	/* One write(2) of the whole attribute. */
	enum err (*write)(void *ctx, const char *attr, struct slice s);
	enum err (*read)(void *ctx, const char *attr, void *buf, size_t cap,
			 size_t *n);
	int64_t (*now_ms)(void *ctx); /* monotonic */
	void (*pause)(void *ctx, int64_t ms);
};

/* The entry `path` ("/sys/kernel/config/tsm/report/NAME") of a real configfs.
 * The string must outlive the operations; it is only read. */
struct tsm_ops tsm_configfs(char *path);

/* Who answers quotes: PROVIDER_TDX or PROVIDER_SIM (proto.h).
 * ERR_MISSING: nobody, so this is not a TD; ERR_UNSUPP: some other provider;
 * ERR_IO; ERR_VALUE. */
MUST_CHECK enum err tsm_provider(const struct tsm_ops *ops,
				 char out[static TSM_PROVIDER_LEN]);

/* One quote over reportdata. The entry is made for it and removed on every
 * path. A busy provider and an interleaved writer (`generation` moved by more
 * than our own write) are retried until deadline_ms.
 * Errors: ERR_TIMEOUT; ERR_MISMATCH: not the provider the boot saw;
 * ERR_MISSING: an empty outblob, which is how a failed quote can look;
 * ERR_LIMIT: above LIMIT_QUOTE_BYTES; ERR_VALUE: generation is no number;
 * ERR_IO. quote and *len are written only on ERR_OK. */
MUST_CHECK enum err tsm_quote(const struct tsm_ops *ops, const char *provider,
			      const uint8_t reportdata[static REPORTDATA_LEN],
			      int64_t deadline_ms,
			      uint8_t quote[static LIMIT_QUOTE_BYTES],
			      uint32_t *len);
#endif
