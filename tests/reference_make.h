/* reference_make.h - a reference file with one entry whose registers are given,
 * for tests that care about nothing else of it. */
#ifndef TESTS_REFERENCE_MAKE_H
#define TESTS_REFERENCE_MAKE_H

#include <stdio.h>
#include <string.h>

#include "measure/lib/reference.h"

/* A firmware of two sections that has this MRTD. */
static inline void make_firmware(struct reference_firmware *f,
				 const uint8_t mrtd[static SHA384_LEN])
{
	snprintf(f->name, sizeof f->name, "fake.fd");
	f->size = 2 * TDVF_PAGE;
	memcpy(f->mrtd[MRTD_SINGLE_PASS], mrtd, SHA384_LEN);
	f->tdvf.n = 2;
	f->tdvf.s[0] = (struct tdvf_section){ .type = TDVF_BFV,
					      .raw_size = TDVF_PAGE,
					      .mem_size = TDVF_PAGE,
					      .gpa = 0xfffff000,
					      .attributes = TDVF_ATTR_EXTEND };
	f->tdvf.s[1] = (struct tdvf_section){ .type = TDVF_TD_HOB,
					      .mem_size = TDVF_PAGE,
					      .gpa = 0x800000 };
}

/* A development build for the simulated module. */
static inline void make_reference(struct reference *r,
				  const uint8_t mrtd[static SHA384_LEN],
				  uint8_t (*rtmr)[SHA384_LEN])
{
	struct reference_entry *m = &r->e[0];

	memset(r, 0, sizeof *r);
	r->kind = REFERENCE_SIM;
	r->n = r->nfirmware = 1;
	snprintf(r->toolchain, sizeof r->toolchain, "none");
	make_firmware(&r->firmware[0], mrtd);
	m->platform = PLATFORM_SIM;
	m->memory_bytes = 1 << 30;
	m->cpus = 1;
	memcpy(m->mrtd, mrtd, SHA384_LEN);
	for (int i = 0; i < REFERENCE_RTMRS; i++) {
		m->rtmr_known[i] = true;
		memcpy(m->rtmr[i], rtmr[i], SHA384_LEN);
	}
}

/* Makes it a release, good from 2020 to the end of 2029. */
static inline void make_release(struct reference *r, const char *version,
				uint32_t counter)
{
	struct reference_release *v = &r->release;

	snprintf(v->version, sizeof v->version, "%s", version);
	snprintf(v->commit, sizeof v->commit, "%040d", 1);
	v->counter = counter;
	v->not_before_s = 1577836800;
	v->not_after_s = 1893455999;
	v->pinned = true;
}

/* Lets it revoke an earlier one. */
static inline void make_revoke(struct reference *r, const char *version,
			       uint32_t counter, const char *reason)
{
	struct reference_revoked *v = &r->revoked[r->nrevoked++];

	v->counter = counter;
	snprintf(v->version, sizeof v->version, "%s", version);
	snprintf(v->reason, sizeof v->reason, "%s", reason);
}
#endif
