/* reference_write.c - writing measurements.json. */
#include "measure/lib/reference.h"

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

static void put_time_or_null(struct jw *j, const char *key, bool there,
			     int64_t s)
{
	char text[REFERENCE_TIME_LEN + 1] = "";

	if (there)
		reference_time_format(s, text);
	put_text_or_null(j, key, text);
}

static void write_section(struct jw *j, const struct tdvf_section *s)
{
	jw_open(j, '{');
	jw_ki64(j, "address", (int64_t)s->gpa);
	jw_ki64(j, "attributes", s->attributes);
	jw_ki64(j, "data_offset", s->data_offset);
	jw_ki64(j, "data_size", s->raw_size);
	jw_ki64(j, "memory_size", (int64_t)s->mem_size);
	jw_kstr(j, "type", tdvf_type_name(s->type));
	jw_close(j);
}

static void write_firmware(struct jw *j, const struct reference_firmware *f)
{
	jw_open(j, '{');
	put_hex_or_null(j, "cfv_sha384", f->has_cfv, f->cfv_sha384, SHA384_LEN);
	jw_khex(j, "mrtd",
		(struct slice){ f->mrtd[MRTD_SINGLE_PASS], SHA384_LEN });
	jw_khex(j, "mrtd_two_pass",
		(struct slice){ f->mrtd[MRTD_TWO_PASS], SHA384_LEN });
	jw_kstr(j, "name", f->name);
	jw_key(j, "sections");
	jw_open(j, '[');
	for (size_t i = 0; i < f->tdvf.n; i++)
		write_section(j, &f->tdvf.s[i]);
	jw_close(j);
	jw_khex(j, "sha256", (struct slice){ f->sha256, SHA256_LEN });
	jw_ki64(j, "size", (int64_t)f->size);
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

static void write_events(struct jw *j, const struct event *ev, size_t n)
{
	jw_key(j, "events");
	jw_open(j, '[');
	for (; n > 0; n--, ev++) {
		jw_open(j, '{');
		put_hex_or_null(j, "digest", ev->known, ev->digest, SHA384_LEN);
		jw_ki64(j, "rtmr", ev->rtmr);
		jw_kstr(j, "type", event_type_name(ev->type));
		jw_kstr(j, "what", ev->what);
		jw_close(j);
	}
	jw_close(j);
}

static void write_options(struct jw *j, unsigned options)
{
	jw_key(j, "options");
	jw_open(j, '[');
	for (unsigned i = 0; i < REFERENCE_NOPTIONS; i++)
		if (options & 1u << i)
			jw_str(j,
			       reference_option_name((enum reference_option)i));
	jw_close(j);
}

static void write_entry(struct jw *j, const struct reference *r,
			const struct reference_entry *m)
{
	const struct reference_firmware *f = &r->firmware[m->firmware];

	jw_open(j, '{');
	put_text_or_null(j, "acpi_release", m->acpi_release);
	jw_kstr(j, "boot", m->boot == REFERENCE_DISK ? "disk" : "efi");
	jw_ki64(j, "cpus", m->cpus);
	write_events(j, &r->event[m->first_event], m->nevents);
	jw_khex(j, "firmware", (struct slice){ f->sha256, SHA256_LEN });
	put_text_or_null(j, "machine_type", m->machine_type);
	jw_ki64(j, "memory_bytes", (int64_t)m->memory_bytes);
	jw_khex(j, "mrtd", (struct slice){ m->mrtd, SHA384_LEN });
	write_options(j, m->options);
	jw_kstr(j, "platform", platform_name(m->platform));
	put_text_or_null(j, "reason", m->reason);
	put_hex_or_null(j, "rtmr0", m->rtmr_known[0], m->rtmr[0], SHA384_LEN);
	put_hex_or_null(j, "rtmr1", m->rtmr_known[1], m->rtmr[1], SHA384_LEN);
	put_hex_or_null(j, "rtmr2", m->rtmr_known[2], m->rtmr[2], SHA384_LEN);
	jw_close(j);
}

static void write_release(struct jw *j, const struct reference *r)
{
	const struct reference_release *v = &r->release;

	jw_key(j, "release");
	jw_open(j, '{');
	put_text_or_null(j, "commit", v->commit);
	jw_ki64(j, "counter", v->counter);
	put_time_or_null(j, "not_after", v->counter != 0, v->not_after_s);
	put_time_or_null(j, "not_before", v->counter != 0, v->not_before_s);
	jw_kbool(j, "pinned", v->pinned);
	put_text_or_null(j, "version", v->version);
	jw_close(j);
	jw_key(j, "revoked");
	jw_open(j, '[');
	for (size_t i = 0; i < r->nrevoked; i++) {
		jw_open(j, '{');
		jw_ki64(j, "counter", r->revoked[i].counter);
		jw_kstr(j, "reason", r->revoked[i].reason);
		jw_kstr(j, "version", r->revoked[i].version);
		jw_close(j);
	}
	jw_close(j);
}

/* What the image does not say of itself. */
static void write_machines(struct jw *j, const struct reference *r)
{
	jw_kstr(j, "kind", reference_kind_name(r->kind));
	jw_key(j, "measurements");
	jw_open(j, '[');
	for (size_t i = 0; i < r->n; i++)
		write_entry(j, r, &r->e[i]);
	jw_close(j);
}

void reference_put(struct jw *j, const struct reference *r)
{
	const char *what;
	enum err e = reference_check(r, &what);

	if (e != ERR_OK)
		wr_fail(j->w, e);
	jw_open(j, '{');
	jw_key(j, "firmware");
	jw_open(j, '[');
	for (size_t i = 0; i < r->nfirmware; i++)
		write_firmware(j, &r->firmware[i]);
	jw_close(j);
	jw_ki64(j, "format", REFERENCE_FORMAT);
	write_image(j, r);
	write_machines(j, r);
	write_release(j, r);
	jw_key(j, "sources");
	jw_open(j, '{');
	jw_khex(j, "lock_sha256", (struct slice){ r->lock_sha256, SHA256_LEN });
	jw_close(j);
	jw_kstr(j, "toolchain", r->toolchain);
	jw_close(j);
}

enum err reference_write(const struct reference *r, struct wr *out)
{
	struct jw j;
	enum err e;

	jw_init(&j, out);
	reference_put(&j, r);
	e = jw_end(&j);
	if (e != ERR_OK)
		return e;
	wr_str(out, "\n");
	return wr_end(out);
}
