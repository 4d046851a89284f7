/* uki.c - a unified kernel image. */
#include "measure/lib/uki.h"

#include <bearssl.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "measure/lib/pe.h"

enum {
	FIRST_KNOWN = 252,
	FIRST_IN_TD = 256,      /* measures into a TD's registers */
	FIRST_WITH_OSREL = 257, /* hands os-release over */
	FIRST_STRIPPING = 257,  /* drops blanks in front of a command line */
	LAST_LOADING = 257,     /* has the firmware load the kernel */
	LAST_KNOWN = 258
};

static const struct {
	const char *name;
	unsigned since; /* measured by stubs of this version and later */
} sections[UKI_NSECTIONS] = {
#define X(id, text, version) [UKI_##id] = { text, version },
	UKI_SECTIONS(X)
#undef X
};

const char *uki_section_name(enum uki_section s)
{
	return sections[s].name;
}

static enum err say(const char **why, enum err e, const char *sentence)
{
	*why = sentence;
	return e;
}

/* Sections from which the stub takes a choice, or that start a profile. */
static bool decides(const char *name)
{
	static const char *const names[] = { ".profile", ".dtbauto", ".hwids",
					     ".efifw" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* "#### LoaderInfo: systemd-stub 252.39-1 ####" */
static unsigned stub_version(struct slice magic)
{
	static const char head[] = "#### LoaderInfo: systemd-stub ";
	size_t n = sizeof head - 1, digits = 0;
	uint64_t version;

	if (magic.len < n || memcmp(magic.ptr, head, n) != 0)
		return 0;
	while (n + digits < magic.len && magic.ptr[n + digits] >= '0' &&
	       magic.ptr[n + digits] <= '9')
		digits++;
	if (u64_parse((struct slice){ magic.ptr + n, digits }, 9999,
		      &version) != ERR_OK)
		return 0;
	return (unsigned)version;
}

static enum err take_section(const struct pe_named *s, struct uki *u,
			     const char **why)
{
	struct slice data = s->file;

	if (s->memory_len < data.len)
		data.len = s->memory_len;
	if (strcmp(s->name, ".sdmagic") == 0)
		u->version = stub_version(data);
	for (size_t k = 0; k < UKI_NSECTIONS; k++) {
		if (strcmp(s->name, sections[k].name) != 0)
			continue;
		if (u->has[k])
			return say(why, ERR_DUPLICATE,
				   "the UKI has a section twice");
		if (s->memory_len > s->file.len)
			return say(why, ERR_UNSUPP,
				   "a section of the UKI is larger in memory "
				   "than in the file");
		if (data.len == 0)
			return say(why, ERR_UNSUPP,
				   "a section of the UKI is empty");
		u->has[k] = true;
		u->section[k] = data;
	}
	return ERR_OK;
}

enum err uki_parse(struct slice file, struct uki *out, const char **why)
{
	struct pe_sections *p = malloc(sizeof *p);
	struct uki u = { 0 };
	enum err e = p == NULL ? say(why, ERR_SPACE, "out of memory")
			       : pe_sections(file, p, why);
	bool found = false;

	for (size_t i = 0; e == ERR_OK && i < p->n; i++)
		found = found || strcmp(p->s[i].name, ".linux") == 0;
	if (e == ERR_OK && !found)
		e = say(why, ERR_MISSING, "the file is no UKI");
	/* What follows a profile is the profile's own. */
	for (size_t i = 0; e == ERR_OK && i < p->n && !u.by_machine; i++) {
		u.by_machine = decides(p->s[i].name);
		e = take_section(&p->s[i], &u, why);
	}
	free(p);
	if (e == ERR_OK)
		*out = u;
	return e;
}

bool uki_known(const struct uki *u)
{
	return u->version >= FIRST_KNOWN && u->version <= LAST_KNOWN &&
	       !u->by_machine && u->has[UKI_LINUX];
}

bool uki_touches_rtmr0(const struct uki *u)
{
	return u->version == 0 || u->version > LAST_KNOWN;
}

bool uki_kernel_measured(const struct uki *u)
{
	return u->version >= FIRST_KNOWN && u->version <= LAST_LOADING;
}

bool uki_measured(const struct uki *u, enum uki_section s)
{
	return s != UKI_PCRSIG && u->has[s] && u->version >= sections[s].since;
}

static bool blank(uint8_t c)
{
	return c <= ' ' || c == 0x7f;
}

enum err uki_cmdline(const struct uki *u, struct slice in, struct wr *out)
{
	const uint8_t *nul = in.len > 0 ? memchr(in.ptr, 0, in.len) : NULL;

	if (nul != NULL)
		in.len = (size_t)(nul - in.ptr);
	while (in.len > 0 && blank(in.ptr[in.len - 1]))
		in.len--;
	if (in.len == 0)
		return ERR_VALUE;
	if (blank(in.ptr[0]) && u->version > FIRST_KNOWN &&
	    u->version < FIRST_STRIPPING)
		return ERR_UNSUPP;
	while (blank(in.ptr[0]) && u->version >= FIRST_STRIPPING)
		in = (struct slice){ in.ptr + 1, in.len - 1 };
	if (in.len > UKI_CMDLINE_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < in.len; i++)
		if (in.ptr[i] > 0x7f)
			return ERR_UNSUPP;
	for (size_t i = 0; i < in.len; i++)
		wr_u8(out, blank(in.ptr[i]) ? ' ' : in.ptr[i]);
	return wr_end(out);
}

/* ---- the initrd */

/* A newc archive: the directory .extra and one file in it. */
struct extra {
	const char *name;
	struct slice data;
};

static void pad4(struct wr *w)
{
	wr_zero(w, (4 - w->len % 4) % 4);
}

static void cpio_entry(struct wr *w, unsigned inode, unsigned mode, size_t size,
		       const char *name)
{
	wr_fmt(w,
	       "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x",
	       inode, mode, 0u, 0u, 1u, 0u, size, 0u, 0u, 0u, 0u,
	       strlen(name) + 1, 0u);
	wr_str(w, name);
	wr_u8(w, 0);
	pad4(w);
}

/* Zeros up to a multiple of 4. */
static void hash_zeros(br_sha384_context *h, size_t len)
{
	static const uint8_t zeros[4];

	br_sha384_update(h, zeros, (4 - len % 4) % 4);
}

static void hash_extra(br_sha384_context *h, const struct extra *x)
{
	/* systemd writes this one in upper case */
	static const char trailer[] = "07070100000000000000000000000000000000"
				      "0000000100000000000000000000000000000000"
				      "00000000000000000000000B00000000"
				      "TRAILER!!!\0\0\0";
	uint8_t head[512];
	struct wr w = wr_over(head, sizeof head);

	cpio_entry(&w, 1, 040555, 0, ".extra");
	cpio_entry(&w, 2, 0100444, x->data.len, x->name);
	br_sha384_update(h, head, wr_slice(&w).len);
	br_sha384_update(h, x->data.ptr, x->data.len);
	hash_zeros(h, x->data.len);
	br_sha384_update(h, trailer, sizeof trailer);
}

/* The archives, in their order in the initrd. */
static size_t extras(const struct uki *u, struct extra out[static 3])
{
	static const struct {
		enum uki_section section;
		unsigned since;
		const char *name;
	} rows[] = {
		{ UKI_PCRSIG, FIRST_KNOWN, ".extra/tpm2-pcr-signature.json" },
		{ UKI_PCRPKEY, FIRST_KNOWN, ".extra/tpm2-pcr-public-key.pem" },
		{ UKI_OSREL, FIRST_WITH_OSREL, ".extra/os-release" },
	};
	size_t n = 0;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (u->has[rows[i].section] && u->version >= rows[i].since)
			out[n++] =
				(struct extra){ rows[i].name,
						u->section[rows[i].section] };
	return n;
}

enum err uki_initrd(const struct uki *u, uint8_t out[static SHA384_LEN])
{
	static const enum uki_section base[] = { UKI_UCODE, UKI_INITRD };
	struct extra x[3];
	size_t nextra = extras(u, x), parts = nextra;
	br_sha384_context h;

	br_sha384_init(&h);
	for (size_t i = 0; i < 2; i++)
		parts += uki_measured(u, base[i]);
	if (parts == 0)
		return ERR_MISSING;
	/* Alone it is handed over as it is, among others padded to 4. */
	for (size_t i = 0; i < 2; i++) {
		struct slice s = u->section[base[i]];

		if (!uki_measured(u, base[i]))
			continue;
		br_sha384_update(&h, s.ptr, s.len);
		if (parts > 1)
			hash_zeros(&h, s.len);
	}
	for (size_t i = 0; i < nextra; i++)
		hash_extra(&h, &x[i]);
	br_sha384_out(&h, out);
	return ERR_OK;
}
