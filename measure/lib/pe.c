/* pe.c - the Authenticode digest. */
#include "measure/lib/pe.h"

#include <bearssl.h>

enum {
	DOS_LEN = 64,
	COFF_LEN = 4 + 20, /* signature and file header */
	SECTION_LEN = 40,
	CHECKSUM_AT = 64,     /* in the optional header, both forms */
	HEADERS_SIZE_AT = 60, /* likewise */
	DIR_LEN = 8,
	SECURITY_DIR = 4,
	MAGIC_PE32 = 0x10b,
	MAGIC_PE32PLUS = 0x20b,
};

/* Offsets in the file. */
struct pe {
	size_t checksum;
	size_t security; /* directory entry, or 0 when there is none */
	size_t headers;  /* SizeOfHeaders */
	size_t cert_len;
	size_t table; /* of sections */
	uint16_t nsections;
	size_t n; /* sections with data */
	struct pe_section {
		uint32_t at, len;
	} s[PE_MAX_SECTIONS];
};

static enum err say(const char **why, enum err e, const char *sentence)
{
	*why = sentence;
	return e;
}

static struct rd rd_at(struct slice file, size_t at, size_t len)
{
	struct rd r = rd_over(file);

	(void)rd_take(&r, at);
	if (r.err == ERR_OK && len <= r.left)
		r.left = len;
	else
		rd_fail(&r, ERR_TRUNC);
	return r;
}

bool pe_is(struct slice file)
{
	return file.len >= 2 && file.ptr[0] == 'M' && file.ptr[1] == 'Z';
}

/* The optional header at `at`, `len` bytes long: where the fields are that are
 * not hashed. */
static enum err read_optional(struct slice file, size_t at, size_t len,
			      struct pe *pe, const char **why)
{
	struct rd r = rd_at(file, at, len);
	uint16_t magic = rd_u16le(&r);
	size_t dirs = magic == MAGIC_PE32PLUS ? 112 : 96;
	uint32_t ndirs;

	if (magic != MAGIC_PE32 && magic != MAGIC_PE32PLUS)
		return say(why, ERR_VALUE, "neither PE32 nor PE32+");
	if (len < dirs)
		return say(why, ERR_TRUNC, "the optional header is too short");
	r = rd_at(file, at + HEADERS_SIZE_AT, 4);
	pe->headers = rd_u32le(&r);
	pe->checksum = at + CHECKSUM_AT;
	r = rd_at(file, at + dirs - 4, 4);
	ndirs = rd_u32le(&r);
	if (ndirs > 16 || len - dirs < (size_t)ndirs * DIR_LEN)
		return say(why, ERR_VALUE,
			   "the data directories do not fit the header");
	if (ndirs <= SECURITY_DIR)
		return ERR_OK;
	pe->security = at + dirs + SECURITY_DIR * DIR_LEN;
	r = rd_at(file, pe->security + 4, 4);
	pe->cert_len = rd_u32le(&r);
	return ERR_OK;
}

/* Inserts by place in the file, equal ones in order of appearance. Sections
 * without data take no part. */
static void add_section(struct pe *pe, struct pe_section s)
{
	size_t k = pe->n;

	if (s.len == 0)
		return;
	for (; k > 0 && pe->s[k - 1].at > s.at; k--)
		pe->s[k] = pe->s[k - 1];
	pe->s[k] = s;
	pe->n++;
}

static struct rd section_table(struct slice file, const struct pe *pe)
{
	return rd_at(file, pe->table, (size_t)pe->nsections * SECTION_LEN);
}

static enum err read_sections(struct slice file, struct pe *pe,
			      const char **why)
{
	struct rd r = section_table(file, pe);
	size_t end = pe->headers;

	for (uint16_t i = 0; i < pe->nsections; i++) {
		struct pe_section s;

		(void)rd_take(&r, 16);
		s.len = rd_u32le(&r);
		s.at = rd_u32le(&r);
		(void)rd_take(&r, SECTION_LEN - 24);
		add_section(pe, s);
	}
	if (rd_end(&r) != ERR_OK)
		return say(why, ERR_TRUNC, "the section table leaves the file");
	for (size_t i = 0; i < pe->n; i++) {
		const struct pe_section *s = &pe->s[i];

		if (s->at > file.len || s->len > file.len - s->at)
			return say(why, ERR_TRUNC, "a section leaves the file");
		if (s->at < end)
			return say(why, ERR_VALUE,
				   "a section overlaps what is before it");
		end = (size_t)s->at + s->len;
	}
	return ERR_OK;
}

static enum err pe_parse(struct slice file, struct pe *pe, const char **why)
{
	struct rd r = rd_at(file, DOS_LEN - 4, 4);
	uint32_t at = rd_u32le(&r);
	uint16_t optional_len;
	enum err e;

	if (!pe_is(file) || rd_end(&r) != ERR_OK)
		return say(why, ERR_VALUE, "not a PE file");
	r = rd_at(file, at, COFF_LEN);
	if (r.err != ERR_OK)
		return say(why, ERR_TRUNC, "the PE header leaves the file");
	if (!slice_eq(rd_take(&r, 4),
		      (struct slice){ (const uint8_t *)"PE\0", 4 }))
		return say(why, ERR_VALUE, "not a PE file");
	(void)rd_u16le(&r); /* machine */
	pe->nsections = rd_u16le(&r);
	(void)rd_take(&r, 12);
	optional_len = rd_u16le(&r);
	if (pe->nsections > PE_MAX_SECTIONS)
		return say(why, ERR_LIMIT, "too many sections");
	pe->table = at + COFF_LEN + (size_t)optional_len;
	if (pe->table > file.len)
		return say(why, ERR_TRUNC, "the PE header leaves the file");
	e = read_optional(file, at + COFF_LEN, optional_len, pe, why);
	if (e != ERR_OK)
		return e;
	if (pe->headers > file.len)
		return say(why, ERR_TRUNC, "the headers leave the file");
	if (pe->headers < pe->table + (size_t)pe->nsections * SECTION_LEN)
		return say(why, ERR_VALUE,
			   "the headers do not cover the section table");
	return read_sections(file, pe, why);
}

enum err pe_sections(struct slice file, struct pe_sections *out,
		     const char **why)
{
	struct pe pe = { 0 };
	enum err e = pe_parse(file, &pe, why);
	struct rd r;

	if (e != ERR_OK)
		return e;
	r = section_table(file, &pe);
	out->n = pe.nsections;
	for (size_t i = 0; i < out->n; i++) {
		struct pe_named *s = &out->s[i];
		uint32_t at, len;

		rd_copy(&r, s->name, 8);
		s->name[8] = '\0';
		s->memory_len = rd_u32le(&r);
		(void)rd_u32le(&r); /* address */
		len = rd_u32le(&r);
		at = rd_u32le(&r);
		(void)rd_take(&r, SECTION_LEN - 24);
		/* pe_parse has seen that these lie in the file */
		s->file = len == 0 ? (struct slice){ NULL, 0 }
				   : (struct slice){ file.ptr + at, len };
	}
	return rd_end(&r);
}

static void hash_part(br_sha384_context *h, struct slice file, size_t from,
		      size_t to)
{
	br_sha384_update(h, file.ptr + from, to - from);
}

enum err pe_authenticode(struct slice file, uint8_t out[static SHA384_LEN],
			 const char **why)
{
	br_sha384_context h;
	struct pe pe = { 0 };
	enum err e = pe_parse(file, &pe, why);
	size_t hashed;

	if (e != ERR_OK)
		return e;
	br_sha384_init(&h);
	hash_part(&h, file, 0, pe.checksum);
	if (pe.security != 0) {
		hash_part(&h, file, pe.checksum + 4, pe.security);
		hash_part(&h, file, pe.security + DIR_LEN, pe.headers);
	} else {
		hash_part(&h, file, pe.checksum + 4, pe.headers);
	}
	hashed = pe.headers;
	for (size_t i = 0; i < pe.n; i++) {
		hash_part(&h, file, pe.s[i].at,
			  (size_t)pe.s[i].at + pe.s[i].len);
		hashed += pe.s[i].len;
	}
	/* What is hashed of the rest begins after as many bytes as were
	   hashed, and the certificates are taken to be the last bytes. */
	if (pe.cert_len > file.len - hashed)
		return say(why, ERR_VALUE,
			   "the certificates overlap the sections");
	hash_part(&h, file, hashed, file.len - pe.cert_len);
	br_sha384_out(&h, out);
	return ERR_OK;
}
