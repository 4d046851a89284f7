#include "measure/lib/base64url.h"

enum {
	NO_DIGIT = 64
};

static uint32_t value(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - (uint32_t)'A';
	if (c >= 'a' && c <= 'z')
		return c - (uint32_t)'a' + 26;
	if (c >= '0' && c <= '9')
		return c - (uint32_t)'0' + 52;
	if (c == '-')
		return 62;
	return c == '_' ? 63 : NO_DIGIT;
}

size_t base64url_room(size_t n)
{
	return n / 4 * 3 + 2;
}

enum err base64url_decode(struct slice in, struct wr *out)
{
	uint32_t bits = 0; /* what is not written yet, in the low `have` bits */
	unsigned have = 0;

	if (in.len % 4 == 1)
		return ERR_VALUE;
	for (size_t i = 0; i < in.len; i++) {
		uint32_t v = value(in.ptr[i]);

		if (v == NO_DIGIT)
			return ERR_VALUE;
		bits = (bits << 6 | v) & 0xfff;
		have += 6;
		if (have >= 8) {
			have -= 8;
			wr_u8(out, (uint8_t)(bits >> have));
		}
	}
	if ((bits & ((1u << have) - 1)) != 0)
		return ERR_VALUE; /* stray bits: a second spelling */
	return wr_end(out);
}

void wr_base64url(struct wr *w, struct slice in)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789-_";
	uint32_t bits = 0;
	unsigned have = 0;

	for (size_t i = 0; i < in.len; i++) {
		bits = (bits << 8 | in.ptr[i]) & 0x3fff;
		have += 8;
		for (; have >= 6; have -= 6)
			wr_u8(w, (uint8_t)digit[bits >> (have - 6) & 63]);
	}
	if (have > 0)
		wr_u8(w, (uint8_t)digit[bits << (6 - have) & 63]);
}
