/* web_service.h - a service by script, in a process of its own, for the tests
 * of those that ask one. Plain HTTP. */
#ifndef TESTS_WEB_SERVICE_H
#define TESTS_WEB_SERVICE_H

#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "lib/http1.h"
#include "lib/sock.h"

struct seen {
	int connections;
	size_t n;
	char request[4096]; /* the last one */
};

static struct seen *seen; /* shared with the service */

static void serve_one(int fd, const char *answer)
{
	struct http_msg m;

	seen->n = 0;
	for (;;) {
		ssize_t got = recv(fd, seen->request + seen->n,
				   sizeof seen->request - 1 - seen->n, 0);

		if (got <= 0)
			break;
		seen->n += (size_t)got;
		seen->request[seen->n] = '\0';
		if (http_request_parse((uint8_t *)seen->request, seen->n,
				       sizeof seen->request, &m) != ERR_AGAIN)
			break;
	}
	(void)!send(fd, answer, strlen(answer), MSG_NOSIGNAL);
	close(fd);
}

/* One answer a connection, the last one for all that follow. */
static pid_t serve(const char *const *answers, uint16_t *port)
{
	int listener, fd;
	pid_t pid;

	*seen = (struct seen){ 0 };
	if (sock_listen("127.0.0.1", 0, &listener, port) != ERR_OK)
		_exit(97);
	pid = fork();
	if (pid != 0) {
		close(listener);
		return pid;
	}
	for (;;) {
		if (sock_wait(listener, POLLIN, mono_ms() + 30000) != ERR_OK)
			_exit(0);
		fd = accept(listener, NULL, NULL);
		seen->connections++;
		serve_one(fd, *answers);
		if (answers[1] != NULL)
			answers++;
	}
}

static void stop(pid_t pid)
{
	kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

/* Before the first service: what all of them have seen lies there. */
static void service_open(void)
{
	seen = mmap(NULL, sizeof *seen, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (seen == MAP_FAILED)
		_exit(97);
}
#endif
