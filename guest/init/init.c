/* /init: PID 1, and under the name udhcpc-hook what udhcpc calls. */
#include <string.h>
#include <unistd.h>

#include "init/boot.h"
#include "init/hook.h"
#include "init/supervise.h"

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

int main(int argc, char **argv)
{
	static struct machine m = { .broker = -1 };

	if (getpid() != 1) {
		if (argc > 0 && strcmp(base_name(argv[0]), "udhcpc-hook") == 0)
			return hook_main(argc, argv);
		return 2; /* there is nothing else to be */
	}
	boot(&m);
	supervise(&m);
}
