# Host programs: the launcher (cli, vm), the control plane (plane) and the paper
# exchange (paper). lib and vm are linked into all of them.
HOST_LIB += host-launcher/lib/args.c
HOST_LIB += host-launcher/lib/exit.c
HOST_LIB += host-launcher/lib/file.c
HOST_LIB += host-launcher/lib/log.c
HOST_LIB += host-launcher/lib/proc.c

UNIT_HOST += test_args
UNIT_HOST += test_hostfile

HOST_LIB += host-launcher/plane/schema.c
HOST_LIB += host-launcher/plane/store.c
HOST_LIB += host-launcher/plane/store_agent.c
UNIT_HOST += test_store
