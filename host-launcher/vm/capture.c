/* capture.c - runs a machine up to its boot loader and reads it out. */
#include "host-launcher/vm/capture.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host-launcher/vm/fwcfg.h"
#include "host-launcher/vm/qmp.h"
#include "host-launcher/vm/spawn.h"
#include "lib/json.h"
#include "lib/sock.h"

enum {
	STEP_MS = 50,
	ASK_ARENA = 2 * 1024 * 1024,
	MIB = 1024 * 1024,
	/* Firmware takes its memory from the top of what is below 4 GiB; the
	   variable store is in this much of it. */
	SEARCHED = 256 * MIB,
};

#define LOW_LIMIT 0xb0000000ULL
#define LOW_SPLIT 0x80000000ULL

/* A run: all that has to be closed, and the deadline of it all. */
struct run {
	pid_t child;
	struct talk qmp, qtest;
	struct fwcfg_dir dir;
	uint8_t arena[ASK_ARENA];
	int64_t deadline_ms;
	const char *why;
};

static enum err say(struct run *r, enum err e, const char *why)
{
	r->why = why;
	return e;
}

static bool child_runs(struct run *r)
{
	if (r->child > 0 && waitpid(r->child, NULL, WNOHANG) == r->child)
		r->child = -1;
	return r->child > 0;
}

/* Sends a command; *result is what it returns. Events in between are dropped.
 * ERR_REFUSED: QEMU says no. */
static enum err ask(struct run *r, const char *command, struct json *result)
{
	enum err e = talk_send(&r->qmp, str_slice(command), r->deadline_ms);

	while (e == ERR_OK) {
		struct arena a = arena_over(r->arena, sizeof r->arena);
		struct slice line;
		struct json v;

		e = talk_line(&r->qmp, &line, r->deadline_ms);
		if (e == ERR_OK)
			e = json_parse(&a, line, &v);
		if (e == ERR_OK && json_has(v, "error"))
			return ERR_REFUSED;
		if (e == ERR_OK && json_has(v, "return"))
			return json_get(v, "return", result);
	}
	return e;
}

/* How much of the disk the guest has read. */
static enum err disk_read(struct run *r, uint64_t *bytes)
{
	struct json list, stats;
	struct slice name;
	int64_t n = 0;
	enum err e = ask(r, "{\"execute\":\"query-blockstats\"}\n", &list);

	if (e != ERR_OK)
		return e;
	for (struct json d = json_first(list); d.node != NULL;
	     d = json_next(d)) {
		if (json_str(d, "device", &name) != ERR_OK ||
		    !slice_is(name, "disk"))
			continue;
		e = json_object(d, "stats", &stats);
		if (e == ERR_OK)
			e = json_int(stats, "rd_bytes", 0, INT64_MAX, &n);
		if (e == ERR_OK)
			*bytes = (uint64_t)n;
		return e;
	}
	return ERR_MISSING;
}

static enum err is_running(struct run *r)
{
	struct json status;
	bool running = false;
	enum err e = ask(r, QMP_QUERY_STATUS, &status);

	if (e == ERR_OK)
		e = json_bool(status, "running", &running);
	return e == ERR_OK && !running ? ERR_REFUSED : e;
}

static enum err wait_boot(struct run *r, uint64_t program_bytes)
{
	uint64_t bytes = 0;

	for (;;) {
		/* in this order: what has stopped reads no more */
		enum err stopped = is_running(r);
		enum err e = disk_read(r, &bytes);

		if (e != ERR_OK)
			return say(r, e, "QEMU does not say what it reads");
		if (bytes >= program_bytes)
			return ERR_OK;
		if (stopped != ERR_OK)
			return say(r, stopped,
				   "the machine stopped before the firmware "
				   "started the image");
		if (mono_ms() >= r->deadline_ms)
			return say(r, ERR_TIMEOUT,
				   "the firmware did not start the image in "
				   "time");
		(void)poll(NULL, 0, STEP_MS);
	}
}

static enum err save_memory(struct run *r, uint64_t memory_bytes,
			    struct capture *out)
{
	uint64_t low = memory_bytes < LOW_LIMIT ? memory_bytes : LOW_SPLIT;
	uint64_t n = low < SEARCHED ? low : SEARCHED;
	uint8_t mem[256];
	struct wr w = wr_over(mem, sizeof mem);
	struct json result;
	enum err e;

	wr_fmt(&w,
	       "{\"execute\":\"pmemsave\",\"arguments\":{\"val\":%llu,"
	       "\"size\":%llu,\"filename\":\"" CAPTURE_MEMORY "\"}}\n",
	       (unsigned long long)(low - n), (unsigned long long)n);
	wr_u8(&w, '\0');
	e = wr_end(&w);
	if (e == ERR_OK)
		e = ask(r, (const char *)mem, &result);
	if (e == ERR_OK)
		e = file_map(CAPTURE_MEMORY, &out->memory);
	(void)unlink(CAPTURE_MEMORY);
	if (e != ERR_OK)
		return say(r, e, "QEMU does not give the machine's memory");
	e = bootvars_find(out->memory, &out->boot);
	return e == ERR_OK ? e
	       : e == ERR_MISSING
		       ? say(r, e, "no boot variables in the machine's memory")
		       : say(r, e,
			     "the boot variables in the machine's memory make "
			     "no sense");
}

/* An item of fw_cfg. ERR_MISSING: the machine has none, or one of a size that
 * firmware does not take. */
static enum err read_item(struct run *r, const struct platform_item *item,
			  struct buf *out)
{
	const struct fwcfg_file *f = fwcfg_find(&r->dir, item->name);
	uint16_t key = item->key;
	uint32_t size = item->size;

	if (key == 0) {
		if (f == NULL || f->size == 0 || (size != 0 && f->size != size))
			return ERR_MISSING;
		key = f->key;
		size = f->size;
	}
	if (size > PLATFORM_BLOB_MAX)
		return ERR_LIMIT;
	return fwcfg_read(&r->qtest, key, size, r->deadline_ms, out);
}

static enum err read_items(struct run *r, struct capture *out)
{
	enum err e = talk_open(&r->qtest, QEMU_QTEST_SOCKET, r->deadline_ms);

	if (e == ERR_OK)
		e = fwcfg_dir(&r->qtest, r->deadline_ms, &r->dir);
	for (size_t i = 0; i < PLATFORM_ACPI_BLOBS && e == ERR_OK; i++)
		e = read_item(r, &platform_acpi[i], &out->acpi[i]);
	if (e != ERR_OK)
		return say(r, e, "the machine's ACPI blobs cannot be read");
	for (size_t i = 0; i < PLATFORM_ITEMS; i++) {
		e = read_item(r, &platform_items[i], &out->item[i]);
		if (e != ERR_OK && e != ERR_MISSING)
			return say(r, e, "an item of fw_cfg cannot be read");
	}
	return ERR_OK;
}

static enum err start(struct run *r, const struct qemu_spec *spec)
{
	static struct qemu_command command;
	struct slice greeting;
	struct json result;
	enum err e = qemu_command(spec, &command);

	if (e == ERR_OK)
		e = spawn_child(command.argv, "qemu.log", &r->child);
	if (e != ERR_OK)
		return say(r, e, "QEMU cannot be started");
	do {
		e = talk_open(&r->qmp, QEMU_QMP_SOCKET, mono_ms() + STEP_MS);
		if (!child_runs(r))
			return say(r, ERR_CLOSED, "QEMU ended");
	} while (e == ERR_TIMEOUT && mono_ms() < r->deadline_ms);
	if (e == ERR_OK)
		e = talk_line(&r->qmp, &greeting, r->deadline_ms);
	if (e == ERR_OK)
		e = ask(r, QMP_CAPABILITIES, &result);
	return e == ERR_OK ? e : say(r, e, "QEMU does not answer");
}

static enum err capture(struct run *r, const struct qemu_spec *spec,
			uint64_t program_bytes, struct capture *out)
{
	struct json result;
	enum err e = start(r, spec);

	if (e == ERR_OK)
		e = wait_boot(r, program_bytes);
	if (e != ERR_OK)
		return e;
	e = ask(r, "{\"execute\":\"stop\"}\n", &result);
	if (e != ERR_OK)
		return say(r, e, "QEMU does not stop the machine");
	e = save_memory(r, spec->memory_bytes, out);
	return e == ERR_OK ? read_items(r, out) : e;
}

enum err capture_run(const struct qemu_spec *spec, uint64_t program_bytes,
		     int64_t deadline_ms, struct capture *out, const char **why)
{
	struct run *r = calloc(1, sizeof *r);
	enum err e;

	*out = (struct capture){ 0 };
	if (r == NULL) {
		*why = "out of memory";
		return ERR_SPACE;
	}
	r->child = -1;
	r->qmp.fd = r->qtest.fd = -1;
	r->deadline_ms = deadline_ms;
	e = capture(r, spec, program_bytes, out);
	*why = r->why;
	if (e != ERR_OK && !child_runs(r))
		*why = "QEMU ended";
	if (child_runs(r)) {
		(void)kill(r->child, SIGKILL);
		(void)waitpid(r->child, NULL, 0);
	}
	talk_close(&r->qmp);
	talk_close(&r->qtest);
	free(r);
	return e;
}

void capture_free(struct capture *c)
{
	for (size_t i = 0; i < PLATFORM_ACPI_BLOBS; i++)
		buf_free(&c->acpi[i]);
	for (size_t i = 0; i < PLATFORM_ITEMS; i++)
		buf_free(&c->item[i]);
	file_unmap(c->memory);
	c->memory = (struct slice){ 0 };
}
