/* predict_make.h - a prediction for an image and the small firmware in QEMU,
 * and what its registers came to. */
#ifndef TESTS_UNIT_PREDICT_MAKE_H
#define TESTS_UNIT_PREDICT_MAKE_H

#include "measure/lib/predict.h"
#include "tests/unit/boot_make.h"

#define GIB (1ULL << 30)

static uint8_t fw[FW_LEN]; /* the test makes it */
static struct prediction p;

MAKE struct predict_in direct(const uint8_t *image, size_t len)
{
	return (struct predict_in){ .platform = PLATFORM_QEMU,
				    .firmware = of(fw, sizeof fw),
				    .image = of(image, len),
				    .memory_bytes = GIB / 2,
				    .cpus = 1 };
}

/* Into p. */
MAKE enum err run(const struct predict_in *in)
{
	const char *why = NULL;
	enum err e = predict(in, &p, &why);

	if (e != ERR_OK && why == NULL)
		return ERR_STATE; /* every refusal has a sentence */
	return e;
}

/* Whether RTMR i is known, and that. */
MAKE bool rtmr_is(unsigned i, const char *hex)
{
	return p.rtmr[i].known && hex_is(p.rtmr[i].value, hex);
}

/* Whether it is unknown, and the reason has the word in it. */
MAKE bool rtmr_unknown(unsigned i, const char *word)
{
	return !p.rtmr[i].known && p.rtmr[i].why_not != NULL &&
	       strstr(p.rtmr[i].why_not, word) != NULL;
}
#endif
