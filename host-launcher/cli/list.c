/* list.c - the instances and what has become of them. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "host-launcher/cli/verbs.h"
#include "host-launcher/vm/instance.h"
#include "lib/json.h"
#include "lib/text.h"

enum {
	LIST_MAX = 256,
	LIST_JSON_CAP = LIST_MAX * 2048
};

struct entry {
	char dir[PATH_CAP];
	struct instance_spec spec;
	struct instance_status status;
};

static enum err read_entry(const char *name, struct entry *out)
{
	enum err e = instance_dir(name, out->dir);

	if (e == ERR_OK)
		e = instance_spec_read(out->dir, &out->spec);
	return e != ERR_OK ? e : instance_status_read(out->dir, &out->status);
}

static void write_registers(struct jw *j, const struct instance_status *s)
{
	jw_key(j, "measurements");
	if (!s->measured) {
		jw_null(j);
		return;
	}
	jw_open(j, '{');
	jw_khex(j, "mrtd", (struct slice){ s->mrtd, SHA384_LEN });
	jw_khex(j, "rtmr0", (struct slice){ s->rtmr[0], SHA384_LEN });
	jw_khex(j, "rtmr1", (struct slice){ s->rtmr[1], SHA384_LEN });
	jw_khex(j, "rtmr2", (struct slice){ s->rtmr[2], SHA384_LEN });
	jw_khex(j, "rtmr3", (struct slice){ s->rtmr[3], SHA384_LEN });
	jw_close(j);
}

static void write_json(struct jw *j, const struct entry *e)
{
	char created[RFC3339_LEN + 1];

	rfc3339_format(e->spec.created_ms, created);
	jw_open(j, '{');
	jw_kstr(j, "accel", accel_name(e->status.accel));
	jw_ki64(j, "api_port", e->spec.api_port);
	jw_ki64(j, "cpus", e->spec.cpus);
	jw_kstr(j, "created_at", created);
	jw_kstr(j, "detail", e->status.detail);
	jw_kstr(j, "folder", e->dir);
	jw_kstr(j, "image", e->spec.image);
	write_registers(j, &e->status);
	jw_ki64(j, "memory_bytes", (int64_t)e->spec.memory_bytes);
	jw_kstr(j, "name", e->spec.name);
	jw_ki64(j, "quotes", (int64_t)e->status.quotes);
	jw_kbool(j, "simulated", e->spec.simulated);
	jw_kstr(j, "state", instance_state_name(e->status.state));
	jw_close(j);
}

static void print_line(const struct entry *e)
{
	(void)printf("%-20s %-9s %-4s %-10s 127.0.0.1:%-5u %s\n", e->spec.name,
		     instance_state_name(e->status.state),
		     accel_name(e->status.accel),
		     e->spec.simulated ? "SIMULATED" : "tdx", e->spec.api_port,
		     e->status.detail);
}

static void print_hex(const char *name, const uint8_t *p)
{
	char hex[2 * SHA384_LEN + 1];

	hex_encode((struct slice){ p, SHA384_LEN }, hex);
	(void)printf("%-12s %s\n", name, hex);
}

static void print_status(const struct entry *e)
{
	static const char *const names[] = { "rtmr0", "rtmr1", "rtmr2",
					     "rtmr3" };
	char created[RFC3339_LEN + 1];

	rfc3339_format(e->spec.created_ms, created);
	(void)printf("name         %s\nstate        %s%s%s\n", e->spec.name,
		     instance_state_name(e->status.state),
		     e->status.detail[0] != '\0' ? ": " : "", e->status.detail);
	(void)printf("kind         %s\naccel        %s\n",
		     e->spec.simulated ? "SIMULATED: proves nothing" : "TDX",
		     accel_name(e->status.accel));
	(void)printf("image        %s\nmemory       %llu MiB, %u cpu\n",
		     e->spec.image,
		     (unsigned long long)(e->spec.memory_bytes >> 20),
		     e->spec.cpus);
	(void)printf("agent        https://127.0.0.1:%u\ncreated      %s\n"
		     "folder       %s\n",
		     e->spec.api_port, created, e->dir);
	if (!e->status.measured)
		return;
	(void)printf("quotes       %llu\n",
		     (unsigned long long)e->status.quotes);
	print_hex("mrtd", e->status.mrtd);
	for (size_t i = 0; i < 4; i++)
		print_hex(names[i], e->status.rtmr[i]);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_name(const struct dirent *d)
{
	return instance_name_ok(str_slice(d->d_name));
}

/* One entry after another. A folder that cannot be read is named on standard
 * error and does not hide the others. */
static enum exit_status each(struct dirent **d, int n, struct jw *j)
{
	static struct entry entry;
	enum exit_status status = STATUS_DONE;

	for (int i = 0; i < n; i++) {
		enum err e = read_entry(d[i]->d_name, &entry);

		if (e != ERR_OK) {
			complain("%s: %s", d[i]->d_name, err_text(e));
			status = exit_of(e);
		} else if (j != NULL) {
			write_json(j, &entry);
		} else {
			print_line(&entry);
		}
	}
	return status;
}

static enum exit_status flush_json(const struct jw *j, const struct wr *w)
{
	enum err e = jw_end(j);

	if (e == ERR_OK)
		(void)printf("%.*s\n", (int)w->len, (const char *)w->buf);
	return exit_of(e);
}

VERB(cmd_list)
{
	static uint8_t mem[LIST_JSON_CAP];
	const struct show_opts *o = opts;
	struct wr w = wr_over(mem, sizeof mem);
	struct dirent **d = NULL;
	char all[PATH_CAP];
	enum exit_status status;
	struct jw j;
	bool json;
	int found;

	(void)operands;
	(void)n;
	status = wants_json(o->format, &json);
	if (status != STATUS_DONE)
		return status;
	if (instances_dir(all) != ERR_OK)
		return STATUS_UNAVAILABLE;
	found = scandir(all, &d, is_name, by_name);
	jw_init(&j, &w);
	jw_open(&j, '{');
	jw_key(&j, "instances");
	jw_open(&j, '[');
	status = each(d, found, json ? &j : NULL);
	jw_close(&j);
	jw_close(&j);
	for (int i = 0; i < found; i++)
		free(d[i]);
	free(d);
	if (json && status == STATUS_DONE)
		status = flush_json(&j, &w);
	return status;
}

VERB(cmd_status)
{
	static struct entry entry;
	static uint8_t mem[8 * PATH_CAP];
	const struct show_opts *o = opts;
	struct wr w = wr_over(mem, sizeof mem);
	enum exit_status status;
	struct jw j;
	bool json;
	enum err e;

	(void)n;
	status = wants_json(o->format, &json);
	if (status == STATUS_DONE)
		status = find_instance(operands[0], entry.dir);
	if (status != STATUS_DONE)
		return status;
	e = read_entry(operands[0], &entry);
	if (e != ERR_OK) {
		complain("%s: %s", operands[0], err_text(e));
		return exit_of(e);
	}
	jw_init(&j, &w);
	write_json(&j, &entry);
	if (json)
		return flush_json(&j, &w);
	print_status(&entry);
	return STATUS_DONE;
}
