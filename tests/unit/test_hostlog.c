/* Log lines that nobody can forge, exit statuses, and the KVM probe on devices
 * that are none. */
#include <fcntl.h>
#include <stdlib.h>

#include "host-launcher/lib/input.h"
#include "host-launcher/lib/log.h"
#include "host-launcher/vm/kvm.h"
#include "lib/text.h"
#include "tests/tap.h"

static char line[8192];

/* One event's line as it arrives at standard error. */
static void log_of(const char *event, const struct log_field *f)
{
	int fds[2], saved = dup(STDERR_FILENO);
	ssize_t n = 0;

	if (saved < 0 || pipe(fds) != 0 || dup2(fds[1], STDERR_FILENO) < 0)
		_exit(99);
	log_fields(event, f);
	(void)dup2(saved, STDERR_FILENO);
	(void)close(saved);
	(void)close(fds[1]);
	n = read(fds[0], line, sizeof line - 1);
	(void)close(fds[0]);
	line[n > 0 ? n : 0] = '\0';
}

#define FIELDS(...) ((struct log_field[]){ __VA_ARGS__, { 0 } })

static void test_values(void)
{
	static const struct {
		const char *value, *want;
	} rows[] = {
		{ "plain", " k=plain\n" },
		{ "", " k=\"\"\n" },
		{ "two words", " k=\"two words\"\n" },
		{ "a\nevent=forged", " k=\"a\\x0aevent=forged\"\n" },
		{ "a=b", " k=\"a=b\"\n" },
		{ "\"\\", " k=\"\\\"\\\\\"\n" },
		{ "\x1b[31m\x7f", " k=\"\\x1b[31m\\x7f\"\n" },
		{ "\xc3\xbc", " k=\"\\xc3\\xbc\"\n" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *at;

		log_of("e", FIELDS(LOG_TEXT("k", rows[i].value)));
		at = strstr(line, " event=e");
		ok(at != NULL && strcmp(at + 8, rows[i].want) == 0,
		   "value %zu: %.40s", i, rows[i].want);
		ok(strchr(line, '\n') == line + strlen(line) - 1,
		   "is one line");
	}
	log_of("started", FIELDS(LOG_NUMBER("pid", -7), LOG_TEXT("a", NULL)));
	ok(strstr(line, " event=started pid=-7 a=\"\"\n") != NULL,
	   "numbers, and texts that are not there");
}

static void test_time(void)
{
	int64_t before = wall_ms(), at = 0;

	log_of("e", FIELDS(LOG_NUMBER("n", 1)));
	ok(strncmp(line, "time=", 5) == 0 && line[29] == ' ', "begins so");
	is_err(rfc3339_parse(at_page_end(line + 5, RFC3339_LEN), &at), ERR_OK,
	       "a time in RFC 3339");
	ok(at >= before && at <= wall_ms(), "that is now");
}

static void test_long(void)
{
	static char big[6000];

	memset(big, 'x', sizeof big - 1);
	log_of("e", FIELDS(LOG_TEXT("a", "1"), LOG_TEXT("k", big)));
	ok(strlen(line) <= 2048 && line[strlen(line) - 1] == '\n',
	   "a long line is cut and still ends");
	ok(strstr(line, " a=1 ") != NULL, "what fits is there");
}

static void test_exit(void)
{
	ok(exit_of(ERR_OK) == STATUS_DONE &&
		   exit_of(ERR_SIGNATURE) == STATUS_REFUSED &&
		   exit_of(ERR_VALUE) == STATUS_MALFORMED &&
		   exit_of(ERR_MISSING) == STATUS_UNAVAILABLE &&
		   exit_of(ERR_RANDOM) == STATUS_INTERNAL,
	   "an error has its exit status");
	ok(exit_of(ERR_STATE) == STATUS_REFUSED &&
		   exit_of_secret(ERR_STATE) == STATUS_UNAVAILABLE &&
		   exit_of_secret(ERR_VALUE) == STATUS_MALFORMED,
	   "a secret that others can read is no verdict");
	ok(input_bad("f", "m", ERR_VALUE) == STATUS_MALFORMED &&
		   input_bad("f", "", ERR_IO) == STATUS_UNAVAILABLE &&
		   input_bad("f", "", ERR_REFUSED) == STATUS_REFUSED,
	   "nor is a file that is not what it is for");
}

static void test_kvm(void)
{
	char why[128];

	ok(kvm_probe_at("/nonexistent", why, sizeof why) == KVM_ABSENT,
	   "absent: %s", why);
	ok(kvm_probe_at("/dev/null", why, sizeof why) == KVM_BROKEN,
	   "a device that is no KVM: %s", why);
	ok(kvm_probe_at("/", why, sizeof why) != KVM_WORKS, "a folder: %s",
	   why);
}

int main(void)
{
	test_values();
	test_time();
	test_long();
	test_exit();
	test_kvm();
	return tap_done();
}
