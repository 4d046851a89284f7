/* The control plane's API beside its decisions: routes against openapi.json,
 * edges of requests, what strangers can read and fill, a full disk. */
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "host-launcher/lib/file.h"
#include "tests/unit/plane_make.h"

static const struct slice none = { NULL, 0 };

/* ---- edges ---- */

static void test_edges(void)
{
	ok(call("GET", ROUTE_CHALLENGE, "", NULL, none) == 400, "no vm_name");
	ok(call("GET", ROUTE_CHALLENGE, "vm_name=", NULL, none) == 400,
	   "an empty one");
	ok(call("GET", ROUTE_CHALLENGE, "vm_name=a&vm_name=b", NULL, none) ==
		   400,
	   "two");
	ok(call("GET", "/nope", "", NULL, none) == 404, "no such route");
	ok(call("DELETE", ROUTE_AGENTS, "", NULL, none) == 405, "DELETE");
	ok(call("GET", ROUTE_AGENTS "/", "", NULL, none) == 404, "no id");
	ok(call("GET", ROUTE_AGENTS "/a/b", "", NULL, none) == 404, "two ids");
	ok(call("GET", ROUTE_AGENTS "/none", "", NULL, none) == 404, "unknown");
	ok(call("GET", ROUTE_AGENTS, "vm_name=vm-1", NULL, none) == 200 &&
		   strstr(out, "\"total\":1") != NULL,
	   "agents by name");
	ok(call("GET", ROUTE_AGENTS, "status=lost", NULL, none) == 200 &&
		   strstr(out, "\"total\":0") != NULL,
	   "agents by status");
	ok(call("GET", "/livez", "", NULL, none) == 200, "alive");
	ok(call("GET", "/metrics", "", NULL, none) == 200 &&
		   strstr(out, "ee_cp_agents ") != NULL,
	   "metrics");
	ok(call("GET", "/api/v1/admin/attestation-events", "", NULL, none) ==
		   401,
	   "events are the admin's");
	ok(call("GET", "/api/v1/admin/attestation-events", "", "admin", none) ==
		   200,
	   "who can read them");
}

/* ---- what strangers can do ---- */

/* A member's name of a stranger's making: 59 letters and half of a letter of
 * two bytes, where it was once cut; a terminal's escape; a quote. */
static void test_poison(void)
{
	static const char *const names[] = {
		"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeefffffffff"
		"\xc3\xa4",
		"\\u001b[2J", "\\u000a", "a\\\"b"
	};
	char json[256];
	struct req r;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct slice b;

		make(&r, "vm-p");
		b = write_body(&r);
		snprintf(json, sizeof json, "{\"%s\":1,", names[i]);
		memmove(body + strlen(json), body + 1, b.len - 1);
		memcpy(body, json, strlen(json));
		b.len += strlen(json) - 1;
		ok(call("POST", ROUTE_REGISTER, "", NULL, b) == 400 &&
			   member_is("code", "EE-ATT-006"),
		   "an unknown member is refused, whatever it is called");
		ok(strstr(out, "an unknown member") != NULL &&
			   strchr(out, 0x1b) == NULL,
		   "and such a name is not repeated");
	}
	ok(call("GET", "/api/v1/admin/attestation-events", "", "admin", none) ==
		   200,
	   "the audit rows can still be read");
}

static void test_trusted_lists(void)
{
	char json[256], mrtd[97];

	hex48(td.mrtd, mrtd);
	snprintf(json, sizeof json,
		 "{\"mrtd\":\"%s\",\"type\":\"agent\",\"note\":\"private\"}",
		 mrtd);
	ok(call("POST", ROUTE_TRUSTED_MRTDS, "", "admin", str_slice(json)) ==
			   200 &&
		   strstr(out, "private") != NULL,
	   "the admin sees the notes");
	ok(call("GET", "/api/v1/trusted-mrtds", "", NULL, none) == 200 &&
		   strstr(out, mrtd) != NULL && strstr(out, "private") == NULL,
	   "strangers do not");
	snprintf(json, sizeof json, "{\"mrtd\":\"%s\",\"type\":\"proxy\"}",
		 mrtd);
	ok(call("POST", ROUTE_TRUSTED_MRTDS, "", "admin", str_slice(json)) ==
		   200,
	   "a measurement becomes a proxy's");
	struct req r;

	make(&r, "vm-x");
	ok(post(&r) == 403 && member_is("code", "EE-ATT-017"),
	   "which no agent may register with");
	trust();
}

static void test_metrics(void)
{
	struct req r;

	make(&r, "vm-c");
	ok(post(&r) == 200 && post(&r) == 403, "one accepted, one replayed");
	ok(call("GET", "/metrics", "", NULL, none) == 200, "metrics");
	ok(strstr(out, "attestation_registration_attempt_total{result="
		       "\"accepted\"} 1\n") != NULL,
	   "count what was accepted");
	ok(strstr(out, "attestation_registration_reject_total{reason_code="
		       "\"EE-ATT-004\"} 1\n") != NULL,
	   "what was rejected, by code");
	ok(strstr(out, "attestation_nonce_consumed_total 1\n") != NULL,
	   "and nonces used");
	make(&r, "vm-c");
	is_err(plane_tick(p), ERR_OK, "a tick");
	now_s += NONCE_TTL_SECONDS;
	is_err(plane_tick(p), ERR_OK, "and one 300 s later");
	ok(p->counts.nonces_expired > 0, "count the nonces that ran out");
	now_s = T0;
}

/* ---- a full disk ---- */

/* No file may grow beyond what the database has: as on a full disk. */
static void limit_files(bool on)
{
	struct rlimit l = { RLIM_INFINITY, RLIM_INFINITY };
	char wal[80];
	struct stat st;

	snprintf(wal, sizeof wal, "%s-wal", path);
	if (on && stat(wal, &st) == 0)
		l.rlim_cur = (rlim_t)st.st_size;
	if (setrlimit(RLIMIT_FSIZE, &l) != 0)
		bail("setrlimit");
}

static void test_full_disk(void)
{
	struct store_counts before, after;
	struct req r;
	int status;

	signal(SIGXFSZ, SIG_IGN);
	make(&r, "vm-full");
	before = counts();
	limit_files(true);
	status = post(&r);
	limit_files(false);
	ok(status == 403 && member_is("code", "EE-ATT-019"),
	   "a good registration while the disk is full: EE-ATT-019");
	ok(strstr(out, "agent_api_secret") == NULL, "no secret leaves");
	after = counts();
	ok(after.agents == before.agents && after.accepted == before.accepted &&
		   after.nonces_open == before.nonces_open,
	   "and nothing was accepted");
	limit_files(true);
	status = call("GET", ROUTE_CHALLENGE, "vm_name=a", NULL, none);
	limit_files(false);
	ok(status == 500 && strstr(out, "nonce") == NULL, "nor is one issued");
	ok(post(&r) == 200, "with room again, the same request is accepted");
}

/* ---- openapi.json ---- */

static bool method_of(struct json item, const char *method)
{
	struct json op;
	char lower[8] = "";

	for (size_t i = 0; method[i] != '\0' && i < sizeof lower - 1; i++)
		lower[i] = (char)(method[i] | 0x20);
	return json_object(item, lower, &op) == ERR_OK;
}

static void test_openapi(void)
{
	static uint8_t mem[4 << 20];
	struct arena a = arena_over(mem, sizeof mem);
	struct json doc, paths, item;
	struct buf text = { 0 };
	size_t described = 0;

	must(file_read("host-launcher/plane/openapi.json", 1 << 20, &text),
	     "openapi.json");
	must(json_parse(&a, buf_slice(&text), &doc), "openapi.json");
	must(json_object(doc, "paths", &paths), "paths");
	for (size_t i = 0; i < plane_nroutes; i++) {
		const struct plane_route *r = &plane_routes[i];
		struct json op, security;
		bool there = json_object(paths, r->path, &item) == ERR_OK &&
			     method_of(item, r->method);

		ok(there, "%s %s is described", r->method, r->path);
		if (there && r->admin)
			ok(json_object(item,
				       r->method[0] == 'G' ? "get" : "post",
				       &op) == ERR_OK &&
				   json_array(op, "security", &security) ==
					   ERR_OK,
			   "as one that wants the admin");
	}
	for (item = json_first(paths); item.node != NULL;
	     item = json_next(item)) {
		static const char *const methods[] = { "GET", "POST", "PUT",
						       "DELETE" };

		for (size_t i = 0; i < 4; i++)
			described += method_of(item, methods[i]);
	}
	ok(described == plane_nroutes, "%zu described, %zu served", described,
	   plane_nroutes);
	buf_free(&text);
}

int main(void)
{
	struct req r;

	setup();
	trust();
	test_metrics();
	make(&r, "vm-1");
	ok(post(&r) == 200, "an agent to look at");
	test_edges();
	test_poison();
	test_trusted_lists();
	test_full_disk();
	test_openapi();
	teardown();
	return tap_done();
}
