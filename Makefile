# One graph, no recursion: every folder's module.mk adds its sources, programs
# and tests to the lists below. Artefacts go to $(B) only. `make help`.
B ?= build
V ?= 0
Q := $(if $(filter 1,$(V)),,@)
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/ee-appliance
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.SECONDARY:
.DELETE_ON_ERROR:
# A make below another one shares its jobs.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(or $(EE_JOBS),$(shell nproc))
endif

# ---- toolchain and flags
# TP is the folder with BearSSL and cJSON, built once into the cache.
NO_TP_GOALS := help deps clean
# What has to be installed first: for tests and the demo more than for a build.
DEPS := $(if $(filter check demo bench release reproduce,$(MAKECMDGOALS)),all,build)
DEPS += $(if $(filter fuzz fuzz-keep,$(MAKECMDGOALS)),fuzz)
ifneq ($(filter-out $(NO_TP_GOALS),$(MAKECMDGOALS)),)
TP := $(shell image/deps.sh $(DEPS) && image/libs.sh)
ifeq ($(TP),)
$(error the libraries could not be built; see the message above)
endif
endif

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wformat=2 -Wundef -Wcast-qual \
	-Wswitch-enum -Wimplicit-fallthrough -Wno-overlength-strings -Werror
BASE := -std=c11 -g -D_GNU_SOURCE $(WARN) -MMD -MP -isystem $(TP)/include \
	-ffunction-sections -fdata-sections
HARD := -fstack-protector-strong -D_FORTIFY_SOURCE=2
# What is read before it is written holds a pattern that no test survives.
SANF := -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer -ftrivial-auto-var-init=pattern
# Kernel headers for musl-gcc, which has none of its own.
KHDR := $(B)/khdr

# Each variant has its compiler, its flags and its copy of the libraries:
#   musl  guest programs, and unit tests as they run in the guest
#   gcc   host programs
#   san   unit tests and replays under ASan and UBSan
#   clang the same for libFuzzer, which says where an input led
#   cov   replays that count lines, for `make fuzz` to report
VARIANTS := musl gcc san clang cov
musl_CC := musl-gcc
musl_FLAGS := $(BASE) -O2 -fstack-protector-strong -isystem $(KHDR) \
	-ffile-prefix-map=$(CURDIR)/= -fno-pie
musl_LIBS = $(TP)/musl/libbearssl.a $(TP)/musl/libcjson.a
musl_LINK := -static -no-pie -Wl,--gc-sections -Wl,--build-id=none
gcc_CC := gcc
gcc_FLAGS := $(BASE) -O2 $(HARD) -fPIE
gcc_LIBS = $(TP)/gcc/libbearssl.a $(TP)/gcc/libcjson.a -lsqlite3
gcc_LINK := -pie -Wl,-z,relro,-z,now -Wl,--gc-sections
san_CC := gcc
san_FLAGS := $(BASE) -O1 $(SANF)
san_LIBS = $(gcc_LIBS)
san_LINK := $(SANF)
clang_CC := clang
# Warnings are gcc's, on the same sources.
clang_FLAGS := $(filter-out $(WARN),$(BASE)) -O1 $(SANF) \
	-fsanitize=fuzzer-no-link
clang_LIBS = $(gcc_LIBS)
clang_LINK := $(SANF) -fsanitize=fuzzer
cov_CC := clang
cov_FLAGS := $(filter-out $(WARN),$(BASE)) -O1 -fprofile-instr-generate \
	-fcoverage-mapping
cov_LIBS = $(gcc_LIBS)
cov_LINK := -fprofile-instr-generate -fcoverage-mapping

# The layer rule: which include paths a folder is compiled with. Guest code sees
# guest/ only; measure sees guest/ and the tree; and so on upwards.
inc_guest := -Iguest
inc_measure := -Iguest -I.
inc_host-launcher := -Iguest -I.
inc_tests := -Iguest -I.
inc_initramfs := -Iguest -I.
inc_image := -Iguest -I.
inc_of = $(inc_$(firstword $(subst /, ,$(1))))

# ---- lists that module.mk files add to
GUEST_LIB :=	# guest/lib/*.c, by hand
GUEST_SYS :=	# guest/sys/*.c, by hand
GUEST_INIT :=	# the rest of /init, by hand
MEASURE_LIB :=	# measure/lib/*.c
MEASURE_NET :=	# measure/net/*.c, in libhost.a: nothing in a guest asks the net so
HOST_LIB :=	# host-launcher/{lib,vm}/*.c shared by the host programs
PROGRAMS :=	# host programs: NAME; each sets NAME_SRC
UNIT_BOTH :=	# unit tests that run as san and as musl (guest, measure)
UNIT_HOST :=	# unit tests that run as san only (they need host libraries)
FUZZ :=		# fuzz targets: tests/fuzz/fuzz_NAME.c, corpus in corpus/NAME
TEST_LIB :=	# tests/peers/*.c that unit tests share
HEADERS_SKIP :=	# headers that check-layers need not compile alone
CHECKS :=	# further TAP programs (paths) that `make check` runs, in order
CHECK_DEPS :=	# what those need to be built first
BENCHES :=	# tests/bench/NAME.c, programs that `make bench` runs

include guest/module.mk
include measure/module.mk
include host-launcher/module.mk
include initramfs/module.mk
include kernel-config/module.mk
include image/module.mk
include tests/module.mk

# ---- rules
$(KHDR)/.done:
	$(Q)mkdir -p $(KHDR)
	$(Q)ln -sfn /usr/include/linux $(KHDR)/linux
	$(Q)ln -sfn /usr/include/asm-generic $(KHDR)/asm-generic
	$(Q)ln -sfn /usr/include/x86_64-linux-gnu/asm $(KHDR)/asm
	$(Q)touch $@

define variant
$(B)/$(1)/%.o: %.c $(KHDR)/.done
	$$(Q)mkdir -p $$(@D)
	$$(if $$(filter 1,$$(V)),,@echo "  CC $(1) $$<")
	$$(Q)$$($(1)_CC) $$($(1)_FLAGS) $$(call inc_of,$$<) -c $$< -o $$@
$(B)/$(1)/libguest.a: $$(GUEST_LIB:%.c=$(B)/$(1)/%.o) \
		$$(GUEST_SYS:%.c=$(B)/$(1)/%.o) $$(GUEST_INIT:%.c=$(B)/$(1)/%.o)
$(B)/$(1)/libmeasure.a: $$(MEASURE_LIB:%.c=$(B)/$(1)/%.o)
$(B)/$(1)/libhost.a: $$(HOST_LIB:%.c=$(B)/$(1)/%.o) \
		$$(MEASURE_NET:%.c=$(B)/$(1)/%.o)
$(B)/$(1)/libtest.a: $$(TEST_LIB:%.c=$(B)/$(1)/%.o)
$(B)/$(1)/%.a:
	$$(Q)mkdir -p $$(@D) && rm -f $$@
	$$(Q)ar rcsD $$@ $$^
endef
$(foreach v,$(VARIANTS),$(eval $(call variant,$(v))))

# Host programs: $(B)/bin/NAME from NAME_SRC and the libraries.
define program
$(B)/bin/$(1): $$($(1)_SRC:%.c=$(B)/gcc/%.o) $(B)/gcc/libhost.a \
		$(B)/gcc/libmeasure.a $(B)/gcc/libguest.a
	$$(Q)mkdir -p $$(@D)
	$$(if $$(filter 1,$$(V)),,@echo "  LD $$@")
	$$(Q)gcc $$(gcc_LINK) -o $$@ $$^ $$(gcc_LIBS)
endef
$(foreach p,$(PROGRAMS),$(eval $(call program,$(p))))

$(B)/unit/%.san: $(B)/san/tests/unit/%.o $(B)/san/libtest.a \
		$(B)/san/libhost.a $(B)/san/libmeasure.a $(B)/san/libguest.a
	$(Q)mkdir -p $(@D)
	$(Q)gcc $(san_LINK) -o $@ $^ $(san_LIBS)
$(B)/unit/%.musl: $(B)/musl/tests/unit/%.o $(B)/musl/libtest.a \
		$(B)/musl/libmeasure.a $(B)/musl/libguest.a
	$(Q)mkdir -p $(@D)
	$(Q)musl-gcc $(musl_LINK) -o $@ $^ $(musl_LIBS)
$(B)/fuzz/replay_%: $(B)/san/tests/fuzz/fuzz_%.o $(B)/san/tests/fuzz/driver.o \
		$(B)/san/libhost.a $(B)/san/libmeasure.a $(B)/san/libguest.a
	$(Q)mkdir -p $(@D)
	$(Q)gcc $(san_LINK) -o $@ $^ $(san_LIBS)
$(B)/fuzz/fuzz_%: $(B)/clang/tests/fuzz/fuzz_%.o $(B)/clang/libhost.a \
		$(B)/clang/libmeasure.a $(B)/clang/libguest.a
	$(Q)mkdir -p $(@D)
	$(Q)clang $(clang_LINK) -o $@ $^ $(clang_LIBS)
$(B)/fuzz/cov_%: $(B)/cov/tests/fuzz/fuzz_%.o $(B)/cov/tests/fuzz/driver.o \
		$(B)/cov/libhost.a $(B)/cov/libmeasure.a $(B)/cov/libguest.a
	$(Q)mkdir -p $(@D)
	$(Q)clang $(cov_LINK) -o $@ $^ $(cov_LIBS)

UNIT_PROGS := $(UNIT_BOTH:%=$(B)/unit/%.san) $(UNIT_BOTH:%=$(B)/unit/%.musl) \
	$(UNIT_HOST:%=$(B)/unit/%.san)
FUZZ_PROGS := $(FUZZ:%=$(B)/fuzz/replay_%)

# ---- entry points (the text after ## is `make help`)
help: ## list the targets
	@grep -hE '^[a-z][a-z-]*:.*##' $(MAKEFILE_LIST) | \
		sed -E 's/^([a-z-]+):.*## ?/\1|/' | \
		awk -F'|' '{ printf "  %-14s %s\n", $$1, $$2 }'
deps: ## install the Debian packages that are missing (root or sudo)
	@image/deps.sh all
programs: $(PROGRAMS:%=$(B)/bin/%) ## build the host programs
unit: $(UNIT_PROGS) $(FUZZ_PROGS) ## build and run the unit tests and replays
	@tests/run.sh $(B)/log/unit $(UNIT_PROGS) $(FUZZ_PROGS)
check: check-layers $(UNIT_PROGS) $(FUZZ_PROGS) $(CHECK_DEPS) ## install what is missing, build, run every test
	@EE_BIN=$(B)/bin tests/run.sh $(B)/log $(UNIT_PROGS) $(FUZZ_PROGS) \
		$(CHECKS)
demo: $(PROGRAMS:%=$(B)/bin/%) $(B)/bin/mkdisk image-sim ## run the main job for real and print what it proves
	@host-launcher/demo.sh $(B)
bench: $(PROGRAMS:%=$(B)/bin/%) image $(BENCHES:%=$(B)/bench/%) ## measure beside references; writes bench.json
	@tests/bench/bench.py $(B)
clean: ## remove the build folder (the cache stays)
	rm -rf $(B)
.PHONY: help deps programs unit check demo bench clean

-include $(shell find $(B) -name reproduce -prune -o -name '*.d' -type f -print \
	2>/dev/null)
