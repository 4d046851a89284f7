/* Every fault of tests/peers/faults.h alone, on evidence that is sound but for
 * it: refused with its code, for its reason. And the table of them all in
 * SECURITY.md says the same. */
#include "tests/peers/faults.h"
#include "tests/tap.h"

#define BEGIN "<!-- faults: written by `make faults` -->\n"
#define END   "<!-- end of faults -->\n"

static struct fault_case c;

static void test_sound(const struct fault_table *t)
{
	struct fault_answer a;

	fault_judge(t, NULL, &c, &a);
	if (!ok(a.reason == REASON_OK && a.authentic,
		"%s: accepted when nothing is wrong", t->subject))
		printf("#   got %s: %s\n", reason_code(a.reason), a.detail);
}

static void test_fault(const struct fault_table *t, const struct fault *f)
{
	struct fault_answer a;

	fault_judge(t, f, &c, &a);
	if (!ok(a.reason == f->want && a.authentic == t->genuine &&
			strstr(a.detail, f->says) != NULL,
		"%s: %s: %s", reason_code(f->want), f->name, f->what))
		printf("#   got %s, %sauthentic: %s\n", reason_code(a.reason),
		       a.authentic ? "" : "not ", a.detail);
}

static size_t count(const char *name)
{
	size_t n = 0;

	for (size_t i = 0; fault_tables[i] != NULL; i++)
		for (size_t k = 0; k < fault_tables[i]->n; k++)
			n += strcmp(fault_tables[i]->at[k].name, name) == 0;
	return n;
}

/* Returns how many there are. */
static size_t test_names(void)
{
	size_t n = 0, twice = 0, same = 0;

	for (size_t i = 0; fault_tables[i] != NULL; i++) {
		const struct fault_table *t = fault_tables[i];

		for (size_t k = 0; k < t->n; k++) {
			n++;
			twice += count(t->at[k].name) != 1;
			for (size_t m = 0; m < k; m++)
				same += strcmp(t->at[k].what, t->at[m].what) ==
					0;
		}
	}
	ok(twice == 0, "no name is given twice");
	ok(same == 0, "no two of one subject say the same");
	return n;
}

/* The whole file, NUL-terminated; "" when it is not there. */
static char *read_file(const char *path)
{
	static char text[256 * 1024];
	FILE *f = fopen(path, "r");
	size_t n = f != NULL ? fread(text, 1, sizeof text - 1, f) : 0;

	if (f != NULL)
		fclose(f);
	text[n] = '\0';
	return text;
}

static void test_document(void)
{
	static char want[192 * 1024];
	struct wr w = wr_over(want, sizeof want);
	const char *from = strstr(read_file("SECURITY.md"), BEGIN);
	const char *to = from != NULL ? strstr(from, END) : NULL;

	faults_write(&w);
	if (to != NULL)
		from += strlen(BEGIN);
	ok(to != NULL && w.len > 0 &&
		   slice_eq(wr_slice(&w),
			    (struct slice){ (const uint8_t *)from,
					    (size_t)(to - from) }),
	   "SECURITY.md lists them; if not, `make faults`");
}

int main(void)
{
	for (size_t i = 0; fault_tables[i] != NULL; i++) {
		test_sound(fault_tables[i]);
		for (size_t k = 0; k < fault_tables[i]->n; k++)
			test_fault(fault_tables[i], &fault_tables[i]->at[k]);
	}
	printf("# %zu faults\n", test_names());
	test_document();
	return tap_done();
}
