/* bootvars.h - the variables of a running firmware that it measures, found in
 * its memory: boot options and, where there are any, those of secure boot. OVMF
 * keeps its variable store in RAM when it has no flash; volatile variables
 * (SecureBoot) are in a store of their own. The memory is a
 * guest's and is believed in nothing. Source: edk2
 * MdeModulePkg/Include/Guid/VariableFormat.h. */
#ifndef HOST_VM_BOOTVARS_H
#define HOST_VM_BOOTVARS_H

#include "lib/bytes.h"

enum {
	BOOTVARS_MAX = 16,
	BOOTVAR_BYTES = 4096,
	BOOTVARS_KEYS = 5,
	BOOTVAR_KEY_BYTES = 64 * 1024
};

/* The names of bootvars.key: SecureBoot, PK, KEK, db, dbx. */
extern const char *const bootvars_keys[BOOTVARS_KEYS];

/* BootOrder, and the options in it, in its order. Slices point into the memory
 * that was searched. */
struct bootvars {
	struct slice order;
	size_t n;
	struct {
		uint16_t number;
		struct slice data;
	} option[BOOTVARS_MAX];
	struct slice key[BOOTVARS_KEYS]; /* ptr NULL: not there */
};

/* Errors: ERR_MISSING no store with a BootOrder, or an option of it is not
 * there; ERR_MISMATCH two stores have different ones (the firmware was stopped
 * while it wrote); ERR_VALUE BootOrder is not 1 to 16 numbers; ERR_LIMIT an
 * option is larger than BOOTVAR_BYTES, or a key than BOOTVAR_KEY_BYTES, or
 * there are more than 64 stores. */
MUST_CHECK enum err bootvars_find(struct slice memory, struct bootvars *out);
#endif
