#include "host-launcher/plane/token.h"

#include "host-launcher/lib/file.h"
#include "lib/text.h"

enum err token_create(const char *dir, const br_prng_class **rng)
{
	uint8_t raw[ADMIN_TOKEN_CHARS / 2];
	char text[ADMIN_TOKEN_CHARS + 2], path[PATH_CAP];
	enum err e = path_fmt(path, "%s/admin.token", dir);

	if (e != ERR_OK)
		return e;
	(*rng)->generate(rng, raw, sizeof raw);
	hex_encode((struct slice){ raw, sizeof raw }, text);
	text[ADMIN_TOKEN_CHARS] = '\n';
	text[ADMIN_TOKEN_CHARS + 1] = '\0';
	e = file_write(path, 0600, str_slice(text));
	wipe(raw, sizeof raw);
	wipe(text, sizeof text);
	return e;
}

enum err token_load(const char *dir, uint8_t sha256_out[static SHA256_LEN])
{
	char path[PATH_CAP];
	struct buf b = { 0 };
	enum err e = path_fmt(path, "%s/admin.token", dir);

	if (e == ERR_OK)
		e = file_read_secret(path, 256, &b);
	if (e == ERR_OK && b.len != ADMIN_TOKEN_CHARS + 1)
		e = ERR_VALUE;
	if (e == ERR_OK)
		sha256((struct slice){ b.ptr, ADMIN_TOKEN_CHARS }, sha256_out);
	buf_free(&b);
	return e;
}
