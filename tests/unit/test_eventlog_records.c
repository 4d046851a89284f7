/* Event logs that no firmware writes: the records of a canonical event log, and
 * dstack's rows. */
#include "tests/tap.h"
#include "tests/unit/eventlog_make.h"

/* ---- CEL */

static void test_cel(void)
{
	const struct slice never =
		bytes_of(restart_policy, sizeof restart_policy);
	struct wr w = wr_over(store, sizeof store);
	struct log_replay r;
	const char *why;

	make_cel_record(&w, 0, 1, 8, never);
	make_cel_record(&w, 1, 108, 4, never);
	ok(replay(wr_slice(&w), &r, &why) == ERR_OK && r.extends[2] == 1 &&
		   r.extends[3] == 1,
	   "CEL: PCR 8 and CC register 4");
	w = wr_over(store, sizeof store);
	make_cel_record(&w, 0, 108, 4, never);
	make_cel_record(&w, 2, 108, 4, never);
	is_err(replay(wr_slice(&w), &r, &why), ERR_VALUE,
	       "CEL: a record is missing");
	w = wr_over(store, sizeof store);
	make_cel_record(&w, 0, 108, 5, never);
	is_err(replay(wr_slice(&w), &r, &why), ERR_VALUE,
	       "CEL: no such register");
	w = wr_over(store, sizeof store);
	make_cel(&w);
	store[24] = 0x0b;
	is_err(replay(wr_slice(&w), &r, &why), ERR_VALUE,
	       "CEL: a SHA-256 and no SHA-384");
	store[24] = 0x0c;
	store[28] = 49;
	is_err(replay(wr_slice(&w), &r, &why), ERR_VALUE,
	       "CEL: a digest longer than the list");
	store[28] = 47;
	ok(replay(wr_slice(&w), &r, &why) == ERR_VALUE, "CEL: a shorter one");
	store[28] = 48;
	store[19] = 4;
	is_err(replay(wr_slice(&w), &r, &why), ERR_VALUE, "CEL: no digests");
	store[19] = 3;
	store[20] = 0x40;
	is_err(replay(wr_slice(&w), &r, &why), ERR_TRUNC,
	       "CEL: 1 GiB of digests");
	store[20] = 0;
	is_err(replay(wr_slice(&w), &r, &why), ERR_OK, "CEL: as it was");
}

/* ---- dstack */

#define D       "\"digest\":\"" DSTACK_DIGEST "\""
#define ROW     "{\"imr\":3,\"event_type\":4," D
#define RUNTIME "{\"imr\":3,\"event_type\":134217729"

static const struct {
	const char *text;
	enum err want;
	const char *title;
} json[] = {
	{ "[]", ERR_OK, "no events" },
	{ " [ " ROW "} ] ", ERR_OK, "only what must be there" },
	{ "[" ROW ",\"hash_input\":\"\"}]", ERR_OK, "a key we do not know" },
	{ "[" ROW ",\"version\":2}]", ERR_OK, "version 2" },
	{ "[" ROW ",\"version\":3}]", ERR_VALUE, "version 3" },
	{ "[" ROW ",\"event_payload\":\"\"}]", ERR_OK, "an empty payload" },
	{ "[" ROW "},]", ERR_VALUE, "a comma too many" },
	{ "[" ROW "} " ROW "}]", ERR_VALUE, "no comma" },
	{ "[" ROW "}", ERR_VALUE, "no end" },
	{ "[" ROW "}] x", ERR_VALUE, "something behind it" },
	{ "[7]", ERR_VALUE, "a row that is no object" },
	{ "[" ROW "," D "}]", ERR_DUPLICATE, "a key twice" },
	{ "[{\"event_type\":4," D "}]", ERR_VALUE, "no imr" },
	{ "[{\"imr\":4,\"event_type\":4," D "}]", ERR_VALUE, "imr 4" },
	{ "[{\"imr\":-1,\"event_type\":4," D "}]", ERR_VALUE, "imr -1" },
	{ "[{\"imr\":\"3\",\"event_type\":4," D "}]", ERR_VALUE,
	  "imr as text" },
	{ "[{\"imr\":3," D "}]", ERR_VALUE, "no type" },
	{ "[{\"imr\":3,\"event_type\":4294967296," D "}]", ERR_VALUE,
	  "a type of 33 bits" },
	{ "[{\"imr\":3,\"event_type\":4}]", ERR_VALUE, "no digest" },
	{ "[{\"imr\":3,\"event_type\":4,\"digest\":\"00\"}]", ERR_VALUE,
	  "a short digest" },
	{ "[{\"imr\":3,\"event_type\":4,\"digest\":\"\"}]", ERR_VALUE,
	  "an empty digest, and no event at run time" },
	{ "[" RUNTIME ",\"digest\":\"00\"}]", ERR_VALUE,
	  "a short digest at run time" },
	{ "[" ROW ",\"event_payload\":\"0\"}]", ERR_VALUE, "half a byte" },
	{ "[" ROW ",\"event_payload\":\"0g\"}]", ERR_VALUE, "no hex" },
	{ "[" ROW ",\"event_payload\":7}]", ERR_VALUE, "a payload not text" },
	{ "[" ROW ",\"event\":7}]", ERR_VALUE, "a name not text" },
	{ "[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]", ERR_VALUE, "deep" },
};

static void test_json(void)
{
	struct log_replay r;
	const char *why;

	for (size_t i = 0; i < sizeof json / sizeof json[0]; i++)
		is_err(replay(str_slice(json[i].text), &r, &why), json[i].want,
		       "dstack: %s", json[i].title);
}

/* A row with a payload of n bytes. */
static struct slice payload_of(struct wr *w, size_t n)
{
	wr_str(w, "[" ROW ",\"event_payload\":\"");
	for (size_t i = 0; i < n; i++)
		wr_str(w, "a5");
	wr_str(w, "\"}]");
	return wr_slice(w);
}

static void test_json_row(void)
{
	static uint8_t big[2 * LOG_ROW_BYTES];
	struct wr w = wr_over(big, sizeof big);
	const char *why = NULL;
	struct log_event ev;
	struct log_replay r;

	is_err(eventlog_open(str_slice("[" APP_ID_ROW "]"), LOG_AUTO, &reader,
			     &why),
	       ERR_OK, "dstack: one row");
	ok(eventlog_next(&reader, &ev, &why) == ERR_OK && ev.number == 3 &&
		   ev.type == LOG_EV_DSTACK_RUNTIME &&
		   slice_is(ev.name, "app-id") && ev.data.len == 4 &&
		   ev.data.ptr[0] == 0xd7,
	   "dstack: its name and payload");
	is_err(replay(payload_of(&w, 30 * 1024), &r, &why), ERR_OK,
	       "dstack: a payload of 30 KiB");
	w = wr_over(big, sizeof big);
	is_err(replay(payload_of(&w, LOG_ROW_BYTES / 2), &r, &why), ERR_SPACE,
	       "dstack: a row larger than we hold");
}

/* Digests of Python's hashlib; of version 2, over json.dumps(...,
 * sort_keys=True, separators=(",", ":"), ensure_ascii=False). */
#define APP_ID ",\"event\":\"app-id\",\"event_payload\":\"d722c43a\"}]"
#define VERSION2_DIGEST                                                        \
	"ea68f1325dab5cb709caef4924f9ed2d104b49a41cffefec"                     \
	"70192bbc59d1b877ddabf8d7aea401e977fff47ef234c034"
#define ESCAPES_DIGEST                                                         \
	"3f50f0d82e9ab1af7113d3e221a107aaafcc7c5840546632"                     \
	"a5b16d08a8eee45ceb029f53b9e6d1d1c5c105e76ee12080"

static const struct {
	const char *text, *digest;
	enum log_check check;
	const char *title;
} rows[] = {
	{ "[" RUNTIME APP_ID, DSTACK_DIGEST, LOG_CHECK_SAME, "no digest" },
	{ "[" RUNTIME ",\"digest\":\"\"" APP_ID, DSTACK_DIGEST, LOG_CHECK_SAME,
	  "an empty digest" },
	{ "[" RUNTIME ",\"version\":1" APP_ID, DSTACK_DIGEST, LOG_CHECK_SAME,
	  "no digest, version 1" },
	{ "[" RUNTIME ",\"version\":2" APP_ID, VERSION2_DIGEST, LOG_CHECK_SAME,
	  "no digest, version 2" },
	{ "[" RUNTIME ",\"version\":2,\"digest\":\"" VERSION2_DIGEST
	  "\"" APP_ID,
	  VERSION2_DIGEST, LOG_CHECK_SAME, "a digest of version 2" },
	{ "[" RUNTIME ",\"version\":2,\"event\":"
	  "\"q\\\"\\\\\\n\\u0001\x7f\\u00e9\\/\"}]",
	  ESCAPES_DIGEST, LOG_CHECK_SAME, "version 2 of odd letters" },
	{ "[" RUNTIME "," D ",\"event\":\"other\"}]", DSTACK_DIGEST,
	  LOG_CHECK_DIFFERS, "the digest of another event" },
	{ "[" ROW "}]", DSTACK_DIGEST, LOG_CHECK_NONE, "no payload to check" },
	{ "[" ROW ",\"event_payload\":\"00\"}]", DSTACK_DIGEST,
	  LOG_CHECK_DIFFERS, "a payload to check" },
};

static void test_json_digest(void)
{
	uint8_t want[SHA384_LEN];
	struct log_event ev;
	const char *why;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (hex_decode(str_slice(rows[i].digest), want, sizeof want) !=
		    ERR_OK)
			_exit(98);
		ok(eventlog_open(str_slice(rows[i].text), LOG_AUTO, &reader,
				 &why) == ERR_OK &&
			   eventlog_next(&reader, &ev, &why) == ERR_OK &&
			   memcmp(ev.sha384, want, sizeof want) == 0 &&
			   eventlog_check(&ev) == rows[i].check,
		   "dstack: %s", rows[i].title);
	}
}

int main(void)
{
	test_cel();
	test_json_digest();
	test_json();
	test_json_row();
	return tap_done();
}
