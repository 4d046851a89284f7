/* ee-cp - the control plane: challenges, registrations, heartbeats, trust. */
#include <stddef.h>

#include "host-launcher/plane/verbs.h"
#include "measure/lib/version.h"

#define AT(type, field) offsetof(struct type, field)

static const struct arg_opt init_opts[] = {
	{ "--state", "DIR", "where keys and database live", ARG_TEXT,
	  AT(init_opts, state), 0 },
	{ "--name", "NAME", "DNS name or IPv4 address of this server", ARG_LIST,
	  AT(init_opts, names), 0 },
	{ "--renew", NULL, "new server certificate under the CA that is there",
	  ARG_FLAG, AT(init_opts, renew), 0 },
	{ 0 },
};

static const struct arg_opt serve_opts[] = {
	{ "--state", "DIR", "the folder that init made", ARG_TEXT,
	  AT(plane_opts, state), 0 },
	{ "--listen", "ADDR:PORT", "default 127.0.0.1:8443", ARG_TEXT,
	  AT(plane_opts, listen), 0 },
	{ "--collateral", "FILE", "one-file collateral bundle", ARG_LIST,
	  AT(plane_opts, collateral), 0 },
	{ "--insecure-sim-root", "PEM",
	  "also accept SIMULATED quotes under this root", ARG_TEXT,
	  AT(plane_opts, sim_root), 0 },
	{ 0 },
};

static const struct arg_opt trust_opts[] = {
	{ "--state", "DIR", "the folder that init made", ARG_TEXT,
	  AT(trust_opts, state), 0 },
	{ "--reference", "FILE", "measurements.json to trust", ARG_LIST,
	  AT(trust_opts, references), 0 },
	{ "--reference-key", "PEM",
	  "of its publisher: --reference is a signed envelope", ARG_TEXT,
	  AT(trust_opts, reference_key), 0 },
	{ "--allow-rollback", NULL, "even one older than was trusted before",
	  ARG_FLAG, AT(trust_opts, allow_rollback), 0 },
	{ 0 },
};

static const struct arg_opt untrust_opts[] = {
	{ "--state", "DIR", "the folder that init made", ARG_TEXT,
	  AT(untrust_opts, state), 0 },
	{ "--mrtd", "HEX", "96 digits, as 'ee-cp trusted' shows them", ARG_LIST,
	  AT(untrust_opts, mrtds), 0 },
	{ 0 },
};

static const struct arg_opt list_opts[] = {
	{ "--state", "DIR", "the folder that init made", ARG_TEXT,
	  AT(list_opts, state), 0 },
	{ "-o", "json", "JSON output", ARG_TEXT, AT(list_opts, format), 0 },
	{ 0 },
};

static const struct arg_verb verbs[] = {
	{ "init", "", "make the CA, the server key and the admin token", 0, 0,
	  init_opts, verb_init },
	{ "trust", "", "trust the measurements of a reference file", 0, 0,
	  trust_opts, verb_trust },
	{ "untrust", "", "trust an MRTD and its RTMRs no longer", 0, 0,
	  untrust_opts, verb_untrust },
	{ "serve", "", "serve the API over TLS until SIGTERM", 0, 0, serve_opts,
	  verb_serve },
	{ "agents", "", "list the registered agents", 0, 0, list_opts,
	  verb_agents },
	{ "trusted", "", "list the trusted measurements", 0, 0, list_opts,
	  verb_trusted },
	{ "events", "", "list the newest attestation decisions", 0, 0,
	  list_opts, verb_events },
	{ 0 },
};

int main(int argc, char **argv)
{
	static const struct arg_program program = {
		"ee-cp", "the control plane of attested appliances", source_id,
		verbs
	};

	return args_main(&program, argc, argv);
}
