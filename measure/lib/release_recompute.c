/* release_recompute.c - every register again, from the files. */
#include "measure/lib/release.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"

enum {
	HEX_LEN = 2 * SHA384_LEN + 1,
	MACHINE_LEN = 256
};

__attribute__((format(printf, 4, 5))) static enum err
found(struct release_finding *f, enum err e, const char *what, const char *fmt,
      ...)
{
	va_list ap;

	snprintf(f->what, sizeof f->what, "%s", what);
	va_start(ap, fmt);
	vsnprintf(f->detail, sizeof f->detail, fmt, ap);
	va_end(ap);
	return e;
}

/* "qemu, 512 MiB, 1 CPU, OVMF.fd" */
static void name_entry(const struct reference *r,
		       const struct reference_entry *m,
		       char out[static MACHINE_LEN])
{
	snprintf(out, MACHINE_LEN, "%s%s%s, %llu MiB, %u CPU%s, %.64s",
		 platform_name(m->platform),
		 m->machine_type[0] != '\0' ? " " : "", m->machine_type,
		 (unsigned long long)(m->memory_bytes >> 20), (unsigned)m->cpus,
		 m->cpus == 1 ? "" : "s", r->firmware[m->firmware].name);
}

static enum err check_firmware(const struct reference *r, size_t i,
			       const struct release_files *files,
			       struct release_finding *out)
{
	const struct reference_firmware *want = &r->firmware[i];
	struct reference_firmware got;
	const char *why = "";
	char hex[2 * SHA256_LEN + 1];
	enum err e;

	hex_encode((struct slice){ want->sha256, SHA256_LEN }, hex);
	if (files->firmware[i].ptr == NULL)
		return found(out, ERR_MISSING, "firmware",
			     "no firmware with SHA-256 %s (%s) is at hand", hex,
			     want->name);
	e = reference_firmware_of(files->firmware[i], want->name, &got, &why);
	if (e != ERR_OK)
		return found(out, e, "firmware", "%s: %s", want->name, why);
	if (!ct_eq(got.sha256, want->sha256, SHA256_LEN))
		return found(out, ERR_MISMATCH, "firmware",
			     "%s is another file", want->name);
	if (!ct_eq(got.mrtd, want->mrtd, sizeof got.mrtd))
		return found(out, ERR_MISMATCH, "mrtd",
			     "%s has another MRTD than the reference says",
			     want->name);
	if (got.size != want->size || got.has_cfv != want->has_cfv ||
	    !ct_eq(got.cfv_sha384, want->cfv_sha384, SHA384_LEN) ||
	    got.tdvf.n != want->tdvf.n ||
	    memcmp(&got.tdvf, &want->tdvf, sizeof got.tdvf) != 0)
		return found(out, ERR_MISMATCH, "sections",
			     "%s has other sections than the reference says",
			     want->name);
	return ERR_OK;
}

/* One event of the reference beside the one that was computed. */
static enum err check_event(const struct event *want, const struct event *got,
			    const char *machine, size_t number,
			    struct release_finding *out)
{
	char a[HEX_LEN] = "unknown", b[HEX_LEN] = "unknown";

	if (want->known)
		hex_encode((struct slice){ want->digest, SHA384_LEN }, a);
	if (got->known)
		hex_encode((struct slice){ got->digest, SHA384_LEN }, b);
	if (want->type != got->type || want->rtmr != got->rtmr)
		return found(out, ERR_MISMATCH, "event",
			     "%s: event %zu is %s in RTMR%u, not %s in RTMR%u",
			     machine, number, event_type_name(got->type),
			     got->rtmr, event_type_name(want->type),
			     want->rtmr);
	if (!got->known && got->rtmr == 0) {
		out->given++;
		return ERR_OK;
	}
	if (!got->known || !want->known ||
	    !ct_eq(want->digest, got->digest, SHA384_LEN))
		return found(out, ERR_MISMATCH, "event",
			     "%s: event %zu of RTMR%u (%s) is %.16s..., the "
			     "reference says %.16s...",
			     machine, number, got->rtmr, got->what, b, a);
	out->events++;
	return ERR_OK;
}

/* Under QEMU the ACPI tables, the items of fw_cfg and the boot variables are
 * made out of the whole machine, devices and all, and so is their number: no
 * file of the release says them. Firmware measures them into RTMR0. In another
 * register an event of their type would be a program that somebody started
 * before ours, and passes off as a variable. */
static bool is_machines(enum platform platform, const struct event *ev)
{
	return platform == PLATFORM_QEMU && ev->rtmr == 0 &&
	       (ev->type == EVENT_PLATFORM_CONFIG_FLAGS ||
		ev->type == EVENT_VARIABLE_BOOT);
}

/* The next event of the reference that has to follow from the files; NULL after
 * the last. *at goes on; what is passed over is counted as given. */
static const struct event *next_event(const struct reference *r,
				      const struct reference_entry *m,
				      size_t *at, struct release_finding *out)
{
	while (*at < m->nevents) {
		const struct event *ev = &r->event[m->first_event + (*at)++];

		if (!is_machines(m->platform, ev))
			return ev;
		out->given++;
	}
	return NULL;
}

static enum err check_events(const struct reference *r,
			     const struct reference_entry *m,
			     const struct eventlist *l, const char *machine,
			     struct release_finding *out)
{
	const struct event *want;
	enum err e = ERR_OK;
	size_t at = 0;

	for (size_t i = 0; e == ERR_OK && i < l->n; i++) {
		if (l->ev[i].rtmr >= REFERENCE_RTMRS ||
		    is_machines(m->platform, &l->ev[i]))
			continue;
		want = next_event(r, m, &at, out);
		if (want == NULL)
			return found(out, ERR_MISMATCH, "event",
				     "%s: the reference has no event for %s",
				     machine, l->ev[i].what);
		e = check_event(want, &l->ev[i], machine, at, out);
	}
	if (e != ERR_OK)
		return e;
	want = next_event(r, m, &at, out);
	if (want != NULL)
		return found(out, ERR_MISMATCH, "event",
			     "%s: nothing makes event %zu of the reference, %s",
			     machine, at, want->what);
	return ERR_OK;
}

/* For an entry that tells no events: the registers themselves. */
static enum err check_registers(const struct reference_entry *m,
				const struct prediction *p, const char *machine,
				struct release_finding *out)
{
	for (size_t i = 0; i < REFERENCE_RTMRS; i++) {
		if (!p->rtmr[i].known && i == 0) {
			out->given++;
			continue;
		}
		if (!p->rtmr[i].known || !m->rtmr_known[i] ||
		    !ct_eq(m->rtmr[i], p->rtmr[i].value, SHA384_LEN))
			return found(out, ERR_MISMATCH, "rtmr",
				     "%s: RTMR%zu is another one", machine, i);
	}
	return ERR_OK;
}

static enum err check_prediction(const struct reference *r,
				 const struct reference_entry *m,
				 const struct prediction *p,
				 const char *machine,
				 struct release_finding *out)
{
	if (!ct_eq(p->mrtd, m->mrtd, SHA384_LEN))
		return found(out, ERR_MISMATCH, "mrtd",
			     "%s: the MRTD is another one", machine);
	if (!ct_eq(p->efi_sha256, r->efi_sha256, SHA256_LEN))
		return found(out, ERR_MISMATCH, "image",
			     "%s: the disk holds another EFI binary", machine);
	if (!ct_eq(p->efi_authenticode_sha384, r->efi_authenticode_sha384,
		   SHA384_LEN))
		return found(out, ERR_MISMATCH, "efi_authenticode_sha384",
			     "the Authenticode digest is another one");
	if (m->nevents == 0)
		return check_registers(m, p, machine, out);
	return check_events(r, m, &p->events, machine, out);
}

static enum err check_entry(const struct reference *r,
			    const struct reference_entry *m,
			    const struct release_files *files,
			    struct prediction *p, struct release_finding *out)
{
	struct predict_in in;
	const char *why = "";
	char machine[MACHINE_LEN];
	enum err e = reference_predict_in(m, &in);

	name_entry(r, m, machine);
	if (e != ERR_OK)
		return found(out, e, "machine_type",
			     "%s: no such machine is known here", machine);
	in.firmware = files->firmware[m->firmware];
	in.image = m->boot == REFERENCE_DISK ? files->disk : files->efi;
	if (in.image.ptr == NULL)
		return found(out, ERR_MISSING, "image", "%s: no %s is at hand",
			     machine,
			     m->boot == REFERENCE_DISK ? RELEASE_DISK
						       : RELEASE_EFI);
	e = predict(&in, p, &why);
	if (e != ERR_OK)
		return found(out, e, "image", "%s: %s", machine, why);
	e = check_prediction(r, m, p, machine, out);
	if (e == ERR_OK)
		out->entries++;
	return e;
}

enum err release_recompute(const struct reference *r,
			   const struct release_files *files,
			   struct release_finding *out)
{
	struct prediction *p = malloc(sizeof *p);
	enum err e = ERR_OK;

	memset(out, 0, sizeof *out);
	if (p == NULL)
		return found(out, ERR_SPACE, "memory", "out of memory");
	for (size_t i = 0; e == ERR_OK && i < r->nfirmware; i++)
		e = check_firmware(r, i, files, out);
	for (size_t i = 0; e == ERR_OK && i < r->n; i++)
		e = check_entry(r, &r->e[i], files, p, out);
	free(p);
	return e;
}
