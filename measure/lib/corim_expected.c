/* corim_expected.c - a reference as flashbots' list of expected measurements.
 */
#include <stdio.h>

#include "measure/lib/corim.h"
#include "measure/lib/corim_entry.h"

/* Whether two entries may share a record: they differ in RTMR0 alone. */
static bool alike(const struct reference_entry *a,
		  const struct reference_entry *b)
{
	return a->platform == b->platform &&
	       a->rtmr_known[0] == b->rtmr_known[0] &&
	       ct_eq(a->mrtd, b->mrtd, SHA384_LEN) &&
	       ct_eq(a->rtmr[1], b->rtmr[1], SHA384_LEN) &&
	       ct_eq(a->rtmr[2], b->rtmr[2], SHA384_LEN);
}

static bool is_first(const struct reference *r, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (corim_has(&r->e[k]) && alike(&r->e[k], &r->e[i]))
			return false;
	return true;
}

static void put_one(struct jw *j, const char *key,
		    const uint8_t value[static SHA384_LEN])
{
	jw_key(j, key);
	jw_open(j, '{');
	jw_key(j, "expected_any");
	jw_open(j, '[');
	jw_hex(j, (struct slice){ value, SHA384_LEN });
	jw_close(j);
	jw_close(j);
}

/* RTMR0 of an entry was written for one before it. */
static bool was_told(const struct reference *r, size_t first, size_t i)
{
	for (size_t k = first; k < i; k++)
		if (corim_has(&r->e[k]) && alike(&r->e[k], &r->e[i]) &&
		    ct_eq(r->e[k].rtmr[0], r->e[i].rtmr[0], SHA384_LEN))
			return true;
	return false;
}

static void put_rtmr0(struct jw *j, const struct reference *r, size_t first)
{
	jw_key(j, "rtmr0");
	jw_open(j, '{');
	jw_key(j, "expected_any");
	jw_open(j, '[');
	for (size_t i = first; i < r->n; i++)
		if (corim_has(&r->e[i]) && alike(&r->e[first], &r->e[i]) &&
		    !was_told(r, first, i))
			jw_hex(j,
			       (struct slice){ r->e[i].rtmr[0], SHA384_LEN });
	jw_close(j);
	jw_close(j);
}

static void put_record(struct jw *j, const struct reference *r, size_t first,
		       const uint8_t *rtmr3)
{
	const struct reference_entry *m = &r->e[first];
	char name[CORIM_NAME], id[CORIM_NAME + REFERENCE_TEXT + 8];

	corim_name(r, name);
	snprintf(id, sizeof id, "%s %s", name, r->firmware[m->firmware].name);
	jw_open(j, '{');
	jw_kstr(j, "attestation_type",
		m->platform == PLATFORM_GCP ? "gcp-tdx" : "qemu-tdx");
	jw_kstr(j, "measurement_id", id);
	jw_key(j, "measurements");
	jw_open(j, '{');
	put_one(j, "mrtd", m->mrtd);
	if (m->rtmr_known[0])
		put_rtmr0(j, r, first);
	put_one(j, "rtmr1", m->rtmr[1]);
	put_one(j, "rtmr2", m->rtmr[2]);
	if (rtmr3 != NULL)
		put_one(j, "rtmr3", rtmr3);
	jw_close(j);
	jw_close(j);
}

enum err expected_any_write(const struct reference *r,
			    const uint8_t *config_sha384, struct wr *out)
{
	uint8_t rtmr3[SHA384_LEN] = { 0 };
	struct jw j;
	enum err e;

	if (corim_entries(r) == 0)
		return ERR_MISSING;
	if (config_sha384 != NULL)
		rtmr_extend(rtmr3, config_sha384);
	jw_init(&j, out);
	jw_open(&j, '[');
	for (size_t i = 0; i < r->n; i++)
		if (corim_has(&r->e[i]) && is_first(r, i))
			put_record(&j, r, i,
				   config_sha384 != NULL ? rtmr3 : NULL);
	jw_close(&j);
	e = jw_end(&j);
	if (e != ERR_OK)
		return e;
	wr_str(out, "\n");
	return wr_end(out);
}
