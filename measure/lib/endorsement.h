/* endorsement.h - what Google says of a firmware that it boots VMs with: a
 * VMLaunchEndorsement, a protocol buffer around a signed one, published at
 * https://storage.googleapis.com/gce_tcb_integrity/ovmf_x64_csm/tdx/<MRTD>.binarypb
 * Source: github.com/google/gce-tcb-verifier proto/endorsement.proto, verify/.
 */
#ifndef MEASURE_LIB_ENDORSEMENT_H
#define MEASURE_LIB_ENDORSEMENT_H

#include "measure/lib/rsa_cert.h"

enum {
	ENDORSEMENT_MAX_BYTES = 64 * 1024, /* Google's are under 6 KiB */
	ENDORSEMENT_MAX_ROWS = 64,         /* of each list */
	ENDORSEMENT_WHY = 160,
	ENDORSEMENT_ID_LEN = 16,
};

/* One way in which a TD of this firmware starts. Since late 2024 there is one,
 * with ram_gib 0: MRTD no longer depends on the machine. */
struct endorsed_td {
	uint32_t ram_gib;  /* 0: any */
	bool early_accept; /* the firmware accepts all memory */
	uint8_t mrtd[SHA384_LEN];
};

/* The same for SEV-SNP, which is shown and not judged. */
struct endorsed_snp {
	uint32_t vmsas; /* vCPUs */
	uint8_t measurement[SHA384_LEN];
};

/* Slices point into the file. */
struct endorsement {
	struct slice golden;    /* the signed bytes, VMGoldenMeasurement */
	struct slice signature; /* over them */
	int64_t timestamp_s;    /* Unix seconds */
	uint32_t timestamp_ns;
	uint64_t cl_spec;                /* Google's changelist, or 0 */
	struct slice commit;             /* or empty */
	struct slice cert;               /* the signer's, DER */
	struct slice ca_bundle;          /* the root's, PEM; may be empty */
	uint8_t uefi_sha384[SHA384_LEN]; /* of the .fd file */
	bool has_tdx;
	uint32_t tdx_svn;
	size_t ntd;
	struct endorsed_td td[ENDORSEMENT_MAX_ROWS];
	bool has_snp;
	uint32_t snp_svn;
	uint64_t snp_policy;
	struct slice snp_family_id, snp_image_id; /* 16 bytes, or empty */
	size_t nsnp;
	struct endorsed_snp snp[ENDORSEMENT_MAX_ROWS];
};

/* Takes the file apart; nothing is verified, as the signer's certificate is one
 * of the things inside the signed bytes: endorsement_verify comes before any
 * use of what it says. Unknown fields are skipped inside the signed message and
 * its SEV-SNP part, where they can say nothing about a TD, and refused
 * everywhere else: outside of the signature anybody can add them, and in the
 * TDX part they could narrow what is read without them.
 *
 * out     written only on ERR_OK.
 * where   names the part that is wrong; static; not written on ERR_OK.
 * Errors  ERR_LIMIT size, or more rows than we hold; pb_next's; ERR_MISSING a
 *         part that is always there; ERR_VALUE a time that is none. */
MUST_CHECK enum err endorsement_parse(struct slice in, struct endorsement *out,
				      const char **where);

/* Who signed. Filled as far as the check came. */
struct endorsement_check {
	char why[ENDORSEMENT_WHY]; /* what is wrong first, or "" */
	bool google_root; /* the root is the one that is a constant here */
	int64_t not_before_s, not_after_s; /* the signer's certificate */
	char signer_serial[2 * X509_MAX_SERIAL + 3]; /* hex */
};

/* Verifies, in this order: the root is Google's, by the SHA-256 of its
 * certificate (or is the one given); it is a self-signed CA; it signed the
 * signer's certificate, which is a leaf named GCE-uefi-signer; both are valid
 * at now_s; the signer signed the golden bytes, RSASSA-PSS with SHA-256 and a
 * salt of 32; they were made before now_s and say what they were built from.
 * There is no revocation list.
 *
 * root    another root certificate to believe, PEM; empty: Google's alone, out
 *         of the endorsement itself.
 * now_s   Unix seconds.
 * out     always written.
 * Errors  ERR_MISSING no root certificate, or no provenance; ERR_MISMATCH a
 * root or names that are not the right ones; ERR_EXPIRED; ERR_SIGNATURE;
 *         rsa_cert_parse's. */
MUST_CHECK enum err endorsement_verify(const struct endorsement *e,
				       struct slice root, int64_t now_s,
				       struct endorsement_check *out);

/* The row of that MRTD, or NULL. */
const struct endorsed_td *
endorsement_find(const struct endorsement *e,
		 const uint8_t mrtd[static SHA384_LEN]);
#endif
