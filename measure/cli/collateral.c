/* collateral.c - reading collateral, and the short account of it. */
#include "measure/cli/collateral.h"

#include <string.h>

#include "lib/text.h"

int cli_collateral_parse(const char *path, struct slice in, uint8_t *store,
			 struct collateral *out)
{
	struct arena a = arena_over(store, COLLATERAL_ARENA_BYTES);
	const char *what = "";
	enum err e = collateral_parse(&a, in, out, &what);

	if (e != ERR_OK)
		return cli_fail(CLI_MALFORMED, "%s: not collateral: %s%s%s",
				path, what, what[0] != '\0' ? ": " : "",
				err_text(e));
	collateral_authenticate(out);
	return CLI_DONE;
}

int cli_collateral_read(const char *path, uint8_t *store,
			struct collateral *out)
{
	struct cli_file f;
	int rc = cli_read(path, COLLATERAL_MAX_BYTES, &f);

	if (rc != CLI_DONE)
		return rc;
	rc = cli_collateral_parse(path, f.data, store, out);
	cli_close(&f);
	return rc;
}

void cli_date(int64_t unix_s, char out[static CLI_DATE_LEN + 1])
{
	char text[RFC3339_LEN + 1];

	rfc3339_format(unix_s * 1000, text);
	memcpy(out, text, CLI_DATE_LEN - 1);
	memcpy(out + CLI_DATE_LEN - 1, "Z", 2);
}

int64_t cli_days_left(int64_t now_s, int64_t end_s)
{
	const int64_t day = 24 * 3600;
	int64_t s = end_s - now_s;

	return s >= 0 ? s / day : -((-s + day - 1) / day);
}

/* The four that change from month to month. */
struct part {
	const char *name;
	const struct collateral_item *item;
	const uint32_t *number; /* evaluation data, or NULL */
	const struct crl *crl;  /* or NULL */
};

enum {
	PARTS = 4
};

/* In the order of their names, as JSON wants them. */
static void list_parts(const struct collateral *c, struct part out[PARTS])
{
	const struct collateral_used *u = &c->used;

	out[0] = (struct part){ "pck_crl", &u->pck_crl, NULL, &c->pck_crl };
	out[1] = (struct part){ "qe_identity", &u->qe_identity,
				&u->qe_identity_number, NULL };
	out[2] = (struct part){ "root_crl", &u->root_crl, NULL, &c->root_crl };
	out[3] = (struct part){ "tcb_info", &u->tcb_info, &u->tcb_info_number,
				NULL };
}

void cli_collateral_put(struct wr *w, const struct collateral *c)
{
	struct part p[PARTS];

	list_parts(c, p);
	for (size_t i = 0; i < PARTS; i++) {
		char from[CLI_DATE_LEN + 1], to[CLI_DATE_LEN + 1];

		cli_date(p[i].item->issued_s, from);
		cli_date(p[i].item->next_update_s, to);
		if (p[i].number != NULL)
			wr_fmt(w, "%s.evaluation_number: %u\n", p[i].name,
			       (unsigned)*p[i].number);
		if (p[i].crl != NULL && p[i].crl->number.len > 0) {
			wr_fmt(w, "%s.number: ", p[i].name);
			wr_hex(w, p[i].crl->number);
			wr_str(w, "\n");
		}
		if (p[i].crl != NULL)
			wr_fmt(w, "%s.bytes: %zu\n%s.revoked: %zu\n", p[i].name,
			       p[i].crl->der.len, p[i].name,
			       crl_count(p[i].crl));
		wr_fmt(w, "%s.issued: %s\n%s.next_update: %s\n%s.sha256: ",
		       p[i].name, from, p[i].name, to, p[i].name);
		wr_hex(w, (struct slice){ p[i].item->sha256, SHA256_LEN });
		wr_str(w, "\n");
	}
}

void cli_collateral_json(struct jw *j, const struct collateral *c)
{
	struct part p[PARTS];

	list_parts(c, p);
	for (size_t i = 0; i < PARTS; i++) {
		const struct crl *crl = p[i].crl;
		char at[CLI_DATE_LEN + 1];

		jw_key(j, p[i].name);
		jw_open(j, '{');
		if (crl != NULL)
			jw_ki64(j, "bytes", (int64_t)crl->der.len);
		if (p[i].number != NULL)
			jw_ki64(j, "evaluation_number", *p[i].number);
		cli_date(p[i].item->issued_s, at);
		jw_kstr(j, "issued", at);
		cli_date(p[i].item->next_update_s, at);
		jw_kstr(j, "next_update", at);
		if (crl != NULL && crl->number.len > 0)
			jw_khex(j, "number", crl->number);
		if (crl != NULL)
			jw_ki64(j, "revoked", (int64_t)crl_count(crl));
		jw_khex(j, "sha256",
			(struct slice){ p[i].item->sha256, SHA256_LEN });
		jw_close(j);
	}
}
