/* ear.h - a verdict as an EAT Attestation Result: a signed JWT that relying
 * parties of any make can read, with AR4SI's trustworthiness vector.
 *
 *   {"ear.verifier-id":{"build":...,"developer":...},
 *    "eat_profile":"tag:github.com,2023:veraison/ear",
 *    "iat":...,
 *    "submods":{"tdx":{
 *      "ear.appraisal-policy-id":...,       when a policy was asked
 *      "ear.easyenclave.verdict":{...},     verify.h, verdict_write
 *      "ear.status":"affirming|warning|contraindicated|none",
 *      "ear.trustworthiness-vector":{eight claims}}}}
 *
 * The names of the claims are those of the profile named in it, which is what
 * implementations read. Nothing here expires: iat and the dates of the
 * collateral in the verdict say how old it is.
 *
 * Sources: draft-fv-rats-ear-05 (now draft-ietf-rats-ear);
 * draft-ietf-rats-ar4si-09, 2.3 (claims, values, tiers). */
#ifndef MEASURE_LIB_EAR_H
#define MEASURE_LIB_EAR_H

#include "measure/lib/verify.h"

/* The vector's claims, in ascending order of their names, and the values that
 * are given here. What they mean is AR4SI's:
 *   all   -1 the verifier failed   0 no claim, or nothing can be concluded
 *          1 evidence that cannot be parsed
 *         99 the evidence's cryptography does not verify
 *   2 to 31 affirm, 32 to 95 warn, 96 and above contraindicate. */
/* clang-format off */
#define EAR_CLAIM_LIST(X) \
	X(CONFIGURATION,     "configuration") \
	X(EXECUTABLES,       "executables") \
	X(FILE_SYSTEM,       "file-system") \
	X(HARDWARE,          "hardware") \
	X(INSTANCE_IDENTITY, "instance-identity") \
	X(RUNTIME_OPAQUE,    "runtime-opaque") \
	X(SOURCED_DATA,      "sourced-data") \
	X(STORAGE_OPAQUE,    "storage-opaque")
/* clang-format on */

enum ear_claim {
#define X(name, text) EAR_##name,
	EAR_CLAIM_LIST(X)
#undef X
	EAR_CLAIMS
};

enum ear_tier {
	EAR_NONE,
	EAR_AFFIRMING,
	EAR_WARNING,
	EAR_CONTRAINDICATED,
};

/* What a verdict comes to.
 *
 * A verdict that is not authentic, or refused for its REPORTDATA, makes the
 * same claim of everything: 99 for a signature, a chain, an issuer or a
 * REPORTDATA that is wrong, 1 for what cannot be parsed, -1 for a verifier that
 * failed, 0 for the rest. Otherwise, where a simulated platform has 0 for all
 * that would affirm:
 *
 *   hardware           2 UpToDate, ConfigurationNeeded
 *                     32 SWHardeningNeeded, OutOfDate and TDRelaunchAdvised,
 *                        with or without a configuration
 *                     96 Revoked; whatever the policy refuses as TCB
 *                     97 TcbNotSupported; every simulated platform
 *   executables        3 the image is one of the policy's
 *                     32 it is, but its release is not in force
 *                     33 it is not known, and let pass or not what was refused
 *                     96 it is refused: MRTD, RTMRs, a revoked release
 *                      0 nobody asked
 *   configuration      2 TD attributes, XFAM, owner fields as the policy wants
 *                     32 a status with "Configuration"
 *                     96 the host can debug or move the TD; or the policy
 *                        refuses it
 *                      0 nobody asked
 *   instance-identity  2 the policy lists platforms, and this is one of them
 *                     97 it is none of them
 *                      0 the policy lists none
 *   runtime-opaque     2 a TD's memory is encrypted and closed to its host
 *                     96 not when it can be debugged, or is simulated
 *                      0 hardware that is contraindicated can promise nothing
 *   the others         0: a quote says nothing of them
 *
 * The status is the worst tier of the claims, and never better than "warning"
 * when no policy was asked or something was let pass with a warning, nor than
 * "contraindicated" for a verdict that is refused although authentic. */
struct ear_result {
	int8_t claim[EAR_CLAIMS];
	enum ear_tier status;
};

/* lists_platforms: the policy that was asked has PPIDs or platform instances.
 */
void ear_appraise(const struct verdict *v, bool lists_platforms,
		  struct ear_result *out);

/* "affirming" and so on. */
const char *ear_tier_name(enum ear_tier t);

/* Who says it, and by which policy. All pointers are borrowed. */
struct ear_issuer {
	const struct p256_key *key;
	const char *developer, *build; /* UTF-8 */
	const char *policy_id;         /* a URI; NULL: no policy was asked */
	bool lists_platforms;
	int64_t issued_s; /* Unix seconds */
};

enum {
	EAR_MAX_BYTES = 32 * 1024, /* a token */
	EAR_ARENA = 24 * 1024,
};

/* Writes the token: JWS compact, ES256 with a deterministic signature, kid the
 * hex SHA-256 of the key's SubjectPublicKeyInfo. No line end. Errors: ERR_SPACE
 * arena or writer, ERR_VALUE no key, or a text that is not UTF-8. */
MUST_CHECK enum err ear_write(struct arena *a, const struct verdict *v,
			      const struct ear_issuer *by, struct wr *out);
#endif
