#include "measure/lib/collateral_compare.h"

#include <stdio.h>
#include <string.h>

#include "lib/text.h"

/* Days and seconds; rfc3339_format's milliseconds are always zero here. */
static void time_text(int64_t s, char out[static RFC3339_LEN + 1])
{
	rfc3339_format(s * 1000, out);
	memcpy(out + RFC3339_LEN - 5, "Z", 2);
}

static const char *other(const struct collateral *a, const struct collateral *b)
{
	const struct tcb_info *x = &a->tcb_info, *y = &b->tcb_info;

	if (a->signatures != REASON_OK)
		return "what is there is not genuine";
	if (b->signatures != REASON_OK)
		return "it is not genuine";
	if (!ct_eq(a->pck_ca.root.pub, b->pck_ca.root.pub, P256_PUB_LEN))
		return "it is under another root";
	if (!slice_eq(a->pck_ca.cert.subject, b->pck_ca.cert.subject))
		return "it is of another PCK CA";
	if (memcmp(x->fmspc, y->fmspc, sizeof x->fmspc) != 0)
		return "it is for another FMSPC";
	if (memcmp(x->pceid, y->pceid, sizeof x->pceid) != 0)
		return "it is for another PCE";
	return NULL;
}

static bool number_back(const char *what, uint32_t old, uint32_t fresh,
			char *why)
{
	if (fresh >= old)
		return false;
	(void)snprintf(why, COLLATERAL_WHY, "%s goes back from %u to %u", what,
		       (unsigned)old, (unsigned)fresh);
	return true;
}

static bool date_back(const char *what, int64_t old_s, int64_t fresh_s,
		      char *why)
{
	char from[RFC3339_LEN + 1], to[RFC3339_LEN + 1];

	if (fresh_s >= old_s)
		return false;
	time_text(old_s, from);
	time_text(fresh_s, to);
	(void)snprintf(why, COLLATERAL_WHY, "%s goes back from %s to %s", what,
		       from, to);
	return true;
}

/* INTEGER contents, not negative, of minimal length. */
static int compare_integers(struct slice a, struct slice b)
{
	if (a.len != b.len) {
		/* The sign byte does not count. */
		size_t x = a.len - (a.ptr[0] == 0);
		size_t y = b.len - (b.ptr[0] == 0);

		if (x != y)
			return x < y ? -1 : 1;
		a = (struct slice){ a.ptr + (a.len - x), x };
		b = (struct slice){ b.ptr + (b.len - y), y };
	}
	return memcmp(a.ptr, b.ptr, a.len);
}

static bool crl_number_back(const char *what, const struct crl *old,
			    const struct crl *fresh, char *why)
{
	if (old->number.len == 0 || fresh->number.len == 0 ||
	    compare_integers(fresh->number, old->number) >= 0)
		return false;
	(void)snprintf(why, COLLATERAL_WHY, "%s goes back", what);
	return true;
}

static bool went_back(const struct collateral *a, const struct collateral *b,
		      char *why)
{
	const struct tcb_info *i = &a->tcb_info, *j = &b->tcb_info;
	const struct qe_identity *q = &a->qe_identity, *r = &b->qe_identity;

	return number_back("the TCB info's evaluation number",
			   i->evaluation_number, j->evaluation_number, why) ||
	       number_back("the QE identity's evaluation number",
			   q->evaluation_number, r->evaluation_number, why) ||
	       date_back("the TCB info's issue date", i->issued_s, j->issued_s,
			 why) ||
	       date_back("the QE identity's issue date", q->issued_s,
			 r->issued_s, why) ||
	       date_back("the PCK CRL's date", a->pck_crl.this_update_s,
			 b->pck_crl.this_update_s, why) ||
	       date_back("the root CRL's date", a->root_crl.this_update_s,
			 b->root_crl.this_update_s, why) ||
	       crl_number_back("the PCK CRL's number", &a->pck_crl, &b->pck_crl,
			       why) ||
	       crl_number_back("the root CRL's number", &a->root_crl,
			       &b->root_crl, why);
}

static bool same_issuer(const struct issuer *a, const struct issuer *b)
{
	return slice_eq(a->cert.der, b->cert.der) &&
	       slice_eq(a->root.der, b->root.der);
}

/* The certificates count, as they end, too; a signature made again does not. */
static bool same(const struct collateral *a, const struct collateral *b)
{
	return same_issuer(&a->tcb_issuer, &b->tcb_issuer) &&
	       same_issuer(&a->qe_issuer, &b->qe_issuer) &&
	       same_issuer(&a->pck_ca, &b->pck_ca) &&
	       slice_eq(a->tcb_info_text, b->tcb_info_text) &&
	       slice_eq(a->qe_identity_text, b->qe_identity_text) &&
	       slice_eq(a->pck_crl.tbs, b->pck_crl.tbs) &&
	       slice_eq(a->root_crl.tbs, b->root_crl.tbs);
}

enum collateral_change collateral_compare(const struct collateral *old,
					  const struct collateral *fresh,
					  char why[static COLLATERAL_WHY])
{
	const char *wrong = other(old, fresh);

	why[0] = '\0';
	if (wrong != NULL) {
		(void)snprintf(why, COLLATERAL_WHY, "%s", wrong);
		return COLLATERAL_OTHER;
	}
	if (went_back(old, fresh, why))
		return COLLATERAL_OLDER;
	return same(old, fresh) ? COLLATERAL_SAME : COLLATERAL_NEWER;
}
