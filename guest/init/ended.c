#include "init/ended.h"

#include <stdio.h>

#include "sys/child.h"
#include "sys/console.h"

void print_end(const char *who, int status)
{
	char name[32];
	int number;
	const char *how = child_end(status, &number);

	if (status == 0)
		return;
	snprintf(name, sizeof name, "%s:%s", who, how);
	console(CONSOLE_CHILD_EXIT, name, number);
}
