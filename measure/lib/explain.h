/* explain.h - why the registers of a quote are not those of a reference.
 *
 * Known causes are tried, not guessed at: each one changes the list of events
 * that the reference expects, and a change is named only when the changed list
 * replays to the very value in the quote ("proved"), or when an event log that
 * replays to the quote shows it ("logged"). What remains is said to be open,
 * with what is likeliest and what to look at next ("guessed").
 *
 * Registers are searched one by one, since they are independent: RTMR0 over
 * the product of memory size, ACPI tables, boot variables, Secure Boot state
 * and separator, under each firmware that MRTD allows; RTMR1 over boot
 * binaries, partition tables and boot paths; RTMR2 over command lines and
 * initrds; RTMR3 over what becomes of a configuration. At most EXPLAIN_DEPTH of
 * these differ at once; one missing, added, repeated or exchanged event is
 * tried alone and together with one of them.
 *
 * Nothing here verifies a quote: that is verify.h. Works on what it is given;
 * the search takes memory for some 100,000 candidates of the TD HOB.
 * Source: spec of each event in rtmr.h and hob.h. */
#ifndef MEASURE_LIB_EXPLAIN_H
#define MEASURE_LIB_EXPLAIN_H

#include "measure/lib/predict.h"
#include "measure/lib/quote.h"

enum {
	EXPLAIN_REGISTERS = 1 + RTMR_COUNT, /* MRTD, RTMR0..3 */
	EXPLAIN_CHANGES = 64,
	EXPLAIN_CAUSES = EXPLAIN_CHANGES,
	EXPLAIN_LIST = 320,    /* events of one register */
	EXPLAIN_LIST_IN = 288, /* those that are given */
	EXPLAIN_DEPTH = 3,
	EXPLAIN_TEXT = 400,
	EXPLAIN_NO_EVENT = -1,
	EXPLAIN_NO_REGISTER = -1 /* the quote as a whole */
};

/* Hash operations that a search may take unless told otherwise: some ten
 * seconds. */
#define EXPLAIN_BUDGET UINT64_C(20000000)

/* clang-format off */
#define EXPLAIN_CAUSE_LIST(X)                                                  \
	X(FIRMWARE, "firmware", "the TD booted another firmware",              \
	  "boot the firmware of the reference, or make a reference for this "  \
	  "one (ee-measure reference --entry firmware=...)")                   \
	X(MRTD_ORDER, "mrtd-order",                                            \
	  "the VMM adds and measures pages in another order",                  \
	  "expect the other order: two-pass is Intel's old QEMU 6 to 8, "      \
	  "single-pass everything since")                                      \
	X(MEMORY, "memory", "the VM has another amount of memory",             \
	  "give the VM the memory of the reference, or add an entry for this " \
	  "size")                                                              \
	X(CPUS, "cpus", "the VM has another number of vCPUs",                  \
	  "give the VM the vCPUs of the reference; they show in its ACPI "     \
	  "tables")                                                            \
	X(ACPI, "acpi", "the VMM made other ACPI tables",                      \
	  "compare QEMU's version and options, or the host's release; then "   \
	  "take the tables from a reference boot of the publisher")            \
	X(SECURE_BOOT, "secure-boot",                                          \
	  "the Secure Boot state or its keys are others",                      \
	  "use the variable store of the reference")                           \
	X(DISKS, "disks",                                                      \
	  "the VM has another number of disks, or of other boot options",      \
	  "attach the disks of the reference and no others; under QEMU every " \
	  "network card and firmware menu is a boot option, too")              \
	X(BOOT_VARIABLES, "boot-variables",                                    \
	  "the boot order or a boot option is another",                        \
	  "start from the variable store of the reference: the firmware "      \
	  "remembers boot options")                                            \
	X(FW_CFG, "fw-cfg",                                                    \
	  "the firmware measured fw_cfg items, as edk2 does since 2025.05",    \
	  "make the reference with the QEMU options and the firmware in use")  \
	X(SEPARATOR, "separator",                                              \
	  "the ready-to-boot separator went into another register",            \
	  "edk2 before August 2024 puts it into RTMR0 (--old-separator), "     \
	  "later ones into RTMR1: expect what the firmware in use does")       \
	X(KIND, "kind", "the image is a simulation or development build",      \
	  "never trust it in production; boot the image of the reference")     \
	X(RELEASE, "release", "the image is another release",                  \
	  "boot the release of the reference, or verify against the other "    \
	  "release's file if it is still to be trusted")                       \
	X(BINARY, "binary", "another EFI binary was started",                  \
	  "compare the image with the reference's efi_sha256; search the "     \
	  "releases with --releases")                                          \
	X(KERNEL_PATCH, "kernel-patch",                                        \
	  "QEMU did (or did not) patch the kernel's setup header",             \
	  "expect --unpatched-kernel for QEMU 10.0 and later, not for earlier")\
	X(BOOT_PATH, "boot-path",                                              \
	  "the image was started another way",                                 \
	  "boot it as the reference says: from a disk, or with -kernel")       \
	X(BOOT_RETRY, "boot-retry",                                            \
	  "a step of the boot failed first and was tried again",               \
	  "remove boot entries that fail (network boot, empty drives) and "    \
	  "boot again")                                                        \
	X(GPT, "gpt", "the boot disk has another partition table",             \
	  "write the image as it is: another disk GUID, partition GUID, name " \
	  "or size changes it")                                                \
	X(COMMAND_LINE, "command-line", "the kernel got another command line", \
	  "compare -append, the boot entry or the UKI's .cmdline")             \
	X(INITRD, "initrd", "the kernel got another initrd",                   \
	  "compare the initrd's SHA-384 with the logged digest")               \
	X(LOADER, "loader", "a boot loader measured what it did",              \
	  "boot without shim or grub, or make a reference that has them")      \
	X(CONFIG, "config", "the instance has another configuration",          \
	  "give --config the very bytes that the guest was given")             \
	X(CONFIG_MISSING, "config-missing",                                    \
	  "the configuration was never extended into RTMR3",                   \
	  "the guest did not come so far, or its kernel has no RTMR3 "         \
	  "interface")                                                         \
	X(CONFIG_TWICE, "config-twice",                                        \
	  "the configuration was extended into RTMR3 more than once",          \
	  "the guest repeats its measurement: measure once, then retry")       \
	X(MISSING, "missing-event", "an event was not measured",               \
	  "the firmware or loader lacks this step; compare their versions")    \
	X(EXTRA, "extra-event", "an event was measured that is not expected",  \
	  "find out what measured it; if it belongs there, add it to the "     \
	  "reference")                                                         \
	X(TWICE, "repeated-event", "an event was measured more than once",     \
	  "look for a step that runs twice")                                   \
	X(ORDER, "order", "events were measured in another order",             \
	  "compare the firmware's version: the order is part of the value")    \
	X(CHANGED, "changed-event", "an event has another digest",             \
	  "compare what was measured; its type names it")                      \
	X(NOT_EXTENDED, "not-extended",                                        \
	  "the log has an event that was not extended",                        \
	  "take quote and log from the same running guest; if they are, "      \
	  "distrust the log: it was edited, or its writer failed half way")    \
	X(NOT_LOGGED, "not-logged",                                            \
	  "an event was extended that the log does not have",                  \
	  "distrust the log: it was cut or edited")                            \
	X(LOG_ORDER, "log-order",                                              \
	  "the log has its events in another order than they were extended",   \
	  "distrust the log: it was edited")                                   \
	X(LOG_LATER, "log-later",                                              \
	  "the log goes on after the quote was made",                          \
	  "take the quote and the log at the same moment")                     \
	X(LOG_FOREIGN, "log-foreign",                                          \
	  "the log does not replay to the quote",                              \
	  "take quote and log from the same running guest; if they are, "      \
	  "distrust the log: it was cut or edited")                            \
	X(NOT_MEASURED, "not-measured",                                        \
	  "RTMR0 to RTMR2 are zero: this firmware measures nothing",           \
	  "use a firmware with TdTcg2Dxe, such as Ubuntu's "                   \
	  "OVMF.inteltdx.fd; Debian 12's OVMF.fd has none")                    \
	X(NO_TD, "no-td", "MRTD is zero: this is not the quote of a TD",       \
	  "take the quote in a running TD")                                    \
	X(DEBUG, "debug",                                                      \
	  "the TD runs in debug mode: the host can read and change it",        \
	  "start it without the debug attribute; nothing in it is secret")     \
	X(PADDED, "padded",                                                    \
	  "zeros follow the quote; they do no harm here",                      \
	  "some tools refuse or hash them: cut the quote to its own length")   \
	X(UNKNOWN, "unknown", "no known cause explains it",                    \
	  "collect what is named below and ask again")
/* clang-format on */

enum explain_cause {
#define X(name, slug, sentence, advice) EXPLAIN_##name,
	EXPLAIN_CAUSE_LIST(X)
#undef X
};

/* "memory"; a sentence without a full stop; what to do about it. */
const char *explain_cause_name(enum explain_cause c);
const char *explain_cause_sentence(enum explain_cause c);
const char *explain_cause_advice(enum explain_cause c);

/* An event: TCG type, digest unless it cannot be known, a word for people. The
 * text is the caller's and outlives the call. */
struct explain_event {
	uint32_t type;
	bool known;
	uint8_t digest[SHA384_LEN];
	const char *what;
};

/* A firmware that is known: its MRTD in both orders, its variable store. */
struct explain_firmware {
	const char *name;
	uint8_t mrtd[2][SHA384_LEN]; /* by enum mrtd_order */
	bool has_cfv;
	uint8_t cfv[SHA384_LEN];
	const struct tdvf *tdvf;
};

/* A machine whose registers are known, of the reference or of another file. */
struct explain_machine {
	const char *source; /* the file it is from */
	size_t reference;   /* machines of one file have the same number */
	bool primary;       /* one of the reference: may be the expected one */
	bool sim;           /* of an image with simulated TDX */
	enum platform platform;
	enum mrtd_order order;
	uint64_t memory_bytes;
	uint32_t cpus;
	const char *machine_type; /* "" unless gcp */
	const char *acpi_release; /* as well */
	size_t firmware;          /* index into explain_in.firmware */
	uint8_t mrtd[SHA384_LEN];
	bool known[3];
	uint8_t rtmr[3][SHA384_LEN];
	bool has_events; /* else only the values are known */
	const struct explain_event *ev[3];
	size_t nev[3];
};

/* Something else that may have been measured: an image's partition table or
 * binary, a command line, an initrd. */
struct explain_candidate {
	unsigned rtmr;
	enum explain_cause cause;
	struct explain_event ev;
	/* It comes before or after another in place of nothing (a command line
	   where none is expected); else it takes an event of its type's place.
	 */
	bool optional;
};

struct explain_in {
	const struct quote_body *body;
	size_t padding; /* struct quote */
	const struct explain_machine *machine;
	size_t nmachines; /* at least one of them primary */
	const struct explain_firmware *firmware;
	size_t nfirmware;
	const struct explain_candidate *candidate;
	size_t ncandidates;
	/* The instance's configuration; ptr NULL: not given */
	struct slice config;
	/* The log's extended events by register; log_covers: it tells
	   everything about the register. */
	const struct explain_event *log[RTMR_COUNT];
	size_t nlog[RTMR_COUNT];
	bool log_covers[RTMR_COUNT];
	uint64_t budget; /* hash operations; 0: EXPLAIN_BUDGET */
};

enum explain_state {
	EXPLAIN_EQUAL,
	EXPLAIN_DIFFERS,
	EXPLAIN_OPEN /* the reference does not say what it should be */
};

/* How well a change is founded. */
enum explain_proof {
	EXPLAIN_PROVED, /* the changed events replay to the quote's value, and
			   what was measured is known */
	EXPLAIN_LOGGED, /* the log shows the event and replays to the quote;
			   what lies behind its digest is not known */
	EXPLAIN_GUESSED /* nothing fits: this is the likeliest of the rest */
};

const char *explain_proof_name(enum explain_proof p); /* "proved" */

/* One event (or MRTD itself) that is not as expected. */
struct explain_change {
	enum explain_cause cause;
	enum explain_proof proof;
	int reg;   /* 0 MRTD, 1..4 RTMR0..3, or EXPLAIN_NO_REGISTER */
	int index; /* of the event as expected, from 0; for one that is not
		      expected, as measured; or EXPLAIN_NO_EVENT */
	uint32_t type;
	/* Where the log is what is wrong (not-extended, not-logged,
	   log-order): what was extended, and what the log says. */
	bool has_expected, has_observed;
	uint8_t expected[SHA384_LEN], observed[SHA384_LEN];
	char event[EXPLAIN_TEXT];  /* what the event is about */
	char detail[EXPLAIN_TEXT]; /* "4096 MiB instead of 2048 MiB" */
};

struct explain_register {
	enum explain_state state;
	bool explained; /* equal, or changes account for all of it */
	bool log_replays;
	uint8_t expected[SHA384_LEN]; /* unless EXPLAIN_OPEN */
	uint8_t observed[SHA384_LEN];
	uint64_t tried; /* values computed and compared */
};

/* Changes with one cause and one detail are one row of the ranking: proved
 * ones first, those of more registers before those of fewer. */
struct explain_ranked {
	enum explain_cause cause;
	enum explain_proof proof;
	size_t nchanges;
	size_t first; /* index of its first change */
};

struct explain_out {
	bool match;     /* nothing differs: all that the reference says holds */
	size_t machine; /* the one that was expected */
	struct explain_register reg[EXPLAIN_REGISTERS];
	size_t nchanges;
	struct explain_change change[EXPLAIN_CHANGES];
	size_t dropped; /* changes for which there was no room */
	size_t ncauses;
	struct explain_ranked cause[EXPLAIN_CAUSES];
	uint64_t tried, hashes; /* candidates, and extends they took */
	bool exhausted;         /* the budget ended the search */
};

/* Errors: ERR_MISSING no primary machine; ERR_LIMIT more events than
 * EXPLAIN_LIST_IN in a register; ERR_VALUE a machine's firmware is not in the
 * list; ERR_SPACE no memory. */
MUST_CHECK enum err explain(const struct explain_in *in,
			    struct explain_out *out);
#endif
