#include "host-launcher/vm/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/sock.h"

enum {
	EXIT_NOT_FOUND = 127
};

static _Noreturn void become(char *const *argv, int log, pid_t parent)
{
	int null = open("/dev/null", O_RDONLY);
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent ||
	    null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0)
		_exit(EXIT_NOT_FOUND);
	(void)execvp(argv[0], argv);
	_exit(EXIT_NOT_FOUND);
}

enum err spawn_child(char *const *argv, const char *log, pid_t *out)
{
	pid_t parent = getpid(), child;
	int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0)
		return ERR_IO;
	child = fork();
	if (child == 0)
		become(argv, fd, parent);
	(void)close(fd);
	if (child < 0)
		return ERR_IO;
	*out = child;
	return ERR_OK;
}

static enum err unix_address(const char *path, struct sockaddr_un *a)
{
	size_t n = strlen(path);

	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (n >= sizeof a->sun_path)
		return ERR_LIMIT;
	memcpy(a->sun_path, path, n);
	return ERR_OK;
}

static int unix_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

enum err unix_listen(const char *path, int *fd)
{
	struct sockaddr_un a;
	enum err e = unix_address(path, &a);
	mode_t old;
	int s, bound;

	if (e != ERR_OK)
		return e;
	s = unix_socket();
	if (s < 0)
		return ERR_IO;
	(void)unlink(path);
	old = umask(077);
	bound = bind(s, (const struct sockaddr *)&a, sizeof a);
	(void)umask(old);
	if (bound != 0 || listen(s, 1) != 0) {
		(void)close(s);
		return ERR_IO;
	}
	*fd = s;
	return ERR_OK;
}

enum err unix_connect(const char *path, int *fd)
{
	struct sockaddr_un a;
	enum err e = unix_address(path, &a);
	int s;

	if (e != ERR_OK)
		return e;
	s = unix_socket();
	if (s < 0)
		return ERR_IO;
	if (connect(s, (const struct sockaddr *)&a, sizeof a) != 0) {
		e = errno == ENOENT || errno == ECONNREFUSED || errno == EAGAIN
			    ? ERR_AGAIN
			    : ERR_IO;
		(void)close(s);
		return e;
	}
	*fd = s;
	return ERR_OK;
}

enum err free_port(uint16_t *out)
{
	int fd;
	enum err e = sock_listen("127.0.0.1", 0, &fd, out);

	if (e == ERR_OK)
		(void)close(fd);
	return e;
}

void wr_shell_word(struct wr *w, const char *s)
{
	wr_u8(w, '\'');
	for (; *s != '\0'; s++) {
		if (*s == '\'')
			wr_str(w, "'\\'");
		wr_u8(w, (uint8_t)*s);
	}
	wr_u8(w, '\'');
}
