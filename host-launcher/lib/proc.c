#include "host-launcher/lib/proc.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/text.h"

enum {
	STAT_CAP = 2048,
	STAT_START_FIELD = 22
};

/* Files of /proc are read in one go. */
static struct slice read_proc(const char *path, char *buf, size_t cap)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, cap);

	if (fd >= 0)
		(void)close(fd);
	return (struct slice){ (const uint8_t *)buf, n > 0 ? (size_t)n : 0 };
}

/* The next word of *s, which ends at a space or newline. */
static struct slice word(struct slice *s)
{
	struct slice w = { s->ptr, 0 };

	while (w.len < s->len && w.ptr[w.len] != ' ' && w.ptr[w.len] != '\n')
		w.len++;
	s->ptr += w.len < s->len ? w.len + 1 : w.len;
	s->len -= w.len < s->len ? w.len + 1 : w.len;
	return w;
}

enum err proc_stat_parse(struct slice in, char *state, uint64_t *start)
{
	const uint8_t *close_paren = NULL;
	struct slice rest, w;

	for (size_t i = 0; i < in.len; i++)
		if (in.ptr[i] == ')')
			close_paren = in.ptr + i;
	if (close_paren == NULL)
		return ERR_VALUE;
	rest.ptr = close_paren + 1;
	rest.len = (size_t)(in.ptr + in.len - rest.ptr);
	if (word(&rest).len != 0)
		return ERR_VALUE;
	w = word(&rest); /* field 3, the state */
	if (w.len != 1)
		return ERR_VALUE;
	*state = (char)w.ptr[0];
	for (int field = 4; field <= STAT_START_FIELD; field++)
		w = word(&rest);
	return u64_parse(w, UINT64_MAX, start);
}

static enum err read_boot_id(char out[static 37])
{
	char buf[64];
	struct slice s =
		read_proc("/proc/sys/kernel/random/boot_id", buf, sizeof buf);

	if (s.len != 37)
		return ERR_MISSING;
	s.len = 36;
	return slice_cstr(s, out, 37);
}

enum err proc_of(pid_t pid, struct proc *out)
{
	char path[64], buf[STAT_CAP], state;
	struct proc p = { .pid = pid };
	struct slice s;
	enum err e;

	(void)snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
	s = read_proc(path, buf, sizeof buf);
	if (pid <= 0 || s.len == 0)
		return ERR_MISSING;
	e = proc_stat_parse(s, &state, &p.start);
	if (e == ERR_OK && (state == 'Z' || state == 'X'))
		e = ERR_MISSING;
	if (e == ERR_OK)
		e = read_boot_id(p.boot_id);
	if (e == ERR_OK)
		*out = p;
	return e;
}

bool proc_alive(const struct proc *p)
{
	struct proc now;

	return proc_of(p->pid, &now) == ERR_OK && now.start == p->start &&
	       strcmp(now.boot_id, p->boot_id) == 0;
}

bool proc_signal(const struct proc *p, int sig)
{
	return proc_alive(p) && kill(p->pid, sig) == 0;
}

void proc_format(const struct proc *p, char out[static PROC_TEXT_CAP])
{
	(void)snprintf(out, PROC_TEXT_CAP, "%ld %llu %s", (long)p->pid,
		       (unsigned long long)p->start, p->boot_id);
}

enum err proc_parse(struct slice in, struct proc *out)
{
	struct proc p = { 0 };
	struct slice w = word(&in);
	uint64_t pid;
	enum err e = u64_parse(w, INT32_MAX, &pid);

	if (e != ERR_OK)
		return e;
	p.pid = (pid_t)pid;
	w = word(&in);
	e = u64_parse(w, UINT64_MAX, &p.start);
	if (e != ERR_OK)
		return e;
	if (in.len != sizeof p.boot_id - 1)
		return ERR_VALUE;
	e = slice_cstr(in, p.boot_id, sizeof p.boot_id);
	if (e == ERR_OK)
		*out = p;
	return e;
}
