/* verb_store.c - the verbs of ee-cp that only work on its files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host-launcher/lib/envelope.h"
#include "host-launcher/lib/file.h"
#include "host-launcher/lib/identity.h"
#include "host-launcher/lib/input.h"
#include "host-launcher/lib/log.h"
#include "host-launcher/plane/plane.h"
#include "host-launcher/plane/token.h"
#include "host-launcher/plane/verbs.h"
#include "lib/rng.h"
#include "lib/text.h"
#include "measure/lib/reference.h"

enum {
	LIST_BYTES = 4 * 1024 * 1024
};

enum exit_status open_store(const char *state, bool create, struct store **out)
{
	char path[PATH_CAP], why[PATH_CAP + 256];

	if (state == NULL) {
		complain("--state DIR is needed: the folder that 'ee-cp init' "
			 "made");
		return STATUS_USAGE;
	}
	if (path_fmt(path, "%s/cp.db", state) != ERR_OK) {
		complain("--state: the path is too long");
		return STATUS_USAGE;
	}
	if (store_open(path, create, out, why, sizeof why) != ERR_OK) {
		complain("%s", why);
		return STATUS_UNAVAILABLE;
	}
	return STATUS_DONE;
}

/* The admin's token, when there is none: an init that was cut short is made
 * whole by the next one. */
static enum err ensure_token(const char *state, const br_prng_class **rng,
			     char *why, size_t why_len)
{
	uint8_t digest[SHA256_LEN];
	enum err e = token_load(state, digest);

	if (e == ERR_MISSING)
		e = token_create(state, rng);
	if (e != ERR_OK)
		snprintf(why, why_len, "%s/admin.token: %s", state,
			 e == ERR_STATE ? "others can read it: chmod 600"
					: err_text(e));
	return e;
}

enum exit_status verb_init(const char *const *operands, size_t n,
			   const void *opts)
{
	static const char *const usual[] = { "ee-cp", "localhost", "127.0.0.1",
					     "169.254.169.2", NULL };
	const struct init_opts *o = opts;
	const char *names[ARG_LIST_MAX + 1] = { NULL };
	char why[PATH_CAP + 256];
	enum exit_status st;
	struct store *s;
	struct rng rng;
	bool taken;
	enum err e;

	(void)operands;
	(void)n;
	if (o->state == NULL) {
		complain("--state DIR is needed");
		return STATUS_USAGE;
	}
	for (size_t i = 0; i < o->names.n; i++) {
		names[i] = o->names.v[i];
		if (!identity_name_ok(names[i])) {
			complain("--name %s: no DNS name, no IPv4 address",
				 names[i]);
			return STATUS_USAGE;
		}
	}
	if (rng_system(&rng) != ERR_OK) {
		complain("the system has no entropy");
		return STATUS_INTERNAL;
	}
	e = identity_create(o->state, "EasyEnclave control plane CA",
			    o->names.n > 0 ? names : usual, o->renew,
			    wall_ms() / 1000, rng_prng(&rng), why, sizeof why);
	taken = e == ERR_STATE && !o->renew;
	if (e == ERR_OK)
		e = ensure_token(o->state, rng_prng(&rng), why, sizeof why);
	wipe(&rng, sizeof rng);
	if (e != ERR_OK) {
		complain("%s", why);
		return taken ? STATUS_REFUSED : exit_of_secret(e);
	}
	st = open_store(o->state, true, &s);
	if (st != STATUS_DONE)
		return st;
	store_close(s);
	printf("%s/ca.pem is the CA that guests pin\n"
	       "%s/admin.token is the admin's secret\n",
	       o->state, o->state);
	return STATUS_DONE;
}

static enum exit_status trust_one(struct store *s, const char *path,
				  const struct trust_opts *o)
{
	const struct plane_trust how = { .now_s = wall_ms() / 1000,
					 .allow_rollback = o->allow_rollback };
	struct slice in;
	uint8_t *mem = malloc(REFERENCE_ARENA);
	struct arena a = arena_over(mem, mem == NULL ? 0 : REFERENCE_ARENA);
	const char *why = "";
	struct plane_trusted added = { 0 };
	enum exit_status st = reference_read(path, o->reference_key, &in);
	enum err e = ERR_OK;

	if (st == STATUS_DONE)
		e = plane_trust_reference(s, &a, in, &how, &added, &why);
	if (e == ERR_REFUSED) {
		complain("%s: %s", path, why);
		st = STATUS_REFUSED;
	} else if (e != ERR_OK) {
		st = input_bad(path, why, e);
	}
	free(mem);
	if (st != STATUS_DONE)
		return st;
	printf("%s: %zu measurement sets are trusted\n", path, added.sets);
	if (added.without_rtmr0 > 0)
		complain("note: RTMR0 is unknown in %zu of them and will not "
			 "be compared",
			 added.without_rtmr0);
	return STATUS_DONE;
}

enum exit_status verb_trust(const char *const *operands, size_t n,
			    const void *opts)
{
	const struct trust_opts *o = opts;
	enum exit_status st = STATUS_DONE;
	struct store *s;

	(void)operands;
	(void)n;
	if (o->references.n == 0) {
		complain("--reference FILE is needed: the image's "
			 "measurements.json");
		return STATUS_USAGE;
	}
	st = open_store(o->state, false, &s);
	if (st != STATUS_DONE)
		return st;
	for (size_t i = 0; st == STATUS_DONE && i < o->references.n; i++)
		st = trust_one(s, o->references.v[i], o);
	store_close(s);
	return st;
}

static enum exit_status untrust_one(struct store *s, const char *text)
{
	uint8_t mrtd[SHA384_LEN];
	char hex[2 * SHA384_LEN + 1];
	enum err e = hex_decode(str_slice(text), mrtd, sizeof mrtd);

	if (e != ERR_OK) {
		complain("--mrtd wants 96 hexadecimal digits, not '%s'", text);
		return STATUS_USAGE;
	}
	hex_encode((struct slice){ mrtd, sizeof mrtd }, hex);
	e = store_untrust_mrtd(s, hex);
	if (e == ERR_OK)
		printf("%s: not trusted any more\n", hex);
	else if (e == ERR_MISSING)
		complain("%s was not trusted", hex);
	else
		complain("%s: %s", hex, store_error(s));
	return e == ERR_MISSING ? STATUS_REFUSED : exit_of(e);
}

enum exit_status verb_untrust(const char *const *operands, size_t n,
			      const void *opts)
{
	const struct untrust_opts *o = opts;
	enum exit_status st;
	struct store *s;

	(void)operands;
	(void)n;
	if (o->mrtds.n == 0) {
		complain("--mrtd HEX is needed");
		return STATUS_USAGE;
	}
	st = open_store(o->state, false, &s);
	if (st != STATUS_DONE)
		return st;
	for (size_t i = 0; st == STATUS_DONE && i < o->mrtds.n; i++)
		st = untrust_one(s, o->mrtds.v[i]);
	store_close(s);
	return st;
}

/* ---- lists: JSON out of the store, as it is or as a table ---- */

static enum err list_agents(struct store *s, struct jw *out)
{
	return store_agents(s, NULL, NULL, out);
}

static enum err list_events(struct store *s, struct jw *out)
{
	return store_events(s, 100, out);
}

static enum err list_trusted(struct store *s, struct jw *out)
{
	return store_trusted(s, true, out);
}

/* Text that may be a stranger's, on one line and without a terminal's control
 * characters. */
static void print_text(struct slice v)
{
	for (size_t i = 0; i < v.len; i++)
		putchar(v.ptr[i] < 0x20 || v.ptr[i] == 0x7f ? '?' : v.ptr[i]);
}

/* Prints the named columns of every element of the first array. */
static void print_table(struct json doc, const char *array,
			const char *const *columns)
{
	struct json list, e;
	struct slice v;

	if (json_array(doc, array, &list) != ERR_OK)
		return;
	for (e = json_first(list); e.node != NULL; e = json_next(e)) {
		for (size_t i = 0; columns[i] != NULL; i++) {
			int64_t number;
			bool yes;

			if (i > 0)
				printf("  ");
			if (json_str(e, columns[i], &v) == ERR_OK)
				print_text(v);
			else if (json_bool(e, columns[i], &yes) == ERR_OK)
				printf("%s%s", yes ? "" : "not ", columns[i]);
			else if (json_int(e, columns[i], INT64_MIN, INT64_MAX,
					  &number) == ERR_OK)
				printf("%s=%lld", columns[i],
				       (long long)number);
			else
				putchar('-');
		}
		putchar('\n');
	}
}

enum exit_status list_verb(const struct list_opts *o, list_fn *fn,
			   const char *array, const char *const *columns)
{
	enum exit_status st;
	struct store *s;
	uint8_t *text, *mem;
	struct wr w;
	struct jw j;
	enum err e;

	if (o->format != NULL && strcmp(o->format, "json") != 0) {
		complain("-o takes 'json'");
		return STATUS_USAGE;
	}
	st = open_store(o->state, false, &s);
	if (st != STATUS_DONE)
		return st;
	text = malloc(LIST_BYTES);
	mem = malloc(8 * LIST_BYTES);
	w = wr_over(text, text == NULL ? 0 : LIST_BYTES);
	jw_init(&j, &w);
	e = mem == NULL ? ERR_SPACE : fn(s, &j);
	if (e == ERR_OK)
		e = jw_end(&j);
	if (e == ERR_OK && o->format != NULL) {
		fwrite(text, 1, w.len, stdout);
		putchar('\n');
	} else if (e == ERR_OK) {
		struct arena a = arena_over(mem, 8 * LIST_BYTES);
		struct json doc;

		e = json_parse(&a, wr_slice(&w), &doc);
		if (e == ERR_OK)
			print_table(doc, array, columns);
	}
	store_close(s);
	free(text);
	free(mem);
	if (e != ERR_OK)
		complain("the list cannot be made: %s", err_text(e));
	return exit_of(e);
}

enum exit_status verb_agents(const char *const *operands, size_t n,
			     const void *opts)
{
	static const char *const columns[] = { "agent_id",   "vm_name",
					       "status",     "health_status",
					       "verified",   "simulated",
					       "tcb_status", "last_heartbeat",
					       NULL };

	(void)operands;
	(void)n;
	return list_verb(opts, list_agents, "agents", columns);
}

enum exit_status verb_trusted(const char *const *operands, size_t n,
			      const void *opts)
{
	static const char *const columns[] = { "mrtd", "type", "note", NULL };

	(void)operands;
	(void)n;
	return list_verb(opts, list_trusted, "trusted_mrtds", columns);
}

enum exit_status verb_events(const char *const *operands, size_t n,
			     const void *opts)
{
	static const char *const columns[] = { "timestamp",   "result",
					       "reason_code", "agent_vm_name",
					       "detail",      NULL };

	(void)operands;
	(void)n;
	return list_verb(opts, list_events, "events", columns);
}
