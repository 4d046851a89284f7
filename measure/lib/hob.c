/* hob.c - the TD HOB list of QEMU and of Google's hypervisor. */
#include "measure/lib/hob.h"

#define GIB (1ULL << 30)

enum {
	PHIT_LEN = 56,
	RESOURCE_LEN = 48,
	END_LEN = 8,
	MAX_RANGES = 2 * TDVF_MAX_SECTIONS + 16,
	MAX_BANKS = 16,
	MAX_MEMORY_BITS = 46,
};

enum resource {
	SYSTEM_MEMORY = 0,
	UNACCEPTED = 7
};

/* EFI_RESOURCE_ATTRIBUTE: present, initialized, tested. Google adds bit 28,
 * NEEDS_EARLY_ACCEPT, to memory that is not accepted yet. */
enum {
	ATTR_PRESENT = 7,
	ATTR_GOOGLE_FREE = 0x10000007
};

struct range {
	uint64_t start, len;
};

struct ranges {
	size_t n;
	struct range r[MAX_RANGES];
};

static enum err ranges_add(struct ranges *l, uint64_t start, uint64_t len)
{
	if (l->n == MAX_RANGES)
		return ERR_SPACE;
	l->r[l->n++] = (struct range){ start, len };
	return ERR_OK;
}

static void ranges_sort(struct ranges *l)
{
	for (size_t i = 1; i < l->n; i++) {
		struct range x = l->r[i];
		size_t k = i;

		for (; k > 0 && l->r[k - 1].start > x.start; k--)
			l->r[k] = l->r[k - 1];
		l->r[k] = x;
	}
}

/* What of the bank is in none of the used ranges, which are sorted and do not
 * overlap: the metadata were checked for that. */
static enum err add_gaps(const struct range *bank, const struct ranges *used,
			 struct ranges *out)
{
	uint64_t at = bank->start, end = bank->start + bank->len;

	for (size_t i = 0; i < used->n && at < end; i++) {
		const struct range *u = &used->r[i];

		if (u->start + u->len <= at || u->start >= end)
			continue;
		if (u->start > at) {
			enum err e = ranges_add(out, at, u->start - at);

			if (e != ERR_OK)
				return e;
		}
		at = u->start + u->len;
	}
	return at < end ? ranges_add(out, at, end - at) : ERR_OK;
}

static bool inside(const struct range *r, const struct range *bank)
{
	return r->start >= bank->start && r->start - bank->start <= bank->len &&
	       r->len <= bank->len - (r->start - bank->start);
}

static void write_phit(struct wr *w, uint64_t end_of_list)
{
	wr_u16le(w, 1); /* EFI_HOB_TYPE_HANDOFF */
	wr_u16le(w, PHIT_LEN);
	wr_u32le(w, 0);
	wr_u32le(w, 9);    /* EFI_HOB_HANDOFF_TABLE_VERSION */
	wr_u32le(w, 0);    /* BOOT_WITH_FULL_CONFIGURATION */
	wr_zero(w, 4 * 8); /* memory top, bottom; free top, bottom */
	wr_u64le(w, end_of_list);
}

static void write_resource(struct wr *w, enum resource type, uint32_t attr,
			   const struct range *r)
{
	wr_u16le(w, 3); /* EFI_HOB_TYPE_RESOURCE_DESCRIPTOR */
	wr_u16le(w, RESOURCE_LEN);
	wr_u32le(w, 0);
	wr_zero(w, 16); /* owner */
	wr_u32le(w, type);
	wr_u32le(w, attr);
	wr_u64le(w, r->start);
	wr_u64le(w, r->len);
}

/* QEMU's RAM: below 4 GiB all of it when it is under 2.75 GiB, else 2 GiB of
 * it, and the rest from 4 GiB up (q35's default lowmem split). */
static size_t qemu_banks(uint64_t memory, struct range *bank)
{
	if (memory < 0xb0000000ULL) {
		bank[0] = (struct range){ 0, memory };
		return 1;
	}
	bank[0] = (struct range){ 0, 2 * GIB };
	bank[1] = (struct range){ 4 * GIB, memory - 2 * GIB };
	return 2;
}

static enum err write_qemu(const struct tdvf *t, uint64_t hob_base,
			   uint64_t memory, struct wr *w)
{
	struct ranges used = { 0 }, all = { 0 };
	struct range bank[2];
	size_t nbanks = qemu_banks(memory, bank);
	enum err e = ERR_OK;

	for (size_t i = 0; i < t->n && e == ERR_OK; i++) {
		const struct tdvf_section *s = &t->s[i];
		struct range r = { s->gpa, s->mem_size };

		if (s->type == TDVF_BFV || s->type == TDVF_CFV)
			continue; /* flash, not RAM */
		if (s->type != TDVF_TD_HOB && s->type != TDVF_TEMP_MEM)
			return ERR_UNSUPP;
		if (!inside(&r, &bank[0]))
			return ERR_VALUE;
		e = ranges_add(&used, r.start, r.len);
	}
	ranges_sort(&used);
	all = used;
	for (size_t i = 0; i < nbanks && e == ERR_OK; i++)
		e = add_gaps(&bank[i], &used, &all);
	if (e != ERR_OK)
		return e;
	ranges_sort(&all);
	write_phit(w, hob_base + PHIT_LEN + RESOURCE_LEN * all.n + END_LEN);
	for (size_t i = 0, u = 0; i < all.n; i++) {
		bool accepted = u < used.n && used.r[u].start == all.r[i].start;

		u += accepted;
		write_resource(w, accepted ? SYSTEM_MEMORY : UNACCEPTED,
			       ATTR_PRESENT, &all.r[i]);
	}
	return wr_end(w);
}

/* Google's RAM: 3 GiB below, the firmware's 2 MiB under 4 GiB, and the rest
 * from 4 GiB up, split where a NUMA node of 176 GiB is full. */
static size_t google_banks(uint64_t memory, struct range *bank)
{
	const uint64_t node = 176 * GIB;
	uint64_t low = memory < 3 * GIB ? memory : 3 * GIB;
	uint64_t at = 4 * GIB, left = memory - low, room = node - low;
	size_t n = 0;

	bank[n++] = (struct range){ 0, low };
	bank[n++] = (struct range){ 4 * GIB - (2ULL << 20), 2ULL << 20 };
	while (left > 0 && n < MAX_BANKS) {
		uint64_t len = left < room ? left : room;

		bank[n++] = (struct range){ at, len };
		at += len;
		left -= len;
		room = node;
	}
	return n;
}

static void write_end(struct wr *w)
{
	wr_u16le(w, 0xffff); /* EFI_HOB_TYPE_END_OF_HOB_LIST */
	wr_u16le(w, END_LEN);
	wr_u32le(w, 0);
}

static enum err write_google(const struct tdvf *t, enum hob_form form,
			     uint64_t hob_base, uint64_t memory, struct wr *w)
{
	/* a firmware of more than 2 MiB begins below its bank */
	static const struct range flash = { 3 * GIB, GIB };
	struct range bank[MAX_BANKS];
	size_t nbanks = google_banks(memory, bank);
	struct ranges used = { 0 }, sorted, gaps = { 0 };
	enum err e = ERR_OK;

	if (memory > MAX_BANKS * 100 * GIB)
		return ERR_LIMIT;
	for (size_t i = 0; i < t->n && e == ERR_OK; i++) {
		struct range r = { t->s[i].gpa, t->s[i].mem_size };

		if (!inside(&r, &bank[0]) && !inside(&r, &flash))
			return ERR_VALUE;
		e = ranges_add(&used, r.start, r.len);
	}
	sorted = used;
	ranges_sort(&sorted);
	for (size_t i = 0; i < nbanks && e == ERR_OK; i++)
		e = add_gaps(&bank[i], &sorted, &gaps);
	if (e != ERR_OK)
		return e;
	write_phit(w, hob_base + PHIT_LEN + RESOURCE_LEN * (used.n + gaps.n));
	for (size_t i = 0; i < used.n; i++)
		write_resource(w, SYSTEM_MEMORY, ATTR_PRESENT, &used.r[i]);
	for (size_t i = 0; i < gaps.n; i++) {
		bool early = form == HOB_GOOGLE || gaps.r[i].start < 4 * GIB;

		write_resource(w, UNACCEPTED,
			       early ? ATTR_GOOGLE_FREE : ATTR_PRESENT,
			       &gaps.r[i]);
	}
	if (form == HOB_GOOGLE_OLD)
		write_end(w);
	return wr_end(w);
}

enum err hob_write(const struct tdvf *t, enum hob_form form,
		   uint64_t memory_bytes, struct wr *out)
{
	const struct tdvf_section *hob = tdvf_find(t, TDVF_TD_HOB);

	if (memory_bytes == 0 || memory_bytes % TDVF_PAGE != 0 ||
	    memory_bytes >> MAX_MEMORY_BITS != 0)
		return ERR_LIMIT;
	if (hob == NULL)
		return ERR_MISSING;
	if (form != HOB_QEMU)
		return write_google(t, form, hob->gpa, memory_bytes, out);
	return write_qemu(t, hob->gpa, memory_bytes, out);
}
