/* Fuzz target: an answer of a PCS. The first byte says which document it is of,
 * the rest is the HTTP response. What is taken out goes into a bundle. */
#include <stdlib.h>
#include <string.h>

#include "measure/net/pcs_answer.h"
#include "tests/fuzz/earned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Text that a PEM reader may see: nothing that could end a string. */
static void check_chain(struct slice pem)
{
	for (size_t i = 0; i < pem.len; i++)
		if ((pem.ptr[i] < ' ' && pem.ptr[i] != '\n' &&
		     pem.ptr[i] != '\r') ||
		    pem.ptr[i] > '~')
			abort();
}

/* The inner object is somewhere in the body, byte for byte. */
static void check_text(struct slice body, struct slice text)
{
	if (text.len < 2 || text.ptr[0] != '{' ||
	    text.ptr[text.len - 1] != '}' ||
	    memmem(body.ptr, body.len, text.ptr, text.len) == NULL)
		abort();
}

static void check_bundle(const struct collateral_parts *p)
{
	static uint8_t mem[2 * COLLATERAL_MAX_BYTES];
	struct wr w = wr_over(mem, sizeof mem);

	if (collateral_write(&w, p) != ERR_OK)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t wire[1 << 20], keep_mem[1 << 20];
	struct arena keep = arena_over(keep_mem, sizeof keep_mem);
	struct arena scratch = earned_arena(len, 0);
	struct collateral_parts p = { 0 };
	enum pcs_document d;
	const char *what = NULL;
	struct http_msg m;
	enum err e;

	if (len < 1 || len > sizeof wire)
		return 0;
	d = (enum pcs_document)(data[0] % PCS_DOCUMENTS);
	memcpy(wire, data + 1, len - 1);
	if (http_response_parse(wire, len - 1, PCS_MAX_BODY, true, &m) !=
	    ERR_OK)
		return 0;
	e = pcs_answer(d, &m, &keep, &scratch, &p, &what);
	must_be_earned(e, len);
	if (e != ERR_OK) {
		if (what == NULL || what[0] == '\0' || p.tcb_info.ptr != NULL)
			abort();
		return 0;
	}
	check_chain(p.tcb_info_chain);
	check_chain(p.qe_identity_chain);
	check_chain(p.pck_crl_chain);
	if (d == PCS_TCB_INFO)
		check_text(m.body, p.tcb_info);
	if (d == PCS_QE_IDENTITY)
		check_text(m.body, p.qe_identity);
	if (keep.used > 2 * len + 64)
		abort();
	check_bundle(&p);
	return 0;
}
