#include "lib/http1_grammar.h"

#include <string.h>

/* clang-format off */
static const struct {
	int status;
	const char *text;
} reasons[] = {
	{ 200, "OK" },
	{ 201, "Created" },
	{ 202, "Accepted" },
	{ 204, "No Content" },
	{ 304, "Not Modified" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 408, "Request Timeout" },
	{ 409, "Conflict" },
	{ 410, "Gone" },
	{ 413, "Content Too Large" },
	{ 415, "Unsupported Media Type" },
	{ 418, "I'm a Teapot" },
	{ 422, "Unprocessable Content" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" },
	{ 505, "HTTP Version Not Supported" },
};
/* clang-format on */

const char *http_status_text(int status)
{
	for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
		if (reasons[i].status == status)
			return reasons[i].text;
	}
	return "Unknown";
}

/* Stays on its line. */
static bool visible(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < ' ' || s.ptr[i] > '~')
			return false;
	}
	return true;
}

/* Complete header lines, and nothing that is not one. */
static void wr_extra(struct wr *w, const char *extra)
{
	struct slice s = str_slice(extra);
	struct http_header h;

	while (s.len > 0 && wr_end(w) == ERR_OK) {
		const uint8_t *end = s.ptr + s.len;
		const uint8_t *cr = memchr(s.ptr, '\r', s.len);

		if (cr == NULL || end - cr < 2 || cr[1] != '\n' ||
		    http_header_line(between(s.ptr, cr), &h) != ERR_OK ||
		    !visible(h.value)) {
			wr_fail(w, ERR_VALUE);
			return;
		}
		wr_bytes(w, between(s.ptr, cr + 2));
		s = between(cr + 2, end);
	}
}

static void wr_content(struct wr *w, const char *content_type, size_t len)
{
	if (content_type != NULL) {
		if (!visible(str_slice(content_type)))
			wr_fail(w, ERR_VALUE);
		wr_fmt(w, "Content-Type: %s\r\n", content_type);
	}
	wr_fmt(w, "Content-Length: %zu\r\n", len);
}

void http_write_request(struct wr *w, const char *method, const char *target,
			const char *host, const char *content_type,
			const char *extra, struct slice body)
{
	if (!http_is_token(str_slice(method)) ||
	    !http_target_ok(str_slice(target)) ||
	    !http_host_ok(str_slice(host)))
		wr_fail(w, ERR_VALUE);
	wr_fmt(w, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, target, host);
	if (content_type != NULL || body.len > 0 || strcmp(method, "GET") != 0)
		wr_content(w, content_type, body.len);
	wr_extra(w, extra);
	wr_str(w, "\r\n");
	wr_bytes(w, body);
}

void http_write_response_head(struct wr *w, int status,
			      const char *content_type, const char *extra,
			      bool keep_alive, size_t body_len)
{
	wr_fmt(w, "HTTP/1.1 %d %s\r\n", status, http_status_text(status));
	if (status == 204 || status == 304) {
		if (body_len > 0)
			wr_fail(w, ERR_VALUE);
	} else {
		wr_content(w, content_type, body_len);
	}
	wr_str(w, keep_alive ? "" : "Connection: close\r\n");
	wr_extra(w, extra);
	wr_str(w, "\r\n");
}

void http_write_response(struct wr *w, int status, const char *content_type,
			 const char *extra, bool keep_alive, struct slice body)
{
	http_write_response_head(w, status, content_type, extra, keep_alive,
				 body.len);
	wr_bytes(w, body);
}
