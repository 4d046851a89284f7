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
	{ "--collateral", "FILE", "one-file bundle beside the store's",
	  ARG_LIST, AT(plane_opts, collateral), 0 },
	{ "--pcs", "URL", "refresh the store's collateral from Intel's PCS",
	  ARG_TEXT, AT(plane_opts, service.pcs), 0 },
	{ "--pccs", "URL", "a PCCS, which caches it", ARG_TEXT,
	  AT(plane_opts, service.pccs), 0 },
	{ "--root-crl", "URL", "the root CRL, when the service has none",
	  ARG_TEXT, AT(plane_opts, service.root_crl), 0 },
	{ "--pcs-ca", "PEM", "its CA, in place of the system's", ARG_TEXT,
	  AT(plane_opts, service.ca), 0 },
	{ "--pcs-key", "FILE", "with the API key in it", ARG_TEXT,
	  AT(plane_opts, service.key), 0 },
	{ "--policy", "FILE", "rules beyond the strict ones, without images",
	  ARG_TEXT, AT(plane_opts, policy), 0 },
	{ "--ita", "URL", "Intel Trust Authority, for policies that want it",
	  ARG_TEXT, AT(plane_opts, ita.url), 0 },
	{ "--ita-api-key-file", "FILE", "with its API key in it", ARG_TEXT,
	  AT(plane_opts, ita.key), 0 },
	{ "--ita-jwks-url", "URL", "of the keys that tokens are verified with",
	  ARG_TEXT, AT(plane_opts, ita.jwks_url), 0 },
	{ "--ita-issuer", "TEXT", "who must have issued them", ARG_TEXT,
	  AT(plane_opts, ita.issuer), 0 },
	{ "--ita-audience", "TEXT", "whom they must be for; else for nobody",
	  ARG_TEXT, AT(plane_opts, ita.audience), 0 },
	{ "--ita-root", "PEM", "the CA that must be behind those keys",
	  ARG_TEXT, AT(plane_opts, ita.root), 0 },
	{ "--ita-ca", "PEM", "the servers' CA, in place of the system's",
	  ARG_TEXT, AT(plane_opts, ita.ca), 0 },
	{ "--insecure-sim-root", "PEM",
	  "also accept SIMULATED quotes under this root", ARG_TEXT,
	  AT(plane_opts, sim_root), 0 },
	{ 0 },
};

static const struct arg_opt ita_token_opts[] = {
	{ "--ita", "URL", "of its API", ARG_TEXT, AT(ita_opts, url), 0 },
	{ "--ita-api-key-file", "FILE", "with the API key in it", ARG_TEXT,
	  AT(ita_opts, key), 0 },
	{ "--ita-ca", "PEM", "the server's CA, in place of the system's",
	  ARG_TEXT, AT(ita_opts, ca), 0 },
	{ "--request-id", "TEXT", "a name for its operators' logs", ARG_TEXT,
	  AT(ita_opts, request_id), 0 },
	{ 0 },
};

static const struct arg_opt ita_keys_opts[] = {
	{ "--ita-jwks-url", "URL", "where they are", ARG_TEXT,
	  AT(ita_opts, jwks_url), 0 },
	{ "--ita-ca", "PEM", "the server's CA, in place of the system's",
	  ARG_TEXT, AT(ita_opts, ca), 0 },
	{ 0 },
};

static const struct arg_opt platform_opts[] = {
	{ "--state", "DIR", "the folder that init made", ARG_TEXT,
	  AT(platform_opts, state), 0 },
	{ "--fmspc", "HEX", "12 digits: the family and model of the platform",
	  ARG_TEXT, AT(platform_opts, fmspc), 0 },
	{ "--ca", "platform|processor", "the CA of its PCK certificates",
	  ARG_TEXT, AT(platform_opts, ca), 0 },
	{ 0 },
};

static const struct arg_opt import_opts[] = {
	{ "--state", "DIR", "the folder that init made", ARG_TEXT,
	  AT(import_opts, state), 0 },
	{ "--allow-rollback", NULL, "even one older than what is kept",
	  ARG_FLAG, AT(import_opts, allow_rollback), 0 },
	{ "--insecure-sim-root", "PEM", "also collateral under this root",
	  ARG_TEXT, AT(import_opts, sim_root), 0 },
	{ 0 },
};

static const struct arg_opt refresh_opts[] = {
	{ "--state", "DIR", "the folder that init made", ARG_TEXT,
	  AT(refresh_opts, state), 0 },
	{ "--now", NULL, "all of it, not only what is due", ARG_FLAG,
	  AT(refresh_opts, now), 0 },
	{ "--pcs", "URL", "Intel's PCS, by default its public address",
	  ARG_TEXT, AT(refresh_opts, service.pcs), 0 },
	{ "--pccs", "URL", "a PCCS, which caches it", ARG_TEXT,
	  AT(refresh_opts, service.pccs), 0 },
	{ "--root-crl", "URL", "the root CRL, when the service has none",
	  ARG_TEXT, AT(refresh_opts, service.root_crl), 0 },
	{ "--pcs-ca", "PEM", "its CA, in place of the system's", ARG_TEXT,
	  AT(refresh_opts, service.ca), 0 },
	{ "--pcs-key", "FILE", "with the API key in it", ARG_TEXT,
	  AT(refresh_opts, service.key), 0 },
	{ "--insecure-sim-root", "PEM", "also collateral under this root",
	  ARG_TEXT, AT(refresh_opts, sim_root), 0 },
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
	{ "collateral add", "", "keep collateral for a platform", 0, 0,
	  platform_opts, verb_collateral_add },
	{ "collateral remove", "", "use it no longer", 0, 0, platform_opts,
	  verb_collateral_remove },
	{ "collateral list", "", "list what is kept, and how old it is", 0, 0,
	  list_opts, verb_collateral_list },
	{ "collateral import", "FILE...", "take bundles from files", 1,
	  ARG_OPERANDS_MAX, import_opts, verb_collateral_import },
	{ "collateral refresh", "", "fetch what is due", 0, 0, refresh_opts,
	  verb_collateral_refresh },
	{ "ita token", "", "hand a request in to Intel Trust Authority", 0, 0,
	  ita_token_opts, verb_ita_token },
	{ "ita keys", "", "fetch the keys of its tokens", 0, 0, ita_keys_opts,
	  verb_ita_keys },
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
