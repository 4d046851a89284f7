/* One packet from a hostile agent, as init receives it. What is accepted must
 * be within every bound that init's handlers rely on. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/text.h"
#include "sys/broker.h"
#include "sys/console.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct broker_msg m;
	int pair[2], fd = -1;

	if (len == 0 || len > 32768 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair) != 0)
		return 0;
	if (send(pair[0], data, len, 0) == (ssize_t)len &&
	    broker_recv(pair[1], &m, &fd) == ERR_OK) {
		if (fd != -1 || m.quote_len > LIMIT_QUOTE_BYTES ||
		    memchr(m.text, 0, sizeof m.text) == NULL)
			abort();
		if (broker_check_request(&m) == ERR_OK &&
		    (m.op > BROKER_LOG ||
		     (m.op == BROKER_LOG ? m.slot >= CONSOLE_LINES
					 : m.slot >= LIMIT_JOBS)))
			abort();
	}
	close(pair[0]);
	close(pair[1]);
	return 0;
}
