/* eventlog_tcg.c - records as firmware writes them: TCG_PCR_EVENT2, and the
 * older TCG_PCClientPCREvent with one SHA-1. */
#include <string.h>

#include "measure/lib/eventlog_form.h"

enum {
	SHA1_LEN = 20,
	EVENT_START_LEN = 8, /* register number and type */
};

/* Firmware hands out the whole area that it set aside for the log; what is not
 * used of it is 0xff, or 0x00. As a register number and a type both mean
 * nothing. */
static bool at_padding(const struct rd *r)
{
	static const uint8_t ones[EVENT_START_LEN] = { 0xff, 0xff, 0xff, 0xff,
						       0xff, 0xff, 0xff, 0xff };
	static const uint8_t zeros[EVENT_START_LEN];
	size_t n = r->left < EVENT_START_LEN ? r->left : EVENT_START_LEN;

	return memcmp(r->p, ones, n) == 0 || memcmp(r->p, zeros, n) == 0;
}

/* The padding reaches to the end: every byte is like the one after it. */
static enum err end_padding(struct rd *r, const char **why)
{
	if (memcmp(r->p, r->p + 1, r->left - 1) != 0)
		return log_bad(why, ERR_VALUE,
			       "after the last event comes what is neither an "
			       "event nor padding");
	rd_take(r, r->left);
	return ERR_MISSING;
}

static size_t alg_index(const struct log_form *form, uint16_t id)
{
	size_t i = 0;

	while (i < form->nalg && form->alg[i].id != id)
		i++;
	return i;
}

/* TPML_DIGEST_VALUES: at most one digest of each algorithm of the log. */
static enum err read_digests(struct rd *r, const struct log_form *form,
			     struct log_event *ev, const char **why)
{
	uint32_t n = rd_u32le(r);
	unsigned seen = 0;

	if (r->err == ERR_OK && (n == 0 || n > form->nalg))
		return log_bad(why, ERR_VALUE,
			       "an event has no digest, or more than the log "
			       "has algorithms");
	for (uint32_t i = 0; i < n && r->err == ERR_OK; i++) {
		uint16_t id = rd_u16le(r);
		size_t k = alg_index(form, id);

		if (r->err != ERR_OK)
			break;
		if (k == form->nalg)
			return log_bad(why, ERR_VALUE,
				       "an event has a digest of an algorithm "
				       "that the log does not name");
		if ((seen & 1U << k) != 0)
			return log_bad(why, ERR_DUPLICATE,
				       "an event has two digests of the same "
				       "algorithm");
		seen |= 1U << k;
		ev->digest = rd_take(r, form->alg[k].len);
		ev->alg = id;
		if (id == LOG_ALG_SHA384)
			ev->sha384 = ev->digest.ptr;
	}
	if (ev->sha384 != NULL) {
		ev->alg = LOG_ALG_SHA384;
		ev->digest = (struct slice){ ev->sha384, SHA384_LEN };
	}
	return ERR_OK;
}

/* Where the event went. What extends nothing may name any register: some
 * firmware files its notes under number 0xffffffff. */
static enum err place(const struct log_form *form, struct log_event *ev,
		      const char **why)
{
	bool known = form->format == LOG_CCEL
			     ? log_rtmr_of_cc(ev->number, &ev->rtmr)
			     : log_rtmr_of_pcr(ev->number, &ev->rtmr);

	if (!known) {
		ev->rtmr = LOG_RTMR_NONE;
		if (ev->type != LOG_EV_NO_ACTION)
			return log_bad(why, ERR_VALUE,
				       "an event names a register that does "
				       "not exist");
	}
	ev->extended = ev->rtmr < RTMR_COUNT && ev->type != LOG_EV_NO_ACTION;
	return ERR_OK;
}

/* Into a TPM firmware extends a separator for each of PCR 0 to 7, into a TD's
 * registers one each: where the boot order is known (PCR 7) and where control
 * is handed over (PCR 4). */
static bool is_only_the_tpms(const struct log_event *ev)
{
	return ev->type == event_type_number(EVENT_SEPARATOR) &&
	       ev->number < 7 && ev->number != 4;
}

static enum err read_event2(struct eventlog *l, struct log_event *ev,
			    const char **why)
{
	enum err e;

	e = read_digests(&l->rd, &l->form, ev, why);
	if (e != ERR_OK)
		return e;
	ev->data = rd_take(&l->rd, rd_u32le(&l->rd));
	if (l->rd.err != ERR_OK)
		return log_bad(why, ERR_TRUNC, "an event is cut off");
	e = place(&l->form, ev, why);
	if (e != ERR_OK)
		return e;
	if (l->form.format == LOG_TCG2 && is_only_the_tpms(ev))
		ev->extended = false;
	if (ev->extended && ev->sha384 == NULL)
		return log_bad(why, ERR_VALUE,
			       "an event has no SHA-384 digest");
	return ERR_OK;
}

static enum err read_event1(struct eventlog *l, struct log_event *ev,
			    const char **why)
{
	enum err e;

	ev->alg = LOG_ALG_SHA1;
	ev->digest = rd_take(&l->rd, SHA1_LEN);
	ev->data = rd_take(&l->rd, rd_u32le(&l->rd));
	if (l->rd.err != ERR_OK)
		return log_bad(why, ERR_TRUNC, "an event is cut off");
	e = place(&l->form, ev, why);
	ev->extended = false; /* a TD has no register for SHA-1 */
	return e;
}

enum err log_next_tcg(struct eventlog *l, struct log_event *ev,
		      const char **why)
{
	if (at_padding(&l->rd))
		return end_padding(&l->rd, why);
	ev->number = rd_u32le(&l->rd);
	ev->type = rd_u32le(&l->rd);
	return l->form.format == LOG_TCG1 ? read_event1(l, ev, why)
					  : read_event2(l, ev, why);
}
