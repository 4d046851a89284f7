/* explain_known.c - what may be measured besides what is expected: events that
 * follow from a cause without any file. */
#include <bearssl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/text.h"
#include "measure/lib/explain_int.h"
#include "measure/lib/gcp.h"
#include "measure/lib/hob.h"
#include "measure/lib/rtmr.h"

#define MIB (UINT64_C(1) << 20)

const struct explain_event **ex_refs(struct ex *x, size_t n)
{
	const struct explain_event **r = &x->ref[x->nrefs];

	if (n > EX_REFS - x->nrefs)
		return NULL;
	x->nrefs += n;
	return r;
}

/* ---- named events */

__attribute__((format(printf, 7, 8))) static const struct explain_event *
name(struct ex *x, unsigned rtmr, enum event_type type,
     const uint8_t digest[static SHA384_LEN], enum explain_cause cause,
     unsigned group, const char *fmt, ...)
{
	struct ex_named *n = &x->named[x->nnamed];
	va_list ap;

	if (x->nnamed == EX_NAMED)
		return NULL;
	x->nnamed++;
	va_start(ap, fmt);
	vsnprintf(n->text, sizeof n->text, fmt, ap);
	va_end(ap);
	n->ev = (struct explain_event){ .type = event_type_number(type),
					.known = true,
					.what = n->text };
	memcpy(n->ev.digest, digest, SHA384_LEN);
	n->rtmr = rtmr;
	n->cause = cause;
	n->group = group;
	return &n->ev;
}

/* A set of n events, of which NULL ones did not fit. */
static void add_set(struct ex *x, enum ex_place place, unsigned rtmr,
		    enum event_type type, const struct explain_event *const *ev,
		    size_t n)
{
	const struct explain_event **r;

	for (size_t i = 0; i < n; i++)
		if (ev[i] == NULL)
			return;
	r = ex_refs(x, n);
	if (r == NULL || x->nsets == EX_SETS)
		return;
	for (size_t i = 0; i < n; i++)
		r[i] = ev[i];
	x->set[x->nsets++] = (struct ex_set){
		place, rtmr, event_type_number(type), { r, n }
	};
}

/* ---- Secure Boot: its state, and keys that are known */

enum {
	KEYS_ABSENT,
	KEYS_STUB,
	NKEYS
};

static const struct explain_event *secure_event(struct ex *x,
						const char *variable,
						struct slice data,
						const char *text)
{
	uint8_t digest[SHA384_LEN];

	rtmr0_variable(variable, data, digest);
	return name(x, 0, EVENT_VARIABLE_CONFIG, digest, EXPLAIN_SECURE_BOOT,
		    EX_NO_GROUP, "%s %s", variable, text);
}

/* The five events as expected; false when there are not five. */
static bool secure_base(const struct ex *x,
			const struct explain_event *out[EX_SECURE])
{
	const uint32_t type = event_type_number(EVENT_VARIABLE_CONFIG);
	size_t n = 0;

	for (size_t i = 0; i < x->base->nev[0]; i++) {
		if (x->base->ev[0][i].type != type)
			continue;
		if (n == EX_SECURE)
			return false;
		out[n++] = &x->base->ev[0][i];
	}
	return n == EX_SECURE;
}

static void name_secure_boot(struct ex *x)
{
	static const uint8_t off[1] = { 0 }, on[1] = { 1 };
	static const char *const keys[] = { "PK", "KEK", "db", "dbx" };
	const struct explain_event *ev[EX_SECURE], *state[4];
	const struct explain_event *key[NKEYS + 1][EX_SECURE - 1];

	if (!secure_base(x, ev))
		return;
	state[0] = ev[0];
	state[1] =
		secure_event(x, "SecureBoot", (struct slice){ on, 1 }, "is on");
	state[2] = secure_event(x, "SecureBoot", (struct slice){ off, 1 },
				"is off");
	state[3] = secure_event(x, "SecureBoot", (struct slice){ NULL, 0 },
				"is absent");
	for (size_t k = 0; k < EX_SECURE - 1; k++) {
		key[NKEYS][k] = ev[k + 1];
		key[KEYS_ABSENT][k] = secure_event(
			x, keys[k], (struct slice){ NULL, 0 }, "is absent");
		key[KEYS_STUB][k] = secure_event(
			x, keys[k],
			(struct slice){ gcp_stub_keys, GCP_STUB_KEYS_LEN },
			"is the constant key of stub-keys images");
	}
	for (size_t s = 0; s < 4; s++)
		for (size_t k = 0; k <= NKEYS; k++) {
			const struct explain_event *set[EX_SECURE] = {
				state[s], key[k][0], key[k][1], key[k][2],
				key[k][3]
			};

			add_set(x, EX_REPLACE, 0, EVENT_VARIABLE_CONFIG, set,
				EX_SECURE);
		}
}

/* ---- ACPI tables of Google's machines */

static void name_acpi_release(struct ex *x, const struct gcp_machine *m,
			      const struct gcp_acpi *a)
{
	static const char *const part[] = { "etc/table-loader", "etc/acpi/rsdp",
					    "etc/acpi/tables" };
	const struct explain_event *set[3];
	unsigned group = ++x->ngroups;
	enum explain_cause cause =
		m->cpus != x->base->cpus ? EXPLAIN_CPUS : EXPLAIN_ACPI;

	for (size_t i = 0; i < 3; i++) {
		uint8_t digest[SHA384_LEN];

		if (hex_decode(str_slice(a->digest[i]), digest,
			       sizeof digest) != ERR_OK)
			return;
		set[i] = name(x, 0, EVENT_PLATFORM_CONFIG_FLAGS, digest, cause,
			      group, "%s of %s, host release %s", part[i],
			      m->name, a->release);
	}
	add_set(x, EX_REPLACE, 0, EVENT_PLATFORM_CONFIG_FLAGS, set, 3);
}

static void name_acpi(struct ex *x)
{
	const struct gcp_machine *m;

	if (x->base->platform != PLATFORM_GCP)
		return;
	for (size_t i = 0; (m = gcp_machine_at(i)) != NULL; i++)
		for (size_t k = 0; k < m->nacpi; k++)
			name_acpi_release(x, m, &m->acpi[k]);
}

/* The one item of fw_cfg whose data are the same nearly everywhere: they are
 * also those of a BootOrder with the menu alone. */
static void name_fw_cfg(struct ex *x)
{
	static const uint8_t off[2];
	uint8_t digest[SHA384_LEN];

	if (x->base->platform != PLATFORM_QEMU)
		return;
	sha384((struct slice){ off, sizeof off }, digest);
	(void)name(x, 0, EVENT_PLATFORM_CONFIG_FLAGS, digest, EXPLAIN_FW_CFG,
		   EX_NO_GROUP, "QEMU FW CFG: BootMenu, off");
}

/* ---- boot variables: orders of the options whose digests are known */

enum {
	MAX_OPTIONS = 5,
	MAX_ORDER = 3
};

struct options {
	size_t n;
	struct {
		uint16_t number;
		const struct explain_event *ev;
	} o[MAX_OPTIONS];
};

static void add_option(struct options *l, uint16_t number,
		       const struct explain_event *ev)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->o[i].number == number)
			return;
	if (l->n == MAX_OPTIONS || ev == NULL || !ev->known)
		return;
	l->o[l->n].number = number;
	l->o[l->n++].ev = ev;
}

/* Those among a machine's events, by their names: "Boot0001". */
static void machine_options(const struct explain_machine *m, struct options *l)
{
	for (size_t i = 0; i < m->nev[0]; i++) {
		const struct explain_event *ev = &m->ev[0][i];
		uint8_t be[2];

		if (ev->type == event_type_number(EVENT_VARIABLE_BOOT) &&
		    strlen(ev->what) >= 8 && memcmp(ev->what, "Boot", 4) == 0 &&
		    hex_decode(
			    (struct slice){ (const uint8_t *)ev->what + 4, 4 },
			    be, sizeof be) == ERR_OK)
			add_option(l, (uint16_t)(be[0] << 8 | be[1]), ev);
	}
}

static void google_options(struct ex *x, struct options *l)
{
	unsigned max = x->base->platform == PLATFORM_GCP ? 2 : 0;

	for (unsigned i = 0; i <= max; i++) {
		uint8_t digest[SHA384_LEN];

		if (hex_decode(str_slice(gcp_boot_digest(i)), digest,
			       sizeof digest) == ERR_OK)
			add_option(l, (uint16_t)i,
				   name(x, 0, EVENT_VARIABLE_BOOT, digest,
					EXPLAIN_BOOT_VARIABLES, EX_NO_GROUP,
					"Boot%04X", i));
	}
}

/* One order: BootOrder and the options in it. */
static void add_order(struct ex *x, const struct options *l,
		      const size_t pick[MAX_ORDER], size_t n, size_t usual)
{
	const struct explain_event *set[1 + MAX_ORDER];
	uint8_t data[2 * MAX_ORDER], digest[SHA384_LEN];
	struct wr w = wr_over(data, sizeof data);
	char text[8 * MAX_ORDER] = "";

	for (size_t i = 0; i < n; i++) {
		size_t at = strlen(text);

		wr_u16le(&w, l->o[pick[i]].number);
		snprintf(text + at, sizeof text - at, "%s%04X",
			 i > 0 ? "," : "", (unsigned)l->o[pick[i]].number);
		set[1 + i] = l->o[pick[i]].ev;
	}
	sha384(wr_slice(&w), digest);
	set[0] = name(x, 0, EVENT_VARIABLE_BOOT, digest,
		      n != usual ? EXPLAIN_DISKS : EXPLAIN_BOOT_VARIABLES,
		      ++x->ngroups, "BootOrder %s", text);
	add_set(x, EX_REPLACE, 0, EVENT_VARIABLE_BOOT, set, 1 + n);
}

static void name_orders(struct ex *x, const struct options *l, size_t usual)
{
	for (size_t a = 0; a < l->n; a++) {
		add_order(x, l, (size_t[MAX_ORDER]){ a }, 1, usual);
		for (size_t b = 0; b < l->n; b++) {
			if (b == a)
				continue;
			add_order(x, l, (size_t[MAX_ORDER]){ a, b }, 2, usual);
			for (size_t c = 0; c < l->n; c++)
				if (c != a && c != b)
					add_order(x, l, (size_t[]){ a, b, c },
						  3, usual);
		}
	}
}

static void name_boot_variables(struct ex *x)
{
	const uint32_t type = event_type_number(EVENT_VARIABLE_BOOT);
	struct options l = { 0 };
	size_t usual = 0;

	for (size_t i = 0; i < x->base->nev[0]; i++)
		usual += x->base->ev[0][i].type == type;
	if (usual == 0)
		return;
	machine_options(x->base, &l);
	google_options(x, &l);
	for (size_t i = 0; i < x->in->nmachines; i++)
		if (x->in->machine[i].platform == x->base->platform)
			machine_options(&x->in->machine[i], &l);
	name_orders(x, &l, usual - 1);
}

/* ---- the boot path */

static const struct explain_event *
name_action(struct ex *x, enum explain_cause cause, const char *text)
{
	uint8_t digest[SHA384_LEN];

	sha384(str_slice(text), digest);
	return name(x, 1, EVENT_ACTION, digest, cause, EX_NO_GROUP, "%s", text);
}

static void name_boot_path(struct ex *x)
{
	static const uint8_t zero[4], nothing[SHA384_LEN];
	uint8_t digest[SHA384_LEN];
	const struct explain_event *sep, *again[6], *exit_again[2];

	sha384((struct slice){ zero, sizeof zero }, digest);
	sep = name(x, 0, EVENT_SEPARATOR, digest, EXPLAIN_SEPARATOR,
		   EX_NO_GROUP, "separator, four zero bytes");
	(void)name(x, 1, EVENT_SEPARATOR, digest, EXPLAIN_SEPARATOR,
		   EX_NO_GROUP, "separator, four zero bytes");
	add_set(x, EX_REPLACE, 1, EVENT_SEPARATOR, NULL, 0);
	add_set(x, EX_REPLACE, 0, EVENT_SEPARATOR, NULL, 0);
	add_set(x, EX_REPLACE, 0, EVENT_SEPARATOR, &sep, 1);
	add_set(x, EX_END, 0, EVENT_SEPARATOR, &sep, 1);
	for (size_t i = 0; i < 6; i += 2) {
		again[i] = name_action(
			x, EXPLAIN_BOOT_RETRY,
			"Returning from EFI Application from Boot Option");
		again[i + 1] =
			name_action(x, EXPLAIN_BOOT_RETRY,
				    "Calling EFI Application from Boot Option");
		add_set(x, EX_AFTER, 1, EVENT_SEPARATOR, again, i + 2);
	}
	exit_again[0] = name_action(x, EXPLAIN_BOOT_RETRY,
				    "Exit Boot Services Invocation");
	exit_again[1] = name_action(x, EXPLAIN_BOOT_RETRY,
				    "Exit Boot Services Returned with Failure");
	add_set(x, EX_AFTER, 1, EVENT_SEPARATOR, exit_again, 2);
	add_set(x, EX_AFTER, 1, EVENT_APPLICATION, exit_again, 2);
	(void)name(x, 0, EVENT_SEPARATOR, nothing, EXPLAIN_EXTRA, EX_NO_GROUP,
		   "48 zero bytes as a digest");
}

/* The same configuration as another tool would have sent it. */
static void name_config(struct ex *x)
{
	struct slice c = x->in->config;
	const struct explain_event *ev;
	uint8_t digest[SHA384_LEN];
	br_sha384_context h;

	if (c.ptr == NULL)
		return;
	br_sha384_init(&h);
	br_sha384_update(&h, c.ptr, c.len);
	br_sha384_update(&h, "\n", 1);
	br_sha384_out(&h, digest);
	ev = name(x, 3, EVENT_CONFIG, digest, EXPLAIN_CONFIG, EX_NO_GROUP,
		  "the file with one more newline at its end");
	add_set(x, EX_REPLACE, 3, EVENT_CONFIG, &ev, 1);
	while (c.len > 0 && c.ptr[c.len - 1] == '\n')
		c.len--;
	sha384(c, digest);
	ev = name(x, 3, EVENT_CONFIG, digest, EXPLAIN_CONFIG, EX_NO_GROUP,
		  "the file without the newline at its end");
	add_set(x, EX_REPLACE, 3, EVENT_CONFIG, &ev, 1);
}

void ex_name_events(struct ex *x)
{
	name_config(x);
	if (x->base->has_events) {
		name_secure_boot(x);
		name_acpi(x);
		name_fw_cfg(x);
		name_boot_variables(x);
		name_boot_path(x);
	}
	x->nset_refs = x->nrefs;
}

/* ---- memory sizes */

bool ex_hob(const struct ex *x, const struct tdvf *layout, uint64_t bytes,
	    struct explain_event *out)
{
	enum hob_form form =
		x->base->platform == PLATFORM_GCP ? HOB_GOOGLE : HOB_QEMU;
	uint8_t hob[HOB_MAX_BYTES];
	struct wr w = wr_over(hob, sizeof hob);

	if (layout == NULL || hob_write(layout, form, bytes, &w) != ERR_OK)
		return false;
	*out = (struct explain_event){
		.type = event_type_number(EVENT_HANDOFF_TABLES2),
		.known = true,
		.what = "TdxTable: TD HOB list",
	};
	sha384(wr_slice(&w), out->digest);
	return true;
}

static void add_memory(struct ex *x, uint64_t bytes)
{
	size_t n = x->nmemory;

	if (n == EX_MEMORY || !ex_hob(x, x->layout, bytes, &x->memory[n]))
		return;
	x->out->hashes += 4; /* blocks of a list of usual length */
	x->memory_bytes[n] = bytes;
	x->memory_ref[n] = &x->memory[n];
	x->nmemory++;
}

/* The sizes that clouds and people use: in steps that grow with the size. */
static void add_common(struct ex *x)
{
	static const struct {
		uint64_t to_mib, step_mib;
	} ranges[] = { { 4 << 10, 128 },
		       { 64 << 10, 1 << 10 },
		       { 256 << 10, 4 << 10 },
		       { 1 << 20, 16 << 10 },
		       { 4 << 20, 64 << 10 } };
	const struct gcp_machine *g;
	uint64_t mib = 0;

	for (size_t i = 0; i < x->in->nmachines && i < 64; i++)
		add_memory(x, x->in->machine[i].memory_bytes);
	for (size_t i = 0; (g = gcp_machine_at(i)) != NULL; i++)
		add_memory(x, g->memory_bytes);
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
		while (mib < ranges[i].to_mib && x->nmemory < EX_COMMON) {
			mib += ranges[i].step_mib;
			add_memory(x, mib * MIB);
		}
	x->ncommon = x->nmemory;
}

void ex_memory(struct ex *x, const struct tdvf *layout, bool dense)
{
	if (x->layout != layout) {
		x->layout = layout;
		x->nmemory = x->ncommon = 0;
		x->dense = false;
		if (layout != NULL)
			add_common(x);
	}
	if (dense && !x->dense && layout != NULL) {
		for (uint64_t mib = 1; mib <= EX_DENSE_MIB && !ex_spent(x);
		     mib++)
			add_memory(x, mib * MIB);
		x->dense = true;
	}
}
