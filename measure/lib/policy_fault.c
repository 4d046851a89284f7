/* policy_fault.c - an error of a policy file in words. */
#include <stdio.h>
#include <string.h>

#include "measure/lib/policy.h"
#include "measure/lib/printable.h"

/* What each member has to look like. */
static const struct {
	const char *member, *form;
} forms[] = {
	{ "version", "it has to be 1" },
	{ "measurements",
	  "give a list of 1 to 128 images, none of them twice, each "
	  "{\"platform\":text,\"mrtd\":hex,\"rtmr0\":hex,...,\"rtmr3\":hex}" },
	{ "platform", "give a name of 1 to 63 printable ASCII characters" },
	{ "mrtd", "every image needs it: 96 lower-case hex digits" },
	{ "rtmr0", "give 96 lower-case hex digits, or leave it out" },
	{ "rtmr1", "give 96 lower-case hex digits; every image needs it while "
		   "rtmr_mode is strict, "
		   "as the MRTD alone is the firmware's, whatever that boots" },
	{ "rtmr2", "give 96 lower-case hex digits, or leave it out" },
	{ "rtmr3", "give 96 lower-case hex digits, or leave it out" },
	{ "references",
	  "give a list of 1 to 16 files, none of them twice, each "
	  "{\"file\":path,\"key\":path,\"min_counter\":number}" },
	{ "file", "give the path of a reference file, at most 255 bytes" },
	{ "key", "give the path of the publisher's public key in PEM, or "
		 "leave it out when the reference is not signed" },
	{ "min_counter", "give a number from 1 on, or leave it out" },
	{ "tcb_statuses",
	  "give a list of statuses, none of them twice, of UpToDate, "
	  "SWHardeningNeeded, ConfigurationNeeded, "
	  "ConfigurationAndSWHardeningNeeded, OutOfDate, "
	  "OutOfDateConfigurationNeeded, TDRelaunchAdvised, "
	  "TDRelaunchAdvisedConfigurationNeeded" },
	{ "tcb_grace_days",
	  "give statuses with 1 to 3650 days each, as {\"OutOfDate\":30}" },
	{ "min_tcb_evaluation_number", "give a number from 0 to 4294967295" },
	{ "ppid", "give a list of 1 to 64 PPIDs, 32 lower-case hex digits "
		  "each, none of "
		  "them twice" },
	{ "piid", "give a list of 1 to 64 platform instance ids, 32 lower-case "
		  "hex digits each, none of them twice" },
	{ "mr_seam",
	  "give a list of 1 to 16 MRSEAMs, 96 lower-case hex digits each, "
	  "none of them twice" },
	{ "mr_seam_mode", "write \"warn\" or \"strict\"" },
	{ "xfam",
	  "give a list of 1 to 8 values, 16 lower-case hex digits each as in a "
	  "quote, none of them twice" },
	{ "td_attributes_required",
	  "give 16 lower-case hex digits, as in a quote" },
	{ "td_attributes_allowed",
	  "give 16 lower-case hex digits, as in a quote" },
	{ "mr_config_id",
	  "give 96 lower-case hex digits, or leave it out for zeros" },
	{ "mr_owner",
	  "give 96 lower-case hex digits, or leave it out for zeros" },
	{ "mr_owner_config",
	  "give 96 lower-case hex digits, or leave it out for zeros" },
	{ "simulated", "write true or false" },
	{ "verifier", "write \"dcap\", \"ita\" or \"both\"" },
	{ "tcb_mode", "write \"strict\", \"warn\" or \"disabled\"" },
	{ "rtmr_mode", "write \"strict\", \"warn\" or \"disabled\"" },
};

static const char *form_of(const char *member)
{
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (strcmp(forms[i].member, member) == 0)
			return forms[i].form;
	return NULL;
}

void policy_fault(struct wr *w, enum err e, const char *what)
{
	const char *form = form_of(what);
	char name[64];

	if (e == ERR_UNKNOWN) { /* as the file spells it */
		snprintf(name, sizeof name, "%s", what);
		printable(name);
		wr_fmt(w,
		       "%s: a policy has no such member there: look at its "
		       "spelling, or leave it out",
		       name);
	} else if (what[0] == '\0') {
		wr_fmt(w,
		       "%s: a policy is one JSON object of at most 256 KiB, in "
		       "which no member occurs twice, as {\"version\":1,...}",
		       err_text(e));
	} else if (form == NULL) { /* a sentence already */
		wr_str(w, what);
	} else {
		wr_fmt(w, "%s: %s: %s", what, err_text(e), form);
	}
}
