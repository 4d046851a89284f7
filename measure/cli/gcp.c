/* gcp.c - ee-measure gcp endorsement: what Google says of a firmware. */
#include "measure/cli/gcp.h"

#include <inttypes.h>
#include <stdio.h>

#include "lib/cert.h"
#include "lib/text.h"

enum {
	MAX_ROOT_BYTES = 16 * 1024
};

static const struct cli_opt opts[] = {
	{ "at", "TIME", "verify as of: RFC 3339 or Unix seconds",
	  CLI_REQUIRED },
	GCP_ROOT_OPT,
	{ NULL, NULL, NULL, 0 },
};

int gcp_root_open(const struct cli *c, struct cli_file *root)
{
	const char *path = cli_get(c, "root");
	uint8_t store[X509_MAX_DER];
	struct wr der = wr_over(store, sizeof store);
	struct rsa_cert cert;
	enum err e;
	int rc;

	*root = (struct cli_file){ 0 };
	if (path == NULL)
		return CLI_DONE;
	rc = cli_read(path, MAX_ROOT_BYTES, root);
	if (rc != CLI_DONE)
		return rc;
	e = pem_read(root->data, "CERTIFICATE", &der);
	if (e == ERR_OK)
		e = rsa_cert_parse(wr_slice(&der), &cert);
	if (e == ERR_OK)
		return CLI_DONE;
	cli_close(root);
	return cli_fail(CLI_MALFORMED, "%s: not a root certificate: %s", path,
			err_text(e));
}

int gcp_endorsement_open(const char *path, struct slice root, int64_t now_s,
			 struct gcp_endorsement *out)
{
	const char *where = "";
	int rc = cli_read(path, ENDORSEMENT_MAX_BYTES, &out->file);
	enum err e;

	if (rc != CLI_DONE)
		return rc;
	out->path = path;
	e = endorsement_parse(out->file.data, &out->e, &where);
	if (e != ERR_OK) {
		cli_close(&out->file);
		return cli_fail(CLI_MALFORMED,
				"%s: not a launch endorsement: %s: %s", path,
				where, err_text(e));
	}
	out->verified =
		endorsement_verify(&out->e, root, now_s, &out->check) == ERR_OK;
	return CLI_DONE;
}

/* ---- JSON: members in the order of their names */

static void json_time(struct jw *j, const char *key, int64_t unix_s)
{
	char text[RFC3339_LEN + 1];

	rfc3339_format(unix_s * 1000, text);
	jw_kstr(j, key, text);
}

/* 64 bits do not fit a JSON number. */
static void json_u64(struct jw *j, const char *key, uint64_t v, bool hex)
{
	char text[24];

	if (hex)
		snprintf(text, sizeof text, "0x%" PRIx64, v);
	else
		snprintf(text, sizeof text, "%" PRIu64, v);
	jw_kstr(j, key, text);
}

static void json_snp(struct jw *j, const struct endorsement *e)
{
	jw_key(j, "sev_snp");
	if (!e->has_snp) {
		jw_null(j);
		return;
	}
	jw_open(j, '{');
	jw_khex(j, "family_id", e->snp_family_id);
	jw_khex(j, "image_id", e->snp_image_id);
	jw_key(j, "measurements");
	jw_open(j, '[');
	for (size_t i = 0; i < e->nsnp; i++) {
		jw_open(j, '{');
		jw_khex(j, "measurement",
			(struct slice){ e->snp[i].measurement, SHA384_LEN });
		jw_ki64(j, "vmsas", e->snp[i].vmsas);
		jw_close(j);
	}
	jw_close(j);
	json_u64(j, "policy", e->snp_policy, true);
	jw_ki64(j, "svn", e->snp_svn);
	jw_close(j);
}

static void json_tdx(struct jw *j, const struct endorsement *e)
{
	jw_key(j, "tdx");
	if (!e->has_tdx) {
		jw_null(j);
		return;
	}
	jw_open(j, '{');
	jw_key(j, "measurements");
	jw_open(j, '[');
	for (size_t i = 0; i < e->ntd; i++) {
		jw_open(j, '{');
		jw_kbool(j, "early_accept", e->td[i].early_accept);
		jw_khex(j, "mrtd", (struct slice){ e->td[i].mrtd, SHA384_LEN });
		jw_ki64(j, "ram_gib", e->td[i].ram_gib);
		jw_close(j);
	}
	jw_close(j);
	jw_ki64(j, "svn", e->tdx_svn);
	jw_close(j);
}

static void json_signer(struct jw *j, const struct endorsement_check *c)
{
	jw_key(j, "signer");
	jw_open(j, '{');
	jw_kbool(j, "google_root", c->google_root);
	json_time(j, "not_after", c->not_after_s);
	json_time(j, "not_before", c->not_before_s);
	jw_kstr(j, "serial", c->signer_serial);
	jw_close(j);
}

void gcp_endorsement_json(struct jw *j, const struct gcp_endorsement *g)
{
	const struct endorsement *e = &g->e;

	if (!g->verified) {
		jw_kstr(j, "reason", g->check.why);
		jw_kstr(j, "verdict", "refused");
		return;
	}
	json_u64(j, "cl_spec", e->cl_spec, false);
	jw_khex(j, "commit", e->commit);
	json_snp(j, e);
	json_signer(j, &g->check);
	json_tdx(j, e);
	json_time(j, "timestamp", e->timestamp_s);
	jw_khex(j, "uefi_sha384", (struct slice){ e->uefi_sha384, SHA384_LEN });
	jw_kstr(j, "verdict", "verified");
}

/* ---- text */

static void text_time(struct wr *w, int64_t unix_s)
{
	char text[RFC3339_LEN + 1];

	rfc3339_format(unix_s * 1000, text);
	wr_str(w, text);
}

static void text_origin(struct wr *w, const struct endorsement *e)
{
	wr_str(w, "built_from:");
	if (e->cl_spec != 0)
		wr_fmt(w, " changelist %" PRIu64, e->cl_spec);
	if (e->commit.len > 0) {
		wr_str(w, " commit ");
		wr_hex(w, e->commit);
	}
	wr_str(w, e->cl_spec == 0 && e->commit.len == 0 ? " not said\n" : "\n");
}

static void text_rows(struct wr *w, const struct endorsement *e)
{
	if (e->has_tdx)
		wr_fmt(w, "tdx_svn: %" PRIu32 "\n", e->tdx_svn);
	else
		wr_str(w, "tdx: nothing is said of TDX\n");
	for (size_t i = 0; i < e->ntd; i++) {
		const struct endorsed_td *td = &e->td[i];

		wr_str(w, "mrtd: ");
		wr_hex(w, (struct slice){ td->mrtd, SHA384_LEN });
		if (td->ram_gib == 0)
			wr_str(w, " any memory size");
		else
			wr_fmt(w, " %" PRIu32 " GiB", td->ram_gib);
		wr_str(w, td->early_accept ? ", early accept\n" : "\n");
	}
	if (e->has_snp)
		wr_fmt(w,
		       "sev_snp: svn %" PRIu32 ", policy 0x%" PRIx64
		       ", %zu measurements\n",
		       e->snp_svn, e->snp_policy, e->nsnp);
}

void gcp_endorsement_text(struct wr *w, const struct gcp_endorsement *g)
{
	const struct endorsement *e = &g->e;

	if (!g->verified) {
		wr_fmt(w, "verdict: refused\nreason: %s\n", g->check.why);
		return;
	}
	wr_fmt(w, "verdict: verified\nroot: %s\n",
	       g->check.google_root ? "Google's"
				    : "the one given, not Google's");
	wr_fmt(w, "signer: serial %s, ", g->check.signer_serial);
	text_time(w, g->check.not_before_s);
	wr_str(w, " to ");
	text_time(w, g->check.not_after_s);
	wr_str(w, "\nmade: ");
	text_time(w, e->timestamp_s);
	wr_str(w, "\n");
	text_origin(w, e);
	wr_str(w, "uefi_sha384: ");
	wr_hex(w, (struct slice){ e->uefi_sha384, SHA384_LEN });
	wr_str(w, "\nfirmware: " GCP_BUCKET);
	wr_hex(w, (struct slice){ e->uefi_sha384, SHA384_LEN });
	wr_str(w, ".fd\n");
	text_rows(w, e);
}

/* ---- the command */

static int print(const struct cli *c, const struct gcp_endorsement *g)
{
	static uint8_t text[64 * 1024];
	struct wr w = wr_over(text, sizeof text);
	struct jw j;

	if (c->json) {
		jw_init(&j, &w);
		jw_open(&j, '{');
		gcp_endorsement_json(&j, g);
		jw_close(&j);
		if (jw_end(&j) != ERR_OK)
			wr_fail(&w, ERR_STATE);
		wr_str(&w, "\n");
	} else {
		gcp_endorsement_text(&w, g);
	}
	return cli_print_wr(&w);
}

static int run(const struct cli *c)
{
	static struct gcp_endorsement g;
	struct cli_file root;
	int64_t now_s = 0;
	int rc;

	rc = cli_at(c, &now_s);
	if (rc != CLI_DONE)
		return rc;
	rc = gcp_root_open(c, &root);
	if (rc == CLI_DONE)
		rc = gcp_endorsement_open(c->operand[0], root.data, now_s, &g);
	cli_close(&root);
	if (rc != CLI_DONE)
		return rc;
	rc = print(c, &g);
	cli_close(&g.file);
	if (rc == CLI_DONE && !g.verified)
		return CLI_REFUSED;
	return rc;
}

const struct cli_cmd cmd_gcp_endorsement = {
	.name = "gcp endorsement",
	.operands = "FILE",
	.noperands = 1,
	.summary = "verify what Google says of a firmware, and print it",
	.opts = opts,
	.run = run,
};
