/* server.h - what 'ee-cp serve' has in memory, and how it gets there and is
 * replaced while it runs. */
#ifndef HOST_PLANE_SERVER_H
#define HOST_PLANE_SERVER_H

#include "host-launcher/lib/identity.h"
#include "host-launcher/plane/plane.h"
#include "host-launcher/plane/refresher.h"
#include "host-launcher/plane/verbs.h"
#include "host-launcher/plane/vouch.h"
#include "lib/rng.h"

struct server {
	const struct plane_opts *o;
	struct plane plane;
	struct identity identity;
	struct rng rng;
	struct refresher refresher;
	struct vouch *vouch; /* NULL: no tokens are wanted */

	/* Of the bundles in plane.collateral: those of --collateral. */
	char files[BUNDLES_FILES_MAX][2 * SHA256_LEN + 1];
	size_t nfiles;
	/* The store's rows when they were last looked at. */
	struct store_collateral rows[STORE_COLLATERALS_MAX];
	size_t nrows;
	int64_t generation; /* of the store, then */
	int64_t swept_ms;   /* monotonic */
};

/* Reads every --collateral file again, beside what is in the store; the ones in
 * use stay when one is bad. Complains. */
enum exit_status server_load_files(struct server *s);

/* Takes what the store holds now, when another process has changed it, or
 * whatever is there. What cannot be used is told in the log and left out.
 * ERR_IO: all stays as it is. */
MUST_CHECK enum err server_load_store(struct server *s, bool whatever);

/* Reads --policy; the rules in use stay when it is bad. Complains. */
enum exit_status server_load_policy(struct server *s);
#endif
