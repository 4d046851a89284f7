/* verbs.h - the verbs of ee-launcher and their options; the table is in main.c,
 * each verb in a file of its own. */
#ifndef HOST_CLI_VERBS_H
#define HOST_CLI_VERBS_H

#include "host-launcher/lib/args.h"
#include "host-launcher/lib/file.h"

/* The machine of run and acpi, where the options do not say. */
enum {
	DEFAULT_MEMORY = 128 * 1024 * 1024
};
#define DEFAULT_QEMU "qemu-system-x86_64"

struct run_opts {
	bool sim, tdx;
	const char *image, *firmware, *accel, *qemu, *qgs;
	uint64_t memory, cpus, api_port, guest_port, heartbeat, wait;
	const char *control_plane, *control_plane_ca;
	const char *node_size, *datacenter;
	struct arg_list venues;
};

struct show_opts {
	const char *format;
};

struct logs_opts {
	bool follow;
	const char *which;
};

struct stop_opts {
	bool remove;
};

/* What a caller trusts; the same for attest and for job start. */
struct trust_opts {
	struct arg_list references;
	const char *reference_key, *policy, *collateral, *sim_root;
};

struct attest_opts {
	struct trust_opts trust;
	const char *format;
};

struct start_opts {
	struct trust_opts trust;
	const char *type, *campaign, *exchange, *pair, *parameters;
	const char *credentials, *format;
};

struct report_opts {
	const char *out;
};

struct acpi_opts {
	const char *image, *firmware, *qemu, *out, *format;
	uint64_t memory, cpus, disks, phys_bits;
};

struct metadata_opts {
	const char *state;
};

struct pki_opts {
	const char *out, *format;
};

#define VERB(name)                                                             \
	enum exit_status name(const char *const *operands, size_t n,           \
			      const void *opts)

VERB(cmd_run);
VERB(cmd_list);
VERB(cmd_status);
VERB(cmd_logs);
VERB(cmd_stop);
VERB(cmd_attest);
VERB(cmd_job_start);
VERB(cmd_job_stop);
VERB(cmd_job_status);
VERB(cmd_job_report);
VERB(cmd_doctor);
VERB(cmd_acpi);
VERB(cmd_sim_pki);
VERB(cmd_metadata_serve);

/* Whether `-o` asks for JSON. STATUS_USAGE and a complaint for anything but
 * "json" and "text". */
enum exit_status wants_json(const char *format, bool *json);

/* The absolute path of what is there: the supervisor, and QEMU, work in other
 * folders. STATUS_UNAVAILABLE and a complaint when nothing is. */
enum exit_status resolve(const char *path, char out[static PATH_CAP]);

/* The folder of an instance that exists, with a complaint when it does not. */
enum exit_status find_instance(const char *name, char *dir);
#endif
