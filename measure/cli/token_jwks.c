/* token_jwks.c - ee-measure token jwks: the key set that tokens are verified
 * with, from the URL that is given; what a token names is never asked. */
#include "measure/cli/online.h"
#include "measure/net/ita_client.h"

static const struct cli_opt opts[] = {
	{ "url", "URL", "of the key set", CLI_REQUIRED },
	{ "out", "FILE", "where to (standard output)", 0 },
	ONLINE_OPTS,
	{ NULL, NULL, NULL, 0 },
};

/* Nobody keeps a set that no token can be verified with. */
static int check(const char *url, struct slice text)
{
	static uint8_t mem[JWKS_ARENA];
	struct arena a = arena_over(mem, sizeof mem);
	const char *what = "";
	struct jwks set;
	enum err e = jwks_parse(&a, text, &set, &what);

	return e == ERR_OK ? CLI_DONE
			   : cli_fail(CLI_MALFORMED,
				      "%s: not a key set: %s%s%s", url, what,
				      what[0] != '\0' ? ": " : "", err_text(e));
}

static int run(const struct cli *c)
{
	static struct cli_online online;
	static uint8_t buf[ITA_JWKS_BUF];
	static struct web w;
	struct slice text;
	int rc = cli_online_open(c, "url", &online);
	enum err e;

	if (rc != CLI_DONE)
		return rc;
	online.o.max_body = JWKS_MAX_BYTES;
	online.o.buf = buf;
	online.o.buf_len = sizeof buf;
	web_init(&w, &online.o);
	e = ita_jwks_fetch(&w, &text);
	if (e != ERR_OK)
		rc = cli_fail(cli_online_exit(&w), "%s", w.why);
	if (rc == CLI_DONE)
		rc = check(cli_get(c, "url"), text);
	if (rc == CLI_DONE)
		rc = cli_write(cli_get(c, "out"), text);
	web_done(&w);
	return rc;
}

const struct cli_cmd cmd_token_jwks = {
	.name = "token jwks",
	.operands = "",
	.noperands = 0,
	.summary = "fetch the key set that tokens are verified with",
	.opts = opts,
	.run = run,
};
