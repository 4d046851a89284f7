#include "host-launcher/vm/instance.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "lib/json.h"
#include "lib/text.h"

enum {
	TAIL_CAP = 4096,
	SPEC_VERSION = 1,
	ARENA_CAP = 128 * 1024
};

static const char *const state_names[] = {
#define X(name, text) [INSTANCE_##name] = text,
	INSTANCE_STATE_LIST(X)
#undef X
};

const char *instance_state_name(enum instance_state s)
{
	return state_names[s];
}

bool instance_is_live(enum instance_state s)
{
	return s == INSTANCE_STARTING || s == INSTANCE_RUNNING;
}

bool instance_name_ok(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.ptr[i];
		bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			     (c >= 'A' && c <= 'Z');

		if (!alnum && (i == 0 || (c != '.' && c != '_' && c != '-')))
			return false;
	}
	return s.len > 0 && s.len <= INSTANCE_NAME_MAX;
}

enum err instances_dir(char out[static PATH_CAP])
{
	char root[PATH_CAP];
	enum err e = state_root(root);

	return e != ERR_OK ? e : path_fmt(out, "%s/instances", root);
}

enum err instance_dir(const char *name, char out[static PATH_CAP])
{
	char all[PATH_CAP];
	enum err e = instances_dir(all);

	if (!instance_name_ok(str_slice(name)))
		return ERR_VALUE;
	return e != ERR_OK ? e : path_fmt(out, "%s/%s", all, name);
}

static enum err write_in(const char *dir, const char *name, struct slice s)
{
	char path[PATH_CAP];
	enum err e = path_fmt(path, "%s/%s", dir, name);

	return e != ERR_OK ? e : file_write(path, 0600, s);
}

static enum err read_in(const char *dir, const char *name, size_t max,
			struct buf *out)
{
	char path[PATH_CAP];
	enum err e = path_fmt(path, "%s/%s", dir, name);

	return e != ERR_OK ? e : file_read(path, max, out);
}

enum err instance_spec_write(const char *dir, const struct instance_spec *s)
{
	uint8_t mem[INSTANCE_JSON_MAX];
	struct wr w = wr_over(mem, sizeof mem);
	struct jw j;
	enum err e;

	jw_init(&j, &w);
	jw_open(&j, '{');
	jw_kstr(&j, "accel", accel_name(s->accel));
	jw_ki64(&j, "api_port", s->api_port);
	jw_ki64(&j, "cpus", s->cpus);
	jw_ki64(&j, "created_ms", s->created_ms);
	jw_kstr(&j, "firmware", s->firmware);
	jw_ki64(&j, "guest_port", s->guest_port);
	jw_kstr(&j, "image", s->image);
	jw_ki64(&j, "memory_bytes", (int64_t)s->memory_bytes);
	jw_kstr(&j, "name", s->name);
	jw_kstr(&j, "qemu", s->qemu);
	jw_kstr(&j, "qgs", s->qgs);
	jw_kbool(&j, "simulated", s->simulated);
	jw_ki64(&j, "version", SPEC_VERSION);
	jw_close(&j);
	e = jw_end(&j);
	return e != ERR_OK ? e : write_in(dir, INSTANCE_SPEC, wr_slice(&w));
}

/* Text members, copied with their NUL. */
static enum err copy_text(struct json v, const char *key, char *out, size_t cap)
{
	struct slice s;
	enum err e = json_str(v, key, &s);

	return e != ERR_OK ? e : slice_cstr(s, out, cap);
}

static enum err read_texts(struct json v, struct instance_spec *s)
{
	const struct {
		const char *key;
		char *out;
		size_t cap;
	} texts[] = {
		{ "name", s->name, sizeof s->name },
		{ "image", s->image, sizeof s->image },
		{ "firmware", s->firmware, sizeof s->firmware },
		{ "qemu", s->qemu, sizeof s->qemu },
		{ "qgs", s->qgs, sizeof s->qgs },
	};
	struct slice accel;
	enum err e = json_str(v, "accel", &accel);

	if (e == ERR_OK)
		e = accel_parse(accel, &s->accel);
	if (e == ERR_OK)
		e = json_bool(v, "simulated", &s->simulated);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (e == ERR_OK)
			e = copy_text(v, texts[i].key, texts[i].out,
				      texts[i].cap);
	return e;
}

static enum err read_numbers(struct json v, struct instance_spec *s)
{
	int64_t version, memory, cpus, api_port, guest_port;
	const struct {
		const char *key;
		int64_t min, max, *out;
	} numbers[] = {
		{ "version", SPEC_VERSION, SPEC_VERSION, &version },
		{ "memory_bytes", 0, INT64_MAX, &memory },
		{ "cpus", 1, UINT32_MAX, &cpus },
		{ "api_port", 1, UINT16_MAX, &api_port },
		{ "guest_port", 1, UINT16_MAX, &guest_port },
		{ "created_ms", 0, INT64_MAX, &s->created_ms },
	};

	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		enum err e = json_int(v, numbers[i].key, numbers[i].min,
				      numbers[i].max, numbers[i].out);

		if (e != ERR_OK)
			return e;
	}
	s->memory_bytes = (uint64_t)memory;
	s->cpus = (uint32_t)cpus;
	s->api_port = (uint16_t)api_port;
	s->guest_port = (uint16_t)guest_port;
	return ERR_OK;
}

/* Reads a JSON file of the folder into mem. */
static enum err read_json(const char *dir, const char *name, void *mem,
			  size_t cap, struct json *out)
{
	struct arena a = arena_over(mem, cap);
	struct buf b = { 0 };
	enum err e = read_in(dir, name, INSTANCE_JSON_MAX, &b);

	if (e == ERR_OK)
		e = json_parse(&a, buf_slice(&b), out);
	buf_free(&b);
	return e;
}

enum err instance_spec_read(const char *dir, struct instance_spec *out)
{
	uint8_t mem[ARENA_CAP];
	struct instance_spec s;
	struct json v;
	enum err e = read_json(dir, INSTANCE_SPEC, mem, sizeof mem, &v);

	if (e == ERR_OK)
		e = read_texts(v, &s);
	if (e == ERR_OK)
		e = read_numbers(v, &s);
	if (e == ERR_OK)
		*out = s;
	return e;
}

enum err instance_status_write(const char *dir, const struct instance_status *s)
{
	uint8_t mem[4096];
	struct wr w = wr_over(mem, sizeof mem);
	struct jw j;
	enum err e;

	jw_init(&j, &w);
	jw_open(&j, '{');
	jw_kstr(&j, "accel", accel_name(s->accel));
	jw_kstr(&j, "detail", s->detail);
	if (s->measured) {
		jw_khex(&j, "mrtd", (struct slice){ s->mrtd, SHA384_LEN });
		jw_ki64(&j, "quotes", (int64_t)s->quotes);
		jw_key(&j, "rtmr");
		jw_open(&j, '[');
		for (size_t i = 0; i < 4; i++)
			jw_hex(&j, (struct slice){ s->rtmr[i], SHA384_LEN });
		jw_close(&j);
	}
	jw_kstr(&j, "state", instance_state_name(s->state));
	jw_ki64(&j, "updated_ms", s->updated_ms);
	jw_close(&j);
	e = jw_end(&j);
	return e != ERR_OK ? e : write_in(dir, INSTANCE_STATUS, wr_slice(&w));
}

static enum err read_registers(struct json v, struct instance_status *s)
{
	struct json list, at;
	struct slice text;
	int64_t quotes;
	size_t i = 0;
	enum err e = json_str(v, "mrtd", &text);

	if (e == ERR_OK)
		e = hex_decode(text, s->mrtd, sizeof s->mrtd);
	if (e == ERR_OK)
		e = json_int(v, "quotes", 0, INT64_MAX, &quotes);
	if (e == ERR_OK)
		e = json_array(v, "rtmr", &list);
	if (e != ERR_OK)
		return e;
	s->quotes = (uint64_t)quotes;
	for (at = json_first(list); at.node != NULL && i < 4; i++) {
		e = json_as_str(at, &text);
		if (e == ERR_OK)
			e = hex_decode(text, s->rtmr[i], SHA384_LEN);
		if (e != ERR_OK)
			return e;
		at = json_next(at);
	}
	return i == 4 && at.node == NULL ? ERR_OK : ERR_VALUE;
}

static enum err read_state(struct json v, struct instance_status *s)
{
	struct slice text;
	enum err e = json_str(v, "state", &text);

	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < INSTANCE_STALE; i++) {
		if (slice_is(text, state_names[i])) {
			s->state = (enum instance_state)i;
			return ERR_OK;
		}
	}
	return ERR_UNKNOWN;
}

static enum err status_parse(struct json v, struct instance_status *s)
{
	struct slice accel;
	enum err e = read_state(v, s);

	if (e == ERR_OK)
		e = json_str(v, "accel", &accel);
	if (e == ERR_OK)
		e = accel_parse(accel, &s->accel);
	if (e == ERR_OK)
		e = copy_text(v, "detail", s->detail, sizeof s->detail);
	if (e == ERR_OK)
		e = json_int(v, "updated_ms", 0, INT64_MAX, &s->updated_ms);
	s->measured = json_has(v, "mrtd");
	return e == ERR_OK && s->measured ? read_registers(v, s) : e;
}

enum err instance_status_read(const char *dir, struct instance_status *out)
{
	uint8_t mem[ARENA_CAP];
	struct instance_status s = { .state = INSTANCE_STALE };
	struct proc supervisor;
	struct json v;
	enum err e = read_json(dir, INSTANCE_STATUS, mem, sizeof mem, &v);

	if (e == ERR_OK)
		e = status_parse(v, &s);
	else if (e == ERR_MISSING)
		e = ERR_OK;
	if (e != ERR_OK)
		return e;
	if (instance_is_live(s.state) &&
	    (instance_supervisor(dir, &supervisor) != ERR_OK ||
	     !proc_alive(&supervisor)))
		s.state = INSTANCE_STALE;
	*out = s;
	return ERR_OK;
}

enum err instance_lock(const char *dir, int *fd)
{
	char path[PATH_CAP];
	enum err e = path_fmt(path, "%s/lock", dir);
	int lock;

	if (e != ERR_OK)
		return e;
	lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (lock < 0)
		return ERR_IO;
	if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
		e = errno == EWOULDBLOCK ? ERR_STATE : ERR_IO;
		(void)close(lock);
		return e;
	}
	*fd = lock;
	return ERR_OK;
}

enum err instance_supervisor(const char *dir, struct proc *out)
{
	struct buf b = { 0 };
	enum err e = read_in(dir, INSTANCE_PID, PROC_TEXT_CAP, &b);

	if (e == ERR_OK)
		e = proc_parse(buf_slice(&b), out);
	buf_free(&b);
	return e;
}

bool log_last_line(const char *path, const char *mark, char *out, size_t cap)
{
	char tail[TAIL_CAP + 1];
	bool found = false;
	FILE *f = fopen(path, "re");
	size_t n;

	if (f == NULL)
		return false;
	(void)fseek(f, 0, SEEK_END);
	(void)fseek(f, ftell(f) > TAIL_CAP ? -(long)TAIL_CAP : -ftell(f),
		    SEEK_END);
	n = fread(tail, 1, TAIL_CAP, f);
	(void)fclose(f);
	tail[n] = '\0';
	for (char *p = tail; p != NULL && *p != '\0';) {
		char *end = strpbrk(p, "\r\n");

		if (end != NULL)
			*end++ = '\0';
		if (*p != '\0' && strstr(p, mark) != NULL) {
			(void)snprintf(out, cap, "%s", strstr(p, mark));
			found = true;
		}
		p = end;
	}
	return found;
}
