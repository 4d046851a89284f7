/* eventlog_make.h - makes small event logs in every form. One boot, told by a
 * TD's firmware, by a TPM's and by dstack, comes to the same registers; their
 * values were computed with Python's hashlib: SHA-384(register || digest) over
 * the SHA-384 of what each event measures. */
#ifndef TESTS_UNIT_EVENTLOG_MAKE_H
#define TESTS_UNIT_EVENTLOG_MAKE_H

#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "measure/lib/eventlog.h"

#define MAKE static __attribute__((unused))

/* SecureBoot = 1 and a separator. */
#define BOOT_RTMR0                                                             \
	"131b8c4008174230136c93bbf43e9c483b1b536b3e25cc2"                      \
	"e6680aab56a1e7ef8b9d748601dd3e7780aa919c73b5cae63"
/* The boot option, a separator, and the two events of ExitBootServices. */
#define BOOT_RTMR1                                                             \
	"7164ce4aa72975eecd9f04cb4d4c05f9859eecd476a2b3f"                      \
	"d99d5d0416b3a9dfe01208c951db74257793084f93a1dbb99"
/* GRUB's "set timeout=0". */
#define BOOT_RTMR2                                                             \
	"c3c1005e41b2e03a61e2262b12f0b31a1321256c106cf86"                      \
	"3bed78bf75ebb82db7cf17782091eb77e5edc55f0106a4853"
/* dstack's event "app-id" with d722c43a; a launcher's restart policy. */
#define DSTACK_DIGEST                                                          \
	"775a1c9d7a8a68dbedbda3a9bb07f1190ca2da7377ebfd7"                      \
	"e2078fe281f7bd6be3dd047eef530e143df0fb8ecccbaddf6"
#define DSTACK_RTMR3                                                           \
	"f40f088761960bd213c5c12d5893da5efd2bac7e3d5b299"                      \
	"55421088001e699649fd471f0854302467372ac3843861765"
#define CEL_RTMR3                                                              \
	"76fc8ef1216324ffdf0ce8b498171f37b9491e85b5ef455"                      \
	"5d3af016e089d159e0d3b70770bbf8cf965ad6580c864e63d"
#define NO_RTMR                                                                \
	"000000000000000000000000000000000000000000000000"                     \
	"000000000000000000000000000000000000000000000000"

enum {
	T_SEPARATOR = 0x00000004,
	T_TAG = 0x00000006,
	T_VERSION = 0x00000008,
	T_FLAGS = 0x0000000a,
	T_IPL = 0x0000000d,
};

#define T_VARIABLE    UINT32_C(0x80000001)
#define T_BOOT        UINT32_C(0x80000002)
#define T_APPLICATION UINT32_C(0x80000003)
#define T_GPT         UINT32_C(0x80000006)
#define T_ACTION      UINT32_C(0x80000007)

static const char action_call[] = "Calling EFI Application from Boot Option";
static const char action_exit[] = "Exit Boot Services Invocation";
static const char action_left[] = "Exit Boot Services Returned with Success";

/* SecureBoot = 1 as a UEFI_VARIABLE_DATA. */
static const uint8_t secure_boot[53] = {
	0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11, 0xaa, 0x0d, 0x00,
	0xe0, 0x98, 0x03, 0x2b, 0x8c, 10,   0,    0,    0,    0,    0,
	0,    0,    1,    0,    0,    0,    0,    0,    0,    0,    'S',
	0,    'e',  0,    'c',  0,    'u',  0,    'r',  0,    'e',  0,
	'B',  0,    'o',  0,    'o',  0,    't',  0,    1,
};

MAKE struct slice bytes_of(const void *p, size_t n)
{
	return (struct slice){ p, n };
}

/* ---- TCG */

struct make_alg {
	uint16_t id, len;
};

static const struct make_alg only_sha384[] = { { 0x000c, 48 } };
static const struct make_alg three_banks[] = { { 0x0004, 20 },
					       { 0x000b, 32 },
					       { 0x000c, 48 } };

MAKE void make_head(struct wr *w, uint32_t number, const struct make_alg *alg,
		    size_t nalg, const char *vendor)
{
	size_t vendor_len = strlen(vendor);

	wr_u32le(w, number);
	wr_u32le(w, 3);
	wr_zero(w, 20);
	wr_u32le(w, (uint32_t)(28 + 4 * nalg + 1 + vendor_len));
	wr_bytes(w, bytes_of("Spec ID Event03", 16));
	wr_u32le(w, 0);
	wr_u32le(w, 0x02000200);
	wr_u32le(w, (uint32_t)nalg);
	for (size_t i = 0; i < nalg; i++) {
		wr_u16le(w, alg[i].id);
		wr_u16le(w, alg[i].len);
	}
	wr_u8(w, (uint8_t)vendor_len);
	wr_str(w, vendor);
}

/* An event whose digest is that of `hashed`. */
MAKE void make_event(struct wr *w, uint32_t number, uint32_t type,
		     struct slice hashed, struct slice data)
{
	uint8_t digest[SHA384_LEN];

	sha384(hashed, digest);
	wr_u32le(w, number);
	wr_u32le(w, type);
	wr_u32le(w, 1);
	wr_u16le(w, 0x000c);
	wr_bytes(w, bytes_of(digest, sizeof digest));
	wr_u32le(w, (uint32_t)data.len);
	wr_bytes(w, data);
}

/* In a log of three_banks. */
MAKE void make_event3(struct wr *w, uint32_t number, uint32_t type,
		      struct slice hashed, struct slice data)
{
	uint8_t digest[SHA384_LEN];

	sha384(hashed, digest);
	wr_u32le(w, number);
	wr_u32le(w, type);
	wr_u32le(w, 3);
	wr_u16le(w, 0x0004);
	wr_zero(w, 20);
	wr_u16le(w, 0x000c);
	wr_bytes(w, bytes_of(digest, sizeof digest));
	wr_u16le(w, 0x000b);
	wr_zero(w, 32);
	wr_u32le(w, (uint32_t)data.len);
	wr_bytes(w, data);
}

/* TCG_PCClientPCREvent. */
MAKE void make_event1(struct wr *w, uint32_t number, uint32_t type,
		      struct slice data)
{
	wr_u32le(w, number);
	wr_u32le(w, type);
	for (uint8_t i = 0; i < 20; i++)
		wr_u8(w, (uint8_t)(0xa0 + i));
	wr_u32le(w, (uint32_t)data.len);
	wr_bytes(w, data);
}

typedef void make_fn(struct wr *w, uint32_t number, uint32_t type,
		     struct slice hashed, struct slice data);

/* One event whose digest is that of its data. */
MAKE void make_plain(struct wr *w, make_fn *event, uint32_t number,
		     uint32_t type, struct slice data)
{
	event(w, number, type, data, data);
}

static const uint8_t separator[4];

/* The boot as a TD's firmware logs it. */
MAKE void make_ccel(struct wr *w)
{
	const struct slice sep = bytes_of(separator, 4);

	make_head(w, 1, only_sha384, 1, "");
	make_plain(w, make_event, 1, T_VARIABLE,
		   bytes_of(secure_boot, sizeof secure_boot));
	make_plain(w, make_event, 1, T_SEPARATOR, sep);
	make_plain(w, make_event, 2, T_ACTION, str_slice(action_call));
	make_plain(w, make_event, 2, T_SEPARATOR, sep);
	make_event(w, 3, T_IPL, str_slice("set timeout=0"),
		   bytes_of("grub_cmd: set timeout=0", 24));
	make_plain(w, make_event, 1, 3, str_slice("StartupLocality"));
	make_plain(w, make_event, 2, T_ACTION, str_slice(action_exit));
	make_plain(w, make_event, 2, T_ACTION, str_slice(action_left));
}

enum {
	CCEL_EVENTS = 8,
	TCG2_EVENTS = 15,
};

/* And as it is logged for a TPM, in three banks. */
MAKE void make_tcg2(struct wr *w)
{
	const struct slice sep = bytes_of(separator, 4);

	make_head(w, 0, three_banks, 3, "");
	make_plain(w, make_event3, UINT32_MAX, 3,
		   str_slice("SP800-155 Event3"));
	make_plain(w, make_event3, 0, T_VERSION, bytes_of("2\0\0", 4));
	make_plain(w, make_event3, 7, T_VARIABLE,
		   bytes_of(secure_boot, sizeof secure_boot));
	make_plain(w, make_event3, 7, T_SEPARATOR, sep);
	make_plain(w, make_event3, 4, T_ACTION, str_slice(action_call));
	for (uint32_t pcr = 0; pcr < 7; pcr++)
		make_plain(w, make_event3, pcr, T_SEPARATOR, sep);
	make_event3(w, 8, T_IPL, str_slice("set timeout=0"),
		    bytes_of("grub_cmd: set timeout=0", 24));
	make_plain(w, make_event3, 5, T_ACTION, str_slice(action_exit));
	make_plain(w, make_event3, 5, T_ACTION, str_slice(action_left));
}

/* ---- CEL */

MAKE void make_tlv(struct wr *w, uint8_t type, struct slice value)
{
	wr_u8(w, type);
	wr_u32be(w, (uint32_t)value.len);
	wr_bytes(w, value);
}

/* A record of register `number`, which is of kind 1 (PCR) or 108 (CC). */
MAKE void make_cel_record(struct wr *w, uint8_t recnum, uint8_t kind,
			  uint8_t number, struct slice content)
{
	uint8_t count[8] = { 0, 0, 0, 0, 0, 0, 0, recnum };
	uint8_t digest[SHA384_LEN], list[64];
	struct wr digests = wr_over(list, sizeof list);

	sha384(content, digest);
	make_tlv(&digests, 0x0c, bytes_of(digest, sizeof digest));
	make_tlv(w, 0, bytes_of(count, sizeof count));
	make_tlv(w, kind, bytes_of(&number, 1));
	make_tlv(w, 3, wr_slice(&digests));
	wr_bytes(w, content);
}

/* Content 80: restart policy "Never". */
static const uint8_t restart_policy[] = { 80, 0, 0,   0,   10,  2,   0,  0,
					  0,  5, 'N', 'e', 'v', 'e', 'r' };

MAKE void make_cel(struct wr *w)
{
	make_cel_record(w, 0, 108, 4,
			bytes_of(restart_policy, sizeof restart_policy));
}

/* ---- dstack */

MAKE void make_row(struct wr *w, unsigned imr, uint32_t type, const char *name,
		   struct slice hashed, struct slice payload)
{
	uint8_t digest[SHA384_LEN];

	sha384(hashed, digest);
	wr_fmt(w, "{\"imr\": %u, \"event_type\": %lu, \"digest\": \"", imr,
	       (unsigned long)type);
	wr_hex(w, bytes_of(digest, sizeof digest));
	wr_fmt(w, "\", \"event\": \"%s\", \"event_payload\": \"", name);
	wr_hex(w, payload);
	wr_str(w, "\"}");
}

#define APP_ID_ROW                                                             \
	"{\"imr\":3,\"event_type\":134217729,\"digest\":\"" DSTACK_DIGEST      \
	"\",\"event\":\"app-id\",\"event_payload\":\"d722c43a\"}"

MAKE void make_dstack(struct wr *w)
{
	const struct slice sep = bytes_of(separator, 4);
	const struct slice var = bytes_of(secure_boot, sizeof secure_boot);

	wr_str(w, "[\n");
	make_row(w, 0, T_VARIABLE, "", var, var);
	wr_str(w, ",\n");
	make_row(w, 0, T_SEPARATOR, "", sep, sep);
	wr_str(w, " , ");
	make_row(w, 2, T_IPL, "", str_slice("set timeout=0"),
		 bytes_of("grub_cmd: set timeout=0", 24));
	wr_str(w, "," APP_ID_ROW "\n]\n");
}

/* ---- the log that is being tested, and its replay */

static struct eventlog reader;
static uint8_t store[4096];

MAKE struct slice make(void (*fn)(struct wr *w))
{
	struct wr w = wr_over(store, sizeof store);

	fn(&w);
	if (wr_end(&w) != ERR_OK)
		abort();
	return wr_slice(&w);
}

MAKE enum err replay(struct slice in, struct log_replay *out, const char **why)
{
	size_t at;

	*why = NULL;
	return eventlog_replay(in, LOG_AUTO, &reader, out, &at, why);
}
#endif
