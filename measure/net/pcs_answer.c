#include "measure/net/pcs_answer.h"

#include <string.h>
#include <strings.h>

#include "lib/cert.h"
#include "lib/text.h"

/* How each document travels. */
static const struct form {
	const char *name;
	const char *member;     /* of the body; NULL: a CRL */
	const char *headers[2]; /* NULL: none */
} forms[PCS_DOCUMENTS] = {
	[PCS_TCB_INFO] = { "TCB info",
			   "tcbInfo",
			   { "TCB-Info-Issuer-Chain",
			     "SGX-TCB-Info-Issuer-Chain" } },
	[PCS_QE_IDENTITY] = { "QE identity",
			      "enclaveIdentity",
			      { "SGX-Enclave-Identity-Issuer-Chain", NULL } },
	[PCS_PCK_CRL] = { "PCK CRL",
			  NULL,
			  { "SGX-PCK-CRL-Issuer-Chain", NULL } },
	[PCS_ROOT_CRL] = { "root CRL", NULL, { NULL, NULL } },
};

const char *pcs_document_name(enum pcs_document d)
{
	return (unsigned)d < PCS_DOCUMENTS ? forms[d].name : "?";
}

static bool text_byte(uint8_t c)
{
	return (c >= ' ' && c <= '~') || c == '\n' || c == '\r';
}

enum err pcs_unescape(struct slice in, struct wr *out)
{
	for (size_t i = 0; i < in.len; i++) {
		uint8_t c = in.ptr[i];

		if (c == '%') {
			struct slice hex = { in.ptr + i + 1, 2 };

			if (in.len - i < 3 || hex_decode(hex, &c, 1) != ERR_OK)
				return ERR_VALUE;
			i += 2;
		}
		if (!text_byte(c))
			return ERR_VALUE;
		wr_u8(out, c);
	}
	return wr_end(out);
}

/* Bytes that outlive the answer. ERR_SPACE. */
static enum err keep_copy(struct arena *keep, struct slice s, struct slice *out)
{
	uint8_t *p = arena_alloc(keep, s.len);

	if (p == NULL)
		return ERR_SPACE;
	memcpy(p, s.ptr, s.len);
	*out = (struct slice){ p, s.len };
	return ERR_OK;
}

static bool same_name(struct slice name, const char *want)
{
	if (want == NULL || name.len != strlen(want))
		return false;
	return strncasecmp((const char *)name.ptr, want, name.len) == 0;
}

/* The one header of either name. */
static enum err find_chain(const struct form *f, const struct http_msg *res,
			   struct slice *value)
{
	size_t n = 0;

	for (size_t i = 0; i < res->nheaders; i++) {
		struct slice name = res->headers[i].name;

		if (!same_name(name, f->headers[0]) &&
		    !same_name(name, f->headers[1]))
			continue;
		*value = res->headers[i].value;
		n++;
	}
	if (n == 0)
		return ERR_MISSING;
	return n == 1 ? ERR_OK : ERR_DUPLICATE;
}

static enum err take_chain(const struct form *f, const struct http_msg *res,
			   struct arena *keep, struct slice *out,
			   const char **what)
{
	uint8_t pem[PCS_MAX_CHAIN];
	struct wr w = wr_over(pem, sizeof pem);
	struct slice value = { NULL, 0 };
	enum err e;

	if (f->headers[0] == NULL)
		return ERR_OK;
	*what = "no issuer chain in its headers";
	e = find_chain(f, res, &value);
	if (e == ERR_DUPLICATE)
		*what = "more than one issuer chain in its headers";
	if (e != ERR_OK)
		return e;
	*what = "an issuer chain that is not percent-encoded PEM";
	e = pcs_unescape(value, &w);
	if (e == ERR_OK && w.len == 0)
		e = ERR_VALUE;
	return e == ERR_OK ? keep_copy(keep, wr_slice(&w), out) : e;
}

/* {"<member>":{...},"signature":"<hex>"} */
static enum err take_signed(const struct form *f, struct slice body,
			    struct arena *keep, struct arena scratch,
			    struct slice *text,
			    uint8_t sig[static P256_SIG_LEN], const char **what)
{
	const char *known[] = { f->member, "signature", NULL };
	const char *which = NULL;
	struct json v, inner;
	struct slice hex, raw;
	enum err e;

	*what = "a body that is not the JSON of this service";
	e = json_parse(&scratch, body, &v);
	if (e == ERR_OK && !json_is_object(v))
		e = ERR_VALUE;
	if (e == ERR_OK)
		e = json_only(v, known, &which);
	if (e == ERR_OK)
		e = json_object(v, f->member, &inner);
	if (e == ERR_OK)
		e = json_str(v, "signature", &hex);
	if (e == ERR_OK)
		e = json_raw(body, f->member, &raw);
	if (e != ERR_OK)
		return e;
	*what = "a signature that is not 128 hex digits";
	e = hex_decode(hex, sig, P256_SIG_LEN);
	return e == ERR_OK ? keep_copy(keep, raw, text) : e;
}

/* DER, its hex, or PEM: told apart by how they begin, as a PCCS sends what its
 * version and its cache make of it. A SEQUENCE long enough for a CRL begins
 * with 30 81, 82 or 83, which no text does. */
static enum err take_crl(struct slice body, struct arena *keep,
			 struct slice *out, const char **what)
{
	static const char begin[] = "-----BEGIN";
	size_t n = body.len;
	uint8_t *der;
	struct wr w;
	enum err e;

	*what = "a body that is not a CRL";
	if (n >= 2 && body.ptr[0] == 0x30 && body.ptr[1] >= 0x80)
		return keep_copy(keep, body, out);
	der = arena_alloc(keep, n);
	if (der == NULL)
		return ERR_SPACE;
	w = wr_over(der, n);
	if (n > sizeof begin &&
	    memcmp(body.ptr, begin, sizeof begin - 1) == 0) {
		e = pem_read(body, "X509 CRL", &w);
		*out = wr_slice(&w);
	} else {
		e = n == 0 ? ERR_VALUE : hex_decode(body, der, n / 2);
		*out = (struct slice){ der, n / 2 };
	}
	return e == ERR_MISSING ? ERR_VALUE : e;
}

enum err pcs_answer(enum pcs_document d, const struct http_msg *res,
		    struct arena *keep, struct arena *scratch,
		    struct collateral_parts *parts, const char **what)
{
	const struct form *f = &forms[d];
	struct collateral_parts p = *parts;
	struct slice none;
	struct slice *const body[] = { &p.tcb_info, &p.qe_identity, &p.pck_crl,
				       &p.root_crl };
	struct slice *const chain[] = { &p.tcb_info_chain, &p.qe_identity_chain,
					&p.pck_crl_chain, &none };
	enum err e = ERR_LIMIT;

	*what = "a body that is too large";
	if (res->body.len > PCS_MAX_BODY)
		return e;
	if (f->member != NULL)
		e = take_signed(f, res->body, keep, *scratch, body[d],
				d == PCS_TCB_INFO ? p.tcb_info_sig
						  : p.qe_identity_sig,
				what);
	else
		e = take_crl(res->body, keep, body[d], what);
	if (e == ERR_OK)
		e = take_chain(f, res, keep, chain[d], what);
	if (e == ERR_OK)
		*parts = p;
	return e;
}
