/* trust.c - from a reference file to the store's trusted measurements. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host-launcher/plane/plane.h"
#include "lib/text.h"
#include "measure/lib/reference.h"

/* RTMR1 and RTMR2 hold the image. RTMR0 is the machine's, and nobody can know
 * it who has not its ACPI tables. */
static bool binds_image(const struct reference_entry *e)
{
	return e->rtmr_known[1] && e->rtmr_known[2];
}

static enum err trust_entry(struct store *s, const struct reference *r,
			    const struct reference_entry *e, int64_t now_s)
{
	char mrtd[2 * SHA384_LEN + 1], rtmr[3][2 * SHA384_LEN + 1];
	const char *const regs[3] = { rtmr[0], rtmr[1], rtmr[2] };
	enum err err;

	hex_encode((struct slice){ e->mrtd, SHA384_LEN }, mrtd);
	for (size_t i = 0; i < 3; i++) {
		rtmr[i][0] = '\0';
		if (e->rtmr_known[i])
			hex_encode((struct slice){ e->rtmr[i], SHA384_LEN },
				   rtmr[i]);
	}
	err = store_trust_mrtd(s, mrtd, "agent", r->firmware[e->firmware].name,
			       now_s);
	if (err != ERR_OK)
		return err;
	return store_trust_rtmrs(s, mrtd, regs, platform_name(e->platform),
				 &r->release, now_s);
}

static enum err trust_entries(struct store *s, const struct reference *r,
			      int64_t now_s, struct plane_trusted *out)
{
	enum err e = ERR_OK;

	for (size_t i = 0; e == ERR_OK && i < r->n; i++) {
		if (!binds_image(&r->e[i]))
			continue;
		e = trust_entry(s, r, &r->e[i], now_s);
		out->sets++;
		out->without_rtmr0 += !r->e[i].rtmr_known[0];
	}
	return e;
}

static enum err check_dates(const struct reference_release *r, int64_t now_s,
			    struct plane_trusted *out)
{
	enum err e = reference_in_force(r, now_s);
	char when[REFERENCE_TIME_LEN + 1];

	if (e == ERR_OK)
		return ERR_OK;
	reference_time_format(e == ERR_STATE ? r->not_before_s : r->not_after_s,
			      when);
	snprintf(out->text, sizeof out->text, "release %s %s %s", r->version,
		 e == ERR_STATE ? "is good from" : "was good until", when);
	return ERR_REFUSED;
}

/* Puts what store_release_begin refuses for into words. */
static enum err explain(enum err e, const struct store_release *st,
			struct plane_trusted *out)
{
	const struct reference *r = st->reference;

	if (e == ERR_REFUSED)
		snprintf(out->text, sizeof out->text,
			 "release %s is revoked: %s", r->release.version,
			 st->reason);
	else if (e == ERR_STATE)
		snprintf(out->text, sizeof out->text,
			 "its counter is %u, and %u was seen of this kind: "
			 "--allow-rollback goes back",
			 (unsigned)r->release.counter, (unsigned)st->seen);
	return e == ERR_STATE ? ERR_REFUSED : e;
}

static enum err trust(struct store *s, const struct reference *r,
		      const struct plane_trust *how, struct plane_trusted *out)
{
	struct store_release st = { .reference = r,
				    .allow_rollback = how->allow_rollback };
	enum err e = check_dates(&r->release, how->now_s, out);

	if (e != ERR_OK)
		return e;
	e = store_release_begin(s, &st, how->now_s);
	if (e != ERR_OK)
		return explain(e, &st, out);
	e = trust_entries(s, r, how->now_s, out);
	if (e == ERR_OK && out->sets == 0) {
		snprintf(out->text, sizeof out->text,
			 "no entry has RTMR1 and RTMR2");
		e = ERR_REFUSED;
	}
	return store_release_end(s, e);
}

enum err plane_trust_reference(struct store *s, struct arena *a,
			       struct slice in, const struct plane_trust *how,
			       struct plane_trusted *out, const char **why)
{
	struct reference *r = malloc(sizeof *r);
	enum err e;

	*why = "";
	memset(out, 0, sizeof *out);
	if (r == NULL)
		return ERR_SPACE;
	e = reference_parse(a, in, r, why);
	if (e == ERR_OK) {
		e = trust(s, r, how, out);
		*why = out->text;
	}
	free(r);
	return e;
}
