#include "host-launcher/lib/args.h"

#include <stdalign.h>
#include <stdarg.h>
#include <string.h>

#include "lib/text.h"
#include "measure/lib/printable.h"

static const char *program_name = "ee";

void complain(const char *fmt, ...)
{
	static char text[8192];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	printable(text); /* an agent's answer may be in it */
	(void)fprintf(stderr, "%s: %s\n", program_name, text);
}

enum err size_parse(const char *s, uint64_t *bytes)
{
	static const struct {
		char suffix;
		unsigned shift;
	} units[] = { { 'K', 10 }, { 'M', 20 }, { 'G', 30 } };
	static const uint64_t least_bare = 1 << 20;
	struct slice digits = str_slice(s);
	unsigned shift = 0;
	uint64_t n;
	enum err e;

	for (size_t i = 0; digits.len > 0 && i < 3; i++) {
		if (digits.ptr[digits.len - 1] == units[i].suffix) {
			shift = units[i].shift;
			digits.len--;
			break;
		}
	}
	e = u64_parse(digits, UINT64_MAX, &n);
	if (e != ERR_OK)
		return e;
	if (n > UINT64_MAX >> shift)
		return ERR_LIMIT;
	if (shift == 0 && n < least_bare)
		return ERR_MISSING;
	*bytes = n << shift;
	return ERR_OK;
}

/* Stores one value. `again` says that the option came before. */
static const char *store(const struct arg_opt *o, const char *value, bool again,
			 void *opts)
{
	void *at = (uint8_t *)opts + o->at;
	struct arg_list *list = at;
	uint64_t n = 0;
	enum err e = ERR_OK;

	if (again && o->kind != ARG_LIST)
		return "given twice";
	switch (o->kind) {
	case ARG_FLAG:
		*(bool *)at = true;
		return NULL;
	case ARG_TEXT:
		*(const char **)at = value;
		return NULL;
	case ARG_LIST:
		if (list->n == ARG_LIST_MAX)
			return "given too often";
		list->v[list->n++] = value;
		return NULL;
	case ARG_NUMBER:
		e = u64_parse(str_slice(value), UINT64_MAX, &n);
		break;
	case ARG_SIZE:
		e = size_parse(value, &n);
		break;
	}
	if (e == ERR_MISSING)
		return "wants a unit: write 2048M or 2G";
	if (e != ERR_OK)
		return "wants a number";
	if (o->max != 0 && n > o->max)
		return "is too large";
	if (n == 0 && (o->max != 0 || o->kind == ARG_SIZE))
		return "is zero";
	*(uint64_t *)at = n;
	return NULL;
}

/* The option that `word` names, and its value when it has one after "=". */
static const struct arg_opt *find(const struct arg_opt *opts, const char *word,
				  const char **value)
{
	*value = NULL;
	for (; opts != NULL && opts->name != NULL; opts++) {
		size_t n = strlen(opts->name);

		if (strncmp(word, opts->name, n) != 0)
			continue;
		if (word[n] == '\0')
			return opts;
		if (word[n] == '=' && word[1] == '-') {
			*value = word + n + 1;
			return opts;
		}
	}
	return NULL;
}

static bool is_option(const char *word)
{
	return word[0] == '-' && word[1] != '\0';
}

/* Takes the option argv[*i] and its value, which may be the next word. */
static const char *option(const struct arg_verb *v, const char *const *argv,
			  size_t argc, size_t *i, uint64_t *seen, void *opts)
{
	const char *value;
	const struct arg_opt *o = find(v->opts, argv[*i], &value);
	uint64_t bit;
	bool again;

	if (o == NULL)
		return "no such option";
	if (o->kind == ARG_FLAG && value != NULL)
		return "takes no value";
	if (o->kind != ARG_FLAG && value == NULL) {
		if (*i + 1 == argc)
			return "wants a value";
		value = argv[++*i];
	}
	bit = UINT64_C(1) << (o - v->opts);
	again = (*seen & bit) != 0;
	*seen |= bit;
	return store(o, value, again, opts);
}

enum err args_parse(const struct arg_verb *v, const char *const *argv,
		    size_t argc, void *opts, const char **operands, size_t *n,
		    const char **err_text, const char **err_arg)
{
	uint64_t seen = 0;
	bool only_operands = false;

	*n = 0;
	for (size_t i = 0; i < argc; i++) {
		*err_arg = argv[i];
		*err_text = NULL;
		if (!only_operands && strcmp(argv[i], "--") == 0)
			only_operands = true;
		else if (!only_operands && is_option(argv[i]))
			*err_text = option(v, argv, argc, &i, &seen, opts);
		else if (*n == v->max || *n == ARG_OPERANDS_MAX)
			*err_text = "one operand too many";
		else
			operands[(*n)++] = argv[i];
		if (*err_text != NULL)
			return ERR_VALUE;
	}
	if (*n < v->min) {
		*err_text = "an operand is missing";
		*err_arg = v->operands;
		return ERR_VALUE;
	}
	return ERR_OK;
}

static void usage_verb(FILE *f, const struct arg_program *p,
		       const struct arg_verb *v)
{
	bool has = v->opts != NULL && v->opts->name != NULL;

	(void)fprintf(f, "usage: %s %s%s%s%s\n\n%s\n", p->name, v->name,
		      has ? " [options]" : "", v->operands[0] ? " " : "",
		      v->operands, v->help);
	if (has)
		(void)fputs("\noptions:\n", f);
	for (const struct arg_opt *o = v->opts; has && o->name != NULL; o++) {
		char left[64];

		(void)snprintf(left, sizeof left, "%s%s%s", o->name,
			       o->value != NULL ? " " : "",
			       o->value != NULL ? o->value : "");
		(void)fprintf(f, "  %-28s %s%s\n", left, o->help,
			      o->kind == ARG_LIST ? " (may be repeated)" : "");
	}
}

void args_usage(FILE *f, const struct arg_program *p, const struct arg_verb *v)
{
	if (v != NULL) {
		usage_verb(f, p, v);
		return;
	}
	(void)fprintf(f,
		      "usage: %s verb [options] [operands]\n\n%s\n\nverbs:\n",
		      p->name, p->help);
	for (v = p->verbs; v->name != NULL; v++) {
		char left[64];

		(void)snprintf(left, sizeof left, "%s %s", v->name,
			       v->operands);
		(void)fprintf(f, "  %-28s %s\n", left, v->help);
	}
	(void)fprintf(f,
		      "\n%s verb --help lists its options; %s --version says "
		      "what it\nwas built from.\n",
		      p->name, p->name);
}

/* How many words of argv name this verb: 0, 1 or 2. */
static size_t names(const struct arg_verb *v, const char *const *argv,
		    size_t argc)
{
	const char *space = strchr(v->name, ' ');
	size_t first =
		space != NULL ? (size_t)(space - v->name) : strlen(v->name);

	if (argc == 0 || strlen(argv[0]) != first ||
	    strncmp(argv[0], v->name, first) != 0)
		return 0;
	if (space == NULL)
		return 1;
	return argc > 1 && strcmp(argv[1], space + 1) == 0 ? 2 : 0;
}

static bool wants_help(const char *const *argv, size_t argc)
{
	for (size_t i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0 ||
		    strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}

/* Whether `word` begins a verb of two words. */
static bool begins_verb(const struct arg_program *p, const char *word)
{
	for (const struct arg_verb *v = p->verbs; v->name != NULL; v++) {
		const char *space = strchr(v->name, ' ');

		if (space != NULL &&
		    strlen(word) == (size_t)(space - v->name) &&
		    strncmp(word, v->name, strlen(word)) == 0)
			return true;
	}
	return false;
}

static int bad_verb(const struct arg_program *p, const char *const *words,
		    size_t n)
{
	if (n == 0)
		complain("a verb is missing");
	else if (!begins_verb(p, words[0]))
		complain("%s: no such verb", words[0]);
	else if (n == 1)
		complain("%s: the verb's second word is missing", words[0]);
	else
		complain("%s %s: no such verb", words[0], words[1]);
	args_usage(stderr, p, NULL);
	return STATUS_USAGE;
}

static int bad_line(const struct arg_program *p, const struct arg_verb *v,
		    const char *arg, const char *text)
{
	complain("%s: %s", arg, text);
	args_usage(stderr, p, v);
	return STATUS_USAGE;
}

int args_main(const struct arg_program *p, int argc, char **argv)
{
	static alignas(16) uint8_t opts[ARG_OPTS_SIZE];
	const char *operands[ARG_OPERANDS_MAX], *text, *arg;
	const char *const *words = (const char *const *)argv + 1;
	size_t nwords = argc > 0 ? (size_t)argc - 1 : 0, n, used = 0;
	const struct arg_verb *v = p->verbs;

	program_name = p->name;
	while (v->name != NULL && (used = names(v, words, nwords)) == 0)
		v++;
	if (wants_help(words, nwords)) {
		args_usage(stdout, p, v->name != NULL ? v : NULL);
		return STATUS_DONE;
	}
	if (nwords == 1 && strcmp(words[0], "--version") == 0) {
		(void)printf("%s sources %s\n", p->name, p->source_id);
		return fflush(stdout) == 0 ? STATUS_DONE : STATUS_UNAVAILABLE;
	}
	if (v->name == NULL)
		return bad_verb(p, words, nwords);
	if (args_parse(v, words + used, nwords - used, opts, operands, &n,
		       &text, &arg) != ERR_OK)
		return bad_line(p, v, arg, text);
	return (int)v->run(operands, n, opts);
}
