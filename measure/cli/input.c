/* input.c - inputs that more than one command takes. */
#include "measure/cli/input.h"

/* Where the image that does have the metadata is found; Debian ships it as a
 * file of its own beside the split ones. */
static const char hint[] =
	"a TD needs the unsplit build: in Debian's ovmf package that is "
	"/usr/share/ovmf/OVMF.fd (or OVMF_VARS.fd and OVMF_CODE.fd in one "
	"file, in that order)";

int input_firmware(const char *path, struct cli_file *fw, struct tdvf *t)
{
	const char *why = "";
	int rc = cli_map(path, TDVF_MAX_FIRMWARE, fw);
	enum err e;

	if (rc != CLI_DONE)
		return rc;
	e = tdvf_parse(fw->data, t, &why);
	if (e == ERR_OK)
		return CLI_DONE;
	cli_close(fw);
	if (e == ERR_MISSING || e == ERR_TRUNC)
		return cli_fail(CLI_MALFORMED, "%s: not a TDX firmware: %s; %s",
				path, why, hint);
	return cli_fail(CLI_MALFORMED, "%s: %s", path, why);
}
