#include <string.h>

#include "measure/lib/tcb.h"

/* The level's advisories, each once. A list that is full keeps what it has:
 * advisories inform, the status decides. */
static void add_advisories(struct tcb_advisories *out, struct json list)
{
	const size_t max = sizeof out->id / sizeof out->id[0];

	for (struct json e = json_first(list); e.node; e = json_next(e)) {
		struct slice s;
		size_t i = 0;

		if (json_as_str(e, &s) != ERR_OK || out->n == max)
			continue;
		while (i < out->n && !slice_is(s, out->id[i]))
			i++;
		if (i == out->n &&
		    slice_cstr(s, out->id[i], sizeof out->id[i]) == ERR_OK)
			out->n++;
	}
}

/* Which TDX module a TD runs on: SVN byte 1 is its major version, byte 0 its
 * SVN. Version 0 is the first module, which has no entry of its own. */
static const struct tdx_module *find_module(const struct tcb_info *info,
					    const uint8_t svn[static 16])
{
	if (svn[1] == 0)
		return &info->base;
	for (size_t i = 0; i < info->n_modules; i++)
		if (info->modules[i].version == svn[1])
			return &info->modules[i];
	return NULL;
}

enum err tcb_module_check(const struct tcb_info *info,
			  const struct quote_body *body, const char **what)
{
	const struct tdx_module *m = find_module(info, body->tee_tcb_svn);

	if (m == NULL)
		*what = "TDX module: version not in the TCB info";
	else if (!ct_eq(m->mrsigner, body->mr_signer_seam, SHA384_LEN))
		*what = "TDX module: mr_signer_seam";
	else if (m->attributes != body->seam_attributes ||
		 body->seam_attributes != 0)
		*what = "TDX module: seam_attributes";
	else
		return ERR_OK;
	return ERR_MISMATCH;
}

enum err qe_identity_check(const struct qe_identity *id,
			   const struct qe_report *qe, const char **what)
{
	uint8_t differ = 0;

	for (size_t i = 0; i < sizeof qe->attributes; i++)
		differ |=
			(uint8_t)((qe->attributes[i] & id->attributes_mask[i]) ^
				  id->attributes[i]);
	if ((qe->miscselect & id->miscselect_mask) != id->miscselect)
		*what = "QE identity: miscselect";
	else if (differ != 0)
		*what = "QE identity: attributes";
	else if (!ct_eq(id->mrsigner, qe->mrsigner, sizeof qe->mrsigner))
		*what = "QE identity: mrsigner";
	else if (id->isvprodid != qe->isvprodid)
		*what = "QE identity: isvprodid";
	else
		return ERR_OK;
	return ERR_MISMATCH;
}

static bool reaches(const struct tcb_level *l,
		    const struct tcb_platform *platform,
		    const uint8_t svn[static 16])
{
	/* Bytes 0 and 1 are judged by the module's own levels, if it has any.
	 */
	size_t from = svn[1] > 0 ? 2 : 0;

	for (size_t i = 0; i < 16; i++)
		if (platform->sgx[i] < l->sgx[i])
			return false;
	for (size_t i = from; i < 16; i++)
		if (svn[i] < l->tdx[i])
			return false;
	return platform->pcesvn >= l->pcesvn;
}

static bool is_behind(enum tcb_status s)
{
	return s == TCB_OUT_OF_DATE || s == TCB_OUT_OF_DATE_CONFIGURATION ||
	       s == TCB_REVOKED;
}

/* A level above the one that was reached, whose date is date_s. */
static void note_above(struct tcb_part *p, int64_t date_s)
{
	if (is_behind(p->status) && date_s > p->date_s &&
	    (p->out_of_date_since_s == 0 || date_s < p->out_of_date_since_s))
		p->out_of_date_since_s = date_s;
}

/* The first level that the SVN reaches. */
static struct tcb_part isv_part(const struct isv_levels *levels,
				uint16_t isvsvn, struct tcb_advisories *adv)
{
	struct tcb_part p = { .applies = true, .status = TCB_NOT_SUPPORTED };
	size_t at = 0;

	while (at < levels->n && isvsvn < levels->at[at].isvsvn)
		at++;
	if (at == levels->n)
		return p;
	p.status = levels->at[at].status;
	p.date_s = levels->at[at].date_s;
	add_advisories(adv, levels->at[at].advisories);
	for (size_t i = 0; i < at; i++)
		note_above(&p, levels->at[i].date_s);
	return p;
}

static struct tcb_part platform_part(const struct tcb_info *info,
				     const struct tcb_platform *platform,
				     const uint8_t svn[static 16],
				     struct tcb_advisories *adv)
{
	struct tcb_part p = { .applies = true, .status = TCB_NOT_SUPPORTED };
	size_t at = 0;

	while (at < info->n_levels &&
	       !reaches(&info->levels[at], platform, svn))
		at++;
	if (at == info->n_levels)
		return p;
	p.status = info->levels[at].status;
	p.date_s = info->levels[at].date_s;
	add_advisories(adv, info->levels[at].advisories);
	for (size_t i = 0; i < at; i++)
		note_above(&p, info->levels[i].date_s);
	return p;
}

/* The platform's status with that of its TDX module or its quoting enclave. */
static enum tcb_status converge(enum tcb_status platform, enum tcb_status part)
{
	if (platform == TCB_NOT_SUPPORTED || part == TCB_NOT_SUPPORTED)
		return TCB_NOT_SUPPORTED;
	if (platform == TCB_REVOKED || part == TCB_REVOKED)
		return TCB_REVOKED;
	if (part == TCB_UP_TO_DATE)
		return platform;
	/* Left is OutOfDate. A quoting enclave can need a configuration as
	 * well, which Intel's library passes over: here it counts as that. */
	if (platform == TCB_UP_TO_DATE || platform == TCB_SW_HARDENING)
		return TCB_OUT_OF_DATE;
	if (platform == TCB_CONFIGURATION ||
	    platform == TCB_CONFIGURATION_SW_HARDENING)
		return TCB_OUT_OF_DATE_CONFIGURATION;
	return platform;
}

/* Oldest level, and the first date at which one of the parts fell behind. Of
 * parts of which one does not say when, nobody knows which was the first. */
static void fill_dates(struct tcb_state *out)
{
	bool dated = true, since_known = true;

	for (size_t i = 0; i < TCB_PARTS; i++) {
		const struct tcb_part *p = &out->part[i];

		if (!p->applies)
			continue;
		dated = dated && p->date_s != 0;
		if (out->date_s == 0 || p->date_s < out->date_s)
			out->date_s = p->date_s;
		if (is_behind(p->status) && p->out_of_date_since_s == 0)
			since_known = false;
		if (p->out_of_date_since_s != 0 &&
		    (out->out_of_date_since_s == 0 ||
		     p->out_of_date_since_s < out->out_of_date_since_s))
			out->out_of_date_since_s = p->out_of_date_since_s;
	}
	if (!dated)
		out->date_s = 0;
	if (!since_known)
		out->out_of_date_since_s = 0;
}

static void evaluate(const struct tcb_info *info, const struct qe_identity *id,
		     const struct tcb_platform *platform,
		     const uint8_t svn[static 16], uint16_t qe_isvsvn,
		     struct tcb_state *out)
{
	const struct tdx_module *m = find_module(info, svn);
	struct tcb_part *part = out->part;

	*out = (struct tcb_state){ .status = TCB_NOT_SUPPORTED };
	part[TCB_PLATFORM] =
		platform_part(info, platform, svn, &out->advisories);
	if (m == NULL)
		return;
	out->status = part[TCB_PLATFORM].status;
	if (svn[1] > 0) {
		part[TCB_MODULE] =
			isv_part(&m->levels, svn[0], &out->advisories);
		out->status = converge(out->status, part[TCB_MODULE].status);
	}
	part[TCB_QE] = isv_part(&id->levels, qe_isvsvn, &out->advisories);
	out->status = converge(out->status, part[TCB_QE].status);
	fill_dates(out);
}

static bool is_old(enum tcb_status s)
{
	return s == TCB_OUT_OF_DATE || s == TCB_OUT_OF_DATE_CONFIGURATION;
}

static bool needs_configuration(enum tcb_status s)
{
	return s == TCB_OUT_OF_DATE_CONFIGURATION || s == TCB_CONFIGURATION ||
	       s == TCB_CONFIGURATION_SW_HARDENING;
}

/* TD 1.5: the TD was launched on an old TCB, but the platform has since been
 * updated, so that relaunching the TD would help. A TCB that is older now than
 * at launch keeps the status of its launch, as in Intel's library: no update
 * goes back, and `now` says it all the same. */
static enum tcb_status relaunch(enum tcb_status launch, enum tcb_status now)
{
	if (launch == TCB_REVOKED || now == TCB_REVOKED)
		return TCB_REVOKED;
	if (launch == TCB_NOT_SUPPORTED || now == TCB_NOT_SUPPORTED)
		return TCB_NOT_SUPPORTED;
	if (!is_old(launch) || is_old(now))
		return launch;
	return needs_configuration(launch) || needs_configuration(now)
		       ? TCB_RELAUNCH_CONFIGURATION
		       : TCB_RELAUNCH;
}

void tcb_evaluate(const struct tcb_info *info, const struct qe_identity *id,
		  const struct tcb_platform *platform,
		  const struct quote_body *body, uint16_t qe_isvsvn,
		  struct tcb_state *out)
{
	struct tcb_state now;

	evaluate(info, id, platform, body->tee_tcb_svn, qe_isvsvn, out);
	out->now = out->status;
	if (body->type != QUOTE_BODY_TD15)
		return;
	evaluate(info, id, platform, body->tee_tcb_svn2, qe_isvsvn, &now);
	out->now = now.status;
	out->status = relaunch(out->status, now.status);
}
