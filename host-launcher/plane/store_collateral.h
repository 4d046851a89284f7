/* store_collateral.h - the collateral that the control plane keeps: one bundle
 * (collateral.h) for each FMSPC and PCK CA, with when and from where it came
 * and when it is fetched again. A bundle is replaced as a whole or not at all,
 * and no failure ever takes it away. */
#ifndef HOST_PLANE_STORE_COLLATERAL_H
#define HOST_PLANE_STORE_COLLATERAL_H

#include "host-launcher/plane/store.h"

enum {
	STORE_COLLATERALS_MAX = 64, /* platforms that are in use */
	STORE_FMSPC_CHARS = 12,
	STORE_SOURCE_MAX = 256,
	STORE_ERROR_MAX = 256,
};

/* Which bundle: the FMSPC in lower-case hex, the CA of its PCK certificates. */
struct store_platform {
	char fmspc[STORE_FMSPC_CHARS + 1];
	char ca[10]; /* "platform" or "processor" */
};

/* A row without its text. */
struct store_collateral {
	struct store_platform of;
	bool simulated;                  /* not under Intel's root */
	char digest[2 * SHA256_LEN + 1]; /* of the text; "": none yet */
	char source[STORE_SOURCE_MAX];   /* base URL or file */
	int64_t tcb_evaluation, qe_evaluation;
	int64_t issued_s;      /* the oldest issue date in it */
	int64_t next_update_s; /* the first next-update date in it */
	int64_t fetched_s;     /* 0: never */
	int64_t next_refresh_s;
	uint32_t failures;                /* since the last success */
	char last_error[STORE_ERROR_MAX]; /* of the last attempt, or "" */
};

/* Takes the platform into use: to be fetched at once when it has no bundle. A
 * platform that was removed comes back with the bundle that it had, so that
 * nothing older takes its place. ERR_DUPLICATE: it is in use; ERR_SPACE:
 * STORE_COLLATERALS_MAX are. */
MUST_CHECK enum err store_collateral_add(struct store *s,
					 const struct store_platform *of,
					 int64_t now_s);

/* Takes it out of use; its bundle stays, for the comparison above.
 * ERR_MISSING. */
MUST_CHECK enum err store_collateral_remove(struct store *s,
					    const struct store_platform *of,
					    int64_t now_s);

/* The platforms that are in use, by FMSPC and CA. */
MUST_CHECK enum err
store_collateral_list(struct store *s,
		      struct store_collateral out[static STORE_COLLATERALS_MAX],
		      size_t *n);

/* The same for one, in use or not; *text (unless NULL) receives its bundle.
 * ERR_MISSING: there is no such row; ERR_SPACE. */
MUST_CHECK enum err store_collateral_get(struct store *s,
					 const struct store_platform *of,
					 struct store_collateral *out,
					 struct wr *text);

/* Replaces the bundle whose digest is `old` ("" for none): all of *row, whose
 * failures and last_error become none. ERR_STATE: there is another by now, or
 * no such row. */
MUST_CHECK enum err store_collateral_put(struct store *s,
					 const struct store_collateral *row,
					 const char *old, struct slice text,
					 int64_t now_s);

/* Notes a failed attempt; the bundle stays as it is. */
MUST_CHECK enum err store_collateral_failed(struct store *s,
					    const struct store_platform *of,
					    const char *error,
					    int64_t next_refresh_s,
					    int64_t now_s);

/* {"collateral":[{..}],"total"}: times in RFC 3339, null for never; the age in
 * seconds since the bundle was fetched. */
MUST_CHECK enum err store_collateral_json(struct store *s, int64_t now_s,
					  struct jw *out);

/* A number that differs when another process has changed the database. */
MUST_CHECK enum err store_generation(struct store *s, int64_t *out);
#endif
