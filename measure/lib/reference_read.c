/* reference_read.c - reading measurements.json. */
#include <string.h>

#include "lib/text.h"
#include "measure/lib/reference.h"

/* A walk over one file: the first error sticks, with the member's name. Every
 * getter does nothing once there is one, so that a reader is a straight list
 * of them. */
struct walk {
	enum err err;
	const char *what;
};

static void note(struct walk *w, enum err e, const char *what)
{
	if (w->err != ERR_OK)
		return;
	w->err = e;
	w->what = what;
}

/* v is an object with known members only; `name` is what it is called. */
static void only(struct walk *w, struct json v, const char *name,
		 const char *const *known)
{
	const char *which = name;
	enum err e = ERR_VALUE;

	if (w->err != ERR_OK)
		return;
	if (json_is_object(v))
		e = json_only(v, known, &which);
	note(w, e, e == ERR_UNKNOWN ? which : name);
}

static struct json get_array(struct walk *w, struct json v, const char *key,
			     size_t max)
{
	struct json list = { NULL };

	if (w->err != ERR_OK)
		return list;
	note(w, json_array(v, key, &list), key);
	if (w->err == ERR_OK && json_count(list) > max)
		note(w, ERR_LIMIT, key);
	return w->err == ERR_OK ? list : (struct json){ NULL };
}

static struct json get_object(struct walk *w, struct json v, const char *key,
			      const char *const *known)
{
	struct json out = { NULL };

	if (w->err == ERR_OK)
		note(w, json_object(v, key, &out), key);
	only(w, out, key, known);
	return out;
}

/* Whether there is a value to read: the member is there and is no null. */
static bool not_null(struct walk *w, struct json v, const char *key)
{
	struct json member = { NULL };

	if (w->err == ERR_OK)
		note(w, json_get(v, key, &member), key);
	return w->err == ERR_OK && !json_is_null(member);
}

static void get_hex(struct walk *w, struct json v, const char *key, void *out,
		    size_t n)
{
	if (w->err == ERR_OK)
		note(w, json_hex(v, key, out, n), key);
}

/* Hex, or null: false. */
static bool get_hex_or_null(struct walk *w, struct json v, const char *key,
			    void *out, size_t n)
{
	bool there = not_null(w, v, key);

	if (there)
		get_hex(w, v, key, out, n);
	return there;
}

static uint64_t get_uint(struct walk *w, struct json v, const char *key,
			 int64_t min, int64_t max)
{
	int64_t n = 0;

	if (w->err == ERR_OK)
		note(w, json_int(v, key, min, max, &n), key);
	return w->err == ERR_OK ? (uint64_t)n : 0;
}

static struct slice get_slice(struct walk *w, struct json v, const char *key)
{
	struct slice s = { NULL, 0 };

	if (w->err == ERR_OK)
		note(w, json_str(v, key, &s), key);
	return s;
}

/* Text of at least one character. */
static void get_text(struct walk *w, struct json v, const char *key, char *out,
		     size_t cap)
{
	struct slice s = get_slice(w, v, key);

	if (w->err == ERR_OK)
		note(w, s.len == 0 ? ERR_VALUE : slice_cstr(s, out, cap), key);
}

/* Text, or null for "". */
static void get_text_or_null(struct walk *w, struct json v, const char *key,
			     char *out, size_t cap)
{
	if (not_null(w, v, key))
		get_text(w, v, key, out, cap);
}

/* ---- release */

static void get_version(struct walk *w, struct json v,
			char out[static REFERENCE_VERSION])
{
	struct slice s = get_slice(w, v, "version");

	if (w->err == ERR_OK)
		note(w,
		     reference_version_ok(s)
			     ? slice_cstr(s, out, REFERENCE_VERSION)
			     : ERR_VALUE,
		     "version");
}

static int64_t get_time_or_null(struct walk *w, struct json v, const char *key)
{
	struct slice s;
	int64_t t = 0;

	if (!not_null(w, v, key))
		return 0;
	s = get_slice(w, v, key);
	if (w->err == ERR_OK)
		note(w, reference_time_parse(s, &t), key);
	/* The first second of 1970 stands for null, and is no release's. */
	if (w->err == ERR_OK && t == 0)
		note(w, ERR_VALUE, key);
	return t;
}

static void get_commit(struct walk *w, struct json v,
		       char out[static REFERENCE_COMMIT])
{
	struct slice s;

	if (!not_null(w, v, "commit"))
		return;
	s = get_slice(w, v, "commit");
	if (w->err == ERR_OK)
		note(w,
		     reference_commit_ok(s)
			     ? slice_cstr(s, out, REFERENCE_COMMIT)
			     : ERR_VALUE,
		     "commit");
}

static void read_release(struct walk *w, struct json doc,
			 struct reference_release *r)
{
	static const char *const known[] = { "commit",    "counter",
					     "not_after", "not_before",
					     "pinned",    "version",
					     NULL };
	struct json v = get_object(w, doc, "release", known);

	get_commit(w, v, r->commit);
	r->counter = (uint32_t)get_uint(w, v, "counter", 0, INT32_MAX);
	r->not_after_s = get_time_or_null(w, v, "not_after");
	r->not_before_s = get_time_or_null(w, v, "not_before");
	if (w->err == ERR_OK)
		note(w, json_bool(v, "pinned", &r->pinned), "pinned");
	if (not_null(w, v, "version"))
		get_version(w, v, r->version);
}

static void read_revoked(struct walk *w, struct json doc, struct reference *r)
{
	static const char *const known[] = { "counter", "reason", "version",
					     NULL };
	struct json list = get_array(w, doc, "revoked", REFERENCE_MAX_REVOKED);

	for (struct json v = json_first(list); v.node != NULL && w->err == 0;
	     v = json_next(v)) {
		struct reference_revoked *out = &r->revoked[r->nrevoked++];

		only(w, v, "revoked", known);
		out->counter =
			(uint32_t)get_uint(w, v, "counter", 1, INT32_MAX);
		get_text(w, v, "reason", out->reason, sizeof out->reason);
		get_version(w, v, out->version);
	}
}

/* ---- image */

static void read_image(struct walk *w, struct json doc, struct reference *r)
{
	static const char *const known[] = { "efi_authenticode_sha384",
					     "efi_sha256", "gcp_tar_sha256",
					     "raw_sha256", NULL };
	struct json v = get_object(w, doc, "image", known);

	get_hex(w, v, "efi_authenticode_sha384", r->efi_authenticode_sha384,
		SHA384_LEN);
	get_hex(w, v, "efi_sha256", r->efi_sha256, SHA256_LEN);
	r->has_gcp_tar = get_hex_or_null(w, v, "gcp_tar_sha256",
					 r->gcp_tar_sha256, SHA256_LEN);
	r->has_raw =
		get_hex_or_null(w, v, "raw_sha256", r->raw_sha256, SHA256_LEN);
}

/* ---- firmware */

static enum tdvf_type get_section_type(struct walk *w, struct json v)
{
	struct slice s = get_slice(w, v, "type");

	for (unsigned i = 0; i < TDVF_NTYPES; i++)
		if (slice_is(s, tdvf_type_name((enum tdvf_type)i)))
			return (enum tdvf_type)i;
	note(w, ERR_UNKNOWN, "type");
	return TDVF_BFV;
}

static void read_section(struct walk *w, struct json v,
			 struct tdvf_section *out)
{
	static const char *const known[] = { "address",     "attributes",
					     "data_offset", "data_size",
					     "memory_size", "type",
					     NULL };
	const int64_t top = (INT64_C(1) << 53) - 1;

	only(w, v, "sections", known);
	out->gpa = get_uint(w, v, "address", 0, top);
	out->attributes = (uint32_t)get_uint(w, v, "attributes", 0, UINT32_MAX);
	out->data_offset =
		(uint32_t)get_uint(w, v, "data_offset", 0, UINT32_MAX);
	out->raw_size = (uint32_t)get_uint(w, v, "data_size", 0, UINT32_MAX);
	out->mem_size = get_uint(w, v, "memory_size", 0, top);
	out->type = get_section_type(w, v);
}

static void read_firmware(struct walk *w, struct json v,
			  struct reference_firmware *out)
{
	static const char *const known[] = { "cfv_sha384",    "mrtd",
					     "mrtd_two_pass", "name",
					     "sections",      "sha256",
					     "size",          NULL };
	struct json list;

	only(w, v, "firmware", known);
	out->has_cfv = get_hex_or_null(w, v, "cfv_sha384", out->cfv_sha384,
				       SHA384_LEN);
	get_hex(w, v, "mrtd", out->mrtd[MRTD_SINGLE_PASS], SHA384_LEN);
	get_hex(w, v, "mrtd_two_pass", out->mrtd[MRTD_TWO_PASS], SHA384_LEN);
	get_text(w, v, "name", out->name, sizeof out->name);
	get_hex(w, v, "sha256", out->sha256, SHA256_LEN);
	out->size = get_uint(w, v, "size", TDVF_PAGE, TDVF_MAX_FIRMWARE);
	list = get_array(w, v, "sections", TDVF_MAX_SECTIONS);
	for (struct json s = json_first(list); s.node != NULL && w->err == 0;
	     s = json_next(s))
		read_section(w, s, &out->tdvf.s[out->tdvf.n++]);
}

static void read_firmwares(struct walk *w, struct json doc, struct reference *r)
{
	struct json list =
		get_array(w, doc, "firmware", REFERENCE_MAX_FIRMWARE);

	for (struct json v = json_first(list); v.node != NULL && w->err == 0;
	     v = json_next(v))
		read_firmware(w, v, &r->firmware[r->nfirmware++]);
}

/* ---- measurements */

static enum event_type get_event_type(struct walk *w, struct json v)
{
	static const enum event_type types[] = {
#define X(name, label, number) EVENT_##name,
		EVENT_TYPES(X)
#undef X
	};
	struct slice s = get_slice(w, v, "type");

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		/* EVENT_CONFIG is RTMR3's alone */
		if (types[i] != EVENT_CONFIG &&
		    slice_is(s, event_type_name(types[i])))
			return types[i];
	note(w, ERR_UNKNOWN, "type");
	return EVENT_SEPARATOR;
}

static void read_event(struct walk *w, struct json v, struct event *out)
{
	static const char *const known[] = { "digest", "rtmr", "type", "what",
					     NULL };

	only(w, v, "events", known);
	out->known = get_hex_or_null(w, v, "digest", out->digest, SHA384_LEN);
	out->rtmr = (unsigned)get_uint(w, v, "rtmr", 0, REFERENCE_RTMRS - 1);
	out->type = get_event_type(w, v);
	get_text(w, v, "what", out->what, sizeof out->what);
}

static void read_events(struct walk *w, struct json v, struct reference *r,
			struct reference_entry *m)
{
	struct json list =
		get_array(w, v, "events", REFERENCE_MAX_EVENTS - r->nevents);

	m->first_event = r->nevents;
	for (struct json e = json_first(list); e.node != NULL && w->err == 0;
	     e = json_next(e))
		read_event(w, e, &r->event[r->nevents++]);
	m->nevents = r->nevents - m->first_event;
}

/* Names in ascending order, each at most once. */
static unsigned get_options(struct walk *w, struct json v)
{
	struct json list = get_array(w, v, "options", REFERENCE_NOPTIONS);
	unsigned bits = 0, i = 0;
	struct slice s;

	for (struct json o = json_first(list); o.node != NULL && w->err == 0;
	     o = json_next(o), i++) {
		note(w, json_as_str(o, &s), "options");
		while (w->err == ERR_OK && i < REFERENCE_NOPTIONS &&
		       !slice_is(s, reference_option_name(
					    (enum reference_option)i)))
			i++;
		if (i >= REFERENCE_NOPTIONS)
			note(w, ERR_UNKNOWN, "options");
		else
			bits |= 1u << i;
	}
	return bits;
}

static void read_machine(struct walk *w, struct json v,
			 struct reference_entry *m)
{
	struct slice s = get_slice(w, v, "platform");

	if (w->err == ERR_OK && platform_parse(s, &m->platform) != ERR_OK)
		note(w, ERR_VALUE, "platform");
	s = get_slice(w, v, "boot");
	if (slice_is(s, "efi"))
		m->boot = REFERENCE_EFI;
	else if (!slice_is(s, "disk"))
		note(w, ERR_VALUE, "boot");
	m->cpus = (uint32_t)get_uint(w, v, "cpus", 1, 4096);
	m->memory_bytes = get_uint(w, v, "memory_bytes", 1, INT64_C(1) << 46);
	get_text_or_null(w, v, "machine_type", m->machine_type,
			 sizeof m->machine_type);
	get_text_or_null(w, v, "acpi_release", m->acpi_release,
			 sizeof m->acpi_release);
	m->options = get_options(w, v);
}

static size_t find_firmware(struct walk *w, struct json v,
			    const struct reference *r)
{
	uint8_t sha[SHA256_LEN] = { 0 };

	get_hex(w, v, "firmware", sha, sizeof sha);
	for (size_t i = 0; i < r->nfirmware; i++)
		if (ct_eq(r->firmware[i].sha256, sha, sizeof sha))
			return i;
	note(w, ERR_MISMATCH, "firmware");
	return 0;
}

static void read_entry(struct walk *w, struct json v, struct reference *r,
		       struct reference_entry *m)
{
	static const char *const known[] = {
		"acpi_release", "boot",         "cpus",
		"events",       "firmware",     "mrtd",
		"machine_type", "memory_bytes", "options",
		"reason",       "platform",     "rtmr0",
		"rtmr1",        "rtmr2",        NULL
	};
	static const char *const keys[REFERENCE_RTMRS] = { "rtmr0", "rtmr1",
							   "rtmr2" };

	only(w, v, "measurements", known);
	read_machine(w, v, m);
	m->firmware = find_firmware(w, v, r);
	get_hex(w, v, "mrtd", m->mrtd, SHA384_LEN);
	for (size_t i = 0; i < REFERENCE_RTMRS; i++)
		m->rtmr_known[i] =
			get_hex_or_null(w, v, keys[i], m->rtmr[i], SHA384_LEN);
	get_text_or_null(w, v, "reason", m->reason, sizeof m->reason);
	read_events(w, v, r, m);
}

static void read_entries(struct walk *w, struct json doc, struct reference *r)
{
	struct json list = get_array(w, doc, "measurements", REFERENCE_MAX);

	if (w->err == ERR_OK && json_count(list) == 0)
		note(w, ERR_VALUE, "measurements");
	for (struct json v = json_first(list); v.node != NULL && w->err == 0;
	     v = json_next(v))
		read_entry(w, v, r, &r->e[r->n++]);
}

static void read_head(struct walk *w, struct json doc, struct reference *r)
{
	static const char *const sources_known[] = { "lock_sha256", NULL };
	uint64_t format = get_uint(w, doc, "format", 0, INT32_MAX);
	struct json sources;
	struct slice kind;

	if (w->err == ERR_OK && format != REFERENCE_FORMAT)
		note(w, ERR_UNSUPP, "format");
	kind = get_slice(w, doc, "kind");
	if (w->err == ERR_OK)
		note(w, reference_kind_parse(kind, &r->kind), "kind");
	sources = get_object(w, doc, "sources", sources_known);
	get_hex(w, sources, "lock_sha256", r->lock_sha256, SHA256_LEN);
	get_text(w, doc, "toolchain", r->toolchain, sizeof r->toolchain);
}

enum err reference_parse(struct arena *a, struct slice in,
			 struct reference *out, const char **what)
{
	static const char *const known[] = {
		"firmware",     "format",  "image",   "kind",      "release",
		"measurements", "revoked", "sources", "toolchain", NULL
	};
	struct walk w = { ERR_OK, "" };
	struct json doc = { NULL };

	*what = "";
	memset(out, 0, sizeof *out);
	if (in.len > REFERENCE_BYTES)
		return ERR_LIMIT;
	note(&w, json_parse(a, in, &doc), "");
	read_head(&w, doc, out);
	only(&w, doc, "", known);
	read_release(&w, doc, &out->release);
	read_revoked(&w, doc, out);
	read_image(&w, doc, out);
	read_firmwares(&w, doc, out);
	read_entries(&w, doc, out);
	*what = w.what;
	if (w.err == ERR_OK)
		w.err = reference_check(out, what);
	if (w.err != ERR_OK)
		memset(out, 0, sizeof *out);
	else
		*what = "";
	return w.err;
}
