/* input.h - inputs that more than one command takes. Each function prints what
 * is wrong and returns an exit code. */
#ifndef MEASURE_CLI_INPUT_H
#define MEASURE_CLI_INPUT_H

#include "measure/cli/cli.h"
#include "measure/lib/eventlog.h"
#include "measure/lib/platformdir.h"
#include "measure/lib/predict.h"

/* The largest image: a GCE disk is a multiple of 1 GiB. */
#define INPUT_MAX_IMAGE (16ULL << 30)
enum {
	INPUT_MAX_VARS = 24,
	INPUT_MAX_BLOB = 4 * 1024 * 1024
};

/* The options that describe the machine. */
#define INPUT_MACHINE_OPTS                                                     \
	{ "platform", "qemu|gcp|sim", "what boots it (qemu)", 0 },             \
		{ "memory", "SIZE", "of the VM: 512M, 2G (2G)", 0 },           \
		{ "cpus", "N", "of the VM (2)", 0 },                           \
		{ "machine-type", "NAME", "gcp: c3-standard-4 and so on", 0 }, \
		{ "acpi-release", "NAME",                                      \
		  "gcp: host release of the ACPI tables (the newest known)",   \
		  0 },                                                         \
		{ "second-disk", NULL, "gcp: a data disk is attached", 0 },    \
	{                                                                      \
		"stub-keys", NULL,                                             \
			"gcp: the image was created with the constant keys", 0 \
	}

/* A firmware image and its metadata. Close fw when CLI_DONE is returned. */
int input_firmware(const char *path, struct cli_file *fw, struct tdvf *t);

/* Fills the machine's part of `in` from the options. */
int input_machine(const struct cli *c, struct predict_in *in);

/* Files that a prediction is made from; zero it first. */
struct input_files {
	struct cli_file firmware, image, config;
	struct cli_file acpi[PLATFORM_ACPI_BLOBS], item[PLATFORM_ITEMS];
	uint8_t endorsed_mrtd[SHA384_LEN], cfv_sha384[SHA384_LEN];
	struct cli_file var[INPUT_MAX_VARS];
	char var_name[INPUT_MAX_VARS][16];
	struct efi_var vars[INPUT_MAX_VARS];
	size_t nvars;
	uint8_t config_sha384[SHA384_LEN];
};

/* Opens what the options of `image` name, and points `in` at it. Close the
 * files in any case. */
int input_predict(const struct cli *c, struct input_files *f,
		  struct predict_in *in);
void input_files_close(struct input_files *f);

/* One --efi-var NAME=FILE. */
int input_add_var(struct input_files *f, const char *text);

/* The options that say what differs from current firmware. */
#define INPUT_QUIRK_OPTS                                                       \
	{ "two-pass", NULL,                                                    \
	  "MRTD as Intel's out-of-tree QEMU 6 to 8 makes it", 0 },             \
		{ "old-separator", NULL,                                       \
		  "firmware of edk2 before 2024-08: separator in RTMR0", 0 },  \
		{ "unpatched-kernel", NULL,                                    \
		  "-kernel with QEMU 10.0 and edk2 2025.02 or later", 0 },     \
	{                                                                      \
		"fw-cfg-events", NULL,                                         \
			"firmware of edk2 2025.05 or later: fw_cfg in RTMR0",  \
			0                                                      \
	}

/* Sets the one of that name; false when there is none. */
bool input_quirk(const char *name, struct predict_in *in);

/* Points `in` at what `ee-launcher acpi` left in a folder, which must be of
 * this machine and firmware: fill these first; memory and CPUs that are zero
 * are filled from it. Boot variables come after those that are in f already. */
int input_acpi(const char *dir, struct input_files *f, struct predict_in *in);

/* --format, the form of an event log; LOG_AUTO when it is not given. */
int input_log_format(const struct cli *c, enum log_format *out);

/* Prints why a prediction failed; the exit code for it. */
int input_predict_failed(enum err e, const char *why);

/* A word to the user, once, when a TD of this firmware cannot show what is
 * predicted: some builds have TDX metadata and yet no TdTcg2Dxe, the driver
 * that measures into RTMRs. They say so nowhere, so they are known by their
 * MRTD. */
void input_note_firmware(enum platform platform,
			 const uint8_t mrtd[static SHA384_LEN]);
#endif
