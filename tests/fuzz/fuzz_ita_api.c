/* Fuzz target: what Intel Trust Authority answers. A nonce that is read is
 * written and read again as the same; a token holds nothing but its alphabet;
 * an error text is fit for a terminal. */
#include <stdlib.h>
#include <string.h>

#include "measure/lib/ita_api.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint8_t mem[ITA_ANSWER_ARENA], again_mem[ITA_ANSWER_ARENA];

static void check_nonce(const struct ita_nonce *n)
{
	static uint8_t text[8 * ITA_MAX_NONCE];
	struct arena a = arena_over(again_mem, sizeof again_mem);
	struct wr w = wr_over(text, sizeof text);
	const char *what = NULL;
	struct ita_nonce m;
	struct jw j;

	jw_init(&j, &w);
	ita_nonce_write(&j, n);
	if (jw_end(&j) != ERR_OK ||
	    ita_nonce_parse(&a, wr_slice(&w), &m, &what) != ERR_OK ||
	    !slice_eq(m.val, n->val) || !slice_eq(m.iat, n->iat) ||
	    !slice_eq(m.signature, n->signature))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct arena a = arena_over(mem, sizeof mem);
	struct slice in = { data, len }, token;
	char text[ITA_ERROR_TEXT];
	const char *what = NULL;
	struct ita_nonce n;

	if (ita_nonce_parse(&a, in, &n, &what) == ERR_OK)
		check_nonce(&n);
	if (what == NULL)
		abort();
	a = arena_over(mem, sizeof mem);
	if (ita_token_parse(&a, in, &token, &what) == ERR_OK)
		for (size_t i = 0; i < token.len; i++)
			if (token.ptr[i] <= ' ' || token.ptr[i] > 'z')
				abort();
	a = arena_over(mem, sizeof mem);
	ita_error_text(&a, in, text);
	for (size_t i = 0; i < strlen(text); i++)
		if (text[i] < ' ' || text[i] > '~')
			abort();
	return 0;
}
