#include <stdio.h>

#include "host-launcher/vm/pki_parts.h"
#include "host-launcher/vm/simplatform.h"
#include "lib/json.h"
#include "lib/text.h"

enum {
	TCB_INFO_VERSION = 3,
	TCB_TYPE = 0,
	QE_IDENTITY_VERSION = 2
};

/* RFC 3339 without a fraction, as Intel writes it. */
static void kv_time(struct jw *j, const char *key, int64_t unix_s)
{
	char text[RFC3339_LEN + 1];

	rfc3339_format(unix_s * 1000, text);
	text[RFC3339_LEN - 5] = 'Z';
	text[RFC3339_LEN - 4] = '\0';
	jw_kstr(j, key, text);
}

/* {"svn":n} sixteen times. */
static void components(struct jw *j, const char *key, struct slice svns)
{
	jw_key(j, key);
	jw_open(j, '[');
	for (size_t i = 0; i < svns.len; i++) {
		jw_open(j, '{');
		jw_ki64(j, "svn", svns.ptr[i]);
		jw_close(j);
	}
	jw_close(j);
}

static void platform_level(struct jw *j, const struct pki_spec *s)
{
	jw_key(j, "tcbLevels");
	jw_open(j, '[');
	jw_open(j, '{');
	jw_key(j, "tcb");
	jw_open(j, '{');
	jw_ki64(j, "pcesvn", SIM_PCESVN);
	components(j, "sgxtcbcomponents", SIM_BYTES(SIM_CPUSVN, 16));
	components(j, "tdxtcbcomponents", SIM_BYTES(SIM_TEE_TCB_SVN, 16));
	jw_close(j);
	kv_time(j, "tcbDate", s->created_s);
	jw_kstr(j, "tcbStatus", tcb_status_name(s->tcb_status));
	jw_close(j);
	jw_close(j);
}

/* The one level of the TDX module or of the quoting enclave. */
static void isv_level(struct jw *j, const struct pki_spec *s, int isvsvn)
{
	jw_key(j, "tcbLevels");
	jw_open(j, '[');
	jw_open(j, '{');
	jw_key(j, "tcb");
	jw_open(j, '{');
	jw_ki64(j, "isvsvn", isvsvn);
	jw_close(j);
	kv_time(j, "tcbDate", s->created_s);
	jw_kstr(j, "tcbStatus", "UpToDate");
	jw_close(j);
	jw_close(j);
}

/* Opens a module's object. All zeros is what a real module's quotes and TCB
 * info hold as its signer. */
static void open_module(struct jw *j, const char *id)
{
	static const uint8_t zeros[SHA384_LEN];

	jw_open(j, '{');
	jw_kstr(j, "attributes", "0000000000000000");
	jw_kstr(j, "attributesMask", "FFFFFFFFFFFFFFFF");
	if (id != NULL)
		jw_kstr(j, "id", id);
	jw_khex(j, "mrsigner", (struct slice){ zeros, sizeof zeros });
}

static void modules(struct jw *j, const struct pki_spec *s)
{
	char id[8];

	(void)snprintf(id, sizeof id, "TDX_%02X", SIM_TDX_MODULE);
	jw_key(j, "tdxModule");
	open_module(j, NULL);
	jw_close(j);
	jw_key(j, "tdxModuleIdentities");
	jw_open(j, '[');
	open_module(j, id);
	isv_level(j, s, SIM_TDX_MODULE_SVN);
	jw_close(j);
	jw_close(j);
}

void pki_tcb_info(const struct pki_spec *s, struct wr *w)
{
	struct jw j;

	jw_init(&j, w);
	jw_open(&j, '{');
	jw_khex(&j, "fmspc", SIM_BYTES(SIM_FMSPC, 6));
	jw_kstr(&j, "id", "TDX");
	kv_time(&j, "issueDate", s->issued_s);
	kv_time(&j, "nextUpdate", s->issued_s + s->valid_s);
	jw_khex(&j, "pceId", SIM_BYTES(SIM_PCEID, 2));
	jw_ki64(&j, "tcbEvaluationDataNumber", SIM_TCB_EVALUATION);
	platform_level(&j, s);
	jw_ki64(&j, "tcbType", TCB_TYPE);
	modules(&j, s);
	jw_ki64(&j, "version", TCB_INFO_VERSION);
	jw_close(&j);
	if (jw_end(&j) != ERR_OK)
		wr_fail(w, ERR_STATE);
}

void pki_qe_identity(const struct pki_spec *s, struct wr *w)
{
	struct jw j;

	jw_init(&j, w);
	jw_open(&j, '{');
	jw_khex(&j, "attributes", SIM_BYTES(SIM_QE_ATTRIBUTES, 16));
	jw_kstr(&j, "attributesMask", "FBFFFFFFFFFFFFFF0000000000000000");
	jw_kstr(&j, "id", "TD_QE");
	kv_time(&j, "issueDate", s->issued_s);
	jw_ki64(&j, "isvprodid", SIM_QE_ISVPRODID);
	jw_kstr(&j, "miscselect", "00000000");
	jw_kstr(&j, "miscselectMask", "FFFFFFFF");
	jw_khex(&j, "mrsigner", SIM_BYTES(SIM_QE_MRSIGNER, 32));
	kv_time(&j, "nextUpdate", s->issued_s + s->valid_s);
	jw_ki64(&j, "tcbEvaluationDataNumber", SIM_TCB_EVALUATION);
	isv_level(&j, s, SIM_QE_ISVSVN);
	jw_ki64(&j, "version", QE_IDENTITY_VERSION);
	jw_close(&j);
	if (jw_end(&j) != ERR_OK)
		wr_fail(w, ERR_STATE);
}
