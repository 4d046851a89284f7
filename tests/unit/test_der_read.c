/* Extensions of one list: each OID once, and no more than any list needs. */
#include "measure/lib/der_read.h"
#include "tests/tap.h"

int main(void)
{
	static uint8_t oid[DER_MAX_EXTENSIONS + 1][3];
	struct der_oids seen = { 0 };
	struct rd r = rd_over((struct slice){ oid[0], 0 });

	for (size_t i = 0; i <= DER_MAX_EXTENSIONS; i++)
		memcpy(oid[i], (uint8_t[]){ 0x55, 0x1d, (uint8_t)i }, 3);
	for (size_t i = 0; i < DER_MAX_EXTENSIONS; i++)
		der_oid_once(&r, &seen, (struct slice){ oid[i], 3 });
	is_err(r.err, ERR_OK, "%d different ones", (int)DER_MAX_EXTENSIONS);
	der_oid_once(&r, &seen, (struct slice){ oid[DER_MAX_EXTENSIONS], 3 });
	is_err(r.err, ERR_LIMIT, "not one more");
	seen.n = 3;
	r.err = ERR_OK;
	der_oid_once(&r, &seen, (struct slice){ oid[0], 2 });
	is_err(r.err, ERR_OK, "the beginning of one is another");
	der_oid_once(&r, &seen, (struct slice){ oid[1], 3 });
	is_err(r.err, ERR_DUPLICATE, "one again");
	der_oid_once(&r, &seen, (struct slice){ oid[7], 3 });
	is_err(r.err, ERR_DUPLICATE, "the first error stays");
	ok(seen.n == 4, "and nothing is added after it");
	return tap_done();
}
