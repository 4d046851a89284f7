/* Fuzz target: every text form that is read. What is accepted has one spelling:
 * written again it is the same text, or for times and decimals the same value.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/cert.h"
#include "lib/decimal.h"
#include "lib/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint8_t buf[1 << 16], again[1 << 17];

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void bytes(struct slice in)
{
	struct wr w = wr_over(buf, sizeof buf);
	struct wr v = wr_over(again, sizeof again);

	if (b64_decode(in, &w) == ERR_OK) {
		wr_b64(&v, wr_slice(&w));
		check(slice_eq(wr_slice(&v), in));
	}
	if (in.len / 2 <= sizeof buf &&
	    hex_decode(in, buf, in.len / 2) == ERR_OK) {
		hex_encode((struct slice){ buf, in.len / 2 }, (char *)again);
		for (size_t i = 0; i < in.len; i++)
			check(again[i] ==
			      (in.ptr[i] | (in.ptr[i] & 0x40) >> 1));
	}
}

static void numbers(struct slice in)
{
	struct wr w = wr_over(buf, sizeof buf);
	char text[32];
	struct dec d, e;
	int64_t ms, back;
	uint64_t n;

	if (u64_parse(in, UINT64_MAX, &n) == ERR_OK) {
		wr_fmt(&w, "%llu", (unsigned long long)n);
		check(slice_eq(wr_slice(&w), in));
	}
	if (rfc3339_parse(in, &ms) == ERR_OK) {
		rfc3339_format(ms, text);
		check(rfc3339_parse(str_slice(text), &back) == ERR_OK);
		check(ms == back && memcmp(text, in.ptr, 19) == 0);
	}
	if (dec_parse(in, &d) == ERR_OK) {
		dec_format(d, text);
		check(dec_parse(str_slice(text), &e) == ERR_OK);
		check(d.e8 == e.e8 && strlen(text) <= in.len);
	}
}

static void keys(struct slice in)
{
	struct wr w = wr_over(buf, sizeof buf);
	struct wr v = wr_over(again, sizeof again);
	uint8_t pub[P256_PUB_LEN];
	struct p256_key k, l;

	if (pem_read(in, "CERTIFICATE", &w) == ERR_OK &&
	    cert_p256_pub(wr_slice(&w), pub) == ERR_OK)
		check(pub[0] == 4);
	w = wr_over(buf, sizeof buf);
	if (pem_read(in, "EC PRIVATE KEY", &w) == ERR_OK &&
	    p256_key_read(wr_slice(&w), &k) == ERR_OK) {
		check(p256_key_write(&k, &v) == ERR_OK);
		check(p256_key_read(wr_slice(&v), &l) == ERR_OK);
		check(memcmp(&k, &l, sizeof k) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct slice in = { data, len };

	bytes(in);
	numbers(in);
	keys(in);
	check(!name_ok(in) || len <= 63);
	return 0;
}
