/* reference_check.c - a reference file does not contradict itself. */
#include <string.h>

#include "measure/lib/printable.h"
#include "measure/lib/reference.h"

/* Of a development build everything is null; of a release nothing is. */
static enum err check_release(const struct reference_release *r,
			      const char **what)
{
	bool is_release = r->counter != 0;

	*what = "version";
	if (is_release != (r->version[0] != '\0'))
		return ERR_MISMATCH;
	*what = "commit";
	if (is_release != (r->commit[0] != '\0'))
		return ERR_MISMATCH;
	*what = "not_before";
	if (is_release != (r->not_before_s != 0))
		return ERR_MISMATCH;
	*what = "not_after";
	if (is_release != (r->not_after_s != 0))
		return ERR_MISMATCH;
	if (!is_release)
		return ERR_OK;
	if (r->not_before_s >= r->not_after_s)
		return ERR_MISMATCH;
	*what = "pinned";
	return r->pinned ? ERR_OK : ERR_MISMATCH;
}

static enum err check_revoked(const struct reference *r, const char **what)
{
	uint32_t last = 0;

	*what = "revoked";
	for (size_t i = 0; i < r->nrevoked; i++) {
		const struct reference_revoked *v = &r->revoked[i];

		if (v->counter <= last || v->counter >= r->release.counter ||
		    strcmp(v->version, r->release.version) == 0)
			return ERR_MISMATCH;
		last = v->counter;
		for (size_t k = 0; k < i; k++)
			if (strcmp(r->revoked[k].version, v->version) == 0)
				return ERR_DUPLICATE;
	}
	return ERR_OK;
}

static enum err check_firmware(const struct reference *r, const char **what)
{
	for (size_t i = 0; i < r->nfirmware; i++) {
		const struct reference_firmware *f = &r->firmware[i];
		const char *why;
		enum err e;

		*what = "firmware";
		for (size_t k = 0; k < i; k++)
			if (ct_eq(f->sha256, r->firmware[k].sha256, SHA256_LEN))
				return ERR_DUPLICATE;
		*what = "sections";
		e = tdvf_check(&f->tdvf, (size_t)f->size, &why);
		if (e != ERR_OK)
			return e;
		*what = "cfv_sha384";
		if (f->has_cfv != (tdvf_find(&f->tdvf, TDVF_CFV) != NULL))
			return ERR_MISMATCH;
	}
	return ERR_OK;
}

/* The events of one register, replayed; false when one is not known. */
static bool replay(const struct reference *r, const struct reference_entry *m,
		   unsigned rtmr, uint8_t out[static SHA384_LEN])
{
	memset(out, 0, SHA384_LEN);
	for (size_t i = 0; i < m->nevents; i++) {
		const struct event *ev = &r->event[m->first_event + i];

		if (ev->rtmr != rtmr)
			continue;
		if (!ev->known)
			return false;
		rtmr_extend(out, ev->digest);
	}
	return true;
}

static enum err check_registers(const struct reference *r,
				const struct reference_entry *m,
				const char **what)
{
	static const char *const keys[REFERENCE_RTMRS] = { "rtmr0", "rtmr1",
							   "rtmr2" };
	bool all = true;

	for (unsigned i = 0; i < REFERENCE_RTMRS; i++) {
		uint8_t value[SHA384_LEN];
		bool known = m->rtmr_known[i];

		*what = keys[i];
		all = all && known;
		if (m->nevents == 0)
			continue;
		if (replay(r, m, i, value) != known ||
		    (known && !ct_eq(value, m->rtmr[i], SHA384_LEN)))
			return ERR_MISMATCH;
	}
	*what = "reason";
	return all == (m->reason[0] == '\0') ? ERR_OK : ERR_MISMATCH;
}

static enum err check_entry(const struct reference *r,
			    const struct reference_entry *m, const char **what)
{
	bool two = (m->options & 1u << REFERENCE_TWO_PASS_BIT) != 0;
	enum mrtd_order order = two ? MRTD_TWO_PASS : MRTD_SINGLE_PASS;

	*what = "firmware";
	if (m->firmware >= r->nfirmware)
		return ERR_MISMATCH;
	*what = "events";
	if (m->first_event > r->nevents ||
	    m->nevents > r->nevents - m->first_event)
		return ERR_MISMATCH;
	*what = "mrtd";
	if (!ct_eq(m->mrtd, r->firmware[m->firmware].mrtd[order], SHA384_LEN))
		return ERR_MISMATCH;
	*what = "machine_type";
	if ((m->platform == PLATFORM_GCP) != (m->machine_type[0] != '\0'))
		return ERR_MISMATCH;
	*what = "acpi_release";
	if (m->acpi_release[0] != '\0' && m->machine_type[0] == '\0')
		return ERR_MISMATCH;
	return check_registers(r, m, what);
}

/* Whoever prints a text of this file prints one line, and what it looks like.
 */
static enum err check_texts(const struct reference *r, const char **what)
{
	*what = "toolchain";
	if (!is_printable(r->toolchain))
		return ERR_VALUE;
	*what = "reason";
	for (size_t i = 0; i < r->nrevoked; i++)
		if (!is_printable(r->revoked[i].reason))
			return ERR_VALUE;
	for (size_t i = 0; i < r->n; i++)
		if (!is_printable(r->e[i].reason))
			return ERR_VALUE;
	*what = "machine_type";
	for (size_t i = 0; i < r->n; i++)
		if (!is_printable(r->e[i].machine_type) ||
		    !is_printable(r->e[i].acpi_release))
			return ERR_VALUE;
	*what = "name";
	for (size_t i = 0; i < r->nfirmware; i++)
		if (!is_printable(r->firmware[i].name))
			return ERR_VALUE;
	*what = "what";
	for (size_t i = 0; i < r->nevents; i++)
		if (!is_printable(r->event[i].what))
			return ERR_VALUE;
	return ERR_OK;
}

enum err reference_check(const struct reference *r, const char **what)
{
	enum err e = check_texts(r, what);

	if (e == ERR_OK)
		e = check_release(&r->release, what);
	if (e == ERR_OK)
		e = check_revoked(r, what);
	if (e == ERR_OK)
		e = check_firmware(r, what);
	for (size_t i = 0; e == ERR_OK && i < r->n; i++)
		e = check_entry(r, &r->e[i], what);
	return e;
}
