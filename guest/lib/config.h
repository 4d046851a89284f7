/* config.h - the instance configuration, metadata attribute "ee-config": JSON,
 * made by the launcher or an operator, read by the guest. The host controls it,
 * so it is never trusted, only bound: SHA-384 of its bytes as received goes
 * into RTMR3 and REPORTDATA. Unknown keys are refused.
 *
 *   version                1
 *   vm_name                name_ok()
 *   node_size              ^[a-z0-9][a-z0-9_-]{0,31}$
 *   datacenter             "cloud:zone", lower case, at most LIMIT_NAME_BYTES
 *   control_plane_url      https://HOST[:PORT]
 *   control_plane_ca       PEM, one certificate
 *   api_port               1..65535; the agent's TLS API
 *   operator_token_sha256  hex; whoever shows the token may run jobs
 *   venues                 [{"name","url","ca"}], at most LIMIT_VENUES
 *   heartbeat_seconds      optional, 1..3600, default 30
 */
#ifndef GUEST_LIB_CONFIG_H
#define GUEST_LIB_CONFIG_H

#include "lib/digest.h"
#include "lib/limit.h"

struct config_venue {
	char name[LIMIT_NAME_BYTES + 1];
	char url[LIMIT_URL_BYTES + 1];
	char ca_pem[LIMIT_PEM_BYTES];
};

struct config {
	char vm_name[LIMIT_NAME_BYTES + 1];
	char node_size[33];
	char datacenter[LIMIT_NAME_BYTES + 1];
	char control_plane_url[LIMIT_URL_BYTES + 1];
	char control_plane_ca[LIMIT_PEM_BYTES];
	uint16_t api_port;
	uint32_t heartbeat_seconds;
	uint8_t operator_token_sha256[SHA256_LEN];
	size_t nvenues;
	struct config_venue venues[LIMIT_VENUES];
	uint8_t sha384[SHA384_LEN]; /* of the bytes as received */
};

/* Parses and checks `in`. On failure *key names the first member that is wrong,
 * "api_port" or "venues[1].url", as a static string or one inside `scratch`;
 * "" when the document itself is. It is always safe to print. 64 KiB of scratch
 * are enough for any sensible document.
 * Errors: ERR_LIMIT, ERR_VALUE, ERR_MISSING, ERR_UNKNOWN, ERR_DUPLICATE;
 * ERR_UNSUPP: another version; and json_parse's. */
MUST_CHECK enum err config_parse(struct slice in, void *scratch,
				 size_t scratch_len, struct config *out,
				 const char **key);

/* url = "https://host[:port]" (no path, query or user; host a DNS name or an
 * IPv4 address). Port defaults to 443. ERR_VALUE. */
MUST_CHECK enum err url_split(struct slice url, char host[static 256],
			      uint16_t *port);
#endif
