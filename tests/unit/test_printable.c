/* What reaches a terminal of text that somebody else wrote. */
#include <stdio.h>
#include <string.h>

#include "measure/lib/printable.h"
#include "tests/tap.h"

static const struct {
	const char *in, *out, *title;
} texts[] = {
	{ "", "", "nothing" },
	{ "a b~", "a b~", "ASCII" },
	{ "a\x1b[31mb\n\t\x7f", "a?[31mb???", "control characters" },
	{ "\xc2\x9b"
	  "31m\xc2\x80\xc2\x9f",
	  "??31m????", "C1" },
	{ "\xc3\xa9\xc2\xa0\xe2\x82\xac\xc4\x80",
	  "\xc3\xa9\xc2\xa0\xe2\x82\xac\xc4\x80", "letters" },
	{ "\xc2", "\xc2", "half a letter" },
};

/* What is no UTF-8: RFC 3629, 3 and 4. */
static const struct {
	const char *in, *out, *title;
} mended[] = {
	{ "", "", "nothing" },
	{ "caf\xc3\xa9", "caf\xc3\xa9", "letters" },
	{ "caf\xc3", "caf?", "a letter that was cut" },
	{ "\xe2\x82", "??", "one of three bytes" },
	{ "\xa9\xff.json", "??.json", "bytes that begin none" },
	{ "\xc0\xafx", "??x", "a spelling too long" },
	{ "\xed\xa0\x80", "???", "a surrogate" },
};

int main(void)
{
	char text[64];

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		snprintf(text, sizeof text, "%s", texts[i].in);
		printable(text);
		ok(strcmp(text, texts[i].out) == 0, "%s", texts[i].title);
	}
	for (size_t i = 0; i < sizeof mended / sizeof mended[0]; i++) {
		snprintf(text, sizeof text, "%s", mended[i].in);
		utf8_mend(text);
		ok(strcmp(text, mended[i].out) == 0, "UTF-8: %s",
		   mended[i].title);
	}
	return tap_done();
}
