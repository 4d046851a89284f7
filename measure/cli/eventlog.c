/* eventlog.c - ee-measure eventlog show, eventlog replay: what a measured boot
 * logged, and the registers that follow from it. */
#include <stdio.h>
#include <string.h>

#include "lib/text.h"
#include "measure/cli/input.h"
#include "measure/cli/verifier.h"
#include "measure/lib/eventlog_text.h"
#include "measure/lib/quote.h"

#define MAX_LOG_BYTES ((size_t)1 << 30)

/* One in RTMR0 and one in RTMR1; edk2 before August 2024: both in RTMR0. */
enum {
	MAX_SEPARATORS = 2
};

static const char *const rtmr_names[RTMR_COUNT] = { "rtmr0", "rtmr1", "rtmr2",
						    "rtmr3" };

/* The one log of the process, and the reader, which is large. */
static struct cli_file file;
static struct eventlog reader;

#define FORMAT_OPT                                                             \
	{                                                                      \
		"format", "NAME",                                              \
			"ccel, tcg2, tcg1, cel or dstack (found out)", 0       \
	}

static int bad_log(const struct cli *c, size_t events, size_t at,
		   const char *why)
{
	return cli_fail(CLI_MALFORMED, "%s: %s (after %zu events, at byte %zu)",
			c->operand[0], why, events, at);
}

static int open_log(const struct cli *c, enum log_format format)
{
	const char *why = "";

	if (eventlog_open(file.data, format, &reader, &why) != ERR_OK)
		return cli_fail(CLI_MALFORMED, "%s: %s", c->operand[0], why);
	return CLI_DONE;
}

/* ---- show */

static const struct cli_opt show_opts[] = {
	FORMAT_OPT,
	{ NULL, NULL, NULL, 0 },
};

static const char *register_name(const struct log_event *ev)
{
	if (ev->rtmr < RTMR_COUNT)
		return rtmr_names[ev->rtmr];
	return ev->rtmr == LOG_RTMR_MRTD ? "mrtd" : "none";
}

static void type_text(uint32_t type, char out[static 40])
{
	const char *name = eventlog_type_name(type);

	if (name != NULL)
		snprintf(out, 40, "%s", name);
	else
		snprintf(out, 40, "0x%08x", (unsigned)type);
}

static void event_text(struct wr *w, const struct log_event *ev)
{
	char type[40], text[LOG_TEXT_MAX];

	type_text(ev->type, type);
	eventlog_describe(ev, text);
	wr_fmt(w, "%zu %s %s", ev->index, register_name(ev), type);
	if (!ev->extended)
		wr_str(w, " (not extended)");
	if (eventlog_check(ev) == LOG_CHECK_DIFFERS)
		wr_str(w, " MISMATCH: the digest is not that of the data");
	wr_str(w, "\n  ");
	wr_hex(w, ev->digest);
	wr_fmt(w, "\n  %s\n", text);
}

static void put_check(struct jw *j, enum log_check check)
{
	jw_key(j, "data_matches");
	if (check == LOG_CHECK_NONE)
		jw_null(j);
	else
		jw_bool(j, check == LOG_CHECK_SAME);
}

static void event_json(struct wr *w, const struct log_event *ev)
{
	char type[40], text[LOG_TEXT_MAX];
	const char *alg = eventlog_alg_name(ev->alg);
	struct jw j;

	type_text(ev->type, type);
	eventlog_describe(ev, text);
	wr_str(w, ev->index > 0 ? "," : "");
	jw_init(&j, w);
	jw_open(&j, '{');
	jw_kstr(&j, "algorithm", alg != NULL ? alg : "unknown");
	jw_ki64(&j, "data_bytes", (int64_t)ev->data.len);
	put_check(&j, eventlog_check(ev));
	jw_khex(&j, "digest", ev->digest);
	jw_kbool(&j, "extended", ev->extended);
	jw_ki64(&j, "index", (int64_t)ev->index);
	jw_ki64(&j, "number", ev->number);
	jw_kstr(&j, "register", register_name(ev));
	jw_kstr(&j, "text", text);
	jw_kstr(&j, "type", type);
	jw_ki64(&j, "type_number", ev->type);
	jw_close(&j);
	if (jw_end(&j) != ERR_OK)
		wr_fail(w, ERR_STATE);
}

/* Hands each event to `write`, or to nobody, and prints what it wrote. */
static int each_event(const struct cli *c,
		      void (*write)(struct wr *, const struct log_event *))
{
	static uint8_t text[16 * 1024];
	const char *why = "";
	struct log_event ev;
	size_t at;

	for (;;) {
		struct wr w = wr_over(text, sizeof text);
		enum err e;

		at = file.data.len - reader.rd.left;
		e = eventlog_next(&reader, &ev, &why);
		if (e == ERR_MISSING)
			return CLI_DONE;
		if (e != ERR_OK)
			break;
		if (write == NULL)
			continue;
		write(&w, &ev);
		if (wr_end(&w) != ERR_OK)
			return cli_fail(CLI_INTERNAL,
					"the output does not fit");
		if (fwrite(text, 1, w.len, stdout) != w.len)
			return cli_fail(CLI_UNAVAILABLE, "standard output");
	}
	fflush(stdout);
	return bad_log(c, reader.count, at, why);
}

/* Half a JSON document helps nobody, so the log is read to its end first. */
static int show_json(const struct cli *c, enum log_format format)
{
	int rc = each_event(c, NULL);

	if (rc == CLI_DONE)
		rc = open_log(c, format);
	if (rc != CLI_DONE)
		return rc;
	fputs("{\"events\":[", stdout);
	rc = each_event(c, event_json);
	printf("],\"format\":\"%s\"}\n",
	       eventlog_format_name(reader.form.format));
	return rc;
}

static int show(const struct cli *c)
{
	enum log_format format;
	int rc = input_log_format(c, &format);

	if (rc == CLI_DONE)
		rc = cli_map(c->operand[0], MAX_LOG_BYTES, &file);
	if (rc != CLI_DONE)
		return rc;
	rc = open_log(c, format);
	if (rc == CLI_DONE)
		rc = c->json ? show_json(c, format) : each_event(c, event_text);
	cli_close(&file);
	if (rc == CLI_DONE && fflush(stdout) != 0)
		return cli_fail(CLI_UNAVAILABLE, "standard output");
	return rc;
}

const struct cli_cmd cmd_eventlog_show = {
	.name = "eventlog show",
	.operands = "FILE",
	.noperands = 1,
	.summary = "print every event of a CCEL, TCG2, CEL or dstack log",
	.opts = show_opts,
	.run = show,
};

/* ---- replay */

static const struct cli_opt replay_opts[] = {
	{ "quote", "FILE",
	  "compare with the registers of this quote, which is not verified",
	  0 },
	{ "register", "N",
	  "with --quote: compare rtmrN alone (those the log can tell all of)",
	  CLI_MANY },
	FORMAT_OPT,
	{ NULL, NULL, NULL, 0 },
};

struct comparison {
	bool asked; /* there is a quote */
	bool compare[RTMR_COUNT];
	const char *differs; /* the first register that does, or NULL */
	uint8_t want[RTMR_COUNT][SHA384_LEN];
};

static int read_quote(const struct cli *c, struct comparison *out)
{
	const char *path = cli_get(c, "quote"), *what = "";
	struct cli_file quote_file;
	struct slice in;
	struct quote q;
	enum err e;
	int rc;

	if (path == NULL)
		return CLI_DONE;
	rc = cli_quote_read(path, &quote_file, &in);
	if (rc != CLI_DONE)
		return rc;
	e = quote_parse(in, &q, &what);
	cli_close(&quote_file);
	if (e != ERR_OK)
		return cli_fail(CLI_MALFORMED, "%s: not a TDX quote: %s: %s",
				path, what, err_text(e));
	out->asked = true;
	memcpy(out->want, q.body.rtmr, sizeof out->want);
	return CLI_DONE;
}

/* The registers to compare, as given; else none. */
static int parse_registers(const struct cli *c, struct comparison *out)
{
	const char *text;

	if (cli_has(c, "register") && !cli_has(c, "quote"))
		return cli_fail(CLI_USAGE, "--register needs --quote");
	for (size_t i = 0; (text = cli_nth(c, "register", i)) != NULL; i++) {
		uint64_t n;

		if (u64_parse(str_slice(text), RTMR_COUNT - 1, &n) != ERR_OK)
			return cli_fail(CLI_USAGE, "--register %s: not 0 to 3",
					text);
		out->compare[n] = true;
	}
	return CLI_DONE;
}

static void compare(const struct cli *c, const struct log_replay *got,
		    struct comparison *cmp)
{
	for (unsigned i = 0; i < RTMR_COUNT && cmp->asked; i++) {
		if (!cli_has(c, "register"))
			cmp->compare[i] = eventlog_covers(got->format, i);
		if (cmp->differs == NULL && cmp->compare[i] &&
		    !ct_eq(got->rtmr[i], cmp->want[i], SHA384_LEN))
			cmp->differs = rtmr_names[i];
	}
}

static void write_replay_json(struct wr *w, const struct log_replay *got,
			      const struct comparison *cmp)
{
	struct jw j;

	jw_init(&j, w);
	jw_open(&j, '{');
	if (cmp->asked) {
		jw_key(&j, "compared");
		jw_open(&j, '[');
		for (size_t i = 0; i < RTMR_COUNT; i++)
			if (cmp->compare[i])
				jw_str(&j, rtmr_names[i]);
		jw_close(&j);
		jw_key(&j, "differs");
		if (cmp->differs != NULL)
			jw_str(&j, cmp->differs);
		else
			jw_null(&j);
	}
	jw_ki64(&j, "events", (int64_t)got->events);
	jw_kstr(&j, "format", eventlog_format_name(got->format));
	for (size_t i = 0; i < RTMR_COUNT; i++)
		jw_khex(&j, rtmr_names[i],
			(struct slice){ got->rtmr[i], SHA384_LEN });
	jw_close(&j);
	if (jw_end(&j) != ERR_OK)
		wr_fail(w, ERR_STATE);
	wr_str(w, "\n");
}

static void write_replay_text(struct wr *w, const struct log_replay *got,
			      const struct comparison *cmp)
{
	for (size_t i = 0; i < RTMR_COUNT; i++) {
		bool same = ct_eq(got->rtmr[i], cmp->want[i], SHA384_LEN);

		wr_fmt(w, "%s: ", rtmr_names[i]);
		wr_hex(w, (struct slice){ got->rtmr[i], SHA384_LEN });
		if (cmp->compare[i])
			wr_str(w, same ? " as in the quote"
				       : " NOT as in the quote");
		else if (cmp->asked)
			wr_str(w, " (not compared)");
		wr_str(w, "\n");
	}
}

/* What a comparison did not show, although it may look so. */
static void comparison_notes(const struct log_replay *got,
			     const struct comparison *cmp)
{
	size_t extends = 0;

	for (size_t i = 0; i < RTMR_COUNT; i++)
		extends += cmp->compare[i] ? got->extends[i] : 0;
	if (extends == 0)
		cli_note("no event extends a register that was compared: it "
			 "would be the same for an empty log");
	if (cmp->compare[3] && got->format == LOG_CCEL &&
	    got->extends[3] == 0 &&
	    !ct_eq(got->rtmr[3], cmp->want[3], SHA384_LEN))
		cli_note("no event extends RTMR3: what software extends after "
			 "boot is not in a firmware's log (--register 0, 1 "
			 "and 2 compare without it)");
}

/* What a reader of the numbers should know and the numbers do not show. */
static void notes(const struct log_replay *got)
{
	size_t separators = 0;

	for (size_t i = 0; i < RTMR_COUNT; i++)
		separators += got->separators[i];
	if (got->mrtd > 0)
		cli_note("left out, since no event extends MRTD: %zu that name "
			 "it",
			 got->mrtd);
	if (got->format == LOG_TCG2)
		cli_note("a TPM's log: RTMR0 lacks what only a TD's firmware "
			 "measures, and RTMR3 is not in it (if it is a TD's, "
			 "say --format ccel)");
	if (separators > MAX_SEPARATORS)
		cli_note("%zu separators, where firmware extends two: what "
			 "comes after one may pretend to come before it",
			 separators);
}

static int finish(const struct cli *c, const struct log_replay *got,
		  struct comparison *cmp)
{
	static uint8_t text[4096];
	struct wr w = wr_over(text, sizeof text);
	int rc;

	compare(c, got, cmp);
	if (c->json)
		write_replay_json(&w, got, cmp);
	else
		write_replay_text(&w, got, cmp);
	notes(got);
	if (cmp->asked)
		comparison_notes(got, cmp);
	rc = cli_print_wr(&w);
	if (rc == CLI_DONE && cmp->differs != NULL)
		return cli_fail(CLI_REFUSED, "%s is not as in the quote",
				cmp->differs);
	return rc;
}

static int replay(const struct cli *c)
{
	struct comparison cmp = { 0 };
	struct log_replay got;
	enum log_format format;
	const char *why = "";
	size_t at = 0;
	int rc = input_log_format(c, &format);
	enum err e;

	if (rc == CLI_DONE)
		rc = parse_registers(c, &cmp);
	if (rc == CLI_DONE)
		rc = read_quote(c, &cmp);
	if (rc == CLI_DONE)
		rc = cli_map(c->operand[0], MAX_LOG_BYTES, &file);
	if (rc != CLI_DONE)
		return rc;
	e = eventlog_replay(file.data, format, &reader, &got, &at, &why);
	if (e != ERR_OK)
		rc = at == 0 ? cli_fail(CLI_MALFORMED, "%s: %s", c->operand[0],
					why)
			     : bad_log(c, reader.count, at, why);
	else
		rc = finish(c, &got, &cmp);
	cli_close(&file);
	return rc;
}

const struct cli_cmd cmd_eventlog_replay = {
	.name = "eventlog replay",
	.operands = "FILE",
	.noperands = 1,
	.summary = "print the registers that follow from an event log",
	.opts = replay_opts,
	.run = replay,
};
