#include "measure/lib/printable.h"

#include <string.h>

#include "lib/json_scan.h"

static bool is_control(unsigned char before, unsigned char c)
{
	return c < 0x20 || c == 0x7f ||
	       (before == 0xc2 && c >= 0x80 && c <= 0x9f);
}

void printable(char *text)
{
	unsigned char before = 0;

	for (char *p = text; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;

		if (is_control(before, c)) {
			*p = '?';
			if (c >= 0x80)
				p[-1] = '?';
		}
		before = c;
	}
}

bool is_printable(const char *text)
{
	unsigned char before = 0;

	for (; *text != '\0'; text++) {
		if (is_control(before, (unsigned char)*text))
			return false;
		before = (unsigned char)*text;
	}
	return true;
}

void utf8_mend(char *text)
{
	uint8_t *p = (uint8_t *)text, *end = p + strlen(text);

	while (p != end) {
		size_t n = utf8_len(p, end);

		if (n == 0)
			*p = '?';
		p += n > 0 ? n : 1;
	}
}
