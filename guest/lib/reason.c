#include "lib/reason.h"

static const struct {
	const char *code, *text;
	int http;
} table[] = {
#define X(name, code, http, text) [REASON_##name] = { code, text, http },
	REASON_LIST(X)
#undef X
};

const char *reason_code(enum reason r)
{
	return table[r].code;
}

const char *reason_text(enum reason r)
{
	return table[r].text;
}

int reason_http(enum reason r)
{
	return table[r].http;
}
