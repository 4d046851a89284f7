/* Answers of a PCS: what is taken out of them, and what is refused. */
#include "tests/unit/pcs_make.h"

static struct {
	uint8_t wire[ANSWER_CAP], keep[ANSWER_CAP], scratch[1 << 20];
	struct collateral_parts parts;
	const char *what;
} one;

static enum err read_answer(enum pcs_document d, const struct answer *a)
{
	struct wr w = wr_over(one.wire, sizeof one.wire);
	struct arena keep = arena_over(one.keep, sizeof one.keep);
	struct arena scratch = arena_over(one.scratch, sizeof one.scratch);
	struct http_msg m;

	put_answer(&w, a);
	if (http_response_parse(one.wire, w.len, PCS_MAX_BODY, true, &m) !=
	    ERR_OK)
		exit(97);
	memset(&one.parts, 0, sizeof one.parts);
	one.what = NULL;
	return pcs_answer(d, &m, &keep, &scratch, &one.parts, &one.what);
}

static void test_parts(void)
{
	static struct answer a[PCS_DOCUMENTS];
	uint8_t sig[P256_SIG_LEN];

	answers(a, false);
	is_err(read_answer(PCS_TCB_INFO, &a[PCS_TCB_INFO]), ERR_OK, "TCB info");
	ok(slice_eq(one.parts.tcb_info, has.info) &&
		   slice_eq(one.parts.tcb_info_chain, has.info_chain) &&
		   hex_decode(has.info_sig, sig, sizeof sig) == ERR_OK &&
		   memcmp(one.parts.tcb_info_sig, sig, sizeof sig) == 0,
	   "the bytes that are signed, the signature, the chain");
	a[PCS_TCB_INFO].header = "SGX-TCB-INFO-Issuer-Chain";
	is_err(read_answer(PCS_TCB_INFO, &a[PCS_TCB_INFO]), ERR_OK,
	       "the header's name of version 3");
	set_body(&a[PCS_TCB_INFO],
		 " {\"signature\" : \"%.*s\", \"tcbInfo\" : { \"x\" : "
		 "\"\\u0041\" "
		 "} }\n",
		 S(has.info_sig));
	is_err(read_answer(PCS_TCB_INFO, &a[PCS_TCB_INFO]), ERR_OK,
	       "spaces, and the other order");
	ok(slice_is(one.parts.tcb_info, "{ \"x\" : \"\\u0041\" }"),
	   "the inner object as it stands there");
	is_err(read_answer(PCS_QE_IDENTITY, &a[PCS_QE_IDENTITY]), ERR_OK,
	       "QE identity");
	ok(slice_eq(one.parts.qe_identity, has.identity) &&
		   slice_eq(one.parts.qe_identity_chain, has.identity_chain) &&
		   one.parts.tcb_info.len == 0,
	   "and nothing else");
}

static void test_crl_forms(void)
{
	static struct answer a[PCS_DOCUMENTS];
	uint8_t der[4096];
	struct slice want = { der, has.pck_crl.len / 2 };
	struct wr pem;

	answers(a, false);
	if (hex_decode(has.pck_crl, der, want.len) != ERR_OK)
		exit(98);
	is_err(read_answer(PCS_PCK_CRL, &a[PCS_PCK_CRL]), ERR_OK, "PCK CRL");
	ok(slice_eq(one.parts.pck_crl, want) &&
		   slice_eq(one.parts.pck_crl_chain, has.crl_chain),
	   "DER, and the chain");
	set_body(&a[PCS_PCK_CRL], "%.*s", S(has.pck_crl));
	is_err(read_answer(PCS_PCK_CRL, &a[PCS_PCK_CRL]), ERR_OK, "in hex");
	ok(slice_eq(one.parts.pck_crl, want), "the same DER");
	pem = wr_over(a[PCS_PCK_CRL].body, ANSWER_CAP);
	pem_write(&pem, "X509 CRL", want);
	a[PCS_PCK_CRL].len = pem.len;
	is_err(read_answer(PCS_PCK_CRL, &a[PCS_PCK_CRL]), ERR_OK, "in PEM");
	ok(slice_eq(one.parts.pck_crl, want), "the same DER");
	is_err(read_answer(PCS_ROOT_CRL, &a[PCS_ROOT_CRL]), ERR_OK, "root CRL");
	ok(one.parts.root_crl.len == has.root_crl.len / 2, "needs no chain");
}

static void test_bad_bodies(void)
{
	static const char *const json[] = {
		"",
		"{}",
		"[]",
		"null",
		"<html>busy</html>",
		"{\"tcbInfo\":{}}",
		"{\"signature\":\"@\"}",
		"{\"tcbInfo\":[],\"signature\":\"@\"}",
		"{\"tcbInfo\":\"{}\",\"signature\":\"@\"}",
		"{\"tcbInfo\":{},\"signature\":1}",
		"{\"tcbInfo\":{},\"signature\":\"\"}",
		"{\"tcbInfo\":{},\"signature\":\"@0\"}",
		"{\"tcbInfo\":{},\"signature\":\"x@\"}",
		"{\"tcbInfo\":{},\"signature\":\"@\",\"more\":1}",
		"{\"tcbInfo\":{},\"tcbInfo\":{},\"signature\":\"@\"}",
		"{\"tcbInfo\":{},\"signature\":\"@\"}x",
		"{\"enclaveIdentity\":{},\"signature\":\"@\"}",
		"{\"tcb\\u0049nfo\":{},\"signature\":\"@\"}",
	};
	static const char *const crl[] = {
		"",
		"3",
		"300",
		"xy",
		"30x",
		"-----BEGIN X509 CRL-----",
		"-----BEGIN CERTIFICATE-----\nMAA=\n"
		"-----END CERTIFICATE-----\n",
	};
	static struct answer a[PCS_DOCUMENTS];
	size_t wrong = 0;

	answers(a, false);
	for (size_t i = 0; i < sizeof json / sizeof json[0]; i++) {
		struct wr w = wr_over(a[0].body, sizeof a[0].body);

		for (const char *p = json[i]; *p != '\0'; p++)
			if (*p == '@')
				wr_bytes(&w, has.info_sig);
			else
				wr_u8(&w, (uint8_t)*p);
		a[0].len = w.len;
		ok(read_answer(PCS_TCB_INFO, &a[0]) != ERR_OK &&
			   one.what != NULL && one.parts.tcb_info.ptr == NULL,
		   "no TCB info: %s", json[i]);
	}
	for (size_t i = 0; i < sizeof crl / sizeof crl[0]; i++) {
		set_body(&a[PCS_PCK_CRL], "%s", crl[i]);
		wrong += read_answer(PCS_PCK_CRL, &a[PCS_PCK_CRL]) == ERR_OK;
	}
	ok(wrong == 0, "no CRL in any form");
	answers(a, false);
	for (size_t n = a[0].len; n-- > 0;) {
		a[0].len = n;
		wrong += read_answer(PCS_TCB_INFO, &a[0]) == ERR_OK;
	}
	ok(wrong == 0, "no prefix of a body is one");
}

static void test_bad_headers(void)
{
	static const char *const raw[] = {
		"",      "%",   "%2",  "abc%",   "%zz",   "%00",     "a%00b",
		"a%1bb", "%7F", "%80", "%C3%A4", "a%09b", "a%0g%0A", "%%20",
	};
	static const struct {
		const char *header, *again;
		enum err err;
	} names[] = {
		{ NULL, NULL, ERR_MISSING },
		{ "SGX-Enclave-Identity-Issuer-Chain", NULL, ERR_MISSING },
		{ "TCB-Info-Issuer-Chai", NULL, ERR_MISSING },
		{ "TCB-Info-Issuer-Chain", "TCB-Info-Issuer-Chain",
		  ERR_DUPLICATE },
		{ "TCB-Info-Issuer-Chain", "tcb-info-issuer-chain",
		  ERR_DUPLICATE },
		{ "TCB-Info-Issuer-Chain", "SGX-TCB-Info-Issuer-Chain",
		  ERR_DUPLICATE },
	};
	static struct answer a[PCS_DOCUMENTS];
	uint8_t out[16];
	struct wr w;

	answers(a, false);
	for (size_t i = 0; i < sizeof raw / sizeof raw[0]; i++) {
		a[0].raw = raw[i];
		is_err(read_answer(PCS_TCB_INFO, &a[0]), ERR_VALUE,
		       "a chain that is not: \"%s\"", raw[i]);
	}
	a[0].raw = NULL;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		a[0].header = names[i].header;
		a[0].again = names[i].again;
		is_err(read_answer(PCS_TCB_INFO, &a[0]), names[i].err,
		       "headers %zu: %s", i, one.what ? one.what : "");
	}
	w = wr_over(out, sizeof out);
	is_err(pcs_unescape(str_slice("a+b%2B%2b%20%0A%0d%25"), &w), ERR_OK,
	       "escapes");
	ok(slice_is(wr_slice(&w), "a+b++ \n\r%"), "are decoded once");
	w = wr_over(out, 2);
	is_err(pcs_unescape(str_slice("abc"), &w), ERR_SPACE, "no room");
}

/* keep is as large as it has to be, or one byte less. */
static void test_room(void)
{
	static struct answer a[PCS_DOCUMENTS];
	size_t need = has.info.len + 15 + has.info_chain.len, failed = 0;

	answers(a, false);
	for (size_t cap = 0; cap <= need; cap += 97) {
		struct wr w = wr_over(one.wire, sizeof one.wire);
		struct arena keep = arena_over(one.keep, cap);
		struct arena scratch =
			arena_over(one.scratch, sizeof one.scratch);
		struct http_msg m;

		put_answer(&w, &a[0]);
		if (http_response_parse(one.wire, w.len, PCS_MAX_BODY, true,
					&m) != ERR_OK)
			exit(97);
		failed += pcs_answer(PCS_TCB_INFO, &m, &keep, &scratch,
				     &one.parts, &one.what) == ERR_SPACE;
	}
	ok(failed + 1 >= need / 97, "too little room is said");
}

int main(void)
{
	fake_init(&fake);
	build();
	test_parts();
	test_crl_forms();
	test_bad_bodies();
	test_bad_headers();
	test_room();
	return tap_done();
}
