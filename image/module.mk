# image: the kernels with /init in them, the disks, and what a release is.
PROGRAMS += mkdisk
mkdisk_SRC := image/fat.c image/gpt.c image/mkdisk.c
CHECKS += tests/integration/disk.sh
CHECKS += tests/integration/release.sh
CHECKS += tests/integration/sources.sh
CHECK_DEPS += $(B)/bin/mkdisk $(B)/init.map $(B)/udhcpc.map $(B)/peers/tdquote
# Shell tests find the programs there.
export B

KERNEL_DEPS := image/kernel.sh image/tools.sh image/sources.lock \
	kernel-config/check.sh kernel-config/tsm_sim.c \
	$(wildcard kernel-config/*.config kernel-config/patches/*.patch) \
	$(wildcard kernel-config/patches/sim/*.patch)

# One line each: flavour, folder. debug is for people: `make build/debug/...`.
define kernel
$(2)/BOOTX64.EFI: $(B)/initramfs.cpio $(KERNEL_DEPS)
	$$(Q)image/kernel.sh $(1) $$< $$@
$(2)/ee-appliance.raw: $(2)/BOOTX64.EFI $(B)/bin/mkdisk
	$$(Q)$(B)/bin/mkdisk $$< $$@
endef
$(eval $(call kernel,production,$(B)))
$(eval $(call kernel,sim,$(B)/sim))
$(eval $(call kernel,debug,$(B)/debug))

# What Google's import takes: disk.raw in an oldgnu tar, sparse. The holes are
# looked for in the bytes, since file systems have their own idea of holes.
$(B)/ee-appliance-gcp.tar.gz: $(B)/ee-appliance.raw
	$(Q)LC_ALL=C tar --format=oldgnu --sparse --hole-detection=raw \
		--mtime=@0 --owner=0 --group=0 --numeric-owner --mode=0644 \
		--transform='s/.*/disk.raw/' -C $(<D) -cf - $(<F) | gzip -n9 >$@

# Whether this is a release is looked at anew each time, and written only when
# the answer is another one.
$(B)/release.json: $(B)/BOOTX64.EFI FORCE
	$(Q)image/status.sh >$@.tmp
	$(Q)cmp -s $@.tmp $@ && rm $@.tmp || mv $@.tmp $@
FORCE:

REFERENCE_DEPS := $(B)/bin/ee-measure image/reference.sh
$(B)/measurements.json: $(B)/ee-appliance.raw $(B)/ee-appliance-gcp.tar.gz \
		$(B)/release.json $(REFERENCE_DEPS)
	$(Q)image/reference.sh production $(B) $(B)/bin
$(B)/sim/measurements.json: $(B)/sim/ee-appliance.raw $(REFERENCE_DEPS)
	$(Q)image/reference.sh sim $(B)/sim $(B)/bin

IMAGE_FILES := $(B)/BOOTX64.EFI $(B)/ee-appliance.raw \
	$(B)/ee-appliance-gcp.tar.gz $(B)/release.json $(B)/measurements.json
SIM_FILES := $(B)/sim/BOOTX64.EFI $(B)/sim/ee-appliance.raw \
	$(B)/sim/measurements.json

image: $(IMAGE_FILES) image-sim ## build the image: EFI binary, disk, GCE archive
	@image/summary.sh $(B)
image-sim: $(SIM_FILES) ## build the image with the simulated TDX module
kernel: ## compile both kernels into the cache, without any /init
	@image/kernel.sh --prepare sim
lock: ## pin what the archive and this machine have now; show the difference
	@image/lock.sh
release: ## make a signed release: VERSION=1.2.3 KEY=private.pem
	@image/release.sh $(B)
reproduce: ## build twice, under other conditions, or RELEASE=measurements.json
	@image/reproduce.sh $(B)
.PHONY: image image-sim kernel lock release reproduce FORCE
