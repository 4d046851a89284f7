/* main.c - ee-measure: recompute, show and verify measurements. */
#include "measure/cli/cli.h"
#include "measure/lib/version.h"

/* clang-format off */
static const struct cli_cmd *const commands[] = {
	&cmd_mrtd,
	&cmd_image,
	&cmd_reference,
	&cmd_quote_show,
	&cmd_quote_verify,
	&cmd_collateral_fetch,
	&cmd_collateral_show,
	&cmd_collateral_verify,
	&cmd_explain,
	&cmd_report_verify,
	&cmd_release_sign,
	&cmd_release_verify,
	&cmd_release_diff,
	&cmd_release_export,
	&cmd_token_show,
	&cmd_token_verify,
	&cmd_policy_check,
	&cmd_policy_explain,
	&cmd_token_nonce,
	&cmd_token_fetch,
	&cmd_token_jwks,
	&cmd_eventlog_show,
	&cmd_eventlog_replay,
	&cmd_gcp_endorsement,
	&cmd_gcp_quote,
	NULL,
};
/* clang-format on */

int main(int argc, char **argv)
{
	return cli_main("ee-measure", source_id, commands, argc, argv);
}
