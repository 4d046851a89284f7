#include "lib/err.h"

const char *err_name(enum err e)
{
	switch (e) {
/* clang-format off */
#define X(name, text) case ERR_##name: return #name;
	ERR_LIST(X)
#undef X
		/* clang-format on */
	}
	return "?";
}

const char *err_text(enum err e)
{
	switch (e) {
/* clang-format off */
#define X(name, text) case ERR_##name: return text;
	ERR_LIST(X)
#undef X
		/* clang-format on */
	}
	return "unknown error";
}
