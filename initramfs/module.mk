# initramfs: mkcpio, busybox's DHCP client, and the archive itself.
PROGRAMS += mkcpio
mkcpio_SRC := initramfs/cpio.c initramfs/mkcpio.c
CHECKS += tests/integration/initramfs.sh
CHECK_DEPS += $(B)/bin/mkcpio

$(B)/udhcpc $(B)/udhcpc.map &: initramfs/busybox.sh initramfs/busybox.config \
		image/sources.lock
	$(Q)mkdir -p $(B)
	$(Q)initramfs/busybox.sh $(B)/udhcpc

# The same archive goes into every kernel.
$(B)/initramfs.cpio: initramfs/files.txt $(B)/bin/mkcpio $(B)/init $(B)/udhcpc
	$(Q)$(B)/bin/mkcpio $< $@ init=$(B)/init udhcpc=$(B)/udhcpc
