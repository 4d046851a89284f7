/* stop.c - ends an instance: its supervisor asks QEMU to quit, and kills it
 * when that does not help. */
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "host-launcher/cli/verbs.h"
#include "host-launcher/vm/instance.h"

enum {
	STEP_MS = 50,
	PATIENCE_MS = 15000
};

/* Waits until the supervisor is gone. */
static bool gone(const struct proc *p)
{
	for (int left = PATIENCE_MS; left > 0; left -= STEP_MS) {
		if (!proc_alive(p))
			return true;
		(void)poll(NULL, 0, STEP_MS);
	}
	return !proc_alive(p);
}

/* Every file of the folder is the launcher's own; there are no subfolders. */
static enum err remove_all(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *f;
	enum err e = d == NULL ? ERR_IO : ERR_OK;

	while (e == ERR_OK && (f = readdir(d)) != NULL) {
		char path[PATH_CAP];

		if (f->d_name[0] == '.')
			continue;
		e = path_fmt(path, "%s/%s", dir, f->d_name);
		if (e == ERR_OK && unlink(path) != 0)
			e = ERR_IO;
	}
	if (d != NULL)
		(void)closedir(d);
	return e == ERR_OK && rmdir(dir) != 0 ? ERR_IO : e;
}

VERB(cmd_stop)
{
	const struct stop_opts *o = opts;
	struct instance_status st;
	struct proc supervisor;
	char dir[PATH_CAP];
	enum exit_status status = find_instance(operands[0], dir);
	enum err e;

	(void)n;
	if (status != STATUS_DONE)
		return status;
	e = instance_status_read(dir, &st);
	if (e == ERR_OK && instance_is_live(st.state))
		e = instance_supervisor(dir, &supervisor);
	if (e != ERR_OK) {
		complain("%s: %s", operands[0], err_text(e));
		return exit_of(e);
	}
	if (instance_is_live(st.state)) {
		(void)proc_signal(&supervisor, SIGTERM);
		/* QEMU dies with its supervisor, whatever state it is in. */
		if (!gone(&supervisor))
			(void)proc_signal(&supervisor, SIGKILL);
		if (!gone(&supervisor)) {
			complain("%s does not end", operands[0]);
			return STATUS_INTERNAL;
		}
	} else {
		(void)fprintf(stderr, "%s was not running (%s)\n", operands[0],
			      instance_state_name(st.state));
	}
	if (o->remove && remove_all(dir) != ERR_OK) {
		complain("%s cannot be removed", dir);
		return STATUS_UNAVAILABLE;
	}
	return STATUS_DONE;
}
