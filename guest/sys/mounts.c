#include "sys/mounts.h"

#include <errno.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/kfile.h"

#define STRICT (MS_NOSUID | MS_NODEV | MS_NOEXEC)

const struct mount_entry mount_table[] = {
	{ "proc", "/proc", STRICT, "hidepid=2" },
	{ "sysfs", "/sys", STRICT, NULL },
	{ "devtmpfs", "/dev", MS_NOSUID | MS_NOEXEC, "mode=0755" },
	{ "configfs", "/sys/kernel/config", STRICT, NULL },
	{ "tmpfs", "/run", STRICT, "mode=0755,size=256k,nr_inodes=64" },
	{ "tmpfs", "/tmp", STRICT, "mode=0755,size=64k,nr_inodes=16" },
};
const size_t mount_count = sizeof mount_table / sizeof mount_table[0];

static const struct {
	const char *path, *value;
} sysctls[] = {
	{ "/proc/sys/kernel/dmesg_restrict", "1" },
	{ "/proc/sys/kernel/kptr_restrict", "2" },
	{ "/proc/sys/kernel/yama/ptrace_scope", "3" },
	{ "/proc/sys/net/ipv4/conf/all/accept_redirects", "0" },
	{ "/proc/sys/net/ipv4/conf/default/accept_redirects", "0" },
	{ "/proc/sys/net/ipv4/conf/all/accept_source_route", "0" },
	{ "/proc/sys/net/ipv4/conf/all/send_redirects", "0" },
	{ "/proc/sys/net/ipv4/tcp_syncookies", "1" },
};

enum err mount_all(const struct mount_entry *table, size_t n, const char **what)
{
	for (size_t i = 0; i < n; i++) {
		const struct mount_entry *m = &table[i];

		if (mkdir(m->target, 0755) != 0 && errno != EEXIST) {
			*what = m->target;
			return ERR_IO;
		}
		if (mount("none", m->target, m->type, m->flags, m->options) !=
		    0) {
			*what = m->target;
			return ERR_IO;
		}
	}
	return ERR_OK;
}

enum err mount_seal_root(void)
{
	if (mkdir("/etc", 0755) != 0 && errno != EEXIST)
		return ERR_IO;
	if (symlink("/run/resolv.conf", "/etc/resolv.conf") != 0 &&
	    errno != EEXIST)
		return ERR_IO;
	if (mount(NULL, "/", NULL, MS_REMOUNT | MS_RDONLY, NULL) != 0)
		return ERR_IO;
	return ERR_OK;
}

enum err sysctl_all(const char **what)
{
	for (size_t i = 0; i < sizeof sysctls / sizeof sysctls[0]; i++) {
		enum err e = kfile_write(sysctls[i].path,
					 str_slice(sysctls[i].value));

		if (e != ERR_OK && e != ERR_MISSING) {
			*what = sysctls[i].path;
			return e;
		}
	}
	return ERR_OK;
}
