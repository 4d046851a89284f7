#include "measure/lib/tcb.h"

#include <string.h>

#include "lib/text.h"

enum {
	TCB_INFO_VERSION = 3,
	QE_IDENTITY_VERSION = 2,
	MAX_LEVELS = 64, /* of one list; Intel's longest has 20 */
	MAX_MODULES = 32,
	SVN_MAX = 255,
	ISVSVN_MAX = 65535,
};

static const char *const status_names[TCB_STATUS_COUNT] = {
#define X(name, text) [TCB_##name] = text,
	TCB_STATUS_LIST(X)
#undef X
};

const char *tcb_status_name(enum tcb_status s)
{
	return (unsigned)s < TCB_STATUS_COUNT ? status_names[s] : "?";
}

enum err tcb_status_parse(struct slice in, enum tcb_status *out)
{
	for (unsigned i = 0; i < TCB_STATUS_COUNT; i++)
		if (slice_is(in, status_names[i])) {
			*out = (enum tcb_status)i;
			return ERR_OK;
		}
	return ERR_UNKNOWN;
}

/* A walk over one document: the first error sticks, with the member's name. */
struct walk {
	struct arena *a;
	enum err err;
	const char *what;
};

static void fail(struct walk *w, enum err e, const char *what)
{
	if (w->err == ERR_OK && e != ERR_OK) {
		w->err = e;
		w->what = what;
	}
}

static void get_hex(struct walk *w, struct json v, const char *key, void *out,
		    size_t n)
{
	struct slice s = { NULL, 0 };
	enum err e = json_str(v, key, &s);

	if (e == ERR_OK)
		e = hex_decode(s, out, n);
	fail(w, e, key);
}

static uint32_t get_int(struct walk *w, struct json v, const char *key,
			uint32_t max)
{
	int64_t n = 0;

	fail(w, json_int(v, key, 0, max, &n), key);
	return (uint32_t)n;
}

static int64_t get_time(struct walk *w, struct json v, const char *key)
{
	struct slice s = { NULL, 0 };
	int64_t ms = 0;
	enum err e = json_str(v, key, &s);

	if (e == ERR_OK)
		e = rfc3339_parse(s, &ms);
	fail(w, e, key);
	return ms / 1000;
}

/* What Intel gives to the levels of a list; the other states of its table are
 * those of a TD. Source: PCS API v4, "tcbStatus"; for the quoting enclave its
 * quote verification library takes two more. */
#define STATUS(name) (1u << TCB_##name)
enum {
	OF_MODULE = STATUS(UP_TO_DATE) | STATUS(OUT_OF_DATE) | STATUS(REVOKED),
	OF_QE = OF_MODULE | STATUS(CONFIGURATION) |
		STATUS(OUT_OF_DATE_CONFIGURATION),
	OF_PLATFORM = OF_QE | STATUS(SW_HARDENING) |
		      STATUS(CONFIGURATION_SW_HARDENING),
};
#undef STATUS

/* among: one of the sets above. */
static enum tcb_status get_status(struct walk *w, struct json level,
				  unsigned among)
{
	struct slice s = { NULL, 0 };
	enum tcb_status status = TCB_NOT_SUPPORTED;
	enum err e = json_str(level, "tcbStatus", &s);

	if (e == ERR_OK)
		e = tcb_status_parse(s, &status);
	if (e == ERR_OK && (among & 1u << status) == 0)
		e = ERR_UNSUPP;
	fail(w, e, "tcbStatus");
	return status;
}

/* They are printed, on terminals too. */
static struct json get_advisories(struct walk *w, struct json level)
{
	struct json list = { NULL };

	if (!json_has(level, "advisoryIDs"))
		return list;
	fail(w, json_array(level, "advisoryIDs", &list), "advisoryIDs");
	for (struct json e = json_first(list); e.node; e = json_next(e)) {
		struct slice s = { NULL, 0 };

		fail(w, json_as_str(e, &s), "advisoryIDs");
		if (w->err == ERR_OK && !name_ok(s))
			fail(w, ERR_VALUE, "advisoryIDs");
	}
	return list;
}

/* Room for the table that the array `key` becomes; NULL when it is empty or
 * something is wrong. */
static void *get_table(struct walk *w, struct json v, const char *key,
		       size_t max, size_t size, struct json *list)
{
	void *table;

	fail(w, json_array(v, key, list), key);
	if (w->err != ERR_OK || json_count(*list) == 0)
		return NULL;
	if (json_count(*list) > max) {
		fail(w, ERR_LIMIT, key);
		return NULL;
	}
	table = arena_alloc(w->a, json_count(*list) * size);
	if (table == NULL)
		fail(w, ERR_SPACE, key);
	else
		memset(table, 0, json_count(*list) * size);
	return table;
}

static void get_components(struct walk *w, struct json tcb, const char *key,
			   uint8_t out[static 16])
{
	struct json list = { NULL }, e;
	size_t n = 0;

	fail(w, json_array(tcb, key, &list), key);
	if (w->err != ERR_OK)
		return;
	if (json_count(list) != 16) {
		fail(w, ERR_VALUE, key);
		return;
	}
	for (e = json_first(list); e.node && n < 16; e = json_next(e))
		out[n++] = (uint8_t)get_int(w, e, "svn", SVN_MAX);
}

static struct isv_levels get_isv_levels(struct walk *w, struct json v,
					unsigned among)
{
	struct isv_levels levels = { NULL, 0 };
	struct json list = { NULL };
	struct isv_level *at =
		get_table(w, v, "tcbLevels", MAX_LEVELS, sizeof *at, &list);

	for (struct json e = json_first(list); at != NULL && e.node;
	     e = json_next(e)) {
		struct json tcb = { NULL };
		struct isv_level *l = &at[levels.n++];

		fail(w, json_object(e, "tcb", &tcb), "tcb");
		l->isvsvn = (uint16_t)get_int(w, tcb, "isvsvn", ISVSVN_MAX);
		l->status = get_status(w, e, among);
		l->date_s = get_time(w, e, "tcbDate");
		l->advisories = get_advisories(w, e);
	}
	levels.at = at;
	return levels;
}

static void get_levels(struct walk *w, struct json v, struct tcb_info *t)
{
	struct json list = { NULL };
	struct tcb_level *at =
		get_table(w, v, "tcbLevels", MAX_LEVELS, sizeof *at, &list);

	for (struct json e = json_first(list); at != NULL && e.node;
	     e = json_next(e)) {
		struct json tcb = { NULL };
		struct tcb_level *l = &at[t->n_levels++];

		fail(w, json_object(e, "tcb", &tcb), "tcb");
		get_components(w, tcb, "sgxtcbcomponents", l->sgx);
		get_components(w, tcb, "tdxtcbcomponents", l->tdx);
		l->pcesvn = (uint16_t)get_int(w, tcb, "pcesvn", ISVSVN_MAX);
		l->status = get_status(w, e, OF_PLATFORM);
		l->date_s = get_time(w, e, "tcbDate");
		l->advisories = get_advisories(w, e);
	}
	t->levels = at;
}

static uint64_t le64(const uint8_t b[static 8])
{
	struct rd r = rd_over((struct slice){ b, 8 });

	return rd_u64le(&r);
}

/* Signer and attributes. The mask must cover all bits: then equality is the
 * whole check, and a mask that hides bits is not something to guess about. */
static void get_signer(struct walk *w, struct json v, struct tdx_module *m)
{
	uint8_t attributes[8] = { 0 }, mask[8] = { 0 };

	get_hex(w, v, "mrsigner", m->mrsigner, sizeof m->mrsigner);
	get_hex(w, v, "attributes", attributes, sizeof attributes);
	get_hex(w, v, "attributesMask", mask, sizeof mask);
	if (w->err == ERR_OK && le64(mask) != UINT64_MAX)
		fail(w, ERR_UNSUPP, "attributesMask");
	m->attributes = le64(attributes);
}

/* "TDX_NN", NN the module's major version in upper-case hex. */
static void get_module_id(struct walk *w, struct json v, struct tdx_module *m)
{
	struct slice id = { NULL, 0 };
	char want[8];
	uint8_t nn = 0;
	struct wr text = wr_over(want, sizeof want);

	fail(w, json_str(v, "id", &id), "tdxModuleIdentities.id");
	if (w->err != ERR_OK)
		return;
	if (id.len != 6 ||
	    hex_decode((struct slice){ id.ptr + 4, 2 }, &nn, 1) != ERR_OK) {
		fail(w, ERR_VALUE, "tdxModuleIdentities.id");
		return;
	}
	wr_fmt(&text, "TDX_%02X", nn);
	if (!slice_eq(id, wr_slice(&text)))
		fail(w, ERR_VALUE, "tdxModuleIdentities.id");
	m->version = nn;
}

static void get_modules(struct walk *w, struct json v, struct tcb_info *t)
{
	struct json list = { NULL };
	struct tdx_module *at;

	if (!json_has(v, "tdxModuleIdentities"))
		return;
	at = get_table(w, v, "tdxModuleIdentities", MAX_MODULES, sizeof *at,
		       &list);
	for (struct json e = json_first(list); at != NULL && e.node;
	     e = json_next(e)) {
		struct tdx_module *m = &at[t->n_modules];

		get_module_id(w, e, m);
		get_signer(w, e, m);
		m->levels = get_isv_levels(w, e, OF_MODULE);
		for (size_t i = 0; i < t->n_modules; i++)
			if (at[i].version == m->version)
				fail(w, ERR_DUPLICATE, "tdxModuleIdentities");
		t->n_modules++;
	}
	t->modules = at;
}

/* Both documents say what they are in the same two members. */
static void need_kind(struct walk *w, struct json v, const char *id,
		      uint32_t version)
{
	struct slice s = { NULL, 0 };

	fail(w, json_str(v, "id", &s), "id");
	if (w->err == ERR_OK && !slice_is(s, id))
		fail(w, ERR_UNSUPP, "id");
	if (get_int(w, v, "version", UINT32_MAX) != version)
		fail(w, ERR_UNSUPP, "version");
}

enum err tcb_info_parse(struct arena *a, struct slice text,
			struct tcb_info *out, const char **what)
{
	struct walk w = { .a = a, .err = ERR_OK, .what = "" };
	struct tcb_info t = { 0 };
	struct json v = { NULL }, module = { NULL };

	fail(&w, json_parse(a, text, &v), "");
	need_kind(&w, v, "TDX", TCB_INFO_VERSION);
	t.issued_s = get_time(&w, v, "issueDate");
	t.next_update_s = get_time(&w, v, "nextUpdate");
	get_hex(&w, v, "fmspc", t.fmspc, sizeof t.fmspc);
	get_hex(&w, v, "pceId", t.pceid, sizeof t.pceid);
	if (get_int(&w, v, "tcbType", UINT32_MAX) != 0)
		fail(&w, ERR_UNSUPP, "tcbType");
	t.evaluation_number =
		get_int(&w, v, "tcbEvaluationDataNumber", UINT32_MAX);
	fail(&w, json_object(v, "tdxModule", &module), "tdxModule");
	get_signer(&w, module, &t.base);
	get_modules(&w, v, &t);
	get_levels(&w, v, &t);
	if (w.err != ERR_OK) {
		*what = w.what;
		return w.err;
	}
	*out = t;
	return ERR_OK;
}

enum err qe_identity_parse(struct arena *a, struct slice text,
			   struct qe_identity *out, const char **what)
{
	struct walk w = { .a = a, .err = ERR_OK, .what = "" };
	struct qe_identity q = { 0 };
	struct json v = { NULL };
	uint8_t misc[4] = { 0 }, mask[4] = { 0 };

	fail(&w, json_parse(a, text, &v), "");
	need_kind(&w, v, "TD_QE", QE_IDENTITY_VERSION);
	q.issued_s = get_time(&w, v, "issueDate");
	q.next_update_s = get_time(&w, v, "nextUpdate");
	q.evaluation_number =
		get_int(&w, v, "tcbEvaluationDataNumber", UINT32_MAX);
	get_hex(&w, v, "miscselect", misc, sizeof misc);
	get_hex(&w, v, "miscselectMask", mask, sizeof mask);
	get_hex(&w, v, "attributes", q.attributes, sizeof q.attributes);
	get_hex(&w, v, "attributesMask", q.attributes_mask,
		sizeof q.attributes_mask);
	get_hex(&w, v, "mrsigner", q.mrsigner, sizeof q.mrsigner);
	q.isvprodid = (uint16_t)get_int(&w, v, "isvprodid", ISVSVN_MAX);
	q.levels = get_isv_levels(&w, v, OF_QE);
	if (w.err != ERR_OK) {
		*what = w.what;
		return w.err;
	}
	for (size_t i = 4; i > 0; i--) {
		q.miscselect = q.miscselect << 8 | misc[i - 1];
		q.miscselect_mask = q.miscselect_mask << 8 | mask[i - 1];
	}
	*out = q;
	return ERR_OK;
}
