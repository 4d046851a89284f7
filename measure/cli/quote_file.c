/* quote_file.c - quotes as they travel: binary, hex or base64. */
#include <string.h>

#include "lib/limit.h"
#include "lib/text.h"
#include "measure/cli/verifier.h"

enum {
	/* Hex doubles a quote; the rest is white space. */
	MAX_FILE_BYTES = 4 * LIMIT_QUOTE_BYTES
};

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Quotes begin with their version, 4 or 5, which no text does. */
static bool is_text(struct slice in)
{
	for (size_t i = 0; i < in.len; i++)
		if ((in.ptr[i] < ' ' && !is_space(in.ptr[i])) ||
		    in.ptr[i] > '~')
			return false;
	return true;
}

int cli_quote_read(const char *path, struct cli_file *file, struct slice *quote)
{
	static uint8_t text[MAX_FILE_BYTES], bytes[MAX_FILE_BYTES];
	struct wr compact = wr_over(text, sizeof text);
	struct wr decoded = wr_over(bytes, sizeof bytes);
	int rc = cli_read(path, MAX_FILE_BYTES, file);
	struct slice s;

	if (rc != CLI_DONE)
		return rc;
	*quote = file->data;
	if (!is_text(file->data))
		return CLI_DONE;
	for (size_t i = 0; i < file->data.len; i++)
		if (!is_space(file->data.ptr[i]))
			wr_u8(&compact, file->data.ptr[i]);
	s = wr_slice(&compact);
	if (s.len >= 2 && memcmp(s.ptr, "0x", 2) == 0)
		s = (struct slice){ s.ptr + 2, s.len - 2 };
	if (s.len % 2 == 0 && hex_decode(s, bytes, s.len / 2) == ERR_OK)
		*quote = (struct slice){ bytes, s.len / 2 };
	else if (b64_decode(s, &decoded) == ERR_OK)
		*quote = wr_slice(&decoded);
	return CLI_DONE;
}
