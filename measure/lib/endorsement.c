/* endorsement.c - the form of a launch endorsement. */
#include "measure/lib/endorsement.h"

#include <string.h>

#include "measure/lib/protobuf.h"

enum {
	MAX_COMMIT = 64,
	NS_PER_S = 1000000000,
};

#define MAX_TIME_S INT64_C(253402300799) /* the end of the year 9999 */

/* VMLaunchEndorsement */
enum {
	OUTER_GOLDEN = 1,
	OUTER_SIGNATURE = 2
};
static const struct pb_rule outer_rules[] = {
	{ OUTER_GOLDEN, PB_LEN, false, ENDORSEMENT_MAX_BYTES, 0 },
	{ OUTER_SIGNATURE, PB_LEN, false, RSA_MAX_BYTES, 0 },
	{ 0, PB_VARINT, false, 0, 0 },
};

/* VMGoldenMeasurement */
enum {
	GOLDEN_TIMESTAMP = 1,
	GOLDEN_CL_SPEC = 2,
	GOLDEN_COMMIT = 3,
	GOLDEN_CERT = 4,
	GOLDEN_DIGEST = 5,
	GOLDEN_CA_BUNDLE = 6,
	GOLDEN_SEV_SNP = 7,
	GOLDEN_TDX = 8,
};
static const struct pb_rule golden_rules[] = {
	{ GOLDEN_TIMESTAMP, PB_LEN, false, 32, 0 },
	{ GOLDEN_CL_SPEC, PB_VARINT, false, UINT64_MAX, 0 },
	{ GOLDEN_COMMIT, PB_LEN, false, MAX_COMMIT, 0 },
	{ GOLDEN_CERT, PB_LEN, false, X509_MAX_DER, 0 },
	{ GOLDEN_DIGEST, PB_LEN, false, SHA384_LEN, SHA384_LEN },
	{ GOLDEN_CA_BUNDLE, PB_LEN, false, ENDORSEMENT_MAX_BYTES, 0 },
	{ GOLDEN_SEV_SNP, PB_LEN, false, ENDORSEMENT_MAX_BYTES, 0 },
	{ GOLDEN_TDX, PB_LEN, false, ENDORSEMENT_MAX_BYTES, 0 },
	{ 0, PB_VARINT, false, 0, 0 },
};

/* google.protobuf.Timestamp */
enum {
	TIME_SECONDS = 1,
	TIME_NANOS = 2
};
static const struct pb_rule time_rules[] = {
	{ TIME_SECONDS, PB_VARINT, false, (uint64_t)MAX_TIME_S, 0 },
	{ TIME_NANOS, PB_VARINT, false, NS_PER_S - 1, 0 },
	{ 0, PB_VARINT, false, 0, 0 },
};

/* VMTdx, and its Measurement */
enum {
	TDX_SVN = 1,
	TDX_MEASUREMENTS = 2,
	TD_RAM_GIB = 1,
	TD_EARLY_ACCEPT = 2,
	TD_MRTD = 3,
};
static const struct pb_rule tdx_rules[] = {
	{ TDX_SVN, PB_VARINT, false, UINT32_MAX, 0 },
	{ TDX_MEASUREMENTS, PB_LEN, true, ENDORSEMENT_MAX_BYTES, 0 },
	{ 0, PB_VARINT, false, 0, 0 },
};
static const struct pb_rule td_rules[] = {
	{ TD_RAM_GIB, PB_VARINT, false, UINT32_MAX, 0 },
	{ TD_EARLY_ACCEPT, PB_VARINT, false, 1, 0 },
	{ TD_MRTD, PB_LEN, false, SHA384_LEN, SHA384_LEN },
	{ 0, PB_VARINT, false, 0, 0 },
};

/* VMSevSnp, and the entries of its map */
enum {
	SNP_SVN = 1,
	SNP_MEASUREMENTS = 2,
	SNP_FAMILY_ID = 3,
	SNP_IMAGE_ID = 4,
	SNP_POLICY = 5,
	MAP_KEY = 1,
	MAP_VALUE = 2,
};
static const struct pb_rule snp_rules[] = {
	{ SNP_SVN, PB_VARINT, false, UINT32_MAX, 0 },
	{ SNP_MEASUREMENTS, PB_LEN, true, ENDORSEMENT_MAX_BYTES, 0 },
	{ SNP_FAMILY_ID, PB_LEN, false, ENDORSEMENT_ID_LEN,
	  ENDORSEMENT_ID_LEN },
	{ SNP_IMAGE_ID, PB_LEN, false, ENDORSEMENT_ID_LEN, ENDORSEMENT_ID_LEN },
	{ SNP_POLICY, PB_VARINT, false, UINT64_MAX, 0 },
	{ 0, PB_VARINT, false, 0, 0 },
};
static const struct pb_rule map_rules[] = {
	{ MAP_KEY, PB_VARINT, false, UINT32_MAX, 0 },
	{ MAP_VALUE, PB_LEN, false, SHA384_LEN, SHA384_LEN },
	{ 0, PB_VARINT, false, 0, 0 },
};

static void copy_digest(uint8_t out[static SHA384_LEN], struct slice s)
{
	memcpy(out, s.ptr, SHA384_LEN); /* the rule says that it is as long */
}

static enum err read_time(struct slice in, struct endorsement *out)
{
	struct pb m = pb_over(in, time_rules, false);
	struct pb_field f;

	while (pb_next(&m, &f)) {
		if (f.number == TIME_SECONDS)
			out->timestamp_s = (int64_t)f.value;
		else
			out->timestamp_ns = (uint32_t)f.value;
	}
	return pb_end(&m);
}

static enum err read_td(struct slice in, struct endorsement *out)
{
	struct pb m = pb_over(in, td_rules, false);
	struct endorsed_td *td;
	struct pb_field f;

	if (out->ntd == ENDORSEMENT_MAX_ROWS)
		return ERR_LIMIT;
	td = &out->td[out->ntd++];
	while (pb_next(&m, &f)) {
		if (f.number == TD_RAM_GIB)
			td->ram_gib = (uint32_t)f.value;
		else if (f.number == TD_EARLY_ACCEPT)
			td->early_accept = f.value != 0;
		else
			copy_digest(td->mrtd, f.bytes);
	}
	if (pb_end(&m) == ERR_OK && !pb_has(&m, TD_MRTD))
		return ERR_MISSING;
	return pb_end(&m);
}

static enum err read_tdx(struct slice in, struct endorsement *out)
{
	struct pb m = pb_over(in, tdx_rules, false);
	struct pb_field f;

	out->has_tdx = true;
	while (pb_next(&m, &f)) {
		enum err e;

		if (f.number == TDX_SVN) {
			out->tdx_svn = (uint32_t)f.value;
			continue;
		}
		e = read_td(f.bytes, out);
		if (e != ERR_OK)
			return e;
	}
	return pb_end(&m);
}

static enum err read_snp_row(struct slice in, struct endorsement *out)
{
	struct pb m = pb_over(in, map_rules, false);
	struct endorsed_snp *row;
	struct pb_field f;

	if (out->nsnp == ENDORSEMENT_MAX_ROWS)
		return ERR_LIMIT;
	row = &out->snp[out->nsnp++];
	while (pb_next(&m, &f)) {
		if (f.number == MAP_KEY)
			row->vmsas = (uint32_t)f.value;
		else
			copy_digest(row->measurement, f.bytes);
	}
	if (pb_end(&m) == ERR_OK && !pb_has(&m, MAP_VALUE))
		return ERR_MISSING;
	return pb_end(&m);
}

static enum err snp_field(const struct pb_field *f, struct endorsement *out)
{
	switch (f->number) {
	case SNP_SVN:
		out->snp_svn = (uint32_t)f->value;
		return ERR_OK;
	case SNP_MEASUREMENTS:
		return read_snp_row(f->bytes, out);
	case SNP_FAMILY_ID:
		out->snp_family_id = f->bytes;
		return ERR_OK;
	case SNP_IMAGE_ID:
		out->snp_image_id = f->bytes;
		return ERR_OK;
	default:
		out->snp_policy = f->value;
		return ERR_OK;
	}
}

static enum err read_snp(struct slice in, struct endorsement *out)
{
	struct pb m = pb_over(in, snp_rules, true);
	struct pb_field f;

	out->has_snp = true;
	while (pb_next(&m, &f)) {
		enum err e = snp_field(&f, out);

		if (e != ERR_OK)
			return e;
	}
	return pb_end(&m);
}

static enum err golden_field(const struct pb_field *f, struct endorsement *out,
			     const char **where)
{
	switch (f->number) {
	case GOLDEN_TIMESTAMP:
		*where = "timestamp";
		return read_time(f->bytes, out);
	case GOLDEN_CL_SPEC:
		out->cl_spec = f->value;
		return ERR_OK;
	case GOLDEN_COMMIT:
		out->commit = f->bytes;
		return ERR_OK;
	case GOLDEN_CERT:
		out->cert = f->bytes;
		return ERR_OK;
	case GOLDEN_DIGEST:
		copy_digest(out->uefi_sha384, f->bytes);
		return ERR_OK;
	case GOLDEN_CA_BUNDLE:
		out->ca_bundle = f->bytes;
		return ERR_OK;
	case GOLDEN_SEV_SNP:
		*where = "sev_snp";
		return read_snp(f->bytes, out);
	default:
		*where = "tdx";
		return read_tdx(f->bytes, out);
	}
}

static enum err read_golden(struct slice in, struct endorsement *out,
			    const char **where)
{
	static const uint32_t needed[] = { GOLDEN_TIMESTAMP, GOLDEN_CERT,
					   GOLDEN_DIGEST };
	struct pb m = pb_over(in, golden_rules, true);
	struct pb_field f;

	while (pb_next(&m, &f)) {
		enum err e = golden_field(&f, out, where);

		if (e != ERR_OK)
			return e;
	}
	*where = "the golden measurement";
	for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
		if (m.r.err == ERR_OK && !pb_has(&m, needed[i]))
			return ERR_MISSING;
	return pb_end(&m);
}

static enum err read_outer(struct slice in, struct endorsement *out,
			   const char **where)
{
	struct pb m = pb_over(in, outer_rules, false);
	struct pb_field f;

	*where = "the file";
	if (in.len > ENDORSEMENT_MAX_BYTES)
		return ERR_LIMIT;
	while (pb_next(&m, &f)) {
		if (f.number == OUTER_GOLDEN)
			out->golden = f.bytes;
		else
			out->signature = f.bytes;
	}
	if (m.r.err == ERR_OK &&
	    !(pb_has(&m, OUTER_GOLDEN) && pb_has(&m, OUTER_SIGNATURE)))
		return ERR_MISSING;
	return pb_end(&m);
}

enum err endorsement_parse(struct slice in, struct endorsement *out,
			   const char **where)
{
	struct endorsement parsed = { 0 };
	const char *part = "";
	enum err e = read_outer(in, &parsed, &part);

	if (e == ERR_OK)
		e = read_golden(parsed.golden, &parsed, &part);
	if (e != ERR_OK)
		*where = part;
	else
		*out = parsed;
	return e;
}

const struct endorsed_td *
endorsement_find(const struct endorsement *e,
		 const uint8_t mrtd[static SHA384_LEN])
{
	for (size_t i = 0; i < e->ntd; i++)
		if (ct_eq(e->td[i].mrtd, mrtd, SHA384_LEN))
			return &e->td[i];
	return NULL;
}
