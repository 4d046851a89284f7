/* The random generator: the stream of a published vector, and no stream at all
 * when the kernel has no entropy to give. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "lib/rng.h"
#include "tests/tap.h"

/* NIST CAVP drbgvectors_no_reseed, HMAC_DRBG.rsp, SHA-256, no personalization,
 * COUNT = 0: entropy input and nonce; the second 128 bytes that are drawn. */
static const uint8_t seed[RNG_SEED_LEN] = {
	0xca, 0x85, 0x19, 0x11, 0x34, 0x93, 0x84, 0xbf, 0xfe, 0x89, 0xde, 0x1c,
	0xbd, 0xc4, 0x6e, 0x68, 0x31, 0xe4, 0x4d, 0x34, 0xa4, 0xfb, 0x93, 0x5e,
	0xe2, 0x85, 0xdd, 0x14, 0xb7, 0x1a, 0x74, 0x88, 0x65, 0x9b, 0xa9, 0x6c,
	0x60, 0x1d, 0xc6, 0x9f, 0xc9, 0x02, 0x94, 0x08, 0x05, 0xec, 0x0c, 0xa8
};
static const uint8_t second[16] = { 0xe5, 0x28, 0xe9, 0xab, 0xf2, 0xde,
				    0xce, 0x54, 0xd4, 0x7c, 0x7e, 0x75,
				    0xe5, 0xfe, 0x30, 0x21 };
static const uint8_t last[16] = { 0x1f, 0x50, 0xd4, 0x76, 0xaa, 0x04,
				  0x58, 0xbd, 0xab, 0xa8, 0x06, 0xf4,
				  0x8b, 0xe9, 0xdc, 0xb8 };

static void test_vector(void)
{
	struct rng r;
	uint8_t out[128];

	rng_seeded(&r, (struct slice){ seed, sizeof seed });
	rng_bytes(rng_prng(&r), out, sizeof out);
	rng_bytes(rng_prng(&r), out, sizeof out);
	ok(memcmp(out, second, 16) == 0 && memcmp(out + 112, last, 16) == 0,
	   "NIST's vector");
}

static void test_system(void)
{
	struct rng a, b;
	uint8_t x[32] = { 0 }, y[32] = { 0 };

	is_err(rng_system(&a), ERR_OK, "seeded by the kernel");
	is_err(rng_system(&b), ERR_OK, "and once more");
	rng_bytes(rng_prng(&a), x, sizeof x);
	rng_bytes(rng_prng(&b), y, sizeof y);
	ok(memcmp(x, y, sizeof x) != 0, "two streams differ");
}

/* In a child whose getrandom(2) fails. */
static int without_entropy(void)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getrandom, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog p = { sizeof f / sizeof f[0], f };
	struct rng r;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p) != 0)
		return 2;
	return rng_system(&r) == ERR_RANDOM ? 0 : 1;
}

static void test_no_entropy(void)
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0)
		_exit(without_entropy());
	waitpid(pid, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 0,
	   "no entropy is an error, not a weak seed");
}

int main(void)
{
	test_vector();
	test_system();
	test_no_entropy();
	return tap_done();
}
