/* The CRLs behind the key of a token: tests/vectors/rsa_crl.txt (tests/vectors/
 * make_rsa_crl.py: OpenSSL's), every prefix and one byte more. */
#include <stdlib.h>

#include "lib/text.h"
#include "measure/lib/jwks.h"
#include "tests/tap.h"

enum {
	NOW = 1800000000,
	DAY = 86400,
	MAX_LINE = 4096,
	MAX_DER = 2048,
	MAX_NAMED = 16,
	CASES = 20,
};

struct named {
	char name[16];
	uint8_t mem[MAX_DER];
	struct slice der;
};

static struct named certs[MAX_NAMED], lists[MAX_NAMED];
static size_t n_certs, n_lists;

static struct slice unhex(const char *hex, uint8_t out[static MAX_DER])
{
	size_t n = strlen(hex) / 2;

	if (n > MAX_DER || hex_decode(str_slice(hex), out, n) != ERR_OK)
		_exit(98);
	return (struct slice){ out, n };
}

static void add(struct named *to, size_t *n, const char *name, const char *hex)
{
	if (*n == MAX_NAMED)
		_exit(98);
	snprintf(to[*n].name, sizeof to[*n].name, "%s", name);
	to[*n].der = unhex(hex, to[*n].mem);
	(*n)++;
}

static struct slice find(const struct named *in, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(in[i].name, name) == 0)
			return in[i].der;
	_exit(98);
}

static enum err judge(const char *root_name, char *names, int64_t now_s)
{
	struct jwk k = { .n_x5c = 3 };
	struct rsa_crl crls[4];
	struct rsa_cert root;
	const char *what = "";
	size_t n = 0;
	enum err e;

	k.x5c[0] = find(certs, n_certs, "leaf");
	k.x5c[1] = find(certs, n_certs, "ca");
	k.x5c[2] = find(certs, n_certs, root_name);
	if (rsa_cert_parse(k.x5c[2], &root) != ERR_OK)
		_exit(98);
	for (char *s = strtok(names, ","); s != NULL; s = strtok(NULL, ","))
		if (strcmp(s, "-") != 0 &&
		    rsa_crl_parse(find(lists, n_lists, s), &crls[n++]) !=
			    ERR_OK)
			_exit(98);
	e = jwk_chain_revoked(&k, &root, crls, n, now_s, &what);
	if (what[0] == '\0')
		_exit(98);
	k.n_x5c = 2; /* the root need not be in it */
	ok(jwk_chain_revoked(&k, &root, crls, n, now_s, &what) == e,
	   "with the root and without");
	return e;
}

static void test_case(const char *line)
{
	char want[16], names[64], why[64];
	int day;
	enum err e;

	if (sscanf(line, "case %15s %d %63s %63[^\n]", want, &day, names,
		   why) != 4)
		_exit(98);
	e = judge("root", names, NOW + (int64_t)day * DAY);
	if (!ok(strcmp(err_name(e), want) == 0, "%s: %s", want, why))
		printf("#   got %s\n", err_name(e));
}

static void test_bad(const char *line)
{
	static char hex[MAX_LINE];
	static uint8_t mem[MAX_DER];
	char want[16], why[64];
	struct rsa_crl crl;
	enum err e;

	if (sscanf(line, "bad %15s %4095s %63[^\n]", want, hex, why) != 3)
		_exit(98);
	e = rsa_crl_parse(unhex(hex, mem), &crl);
	ok(strcmp(err_name(e), want) == 0, "%s: %s", want, why);
}

static void test_vectors(void)
{
	static char line[MAX_LINE], hex[MAX_LINE];
	FILE *f = fopen("tests/vectors/rsa_crl.txt", "r");
	char name[16];
	size_t cases = 0;

	if (!ok(f != NULL, "tests/vectors/rsa_crl.txt is there"))
		return;
	while (fgets(line, sizeof line, f) != NULL) {
		if (sscanf(line, "cert %15s %4095s", name, hex) == 2)
			add(certs, &n_certs, name, hex);
		else if (sscanf(line, "crl %15s %4095s", name, hex) == 2)
			add(lists, &n_lists, name, hex);
		else if (strncmp(line, "bad ", 4) == 0)
			test_bad(line);
		else
			test_case(line), cases++;
	}
	fclose(f);
	ok(cases == CASES, "all cases");
}

static void test_issuer(void)
{
	char names[] = "root,ca";

	is_err(judge("mute", names, NOW), ERR_SIGNATURE,
	       "a root that may sign no CRL");
}

static void test_form(void)
{
	struct slice der = find(lists, n_lists, "leaf");
	static uint8_t more[MAX_DER + 1];
	struct rsa_crl crl;
	struct crl c;
	size_t accepted = 0;

	is_err(rsa_crl_parse(at_page_end(der.ptr, der.len), &crl), ERR_OK,
	       "a CRL at the end of a page");
	ok(crl_count(&crl.c) == 2 && crl.c.number.len == 1 &&
		   crl.c.number.ptr[0] == 7 && !crl.scheme.pss &&
		   crl.scheme.hash == RSA_SHA512,
	   "what it says");
	for (size_t i = 0; i < der.len; i++)
		accepted += rsa_crl_parse((struct slice){ der.ptr, i }, &crl) ==
			    ERR_OK;
	ok(accepted == 0, "no prefix");
	memcpy(more, der.ptr, der.len);
	is_err(rsa_crl_parse((struct slice){ more, der.len + 1 }, &crl),
	       ERR_EXTRA, "a byte more");
	ok(crl_parse(der, &c) != ERR_OK, "it is not one of P-256");
}

int main(void)
{
	test_vectors();
	test_issuer();
	test_form();
	return tap_done();
}
