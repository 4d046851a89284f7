/* probe.c - an /init that tries what the kernel should not let anyone do, and
 * uses the interfaces that it should offer, one line of output each; then it
 * switches the machine off. For tests/integration/kernel.sh. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define REPORT "/sys/kernel/config/tsm/report/probe"
#define RTMR3  "/sys/devices/virtual/misc/tdx_guest/measurements/rtmr3:sha384"

static const struct {
	const char *name;
	long nr;
} calls[] = {
	{ "bpf", SYS_bpf },
	{ "finit_module", SYS_finit_module },
	{ "init_module", SYS_init_module },
	{ "io_uring_setup", SYS_io_uring_setup },
	{ "ioperm", SYS_ioperm },
	{ "iopl", SYS_iopl },
	{ "kcmp", SYS_kcmp },
	{ "kexec_file_load", SYS_kexec_file_load },
	{ "kexec_load", SYS_kexec_load },
	{ "modify_ldt", SYS_modify_ldt },
	{ "process_vm_readv", SYS_process_vm_readv },
	{ "process_vm_writev", SYS_process_vm_writev },
	{ "swapon", SYS_swapon },
	{ "userfaultfd", SYS_userfaultfd },
};

static const char *const paths[] = {
	"/dev/cpu/0/msr",
	"/dev/hwrng",
	"/dev/input",
	"/dev/kmem",
	"/dev/mem",
	"/dev/port",
	"/dev/pts",
	"/dev/tty0",
	"/dev/ttyS1",
	"/dev/vsock",
	"/proc/config.gz",
	"/proc/kallsyms",
	"/proc/kcore",
	"/proc/modules",
	"/proc/sysrq-trigger",
	"/sys/block",
	"/sys/class/dmi",
	"/sys/firmware/dmi",
	"/sys/firmware/efi/vars",
	"/sys/firmware/qemu_fw_cfg",
	"/sys/kernel/debug",
	"/sys/kernel/security",
};

static const struct {
	const char *name;
	int family, type;
} sockets[] = {
	{ "inet", AF_INET, SOCK_STREAM },    { "unix", AF_UNIX, SOCK_STREAM },
	{ "netlink", AF_NETLINK, SOCK_RAW }, { "packet", AF_PACKET, SOCK_RAW },
	{ "inet6", AF_INET6, SOCK_STREAM },  { "vsock", AF_VSOCK, SOCK_STREAM },
	{ "alg", AF_ALG, SOCK_SEQPACKET },
};

static void show(const char *path)
{
	uint8_t buf[16384];
	size_t n = 0;
	ssize_t got = 1;
	int fd = open(path, O_RDONLY);

	while (fd >= 0 && got > 0 && n < sizeof buf) {
		got = read(fd, buf + n, sizeof buf - n);
		if (got > 0)
			n += (size_t)got;
	}
	if (fd < 0 || got < 0) {
		printf("read %s: errno %d\n", path, errno);
		return;
	}
	close(fd);
	printf("read %s: %zu bytes:", path, n);
	for (size_t i = 0; i < n && i < 48; i++)
		printf("%02x", buf[i]);
	putchar('\n');
}

static void put(const char *path, uint8_t fill, size_t n)
{
	uint8_t buf[128];
	int fd = open(path, O_WRONLY);
	ssize_t got;

	memset(buf, fill, sizeof buf);
	got = fd < 0 ? -1 : write(fd, buf, n);
	if (got < 0)
		printf("write %s: errno %d\n", path, errno);
	else
		printf("write %s: %zd bytes\n", path, got);
	if (fd >= 0)
		close(fd);
}

static void command_line(void)
{
	char buf[512];
	FILE *f = fopen("/proc/cmdline", "r");

	if (f != NULL && fgets(buf, sizeof buf, f) != NULL)
		printf("cmdline: %s", buf);
	if (f != NULL)
		fclose(f);
}

static void provider(void)
{
	char buf[32];
	FILE *f = fopen(REPORT "/provider", "r");

	if (f == NULL || fgets(buf, sizeof buf, f) == NULL)
		printf("provider: none\n");
	else
		printf("provider: %s", buf);
	if (f != NULL)
		fclose(f);
}

int main(void)
{
	mount("none", "/proc", "proc", 0, NULL);
	mount("none", "/sys", "sysfs", 0, NULL);
	mount("none", "/dev", "devtmpfs", 0, NULL);
	mount("none", "/sys/kernel/config", "configfs", 0, NULL);
	printf("PROBE\n");
	command_line();
	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
		errno = 0;
		syscall(calls[i].nr, 0, 0, 0, 0, 0, 0);
		if (errno != ENOSYS)
			printf("call %s is there: errno %d\n", calls[i].name,
			       errno);
	}
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
		if (access(paths[i], F_OK) == 0)
			printf("path %s is there\n", paths[i]);
	for (size_t i = 0; i < sizeof sockets / sizeof sockets[0]; i++) {
		int fd = socket(sockets[i].family, sockets[i].type, 0);

		printf("socket %s: %s\n", sockets[i].name,
		       fd >= 0                 ? "yes"
		       : errno == EAFNOSUPPORT ? "no"
					       : strerror(errno));
	}
	printf("eth0: %s\n",
	       access("/sys/class/net/eth0", F_OK) == 0 ? "yes" : "no");
	put(RTMR3, 0x11, 47);
	show(RTMR3);
	put(RTMR3, 0x11, 48);
	show(RTMR3);
	mkdir(REPORT, 0700);
	provider();
	show(REPORT "/outblob");
	put(REPORT "/inblob", 0x22, 63);
	show(REPORT "/outblob");
	put(REPORT "/inblob", 0x22, 64);
	show(REPORT "/outblob");
	printf("DONE\n");
	fflush(stdout);
	reboot(RB_POWER_OFF);
	return 1;
}
