/* console.h - the fixed list of lines that the guest may print on its console.
 * A line is its text, then at most one name (name_ok() or it is left out) and
 * one number; nothing else has a way to the console, so no secret has. */
#ifndef GUEST_SYS_CONSOLE_H
#define GUEST_SYS_CONSOLE_H

#include "lib/bytes.h"

/* clang-format off */
#define CONSOLE_LIST(X) \
	X(BOOT,           "ee: boot") \
	X(STEP,           "ee: step") \
	X(LEASE,          "ee: network lease") \
	X(CONFIG,         "ee: config bound bytes") \
	X(PROVIDER,       "ee: quote provider") \
	X(NONCE,          "ee: nonce received") \
	X(QUOTE,          "ee: quote bytes") \
	X(REGISTERED,     "ee: registered agent") \
	X(REGISTER_RETRY, "ee: registration refused, next try in ms") \
	X(HEARTBEAT_LOST, "ee: control plane lost") \
	X(HEARTBEAT_BACK, "ee: control plane back") \
	X(API,            "ee: api listening on port") \
	X(JOB_START,      "ee: job started") \
	X(JOB_STOP,       "ee: job stopped ticks") \
	X(JOB_FAILED,     "ee: job failed") \
	X(REPORT,         "ee: report signed sequence") \
	X(AGENT_EXIT,     "ee: agent ended status") \
	X(CHILD_EXIT,     "ee: child ended") \
	X(POWEROFF,       "ee: power off")
/* clang-format on */

enum console_line {
#define X(name, text) CONSOLE_##name,
	CONSOLE_LIST(X)
#undef X
	CONSOLE_LINES
};

/* Opens the console for writing; lines before that go nowhere. ERR_IO. */
MUST_CHECK enum err console_open(const char *path);
/* Waits until everything printed has left the machine. */
void console_drain(void);

/* Prints one line to the console (init only). name may be NULL; number is left
 * out when it is negative. */
void console(enum console_line line, const char *name, int64_t number);

/* The one line of a failed boot: "FATAL <step>: <reason>". Both are texts of
 * ours, or the name of a configuration key. */
void console_fatal(const char *step, const char *reason, const char *detail);

/* The same lines into a writer. ERR_VALUE in w: no such line. */
void console_line(struct wr *w, enum console_line line, const char *name,
		  int64_t number);
void console_fatal_line(struct wr *w, const char *step, const char *reason,
			const char *detail);
#endif
