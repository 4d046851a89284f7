/* The agent's registration as a state machine, against a scripted control
 * plane: clock, randomness and answers are arguments. The schedule is that of
 * easyenclave's agent: 10 s doubled to 60 s, 60 s after a 403. */
#include "agent/register.h"
#include "tests/tap.h"

#define N32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define SECRET                                                                 \
	"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define CHALLENGE                                                              \
	"{\"issued_at\":\"2026-01-02T03:04:05Z\",\"nonce\":\"" N32             \
	"\",\"server_time_ms\":1767323045000,\"ttl_seconds\":300}"
#define ACCEPTED                                                               \
	"{\"agent_api_secret\":\"" SECRET                                      \
	"\",\"agent_id\":\"agent-1\",\"poll_interval\":30,"                    \
	"\"simulated\":true}"

enum {
	EPOCH_S = 1760000000,
	HALF = INT32_MAX, /* half of a jitter's range, rounded down */
};

static struct config cfg;
static struct reg reg;
static char secret[AGENT_SECRET_CHARS + 1];
static uint8_t mem[64 * 1024];

/* What the console was told, e.g. "NONCE - -1;". */
static char said[1024];

static void log_line(void *ctx, enum console_line line, const char *name,
		     int64_t number)
{
	static const char *const names[] = {
#define X(n, text) [CONSOLE_##n] = #n,
		CONSOLE_LIST(X)
#undef X
	};
	size_t n = strlen(said);

	(void)ctx;
	snprintf(said + n, sizeof(said) - n, "%s %s %lld;", names[line],
		 name != NULL && name[0] != '\0' ? name : "-",
		 (long long)number);
}

static bool heard(const char *want)
{
	bool same = strcmp(said, want) == 0;

	if (!same)
		printf("#   console: %s\n", said);
	said[0] = '\0';
	return same;
}

static void begin(void)
{
	struct binding keys = { 0 };

	memset(&cfg, 0, sizeof(cfg));
	strcpy(cfg.vm_name, "vm-1");
	strcpy(cfg.node_size, "tiny");
	strcpy(cfg.datacenter, "local:qemu");
	cfg.heartbeat_seconds = 30;
	memset(cfg.sha384, 0x5a, sizeof(cfg.sha384));
	memset(keys.tls_pub, 4, sizeof(keys.tls_pub));
	said[0] = '\0';
	secret[0] = '\0';
	reg_init(&reg, &cfg, &keys, EPOCH_S, secret, log_line, NULL);
}

static void answer(int64_t now, uint32_t random, int status, const char *body)
{
	struct arena a = arena_over(mem, sizeof(mem));
	struct http_msg res = { .status = status, .body = str_slice(body) };

	reg_answered(&reg, now, random, ERR_OK, &res, &a);
}

static void no_answer(int64_t now, enum err e)
{
	struct arena a = arena_over(mem, sizeof(mem));

	reg_answered(&reg, now, 0, e, NULL, &a);
}

static bool path_is(enum reg_action a, const char *want)
{
	char buf[256];
	struct wr w = wr_over(buf, sizeof(buf));

	return reg_target(&reg, a, &w) == ERR_OK && strcmp(buf, want) == 0;
}

/* From the start, or a due challenge, to just before the POST. */
static void to_register(int64_t now)
{
	(void)reg_step(&reg, now);
	answer(now + 40, 0, 200, CHALLENGE);
	if (reg_step(&reg, now + 40) == REG_CLOCK) {
		reg_clock_set(&reg, now + 45, 0, ERR_OK);
		(void)reg_step(&reg, now + 45);
	}
	reg_quoted(&reg, now + 50, 0, ERR_OK);
}

static void test_first_time(void)
{
	uint8_t nonce[NONCE_LEN];

	begin();
	for (size_t i = 0; i < NONCE_LEN; i++)
		nonce[i] = (uint8_t)i;
	ok(reg_step(&reg, 1000) == REG_CHALLENGE, "first the challenge");
	ok(reg_step(&reg, 1001) == REG_NOTHING, "once");
	ok(reg_due_ms(&reg) == INT64_MAX, "nothing is due meanwhile");
	ok(path_is(REG_CHALLENGE, "/api/v1/agents/challenge?vm_name=vm-1"),
	   "its path names the vm");
	answer(1040, 0, 200, CHALLENGE);
	ok(memcmp(reg.binding.nonce, nonce, NONCE_LEN) == 0,
	   "the nonce goes into the binding");
	ok(strcmp(reg.binding.role, "register") == 0 &&
		   strcmp(reg.binding.vm_name, "vm-1") == 0 &&
		   reg.binding.config_sha384[47] == 0x5a &&
		   reg.binding.tls_pub[64] == 4,
	   "beside role, name, config and keys");
	ok(reg_step(&reg, 1040) == REG_CLOCK, "then the clock");
	ok(reg.server_time_ms == 1767323045000, "from the server's time");
	reg_clock_set(&reg, 1045, 0, ERR_OK);
	ok(reg.clock_set && reg.bound_ms == 45,
	   "which is right within the time since the question");
	ok(reg_step(&reg, 1045) == REG_QUOTE, "then the quote");
	reg_quoted(&reg, 1060, 0, ERR_OK);
	ok(reg_step(&reg, 1060) == REG_REGISTER, "then the registration");
	ok(path_is(REG_REGISTER, "/api/v1/agents/register"), "its path");
	ok(!reg.registered, "not registered before the answer");
	answer(1100, 0, 200, ACCEPTED);
	ok(reg.registered && reg.ever && reg.simulated &&
		   strcmp(reg.agent_id, "agent-1") == 0 &&
		   strcmp(secret, SECRET) == 0,
	   "accepted: the id, the credential and the flag are kept");
	ok(memcmp(mem, (uint8_t[4096]){ 0 }, 4096) == 0,
	   "the answer's copy is wiped");
	ok(reg_due_ms(&reg) == 31100, "the heartbeat is due in 30 s");
	ok(heard("NONCE - -1;REGISTERED agent-1 -1;"), "two lines are said");
}

static void test_schedule(void)
{
	static const uint32_t want[] = { 10000, 20000, 40000, 60000,
					 60000, 60000, 60000 };
	int64_t now = 0;
	bool right = true;

	for (unsigned i = 0; i < 7; i++)
		ok(reg_delay_ms(i + 1, 500) == want[i], "failure %u waits %u s",
		   i + 1, want[i] / 1000);
	ok(reg_delay_ms(1000000, 0) == 60000, "and so for ever");
	ok(reg_delay_ms(1, 403) == 60000, "a 403 waits 60 s at once");

	begin();
	for (unsigned i = 0; i < 7; i++) {
		right = right && reg_step(&reg, now) == REG_CHALLENGE;
		no_answer(now, ERR_TIMEOUT);
		right = right && reg_due_ms(&reg) == now + want[i] &&
			reg_step(&reg, now + want[i] - 1) == REG_NOTHING;
		now += want[i];
	}
	ok(right, "the machine keeps that schedule");
	begin();
	(void)reg_step(&reg, 0);
	answer(0, UINT32_MAX, 500, "");
	ok(reg_due_ms(&reg) == 9001, "the most jitter takes a tenth");
	begin();
	(void)reg_step(&reg, 0);
	answer(0, HALF, 500, "");
	ok(reg_due_ms(&reg) == 9501, "half of it a twentieth");
}

static void test_refusals(void)
{
	begin();
	to_register(0);
	(void)reg_step(&reg, 50);
	answer(100, UINT32_MAX, 403,
	       "{\"code\":\"EE-ATT-014\",\"message\":\"m\",\"request_id\":"
	       "\"r\"}");
	ok(reg_due_ms(&reg) == 60100,
	   "after a 403 the wait is 60 s, unjittered");
	ok(heard("NONCE - -1;REGISTER_RETRY EE-ATT-014 60000;"),
	   "and the reason code is said");
	ok(reg_step(&reg, 60100) == REG_CHALLENGE,
	   "a new attempt has a new nonce");
	answer(60101, 0, 200, CHALLENGE);
	ok(reg_step(&reg, 60101) == REG_QUOTE,
	   "and leaves the clock as it was set");
	ok(reg.bound_ms == 45, "with its bound");
	reg_quoted(&reg, 60102, 0, ERR_TIMEOUT);
	ok(reg_due_ms(&reg) == 60102 + 20000,
	   "a failed quote is the second failure");
	said[0] = '\0';
	begin();
	(void)reg_step(&reg, 0);
	answer(0, 0, 400, "{\"code\":\"bad code\\n\"}");
	ok(heard("REGISTER_RETRY - 10000;"),
	   "a code that is no name is not repeated");
	begin();
	(void)reg_step(&reg, 0);
	answer(0, 0, 200, CHALLENGE);
	(void)reg_step(&reg, 0);
	reg_clock_set(&reg, 5, 0, ERR_VALUE);
	ok(!reg.clock_set && reg_due_ms(&reg) == 10005,
	   "a clock that init refuses is a failure");
}

static void test_bad_challenges(void)
{
	static const struct {
		const char *body, *what;
	} t[] = {
		{ "", "nothing" },
		{ "[]", "an array" },
		{ "{\"server_time_ms\":1767323045000}", "no nonce" },
		{ "{\"nonce\":\"" N32 "\"}", "no time" },
		{ "{\"nonce\":\"00\",\"server_time_ms\":1767323045000}",
		  "a short nonce" },
		{ "{\"nonce\":\"" N32 "00\",\"server_time_ms\":1767323045000}",
		  "a long nonce" },
		{ "{\"nonce\":\"" N32 "\",\"server_time_ms\":1759999999999}",
		  "a time before the build" },
		{ "{\"nonce\":\"" N32 "\",\"server_time_ms\":253402300800000}",
		  "a time after 9999" },
		{ CHALLENGE " ", NULL },
		{ CHALLENGE "x", "bytes left over" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		begin();
		(void)reg_step(&reg, 0);
		answer(0, 0, 200, t[i].body);
		if (t[i].what != NULL)
			ok(reg_step(&reg, 9999) == REG_NOTHING &&
				   reg_step(&reg, 10000) == REG_CHALLENGE,
			   "challenge with %s: refused", t[i].what);
		else
			ok(reg_step(&reg, 0) == REG_CLOCK,
			   "white space at the end is JSON");
	}
}

static void test_bad_acceptances(void)
{
#define ID   "\"agent_id\":\"agent-1\","
#define REST "\"poll_interval\":30,\"simulated\":false}"
	static const struct {
		const char *body, *what;
	} t[] = {
		{ "{" ID REST, "no credential" },
		{ "{\"agent_api_secret\":\"" SECRET "\"," REST, "no id" },
		{ "{\"agent_api_secret\":\"" SECRET "\"," ID
		  "\"simulated\":true}",
		  "no interval" },
		{ "{\"agent_api_secret\":\"" SECRET "\"," ID
		  "\"poll_interval\":0,\"simulated\":true}",
		  "interval 0" },
		{ "{\"agent_api_secret\":\"" SECRET "\"," ID
		  "\"poll_interval\":30}",
		  "no simulated flag" },
		{ "{\"agent_api_secret\":\"abc\"," ID REST,
		  "a short credential" },
		{ "{\"agent_api_secret\":\"" SECRET "\","
		  "\"agent_id\":\"a/b\"," REST,
		  "an id that would change the path" },
		{ "{\"agent_api_secret\":\"0011223344556677"
		  "8899aabbccddeeff00112233445566778899aabbccdd\\r\\nX\"," ID
			  REST,
		  "a credential with a line break" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		begin();
		to_register(0);
		(void)reg_step(&reg, 50);
		answer(60, 0, 200, t[i].body);
		ok(!reg.registered && !reg.ever && secret[0] == '\0' &&
			   reg.agent_id[0] == '\0' && reg_due_ms(&reg) == 10060,
		   "acceptance with %s: refused", t[i].what);
	}
}

static void test_heartbeats(void)
{
	begin();
	to_register(0);
	(void)reg_step(&reg, 50);
	answer(100, 0, 200, ACCEPTED);
	said[0] = '\0';
	ok(reg_step(&reg, 30099) == REG_NOTHING, "not early");
	ok(reg_step(&reg, 30100) == REG_HEARTBEAT, "a heartbeat");
	ok(path_is(REG_HEARTBEAT, "/api/v1/agents/agent-1/heartbeat"),
	   "has the id in its path");
	answer(30110, 0, 200, "{\"status\":\"ok\"}");
	ok(reg_due_ms(&reg) == 60110 && heard(""), "answered, nothing is said");
	for (int i = 0; i < 3; i++) {
		(void)reg_step(&reg, 100000 + i * 100000);
		no_answer(100000 + i * 100000, ERR_IO);
	}
	ok(heard("HEARTBEAT_LOST - -1;"), "three lost ones: one line");
	ok(reg.registered, "and the agent stays registered");
	ok(reg_due_ms(&reg) == 330000, "the interval stays too");
	(void)reg_step(&reg, 400000);
	answer(400000, 0, 503, "");
	ok(heard(""), "a server error is no change");
	for (int i = 0; i < 2; i++) {
		(void)reg_step(&reg, 500000 + i * 100000);
		answer(500000 + i * 100000, 0, 200, "{\"status\":\"ok\"}");
	}
	ok(heard("HEARTBEAT_BACK - -1;"), "back again: one line");
}

static void test_again(void)
{
	static const int status[] = { 401, 404 };

	for (size_t i = 0; i < 2; i++) {
		begin();
		to_register(0);
		(void)reg_step(&reg, 50);
		answer(100, 0, 200, ACCEPTED);
		(void)reg_step(&reg, 30100);
		answer(30110, 0, status[i], "");
		ok(!reg.registered && reg.ever && secret[0] == '\0',
		   "%d: the credential is gone", status[i]);
		ok(reg_step(&reg, 30110) == REG_CHALLENGE,
		   "and registration begins at once");
		answer(30111, 0, 200, CHALLENGE);
		(void)reg_step(&reg, 30111);
		reg_quoted(&reg, 30112, 0, ERR_OK);
		(void)reg_step(&reg, 30112);
		answer(30113, 0, 200, ACCEPTED);
		ok(reg.registered && strcmp(secret, SECRET) == 0,
		   "and ends as the first did");
	}
	begin();
	cfg.heartbeat_seconds = 2;
	to_register(0);
	(void)reg_step(&reg, 50);
	answer(100, 0, 200, ACCEPTED);
	ok(reg_due_ms(&reg) == 2100, "the config may ask for a faster beat");
}

static void test_bodies(void)
{
	static char buf[REG_BODY_BYTES];
	static uint8_t quote[LIMIT_QUOTE_BYTES];
	struct wr w = wr_over(buf, sizeof(buf));
	const char *attestation = "{\"attestation\":{\"binding\":{";
	const char *tail =
		"},\"tdx\":{\"quote_b64\":\"AQID\"},"
		"\"timestamp\":\"2026-01-02T03:04:05.000Z\"},"
		"\"datacenter\":\"local:qemu\",\"node_size\":\"tiny\","
		"\"nonce\":\"" N32
		"\",\"version\":\"1.0.0\",\"vm_name\":\"vm-1\"}";

	begin();
	to_register(0);
	is_err(reg_body(&reg, REG_REGISTER, (struct slice){ quote, 3 },
			1767323045000, false, &w),
	       ERR_OK, "a registration's body is written");
	/* "AQID" is base64 of 01 02 03 */
	ok(w.len > 600, "it is long enough for its keys");
	w = wr_over(buf, sizeof(buf));
	memcpy(quote, "\1\2\3", 3);
	is_err(reg_body(&reg, REG_REGISTER, (struct slice){ quote, 3 },
			1767323045000, false, &w),
	       ERR_OK, "again");
	ok(w.len > strlen(tail) &&
		   memcmp(buf, attestation, strlen(attestation)) == 0 &&
		   memcmp(buf + w.len - strlen(tail), tail, strlen(tail)) == 0,
	   "it has the shape of proto.h");
	w = wr_over(buf, sizeof(buf));
	is_err(reg_body(&reg, REG_REGISTER,
			(struct slice){ quote, sizeof(quote) }, 1767323045000,
			false, &w),
	       ERR_OK, "the largest quote fits");
	w = wr_over(buf, sizeof(buf));
	is_err(reg_body(&reg, REG_HEARTBEAT, (struct slice){ NULL, 0 }, 0, true,
			&w),
	       ERR_OK, "a heartbeat's body is written");
	ok(slice_is(wr_slice(&w),
		    "{\"status\":\"deployed\",\"vm_name\":\"vm-1\"}"),
	   "it says that a job runs");
	is_err(reg_body(&reg, REG_CHALLENGE, (struct slice){ NULL, 0 }, 0, true,
			&w),
	       ERR_STATE, "a challenge has no body");
}

int main(void)
{
	test_first_time();
	test_schedule();
	test_refusals();
	test_bad_challenges();
	test_bad_acceptances();
	test_heartbeats();
	test_again();
	test_bodies();
	return tap_done();
}
