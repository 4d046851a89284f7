/* A mutator of DER for libFuzzer: it changes one element and makes the lengths
 * around it right again, so that what is inside gets read. Linked into the
 * targets of FUZZ_DER, not into their replays. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
	MAX_ELEMENTS = 512,
	MAX_DEPTH = 16,
	MAX_PIECE = 4096,
	TOP = -1,
};

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
			       unsigned seed);

struct element {
	size_t header, content, end;
	int parent;
};

static struct element el[MAX_ELEMENTS];
static int n_el;

static uint32_t next(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* The element at `at`, when its header is well-formed and it ends by `end`. */
static bool read_element(const uint8_t *d, size_t at, size_t end,
			 struct element *out)
{
	size_t len, n;

	if (end - at < 2)
		return false;
	len = d[at + 1];
	out->header = at;
	out->content = at + 2;
	if (len >= 0x80) {
		n = len & 0x7f;
		if (n == 0 || n > 2 || end - out->content < n)
			return false;
		for (len = 0; n > 0; n--)
			len = len << 8 | d[out->content++];
	}
	out->end = out->content + len;
	return len <= end - out->content;
}

/* Constructed, or a SEQUENCE wrapped in an OCTET STRING, as in extensions. */
static bool has_children(const uint8_t *d, const struct element *e)
{
	struct element inner;

	return (d[e->header] & 0x20) != 0 ||
	       (d[e->header] == 0x04 && e->end > e->content &&
		d[e->content] == 0x30 &&
		read_element(d, e->content, e->end, &inner) &&
		inner.end == e->end);
}

/* All elements, parents before their children. */
static void scan(const uint8_t *d, size_t size)
{
	struct {
		size_t at, end;
		int parent;
	} todo[MAX_DEPTH] = { { 0, size, TOP } };
	int depth = 0;

	n_el = 0;
	while (depth >= 0 && n_el < MAX_ELEMENTS) {
		struct element *e = &el[n_el];

		if (todo[depth].at >= todo[depth].end ||
		    !read_element(d, todo[depth].at, todo[depth].end, e)) {
			depth--;
			continue;
		}
		e->parent = todo[depth].parent;
		todo[depth].at = e->end;
		if (depth + 1 < MAX_DEPTH && has_children(d, e)) {
			depth++;
			todo[depth].at = e->content;
			todo[depth].end = e->end;
			todo[depth].parent = n_el;
		}
		n_el++;
	}
}

/* Puts n bytes in the place of [at, end). False when there is no room. */
static bool splice(uint8_t *d, size_t *size, size_t max, size_t at, size_t end,
		   const uint8_t *piece, size_t n)
{
	size_t rest = *size - end;

	if (at + n + rest > max)
		return false;
	memmove(d + at + n, d + end, rest);
	memcpy(d + at, piece, n);
	*size = at + n + rest;
	return true;
}

static size_t put_header(uint8_t out[4], uint8_t tag, size_t len)
{
	size_t n = 0;

	out[n++] = tag;
	if (len >= 0x100)
		out[n++] = 0x82;
	else if (len >= 0x80)
		out[n++] = 0x81;
	if (len >= 0x100)
		out[n++] = (uint8_t)(len >> 8);
	out[n++] = (uint8_t)len;
	return n;
}

/* The headers of `parent` and all around it, for delta bytes more inside. */
static bool fix_lengths(uint8_t *d, size_t *size, size_t max, int parent,
			ptrdiff_t delta)
{
	for (; parent != TOP; parent = el[parent].parent) {
		const struct element *p = &el[parent];
		size_t len = (size_t)((ptrdiff_t)(p->end - p->content) + delta);
		uint8_t header[4];
		size_t n = put_header(header, d[p->header], len);

		if (len > 0xffff ||
		    !splice(d, size, max, p->header, p->content, header, n))
			return false;
		delta += (ptrdiff_t)n - (ptrdiff_t)(p->content - p->header);
	}
	return true;
}

/* What is to stand where e does: nothing, it twice, another one, or it with
 * other contents. Its bytes go to piece. */
static size_t change(const uint8_t *d, const struct element *e, uint32_t *rng,
		     uint8_t piece[MAX_PIECE])
{
	const struct element *from = e;
	size_t len = e->end - e->header, head = e->content - e->header, n;
	uint8_t body[MAX_PIECE];

	switch (next(rng) % 8) {
	case 0:
		return 0;
	case 1:
		if (2 * len > MAX_PIECE)
			return 0;
		memcpy(piece, d + e->header, len);
		memcpy(piece + len, d + e->header, len);
		return 2 * len;
	case 2:
		from = &el[next(rng) % (uint32_t)n_el];
		len = from->end - from->header;
		if (len > MAX_PIECE)
			return 0;
		memcpy(piece, d + from->header, len);
		return len;
	case 3:
		if (len > MAX_PIECE)
			return 0;
		memcpy(piece, d + e->header, len);
		piece[0] = (uint8_t)next(rng);
		return len;
	default:
		len -= head;
		if (len > MAX_PIECE / 2)
			return 0;
		memcpy(body, d + e->content, len);
		len = LLVMFuzzerMutate(body, len, MAX_PIECE / 2);
		n = put_header(piece, d[e->header], len);
		memcpy(piece + n, body, len);
		return n + len;
	}
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
			       unsigned seed)
{
	static uint8_t piece[MAX_PIECE];
	uint32_t rng = seed * 2654435761u | 1;
	struct element e;
	size_t n, was = size;

	scan(data, size);
	if (n_el == 0 || next(&rng) % 4 == 0)
		return LLVMFuzzerMutate(data, size, max);
	e = el[next(&rng) % (uint32_t)n_el];
	n = change(data, &e, &rng, piece);
	if (!splice(data, &size, max, e.header, e.end, piece, n) ||
	    !fix_lengths(data, &size, max, e.parent,
			 (ptrdiff_t)n - (ptrdiff_t)(e.end - e.header)))
		return LLVMFuzzerMutate(data, was < size ? was : size, max);
	return size;
}
