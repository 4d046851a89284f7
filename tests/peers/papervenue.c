#include "tests/peers/papervenue.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host-launcher/lib/daemon.h"
#include "host-launcher/lib/file.h"
#include "host-launcher/lib/log.h"
#include "lib/rng.h"
#include "lib/text.h"

enum {
	TRADES = 20000,
	SPEED = 100
};

/* Shared with the venue's process. */
static struct papervenue *venue;

void papervenue_bail(const char *what)
{
	printf("Bail out! %s\n", what);
	exit(1);
}

static void sleep_ms(int ms)
{
	(void)poll(NULL, 0, ms);
}

static int64_t exchange_clock(void *ctx)
{
	(void)ctx;
	return wall_ms() + venue->clock_offset_ms;
}

static void say(struct serve_response *res, int status, const char *text)
{
	res->status = status;
	res->body.len = 0;
	res->body.err = ERR_OK;
	wr_str(&res->body, text);
}

/* The owner's hand: a sale at market, of the job's own account. */
static void trade_by_hand(void)
{
	struct order_request r = { .account = 1,
				   .side = venue->requests % 2 == 0 ? SIDE_SELL
								    : SIDE_BUY,
				   .type = ORDER_MARKET,
				   .qty = { DEC_ONE },
				   .client_id = "",
				   .time_ms = exchange_clock(NULL) };
	const struct order *o;
	size_t first;

	(void)engine_place(&venue->paper.engine, &r, &o, &first);
}

static void handle(void *ctx, int conn, const struct http_msg *req,
		   struct serve_response *res)
{
	static const char *const garbage[] = { "{\"code\":",
					       "[[[[[[[[[[[[[[[[[[[[[[[[",
					       "null",
					       "\"x\"",
					       "{\"serverTime\":-1}",
					       "[{\"id\":\"1\"}]",
					       "\xff\xfe",
					       "[1,2]",
					       "{\"bids\":[[1,2]],\"asks\":{}}",
					       "{\"balances\":[{}]}",
					       "",
					       "{\"orderId\":-1}",
					       "{\"orderId\":1e3}" };
	enum venue_mode mode = venue->mode;
	unsigned n = ++venue->requests;
	bool order = slice_is(req->path, "/api/v3/order") &&
		     slice_is(req->method, "POST");

	(void)ctx;
	if (mode == SICK) {
		say(res, 503, "<html>no</html>");
		return;
	}
	if (mode == LIMITED) {
		say(res, 429, "{\"code\":-1003,\"msg\":\"Too many.\"}");
		res->extra = "Retry-After: 1\r\n";
		return;
	}
	if (mode == GARBAGE) {
		say(res, 200, garbage[n % (sizeof garbage / sizeof *garbage)]);
		return;
	}
	if (mode == EMPTY && slice_is(req->path, "/api/v3/depth")) {
		say(res, 200, "{\"bids\":[],\"asks\":[[\"1\",\"1\"]]}");
		return;
	}
	if (mode == MANUAL && n % 7 == 0)
		trade_by_hand();
	paper_handle(&venue->paper, conn, req, res);
	if (mode == LOSE && order && n % 2 == 0)
		say(res, 500, "{}");
	venue->paper.weight = 0; /* ticks here are faster than any allowed */
}

static void tick(void *ctx, bool reload)
{
	(void)ctx;
	(void)reload;
	paper_advance(&venue->paper, exchange_clock(NULL));
}

static void make_paper(void)
{
	static uint8_t mem[65536];
	struct engine_rules r = { .tick = { 1 },
				  .step = { DEC_ONE / 100 },
				  .min_qty = { DEC_ONE / 100 },
				  .min_notional = { DEC_ONE / 10000 },
				  .maker_fee = { DEC_ONE / 1000 },
				  .taker_fee = { DEC_ONE / 1000 } };
	struct paper *p = &venue->paper;
	struct arena a = arena_over(mem, sizeof mem);
	struct dec price = { 141342 };
	const char *what;

	engine_init(&p->engine, &r, 1);
	strcpy(p->base, "XRP");
	strcpy(p->quote, "ETH");
	strcpy(p->symbol, "XRPETH");
	p->speed.e8 = (int64_t)SPEED * DEC_ONE;
	p->now_ms = exchange_clock;
	if (paper_accounts(p, &a,
			   str_slice("{\"accounts\":[{\"api_key\":\"key\","
				     "\"api_secret\":\"sec\",\"base\":"
				     "\"100000\",\"quote\":\"200\"}]}"),
			   &what) != ERR_OK ||
	    market_generate(7, TRADES, price, r.tick, r.step, &p->market) !=
		    ERR_OK)
		papervenue_bail("the exchange cannot be made");
	paper_warm_up(p, 100);
}

static int serve_exchange(const struct identity *id, struct rng *rng)
{
	struct daemon d = { .listen = "127.0.0.1:0",
			    .identity = id,
			    .rng = rng_prng(rng),
			    .max_conns = 8,
			    .max_response = 256 * 1024,
			    .handler = handle,
			    .tick = tick,
			    .tick_ms = 20 };
	char log[96];
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(log, sizeof log, "%s/log", venue->dir);
	fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || dup2(fd, 2) < 0)
		return 99;
	return (int)daemon_run(&d);
}

/* The port from the "listening" line. */
static unsigned port_in_log(void)
{
	char log[96];
	unsigned port = 0;

	snprintf(log, sizeof log, "%s/log", venue->dir);
	for (int i = 0; i < 200 && port == 0; i++) {
		struct buf b = { 0 };
		const char *at;

		sleep_ms(20);
		if (file_read(log, 4096, &b) != ERR_OK)
			continue;
		at = strstr((const char *)b.ptr, " port=");
		if (at != NULL && strchr(at, '\n') != NULL)
			port = (unsigned)strtoul(at + 6, NULL, 10);
		buf_free(&b);
	}
	return port;
}

static void read_ca(const char *name, char out[static LIMIT_PEM_BYTES])
{
	char path[96];
	struct buf b = { 0 };

	snprintf(path, sizeof path, "%s/%s", venue->dir, name);
	if (file_read(path, LIMIT_PEM_BYTES - 1, &b) != ERR_OK)
		papervenue_bail(path);
	memcpy(out, b.ptr, b.len + 1);
	buf_free(&b);
}

struct papervenue *papervenue_start(void)
{
	static const char *const names[] = { "127.0.0.1", NULL };
	static struct identity id;
	static struct rng rng;
	char why[512] = "", other[96];
	pid_t pid;

	venue = mmap(NULL, sizeof *venue, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (venue == MAP_FAILED)
		papervenue_bail("memory");
	rng_seeded(&rng, str_slice("mm"));
	snprintf(venue->dir, sizeof venue->dir, "/tmp/test_papervenue.%d",
		 (int)getpid());
	snprintf(other, sizeof other, "%s/other", venue->dir);
	if (identity_create(venue->dir, "CA", names, false, wall_ms() / 1000,
			    rng_prng(&rng), why, sizeof why) != ERR_OK ||
	    identity_create(other, "CA", names, false, wall_ms() / 1000,
			    rng_prng(&rng), why, sizeof why) != ERR_OK ||
	    identity_load(venue->dir, wall_ms() / 1000, &id, why, sizeof why) !=
		    ERR_OK)
		papervenue_bail(why);
	make_paper();
	pid = fork();
	if (pid == 0)
		_exit(serve_exchange(&id, &rng));
	if (pid < 0)
		papervenue_bail("fork");
	venue->pid = pid; /* shared: the child must not write it */
	snprintf(venue->url, sizeof venue->url, "https://127.0.0.1:%u",
		 port_in_log());
	read_ca("ca.pem", venue->ca);
	read_ca("other/ca.pem", venue->other_ca);
	return venue;
}

void papervenue_stop(struct papervenue *v)
{
	char cmd[96];

	kill(v->pid, SIGTERM);
	waitpid(v->pid, NULL, 0);
	market_free(&v->paper.market);
	snprintf(cmd, sizeof cmd, "rm -rf %s", v->dir);
	if (system(cmd) != 0)
		papervenue_bail(cmd);
	(void)munmap(v, sizeof *v);
}
