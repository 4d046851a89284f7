# Host programs: the launcher (cli, vm), the control plane (plane) and the paper
# exchange (paper). lib and vm are linked into all of them.
HOST_LIB += host-launcher/lib/args.c
HOST_LIB += host-launcher/lib/daemon.c
HOST_LIB += host-launcher/lib/exit.c
HOST_LIB += host-launcher/lib/file.c
HOST_LIB += host-launcher/lib/identity.c
HOST_LIB += host-launcher/lib/input.c
HOST_LIB += host-launcher/lib/log.c
HOST_LIB += host-launcher/lib/proc.c
HOST_LIB += host-launcher/vm/image.c
HOST_LIB += host-launcher/vm/instance.c
HOST_LIB += host-launcher/vm/kvm.c
HOST_LIB += host-launcher/vm/metadata.c
HOST_LIB += host-launcher/vm/pki.c
HOST_LIB += host-launcher/vm/pki_collateral.c
HOST_LIB += host-launcher/vm/pki_crl.c
HOST_LIB += host-launcher/vm/pki_sgx.c
HOST_LIB += host-launcher/vm/pkistore.c
HOST_LIB += host-launcher/vm/qemu.c
HOST_LIB += host-launcher/vm/qmp.c
HOST_LIB += host-launcher/vm/simload.c
HOST_LIB += host-launcher/vm/simport.c
HOST_LIB += host-launcher/vm/simquote.c
HOST_LIB += host-launcher/vm/simtd.c
HOST_LIB += host-launcher/vm/spawn.c
HOST_LIB += host-launcher/vm/supervisor.c

UNIT_HOST += test_args
UNIT_HOST += test_endpoint
UNIT_HOST += test_hostfile
UNIT_HOST += test_hostlog
UNIT_HOST += test_image
UNIT_HOST += test_instance
UNIT_HOST += test_pki
UNIT_HOST += test_pkistore
UNIT_HOST += test_qemu
UNIT_HOST += test_simquote
UNIT_HOST += test_simtd
FUZZ += simtd
CHECKS += tests/integration/launcher.sh
CHECKS += tests/integration/instance.sh
CHECK_DEPS += $(B)/bin/ee-launcher $(B)/bin/ee-measure
CHECK_DEPS += $(B)/sim/ee-appliance.raw $(B)/sim/measurements.json

# The launcher.
PROGRAMS += ee-launcher
ee-launcher_SRC := host-launcher/cli/main.c
ee-launcher_SRC += host-launcher/cli/attest.c
ee-launcher_SRC += host-launcher/cli/common.c
ee-launcher_SRC += host-launcher/cli/doctor.c
ee-launcher_SRC += host-launcher/cli/guestconfig.c
ee-launcher_SRC += host-launcher/cli/host.c
ee-launcher_SRC += host-launcher/cli/job.c
ee-launcher_SRC += host-launcher/cli/list.c
ee-launcher_SRC += host-launcher/cli/logs.c
ee-launcher_SRC += host-launcher/cli/metadata_serve.c
ee-launcher_SRC += host-launcher/cli/run.c
ee-launcher_SRC += host-launcher/cli/session.c
ee-launcher_SRC += host-launcher/cli/sim_pki.c
ee-launcher_SRC += host-launcher/cli/stop.c
ee-launcher_SRC += host-launcher/cli/trust.c

# The control plane: all but its command line is linked into its tests, too.
PROGRAMS += ee-cp
ee-cp_SRC := host-launcher/plane/main.c
HOST_LIB += host-launcher/plane/api.c
HOST_LIB += host-launcher/plane/attempt.c
HOST_LIB += host-launcher/plane/register.c
HOST_LIB += host-launcher/plane/schema.c
HOST_LIB += host-launcher/plane/store.c
HOST_LIB += host-launcher/plane/store_agent.c
HOST_LIB += host-launcher/plane/store_release.c
HOST_LIB += host-launcher/plane/token.c
HOST_LIB += host-launcher/plane/trust.c
HOST_LIB += host-launcher/plane/verb_serve.c
HOST_LIB += host-launcher/plane/verb_store.c
UNIT_HOST += test_plane
UNIT_HOST += test_plane_api
UNIT_HOST += test_store
UNIT_HOST += test_trust

# The paper exchange.
PROGRAMS += ee-paper
ee-paper_SRC := host-launcher/paper/main.c
HOST_LIB += host-launcher/paper/engine.c
HOST_LIB += host-launcher/paper/engine_find.c
HOST_LIB += host-launcher/paper/market.c
HOST_LIB += host-launcher/paper/paper.c
HOST_LIB += host-launcher/paper/paper_private.c
HOST_LIB += host-launcher/paper/paper_public.c
UNIT_HOST += test_engine
UNIT_HOST += test_mm_run
UNIT_HOST += test_paper
