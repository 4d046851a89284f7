# kernel-config: fragments and patches; image/kernel.sh builds with them.
CHECKS += tests/integration/kernel-config.sh
CHECKS += tests/integration/kernel.sh
CHECK_DEPS += $(B)/probe $(B)/udhcpc

$(B)/probe: $(B)/musl/tests/integration/probe.o
	$(Q)musl-gcc $(musl_LINK) -o $@ $^
