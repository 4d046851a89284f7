#include "host-launcher/vm/simquote.h"

#include "host-launcher/vm/simplatform.h"

enum {
	QUOTE_VERSION = 4,
	KEY_TYPE_ECDSA_P256 = 2,
	TEE_TYPE_TDX = 0x81,
	CERT_TYPE_PCK_CHAIN = 5,
	CERT_TYPE_QE_REPORT = 6,
	QE_AUTH_LEN = 32,
	SIGNATURE_DATA_CAP = 6 * 1024,
};

/* Intel's vendor id of quoting enclaves: parsers accept no other. */
static const uint8_t qe_vendor[16] = { 0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c,
				       0x4c, 0xa9, 0x94, 0x0a, 0x0d, 0xb3,
				       0x95, 0x7f, 0x06, 0x07 };

static void header(struct wr *w)
{
	wr_u16le(w, QUOTE_VERSION);
	wr_u16le(w, KEY_TYPE_ECDSA_P256);
	wr_u32le(w, TEE_TYPE_TDX);
	wr_zero(w, 4); /* reserved */
	wr_bytes(w, (struct slice){ qe_vendor, sizeof qe_vendor });
	wr_zero(w, 20); /* user data */
}

static void body(struct wr *w, const struct sim_td *td,
		 const uint8_t reportdata[static REPORTDATA_LEN])
{
	uint8_t mr_seam[SHA384_LEN];

	sha384(str_slice("EE simulated TDX module"), mr_seam);
	wr_bytes(w, SIM_BYTES(SIM_TEE_TCB_SVN, 16));
	wr_bytes(w, (struct slice){ mr_seam, sizeof mr_seam });
	wr_zero(w, SHA384_LEN); /* mr_signer_seam: as in the TCB info */
	wr_zero(w, 8);          /* seam_attributes */
	wr_u64le(w, td->td_attributes);
	wr_u64le(w, td->xfam);
	wr_bytes(w, (struct slice){ td->mrtd, SHA384_LEN });
	wr_zero(w, 3 * SHA384_LEN); /* mr_config_id, mr_owner, _config */
	for (size_t i = 0; i < 4; i++)
		wr_bytes(w, (struct slice){ td->rtmr[i], SHA384_LEN });
	wr_bytes(w, (struct slice){ reportdata, REPORTDATA_LEN });
}

/* Report data binds the attestation key: SHA-256 over its point and the
 * authentication data, then zeros. */
static void qe_report(struct wr *w, const uint8_t *point, struct slice auth)
{
	uint8_t mem[QUOTE_POINT_LEN + QE_AUTH_LEN], digest[SHA256_LEN];
	struct wr bound = wr_over(mem, sizeof mem);

	wr_bytes(&bound, (struct slice){ point, QUOTE_POINT_LEN });
	wr_bytes(&bound, auth);
	sha256(wr_slice(&bound), digest);
	wr_bytes(w, SIM_BYTES(SIM_CPUSVN, 16));
	wr_u32le(w, 0); /* MISCSELECT */
	wr_zero(w, 28);
	wr_bytes(w, SIM_BYTES(SIM_QE_ATTRIBUTES, 16));
	wr_bytes(w, SIM_BYTES(SIM_QE_MRENCLAVE, 32));
	wr_zero(w, 32);
	wr_bytes(w, SIM_BYTES(SIM_QE_MRSIGNER, 32));
	wr_zero(w, 96);
	wr_u16le(w, SIM_QE_ISVPRODID);
	wr_u16le(w, SIM_QE_ISVSVN);
	wr_zero(w, 60);
	wr_bytes(w, (struct slice){ digest, sizeof digest });
	wr_zero(w, 32);
}

/* Signs what the writer holds from `from` on, and appends the signature. */
static enum err sign_tail(struct wr *w, size_t from, const struct p256_key *k,
			  struct wr *out)
{
	uint8_t digest[SHA256_LEN], sig[P256_SIG_LEN];
	enum err e = wr_end(w);

	if (e != ERR_OK)
		return e;
	sha256((struct slice){ w->buf + from, w->len - from }, digest);
	e = p256_sign(k, &br_sha256_vtable, digest, sig);
	if (e == ERR_OK)
		wr_bytes(out, (struct slice){ sig, sizeof sig });
	return e;
}

/* The certification data: QE report, its signature, QE authentication data and
 * the PCK chain. */
static enum err certification(struct wr *w, const struct pki_keys *keys,
			      const struct pki *pki, const uint8_t *point)
{
	uint8_t auth_mem[QE_AUTH_LEN];
	struct slice auth = { auth_mem, sizeof auth_mem };
	size_t from = w->len;
	enum err e;

	for (size_t i = 0; i < sizeof auth_mem; i++)
		auth_mem[i] = (uint8_t)i; /* as Intel's enclave has it */
	qe_report(w, point, auth);
	e = sign_tail(w, from, &keys->pck, w);
	wr_u16le(w, QE_AUTH_LEN);
	wr_bytes(w, auth);
	wr_u16le(w, CERT_TYPE_PCK_CHAIN);
	wr_u32le(w, (uint32_t)pki->pck_chain.len);
	wr_bytes(w, pki->pck_chain);
	return e != ERR_OK ? e : wr_end(w);
}

enum err simquote(const struct pki_keys *keys, const struct pki *pki,
		  const struct sim_td *td,
		  const uint8_t reportdata[static REPORTDATA_LEN],
		  struct wr *out)
{
	const uint8_t *point = keys->attestation.pub + 1; /* without the 04 */
	uint8_t sig_mem[SIGNATURE_DATA_CAP], cert_mem[SIGNATURE_DATA_CAP];
	struct wr sig = wr_over(sig_mem, sizeof sig_mem);
	struct wr cert = wr_over(cert_mem, sizeof cert_mem);
	size_t from = out->len;
	enum err e;

	header(out);
	body(out, td, reportdata);
	e = sign_tail(out, from, &keys->attestation, &sig);
	wr_bytes(&sig, (struct slice){ point, QUOTE_POINT_LEN });
	if (e == ERR_OK)
		e = certification(&cert, keys, pki, point);
	if (e != ERR_OK)
		return e;
	wr_u16le(&sig, CERT_TYPE_QE_REPORT);
	wr_u32le(&sig, (uint32_t)cert.len);
	wr_bytes(&sig, wr_slice(&cert));
	e = wr_end(&sig);
	if (e != ERR_OK)
		return e;
	wr_u32le(out, (uint32_t)sig.len);
	wr_bytes(out, wr_slice(&sig));
	return wr_end(out);
}
