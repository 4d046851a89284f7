/* qemu.h - the QEMU command of an instance, made from one table of options. */
#ifndef HOST_VM_QEMU_H
#define HOST_VM_QEMU_H

#include "lib/bytes.h"

enum accel {
	ACCEL_AUTO,
	ACCEL_KVM,
	ACCEL_TCG
};

/* "auto", "kvm", "tcg". accel_parse: ERR_UNKNOWN. */
const char *accel_name(enum accel a);
MUST_CHECK enum err accel_parse(struct slice s, enum accel *out);

struct qemu_version {
	uint32_t major, minor;
};

/* TDX guests: the version that has the tdx-guest object. */
enum {
	QEMU_TDX_MAJOR = 10,
	QEMU_TDX_MINOR = 1
};

/* Out of the first line of `qemu-system-x86_64 --version`. ERR_VALUE. */
MUST_CHECK enum err qemu_version_parse(struct slice text,
				       struct qemu_version *out);
bool qemu_has_tdx(const struct qemu_version *v);

struct qemu_spec {
	const char *binary;
	const char *name;
	bool tdx;         /* else simulated */
	enum accel accel; /* not ACCEL_AUTO */
	const char *firmware, *image;
	uint64_t memory_bytes; /* a multiple of 1 MiB */
	uint32_t cpus;
	uint16_t host_port, guest_port; /* of the agent's API */
	/* Shell words of the command that answers one metadata request on its
	 * standard input and output. Absent: no metadata server. */
	const char *metadata_command;
	/* "vsock:CID:PORT", or a path: the quote generation service of a TDX
	 * host. */
	const char *qgs;
	/* Not an instance: the machine of a TD, without TDX and stopped after
	   its power-off, for capture.h. Then tdx is false. */
	bool capture;
	uint32_t phys_bits;  /* capture: physical address bits of the CPU */
	uint32_t more_disks; /* capture: empty ones, after the network */
};

/* Files that QEMU makes or connects to, in its working folder. */
#define QEMU_CONSOLE_LOG  "console.log"
#define QEMU_SIM_SOCKET   "sim.sock"
#define QEMU_QMP_SOCKET   "qmp.sock"
#define QEMU_QTEST_SOCKET "qtest.sock"

enum {
	QEMU_ARGS_MAX = 96,
	QEMU_MORE_DISKS_MAX = 7,
	QEMU_TEXT_MAX = 24 * 1024
};

/* A command line and the memory that it points into. */
struct qemu_command {
	char *argv[QEMU_ARGS_MAX + 1]; /* NULL-terminated */
	size_t argc;
	char text[QEMU_TEXT_MAX];
};

/* Errors: ERR_SPACE; ERR_VALUE: qgs is in neither form; ERR_LIMIT: more_disks.
 */
MUST_CHECK enum err qemu_command(const struct qemu_spec *spec,
				 struct qemu_command *out);
#endif
