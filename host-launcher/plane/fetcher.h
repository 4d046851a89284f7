/* fetcher.h - Intel's PCS or a PCCS as this program is told about it on its
 * command line (pcs.h does the work). */
#ifndef HOST_PLANE_FETCHER_H
#define HOST_PLANE_FETCHER_H

#include "host-launcher/plane/collateral_cache.h"
#include "host-launcher/plane/verbs.h"

/* Loads CAs and key. Complains about what is wrong with the options.
 * roots  of the collateral; borrowed. */
struct fetcher;
enum exit_status fetcher_open(const struct service_opts *o,
			      const struct trust_roots *roots,
			      struct fetcher **out);
void fetcher_close(struct fetcher *f); /* harmless on NULL */

/* The URL, for the records. */
const char *fetcher_source(const struct fetcher *f);

/* A cache_fetch_fn; ctx is the struct fetcher. Blocks for some minutes at
 * most. */
enum err fetcher_fetch(void *ctx, const struct store_platform *of,
		       struct wr *bundle, char why[static CACHE_WHY]);

/* A random number, for the next attempt's time. */
uint32_t fetcher_chance(struct fetcher *f);
#endif
