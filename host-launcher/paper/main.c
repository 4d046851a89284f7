/* ee-paper - a paper exchange: Binance's spot REST dialect over a recorded or a
 * generated market, for dry runs and tests. No real money is ever involved. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host-launcher/lib/args.h"
#include "host-launcher/lib/daemon.h"
#include "host-launcher/lib/input.h"
#include "host-launcher/lib/log.h"
#include "host-launcher/paper/paper.h"
#include "lib/rng.h"
#include "lib/text.h"
#include "measure/lib/version.h"

enum {
	CONNS = 32,
	RESPONSE_MAX = 1024 * 1024,
	TICK_MS = 200,
	MARKET_BYTES = 256 * 1024 * 1024,
	ACCOUNTS_BYTES = 64 * 1024,
	GENERATED_TRADES = 20000,
	WARM_UP_TRADES = 100
};

struct exchange_opts {
	const char *state, *listen, *market, *symbol, *speed, *accounts;
	const char *maker_fee, *taker_fee;
	uint64_t seed;
	struct arg_list names;
};

struct account_opts {
	const char *accounts, *credentials, *base, *quote;
};

static bool read_dec(const char *what, const char *text, const char *otherwise,
		     struct dec max, struct dec *out)
{
	const char *t = text != NULL ? text : otherwise;
	char limit[DEC_TEXT_LEN];

	if (dec_parse(str_slice(t), out) == ERR_OK && out->e8 >= 0 &&
	    dec_cmp(*out, max) <= 0)
		return true;
	dec_format(max, limit);
	complain("%s wants a decimal number from 0 to %s, not '%s'", what,
		 limit, t);
	return false;
}

/* ---- account: new credentials into two private files ---- */

static void random_text(const br_prng_class **rng, char out[static 65])
{
	uint8_t raw[32];

	(*rng)->generate(rng, raw, sizeof raw);
	hex_encode((struct slice){ raw, sizeof raw }, out);
	wipe(raw, sizeof raw);
}

static enum err write_accounts(const struct account_opts *o, const char *key,
			       const char *secret)
{
	char text[1024];
	struct wr w = wr_over(text, sizeof text);
	struct jw j;
	enum err e;

	jw_init(&j, &w);
	jw_open(&j, '{');
	jw_key(&j, "accounts");
	jw_open(&j, '[');
	jw_open(&j, '{');
	jw_kstr(&j, "api_key", key);
	jw_kstr(&j, "api_secret", secret);
	jw_kstr(&j, "base", o->base != NULL ? o->base : "10000");
	jw_kstr(&j, "quote", o->quote != NULL ? o->quote : "20");
	jw_close(&j);
	jw_close(&j);
	jw_close(&j);
	e = jw_end(&j);
	if (e == ERR_OK)
		e = file_write(o->accounts, 0600, wr_slice(&w));
	w = wr_over(text, sizeof text);
	jw_init(&j, &w);
	jw_open(&j, '{');
	jw_kstr(&j, "api_key", key);
	jw_kstr(&j, "api_secret", secret);
	jw_close(&j);
	if (e == ERR_OK)
		e = jw_end(&j);
	if (e == ERR_OK)
		e = file_write(o->credentials, 0600, wr_slice(&w));
	wipe(text, sizeof text);
	return e;
}

static enum exit_status verb_account(const char *const *operands, size_t n,
				     const void *opts)
{
	const struct account_opts *o = opts;
	char key[65], secret[65];
	struct rng rng;
	enum err e;

	(void)operands;
	(void)n;
	static const struct dec most = { INT64_C(90000000000) * DEC_ONE };
	struct dec amount;

	if (o->accounts == NULL || o->credentials == NULL) {
		complain("--accounts FILE (for the exchange) and --credentials "
			 "FILE (for the trader) are needed");
		return STATUS_USAGE;
	}
	if (!read_dec("--base", o->base, "10000", most, &amount) ||
	    !read_dec("--quote", o->quote, "20", most, &amount))
		return STATUS_USAGE;
	if (access(o->accounts, F_OK) == 0) {
		complain("%s is there already: its credentials are somebody's",
			 o->accounts);
		return STATUS_REFUSED;
	}
	if (rng_system(&rng) != ERR_OK) {
		complain("the system has no entropy");
		return STATUS_INTERNAL;
	}
	random_text(rng_prng(&rng), key);
	random_text(rng_prng(&rng), secret);
	e = write_accounts(o, key, secret);
	wipe(secret, sizeof secret);
	wipe(&rng, sizeof rng);
	if (e != ERR_OK)
		complain("cannot write the files: %s", err_text(e));
	return exit_of(e);
}

/* ---- serve ---- */

static int64_t clock_ms(void *ctx)
{
	(void)ctx;
	return wall_ms();
}

static void tick(void *ctx, bool reload)
{
	(void)reload;
	paper_advance(ctx, wall_ms());
}

/* Capital letters and digits: it becomes part of JSON texts. */
static bool asset_ok(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!((s.ptr[i] >= 'A' && s.ptr[i] <= 'Z') ||
		      (s.ptr[i] >= '0' && s.ptr[i] <= '9')))
			return false;
	return s.len > 0;
}

static bool read_symbol(struct paper *p, const char *text)
{
	const char *slash = strchr(text, '/');
	struct slice base = { (const uint8_t *)text,
			      slash == NULL ? 0 : (size_t)(slash - text) };

	if (slash != NULL && asset_ok(base) && asset_ok(str_slice(slash + 1)) &&
	    slice_cstr(base, p->base, sizeof p->base) == ERR_OK &&
	    slice_cstr(str_slice(slash + 1), p->quote, sizeof p->quote) ==
		    ERR_OK) {
		snprintf(p->symbol, sizeof p->symbol, "%s%s", p->base,
			 p->quote);
		return true;
	}
	complain("--symbol wants BASE/QUOTE, not '%s'", text);
	return false;
}

static enum exit_status load_market(struct paper *p,
				    const struct exchange_opts *o)
{
	static const struct dec price = { 141342 }; /* 0.00141342 */
	struct buf in = { 0 };
	enum exit_status st;
	size_t line = 0;
	enum err e;

	if (o->market == NULL) {
		uint64_t seed = o->seed != 0 ? o->seed : 1;

		e = market_generate(seed, GENERATED_TRADES, price,
				    p->engine.rules.tick, p->engine.rules.step,
				    &p->market);
		log_event("market", LOG_TEXT("source", "generated"),
			  LOG_NUMBER("seed", seed),
			  LOG_NUMBER("trades", p->market.n));
		return exit_of(e);
	}
	st = input_read(o->market, MARKET_BYTES, &in);
	if (st != STATUS_DONE)
		return st;
	e = market_read(buf_slice(&in), &p->market, &line);
	buf_free(&in);
	if (e != ERR_OK) {
		complain("%s:%zu: not a trade: %s", o->market, line,
			 err_text(e));
		return STATUS_MALFORMED;
	}
	log_event("market", LOG_TEXT("source", "recorded"),
		  LOG_TEXT("file", o->market),
		  LOG_NUMBER("trades", p->market.n));
	return STATUS_DONE;
}

static enum exit_status load_accounts(struct paper *p, const char *path)
{
	static _Alignas(16) uint8_t mem[8 * ACCOUNTS_BYTES];
	struct arena a = arena_over(mem, sizeof mem);
	struct buf in = { 0 };
	const char *what = "";
	enum exit_status st = input_read_secret(path, ACCOUNTS_BYTES, &in);
	enum err e = ERR_OK;

	if (st == STATUS_DONE)
		e = paper_accounts(p, &a, buf_slice(&in), &what);
	buf_free(&in);
	wipe(mem, sizeof mem);
	return e == ERR_OK ? st : input_bad(path, what, e);
}

static enum exit_status load_identity(const struct exchange_opts *o,
				      const br_prng_class **rng,
				      struct identity *id)
{
	static const char *const usual[] = { "ee-paper", "localhost",
					     "127.0.0.1", "169.254.169.2",
					     NULL };
	const char *names[ARG_LIST_MAX + 1] = { NULL };
	static const char ca[] = "EasyEnclave paper exchange CA";
	const char *const *all = o->names.n > 0 ? names : usual;
	int64_t now_s = wall_ms() / 1000;
	char why[PATH_CAP + 256];
	enum err e;

	for (size_t i = 0; i < o->names.n; i++) {
		names[i] = o->names.v[i];
		if (!identity_name_ok(names[i])) {
			complain("--name %s: no DNS name, no IPv4 address",
				 names[i]);
			return STATUS_USAGE;
		}
	}
	e = identity_create(o->state, ca, all, false, now_s, rng, why,
			    sizeof why);
	if (e == ERR_OK || e == ERR_STATE)
		e = identity_load(o->state, now_s, id, why, sizeof why);
	if (e == ERR_EXPIRED || e == ERR_MISMATCH) {
		e = identity_create(o->state, ca, all, true, now_s, rng, why,
				    sizeof why);
		if (e == ERR_OK)
			e = identity_load(o->state, now_s, id, why, sizeof why);
	}
	if (e != ERR_OK)
		complain("%s", why);
	return exit_of_secret(e);
}

static enum exit_status load(struct paper *p, const struct exchange_opts *o)
{
	static const struct dec speed_max = { INT64_C(1000000) * DEC_ONE };
	static const struct dec fee_max = { DEC_ONE / 2 };
	struct engine_rules r = { .tick = { 1 },
				  .step = { DEC_ONE / 100 },
				  .min_qty = { DEC_ONE / 100 },
				  .min_notional = { DEC_ONE / 10000 } };
	enum exit_status st;

	if (o->state == NULL || o->accounts == NULL) {
		complain("--state DIR and --accounts FILE are needed");
		return STATUS_USAGE;
	}
	if (o->market != NULL && o->seed != 0) {
		complain("--market or --seed: a recorded market has no seed");
		return STATUS_USAGE;
	}
	if (!read_dec("--speed", o->speed, "1", speed_max, &p->speed) ||
	    !read_dec("--maker-fee", o->maker_fee, "0.001", fee_max,
		      &r.maker_fee) ||
	    !read_dec("--taker-fee", o->taker_fee, "0.001", fee_max,
		      &r.taker_fee) ||
	    !read_symbol(p, o->symbol != NULL ? o->symbol : "XRP/ETH"))
		return STATUS_USAGE;
	engine_init(&p->engine, &r, 1);
	st = load_accounts(p, o->accounts);
	if (st == STATUS_DONE)
		st = load_market(p, o);
	if (st == STATUS_DONE)
		paper_warm_up(p, WARM_UP_TRADES);
	return st;
}

static enum exit_status verb_serve(const char *const *operands, size_t n,
				   const void *opts)
{
	const struct exchange_opts *o = opts;
	struct paper *p = calloc(1, sizeof *p);
	struct identity id = { 0 };
	struct rng rng;
	struct daemon d = {
		.listen = o->listen != NULL ? o->listen : "127.0.0.1:9443",
		.identity = &id,
		.rng = rng_prng(&rng),
		.max_conns = CONNS,
		.max_response = RESPONSE_MAX,
		.handler = paper_handle,
		.tick = tick,
		.tick_ms = TICK_MS,
		.ctx = p,
	};
	enum exit_status st = STATUS_INTERNAL;

	(void)operands;
	(void)n;
	if (p != NULL && rng_system(&rng) == ERR_OK) {
		p->now_ms = clock_ms;
		st = load(p, o);
	}
	if (st == STATUS_DONE)
		st = load_identity(o, rng_prng(&rng), &id);
	if (st == STATUS_DONE)
		st = daemon_run(&d);
	if (p != NULL) {
		market_free(&p->market);
		wipe(p->keys, sizeof p->keys);
	}
	free(p);
	wipe(&rng, sizeof rng);
	identity_done(&id);
	return st;
}

#define AT(type, field) offsetof(struct type, field)

static const struct arg_opt account_opts[] = {
	{ "--accounts", "FILE", "the exchange's file, mode 0600", ARG_TEXT,
	  AT(account_opts, accounts), 0 },
	{ "--credentials", "FILE", "the trader's file, mode 0600", ARG_TEXT,
	  AT(account_opts, credentials), 0 },
	{ "--base", "AMOUNT", "balance of the base asset, default 10000",
	  ARG_TEXT, AT(account_opts, base), 0 },
	{ "--quote", "AMOUNT", "balance of the quote asset, default 20",
	  ARG_TEXT, AT(account_opts, quote), 0 },
	{ 0 },
};

static const struct arg_opt serve_opts[] = {
	{ "--state", "DIR", "where its CA and keys live; made when missing",
	  ARG_TEXT, AT(exchange_opts, state), 0 },
	{ "--accounts", "FILE", "made by 'ee-paper account'", ARG_TEXT,
	  AT(exchange_opts, accounts), 0 },
	{ "--market", "FILE", "recorded trades, one JSON object a line",
	  ARG_TEXT, AT(exchange_opts, market), 0 },
	{ "--seed", "N", "instead of --market: generate one, default 1",
	  ARG_NUMBER, AT(exchange_opts, seed), UINT64_MAX },
	{ "--symbol", "BASE/QUOTE", "default XRP/ETH", ARG_TEXT,
	  AT(exchange_opts, symbol), 0 },
	{ "--speed", "X", "market time runs X times as fast, default 1",
	  ARG_TEXT, AT(exchange_opts, speed), 0 },
	{ "--maker-fee", "RATE", "default 0.001", ARG_TEXT,
	  AT(exchange_opts, maker_fee), 0 },
	{ "--taker-fee", "RATE", "default 0.001", ARG_TEXT,
	  AT(exchange_opts, taker_fee), 0 },
	{ "--listen", "ADDR:PORT", "default 127.0.0.1:9443", ARG_TEXT,
	  AT(exchange_opts, listen), 0 },
	{ "--name", "NAME", "DNS name or IPv4 address of this server", ARG_LIST,
	  AT(exchange_opts, names), 0 },
	{ 0 },
};

static const struct arg_verb verbs[] = {
	{ "account", "", "make credentials with a balance", 0, 0, account_opts,
	  verb_account },
	{ "serve", "", "serve the exchange over TLS until SIGTERM", 0, 0,
	  serve_opts, verb_serve },
	{ 0 },
};

int main(int argc, char **argv)
{
	static const struct arg_program program = {
		"ee-paper", "a paper exchange over a recorded market",
		source_id, verbs
	};

	return args_main(&program, argc, argv);
}
