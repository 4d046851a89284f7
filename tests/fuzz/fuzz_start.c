/* A start request: the input is its body. What is accepted has the one
 * canonical form, and its names are names. */
#include <stdlib.h>
#include <string.h>

#include "agent/start.h"
#include "lib/text.h"

static void must(bool cond)
{
	if (!cond)
		abort();
}

static enum err check(struct json p, const char **key)
{
	*key = json_key(json_first(p));
	return json_count(p) < 8 ? ERR_OK : ERR_UNKNOWN;
}

static const struct job_type types[] = {
	{ "test", check, NULL },
	{ NULL, NULL, NULL },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t mem[192 * 1024], again[LIMIT_JOB_PARAMS + 1];
	static struct config cfg = { .nvenues = 1,
				     .venues = { { .name = "paper" } } };
	static struct start_request r;
	struct arena a = arena_over(mem, sizeof(mem));
	struct wr w = wr_over(again, sizeof(again));
	struct start_error why = { .field = "", .problem = NULL };
	struct json v;

	if (start_parse(&a, (struct slice){ data, len }, &cfg, types, &r,
			&why) != ERR_OK) {
		must(why.problem != NULL);
		for (const char *c = why.field; *c != '\0'; c++)
			must(*c > ' ' && *c <= '~');
		return 0;
	}
	must(name_ok(str_slice(r.campaign_id)) && pair_ok(str_slice(r.pair)));
	must(r.venue == &cfg.venues[0] && r.type == &types[0]);
	must(r.sealed_len <= sizeof(r.sealed));
	a = arena_over(mem, sizeof(mem));
	must(json_parse(&a, str_slice(r.parameters), &v) == ERR_OK);
	json_write(&w, v);
	must(wr_end(&w) == ERR_OK && slice_is(wr_slice(&w), r.parameters));
	return 0;
}
