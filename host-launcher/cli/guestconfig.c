#include "host-launcher/cli/guestconfig.h"

#include <stdlib.h>
#include <string.h>

#include "host-launcher/lib/input.h"
#include "lib/config.h"
#include "lib/json.h"
#include "lib/proto.h"

enum {
	DEFAULT_HEARTBEAT_S = 30,
	PARSE_CAP = 256 * 1024
};

/* A PEM file as a member. */
static enum exit_status put_pem(struct jw *j, const char *key, const char *path)
{
	struct buf pem = { 0 };
	enum exit_status st = input_read(path, LIMIT_PEM_BYTES - 1, &pem);

	if (st == STATUS_DONE)
		jw_kslice(j, key, buf_slice(&pem));
	buf_free(&pem);
	return st;
}

/* "NAME=URL,ca=FILE": an URL has no comma, a file name may. */
static enum exit_status put_venue(struct jw *j, const char *text)
{
	const char *url = strchr(text, '=');
	const char *ca = url != NULL ? strstr(url, ",ca=") : NULL;
	enum exit_status status;

	if (ca == NULL) {
		complain("--venue %s: wants NAME=URL,ca=FILE", text);
		return STATUS_USAGE;
	}
	url++;
	jw_open(j, '{');
	status = put_pem(j, "ca", ca + 4);
	jw_kslice(j, "name",
		  (struct slice){ (const uint8_t *)text,
				  (size_t)(url - 1 - text) });
	jw_kslice(j, "url",
		  (struct slice){ (const uint8_t *)url, (size_t)(ca - url) });
	jw_close(j);
	return status;
}

static enum exit_status put_venues(struct jw *j, const struct arg_list *list)
{
	enum exit_status status = STATUS_DONE;

	jw_key(j, "venues");
	jw_open(j, '[');
	for (size_t i = 0; i < list->n && status == STATUS_DONE; i++)
		status = put_venue(j, list->v[i]);
	jw_close(j);
	return status;
}

static const char *or_default(const char *s, const char *other)
{
	return s != NULL ? s : other;
}

static enum exit_status write_config(const struct run_opts *o, const char *name,
				     const uint8_t digest[static SHA256_LEN],
				     struct jw *j)
{
	enum exit_status status;

	jw_open(j, '{');
	jw_ki64(j, "api_port",
		o->guest_port != 0 ? (int64_t)o->guest_port : DEFAULT_API_PORT);
	status = put_pem(j, "control_plane_ca", o->control_plane_ca);
	jw_kstr(j, "control_plane_url", o->control_plane);
	jw_kstr(j, "datacenter", or_default(o->datacenter, "local:qemu"));
	jw_ki64(j, "heartbeat_seconds",
		o->heartbeat != 0 ? (int64_t)o->heartbeat
				  : DEFAULT_HEARTBEAT_S);
	jw_kstr(j, "node_size", or_default(o->node_size, "default"));
	jw_khex(j, "operator_token_sha256",
		(struct slice){ digest, SHA256_LEN });
	if (status == STATUS_DONE)
		status = put_venues(j, &o->venues);
	jw_ki64(j, "version", 1);
	jw_kstr(j, "vm_name", name);
	jw_close(j);
	return status;
}

/* The certificates come from files, everything else from the command line. */
static enum exit_status whose_fault(const char *key)
{
	const char *member = strrchr(key, '.');

	member = member != NULL ? member + 1 : key;
	return strcmp(member, "ca") == 0 ||
			       strcmp(member, "control_plane_ca") == 0
		       ? STATUS_MALFORMED
		       : STATUS_USAGE;
}

/* What the guest would say of it. */
static enum exit_status check(struct slice config)
{
	static uint8_t scratch[PARSE_CAP];
	static struct config parsed;
	const char *key = "";
	enum err e =
		config_parse(config, scratch, sizeof scratch, &parsed, &key);

	if (e == ERR_OK)
		return STATUS_DONE;
	complain("the configuration is not what a guest takes: %s%s%s", key,
		 key[0] != '\0' ? ": " : "", err_text(e));
	return whose_fault(key);
}

enum exit_status guest_config(const struct run_opts *o, const char *name,
			      struct slice token, struct wr *out)
{
	uint8_t digest[SHA256_LEN];
	enum exit_status status;
	struct jw j;

	sha256(token, digest);
	jw_init(&j, out);
	status = write_config(o, name, digest, &j);
	if (status != STATUS_DONE)
		return status;
	if (jw_end(&j) != ERR_OK) {
		complain("the configuration is longer than a guest takes");
		return STATUS_MALFORMED;
	}
	return check(wr_slice(out));
}
