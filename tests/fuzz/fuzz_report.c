/* Fuzz target: a report file. The input is read as a file, and as the value of
 * "report" in a file with the right digest and a good signature under the key
 * 7, so that mutations get past them. */
#include <stdlib.h>
#include <string.h>

#include "lib/report.h"
#include "lib/text.h"
#include "tests/fuzz/earned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void read_file(struct slice file)
{
	struct arena a = earned_arena(file.len, 0);
	const char *what = NULL;
	uint8_t digest[SHA384_LEN];
	struct report r;
	struct slice s;
	enum err e = report_read(&a, file, &r, &what);

	must_be_earned(e, file.len);
	if (e != ERR_OK) {
		check(what != NULL);
		return;
	}
	sha384(r.raw, digest);
	check(memcmp(digest, r.sha384, sizeof digest) == 0);
	check(r.quote_b64.len > 0 && name_ok(str_slice(r.binding.vm_name)));
	check(json_str(r.body, "pair", &s) == ERR_OK && name_ok(s));
}

static struct slice seal(struct slice body, struct wr *w)
{
	const uint8_t priv[P256_PRIV_LEN] = { [31] = 7 };
	uint8_t digest[SHA384_LEN], sig[P256_SIG_LEN];
	struct p256_key key;

	sha384(body, digest);
	check(p256_from_private(priv, &key) == ERR_OK);
	check(p256_sign(&key, &br_sha384_vtable, digest, sig) == ERR_OK);
	wr_str(w, "{\"report\":");
	wr_bytes(w, body);
	wr_str(w, ",\"sha384\":\"");
	wr_hex(w, (struct slice){ digest, sizeof digest });
	wr_str(w, "\",\"signature\":\"");
	wr_b64(w, (struct slice){ sig, sizeof sig });
	wr_str(w, "\"}");
	return wr_slice(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t file[LIMIT_REPORT_BYTES];
	struct wr w = wr_over(file, sizeof file);
	struct slice in = { data, len };

	read_file(in);
	read_file(seal(in, &w));
	return 0;
}
