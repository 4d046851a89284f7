#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "host-launcher/cli/verbs.h"
#include "host-launcher/vm/instance.h"

enum exit_status wants_json(const char *format, bool *json)
{
	*json = format != NULL && strcmp(format, "json") == 0;
	if (format == NULL || *json || strcmp(format, "text") == 0)
		return STATUS_DONE;
	complain("-o %s: json or text", format);
	return STATUS_USAGE;
}

enum exit_status resolve(const char *path, char out[static PATH_CAP])
{
	char *real = realpath(path, NULL);
	enum err e;

	if (real == NULL) {
		complain("%s: %s", path, strerror(errno));
		return STATUS_UNAVAILABLE;
	}
	e = path_fmt(out, "%s", real);
	free(real);
	return exit_of(e);
}

enum exit_status find_instance(const char *name, char *dir)
{
	enum err e = instance_dir(name, dir);
	struct stat st;

	if (e == ERR_VALUE && !instance_name_ok(str_slice(name))) {
		complain("%s: not a name of an instance", name);
		return STATUS_USAGE;
	}
	if (e != ERR_OK) {
		complain("no state folder: %s", err_text(e));
		return STATUS_UNAVAILABLE;
	}
	if (stat(dir, &st) == 0 && S_ISDIR(st.st_mode))
		return STATUS_DONE;
	complain("%s: there is no such instance", name);
	return STATUS_UNAVAILABLE;
}
