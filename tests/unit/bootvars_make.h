/* bootvars_make.h - makes variable stores as edk2 lays them out
 * (MdeModulePkg/Include/Guid/VariableFormat.h), for tests. */
#ifndef TESTS_UNIT_BOOTVARS_MAKE_H
#define TESTS_UNIT_BOOTVARS_MAKE_H

#include <string.h>

#include "lib/bytes.h"

/* 8be4df61-93ca-11d2-aa0d-00e098032b8c, d719b2cb-3d3a-4596-a3bc-dad00e67656f,
 * and another GUID */
#define MAKE_SECURITY                                                          \
	"\xcb\xb2\x19\xd7\x3a\x3d\x96\x45\xa3\xbc\xda\xd0\x0e\x67\x65\x6f"
#define MAKE_GLOBAL                                                            \
	"\x61\xdf\xe4\x8b\xca\x93\xd2\x11\xaa\x0d\x00\xe0\x98\x03\x2b\x8c"
#define MAKE_OTHER                                                             \
	"\x62\xdf\xe4\x8b\xca\x93\xd2\x11\xaa\x0d\x00\xe0\x98\x03\x2b\x8c"
#define MAKE_PLAIN                                                             \
	"\x16\x36\xcf\xdd\x75\x32\x64\x41\x98\xb6\xfe\x85\x70\x7f\xfe\x7d"
#define MAKE_AUTH                                                              \
	"\x78\x2c\xf3\xaa\x7b\x94\x9a\x43\xa1\x80\x2e\x14\x4e\xc3\x77\x92"

struct make_store {
	struct wr w;
	bool auth;
};

static inline struct make_store make_begin(void *buf, size_t cap, bool auth)
{
	struct make_store s = { wr_over(buf, cap), auth };

	wr_bytes(&s.w, (struct slice){
			       (const uint8_t *)(auth ? MAKE_AUTH : MAKE_PLAIN),
			       16 });
	wr_u32le(&s.w, 0); /* size: make_end */
	wr_u8(&s.w, 0x5a);
	wr_u8(&s.w, 0xfe);
	wr_zero(&s.w, 6);
	return s;
}

static inline void make_var(struct make_store *s, uint8_t state,
			    const char *guid, const char *name,
			    const void *data, size_t len)
{
	wr_u16le(&s->w, 0x55aa);
	wr_u8(&s->w, state);
	wr_u8(&s->w, 0);
	wr_u32le(&s->w, 7);
	wr_zero(&s->w, s->auth ? 8 + 16 + 4 : 0);
	wr_u32le(&s->w, (uint32_t)(2 * (strlen(name) + 1)));
	wr_u32le(&s->w, (uint32_t)len);
	wr_bytes(&s->w, (struct slice){ (const uint8_t *)guid, 16 });
	for (size_t i = 0; i <= strlen(name); i++)
		wr_u16le(&s->w, (uint8_t)name[i]);
	wr_bytes(&s->w, (struct slice){ data, len });
	while (s->w.len % 4 != 0)
		wr_u8(&s->w, 0xff);
}

/* The store with the free space behind its variables. */
static inline struct slice make_end(struct make_store *s)
{
	for (int i = 0; i < 64; i++)
		wr_u8(&s->w, 0xff);
	for (int i = 0; i < 4; i++)
		s->w.buf[16 + i] = (uint8_t)(s->w.len >> (8 * i));
	return wr_slice(&s->w);
}
#endif
