#include "host-launcher/plane/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"

void rules_init(struct rules *r)
{
	memset(r, 0, sizeof *r);
	policy_init(&r->policy);
}

void rules_done(struct rules *r)
{
	buf_free(&r->text);
	rules_init(r);
}

static enum err check(const struct policy *p, bool with_tokens,
		      char why[static RULES_WHY])
{
	if (policy_has_images(p)) {
		snprintf(why, RULES_WHY,
			 "it names images (\"measurements\" or "
			 "\"references\"): take them out and give them to "
			 "'ee-cp trust --reference FILE'");
		return ERR_REFUSED;
	}
	if (p->verifier != POLICY_DCAP && !with_tokens) {
		snprintf(why, RULES_WHY,
			 "\"verifier\":\"%s\" wants tokens of Intel Trust "
			 "Authority: give 'ee-cp serve' --ita and what belongs "
			 "to it, or write \"dcap\"",
			 policy_verifier_name(p->verifier));
		return ERR_UNSUPP;
	}
	return ERR_OK;
}

static enum err parse(struct slice text, struct policy *out,
		      char why[static RULES_WHY])
{
	uint8_t *mem = malloc(POLICY_ARENA_BYTES);
	struct arena a = arena_over(mem, mem == NULL ? 0 : POLICY_ARENA_BYTES);
	struct wr w = wr_over(why, RULES_WHY - 1);
	const char *what = "";
	enum err e =
		mem == NULL ? ERR_SPACE : policy_parse(&a, text, out, &what);

	if (e != ERR_OK)
		policy_fault(&w, e, what);
	why[w.len] = '\0';
	free(mem);
	return e;
}

enum err rules_read(struct rules *r, struct slice text, bool with_tokens,
		    char why[static RULES_WHY])
{
	struct policy *p = malloc(sizeof *p);
	uint8_t *copy = malloc(text.len + 1), digest[SHA256_LEN];
	enum err e = ERR_SPACE;

	why[0] = '\0';
	if (p != NULL && copy != NULL)
		e = parse(text, p, why);
	if (e == ERR_OK)
		e = check(p, with_tokens, why);
	if (e != ERR_OK) {
		free(copy);
		free(p);
		return e;
	}
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	buf_free(&r->text);
	r->text = (struct buf){ copy, text.len };
	r->policy = *p;
	sha256(text, digest);
	hex_encode((struct slice){ digest, sizeof digest }, r->sha256);
	free(p);
	return ERR_OK;
}

struct slice rules_text(const struct rules *r)
{
	return buf_slice(&r->text);
}
