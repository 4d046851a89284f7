/* jobdrive - a market-making job without an agent around it: started, listened
 * to, stopped after some time. For tests.
 *
 *   jobdrive JOB_ID URL CA_FILE CREDENTIALS_FILE SECONDS PARAMETERS
 *
 * Prints "ticks N", "metrics JSON" (the last snapshot's) and "end stopped" or
 * "end failed TEXT". Exit status 0 when the job ended in order, whichever way.
 */
#include <stdio.h>

#include "host-launcher/lib/file.h"
#include "lib/json.h"
#include "lib/text.h"
#include "tests/jobpeer.h"

enum {
	STOP_MS = 40 * 1000
};

static void die(const char *what, enum err e)
{
	fprintf(stderr, "jobdrive: %s: %s\n", what, err_text(e));
	exit(4);
}

static void copy(const char *what, struct slice s, char *out, size_t cap)
{
	enum err e = slice_cstr(s, out, cap);

	if (e != ERR_OK)
		die(what, e);
}

static void read_text(const char *path, char *out, size_t cap)
{
	struct buf b = { 0 };
	enum err e = file_read(path, cap - 1, &b);

	if (e != ERR_OK)
		die(path, e);
	copy(path, buf_slice(&b), out, cap);
	buf_free(&b);
}

static void read_credentials(const char *path, struct job_start *s)
{
	static uint8_t mem[16384];
	struct arena a = arena_over(mem, sizeof mem);
	char text[2048];
	struct slice key, secret;
	struct json v;

	read_text(path, text, sizeof text);
	if (json_parse(&a, str_slice(text), &v) != ERR_OK ||
	    json_str(v, "api_key", &key) != ERR_OK ||
	    json_str(v, "api_secret", &secret) != ERR_OK)
		die(path, ERR_VALUE);
	copy("api_key", key, s->api_key, sizeof s->api_key);
	copy("api_secret", secret, s->api_secret, sizeof s->api_secret);
}

int main(int argc, char **argv)
{
	static struct job_start s = { .job_type = "market_making",
				      .campaign_id = "test",
				      .exchange = "paper",
				      .pair = "XRP/ETH" };
	static struct jobpeer p;
	uint64_t seconds = 0;

	if (argc != 7 ||
	    u64_parse(str_slice(argv[5]), 3600, &seconds) != ERR_OK) {
		fputs("usage: jobdrive JOB_ID URL CA_FILE CREDENTIALS_FILE "
		      "SECONDS PARAMETERS\n",
		      stderr);
		return 2;
	}
	copy("JOB_ID", str_slice(argv[1]), s.job_id, sizeof s.job_id);
	copy("URL", str_slice(argv[2]), s.venue_url, sizeof s.venue_url);
	read_text(argv[3], s.venue_ca, sizeof s.venue_ca);
	read_credentials(argv[4], &s);
	copy("PARAMETERS", str_slice(argv[6]), s.parameters,
	     sizeof s.parameters);
	jobpeer_start(&p, &s);
	if (!jobpeer_until(&p, NULL, (int64_t)seconds * 1000) && !p.broken) {
		jobpeer_send(&p, JOB_STOP);
		(void)jobpeer_until(&p, NULL, STOP_MS);
	}
	printf("ticks %llu\nmetrics %s\n",
	       (unsigned long long)p.status.tick_count, p.metrics);
	if (!p.ended)
		printf("end lost\n");
	else
		printf("end %s %s\n", p.end.failed ? "failed" : "stopped",
		       p.end.error);
	return p.ended && jobpeer_reap(&p) == 0 ? 0 : 1;
}
