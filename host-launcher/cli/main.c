/* ee-launcher: runs instances on this machine, attests them and gives them
 * jobs. */
#include <stddef.h>

#include "host-launcher/cli/verbs.h"
#include "measure/lib/version.h"

#define AT(type, member) offsetof(struct type, member)
#define FORMAT(type)                                                           \
	{                                                                      \
		"-o", "json|text", "form of the output (text)", ARG_TEXT,      \
			AT(type, format), 0                                    \
	}

/* clang-format off */
static const struct arg_opt run_opts[] = {
	{ "--image", "FILE", "disk image or EFI binary",
	  ARG_TEXT, AT(run_opts, image), 0 },
	{ "--firmware", "FILE",
	  "OVMF with TDX metadata (/usr/share/ovmf/OVMF.fd)",
	  ARG_TEXT, AT(run_opts, firmware), 0 },
	{ "--tdx", NULL, "a real TD: a TDX host and QEMU 10.1 or later",
	  ARG_FLAG, AT(run_opts, tdx), 0 },
	{ "--sim", NULL, "a simulated TD: proves nothing, and says so",
	  ARG_FLAG, AT(run_opts, sim), 0 },
	{ "--accel", "auto|kvm|tcg", "how QEMU runs it (auto)",
	  ARG_TEXT, AT(run_opts, accel), 0 },
	{ "--memory", "SIZE", "of the guest: 2048M, 2G; default 128M",
	  ARG_SIZE, AT(run_opts, memory), 0 },
	{ "--cpus", "N", "virtual CPUs (1)",
	  ARG_NUMBER, AT(run_opts, cpus), 64 },
	{ "--control-plane", "URL",
	  "https://HOST[:PORT]; the host itself is 169.254.169.2",
	  ARG_TEXT, AT(run_opts, control_plane), 0 },
	{ "--control-plane-ca", "FILE", "its CA certificate, PEM",
	  ARG_TEXT, AT(run_opts, control_plane_ca), 0 },
	{ "--venue", "NAME=URL,ca=FILE", "an exchange that jobs may trade at",
	  ARG_LIST, AT(run_opts, venues), 0 },
	{ "--api-port", "PORT", "of 127.0.0.1, leads to the agent (a free one)",
	  ARG_NUMBER, AT(run_opts, api_port), 65535 },
	{ "--guest-port", "PORT", "of the agent in the guest (8081)",
	  ARG_NUMBER, AT(run_opts, guest_port), 65535 },
	{ "--heartbeat", "SECONDS", "between heartbeats (30)",
	  ARG_NUMBER, AT(run_opts, heartbeat), 3600 },
	{ "--node-size", "NAME", "told to the control plane (default)",
	  ARG_TEXT, AT(run_opts, node_size), 0 },
	{ "--datacenter", "CLOUD:ZONE", "for the control plane (local:qemu)",
	  ARG_TEXT, AT(run_opts, datacenter), 0 },
	{ "--qemu", "PROGRAM", "(qemu-system-x86_64)",
	  ARG_TEXT, AT(run_opts, qemu), 0 },
	{ "--qgs", "ADDRESS", "TDX: vsock:CID:PORT or a socket (vsock:2:4050)",
	  ARG_TEXT, AT(run_opts, qgs), 0 },
	{ "--wait", "SECONDS", "until it has registered",
	  ARG_NUMBER, AT(run_opts, wait), 3600 },
	{ 0 },
};

static const struct arg_opt show_opts[] = { FORMAT(show_opts), { 0 } };

static const struct arg_opt logs_opts[] = {
	{ "-f", NULL, "go on while it grows",
	  ARG_FLAG, AT(logs_opts, follow), 0 },
	{ "--which", "console|supervisor|qemu", "(console)",
	  ARG_TEXT, AT(logs_opts, which), 0 },
	{ 0 },
};

static const struct arg_opt stop_opts[] = {
	{ "--remove", NULL, "and delete all that is kept of it",
	  ARG_FLAG, AT(stop_opts, remove), 0 },
	{ 0 },
};

#define TRUST(type) \
	{ "--reference", "FILE", "measurements.json of the image", \
	  ARG_LIST, AT(type, trust.references), 0 }, \
	{ "--reference-key", "PEM", \
	  "of its publisher: --reference is a signed envelope", \
	  ARG_TEXT, AT(type, trust.reference_key), 0 }, \
	{ "--policy", "FILE", "what to accept, instead of --reference", \
	  ARG_TEXT, AT(type, trust.policy), 0 }, \
	{ "--collateral", "FILE", "TCB info, QE identity and CRLs", \
	  ARG_TEXT, AT(type, trust.collateral), 0 }, \
	{ "--insecure-sim-root", "PEM", \
	  "accept simulated quotes under this root", \
	  ARG_TEXT, AT(type, trust.sim_root), 0 }

static const struct arg_opt attest_opts[] = {
	TRUST(attest_opts), FORMAT(attest_opts), { 0 },
};

static const struct arg_opt start_opts[] = {
	TRUST(start_opts),
	{ "--type", "NAME", "of the job (market_making)",
	  ARG_TEXT, AT(start_opts, type), 0 },
	{ "--campaign", "ID", "what the report is filed under",
	  ARG_TEXT, AT(start_opts, campaign), 0 },
	{ "--exchange", "NAME", "a venue of the instance's configuration",
	  ARG_TEXT, AT(start_opts, exchange), 0 },
	{ "--pair", "BASE/QUOTE", "what to trade",
	  ARG_TEXT, AT(start_opts, pair), 0 },
	{ "--parameters", "FILE", "JSON object",
	  ARG_TEXT, AT(start_opts, parameters), 0 },
	{ "--credentials", "FILE",
	  "{\"api_key\",\"api_secret\"}; yours alone (0600)",
	  ARG_TEXT, AT(start_opts, credentials), 0 },
	FORMAT(start_opts),
	{ 0 },
};

static const struct arg_opt report_opts[] = {
	{ "--out", "FILE", "where to (standard output)",
	  ARG_TEXT, AT(report_opts, out), 0 },
	{ 0 },
};

static const struct arg_opt pki_opts[] = {
	{ "--out", "DIR", "where it is kept, instead of the state folder",
	  ARG_TEXT, AT(pki_opts, out), 0 },
	FORMAT(pki_opts),
	{ 0 },
};

static const struct arg_opt acpi_opts[] = {
	{ "--image", "FILE", "disk image: any with a program to boot",
	  ARG_TEXT, AT(acpi_opts, image), 0 },
	{ "--firmware", "FILE", "OVMF with TDX metadata",
	  ARG_TEXT, AT(acpi_opts, firmware), 0 },
	{ "--memory", "SIZE", "as for run (128M)",
	  ARG_SIZE, AT(acpi_opts, memory), 0 },
	{ "--cpus", "N", "as for run (1)",
	  ARG_NUMBER, AT(acpi_opts, cpus), 64 },
	{ "--disks", "N", "with empty ones after the image (1)",
	  ARG_NUMBER, AT(acpi_opts, disks), 8 },
	{ "--phys-bits", "N", "of the TDX host's CPU, if under 46 (46)",
	  ARG_NUMBER, AT(acpi_opts, phys_bits), 52 },
	{ "--qemu", "PROGRAM", "the TDX host's (qemu-system-x86_64)",
	  ARG_TEXT, AT(acpi_opts, qemu), 0 },
	{ "--out", "DIR", "for ee-measure --acpi",
	  ARG_TEXT, AT(acpi_opts, out), 0 },
	FORMAT(acpi_opts),
	{ 0 },
};

static const struct arg_opt metadata_opts[] = {
	{ "--state", "DIR", "the instance's folder",
	  ARG_TEXT, AT(metadata_opts, state), 0 },
	{ 0 },
};

static const struct arg_verb verbs[] = {
	{ "run", "NAME", "start an instance", 1, 1, run_opts, cmd_run },
	{ "list", "", "all instances", 0, 0, show_opts, cmd_list },
	{ "status", "NAME", "one instance", 1, 1, show_opts, cmd_status },
	{ "logs", "NAME", "what it printed", 1, 1, logs_opts, cmd_logs },
	{ "stop", "NAME", "end it", 1, 1, stop_opts, cmd_stop },
	{ "attest", "NAME", "challenge its agent and judge the quote",
	  1, 1, attest_opts, cmd_attest },
	{ "job start", "NAME", "attest, then start a job, credentials sealed",
	  1, 1, start_opts, cmd_job_start },
	{ "job stop", "NAME JOB", "stop a job", 2, 2, show_opts, cmd_job_stop },
	{ "job status", "NAME [JOB]", "one job, or all of them",
	  1, 2, show_opts, cmd_job_status },
	{ "job report", "NAME JOB", "fetch a job's signed report",
	  2, 2, report_opts, cmd_job_report },
	{ "doctor", "", "what this machine can do, and what is missing",
	  0, 0, show_opts, cmd_doctor },
	{ "acpi", "", "what RTMR0 says of a TD's machine, from a run without TDX",
	  0, 0, acpi_opts, cmd_acpi },
	{ "sim-pki", "", "the root and collateral of simulated quotes",
	  0, 0, pki_opts, cmd_sim_pki },
	{ "metadata-serve", "", "answer one metadata request (QEMU runs this)",
	  0, 0, metadata_opts, cmd_metadata_serve },
	{ 0 },
};
/* clang-format on */

static const struct arg_program program = {
	"ee-launcher",
	"Runs instances of the appliance on this machine, attests them and "
	"gives\n"
	"them jobs.",
	source_id,
	verbs,
};

int main(int argc, char **argv)
{
	return args_main(&program, argc, argv);
}
