#include <errno.h>
#include <poll.h>
#include <stdalign.h>
#include <string.h>
#include <time.h>

#include "agent/loop.h"
#include "lib/sock.h"

enum {
	CERT_BYTES = 1024,
	/* places in the poll array */
	AT_BROKER = 0,
	AT_PLANE,
	AT_JOBS,
	AT_SERVE = AT_JOBS + LIMIT_JOBS,
	AT_END = AT_SERVE + 1 + LIMIT_API_CONNS,
};

/* All the memory there is, besides the stack. */
static struct loop the_loop;
static struct secrets the_secrets;
static uint8_t cert_der[CERT_BYTES];
static alignas(16) uint8_t api_mem[API_MEM_BYTES];

struct moment moment_now(uint64_t epoch_s)
{
	struct timespec t;
	struct moment m = { .mono_ms = mono_ms() };
	int64_t floor_ms = (int64_t)epoch_s * 1000;

	clock_gettime(CLOCK_REALTIME, &t);
	m.unix_ms = (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
	if (m.unix_ms < floor_ms)
		m.unix_ms = floor_ms;
	return m;
}

/* ---- start */

static enum err read_config(struct loop *l, const struct agent_start *start)
{
	struct agent *a = &l->agent;
	const char *key = "";

	if (start->config_len > sizeof(start->config))
		return ERR_LIMIT;
	memcpy(a->provider, start->provider, sizeof(a->provider));
	a->provider[sizeof(a->provider) - 1] = '\0';
	a->simulated = strcmp(a->provider, PROVIDER_SIM) == 0;
	l->epoch_s = start->build_epoch_s;
	return config_parse((struct slice){ start->config, start->config_len },
			    the_secrets.scratch, sizeof(the_secrets.scratch),
			    &a->cfg, &key);
}

_Static_assert((int)API_ANSWER_MS > (int)JOBS_REPORT_MS,
	       "who asks for a report gets the last one, not a 504");

static enum err open_api(struct loop *l, struct slice cert)
{
	struct agent *a = &l->agent;
	struct serve_opts o = {
		.tls = { .key = &a->secrets->tls_key,
			 .chain_der = { cert },
			 .nchain = 1,
			 .rng = rng_prng(&a->secrets->rng) },
		.max_conns = LIMIT_API_CONNS,
		.max_request_body = AGENT_REQUEST_BYTES,
		.max_response_body = API_RESPONSE_BYTES,
		.request_timeout_ms = API_REQUEST_MS,
		.answer_timeout_ms = API_ANSWER_MS,
		.idle_timeout_ms = API_IDLE_MS,
		.handler = api_handle,
		.ctx = a,
	};
	uint16_t port;
	enum err e =
		sock_listen("0.0.0.0", a->cfg.api_port, &o.listener, &port);

	if (e == ERR_OK)
		e = serve_init(&l->serve, &o, api_mem, sizeof(api_mem));
	if (e == ERR_OK)
		link_log(l, CONSOLE_API, NULL, port);
	return e;
}

static enum err start_up(struct loop *l, const struct agent_start *start)
{
	struct agent *a = &l->agent;
	struct wr der = wr_over(cert_der, sizeof(cert_der));
	enum err e;

	a->secrets = &the_secrets;
	a->types = job_types;
	e = read_config(l, start);
	if (e == ERR_OK)
		e = rng_system(&the_secrets.rng);
	if (e == ERR_OK)
		e = agent_make_keys(a, l->epoch_s, &der);
	if (e != ERR_OK)
		return e;
	a->now = moment_now(l->epoch_s);
	quotes_init(&a->quotes, a->now.mono_ms);
	jobs_init(&a->jobs, &link_jobs_ops, l, the_secrets.starts);
	reg_init(&a->reg, &a->cfg, &a->keys, l->epoch_s, the_secrets.api_secret,
		 link_log, l);
	e = plane_init(l);
	return e == ERR_OK ? open_api(l, wr_slice(&der)) : e;
}

/* ---- loop */

static int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Fills the array and *deadline, the first moment anything is due. */
static size_t fill_poll(struct loop *l, struct pollfd p[static AT_END],
			int64_t *deadline)
{
	struct agent *a = &l->agent;

	*deadline = sooner(reg_due_ms(&a->reg), jobs_deadline_ms(&a->jobs));
	p[AT_BROKER] = (struct pollfd){ .fd = l->broker, .events = POLLIN };
	httpc_poll(&l->http, &p[AT_PLANE], deadline);
	for (int i = 0; i < LIMIT_JOBS; i++)
		p[AT_JOBS + i] =
			(struct pollfd){ .fd = l->job_fd[i], .events = POLLIN };
	return serve_poll(l->serve, &p[AT_SERVE], deadline);
}

/* A slot's file may have been closed, or be another one, by what came before
 * it in this round; then the next round sees it. */
static void handle(struct loop *l, const struct pollfd p[static AT_END],
		   size_t nserve)
{
	for (int i = 0; i < LIMIT_JOBS; i++)
		if (p[AT_JOBS + i].revents != 0 &&
		    p[AT_JOBS + i].fd == l->job_fd[i])
			link_job(l, i);
	if (p[AT_BROKER].revents != 0)
		link_broker(l);
	if (l->http_busy &&
	    (p[AT_PLANE].revents != 0 || mono_ms() >= l->http.deadline_ms))
		plane_ready(l);
	serve_run(l->serve, &p[AT_SERVE], nserve);
}

static enum err turn(struct loop *l)
{
	struct agent *a = &l->agent;
	struct pollfd p[AT_END];
	int64_t deadline;
	size_t n;

	a->now = moment_now(l->epoch_s);
	jobs_tick(&a->jobs, a->now);
	plane_step(l);
	link_quotes(l);
	n = fill_poll(l, p, &deadline);
	if (poll(p, AT_SERVE + n, mono_left(deadline)) < 0)
		return errno == EINTR ? ERR_OK : ERR_IO;
	a->now = moment_now(l->epoch_s);
	handle(l, p, n);
	return l->broken ? ERR_CLOSED : ERR_OK;
}

int agent_main(int broker, const struct agent_start *start)
{
	struct loop *l = &the_loop;
	enum err e;

	l->broker = broker;
	for (int i = 0; i < LIMIT_JOBS; i++)
		l->job_fd[i] = -1;
	e = start_up(l, start);
	while (e == ERR_OK)
		e = turn(l);
	httpc_done(&l->http);
	wipe(&the_secrets, sizeof(the_secrets));
	wipe(&the_loop, sizeof(the_loop));
	/* Init prints it: the number of the reason in err.h. */
	return (int)e;
}
