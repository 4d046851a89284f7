/* Event logs in all their forms: what they replay to, and how a damaged one is
 * refused. The logs are made here; real ones are in test_fixture_logs. */
#include "tests/tap.h"
#include "tests/unit/eventlog_make.h"

struct made {
	const char *name;
	void (*make)(struct wr *w);
	enum log_format format;
	size_t events;
	size_t prefixes; /* that are logs */
	const char *rtmr[RTMR_COUNT];
};

static const struct made made[] = {
	{ "CCEL",
	  make_ccel,
	  LOG_CCEL,
	  CCEL_EVENTS,
	  CCEL_EVENTS,
	  { BOOT_RTMR0, BOOT_RTMR1, BOOT_RTMR2, NO_RTMR } },
	{ "TCG2",
	  make_tcg2,
	  LOG_TCG2,
	  TCG2_EVENTS,
	  TCG2_EVENTS + 12,
	  { BOOT_RTMR0, BOOT_RTMR1, BOOT_RTMR2, NO_RTMR } },
	{ "CEL",
	  make_cel,
	  LOG_CEL,
	  1,
	  0,
	  { NO_RTMR, NO_RTMR, NO_RTMR, CEL_RTMR3 } },
	{ "dstack",
	  make_dstack,
	  LOG_DSTACK,
	  4,
	  1,
	  { BOOT_RTMR0, NO_RTMR, BOOT_RTMR2, DSTACK_RTMR3 } },
};

enum {
	NMADE = sizeof made / sizeof made[0]
};

static bool is_rtmr(const struct log_replay *r, const char *const *want)
{
	bool same = true;

	for (size_t i = 0; i < RTMR_COUNT; i++) {
		char hex[2 * SHA384_LEN + 1];

		hex_encode(bytes_of(r->rtmr[i], SHA384_LEN), hex);
		same = same && strcmp(hex, want[i]) == 0;
	}
	return same;
}

static void test_replay(void)
{
	for (size_t i = 0; i < NMADE; i++) {
		const struct made *m = &made[i];
		struct log_replay r;
		const char *why;

		is_err(replay(make(m->make), &r, &why), ERR_OK, "%s: replays",
		       m->name);
		ok(r.format == m->format && r.events == m->events,
		   "%s: form and number of events", m->name);
		ok(is_rtmr(&r, m->rtmr), "%s: the registers", m->name);
	}
}

/* Every prefix of a log is refused, but for those that end where an event
 * does: these are shorter logs, and their registers are others. So are the ones
 * that end in up to four bytes of a PCR number 0 or 0xffffffff, of which the
 * TPM's log has three: that could be padding. A dstack log is whole without its
 * last line end. */
static void test_prefixes(void)
{
	for (size_t i = 0; i < NMADE; i++) {
		struct slice all = make(made[i].make);
		size_t whole = 0, wrong = 0, same = 0;

		for (size_t n = 0; n < all.len; n++) {
			struct slice cut = at_page_end(all.ptr, n);
			struct log_replay r;
			const char *why;
			enum err e = replay(cut, &r, &why);

			whole += e == ERR_OK;
			wrong += e != ERR_OK && why == NULL;
			same += e == ERR_OK && r.events >= made[i].events;
			munmap((void *)(uintptr_t)(cut.ptr + n - 4096), 8192);
		}
		ok(whole == made[i].prefixes, "%s: prefixes are refused",
		   made[i].name);
		ok(wrong == 0, "%s: each with a reason", made[i].name);
		ok(same == (made[i].format == LOG_DSTACK),
		   "%s: no prefix is taken for the log", made[i].name);
	}
}

/* One byte more, and padding of any length in both colours. */
static void test_tail(void)
{
	for (size_t i = 0; i < NMADE; i++) {
		struct slice all = make(made[i].make);
		struct log_replay r;
		const char *why;

		store[all.len] = 'x';
		ok(replay(bytes_of(store, all.len + 1), &r, &why) != ERR_OK &&
			   why != NULL,
		   "%s: one byte more is refused", made[i].name);
	}
	for (unsigned fill = 0; fill < 256; fill += 255) {
		size_t good = 0, n = make(make_ccel).len;
		struct log_replay r;
		const char *why;

		for (size_t pad = 1; pad < 40; pad++) {
			store[n + pad - 1] = (uint8_t)fill;
			good += replay(bytes_of(store, n + pad), &r, &why) ==
					ERR_OK &&
				r.events == CCEL_EVENTS;
		}
		ok(good == 39, "padding of 0x%02x is the end", fill);
		store[n + 38] ^= 0x10;
		is_err(replay(bytes_of(store, n + 39), &r, &why), ERR_VALUE,
		       "padding of 0x%02x and something else is refused", fill);
	}
}

/* ---- TCG: one change to a log that is right */

struct change {
	size_t at;
	uint64_t value;
	size_t len; /* bytes of value, little endian */
	enum err want;
	const char *title;
};

/* Offsets in the CCEL that make_ccel makes. */
enum {
	HEAD_SIZE = 28,
	HEAD_SIGNATURE = 32,
	HEAD_NALG = 56,
	HEAD_ALG = 60,
	HEAD_ALG_LEN = 62,
	HEAD_VENDOR = 64,
	EV = 65,
	EV_TYPE = EV + 4,
	EV_COUNT = EV + 8,
	EV_ALG = EV + 12,
	EV_SIZE = EV + 62,
};

static const struct change changes[] = {
	{ HEAD_SIZE, 0xffffffff, 4, ERR_TRUNC, "4 GiB in the first record" },
	{ HEAD_SIZE, 32, 4, ERR_VALUE, "a first record a byte too short" },
	{ HEAD_SIZE, 34, 4, ERR_VALUE, "a first record a byte too long" },
	{ HEAD_SIZE, 8, 4, ERR_VALUE, "a first record without signature" },
	{ HEAD_SIZE, 26, 4, ERR_TRUNC, "a first record without algorithms" },
	{ HEAD_SIZE, 30, 4, ERR_TRUNC, "a first record cut in an algorithm" },
	{ HEAD_SIGNATURE, 'x', 1, ERR_VALUE, "another signature" },
	{ HEAD_SIGNATURE + 15, '!', 1, ERR_VALUE, "a longer signature" },
	{ HEAD_NALG, 0, 4, ERR_LIMIT, "no algorithm" },
	{ HEAD_NALG, 9, 4, ERR_LIMIT, "nine algorithms" },
	{ HEAD_NALG, 0xffffffff, 4, ERR_LIMIT, "4 Gi algorithms" },
	{ HEAD_NALG, 2, 4, ERR_TRUNC, "more algorithms than there are" },
	{ HEAD_ALG, 0x12, 2, ERR_UNSUPP, "SM3 alone" },
	{ HEAD_ALG_LEN, 0, 2, ERR_VALUE, "digests of no length" },
	{ HEAD_ALG_LEN, 47, 2, ERR_VALUE, "SHA-384 of another length" },
	{ HEAD_ALG_LEN, 0xffff, 2, ERR_VALUE, "digests of 64 KiB" },
	{ HEAD_VENDOR, 1, 1, ERR_VALUE, "vendor information past the end" },
	{ EV, 5, 4, ERR_VALUE, "CC register 5" },
	{ EV, 0xffffffff, 4, ERR_VALUE, "CC register 0xffffffff" },
	{ EV_COUNT, 0, 4, ERR_VALUE, "an event without digest" },
	{ EV_COUNT, 2, 4, ERR_VALUE, "more digests than algorithms" },
	{ EV_COUNT, 0xffffffff, 4, ERR_VALUE, "4 Gi digests" },
	{ EV_ALG, 0x0b, 2, ERR_VALUE, "a digest of an algorithm not named" },
	{ EV_SIZE, 0x40000000, 4, ERR_TRUNC, "1 GiB of event data" },
	{ EV_SIZE, 0xffffffff, 4, ERR_TRUNC, "4 GiB of event data" },
};

static void test_changes(void)
{
	for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
		const struct change *c = &changes[i];
		struct slice in = make(make_ccel);
		struct log_replay r;
		const char *why;

		for (size_t k = 0; k < c->len; k++)
			store[c->at + k] = (uint8_t)(c->value >> (8 * k));
		is_err(replay(in, &r, &why), c->want, "refused: %s", c->title);
		ok(why != NULL && why[0] != '\0', "  with a reason");
	}
}

/* Changes that leave a log, but another one. */
static void test_register_zero(void)
{
	struct slice in = make(make_ccel);
	struct log_replay r;
	const char *why;

	store[EV] = 0;
	is_err(replay(in, &r, &why), ERR_OK, "CC register 0 is MRTD");
	ok(r.mrtd == 1 && r.extends[0] == 1 && !is_rtmr(&r, made[0].rtmr),
	   "and an event of it goes into no RTMR");
	in = make(make_ccel);
	store[EV_TYPE] = 3;
	memset(store + EV_TYPE + 1, 0, 3);
	is_err(replay(in, &r, &why), ERR_OK, "EV_NO_ACTION");
	ok(r.extends[0] == 1, "extends nothing");
	store[EV] = 77;
	is_err(replay(in, &r, &why), ERR_OK, "and may name any register");
}

static void test_banks(void)
{
	static const struct make_alg twice[] = { { 0x000c, 48 },
						 { 0x000c, 48 } };
	const struct slice sep = bytes_of(separator, 4);
	struct wr w = wr_over(store, sizeof store);
	struct log_replay r;
	const char *why;

	make_head(&w, 1, twice, 2, "");
	is_err(replay(wr_slice(&w), &r, &why), ERR_DUPLICATE,
	       "an algorithm named twice");
	w = wr_over(store, sizeof store);
	make_head(&w, 0, three_banks, 3, "");
	make_plain(&w, make_event3, 4, T_SEPARATOR, sep);
	store[73 + 12] = 0x0c; /* the SHA-1 becomes a SHA-384 */
	ok(replay(wr_slice(&w), &r, &why) != ERR_OK, "two SHA-384 digests");
	w = wr_over(store, sizeof store);
	make_head(&w, 0, three_banks, 3, "");
	wr_u32le(&w, 4);
	wr_u32le(&w, T_SEPARATOR);
	wr_u32le(&w, 2);
	for (int i = 0; i < 2; i++) {
		wr_u16le(&w, 0x0004);
		wr_zero(&w, 20);
	}
	wr_u32le(&w, 0);
	is_err(replay(wr_slice(&w), &r, &why), ERR_DUPLICATE,
	       "two digests of the same algorithm");
	w = wr_over(store, sizeof store);
	make_head(&w, 0, three_banks, 3, "");
	wr_u32le(&w, 4);
	wr_u32le(&w, T_SEPARATOR);
	wr_u32le(&w, 1);
	wr_u16le(&w, 0x0004);
	wr_zero(&w, 20);
	wr_u32le(&w, 0);
	is_err(replay(wr_slice(&w), &r, &why), ERR_VALUE,
	       "an event that is only in the SHA-1 bank");
	store[73] = 17;
	is_err(replay(wr_slice(&w), &r, &why), ERR_OK,
	       "which is no matter in PCR 17: no RTMR stands for it");
}

/* UEFI 2.10, section 38.4.1. */
static void test_mapping(void)
{
	static const unsigned want[] = { 5, 0, 1, 1, 1, 1, 1, 0, 2, 2, 2, 2,
					 2, 2, 2, 2, 4, 4, 4, 4, 4, 4, 4, 4 };
	unsigned good = 0;

	for (uint32_t pcr = 0; pcr < 25; pcr++) {
		struct wr w = wr_over(store, sizeof store);
		const char *why = NULL;
		struct log_event ev;

		make_head(&w, 0, three_banks, 3, "");
		make_plain(&w, make_event3, pcr, T_ACTION, str_slice("x"));
		if (eventlog_open(wr_slice(&w), LOG_AUTO, &reader, &why) !=
		    ERR_OK)
			break;
		if (pcr == 24)
			is_err(eventlog_next(&reader, &ev, &why), ERR_VALUE,
			       "there is no PCR 24");
		else
			good += eventlog_next(&reader, &ev, &why) == ERR_OK &&
				ev.number == pcr && ev.rtmr == want[pcr] &&
				ev.extended == (want[pcr] < 4);
	}
	ok(good == 24, "PCR 0 to 23 stand for the registers that UEFI says");
}

/* ---- telling the forms apart */

static void test_detect(void)
{
	struct wr w = wr_over(store, sizeof store);
	uint8_t table[56] = "CCEL";
	struct log_replay r;
	const char *why = NULL;

	make_head(&w, 0, only_sha384, 1, "td-shim");
	make_plain(&w, make_event, 4, T_ACTION, str_slice("x"));
	ok(replay(wr_slice(&w), &r, &why) == ERR_OK && r.format == LOG_CCEL &&
		   r.extends[3] == 1,
	   "td-shim's logs are CCELs, whatever register they begin with");
	is_err(replay(bytes_of(table, sizeof table), &r, &why), ERR_UNSUPP,
	       "the ACPI table is no log");
	ok(strstr(why, "/sys/firmware/acpi/tables/data/CCEL") != NULL,
	   "and the user is told where that is");
	is_err(replay(bytes_of(table, 55), &r, &why), ERR_VALUE,
	       "what only begins like it is not even that");
	is_err(replay(bytes_of(NULL, 0), &r, &why), ERR_TRUNC, "nothing");
	is_err(replay(str_slice("\x7f"
				"ELF and so on, which is no log at all"),
		      &r, &why),
	       ERR_VALUE, "another kind of file");
	memset(store, 0, sizeof store);
	is_err(replay(bytes_of(store, sizeof store), &r, &why), ERR_VALUE,
	       "zeros alone");
	memset(store, 0xff, sizeof store);
	is_err(replay(bytes_of(store, sizeof store), &r, &why), ERR_VALUE,
	       "a log area that nobody wrote to");
	w = wr_over(store, sizeof store);
	make_plain(&w, make_event, 1, T_SEPARATOR, bytes_of(separator, 4));
	is_err(replay(wr_slice(&w), &r, &why), ERR_VALUE,
	       "a log without its first record");
	ok(strstr(why, "Spec ID") != NULL, "which is what is missing");
}

/* What the caller knows better. */
static void test_asked(void)
{
	struct slice in = make(make_ccel);
	const char *why = NULL;
	struct log_event ev;

	is_err(eventlog_open(in, LOG_TCG2, &reader, &why), ERR_OK,
	       "the numbers of a CCEL can be taken for PCRs");
	ok(eventlog_next(&reader, &ev, &why) == ERR_OK && ev.rtmr == 0 &&
		   reader.form.format == LOG_TCG2,
	   "and are");
	is_err(eventlog_open(in, LOG_DSTACK, &reader, &why), ERR_VALUE,
	       "but not for JSON");
	is_err(eventlog_open(make(make_dstack), LOG_CCEL, &reader, &why),
	       ERR_VALUE, "nor JSON for a CCEL");
	is_err(eventlog_open(make(make_cel), LOG_CEL, &reader, &why), ERR_OK,
	       "a CEL, asked for by name");
}

static void test_tcg1(void)
{
	static const char *const signatures[] = { "Spec ID Event02",
						  "Spec ID Event00", NULL };
	struct log_replay r;
	struct log_event ev;
	const char *why = NULL;

	for (size_t i = 0; i < 3; i++) {
		struct wr w = wr_over(store, sizeof store);
		size_t n = 0;

		if (signatures[i] != NULL)
			make_event1(&w, 0, 3, bytes_of(signatures[i], 16));
		make_event1(&w, 0, T_VERSION, str_slice("v1"));
		make_event1(&w, 4, T_ACTION, str_slice(action_call));
		is_err(eventlog_open(wr_slice(&w), LOG_AUTO, &reader, &why),
		       ERR_OK, "SHA-1: %s",
		       signatures[i] != NULL ? signatures[i]
					     : "no first record");
		while (eventlog_next(&reader, &ev, &why) == ERR_OK)
			n++;
		ok(n == (signatures[i] != NULL ? 3 : 2) && !ev.extended &&
			   ev.sha384 == NULL && ev.alg == LOG_ALG_SHA1 &&
			   ev.digest.len == 20 && ev.digest.ptr[19] == 0xb3 &&
			   slice_is(ev.data, action_call),
		   "  is read");
		is_err(replay(wr_slice(&w), &r, &why), ERR_UNSUPP,
		       "  and not replayed");
		is_err(replay(bytes_of(store, w.len - 1), &r, &why), ERR_UNSUPP,
		       "  whole or not");
	}
}

/* ---- the iterator */

static void test_iterator(void)
{
	struct slice in = make(make_ccel);
	const char *why = NULL;
	struct log_event ev;
	struct log_replay r;
	size_t at = 0;

	store[in.len - 1] = 'X'; /* data only: the digest covers other data */
	if (eventlog_open(in, LOG_AUTO, &reader, &why) != ERR_OK)
		_exit(98);
	for (size_t i = 0; i < CCEL_EVENTS; i++)
		if (eventlog_next(&reader, &ev, &why) != ERR_OK ||
		    ev.index != i)
			_exit(98);
	ok(eventlog_check(&ev) == LOG_CHECK_DIFFERS && ev.extended,
	   "changed data is seen");
	is_err(eventlog_next(&reader, &ev, &why), ERR_MISSING, "the end");
	is_err(eventlog_next(&reader, &ev, &why), ERR_MISSING, "stays the end");
	ok(replay(in, &r, &why) == ERR_OK && is_rtmr(&r, made[0].rtmr),
	   "and changes no register");
	is_err(eventlog_replay(bytes_of(in.ptr, in.len - 1), LOG_AUTO, &reader,
			       &r, &at, &why),
	       ERR_TRUNC, "cut in its last event");
	ok(at == in.len - 62 - 4 - strlen(action_left) &&
		   reader.count == CCEL_EVENTS - 1,
	   "which is where the damage is said to be");
	is_err(eventlog_next(&reader, &ev, &why), ERR_TRUNC,
	       "a damaged log stays damaged");
}

static void test_covers(void)
{
	static const bool want[][RTMR_COUNT] = {
		[LOG_CCEL] = { true, true, true, true },
		[LOG_TCG2] = { false, true, true, false },
		[LOG_TCG1] = { false, false, false, false },
		[LOG_CEL] = { false, false, false, true },
		[LOG_DSTACK] = { true, true, true, true },
	};
	bool good = true;

	for (enum log_format f = LOG_CCEL; f <= LOG_DSTACK; f++)
		for (unsigned i = 0; i < RTMR_COUNT; i++)
			good = good && eventlog_covers(f, i) == want[f][i];
	ok(good, "which registers a log can tell all of");
}

int main(void)
{
	test_replay();
	test_prefixes();
	test_tail();
	test_changes();
	test_register_zero();
	test_banks();
	test_mapping();
	test_detect();
	test_asked();
	test_tcg1();
	test_iterator();
	test_covers();
	return tap_done();
}
