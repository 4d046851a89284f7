/* faults_status.c - genuine platforms whose TCB the policy does not allow: each
 * status Intel gives, and how those of platform, TDX module and quoting enclave
 * come together. */
#include "tests/peers/faults.h"

static void td15(struct fault_case *c)
{
	c->fake.version = 5;
	c->fake.body.type = QUOTE_BODY_TD15;
}

static void platform_sw_hardening(struct fault_case *c)
{
	c->fake.platform.status = "SWHardeningNeeded";
}

static void platform_configuration(struct fault_case *c)
{
	c->fake.platform.status = "ConfigurationNeeded";
}

static void platform_configuration_sw_hardening(struct fault_case *c)
{
	c->fake.platform.status = "ConfigurationAndSWHardeningNeeded";
}

static void platform_out_of_date(struct fault_case *c)
{
	c->fake.platform.status = "OutOfDate";
}

static void platform_out_of_date_configuration(struct fault_case *c)
{
	c->fake.platform.status = "OutOfDateConfigurationNeeded";
}

static void platform_revoked(struct fault_case *c)
{
	c->fake.platform.status = "Revoked";
}

static void platform_sgx_first(struct fault_case *c)
{
	c->fake.sgx[0] = 1;
}

static void platform_sgx_last(struct fault_case *c)
{
	c->fake.sgx[15] = 1;
}

static void platform_pcesvn(struct fault_case *c)
{
	c->fake.pcesvn = 10;
}

static void platform_tdx_third(struct fault_case *c)
{
	c->fake.body.tee_tcb_svn[2] = 2;
}

static void platform_tdx_last(struct fault_case *c)
{
	c->fake.level_tdx[15] = 1;
}

static void platform_tdx_base(struct fault_case *c)
{
	c->fake.level_tdx[0] = 6;
	c->fake.body.tee_tcb_svn[1] = 0;
	c->fake.body.tee_tcb_svn[0] = 5;
}

static void platform_below(struct fault_case *c)
{
	c->fake.level_pcesvn = 12;
	c->fake.platform.low = 0;
}

static void platform_order(struct fault_case *c)
{
	c->fake.low_first = true;
}

static void module_out_of_date(struct fault_case *c)
{
	c->fake.body.tee_tcb_svn[0] = 3;
}

static void module_revoked(struct fault_case *c)
{
	c->fake.module.status = "Revoked";
}

static void module_low_revoked(struct fault_case *c)
{
	c->fake.module.low_status = "Revoked";
	c->fake.body.tee_tcb_svn[0] = 3;
}

static void module_below(struct fault_case *c)
{
	c->fake.body.tee_tcb_svn[0] = 2;
}

static void module_and_platform(struct fault_case *c)
{
	c->fake.body.tee_tcb_svn[0] = 3;
	c->fake.platform.status = "ConfigurationNeeded";
}

static void module_hidden(struct fault_case *c)
{
	c->fake.body.tee_tcb_svn[0] = 3;
	c->fake.platform.status = "SWHardeningNeeded";
}

static void qe_out_of_date(struct fault_case *c)
{
	c->fake.qe.isvsvn = 3;
}

static void qe_revoked(struct fault_case *c)
{
	c->fake.qe_levels.status = "Revoked";
}

static void qe_below(struct fault_case *c)
{
	c->fake.qe.isvsvn = 1;
}

static void qe_and_platform(struct fault_case *c)
{
	c->fake.qe.isvsvn = 3;
	c->fake.platform.status = "ConfigurationAndSWHardeningNeeded";
}

static void relaunch(struct fault_case *c)
{
	td15(c);
	c->fake.body.tee_tcb_svn[0] = 3;
}

static void relaunch_configuration(struct fault_case *c)
{
	relaunch(c);
	c->fake.platform.status = "ConfigurationNeeded";
}

static void relaunch_not(struct fault_case *c)
{
	td15(c);
	c->fake.body.tee_tcb_svn[0] = 3;
	c->fake.body.tee_tcb_svn2[0] = 3;
}

static void relaunch_unknown(struct fault_case *c)
{
	td15(c);
	c->fake.body.tee_tcb_svn2[1] = 2;
}

static void relaunch_revoked(struct fault_case *c)
{
	module_low_revoked(c);
	td15(c);
}

static void evaluation_info(struct fault_case *c)
{
	c->policy.min_evaluation_number = 21;
	c->fake.qe_evaluation = 21;
}

static void evaluation_identity(struct fault_case *c)
{
	c->policy.min_evaluation_number = 21;
	c->fake.info_evaluation = 21;
}

static void grace_over(struct fault_case *c)
{
	platform_pcesvn(c);
	c->policy.tcb_grace_days[TCB_OUT_OF_DATE] = 20;
}

static void grace_unknown(struct fault_case *c)
{
	platform_out_of_date(c);
	c->policy.tcb_grace_days[TCB_OUT_OF_DATE] = 3650;
}

static void grace_revoked(struct fault_case *c)
{
	platform_revoked(c);
	c->policy.tcb_grace_days[TCB_REVOKED] = 3650;
}

static void grace_other(struct fault_case *c)
{
	platform_out_of_date_configuration(c);
	c->policy.tcb_grace_days[TCB_OUT_OF_DATE] = 3650;
}

static void seam_listed(struct fault_case *c)
{
	c->policy.mr_seam_mode = ENFORCE_STRICT;
	c->policy.mr_seam[c->policy.n_mr_seam++][0] = 1;
}

/* clang-format off */
static const struct fault status[] = {
	{ "platform-sw-hardening", "the platform is SWHardeningNeeded",
	  REASON_TCB, "SWHardeningNeeded", .make = platform_sw_hardening },
	{ "platform-configuration", "the platform is ConfigurationNeeded",
	  REASON_TCB, "ConfigurationNeeded", .make = platform_configuration },
	{ "platform-configuration-sw-hardening",
	  "the platform is ConfigurationAndSWHardeningNeeded", REASON_TCB,
	  "ConfigurationAndSWHardeningNeeded",
	  .make = platform_configuration_sw_hardening },
	{ "platform-out-of-date", "the platform is OutOfDate", REASON_TCB,
	  "OutOfDate", .make = platform_out_of_date },
	{ "platform-out-of-date-configuration",
	  "the platform is OutOfDateConfigurationNeeded", REASON_TCB,
	  "OutOfDateConfigurationNeeded",
	  .make = platform_out_of_date_configuration },
	{ "platform-revoked", "the platform is Revoked", REASON_TCB, "Revoked",
	  .make = platform_revoked },
	{ "platform-sgx-first", "SGX component 1 below the best level",
	  REASON_TCB, "OutOfDate", .make = platform_sgx_first },
	{ "platform-sgx-last", "SGX component 16 below the best level",
	  REASON_TCB, "OutOfDate", .make = platform_sgx_last },
	{ "platform-pcesvn", "PCESVN below the best level", REASON_TCB,
	  "OutOfDate", .make = platform_pcesvn },
	{ "platform-tdx-third", "TDX component 3 below the best level",
	  REASON_TCB, "OutOfDate", .make = platform_tdx_third },
	{ "platform-tdx-last", "TDX component 16 below the best level",
	  REASON_TCB, "OutOfDate", .make = platform_tdx_last },
	{ "platform-tdx-base", "TDX component 1 below, with the first module",
	  REASON_TCB, "OutOfDate", .make = platform_tdx_base },
	{ "platform-below", "below all levels", REASON_TCB, "TcbNotSupported",
	  .make = platform_below },
	{ "platform-order",
	  "levels in another order: the first that fits counts", REASON_TCB,
	  "OutOfDate", .make = platform_order },
	{ "platform-no-levels", "a TCB info without levels", REASON_TCB,
	  "TcbNotSupported",
	  .edit = { .part = FAKE_INFO, .at = "}],\"tcbLevels\":[",
	   BYTES("}],\"tcbLevels\":[],\"x\":[") } },
	{ "module-out-of-date", "the TDX module is OutOfDate", REASON_TCB,
	  "OutOfDate", .make = module_out_of_date },
	{ "module-revoked", "the TDX module is Revoked", REASON_TCB, "Revoked",
	  .make = module_revoked },
	{ "module-low-revoked", "an old TDX module that is Revoked", REASON_TCB,
	  "Revoked", .make = module_low_revoked },
	{ "module-below", "the TDX module is below all levels", REASON_TCB,
	  "TcbNotSupported", .make = module_below },
	{ "module-and-platform",
	  "OutOfDate module, ConfigurationNeeded platform", REASON_TCB,
	  "OutOfDateConfigurationNeeded", .make = module_and_platform },
	{ "module-hidden", "OutOfDate module, SWHardeningNeeded platform",
	  REASON_TCB, "OutOfDate", .make = module_hidden },
	{ "qe-out-of-date", "the quoting enclave is OutOfDate", REASON_TCB,
	  "OutOfDate", .make = qe_out_of_date },
	{ "qe-revoked", "the quoting enclave is Revoked", REASON_TCB, "Revoked",
	  .make = qe_revoked },
	{ "qe-below", "the quoting enclave is below all levels", REASON_TCB,
	  "TcbNotSupported", .make = qe_below },
	{ "qe-and-platform",
	  "OutOfDate QE, ConfigurationAndSWHardeningNeeded platform",
	  REASON_TCB, "OutOfDateConfigurationNeeded", .make = qe_and_platform },
	{ "relaunch", "TD 1.5: launched before the module was updated",
	  REASON_TCB, "TDRelaunchAdvised", .make = relaunch },
	{ "relaunch-configuration", "the same, and ConfigurationNeeded",
	  REASON_TCB, "TDRelaunchAdvisedConfigurationNeeded",
	  .make = relaunch_configuration },
	{ "relaunch-not", "TD 1.5: OutOfDate at launch and now", REASON_TCB,
	  "OutOfDate", .make = relaunch_not },
	{ "relaunch-unknown",
	  "TD 1.5: now on a module that Intel has not named", REASON_TCB,
	  "TcbNotSupported", .make = relaunch_unknown },
	{ "relaunch-revoked", "TD 1.5: launched on a revoked module",
	  REASON_TCB, "Revoked", .make = relaunch_revoked },
	{ "evaluation-info", "a TCB info older than the policy wants",
	  REASON_TCB, "evaluation data number 20 is below 21",
	  .make = evaluation_info },
	{ "evaluation-identity", "a QE identity older than the policy wants",
	  REASON_TCB, "evaluation data number 20 is below 21",
	  .make = evaluation_identity },
	{ "grace-over", "OutOfDate for a day more than the grace", REASON_TCB,
	  "the grace of 20 days does not cover that", .make = grace_over,
	  .edit = { .part = FAKE_INFO,
	   .at = "\"pcesvn\":11},\"tcbDate\":\"2026-01",
	   BYTES("\"pcesvn\":11},\"tcbDate\":\"2026-09") } },
	{ "grace-unknown", "grace, and nobody says since when", REASON_TCB,
	  "no grace", .make = grace_unknown },
	{ "grace-revoked", "grace for a platform that is Revoked", REASON_TCB,
	  "Revoked", .make = grace_revoked },
	{ "grace-other", "grace for another status", REASON_TCB,
	  "OutOfDateConfigurationNeeded", .make = grace_other },
	{ "seam-listed", "a TDX module that the policy does not list",
	  REASON_TCB, "MRSEAM", .make = seam_listed },
};
/* clang-format on */

const struct fault_table faults_status = {
	.subject = "TCB status",
	.at = status,
	.n = sizeof status / sizeof *status,
	.genuine = true,
};
