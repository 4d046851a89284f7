/* Real event logs against the registers of real quotes, and damaged ones. The
 * data is not in the tree: without the folder `fixtures` (shared.h) everything
 * here is skipped. */
#include "lib/json.h"
#include "lib/text.h"
#include "measure/lib/eventlog_text.h"
#include "measure/lib/quote.h"
#include "tests/shared.h"
#include "tests/tap.h"

static struct eventlog reader;
static uint8_t store[1024 * 1024];

static struct json load(const char *name, struct slice *text)
{
	static struct arena a;
	struct json v = { NULL };
	char path[256];

	snprintf(path, sizeof path, "fixtures/%s", name);
	a = arena_over(store, sizeof store);
	if (!shared_read(path, text))
		return v;
	if (json_parse(&a, *text, &v) != ERR_OK)
		_exit(98);
	return v;
}

static void text_of(struct json v, const char *key, char out[static 128])
{
	struct slice s;

	if (json_str(v, key, &s) != ERR_OK || slice_cstr(s, out, 128) != ERR_OK)
		_exit(98);
}

static bool open_file(const char *name, struct slice *out)
{
	char path[256];

	snprintf(path, sizeof path, "fixtures/%s", name);
	return shared_read(path, out);
}

static void close_file(struct slice s)
{
	free((void *)(uintptr_t)s.ptr);
}

static enum err replay_file(const char *name, struct log_replay *out)
{
	const char *why = NULL;
	struct slice in;
	size_t at;
	enum err e;

	if (!open_file(name, &in))
		_exit(98);
	e = eventlog_replay(in, LOG_AUTO, &reader, out, &at, &why);
	close_file(in);
	return e;
}

static bool quote_rtmrs(const char *id, uint8_t out[4][SHA384_LEN])
{
	const char *what;
	struct slice in;
	struct quote q;
	char name[160];

	snprintf(name, sizeof name, "quotes/%.100s.bin", id);
	if (!open_file(name, &in))
		return false;
	if (quote_parse(in, &q, &what) != ERR_OK)
		_exit(98);
	close_file(in);
	memcpy(out, q.body.rtmr, sizeof q.body.rtmr);
	return true;
}

/* Every event is told in printable ASCII, and no digest differs from the data
 * that it covers. */
static bool reads_well(const char *name, size_t events, size_t differ)
{
	char text[LOG_TEXT_MAX];
	const char *why = NULL;
	struct log_event ev;
	size_t n = 0, bad = 0;
	bool printable = true;
	struct slice in;

	if (!open_file(name, &in) ||
	    eventlog_open(in, LOG_AUTO, &reader, &why) != ERR_OK)
		_exit(98);
	while (eventlog_next(&reader, &ev, &why) == ERR_OK) {
		eventlog_describe(&ev, text);
		for (const char *p = text; *p != '\0'; p++)
			printable = printable && *p >= ' ' && *p <= '~';
		printable = printable && text[0] != '\0';
		bad += eventlog_check(&ev) == LOG_CHECK_DIFFERS;
		n++;
	}
	close_file(in);
	return printable && n == events && bad == differ;
}

/* ---- ccel/ */

static bool ccel_matches(struct json row, const struct log_replay *r)
{
	static const char *const keys[] = { "MR1", "MR2", "MR3", "MR4" };
	struct json want;
	bool same = true;

	if (json_object(row, "replay", &want) != ERR_OK)
		_exit(98);
	for (size_t i = 0; i < RTMR_COUNT; i++) {
		uint8_t value[SHA384_LEN] = { 0 };

		if (json_has(want, keys[i]) &&
		    json_hex(want, keys[i], value, sizeof value) != ERR_OK)
			_exit(98);
		same = same && memcmp(value, r->rtmr[i], SHA384_LEN) == 0;
	}
	return same;
}

/* "matching_quotes": an object from quote to list of RTMR numbers. */
static void ccel_quotes(struct json row, const char *name,
			const struct log_replay *r)
{
	uint8_t rtmr[4][SHA384_LEN];
	struct json all;

	if (json_object(row, "matching_quotes", &all) != ERR_OK)
		return;
	for (struct json q = json_first(all); q.node; q = json_next(q)) {
		bool same = true;

		if (!quote_rtmrs(json_key(q), rtmr))
			continue;
		for (struct json i = json_first(q); i.node; i = json_next(i)) {
			int64_t n;

			if (json_as_int(i, 0, 3, &n) != ERR_OK)
				_exit(98);
			same = same &&
			       memcmp(rtmr[n], r->rtmr[n], SHA384_LEN) == 0;
		}
		ok(same, "%s: registers of quote %s", name, json_key(q));
	}
}

static void one_ccel(struct json row)
{
	struct log_replay r;
	char name[128];
	int64_t events;

	text_of(row, "file", name);
	if (json_int(row, "events", 0, 1000, &events) != ERR_OK) {
		is_err(replay_file(name, &r), ERR_UNSUPP,
		       "%s: the ACPI table is no log", name);
		return;
	}
	if (strstr(name, "sm3") != NULL) {
		is_err(replay_file(name, &r), ERR_UNSUPP,
		       "%s: no SHA-384, no RTMR", name);
		return;
	}
	is_err(replay_file(name, &r), ERR_OK, "%s: replays", name);
	ok(r.format == LOG_CCEL && r.events == (size_t)events &&
		   ccel_matches(row, &r),
	   "%s: %d events, and the registers", name, (int)events);
	ok(reads_well(name, r.events, 0), "%s: reads well", name);
	ccel_quotes(row, name, &r);
}

/* ---- eventlogs/ */

static void one_dstack(struct json row)
{
	uint8_t rtmr[4][SHA384_LEN];
	struct json want, quotes;
	struct log_replay r;
	char name[128];
	bool same = true;
	size_t i = 0;

	text_of(row, "file", name);
	is_err(replay_file(name, &r), ERR_OK, "%s: replays", name);
	if (json_array(row, "rtmr", &want) != ERR_OK ||
	    json_array(row, "quotes", &quotes) != ERR_OK)
		_exit(98);
	for (struct json v = json_first(want); v.node; v = json_next(v)) {
		char hex[2 * SHA384_LEN + 1];
		struct slice s;

		hex_encode((struct slice){ r.rtmr[i++], SHA384_LEN }, hex);
		same = same && json_as_str(v, &s) == ERR_OK && slice_is(s, hex);
	}
	ok(same && i == 4, "%s: the registers", name);
	ok(reads_well(name, r.events, 0), "%s: reads well", name);
	for (struct json v = json_first(quotes); v.node; v = json_next(v)) {
		struct slice s;
		char id[128];

		if (json_as_str(v, &s) == ERR_OK &&
		    slice_cstr(s, id, sizeof id) == ERR_OK &&
		    quote_rtmrs(id, rtmr))
			ok(memcmp(rtmr, r.rtmr, sizeof rtmr) == 0,
			   "%s: all four of quote %s", name, id);
	}
}

/* ---- tpmlogs/ */

static void one_tpm(struct json row)
{
	struct log_replay tpm, cel;
	uint8_t rtmr[4][SHA384_LEN];
	char id[128], name[160];

	text_of(row, "quote", id);
	snprintf(name, sizeof name, "tpmlogs/%s.tpmlog", id);
	is_err(replay_file(name, &tpm), ERR_OK, "%s: replays", name);
	ok(reads_well(name, tpm.events, 0), "%s: reads well", name);
	snprintf(name, sizeof name, "tpmlogs/%s.cel", id);
	is_err(replay_file(name, &cel), ERR_OK, "%s: replays", name);
	ok(reads_well(name, cel.events, 0), "%s: reads well", name);
	if (!quote_rtmrs(id, rtmr))
		return;
	ok(tpm.format == LOG_TCG2 && cel.format == LOG_CEL &&
		   memcmp(tpm.rtmr[1], rtmr[1], SHA384_LEN) == 0 &&
		   memcmp(tpm.rtmr[2], rtmr[2], SHA384_LEN) == 0 &&
		   memcmp(cel.rtmr[3], rtmr[3], SHA384_LEN) == 0,
	   "%s: RTMR1, RTMR2 and RTMR3 of the quote", id);
}

/* ---- negative/ */

/* Those that are still logs, and what is wrong with them then. */
static const struct {
	const char *file;
	bool same; /* registers as before the damage */
	size_t mrtd, differ;
} damaged[] = {
	{ "negative/ccel_mr0.bin", false, 1, 0 },
	{ "negative/ccel_digest_bit.bin", false, 0, 0 },
	{ "negative/ccel_event_data_bit.bin", true, 0, 1 },
	{ "negative/ccel_events_swapped.bin", false, 0, 0 },
};

static void one_damaged(struct json row)
{
	struct log_replay r, good;
	size_t i = 0, n = sizeof damaged / sizeof damaged[0];
	char name[128];
	enum err e;

	text_of(row, "file", name);
	while (i < n && strcmp(damaged[i].file, name) != 0)
		i++;
	e = replay_file(name, &r);
	if (i == n) {
		ok(e != ERR_OK, "%s: refused", name);
		return;
	}
	if (replay_file("ccel/go-tdx-guest_cos113_ccel.bin", &good) != ERR_OK)
		_exit(98);
	ok(e == ERR_OK && r.mrtd == damaged[i].mrtd &&
		   (memcmp(r.rtmr, good.rtmr, sizeof r.rtmr) == 0) ==
			   damaged[i].same,
	   "%s: %s registers", name, damaged[i].same ? "the same" : "other");
	if (damaged[i].differ > 0)
		ok(reads_well(name, r.events, damaged[i].differ),
		   "%s: the changed data is seen", name);
}

/* ---- */

static void each(const char *index, void (*one)(struct json row), size_t want)
{
	struct slice text;
	struct json all = load(index, &text);
	size_t n = 0;

	if (all.node == NULL) {
		ok(true, "%s # SKIP no folder of fixtures", index);
		return;
	}
	for (struct json row = json_first(all); row.node;
	     row = json_next(row), n++)
		one(row);
	ok(n >= want, "%s: %zu files", index, n);
	close_file(text);
}

int main(void)
{
	each("ccel/ccel.json", one_ccel, 11);
	each("eventlogs/eventlogs.json", one_dstack, 20);
	each("tpmlogs/tpmlogs.json", one_tpm, 4);
	each("negative/ccel_negative.json", one_damaged, 19);
	return tap_done();
}
