/* run.c - makes an instance's folder and starts its supervisor. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "host-launcher/cli/guestconfig.h"
#include "host-launcher/cli/host.h"
#include "host-launcher/lib/log.h"
#include "host-launcher/vm/image.h"
#include "host-launcher/vm/spawn.h"
#include "host-launcher/vm/supervisor.h"
#include "lib/limit.h"
#include "lib/proto.h"
#include "lib/rng.h"
#include "lib/sock.h"
#include "lib/text.h"
#include "measure/lib/tdvf.h"

enum {
	TOKEN_BYTES = 32,
	TOKEN_CHARS = 2 * TOKEN_BYTES,
	MIB = 1024 * 1024,
	WAIT_STEP_MS = 100,
	CONSOLE_MAX = 4 * 1024 * 1024,
};

#define DEFAULT_FIRMWARE "/usr/share/ovmf/OVMF.fd"
#define DEFAULT_QGS      "vsock:2:4050"

static enum exit_status usage(const char *text)
{
	complain("%s", text);
	return STATUS_USAGE;
}

static enum exit_status check_options(const struct run_opts *o)
{
	if (o->sim == o->tdx)
		return usage("say --tdx for a real TD or --sim for a simulated "
			     "one");
	if (o->image == NULL)
		return usage("--image is needed");
	if (o->tdx && o->firmware == NULL)
		return usage(
			"--tdx needs --firmware: Debian 12's OVMF measures "
			"nothing into the RTMRs; take an OVMF.inteltdx.fd "
			"and the reference made with it");
	if (o->control_plane == NULL || o->control_plane_ca == NULL)
		return usage("--control-plane and --control-plane-ca are "
			     "needed");
	if (o->memory % MIB != 0)
		return usage("--memory: whole MiB");
	return STATUS_DONE;
}

static enum exit_status fill_spec(const struct run_opts *o, const char *name,
				  struct instance_spec *s)
{
	const char *fw = o->firmware != NULL ? o->firmware : DEFAULT_FIRMWARE;
	const char *qemu = o->qemu != NULL ? o->qemu : DEFAULT_QEMU;
	const char *qgs = o->qgs != NULL ? o->qgs : DEFAULT_QGS;
	enum exit_status status;

	if (!instance_name_ok(str_slice(name)))
		return usage("NAME: letters, digits, '.', '_' and '-'");
	(void)snprintf(s->name, sizeof s->name, "%s", name);
	s->simulated = o->sim;
	if (o->accel != NULL &&
	    accel_parse(str_slice(o->accel), &s->accel) != ERR_OK)
		return usage("--accel: auto, kvm or tcg");
	if (o->tdx && s->accel == ACCEL_TCG)
		return usage("--tdx wants KVM");
	if (o->tdx)
		s->accel = ACCEL_KVM;
	s->memory_bytes = o->memory != 0 ? o->memory : DEFAULT_MEMORY;
	s->cpus = o->cpus != 0 ? (uint32_t)o->cpus : 1;
	s->guest_port =
		o->guest_port != 0 ? (uint16_t)o->guest_port : DEFAULT_API_PORT;
	s->api_port = (uint16_t)o->api_port;
	s->created_ms = wall_ms();
	if (s->api_port == 0 && free_port(&s->api_port) != ERR_OK) {
		complain("no port is free on 127.0.0.1: %s; name one with "
			 "--api-port",
			 strerror(errno));
		return STATUS_UNAVAILABLE;
	}
	if (path_fmt(s->qemu, "%s", qemu) != ERR_OK ||
	    path_fmt(s->qgs, "%s", o->tdx ? qgs : "") != ERR_OK)
		return STATUS_USAGE;
	status = resolve(o->image, s->image);
	return status != STATUS_DONE ? status : resolve(fw, s->firmware);
}

/* The image has to be made for what is asked. */
static enum exit_status check_image(const struct instance_spec *s)
{
	struct image_info info;
	struct slice image = { 0 };
	const char *why = "it cannot be read";
	enum err e = file_map(s->image, &image);

	if (e == ERR_OK)
		e = image_inspect(image, &info, &why);
	file_unmap(image);
	if (e != ERR_OK) {
		complain("%s: %s: %s", s->image, why, err_text(e));
		return exit_of(e);
	}
	if (s->simulated == (info.kind == IMAGE_SIM))
		return STATUS_DONE;
	if (s->simulated)
		complain("%s is the production image: it has no driver for a "
			 "simulated TD. Use the one in sim/, or --tdx.",
			 s->image);
	else
		complain("%s is the simulation's image: as a TD it would "
			 "attest itself as that. Use the production image.",
			 s->image);
	return STATUS_REFUSED;
}

static enum exit_status check_firmware(const struct instance_spec *s)
{
	struct slice fw = { 0 };
	const char *why = "it cannot be read";
	enum err e = file_map(s->firmware, &fw);
	bool found = e == ERR_OK;
	struct tdvf t;

	if (found)
		e = tdvf_parse(fw, &t, &why);
	file_unmap(fw);
	if (e == ERR_OK)
		return STATUS_DONE;
	complain("%s: not a TDX firmware: %s", s->firmware, why);
	return found ? STATUS_MALFORMED : exit_of(e);
}

static enum exit_status check_host(const struct instance_spec *s)
{
	struct qemu_version v;
	enum err e = host_qemu_version(s->qemu, &v);

	if (e != ERR_OK) {
		complain("%s does not run; Debian has it in "
			 "qemu-system-x86",
			 s->qemu);
		return STATUS_UNAVAILABLE;
	}
	if (s->simulated || qemu_has_tdx(&v))
		return STATUS_DONE;
	complain("--tdx needs QEMU %d.%d or later (the tdx-guest object); %s "
		 "is %u.%u. --sim simulates a TD.",
		 QEMU_TDX_MAJOR, QEMU_TDX_MINOR, s->qemu, v.major, v.minor);
	return STATUS_UNAVAILABLE;
}

/* An entry that is dead makes room for the new one; its logs go. The lock stays
 * with this process, and so with the supervisor that it forks. */
static enum exit_status make_room(const char *name, char dir[static PATH_CAP])
{
	static const char *const old[] = {
		INSTANCE_STATUS, INSTANCE_PID,      INSTANCE_ATTESTED,
		INSTANCE_LOG,    INSTANCE_QEMU_LOG, QEMU_CONSOLE_LOG
	};
	enum err e = instance_dir(name, dir);
	int lock;

	if (e == ERR_OK)
		e = dir_make(dir, 0700);
	if (e == ERR_OK)
		e = instance_lock(dir, &lock);
	if (e == ERR_STATE) {
		complain("%s is running", name);
		return STATUS_REFUSED;
	}
	if (e != ERR_OK) {
		complain("the state folder cannot be made: %s", err_text(e));
		return STATUS_UNAVAILABLE;
	}
	for (size_t i = 0; i < sizeof old / sizeof old[0]; i++) {
		char path[PATH_CAP];

		if (path_fmt(path, "%s/%s", dir, old[i]) == ERR_OK)
			(void)unlink(path);
	}
	return STATUS_DONE;
}

static enum err write_in(const char *dir, const char *name, struct slice s)
{
	char path[PATH_CAP];
	enum err e = path_fmt(path, "%s/%s", dir, name);

	return e != ERR_OK ? e : file_write(path, 0600, s);
}

/* A fresh operator token, and the configuration that holds its digest. */
struct secrets {
	char token[TOKEN_CHARS + 1];
	uint8_t config_mem[LIMIT_CONFIG_BYTES];
	struct slice config;
};

static enum exit_status make_secrets(const struct run_opts *o, const char *name,
				     struct secrets *out)
{
	uint8_t raw[TOKEN_BYTES];
	struct wr w = wr_over(out->config_mem, sizeof out->config_mem);
	enum exit_status status;
	struct rng rng;
	enum err e = rng_system(&rng);

	if (e != ERR_OK)
		return exit_of(e);
	rng_bytes(rng_prng(&rng), raw, sizeof raw);
	hex_encode((struct slice){ raw, sizeof raw }, out->token);
	wipe(raw, sizeof raw);
	wipe(&rng, sizeof rng);
	status = guest_config(o, name, str_slice(out->token), &w);
	out->config = wr_slice(&w);
	return status;
}

static enum err write_files(const char *dir, const struct secrets *secrets,
			    const struct instance_spec *spec)
{
	enum err e = write_in(dir, INSTANCE_TOKEN, str_slice(secrets->token));

	if (e == ERR_OK)
		e = write_in(dir, INSTANCE_CONFIG, secrets->config);
	return e != ERR_OK ? e : instance_spec_write(dir, spec);
}

/* Until the console says that the agent has registered, or the instance ends.
 */
static enum exit_status wait_registered(const char *dir, uint64_t seconds)
{
	int64_t deadline = mono_ms() + (int64_t)seconds * 1000;
	struct instance_status st;
	char path[PATH_CAP];

	if (path_fmt(path, "%s/" QEMU_CONSOLE_LOG, dir) != ERR_OK)
		return STATUS_INTERNAL;
	while (mono_ms() < deadline) {
		struct buf log = { 0 };
		bool there =
			file_read(path, CONSOLE_MAX, &log) == ERR_OK &&
			memmem(log.ptr, log.len, "ee: registered", 14) != NULL;

		buf_free(&log);
		if (there)
			return STATUS_DONE;
		if (instance_status_read(dir, &st) == ERR_OK &&
		    !instance_is_live(st.state)) {
			complain("it has ended: %s", st.detail);
			return STATUS_REFUSED;
		}
		(void)poll(NULL, 0, WAIT_STEP_MS);
	}
	complain("it has not registered in %llu seconds; see `logs`",
		 (unsigned long long)seconds);
	return STATUS_UNAVAILABLE;
}

static enum exit_status start(const char *dir, const struct instance_spec *s)
{
	char why[SUPERVISOR_WHY_CAP], self[PATH_CAP];
	struct instance_status st;
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	enum err e;

	if (n <= 0)
		return STATUS_INTERNAL;
	self[n] = '\0';
	e = supervisor_start(dir, s, self, why);
	if (e != ERR_OK) {
		complain("%s", e == ERR_REFUSED ? why : err_text(e));
		return STATUS_UNAVAILABLE;
	}
	e = instance_status_read(dir, &st);
	if (e != ERR_OK)
		return exit_of(e);
	(void)printf("%s runs (%s%s); its agent is at https://127.0.0.1:%u\n",
		     s->name, accel_name(st.accel),
		     st.accel == ACCEL_TCG && s->accel == ACCEL_AUTO
			     ? ": KVM does not work here"
			     : "",
		     s->api_port);
	return STATUS_DONE;
}

VERB(cmd_run)
{
	static struct instance_spec spec;
	static struct secrets secrets;
	const struct run_opts *o = opts;
	char dir[PATH_CAP];
	enum exit_status status = check_options(o);

	(void)n;
	if (status == STATUS_DONE)
		status = fill_spec(o, operands[0], &spec);
	if (status == STATUS_DONE)
		status = check_host(&spec);
	if (status == STATUS_DONE)
		status = check_image(&spec);
	if (status == STATUS_DONE)
		status = check_firmware(&spec);
	if (status == STATUS_DONE)
		status = make_secrets(o, operands[0], &secrets);
	if (status == STATUS_DONE)
		status = make_room(operands[0], dir);
	if (status == STATUS_DONE)
		status = exit_of(write_files(dir, &secrets, &spec));
	wipe(&secrets, sizeof secrets);
	if (status != STATUS_DONE)
		return status;
	if (o->sim)
		(void)fprintf(stderr,
			      "SIMULATED: %s is not a TD. Its quotes "
			      "prove nothing, and say so.\n",
			      operands[0]);
	status = start(dir, &spec);
	if (status == STATUS_DONE && o->wait != 0) {
		(void)fflush(stdout);
		status = wait_registered(dir, o->wait);
	}
	return status;
}
