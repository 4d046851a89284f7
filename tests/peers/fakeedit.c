#include <string.h>

#include "lib/der.h"
#include "tests/peers/fakeparts.h"

enum {
	MAX_DEPTH = 16,
	MAX_PART = 32 * 1024,
};

bool fake_edits(const struct fake *f, enum fake_part part,
		enum fake_stage stage, enum fake_place place)
{
	const struct fake_edit *e = f->edit;

	return e != NULL && e->part == part && e->stage == stage &&
	       (e->place == FAKE_EVERYWHERE || e->place == place);
}

static struct slice with(const struct fake_edit *e)
{
	return (struct slice){ (const uint8_t *)e->with, e->len };
}

/* ---- DER: an element found by its path ---- */

/* The next element whole, header included. */
static struct slice next(struct rd *r)
{
	const uint8_t *start = r->p;

	fake_must(r->left > 0, "edit: no such element");
	(void)der_take(r, *r->p);
	fake_must(r->err == ERR_OK, "edit: not DER");
	return (struct slice){ start, (size_t)(r->p - start) };
}

static struct slice content(struct slice element)
{
	struct rd r = rd_over(element);

	return der_take(&r, element.ptr[0]);
}

static void put_changed(struct wr *w, struct rd *list,
			const struct fake_edit *e)
{
	struct slice old = next(list), in = content(old);
	size_t open;

	switch (e->op) {
	case FAKE_SET:
		wr_bytes(w, with(e));
		return;
	case FAKE_TWICE:
		wr_bytes(w, old);
		wr_bytes(w, old);
		return;
	case FAKE_FOLLOW:
		wr_bytes(w, old);
		wr_bytes(w, with(e));
		return;
	case FAKE_SWAP:
		wr_bytes(w, next(list));
		wr_bytes(w, old);
		return;
	case FAKE_APPEND:
		open = der_open(w, old.ptr[0]);
		wr_bytes(w, in);
		wr_bytes(w, with(e));
		der_close(w, open);
		return;
	case FAKE_CUT:
		fake_must(in.len > 0, "edit: nothing to cut");
		der_put(w, old.ptr[0], (struct slice){ in.ptr, in.len - 1 });
		return;
	case FAKE_XOR:
		break;
	case FAKE_TAG:
		der_put(w, (uint8_t)e->with[0], in);
		return;
	}
	fake_must(false, "edit: no such operation");
}

/* "7.0.4": from the element in hand into its eighth, and so on. */
static void edit_der(struct wr *w, struct slice in, const struct fake_edit *e)
{
	struct rd level[MAX_DEPTH] = { rd_over(in) };
	size_t open[MAX_DEPTH] = { 0 };
	const char *p = e->at;
	size_t d = 0;

	while (*p != '\0') {
		unsigned skip = 0;

		fake_must(d + 1 < MAX_DEPTH && level[d].left > 0,
			  "edit: no such path");
		open[d + 1] = der_open(w, *level[d].p);
		level[d + 1] = rd_over(der_take(&level[d], *level[d].p));
		d++;
		while (*p >= '0' && *p <= '9')
			skip = 10 * skip + (unsigned)(*p++ - '0');
		p += *p == '.';
		while (skip-- > 0)
			wr_bytes(w, next(&level[d]));
	}
	put_changed(w, &level[d], e);
	for (; d > 0; d--) {
		wr_bytes(w, rd_take(&level[d], level[d].left));
		der_close(w, open[d]);
	}
	wr_bytes(w, rd_take(&level[0], level[0].left));
}

/* ---- text and bytes ---- */

/* Where in the bytes the change begins, and how many it replaces. */
static size_t find(struct slice in, const struct fake_edit *e, size_t *old)
{
	size_t n = e->at != NULL ? strlen(e->at) : 0, at = e->offset;

	if (e->at == NULL && at >= FAKE_FROM_END) {
		at -= FAKE_FROM_END;
		fake_must(at <= in.len, "edit: outside");
		at = in.len - at;
	}
	*old = e->at != NULL ? n : e->old;
	if (e->old == FAKE_ALL)
		*old = in.len - at;
	if (e->at == NULL)
		return at;
	for (size_t i = 0; i + n <= in.len; i++)
		if (memcmp(in.ptr + i, e->at, n) == 0)
			return i;
	fake_must(false, "edit: no such text");
	return 0;
}

static void xor_bytes(struct wr *w, size_t from, const struct fake_edit *e)
{
	fake_must(from + e->len <= w->len, "edit: outside");
	for (size_t i = 0; i < e->len; i++)
		w->buf[from + i] ^= (uint8_t)e->with[i];
}

static void edit_bytes(struct wr *w, struct slice in, const struct fake_edit *e)
{
	size_t old, at = find(in, e, &old);

	fake_must(at + old <= in.len, "edit: outside");
	if (e->op == FAKE_XOR) {
		wr_bytes(w, in);
		xor_bytes(w, w->len - in.len + at, e);
		return;
	}
	wr_bytes(w, (struct slice){ in.ptr, at });
	if (e->op == FAKE_TWICE || e->op == FAKE_FOLLOW)
		wr_bytes(w, (struct slice){ in.ptr + at, old });
	wr_bytes(w, e->op == FAKE_TWICE ? (struct slice){ in.ptr + at, old }
					: with(e));
	wr_bytes(w, (struct slice){ in.ptr + at + old, in.len - at - old });
}

void fake_change(struct wr *w, size_t from, const struct fake_edit *e)
{
	static uint8_t old[MAX_PART];
	size_t n = w->len - from;

	fake_must(w->err == ERR_OK && n <= sizeof old, "edit: size");
	memcpy(old, w->buf + from, n);
	w->len = from;
	if (e->part < FAKE_INFO)
		edit_der(w, (struct slice){ old, n }, e);
	else
		edit_bytes(w, (struct slice){ old, n }, e);
	fake_must(w->err == ERR_OK, "edit: no room");
	fake_must(w->len - from != n || memcmp(w->buf + from, old, n) != 0,
		  "edit: changes nothing");
}
