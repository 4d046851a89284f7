#include "init/hook.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sys/child.h"
#include "sys/lease.h"

static const char *from_environment(void *ctx, const char *name)
{
	(void)ctx;
	return getenv(name);
}

static const struct {
	const char *event;
	uint32_t tells; /* enum lease_event; 0: nothing */
} events[] = {
	{ "bound", LEASE_BOUND },
	{ "renew", LEASE_BOUND },
	{ "deconfig", LEASE_LOST },
	{ "leasefail", 0 },
	{ "nak", 0 },
};

static int tell(uint32_t event)
{
	struct lease_note note;

	memset(&note, 0, sizeof note);
	note.magic = LEASE_MAGIC;
	note.event = event;
	if (event == LEASE_BOUND &&
	    lease_parse(from_environment, NULL, &note.lease) != ERR_OK)
		return 1;
	return write(CHILD_HOOK_FD, &note, sizeof note) == sizeof note ? 0 : 1;
}

int hook_main(int argc, char **argv)
{
	if (argc != 2 || filter_apply(CHILD_HOOK) != ERR_OK)
		return 1;
	for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
		if (strcmp(argv[1], events[i].event) != 0)
			continue;
		return events[i].tells == 0 ? 0 : tell(events[i].tells);
	}
	return 1;
}
