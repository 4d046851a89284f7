#include "measure/cli/online.h"

#include <time.h>

enum {
	MAX_CA_BYTES = 1 << 20
};

static int read_cas(const char *path, struct web_cas *out)
{
	struct cli_file f;
	int rc = cli_read(path, MAX_CA_BYTES, &f);
	enum err e;

	if (rc != CLI_DONE)
		return rc;
	e = web_cas_read(out, f.data);
	cli_close(&f);
	return e == ERR_OK ? CLI_DONE
			   : cli_fail(CLI_MALFORMED, "%s: no CAs in PEM: %s",
				      path, err_text(e));
}

int cli_online_open(const struct cli *c, const char *url,
		    struct cli_online *out)
{
	const char *ca = cli_get(c, "ca"), *what = "";
	enum err e;
	int rc = CLI_DONE;

	out->o = (struct web_opts){ .anchors = &out->cas.anchors,
				    .now_s = (int64_t)time(NULL),
				    .patience = web_patience_default };
	e = web_url_parse(cli_get(c, url), false, &out->o.url, &what);
	if (e != ERR_OK)
		return cli_fail(CLI_USAGE, "--%s %s: %s", url, cli_get(c, url),
				what);
	if (rng_system(&out->rng) != ERR_OK)
		return cli_fail(CLI_INTERNAL, "no random bytes to be had");
	out->o.rng = rng_prng(&out->rng);
	if (!out->o.url.plain || ca != NULL)
		rc = read_cas(ca != NULL ? ca : WEB_SYSTEM_CAS, &out->cas);
	return rc;
}

int cli_online_exit(const struct web *w)
{
	return w->status == 200 ? CLI_MALFORMED : CLI_UNAVAILABLE;
}
