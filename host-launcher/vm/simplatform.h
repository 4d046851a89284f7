/* simplatform.h - the one make of platform that is simulated: what its PCK
 * certificate, its quotes and its TCB info have to agree on. Byte strings are
 * given without their NUL; sizes are in the comments. */
#ifndef HOST_VM_SIMPLATFORM_H
#define HOST_VM_SIMPLATFORM_H

#define SIM_FMSPC  "EESIM\0"          /* 6; ids spell what they are */
#define SIM_PCEID  "\0\0"             /* 2 */
#define SIM_PPID   "EE simulated TDX" /* 16; the platform instance too */
#define SIM_CPUSVN "\3\3\2\2\4\1\0\5\0\0\0\0\0\0\0\0" /* 16 component SVNs */

/* tee_tcb_svn of every TD, 16: module SVN 5, module version 1, microcode 3. */
#define SIM_TEE_TCB_SVN "\5\1\3\0\0\0\0\0\0\0\0\0\0\0\0\0"

/* The quoting enclave. ATTRIBUTES (16): INIT and PROVISION_KEY. */
#define SIM_QE_ATTRIBUTES "\x11\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define SIM_QE_MRSIGNER   "EE simulated quoting enclave    " /* 32 */
#define SIM_QE_MRENCLAVE  "EE simulated quoting enclave 1  " /* 32 */

enum {
	SIM_PCESVN = 11,
	SIM_QE_ISVPRODID = 2,
	SIM_QE_ISVSVN = 4,
	SIM_TDX_MODULE = 1, /* "TDX_01" */
	SIM_TDX_MODULE_SVN = 5,
	SIM_TCB_EVALUATION = 1,
};

/* A fixed byte string of n bytes as a slice. */
#define SIM_BYTES(s, n)                                                        \
	((struct slice){                                                       \
		(const uint8_t *)(s) +                                         \
			0 * sizeof(char[sizeof(s) == (n) + 1 ? 1 : -1]),       \
		(n) })
#endif
