/* gcp.h - what the commands about Google's machines share. */
#ifndef MEASURE_CLI_GCP_H
#define MEASURE_CLI_GCP_H

#include <limits.h>

#include "measure/cli/cli.h"
#include "measure/lib/endorsement.h"
#include "measure/lib/endorsement_known.h"
#include "measure/lib/gcp.h"
#include "measure/lib/predict.h"
#include "measure/lib/verify.h"

#define GCP_BUCKET                                                             \
	"https://storage.googleapis.com/gce_tcb_integrity/ovmf_x64_csm/"

enum {
	GCP_MAX_ENDORSEMENTS = 32,
	GCP_MAX_FIRMWARE = 16,
	GCP_MAX_HINTS = 16,
	GCP_HINT_LEN = 2 * PATH_MAX + 256, /* two files and a sentence */
};

/* The root that --root names. */
#define GCP_ROOT_OPT                                                           \
	{                                                                      \
		"root", "PEM",                                                 \
			"believe this root instead of Google's, which is "     \
			"known",                                               \
			0                                                      \
	}

/* One endorsement, verified or refused. The file stays open for the slices. */
struct gcp_endorsement {
	const char *path;
	struct cli_file file;
	struct endorsement e;
	struct endorsement_check check;
	bool verified; /* else check.why says why not */
};

/* Reads the file of --root, or gives an empty slice. CLI_MALFORMED when it
 * holds no certificate. Close root. */
int gcp_root_open(const struct cli *c, struct cli_file *root);

/* Reads, parses and verifies. CLI_MALFORMED when it is no endorsement; one that
 * is refused is CLI_DONE, with verified false. Close out->file then. */
int gcp_endorsement_open(const char *path, struct slice root, int64_t now_s,
			 struct gcp_endorsement *out);

/* What it says, as members of an open JSON object, in order, and as lines. Of
 * one that is refused only the reason. */
void gcp_endorsement_json(struct jw *j, const struct gcp_endorsement *g);
void gcp_endorsement_text(struct wr *w, const struct gcp_endorsement *g);

/* A firmware file and what follows from its bytes. The file stays open. */
struct gcp_firmware {
	const char *path;
	struct cli_file file;
	struct tdvf t;
	uint8_t sha384[SHA384_LEN];
	uint8_t mrtd[SHA384_LEN], two_pass[SHA384_LEN];
	bool has_cfv;
	uint8_t cfv_sha384[SHA384_LEN];
	/* a verified endorsement of a file with this digest, or NULL, and how
	   many of its rows follow from the bytes */
	const struct gcp_endorsement *endorsed;
	size_t endorsed_rows;
	bool matches; /* the quote's MRTD follows from it */
	/* it does so with an older hypervisor, on this machine; or NULL */
	const struct gcp_machine *old_machine;
};

/* Which machine a quote's RTMR0 is of, out of those that can be predicted. */
struct gcp_rtmr0 {
	size_t tried;
	const struct gcp_machine *machine; /* NULL: none fits */
	const char *release;               /* of the host's ACPI tables */
	unsigned disks;
};

/* A quote, what it is held against, and what comes of it. */
struct gcp_question {
	struct quote q;
	size_t quote_len;
	bool has_fmspc;
	uint8_t fmspc[6];
	bool judged; /* collateral was given: v is the verdict on the quote */
	struct verdict v;

	size_t nendorsements, nfirmware;
	struct gcp_endorsement endorsement[GCP_MAX_ENDORSEMENTS];
	struct gcp_firmware firmware[GCP_MAX_FIRMWARE];
	bool has_known;
	struct known_mrtds known;
	const struct gcp_machine *machine; /* NULL: any */
	/* what the image's variables are; those of Secure Boot that are not
	   here are the constant keys */
	const struct efi_var *vars;
	size_t nvars;

	/* the answer: the first of each that fits, or NULL */
	const struct gcp_endorsement *by_endorsement;
	const struct gcp_firmware *by_firmware;
	/* something fits; where endorsements were given, one of them */
	bool matched;
	struct gcp_rtmr0 rtmr0;
	size_t nhints;
	char hint[GCP_MAX_HINTS][GCP_HINT_LEN];
};

/* Computes what follows from a firmware's bytes; t and file are filled. */
void gcp_firmware_measure(struct gcp_firmware *f);

/* The digest of the TD HOB list that Google's hypervisor gives this firmware on
 * that machine; false when it cannot have one. */
bool gcp_td_hob(const struct gcp_firmware *f, const struct gcp_machine *m,
		uint8_t out[static SHA384_LEN]);

/* Whether it was verified and names the quote's MRTD. */
bool gcp_endorses(const struct gcp_endorsement *e,
		  const struct gcp_question *g);

/* Fills the answer. */
void gcp_answer(struct gcp_question *g);

void gcp_question_json(struct wr *w, const struct gcp_question *g);
void gcp_question_text(struct wr *w, const struct gcp_question *g);
#endif
