/* proc.h - processes named so that a reused pid is recognised: by pid and start
 * time (clock ticks since the machine's boot, /proc/PID/stat field 22, proc(5))
 * and the machine's boot id, all in one line of text. */
#ifndef HOST_LIB_PROC_H
#define HOST_LIB_PROC_H

#include <sys/types.h>

#include "lib/bytes.h"

struct proc {
	pid_t pid;
	uint64_t start;   /* clock ticks after boot */
	char boot_id[37]; /* /proc/sys/kernel/random/boot_id */
};

enum {
	PROC_TEXT_CAP = 96
};

/* Names a live process. ERR_MISSING: there is none, or it is a zombie. */
MUST_CHECK enum err proc_of(pid_t pid, struct proc *out);

/* True when that very process still runs. */
bool proc_alive(const struct proc *p);

/* kill(2) if it still runs; false when it does not. */
bool proc_signal(const struct proc *p, int sig);

/* "PID START BOOT_ID". ERR_VALUE when reading another form. */
void proc_format(const struct proc *p, char out[static PROC_TEXT_CAP]);
MUST_CHECK enum err proc_parse(struct slice in, struct proc *out);

/* State and start time out of the content of /proc/PID/stat; the command's
 * name in it may hold spaces and parentheses. ERR_VALUE. */
MUST_CHECK enum err proc_stat_parse(struct slice in, char *state,
				    uint64_t *start);
#endif
