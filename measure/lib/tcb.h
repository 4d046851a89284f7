/* tcb.h - Intel's TCB info (TDX, version 3) and QE identity (TD_QE, version 2),
 * and the status they give a platform.
 * Source: Intel PCS API v4; the evaluation is that of Intel's quote
 * verification library (QVL) of July 2026. */
#ifndef MEASURE_LIB_TCB_H
#define MEASURE_LIB_TCB_H

#include "lib/json.h"
#include "measure/lib/quote.h"

/* clang-format off */
#define TCB_STATUS_LIST(X) \
	X(UP_TO_DATE, "UpToDate") \
	X(SW_HARDENING, "SWHardeningNeeded") \
	X(CONFIGURATION, "ConfigurationNeeded") \
	X(CONFIGURATION_SW_HARDENING, "ConfigurationAndSWHardeningNeeded") \
	X(OUT_OF_DATE, "OutOfDate") \
	X(OUT_OF_DATE_CONFIGURATION, "OutOfDateConfigurationNeeded") \
	X(RELAUNCH, "TDRelaunchAdvised") \
	X(RELAUNCH_CONFIGURATION, "TDRelaunchAdvisedConfigurationNeeded") \
	X(REVOKED, "Revoked") \
	X(NOT_SUPPORTED, "TcbNotSupported")
/* clang-format on */

enum tcb_status {
#define X(name, text) TCB_##name,
	TCB_STATUS_LIST(X)
#undef X
	TCB_STATUS_COUNT
};

/* "UpToDate" and so on; never NULL. */
const char *tcb_status_name(enum tcb_status s);
/* ERR_UNKNOWN for anything else. */
MUST_CHECK enum err tcb_status_parse(struct slice in, enum tcb_status *out);

struct tcb_level {
	uint8_t sgx[16], tdx[16];
	uint16_t pcesvn;
	enum tcb_status status;
	int64_t date_s;         /* tcbDate */
	struct json advisories; /* array of strings, or not there */
};

/* A level of the TDX module or of the quoting enclave. */
struct isv_level {
	uint16_t isvsvn;
	enum tcb_status status;
	int64_t date_s;
	struct json advisories;
};

struct isv_levels {
	const struct isv_level *at; /* in the arena, in document order */
	size_t n;
};

struct tdx_module {
	uint8_t version; /* NN of "TDX_NN" */
	uint8_t mrsigner[SHA384_LEN];
	uint64_t attributes;
	struct isv_levels levels;
};

struct tcb_info {
	int64_t issued_s, next_update_s;
	uint8_t fmspc[6], pceid[2];
	uint32_t evaluation_number;
	struct tdx_module base;           /* "tdxModule": without levels */
	const struct tdx_module *modules; /* "tdxModuleIdentities" */
	size_t n_modules;
	const struct tcb_level *levels; /* in document order */
	size_t n_levels;
};

struct qe_identity {
	int64_t issued_s, next_update_s;
	uint32_t evaluation_number;
	uint32_t miscselect, miscselect_mask;
	uint8_t attributes[16], attributes_mask[16];
	uint8_t mrsigner[32];
	uint16_t isvprodid;
	struct isv_levels levels;
};

/* Parse the signed JSON texts. Members that are not known are ignored, as the
 * service adds some over time; those that are read are required and checked.
 * *what names the member that is wrong. Tables live in the arena.
 * Errors: json_parse's, ERR_MISSING, ERR_VALUE, ERR_UNKNOWN a status,
 * ERR_UNSUPP id, version, or a status that is not for this kind of level,
 * ERR_LIMIT (too many levels), ERR_SPACE. */
MUST_CHECK enum err tcb_info_parse(struct arena *a, struct slice text,
				   struct tcb_info *out, const char **what);
MUST_CHECK enum err qe_identity_parse(struct arena *a, struct slice text,
				      struct qe_identity *out,
				      const char **what);

/* What a PCK certificate says of the platform. */
struct tcb_platform {
	uint8_t sgx[16]; /* component SVNs */
	uint16_t pcesvn;
};

/* Advisories that apply at the level found; filled as far as they fit. */
struct tcb_advisories {
	size_t n;
	char id[64][24];
};

/* The TDX module must be one that the TCB info knows, with its signer and
 * attributes. ERR_MISMATCH; *what says what differs. */
MUST_CHECK enum err tcb_module_check(const struct tcb_info *info,
				     const struct quote_body *body,
				     const char **what);

/* The QE report against the identity, levels aside. ERR_MISMATCH. */
MUST_CHECK enum err qe_identity_check(const struct qe_identity *id,
				      const struct qe_report *qe,
				      const char **what);

/* The parts of a TCB that have levels of their own. */
enum {
	TCB_PLATFORM, /* CPU, microcode, PCE, and TDX components */
	TCB_MODULE,   /* the TDX module */
	TCB_QE,       /* the quoting enclave */
	TCB_PARTS
};

/* Where one part stands in its list of levels. */
struct tcb_part {
	bool applies; /* false: the first TDX module, which has no levels */
	enum tcb_status status;
	/* tcbDate of the level it reaches; 0 when that is none */
	int64_t date_s;
	/* When it is OutOfDate or Revoked: the first date at which a level
	 * above its own existed, which is the earliest tcbDate after date_s
	 * among the levels above. 0: it is neither, or no such date is stated.
	 */
	int64_t out_of_date_since_s;
};

/* What TCB info and QE identity say of a TD. */
struct tcb_state {
	enum tcb_status status; /* of all parts, converged */
	/* The same of the TCB that is there by now (TD 1.5, tee_tcb_svn2):
	 * what a TD launched anew would have. TD 1.0: as status. */
	enum tcb_status now;
	struct tcb_part part[TCB_PARTS];
	/* The oldest date of the parts that apply; 0 when one has none. */
	int64_t date_s;
	/* The earliest such date of the parts; 0 when none has one, or one that
	 * is OutOfDate or Revoked does not state its own. */
	int64_t out_of_date_since_s;
	struct tcb_advisories advisories;
};

/* Converged status of platform, TDX module and quoting enclave, with the
 * relaunch advice of TD 1.5: status and now; everything else is about the TCB
 * that the TD was launched on. *out is written whole. tcb_module_check must
 * have passed. */
void tcb_evaluate(const struct tcb_info *info, const struct qe_identity *id,
		  const struct tcb_platform *platform,
		  const struct quote_body *body, uint16_t qe_isvsvn,
		  struct tcb_state *out);
#endif
