/* args.h - the command line of a program with verbs, described by tables:
 *
 *   program verb [options] [operands]
 *
 * Usage texts are made from the tables. "--option VALUE" and "--option=VALUE"
 * are the two spellings; options and operands may be mixed; "--" ends options.
 * An option given twice is refused, except those that make lists. */
#ifndef HOST_LIB_ARGS_H
#define HOST_LIB_ARGS_H

#include <stdio.h>

#include "host-launcher/lib/exit.h"
#include "lib/bytes.h"

enum {
	ARG_LIST_MAX = 8,
	ARG_OPERANDS_MAX = 8,
	ARG_OPTS_SIZE = 1024
};

enum arg_kind {
	ARG_FLAG,   /* bool: no value */
	ARG_TEXT,   /* const char *: NULL when it is not given */
	ARG_NUMBER, /* uint64_t: decimal, 1 to max; 0 when it is not given */
	ARG_SIZE,   /* uint64_t bytes: decimal, with K, M or G for a unit; 0
		       when it is not given */
	ARG_LIST,   /* struct arg_list: may be given ARG_LIST_MAX times */
};

struct arg_list {
	const char *v[ARG_LIST_MAX];
	size_t n;
};

struct arg_opt {
	const char *name;  /* with its dashes: "--memory", "-o" */
	const char *value; /* what its value is called; NULL for a flag */
	const char *help;
	enum arg_kind kind;
	size_t at;    /* offsetof the destination in the verb's options */
	uint64_t max; /* ARG_NUMBER: 0 is any number, 0 too */
};

struct arg_verb {
	const char *name;           /* "run", or two words: "job start" */
	const char *operands;       /* as shown: "NAME [JOB]"; "" for none */
	const char *help;           /* one line */
	size_t min, max;            /* number of operands */
	const struct arg_opt *opts; /* ends with a NULL name; NULL for none */
	/* opts points to zeroed memory of ARG_OPTS_SIZE bytes, filled by the
	 * table. Answers the exit status. */
	enum exit_status (*run)(const char *const *operands, size_t n,
				const void *opts);
};

struct arg_program {
	const char *name, *help;
	const char *source_id;        /* as of measure/lib/version.h */
	const struct arg_verb *verbs; /* ends with a NULL name */
};

/* Finds the verb, parses, runs it. --help prints the usage to standard output
 * and answers 0, so does --version alone with "NAME sources ID"; a command line
 * that does not fit prints one line and the usage to standard error and answers
 * STATUS_USAGE. */
int args_main(const struct arg_program *p, int argc, char **argv);

/* Parses the options and operands of one verb. err_text receives what is wrong
 * (a static text) and err_arg the word at fault. operands has room for
 * ARG_OPERANDS_MAX. ERR_VALUE: the line does not fit the table. */
MUST_CHECK enum err args_parse(const struct arg_verb *v,
			       const char *const *argv, size_t argc, void *opts,
			       const char **operands, size_t *n,
			       const char **err_text, const char **err_arg);

/* A size as of ARG_SIZE, in bytes. ERR_VALUE, ERR_LIMIT. ERR_MISSING: less than
 * 1 MiB without a unit: whoever writes 2048 does not mean bytes. */
MUST_CHECK enum err size_parse(const char *s, uint64_t *bytes);

void args_usage(FILE *f, const struct arg_program *p, const struct arg_verb *v);

/* A message for people on standard error: "NAME: text". The program's name is
 * that of args_main. */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
#endif
