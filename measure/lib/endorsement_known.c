#include "measure/lib/endorsement_known.h"

#include <string.h>

#include "lib/text.h"

/* The bytes up to the first `end`, which is taken too. What follows the last
 * one is the rest. */
static struct slice next_part(struct slice *in, char end)
{
	const uint8_t *at = in->len > 0 ? memchr(in->ptr, end, in->len) : NULL;
	size_t n = at != NULL ? (size_t)(at - in->ptr) : in->len;
	struct slice part = { in->ptr, n };

	n += at != NULL;
	*in = (struct slice){ in->ptr + n, in->len - n };
	return part;
}

/* A day that there is: what RFC 3339 takes for the date of a midnight. */
static enum err read_day(struct slice s, char out[static KNOWN_DAY_LEN + 1])
{
	char text[] = "YYYY-MM-DDT00:00:00Z";
	int64_t ms;

	if (s.len != KNOWN_DAY_LEN)
		return ERR_VALUE;
	memcpy(text, s.ptr, KNOWN_DAY_LEN);
	if (rfc3339_parse(str_slice(text), &ms) != ERR_OK)
		return ERR_VALUE;
	return slice_cstr(s, out, KNOWN_DAY_LEN + 1);
}

static enum err read_line(struct slice line,
			  const uint8_t mrtd[static SHA384_LEN],
			  struct known_mrtds *k)
{
	char day[KNOWN_DAY_LEN + 1];
	uint8_t got[SHA384_LEN];
	uint64_t size;
	enum err e = read_day(next_part(&line, ' '), day);

	if (e == ERR_OK)
		e = u64_parse(next_part(&line, ' '), UINT32_MAX, &size);
	if (e == ERR_OK)
		e = hex_decode(line, got, sizeof got);
	if (e != ERR_OK)
		return e;
	k->n++;
	if (strcmp(day, k->newest) > 0)
		memcpy(k->newest, day, sizeof day);
	if (ct_eq(got, mrtd, sizeof got) &&
	    (!k->found || strcmp(day, k->day) < 0)) {
		k->found = true;
		memcpy(k->day, day, sizeof day);
	}
	return ERR_OK;
}

enum err known_mrtds_search(struct slice text,
			    const uint8_t mrtd[static SHA384_LEN],
			    struct known_mrtds *out, size_t *line)
{
	struct known_mrtds k = { 0 };
	size_t n = 0;

	if (text.len > KNOWN_MAX_BYTES) {
		*line = 1;
		return ERR_LIMIT;
	}
	while (text.len > 0) {
		struct slice s = next_part(&text, '\n');

		n++;
		if (s.len > 0 && s.ptr[0] == '#')
			continue;
		if (read_line(s, mrtd, &k) != ERR_OK) {
			*line = n;
			return ERR_VALUE;
		}
	}
	*out = k;
	return ERR_OK;
}
