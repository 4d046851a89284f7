/* Tokens and key sets: every line of tests/vectors/jwt.txt (tests/vectors/
 * make_jwt.py: OpenSSL's keys, certificates and signatures), every prefix, bit
 * and combination of a few of them, and the base64url of RFC 4648 section 10.
 */
#include <stdlib.h>

#include "lib/cert.h"
#include "measure/lib/base64url.h"
#include "measure/lib/jwks.h"
#include "tests/tap.h"

enum {
	MAX_LINE = 8192,
	MAX_SETS = 48,
	MAX_TOKENS = 128,
	MAX_ROOTS = 16,
	TOKENS = 98, /* lines in jwt.txt */
	CHAINS = 24,
};

struct token {
	char want[8], jwks[16], why[64];
	char text[2048];
};

static struct {
	char name[16], text[MAX_LINE];
} sets[MAX_SETS];
static struct {
	char name[16], pem[2048];
} roots[MAX_ROOTS];
static struct {
	char want[16], jwks[16], root[16], at[16], why[64];
} chains[MAX_SETS];
static struct token tokens[MAX_TOKENS];
static size_t nsets, nroots, nchains, ntokens;
static uint8_t set_mem[JWKS_ARENA], token_mem[JWT_ARENA];

static void read_line(char *line)
{
	line[strcspn(line, "\n")] = '\0';
	if (nsets == MAX_SETS || ntokens == MAX_TOKENS || nroots == MAX_ROOTS)
		_exit(98);
	if (sscanf(line, "jwks %15s %8191s", sets[nsets].name,
		   sets[nsets].text) == 2)
		nsets++;
	else if (sscanf(line, "root %15s %2047[^\n]", roots[nroots].name,
			roots[nroots].pem) == 2)
		nroots++;
	else if (sscanf(line, "token %7s %15s %2047s %63[^\n]",
			tokens[ntokens].want, tokens[ntokens].jwks,
			tokens[ntokens].text, tokens[ntokens].why) == 4)
		ntokens++;
	else if (sscanf(line, "chain %15s %15s %15s %15s %63[^\n]",
			chains[nchains].want, chains[nchains].jwks,
			chains[nchains].root, chains[nchains].at,
			chains[nchains].why) == 5)
		nchains++;
	else
		_exit(98);
}

static void read_vectors(void)
{
	static char line[MAX_LINE];
	FILE *f = fopen("tests/vectors/jwt.txt", "r");

	if (f == NULL)
		_exit(98);
	while (fgets(line, sizeof line, f) != NULL)
		read_line(line);
	fclose(f);
	ok(ntokens == TOKENS && nchains == CHAINS, "the vectors are whole");
}

static enum err parse_set(const char *text, size_t len, struct jwks *out)
{
	struct arena a = arena_over(set_mem, sizeof set_mem);
	const char *what = NULL;
	enum err e = jwks_parse(
		&a, (struct slice){ (const uint8_t *)text, len }, out, &what);

	if (what == NULL)
		_exit(98);
	return e;
}

static const char *set_text(const char *name)
{
	for (size_t i = 0; i < nsets; i++)
		if (strcmp(sets[i].name, name) == 0)
			return sets[i].text;
	_exit(98);
}

static void load(const char *name, struct jwks *out)
{
	const char *text = set_text(name);

	if (parse_set(text, strlen(text), out) != ERR_OK)
		_exit(98);
}

static enum err parse_token(struct slice in, struct jwt *out)
{
	struct arena a = arena_over(token_mem, sizeof token_mem);
	const char *what = NULL;
	enum err e = jwt_parse(&a, in, out, &what);

	if (what == NULL)
		_exit(98);
	return e;
}

/* What the vectors call it. */
static const char *judge(struct slice in, const struct jwks *s)
{
	const struct jwk *k;
	struct jwt t;
	enum err e = parse_token(in, &t);

	if (e == ERR_UNSUPP || e == ERR_UNKNOWN)
		return "alg";
	if (e != ERR_OK)
		return "form";
	k = jwks_find(s, t.kid, t.alg);
	if (k == NULL)
		return "key";
	return jwk_verify(k, &t) == ERR_OK ? "ok" : "sig";
}

static void test_vectors(void)
{
	for (size_t i = 0; i < ntokens; i++) {
		const struct token *t = &tokens[i];
		struct jwks s;
		const char *got;

		load(t->jwks, &s);
		got = judge(at_page_end(t->text, strlen(t->text)), &s);
		if (!ok(strcmp(got, t->want) == 0, "%s: %s", t->want, t->why))
			printf("#   got %s\n", got);
	}
}

/* Each signature fits its own key and algorithm alone. */
static void test_mixed(void)
{
	struct jwks s;
	size_t fits = 0, mismatches = 0;

	load("each", &s);
	for (size_t i = 0; i < JWT_NALGS; i++)
		for (size_t k = 0; k < s.n; k++) {
			struct jwt t;
			enum err e;

			if (parse_token(str_slice(tokens[i].text), &t) !=
			    ERR_OK)
				_exit(98);
			e = jwk_verify(&s.key[k], &t);
			fits += e == ERR_OK && s.key[k].alg == t.alg;
			mismatches += e == ERR_MISMATCH;
		}
	ok(s.n == JWT_NALGS && fits == JWT_NALGS &&
		   mismatches == JWT_NALGS * (JWT_NALGS - 1),
	   "a key is for one algorithm");
}

static void test_cuts(const struct token *t)
{
	size_t len = strlen(t->text), accepted = 0, parsed = 0;
	char more[2100];
	struct jwks s;
	struct jwt j;

	load(t->jwks, &s);
	for (size_t n = 0; n < len; n++)
		accepted +=
			strcmp(judge(at_page_end(t->text, n), &s), "ok") == 0;
	ok(accepted == 0, "%s: no prefix", t->why);
	for (const char *c = " .=A\n"; *c != '\0'; c++) {
		snprintf(more, sizeof more, "%s%c", t->text, *c);
		accepted += strcmp(judge(str_slice(more), &s), "ok") == 0;
		snprintf(more, sizeof more, "%c%s", *c, t->text);
		parsed += parse_token(str_slice(more), &j) == ERR_OK;
	}
	ok(accepted == 0 && parsed == 0, "%s: no byte more", t->why);
}

static void test_bits(const struct token *t)
{
	size_t len = strlen(t->text), accepted = 0;
	char bad[2048];
	struct jwks s;

	load(t->jwks, &s);
	memcpy(bad, t->text, len + 1);
	for (size_t i = 0; i < len; i++) {
		bad[i] = (char)(bad[i] ^ 1 << i % 7);
		accepted +=
			strcmp(judge((struct slice){ (uint8_t *)bad, len }, &s),
			       "ok") == 0;
		bad[i] = t->text[i];
	}
	ok(accepted == 0, "%s: no byte changed", t->why);
}

static void test_limits(void)
{
	static uint8_t big[JWT_MAX_BYTES + 1];
	struct jwt t;

	memset(big, 'A', sizeof big);
	is_err(parse_token((struct slice){ big, sizeof big }, &t), ERR_LIMIT,
	       "a token of 64 KiB and a byte");
	big[100] = big[200] = '.';
	is_err(parse_token((struct slice){ big, sizeof big - 1 }, &t),
	       ERR_VALUE, "64 KiB of no token");
	is_err(parse_token((struct slice){ NULL, 0 }, &t), ERR_TRUNC,
	       "nothing");
}

/* Replaces the first `from` in the set of that name; the error of reading. */
static enum err changed(const char *name, const char *from, const char *to)
{
	static char text[2 * MAX_LINE];
	const char *old = set_text(name), *at = strstr(old, from);
	struct jwks s;

	if (at == NULL)
		_exit(98);
	snprintf(text, sizeof text, "%.*s%s%s", (int)(at - old), old, to,
		 at + strlen(from));
	return parse_set(text, strlen(text), &s);
}

static const struct {
	enum err want;
	const char *set, *from, *to, *why;
} changes[] = {
	{ ERR_OK, "twice", "{\"keys\"", "{\"more\":[1],\"keys\"", "more" },
	{ ERR_OK, "twice", "\"alg\":\"RS256\"",
	  "\"alg\":\"RS256\",\"use\":\"sig\",\"key_ops\":[\"verify\"]",
	  "a use and an operation that are right" },
	{ ERR_OK, "twice", "\"alg\":\"RS256\"", "\"alg\":\"RSA-OAEP\"",
	  "an algorithm that is not for signatures: passed over" },
	{ ERR_OK, "twice", "\"kty\":\"RSA\"", "\"kty\":\"OKP\"",
	  "another type of key: passed over" },
	{ ERR_OK, "each", "P-256", "P-521", "another curve: passed over" },
	{ ERR_MISSING, "any", "\"kty\":\"RSA\"", "\"kty\":\"oct\"",
	  "no key that can be used" },
	{ ERR_MISSING, "any", "\"kid\"", "\"use\":\"enc\",\"kid\"",
	  "a key to encrypt with" },
	{ ERR_MISSING, "any", "\"kid\"", "\"key_ops\":[\"sign\"],\"kid\"",
	  "a key to sign with" },
	{ ERR_VALUE, "any", "\"kid\"", "\"key_ops\":\"verify\",\"kid\"",
	  "key_ops that is a string" },
	{ ERR_VALUE, "any", "\"kid\"", "\"use\":1,\"kid\"", "a use of 1" },
	{ ERR_VALUE, "any", "\"kid\"", "\"alg\":1,\"kid\"", "an alg of 1" },
	{ ERR_VALUE, "any", "\"kid\"", "\"d\":\"AQAB\",\"kid\"",
	  "a private exponent" },
	{ ERR_VALUE, "any", "\"kid\"", "\"k\":\"AQAB\",\"kid\"",
	  "a symmetric key" },
	{ ERR_MISSING, "any", "\"kid\"", "\"kit\"", "no kid" },
	{ ERR_LIMIT, "any", "\"kid\":\"k\"", "\"kid\":\"\"", "an empty kid" },
	{ ERR_VALUE, "any", "\"kid\":\"k\"", "\"kid\":7", "a kid of 7" },
	{ ERR_MISSING, "any", "\"kty\"", "\"ktx\"", "no kty" },
	{ ERR_MISSING, "any", "\"n\"", "\"N\"", "no n" },
	{ ERR_MISSING, "any", "\"e\"", "\"E\"", "no e" },
	{ ERR_VALUE, "any", "\"n\":\"", "\"n\":\"AAAA", "n with zeros" },
	{ ERR_VALUE, "any", "\"n\":\"", "\"n\":\"=", "n with padding" },
	{ ERR_VALUE, "any", "\"AQAB\"", "\"AQ\"", "an exponent of 1" },
	{ ERR_VALUE, "any", "\"AQAB\"", "\"AQAC\"", "an even exponent" },
	{ ERR_LIMIT, "any", "\"AQAB\"", "\"AQAAAAE\"", "a long exponent" },
	{ ERR_VALUE, "each", "\"x\":\"", "\"x\":\"AAAA", "a long x" },
	{ ERR_MISSING, "each", "\"y\"", "\"Y\"", "no y" },
	{ ERR_MISMATCH, "each", "\"alg\":\"ES256\"", "\"alg\":\"ES384\"",
	  "an algorithm of another curve" },
	{ ERR_MISMATCH, "each", "\"alg\":\"RS256\"", "\"alg\":\"ES256\"",
	  "an algorithm of another type" },
	{ ERR_DUPLICATE, "twice", "PS384", "RS256", "a key twice" },
	{ ERR_DUPLICATE, "twice", ",\"alg\":\"PS384\"", "",
	  "a kid for one algorithm and for any" },
	{ ERR_DUPLICATE, "any", "\"kid\"", "\"kid\":\"j\",\"kid\"",
	  "a member twice" },
	{ ERR_MISSING, "chain0", "\"x5c\":[", "\"x5c\":[],\"y5c\":[",
	  "an empty chain" },
	{ ERR_VALUE, "chain0", "\"x5c\":[\"", "\"x5c\":[\"-",
	  "a certificate in base64url" },
	{ ERR_VALUE, "chain0", "\"x5c\":[", "\"x5c\":[1,",
	  "a certificate of 1" },
	{ ERR_LIMIT, "chain0", "\"x5c\":[",
	  "\"x5c\":[\"AA==\",\"AA==\",\"AA==\",", "a chain of six" },
	{ ERR_VALUE, "any", "\"keys\":[", "\"keys\":[1,", "a key of 1" },
	{ ERR_MISSING, "any", "\"keys\"", "\"kexs\"", "no keys" },
};

static void test_sets(void)
{
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
		is_err(changed(changes[i].set, changes[i].from, changes[i].to),
		       changes[i].want, "key set: %s", changes[i].why);
}

static void test_set_forms(void)
{
	static char big[JWKS_MAX_BYTES + 1];
	const char *text = set_text("twice");
	size_t accepted = 0;
	struct jwks s;

	for (size_t n = 0; n < strlen(text); n++)
		accepted += parse_set(text, n, &s) == ERR_OK;
	ok(accepted == 0, "no prefix of a key set");
	memset(big, ' ', sizeof big);
	memcpy(big, text, strlen(text));
	is_err(parse_set(big, sizeof big - 1, &s), ERR_OK, "256 KiB");
	is_err(parse_set(big, sizeof big, &s), ERR_LIMIT, "and a byte");
	big[strlen(text)] = '}';
	is_err(parse_set(big, strlen(text) + 1, &s), ERR_EXTRA, "a brace more");
	is_err(parse_set("[]", 2, &s), ERR_VALUE, "an array");
	is_err(parse_set("{\"keys\":[]}", 11, &s), ERR_MISSING, "no key");
	text = set_text("mixed");
	is_err(parse_set(text, strlen(text), &s), ERR_MISMATCH,
	       "a certificate of another RSA key");
	text = set_text("ecwrong");
	is_err(parse_set(text, strlen(text), &s), ERR_MISMATCH,
	       "a certificate of another P-256 key");
	text = set_text("ecright");
	is_err(parse_set(text, strlen(text), &s), ERR_OK,
	       "the certificate of a P-256 key");
}

static void test_many_keys(void)
{
	static char text[JWKS_MAX_BYTES];
	struct wr w = wr_over(text, sizeof text);
	const char *n = strstr(set_text("any"), "\"n\":\"");
	struct jwks s;
	enum err e = ERR_OK;

	wr_str(&w, "{\"keys\":[");
	for (int i = 0; i <= JWKS_MAX_KEYS && e == ERR_OK; i++) {
		struct wr end;

		wr_fmt(&w,
		       "%s{\"kty\":\"RSA\",\"kid\":\"%d\",\"e\":\"AQAB\","
		       "\"n\":\"%.342s\"}",
		       i > 0 ? "," : "", i, n + 5);
		end = w;
		wr_str(&end, "]}");
		e = parse_set(text, end.len, &s);
		if (e == ERR_OK && s.n != (size_t)i + 1)
			_exit(98);
	}
	is_err(e, ERR_LIMIT, "one key more than %d", JWKS_MAX_KEYS);
	ok(s.n == JWKS_MAX_KEYS, "%d keys", JWKS_MAX_KEYS);
}

static void find_root(const char *name, uint8_t *der, struct rsa_cert *out)
{
	struct wr w = wr_over(der, X509_MAX_DER);
	char pem[2048];

	for (size_t i = 0; i < nroots; i++) {
		if (strcmp(roots[i].name, name) != 0)
			continue;
		memcpy(pem, roots[i].pem, sizeof pem);
		for (char *c = pem; *c != '\0'; c++)
			*c = *c == '|' ? '\n' : *c;
		if (pem_read(str_slice(pem), "CERTIFICATE", &w) != ERR_OK ||
		    rsa_cert_parse(wr_slice(&w), out) != ERR_OK)
			_exit(98);
		return;
	}
	_exit(98);
}

static void test_chains(void)
{
	for (size_t i = 0; i < nchains; i++) {
		int64_t at = strtoll(chains[i].at, NULL, 10);
		uint8_t der[X509_MAX_DER];
		const char *what = "";
		struct rsa_cert root;
		struct jwks s;
		enum err e;

		load(chains[i].jwks, &s);
		find_root(chains[i].root, der, &root);
		e = jwk_chain_verify(&s.key[0], &root, at, &what);
		if (!ok(strcmp(err_name(e), chains[i].want) == 0,
			"%s: a chain %s", chains[i].want, chains[i].why))
			printf("#   got %s: %s\n", err_name(e), what);
	}
}

static void test_ec_chain(void)
{
	uint8_t der[X509_MAX_DER];
	const char *what = "";
	struct rsa_cert root;
	struct jwks s;

	load("ecright", &s);
	find_root("root", der, &root);
	is_err(jwk_chain_verify(&s.key[0], &root, 1800000000, &what),
	       ERR_UNSUPP, "no chain behind a P-256 key");
}

/* RFC 4648 section 10, without the padding. */
static void test_base64url(void)
{
	static const struct {
		const char *text, *bytes; /* NULL: refused */
	} v[] = {
		{ "", "" },
		{ "Zg", "f" },
		{ "Zm8", "fo" },
		{ "Zm9v", "foo" },
		{ "Zm9vYg", "foob" },
		{ "Zm9vYmE", "fooba" },
		{ "Zm9vYmFy", "foobar" },
		{ "-_-_", "\xfb\xff\xbf" },
		{ "Z", NULL },
		{ "Zm9vY", NULL },
		{ "Zg==", NULL },
		{ "Zh", NULL },
		{ "Zm9", NULL },
		{ "+/+/", NULL },
		{ "Zm 9v", NULL },
		{ "Zm9v\n", NULL },
	};

	for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
		uint8_t out[8];
		struct wr w = wr_over(out, sizeof out);
		enum err e = base64url_decode(
			at_page_end(v[i].text, strlen(v[i].text)), &w);

		if (v[i].bytes == NULL)
			is_err(e, ERR_VALUE, "base64url: not \"%s\"",
			       v[i].text[strlen(v[i].text) - 1] == '\n'
				       ? "with a line break"
				       : v[i].text);
		else
			ok(e == ERR_OK && slice_is(wr_slice(&w), v[i].bytes) &&
				   w.len <= base64url_room(strlen(v[i].text)),
			   "base64url: \"%s\"", v[i].text);
	}
}

static void test_base64url_space(void)
{
	uint8_t out[2];
	struct wr w = wr_over(out, sizeof out);

	is_err(base64url_decode(str_slice("Zm9v"), &w), ERR_SPACE,
	       "base64url: three bytes into two");
}

int main(void)
{
	read_vectors();
	test_base64url();
	test_base64url_space();
	test_vectors();
	test_mixed();
	for (size_t i = 0; i < JWT_NALGS; i += 2) {
		test_cuts(&tokens[i]);
		test_bits(&tokens[i]);
	}
	test_limits();
	test_sets();
	test_set_forms();
	test_many_keys();
	test_chains();
	test_ec_chain();
	return tap_done();
}
