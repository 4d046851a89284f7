/* verbs.h - the verbs of ee-cp and their options; the tables are in main.c. */
#ifndef HOST_PLANE_VERBS_H
#define HOST_PLANE_VERBS_H

#include "host-launcher/lib/args.h"

struct init_opts {
	const char *state;
	struct arg_list names;
	bool renew;
};

/* Where collateral is fetched from: Intel's PCS or a PCCS, by URL; its own CA
 * and its API key, in files. */
struct service_opts {
	const char *pcs, *pccs, *root_crl, *ca, *key;
};

/* Intel Trust Authority: where its API and its keys are, with which key and CA
 * it is asked, and what a token must say. */
struct ita_opts {
	const char *url, *key, *ca, *jwks_url, *issuer, *audience, *root;
	const char *request_id; /* of one request */
};

struct plane_opts {
	const char *state, *listen, *sim_root, *policy;
	struct service_opts service;
	struct ita_opts ita;
	struct arg_list collateral;
};

/* Of add and remove; of import; of refresh. */
struct platform_opts {
	const char *state, *fmspc, *ca;
};

struct import_opts {
	const char *state, *sim_root;
	bool allow_rollback;
};

struct refresh_opts {
	const char *state, *sim_root;
	struct service_opts service;
	bool now;
};

struct trust_opts {
	const char *state;
	struct arg_list references;
	const char *reference_key;
	bool allow_rollback;
};

struct untrust_opts {
	const char *state;
	struct arg_list mrtds;
};

struct list_opts {
	const char *state, *format;
};

enum exit_status verb_init(const char *const *operands, size_t n,
			   const void *opts);
enum exit_status verb_serve(const char *const *operands, size_t n,
			    const void *opts);
enum exit_status verb_trust(const char *const *operands, size_t n,
			    const void *opts);
enum exit_status verb_untrust(const char *const *operands, size_t n,
			      const void *opts);
enum exit_status verb_agents(const char *const *operands, size_t n,
			     const void *opts);
enum exit_status verb_trusted(const char *const *operands, size_t n,
			      const void *opts);
enum exit_status verb_events(const char *const *operands, size_t n,
			     const void *opts);

enum exit_status verb_collateral_add(const char *const *operands, size_t n,
				     const void *opts);
enum exit_status verb_collateral_remove(const char *const *operands, size_t n,
					const void *opts);
enum exit_status verb_collateral_list(const char *const *operands, size_t n,
				      const void *opts);
enum exit_status verb_collateral_import(const char *const *operands, size_t n,
					const void *opts);
enum exit_status verb_collateral_refresh(const char *const *operands, size_t n,
					 const void *opts);

enum exit_status verb_ita_token(const char *const *operands, size_t n,
				const void *opts);
enum exit_status verb_ita_keys(const char *const *operands, size_t n,
			       const void *opts);

struct store;
struct jw;
struct trust_roots;

/* JSON out of the store, as it is (-o json) or the named columns of every
 * element of the array. */
typedef enum err list_fn(struct store *s, struct jw *out);
enum exit_status list_verb(const struct list_opts *o, list_fn *fn,
			   const char *array, const char *const *columns);

/* Intel's root, and the one of a file unless sim_root is NULL; complains. */
enum exit_status open_roots(const char *sim_root, struct trust_roots *out);

/* Opens DIR/cp.db, which only init may create; complains when it cannot. */
enum exit_status open_store(const char *state, bool create, struct store **out);
#endif
