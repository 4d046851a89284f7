#include "host-launcher/paper/market.h"

#include <stdlib.h>
#include <string.h>

#include "lib/json.h"

enum {
	LINE_ARENA = 8192,
	GENERATED_STEP_MS = 4000
};

static size_t count_lines(struct slice text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += text.ptr[i] == '\n';
	return n + 1;
}

static enum err read_dec(struct json v, const char *key, struct dec *out)
{
	struct slice s;
	enum err e = json_str(v, key, &s);

	if (e == ERR_OK)
		e = dec_parse(s, out);
	if (e == ERR_OK && out->e8 <= 0)
		e = ERR_VALUE;
	return e;
}

static enum err read_trade(struct slice line, struct market_trade *out)
{
	_Alignas(16) uint8_t mem[LINE_ARENA];
	struct arena a = arena_over(mem, sizeof mem);
	int64_t id = 0;
	struct json v;
	enum err e = json_parse(&a, line, &v);

	if (e == ERR_OK)
		e = json_int(v, "a", 0, INT64_C(1) << 53, &id);
	if (e == ERR_OK)
		e = json_int(v, "T", 0, INT64_C(1) << 53, &out->time_ms);
	if (e == ERR_OK)
		e = json_bool(v, "m", &out->buyer_is_maker);
	if (e == ERR_OK)
		e = read_dec(v, "p", &out->price);
	if (e == ERR_OK)
		e = read_dec(v, "q", &out->qty);
	out->id = (uint64_t)id;
	return e;
}

/* The next line of text, without its newline. */
static struct slice next_line(struct slice *text)
{
	const uint8_t *nl =
		text->len == 0 ? NULL : memchr(text->ptr, '\n', text->len);
	size_t n = nl == NULL ? text->len : (size_t)(nl - text->ptr);
	struct slice line = { text->ptr, n };

	if (nl != NULL)
		n++;
	*text = (struct slice){ text->ptr + n, text->len - n };
	return line;
}

enum err market_read(struct slice text, struct market *out, size_t *line)
{
	struct market m = { .trades = calloc(count_lines(text),
					     sizeof *m.trades) };
	enum err e = m.trades == NULL ? ERR_SPACE : ERR_OK;

	for (*line = 1; e == ERR_OK && text.len > 0; ++*line) {
		struct slice l = next_line(&text);

		if (l.len == 0)
			continue;
		e = read_trade(l, &m.trades[m.n]);
		if (e == ERR_OK && m.n > 0 &&
		    m.trades[m.n].time_ms < m.trades[m.n - 1].time_ms)
			e = ERR_VALUE;
		if (e != ERR_OK) {
			e = e == ERR_SPACE ? ERR_SPACE : ERR_VALUE;
			break;
		}
		m.n++;
	}
	if (e == ERR_OK && m.n == 0)
		e = ERR_MISSING;
	if (e != ERR_OK) {
		free(m.trades);
		return e;
	}
	*out = m;
	return ERR_OK;
}

/* splitmix64: public domain, by Sebastiano Vigna. Good enough for a market. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

enum err market_generate(uint64_t seed, size_t n, struct dec price,
			 struct dec tick, struct dec step, struct market *out)
{
	struct market m = { .trades = calloc(n, sizeof *m.trades),
			    .generated = true };
	int64_t mid = price.e8 / tick.e8, half = mid / 2000 + 1;
	int64_t t = 0;

	if (m.trades == NULL)
		return ERR_SPACE;
	if (n == 0 || mid < 4) {
		free(m.trades);
		return ERR_VALUE;
	}
	for (m.n = 0; m.n < n; m.n++) {
		uint64_t r = next_random(&seed);
		bool sold = (r & 1) != 0;
		int64_t move = (int64_t)(r >> 41) % (2 * half + 1) - half;

		mid += move;
		if (mid < price.e8 / tick.e8 / 2)
			mid = price.e8 / tick.e8 / 2;
		t += 1 + (int64_t)(r >> 16 & 0xffff) % GENERATED_STEP_MS;
		m.trades[m.n] = (struct market_trade){
			.time_ms = t,
			.id = m.n + 1,
			.price = { (sold ? mid - half : mid + half) * tick.e8 },
			.qty = { (1 + (int64_t)(r >> 32 & 0x1ff)) * step.e8 },
			.buyer_is_maker = sold,
		};
	}
	*out = m;
	return ERR_OK;
}

void market_free(struct market *m)
{
	free(m->trades);
	memset(m, 0, sizeof *m);
}

/* Displays `qty` at `price` and forgets the oldest level when there are too
 * many. */
static void show(struct market *m, struct engine *e, enum side side,
		 struct dec price, struct dec qty, int64_t now_ms)
{
	struct dec *at = m->shown[side];
	size_t n = m->nshown[side], i = 0;

	while (i < n && dec_cmp(at[i], price) != 0)
		i++;
	if (i == n && n == MARKET_LEVELS) {
		engine_market_level(e, side, at[0], (struct dec){ 0 }, now_ms);
		i = 0;
	}
	if (i < n) {
		memmove(&at[i], &at[i + 1], (n - i - 1) * sizeof at[0]);
		n--;
	}
	at[n] = price;
	m->nshown[side] = n + 1;
	engine_market_level(e, side, price, qty, now_ms);
}

/* The price one tick on the far side of p, seen from `side`'s book. */
static struct dec beyond(const struct engine *e, enum side side, struct dec p)
{
	int64_t t = e->rules.tick.e8;

	return (struct dec){ side == SIDE_BUY ? p.e8 - t : p.e8 + t };
}

static bool has_level(const struct engine *e, enum side side)
{
	const struct book_side *b = &e->book[side];
	size_t i = 0;

	while (i < b->n && b->at[i]->account != ENGINE_MARKET)
		i++;
	return i < b->n;
}

static void apply(struct market *m, struct engine *e,
		  const struct market_trade *t, int64_t now_ms)
{
	enum side aggressor = t->buyer_is_maker ? SIDE_SELL : SIDE_BUY;
	enum side resting = t->buyer_is_maker ? SIDE_BUY : SIDE_SELL;

	engine_market_trade(e, aggressor, t->price, t->qty, now_ms);
	/* better levels were gone, and the other side was beyond the price */
	engine_market_trim(e, resting, t->price);
	engine_market_trim(e, aggressor, beyond(e, aggressor, t->price));
	show(m, e, resting, t->price, t->qty, now_ms);
	/* someone was there, or the aggressor had no spread to cross */
	if (!has_level(e, aggressor))
		show(m, e, aggressor, beyond(e, aggressor, t->price), t->qty,
		     now_ms);
}

bool market_advance(struct market *m, struct engine *e, int64_t until_ms,
		    int64_t now_ms)
{
	while (m->next < m->n && m->trades[m->next].time_ms <= until_ms)
		apply(m, e, &m->trades[m->next++], now_ms);
	return m->next < m->n;
}
