#include "lib/http1_grammar.h"

#include <stdint.h>
#include <string.h>

/* Where the parser stands in a head whose bytes and line ends are checked. */
struct lines {
	const uint8_t *p, *end; /* end: after the empty line */
};

enum {
	NO_LENGTH = -1,
	CHUNK_DIGITS = 8
};

/* What the headers say about the body. */
struct framing {
	int64_t length; /* NO_LENGTH when there is none */
	bool chunked;
};

static const char *const methods[] = { "GET", "POST", "PUT", "DELETE" };

static const char *const singletons[] = {
	"authorization", "content-length", "content-type",
	"expect",        "host",           "transfer-encoding"
};

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* Finds the empty line. Every byte before it is checked here, so that garbage
 * is refused at once and the rest of the parser sees only visible ASCII, spaces
 * and whole CRLFs. Tabs are refused too: parsers differ about them around
 * lengths and codings. */
static enum err head_end(const uint8_t *buf, size_t len, size_t *head)
{
	size_t line = 0; /* where the present line starts */

	for (size_t i = 0; i < len && i < LIMIT_HTTP_HEAD_BYTES; i++) {
		uint8_t c = buf[i];

		if (c == '\n') {
			if (i == 0 || buf[i - 1] != '\r')
				return ERR_VALUE;
			if (line == 0 && i == 1)
				return ERR_VALUE; /* no start line */
			if (i == line + 1) {
				*head = i + 1;
				return ERR_OK;
			}
			line = i + 1;
		} else if (i > 0 && buf[i - 1] == '\r') {
			return ERR_VALUE;
		} else if (c != '\r' && (c < ' ' || c > '~')) {
			return ERR_VALUE;
		}
	}
	return len < LIMIT_HTTP_HEAD_BYTES ? ERR_AGAIN : ERR_SPACE;
}

/* The next line without its CRLF; empty at the end of the head. */
static struct slice next_line(struct lines *l)
{
	const uint8_t *start = l->p;
	const uint8_t *lf = memchr(start, '\n', (size_t)(l->end - start));

	l->p = lf + 1; /* there is one: head_end has seen the last */
	return between(start, lf - 1);
}

static enum err headers(struct lines *l, struct http_msg *m)
{
	struct slice line;

	for (line = next_line(l); line.len > 0; line = next_line(l)) {
		enum err e;

		if (m->nheaders == LIMIT_HTTP_HEADERS)
			return ERR_SPACE;
		e = http_header_line(line, &m->headers[m->nheaders]);
		if (e != ERR_OK)
			return e;
		m->nheaders++;
	}
	return ERR_OK;
}

static const struct http_header *find(const struct http_msg *m,
				      const char *name, size_t *count)
{
	const struct http_header *first = NULL;

	*count = 0;
	for (size_t i = 0; i < m->nheaders; i++) {
		if (!http_same_nocase(m->headers[i].name, name))
			continue;
		if (++*count == 1)
			first = &m->headers[i];
	}
	return first;
}

struct slice http_header(const struct http_msg *m, const char *name)
{
	size_t n;
	const struct http_header *h = find(m, name, &n);

	return h != NULL ? h->value : (struct slice){ NULL, 0 };
}

/* A name that only begins like the one that frames a message: http-parser 2.9
 * takes it for that, so one such header could split what we read as whole. */
static bool lookalike(struct slice name)
{
	static const char te[] = "transfer-encoding";
	struct slice start = { name.ptr, sizeof te - 1 };

	return name.len > start.len && http_same_nocase(start, te);
}

static enum err unambiguous(const struct http_msg *m)
{
	for (size_t i = 0; i < COUNT(singletons); i++) {
		size_t n;

		(void)find(m, singletons[i], &n);
		if (n > 1)
			return ERR_VALUE;
	}
	for (size_t i = 0; i < m->nheaders; i++) {
		if (lookalike(m->headers[i].name))
			return ERR_VALUE;
	}
	return ERR_OK;
}

/* One spelling per length: no sign, no leading zero, no list. */
static enum err length_value(struct slice s, int64_t *out)
{
	int64_t v = 0;

	if (s.len == 0 || (s.len > 1 && s.ptr[0] == '0'))
		return ERR_VALUE;
	for (size_t i = 0; i < s.len; i++) {
		if (!http_is_digit(s.ptr[i]))
			return ERR_VALUE;
		/* Saturated: past every max_body, which is checked next. */
		if (v <= INT64_MAX / 10 - 1)
			v = v * 10 + (s.ptr[i] - '0');
		else
			v = INT64_MAX;
	}
	*out = v;
	return ERR_OK;
}

static enum err framing(const struct http_msg *m, bool request,
			struct framing *f)
{
	size_t ncl, nte;
	const struct http_header *cl = find(m, "content-length", &ncl);
	const struct http_header *te = find(m, "transfer-encoding", &nte);

	*f = (struct framing){ .length = NO_LENGTH, .chunked = te != NULL };
	if (cl != NULL && te != NULL)
		return ERR_VALUE;
	if (te != NULL && (request || !http_same_nocase(te->value, "chunked")))
		return ERR_UNSUPP;
	return cl != NULL ? length_value(cl->value, &f->length) : ERR_OK;
}

/* The options of one Connection header: tokens with commas between them, none
 * empty (parsers differ about those). *keep becomes false for "close". */
static enum err connection_options(struct slice rest, bool *keep)
{
	const uint8_t *end = rest.ptr + rest.len, *comma;

	do {
		struct slice o;

		comma = memchr(rest.ptr, ',', rest.len);
		o = http_trim(between(rest.ptr, comma ? comma : end));
		if (!http_is_token(o))
			return ERR_VALUE;
		if (http_same_nocase(o, "close"))
			*keep = false;
		rest = comma ? between(comma + 1, end) : rest;
	} while (comma != NULL);
	return ERR_OK;
}

static enum err connection(struct http_msg *m)
{
	m->keep_alive = true;
	for (size_t i = 0; i < m->nheaders; i++) {
		enum err e;

		if (!http_same_nocase(m->headers[i].name, "connection"))
			continue;
		e = connection_options(m->headers[i].value, &m->keep_alive);
		if (e != ERR_OK)
			return e;
	}
	return ERR_OK;
}

/* "HTTP/1.1"; another digit.digit is well formed but not ours. */
static enum err version(struct slice s)
{
	if (s.len != 8 || memcmp(s.ptr, "HTTP/", 5) != 0 ||
	    !http_is_digit(s.ptr[5]) || s.ptr[6] != '.' ||
	    !http_is_digit(s.ptr[7]))
		return ERR_VALUE;
	return s.ptr[5] == '1' && s.ptr[7] == '1' ? ERR_OK : ERR_UNSUPP;
}

static void split_target(struct slice target, struct http_msg *m)
{
	const uint8_t *end = target.ptr + target.len;
	const uint8_t *q = memchr(target.ptr, '?', target.len);

	m->path = between(target.ptr, q ? q : end);
	m->query = q ? between(q + 1, end) : between(end, end);
}

static enum err request_line(struct slice line, struct http_msg *m)
{
	const uint8_t *end = line.ptr + line.len;
	const uint8_t *sp = memchr(line.ptr, ' ', line.len);
	const uint8_t *sp2;
	struct slice target;
	enum err e;

	if (sp == NULL)
		return ERR_VALUE;
	m->method = between(line.ptr, sp);
	sp2 = memchr(sp + 1, ' ', (size_t)(end - sp - 1));
	if (sp2 == NULL || !http_is_token(m->method))
		return ERR_VALUE;
	target = between(sp + 1, sp2);
	e = version(between(sp2 + 1, end));
	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < COUNT(methods); i++) {
		if (!slice_is(m->method, methods[i]))
			continue;
		if (!http_target_ok(target))
			return ERR_VALUE;
		split_target(target, m);
		return ERR_OK;
	}
	return ERR_UNSUPP;
}

/* "HTTP/1.1 200 " and a reason, which may be empty and is not kept. */
static enum err status_line(struct slice line, struct http_msg *m)
{
	const uint8_t *d;
	enum err e;

	if (line.len < 13 || line.ptr[8] != ' ' || line.ptr[12] != ' ')
		return ERR_VALUE;
	e = version((struct slice){ line.ptr, 8 });
	if (e != ERR_OK)
		return e;
	d = line.ptr + 9;
	if (!http_is_digit(d[0]) || !http_is_digit(d[1]) ||
	    !http_is_digit(d[2]))
		return ERR_VALUE;
	m->status = (d[0] - '0') * 100 + (d[1] - '0') * 10 + (d[2] - '0');
	if (m->status < 100 || m->status > 599)
		return ERR_VALUE;
	return m->status < 200 ? ERR_UNSUPP : ERR_OK;
}

/* Start line and headers. */
static enum err head(const uint8_t *buf, size_t len, bool request,
		     struct http_msg *m, struct framing *f)
{
	struct lines l = { buf, NULL };
	enum err e;

	*m = (struct http_msg){ .consumed = 0 };
	e = head_end(buf, len, &m->consumed);
	if (e == ERR_OK) {
		l.end = buf + m->consumed;
		e = request ? request_line(next_line(&l), m)
			    : status_line(next_line(&l), m);
	}
	if (e == ERR_OK)
		e = headers(&l, m);
	if (e == ERR_OK)
		e = unambiguous(m);
	if (e == ERR_OK)
		e = framing(m, request, f);
	if (e == ERR_OK)
		e = connection(m);
	if (e == ERR_AGAIN)
		m->consumed = len + 1;
	return e;
}

/* The body is the next f.length bytes. */
static enum err fixed_body(const uint8_t *buf, size_t len, size_t max_body,
			   int64_t length, struct http_msg *m)
{
	size_t n = (size_t)length;

	if ((uint64_t)length > max_body)
		return ERR_LIMIT;
	if (len - m->consumed < n) {
		m->consumed += n;
		return ERR_AGAIN;
	}
	m->body = (struct slice){ buf + m->consumed, n };
	m->consumed += n;
	return ERR_OK;
}

enum err http_request_parse(uint8_t *buf, size_t len, size_t max_body,
			    struct http_msg *out)
{
	struct http_msg m;
	struct framing f;
	enum err e = head(buf, len, true, &m, &f);

	if (e == ERR_OK && !http_host_ok(http_header(&m, "host")))
		e = ERR_VALUE;
	if (e == ERR_OK && http_header(&m, "expect").len > 0)
		e = ERR_UNSUPP;
	if (e == ERR_OK && f.length == NO_LENGTH)
		f.length = 0;
	if (e == ERR_OK)
		e = fixed_body(buf, len, max_body, f.length, &m);
	if (e == ERR_OK)
		*out = m;
	else if (e == ERR_AGAIN)
		out->consumed = m.consumed;
	return e;
}

/* One chunk-size line at buf[*pos]. ERR_AGAIN when it is not whole. */
static enum err chunk_size(const uint8_t *buf, size_t len, size_t *pos,
			   size_t *size)
{
	size_t digits = 0, v = 0, i = *pos;

	for (; i < len && http_hex_value(buf[i]) >= 0; i++, digits++) {
		if (digits == CHUNK_DIGITS)
			return ERR_VALUE;
		v = v << 4 | (size_t)http_hex_value(buf[i]);
	}
	if (i < len && (digits == 0 || buf[i] != '\r'))
		return buf[i] == ';' && digits > 0 ? ERR_UNSUPP : ERR_VALUE;
	if (len - i >= 2 && buf[i + 1] != '\n')
		return ERR_VALUE;
	if (len - i < 2)
		return ERR_AGAIN;
	*pos = i + 2;
	*size = v;
	return ERR_OK;
}

static enum err crlf_at(const uint8_t *buf, size_t len, size_t pos)
{
	if (pos < len && buf[pos] != '\r')
		return ERR_VALUE;
	if (len - pos < 2)
		return ERR_AGAIN;
	return buf[pos + 1] == '\n' ? ERR_OK : ERR_VALUE;
}

/* Walks the chunks. With move set they are joined at the start of the body. On
 * ERR_AGAIN m->consumed is the least length that can change the answer. */
static enum err chunks(uint8_t *buf, size_t len, size_t max_body, bool move,
		       struct http_msg *m)
{
	size_t start = m->consumed, pos = start, total = 0, size = 1;
	enum err e = ERR_OK;

	for (unsigned n = 0; e == ERR_OK && size > 0; n++) {
		m->consumed = len + 1;
		e = chunk_size(buf, len, &pos, &size);
		if (e != ERR_OK)
			break;
		if (size > max_body - total || n == LIMIT_HTTP_CHUNKS)
			return ERR_LIMIT;
		if (size > len - pos) {
			m->consumed = pos + size + 2;
			return ERR_AGAIN;
		}
		e = crlf_at(buf, len, pos + size);
		if (e == ERR_OK && move)
			memmove(buf + start + total, buf + pos, size);
		total += size;
		pos += size + 2;
	}
	if (e != ERR_OK)
		return e;
	m->body = (struct slice){ buf + start, total };
	m->consumed = pos;
	return ERR_OK;
}

/* Decodes only when the last chunk is there, so that a call that ends in
 * ERR_AGAIN has changed nothing. */
static enum err chunked_body(uint8_t *buf, size_t len, size_t max_body,
			     struct http_msg *m)
{
	size_t start = m->consumed;
	enum err e = chunks(buf, len, max_body, false, m);

	if (e != ERR_OK)
		return e;
	m->consumed = start;
	return chunks(buf, len, max_body, true, m);
}

/* Neither length nor coding: the body ends with the connection. */
static enum err eof_body(const uint8_t *buf, size_t len, size_t max_body,
			 bool eof, struct http_msg *m)
{
	m->body = (struct slice){ buf + m->consumed, len - m->consumed };
	m->keep_alive = false;
	if (m->body.len > max_body)
		return ERR_LIMIT;
	m->consumed = eof ? len : len + 1;
	return eof ? ERR_OK : ERR_AGAIN;
}

/* RFC 9112 6.3. A 204 or 304 has no body; one that announces a body is refused,
 * since its sender and we would disagree about where the next message is. */
static enum err response_body(uint8_t *buf, size_t len, size_t max_body,
			      bool eof, const struct framing *f,
			      struct http_msg *m)
{
	if (m->status == 204 || m->status == 304) {
		m->body = (struct slice){ buf + m->consumed, 0 };
		return f->chunked || f->length > 0 ? ERR_VALUE : ERR_OK;
	}
	if (f->chunked)
		return chunked_body(buf, len, max_body, m);
	if (f->length != NO_LENGTH)
		return fixed_body(buf, len, max_body, f->length, m);
	return eof_body(buf, len, max_body, eof, m);
}

enum err http_response_parse(uint8_t *buf, size_t len, size_t max_body,
			     bool eof, struct http_msg *out)
{
	struct http_msg m;
	struct framing f;
	enum err e = head(buf, len, false, &m, &f);

	if (e == ERR_OK)
		e = response_body(buf, len, max_body, eof, &f, &m);
	if (e == ERR_AGAIN && eof)
		e = ERR_TRUNC;
	if (e == ERR_OK)
		*out = m;
	else if (e == ERR_AGAIN)
		out->consumed = m.consumed;
	return e;
}

enum err http_query(struct slice query, const char *key, struct slice *out)
{
	const uint8_t *p = query.ptr, *end;
	struct slice value = { NULL, 0 };
	bool found = false;

	if (query.len == 0)
		return ERR_MISSING; /* maybe NULL, which has no offsets */
	end = p + query.len;
	while (p < end) {
		const uint8_t *amp = memchr(p, '&', (size_t)(end - p));
		const uint8_t *stop = amp ? amp : end;
		const uint8_t *eq = memchr(p, '=', (size_t)(stop - p));

		if (slice_is(between(p, eq ? eq : stop), key)) {
			if (found)
				return ERR_DUPLICATE;
			found = true;
			value = eq ? between(eq + 1, stop)
				   : between(stop, stop);
		}
		p = amp ? amp + 1 : end;
	}
	if (!found)
		return ERR_MISSING;
	*out = value;
	return ERR_OK;
}
