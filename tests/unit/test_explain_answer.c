/* explain: logs that lie, what is said of a cause, and the limits. */
#include "tests/unit/explain_make.h"

/* ---- the log says something else than the registers */

static void log_extra(void)
{
	insert(&scene.logged[0], 5, 0x0a, str_slice("never extended"), "idle");
}

static void log_cut(void)
{
	remove_at(&scene.logged[0], AT_KEK);
}

static void log_order(void)
{
	exchange(&scene.logged[0], AT_PK, AT_KEK);
}

static void log_edited(void)
{
	change(&scene.logged[1], AT_PE, "a lie");
}

static void log_foreign(void)
{
	for (size_t i = 0; i < scene.logged[0].n; i++)
		change(&scene.logged[0], i, "another boot");
}

/* A table that firmware never wrote to. */
static void log_empty(void)
{
	for (size_t i = 0; i < 3; i++)
		scene.logged[i].n = 0;
}

static void log_extra_memory(void)
{
	seed_memory();
	memcpy(scene.logged, scene.shown, sizeof scene.logged);
	log_extra();
}

static void log_later(void)
{
	struct predict_in in = machine();

	in.memory_bytes = 4 * GIB;
	show(&in);
	memcpy(scene.logged, scene.shown, sizeof scene.logged);
	insert(&scene.logged[0], scene.logged[0].n, 0x0d, str_slice("later"),
	       "later");
}

/* A log that also lies about types: the digests are what counts. */
static void log_types(void)
{
	seed_memory();
	memcpy(scene.logged, scene.shown, sizeof scene.logged);
	scene.logged[0].ev[AT_KEK].type = 0x0d;
	scene.logged[1].ev[AT_PE].type = 0x0d;
}

/* The reference is met, and the log goes on. */
static void log_goes_on(void)
{
	for (size_t i = 0; i < 6; i++)
		insert(&scene.logged[1], scene.logged[1].n, 0x0d,
		       str_slice("later"), "later");
}

/* clang-format off */
static const struct seed log_seeds[] = {
	{ "an event was logged and not extended", log_extra,
	  SAME(C(NOT_EXTENDED)), PROVED, PROVED },
	{ "an event was extended and not logged", log_cut,
	  SAME(C(NOT_LOGGED)), PROVED, PROVED },
	{ "the log's order is not that of the extends", log_order,
	  SAME(C(LOG_ORDER)), PROVED, PROVED },
	{ "a digest of the log was changed", log_edited,
	  SAME(C(NOT_EXTENDED)), PROVED, PROVED },
	{ "a log of another boot", log_foreign, SAME(C(LOG_FOREIGN)), PROVED,
	  PROVED },
	{ "a log without events", log_empty, SAME(C(LOG_FOREIGN)), PROVED,
	  PROVED },
	{ "4 GiB, and an event that was not extended", log_extra_memory,
	  SAME(C(MEMORY), C(NOT_EXTENDED)), PROVED, PROVED },
	{ "4 GiB, and a log with wrong types", log_types, SAME(C(MEMORY)),
	  PROVED, PROVED },
	{ "a log that goes on", log_goes_on, SAME(C(LOG_LATER)), PROVED,
	  PROVED },
	{ "4 GiB, and a log that goes on", log_later,
	  SAME(C(MEMORY), C(LOG_LATER)), PROVED, PROVED },
};
/* clang-format on */

static void run_log_seed(const struct seed *s)
{
	start_scene();
	memcpy(scene.logged, scene.shown, sizeof scene.logged);
	s->make();
	finish_scene();
	ask(true);
	if (!ok(named(s->log, s->log_proof) && !out.match, "%s", s->title))
		print_causes();
}

/* ---- what is said of each */

static void test_details(void)
{
	start_scene();
	seed_memory();
	finish_scene();
	ask(false);
	ok(strcmp(first()->detail, "4096 MiB instead of 2048 MiB") == 0,
	   "says which size");
	ok(first()->reg == 1 && first()->index == 0 && first()->has_expected &&
		   first()->has_observed &&
		   memcmp(first()->observed, scene.shown[0].ev[0].digest,
			  SHA384_LEN) == 0,
	   "says which event, with both digests");
	start_scene();
	seed_firmware();
	finish_scene();
	ask(false);
	ok(strcmp(first()->detail, "b.fd instead of a.fd") == 0,
	   "says which firmware");
	start_scene();
	memcpy(scene.logged, scene.shown, sizeof scene.logged);
	log_empty();
	finish_scene();
	ask(true);
	ok(strcmp(first()->detail, "the log has no event of this register") ==
		   0,
	   "says that the log is empty");
	start_scene();
	seed_cmdline();
	finish_scene();
	ask(false);
	ok(strcmp(first()->detail, "console=ttyS0") == 0,
	   "says which command line");
	start_scene();
	seed_missing();
	finish_scene();
	ask(false);
	ok(first()->index == AT_KEK && first()->has_expected &&
		   !first()->has_observed &&
		   strncmp(first()->event, "KEK", 3) == 0,
	   "says which event is missing");
}

static void test_refusals(void)
{
	static struct explain_event many[EXPLAIN_LIST_IN + 1];
	static struct explain_machine m;
	struct explain_in in = { .body = &scene.body };

	is_err(explain(&in, &out), ERR_MISSING, "no machine");
	explain_set_world(&world, &in);
	in.log[0] = many;
	in.nlog[0] = EXPLAIN_LIST_IN + 1;
	is_err(explain(&in, &out), ERR_LIMIT, "too many events");
	in.nlog[0] = 0;
	m = world.machine[0];
	m.primary = false;
	in.machine = &m;
	in.nmachines = 1;
	is_err(explain(&in, &out), ERR_MISSING, "no machine of the reference");
	m.primary = true;
	m.firmware = in.nfirmware;
	is_err(explain(&in, &out), ERR_VALUE, "a firmware that is not there");
}

/* The budget ends a search, and it is said. */
static void test_budget(void)
{
	struct explain_in in = { .body = &scene.body, .budget = 1000 };

	start_scene();
	seed_unknown_acpi();
	finish_scene();
	explain_set_world(&world, &in);
	is_err(explain(&in, &out), ERR_OK, "with a small budget");
	ok(out.exhausted && out.hashes < 4000, "the budget holds: %llu",
	   (unsigned long long)out.hashes);
	ask(false);
	ok(!out.exhausted && out.tried > 100000,
	   "the usual one is enough for all: %llu tried",
	   (unsigned long long)out.tried);
}

/* Events that the reference cannot predict stand for any of their type, and a
 * register that holds one is compared by the log alone. */
static void test_unpredicted(void)
{
	static struct explain_event ev[MAX_EVENTS];
	static struct explain_machine m;
	struct explain_in in = { .body = &scene.body };

	start_scene();
	seed_memory();
	seed_unknown_acpi();
	finish_scene();
	explain_set_world(&world, &in);
	m = world.machine[0];
	memcpy(ev, m.ev[0], m.nev[0] * sizeof ev[0]);
	for (size_t i = AT_ACPI; i < m.nev[0]; i++)
		ev[i].known = false;
	ev[m.nev[0]] = (struct explain_event){ .type = 0x0d, .what = "any" };
	m.ev[0] = ev;
	m.nev[0]++;
	m.known[0] = false;
	in.machine = &m;
	in.nmachines = 1;
	is_err(explain(&in, &out), ERR_OK, "a register without prediction");
	ok(out.match && out.nchanges == 0 && out.reg[1].state == EXPLAIN_OPEN &&
		   all_explained(),
	   "is not compared");
	in.log[0] = scene.shown[0].ev;
	in.nlog[0] = scene.shown[0].n;
	in.log_covers[0] = true;
	is_err(explain(&in, &out), ERR_OK, "with its log");
	ok(!out.match && out.nchanges == 1 &&
		   first()->cause == EXPLAIN_MEMORY &&
		   first()->proof == EXPLAIN_PROVED,
	   "the events that are predicted are");
}

/* More changes than there is room for are counted. */
static void test_many_changes(void)
{
	static struct explain_event many[EXPLAIN_LIST_IN];
	struct explain_in in = { .body = &scene.body };

	start_scene();
	for (size_t i = 0; i < EXPLAIN_LIST_IN; i++) {
		many[i] = (struct explain_event){ .type = 0x0d,
						  .known = true,
						  .what = "grub" };
		sha384(of((const uint8_t *)&i, sizeof i), many[i].digest);
		rtmr_extend(scene.body.rtmr[2], many[i].digest);
	}
	explain_set_world(&world, &in);
	in.log[2] = many;
	in.nlog[2] = EXPLAIN_LIST_IN;
	in.log_covers[2] = true;
	is_err(explain(&in, &out), ERR_OK, "a log of %d events",
	       EXPLAIN_LIST_IN);
	ok(out.nchanges == EXPLAIN_CHANGES && out.dropped > 0 &&
		   has_cause(EXPLAIN_LOADER, EXPLAIN_LOGGED) &&
		   out.reg[3].explained && out.reg[3].log_replays,
	   "%zu changes are listed, %zu not", out.nchanges, out.dropped);
}

/* An entry that tells values and no events. */
static void test_values_only(void)
{
	static struct explain_machine m[2];
	struct explain_in in = { .body = &scene.body };

	start_scene();
	seed_cpus();
	finish_scene();
	explain_set_world(&world, &in);
	m[0] = m[1] = world.machine[0];
	m[0].has_events = m[1].has_events = false;
	m[0].nev[0] = m[1].nev[0] = m[0].nev[1] = m[1].nev[1] = 0;
	m[1].memory_bytes = 8 * GIB;
	m[1].primary = false;
	memcpy(m[1].rtmr[0], scene.body.rtmr[0], SHA384_LEN);
	in.machine = m;
	in.nmachines = 2;
	is_err(explain(&in, &out), ERR_OK, "values without events");
	ok(out.ncauses == 1 && out.cause[0].cause == EXPLAIN_MEMORY &&
		   all_explained(),
	   "the machine that has the value tells the cause");
	m[1].rtmr[0][0] ^= 1;
	is_err(explain(&in, &out), ERR_OK, "no machine has the value");
	ok(!out.match && !out.reg[1].explained, "it stays open");
}

int main(void)
{
	make_all();
	for (size_t i = 0; i < sizeof log_seeds / sizeof *log_seeds; i++)
		run_log_seed(&log_seeds[i]);
	test_details();
	test_refusals();
	test_budget();
	test_values_only();
	test_unpredicted();
	test_many_changes();
	return tap_done();
}
