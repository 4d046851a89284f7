/* `ee-measure quote show|verify` as a user meets it: options, inputs, output
 * and exit codes. The command runs in a child whose output is read back. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "lib/text.h"
#include "measure/cli/cli.h"
#include "tests/peers/fakequote.h"
#include "tests/reference_make.h"
#include "tests/tap.h"

#define AT "2026-09-21T14:13:20Z" /* FAKE_NOW */

static const struct cli_cmd *const commands[] = { &cmd_quote_show,
						  &cmd_quote_verify, NULL };

static struct fake fake;
static char dir[] = "/tmp/ee-test-XXXXXX";
static char output[64 * 1024];

static void path_of(const char *name, char out[static 128])
{
	snprintf(out, 128, "%s/%s", dir, name);
}

static void put_file(const char *name, const void *p, size_t n)
{
	char path[128];
	FILE *f;

	path_of(name, path);
	f = fopen(path, "wb");
	if (f == NULL || fwrite(p, 1, n, f) != n || fclose(f) != 0)
		_exit(98);
}

static void put_text(const char *name, const char *text)
{
	put_file(name, text, strlen(text));
}

static void put_fake(void)
{
	put_file("quote", fake.quote, fake.quote_len);
	put_file("bundle", fake.bundle, fake.bundle_len);
	put_file("root", fake.root_pem, fake.root_pem_len);
}

/* The command in a child with both outputs on a pipe; standard input is the
 * file `input`, when there is one. */
static void child(int out, const char *input, int argc, char **argv)
{
	char path[128];
	int in;

	path_of(input != NULL ? input : "nothing", path);
	in = open(path, O_RDONLY | O_CREAT, 0600);
	if (in < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(98);
	exit(cli_main("ee-measure", "", commands, argc, argv));
}

/* Runs "ee-measure ARGS", words parted by one space; %name is a file of the
 * test's folder. The exit code. */
static int run(const char *input, const char *args)
{
	static char words[2048], files[32][128];
	char *argv[32] = { (char[]){ "ee-measure" } }, *save = NULL;
	int argc = 1, fd[2], status = 0;
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	snprintf(words, sizeof words, "%s", args);
	for (char *w = strtok_r(words, " ", &save); w != NULL;
	     w = strtok_r(NULL, " ", &save)) {
		path_of(w + 1, files[argc]);
		argv[argc] = w[0] == '%' ? files[argc] : w;
		argc++;
	}
	fflush(stdout);
	if (pipe(fd) != 0 || (pid = fork()) < 0)
		_exit(98);
	if (pid == 0) {
		close(fd[0]);
		child(fd[1], input, argc, argv);
	}
	close(fd[1]);
	while (len < sizeof output - 1 &&
	       (n = read(fd[0], output + len, sizeof output - 1 - len)) > 0)
		len += (size_t)n;
	output[len] = '\0';
	close(fd[0]);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static void is_exit(int got, int want, const char *title)
{
	if (!ok(got == want, "exit %d: %s", want, title))
		printf("#   got %d: %.300s\n", got, output);
}

static bool says(const char *text)
{
	return strstr(output, text) != NULL;
}

#define BASE   "quote verify %quote --collateral %bundle --at " AT
#define SIM    BASE " --insecure-sim-root %root"
#define POLICY SIM " --policy %policy"

static void put_policy(const uint8_t *mrtd, const uint8_t *rtmr1)
{
	char text[512];
	struct wr w = wr_over(text, sizeof text);

	wr_str(&w, "{\"version\":1,\"simulated\":true,\"measurements\":["
		   "{\"platform\":\"fake\",\"mrtd\":\"");
	wr_hex(&w, (struct slice){ mrtd, SHA384_LEN });
	wr_str(&w, "\",\"rtmr1\":\"");
	wr_hex(&w, (struct slice){ rtmr1, SHA384_LEN });
	wr_str(&w, "\"}]}");
	put_file("policy", text, w.len);
}

static void test_verdicts(void)
{
	uint8_t other[SHA384_LEN] = { 0 };

	put_policy(fake.body.mrtd, fake.body.rtmr[1]);
	is_exit(run(NULL, POLICY), 0, "a quote the policy accepts");
	ok(says("verdict: accepted\n") && says("simulated: true\n") &&
		   says("tcb_status: UpToDate\n") && says("platform: fake\n"),
	   "and says that it is simulated");
	is_exit(run(NULL, POLICY " -o json"), 0, "the same as JSON");
	ok(says("\"verdict\":\"accepted\"") && says("\"simulated\":true") &&
		   says("\"reason_code\":\"OK\"") &&
		   says("\"tcb_status\":\"UpToDate\"") &&
		   says("\"advisories\":[]") && says("\"authentic\":true"),
	   "with the members of the design");
	is_exit(run(NULL, BASE " --policy %policy"), 1,
		"the same without the root");
	ok(says("EE-ATT-010"), "is another issuer's");
	put_policy(other, fake.body.rtmr[1]);
	is_exit(run(NULL, POLICY " -o json"), 1, "another MRTD");
	ok(says("\"EE-ATT-014\"") && says("\"authentic\":true"),
	   "014, though authentic");
	put_policy(fake.body.mrtd, other);
	is_exit(run(NULL, POLICY " -o json"), 1, "another image");
	ok(says("\"EE-ATT-016\"") && says("\"authentic\":true"),
	   "016, though authentic");
	put_text("policy", "{\"version\":1}");
	is_exit(run(NULL, POLICY), 1, "an empty policy");
	ok(says("EE-ATT-017"), "017");
	put_text("policy", "{\"version\":1,\"no\":1}");
	is_exit(run(NULL, POLICY), 3, "an invalid policy");
	ok(says("EE-ATT-017") && says("policy: no:"), "017, with its member");
	put_text("policy", "{\"version\":1");
	is_exit(run(NULL, POLICY), 3, "a policy that is no JSON");
	ok(says("EE-ATT-017"), "017");
}

static void test_reference(void)
{
	static struct reference r;
	char text[4096];
	struct wr w = wr_over(text, sizeof text);
	struct reference_entry *e = &r.e[0];

	make_reference(&r, fake.body.mrtd, fake.body.rtmr);
	is_err(reference_write(&r, &w), ERR_OK, "a reference file");
	put_file("reference", text, w.len);
	is_exit(run(NULL, SIM " --reference %reference"), 0,
		"accepted by a reference file");
	ok(says("platform: sim\n"), "for its platform");
	e->rtmr[1][0] ^= 1;
	w = wr_over(text, sizeof text);
	is_err(reference_write(&r, &w), ERR_OK, "another image's");
	put_file("reference", text, w.len);
	is_exit(run(NULL, SIM " --reference %reference"), 1, "refused by it");
	ok(says("EE-ATT-016") && says("RTMR1"), "016, RTMR1");
	e->rtmr_known[1] = false;
	snprintf(e->reason, sizeof e->reason, "not predicted");
	w = wr_over(text, sizeof text);
	is_err(reference_write(&r, &w), ERR_OK, "one that knows no RTMR1");
	put_file("reference", text, w.len);
	is_exit(run(NULL, SIM " --reference %reference"), 1, "refused by it");
	ok(says("EE-ATT-017"), "017: it binds no image");
	put_text("reference", "{}");
	is_exit(run(NULL, SIM " --reference %reference"), 3,
		"JSON that is no reference");
	ok(says("EE-ATT-017"), "017, and nothing is accepted");
}

/* Two releases of which only the second has the fake quote's image, and what
 * the dates and the other one's list do to it. */
static void test_release(void)
{
	static struct reference r;
	static uint8_t text[8192];
	uint8_t rtmr[4][SHA384_LEN];
	struct wr w = wr_over(text, sizeof text);

	make_reference(&r, fake.body.mrtd, fake.body.rtmr);
	make_release(&r, "1.2.2", 6);
	is_err(reference_write(&r, &w), ERR_OK, "a release");
	put_file("reference", text, w.len);
	is_exit(run(NULL, SIM " --reference %reference"), 0,
		"accepted in its time");
	r.release.not_after_s = FAKE_NOW;
	w = wr_over(text, sizeof text);
	is_err(reference_write(&r, &w), ERR_OK, "until this second");
	put_file("reference", text, w.len);
	is_exit(run(NULL, SIM " --reference %reference"), 0, "accepted");
	r.release.not_after_s = FAKE_NOW - 1;
	w = wr_over(text, sizeof text);
	is_err(reference_write(&r, &w), ERR_OK, "one whose time is over");
	put_file("old", text, w.len);
	is_exit(run(NULL, SIM " --reference %old"), 1, "refused");
	ok(says("EE-ATT-008") && says("1.2.2 was good until 2026-09-21T14:13:"),
	   "008, until when");
	is_exit(run(NULL, SIM " --reference %old --reference %reference"), 0,
		"but accepted by another reference that has it, too");
	r.release.not_before_s = FAKE_NOW + 1;
	r.release.not_after_s = FAKE_NOW + 2;
	w = wr_over(text, sizeof text);
	is_err(reference_write(&r, &w), ERR_OK, "one whose time comes");
	put_file("old", text, w.len);
	is_exit(run(NULL, SIM " --reference %old"), 1, "refused");
	ok(says("EE-ATT-009") && says("1.2.2 is good from 2026-09-21T14:13:21"),
	   "009, from when");

	memset(rtmr, 0x77, sizeof rtmr);
	make_reference(&r, fake.body.mrtd, rtmr);
	make_release(&r, "1.2.3", 7);
	make_revoke(&r, "1.2.2", 6, "it leaks");
	w = wr_over(text, sizeof text);
	is_err(reference_write(&r, &w), ERR_OK, "the next release");
	put_file("next", text, w.len);
	is_exit(run(NULL, SIM " --reference %next"), 1, "has another image");
	ok(says("EE-ATT-016") && says("RTMR0"), "016, RTMR0");
	is_exit(run(NULL, SIM " --reference %reference --reference %next"), 1,
		"and revokes the one before");
	ok(says("EE-ATT-016") && says("release 1.2.2 is revoked: it leaks"),
	   "016, with the reason");
	is_exit(run(NULL, SIM " --reference %next --reference %reference"), 1,
		"in either order");
	ok(says("is revoked"), "with the reason");
	make_reference(&r, fake.body.mrtd, fake.body.rtmr);
	w = wr_over(text, sizeof text);
	is_err(reference_write(&r, &w), ERR_OK, "the same image, unreleased");
	put_file("old", text, w.len);
	is_exit(run(NULL, SIM " --reference %old --reference %next"), 0,
		"has no name to be revoked by");
	is_exit(run(NULL, SIM " --reference %old --reference %reference "
			      "--reference %next"),
		1, "but its bytes are revoked when they are known to be those");
	ok(says("release 1.2.2 is revoked"), "by the release's name");
	is_exit(run(NULL, SIM " --reference %reference --reference %never"), 4,
		"each of them has to be there");
}

static void test_authentic_only(void)
{
	is_exit(run(NULL, SIM " --authentic-only"), 0, "authentic");
	is_exit(run(NULL, BASE " --authentic-only"), 1, "not authentic");
	put_text("quote", "this is not a quote\n");
	is_exit(run(NULL, SIM " --authentic-only"), 3, "no quote at all");
	ok(says("EE-ATT-012"), "012");
	put_file("quote", fake.quote, fake.quote_len - 1);
	is_exit(run(NULL, SIM " --authentic-only"), 3, "a quote cut short");
	put_file("quote", "", 0);
	is_exit(run(NULL, SIM " --authentic-only"), 3, "an empty file");
	put_fake();
}

static void test_collateral(void)
{
	static const char key[] = "\"pck_crl\":\"", *at;

	put_text("bundle", "{}");
	is_exit(run(NULL, SIM " --authentic-only"), 3, "an empty bundle");
	ok(says("EE-ATT-018") && says("collateral: tcb_info:"),
	   "018, with what is missing");
	put_text("bundle", "[");
	is_exit(run(NULL, SIM " --authentic-only"), 3, "a bundle without form");
	ok(says("EE-ATT-018"), "018");
	at = memmem(fake.bundle, fake.bundle_len, key, strlen(key));
	ok(at != NULL, "there is a PCK CRL");
	fake.bundle[at - fake.bundle + 2] = 'x';
	put_fake();
	is_exit(run(NULL, SIM " --authentic-only"), 3, "a member it knows not");
	ok(says("EE-ATT-018"), "018");
	fake_build(&fake);
	put_fake();
}

static void test_forms(void)
{
	static char text[40 * 1024];
	struct slice q = { fake.quote, fake.quote_len };
	struct wr w = wr_over(text, sizeof text);

	for (size_t i = 0; i < fake.quote_len; i += 32) {
		size_t n = fake.quote_len - i;

		wr_hex(&w, (struct slice){ fake.quote + i, n < 32 ? n : 32 });
		wr_str(&w, "\n");
	}
	put_file("hex", text, w.len);
	is_exit(run("hex", "quote show -"), 0, "hex lines on standard input");
	ok(says("td_report.mrtd: 1111") && says("pck.fmspc: fa4e00000001"),
	   "show names the fields");
	w = wr_over(text, sizeof text);
	wr_str(&w, "0x");
	wr_hex(&w, q);
	put_file("hex", text, w.len);
	is_exit(run(NULL, "quote show %hex -o json"), 0, "hex after 0x");
	ok(says("\"td_attributes_names\":\"SEPT_VE_DISABLE\""), "as JSON");
	w = wr_over(text, sizeof text);
	wr_b64(&w, q);
	wr_str(&w, "\n");
	put_file("base64", text, w.len);
	is_exit(run("base64", "quote verify - --collateral %bundle --at " AT
			      " --insecure-sim-root %root --authentic-only"),
		0, "base64");
	text[10] = '*';
	put_file("base64", text, w.len);
	is_exit(run(NULL, "quote show %base64"), 3, "neither hex nor base64");
	is_exit(run(NULL, "quote show %bundle"), 3, "JSON is not a quote");
	is_exit(run(NULL, "quote show %missing"), 4,
		"a file that is not there");
}

static void test_usage(void)
{
	static const struct {
		const char *args;
		int want;
	} rows[] = {
		{ "quote verify %quote --at " AT " --authentic-only", 2 },
		{ "quote verify %quote --collateral %bundle --authentic-only",
		  2 },
		{ BASE, 2 },
		{ BASE " --authentic-only --policy %policy", 2 },
		{ BASE " --reference %policy --policy %policy", 2 },
		{ "quote verify --collateral %bundle --at " AT
		  " --authentic-only",
		  2 },
		{ "quote verify %quote --collateral %bundle --at now "
		  "--authentic-only",
		  2 },
		{ "quote verify %quote --collateral %missing --at 0 "
		  "--authentic-only",
		  4 },
		{ BASE " --policy %missing", 4 },
		{ BASE " --authentic-only --insecure-sim-root %missing", 4 },
		{ BASE " --authentic-only --insecure-sim-root %bundle", 3 },
		{ "quote verify --help", 0 },
		{ "quote", 2 },
		{ "quote --help", 0 },
	};

	put_policy(fake.body.mrtd, fake.body.rtmr[1]);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		is_exit(run(NULL, rows[i].args), rows[i].want, rows[i].args);
	is_exit(run(NULL, "quote verify %quote --collateral %bundle --at "
			  "1790000000 --insecure-sim-root %root "
			  "--authentic-only"),
		0, "time as Unix seconds");
	is_exit(run(NULL, "quote verify %quote --collateral %bundle --at 0 "
			  "--insecure-sim-root %root --authentic-only"),
		1, "in 1970");
	ok(says("EE-ATT-009"), "009");
}

static void clean_up(void)
{
	static const char *const names[] = { "quote",     "bundle",  "root",
					     "policy",    "hex",     "base64",
					     "reference", "nothing", "old",
					     "next" };
	char path[128];

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		path_of(names[i], path);
		(void)unlink(path);
	}
	(void)rmdir(dir);
}

int main(void)
{
	if (mkdtemp(dir) == NULL)
		return 98;
	fake_init(&fake);
	fake_build(&fake);
	put_fake();
	test_verdicts();
	test_reference();
	test_release();
	test_authentic_only();
	test_collateral();
	test_forms();
	test_usage();
	clean_up();
	return tap_done();
}
