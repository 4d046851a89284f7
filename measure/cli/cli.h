/* cli.h - what the commands of ee-measure share: the tables that describe them,
 * the parsed command line, reading of inputs, and the exit codes. */
#ifndef MEASURE_CLI_CLI_H
#define MEASURE_CLI_CLI_H

#include "lib/json.h"

/* Exit codes, the same in all programs of this tree. */
enum {
	CLI_DONE = 0,        /* yes, or done */
	CLI_REFUSED = 1,     /* a verdict: no */
	CLI_USAGE = 2,       /* the command line is wrong */
	CLI_MALFORMED = 3,   /* an input is not what it should be */
	CLI_UNAVAILABLE = 4, /* a file or a service cannot be had */
	CLI_INTERNAL = 5,
};

enum {
	CLI_MAX_OPTS = 80,
	CLI_MAX_OPERANDS = 4
};

enum {
	CLI_REQUIRED = 1,
	CLI_MANY = 2, /* may be given more than once */
};

/* One option: "--name ARG", or a switch when arg is NULL. A table of them ends
 * with a zero entry. Every command has "-o json" and "--help" besides. */
struct cli_opt {
	const char *name; /* without the dashes */
	const char *arg;  /* "FILE", as printed in the usage */
	const char *help;
	unsigned flags;
};

struct cli;

/* One command. Usage and help are generated from it. */
struct cli_cmd {
	const char *name;     /* "mrtd", or two words: "quote verify" */
	const char *operands; /* "FIRMWARE" */
	size_t noperands;     /* exactly */
	const char *summary;
	const struct cli_opt *opts;
	int (*run)(const struct cli *c); /* returns an exit code */
};

/* A command line that was parsed without error. Strings are argv's. */
struct cli {
	const struct cli_cmd *cmd;
	const char *source_id; /* as cli_main got it */
	const char *operand[CLI_MAX_OPERANDS];
	bool json; /* -o json */
	size_t n;
	struct {
		const struct cli_opt *opt;
		const char *value; /* "" for a switch */
	} given[CLI_MAX_OPTS];
};

/* Runs the command that argv names; returns the exit code. cmds ends with NULL;
 * source_id (measure/lib/version.h) is what --version prints. */
int cli_main(const char *program, const char *source_id,
	     const struct cli_cmd *const *cmds, int argc, char **argv);

/* The value of --name, or NULL when it was not given; the i-th one of an option
 * that may be given more than once. */
const char *cli_get(const struct cli *c, const char *name);
const char *cli_nth(const struct cli *c, const char *name, size_t i);
bool cli_has(const struct cli *c, const char *name);

/* Prints "program: ..." on stderr and returns code. */
int cli_fail(int code, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Prints "program: note: ..." on stderr. */
void cli_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A file in memory. release it with cli_close. */
struct cli_file {
	struct slice data;
	void *mem;      /* malloc'ed, or the mapping */
	size_t map_len; /* not 0 when mapped */
};

/* Reads all of the file, or standard input for "-", at most max bytes. Prints
 * what went wrong. Returns CLI_DONE, CLI_UNAVAILABLE or CLI_MALFORMED (too
 * large). cli_map does the same and maps regular files instead of reading. */
int cli_read(const char *path, size_t max, struct cli_file *out);
int cli_map(const char *path, size_t max, struct cli_file *out);
void cli_close(struct cli_file *f);

/* Reads at most cap bytes of a private key or an API key: a plain file that is
 * its owner's alone. The process leaves no core from then on. Wipe what it
 * gave. Prints what went wrong and returns an exit code. */
int cli_read_private(const char *path, uint8_t *out, size_t cap, size_t *len);

/* Writes text to the file whole or not at all; to standard output when path is
 * NULL. */
int cli_write(const char *path, struct slice text);

/* "2G", "512M", "4096K" or bytes. ERR_VALUE; also for less than 1 MiB without a
 * unit: whoever writes 2048 does not mean bytes. */
MUST_CHECK enum err cli_size(const char *s, uint64_t *out);

/* RFC 3339 in UTC, or Unix seconds; out in Unix seconds. ERR_VALUE. */
MUST_CHECK enum err cli_time(const char *s, int64_t *out);

/* The time of --at; where it is not given, *out stays. CLI_DONE, or what
 * cli_fail said. */
int cli_at(const struct cli *c, int64_t *out);

/* Writes the finished text to stdout. CLI_UNAVAILABLE when that fails.
 * cli_print_wr writes what is in w; CLI_INTERNAL when it did not fit there. */
int cli_print(struct slice text);
int cli_print_wr(const struct wr *w);

/* The commands of the program, one file each. */
extern const struct cli_cmd cmd_image, cmd_mrtd, cmd_reference;
extern const struct cli_cmd cmd_gcp_endorsement, cmd_gcp_quote;
extern const struct cli_cmd cmd_quote_show, cmd_quote_verify;
extern const struct cli_cmd cmd_report_verify, cmd_explain;
extern const struct cli_cmd cmd_release_sign, cmd_release_verify;
extern const struct cli_cmd cmd_release_export, cmd_release_diff;
extern const struct cli_cmd cmd_token_show, cmd_token_verify;
extern const struct cli_cmd cmd_collateral_fetch, cmd_collateral_show;
extern const struct cli_cmd cmd_collateral_verify;
extern const struct cli_cmd cmd_policy_check, cmd_policy_explain;
extern const struct cli_cmd cmd_token_nonce, cmd_token_fetch, cmd_token_jwks;
extern const struct cli_cmd cmd_eventlog_show, cmd_eventlog_replay;
#endif
