/* paper.h - the paper exchange as one object: Binance's spot REST dialect over
 * one engine and one market. Time is an argument; the sockets are in main.c.
 * Source: Binance spot API documentation (REST, request security, errors). */
#ifndef HOST_PAPER_PAPER_H
#define HOST_PAPER_PAPER_H

#include "host-launcher/paper/market.h"
#include "lib/digest.h"
#include "lib/json.h"
#include "lib/serve.h"

enum {
	PAPER_KEY_MAX = 128,
	PAPER_ASSET_MAX = 12
};

struct paper_key {
	char api_key[PAPER_KEY_MAX + 1], secret[PAPER_KEY_MAX + 1];
	unsigned account;
};

struct paper {
	struct engine engine;
	struct market market;
	char base[PAPER_ASSET_MAX + 1], quote[PAPER_ASSET_MAX + 1];
	char symbol[2 * PAPER_ASSET_MAX + 1]; /* base and quote, joined */
	struct paper_key keys[ENGINE_ACCOUNTS];
	size_t nkeys;
	struct dec speed; /* market milliseconds a millisecond */
	int64_t (*now_ms)(void *ctx);
	void *clock_ctx;
	/* The replay stands still until the first signed request. */
	bool started;
	int64_t started_ms, market_start_ms;
	/* request weight in the present minute */
	int64_t minute;
	unsigned weight;
};

/* Applies the first n trades, so that there is a book to look at. */
void paper_warm_up(struct paper *p, size_t n);

/* Reads accounts: {"accounts":[{"api_key","api_secret","base","quote"}]}; base
 * and quote are the balances. *what names the member that is wrong. */
MUST_CHECK enum err paper_accounts(struct paper *p, struct arena *a,
				   struct slice in, const char **what);

/* Brings the market up to now. */
void paper_advance(struct paper *p, int64_t now_ms);

/* serve_handler; ctx is the struct paper. */
void paper_handle(void *ctx, int conn, const struct http_msg *req,
		  struct serve_response *res);

/* ---- paper.c and its two halves ---- */

struct paper_call {
	struct paper *p;
	const struct http_msg *req;
	struct wr *w;
	struct serve_response *res;
	int64_t now_ms;
	unsigned account; /* of a signed call */
};

enum paper_error {
	PAPER_UNKNOWN,
	PAPER_WEIGHT,
	PAPER_TIMESTAMP,
	PAPER_SIGNATURE,
	PAPER_ILLEGAL,
	PAPER_MISSING,
	PAPER_PRECISION,
	PAPER_TIF,
	PAPER_TYPE,
	PAPER_SIDE,
	PAPER_SYMBOL,
	PAPER_FILTER_PRICE,
	PAPER_FILTER_LOT,
	PAPER_FILTER_NOTIONAL,
	PAPER_FILTER_ORDERS,
	PAPER_BALANCE,
	PAPER_TAKE,
	PAPER_DUPLICATE,
	PAPER_CANCEL,
	PAPER_NO_ORDER,
	PAPER_NO_KEY,
	PAPER_BAD_KEY
};

void paper_fail(struct paper_call *c, enum paper_error e);

/* The parameter `key` of query or body, percent-decoded, into out. ERR_MISSING;
 * ERR_VALUE: twice, or not decodable; ERR_LIMIT. */
MUST_CHECK enum err paper_param(const struct paper_call *c, const char *key,
				char *out, size_t cap);

/* A decimal as the venue writes it: eight places. */
void paper_dec(struct wr *w, struct dec v);

/* Handlers, by file. */
void paper_get_exchange_info(struct paper_call *c);
void paper_get_depth(struct paper_call *c);
void paper_get_trades(struct paper_call *c);
void paper_get_agg_trades(struct paper_call *c);
void paper_get_price(struct paper_call *c);
void paper_get_book_ticker(struct paper_call *c);
void paper_get_day_ticker(struct paper_call *c);
void paper_post_order(struct paper_call *c);
void paper_get_order(struct paper_call *c);
void paper_delete_order(struct paper_call *c);
void paper_get_open_orders(struct paper_call *c);
void paper_delete_open_orders(struct paper_call *c);
void paper_get_all_orders(struct paper_call *c);
void paper_get_my_trades(struct paper_call *c);
void paper_get_account(struct paper_call *c);
bool paper_symbol_ok(struct paper_call *c, bool required);
#endif
