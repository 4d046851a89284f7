/* broker.h - what the unprivileged agent may ask of init, over a SOCK_SEQPACKET
 * socket pair: one packet a message, fixed layout, no pointers. Init answers
 * each request with one packet of the same op and id; BROKER_EXITED comes
 * unasked. Anything malformed ends the agent (and so the boot). */
#ifndef GUEST_SYS_BROKER_H
#define GUEST_SYS_BROKER_H

#include "lib/bytes.h"
#include "lib/limit.h"
#include "lib/reportdata.h"

enum broker_op {
	BROKER_QUOTE = 1, /* in: reportdata; out: quote */
	BROKER_SPAWN,     /* in: slot; out: the job's socket (SCM_RIGHTS) */
	BROKER_KILL,      /* in: slot: SIGKILL the job there */
	BROKER_CLOCK,  /* in: unix_ms: set the clock; refused before the build
			  epoch and after the first time */
	BROKER_LOG,    /* in: slot = enum console_line, status = number,
			  text = name; no answer */
	BROKER_EXITED, /* from init: slot, status (wait status) */
};

struct broker_msg {
	uint8_t op;   /* enum broker_op */
	uint8_t err;  /* enum err, in answers */
	uint8_t slot; /* 0 .. LIMIT_JOBS - 1 */
	uint8_t pad;
	uint32_t id;
	int64_t unix_ms;
	int32_t status;
	uint32_t quote_len;
	char text[64]; /* NUL-terminated, name_ok() or empty */
	uint8_t reportdata[REPORTDATA_LEN];
	uint8_t quote[LIMIT_QUOTE_BYTES];
};

/* Sends one message; pass_fd -1 for none. Blocks when the pair is full, or says
 * ERR_AGAIN when the socket is non-blocking. ERR_CLOSED, ERR_LIMIT, ERR_IO. */
MUST_CHECK enum err broker_send(int fd, const struct broker_msg *m,
				int pass_fd);

/* Receives one message. *got_fd is -1 or a new descriptor. ERR_AGAIN (only when
 * the socket is non-blocking), ERR_CLOSED, ERR_VALUE (malformed), ERR_IO. */
MUST_CHECK enum err broker_recv(int fd, struct broker_msg *m, int *got_fd);

/* Whether a received message is a request the agent may make: only the fields
 * that its op uses are set, slot in range, and for BROKER_LOG one of the lines
 * from CONSOLE_NONCE to CONSOLE_REPORT. ERR_UNKNOWN: no request; ERR_VALUE. */
MUST_CHECK enum err broker_check_request(const struct broker_msg *m);

/* What init tells the agent when it starts it (argv-free: a first packet). */
struct agent_start {
	uint64_t build_epoch_s; /* the clock is never before this */
	char provider[32];      /* content of configfs-tsm's provider file */
	uint32_t config_len;
	uint8_t config[LIMIT_CONFIG_BYTES]; /* bytes as received */
};

/* Entry points of the children; each returns its exit status. Descriptor
 * `broker` is the pair to init, `agent` a SOCK_STREAM pair to the agent. */
int agent_main(int broker, const struct agent_start *start);
int job_main(int agent);
#endif
