/* eventlog_cel.c - records of a canonical event log in TLV: type (1 byte), big
 * endian length (4), value. Google's container launcher writes one for what it
 * extends into RTMR3. */
#include "measure/lib/eventlog_form.h"

enum {
	CEL_RECNUM = 0,
	CEL_PCR = 1,
	CEL_DIGESTS = 3,
	CEL_CCMR = 108, /* go-eventlog's, for CC registers */
	TLV_HEAD_LEN = 5,
	RECNUM_LEN = 8,
};

struct tlv {
	uint8_t type;
	struct slice value, whole;
};

static struct tlv rd_tlv(struct rd *r)
{
	const uint8_t *start = r->p;
	struct tlv t;

	t.type = rd_u8(r);
	t.value = rd_take(r, rd_u32be(r));
	t.whole = (struct slice){ start, r->err == ERR_OK
						 ? TLV_HEAD_LEN + t.value.len
						 : 0 };
	return t;
}

bool log_is_cel(struct slice in)
{
	struct rd r = rd_over(in);
	struct tlv recnum = rd_tlv(&r);
	struct tlv index = rd_tlv(&r);

	return r.err == ERR_OK && recnum.type == CEL_RECNUM &&
	       recnum.value.len == RECNUM_LEN &&
	       (index.type == CEL_PCR || index.type == CEL_CCMR) &&
	       index.value.len == 1;
}

/* The record's own number: they count up from zero, so that none is missing. */
static bool recnum_is(struct tlv t, size_t want)
{
	uint64_t n = 0;

	for (size_t i = 0; i < t.value.len; i++)
		n = n << 8 | t.value.ptr[i];
	return t.type == CEL_RECNUM && t.value.len == RECNUM_LEN && n == want;
}

static bool place(struct tlv t, struct log_event *ev)
{
	if (t.value.len != 1)
		return false;
	ev->number = t.value.ptr[0];
	if (t.type == CEL_PCR)
		return log_rtmr_of_pcr(ev->number, &ev->rtmr);
	return t.type == CEL_CCMR && log_rtmr_of_cc(ev->number, &ev->rtmr);
}

/* Digests are TLVs whose types are TPM algorithm identifiers. */
static enum err read_digests(struct slice list, struct log_event *ev,
			     const char **why)
{
	struct rd r = rd_over(list);

	while (r.left > 0 && r.err == ERR_OK) {
		struct tlv t = rd_tlv(&r);

		if (r.err != ERR_OK || t.type != LOG_ALG_SHA384)
			continue;
		if (ev->sha384 != NULL)
			return log_bad(why, ERR_DUPLICATE,
				       "a record has two SHA-384 digests");
		if (t.value.len != SHA384_LEN)
			return log_bad(why, ERR_VALUE,
				       "a record's SHA-384 digest has another "
				       "length");
		ev->sha384 = t.value.ptr;
		ev->digest = t.value;
		ev->alg = LOG_ALG_SHA384;
	}
	if (r.err != ERR_OK)
		return log_bad(why, ERR_VALUE,
			       "the sizes of a record's digests do not add up");
	if (ev->sha384 == NULL)
		return log_bad(why, ERR_VALUE,
			       "a record has no SHA-384 digest");
	return ERR_OK;
}

enum err log_next_cel(struct eventlog *l, struct log_event *ev,
		      const char **why)
{
	struct tlv recnum = rd_tlv(&l->rd), index = rd_tlv(&l->rd);
	struct tlv digests = rd_tlv(&l->rd), content = rd_tlv(&l->rd);
	enum err e;

	if (l->rd.err != ERR_OK)
		return log_bad(why, ERR_TRUNC, "a record is cut off");
	if (!recnum_is(recnum, l->count))
		return log_bad(why, ERR_VALUE,
			       "records are not numbered from zero up");
	if (!place(index, ev))
		return log_bad(why, ERR_VALUE,
			       "a record names a register that does not exist");
	if (digests.type != CEL_DIGESTS)
		return log_bad(why, ERR_VALUE, "a record has no digests");
	e = read_digests(digests.value, ev, why);
	if (e != ERR_OK)
		return e;
	/* The digest covers the content with its head. */
	ev->data = content.whole;
	ev->type = LOG_EV_CEL + content.type;
	ev->extended = ev->rtmr < RTMR_COUNT;
	return ERR_OK;
}
