/* release_diff.c - two references. */
#include "measure/lib/release_diff.h"

#include <stdio.h>
#include <string.h>

#include "lib/text.h"

enum {
	HEX_LEN = 2 * SHA384_LEN + 1
};

static bool is_row(const struct release_change *c, const char *component,
		   const char *what, const char *from, const char *to)
{
	return c->machines > 0 && strcmp(c->component, component) == 0 &&
	       strcmp(c->what, what) == 0 && strcmp(c->from, from) == 0 &&
	       strcmp(c->to, to) == 0;
}

/* Copies what fits of UTF-8 text, in whole characters. */
static void cut(char *out, size_t cap, const char *from)
{
	size_t n = strlen(from);

	if (n >= cap) {
		n = cap - 1;
		while (n > 0 && ((uint8_t)from[n] & 0xc0) == 0x80)
			n--;
	}
	memcpy(out, from, n);
	out[n] = '\0';
}

void release_diff_add(struct release_diff *d, const char *component,
		      const char *what, const char *from, const char *to,
		      bool machine)
{
	struct release_change c = { .machines = machine };

	cut(c.component, sizeof c.component, component);
	cut(c.what, sizeof c.what, what);
	cut(c.from, sizeof c.from, from);
	cut(c.to, sizeof c.to, to);
	for (size_t i = 0; machine && i < d->n; i++)
		if (is_row(&d->c[i], c.component, c.what, c.from, c.to)) {
			d->c[i].machines++;
			return;
		}
	if (d->n == RELEASE_DIFF_MAX)
		d->more++;
	else
		d->c[d->n++] = c;
}

static void text(struct release_diff *d, const char *component,
		 const char *what, const char *a, const char *b)
{
	if (strcmp(a, b) != 0)
		release_diff_add(d, component, what, a, b, false);
}

/* A digest that may be absent. */
static void digest(struct release_diff *d, const char *component,
		   const char *what, const uint8_t *a, const uint8_t *b,
		   size_t n)
{
	char x[HEX_LEN] = "", y[HEX_LEN] = "";

	if (a != NULL)
		hex_encode((struct slice){ a, n }, x);
	if (b != NULL)
		hex_encode((struct slice){ b, n }, y);
	text(d, component, what, x, y);
}

static void counter_text(uint32_t v, char out[static 16])
{
	snprintf(out, 16, "%u", (unsigned)v);
}

static void time_text(const struct reference_release *v, int64_t s,
		      char out[static REFERENCE_TIME_LEN + 1])
{
	out[0] = '\0';
	if (v->counter != 0)
		reference_time_format(s, out);
}

static void diff_release(const struct reference *a, const struct reference *b,
			 struct release_diff *d)
{
	const struct reference_release *x = &a->release, *y = &b->release;
	char t[REFERENCE_TIME_LEN + 1], u[REFERENCE_TIME_LEN + 1];
	char m[16], n[16];

	text(d, "release", "kind", reference_kind_name(a->kind),
	     reference_kind_name(b->kind));
	text(d, "release", "version", x->version, y->version);
	counter_text(x->counter, m);
	counter_text(y->counter, n);
	text(d, "release", "counter", m, n);
	text(d, "release", "commit", x->commit, y->commit);
	time_text(x, x->not_before_s, t);
	time_text(y, y->not_before_s, u);
	text(d, "release", "not_before", t, u);
	time_text(x, x->not_after_s, t);
	time_text(y, y->not_after_s, u);
	text(d, "release", "not_after", t, u);
	text(d, "release", "pinned", x->pinned ? "true" : "false",
	     y->pinned ? "true" : "false");
}

static const struct reference_revoked *
find_revoked(const struct reference *r, const struct reference_revoked *v)
{
	for (size_t i = 0; i < r->nrevoked; i++)
		if (r->revoked[i].counter == v->counter &&
		    strcmp(r->revoked[i].version, v->version) == 0)
			return &r->revoked[i];
	return NULL;
}

static void diff_revoked(const struct reference *a, const struct reference *b,
			 struct release_diff *d)
{
	for (size_t i = 0; i < a->nrevoked; i++)
		if (find_revoked(b, &a->revoked[i]) == NULL)
			text(d, "revoked", a->revoked[i].version,
			     a->revoked[i].reason, "");
	for (size_t i = 0; i < b->nrevoked; i++) {
		const struct reference_revoked *v =
			find_revoked(a, &b->revoked[i]);

		text(d, "revoked", b->revoked[i].version,
		     v != NULL ? v->reason : "", b->revoked[i].reason);
	}
}

static const struct reference_firmware *find_firmware(const struct reference *r,
						      const char *name)
{
	for (size_t i = 0; i < r->nfirmware; i++)
		if (strcmp(r->firmware[i].name, name) == 0)
			return &r->firmware[i];
	return NULL;
}

/* Code, variable store and the map of memory: each goes into another register,
 * so each is told. */
static void diff_one_firmware(const struct reference_firmware *x,
			      const struct reference_firmware *y,
			      struct release_diff *d)
{
	char what[REFERENCE_TEXT + 32];

	digest(d, "firmware", x->name, x->sha256, y->sha256, SHA256_LEN);
	snprintf(what, sizeof what, "%s: code, in MRTD", x->name);
	digest(d, "firmware", what, x->mrtd[MRTD_SINGLE_PASS],
	       y->mrtd[MRTD_SINGLE_PASS], SHA384_LEN);
	snprintf(what, sizeof what, "%s: variable store, in RTMR0", x->name);
	digest(d, "firmware", what, x->has_cfv ? x->cfv_sha384 : NULL,
	       y->has_cfv ? y->cfv_sha384 : NULL, SHA384_LEN);
	snprintf(what, sizeof what, "%s: sections", x->name);
	if (x->tdvf.n != y->tdvf.n ||
	    memcmp(x->tdvf.s, y->tdvf.s, x->tdvf.n * sizeof *x->tdvf.s) != 0)
		release_diff_add(d, "firmware", what, "one map of memory",
				 "another", false);
}

static void diff_firmware(const struct reference *a, const struct reference *b,
			  struct release_diff *d)
{
	for (size_t i = 0; i < a->nfirmware; i++) {
		const struct reference_firmware *x = &a->firmware[i];
		const struct reference_firmware *y = find_firmware(b, x->name);

		if (y != NULL)
			diff_one_firmware(x, y, d);
		else
			digest(d, "firmware", x->name, x->sha256, NULL,
			       SHA256_LEN);
	}
	for (size_t i = 0; i < b->nfirmware; i++)
		if (find_firmware(a, b->firmware[i].name) == NULL)
			digest(d, "firmware", b->firmware[i].name, NULL,
			       b->firmware[i].sha256, SHA256_LEN);
}

static void diff_image(const struct reference *a, const struct reference *b,
		       struct release_diff *d)
{
	digest(d, "image", "BOOTX64.EFI: kernel, initramfs, command line",
	       a->efi_sha256, b->efi_sha256, SHA256_LEN);
	digest(d, "image", "Authenticode digest, in RTMR1",
	       a->efi_authenticode_sha384, b->efi_authenticode_sha384,
	       SHA384_LEN);
	digest(d, "disk", "ee-appliance.raw", a->has_raw ? a->raw_sha256 : NULL,
	       b->has_raw ? b->raw_sha256 : NULL, SHA256_LEN);
	digest(d, "disk", "ee-appliance-gcp.tar.gz",
	       a->has_gcp_tar ? a->gcp_tar_sha256 : NULL,
	       b->has_gcp_tar ? b->gcp_tar_sha256 : NULL, SHA256_LEN);
}

/* ---- machines */

static bool same_machine(const struct reference *a,
			 const struct reference_entry *x,
			 const struct reference *b,
			 const struct reference_entry *y)
{
	return x->platform == y->platform && x->boot == y->boot &&
	       x->options == y->options && x->memory_bytes == y->memory_bytes &&
	       x->cpus == y->cpus &&
	       strcmp(x->machine_type, y->machine_type) == 0 &&
	       strcmp(x->acpi_release, y->acpi_release) == 0 &&
	       strcmp(a->firmware[x->firmware].name,
		      b->firmware[y->firmware].name) == 0;
}

/* The machine of b that entry i of a is about. Of several of one kind, which
 * differ in their devices, the first is the first, and so on. */
static const struct reference_entry *
find_machine(const struct reference *a, size_t i, const struct reference *b)
{
	size_t before = 0;

	for (size_t k = 0; k < i; k++)
		before += same_machine(a, &a->e[k], a, &a->e[i]);
	for (size_t k = 0; k < b->n; k++)
		if (same_machine(a, &a->e[i], b, &b->e[k]) && before-- == 0)
			return &b->e[k];
	return NULL;
}

static void machine_text(const struct reference *r,
			 const struct reference_entry *m,
			 char out[static RELEASE_DIFF_TEXT])
{
	char all[REFERENCE_MACHINE_LEN + 2 * REFERENCE_TEXT];
	size_t len;

	reference_machine_text(r, m, all);
	for (unsigned i = 0; i < REFERENCE_NOPTIONS; i++) {
		len = strlen(all);
		if (m->options & 1u << i)
			snprintf(all + len, sizeof all - len, ", %s",
				 reference_option_name(
					 (enum reference_option)i));
	}
	cut(out, RELEASE_DIFF_TEXT, all);
}

/* Whose bytes an event is the digest of. */
static const char *component_of(const struct event *ev)
{
	static const struct {
		enum event_type type;
		const char *component;
	} rows[] = {
		{ EVENT_APPLICATION, "image" },
		{ EVENT_GPT, "disk" },
		{ EVENT_PLATFORM_CONFIG_FLAGS, "acpi" },
		{ EVENT_VARIABLE_CONFIG, "variables" },
		{ EVENT_VARIABLE_BOOT, "variables" },
		{ EVENT_HANDOFF_TABLES2, "firmware" },
		{ EVENT_FIRMWARE_BLOB2, "firmware" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].type == ev->type)
			return rows[i].component;
	return "firmware";
}

static void event_text(const struct event *ev, char out[static HEX_LEN])
{
	snprintf(out, HEX_LEN, "%s", "unknown");
	if (ev->known)
		hex_encode((struct slice){ ev->digest, SHA384_LEN }, out);
}

/* The events of one register, in order. */
struct events {
	size_t n;
	const struct event *ev[REFERENCE_MAX_EVENTS];
};

static void collect(const struct reference *r, const struct reference_entry *m,
		    unsigned rtmr, struct events *out)
{
	out->n = 0;
	for (size_t k = 0; k < m->nevents; k++) {
		const struct event *ev = &r->event[m->first_event + k];

		if (ev->rtmr == rtmr)
			out->ev[out->n++] = ev;
	}
}

static bool same_digest(const struct event *x, const struct event *y)
{
	return x->type == y->type && x->known == y->known &&
	       (!x->known || ct_eq(x->digest, y->digest, SHA384_LEN));
}

static bool same_name(const struct event *x, const struct event *y)
{
	return x->type == y->type && strcmp(x->what, y->what) == 0;
}

/* Takes what is the same at the end off both; says how much is at the start. */
static size_t trim(struct events *x, struct events *y)
{
	size_t head = 0;

	while (head < x->n && head < y->n &&
	       same_digest(x->ev[head], y->ev[head]))
		head++;
	while (x->n > head && y->n > head &&
	       same_digest(x->ev[x->n - 1], y->ev[y->n - 1])) {
		x->n--;
		y->n--;
	}
	return head;
}

static void diff_event(const struct event *x, const struct event *y,
		       struct release_diff *d)
{
	const struct event *named = y != NULL ? y : x;
	char what[EVENT_WHAT_LEN + 64], from[HEX_LEN] = "", to[HEX_LEN] = "";

	if (x != NULL)
		event_text(x, from);
	if (y != NULL)
		event_text(y, to);
	if (strcmp(from, to) == 0)
		return;
	snprintf(what, sizeof what, "RTMR%u: %s: %s", named->rtmr,
		 event_type_name(named->type), named->what);
	release_diff_add(d, component_of(named), what, from, to, true);
}

/* Between what is the same at both ends. As many events on both sides are
 * taken one by one; else an event that came in or went away must not make all
 * behind it look changed, so that they are found by their names. */
static void diff_middle(const struct events *x, struct events *y, size_t head,
			struct release_diff *d)
{
	for (size_t i = head; i < x->n; i++) {
		size_t k = head;

		if (x->n == y->n)
			k = i;
		while (x->n != y->n && k < y->n &&
		       (y->ev[k] == NULL || !same_name(x->ev[i], y->ev[k])))
			k++;
		diff_event(x->ev[i], k < y->n ? y->ev[k] : NULL, d);
		if (k < y->n)
			y->ev[k] = NULL;
	}
	for (size_t k = head; k < y->n; k++)
		if (y->ev[k] != NULL)
			diff_event(NULL, y->ev[k], d);
}

static void diff_events(const struct reference *a,
			const struct reference_entry *x,
			const struct reference *b,
			const struct reference_entry *y, struct release_diff *d)
{
	for (unsigned rtmr = 0; rtmr < REFERENCE_RTMRS; rtmr++) {
		struct events ex, ey;
		size_t head;

		collect(a, x, rtmr, &ex);
		collect(b, y, rtmr, &ey);
		head = trim(&ex, &ey);
		diff_middle(&ex, &ey, head, d);
	}
}

/* Registers of machines that tell no events. */
static void diff_registers(const struct reference_entry *x,
			   const struct reference_entry *y,
			   struct release_diff *d)
{
	for (unsigned i = 0; i < REFERENCE_RTMRS; i++) {
		char what[16], from[HEX_LEN] = "", to[HEX_LEN] = "";

		if (x->rtmr_known[i])
			hex_encode((struct slice){ x->rtmr[i], SHA384_LEN },
				   from);
		if (y->rtmr_known[i])
			hex_encode((struct slice){ y->rtmr[i], SHA384_LEN },
				   to);
		snprintf(what, sizeof what, "RTMR%u", i);
		if (strcmp(from, to) != 0)
			release_diff_add(d, "machine", what, from, to, true);
	}
}

static void diff_machines(const struct reference *a, const struct reference *b,
			  struct release_diff *d)
{
	char name[RELEASE_DIFF_TEXT];

	for (size_t i = 0; i < a->n; i++) {
		const struct reference_entry *x = &a->e[i];
		const struct reference_entry *y = find_machine(a, i, b);

		machine_text(a, x, name);
		if (y == NULL)
			release_diff_add(d, "machine", name, "there", "",
					 false);
		else if (x->nevents > 0 && y->nevents > 0)
			diff_events(a, x, b, y, d);
		else
			diff_registers(x, y, d);
	}
	for (size_t i = 0; i < b->n; i++) {
		machine_text(b, &b->e[i], name);
		if (find_machine(b, i, a) == NULL)
			release_diff_add(d, "machine", name, "", "there",
					 false);
	}
}

void release_diff_references(const struct reference *a,
			     const struct reference *b,
			     struct release_diff *out)
{
	diff_release(a, b, out);
	diff_revoked(a, b, out);
	text(out, "toolchain", "versions", a->toolchain, b->toolchain);
	digest(out, "lock", "sources.lock", a->lock_sha256, b->lock_sha256,
	       SHA256_LEN);
	diff_image(a, b, out);
	diff_firmware(a, b, out);
	diff_machines(a, b, out);
}
