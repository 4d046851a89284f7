/* sim_pki.c - makes the development PKI if there is none, and says where its
 * root and its collateral are, so that verifiers can be given them by name. */
#include "host-launcher/cli/verbs.h"
#include "host-launcher/lib/log.h"
#include "host-launcher/vm/pkistore.h"
#include "lib/json.h"
#include "lib/rng.h"

static enum err print_json(const struct pki_store *s)
{
	static uint8_t mem[4 * PATH_CAP];
	struct wr w = wr_over(mem, sizeof mem);
	struct jw j;
	enum err e;

	jw_init(&j, &w);
	jw_open(&j, '{');
	jw_kstr(&j, "collateral", s->collateral_path);
	jw_kstr(&j, "root", s->root_path);
	jw_close(&j);
	e = jw_end(&j);
	if (e == ERR_OK)
		(void)printf("%.*s\n", (int)w.len, (const char *)w.buf);
	return e;
}

VERB(cmd_sim_pki)
{
	static struct pki_store store;
	const struct pki_opts *o = opts;
	char dir[PATH_CAP];
	struct rng rng;
	bool json;
	enum exit_status bad = wants_json(o->format, &json);
	enum err e;

	(void)operands;
	(void)n;
	if (bad != STATUS_DONE)
		return bad;
	e = o->out != NULL ? path_fmt(dir, "%s", o->out) : pki_store_dir(dir);
	if (e == ERR_OK)
		e = rng_system(&rng);
	if (e == ERR_OK)
		e = pki_store_open(dir, rng_prng(&rng), wall_ms() / 1000,
				   &store);
	if (e != ERR_OK) {
		complain("the development PKI cannot be opened: %s",
			 e == ERR_STATE ? "others can read a key: chmod 600"
					: err_text(e));
		return exit_of_secret(e);
	}
	pki_store_done(&store);
	if (!json)
		(void)printf("root        %s\ncollateral  %s\n",
			     store.root_path, store.collateral_path);
	return json ? exit_of(print_json(&store)) : STATUS_DONE;
}
