#include "host-launcher/vm/pki_parts.h"
#include "host-launcher/vm/simplatform.h"
#include "lib/der.h"

/* 1.2.840.113741.1.13.1, and what is appended to it. */
static const uint8_t sgx_oid[] = { 0x2a, 0x86, 0x48, 0x86, 0xf8,
				   0x4d, 0x01, 0x0d, 0x01 };

enum {
	SGX_PPID = 1,
	SGX_TCB,
	SGX_PCEID,
	SGX_FMSPC,
	SGX_TYPE,
	SGX_INSTANCE,
	SGX_CONFIGURATION
};
enum {
	TCB_COMPONENTS = 16,
	TCB_PCESVN = 17,
	TCB_CPUSVN = 18
};
enum {
	SGX_TYPE_SCALABLE = 1,
	CONFIGURATION_FLAGS = 3
};

/* Opens SEQUENCE { sgx_oid.a[.b], ...; b 0 is left out. */
static size_t open_field(struct wr *w, uint8_t a, uint8_t b)
{
	size_t at = der_open(w, DER_SEQUENCE), oid = der_open(w, DER_OID);

	wr_bytes(w, (struct slice){ sgx_oid, sizeof sgx_oid });
	wr_u8(w, a);
	if (b != 0)
		wr_u8(w, b);
	der_close(w, oid);
	return at;
}

static void field(struct wr *w, uint8_t a, uint8_t b, uint8_t tag,
		  struct slice contents)
{
	size_t at = open_field(w, a, b);

	der_put(w, tag, contents);
	der_close(w, at);
}

/* v < 128: its one byte is its DER contents, as INTEGER and as ENUMERATED. */
static void number(struct wr *w, uint8_t a, uint8_t b, uint8_t tag, uint8_t v)
{
	field(w, a, b, tag, (struct slice){ &v, 1 });
}

static void tcb(struct wr *w)
{
	struct slice cpusvn = SIM_BYTES(SIM_CPUSVN, TCB_COMPONENTS);
	size_t at = open_field(w, SGX_TCB, 0);
	size_t list = der_open(w, DER_SEQUENCE);

	for (uint8_t i = 0; i < TCB_COMPONENTS; i++)
		number(w, SGX_TCB, (uint8_t)(i + 1), DER_INTEGER,
		       cpusvn.ptr[i]);
	number(w, SGX_TCB, TCB_PCESVN, DER_INTEGER, SIM_PCESVN);
	field(w, SGX_TCB, TCB_CPUSVN, DER_OCTET_STRING, cpusvn);
	der_close(w, list);
	der_close(w, at);
}

/* Dynamic platform, cached keys, SMT enabled: all true. */
static void configuration(struct wr *w)
{
	static const uint8_t yes = 0xff;
	size_t at = open_field(w, SGX_CONFIGURATION, 0);
	size_t list = der_open(w, DER_SEQUENCE);

	for (uint8_t i = 1; i <= CONFIGURATION_FLAGS; i++)
		field(w, SGX_CONFIGURATION, i, DER_BOOLEAN,
		      (struct slice){ &yes, 1 });
	der_close(w, list);
	der_close(w, at);
}

void pki_sgx_extension(struct wr *w)
{
	size_t at = der_open(w, DER_SEQUENCE), value, list;

	der_put(w, DER_OID, (struct slice){ sgx_oid, sizeof sgx_oid });
	value = der_open(w, DER_OCTET_STRING);
	list = der_open(w, DER_SEQUENCE);
	field(w, SGX_PPID, 0, DER_OCTET_STRING, SIM_BYTES(SIM_PPID, 16));
	tcb(w);
	field(w, SGX_PCEID, 0, DER_OCTET_STRING, SIM_BYTES(SIM_PCEID, 2));
	field(w, SGX_FMSPC, 0, DER_OCTET_STRING, SIM_BYTES(SIM_FMSPC, 6));
	number(w, SGX_TYPE, 0, DER_ENUMERATED, SGX_TYPE_SCALABLE);
	field(w, SGX_INSTANCE, 0, DER_OCTET_STRING, SIM_BYTES(SIM_PPID, 16));
	configuration(w);
	der_close(w, list);
	der_close(w, value);
	der_close(w, at);
}
