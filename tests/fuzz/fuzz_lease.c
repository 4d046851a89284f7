/* The environment of a DHCP hook: the input holds the values of ip, mask,
 * router, staticroutes and dns, each ended by a newline. Whatever is accepted
 * must pass the check that init makes, and its plan must fit. */
#include <stdlib.h>
#include <string.h>

#include "sys/lease.h"

static const char *const names[] = { "ip", "mask", "router", "staticroutes",
				     "dns" };
enum {
	NAMES = sizeof names / sizeof names[0]
};

static const char *look(void *ctx, const char *name)
{
	char **values = ctx;

	for (size_t i = 0; i < NAMES; i++)
		if (strcmp(names[i], name) == 0)
			return values[i];
	return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1), *rest = text, *values[NAMES];
	struct net_route plan[LEASE_PLAN];
	struct lease l;

	if (text == NULL)
		return 0;
	if (len > 0)
		memcpy(text, data, len);
	text[len] = '\0';
	for (size_t i = 0; i < NAMES; i++)
		values[i] = rest != NULL ? strsep(&rest, "\n") : NULL;
	if (lease_parse(look, values, &l) == ERR_OK &&
	    (!lease_ok(&l) || lease_plan(&l, plan) > LEASE_PLAN))
		abort();
	free(text);
	return 0;
}
