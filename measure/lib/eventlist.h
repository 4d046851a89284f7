/* eventlist.h - a list of measured events, in the order in which firmware
 * extends them, and its replay into RTMR values.
 * Source: TCG PC Client Platform Firmware Profile 1.06, section 10 (event
 * types); UEFI 2.10, section 38 (CC measurement: PCR to RTMR mapping). */
#ifndef MEASURE_LIB_EVENTLIST_H
#define MEASURE_LIB_EVENTLIST_H

#include "lib/digest.h"

enum {
	RTMR_COUNT = 4,
	EVENTS_MAX = 256, /* a boot by grub has a hundred and more */
	EVENT_WHAT_LEN = 96
};

/* clang-format off */
#define EVENT_TYPES(X)                                                  \
	X(SEPARATOR,             EV_SEPARATOR,                     0x00000004) \
	X(EVENT_TAG,             EV_EVENT_TAG,                     0x00000006) \
	X(PLATFORM_CONFIG_FLAGS, EV_PLATFORM_CONFIG_FLAGS,         0x0000000a) \
	X(IPL,                   EV_IPL,                           0x0000000d) \
	X(VARIABLE_CONFIG,       EV_EFI_VARIABLE_DRIVER_CONFIG,    0x80000001) \
	X(VARIABLE_BOOT,         EV_EFI_VARIABLE_BOOT,             0x80000002) \
	X(APPLICATION,           EV_EFI_BOOT_SERVICES_APPLICATION, 0x80000003) \
	X(GPT,                   EV_EFI_GPT_EVENT,                 0x80000006) \
	X(ACTION,                EV_EFI_ACTION,                    0x80000007) \
	X(FIRMWARE_BLOB2,        EV_EFI_PLATFORM_FIRMWARE_BLOB2,   0x8000000a) \
	X(HANDOFF_TABLES2,       EV_EFI_HANDOFF_TABLES2,           0x8000000b) \
	X(VARIABLE_AUTHORITY,    EV_EFI_VARIABLE_AUTHORITY,        0x800000e0) \
	X(CONFIG,                EE_CONFIG,                        0x00000000)
/* clang-format on */

/* EVENT_CONFIG is ours: the guest extends RTMR3 through the kernel, which keeps
 * no log, so it has no TCG number. */
enum event_type {
#define X(name, label, number) EVENT_##name,
	EVENT_TYPES(X)
#undef X
};

struct event {
	enum event_type type;
	unsigned rtmr; /* 0..3 */
	bool known;    /* false: extended, but the digest cannot be predicted */
	uint8_t digest[SHA384_LEN];
	const char *why_not;       /* unknown: a sentence, or NULL */
	char what[EVENT_WHAT_LEN]; /* for people, cut to fit */
};

/* Start it with n = 0. Adding to a full list sets err, which stays. Large: keep
 * it static or on the heap. */
struct eventlist {
	size_t n;
	enum err err;
	struct event ev[EVENTS_MAX];
};

/* "EV_EFI_GPT_EVENT"; never NULL. */
const char *event_type_name(enum event_type t);
uint32_t event_type_number(enum event_type t);

/* An event whose digest is given, is the SHA-384 of data, or is not known. */
void event_add(struct eventlist *l, unsigned rtmr, enum event_type type,
	       const uint8_t digest[static SHA384_LEN], const char *what);
void event_add_data(struct eventlist *l, unsigned rtmr, enum event_type type,
		    struct slice data, const char *what);
void event_add_unknown(struct eventlist *l, unsigned rtmr, enum event_type type,
		       const char *what);

/* Likewise; why_not, a static sentence, is the reason for the register. */
void event_add_unknown_why(struct eventlist *l, unsigned rtmr,
			   enum event_type type, const char *what,
			   const char *why_not);

/* Replays the events of one RTMR from 48 zero bytes. False, and out untouched,
 * when one of them is not known. */
bool eventlist_replay(const struct eventlist *l, unsigned rtmr,
		      uint8_t out[static SHA384_LEN]);
#endif
