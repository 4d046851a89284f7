#include "initramfs/cpio.h"

#include <string.h>

enum {
	HEADER_LEN = 110,
	FIELD_LEN = 8,
	ALIGN = 4
};

static const uint32_t type_bits[] = {
	[CPIO_DIR] = 0040000,
	[CPIO_FILE] = 0100000,
	[CPIO_LINK] = 0120000,
	[CPIO_NODE] = 0020000,
};

bool cpio_path_ok(const char *path)
{
	size_t len = strlen(path), part = 0;

	if (path[0] != '/' || len < 2 || len > CPIO_NAME_MAX)
		return false;
	for (size_t i = 1; i <= len; i++) {
		if (path[i] != '/' && path[i] != '\0') {
			part++;
			continue;
		}
		if (part == 0 || (part == 1 && path[i - 1] == '.') ||
		    (part == 2 && memcmp(path + i - 2, "..", 2) == 0))
			return false;
		part = 0;
	}
	return true;
}

size_t cpio_bound(const struct cpio_entry *entries, size_t n)
{
	const size_t each = HEADER_LEN + CPIO_NAME_MAX + 1 + 2 * ALIGN;
	size_t sum = each;

	for (size_t i = 0; i < n; i++) {
		if (entries[i].data.len > CPIO_FILE_MAX ||
		    sum > SIZE_MAX / 2 - CPIO_FILE_MAX - each)
			return 0;
		sum += each + entries[i].data.len;
	}
	return sum;
}

static void pad(struct wr *w)
{
	wr_zero(w, (ALIGN - w->len % ALIGN) % ALIGN);
}

static void member(struct wr *w, uint32_t ino, const struct cpio_entry *e)
{
	const char *name = e->path[0] == '/' ? e->path + 1 : e->path;
	uint32_t links = e->kind == CPIO_DIR ? 2 : 1;
	const uint32_t fields[] = {
		ino,
		e->mode | type_bits[e->kind],
		0, /* uid */
		0, /* gid */
		links,
		0, /* mtime */
		(uint32_t)e->data.len,
		0, /* device of the file: major, minor */
		0,
		e->major,
		e->minor,
		(uint32_t)strlen(name) + 1,
		0, /* checksum: not in this format */
	};

	wr_str(w, "070701");
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
		wr_fmt(w, "%08X", (unsigned)fields[i]);
	wr_str(w, name);
	wr_u8(w, 0);
	pad(w);
	wr_bytes(w, e->data);
	pad(w);
}

/* Whether the directory that holds entries[i] is "/" or an entry before it. */
static bool has_parent(const struct cpio_entry *entries, size_t i)
{
	size_t len = (size_t)(strrchr(entries[i].path, '/') - entries[i].path);

	if (len == 0)
		return true;
	for (size_t k = 0; k < i; k++)
		if (entries[k].kind == CPIO_DIR &&
		    strlen(entries[k].path) == len &&
		    memcmp(entries[k].path, entries[i].path, len) == 0)
			return true;
	return false;
}

static enum err entry_check(const struct cpio_entry *entries, size_t i)
{
	const struct cpio_entry *e = &entries[i];
	bool has_data = e->kind == CPIO_FILE || e->kind == CPIO_LINK;

	if (!cpio_path_ok(e->path) || e->mode > 07777 ||
	    (!has_data && e->data.len != 0) ||
	    (e->kind == CPIO_LINK && e->data.len == 0) ||
	    (e->kind != CPIO_NODE && (e->major | e->minor) != 0))
		return ERR_VALUE;
	if (e->data.len > CPIO_FILE_MAX)
		return ERR_LIMIT;
	if (i > 0) {
		int order = strcmp(entries[i - 1].path, e->path);

		if (order == 0)
			return ERR_DUPLICATE;
		if (order > 0)
			return ERR_VALUE;
	}
	return has_parent(entries, i) ? ERR_OK : ERR_MISSING;
}

enum err cpio_write(struct wr *w, const struct cpio_entry *entries, size_t n,
		    size_t *bad)
{
	static const struct cpio_entry trailer = {
		.kind = CPIO_FILE,
		.path = "TRAILER!!!",
	};

	for (size_t i = 0; i < n; i++) {
		enum err e = entry_check(entries, i);

		if (e != ERR_OK) {
			*bad = i;
			return e;
		}
		member(w, (uint32_t)i + 1, &entries[i]);
	}
	member(w, 0, &trailer);
	*bad = n;
	return wr_end(w);
}
