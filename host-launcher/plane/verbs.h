/* verbs.h - the verbs of ee-cp and their options; the tables are in main.c. */
#ifndef HOST_PLANE_VERBS_H
#define HOST_PLANE_VERBS_H

#include "host-launcher/lib/args.h"

struct init_opts {
	const char *state;
	struct arg_list names;
	bool renew;
};

struct plane_opts {
	const char *state, *listen, *sim_root;
	struct arg_list collateral;
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

struct store;
/* Opens DIR/cp.db, which only init may create; complains when it cannot. */
enum exit_status open_store(const char *state, bool create, struct store **out);
#endif
