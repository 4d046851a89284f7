/* verb_store.c - the verbs of ee-cp that only work on its files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host-launcher/lib/file.h"
#include "host-launcher/lib/identity.h"
#include "host-launcher/lib/log.h"
#include "host-launcher/plane/plane.h"
#include "host-launcher/plane/token.h"
#include "host-launcher/plane/verbs.h"
#include "lib/rng.h"
#include "measure/lib/reference.h"

enum {
	LIST_BYTES = 4 * 1024 * 1024
};

struct store *open_store(const char *state)
{
	char path[PATH_CAP], why[256];
	struct store *s;

	if (state == NULL) {
		complain("--state DIR is needed: the folder that 'ee-cp init' "
			 "made");
		return NULL;
	}
	if (path_fmt(path, "%s/cp.db", state) != ERR_OK) {
		complain("--state: the path is too long");
		return NULL;
	}
	if (store_open(path, &s, why, sizeof why) != ERR_OK) {
		complain("%s", why);
		return NULL;
	}
	return s;
}

enum exit_status verb_init(const char *const *operands, size_t n,
			   const void *opts)
{
	static const char *const usual[] = { "ee-cp", "localhost", "127.0.0.1",
					     "169.254.169.2", NULL };
	const struct init_opts *o = opts;
	const char *names[ARG_LIST_MAX + 1] = { NULL };
	char why[256];
	struct store *s;
	struct rng rng;
	enum err e;

	(void)operands;
	(void)n;
	if (o->state == NULL) {
		complain("--state DIR is needed");
		return STATUS_USAGE;
	}
	for (size_t i = 0; i < o->names.n; i++)
		names[i] = o->names.v[i];
	if (rng_system(&rng) != ERR_OK) {
		complain("the system has no entropy");
		return STATUS_INTERNAL;
	}
	e = identity_create(o->state, "EasyEnclave control plane CA",
			    o->names.n > 0 ? names : usual, o->renew,
			    wall_ms() / 1000, rng_prng(&rng), why, sizeof why);
	if (e == ERR_OK && !o->renew) {
		e = token_create(o->state, rng_prng(&rng));
		snprintf(why, sizeof why, "%s/admin.token: %s", o->state,
			 err_text(e));
	}
	wipe(&rng, sizeof rng);
	if (e != ERR_OK) {
		complain("%s", why);
		return e == ERR_STATE ? STATUS_REFUSED : exit_of(e);
	}
	s = open_store(o->state);
	if (s == NULL)
		return STATUS_UNAVAILABLE;
	store_close(s);
	printf("%s/ca.pem is the CA that guests pin\n"
	       "%s/admin.token is the admin's secret\n",
	       o->state, o->state);
	return STATUS_DONE;
}

static enum exit_status trust_one(struct store *s, const char *path)
{
	struct buf in = { 0 };
	uint8_t *mem = malloc(REFERENCE_ARENA);
	struct arena a = arena_over(mem, mem == NULL ? 0 : REFERENCE_ARENA);
	const char *what = "";
	size_t added = 0;
	enum err e = file_read(path, REFERENCE_BYTES, &in);
	bool found = e == ERR_OK;

	if (found)
		e = plane_trust_reference(s, &a, buf_slice(&in),
					  wall_ms() / 1000, &added, &what);
	buf_free(&in);
	free(mem);
	if (e != ERR_OK) {
		complain("%s: %s%s%s", path, what, *what != '\0' ? ": " : "",
			 err_text(e));
		return found ? STATUS_MALFORMED : STATUS_UNAVAILABLE;
	}
	printf("%s: %zu measurement sets are trusted\n", path, added);
	if (added > 0)
		return STATUS_DONE;
	complain("%s: no entry has all registers", path);
	return STATUS_REFUSED;
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
	s = open_store(o->state);
	if (s == NULL)
		return STATUS_UNAVAILABLE;
	for (size_t i = 0; st == STATUS_DONE && i < o->references.n; i++)
		st = trust_one(s, o->references.v[i]);
	store_close(s);
	return st;
}

/* ---- lists: JSON out of the store, as it is or as a table ---- */

typedef enum err list_fn(struct store *s, struct jw *out);

static enum err list_agents(struct store *s, struct jw *out)
{
	return store_agents(s, NULL, NULL, out);
}

static enum err list_events(struct store *s, struct jw *out)
{
	return store_events(s, 100, out);
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
			bool yes;

			if (json_str(e, columns[i], &v) == ERR_OK)
				printf("%s%.*s", i > 0 ? "  " : "", (int)v.len,
				       (const char *)v.ptr);
			else if (json_bool(e, columns[i], &yes) == ERR_OK)
				printf("  %s%s", yes ? "" : "not ", columns[i]);
			else
				printf("  -");
		}
		putchar('\n');
	}
}

static enum exit_status list(const struct list_opts *o, list_fn *fn,
			     const char *array, const char *const *columns)
{
	struct store *s;
	uint8_t *text, *mem;
	struct wr w;
	struct jw j;
	enum err e;

	if (o->format != NULL && strcmp(o->format, "json") != 0) {
		complain("-o takes 'json'");
		return STATUS_USAGE;
	}
	s = open_store(o->state);
	if (s == NULL)
		return STATUS_UNAVAILABLE;
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
	static const char *const columns[] = {
		"agent_id",  "vm_name",    "status",         "health_status",
		"simulated", "tcb_status", "last_heartbeat", NULL
	};

	(void)operands;
	(void)n;
	return list(opts, list_agents, "agents", columns);
}

enum exit_status verb_trusted(const char *const *operands, size_t n,
			      const void *opts)
{
	static const char *const columns[] = { "mrtd", "type", "note", NULL };

	(void)operands;
	(void)n;
	return list(opts, store_trusted, "trusted_mrtds", columns);
}

enum exit_status verb_events(const char *const *operands, size_t n,
			     const void *opts)
{
	static const char *const columns[] = { "timestamp",   "result",
					       "reason_code", "agent_vm_name",
					       "detail",      NULL };

	(void)operands;
	(void)n;
	return list(opts, list_events, "events", columns);
}
