/* pcs.h - fetches all collateral of one platform from Intel's Provisioning
 * Certification Service, version 4, or from a PCCS, which caches it: one call,
 * blocking, and either a whole bundle that is genuine and in force or none.
 *
 *	Intel	GET {service}/tdx/certification/v4/tcb?fmspc=...
 *		GET {service}/tdx/certification/v4/qe/identity
 *		GET {service}/sgx/certification/v4/pckcrl?ca=...&encoding=der
 *		GET {root_crl}
 *	PCCS	the same under its own address; the root CRL from
 *		GET {service}/sgx/certification/v4/rootcacrl
 *
 * Sources: https://api.portal.trustedservices.intel.com/content/
 * documentation.html, and the PCCS of Intel's DCAP 1.23. */
#ifndef MEASURE_NET_PCS_H
#define MEASURE_NET_PCS_H

#include "measure/lib/collateral_check.h"
#include "measure/net/pcs_answer.h"
#include "measure/net/web.h"

#define PCS_INTEL_URL "https://api.trustedservices.intel.com"
#define PCS_INTEL_ROOT_CRL                                                     \
	"https://certificates.trustedservices.intel.com/IntelSGXRootCA.der"

enum {
	PCS_WHY = 160,
	PCS_MAX_KEY = 256 /* an API key with its NUL */
};

enum pcs_ca {
	PCS_PLATFORM, /* of multi-package platforms: every server with TDX */
	PCS_PROCESSOR,
};

/* "platform", "processor" */
const char *pcs_ca_name(enum pcs_ca ca);
MUST_CHECK enum err pcs_ca_parse(struct slice in, enum pcs_ca *out);

/* Memory of one fetch, some 9 MiB, in the caller's static or heap memory. Needs
 * no preparation. */
struct pcs_work {
	struct web web;
	uint8_t wire[PCS_MAX_BODY + 24 * 1024];
	uint8_t parts[4 * (PCS_MAX_BODY + PCS_MAX_CHAIN)];
	uint8_t arena[COLLATERAL_ARENA_BYTES];
};

struct pcs_opts {
	struct web_url service;
	bool pccs;               /* service is a PCCS */
	struct web_url root_crl; /* host "": a PCCS's own */
	const char *api_key;     /* for service alone; NULL: none */
	bool early;              /* ask for update=early: TCB recoveries before
				    they are enforced by default */
	uint32_t evaluation_number; /* tcbEvaluationDataNumber; 0: the current
				       one. Not together with early */
	const struct tls_anchors *anchors;
	const struct trust_roots *roots; /* of the collateral */
	const br_prng_class **rng;
	int64_t now_s;     /* Unix seconds, to judge the collateral by */
	int64_t tls_now_s; /* the service's certificate, when that is judged
			      by another time; 0: now_s */
	struct web_patience patience; /* of each of the four requests */
	struct web_time time;
	struct pcs_work *work;
};

/* Is it one that can stand in a header? ERR_VALUE, ERR_LIMIT. */
MUST_CHECK enum err pcs_key_check(const char *api_key);

/* Fetches, puts together, verifies.
 * bundle  one file in the layout of collateral.h is appended, on ERR_OK only.
 * why     for people, "" on ERR_OK; never holds the key.
 * Errors:
 *   ERR_MISSING  the service has no TCB info for this FMSPC (404)
 *   ERR_REFUSED  another status than 200, after what web.h repeats
 *   ERR_IO, ERR_CLOSED, ERR_TRUNC, ERR_TIMEOUT, ERR_TLS  no answer was had
 *   ERR_VALUE    an answer that is not one of this service, ERR_LIMIT too large
 *   ERR_MISMATCH of another FMSPC or PCK CA than was asked for
 *   ERR_SIGNATURE not genuine, or under a root that is not trusted
 *   ERR_EXPIRED  not in force at now_s
 *   ERR_STATE    options that contradict each other
 *   ERR_SPACE    bundle is too small */
MUST_CHECK enum err pcs_fetch(const struct pcs_opts *o,
			      const uint8_t fmspc[static 6], enum pcs_ca ca,
			      struct wr *bundle, char why[static PCS_WHY]);
#endif
