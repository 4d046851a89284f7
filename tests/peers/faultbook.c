/* faultbook - the faults of faults.h for people and other programs:
 *
 *   faultbook                 the section of SECURITY.md
 *   faultbook cases           those of quotes, as cases for verdicts.c; the
 *                             first line of each ends with NAME:CODE, and with
 *                             :genuine when the quote is that
 *   faultbook NAME FOLDER     quote.bin, collateral.json and root.pem with that
 *                             one thing wrong ("sound": with nothing)
 *
 * What the policy or the request has to do with is in no file: such a platform
 * is sound. */
#include <stdio.h>
#include <string.h>

#include "lib/text.h"
#include "tests/peers/fakeparts.h"
#include "tests/peers/faults.h"

static struct fault_case c;

static int print_table(void)
{
	static char text[256 * 1024];
	struct wr w = wr_over(text, sizeof text);

	faults_write(&w);
	fake_must(wr_end(&w) == ERR_OK, "table");
	fwrite(text, 1, w.len, stdout);
	return 0;
}

static void print_case(const struct fault_table *t, const struct fault *f)
{
	static char root[sizeof c.fake.root_pem];
	static size_t root_len;

	if (root_len == 0) {
		fault_build(NULL, &c);
		root_len = c.fake.root_pem_len;
		memcpy(root, c.fake.root_pem, root_len);
	}
	fault_build(f, &c);
	if (c.no_collateral || c.intel_alone)
		return;
	printf("%lld %zu %zu %zu %s:%s%s\n", (long long)c.now_s,
	       c.fake.quote_len, c.fake.bundle_len, root_len, f->name,
	       reason_code(f->want), t->genuine ? ":genuine" : "");
	fwrite(c.fake.quote, 1, c.fake.quote_len, stdout);
	fwrite(c.fake.bundle, 1, c.fake.bundle_len, stdout);
	fwrite(root, 1, root_len, stdout);
}

static int print_cases(void)
{
	for (size_t i = 0; fault_tables[i] != NULL; i++)
		for (size_t k = 0; k < fault_tables[i]->n; k++)
			if (!fault_tables[i]->token)
				print_case(fault_tables[i],
					   &fault_tables[i]->at[k]);
	return ferror(stdout) || fflush(stdout) != 0;
}

static void put_file(const char *folder, const char *name, const void *bytes,
		     size_t n)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	f = fopen(path, "wb");
	fake_must(f != NULL, path);
	fake_must(fwrite(bytes, 1, n, f) == n && fclose(f) == 0, path);
}

static int put_files(const char *name, const char *folder)
{
	const struct fault *f = NULL;
	bool found = strcmp(name, "sound") == 0;

	for (size_t i = 0; fault_tables[i] != NULL; i++)
		for (size_t k = 0; k < fault_tables[i]->n; k++)
			if (!fault_tables[i]->token &&
			    strcmp(fault_tables[i]->at[k].name, name) == 0) {
				f = &fault_tables[i]->at[k];
				found = true;
			}
	if (!found) {
		fprintf(stderr, "faultbook: no fault %s of quotes\n", name);
		return 2;
	}
	fault_build(NULL, &c);
	put_file(folder, "root.pem", c.fake.root_pem, c.fake.root_pem_len);
	fault_build(f, &c);
	put_file(folder, "quote.bin", c.fake.quote, c.fake.quote_len);
	put_file(folder, "collateral.json", c.fake.bundle, c.fake.bundle_len);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 1)
		return print_table();
	if (argc == 2 && strcmp(argv[1], "cases") == 0)
		return print_cases();
	if (argc == 3)
		return put_files(argv[1], argv[2]);
	fprintf(stderr, "usage: faultbook [cases | NAME FOLDER]\n");
	return 2;
}
