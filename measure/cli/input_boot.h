/* input_boot.h - the options that describe what starts, and what it is given.
 * Each function prints what is wrong and returns an exit code. */
#ifndef MEASURE_CLI_INPUT_BOOT_H
#define MEASURE_CLI_INPUT_BOOT_H

#include "measure/cli/cli.h"
#include "measure/lib/predict.h"

/* The options of the boot path. */
#define INPUT_BOOT_OPTS                                                        \
	{ "cmdline", "TEXT", "with -kernel: what -append says", 0 },           \
		{ "initrd", "FILE", "with -kernel: what -initrd names", 0 },   \
		{ "chain", "FILE",                                             \
		  "a program that starts, in order: BOOTX64.EFI first",        \
		  CLI_MANY },                                                  \
		{ "measured", "FILE",                                          \
		  "what it measures into RTMR2: a list or an event log", 0 },  \
		{ "kernel-measures", "yes|no",                                 \
		  "whether its EFI stub does in a TD (by its version)", 0 },   \
		{ "stub-measures", "yes|no",                                   \
		  "whether a UKI's stub does in a TD (by its version)", 0 },   \
		{ "initrd-first", NULL,                                        \
		  "edk2 after 2025.02: initrd= before the command line", 0 },  \
	{                                                                      \
		"noinitrd", NULL,                                              \
			"the kernel has noinitrd in its built-in command "     \
			"line",                                                \
			0                                                      \
	}

/* Files of these options; zero it first. */
struct boot_files {
	struct cli_file initrd, measured, chain[CHAIN_MAX];
	struct slice programs[CHAIN_MAX];
};

/* Fills the boot path's part of `in`, and opens what it names. Close the files
 * in any case. */
int input_boot(const struct cli *c, struct boot_files *f,
	       struct predict_in *in);
void boot_files_close(struct boot_files *f);
#endif
