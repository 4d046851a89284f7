#include "host-launcher/lib/envelope.h"

#include "host-launcher/lib/args.h"
#include "measure/lib/release.h"

static enum exit_status read_key(const char *path,
				 uint8_t pub[static P256_PUB_LEN])
{
	struct buf b = { 0 };
	enum exit_status st = input_read(path, DSSE_MAX_PEM, &b);
	enum err e;

	if (st != STATUS_DONE)
		return st;
	e = dsse_public_pem(buf_slice(&b), pub);
	buf_free(&b);
	return e == ERR_OK ? STATUS_DONE
			   : input_bad(path, "a public P-256 key in PEM", e);
}

enum exit_status reference_read(const char *path, const char *key,
				struct slice *text)
{
	static uint8_t mem[RELEASE_OPEN_ARENA];
	static struct buf file;
	struct arena a = arena_over(mem, sizeof mem);
	uint8_t pub[P256_PUB_LEN];
	const char *what = "";
	enum exit_status st = STATUS_DONE;
	enum err e;

	if (key != NULL)
		st = read_key(key, pub);
	if (st != STATUS_DONE)
		return st;
	buf_free(&file);
	st = input_read(path, DSSE_MAX_BYTES, &file);
	if (st != STATUS_DONE)
		return st;
	e = release_open(&a, buf_slice(&file), key != NULL ? pub : NULL, text,
			 &what);
	if (e == ERR_SIGNATURE) {
		complain("%s: %s", path, what);
		return STATUS_REFUSED;
	}
	return e == ERR_OK ? STATUS_DONE : input_bad(path, what, e);
}
