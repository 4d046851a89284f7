/* policy.h - what a verifier accepts beyond "genuine": which images, which TCB
 * states, which TD attributes. Everything that is not named is refused, and an
 * empty policy refuses everything. */
#ifndef MEASURE_LIB_POLICY_H
#define MEASURE_LIB_POLICY_H

#include "measure/lib/reference.h"
#include "measure/lib/tcb.h"

enum {
	POLICY_MAX_SETS = 128,
	POLICY_MAX_XFAM = 8,
	POLICY_MAX_REVOKED = 128,
	POLICY_MAX_BYTES = 256 * 1024, /* a policy file */
	/* enough for any such file, and for any reference */
	POLICY_ARENA_BYTES = REFERENCE_ARENA + (4 << 20),
};

/* One trusted image on one platform. RTMRs that are not given are not
 * compared; the MRTD always is. The image of a release is trusted while the
 * release is in force, and never once it is revoked. */
struct policy_set {
	char platform[64]; /* for the verdict */
	uint8_t mrtd[SHA384_LEN];
	uint8_t rtmr[4][SHA384_LEN];
	bool has_rtmr[4];
	struct reference_release release; /* zeros: of none, no dates */
	char revoked[REFERENCE_TEXT];     /* why it is; "" when it is not */
};

/* What happens when a check fails. Attributes of the TD are always strict. */
enum enforce {
	ENFORCE_STRICT,  /* refuse */
	ENFORCE_WARN,    /* accept with a warning */
	ENFORCE_DISABLED /* do not look, and warn of that */
};

struct policy {
	struct policy_set sets[POLICY_MAX_SETS];
	size_t n_sets;
	/* by any reference that was added: its sets are marked */
	struct reference_revoked revoked[POLICY_MAX_REVOKED];
	size_t n_revoked;
	bool tcb_allowed[TCB_STATUS_COUNT]; /* default: UpToDate alone */
	uint32_t min_evaluation_number;     /* of TCB info and QE identity */
	uint64_t xfam[POLICY_MAX_XFAM];
	size_t n_xfam;
	uint64_t td_attributes_required;  /* default: SEPT_VE_DISABLE */
	uint64_t td_attributes_allowed;   /* default: that, LASS and PKS */
	uint8_t mr_config_id[SHA384_LEN]; /* default: these three are zero */
	uint8_t mr_owner[SHA384_LEN];
	uint8_t mr_owner_config[SHA384_LEN];
	enum enforce tcb_mode, rtmr_mode;
};

/* Strict defaults and no set: refuses everything. */
void policy_init(struct policy *p);

/* Adds a set; ERR_SPACE when full. rtmr is copied from *set. */
MUST_CHECK enum err policy_add(struct policy *p, const struct policy_set *set);

/* Adds the sets of a reference file (measurements.json, reference.h), and what
 * it revokes: that holds for the sets of all references, added before or after.
 * Entries without RTMR1 bind no image and are left out; ERR_REFUSED when none
 * is left. ERR_SPACE, reference_parse's errors: then nothing was added. */
MUST_CHECK enum err policy_add_reference(struct policy *p, struct arena *a,
					 struct slice in, const char **what);

/* Reads a policy file: JSON, unknown members refused,
 *
 *   {"version":1,
 *    "measurements":[{"platform":str,"mrtd":hex,"rtmr0":hex,...,"rtmr3":hex}],
 *    "tcb_statuses":["UpToDate",...],
 *    "min_tcb_evaluation_number":int,
 *    "xfam":[hex of the 8 bytes as in a quote,...],
 *    "td_attributes_allowed":hex of the 8 bytes as in a quote,
 *    "mr_config_id":hex,"mr_owner":hex,"mr_owner_config":hex,
 *    "tcb_mode":"strict|warn|disabled","rtmr_mode":...}
 *
 * Only "version" is required, and what is absent keeps its default. In a set
 * "mrtd" is required, and "rtmr1" while rtmr_mode is strict: MRTD alone is the
 * firmware's, whatever it boots. The other RTMRs are optional. *out is written
 * only on ERR_OK; *what names the member that is wrong. Errors: json_parse's,
 * ERR_LIMIT, ERR_MISSING, ERR_UNKNOWN, ERR_VALUE, ERR_UNSUPP (version),
 * ERR_SPACE (too many sets). */
MUST_CHECK enum err policy_parse(struct arena *a, struct slice in,
				 struct policy *out, const char **what);
#endif
