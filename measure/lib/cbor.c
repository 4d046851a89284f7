#include "measure/lib/cbor.h"

/* Major types, RFC 8949 section 3.1. */
enum major {
	UINT = 0,
	NEGATIVE = 1,
	BYTES = 2,
	TEXT = 3,
	ARRAY = 4,
	MAP = 5,
	TAG = 6
};

static void head(struct wr *w, enum major m, uint64_t v)
{
	uint8_t top = (uint8_t)((unsigned)m << 5);

	if (v < 24) {
		wr_u8(w, (uint8_t)(top | v));
	} else if (v <= UINT8_MAX) {
		wr_u8(w, top | 24);
		wr_u8(w, (uint8_t)v);
	} else if (v <= UINT16_MAX) {
		wr_u8(w, top | 25);
		wr_u16be(w, (uint16_t)v);
	} else if (v <= UINT32_MAX) {
		wr_u8(w, top | 26);
		wr_u32be(w, (uint32_t)v);
	} else {
		wr_u8(w, top | 27);
		wr_u64be(w, v);
	}
}

void cbor_uint(struct wr *w, uint64_t v)
{
	head(w, UINT, v);
}

void cbor_int(struct wr *w, int64_t v)
{
	if (v < 0)
		head(w, NEGATIVE, (uint64_t)(-1 - v));
	else
		head(w, UINT, (uint64_t)v);
}

void cbor_bytes(struct wr *w, struct slice v)
{
	head(w, BYTES, v.len);
	wr_bytes(w, v);
}

void cbor_text(struct wr *w, const char *utf8)
{
	struct slice s = str_slice(utf8);

	head(w, TEXT, s.len);
	wr_bytes(w, s);
}

void cbor_array(struct wr *w, uint64_t n)
{
	head(w, ARRAY, n);
}

void cbor_map(struct wr *w, uint64_t n)
{
	head(w, MAP, n);
}

void cbor_tag(struct wr *w, uint64_t tag)
{
	head(w, TAG, tag);
}
