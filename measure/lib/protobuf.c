#include "measure/lib/protobuf.h"

enum {
	VARINT_MAX_BYTES = 10, /* of seven bits, for 64 */
};

struct pb pb_over(struct slice in, const struct pb_rule *rules,
		  bool skip_unknown)
{
	return (struct pb){ .r = rd_over(in),
			    .rules = rules,
			    .skip_unknown = skip_unknown };
}

/* Little-endian groups of seven bits, the last without the top bit, and not
 * zero unless it is the only one: one spelling per value. */
static uint64_t varint(struct rd *r)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < VARINT_MAX_BYTES; i++) {
		uint8_t b = rd_u8(r);

		if (r->err != ERR_OK)
			return 0;
		if (i == VARINT_MAX_BYTES - 1 && b > 1)
			break;
		v |= (uint64_t)(b & 0x7f) << (7 * i);
		if ((b & 0x80) != 0)
			continue;
		if (b == 0 && i > 0)
			break;
		return v;
	}
	rd_fail(r, ERR_VALUE);
	return 0;
}

static void read_value(struct rd *r, struct pb_field *f)
{
	uint64_t n;

	switch (f->type) {
	case PB_VARINT:
		f->value = varint(r);
		return;
	case PB_I64:
		f->value = rd_u64le(r);
		return;
	case PB_I32:
		f->value = rd_u32le(r);
		return;
	case PB_LEN:
		n = varint(r);
		/* Compared as 64 bits: size_t may be shorter. */
		if (r->err == ERR_OK && n > r->left)
			rd_fail(r, ERR_TRUNC);
		f->bytes = rd_take(r, (size_t)n);
		return;
	default:
		rd_fail(r, ERR_VALUE);
	}
}

static struct pb_field read_field(struct rd *r)
{
	uint64_t key = varint(r);
	struct pb_field f = { .type = (enum pb_type)(key & 7) };

	if (r->err == ERR_OK && (key >> 3 == 0 || key >> 32 != 0))
		rd_fail(r, ERR_VALUE);
	f.number = (uint32_t)(key >> 3);
	if (r->err == ERR_OK)
		read_value(r, &f);
	return f;
}

static const struct pb_rule *find_rule(const struct pb *m, uint32_t number)
{
	const struct pb_rule *u = m->rules;

	while (u->number != 0 && u->number != number)
		u++;
	return u->number != 0 ? u : NULL;
}

static enum err judge(const struct pb *m, const struct pb_rule *u,
		      const struct pb_field *f)
{
	if (f->type != u->type)
		return ERR_VALUE;
	if (!u->many && pb_has(m, f->number))
		return ERR_DUPLICATE;
	if (u->length != 0 && f->bytes.len != u->length)
		return ERR_VALUE;
	if ((f->type == PB_LEN ? f->bytes.len : f->value) > u->max)
		return ERR_LIMIT;
	return ERR_OK;
}

bool pb_next(struct pb *m, struct pb_field *out)
{
	while (m->r.err == ERR_OK && m->r.left > 0) {
		struct pb_field f = read_field(&m->r);
		const struct pb_rule *u = find_rule(m, f.number);
		enum err e = ERR_UNKNOWN;

		if (m->r.err != ERR_OK)
			return false;
		if (u == NULL && m->skip_unknown)
			continue;
		if (u != NULL)
			e = judge(m, u, &f);
		if (e != ERR_OK) {
			rd_fail(&m->r, e);
			return false;
		}
		m->seen |= UINT32_C(1) << f.number;
		*out = f;
		return true;
	}
	return false;
}

bool pb_has(const struct pb *m, uint32_t number)
{
	return (m->seen >> number & 1) != 0;
}

enum err pb_end(const struct pb *m)
{
	return rd_end(&m->r);
}
