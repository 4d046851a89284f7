/* measured.c - a list of measurements, as text. */
#include "measure/lib/measured.h"

#include <bearssl.h>
#include <string.h>

#include "lib/text.h"

/* `end` bytes of NUL at the end. */
static bool utf16_digest(struct slice text, size_t end,
			 uint8_t out[static SHA384_LEN])
{
	static const uint8_t nul[2];
	br_sha384_context h;

	br_sha384_init(&h);
	for (size_t i = 0; i < text.len; i++) {
		const uint8_t unit[2] = { text.ptr[i], 0 };

		if (text.ptr[i] < ' ' || text.ptr[i] > '~')
			return false;
		br_sha384_update(&h, unit, sizeof unit);
	}
	br_sha384_update(&h, nul, end);
	br_sha384_out(&h, out);
	return true;
}

bool load_options_digest(struct slice text, uint8_t out[static SHA384_LEN])
{
	return utf16_digest(text, 2, out);
}

/* A line for people: what cannot be printed is a question mark. */
static void describe(struct slice line, char what[static EVENT_WHAT_LEN])
{
	size_t n = line.len < EVENT_WHAT_LEN ? line.len : EVENT_WHAT_LEN - 1;

	for (size_t i = 0; i < n; i++)
		what[i] = line.ptr[i] >= ' ' && line.ptr[i] <= '~'
				  ? (char)line.ptr[i]
				  : '?';
	what[n] = '\0';
}

/* The SHA-384 of text with its escapes undone. */
static enum err text_digest(struct slice text, uint8_t out[static SHA384_LEN])
{
	br_sha384_context h;

	br_sha384_init(&h);
	for (size_t i = 0; i < text.len; i++) {
		static const char from[] = "nt\\";
		static const uint8_t to[] = { '\n', '\t', '\\' };
		const char *known;

		if (text.ptr[i] != '\\') {
			br_sha384_update(&h, text.ptr + i, 1);
			continue;
		}
		if (++i == text.len || text.ptr[i] == '\0')
			return ERR_VALUE;
		known = strchr(from, text.ptr[i]);
		if (known == NULL)
			return ERR_VALUE;
		br_sha384_update(&h, to + (known - from), 1);
	}
	br_sha384_out(&h, out);
	return ERR_OK;
}

static enum err options_digest(struct slice text,
			       uint8_t out[static SHA384_LEN])
{
	return load_options_digest(text, out) ? ERR_OK : ERR_VALUE;
}

static enum err grub_options_digest(struct slice text,
				    uint8_t out[static SHA384_LEN])
{
	return utf16_digest(text, 0, out) ? ERR_OK : ERR_VALUE;
}

/* "HEX  NAME", or "HEX *NAME". */
static enum err add_sum(struct slice line, struct eventlist *l)
{
	const size_t hex = 2 * SHA384_LEN;
	uint8_t digest[SHA384_LEN];
	char what[EVENT_WHAT_LEN];

	if (line.len < hex + 3 || line.ptr[hex] != ' ' ||
	    (line.ptr[hex + 1] != ' ' && line.ptr[hex + 1] != '*') ||
	    hex_decode((struct slice){ line.ptr, hex }, digest,
		       sizeof digest) != ERR_OK)
		return ERR_VALUE;
	describe((struct slice){ line.ptr + hex + 2, line.len - hex - 2 },
		 what);
	event_add(l, 2, EVENT_IPL, digest, what);
	return ERR_OK;
}

static enum err add_line(struct slice line, struct eventlist *l)
{
	static const struct {
		const char *head;
		enum event_type type;
		enum err (*digest)(struct slice, uint8_t *);
	} kinds[] = {
		{ "grub_cmd: ", EVENT_IPL, text_digest },
		{ "kernel_cmdline: ", EVENT_IPL, text_digest },
		{ "load_options: ", EVENT_EVENT_TAG, options_digest },
		{ "grub_load_options: ", EVENT_EVENT_TAG, grub_options_digest },
	};

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		size_t n = strlen(kinds[i].head);
		uint8_t digest[SHA384_LEN];
		char what[EVENT_WHAT_LEN];
		enum err e;

		if (line.len < n || memcmp(line.ptr, kinds[i].head, n) != 0)
			continue;
		e = kinds[i].digest(
			(struct slice){ line.ptr + n, line.len - n }, digest);
		if (e != ERR_OK)
			return e;
		describe(line, what);
		event_add(l, 2, kinds[i].type, digest, what);
		return ERR_OK;
	}
	return add_sum(line, l);
}

enum err measured_events(struct slice text, struct eventlist *l, size_t *line)
{
	size_t n = 0;

	while (text.len > 0) {
		const uint8_t *end = memchr(text.ptr, '\n', text.len);
		size_t len = end != NULL ? (size_t)(end - text.ptr) : text.len;
		struct slice row = { text.ptr, len };
		enum err e = ERR_OK;

		n++;
		len += end != NULL;
		text = (struct slice){ text.ptr + len, text.len - len };
		if (row.len > 0 && row.ptr[0] != '#')
			e = add_line(row, l);
		if (e != ERR_OK) {
			*line = n;
			return e;
		}
	}
	return ERR_OK;
}
