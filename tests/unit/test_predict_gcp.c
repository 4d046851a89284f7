/* Predictions for Google Compute Engine, held against a quote of a real VM:
 * every event behind RTMR0 and RTMR1 of quote 85ef3b3f9b0c7a04 is known
 * (flashbots/attested-tls). */
#include "lib/json.h"
#include "measure/lib/gcp.h"
#include "measure/lib/hob.h"
#include "measure/lib/predict.h"
#include "tests/shared.h"
#include "tests/tap.h"
#include "tests/unit/measure_make.h"

enum {
	QUOTE_RTMR0 = 48 + 328, /* header, offset in the body */
	NEWEST = 3,             /* the VM's host release, 2026-06 */
	CFV_EVENT = 1,
	GPT_EVENT = 2, /* of RTMR1 */
	PE_EVENT = 3
};

/* The VM has a second disk. */
static const uint8_t boot_order[] = { 1, 0, 2, 0, 0, 0 };
static const struct efi_var boot_var = { "BootOrder",
					 { boot_order, sizeof boot_order } };

static uint8_t fw[FW_LEN], disk[DISK_LEN];

static struct predict_in vm(void)
{
	return (struct predict_in){ .platform = PLATFORM_GCP,
				    .firmware = { fw, sizeof fw },
				    .image = { disk, sizeof disk },
				    .machine = gcp_machine("c3-standard-4"),
				    .acpi_release = NEWEST,
				    .gcp_stub_keys = true,
				    .vars = &boot_var,
				    .nvars = 1 };
}

/* The events that depend on neither firmware nor disk come out of our tables
 * and code alone. */
static void test_constants(void)
{
	static const char *const want[15] = {
		[2] = "cfa4e2c606f57262",  [3] = "905f6243baf0d7c6",
		[4] = "be013b0d9188e72b",  [5] = "723ad4d64f430bf6",
		[6] = "c61bae1a3f7b7e6c",  [7] = "394341b7182cd227",
		[8] = "f60c35e53bb21b46",  [9] = "509dcfe10beb5d47",
		[10] = "0bb0afa008873bdc", [11] = "2e57c66844071553",
		[12] = "a25333c7aec2e099", [13] = "9068065754ff3ae3",
		[14] = "23ada07f5261f12f",
	};
	struct predict_in in = vm();
	const char *why = "";
	struct prediction p;

	is_err(predict(&in, &p, &why), ERR_OK, "prediction %s", why);
	ok(p.rtmr[0].known && p.events.n == 15 + 6, "RTMR0 has 15 events");
	for (size_t i = 0; i < 15; i++) {
		char got[97];

		hex_encode((struct slice){ p.events.ev[i].digest, 48 }, got);
		ok(want[i] == NULL || strncmp(got, want[i], 16) == 0,
		   "event %zu: %s", i, p.events.ev[i].what);
	}
}

static bool prefix_is(const uint8_t *digest, const char *prefix)
{
	char got[97];

	hex_encode((struct slice){ digest, 48 }, got);
	return strncmp(got, prefix, strlen(prefix)) == 0;
}

/* flashbots/dstack-mr-gcp internal/consts.go for the first four; the last two
 * by an independent implementation: nobody has published them. */
static void test_hobs(void)
{
	static const char *const want[] = { "458994daa60deac8dea19dba79748f6f",
					    "aa9e81feeb58a9eb",
					    "a5be8ecd74020972e328fbbe94d28868",
					    "21092eadb73948ae",
					    "e267e1e3",
					    "530ced78" };
	size_t i = 0;

	for (; gcp_machine_at(i) != NULL && i < 6; i++) {
		const struct gcp_machine *m = gcp_machine_at(i);
		uint8_t hob[HOB_MAX_BYTES], digest[SHA384_LEN];
		struct wr w = wr_over(hob, sizeof hob);

		is_err(hob_write(&gcp_layout, HOB_GOOGLE, m->memory_bytes, &w),
		       ERR_OK, "the TD HOB of %s", m->name);
		sha384(wr_slice(&w), digest);
		ok(prefix_is(digest, want[i]), "is the published one");
	}
	ok(i == 6 && gcp_machine_at(i) == NULL, "of every machine type");
}

/* Every digest of the published file is in our tables, and the TD HOB is
 * computed. */
static void check_published(struct json row)
{
	uint8_t hob[HOB_MAX_BYTES], digest[SHA384_LEN], want[SHA384_LEN];
	struct wr w = wr_over(hob, sizeof hob);
	const struct gcp_machine *m;
	char name[40] = "";
	struct json list;
	struct slice s;
	size_t k = 0;

	if (json_str(row, "machine", &s) != ERR_OK ||
	    slice_cstr(s, name, sizeof name) != ERR_OK ||
	    json_hex(row, "td_hob", want, sizeof want) != ERR_OK ||
	    json_array(row, "acpi", &list) != ERR_OK)
		_exit(98);
	m = gcp_machine(name);
	if (!ok(m != NULL, "%s is known", name))
		return;
	is_err(hob_write(&gcp_layout, HOB_GOOGLE, m->memory_bytes, &w), ERR_OK,
	       "its TD HOB");
	sha384(wr_slice(&w), digest);
	ok(memcmp(digest, want, sizeof want) == 0, "is the published one");
	for (struct json a = json_first(list); a.node != NULL;
	     a = json_next(a), k++) {
		static const char *const keys[] = { "loader", "rsdp", "tabl" };
		size_t same = 0;

		for (size_t i = 0; i < 3 && k < m->nacpi; i++)
			same += json_str(a, keys[i], &s) == ERR_OK &&
				slice_is(s, m->acpi[k].digest[i]);
		ok(same == 3, "its ACPI digests of release %zu", k + 1);
	}
}

static void test_published(void)
{
	struct json doc, list;
	struct slice text;
	struct arena a;

	if (!shared_read("fixtures/gcp/acpi_tdhob_hashes.json", &text)) {
		ok(true,
		   "published TD HOB and ACPI digests # SKIP no fixtures");
		return;
	}
	a = arena_over(malloc(1 << 20), 1 << 20);
	if (a.buf == NULL || json_parse(&a, text, &doc) != ERR_OK ||
	    json_array(doc, "machines", &list) != ERR_OK)
		_exit(98);
	for (struct json e = json_first(list); e.node != NULL; e = json_next(e))
		check_published(e);
	free(a.buf);
	heap_free(text);
}

/* One disk and two, for every machine: BootOrder and the options in it. */
static void test_disks(void)
{
	struct predict_in in = vm();
	static struct prediction one, two;
	const char *why = "";

	in.nvars = 0;
	is_err(predict(&in, &one, &why), ERR_OK, "one disk %s", why);
	in.gcp_second_disk = true;
	is_err(predict(&in, &two, &why), ERR_OK, "two disks %s", why);
	ok(prefix_is(one.events.ev[11].digest, "7210af19") &&
		   prefix_is(one.events.ev[12].digest, "a25333c7"),
	   "BootOrder 0001, 0000 and the disk");
	ok(prefix_is(two.events.ev[11].digest, "2e57c668") &&
		   prefix_is(two.events.ev[13].digest, "9068065754ff3ae3") &&
		   two.events.n == one.events.n + 1,
	   "BootOrder 0001, 0002, 0000 and the second disk");
	ok(one.rtmr[0].known && two.rtmr[0].known &&
		   memcmp(one.rtmr[0].value, two.rtmr[0].value, SHA384_LEN),
	   "two values of RTMR0");
}

/* Two digests in place of the firmware. */
static void test_endorsed(void)
{
	static struct prediction p, q;
	struct predict_in in = vm();
	uint8_t mrtd[SHA384_LEN] = { 1 }, cfv[SHA384_LEN];
	const char *why = "";
	struct tdvf t;

	is_err(tdvf_parse(in.firmware, &t, &why), ERR_OK, "a firmware");
	sha384(tdvf_bytes(in.firmware, tdvf_find(&t, TDVF_CFV)), cfv);
	is_err(predict(&in, &p, &why), ERR_OK, "with the image");
	in.firmware = (struct slice){ 0 };
	in.endorsed_mrtd = mrtd;
	in.cfv_sha384 = cfv;
	is_err(predict(&in, &q, &why), ERR_OK, "and with digests");
	ok(memcmp(q.mrtd, mrtd, sizeof mrtd) == 0 && q.rtmr[0].known,
	   "MRTD is the endorsed one");
	ok(memcmp(q.events.ev[CFV_EVENT].digest, cfv, sizeof cfv) == 0 &&
		   prefix_is(q.events.ev[0].digest, "458994da") &&
		   q.events.n == p.events.n,
	   "CFV is the given one, the TD HOB that of Google's sections");
	in.cfv_sha384 = NULL;
	is_err(predict(&in, &q, &why), ERR_VALUE, "one alone is refused");
	in.cfv_sha384 = cfv;
	in.platform = PLATFORM_QEMU;
	in.memory_bytes = 1ULL << 30;
	in.cpus = 1;
	is_err(predict(&in, &q, &why), ERR_VALUE, "as for another platform");
	in = vm();
	in.endorsed_mrtd = mrtd;
	in.cfv_sha384 = cfv;
	is_err(predict(&in, &q, &why), ERR_VALUE, "and beside the image");
}

static void test_unknown(void)
{
	struct predict_in in = vm();
	const char *why = "";
	struct prediction p;

	in.gcp_stub_keys = false;
	is_err(predict(&in, &p, &why), ERR_OK, "without constant keys");
	ok(!p.rtmr[0].known && strstr(p.rtmr[0].why_not, "keys") != NULL,
	   "Google's own are not guessed");
	in = vm();
	in.acpi_release = 99;
	is_err(predict(&in, &p, &why), ERR_OK, "an unknown host release");
	ok(!p.rtmr[0].known && strstr(p.rtmr[0].why_not, "ACPI") != NULL,
	   "leaves RTMR0 unknown");
	in = vm();
	in.machine = gcp_machine("c3-standard-88");
	is_err(predict(&in, &p, &why), ERR_OK,
	       "a machine type whose ACPI tables nobody published");
	ok(!p.rtmr[0].known && p.rtmr[1].known, "leaves only RTMR0 unknown");
}

/* The digests of one list of the vector, in order. */
static size_t digests_of(struct json v, const char *key,
			 uint8_t out[static 16][SHA384_LEN])
{
	struct json list;
	size_t n = 0;

	if (json_array(v, key, &list) != ERR_OK || json_count(list) > 16)
		_exit(98);
	for (struct json e = json_first(list); e.node != NULL;
	     e = json_next(e)) {
		struct slice hex;

		if (json_as_str(json_next(json_first(e)), &hex) != ERR_OK ||
		    hex_decode(hex, out[n++], SHA384_LEN) != ERR_OK)
			_exit(98);
	}
	return n;
}

static bool in_quote(struct slice quote, unsigned rtmr,
		     const uint8_t reg[static SHA384_LEN])
{
	return memcmp(quote.ptr + QUOTE_RTMR0 + SHA384_LEN * rtmr, reg,
		      SHA384_LEN) == 0;
}

/* Ours, with the one digest that is of a firmware nobody has. */
static void quote_rtmr0(struct json v, struct prediction *p, struct slice quote)
{
	uint8_t d[16][SHA384_LEN], reg[SHA384_LEN];
	size_t n = digests_of(v, "rtmr0_events", d), same = 0;

	for (size_t i = 0; i < n; i++)
		same += memcmp(d[i], p->events.ev[i].digest, 48) == 0;
	ok(n == 15 && same == 14, "all events but the CFV are predicted");
	memcpy(p->events.ev[CFV_EVENT].digest, d[CFV_EVENT], SHA384_LEN);
	ok(eventlist_replay(&p->events, 0, reg) && in_quote(quote, 0, reg),
	   "RTMR0 of the quote");
}

/* The VM boots another disk, and a UKI, so that there is one PE event more
 * than ours; order and all else are ours. */
static void quote_rtmr1(struct json v, const struct prediction *p,
			struct slice quote)
{
	uint8_t d[16][SHA384_LEN], reg[SHA384_LEN];
	size_t n = digests_of(v, "rtmr1_events", d), k = 0;
	struct eventlist l = { 0 };

	for (size_t i = 0; i < p->events.n; i++) {
		const struct event *ev = &p->events.ev[i];

		if (ev->rtmr != 1)
			continue;
		event_add(&l, 1, ev->type,
			  k == GPT_EVENT || k == PE_EVENT ? d[k] : ev->digest,
			  ev->what);
		if (k++ == PE_EVENT)
			event_add(&l, 1, EVENT_APPLICATION, d[PE_EVENT + 1],
				  "the kernel inside the UKI");
	}
	ok(n == 7 && l.n == 7, "seven events");
	ok(eventlist_replay(&l, 1, reg) && in_quote(quote, 1, reg),
	   "RTMR1 of the quote");
}

static void test_quote(void)
{
	struct slice text, quote, firmware;
	struct predict_in in = vm();
	const char *why = "";
	struct prediction p;
	struct arena a;
	struct json v;

	if (!shared_read("fixtures/gcp/gcp_vector_85ef3b3f.json", &text) ||
	    !shared_read("fixtures/firmware/debian12-OVMF.fd", &firmware) ||
	    !shared_read("fixtures/quotes/85ef3b3f9b0c7a04.bin", &quote)) {
		ok(true, "a quote of a real VM # SKIP no fixtures");
		return;
	}
	a = arena_over(malloc(1 << 20), 1 << 20);
	if (a.buf == NULL || json_parse(&a, text, &v) != ERR_OK)
		_exit(98);
	in.firmware = firmware; /* the sections, so the TD HOB, are Google's */
	is_err(predict(&in, &p, &why), ERR_OK, "prediction %s", why);
	quote_rtmr0(v, &p, quote);
	quote_rtmr1(v, &p, quote);
	free(a.buf);
	heap_free(text);
	heap_free(quote);
	heap_free(firmware);
}

int main(void)
{
	make_firmware(fw);
	make_default_disk(disk);
	test_constants();
	test_hobs();
	test_published();
	test_disks();
	test_endorsed();
	test_unknown();
	test_quote();
	return tap_done();
}
