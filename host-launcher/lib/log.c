#include "host-launcher/lib/log.h"

#include <stdio.h>
#include <time.h>

#include "lib/text.h"

enum {
	LOG_LINE_CAP = 2048
};

static bool is_plain(const char *s)
{
	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++)
		if (*s <= ' ' || *s > '~' || *s == '"' || *s == '\\' ||
		    *s == '=')
			return false;
	return true;
}

static void wr_value(struct wr *w, const char *s)
{
	if (is_plain(s)) {
		wr_str(w, s);
		return;
	}
	wr_u8(w, '"');
	for (; *s != '\0'; s++) {
		uint8_t c = (uint8_t)*s;

		if (c == '"' || c == '\\') {
			wr_u8(w, '\\');
			wr_u8(w, c);
		} else if (c < ' ' || c > '~') {
			wr_fmt(w, "\\x%02x", c);
		} else {
			wr_u8(w, c);
		}
	}
	wr_u8(w, '"');
}

void log_fields(const char *event, const struct log_field *f)
{
	char line[LOG_LINE_CAP], at[RFC3339_LEN + 1];
	struct wr w = wr_over(line, sizeof line - 1);
	size_t len;

	rfc3339_format(wall_ms(), at);
	wr_str(&w, "time=");
	wr_str(&w, at);
	wr_str(&w, " event=");
	wr_value(&w, event);
	for (; f->key != NULL; f++) {
		wr_u8(&w, ' ');
		wr_str(&w, f->key);
		wr_u8(&w, '=');
		if (f->text != NULL)
			wr_value(&w, f->text);
		else
			wr_fmt(&w, "%lld", (long long)f->number);
	}
	len = w.len; /* as far as it went: a cut line is still one line */
	line[len] = '\n';
	(void)fwrite(line, 1, len + 1, stderr);
}

int64_t wall_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}
