/* The command-line tables of host-launcher/lib/args.h. */
#include <stddef.h>

#include "host-launcher/lib/args.h"
#include "tests/tap.h"

struct opts {
	bool sim;
	const char *image;
	uint64_t cpus, memory;
	struct arg_list venues;
};

static const struct arg_opt table[] = {
	{ "--sim", NULL, "", ARG_FLAG, offsetof(struct opts, sim), 0 },
	{ "--image", "FILE", "", ARG_TEXT, offsetof(struct opts, image), 0 },
	{ "--cpus", "N", "", ARG_NUMBER, offsetof(struct opts, cpus), 64 },
	{ "--memory", "SIZE", "", ARG_SIZE, offsetof(struct opts, memory), 0 },
	{ "--venue", "V", "", ARG_LIST, offsetof(struct opts, venues), 0 },
	{ 0 },
};

static const struct arg_verb verb = { "run", "NAME", "", 1, 1, table, NULL };

/* Parses up to eight words; NULL ends them. */
static const char *parse(struct opts *o, const char *const *argv,
			 const char **name)
{
	const char *operands[ARG_OPERANDS_MAX], *text = NULL, *arg;
	size_t n, argc = 0;
	enum err e;

	memset(o, 0, sizeof *o);
	while (argv[argc] != NULL)
		argc++;
	e = args_parse(&verb, argv, argc, o, operands, &n, &text, &arg);
	*name = e == ERR_OK ? operands[0] : NULL;
	return text;
}

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void test_good(void)
{
	const char *name;
	struct opts o;

	ok(parse(&o, WORDS("--sim", "a", "--image", "f", "--cpus=3"), &name) ==
		   NULL,
	   "options before and after the operand");
	ok(o.sim && strcmp(o.image, "f") == 0 && o.cpus == 3 &&
		   strcmp(name, "a") == 0,
	   "values arrive");
	ok(parse(&o, WORDS("--venue", "x", "--venue=y", "a"), &name) == NULL &&
		   o.venues.n == 2 && strcmp(o.venues.v[1], "y") == 0,
	   "a list grows");
	ok(parse(&o, WORDS("--", "--sim"), &name) == NULL && !o.sim &&
		   strcmp(name, "--sim") == 0,
	   "after -- everything is an operand");
	ok(parse(&o, WORDS("-"), &name) == NULL && strcmp(name, "-") == 0,
	   "a lone dash is an operand");
	ok(parse(&o, WORDS("--image", "--sim", "a"), &name) == NULL && !o.sim,
	   "the word after an option is its value, whatever it looks like");
}

static void test_refusals(void)
{
	static const struct {
		const char *argv[6];
		const char *text;
	} rows[] = {
		{ { NULL }, "an operand is missing" },
		{ { "a", "b", NULL }, "one operand too many" },
		{ { "a", "--nope", NULL }, "no such option" },
		{ { "a", "--si", NULL }, "no such option" },
		{ { "a", "--sim=1", NULL }, "takes no value" },
		{ { "a", "--image", NULL }, "wants a value" },
		{ { "a", "--sim", "--sim", NULL }, "given twice" },
		{ { "a", "--cpus", "x", NULL }, "wants a number" },
		{ { "a", "--cpus", "065", NULL }, "wants a number" },
		{ { "a", "--cpus", "65", NULL }, "is too large" },
		{ { "a", "--cpus", "0", NULL }, "is zero" },
		{ { "a", "--memory", "", NULL }, "wants a number" },
		{ { "a", "--memory", "0M", NULL }, "is zero" },
		{ { "a", "--memory", "2048", NULL },
		  "wants a unit: write 2048M or 2G" },
	};
	const char *name;
	struct opts o;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *text = parse(&o, rows[i].argv, &name);

		ok(text != NULL && strcmp(text, rows[i].text) == 0,
		   "row %zu is refused: %s", i, rows[i].text);
	}
	ok(parse(&o,
		 WORDS("a", "--venue=1", "--venue=2", "--venue=3", "--venue=4",
		       "--venue=5", "--venue=6", "--venue=7", "--venue=8"),
		 &name) == NULL,
	   "eight of a list");
	ok(parse(&o,
		 WORDS("a", "--venue=1", "--venue=2", "--venue=3", "--venue=4",
		       "--venue=5", "--venue=6", "--venue=7", "--venue=8",
		       "--venue=9"),
		 &name) != NULL,
	   "nine are too many");
}

static void test_sizes(void)
{
	uint64_t n = 0;

	is_err(size_parse("1048576", &n), ERR_OK, "a bare number");
	ok(n == 1048576, "is bytes");
	is_err(size_parse("1048575", &n), ERR_MISSING, "below 1 MiB refused");
	is_err(size_parse("2048", &n), ERR_MISSING, "as is 2048, of what?");
	is_err(size_parse("0", &n), ERR_MISSING, "and 0");
	is_err(size_parse((const char *)at_page_end("2G", 3).ptr, &n), ERR_OK,
	       "2G at the end of a page");
	ok(n == UINT64_C(2) << 30, "is 2 GiB");
	is_err(size_parse("4K", &n), ERR_OK, "4K");
	ok(n == 4096, "is 4096");
	is_err(size_parse("17179869184G", &n), ERR_LIMIT, "2^64 is refused");
	is_err(size_parse("17179869183G", &n), ERR_OK, "2^64 - 2^30 fits");
	is_err(size_parse("1g", &n), ERR_VALUE, "other suffixes are refused");
	is_err(size_parse("G", &n), ERR_VALUE, "digits are needed");
}

int main(void)
{
	test_good();
	test_refusals();
	test_sizes();
	return tap_done();
}
