/* What a chain measures, as a list and out of an event log. Expected values:
 * tests/peers/tdx_peer.py. */
#include "measure/lib/measured.h"
#include "tests/tap.h"
#include "tests/unit/boot_make.h"

static void test_measured(void)
{
	static const struct {
		const char *title, *text;
		size_t line;
	} bad[] = {
		{ "another word", "grub: x\n", 1 },
		{ "no blank after the colon", "grub_cmd:x", 1 },
		{ "an unknown escape", "# ok\ngrub_cmd: a\\x", 2 },
		{ "an escape cut off", "\n\ngrub_cmd: a\\", 3 },
		{ "a digest alone", "00", 1 },
		{ "load options that are not ASCII", "load_options: \xc3\xa9",
		  1 },
		{ "nor grub's", "grub_load_options: \xc3\xa9", 1 },
		{ "a carriage return", "load_options: a\r\n", 1 },
	};
	static struct eventlist l;
	uint8_t reg[SHA384_LEN];
	size_t line = 0;

	is_err(measured_events(str_slice(boot_list), &l, &line), ERR_OK,
	       "a list");
	ok(l.n == 6 && eventlist_replay(&l, 2, reg) &&
		   hex_is(reg, BOOT_LIST_RTMR2),
	   "replays to the peer's RTMR2");
	ok(strcmp(l.ev[2].what, "/boot/grub.cfg") == 0 &&
		   l.ev[4].type == EVENT_EVENT_TAG,
	   "with names and types");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		l.n = 0;
		is_err(measured_events(str_slice(bad[i].text), &l, &line),
		       ERR_VALUE, "%s", bad[i].title);
		ok(line == bad[i].line && l.n == 0, "in line %zu", bad[i].line);
	}
	for (size_t i = 0; i < 97; i++) {
		struct slice s = heap_copy(
			(const uint8_t *)strstr(boot_list, "0001"), i);

		l.n = 0;
		if ((measured_events(s, &l, &line) == ERR_OK) != (i == 0))
			ok(false, "%zu bytes of a digest", i);
		heap_free(s);
	}
	is_err(measured_events(of(NULL, 0), &l, &line), ERR_OK, "no line");
}

/* A crypto-agile log: its head, then an event of each of these CC registers,
 * with the digest of "n" and one of three types. */
static size_t make_log(uint8_t out[static 512], const uint8_t *registers,
		       size_t n)
{
	static const uint32_t types[] = { 0x0d, 0x06, 0x80000007 };
	struct wr w = wr_over(out, 512);

	wr_u32le(&w, 1);
	wr_u32le(&w, 3);
	wr_zero(&w, 20);
	wr_u32le(&w, 33);
	wr_bytes(&w, of((const uint8_t *)"Spec ID Event03", 16));
	wr_u32le(&w, 0);
	wr_u32le(&w, 0x02000200); /* 2.0, two words an integer */
	wr_u32le(&w, 1);
	wr_u16le(&w, 0x0c);
	wr_u16le(&w, SHA384_LEN);
	wr_u8(&w, 0);
	for (size_t i = 0; i < n; i++) {
		const uint8_t text = (uint8_t)('0' + i);
		uint8_t digest[SHA384_LEN];

		sha384(of(&text, 1), digest);
		wr_u32le(&w, registers[i]);
		wr_u32le(&w, types[i % 3]);
		wr_u32le(&w, 1);
		wr_u16le(&w, 0x0c);
		wr_bytes(&w, of(digest, sizeof digest));
		wr_u32le(&w, 10);
		wr_bytes(&w, of((const uint8_t *)"\1\0\0\0\2\0\0\0ab", 10));
	}
	return wr_slice(&w).len;
}

static void test_log(void)
{
	static const uint8_t registers[] = { 3, 3, 2, 3 };
	static struct eventlist l;
	uint8_t log[512], digest[SHA384_LEN];
	size_t n = make_log(log, registers, sizeof registers);
	const char *why = NULL;

	ok(measured_is_log(of(log, n)) &&
		   !measured_is_log(str_slice(boot_list)),
	   "a log is no list");
	ok(measured_is_log(str_slice("\n [")) &&
		   !measured_is_log(str_slice("\n")) &&
		   !measured_is_log(of(NULL, 0)),
	   "nor is JSON; nothing is an empty list");
	is_err(measured_log(of(log, n), &l, &why), ERR_OK, "a log of four");
	sha384(str_slice("3"), digest);
	ok(l.n == 3 && memcmp(l.ev[2].digest, digest, sizeof digest) == 0,
	   "the three of RTMR2 are taken");
	ok(l.ev[0].type == EVENT_IPL && strcmp(l.ev[0].what, "ab") == 0 &&
		   l.ev[1].type == EVENT_EVENT_TAG &&
		   strcmp(l.ev[1].what, "ab") == 0,
	   "with type and text");
	for (size_t i = 0; i < n; i++) {
		struct slice s = heap_copy(log, i);
		bool whole = i >= 65 && (i - 65) % 76 == 0;

		l.n = 0;
		if ((measured_log(s, &l, &why) == ERR_OK) != whole)
			ok(false, "%zu bytes of a log", i);
		heap_free(s);
	}
	log[60] = 4; /* SHA-1 in the head */
	ok(measured_log(of(log, n), &l, &why) != ERR_OK && why != NULL,
	   "another algorithm");
}

int main(void)
{
	test_measured();
	test_log();
	return tap_done();
}
