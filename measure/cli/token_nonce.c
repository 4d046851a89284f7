/* token_nonce.c - ee-measure token nonce: a nonce of Intel Trust Authority, for
 * a TD to bind in its next quote; and what asking the service takes. */
#include <stdio.h>

#include "measure/cli/service.h"

static const struct cli_opt opts[] = { SERVICE_OPTS, { NULL, NULL, NULL, 0 } };

int cli_nonce_read(const char *path, struct arena *a, struct ita_nonce *out)
{
	const char *what = "";
	struct cli_file f;
	int rc = cli_read(path, ITA_MAX_ANSWER, &f);
	enum err e;

	if (rc != CLI_DONE)
		return rc;
	e = ita_nonce_parse(a, f.data, out, &what);
	cli_close(&f);
	return e == ERR_OK ? CLI_DONE
			   : cli_fail(CLI_MALFORMED, "%s: not a nonce: %s%s%s",
				      path, what, what[0] != '\0' ? ": " : "",
				      err_text(e));
}

static int read_key(const char *path, struct ita_api_key *out)
{
	uint8_t text[ITA_MAX_KEY + 2]; /* its end, and one byte too many */
	size_t n = 0;
	int rc = cli_read_private(path, text, sizeof text, &n);
	enum err e;

	if (rc != CLI_DONE)
		return rc;
	e = ita_api_key_parse((struct slice){ text, n }, out);
	wipe(text, sizeof text);
	return e == ERR_OK ? CLI_DONE
			   : cli_fail(CLI_MALFORMED,
				      "%s: not an API key, which is one line "
				      "of %d to %d visible characters",
				      path, ITA_MIN_KEY, ITA_MAX_KEY);
}

int cli_service_open(const struct cli *c, struct ita_client *out,
		     enum ita_version *version)
{
	static struct cli_online online;
	const char *api = cli_get(c, "api"), *id = cli_get(c, "request-id");
	struct ita_api_key key;
	int rc;

	*version = ITA_V2;
	if (api != NULL && ita_version_parse(str_slice(api), version) != ERR_OK)
		return cli_fail(CLI_USAGE, "--api %s: v1 or v2", api);
	if (id != NULL && !ita_request_id_ok(id))
		return cli_fail(CLI_USAGE,
				"--request-id: 1 to %d letters, digits, dots, "
				"hyphens and underscores",
				ITA_MAX_REQUEST_ID);
	rc = cli_online_open(c, "ita", &online);
	if (rc == CLI_DONE)
		rc = read_key(cli_get(c, "api-key-file"), &key);
	if (rc != CLI_DONE)
		return rc;
	ita_client_init(out, &online.o, &key);
	wipe(&key, sizeof key);
	return CLI_DONE;
}

static int run(const struct cli *c)
{
	static uint8_t mem[ITA_ANSWER_ARENA], text[8 * ITA_MAX_NONCE];
	static struct ita_client client;
	struct arena a = arena_over(mem, sizeof mem);
	struct wr w = wr_over(text, sizeof text);
	enum ita_version version;
	struct ita_nonce nonce;
	struct jw j;
	int rc = cli_service_open(c, &client, &version);
	enum err e;

	if (rc != CLI_DONE)
		return rc;
	e = ita_client_nonce(&client, version, cli_get(c, "request-id"), &a,
			     &nonce);
	if (e != ERR_OK)
		rc = cli_fail(cli_online_exit(&client.web), "%s", client.why);
	ita_client_done(&client);
	if (rc != CLI_DONE)
		return rc;
	jw_init(&j, &w);
	ita_nonce_write(&j, &nonce);
	wr_str(&w, "\n");
	if (jw_end(&j) != ERR_OK)
		return cli_fail(CLI_INTERNAL, "the nonce does not fit");
	return cli_write(cli_get(c, "out"), wr_slice(&w));
}

const struct cli_cmd cmd_token_nonce = {
	.name = "token nonce",
	.operands = "",
	.noperands = 0,
	.summary = "ask Intel Trust Authority for a nonce to bind in a quote",
	.opts = opts,
	.run = run,
};
