#include "lib/http1_grammar.h"

#include <string.h>

bool http_is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

static bool is_alpha(uint8_t c)
{
	return lower(c) >= 'a' && lower(c) <= 'z';
}

bool http_one_of(uint8_t c, const char *set)
{
	return c != 0 && strchr(set, c) != NULL;
}

/* tchar of RFC 9110 5.6.2. */
static bool is_tchar(uint8_t c)
{
	return is_alpha(c) || http_is_digit(c) ||
	       http_one_of(c, "!#$%&'*+-.^_`|~");
}

int http_hex_value(uint8_t c)
{
	if (http_is_digit(c))
		return c - '0';
	c = lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool http_is_token(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!is_tchar(s.ptr[i]))
			return false;
	}
	return s.len > 0;
}

bool http_same_nocase(struct slice s, const char *name)
{
	size_t i = 0;

	for (; i < s.len && name[i] != '\0'; i++) {
		if (lower(s.ptr[i]) != lower((uint8_t)name[i]))
			return false;
	}
	return i == s.len && name[i] == '\0';
}

struct slice http_trim(struct slice s)
{
	while (s.len > 0 && s.ptr[0] == ' ')
		s = (struct slice){ s.ptr + 1, s.len - 1 };
	while (s.len > 0 && s.ptr[s.len - 1] == ' ')
		s.len--;
	return s;
}

enum err http_header_line(struct slice line, struct http_header *out)
{
	const uint8_t *colon = memchr(line.ptr, ':', line.len);

	if (colon == NULL)
		return ERR_VALUE;
	out->name = between(line.ptr, colon);
	out->value = http_trim(between(colon + 1, line.ptr + line.len));
	return http_is_token(out->name) ? ERR_OK : ERR_VALUE;
}

bool http_target_ok(struct slice s)
{
	if (s.len == 0 || s.ptr[0] != '/')
		return false;
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.ptr[i];

		if (c == '%') {
			if (s.len - i < 3 || http_hex_value(s.ptr[i + 1]) < 0 ||
			    http_hex_value(s.ptr[i + 2]) < 0)
				return false;
		} else if (!is_alpha(c) && !http_is_digit(c) &&
			   !http_one_of(c, "-._~!$&'()*+,;=:@/?")) {
			return false;
		}
	}
	return true;
}

bool http_host_ok(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!is_alpha(s.ptr[i]) && !http_is_digit(s.ptr[i]) &&
		    !http_one_of(s.ptr[i], "-._~:[]"))
			return false;
	}
	return s.len > 0;
}
