/* params.h - the parameters of pure market making, as in the start request.
 * Decimals are strings. Unknown members are refused. See lib/proto.h. */
#ifndef GUEST_JOBS_MARKET_MAKING_PARAMS_H
#define GUEST_JOBS_MARKET_MAKING_PARAMS_H

#include "lib/decimal.h"
#include "lib/json.h"

enum {
	MM_LAYERS_MAX = 10
};

enum mm_price_source {
	MM_MID_PRICE,
	MM_BEST_BID,
	MM_BEST_ASK,
	MM_LAST_PRICE
};

struct mm_params {
	struct dec order_amount;                /* base, first layer */
	struct dec bid_spread, ask_spread;      /* 0.001 is 10 basis points */
	int64_t refresh_ms, tick_ms, max_ticks; /* max_ticks 0: no end */
	int64_t layers, bias_bps;
	enum mm_price_source source;
	bool change_is_percentage;
	struct dec change; /* amountChangePerLayer */
	bool has_ceiling, has_floor, has_base_ratio, hanging, maker_heavy;
	struct dec ceiling, floor;
	struct dec target_ratio, skew_factor, base_ratio;
};

/* *key names the member that is wrong, static or inside the document. Errors:
 * ERR_MISSING, ERR_UNKNOWN, ERR_VALUE. */
MUST_CHECK enum err mm_params_read(struct json v, struct mm_params *out,
				   const char **key);
#endif
