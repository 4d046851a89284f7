/* policy.h - what a verifier accepts beyond "genuine": which images, which
 * platforms, which TCB states, which TD attributes. Everything that is not
 * named is refused, and an empty policy refuses everything. */
#ifndef MEASURE_LIB_POLICY_H
#define MEASURE_LIB_POLICY_H

#include "measure/lib/reference.h"
#include "measure/lib/tcb.h"

enum {
	POLICY_MAX_SETS = 128,
	POLICY_MAX_XFAM = 8,
	POLICY_MAX_REVOKED = 128,
	POLICY_MAX_REFERENCES = 16,
	POLICY_MAX_PLATFORMS = 64, /* PPIDs, and as many PIIDs */
	POLICY_MAX_SEAMS = 16,
	POLICY_MAX_GRACE_DAYS = 3650,
	POLICY_PATH = 256,             /* of a file: 255 bytes */
	POLICY_PLATFORM_ID_LEN = 16,   /* PPID, PIID */
	POLICY_MAX_BYTES = 256 * 1024, /* a policy file */
	POLICY_WHY = 320,              /* a sentence about a fault */
	/* enough for any such file, and for any reference */
	POLICY_ARENA_BYTES = REFERENCE_ARENA + (4 << 20),
};

/* The bits of td_attributes that a policy may ask for or allow: those that have
 * a name and do not open the TD. */
#define POLICY_TD_ATTRIBUTES                                                   \
	(TD_ATTR_LASS | TD_ATTR_SEPT_VE_DISABLE | TD_ATTR_PKS | TD_ATTR_KL |   \
	 TD_ATTR_PERFMON)

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

/* A reference file that the policy names. Whoever holds the file loads it and
 * hands its text to policy_add_listed: sets first_set to first_set + n_sets - 1
 * are its images then. */
struct policy_reference {
	char file[POLICY_PATH]; /* from the policy file's folder, or absolute */
	char key[POLICY_PATH];  /* the publisher's; "": it is not signed */
	uint32_t min_counter;   /* of its release; 0: any */
	size_t first_set, n_sets; /* n_sets 0: not loaded yet */
};

/* What happens when a check fails. Attributes of the TD are always strict. */
enum enforce {
	ENFORCE_STRICT,  /* refuse */
	ENFORCE_WARN,    /* accept with a warning */
	ENFORCE_DISABLED /* do not look, and warn of that */
};

/* Who has to vouch for a TD (decide.h). */
enum policy_verifier {
	POLICY_DCAP, /* a quote, judged here with Intel's collateral */
	POLICY_ITA,  /* a token of Intel Trust Authority */
	POLICY_BOTH  /* both, and they agree */
};

struct policy {
	struct policy_set sets[POLICY_MAX_SETS];
	size_t n_sets;
	struct policy_reference references[POLICY_MAX_REFERENCES];
	size_t n_references;
	/* by any reference that was added: its sets are marked */
	struct reference_revoked revoked[POLICY_MAX_REVOKED];
	size_t n_revoked;
	bool tcb_allowed[TCB_STATUS_COUNT]; /* default: UpToDate alone */
	/* by status: days from the date at which a better TCB level came out;
	 * 0: none */
	uint16_t tcb_grace_days[TCB_STATUS_COUNT];
	uint32_t min_evaluation_number; /* of TCB info and QE identity */
	/* of the PCK certificate; none given: any platform of Intel's */
	uint8_t ppid[POLICY_MAX_PLATFORMS][POLICY_PLATFORM_ID_LEN];
	size_t n_ppid;
	uint8_t piid[POLICY_MAX_PLATFORMS][POLICY_PLATFORM_ID_LEN];
	size_t n_piid;
	/* TDX modules; none given: any that Intel signed. Strict or warn. */
	uint8_t mr_seam[POLICY_MAX_SEAMS][SHA384_LEN];
	size_t n_mr_seam;
	uint64_t xfam[POLICY_MAX_XFAM];
	size_t n_xfam;
	uint64_t td_attributes_required;  /* default: SEPT_VE_DISABLE */
	uint64_t td_attributes_allowed;   /* default: that, LASS and PKS */
	uint8_t mr_config_id[SHA384_LEN]; /* default: these three are zero */
	uint8_t mr_owner[SHA384_LEN];
	uint8_t mr_owner_config[SHA384_LEN];
	enum enforce tcb_mode, rtmr_mode, mr_seam_mode;
	bool simulated; /* a simulated platform may be accepted */
	enum policy_verifier verifier;
};

/* Strict defaults and no set: refuses everything. A simulated platform is not
 * refused for being one, since its root had to be given by name (verify.h); a
 * policy file has to say so as well (policy_parse). */
void policy_init(struct policy *p);

/* Adds a set; ERR_SPACE when full. rtmr is copied from *set. */
MUST_CHECK enum err policy_add(struct policy *p, const struct policy_set *set);

/* Adds the sets of a reference file (measurements.json, reference.h), and what
 * it revokes: that holds for the sets of all references, added before or after.
 * Entries without RTMR1 bind no image and are left out; ERR_REFUSED when none
 * is left. ERR_SPACE, reference_parse's errors: then nothing was added. */
MUST_CHECK enum err policy_add_reference(struct policy *p, struct arena *a,
					 struct slice in, const char **what);

/* The same for p->references[i], whose text this is, its signature checked when
 * it has a key; once for each. ERR_STATE, with nothing added: the release's
 * counter is below min_counter. */
MUST_CHECK enum err policy_add_listed(struct policy *p, size_t i,
				      struct arena *a, struct slice in,
				      const char **what);

/* Reads a policy file: JSON, unknown members refused,
 *
 *   {"version":1,
 *    "measurements":[{"platform":str,"mrtd":hex,"rtmr0":hex,...,"rtmr3":hex}],
 *    "references":[{"file":path,"key":path,"min_counter":int}],
 *    "tcb_statuses":["UpToDate",...],
 *    "tcb_grace_days":{"OutOfDate":int,...},
 *    "min_tcb_evaluation_number":int,
 *    "ppid":[hex of 16 bytes,...],"piid":[hex of 16 bytes,...],
 *    "mr_seam":[hex,...],"mr_seam_mode":"warn|strict",
 *    "xfam":[hex of the 8 bytes as in a quote,...],
 *    "td_attributes_required":hex of the 8 bytes as in a quote,
 *    "td_attributes_allowed":hex of the 8 bytes as in a quote,
 *    "mr_config_id":hex,"mr_owner":hex,"mr_owner_config":hex,
 *    "simulated":bool,"verifier":"dcap|ita|both",
 *    "tcb_mode":"strict|warn|disabled","rtmr_mode":...}
 *
 * hex is lower-case. The same in JSON Schema: measure/policy.schema.json. Only
 * "version" is required, and what is absent keeps its default; but a file that
 * does not say "simulated":true refuses simulated platforms, whatever root was
 * given. In a set "mrtd" is required, and "rtmr1" while rtmr_mode is strict:
 * MRTD alone is the firmware's, whatever it boots. The other RTMRs are
 * optional. In a reference "file" is required. mr_seam_mode is warn where it is
 * absent.
 *
 * A rule that can never hold, or that another one makes void, is refused:
 * ERR_VALUE, and *what is then a sentence. Whether there is an image at all,
 * and the references, are policy_check's to say.
 *
 * *out is written only on ERR_OK; *what names the member that is wrong, or is
 * that sentence: policy_fault turns it into words. Errors: json_parse's,
 * ERR_LIMIT, ERR_MISSING, ERR_UNKNOWN, ERR_DUPLICATE, ERR_VALUE, ERR_UNSUPP
 * (version). */
MUST_CHECK enum err policy_parse(struct arena *a, struct slice in,
				 struct policy *out, const char **what);

/* Writes one line about an error of policy_parse: the member, what is wrong and
 * what to write instead. Without a line end, printable. */
void policy_fault(struct wr *w, enum err e, const char *what);

/* Whether the rules can hold together: ERR_OK, or ERR_VALUE and a sentence in
 * *what. policy_parse asks it; ask it again when rules were put together
 * otherwise. */
MUST_CHECK enum err policy_rules_check(const struct policy *p,
				       const char **what);

/* Whether it names images itself or in references: rules alone have none. */
bool policy_has_images(const struct policy *p);

/* Whether the policy can accept anything at *now_s (NULL: dates are not asked),
 * once its references are loaded: ERR_OK; ERR_MISSING no image at all,
 * ERR_VALUE as policy_rules_check. A reference that is not loaded, is revoked,
 * or is not in force is ERR_REFUSED. why is the sentence; "" on ERR_OK. */
MUST_CHECK enum err policy_check(const struct policy *p, const int64_t *now_s,
				 char why[static POLICY_WHY]);

/* Where a file of a reference lies, given the path of the policy file: beside
 * it, or where an absolute path says. ERR_LIMIT: longer than out. */
enum {
	POLICY_PATH_OUT = 4096
};
MUST_CHECK enum err policy_path(const char *policy, const char *file,
				char out[static POLICY_PATH_OUT]);

/* ---- in words (policy_text.c) ---- */

/* One rule of a policy in sentences that need no knowledge of TDX's words. */
struct policy_rule {
	const char *heading; /* what it is about: "Computer"; static */
	const char *members; /* of the file, "ppid, piid"; "": of none */
	bool is_default;     /* says what an absent member says */
};

/* Writes the i-th rule's sentences, without a line end, and describes it in
 * *out; false, with nothing written, when there are no more. Every rule is
 * there, whether the file states it or not; the images are not: see
 * policy_image_say. */
bool policy_rule_say(const struct policy *p, size_t i, struct wr *w,
		     struct policy_rule *out);

/* Writes a line about the images that begin at set i, which are all of one
 * release and one file, or one of the policy's own; returns the index after
 * them. i is below p->n_sets. */
size_t policy_image_say(const struct policy *p, size_t i, struct wr *w);

/* "strict"; "dcap". Never NULL. */
const char *enforce_name(enum enforce e);
const char *policy_verifier_name(enum policy_verifier v);
#endif
