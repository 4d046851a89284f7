/* trust.c - from a reference file to the store's trusted measurements. */
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

static enum err trust_entry(struct store *s, const struct reference_entry *e,
			    int64_t now_s)
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
	err = store_trust_mrtd(s, mrtd, "agent", e->firmware_name, now_s);
	if (err != ERR_OK)
		return err;
	return store_trust_rtmrs(s, mrtd, regs, platform_name(e->platform),
				 now_s);
}

enum err plane_trust_reference(struct store *s, struct arena *a,
			       struct slice in, int64_t now_s,
			       struct plane_trusted *n, const char **what)
{
	struct reference *r = malloc(sizeof *r);
	struct plane_trusted got = { 0 };
	enum err e;

	if (r == NULL)
		return ERR_SPACE;
	e = reference_parse(a, in, r, what);
	for (size_t i = 0; e == ERR_OK && i < r->n; i++) {
		if (!binds_image(&r->e[i]))
			continue;
		e = trust_entry(s, &r->e[i], now_s);
		got.sets++;
		got.without_rtmr0 += !r->e[i].rtmr_known[0];
	}
	free(r);
	if (e == ERR_OK)
		*n = got;
	return e;
}
