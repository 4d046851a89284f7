/* instance.h - an instance as files in its folder under the state folder:
 *
 *   instance.json   what was asked for; written once, by `run`
 *   status.json     what has become of it; written by its supervisor alone
 *   lock            held by the supervisor as long as it lives
 *   pid             the supervisor, by pid, start time and boot
 *   config.json     the guest's configuration (0600)
 *   operator.token  shown to the agent's API (0600)
 *   console.log     the guest's first serial port
 *   supervisor.log, qemu.log
 *   attested.json   keys of the agent that passed `attest`
 *
 * Nothing runs without its supervisor: QEMU dies with it. So an instance whose
 * status says "running" and whose supervisor is gone is stale, and its pid, if
 * somebody else has it now, is not touched. */
#ifndef HOST_VM_INSTANCE_H
#define HOST_VM_INSTANCE_H

#include "host-launcher/lib/file.h"
#include "host-launcher/lib/proc.h"
#include "host-launcher/vm/qemu.h"
#include "lib/digest.h"

#define INSTANCE_SPEC     "instance.json"
#define INSTANCE_STATUS   "status.json"
#define INSTANCE_PID      "pid"
#define INSTANCE_CONFIG   "config.json"
#define INSTANCE_TOKEN    "operator.token"
#define INSTANCE_ATTESTED "attested.json"
#define INSTANCE_LOG      "supervisor.log"
#define INSTANCE_QEMU_LOG "qemu.log"

enum {
	INSTANCE_NAME_MAX = 40,
	INSTANCE_DETAIL_CAP = 200,
	INSTANCE_JSON_MAX = 32 * 1024
};

struct instance_spec {
	char name[INSTANCE_NAME_MAX + 1];
	bool simulated;
	enum accel accel;
	uint64_t memory_bytes;
	uint32_t cpus;
	uint16_t api_port;   /* on 127.0.0.1 */
	uint16_t guest_port; /* in the guest */
	int64_t created_ms;
	char image[PATH_CAP], firmware[PATH_CAP], qemu[PATH_CAP];
	char qgs[PATH_CAP]; /* "" when simulated */
};

/* clang-format off */
#define INSTANCE_STATE_LIST(X) \
	X(STARTING, "starting") \
	X(RUNNING,  "running") \
	X(STOPPED,  "stopped") /* as asked, or the guest powered off */ \
	X(FAILED,   "failed") \
	X(STALE,    "stale")   /* never in a file */
/* clang-format on */

enum instance_state {
#define X(name, text) INSTANCE_##name,
	INSTANCE_STATE_LIST(X)
#undef X
};

const char *instance_state_name(enum instance_state s);

struct instance_status {
	enum instance_state state;
	enum accel accel; /* the one in use */
	int64_t updated_ms;
	uint64_t quotes;                  /* given so far (simulated only) */
	char detail[INSTANCE_DETAIL_CAP]; /* why it failed; one line */
	/* Simulated only: what the load measured. */
	bool measured;
	uint8_t mrtd[SHA384_LEN];
	uint8_t rtmr[4][SHA384_LEN];
};

/* Letters, digits, '.', '_', '-'; first one a letter or digit. */
bool instance_name_ok(struct slice s);

/* The folder of `name`, and the folder of all of them. Not made. ERR_VALUE: not
 * a name; state_root's errors. */
MUST_CHECK enum err instance_dir(const char *name, char out[static PATH_CAP]);
MUST_CHECK enum err instances_dir(char out[static PATH_CAP]);

MUST_CHECK enum err instance_spec_write(const char *dir,
					const struct instance_spec *s);
MUST_CHECK enum err instance_spec_read(const char *dir,
				       struct instance_spec *out);
MUST_CHECK enum err instance_status_write(const char *dir,
					  const struct instance_status *s);

/* Reads the status; a state that needs a supervisor is INSTANCE_STALE without
 * one. A folder without a status yet is INSTANCE_STALE, too. */
MUST_CHECK enum err instance_status_read(const char *dir,
					 struct instance_status *out);

bool instance_is_live(enum instance_state s); /* starting or running */

/* Takes the instance for this process and those that it forks, until the last
 * of them ends or closes *fd (close-on-exec). ERR_STATE: somebody has it, so it
 * lives. ERR_IO. */
MUST_CHECK enum err instance_lock(const char *dir, int *fd);

/* The supervisor as its pid file names it. ERR_MISSING, ERR_VALUE. */
MUST_CHECK enum err instance_supervisor(const char *dir, struct proc *out);

/* The last line of a log's last 4 KiB that holds `mark`, from the mark on; the
 * last line that is not empty when mark is "". False, and out unchanged, when
 * there is none. */
bool log_last_line(const char *path, const char *mark, char *out, size_t cap);
#endif
