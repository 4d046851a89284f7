/* quoter.h - one quote at a time, each asked for by a child, so that init stays
 * responsive while the platform takes its seconds. */
#ifndef GUEST_INIT_QUOTER_H
#define GUEST_INIT_QUOTER_H

#include <sys/types.h>

#include "sys/broker.h"
#include "sys/tsm.h"

enum {
	QUOTER_QUEUE = 4
};

struct quoter_job {
	uint32_t id;
	uint8_t reportdata[REPORTDATA_LEN];
};

struct quoter {
	char provider[TSM_PROVIDER_LEN]; /* what the boot saw */
	struct quoter_job queue[QUOTER_QUEUE];
	size_t waiting; /* queue[0] is in flight when pid is not 0 */
	pid_t pid;
	int result;          /* its pipe */
	int64_t deadline_ms; /* after which it is killed */
};

/* The provider of the platform's quotes, into q. Errors of tsm_provider. */
MUST_CHECK enum err quoter_init(struct quoter *q);

/* Queues a request. ERR_SPACE. */
MUST_CHECK enum err quoter_add(struct quoter *q, uint32_t id,
			       const uint8_t reportdata[static REPORTDATA_LEN]);

/* Starts the oldest request when none is in flight; kills one that is late.
 * ERR_IO: no process to be had. */
MUST_CHECK enum err quoter_tick(struct quoter *q, int64_t now_ms);

/* Its process (q->pid) has ended: fills in the answer. */
void quoter_ended(struct quoter *q, struct broker_msg *answer);
#endif
