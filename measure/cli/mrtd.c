/* mrtd.c - ee-measure mrtd: the MRTD of a firmware image. */
#include "measure/lib/mrtd.h"

#include <stdlib.h>

#include "lib/text.h"
#include "measure/cli/cli.h"
#include "measure/cli/input.h"
#include "measure/lib/gcp.h"

static const struct cli_opt opts[] = {
	{ "two-pass", NULL, "as Intel's out-of-tree QEMU 6 to 8 builds a TD",
	  0 },
	{ "google-old", "MACHINE-TYPE",
	  "as Google built a TD until 2024-11, with the TD HOB in MRTD", 0 },
	{ NULL, NULL, NULL, 0 },
};

static void write_json(struct wr *w, struct slice fw, const struct tdvf *t,
		       const char *order, const uint8_t *value)
{
	uint8_t digest[SHA256_LEN];
	struct jw j;

	sha256(fw, digest);
	jw_init(&j, w);
	jw_open(&j, '{');
	jw_khex(&j, "firmware_sha256", (struct slice){ digest, sizeof digest });
	jw_khex(&j, "mrtd", (struct slice){ value, SHA384_LEN });
	jw_kstr(&j, "order", order);
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

/* The MRTD in the order that is asked for, and that order's name. */
static int measure(const struct cli *c, struct slice fw, const struct tdvf *t,
		   const char **order, uint8_t value[static SHA384_LEN])
{
	bool two_pass = cli_has(c, "two-pass");
	const char *name = cli_get(c, "google-old");
	const struct gcp_machine *m;

	*order = two_pass ? "two-pass" : "single-pass";
	if (name == NULL) {
		mrtd(fw, t, two_pass ? MRTD_TWO_PASS : MRTD_SINGLE_PASS, value);
		return CLI_DONE;
	}
	*order = "google-old";
	m = gcp_machine(name);
	if (two_pass || m == NULL)
		return cli_fail(CLI_USAGE,
				two_pass ? "--google-old %s: Google's order is "
					   "never --two-pass"
					 : "unknown machine type %s",
				name);
	if (mrtd_google_old(fw, t, m->memory_bytes, value) != ERR_OK)
		return cli_fail(CLI_MALFORMED,
				"the firmware is not made for Google's "
				"machines: its sections are elsewhere");
	return CLI_DONE;
}

static int run(const struct cli *c)
{
	static uint8_t text[TDVF_MAX_SECTIONS * 200 + 1024];
	struct wr w = wr_over(text, sizeof text);
	uint8_t value[SHA384_LEN];
	const char *order;
	struct cli_file fw;
	struct tdvf t;
	int rc = input_firmware(c->operand[0], &fw, &t);

	if (rc != CLI_DONE)
		return rc;
	rc = measure(c, fw.data, &t, &order, value);
	if (rc != CLI_DONE) {
		cli_close(&fw);
		return rc;
	}
	if (c->json) {
		write_json(&w, fw.data, &t, order, value);
	} else {
		wr_hex(&w, (struct slice){ value, sizeof value });
		wr_str(&w, "\n");
	}
	cli_close(&fw);
	return cli_print_wr(&w);
}

const struct cli_cmd cmd_mrtd = {
	.name = "mrtd",
	.operands = "FIRMWARE",
	.noperands = 1,
	.summary = "print the MRTD of a firmware image",
	.opts = opts,
	.run = run,
};
