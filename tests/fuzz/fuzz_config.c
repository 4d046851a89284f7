/* Fuzz target: the instance configuration. A refusal always names a member that
 * is safe to print; what is accepted keeps the promises of config.h. */
#include <stdlib.h>
#include <string.h>

#include "lib/config.h"
#include "lib/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_key(const char *key)
{
	check(key != NULL && strlen(key) < 128);
	for (; *key != '\0'; key++)
		check(*key > ' ' && *key <= '~');
}

static void check_url(const char *url)
{
	char host[256];
	uint16_t port;

	check(url_split(str_slice(url), host, &port) == ERR_OK);
	check(host[0] != '\0' && port != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t scratch[1 << 16];
	static struct config c;
	const char *key = NULL;
	enum err e = config_parse((struct slice){ data, len }, scratch,
				  sizeof scratch, &c, &key);

	check_key(key);
	if (e != ERR_OK)
		return 0;
	check(*key == '\0' && name_ok(str_slice(c.vm_name)));
	check(c.api_port != 0 && c.heartbeat_seconds != 0);
	check_url(c.control_plane_url);
	check(c.nvenues <= LIMIT_VENUES);
	for (size_t i = 0; i < c.nvenues; i++)
		check_url(c.venues[i].url);
	return 0;
}
