# kernel-config: fragments and patches; image/kernel.sh builds with them.
CHECKS += tests/integration/kernel-config.sh
