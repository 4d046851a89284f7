/* cli.c - the command line itself: finding the command, its options, and the
 * usage and help texts, all from the tables. */
#include "measure/cli/cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "measure/lib/printable.h"

static const char *program = "ee-measure";

/* One line. Names of files, and what untrusted files hold, may be in it. */
__attribute__((format(printf, 2, 0))) static void
tell(const char *prefix, const char *fmt, va_list ap)
{
	static char text[8192];

	vsnprintf(text, sizeof text, fmt, ap);
	printable(text);
	fprintf(stderr, "%s: %s%s\n", program, prefix, text);
}

int cli_fail(int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell("", fmt, ap);
	va_end(ap);
	return code;
}

void cli_note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell("note: ", fmt, ap);
	va_end(ap);
}

/* Whether word is the first of a command's two. */
static bool is_group(const struct cli_cmd *cmd, const char *word)
{
	size_t n = strlen(word);

	return strncmp(cmd->name, word, n) == 0 && cmd->name[n] == ' ';
}

/* All commands, or those of a group. */
static void usage_all(FILE *f, const struct cli_cmd *const *cmds,
		      const char *group)
{
	fprintf(f, "usage: %s COMMAND [options] [arguments]\n\n", program);
	for (; *cmds != NULL; cmds++)
		if (group == NULL || is_group(*cmds, group))
			fprintf(f, "  %-18s %s\n", (*cmds)->name,
				(*cmds)->summary);
	fprintf(f,
		"\n`%s COMMAND --help` lists a command's options; "
		"`%s --version`\nsays what it was built from.\n",
		program, program);
}

static void usage_line(FILE *f, const struct cli_cmd *cmd)
{
	fprintf(f, "usage: %s %s", program, cmd->name);
	for (const struct cli_opt *o = cmd->opts; o->name != NULL; o++) {
		const char *open = o->flags & CLI_REQUIRED ? "" : "[";
		const char *close = o->flags & CLI_REQUIRED ? "" : "]";

		fprintf(f, " %s--%s%s%s%s%s", open, o->name,
			o->arg != NULL ? " " : "", o->arg != NULL ? o->arg : "",
			close, o->flags & CLI_MANY ? "..." : "");
	}
	fprintf(f, " [-o json]%s%s\n", cmd->noperands > 0 ? " " : "",
		cmd->operands);
}

static void help(const struct cli_cmd *cmd)
{
	usage_line(stdout, cmd);
	printf("\n%s\n\n", cmd->summary);
	for (const struct cli_opt *o = cmd->opts; o->name != NULL; o++) {
		char left[64];

		snprintf(left, sizeof left, "--%s %s", o->name,
			 o->arg != NULL ? o->arg : "");
		printf("  %-28s %s\n", left, o->help);
	}
	printf("  %-28s %s\n", "-o json", "print JSON");
	printf("  %-28s %s\n", "--help", "print this text");
	puts("\nA file named - is standard input. Exit status: 0 yes or done, "
	     "1 refused,\n2 usage, 3 malformed input, 4 unavailable, "
	     "5 internal error.");
}

/* The number of words of name that argv starts with, or 0. */
static int name_words(const char *name, int argc, char **argv)
{
	const char *space = strchr(name, ' ');
	size_t first = space != NULL ? (size_t)(space - name) : strlen(name);

	if (argc < 1 || strlen(argv[0]) != first ||
	    memcmp(argv[0], name, first) != 0)
		return 0;
	if (space == NULL)
		return 1;
	return argc > 1 && strcmp(argv[1], space + 1) == 0 ? 2 : 0;
}

static const struct cli_opt *find_opt(const struct cli_cmd *cmd,
				      struct slice name)
{
	for (const struct cli_opt *o = cmd->opts; o->name != NULL; o++)
		if (slice_is(name, o->name))
			return o;
	return NULL;
}

/* Says what is wrong, then how it should be. */
__attribute__((format(printf, 2, 3))) static int
bad_usage(const struct cli_cmd *cmd, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	cli_fail(CLI_USAGE, "%s", text);
	usage_line(stderr, cmd);
	return CLI_USAGE;
}

static int add_opt(struct cli *c, const struct cli_opt *o, const char *value)
{
	if (!(o->flags & CLI_MANY) && cli_has(c, o->name))
		return bad_usage(c->cmd, "--%s is given twice", o->name);
	if (c->n == CLI_MAX_OPTS)
		return bad_usage(c->cmd, "too many options");
	c->given[c->n].opt = o;
	c->given[c->n++].value = value;
	return CLI_DONE;
}

/* "--name value", "--name=value" or "--switch" at argv[*i]. */
static int long_opt(struct cli *c, int argc, char **argv, int *i)
{
	const char *text = argv[*i] + 2, *eq = strchr(text, '=');
	struct slice name = str_slice(text);
	const struct cli_opt *o;

	if (eq != NULL)
		name.len = (size_t)(eq - text);
	o = find_opt(c->cmd, name);
	if (o == NULL)
		return bad_usage(c->cmd, "unknown option %s", argv[*i]);
	if (o->arg == NULL) {
		if (eq != NULL)
			return bad_usage(c->cmd, "--%s takes no value",
					 o->name);
		return add_opt(c, o, "");
	}
	if (eq != NULL)
		return add_opt(c, o, eq + 1);
	if (*i + 1 >= argc)
		return bad_usage(c->cmd, "--%s needs %s", o->name, o->arg);
	return add_opt(c, o, argv[++*i]);
}

static int output_opt(struct cli *c, int argc, char **argv, int *i)
{
	const char *form = argv[*i][2] != '\0' ? argv[*i] + 2
			   : *i + 1 < argc     ? argv[++*i]
					       : "";

	if (strcmp(form, "json") != 0 && strcmp(form, "text") != 0)
		return bad_usage(c->cmd, "-o takes json or text");
	c->json = strcmp(form, "json") == 0;
	return CLI_DONE;
}

static int operand(struct cli *c, size_t *n, const char *s)
{
	if (*n == c->cmd->noperands)
		return bad_usage(c->cmd, "unexpected argument %s", s);
	c->operand[(*n)++] = s;
	return CLI_DONE;
}

static int parse(struct cli *c, int argc, char **argv)
{
	size_t operands = 0;
	bool only_operands = false;

	for (int i = 0; i < argc; i++) {
		const char *a = argv[i];
		int rc;

		if (!only_operands && strcmp(a, "--") == 0) {
			only_operands = true;
			continue;
		}
		if (only_operands || a[0] != '-' || a[1] == '\0')
			rc = operand(c, &operands, a);
		else if (a[1] == '-')
			rc = long_opt(c, argc, argv, &i);
		else if (a[1] == 'o')
			rc = output_opt(c, argc, argv, &i);
		else
			rc = bad_usage(c->cmd, "unknown option %s", a);
		if (rc != CLI_DONE)
			return rc;
	}
	for (const struct cli_opt *o = c->cmd->opts; o->name != NULL; o++)
		if ((o->flags & CLI_REQUIRED) && !cli_has(c, o->name))
			return bad_usage(c->cmd, "--%s %s is required", o->name,
					 o->arg);
	if (operands < c->cmd->noperands)
		return bad_usage(c->cmd, "%s is missing", c->cmd->operands);
	return CLI_DONE;
}

static bool wants_help(int argc, char **argv)
{
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0)
			return true;
	return false;
}

/* Words that are no command; the first may be that of several. */
static int no_command(const struct cli_cmd *const *cmds, int argc, char **argv)
{
	const char *group = NULL;

	for (size_t i = 0; argc > 0 && cmds[i] != NULL; i++)
		if (is_group(cmds[i], argv[0]))
			group = argv[0];
	if (group != NULL && wants_help(argc, argv)) {
		usage_all(stdout, cmds, group);
		return fflush(stdout) == 0 ? CLI_DONE : CLI_UNAVAILABLE;
	}
	if (group != NULL && argc == 1)
		cli_fail(CLI_USAGE, "%s: say which of these", group);
	else if (argc > 0)
		cli_fail(CLI_USAGE, "unknown command %s%s%s", argv[0],
			 group != NULL ? " " : "",
			 group != NULL ? argv[1] : "");
	usage_all(stderr, cmds, group);
	return CLI_USAGE;
}

int cli_main(const char *name, const char *source_id,
	     const struct cli_cmd *const *cmds, int argc, char **argv)
{
	program = name;
	argc--;
	argv++;
	for (const struct cli_cmd *const *p = cmds; *p != NULL; p++) {
		int words = name_words((*p)->name, argc, argv);
		struct cli c = { .cmd = *p, .source_id = source_id };
		int rc;

		if (words == 0)
			continue;
		if (wants_help(argc - words, argv + words)) {
			help(*p);
			return fflush(stdout) == 0 ? CLI_DONE : CLI_UNAVAILABLE;
		}
		rc = parse(&c, argc - words, argv + words);
		return rc != CLI_DONE ? rc : (*p)->run(&c);
	}
	if (argc > 0 && strcmp(argv[0], "--help") == 0) {
		usage_all(stdout, cmds, NULL);
		return fflush(stdout) == 0 ? CLI_DONE : CLI_UNAVAILABLE;
	}
	if (argc == 1 && strcmp(argv[0], "--version") == 0) {
		printf("%s sources %s\n", program, source_id);
		return fflush(stdout) == 0 ? CLI_DONE : CLI_UNAVAILABLE;
	}
	return no_command(cmds, argc, argv);
}

const char *cli_nth(const struct cli *c, const char *name, size_t i)
{
	for (size_t k = 0; k < c->n; k++)
		if (strcmp(c->given[k].opt->name, name) == 0 && i-- == 0)
			return c->given[k].value;
	return NULL;
}

const char *cli_get(const struct cli *c, const char *name)
{
	return cli_nth(c, name, 0);
}

bool cli_has(const struct cli *c, const char *name)
{
	return cli_get(c, name) != NULL;
}

enum err cli_size(const char *s, uint64_t *out)
{
	static const uint64_t least_bare = 1 << 20;
	struct slice digits = str_slice(s);
	unsigned shift = 0;
	uint64_t v;
	enum err e;

	if (digits.len > 0) {
		switch (s[digits.len - 1]) {
		case 'K':
			shift = 10;
			break;
		case 'M':
			shift = 20;
			break;
		case 'G':
			shift = 30;
			break;
		default:
			break;
		}
	}
	digits.len -= shift != 0;
	e = u64_parse(digits, UINT64_MAX >> shift, &v);
	if (e == ERR_OK && shift == 0 && v < least_bare)
		e = ERR_VALUE;
	if (e == ERR_OK)
		*out = v << shift;
	return e;
}

enum err cli_time(const char *s, int64_t *out)
{
	uint64_t seconds;
	int64_t ms;
	enum err e;

	if (u64_parse(str_slice(s), INT64_MAX / 1000, &seconds) == ERR_OK) {
		*out = (int64_t)seconds;
		return ERR_OK;
	}
	e = rfc3339_parse(str_slice(s), &ms);
	if (e == ERR_OK)
		*out = ms / 1000;
	return e;
}

int cli_at(const struct cli *c, int64_t *out)
{
	const char *at = cli_get(c, "at");

	if (at == NULL || cli_time(at, out) == ERR_OK)
		return CLI_DONE;
	return cli_fail(CLI_USAGE, "--at %s: not RFC 3339 or Unix seconds", at);
}
