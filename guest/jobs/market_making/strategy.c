#include "jobs/market_making/strategy.h"

static const struct dec one = { DEC_ONE };

/* The layer's quantity: each further layer adds a fixed amount, or a part of
 * the quantity before. */
static enum err layer_qty(const struct mm_params *p, int64_t layer,
			  struct dec *out)
{
	static const struct dec hundred = { INT64_C(100) * DEC_ONE };
	struct dec qty = p->order_amount, part = p->change;
	enum err e = ERR_OK;

	for (int64_t i = 2; e == ERR_OK && i <= layer; i++) {
		if (p->change_is_percentage) {
			e = dec_mul(qty, p->change, DEC_DOWN, &part);
			if (e == ERR_OK)
				e = dec_div(part, hundred, DEC_DOWN, &part);
		}
		if (e == ERR_OK)
			e = dec_add(qty, part, &qty);
	}
	if (e == ERR_OK)
		*out = qty;
	return e;
}

/* The layer's distance from the price on one side. */
static enum err layer_spread(const struct mm_params *p, const struct mm_view *v,
			     enum venue_side side, int64_t layer,
			     struct dec *out)
{
	static const struct dec zero = { 0 };
	struct dec n = { layer * DEC_ONE }, spread, skew;
	struct dec bias = { p->maker_heavy ? p->bias_bps * (DEC_ONE / 10000)
					   : 0 };
	enum err e = dec_mul(side == VENUE_BUY ? p->bid_spread : p->ask_spread,
			     n, DEC_HALF_EVEN, &spread);

	if (e == ERR_OK)
		e = dec_add(spread, bias, &spread);
	if (e == ERR_OK)
		e = dec_sub(v->base_ratio, p->target_ratio, &skew);
	if (e == ERR_OK)
		e = dec_mul(skew, p->skew_factor, DEC_HALF_EVEN, &skew);
	if (e == ERR_OK)
		e = side == VENUE_BUY ? dec_add(spread, skew, &spread)
				      : dec_sub(spread, skew, &spread);
	if (e == ERR_OK)
		*out = dec_max(zero, spread);
	return e;
}

static enum err layer_price(const struct mm_view *v, enum venue_side side,
			    struct dec spread, struct dec *out)
{
	bool buy = side == VENUE_BUY;
	struct dec factor, price;
	enum err e = buy ? dec_sub(one, spread, &factor)
			 : dec_add(one, spread, &factor);

	if (e == ERR_OK)
		e = dec_mul(v->price, factor, buy ? DEC_DOWN : DEC_UP, &price);
	return e != ERR_OK ? e
			   : dec_step(price, v->rules.tick,
				      buy ? DEC_DOWN : DEC_UP, out);
}

static bool big_enough(const struct mm_view *v, struct dec price,
		       struct dec qty)
{
	struct dec notional;

	return price.e8 > 0 && qty.e8 > 0 &&
	       dec_cmp(qty, v->rules.min_qty) >= 0 &&
	       dec_mul(price, qty, DEC_DOWN, &notional) == ERR_OK &&
	       dec_cmp(notional, v->rules.min_notional) >= 0;
}

static bool one_quote(const struct mm_params *p, const struct mm_view *v,
		      enum venue_side side, int64_t layer, struct mm_quote *out)
{
	struct mm_quote q = { .side = side, .layer = layer };
	struct dec spread, qty;

	if (layer_spread(p, v, side, layer, &spread) != ERR_OK ||
	    layer_price(v, side, spread, &q.price) != ERR_OK ||
	    layer_qty(p, layer, &qty) != ERR_OK ||
	    dec_step(qty, v->rules.step, DEC_DOWN, &q.qty) != ERR_OK ||
	    !big_enough(v, q.price, q.qty))
		return false;
	*out = q;
	return true;
}

size_t mm_quotes(const struct mm_params *p, const struct mm_view *v,
		 struct mm_quote out[static 2 * MM_LAYERS_MAX])
{
	bool buy = !p->has_ceiling || dec_cmp(v->price, p->ceiling) <= 0;
	bool sell = !p->has_floor || dec_cmp(v->price, p->floor) >= 0;
	size_t n = 0;

	for (int64_t layer = 1; layer <= p->layers; layer++) {
		if (buy && (size_t)layer > v->open_buys &&
		    one_quote(p, v, VENUE_BUY, layer, &out[n]))
			n++;
		if (sell && (size_t)layer > v->open_sells &&
		    one_quote(p, v, VENUE_SELL, layer, &out[n]))
			n++;
	}
	return n;
}

enum err mm_base_ratio(struct dec base, struct dec quote, struct dec price,
		       struct dec *out)
{
	struct dec value, total;
	enum err e = dec_mul(base, price, DEC_HALF_EVEN, &value);

	if (e == ERR_OK)
		e = dec_add(value, quote, &total);
	if (e != ERR_OK)
		return e;
	if (total.e8 == 0) {
		out->e8 = DEC_ONE / 2;
		return ERR_OK;
	}
	return dec_div(value, total, DEC_HALF_EVEN, out);
}
