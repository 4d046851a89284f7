/* tdquote - the quote of a TD that booted what a reference file says: the
 * registers are those of one entry, the PKI is a development one.
 *
 *   tdquote PKI REFERENCE ENTRY > QUOTE
 *
 * A register that the file does not know is zero, as is RTMR3. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "host-launcher/lib/file.h"
#include "host-launcher/vm/pkistore.h"
#include "host-launcher/vm/simquote.h"
#include "lib/rng.h"
#include "lib/text.h"
#include "measure/lib/reference.h"

enum {
	QUOTE_CAP = 16 * 1024
};

static struct pki_store pki;
static struct reference reference;
static uint8_t arena_mem[REFERENCE_ARENA], quote[QUOTE_CAP];

static enum err load(const char *path)
{
	struct arena a = arena_over(arena_mem, sizeof arena_mem);
	struct buf text = { 0 };
	const char *what;
	enum err e = file_read(path, REFERENCE_BYTES, &text);

	if (e == ERR_OK)
		e = reference_parse(&a, buf_slice(&text), &reference, &what);
	buf_free(&text);
	return e;
}

static enum err write_quote(const struct reference_entry *m)
{
	struct sim_td td = { .td_attributes = SIM_TD_ATTRIBUTES,
			     .xfam = SIM_XFAM };
	uint8_t reportdata[REPORTDATA_LEN] = { 0 };
	struct wr w = wr_over(quote, sizeof quote);
	enum err e;

	memcpy(td.mrtd, m->mrtd, sizeof td.mrtd);
	for (size_t i = 0; i < REFERENCE_RTMRS; i++)
		if (m->rtmr_known[i])
			memcpy(td.rtmr[i], m->rtmr[i], SHA384_LEN);
	e = simquote(&pki.keys, &pki.pki, &td, reportdata, &w);
	if (e == ERR_OK && fwrite(quote, 1, w.len, stdout) != w.len)
		e = ERR_IO;
	return e;
}

int main(int argc, char **argv)
{
	struct rng rng;
	uint64_t n = 0;
	enum err e = ERR_VALUE;

	if (argc == 4)
		e = u64_parse(str_slice(argv[3]), REFERENCE_MAX - 1, &n);
	if (e == ERR_OK)
		e = rng_system(&rng);
	if (e == ERR_OK)
		e = pki_store_open(argv[1], rng_prng(&rng), time(NULL), &pki);
	if (e == ERR_OK)
		e = load(argv[2]);
	if (e == ERR_OK && n >= reference.n)
		e = ERR_LIMIT;
	if (e == ERR_OK)
		e = write_quote(&reference.e[n]);
	if (e == ERR_OK)
		return 0;
	fprintf(stderr, "tdquote: %s\n", err_text(e));
	return 4;
}
