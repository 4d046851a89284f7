/* eventlog.c - finding out what a log is, and its replay. */
#include "measure/lib/eventlog.h"

#include <string.h>

#include "measure/lib/eventlog_form.h"

static const char spec_id[] = "Spec ID Event03";

enum {
	FIRST_HEAD_LEN = 32, /* TCG_PCClientPCREvent without its data */
	SIGNATURE_LEN = 16,  /* with the NUL */
	ACPI_TABLE_LEN = 56,
	CC_FIRST_REGISTER = 1, /* where edk2 files the first record of a CCEL */
};

const char *eventlog_format_name(enum log_format f)
{
	static const char *const names[] = {
		[LOG_AUTO] = "auto", [LOG_CCEL] = "ccel",
		[LOG_TCG2] = "tcg2", [LOG_TCG1] = "tcg1",
		[LOG_CEL] = "cel",   [LOG_DSTACK] = "dstack",
	};

	return names[f];
}

bool eventlog_covers(enum log_format format, unsigned rtmr)
{
	if (format == LOG_TCG2)
		return rtmr == 1 || rtmr == 2;
	if (format == LOG_CEL)
		return rtmr == 3;
	return format != LOG_TCG1;
}

bool log_rtmr_of_cc(uint32_t number, unsigned *rtmr)
{
	if (number > RTMR_COUNT)
		return false;
	*rtmr = number == 0 ? LOG_RTMR_MRTD : number - 1;
	return true;
}

/* UEFI 2.10, section 38.4.1. */
bool log_rtmr_of_pcr(uint32_t number, unsigned *rtmr)
{
	if (number > LOG_MAX_PCR)
		return false;
	if (number == 0)
		*rtmr = LOG_RTMR_MRTD;
	else if (number == 1 || number == 7)
		*rtmr = 0;
	else if (number < 7)
		*rtmr = 1;
	else
		*rtmr = number < 16 ? 2 : LOG_RTMR_NONE;
	return true;
}

/* ---- the first record */

struct first_record {
	uint32_t number, type;
	struct slice data;
};

static enum err first_record(struct rd *r, struct first_record *out)
{
	out->number = rd_u32le(r);
	out->type = rd_u32le(r);
	rd_take(r, 20);
	out->data = rd_take(r, rd_u32le(r));
	return r->err;
}

static bool has_signature(struct slice data, const char *text)
{
	return data.len >= SIGNATURE_LEN &&
	       memcmp(data.ptr, text, SIGNATURE_LEN) == 0;
}

/* The algorithms that the events have digests of. One that we know has its own
 * length and no other. */
static enum err read_algorithms(struct rd *r, struct log_form *form,
				const char **why)
{
	uint32_t n = rd_u32le(r);

	if (r->err != ERR_OK)
		return log_bad(why, ERR_TRUNC, "the Spec ID event is cut off");
	if (n == 0 || n > LOG_MAX_ALGORITHMS)
		return log_bad(why, ERR_LIMIT,
			       "the log claims no or more than 8 algorithms");
	form->nalg = n;
	for (size_t i = 0; i < n; i++) {
		uint16_t id = rd_u16le(r), len = rd_u16le(r);

		form->alg[i].id = id;
		form->alg[i].len = len;
		if (r->err != ERR_OK)
			return log_bad(why, ERR_TRUNC,
				       "the Spec ID event is cut off");
		if (len == 0 || len > LOG_MAX_DIGEST ||
		    (id == LOG_ALG_SHA384 && len != SHA384_LEN))
			return log_bad(why, ERR_VALUE,
				       "the log gives an algorithm a digest "
				       "of a length that it cannot have");
		for (size_t k = 0; k < i; k++)
			if (form->alg[k].id == id)
				return log_bad(why, ERR_DUPLICATE,
					       "the log names an algorithm "
					       "twice");
	}
	return ERR_OK;
}

static bool form_has_sha384(const struct log_form *form)
{
	for (size_t i = 0; i < form->nalg; i++)
		if (form->alg[i].id == LOG_ALG_SHA384)
			return true;
	return false;
}

/* TCG_EfiSpecIdEvent. */
static enum err read_spec_id(const struct first_record *first,
			     struct log_form *form, const char **why)
{
	struct rd r = rd_over(first->data);
	struct slice vendor;
	enum err e;

	rd_take(&r, SIGNATURE_LEN + 4); /* and the platform's class */
	rd_take(&r, 4);                 /* versions and the size of a UINTN */
	e = read_algorithms(&r, form, why);
	if (e != ERR_OK)
		return e;
	vendor = rd_take(&r, rd_u8(&r));
	if (rd_end(&r) != ERR_OK)
		return log_bad(why, ERR_VALUE,
			       "the Spec ID event's sizes do not add up");
	if (!form_has_sha384(form))
		return log_bad(why, ERR_UNSUPP,
			       "the log has no SHA-384 digests, so it is no "
			       "TD's and no RTMR follows from it");
	form->format = first->number == CC_FIRST_REGISTER ||
				       slice_is(vendor, "td-shim")
			       ? LOG_CCEL
			       : LOG_TCG2;
	return ERR_OK;
}

/* Without a Spec ID event a log can only be of TCG's first form, which had
 * none. A TCG_PCR_EVENT2 has its digest count where that form has a digest. */
static enum err guess_tcg1(struct slice in, const char **why)
{
	struct rd r = rd_over(in);
	uint32_t number = rd_u32le(&r), type = rd_u32le(&r);
	uint32_t count = rd_u32le(&r);
	uint16_t alg = rd_u16le(&r);

	if (number > LOG_MAX_PCR || type == 0 ||
	    eventlog_type_name(type) == NULL)
		return log_bad(why, ERR_VALUE, "this is no event log");
	if (count <= LOG_MAX_ALGORITHMS && eventlog_alg_name(alg) != NULL)
		return log_bad(why, ERR_VALUE,
			       "the Spec ID event, with which a log begins, "
			       "is missing");
	return ERR_OK;
}

static enum err detect_tcg(struct slice in, struct rd *r, struct log_form *form,
			   const char **why)
{
	struct first_record first;
	enum err e = first_record(r, &first);

	form->format = LOG_TCG1;
	if (in.len >= 8 && first.type != LOG_EV_NO_ACTION) {
		*r = rd_over(in);
		return guess_tcg1(in, why);
	}
	if (e != ERR_OK)
		return log_bad(why, ERR_TRUNC,
			       "the log ends within its first record");
	if (has_signature(first.data, spec_id))
		return read_spec_id(&first, form, why);
	*r = rd_over(in);
	if (has_signature(first.data, "Spec ID Event02") ||
	    has_signature(first.data, "Spec ID Event00"))
		return ERR_OK;
	return log_bad(why, ERR_VALUE,
		       "the first record is no Spec ID event that we know");
}

static bool is_acpi_table(struct slice in)
{
	return in.len == ACPI_TABLE_LEN && memcmp(in.ptr, "CCEL", 4) == 0;
}

/* The first byte that is no white space of JSON, or 0. */
static uint8_t first_byte(struct slice in)
{
	size_t i = 0;

	while (i < in.len && memchr(" \t\r\n", in.ptr[i], 4) != NULL)
		i++;
	return i < in.len ? in.ptr[i] : 0;
}

static enum log_format detect(struct slice in)
{
	if (log_is_cel(in))
		return LOG_CEL;
	return first_byte(in) == '[' ? LOG_DSTACK : LOG_AUTO;
}

/* Register numbers as the caller has them, if they are of the same form. */
static enum err settle(enum log_format asked, struct log_form *form,
		       const char **why)
{
	bool agile = form->format == LOG_CCEL || form->format == LOG_TCG2;

	if (asked == LOG_AUTO || asked == form->format)
		return ERR_OK;
	if (!agile || (asked != LOG_CCEL && asked != LOG_TCG2))
		return log_bad(why, ERR_VALUE,
			       "the log is of another form than is asked for");
	form->format = asked;
	return ERR_OK;
}

enum err eventlog_open(struct slice in, enum log_format format,
		       struct eventlog *out, const char **why)
{
	struct log_form form = { .format = detect(in) };
	struct rd r = rd_over(in);
	enum err e = ERR_OK;

	if (in.len == 0)
		return log_bad(why, ERR_TRUNC, "the log is empty");
	if (is_acpi_table(in))
		return log_bad(why, ERR_UNSUPP,
			       "this is the ACPI table CCEL, which only says "
			       "where the log lies; Linux shows the log as "
			       "/sys/firmware/acpi/tables/data/CCEL");
	if (first_byte(in) == '{')
		return log_bad(why, ERR_VALUE,
			       "this is a JSON object; dstack's log is an "
			       "array, which its answers hold as event_log");
	if (form.format == LOG_AUTO)
		e = detect_tcg(in, &r, &form, why);
	if (e == ERR_OK)
		e = settle(format, &form, why);
	if (e != ERR_OK)
		return e;
	out->form = form;
	out->in = in;
	out->rd = r;
	out->count = 0;
	out->failed = ERR_OK;
	out->why = NULL;
	return form.format == LOG_DSTACK ? log_open_dstack(out, why) : ERR_OK;
}

enum err eventlog_next(struct eventlog *l, struct log_event *out,
		       const char **why)
{
	static log_next_fn *const next[] = {
		[LOG_CCEL] = log_next_tcg,      [LOG_TCG2] = log_next_tcg,
		[LOG_TCG1] = log_next_tcg,      [LOG_CEL] = log_next_cel,
		[LOG_DSTACK] = log_next_dstack,
	};
	struct log_event ev = { .index = l->count,
				.offset = l->in.len - l->rd.left };

	if (l->failed == ERR_OK)
		l->failed = l->rd.left == 0
				    ? ERR_MISSING
				    : next[l->form.format](l, &ev, &l->why);
	if (l->failed == ERR_OK) {
		l->count++;
		*out = ev;
	} else if (l->failed != ERR_MISSING) {
		*why = l->why;
	}
	return l->failed;
}

static void replay_event(const struct log_event *ev, struct log_replay *out)
{
	out->events++;
	out->mrtd += ev->rtmr == LOG_RTMR_MRTD && ev->type != LOG_EV_NO_ACTION;
	if (!ev->extended)
		return;
	rtmr_extend(out->rtmr[ev->rtmr], ev->sha384);
	out->extends[ev->rtmr]++;
	out->separators[ev->rtmr] +=
		ev->type == event_type_number(EVENT_SEPARATOR);
}

enum err eventlog_replay(struct slice in, enum log_format format,
			 struct eventlog *scratch, struct log_replay *out,
			 size_t *at, const char **why)
{
	struct log_replay sum = { 0 };
	struct log_event ev;
	enum err e = eventlog_open(in, format, scratch, why);

	*at = 0;
	if (e != ERR_OK)
		return e;
	sum.format = scratch->form.format;
	if (sum.format == LOG_TCG1)
		return log_bad(why, ERR_UNSUPP,
			       "the log has SHA-1 digests only, and no RTMR "
			       "follows from those");
	do {
		*at = in.len - scratch->rd.left;
		e = eventlog_next(scratch, &ev, why);
		if (e == ERR_OK)
			replay_event(&ev, &sum);
	} while (e == ERR_OK);
	if (e != ERR_MISSING)
		return e;
	*out = sum;
	return ERR_OK;
}
