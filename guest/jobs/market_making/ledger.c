#include "jobs/market_making/ledger.h"

#include <string.h>

void mm_ledger_init(struct mm_ledger *l, const char *base, const char *quote)
{
	memset(l, 0, sizeof(*l));
	strncpy(l->base, base, VENUE_ASSET_LEN);
	strncpy(l->quote, quote, VENUE_ASSET_LEN);
	br_sha384_init(&l->outputs);
	br_sha384_update(&l->outputs, "[", 1);
}

/* ---- the trades' digest ---- */

static void jw_kdec(struct jw *j, const char *key, struct dec v)
{
	char text[DEC_TEXT_LEN];

	dec_format(v, text);
	jw_kstr(j, key, text);
}

static void add_output(struct mm_ledger *l, const struct venue_trade *t)
{
	char text[512];
	struct wr w = wr_over(text, sizeof(text));
	struct jw j;

	jw_init(&j, &w);
	jw_open(&j, '{');
	jw_kdec(&j, "fee", t->fee);
	jw_kstr(&j, "fee_asset", t->fee_asset);
	jw_ki64(&j, "id", (int64_t)t->id);
	jw_kbool(&j, "maker", t->maker);
	jw_ki64(&j, "order_id", (int64_t)t->order_id);
	jw_kdec(&j, "price", t->price);
	jw_kdec(&j, "qty", t->qty);
	jw_kdec(&j, "quote_qty", t->quote_qty);
	jw_kstr(&j, "side", t->side == VENUE_BUY ? "buy" : "sell");
	jw_ki64(&j, "time_ms", t->time_ms);
	jw_close(&j);
	if (l->trades > 1)
		br_sha384_update(&l->outputs, ",", 1);
	br_sha384_update(&l->outputs, w.buf, w.len);
}

void mm_ledger_outputs(const struct mm_ledger *l,
		       uint8_t sha384_out[static SHA384_LEN])
{
	br_sha384_context c = l->outputs;

	br_sha384_update(&c, "]", 1);
	br_sha384_out(&c, sha384_out);
}

/* ---- sums ---- */

/* A sum whose first failure sticks, so that a trade is one straight list. */
struct sum {
	enum err err;
};

static void add(struct sum *s, struct dec *a, struct dec b)
{
	struct dec r;

	if (s->err == ERR_OK)
		s->err = dec_add(*a, b, &r);
	if (s->err == ERR_OK)
		*a = r;
}

static struct dec mul(struct sum *s, struct dec a, struct dec b)
{
	struct dec r = { 0 };

	if (s->err == ERR_OK)
		s->err = dec_mul(a, b, DEC_HALF_EVEN, &r);
	return r;
}

__extension__ typedef __int128 i128;

/* amount * part / whole, for 0 <= part <= whole, 0 < whole: in 128 bits, since
 * the product may be far larger than any decimal. Rounded towards zero; what
 * that leaves stays with the rest. */
static struct dec share(struct dec amount, struct dec part, struct dec whole)
{
	return (struct dec){ (int64_t)((i128)amount.e8 * part.e8 / whole.e8) };
}

static struct dec absolute(struct dec v)
{
	return v.e8 < 0 ? dec_neg(v) : v;
}

/* Moves the position by qty (signed), for cash (signed: what came in);
 * realises what it closes. */
static void move(struct sum *s, struct mm_ledger *l, struct dec qty,
		 struct dec cash)
{
	bool closing = (l->inventory.e8 > 0 && qty.e8 < 0) ||
		       (l->inventory.e8 < 0 && qty.e8 > 0);

	if (closing) {
		struct dec held = absolute(l->inventory), asked = absolute(qty);
		struct dec part = dec_min(held, asked);
		struct dec in = share(cash, part, asked);
		struct dec cost = share(l->cost, part, held);

		add(s, &l->realised_pnl, in);
		add(s, &l->realised_pnl, dec_neg(cost));
		add(s, &l->cost, dec_neg(cost));
		add(s, &cash, dec_neg(in));
		if (qty.e8 < 0)
			part = dec_neg(part);
		add(s, &l->inventory, part);
		add(s, &qty, dec_neg(part));
	}
	if (qty.e8 != 0) {
		add(s, &l->cost, dec_neg(cash));
		add(s, &l->inventory, qty);
	}
}

/* The sum of fees in an asset that is neither base nor quote; sorted, as the
 * report is canonical. */
static struct dec *other_fee(struct mm_ledger *l, const char *asset)
{
	size_t i = 0;

	while (i < l->nfees_other && strcmp(l->fees_other[i].asset, asset) < 0)
		i++;
	if (i < l->nfees_other && strcmp(l->fees_other[i].asset, asset) == 0)
		return &l->fees_other[i].sum;
	if (l->nfees_other == MM_FEE_ASSETS)
		return NULL;
	memmove(&l->fees_other[i + 1], &l->fees_other[i],
		(l->nfees_other - i) * sizeof(l->fees_other[0]));
	l->nfees_other++;
	memset(&l->fees_other[i], 0, sizeof(l->fees_other[i]));
	memcpy(l->fees_other[i].asset, asset, strlen(asset) + 1);
	return &l->fees_other[i].sum;
}

static void add_fee(struct sum *s, struct mm_ledger *l,
		    const struct venue_trade *t)
{
	struct dec *other;

	if (strcmp(t->fee_asset, l->base) == 0)
		add(s, &l->fees_base, t->fee);
	else if (strcmp(t->fee_asset, l->quote) == 0)
		add(s, &l->fees_quote, t->fee);
	else if (t->fee.e8 == 0)
		return;
	else if ((other = other_fee(l, t->fee_asset)) != NULL)
		add(s, other, t->fee);
	else
		s->err = ERR_SPACE;
}

static void add_sides(struct sum *s, struct mm_ledger *l,
		      const struct venue_trade *t, struct dec mid)
{
	bool buy = t->side == VENUE_BUY;
	struct dec edge = { 0 };

	add(s, buy ? &l->buy_volume : &l->sell_volume, t->qty);
	add(s, buy ? &l->buy_quote : &l->sell_quote, t->quote_qty);
	add(s, &edge, buy ? mid : t->price);
	add(s, &edge, dec_neg(buy ? t->price : mid));
	add(s, &l->spread_captured, mul(s, edge, t->qty));
	move(s, l, buy ? t->qty : dec_neg(t->qty),
	     buy ? dec_neg(t->quote_qty) : t->quote_qty);
	l->buys += buy;
	l->sells += !buy;
}

enum err mm_ledger_trade(struct mm_ledger *l, const struct venue_trade *t,
			 struct dec mid)
{
	struct mm_ledger next = *l;
	struct sum s = { ERR_OK };

	next.trades++;
	next.maker_trades += t->maker;
	add_sides(&s, &next, t, mid);
	add_fee(&s, &next, t);
	if (s.err != ERR_OK)
		return s.err;
	add_output(&next, t);
	*l = next;
	return ERR_OK;
}

/* ---- metrics ---- */

enum err mm_ledger_metrics(const struct mm_ledger *l,
			   const struct mm_intents *q, struct wr *w)
{
	struct sum s = { ERR_OK };
	struct dec unrealised = mul(&s, l->inventory, l->mid);
	struct jw j;

	add(&s, &unrealised, dec_neg(l->cost));
	if (s.err != ERR_OK)
		return s.err;
	jw_init(&j, w);
	jw_open(&j, '{');
	jw_kstr(&j, "base_asset", l->base);
	jw_kdec(&j, "buy_quote_volume", l->buy_quote);
	jw_kdec(&j, "buy_volume", l->buy_volume);
	jw_ki64(&j, "buys", (int64_t)l->buys);
	jw_kdec(&j, "fees_base", l->fees_base);
	jw_key(&j, "fees_other");
	jw_open(&j, '{');
	for (size_t i = 0; i < l->nfees_other; i++)
		jw_kdec(&j, l->fees_other[i].asset, l->fees_other[i].sum);
	jw_close(&j);
	jw_kdec(&j, "fees_quote", l->fees_quote);
	jw_key(&j, "intents");
	mm_intents_write(q, &j);
	jw_kdec(&j, "inventory_base", l->inventory);
	jw_kdec(&j, "inventory_cost_quote", l->cost);
	jw_kdec(&j, "last_mid_price", l->mid);
	jw_ki64(&j, "maker_trades", (int64_t)l->maker_trades);
	jw_ki64(&j, "orders_cancelled", (int64_t)l->orders_cancelled);
	jw_ki64(&j, "orders_placed", (int64_t)l->orders_placed);
	jw_kstr(&j, "quote_asset", l->quote);
	jw_kdec(&j, "realised_pnl_quote", l->realised_pnl);
	jw_kdec(&j, "sell_quote_volume", l->sell_quote);
	jw_kdec(&j, "sell_volume", l->sell_volume);
	jw_ki64(&j, "sells", (int64_t)l->sells);
	jw_kdec(&j, "spread_captured_quote", l->spread_captured);
	jw_ki64(&j, "ticks", (int64_t)l->ticks);
	jw_ki64(&j, "ticks_failed", (int64_t)l->ticks_failed);
	jw_ki64(&j, "time_quoting_both_sides_ms", l->quoting_both_ms);
	jw_ki64(&j, "trades", (int64_t)l->trades);
	jw_kdec(&j, "unrealised_pnl_quote", unrealised);
	jw_close(&j);
	return jw_end(&j);
}
