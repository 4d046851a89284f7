/* ita_make.h - tokens of Intel Trust Authority under a key of the tests: one of
 * each version, and any text signed as one. */
#ifndef TESTS_ITA_MAKE_H
#define TESTS_ITA_MAKE_H

#include <unistd.h>

#include "lib/text.h"
#include "measure/lib/ita.h"

enum {
	ITA_NOW = 1800000000, /* when they were issued */
	ITA_MAX_TEXT = 16 * 1024,
};

#define ITA_PORTAL "https://portal.trustauthority.intel.com"

/* clang-format off */
#define ITA_X8(b) b b b b b b b b
#define ITA_X48(b) ITA_X8(b) ITA_X8(b) ITA_X8(b) ITA_X8(b) ITA_X8(b) ITA_X8(b)
/* python3 -c "import hashlib;print(hashlib.sha512(b'noncetimedata').hexdigest())" */
#define ITA_BOUND \
	"3dbf7bfd5c8d0c1fbbd468f0f4f85563fe1782b170c80f7abf0bd9730abdcbdf" \
	"5d81e45ed88c6a2317c524e109ca6076d94f9387fe062683ff1089a46b65d300"

#define ITA_TD \
	"\"attester_advisory_ids\":[\"INTEL-SA-01192\",\"INTEL-SA-01245\"]," \
	"\"attester_held_data\":\"ZGF0YQ==\"," \
	"\"attester_tcb_date\":\"2025-05-14T00:00:00Z\"," \
	"\"attester_tcb_status\":\"UpToDate\"," \
	"\"attester_type\":\"TDX\"," \
	"\"dbgstat\":\"disabled\"," \
	"\"tdx_is_debuggable\":false," \
	"\"tdx_mrconfigid\":\"" ITA_X48("00") "\"," \
	"\"tdx_mrowner\":\"" ITA_X48("00") "\"," \
	"\"tdx_mrownerconfig\":\"" ITA_X48("00") "\"," \
	"\"tdx_mrseam\":\"" ITA_X48("5e") "\"," \
	"\"tdx_mrsignerseam\":\"" ITA_X48("00") "\"," \
	"\"tdx_mrtd\":\"" ITA_X48("aa") "\"," \
	"\"tdx_report_data\":\"" ITA_BOUND "\"," \
	"\"tdx_rtmr0\":\"" ITA_X48("10") "\"," \
	"\"tdx_rtmr1\":\"" ITA_X48("11") "\"," \
	"\"tdx_rtmr2\":\"" ITA_X48("12") "\"," \
	"\"tdx_rtmr3\":\"" ITA_X48("13") "\"," \
	"\"tdx_seam_attributes\":\"0000000000000000\"," \
	"\"tdx_td_attributes\":\"0000001000000000\"," \
	"\"tdx_td_attributes_debug\":false," \
	"\"tdx_td_attributes_key_locker\":false," \
	"\"tdx_td_attributes_perfmon\":false," \
	"\"tdx_td_attributes_protection_keys\":false," \
	"\"tdx_td_attributes_septve_disable\":true," \
	"\"tdx_tee_tcb_svn\":\"08010800000000000000000000000000\"," \
	"\"tdx_xfam\":\"e700060000000000\"," \
	"\"verifier_nonce\":{\"iat\":\"dGltZQ==\",\"signature\":\"AA==\"," \
	"\"val\":\"bm9uY2U=\"}"

static const char ita_v1[] =
	"{" ITA_TD ",\"exp\":1800000300,\"iat\":1800000000,"
	"\"iss\":\"Intel Trust Authority\",\"nbf\":1800000000,"
	"\"ver\":\"1.0.0\"}";
static const char ita_v2[] =
	"{\"appraisal\":{\"method\":\"default\",\"ver\":2},\"tdx\":{" ITA_TD "},"
	"\"exp\":1800000300,\"iat\":1800000000,"
	"\"iss\":\"" ITA_PORTAL "\",\"nbf\":1800000000,\"ver\":\"2.0.0\"}";
/* clang-format on */

static struct p256_key ita_key;

static void ita_put_url(struct wr *w, struct slice in)
{
	size_t start = w->len;

	wr_b64(w, in);
	while (w->len > start && w->buf[w->len - 1] == '=')
		w->len--;
	for (size_t i = start; i < w->len; i++)
		w->buf[i] = w->buf[i] == '+'   ? '-'
			    : w->buf[i] == '/' ? '_'
					       : w->buf[i];
}

static void ita_make_keys(struct jwks *out)
{
	static uint8_t jwks_mem[JWKS_ARENA];
	static const uint8_t priv[P256_PRIV_LEN] = { 1, 2, 3 };
	struct arena a = arena_over(jwks_mem, sizeof jwks_mem);
	const char *what = "";
	char text[512];
	struct wr w = wr_over(text, sizeof text);

	if (p256_from_private(priv, &ita_key) != ERR_OK)
		_exit(98);
	wr_str(&w, "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k\","
		   "\"alg\":\"ES256\",\"x\":\"");
	ita_put_url(&w, (struct slice){ ita_key.pub + 1, 32 });
	wr_str(&w, "\",\"y\":\"");
	ita_put_url(&w, (struct slice){ ita_key.pub + 33, 32 });
	wr_str(&w, "\"}]}");
	if (jwks_parse(&a, wr_slice(&w), out, &what) != ERR_OK)
		_exit(98);
}

static struct slice ita_signed(const char *header, const char *claims)
{
	static char text[2 * ITA_MAX_TEXT];
	struct wr w = wr_over(text, sizeof text);
	uint8_t digest[SHA256_LEN], sig[P256_SIG_LEN];

	ita_put_url(&w, str_slice(header));
	wr_str(&w, ".");
	ita_put_url(&w, str_slice(claims));
	sha256(wr_slice(&w), digest);
	if (p256_sign(&ita_key, &br_sha256_vtable, digest, sig) != ERR_OK)
		_exit(98);
	wr_str(&w, ".");
	ita_put_url(&w, (struct slice){ sig, sizeof sig });
	if (wr_end(&w) != ERR_OK)
		_exit(98);
	return wr_slice(&w);
}

#define HEADER "{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"JWT\"}"

#endif
