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

/* The first level that the SVN reaches. */
static enum tcb_status isv_status(const struct isv_levels *levels,
				  uint16_t isvsvn, struct tcb_advisories *adv)
{
	for (size_t i = 0; i < levels->n; i++)
		if (isvsvn >= levels->at[i].isvsvn) {
			add_advisories(adv, levels->at[i].advisories);
			return levels->at[i].status;
		}
	return TCB_NOT_SUPPORTED;
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

static enum tcb_status platform_status(const struct tcb_info *info,
				       const struct tcb_platform *platform,
				       const uint8_t svn[static 16],
				       struct tcb_advisories *adv)
{
	for (size_t i = 0; i < info->n_levels; i++)
		if (reaches(&info->levels[i], platform, svn)) {
			add_advisories(adv, info->levels[i].advisories);
			return info->levels[i].status;
		}
	return TCB_NOT_SUPPORTED;
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
	/* A part has no other states than these and OutOfDate; were there a
	 * new one, it would count as that. */
	if (platform == TCB_UP_TO_DATE || platform == TCB_SW_HARDENING)
		return TCB_OUT_OF_DATE;
	if (platform == TCB_CONFIGURATION ||
	    platform == TCB_CONFIGURATION_SW_HARDENING)
		return TCB_OUT_OF_DATE_CONFIGURATION;
	return platform;
}

static enum tcb_status evaluate(const struct tcb_info *info,
				const struct qe_identity *id,
				const struct tcb_platform *platform,
				const uint8_t svn[static 16],
				uint16_t qe_isvsvn, struct tcb_advisories *adv)
{
	const struct tdx_module *m = find_module(info, svn);
	enum tcb_status s = platform_status(info, platform, svn, adv);

	if (m == NULL)
		return TCB_NOT_SUPPORTED;
	if (svn[1] > 0)
		s = converge(s, isv_status(&m->levels, svn[0], adv));
	return converge(s, isv_status(&id->levels, qe_isvsvn, adv));
}

/* TD 1.5: the TD was launched on an old TCB, but the platform has since been
 * updated, so that relaunching the TD would help. */
static enum tcb_status relaunch(enum tcb_status launch, enum tcb_status now)
{
	bool old = launch == TCB_OUT_OF_DATE ||
		   launch == TCB_OUT_OF_DATE_CONFIGURATION;
	bool configure = launch == TCB_OUT_OF_DATE_CONFIGURATION ||
			 now == TCB_CONFIGURATION ||
			 now == TCB_CONFIGURATION_SW_HARDENING;

	if (now == TCB_NOT_SUPPORTED || now == TCB_REVOKED)
		return launch == TCB_REVOKED ? launch : now;
	if (!old || now == TCB_OUT_OF_DATE ||
	    now == TCB_OUT_OF_DATE_CONFIGURATION)
		return launch;
	return configure ? TCB_RELAUNCH_CONFIGURATION : TCB_RELAUNCH;
}

enum tcb_status tcb_evaluate(const struct tcb_info *info,
			     const struct qe_identity *id,
			     const struct tcb_platform *platform,
			     const struct quote_body *body, uint16_t qe_isvsvn,
			     struct tcb_advisories *advisories)
{
	struct tcb_advisories unused = { 0 };
	enum tcb_status launch, now;

	advisories->n = 0;
	launch = evaluate(info, id, platform, body->tee_tcb_svn, qe_isvsvn,
			  advisories);
	if (body->type != QUOTE_BODY_TD15)
		return launch;
	now = evaluate(info, id, platform, body->tee_tcb_svn2, qe_isvsvn,
		       &unused);
	return relaunch(launch, now);
}
