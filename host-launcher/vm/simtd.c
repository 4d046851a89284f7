#include "host-launcher/vm/simtd.h"

#include <errno.h>
#include <string.h>

enum {
	MAGIC_LEN = 4,
	EXTEND_BODY_LEN = 1 + SHA384_LEN,
	RTMR_FIRST_FREE = 2
};

void simtd_init(struct simtd *s, const struct pki_keys *keys,
		const struct pki *pki, const struct sim_td *td)
{
	*s = (struct simtd){ .keys = keys, .pki = pki, .td = *td };
}

/* Each operation answers 0 or an errno; body is exactly as long as the table
 * below says. */
static int op_quote(struct simtd *s, struct slice body, struct wr *out)
{
	if (simquote(s->keys, s->pki, &s->td, body.ptr, out) != ERR_OK)
		return EIO;
	s->quotes++;
	return 0;
}

static int op_extend(struct simtd *s, struct slice body, struct wr *out)
{
	unsigned reg = body.ptr[0];

	(void)out;
	if (reg < RTMR_FIRST_FREE || reg > 3)
		return EPERM; /* 0 and 1 are the firmware's */
	rtmr_extend(s->td.rtmr[reg], body.ptr + 1);
	s->extends++;
	return 0;
}

static int op_read(struct simtd *s, struct slice body, struct wr *out)
{
	if (body.ptr[0] > 3)
		return EINVAL;
	wr_bytes(out, (struct slice){ s->td.rtmr[body.ptr[0]], SHA384_LEN });
	return 0;
}

static const struct {
	uint8_t op;
	uint16_t body_len;
	int (*run)(struct simtd *s, struct slice body, struct wr *out);
} ops[] = {
	{ SIM_OP_QUOTE, REPORTDATA_LEN, op_quote },
	{ SIM_OP_EXTEND, EXTEND_BODY_LEN, op_extend },
	{ SIM_OP_READ, 1, op_read },
};

/* Adds one byte; true when a header (and perhaps more) is there. On a byte that
 * does not go on with the magic, as much is kept as can still begin one. */
static bool take(struct simtd *s, uint8_t c)
{
	if (s->in_len < MAGIC_LEN && c != (uint8_t)SIM_MAGIC[s->in_len]) {
		size_t keep = c != 'E' ? 0 : s->in_len == 2 ? 2 : 1;

		s->skipped += s->in_len + 1 - keep;
		s->in_len = keep;
		return false;
	}
	s->in[s->in_len++] = c;
	return s->in_len >= SIM_HEADER_LEN;
}

/* Runs the request that is there. ERR_AGAIN when its body is not complete;
 * else ERR_OK, with the status for the response. */
static enum err run(struct simtd *s, struct wr *body, int *status)
{
	struct rd r = rd_over((struct slice){ s->in, s->in_len });
	uint8_t version, op;
	uint16_t len;

	(void)rd_take(&r, MAGIC_LEN);
	version = rd_u8(&r);
	op = rd_u8(&r);
	len = rd_u16le(&r);
	*status = version == SIM_VERSION ? ENOSYS : EPROTO;
	for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
		if (version != SIM_VERSION || ops[i].op != op)
			continue;
		*status = EINVAL;
		if (ops[i].body_len != len)
			break;
		if (r.left < len)
			return ERR_AGAIN;
		*status = ops[i].run(s, rd_take(&r, len), body);
		break;
	}
	return ERR_OK;
}

static enum err answer(struct simtd *s, struct wr *out)
{
	uint8_t mem[LIMIT_QUOTE_BYTES];
	struct wr body = wr_over(mem, sizeof mem);
	int status;
	enum err e = run(s, &body, &status);

	if (e != ERR_OK)
		return e;
	if (status != 0)
		s->refused++;
	s->in_len = 0;
	wr_str(out, SIM_MAGIC);
	wr_u8(out, SIM_VERSION);
	wr_u8(out, (uint8_t)status);
	wr_u16le(out, (uint16_t)(status == 0 ? body.len : 0));
	wr_bytes(out, status == 0 ? wr_slice(&body) : (struct slice){ 0 });
	return wr_end(out);
}

enum err simtd_input(struct simtd *s, struct slice *in, struct wr *out)
{
	while (in->len > 0) {
		uint8_t c = in->ptr[0];
		enum err e;

		in->ptr++;
		in->len--;
		if (!take(s, c))
			continue;
		e = answer(s, out);
		if (e != ERR_AGAIN)
			return e;
	}
	return ERR_AGAIN;
}
