/* quote_show.c - ee-measure quote show: every field of a quote, named. Nothing
 * is verified. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "measure/cli/verifier.h"
#include "measure/lib/pck.h"

static const struct cli_opt opts[] = {
	{ NULL, NULL, NULL, 0 },
};

enum {
	MAX_FIELDS = 80,
	MAX_NUMBERS = 16,
};

/* One line of the output; bytes when text is NULL. */
struct field {
	const char *group, *name;
	struct slice bytes;
	char text[96];
	bool is_number;
	int64_t number;
};

struct fields {
	size_t n;
	struct field at[MAX_FIELDS];
	uint8_t le[MAX_NUMBERS][8]; /* little-endian forms */
	size_t n_le;
};

static struct field *add(struct fields *f, const char *group, const char *name)
{
	struct field *out = &f->at[f->n < MAX_FIELDS - 1 ? f->n++ : f->n];

	*out = (struct field){ .group = group, .name = name };
	return out;
}

static void add_bytes(struct fields *f, const char *group, const char *name,
		      const uint8_t *p, size_t n)
{
	add(f, group, name)->bytes = (struct slice){ p, n };
}

static void add_number(struct fields *f, const char *group, const char *name,
		       size_t v)
{
	struct field *x = add(f, group, name);

	x->is_number = true;
	x->number = (int64_t)v;
}

static void add_text(struct fields *f, const char *group, const char *name,
		     struct slice s)
{
	struct field *x = add(f, group, name);

	if (slice_cstr(s, x->text, sizeof x->text) != ERR_OK)
		x->text[0] = '\0';
}

/* Eight bytes as they stand in the quote. */
static void add_u64(struct fields *f, const char *group, const char *name,
		    uint64_t v)
{
	uint8_t *b = f->le[f->n_le < MAX_NUMBERS - 1 ? f->n_le++ : f->n_le];
	struct wr w = wr_over(b, 8);

	wr_u64le(&w, v);
	add_bytes(f, group, name, b, 8);
}

static void add_time(struct fields *f, const char *group, const char *name,
		     int64_t unix_s)
{
	struct field *x = add(f, group, name);

	rfc3339_format(unix_s * 1000, x->text);
}

/* Names of the td_attributes bits that are set, joined by '|'. */
static void add_attribute_names(struct fields *f, uint64_t v)
{
	static const struct {
		uint64_t bit;
		const char *name;
	} names[] = {
		{ TD_ATTR_DEBUG, "DEBUG" },
		{ TD_ATTR_LASS, "LASS" },
		{ TD_ATTR_SEPT_VE_DISABLE, "SEPT_VE_DISABLE" },
		{ TD_ATTR_MIGRATABLE, "MIGRATABLE" },
		{ TD_ATTR_PKS, "PKS" },
		{ TD_ATTR_KL, "KL" },
		{ TD_ATTR_PERFMON, "PERFMON" },
	};
	struct field *x = add(f, "td_report", "td_attributes_names");
	struct wr w = wr_over(x->text, sizeof x->text - 1);

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if ((v & names[i].bit) != 0) {
			wr_fmt(&w, "%s%s", w.len > 0 ? "|" : "", names[i].name);
			v &= ~names[i].bit;
		}
	if (v != 0)
		wr_fmt(&w, "%sother", w.len > 0 ? "|" : "");
	x->text[w.len] = '\0';
}

#define BYTES(f, group, s, member)                                             \
	add_bytes((f), (group), #member, (s)->member, sizeof(s)->member)

static void add_header(struct fields *f, const struct quote *q)
{
	add_number(f, "header", "version", q->version);
	add_text(f, "header", "body",
		 str_slice(q->body.type == QUOTE_BODY_TD15 ? "TD 1.5"
							   : "TD 1.0"));
	add_number(f, "header", "qe_svn", q->qe_svn);
	add_number(f, "header", "pce_svn", q->pce_svn);
	BYTES(f, "header", q, qe_vendor_id);
	BYTES(f, "header", q, user_data);
}

static void add_td_report(struct fields *f, const struct quote_body *b)
{
	static const char *const rtmr[] = { "rtmr0", "rtmr1", "rtmr2",
					    "rtmr3" };

	BYTES(f, "td_report", b, tee_tcb_svn);
	BYTES(f, "td_report", b, mr_seam);
	BYTES(f, "td_report", b, mr_signer_seam);
	add_u64(f, "td_report", "seam_attributes", b->seam_attributes);
	add_u64(f, "td_report", "td_attributes", b->td_attributes);
	add_attribute_names(f, b->td_attributes);
	add_u64(f, "td_report", "xfam", b->xfam);
	BYTES(f, "td_report", b, mrtd);
	BYTES(f, "td_report", b, mr_config_id);
	BYTES(f, "td_report", b, mr_owner);
	BYTES(f, "td_report", b, mr_owner_config);
	for (size_t i = 0; i < 4; i++)
		add_bytes(f, "td_report", rtmr[i], b->rtmr[i],
			  sizeof b->rtmr[i]);
	BYTES(f, "td_report", b, reportdata);
	if (b->type != QUOTE_BODY_TD15)
		return;
	BYTES(f, "td_report", b, tee_tcb_svn2);
	BYTES(f, "td_report", b, mr_servicetd);
}

static void add_signature(struct fields *f, const struct quote *q)
{
	BYTES(f, "signature", q, signature);
	BYTES(f, "signature", q, attestation_key);
	BYTES(f, "signature", q, qe_signature);
	add_bytes(f, "signature", "qe_auth", q->qe_auth.ptr, q->qe_auth.len);
	add_number(f, "signature", "pck_chain_bytes", q->pck_chain.len);
	add_number(f, "signature", "padding_bytes", q->padding);
}

static void add_qe_report(struct fields *f, const struct quote *q)
{
	const struct qe_report *qe = &q->qe_report;

	BYTES(f, "qe_report", qe, cpusvn);
	add_number(f, "qe_report", "miscselect", qe->miscselect);
	BYTES(f, "qe_report", qe, attributes);
	BYTES(f, "qe_report", qe, mrenclave);
	BYTES(f, "qe_report", qe, mrsigner);
	add_number(f, "qe_report", "isvprodid", qe->isvprodid);
	add_number(f, "qe_report", "isvsvn", qe->isvsvn);
	BYTES(f, "qe_report", qe, reportdata);
}

/* The PCK certificate, when the chain can be read. */
static void add_pck(struct fields *f, const struct quote *q)
{
	static uint8_t store[3 * X509_MAX_DER];
	static struct x509 cert[3];
	static struct pck pck;

	if (x509_chain_parse(q->pck_chain, 3, store, cert) != ERR_OK ||
	    pck_parse(cert[0].sgx_ext, &pck) != ERR_OK) {
		add_text(f, "pck", "error",
			 str_slice("the PCK chain cannot be read"));
		return;
	}
	add_text(f, "pck", "subject", cert[0].subject_cn);
	add_text(f, "pck", "issuer", cert[1].subject_cn);
	add_text(f, "pck", "root", cert[2].subject_cn);
	add_bytes(f, "pck", "serial", cert[0].serial.ptr, cert[0].serial.len);
	add_time(f, "pck", "not_before", cert[0].not_before_s);
	add_time(f, "pck", "not_after", cert[0].not_after_s);
	BYTES(f, "pck", &pck, fmspc);
	BYTES(f, "pck", &pck, pceid);
	BYTES(f, "pck", &pck, ppid);
	BYTES(f, "pck", &pck, cpusvn);
	add_bytes(f, "pck", "tcb_components", pck.tcb.sgx, sizeof pck.tcb.sgx);
	add_number(f, "pck", "pcesvn", pck.tcb.pcesvn);
}

static int by_name(const void *a, const void *b)
{
	const struct field *x = a, *y = b;
	int d = strcmp(x->group, y->group);

	return d != 0 ? d : strcmp(x->name, y->name);
}

/* Canonical JSON wants its keys in order; the text keeps the quote's. */
static void put_json(struct wr *w, struct fields *f)
{
	const char *group = NULL;
	struct jw j;

	qsort(f->at, f->n, sizeof f->at[0], by_name);
	jw_init(&j, w);
	jw_open(&j, '{');
	for (size_t i = 0; i < f->n; i++) {
		const struct field *x = &f->at[i];

		if (group == NULL || strcmp(group, x->group) != 0) {
			if (group != NULL)
				jw_close(&j);
			group = x->group;
			jw_key(&j, group);
			jw_open(&j, '{');
		}
		if (x->is_number)
			jw_ki64(&j, x->name, x->number);
		else if (x->bytes.ptr != NULL)
			jw_khex(&j, x->name, x->bytes);
		else
			jw_kstr(&j, x->name, x->text);
	}
	jw_close(&j);
	jw_close(&j);
	if (jw_end(&j) != ERR_OK)
		wr_fail(w, ERR_STATE);
	wr_str(w, "\n");
}

static void put_text(struct wr *w, const struct fields *f)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct field *x = &f->at[i];

		wr_fmt(w, "%s.%s: ", x->group, x->name);
		if (x->is_number)
			wr_fmt(w, "%lld", (long long)x->number);
		else if (x->bytes.ptr != NULL)
			wr_hex(w, x->bytes);
		else
			wr_str(w, x->text);
		wr_str(w, "\n");
	}
}

static int run(const struct cli *c)
{
	static struct fields f;
	static uint8_t text[48 * 1024];
	struct wr w = wr_over(text, sizeof text);
	const char *what = "";
	struct cli_file file;
	struct slice in;
	struct quote q;
	int rc = cli_quote_read(c->operand[0], &file, &in);
	enum err e;

	if (rc != CLI_DONE)
		return rc;
	e = quote_parse(in, &q, &what);
	if (e != ERR_OK) {
		cli_close(&file);
		return cli_fail(CLI_MALFORMED, "%s: not a TDX quote: %s: %s",
				c->operand[0], what, err_text(e));
	}
	add_header(&f, &q);
	add_td_report(&f, &q.body);
	add_signature(&f, &q);
	add_qe_report(&f, &q);
	add_pck(&f, &q);
	if (c->json)
		put_json(&w, &f);
	else
		put_text(&w, &f);
	cli_close(&file);
	return cli_print_wr(&w);
}

const struct cli_cmd cmd_quote_show = {
	.name = "quote show",
	.operands = "FILE",
	.noperands = 1,
	.summary = "print every field of a quote; nothing is verified",
	.opts = opts,
	.run = run,
};
