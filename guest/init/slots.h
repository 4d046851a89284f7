/* slots.h - the job processes: one slot, one uid, one process each. */
#ifndef GUEST_INIT_SLOTS_H
#define GUEST_INIT_SLOTS_H

#include <sys/types.h>

#include "lib/bytes.h"
#include "lib/limit.h"

struct slots {
	pid_t pid[LIMIT_JOBS]; /* 0: free */
};

/* Starts a job process in a free slot; *agent_end is the agent's end of its
 * socket pair. ERR_STATE: the slot is taken; ERR_IO. */
MUST_CHECK enum err slots_spawn(struct slots *s, uint8_t slot, int *agent_end);

/* Kills the job in the slot. ERR_STATE: there is none. */
MUST_CHECK enum err slots_kill(struct slots *s, uint8_t slot);

/* The slot of a process that has ended, which is then free; -1: not a job. */
int slots_ended(struct slots *s, pid_t pid);
#endif
