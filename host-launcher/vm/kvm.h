/* kvm.h - whether KVM works here: not whether /dev/kvm is there, but whether a
 * virtual CPU really runs. On hosts that are themselves virtual it is common
 * that a VM can be made and then fails as soon as it is run. */
#ifndef HOST_VM_KVM_H
#define HOST_VM_KVM_H

#include <stddef.h>

enum kvm_state {
	KVM_WORKS,
	KVM_ABSENT, /* no /dev/kvm */
	KVM_DENIED, /* no permission to open it */
	KVM_BROKEN, /* accepted, then failed */
};

/* Runs one HLT instruction in a VM, in a child process with a deadline of two
 * seconds. detail says what happened, for people. */
enum kvm_state kvm_probe(char *detail, size_t cap);

/* The same on another device file than /dev/kvm, for tests. */
enum kvm_state kvm_probe_at(const char *path, char *detail, size_t cap);
#endif
