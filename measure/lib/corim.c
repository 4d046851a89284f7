/* corim.c - a reference as a Concise Reference Integrity Manifest. */
#include "measure/lib/corim.h"

#include <stdio.h>

#include "measure/lib/cbor.h"
#include "measure/lib/corim_entry.h"

/* Tags and keys of the draft's CDDL. */
enum {
	TAG_TIME = 1,
	TAG_CORIM = 501,
	TAG_COMID = 506,
	CORIM_ID = 0,
	CORIM_TAGS = 1,
	CORIM_VALIDITY = 4,
	COMID_IDENTITY = 1,
	COMID_TRIPLES = 4,
	TRIPLES_REFERENCE = 0,
	ENV_CLASS = 0,
	CLASS_VENDOR = 1,
	CLASS_MODEL = 2,
	MEASUREMENT_KEY = 0,
	MEASUREMENT_VALUES = 1,
	VALUES_DIGESTS = 2,
	VALUES_REGISTERS = 14,
	ALG_SHA384 = 7, /* IANA Named Information Hash Algorithm Registry */
};

bool corim_has(const struct reference_entry *m)
{
	return m->platform != PLATFORM_SIM && m->rtmr_known[1] &&
	       m->rtmr_known[2];
}

size_t corim_entries(const struct reference *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += corim_has(&r->e[i]);
	return n;
}

void corim_name(const struct reference *r, char out[static CORIM_NAME])
{
	const char *version = r->release.version;

	snprintf(out, CORIM_NAME, "easyenclave-%s-%s",
		 reference_kind_name(r->kind),
		 version[0] != '\0' ? version : "development");
}

/* [[7, digest]] */
static void put_digests(struct wr *w, const uint8_t digest[static SHA384_LEN])
{
	cbor_array(w, 1);
	cbor_array(w, 2);
	cbor_uint(w, ALG_SHA384);
	cbor_bytes(w, (struct slice){ digest, SHA384_LEN });
}

static void put_environment(struct wr *w, const struct reference *r,
			    const struct reference_entry *m)
{
	char model[REFERENCE_MACHINE_LEN];

	reference_machine_text(r, m, model);
	cbor_map(w, 1);
	cbor_uint(w, ENV_CLASS);
	cbor_map(w, 2);
	cbor_uint(w, CLASS_VENDOR);
	cbor_text(w, "EasyEnclave");
	cbor_uint(w, CLASS_MODEL);
	cbor_text(w, model);
}

static void open_measurement(struct wr *w, const char *key, unsigned value)
{
	cbor_map(w, 2);
	cbor_uint(w, MEASUREMENT_KEY);
	cbor_text(w, key);
	cbor_uint(w, MEASUREMENT_VALUES);
	cbor_map(w, 1);
	cbor_uint(w, value);
}

static void put_triple(struct wr *w, const struct reference *r,
		       const struct reference_entry *m)
{
	size_t known = 0;

	cbor_array(w, 2);
	put_environment(w, r, m);
	cbor_array(w, 2);
	open_measurement(w, "mrtd", VALUES_DIGESTS);
	put_digests(w, m->mrtd);
	open_measurement(w, "rtmr", VALUES_REGISTERS);
	for (size_t i = 0; i < REFERENCE_RTMRS; i++)
		known += m->rtmr_known[i];
	cbor_map(w, known);
	for (size_t i = 0; i < REFERENCE_RTMRS; i++) {
		if (!m->rtmr_known[i])
			continue;
		cbor_uint(w, i);
		put_digests(w, m->rtmr[i]);
	}
}

static void put_comid(struct wr *w, const struct reference *r, const char *name)
{
	cbor_map(w, 2);
	cbor_uint(w, COMID_IDENTITY);
	cbor_map(w, 2);
	cbor_uint(w, 0); /* tag-id */
	cbor_text(w, name);
	cbor_uint(w, 1); /* tag-version */
	cbor_uint(w, r->release.counter);
	cbor_uint(w, COMID_TRIPLES);
	cbor_map(w, 1);
	cbor_uint(w, TRIPLES_REFERENCE);
	cbor_array(w, corim_entries(r));
	for (size_t i = 0; i < r->n; i++)
		if (corim_has(&r->e[i]))
			put_triple(w, r, &r->e[i]);
}

static void put_time(struct wr *w, unsigned key, int64_t s)
{
	cbor_uint(w, key);
	cbor_tag(w, TAG_TIME);
	cbor_int(w, s);
}

enum err corim_write(const struct reference *r, struct wr *out)
{
	uint8_t comid[CORIM_MAX_BYTES];
	struct wr inner = wr_over(comid, sizeof comid);
	bool dated = r->release.counter != 0;
	char name[CORIM_NAME];
	enum err e;

	if (corim_entries(r) == 0)
		return ERR_MISSING;
	corim_name(r, name);
	put_comid(&inner, r, name);
	e = wr_end(&inner);
	if (e != ERR_OK)
		return e;
	cbor_tag(out, TAG_CORIM);
	cbor_map(out, dated ? 3 : 2);
	cbor_uint(out, CORIM_ID);
	cbor_text(out, name);
	cbor_uint(out, CORIM_TAGS);
	cbor_array(out, 1);
	cbor_tag(out, TAG_COMID);
	cbor_bytes(out, wr_slice(&inner));
	if (dated) {
		cbor_uint(out, CORIM_VALIDITY);
		cbor_map(out, 2);
		put_time(out, 0, r->release.not_before_s);
		put_time(out, 1, r->release.not_after_s);
	}
	return wr_end(out);
}
