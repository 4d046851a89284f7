#include "host-launcher/vm/fwcfg.h"

#include <stdlib.h>
#include <string.h>

#include "lib/text.h"

enum {
	KEY_DIR = 0x19,
	ENTRY_LEN = 64,
	NAME_LEN = 56,
	/* questions under way at once: few enough for their answers to fit into
	   a socket's buffer while the rest is being sent */
	BATCH = 512,
};

#define READ_BYTE "inb 0x511\n"

/* "OK 0x0012": the byte. How many digits there are depends on QEMU. */
static enum err parse_byte(struct slice line, uint8_t *out)
{
	static const char prefix[] = "OK 0x";
	size_t skip = sizeof prefix - 1;

	if (line.len < skip + 2 || memcmp(line.ptr, prefix, skip) != 0)
		return ERR_VALUE;
	for (size_t i = skip; i < line.len - 2; i++)
		if (line.ptr[i] != '0')
			return ERR_VALUE;
	return hex_decode((struct slice){ line.ptr + line.len - 2, 2 }, out, 1);
}

static enum err read_batch(struct talk *t, uint8_t *out, size_t n,
			   int64_t deadline_ms)
{
	char ask[BATCH * (sizeof READ_BYTE - 1)];
	struct slice line;
	enum err e;

	for (size_t i = 0; i < n; i++)
		memcpy(ask + i * (sizeof READ_BYTE - 1), READ_BYTE,
		       sizeof READ_BYTE - 1);
	e = talk_send(t,
		      (struct slice){ (const uint8_t *)ask,
				      n * (sizeof READ_BYTE - 1) },
		      deadline_ms);
	for (size_t i = 0; i < n && e == ERR_OK; i++) {
		e = talk_line(t, &line, deadline_ms);
		if (e == ERR_OK)
			e = parse_byte(line, &out[i]);
	}
	return e;
}

static enum err read_bytes(struct talk *t, uint8_t *out, size_t n,
			   int64_t deadline_ms)
{
	enum err e = ERR_OK;

	while (n > 0 && e == ERR_OK) {
		size_t k = n < BATCH ? n : BATCH;

		e = read_batch(t, out, k, deadline_ms);
		out += k;
		n -= k;
	}
	return e;
}

/* Selects an item; its bytes then come one after the other. */
static enum err select_item(struct talk *t, uint16_t key, int64_t deadline_ms)
{
	uint8_t mem[32];
	struct wr w = wr_over(mem, sizeof mem);
	struct slice line;
	enum err e;

	wr_fmt(&w, "outw 0x510 0x%x\n", (unsigned)key);
	e = talk_send(t, wr_slice(&w), deadline_ms);
	if (e == ERR_OK)
		e = talk_line(t, &line, deadline_ms);
	return e == ERR_OK && !slice_is(line, "OK") ? ERR_VALUE : e;
}

static enum err parse_entry(struct slice raw, struct fwcfg_file *f)
{
	struct rd r = rd_over(raw);
	struct slice name;

	f->size = rd_u32be(&r);
	f->key = rd_u16be(&r);
	(void)rd_u16be(&r);
	name = rd_take(&r, NAME_LEN);
	name.len = strnlen((const char *)name.ptr, name.len);
	if (r.err != ERR_OK)
		return r.err;
	return slice_cstr(name, f->name, sizeof f->name);
}

enum err fwcfg_dir(struct talk *qtest, int64_t deadline_ms,
		   struct fwcfg_dir *out)
{
	uint8_t raw[ENTRY_LEN];
	struct rd r;
	uint32_t n;
	enum err e = select_item(qtest, KEY_DIR, deadline_ms);

	if (e == ERR_OK)
		e = read_bytes(qtest, raw, 4, deadline_ms);
	if (e != ERR_OK)
		return e;
	r = rd_over((struct slice){ raw, 4 });
	n = rd_u32be(&r);
	if (n > FWCFG_FILES_MAX)
		return ERR_LIMIT;
	for (out->n = 0; out->n < n && e == ERR_OK; out->n++) {
		e = read_bytes(qtest, raw, sizeof raw, deadline_ms);
		if (e == ERR_OK)
			e = parse_entry((struct slice){ raw, sizeof raw },
					&out->file[out->n]);
	}
	return e;
}

const struct fwcfg_file *fwcfg_find(const struct fwcfg_dir *d, const char *name)
{
	for (size_t i = 0; i < d->n; i++)
		if (strcmp(d->file[i].name, name) == 0)
			return &d->file[i];
	return NULL;
}

enum err fwcfg_read(struct talk *qtest, uint16_t key, size_t size,
		    int64_t deadline_ms, struct buf *out)
{
	struct buf b = { malloc(size + 1), size };
	enum err e;

	if (b.ptr == NULL)
		return ERR_SPACE;
	b.ptr[size] = '\0';
	e = select_item(qtest, key, deadline_ms);
	if (e == ERR_OK)
		e = read_bytes(qtest, b.ptr, size, deadline_ms);
	if (e == ERR_OK)
		*out = b;
	else
		buf_free(&b);
	return e;
}
