#include "jobs/market_making/params.h"

static const struct dec one = { DEC_ONE };
static const struct dec most = { INT64_C(9000000000000000000) };

/* A decimal member within [0, max], or (0, max] when positive. An absent one
 * keeps *out, and is ERR_MISSING only when required. */
static enum err get(struct json v, const char *key, bool required,
		    bool positive, struct dec max, struct dec *out, bool *there)
{
	struct slice s;
	struct dec d;
	enum err e = json_str(v, key, &s);

	if (there != NULL)
		*there = e == ERR_OK;
	if (e == ERR_MISSING)
		return required ? ERR_MISSING : ERR_OK;
	if (e == ERR_OK && dec_parse(s, &d) != ERR_OK)
		e = ERR_VALUE;
	if (e == ERR_OK &&
	    (d.e8 < 0 || (positive && d.e8 == 0) || dec_cmp(d, max) > 0))
		e = ERR_VALUE;
	if (e == ERR_OK)
		*out = d;
	return e;
}

static enum err get_decimals(struct json v, struct mm_params *p,
			     const char **key)
{
	const struct {
		const char *key;
		bool required, positive;
		struct dec max;
		struct dec *out;
		bool *there;
	} fields[] = {
		{ "orderAmount", true, true, most, &p->order_amount, NULL },
		{ "bidSpread", true, false, one, &p->bid_spread, NULL },
		{ "askSpread", true, false, one, &p->ask_spread, NULL },
		{ "amountChangePerLayer", false, false, most, &p->change,
		  NULL },
		{ "ceilingPrice", false, true, most, &p->ceiling,
		  &p->has_ceiling },
		{ "floorPrice", false, true, most, &p->floor, &p->has_floor },
		{ "inventoryTargetBaseRatio", false, false, one,
		  &p->target_ratio, NULL },
		{ "inventorySkewFactor", false, false, one, &p->skew_factor,
		  NULL },
		{ "currentBaseRatio", false, false, one, &p->base_ratio,
		  &p->has_base_ratio },
	};
	enum err e = ERR_OK;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		*key = fields[i].key;
		e = get(v, fields[i].key, fields[i].required,
			fields[i].positive, fields[i].max, fields[i].out,
			fields[i].there);
		if (e != ERR_OK)
			return e;
	}
	return ERR_OK;
}

static enum err get_numbers(struct json v, struct mm_params *p,
			    const char **key)
{
	const struct {
		const char *key;
		int64_t min, max;
		int64_t *out;
	} fields[] = {
		{ "orderRefreshTime", 100, 86400000, &p->refresh_ms },
		{ "tickSizeMs", 50, 60000, &p->tick_ms },
		{ "maxTicks", 0, INT64_C(1) << 40, &p->max_ticks },
		{ "numberOfLayers", 1, MM_LAYERS_MAX, &p->layers },
		{ "makerHeavyBiasBps", 0, 10000, &p->bias_bps },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		enum err e = json_int(v, fields[i].key, fields[i].min,
				      fields[i].max, fields[i].out);

		*key = fields[i].key;
		if (e != ERR_OK && e != ERR_MISSING)
			return e;
	}
	return ERR_OK;
}

static enum err get_choice(struct json v, const char *key,
			   const char *const *names, size_t n, size_t *out)
{
	struct slice s;
	enum err e = json_str(v, key, &s);

	if (e == ERR_MISSING)
		return ERR_OK;
	for (size_t i = 0; e == ERR_OK && i < n; i++)
		if (slice_is(s, names[i])) {
			*out = i;
			return ERR_OK;
		}
	return ERR_VALUE;
}

static enum err get_choices(struct json v, struct mm_params *p,
			    const char **key)
{
	static const char *const sources[] = { "MID_PRICE", "BEST_BID",
					       "BEST_ASK", "LAST_PRICE" };
	static const char *const changes[] = { "fixed", "percentage" };
	size_t source = MM_MID_PRICE, change = 0;
	enum err e;

	*key = "priceSourceType";
	e = get_choice(v, *key, sources, 4, &source);
	if (e != ERR_OK)
		return e;
	*key = "amountChangeType";
	e = get_choice(v, *key, changes, 2, &change);
	if (e != ERR_OK)
		return e;
	*key = "hangingOrdersEnabled";
	e = json_bool(v, *key, &p->hanging);
	if (e != ERR_OK && e != ERR_MISSING)
		return e;
	*key = "makerHeavyMode";
	e = json_bool(v, *key, &p->maker_heavy);
	if (e != ERR_OK && e != ERR_MISSING)
		return e;
	p->source = (enum mm_price_source)source;
	p->change_is_percentage = change == 1;
	return ERR_OK;
}

enum err mm_params_read(struct json v, struct mm_params *out, const char **key)
{
	static const char *const known[] = { "amountChangePerLayer",
					     "amountChangeType",
					     "askSpread",
					     "bidSpread",
					     "ceilingPrice",
					     "currentBaseRatio",
					     "floorPrice",
					     "hangingOrdersEnabled",
					     "inventorySkewFactor",
					     "inventoryTargetBaseRatio",
					     "makerHeavyBiasBps",
					     "makerHeavyMode",
					     "maxTicks",
					     "numberOfLayers",
					     "orderAmount",
					     "orderRefreshTime",
					     "priceSourceType",
					     "tickSizeMs",
					     NULL };
	struct mm_params p = {
		.refresh_ms = 15000,
		.tick_ms = 1000,
		.layers = 1,
		.bias_bps = 20,
		.target_ratio = { DEC_ONE / 2 },
		.skew_factor = { DEC_ONE / 4 },
	};
	enum err e;

	*key = "";
	e = json_only(v, known, key);
	if (e == ERR_OK)
		e = get_decimals(v, &p, key);
	if (e == ERR_OK)
		e = get_numbers(v, &p, key);
	if (e == ERR_OK)
		e = get_choices(v, &p, key);
	if (e != ERR_OK)
		return e;
	if (p.has_ceiling && p.has_floor && dec_cmp(p.ceiling, p.floor) <= 0) {
		*key = "ceilingPrice";
		return ERR_VALUE;
	}
	*out = p;
	return ERR_OK;
}
