/* reportdata.h - what the 64 bytes of REPORTDATA hold. Defined once, here, for
 * the guest that makes them and for every verifier.
 *
 * REPORTDATA = SHA-512 over these fields, each as u64 big-endian length and
 * then its bytes: "ee-reportdata-v1", nonce, tls_pub, report_pub, seal_pub,
 * config_sha384, role, vm_name. */
#ifndef GUEST_LIB_REPORTDATA_H
#define GUEST_LIB_REPORTDATA_H

#include "lib/digest.h"
#include "lib/hpke.h"
#include "lib/p256.h"

enum {
	REPORTDATA_LEN = 64,
	REPORTDATA_FIELDS = 512, /* more than the fields take */
	NONCE_LEN = 32
};

#define REPORTDATA_TAG "ee-reportdata-v1"

/* What the quote is for, and whose nonce it binds: the control plane's, or that
 * of a client of the agent's API. A quote made for one purpose is refused for
 * the other. */
#define ROLE_REGISTER "register"
#define ROLE_ATTEST   "attest"

struct binding {
	uint8_t nonce[NONCE_LEN];
	uint8_t tls_pub[P256_PUB_LEN];
	uint8_t report_pub[P256_PUB_LEN];
	uint8_t seal_pub[HPKE_KEY_LEN];
	uint8_t config_sha384[SHA384_LEN];
	char role[16];
	char vm_name[64];
};

void reportdata(const struct binding *b, uint8_t out[static REPORTDATA_LEN]);

/* The fields themselves, which others hash as well. */
void reportdata_fields(const struct binding *b, struct wr *w);

/* The binding as JSON members, the one wire form (proto.h, report.h):
 * {"config_sha384":hex,"nonce":hex,"report_public_key":b64,"role":str,
 *  "seal_public_key":b64,"tls_public_key":b64,"vm_name":str} */
struct jw;
struct json;
void binding_write(struct jw *j, const struct binding *b);
/* Reads exactly that object, hex in lower case; ERR_MISSING, ERR_UNKNOWN,
 * ERR_VALUE. */
MUST_CHECK enum err binding_read(struct json v, struct binding *out);
#endif
