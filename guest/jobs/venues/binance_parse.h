/* binance_parse.h - Binance's spot answers, taken apart. Pure; everything in
 * them is untrusted. Members that are not needed are ignored, as the venue adds
 * some every month; those that are needed must have their type and range.
 * Source: Binance spot REST API documentation. */
#ifndef GUEST_JOBS_VENUES_BINANCE_PARSE_H
#define GUEST_JOBS_VENUES_BINANCE_PARSE_H

#include "jobs/venues/venue.h"

/* All: ERR_MISSING, ERR_VALUE, ERR_LIMIT; outputs only on ERR_OK. */
MUST_CHECK enum err binance_rules(struct json doc, const char *symbol,
				  struct venue_rules *out);
/* ERR_STATE: one side is empty, or they cross. */
MUST_CHECK enum err binance_top(struct json doc, struct venue_top *out);
/* The order that was placed or asked for. */
MUST_CHECK enum err binance_order_id(struct json doc, uint64_t *out);
MUST_CHECK enum err binance_price(struct json doc, struct dec *out);
MUST_CHECK enum err binance_balances(struct json doc, const char *base,
				     const char *quote,
				     struct venue_balances *out);
MUST_CHECK enum err binance_orders(struct json doc,
				   struct venue_order out[VENUE_OPEN_MAX],
				   size_t *n);
MUST_CHECK enum err binance_trades(struct json doc,
				   struct venue_trade out[VENUE_TRADES_MAX],
				   size_t *n);

/* What an answer that is not 2xx means: doc is its body, {"code","msg"}, or not
 * there. *msg is the venue's text, maybe empty. */
enum venue_error binance_error(int status, struct json doc, struct slice *msg);
#endif
