/* mrtd.c - ee-measure mrtd: the MRTD of a firmware image. */
#include "measure/lib/mrtd.h"

#include <stdlib.h>

#include "lib/text.h"
#include "measure/cli/cli.h"
#include "measure/cli/input.h"

static const struct cli_opt opts[] = {
	{ "two-pass", NULL, "as Intel's out-of-tree QEMU 6 to 8 builds a TD",
	  0 },
	{ NULL, NULL, NULL, 0 },
};

static void write_json(struct wr *w, struct slice fw, const struct tdvf *t,
		       bool two_pass, const uint8_t *value)
{
	uint8_t digest[SHA256_LEN];
	struct jw j;

	sha256(fw, digest);
	jw_init(&j, w);
	jw_open(&j, '{');
	jw_khex(&j, "firmware_sha256", (struct slice){ digest, sizeof digest });
	jw_khex(&j, "mrtd", (struct slice){ value, SHA384_LEN });
	jw_kstr(&j, "order", two_pass ? "two-pass" : "single-pass");
	jw_key(&j, "sections");
	jw_open(&j, '[');
	for (size_t i = 0; i < t->n; i++) {
		const struct tdvf_section *s = &t->s[i];

		jw_open(&j, '{');
		jw_ki64(&j, "attributes", s->attributes);
		jw_ki64(&j, "data_offset", s->data_offset);
		jw_ki64(&j, "gpa", (int64_t)s->gpa);
		jw_ki64(&j, "mem_size", (int64_t)s->mem_size);
		jw_ki64(&j, "raw_size", s->raw_size);
		jw_kstr(&j, "type", tdvf_type_name(s->type));
		jw_close(&j);
	}
	jw_close(&j);
	jw_close(&j);
	if (jw_end(&j) != ERR_OK)
		wr_fail(w, ERR_STATE);
	wr_str(w, "\n");
}

static int run(const struct cli *c)
{
	static uint8_t text[TDVF_MAX_SECTIONS * 200 + 1024];
	bool two_pass = cli_has(c, "two-pass");
	struct wr w = wr_over(text, sizeof text);
	uint8_t value[SHA384_LEN];
	struct cli_file fw;
	struct tdvf t;
	int rc = input_firmware(c->operand[0], &fw, &t);

	if (rc != CLI_DONE)
		return rc;
	mrtd(fw.data, &t, two_pass ? MRTD_TWO_PASS : MRTD_SINGLE_PASS, value);
	if (c->json) {
		write_json(&w, fw.data, &t, two_pass, value);
	} else {
		wr_hex(&w, (struct slice){ value, sizeof value });
		wr_str(&w, "\n");
	}
	cli_close(&fw);
	if (wr_end(&w) != ERR_OK)
		return cli_fail(CLI_INTERNAL, "the output does not fit");
	return cli_print(wr_slice(&w));
}

const struct cli_cmd cmd_mrtd = {
	.name = "mrtd",
	.operands = "FIRMWARE",
	.noperands = 1,
	.summary = "print the MRTD of a firmware image",
	.opts = opts,
	.run = run,
};
