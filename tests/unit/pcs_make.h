/* pcs_make.h - the made-up platform's collateral as a PCS or a PCCS sends it.
 */
#ifndef TESTS_UNIT_PCS_MAKE_H
#define TESTS_UNIT_PCS_MAKE_H

#include <stdlib.h>

#include "lib/text.h"
#include "measure/net/pcs_answer.h"
#include "tests/peers/fakequote.h"
#include "tests/tap.h"

enum {
	ANSWER_CAP = 64 * 1024
};

static struct fake fake;

/* The parts of the fake's bundle, as a service would hold them. */
static struct {
	struct slice info, identity, info_sig, identity_sig; /* hex */
	struct slice info_chain, identity_chain, crl_chain;
	struct slice pck_crl, root_crl; /* hex */
} has;

static struct slice member(struct json v, const char *key)
{
	struct slice s = { NULL, 0 };

	if (json_str(v, key, &s) != ERR_OK)
		exit(98);
	return s;
}

static void build(void)
{
	static uint8_t mem[1 << 20];
	struct arena a = arena_over(mem, sizeof mem);
	struct json v;

	fake_build(&fake);
	if (json_parse(
		    &a,
		    (struct slice){ (uint8_t *)fake.bundle, fake.bundle_len },
		    &v) != ERR_OK)
		exit(98);
	has.info = member(v, "tcb_info");
	has.identity = member(v, "qe_identity");
	has.info_sig = member(v, "tcb_info_signature");
	has.identity_sig = member(v, "qe_identity_signature");
	has.info_chain = member(v, "tcb_info_issuer_chain");
	has.identity_chain = member(v, "qe_identity_issuer_chain");
	has.crl_chain = member(v, "pck_crl_issuer_chain");
	has.pck_crl = member(v, "pck_crl");
	has.root_crl = member(v, "root_ca_crl");
}

/* ---- what a service sends ---- */

struct answer {
	const char *status; /* "200 OK" */
	const char *header; /* name of the chain's, or NULL */
	const char *again;  /* a second one, or NULL */
	struct slice chain; /* PEM, to be escaped */
	const char *raw;    /* instead of chain */
	uint8_t body[ANSWER_CAP];
	size_t len;
};

static void put_escaped(struct wr *w, struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.ptr[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || c == '-')
			wr_u8(w, c);
		else
			wr_fmt(w, "%%%02X", c);
	}
}

static void put_chain(struct wr *w, const struct answer *a, const char *name)
{
	if (name == NULL)
		return;
	wr_fmt(w, "%s: ", name);
	if (a->raw != NULL)
		wr_str(w, a->raw);
	else
		put_escaped(w, a->chain);
	wr_str(w, "\r\n");
}

static void put_answer(struct wr *w, const struct answer *a)
{
	wr_fmt(w, "HTTP/1.1 %s\r\nRequest-ID: 0af1\r\n", a->status);
	put_chain(w, a, a->header);
	put_chain(w, a, a->again);
	wr_fmt(w, "Content-Length: %zu\r\nConnection: close\r\n\r\n", a->len);
	wr_bytes(w, (struct slice){ a->body, a->len });
	if (wr_end(w) != ERR_OK)
		exit(97);
}

static void set_body(struct answer *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void set_body(struct answer *a, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf((char *)a->body, sizeof a->body, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof a->body)
		exit(97);
	a->len = (size_t)n;
}

#define S(x) (int)(x).len, (const char *)(x).ptr

static void set_der(struct answer *a, struct slice hex)
{
	if (hex_decode(hex, a->body, hex.len / 2) != ERR_OK)
		exit(97);
	a->len = hex.len / 2;
}

/* A service that is right in everything. */
static void answers(struct answer a[PCS_DOCUMENTS], bool pccs)
{
	for (int i = 0; i < PCS_DOCUMENTS; i++) {
		memset(&a[i], 0, sizeof a[i]);
		a[i].status = "200 OK";
	}
	a[PCS_TCB_INFO].header = "TCB-Info-Issuer-Chain";
	a[PCS_TCB_INFO].chain = has.info_chain;
	set_body(&a[PCS_TCB_INFO], "{\"tcbInfo\":%.*s,\"signature\":\"%.*s\"}",
		 S(has.info), S(has.info_sig));
	a[PCS_QE_IDENTITY].header = "sgx-enclave-identity-issuer-chain";
	a[PCS_QE_IDENTITY].chain = has.identity_chain;
	set_body(&a[PCS_QE_IDENTITY],
		 "{\"enclaveIdentity\":%.*s,\"signature\":\"%.*s\"}",
		 S(has.identity), S(has.identity_sig));
	a[PCS_PCK_CRL].header = "SGX-PCK-CRL-Issuer-Chain";
	a[PCS_PCK_CRL].chain = has.crl_chain;
	set_der(&a[PCS_PCK_CRL], has.pck_crl);
	if (pccs)
		set_body(&a[PCS_ROOT_CRL], "%.*s", S(has.root_crl));
	else
		set_der(&a[PCS_ROOT_CRL], has.root_crl);
}
#endif
