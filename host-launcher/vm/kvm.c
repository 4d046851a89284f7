#include "host-launcher/vm/kvm.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	GUEST_PAGE = 0x1000,
	OPCODE_HLT = 0xf4,
	DEADLINE_S = 2,
	FLAGS_SET = 2
};

/* How far the child came; its exit status. */
enum stage {
	STAGE_HALTED,
	STAGE_VERSION,
	STAGE_VM,
	STAGE_MEMORY,
	STAGE_VCPU,
	STAGE_REGISTERS,
	STAGE_RUN,
	STAGE_EXIT,
	STAGES,
};

static const char *const stage_text[STAGES] = {
	[STAGE_HALTED] = "a virtual CPU runs",
	[STAGE_VERSION] = "it is not a KVM of API version 12",
	[STAGE_VM] = "it does not make a VM",
	[STAGE_MEMORY] = "it makes a VM but gives it no memory",
	[STAGE_VCPU] = "it makes a VM but no virtual CPU",
	[STAGE_REGISTERS] = "the virtual CPU takes no registers",
	[STAGE_RUN] = "it makes a VM whose virtual CPU cannot run",
	[STAGE_EXIT] = "it makes a VM whose virtual CPU does not execute",
};

/* Real mode, flat at 0, one HLT. */
static enum stage run_vcpu(int kvm, int vcpu)
{
	int size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	struct kvm_regs regs = { .rip = GUEST_PAGE, .rflags = FLAGS_SET };
	struct kvm_sregs sregs;
	struct kvm_run *run;

	if (size < (int)sizeof *run)
		return STAGE_VCPU;
	run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu,
		   0);
	if (run == MAP_FAILED)
		return STAGE_VCPU;
	if (ioctl(vcpu, KVM_GET_SREGS, &sregs) != 0)
		return STAGE_REGISTERS;
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	if (ioctl(vcpu, KVM_SET_SREGS, &sregs) != 0 ||
	    ioctl(vcpu, KVM_SET_REGS, &regs) != 0)
		return STAGE_REGISTERS;
	if (ioctl(vcpu, KVM_RUN, 0) != 0)
		return STAGE_RUN;
	return run->exit_reason == KVM_EXIT_HLT ? STAGE_HALTED : STAGE_EXIT;
}

/* Descriptors and mappings end with the child process that this runs in. */
static enum stage try_kvm(int kvm)
{
	struct kvm_userspace_memory_region region = {
		.guest_phys_addr = GUEST_PAGE, .memory_size = GUEST_PAGE
	};
	uint8_t *page;
	int vm, vcpu;

	if (ioctl(kvm, KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
		return STAGE_VERSION;
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (vm < 0)
		return STAGE_VM;
	page = mmap(NULL, GUEST_PAGE, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return STAGE_MEMORY;
	memset(page, OPCODE_HLT, GUEST_PAGE);
	region.userspace_addr = (uintptr_t)page;
	if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) != 0)
		return STAGE_MEMORY;
	vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	if (vcpu < 0)
		return STAGE_VCPU;
	return run_vcpu(kvm, vcpu);
}

static enum kvm_state judge(int status, char *detail, size_t cap)
{
	int stage = WIFEXITED(status) ? WEXITSTATUS(status) : STAGES;

	(void)snprintf(detail, cap, "%s",
		       stage < STAGES ? stage_text[stage]
				      : "the virtual CPU hangs");
	return stage == STAGE_HALTED ? KVM_WORKS : KVM_BROKEN;
}

enum kvm_state kvm_probe_at(const char *path, char *detail, size_t cap)
{
	int fd = open(path, O_RDWR | O_CLOEXEC), status = -1;
	bool denied = errno == EACCES || errno == EPERM;
	pid_t child;

	if (fd < 0) {
		(void)snprintf(detail, cap, "%s: %s", path, strerror(errno));
		return denied ? KVM_DENIED : KVM_ABSENT;
	}
	child = fork();
	if (child == 0) {
		(void)alarm(DEADLINE_S); /* its default action ends us */
		_exit((int)try_kvm(fd));
	}
	(void)close(fd);
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return judge(status, detail, cap);
}

enum kvm_state kvm_probe(char *detail, size_t cap)
{
	return kvm_probe_at("/dev/kvm", detail, cap);
}
