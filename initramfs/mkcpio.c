/* mkcpio FILES.TXT OUT NAME=FILE... - write the initramfs that FILES.TXT lists
 * to OUT. The same list and the same file contents give the same bytes.
 * Exit: 0 written, 2 usage, 3 the list is not right, 4 a file cannot be read or
 * written. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "initramfs/cpio.h"

enum {
	EXIT_USAGE = 2,
	EXIT_INPUT = 3,
	EXIT_FILE = 4,
	MAX_ENTRIES = 64,
	MAX_FIELDS = 5,
	LIST_MAX = 64 << 10
};

struct list {
	struct cpio_entry entries[MAX_ENTRIES];
	unsigned lines[MAX_ENTRIES]; /* where in the list, for messages */
	size_t n;
};

static const char *list_name;

_Noreturn static void die(int code, unsigned line, const char *what)
{
	if (line > 0)
		fprintf(stderr, "mkcpio: %s:%u: %s\n", list_name, line, what);
	else
		fprintf(stderr, "mkcpio: %s\n", what);
	exit(code);
}

/* Reads a whole file. The memory lives as long as the program. */
static struct slice read_file(const char *path, size_t max)
{
	FILE *f = fopen(path, "rb");
	long size = -1;
	uint8_t *buf;

	if (f != NULL && fseek(f, 0, SEEK_END) == 0)
		size = ftell(f);
	if (size < 0 || (size_t)size > max || fseek(f, 0, SEEK_SET) != 0)
		die(EXIT_FILE, 0, path);
	buf = malloc((size_t)size + 1);
	if (buf == NULL || fread(buf, 1, (size_t)size, f) != (size_t)size)
		die(EXIT_FILE, 0, path);
	fclose(f);
	return (struct slice){ buf, (size_t)size };
}

static uint32_t number(const char *s, int base, uint32_t max, unsigned line)
{
	char *end;
	unsigned long v = strtoul(s, &end, base);

	if (*s < '0' || *s > '9' || *end != '\0' || v > max)
		die(EXIT_INPUT, line, "a number that is not allowed");
	return (uint32_t)v;
}

static struct slice source(const char *name, char **args, unsigned line)
{
	size_t n = strlen(name);

	for (; *args != NULL; args++)
		if (strncmp(*args, name, n) == 0 && (*args)[n] == '=')
			return read_file(*args + n + 1, CPIO_FILE_MAX);
	die(EXIT_INPUT, line, "no NAME=FILE for this source");
}

/* kind path mode [source | target | major minor] */
static void add(struct list *l, char *f[static MAX_FIELDS], size_t nf,
		unsigned line, char **args)
{
	static const struct {
		const char *word;
		enum cpio_kind kind;
		size_t fields;
	} kinds[] = {
		{ "dir", CPIO_DIR, 3 },
		{ "file", CPIO_FILE, 4 },
		{ "link", CPIO_LINK, 4 },
		{ "node", CPIO_NODE, 5 },
	};
	struct cpio_entry *e = &l->entries[l->n];
	size_t k = 0;

	while (k < 4 && strcmp(f[0], kinds[k].word) != 0)
		k++;
	if (k == 4 || nf != kinds[k].fields || l->n == MAX_ENTRIES)
		die(EXIT_INPUT, line, "not an entry: kind path mode ...");
	*e = (struct cpio_entry){ .kind = kinds[k].kind, .path = f[1] };
	e->mode = number(f[2], 8, 07777, line);
	if (e->kind == CPIO_FILE)
		e->data = source(f[3], args, line);
	if (e->kind == CPIO_LINK)
		e->data = str_slice(f[3]);
	if (e->kind == CPIO_NODE) {
		e->major = number(f[3], 10, 4095, line);
		e->minor = number(f[4], 10, 1048575, line);
	}
	l->lines[l->n++] = line;
}

static void read_list(struct list *l, char *text, char **args)
{
	char *next = text;
	unsigned line = 0;

	while (next != NULL) {
		char *f[MAX_FIELDS + 1], *save, *p = next;
		size_t nf = 0;

		next = strchr(p, '\n');
		if (next != NULL)
			*next++ = '\0';
		line++;
		for (p = strtok_r(p, " \t", &save);
		     p != NULL && nf <= MAX_FIELDS;
		     p = strtok_r(NULL, " \t", &save))
			f[nf++] = p;
		if (nf > 0 && f[0][0] != '#')
			add(l, f, nf, line, args);
	}
}

static void write_file(const char *path, struct slice s)
{
	FILE *f = fopen(path, "wb");

	if (f == NULL || fwrite(s.ptr, 1, s.len, f) != s.len || fclose(f) != 0)
		die(EXIT_FILE, 0, path);
}

int main(int argc, char **argv)
{
	static struct list l;
	size_t bound, bad = 0;
	struct slice text;
	char *copy;
	struct wr w;
	enum err e;

	if (argc < 3) {
		fputs("usage: mkcpio FILES.TXT OUT NAME=FILE...\n", stderr);
		return EXIT_USAGE;
	}
	list_name = argv[1];
	text = read_file(argv[1], LIST_MAX);
	copy = malloc(text.len + 1);
	if (copy == NULL)
		die(EXIT_FILE, 0, "no memory");
	if (slice_cstr(text, copy, text.len + 1) != ERR_OK)
		die(EXIT_INPUT, 1, "a NUL byte");
	read_list(&l, copy, argv + 3);
	bound = cpio_bound(l.entries, l.n);
	w = wr_over(malloc(bound), bound);
	if (bound == 0 || w.buf == NULL)
		die(EXIT_FILE, 0, "no memory");
	e = cpio_write(&w, l.entries, l.n, &bad);
	if (e != ERR_OK)
		die(EXIT_INPUT, bad < l.n ? l.lines[bad] : 0, err_text(e));
	write_file(argv[2], wr_slice(&w));
	return 0;
}
