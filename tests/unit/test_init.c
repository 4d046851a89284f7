/* The parts of PID 1 that can be run without being it: the DHCP hook, what init
 * makes of its notes, the restart pauses, quotes, job slots, the mount table.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "init/dhcp.h"
#include "init/hook.h"
#include "init/quoter.h"
#include "init/slots.h"
#include "sys/child.h"
#include "sys/mounts.h"
#include "tests/tap.h"

/* ---- the hook, under its filter, with a pipe at CHILD_HOOK_FD */

struct env {
	const char *name, *value;
};

static int run_hook(const char *event, const struct env *env, size_t nenv,
		    struct lease_note *note, ssize_t *n)
{
	char name[] = "/bin/udhcpc-hook", word[32];
	char *argv[] = { name, word, NULL };
	int ends[2], status;
	pid_t pid;

	snprintf(word, sizeof word, "%s", event);
	if (pipe(ends) != 0)
		_exit(99);
	pid = fork();
	if (pid == 0) {
		clearenv();
		for (size_t i = 0; i < nenv; i++)
			setenv(env[i].name, env[i].value, 1);
		dup2(ends[1], CHILD_HOOK_FD);
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		syscall(SYS_exit_group, hook_main(2, argv));
	}
	close(ends[1]);
	waitpid(pid, &status, 0);
	*n = read(ends[0], note, sizeof *note);
	close(ends[0]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000;
}

static void test_hook(void)
{
	static const struct env lease[] = {
		{ "interface", "eth0" },
		{ "ip", "10.128.0.5" },
		{ "mask", "32" },
		{ "subnet", "255.255.255.255" },
		{ "router", "10.128.0.1" },
		{ "dns", "169.254.169.254" },
		{ "serverid", "169.254.1.1" },
		{ "lease", "86400" },
	};
	static const struct env evil[] = { { "ip", "10.0.0.2" },
					   { "mask", "24;reboot" } };
	static const char *const bound[] = { "bound", "renew" };
	static const char *const none[] = { "leasefail", "nak" };
	struct lease_note note;
	ssize_t n;

	for (int i = 0; i < 2; i++) {
		ok(run_hook(bound[i], lease, 8, &note, &n) == 0 &&
			   n == sizeof note,
		   "%s is told in one record", bound[i]);
		ok(note.magic == LEASE_MAGIC && note.event == LEASE_BOUND &&
			   lease_ok(&note.lease) &&
			   note.lease.addr == 0x0a800005 &&
			   note.lease.prefix == 32,
		   "which holds the lease");
		ok(run_hook(none[i], lease, 8, &note, &n) == 0 && n == 0,
		   "%s tells nothing", none[i]);
	}
	ok(run_hook("deconfig", lease, 8, &note, &n) == 0 &&
		   note.event == LEASE_LOST && note.lease.addr == 0,
	   "deconfig is told, without a lease");
	ok(run_hook("bound", evil, 2, &note, &n) == 1 && n == 0,
	   "a bad lease is not told");
	ok(run_hook("bound", NULL, 0, &note, &n) == 1 && n == 0,
	   "nor an empty one");
	ok(run_hook("reboot", lease, 8, &note, &n) == 1 && n == 0,
	   "nor an event that is none");
}

static void test_hook_alone(void)
{
	char name[] = "udhcpc-hook";
	char *argv[] = { name, NULL };

	ok(hook_main(1, argv) == 1, "no event at all");
}

/* ---- notes */

static int pipe_to(struct dhcp *d)
{
	static const struct net_if nif = { "none0", 0x7ffffff0 };
	int ends[2];

	if (pipe2(ends, O_NONBLOCK) != 0)
		_exit(99);
	dhcp_init(d, &nif);
	d->notes = ends[0];
	return ends[1];
}

static void note_is(const void *bytes, size_t n, enum err want,
		    const char *what)
{
	struct dhcp d;
	int fd = pipe_to(&d);

	if (write(fd, bytes, n) != (ssize_t)n)
		_exit(98);
	is_err(dhcp_read(&d), want, "%s", what);
	ok(!d.have, "no address");
	close(fd);
	if (want == ERR_OK) {
		is_err(dhcp_read(&d), ERR_OK, "the end of the notes");
		ok(d.notes == -1, "closes them");
	} else {
		close(d.notes);
	}
}

static void test_notes(void)
{
	struct lease_note note, bad;

	memset(&note, 0, sizeof note);
	note.magic = LEASE_MAGIC;
	note.event = LEASE_LOST;
	note_is(&note, sizeof note, ERR_OK, "a loss of nothing");
	note_is(&note, sizeof note - 1, ERR_VALUE, "a short note");
	bad = note;
	bad.magic ^= 1;
	note_is(&bad, sizeof bad, ERR_VALUE, "another magic");
	bad = note;
	bad.event = 3;
	note_is(&bad, sizeof bad, ERR_VALUE, "an event that is none");
	bad.event = LEASE_BOUND;
	note_is(&bad, sizeof bad, ERR_VALUE, "a lease of zeros");
	bad.lease.addr = 0x0a000002;
	bad.lease.prefix = 24;
	note_is(&bad, sizeof bad, ERR_OK, "one that the kernel refuses");
}

static void test_pauses(void)
{
	static const int64_t want[] = { 200,   400,   800,   1600,  3200, 6400,
					12800, 25600, 51200, 60000, 60000 };
	static const struct net_if nif = { "none0", 0x7ffffff0 };
	struct dhcp d;

	dhcp_init(&d, &nif);
	for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
		d.pid = 1;
		d.since_ms = 1000;
		dhcp_ended(&d, 0, 2000);
		ok(d.pid == 0 && d.again_ms == 2000 + want[i], "end %zu: %d ms",
		   i + 1, (int)(d.again_ms - 2000));
	}
	is_err(dhcp_tick(&d, d.again_ms - 1), ERR_OK, "before its time");
	ok(d.pid == 0, "it is not started");
	d.pid = 1;
	dhcp_ended(&d, 0, 1000 + 60001);
	ok(d.again_ms == 61001 + 200, "after a minute of life: 200 ms");
}

/* ---- quotes: what init makes of what its child wrote */

struct answer {
	uint32_t err, len;
	uint8_t quote[LIMIT_QUOTE_BYTES];
};

static struct answer good_answer = { .err = ERR_OK, .len = 3, .quote = "abc" };
static struct broker_msg reply;

static void answer_is(const void *bytes, size_t n, enum err want,
		      const char *what)
{
	struct quoter q = { .pid = 1, .result = -1 };
	uint8_t rd[REPORTDATA_LEN] = { 9 };
	int ends[2];

	if (pipe(ends) != 0 || write(ends[1], bytes, n) != (ssize_t)n)
		_exit(98);
	close(ends[1]);
	q.result = ends[0];
	is_err(quoter_add(&q, 41, rd), ERR_OK, "a request");
	rd[0] = 8;
	is_err(quoter_add(&q, 42, rd), ERR_OK, "and another");
	memset(&reply, 0x55, sizeof reply);
	quoter_ended(&q, &reply);
	is_err((enum err)reply.err, want, "%s", what);
	ok(reply.op == BROKER_QUOTE && reply.id == 41 && reply.pad == 0,
	   "answers the first request");
	ok(want == ERR_OK || reply.quote_len == 0, "no quote with an error");
	ok(q.pid == 0 && q.waiting == 1 && q.queue[0].id == 42 &&
		   q.queue[0].reportdata[0] == 8,
	   "the next one is first now");
}

static void test_quotes(void)
{
	struct quoter q = { .result = -1 };
	uint8_t rd[REPORTDATA_LEN] = { 0 };
	struct answer bad = good_answer;

	answer_is(&good_answer, sizeof good_answer, ERR_OK, "a quote");
	ok(reply.quote_len == 3 && memcmp(reply.quote, "abc", 3) == 0,
	   "its bytes");
	answer_is("", 0, ERR_TIMEOUT, "a child that was killed");
	answer_is(&good_answer, sizeof good_answer - 1, ERR_VALUE,
		  "a short record");
	bad.err = ERR_MISMATCH;
	answer_is(&bad, sizeof bad, ERR_MISMATCH, "an error");
	bad.err = ERR_IO + 1;
	answer_is(&bad, sizeof bad, ERR_VALUE, "an error that is none");
	bad = good_answer;
	bad.len = LIMIT_QUOTE_BYTES + 1;
	answer_is(&bad, sizeof bad, ERR_VALUE, "a quote above its limit");
	for (uint32_t i = 0; i < QUOTER_QUEUE; i++)
		is_err(quoter_add(&q, i, rd), ERR_OK, "request %u waits", i);
	is_err(quoter_add(&q, 9, rd), ERR_SPACE, "one too many");
}

/* ---- job processes */

static void test_slots(void)
{
	struct slots s = { { 0 } };
	int end = -1, other = -1, status = 0;

	is_err(slots_kill(&s, 2), ERR_STATE, "no job to kill");
	if (geteuid() != 0) {
		ok(1, "job processes # SKIP only root can give up root");
		return;
	}
	is_err(slots_spawn(&s, 2, &end), ERR_OK, "a job process");
	ok(end >= 0 && s.pid[2] > 0, "in its slot, with a socket");
	is_err(slots_spawn(&s, 2, &other), ERR_STATE, "the slot is taken");
	ok(other == -1, "no socket");
	is_err(slots_kill(&s, 2), ERR_OK, "kill it");
	ok(waitpid(s.pid[2], &status, 0) == s.pid[2] && WIFSIGNALED(status),
	   "it dies");
	ok(slots_ended(&s, s.pid[2] + 1) == -1, "another process is no job");
	ok(slots_ended(&s, s.pid[2]) == 2 && s.pid[2] == 0, "the slot is free");
	close(end);
}

/* ---- mounts */

static bool mounted(const char *line)
{
	static char text[65536];
	FILE *f = fopen("/proc/self/mounts", "r");
	size_t n = f != NULL ? fread(text, 1, sizeof text - 1, f) : 0;

	text[n] = '\0';
	if (f != NULL)
		fclose(f);
	return strstr(text, line) != NULL;
}

static void test_mount_table(void)
{
	for (size_t i = 0; i < mount_count; i++) {
		const struct mount_entry *m = &mount_table[i];

		ok((m->flags & (MS_NOSUID | MS_NOEXEC)) ==
			   (MS_NOSUID | MS_NOEXEC),
		   "%s: nosuid, noexec", m->target);
		ok((m->flags & MS_NODEV) != 0 ||
			   strcmp(m->type, "devtmpfs") == 0,
		   "%s: nodev, if it is not for devices", m->target);
	}
}

static void test_mounts(void)
{
	char dir[] = "/tmp/test_init.XXXXXX", a[64], b[64], line[256];
	const char *what = "";
	struct mount_entry table[] = {
		{ "tmpfs", a, MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  "mode=0755,size=64k" },
		{ "nosuchfs", b, 0, NULL },
	};

	if (mkdtemp(dir) == NULL)
		_exit(99);
	snprintf(a, sizeof a, "%s/a", dir);
	snprintf(b, sizeof b, "%s/b", dir);
	if (unshare(CLONE_NEWNS) != 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
		ok(1, "mounts # SKIP only root can mount");
		rmdir(dir);
		return;
	}
	is_err(mount_all(table, 1, &what), ERR_OK, "a tmpfs");
	snprintf(line, sizeof line,
		 "none %s tmpfs rw,nosuid,nodev,noexec,relatime,size=64k,"
		 "mode=755",
		 a);
	ok(mounted(line), "with its flags, on a folder that was made");
	is_err(mount_all(table, 2, &what), ERR_IO, "no such file system");
	ok(what == b && errno == ENODEV, "is named, with the reason");
	umount(a);
	umount(a);
	rmdir(a);
	rmdir(b);
	ok(rmdir(dir) == 0, "cleaned up");
}

int main(void)
{
	test_hook();
	test_hook_alone();
	test_notes();
	test_pauses();
	test_quotes();
	test_slots();
	test_mount_table();
	test_mounts();
	return tap_done();
}
