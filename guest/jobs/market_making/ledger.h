/* ledger.h - what a market-making job has done, in fixed point: volumes, fees,
 * inventory and profit, and the digest over its trades. Nothing is estimated:
 * every number follows from the trades and the prices seen.
 *
 * Inventory starts at zero when the job does and may become negative (base that
 * the account held before was sold). Cost is kept by the average-cost method:
 * a trade that reduces the position realises what it brought less the average
 * cost of what went. Amounts are those the venue settled (quote_qty), so that
 * always and exactly
 *
 *   realised + unrealised = sell_quote - buy_quote + inventory * mid
 *
 * Profit is before fees; fees stand beside it, in the asset they were paid in.
 */
#ifndef GUEST_JOBS_MARKET_MAKING_LEDGER_H
#define GUEST_JOBS_MARKET_MAKING_LEDGER_H

#include "jobs/market_making/intent.h"

enum {
	MM_FEE_ASSETS = 4 /* beside base and quote: the venue's own coin */
};

struct mm_fee {
	char asset[VENUE_ASSET_LEN + 1];
	struct dec sum;
};

struct mm_ledger {
	char base[VENUE_ASSET_LEN + 1], quote[VENUE_ASSET_LEN + 1];
	uint64_t trades, buys, sells, maker_trades;
	struct dec buy_volume, sell_volume; /* base */
	struct dec buy_quote, sell_quote;
	struct dec fees_base, fees_quote;
	struct mm_fee fees_other[MM_FEE_ASSETS]; /* by name */
	size_t nfees_other;
	struct dec inventory; /* base */
	struct dec cost;      /* quote, of the inventory, same sign */
	struct dec realised_pnl;
	struct dec spread_captured; /* quote, against the mid when quoted */
	struct dec mid;             /* last one seen */
	int64_t quoting_both_ms;
	uint64_t ticks, ticks_failed, orders_placed, orders_cancelled;
	br_sha384_context outputs; /* "[" and the trades so far */
};

void mm_ledger_init(struct mm_ledger *l, const char *base, const char *quote);

/* A trade, with the mid price at the time its order was quoted. ERR_LIMIT: a
 * sum leaves the range of a decimal; ERR_SPACE: fees in too many assets.
 * Nothing was changed then. */
MUST_CHECK enum err mm_ledger_trade(struct mm_ledger *l,
				    const struct venue_trade *t,
				    struct dec mid);

/* SHA-384 over the canonical JSON array of the trades, oldest first. */
void mm_ledger_outputs(const struct mm_ledger *l,
		       uint8_t sha384_out[static SHA384_LEN]);

/* The metrics of a report: a canonical JSON object, "intents" as intent.h has
 * it. */
MUST_CHECK enum err mm_ledger_metrics(const struct mm_ledger *l,
				      const struct mm_intents *q, struct wr *w);
#endif
