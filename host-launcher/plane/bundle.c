#include "host-launcher/plane/bundle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "measure/lib/pck.h"

static bool ca_name(struct slice cn, char out[static 10])
{
	bool platform = slice_is(cn, PCK_PLATFORM_CA);

	if (!platform && !slice_is(cn, PCK_PROCESSOR_CA))
		return false;
	snprintf(out, 10, "%s", platform ? "platform" : "processor");
	return true;
}

/* How much of a large arena the bundle takes, which is then made to measure:
 * the most that a file may take is a hundred times what Intel's do. */
static enum err measure(struct slice text, size_t *need, const char **what)
{
	uint8_t *mem = malloc(COLLATERAL_ARENA_BYTES);
	struct arena a =
		arena_over(mem, mem == NULL ? 0 : COLLATERAL_ARENA_BYTES);
	struct collateral c;
	enum err e =
		mem == NULL ? ERR_SPACE : collateral_parse(&a, text, &c, what);

	if (e == ERR_OK)
		*need = a.used;
	free(mem);
	return e;
}

static void digest_of(struct slice text, char out[static 2 * SHA256_LEN + 1])
{
	uint8_t d[SHA256_LEN];

	sha256(text, d);
	hex_encode((struct slice){ d, sizeof d }, out);
}

enum err bundle_parse(struct slice text, struct bundle *out, const char **what)
{
	struct bundle b = { 0 };
	struct arena a;
	size_t need = 0;
	enum err e;

	*what = "";
	e = measure(text, &need, what);
	if (e != ERR_OK)
		return e;
	b.mem_len = need + text.len;
	b.mem = malloc(b.mem_len);
	if (b.mem == NULL)
		return ERR_SPACE;
	memcpy(b.mem + need, text.ptr, text.len);
	b.text = (struct slice){ b.mem + need, text.len };
	a = arena_over(b.mem, need);
	e = collateral_parse(&a, b.text, &b.c, what);
	if (e == ERR_OK && !ca_name(b.c.pck_ca.cert.subject_cn, b.of.ca)) {
		*what = "PCK CA";
		e = ERR_VALUE;
	}
	if (e != ERR_OK) {
		free(b.mem);
		return e;
	}
	hex_encode((struct slice){ b.c.tcb_info.fmspc, 6 }, b.of.fmspc);
	digest_of(b.text, b.sha256);
	collateral_authenticate(&b.c);
	*out = b;
	return ERR_OK;
}

void bundle_free(struct bundle *b)
{
	free(b->mem);
	memset(b, 0, sizeof *b);
}

int64_t bundle_next_update(const struct collateral *c)
{
	struct collateral_period part[COLLATERAL_PERIODS];
	int64_t first = INT64_MAX;

	collateral_periods(c, part);
	for (size_t i = 0; i < COLLATERAL_PERIODS; i++)
		if (part[i].is_update && part[i].to_s < first)
			first = part[i].to_s;
	return first;
}

int64_t bundle_issued(const struct collateral *c)
{
	int64_t a = c->tcb_info.issued_s, b = c->qe_identity.issued_s;

	return a < b ? a : b;
}

bool bundle_current(const struct collateral *c, int64_t now_s)
{
	struct collateral_period part[COLLATERAL_PERIODS];

	collateral_periods(c, part);
	for (size_t i = 0; i < COLLATERAL_PERIODS; i++)
		if (now_s < part[i].from_s || now_s > part[i].to_s)
			return false;
	return true;
}

enum err quote_platform(const struct quote *q, struct quote_platform *out)
{
	uint8_t der[3 * X509_MAX_DER];
	struct quote_platform p = { 0 };
	struct slice leaf;
	struct x509 c[3];
	struct pck pck;

	if (x509_chain_parse(q->pck_chain, 3, der, c) != ERR_OK ||
	    pck_parse(c[0].sgx_ext, &pck) != ERR_OK ||
	    !ca_name(c[1].subject_cn, p.of.ca))
		return ERR_VALUE;
	hex_encode((struct slice){ pck.fmspc, 6 }, p.of.fmspc);
	memcpy(p.root_pub, c[2].pub, sizeof p.root_pub);
	/* the end of the certificate is that of its signature */
	leaf = c[0].der;
	if (leaf.len < sizeof p.key)
		return ERR_VALUE;
	memcpy(p.key, leaf.ptr + leaf.len - sizeof p.key, sizeof p.key);
	*out = p;
	return ERR_OK;
}
