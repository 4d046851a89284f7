#include <string.h>

#include "lib/cert.h"
#include "lib/text.h"

enum {
	LINE_BYTES = 48
}; /* 64 characters, RFC 7468 section 2 */

void pem_write(struct wr *w, const char *label, struct slice der)
{
	wr_str(w, "-----BEGIN ");
	wr_str(w, label);
	wr_str(w, "-----\n");
	for (size_t i = 0; i < der.len; i += LINE_BYTES) {
		size_t n = der.len - i < LINE_BYTES ? der.len - i : LINE_BYTES;

		wr_b64(w, (struct slice){ der.ptr + i, n });
		wr_str(w, "\n");
	}
	wr_str(w, "-----END ");
	wr_str(w, label);
	wr_str(w, "-----\n");
}

/* Cuts the next line off *text, without its LF or CR LF. */
static struct slice next_line(struct slice *text)
{
	const uint8_t *lf = memchr(text->ptr, '\n', text->len);
	size_t n = lf != NULL ? (size_t)(lf - text->ptr) : text->len;
	struct slice line = { text->ptr, n };

	n += lf != NULL;
	*text = (struct slice){ text->ptr + n, text->len - n };
	if (line.len > 0 && line.ptr[line.len - 1] == '\r')
		line.len--;
	return line;
}

/* Whether the line is "-----BEGIN LABEL-----", or END. */
static bool is_boundary(struct slice line, const char *word, const char *label)
{
	struct rd r = rd_over(line);

	return slice_is(rd_take(&r, 5), "-----") &&
	       slice_is(rd_take(&r, strlen(word)), word) &&
	       slice_is(rd_take(&r, strlen(label)), label) &&
	       slice_is(rd_take(&r, 5), "-----") && rd_end(&r) == ERR_OK;
}

/* Lines of base64 up to the END line. Padding stands in the last one only. */
static enum err read_body(struct slice *pem, const char *label, struct wr *der)
{
	bool padded = false;

	while (pem->len > 0) {
		struct slice line = next_line(pem);
		enum err e;

		if (is_boundary(line, "END ", label))
			return ERR_OK;
		if (padded || line.len == 0)
			return ERR_VALUE;
		padded = line.ptr[line.len - 1] == '=';
		e = b64_decode(line, der);
		if (e != ERR_OK)
			return e;
	}
	return ERR_VALUE;
}

enum err pem_read(struct slice pem, const char *label, struct wr *der)
{
	size_t start = der->len;
	enum err e;

	while (pem.len > 0) {
		if (!is_boundary(next_line(&pem), "BEGIN ", label))
			continue;
		e = read_body(&pem, label, der);
		if (e == ERR_OK && der->len == start)
			e = ERR_VALUE;
		if (e != ERR_OK)
			der->len = start;
		return e;
	}
	return ERR_MISSING;
}
