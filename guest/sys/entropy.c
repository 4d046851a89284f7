#include "sys/entropy.h"

#include <cpuid.h>
#include <errno.h>
#include <immintrin.h>
#include <poll.h>
#include <sys/random.h>

#include "lib/sock.h"

bool entropy_alive(const uint64_t *draws, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (draws[i] == 0 || draws[i] == UINT64_MAX)
			return false;
		for (size_t k = 0; k < i; k++)
			if (draws[k] == draws[i])
				return false;
	}
	return true;
}

static bool have_rdrand(void)
{
	unsigned int a, b, c, d;

	return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_RDRND) != 0;
}

__attribute__((target("rdrnd"))) static bool draw(uint64_t *out)
{
	unsigned long long v;

	for (int i = 0; i < 10; i++) {
		if (_rdrand64_step(&v) == 1) {
			*out = v;
			return true;
		}
	}
	return false;
}

static enum err check_rdrand(void)
{
	uint64_t draws[ENTROPY_DRAWS];
	enum err e = ERR_OK;

	if (!have_rdrand())
		return ERR_RANDOM;
	for (size_t i = 0; i < ENTROPY_DRAWS; i++)
		if (!draw(&draws[i]))
			return ERR_RANDOM;
	if (!entropy_alive(draws, ENTROPY_DRAWS))
		e = ERR_RANDOM;
	wipe(draws, sizeof draws);
	return e;
}

enum err entropy_check(int64_t deadline_ms)
{
	enum err e = check_rdrand();
	uint8_t byte;

	if (e != ERR_OK)
		return e;
	while (getrandom(&byte, 1, GRND_NONBLOCK) != 1) {
		if (errno != EAGAIN || mono_ms() > deadline_ms)
			return ERR_RANDOM;
		(void)poll(NULL, 0, 10);
	}
	return ERR_OK;
}
