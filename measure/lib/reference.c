/* reference.c - reading and writing measurements.json. */
#include "measure/lib/reference.h"

#include <stdio.h>
#include <string.h>

#include "lib/text.h"

static const char *const kinds[] = {
	[REFERENCE_PRODUCTION] = "production",
	[REFERENCE_SIM] = "sim",
};

const char *reference_kind_name(enum reference_kind k)
{
	return kinds[k];
}

enum err reference_kind_parse(struct slice s, enum reference_kind *out)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (slice_is(s, kinds[i])) {
			*out = (enum reference_kind)i;
			return ERR_OK;
		}
	return ERR_VALUE;
}

/* ---- reading. Each get_* sets *what to its key before it looks, so that on a
 * failure *what names the member. */

static enum err get_hex(struct json v, const char *key, void *out, size_t n,
			const char **what)
{
	struct slice s;
	enum err e;

	*what = key;
	e = json_str(v, key, &s);
	return e != ERR_OK ? e : hex_decode(s, out, n);
}

/* Hex or null. */
static enum err get_hex_or_null(struct json v, const char *key, void *out,
				size_t n, bool *there, const char **what)
{
	struct json member;
	enum err e;

	*what = key;
	e = json_get(v, key, &member);
	if (e != ERR_OK)
		return e;
	if (json_is_null(member)) {
		*there = false;
		return ERR_OK;
	}
	e = get_hex(v, key, out, n, what);
	*there = e == ERR_OK;
	return e;
}

/* Text of at least one character. */
static enum err get_text(struct json v, const char *key, char *out, size_t cap,
			 const char **what)
{
	struct slice s;
	enum err e;

	*what = key;
	e = json_str(v, key, &s);
	if (e == ERR_OK && s.len == 0)
		e = ERR_VALUE;
	return e != ERR_OK ? e : slice_cstr(s, out, cap);
}

/* Text, or null for "". */
static enum err get_text_or_null(struct json v, const char *key, char *out,
				 size_t cap, const char **what)
{
	struct json member;
	enum err e;

	*what = key;
	e = json_get(v, key, &member);
	if (e != ERR_OK)
		return e;
	if (!json_is_null(member))
		return get_text(v, key, out, cap, what);
	out[0] = '\0';
	return ERR_OK;
}

static enum err get_object(struct json v, const char *key,
			   const char *const *known, struct json *out,
			   const char **what)
{
	enum err e;

	*what = key;
	e = json_object(v, key, out);
	return e != ERR_OK ? e : json_only(*out, known, what);
}

static enum err read_image(struct json doc, struct reference *r,
			   const char **what)
{
	static const char *const known[] = { "efi_authenticode_sha384",
					     "efi_sha256", "gcp_tar_sha256",
					     "raw_sha256", NULL };
	struct json v;
	enum err e = get_object(doc, "image", known, &v, what);

	if (e == ERR_OK)
		e = get_hex(v, "efi_authenticode_sha384",
			    r->efi_authenticode_sha384, SHA384_LEN, what);
	if (e == ERR_OK)
		e = get_hex(v, "efi_sha256", r->efi_sha256, SHA256_LEN, what);
	if (e == ERR_OK)
		e = get_hex_or_null(v, "gcp_tar_sha256", r->gcp_tar_sha256,
				    SHA256_LEN, &r->has_gcp_tar, what);
	if (e == ERR_OK)
		e = get_hex_or_null(v, "raw_sha256", r->raw_sha256, SHA256_LEN,
				    &r->has_raw, what);
	return e;
}

static enum err read_firmware(struct json v, struct reference_entry *m,
			      const char **what)
{
	static const char *const known[] = { "name", "sha256", NULL };
	struct json fw;
	enum err e = get_object(v, "firmware", known, &fw, what);

	if (e == ERR_OK)
		e = get_text(fw, "name", m->firmware_name,
			     sizeof m->firmware_name, what);
	if (e == ERR_OK)
		e = get_hex(fw, "sha256", m->firmware_sha256, SHA256_LEN, what);
	return e;
}

static enum err read_machine(struct json v, struct reference_entry *m,
			     const char **what)
{
	int64_t cpus, memory;
	struct slice platform;
	enum err e;

	*what = "platform";
	e = json_str(v, "platform", &platform);
	if (e == ERR_OK && platform_parse(platform, &m->platform) != ERR_OK)
		e = ERR_VALUE;
	if (e != ERR_OK)
		return e;
	*what = "cpus";
	e = json_int(v, "cpus", 1, 4096, &cpus);
	if (e != ERR_OK)
		return e;
	*what = "memory_bytes";
	e = json_int(v, "memory_bytes", 1, INT64_C(1) << 46, &memory);
	if (e != ERR_OK)
		return e;
	m->cpus = (uint32_t)cpus;
	m->memory_bytes = (uint64_t)memory;
	return get_text_or_null(v, "machine_type", m->machine_type,
				sizeof m->machine_type, what);
}

static enum err read_registers(struct json v, struct reference_entry *m,
			       const char **what)
{
	static const char *const keys[REFERENCE_RTMRS] = { "rtmr0", "rtmr1",
							   "rtmr2" };
	bool all = true;
	enum err e = get_hex(v, "mrtd", m->mrtd, SHA384_LEN, what);

	for (size_t i = 0; i < REFERENCE_RTMRS && e == ERR_OK; i++) {
		e = get_hex_or_null(v, keys[i], m->rtmr[i], SHA384_LEN,
				    &m->rtmr_known[i], what);
		all = all && m->rtmr_known[i];
	}
	if (e == ERR_OK)
		e = get_text_or_null(v, "reason", m->reason, sizeof m->reason,
				     what);
	if (e == ERR_OK && all != (m->reason[0] == '\0'))
		e = ERR_VALUE;
	return e;
}

static enum err read_entry(struct json v, struct reference_entry *m,
			   const char **what)
{
	static const char *const known[] = {
		"cpus",     "firmware", "machine_type", "memory_bytes", "mrtd",
		"platform", "reason",   "rtmr0",        "rtmr1",        "rtmr2",
		NULL
	};
	enum err e;

	*what = "measurements";
	if (!json_is_object(v))
		return ERR_VALUE;
	e = json_only(v, known, what);
	if (e == ERR_OK)
		e = read_machine(v, m, what);
	if (e == ERR_OK)
		e = read_firmware(v, m, what);
	if (e == ERR_OK)
		e = read_registers(v, m, what);
	return e;
}

static enum err read_entries(struct json doc, struct reference *r,
			     const char **what)
{
	struct json list;
	enum err e;

	*what = "measurements";
	e = json_array(doc, "measurements", &list);
	if (e != ERR_OK)
		return e;
	if (json_count(list) == 0)
		return ERR_VALUE;
	if (json_count(list) > REFERENCE_MAX)
		return ERR_LIMIT;
	for (struct json v = json_first(list); v.node != NULL && e == ERR_OK;
	     v = json_next(v))
		e = read_entry(v, &r->e[r->n++], what);
	return e;
}

static enum err read_head(struct json doc, struct reference *r,
			  const char **what)
{
	static const char *const known[] = { "lock_sha256", NULL };
	struct json sources;
	struct slice kind;
	int64_t version;
	enum err e;

	*what = "version";
	e = json_int(doc, "version", 0, INT32_MAX, &version);
	if (e == ERR_OK && version != 1)
		e = ERR_UNSUPP;
	if (e != ERR_OK)
		return e;
	*what = "kind";
	e = json_str(doc, "kind", &kind);
	if (e == ERR_OK)
		e = reference_kind_parse(kind, &r->kind);
	if (e != ERR_OK)
		return e;
	*what = "release";
	e = json_bool(doc, "release", &r->release);
	if (e == ERR_OK)
		e = get_object(doc, "sources", known, &sources, what);
	if (e == ERR_OK)
		e = get_hex(sources, "lock_sha256", r->lock_sha256, SHA256_LEN,
			    what);
	if (e == ERR_OK)
		e = get_text(doc, "toolchain", r->toolchain,
			     sizeof r->toolchain, what);
	return e;
}

enum err reference_parse(struct arena *a, struct slice in,
			 struct reference *out, const char **what)
{
	static const char *const known[] = { "image",        "kind",
					     "measurements", "release",
					     "sources",      "toolchain",
					     "version",      NULL };
	struct json doc;
	enum err e;

	*what = "";
	*out = (struct reference){ 0 };
	if (in.len > REFERENCE_BYTES)
		return ERR_LIMIT;
	e = json_parse(a, in, &doc);
	if (e == ERR_OK && !json_is_object(doc))
		e = ERR_VALUE;
	if (e == ERR_OK)
		e = read_head(doc, out, what);
	if (e == ERR_OK)
		e = json_only(doc, known, what);
	if (e == ERR_OK)
		e = read_image(doc, out, what);
	if (e == ERR_OK)
		e = read_entries(doc, out, what);
	if (e != ERR_OK)
		*out = (struct reference){ 0 };
	return e;
}

/* ---- writing */

static void put_hex_or_null(struct jw *j, const char *key, bool there,
			    const uint8_t *v, size_t n)
{
	if (there) {
		jw_khex(j, key, (struct slice){ v, n });
		return;
	}
	jw_key(j, key);
	jw_null(j);
}

static void put_text_or_null(struct jw *j, const char *key, const char *s)
{
	if (s[0] != '\0') {
		jw_kstr(j, key, s);
		return;
	}
	jw_key(j, key);
	jw_null(j);
}

static void write_entry(struct jw *j, const struct reference_entry *m)
{
	jw_open(j, '{');
	jw_ki64(j, "cpus", m->cpus);
	jw_key(j, "firmware");
	jw_open(j, '{');
	jw_kstr(j, "name", m->firmware_name);
	jw_khex(j, "sha256", (struct slice){ m->firmware_sha256, SHA256_LEN });
	jw_close(j);
	put_text_or_null(j, "machine_type", m->machine_type);
	jw_ki64(j, "memory_bytes", (int64_t)m->memory_bytes);
	jw_khex(j, "mrtd", (struct slice){ m->mrtd, SHA384_LEN });
	jw_kstr(j, "platform", platform_name(m->platform));
	put_text_or_null(j, "reason", m->reason);
	put_hex_or_null(j, "rtmr0", m->rtmr_known[0], m->rtmr[0], SHA384_LEN);
	put_hex_or_null(j, "rtmr1", m->rtmr_known[1], m->rtmr[1], SHA384_LEN);
	put_hex_or_null(j, "rtmr2", m->rtmr_known[2], m->rtmr[2], SHA384_LEN);
	jw_close(j);
}

static void write_image(struct jw *j, const struct reference *r)
{
	jw_key(j, "image");
	jw_open(j, '{');
	jw_khex(j, "efi_authenticode_sha384",
		(struct slice){ r->efi_authenticode_sha384, SHA384_LEN });
	jw_khex(j, "efi_sha256", (struct slice){ r->efi_sha256, SHA256_LEN });
	put_hex_or_null(j, "gcp_tar_sha256", r->has_gcp_tar, r->gcp_tar_sha256,
			SHA256_LEN);
	put_hex_or_null(j, "raw_sha256", r->has_raw, r->raw_sha256, SHA256_LEN);
	jw_close(j);
}

enum err reference_write(const struct reference *r, struct wr *out)
{
	struct jw j;
	enum err e;

	jw_init(&j, out);
	jw_open(&j, '{');
	write_image(&j, r);
	jw_kstr(&j, "kind", kinds[r->kind]);
	jw_key(&j, "measurements");
	jw_open(&j, '[');
	for (size_t i = 0; i < r->n; i++)
		write_entry(&j, &r->e[i]);
	jw_close(&j);
	jw_kbool(&j, "release", r->release);
	jw_key(&j, "sources");
	jw_open(&j, '{');
	jw_khex(&j, "lock_sha256",
		(struct slice){ r->lock_sha256, SHA256_LEN });
	jw_close(&j);
	jw_kstr(&j, "toolchain", r->toolchain);
	jw_ki64(&j, "version", 1);
	jw_close(&j);
	e = jw_end(&j);
	if (e != ERR_OK)
		return e;
	wr_str(out, "\n");
	return wr_end(out);
}
