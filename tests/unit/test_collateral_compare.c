/* What may take the place of what: every part that can go back, alone; and the
 * judgement of collateral without a quote. On the made-up platform. */
#include <stdlib.h>

#include "measure/lib/collateral_check.h"
#include "measure/lib/collateral_compare.h"
#include "measure/lib/collateral_write.h"
#include "tests/peers/fakequote.h"
#include "tests/tap.h"

static uint8_t old_mem[COLLATERAL_ARENA_BYTES], new_mem[COLLATERAL_ARENA_BYTES];
static struct collateral old, fresh;
static struct fake fake;

static void load(uint8_t *mem, struct collateral *out)
{
	struct arena a = arena_over(mem, COLLATERAL_ARENA_BYTES);
	const char *what = "";

	fake_build(&fake);
	if (collateral_parse(
		    &a,
		    (struct slice){ (uint8_t *)fake.bundle, fake.bundle_len },
		    out, &what) != ERR_OK) {
		printf("# %s\n", what);
		exit(98);
	}
	collateral_authenticate(out);
}

/* ---- one change at a time ---- */

static void info_number(struct fake *f, int by)
{
	f->info_evaluation = (unsigned)((int)f->info_evaluation + by);
}
static void qe_number(struct fake *f, int by)
{
	f->qe_evaluation = (unsigned)((int)f->qe_evaluation + by);
}
static void info_date(struct fake *f, int by)
{
	f->info_from_s += by;
}
static void qe_date(struct fake *f, int by)
{
	f->qe_from_s += by;
}
static void pck_crl_date(struct fake *f, int by)
{
	f->pck_crl.from_s += by;
}
static void root_crl_date(struct fake *f, int by)
{
	f->root_crl.from_s += by;
}

static const struct {
	void (*change)(struct fake *, int by);
	const char *why, *name;
} parts[] = {
	{ info_number,
	  "the TCB info's evaluation number goes back from 20 to "
	  "19",
	  "the TCB info's number" },
	{ qe_number,
	  "the QE identity's evaluation number goes back from 20 to "
	  "19",
	  "the QE identity's number" },
	{ info_date, "the TCB info's issue date goes back from 20",
	  "the TCB "
	  "info's date" },
	{ qe_date, "the QE identity's issue date goes back from 20",
	  "the QE identity's date" },
	{ pck_crl_date, "the PCK CRL's date goes back from 20",
	  "the PCK CRL's date" },
	{ root_crl_date, "the root CRL's date goes back from 20",
	  "the root CRL's date" },
};

static void test_order(void)
{
	char why[COLLATERAL_WHY] = "x";

	fake_init(&fake);
	load(old_mem, &old);
	load(new_mem, &fresh);
	ok(collateral_compare(&old, &fresh, why) == COLLATERAL_SAME &&
		   why[0] == '\0',
	   "the same is the same");
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		fake_init(&fake);
		parts[i].change(&fake, 1);
		load(new_mem, &fresh);
		ok(collateral_compare(&old, &fresh, why) == COLLATERAL_NEWER &&
			   why[0] == '\0',
		   "%s goes on", parts[i].name);
		fake_init(&fake);
		parts[i].change(&fake, -1);
		load(new_mem, &fresh);
		if (!ok(collateral_compare(&old, &fresh, why) ==
					COLLATERAL_OLDER &&
				strncmp(why, parts[i].why,
					strlen(parts[i].why)) == 0,
			"%s goes back, and it is said", parts[i].name))
			printf("#   %s\n", why);
	}
}

static void longer_tcb(struct fake *f)
{
	f->tcb_cert.to_s += FAKE_DAY;
}
static void longer_ca(struct fake *f)
{
	f->ca_cert.to_s += FAKE_DAY;
}
static void longer_root(struct fake *f)
{
	f->root_cert.to_s += FAKE_DAY;
}

/* A certificate that is issued anew around the same documents is news: the old
 * one ends. */
static void test_certificates(void)
{
	static const struct {
		void (*change)(struct fake *);
		const char *name;
	} row[] = {
		{ longer_tcb, "the TCB signer's" },
		{ longer_ca, "the PCK CA's" },
		{ longer_root, "the root's" },
	};
	char why[COLLATERAL_WHY];

	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		fake_init(&fake);
		row[i].change(&fake);
		load(new_mem, &fresh);
		ok(slice_eq(old.tcb_info_text, fresh.tcb_info_text) &&
			   collateral_compare(&old, &fresh, why) ==
				   COLLATERAL_NEWER,
		   "another certificate is newer: %s", row[i].name);
	}
}

/* One part forward does not make up for another that goes back. */
static void test_mixed(void)
{
	char why[COLLATERAL_WHY];
	size_t n = sizeof parts / sizeof parts[0], refused = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++) {
			if (i == k)
				continue;
			fake_init(&fake);
			parts[i].change(&fake, 1);
			parts[k].change(&fake, -1);
			load(new_mem, &fresh);
			refused += collateral_compare(&old, &fresh, why) ==
				   COLLATERAL_OLDER;
		}
	ok(refused == n * (n - 1),
	   "nor does one part forward make up for another");
}

static void other_fmspc(struct fake *f)
{
	f->info_fmspc[5] ^= 1;
}
static void other_pce(struct fake *f)
{
	f->info_pceid[0] ^= 1;
}
static void other_ca(struct fake *f)
{
	f->ca_cert.cn = "Intel SGX PCK Processor CA";
	f->pck_cert.issuer_cn = f->pck_crl.issuer_cn = f->ca_cert.cn;
}
static void other_root(struct fake *f)
{
	f->root = f->stranger;
}
static void other_signer(struct fake *f)
{
	f->info_signer = &f->stranger;
}

static void test_other(void)
{
	static const struct {
		void (*change)(struct fake *);
		const char *why;
	} row[] = {
		{ other_fmspc, "it is for another FMSPC" },
		{ other_pce, "it is for another PCE" },
		{ other_ca, "it is of another PCK CA" },
		{ other_root, "it is under another root" },
		{ other_signer, "it is not genuine" },
	};
	char why[COLLATERAL_WHY];

	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		fake_init(&fake);
		row[i].change(&fake);
		load(new_mem, &fresh);
		if (!ok(collateral_compare(&old, &fresh, why) ==
					COLLATERAL_OTHER &&
				strcmp(why, row[i].why) == 0,
			"other: %s", row[i].why))
			printf("#   %s\n", why);
		ok(collateral_compare(&fresh, &old, why) == COLLATERAL_OTHER &&
			   (row[i].change != other_signer ||
			    strcmp(why, "what is there is not genuine") == 0),
		   "and the other way round");
	}
}

/* ---- CRL numbers: 2.5.29.20 (RFC 5280 5.2.3) ---- */

/* [0] { SEQUENCE { SEQUENCE { OID crlNumber, OCTET STRING { INTEGER } } } } */
static size_t number_ext(const uint8_t *n, size_t len, uint8_t *out)
{
	static const uint8_t head[] = { 0xa0, 0,    0x30, 0,    0x30,
					0,    0x06, 0x03, 0x55, 0x1d,
					0x14, 0x04, 0,    0x02, 0 };

	memcpy(out, head, sizeof head);
	out[14] = (uint8_t)len;
	out[12] = (uint8_t)(len + 2);
	out[5] = (uint8_t)(len + 9);
	out[3] = (uint8_t)(len + 11);
	out[1] = (uint8_t)(len + 13);
	memcpy(out + sizeof head, n, len);
	return sizeof head + len;
}

/* Loads a CRL (PCK or root) with that number. */
static void load_number(enum fake_part part, const char *n, size_t len,
			uint8_t *mem, struct collateral *out)
{
	uint8_t ext[64];
	struct fake_edit e = { .part = part,
			       .stage = FAKE_BEFORE,
			       .op = FAKE_APPEND,
			       .at = "",
			       .with = (const char *)ext };

	fake_init(&fake);
	e.len = number_ext((const uint8_t *)n, len, ext);
	fake.edit = &e;
	load(mem, out);
	fake.edit = NULL;
}

static void test_crl_numbers(void)
{
	static const struct {
		const char *a, *b;
		size_t na, nb;
		enum collateral_change want;
	} row[] = {
		{ "\x01", "\x02", 1, 1, COLLATERAL_NEWER },
		{ "\x02", "\x01", 1, 1, COLLATERAL_OLDER },
		{ "\x00", "\x01", 1, 1, COLLATERAL_NEWER },
		{ "\x01", "\x00", 1, 1, COLLATERAL_OLDER },
		{ "\x7f", "\x00\x80", 1, 2, COLLATERAL_NEWER },
		{ "\x00\x80", "\x7f", 2, 1, COLLATERAL_OLDER },
		{ "\x00\xff", "\x01\x00", 2, 2, COLLATERAL_NEWER },
		{ "\x01\x00", "\x00\xff", 2, 2, COLLATERAL_OLDER },
		{ "\x7f\xff", "\x00\x80\x00", 2, 3, COLLATERAL_NEWER },
		{ "\x05", "\x05", 1, 1, COLLATERAL_SAME },
	};
	static const enum fake_part crls[] = { FAKE_PCK_CRL, FAKE_ROOT_CRL };
	char why[COLLATERAL_WHY];

	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
			load_number(crls[k], row[i].a, row[i].na, old_mem,
				    &old);
			load_number(crls[k], row[i].b, row[i].nb, new_mem,
				    &fresh);
			ok(collateral_compare(&old, &fresh, why) ==
					   row[i].want &&
				   (row[i].want == COLLATERAL_OLDER) ==
					   (strstr(why, "CRL's number") !=
					    NULL),
			   "CRL numbers %zu of CRL %zu", i, k);
		}
	fake_init(&fake);
	load(new_mem, &fresh);
	ok(fresh.pck_crl.number.len == 0 &&
		   collateral_compare(&old, &fresh, why) == COLLATERAL_NEWER,
	   "a CRL without a number says nothing about it");
}

static void test_crl_number_form(void)
{
	static const struct {
		const char *n;
		size_t len;
		enum err err;
		const char *title;
	} row[] = {
		{ "\x7f\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d"
		  "\x0e\x0f\x10\x11\x12\x13",
		  20, ERR_OK, "of 20 bytes" },
		{ "\x7f\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d"
		  "\x0e\x0f\x10\x11\x12\x13\x14",
		  21, ERR_VALUE, "of 21 bytes" },
		{ "\x80", 1, ERR_VALUE, "below zero" },
		{ "\x00\x01", 2, ERR_VALUE, "with a zero too many" },
		{ "", 0, ERR_VALUE, "of no byte" },
	};
	uint8_t ext[64];
	struct fake_edit e = { .part = FAKE_PCK_CRL,
			       .stage = FAKE_BEFORE,
			       .op = FAKE_APPEND,
			       .at = "",
			       .with = (const char *)ext };
	struct crl c;

	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		fake_init(&fake);
		e.len = number_ext((const uint8_t *)row[i].n, row[i].len, ext);
		fake.edit = &e;
		fake_build(&fake);
		fake.edit = NULL;
		is_err(crl_parse((struct slice){ fake.pck_crl_der,
						 fake.pck_crl_der_len },
				 &c),
		       row[i].err, "a CRL number %s", row[i].title);
	}
}

/* ---- the judgement ---- */

static void roots_of_fake(struct trust_roots *r)
{
	trust_roots_init(r);
	if (trust_roots_add_insecure(
		    r, (struct slice){ (uint8_t *)fake.root_pem,
				       fake.root_pem_len }) != ERR_OK)
		exit(98);
}

static void test_check(void)
{
	struct collateral_period p[COLLATERAL_PERIODS];
	struct collateral_judgement j;
	struct trust_roots r;

	fake_init(&fake);
	load(old_mem, &old);
	roots_of_fake(&r);
	collateral_check(&old, &r, FAKE_NOW, &j);
	ok(j.reason == REASON_OK && j.simulated && j.detail[0] == '\0',
	   "in order, under the root given by name");
	collateral_periods(&old, p);
	for (size_t i = 0; i < COLLATERAL_PERIODS; i++) {
		bool first = true;

		for (size_t k = 0; k < COLLATERAL_PERIODS; k++)
			first = first && p[i].to_s <= p[k].to_s;
		if (first)
			ok(j.next.to_s == p[i].to_s, "%s is the first to end",
			   p[i].what);
	}
	collateral_check(&old, &r, j.next.to_s, &j);
	ok(j.reason == REASON_OK, "on its last second");
	collateral_check(&old, &r, j.next.to_s + 1, &j);
	ok(j.reason == REASON_EXPIRED && strstr(j.detail, "expired") != NULL,
	   "and one later: %s", j.detail);
	trust_roots_init(&r);
	collateral_check(&old, &r, FAKE_NOW, &j);
	ok(j.reason == REASON_ISSUER && !j.simulated, "under Intel's alone");
	roots_of_fake(&r);
	other_signer(&fake);
	load(old_mem, &old);
	collateral_check(&old, &r, FAKE_NOW, &j);
	ok(j.reason == REASON_SIGNATURE && j.detail[0] != '\0',
	   "signed by somebody else: %s", j.detail);
}

static void end_info(struct fake *f, int64_t from, int64_t to)
{
	f->info_from_s = from;
	f->info_to_s = to;
}
static void end_qe(struct fake *f, int64_t from, int64_t to)
{
	f->qe_from_s = from;
	f->qe_to_s = to;
}
static void end_pck_crl(struct fake *f, int64_t from, int64_t to)
{
	f->pck_crl.from_s = from;
	f->pck_crl.to_s = to;
}
static void end_root_crl(struct fake *f, int64_t from, int64_t to)
{
	f->root_crl.from_s = from;
	f->root_crl.to_s = to;
}
static void end_tcb(struct fake *f, int64_t from, int64_t to)
{
	f->tcb_cert.from_s = from;
	f->tcb_cert.to_s = to;
}
static void end_ca(struct fake *f, int64_t from, int64_t to)
{
	f->ca_cert.from_s = from;
	f->ca_cert.to_s = to;
}
static void end_root(struct fake *f, int64_t from, int64_t to)
{
	f->root_cert.from_s = from;
	f->root_cert.to_s = to;
}

static void test_dates(void)
{
	static const struct {
		void (*period)(struct fake *, int64_t, int64_t);
		const char *what;
	} row[] = {
		{ end_info, "TCB info" },
		{ end_qe, "QE identity" },
		{ end_pck_crl, "PCK CRL" },
		{ end_root_crl, "root CRL" },
		{ end_tcb, "TCB info signer's certificate" },
		{ end_ca, "PCK CRL issuer's certificate" },
		{ end_root, "collateral's root certificate" },
	};
	struct collateral_judgement j;
	struct trust_roots r;

	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		size_t n = strlen(row[i].what);

		fake_init(&fake);
		row[i].period(&fake, FAKE_NOW - 10, FAKE_NOW);
		load(old_mem, &old);
		roots_of_fake(&r);
		collateral_check(&old, &r, FAKE_NOW, &j);
		ok(j.reason == REASON_OK && j.next.to_s == FAKE_NOW &&
			   strcmp(j.next.what, row[i].what) == 0,
		   "%s ends first", row[i].what);
		collateral_check(&old, &r, FAKE_NOW + 1, &j);
		ok(j.reason == REASON_EXPIRED &&
			   strncmp(j.detail, row[i].what, n) == 0,
		   "has ended a second later");
		collateral_check(&old, &r, FAKE_NOW - 11, &j);
		ok(j.reason == REASON_NOT_YET_VALID &&
			   strncmp(j.detail, row[i].what, n) == 0,
		   "has not begun eleven before");
	}
}

/* ---- written again ---- */

static struct slice chain_of(struct json v, const char *key)
{
	struct slice s = { NULL, 0 };

	if (json_str(v, key, &s) != ERR_OK)
		exit(98);
	return s;
}

static void test_write(void)
{
	static uint8_t out[COLLATERAL_MAX_BYTES], mem[1 << 20];
	struct arena a = arena_over(mem, sizeof mem);
	struct collateral_parts p;
	struct wr w = wr_over(out, sizeof out);
	struct slice bundle;
	struct json v;

	fake_init(&fake);
	load(old_mem, &old);
	bundle = (struct slice){ (uint8_t *)fake.bundle, fake.bundle_len };
	if (json_parse(&a, bundle, &v) != ERR_OK)
		exit(98);
	p = (struct collateral_parts){
		.tcb_info = old.tcb_info_text,
		.qe_identity = old.qe_identity_text,
		.tcb_info_chain = chain_of(v, "tcb_info_issuer_chain"),
		.qe_identity_chain = chain_of(v, "qe_identity_issuer_chain"),
		.pck_crl_chain = chain_of(v, "pck_crl_issuer_chain"),
		.pck_crl = old.pck_crl.der,
		.root_crl = old.root_crl.der,
	};
	memcpy(p.tcb_info_sig, old.tcb_info_sig, P256_SIG_LEN);
	memcpy(p.qe_identity_sig, old.qe_identity_sig, P256_SIG_LEN);
	is_err(collateral_write(&w, &p), ERR_OK, "written again");
	ok(slice_eq(wr_slice(&w), bundle), "it is the same file");
	w = wr_over(out, bundle.len - 1);
	is_err(collateral_write(&w, &p), ERR_SPACE, "one byte too few");
	w = wr_over(out, sizeof out);
	p.tcb_info = (struct slice){ (const uint8_t *)"\xff", 1 };
	is_err(collateral_write(&w, &p), ERR_VALUE, "a text that is not UTF-8");
}

int main(void)
{
	test_order();
	test_certificates();
	test_mixed();
	test_other();
	test_crl_numbers();
	test_crl_number_form();
	test_check();
	test_dates();
	test_write();
	return tap_done();
}
