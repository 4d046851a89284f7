/* The queue for quotes: one in flight, a bounded queue, a rate, and a way past
 * all three for the registration. */
#include "agent/quotes.h"
#include "tests/tap.h"

static struct binding mark(uint8_t m)
{
	struct binding b = { 0 };

	b.nonce[0] = m;
	return b;
}

static bool next_is(struct quotes *q, int conn)
{
	const struct quote_request *r = quotes_next(q);

	return r != NULL && r->conn == conn &&
	       (conn < 0 || r->binding.nonce[0] == conn);
}

static void test_order(void)
{
	struct quotes q;
	struct quote_request got;
	struct binding b;

	quotes_init(&q, 0);
	ok(quotes_next(&q) == NULL, "nobody waits at first");
	for (int c = 1; c <= 3; c++) {
		b = mark((uint8_t)c);
		is_err(quotes_add(&q, 0, c, &b), ERR_OK, "challenger %d", c);
	}
	ok(next_is(&q, 1), "the first comes first");
	ok(quotes_next(&q) == NULL, "one at a time");
	b = mark(0);
	is_err(quotes_add(&q, 0, QUOTES_REGISTRATION, &b), ERR_OK,
	       "the registration comes later");
	is_err(quotes_done(&q, q.id + 1, &got), ERR_STATE,
	       "an answer to something else is not taken");
	is_err(quotes_done(&q, q.id, &got), ERR_OK, "the first is answered");
	ok(got.conn == 1, "as the first");
	is_err(quotes_done(&q, q.id, &got), ERR_STATE, "and only once");
	ok(next_is(&q, QUOTES_REGISTRATION), "the registration goes before");
	is_err(quotes_done(&q, q.id, &got), ERR_OK, "answered");
	ok(next_is(&q, 2), "the second");
	is_err(quotes_done(&q, q.id, &got), ERR_OK, "answered");
	ok(next_is(&q, 3), "the third");
	is_err(quotes_done(&q, q.id, &got), ERR_OK, "answered");
	ok(quotes_next(&q) == NULL, "and nobody waits any more");
}

static void test_limits(void)
{
	struct quotes q;
	struct quote_request got;
	struct binding b = mark(1);

	quotes_init(&q, 0);
	is_err(quotes_add(&q, 0, 1, &b), ERR_OK, "one");
	is_err(quotes_add(&q, 0, 1, &b), ERR_DUPLICATE, "not twice");
	ok(quotes_next(&q) != NULL, "sent");
	is_err(quotes_add(&q, 0, 1, &b), ERR_DUPLICATE,
	       "not while it is in flight either");
	is_err(quotes_add(&q, 0, 2, &b), ERR_OK, "two");
	is_err(quotes_add(&q, 0, 3, &b), ERR_OK, "three");
	is_err(quotes_add(&q, 0, 4, &b), ERR_OK, "four");
	is_err(quotes_add(&q, 0, 5, &b), ERR_LIMIT, "the burst is spent");
	is_err(quotes_add(&q, 999, 5, &b), ERR_LIMIT, "still so at 999 ms");
	is_err(quotes_add(&q, 1000, 5, &b), ERR_OK, "a second later one more");
	is_err(quotes_add(&q, 1999, 6, &b), ERR_SPACE, "the queue is full");
	for (int i = 0; i < QUOTES_QUEUE; i++) {
		is_err(quotes_done(&q, q.id, &got), ERR_OK, "one is made");
		ok(quotes_next(&q) != NULL, "the next is sent");
	}
	is_err(quotes_done(&q, q.id, &got), ERR_OK, "the last is made");
	for (int c = 0; c < QUOTES_BURST; c++)
		is_err(quotes_add(&q, 1000000, c, &b), ERR_OK,
		       "a long rest fills the burst: %d", c);
	ok(quotes_next(&q) != NULL, "sent");
	is_err(quotes_add(&q, 1000000, 9, &b), ERR_LIMIT, "and no more");
	is_err(quotes_add(&q, 1000000, QUOTES_REGISTRATION, &b), ERR_OK,
	       "the registration is never refused");
}

int main(void)
{
	test_order();
	test_limits();
	return tap_done();
}
