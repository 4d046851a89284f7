/* collateral_show.c - ee-measure collateral show: all that is in a bundle. Its
 * signatures are looked at, its dates are not. */
#include <string.h>

#include "lib/text.h"
#include "measure/cli/collateral.h"

static const struct cli_opt opts[] = {
	{ "insecure-sim-root", "PEM", "name this root as that of simulations",
	  0 },
	{ NULL, NULL, NULL, 0 },
};

/* Whose root it is, as far as one can know. */
static const char *root_kind(const struct collateral *c,
			     const struct trust_roots *roots)
{
	bool insecure;

	if (!trust_roots_know(roots, c->pck_ca.root.pub, &insecure))
		return "unknown";
	return insecure ? "simulated" : "intel";
}

/* The certificates, each with the chain that it leads. */
struct named_cert {
	const char *name;
	const struct x509 *cert;
};

enum {
	CERTS = 4
};

static void list_certs(const struct collateral *c, struct named_cert out[CERTS])
{
	const struct named_cert all[CERTS] = {
		{ "pck_ca", &c->pck_ca.cert },
		{ "qe_identity_signer", &c->qe_issuer.cert },
		{ "root", &c->pck_ca.root },
		{ "tcb_info_signer", &c->tcb_issuer.cert },
	};

	memcpy(out, all, sizeof all);
}

/* ---- text ---- */

static void put_date(struct wr *w, int64_t s)
{
	char date[CLI_DATE_LEN + 1];

	cli_date(s, date);
	wr_str(w, date);
}

/* Advisories in brackets, as far as they are plain text. */
static void put_advisories(struct wr *w, struct json list)
{
	struct json e = json_first(list);

	if (e.node == NULL)
		return;
	wr_str(w, " [");
	for (; e.node != NULL; e = json_next(e)) {
		struct slice s = { NULL, 0 };

		if (json_as_str(e, &s) != ERR_OK)
			continue;
		for (size_t i = 0; i < s.len; i++)
			wr_u8(w, s.ptr[i] > ' ' && s.ptr[i] <= '~' ? s.ptr[i]
								   : '?');
		if (json_next(e).node != NULL)
			wr_str(w, " ");
	}
	wr_str(w, "]");
}

static void put_svns(struct wr *w, const char *name, const uint8_t svn[16])
{
	wr_fmt(w, " %s", name);
	for (int i = 0; i < 16; i++)
		wr_fmt(w, "%c%u", i > 0 ? '.' : '=', svn[i]);
}

static void put_isv_levels(struct wr *w, const char *name,
			   const struct isv_levels *l)
{
	for (size_t i = 0; i < l->n; i++) {
		wr_fmt(w, "%s.level: %s of ", name,
		       tcb_status_name(l->at[i].status));
		put_date(w, l->at[i].date_s);
		wr_fmt(w, " isvsvn=%u", l->at[i].isvsvn);
		put_advisories(w, l->at[i].advisories);
		wr_str(w, "\n");
	}
}

static void put_levels(struct wr *w, const struct collateral *c)
{
	const struct tcb_info *t = &c->tcb_info;

	for (size_t i = 0; i < t->n_levels; i++) {
		const struct tcb_level *l = &t->levels[i];

		wr_fmt(w, "platform.level: %s of ", tcb_status_name(l->status));
		put_date(w, l->date_s);
		wr_fmt(w, " pcesvn=%u", l->pcesvn);
		put_svns(w, "sgx", l->sgx);
		put_svns(w, "tdx", l->tdx);
		put_advisories(w, l->advisories);
		wr_str(w, "\n");
	}
	for (size_t i = 0; i < t->n_modules; i++) {
		char name[16];
		struct wr n = wr_over(name, sizeof name);

		wr_fmt(&n, "module_%02x", t->modules[i].version);
		wr_u8(&n, 0);
		put_isv_levels(w, name, &t->modules[i].levels);
	}
	put_isv_levels(w, "qe", &c->qe_identity.levels);
}

static void put_text(struct wr *w, const struct collateral *c, const char *kind)
{
	struct named_cert cert[CERTS];

	list_certs(c, cert);
	wr_str(w, "fmspc: ");
	wr_hex(w, (struct slice){ c->tcb_info.fmspc, 6 });
	wr_str(w, "\npce_id: ");
	wr_hex(w, (struct slice){ c->tcb_info.pceid, 2 });
	wr_fmt(w, "\nroot: %s\nsignatures: %s\n", kind,
	       c->signatures == REASON_OK ? "verify" : c->signatures_what);
	cli_collateral_put(w, c);
	for (size_t i = 0; i < CERTS; i++) {
		wr_fmt(w, "%s.subject: %.*s\n%s.serial: ", cert[i].name,
		       (int)cert[i].cert->subject_cn.len,
		       (const char *)cert[i].cert->subject_cn.ptr,
		       cert[i].name);
		wr_hex(w, cert[i].cert->serial);
		wr_fmt(w, "\n%s.valid: ", cert[i].name);
		put_date(w, cert[i].cert->not_before_s);
		wr_str(w, " to ");
		put_date(w, cert[i].cert->not_after_s);
		wr_str(w, "\n");
	}
	put_levels(w, c);
}

/* ---- JSON ---- */

static void json_advisories(struct jw *j, struct json list)
{
	jw_key(j, "advisories");
	jw_open(j, '[');
	for (struct json e = json_first(list); e.node; e = json_next(e)) {
		struct slice s = { NULL, 0 };

		if (json_as_str(e, &s) == ERR_OK)
			jw_slice(j, s);
	}
	jw_close(j);
}

static void json_date(struct jw *j, const char *key, int64_t s)
{
	char date[CLI_DATE_LEN + 1];

	cli_date(s, date);
	jw_kstr(j, key, date);
}

static void json_svns(struct jw *j, const char *key, const uint8_t svn[16])
{
	jw_key(j, key);
	jw_open(j, '[');
	for (int i = 0; i < 16; i++)
		jw_i64(j, svn[i]);
	jw_close(j);
}

static void json_isv_levels(struct jw *j, const char *key,
			    const struct isv_levels *l)
{
	jw_key(j, key);
	jw_open(j, '[');
	for (size_t i = 0; i < l->n; i++) {
		jw_open(j, '{');
		json_advisories(j, l->at[i].advisories);
		json_date(j, "date", l->at[i].date_s);
		jw_ki64(j, "isvsvn", l->at[i].isvsvn);
		jw_kstr(j, "status", tcb_status_name(l->at[i].status));
		jw_close(j);
	}
	jw_close(j);
}

static void json_platform_levels(struct jw *j, const struct tcb_info *t)
{
	jw_key(j, "platform");
	jw_open(j, '[');
	for (size_t i = 0; i < t->n_levels; i++) {
		const struct tcb_level *l = &t->levels[i];

		jw_open(j, '{');
		json_advisories(j, l->advisories);
		json_date(j, "date", l->date_s);
		jw_ki64(j, "pcesvn", l->pcesvn);
		json_svns(j, "sgx", l->sgx);
		jw_kstr(j, "status", tcb_status_name(l->status));
		json_svns(j, "tdx", l->tdx);
		jw_close(j);
	}
	jw_close(j);
}

static void json_modules(struct jw *j, const struct tcb_info *t)
{
	jw_key(j, "modules");
	jw_open(j, '[');
	for (size_t i = 0; i < t->n_modules; i++) {
		const struct tdx_module *m = &t->modules[i];

		jw_open(j, '{');
		json_isv_levels(j, "levels", &m->levels);
		jw_khex(j, "mrsigner", (struct slice){ m->mrsigner, 48 });
		jw_ki64(j, "version", m->version);
		jw_close(j);
	}
	jw_close(j);
}

static void json_certs(struct jw *j, const struct collateral *c)
{
	struct named_cert cert[CERTS];

	list_certs(c, cert);
	jw_key(j, "certificates");
	jw_open(j, '{');
	for (size_t i = 0; i < CERTS; i++) {
		jw_key(j, cert[i].name);
		jw_open(j, '{');
		json_date(j, "not_after", cert[i].cert->not_after_s);
		json_date(j, "not_before", cert[i].cert->not_before_s);
		jw_khex(j, "serial", cert[i].cert->serial);
		jw_kslice(j, "subject", cert[i].cert->subject_cn);
		jw_close(j);
	}
	jw_close(j);
}

static void put_json(struct wr *w, const struct collateral *c, const char *kind)
{
	struct jw j;

	jw_init(&j, w);
	jw_open(&j, '{');
	json_certs(&j, c);
	jw_key(&j, "collateral");
	jw_open(&j, '{');
	cli_collateral_json(&j, c);
	jw_close(&j);
	jw_khex(&j, "fmspc", (struct slice){ c->tcb_info.fmspc, 6 });
	jw_key(&j, "levels");
	jw_open(&j, '{');
	json_modules(&j, &c->tcb_info);
	json_platform_levels(&j, &c->tcb_info);
	json_isv_levels(&j, "qe", &c->qe_identity.levels);
	jw_close(&j);
	jw_khex(&j, "pce_id", (struct slice){ c->tcb_info.pceid, 2 });
	jw_kstr(&j, "root", kind);
	jw_kbool(&j, "signatures_verify", c->signatures == REASON_OK);
	jw_kstr(&j, "signatures_wrong", c->signatures_what);
	jw_close(&j);
	if (jw_end(&j) != ERR_OK)
		wr_fail(w, ERR_STATE);
	wr_str(w, "\n");
}

static int run(const struct cli *c)
{
	static uint8_t store[COLLATERAL_ARENA_BYTES], text[CLI_COLLATERAL_TEXT];
	struct wr w = wr_over(text, sizeof text);
	struct trust_roots roots;
	struct collateral col;
	int rc = cli_roots_read(c, &roots);

	if (rc == CLI_DONE)
		rc = cli_collateral_read(c->operand[0], store, &col);
	if (rc != CLI_DONE)
		return rc;
	if (c->json)
		put_json(&w, &col, root_kind(&col, &roots));
	else
		put_text(&w, &col, root_kind(&col, &roots));
	return cli_print_wr(&w);
}

const struct cli_cmd cmd_collateral_show = {
	.name = "collateral show",
	.operands = "FILE",
	.noperands = 1,
	.summary = "print what collateral says; its dates are not judged",
	.opts = opts,
	.run = run,
};
