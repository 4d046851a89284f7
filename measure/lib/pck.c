#include "measure/lib/pck.h"

#include <string.h>

#include "measure/lib/der_read.h"

/* 1.2.840.113741.1.13.1: every entry's OID is this and one number more. */
static const uint8_t arc[] = { 0x2a, 0x86, 0x48, 0x86, 0xf8,
			       0x4d, 0x01, 0x0d, 0x01 };

enum {
	PCK_PPID = 1,
	PCK_TCB = 2,
	PCK_PCEID = 3,
	PCK_FMSPC = 4,
	PCK_SGX_TYPE = 5,
	PCK_INSTANCE = 6,
	PCK_CONFIGURATION = 7,
	PCK_NEEDED = 1 << PCK_PPID | 1 << PCK_TCB | 1 << PCK_PCEID |
		     1 << PCK_FMSPC | 1 << PCK_SGX_TYPE,
	PCK_PLATFORM = 1 << PCK_INSTANCE | 1 << PCK_CONFIGURATION,
	SGX_TYPE_MAX = 2, /* standard, scalable, scalable with integrity */
	/* Inside .2: .1 to .16 component SVNs, */
	TCB_PCESVN = 17,
	TCB_CPUSVN = 18,
	TCB_NEEDED = 0x7fffe, /* bits 1 to 18 */
	/* Inside .7: dynamic platform, cached keys, SMT enabled. */
	CONFIGURATION_FLAGS = 3,
};

/* The number after the arc (and after `under`, unless it is 0); 0 when the OID
 * is another one. Marks it as seen. */
static unsigned read_id(struct rd *r, unsigned under, uint32_t *seen)
{
	struct slice oid = der_take(r, DER_OID);
	size_t head = sizeof arc + (under != 0);
	unsigned id;

	if (r->err != ERR_OK || oid.len != head + 1 ||
	    memcmp(oid.ptr, arc, sizeof arc) != 0 ||
	    (under != 0 && oid.ptr[sizeof arc] != under))
		return 0;
	id = oid.ptr[head];
	if (id >= 32)
		return 0;
	if ((*seen & UINT32_C(1) << id) != 0)
		rd_fail(r, ERR_DUPLICATE);
	*seen |= UINT32_C(1) << id;
	return id;
}

static void read_octets(struct rd *r, uint8_t *out, size_t n)
{
	struct slice v = der_take(r, DER_OCTET_STRING);

	if (r->err != ERR_OK)
		return;
	if (v.len != n)
		rd_fail(r, ERR_VALUE);
	else
		memcpy(out, v.ptr, n);
}

static void read_tcb(struct rd *outer, struct pck *p)
{
	struct rd list = der_enter(outer, DER_SEQUENCE);
	uint32_t seen = 0;

	while (list.err == ERR_OK && list.left > 0) {
		struct rd e = der_enter(&list, DER_SEQUENCE);
		unsigned id = read_id(&e, PCK_TCB, &seen);

		if (id >= 1 && id <= 16)
			p->tcb.sgx[id - 1] =
				(uint8_t)der_uint(&e, DER_INTEGER, 255);
		else if (id == TCB_PCESVN)
			p->tcb.pcesvn =
				(uint16_t)der_uint(&e, DER_INTEGER, 65535);
		else if (id == TCB_CPUSVN)
			read_octets(&e, p->cpusvn, sizeof p->cpusvn);
		else
			rd_fail(&e, ERR_VALUE);
		der_leave(&list, &e);
	}
	der_leave(outer, &list);
	if ((seen & TCB_NEEDED) != TCB_NEEDED)
		rd_fail(outer, ERR_MISSING);
}

/* What a multi-package platform can do: read for its form alone. Each of the
 * flags may be left out, which says that it is not known. */
static void read_configuration(struct rd *outer)
{
	struct rd list = der_enter(outer, DER_SEQUENCE);
	uint32_t seen = 0;

	while (list.err == ERR_OK && list.left > 0) {
		struct rd e = der_enter(&list, DER_SEQUENCE);
		unsigned id = read_id(&e, PCK_CONFIGURATION, &seen);
		struct slice v = der_take(&e, DER_BOOLEAN);

		if (id < 1 || id > CONFIGURATION_FLAGS || v.len != 1 ||
		    (v.ptr[0] != 0 && v.ptr[0] != 0xff))
			rd_fail(&e, ERR_VALUE);
		der_leave(&list, &e);
	}
	der_leave(outer, &list);
}

static void read_entry(struct rd *list, struct pck *p, uint32_t *seen)
{
	struct rd e = der_enter(list, DER_SEQUENCE);

	switch (read_id(&e, 0, seen)) {
	case PCK_PPID:
		read_octets(&e, p->ppid, sizeof p->ppid);
		break;
	case PCK_TCB:
		read_tcb(&e, p);
		break;
	case PCK_PCEID:
		read_octets(&e, p->pceid, sizeof p->pceid);
		break;
	case PCK_FMSPC:
		read_octets(&e, p->fmspc, sizeof p->fmspc);
		break;
	case PCK_SGX_TYPE:
		(void)der_uint(&e, DER_ENUMERATED, SGX_TYPE_MAX);
		break;
	case PCK_INSTANCE:
		p->has_piid = true;
		read_octets(&e, p->piid, sizeof p->piid);
		break;
	case PCK_CONFIGURATION:
		read_configuration(&e);
		break;
	default:
		rd_fail(&e, ERR_VALUE);
		break;
	}
	der_leave(list, &e);
}

enum err pck_parse(struct slice ext, struct pck *out)
{
	struct rd whole = rd_over(ext);
	struct rd list = der_enter(&whole, DER_SEQUENCE);
	struct pck p = { 0 };
	uint32_t seen = 0;
	enum err e;

	if (ext.len == 0)
		return ERR_MISSING;
	while (list.err == ERR_OK && list.left > 0)
		read_entry(&list, &p, &seen);
	der_leave(&whole, &list);
	e = rd_end(&whole);
	if (e != ERR_OK)
		return e;
	if ((seen & PCK_NEEDED) != PCK_NEEDED ||
	    ((seen & PCK_PLATFORM) != 0 &&
	     (seen & PCK_PLATFORM) != PCK_PLATFORM))
		return ERR_MISSING;
	*out = p;
	return ERR_OK;
}
