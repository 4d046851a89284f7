# What runs inside the TD. Every object of /init is named here by hand.
GUEST_LIB += guest/lib/bytes.c
GUEST_LIB += guest/lib/cert.c
GUEST_LIB += guest/lib/config.c
GUEST_LIB += guest/lib/decimal.c
GUEST_LIB += guest/lib/der.c
GUEST_LIB += guest/lib/digest.c
GUEST_LIB += guest/lib/err.c
GUEST_LIB += guest/lib/hpke.c
GUEST_LIB += guest/lib/http1.c
GUEST_LIB += guest/lib/http1_grammar.c
GUEST_LIB += guest/lib/http1_write.c
GUEST_LIB += guest/lib/httpc.c
GUEST_LIB += guest/lib/json.c
GUEST_LIB += guest/lib/json_scan.c
GUEST_LIB += guest/lib/json_write.c
GUEST_LIB += guest/lib/p256.c
GUEST_LIB += guest/lib/pem.c
GUEST_LIB += guest/lib/reason.c
GUEST_LIB += guest/lib/report.c
GUEST_LIB += guest/lib/reportdata.c
GUEST_LIB += guest/lib/rng.c
GUEST_LIB += guest/lib/serve.c
GUEST_LIB += guest/lib/serve_conn.c
GUEST_LIB += guest/lib/sock.c
GUEST_LIB += guest/lib/text.c
GUEST_LIB += guest/lib/tls.c
GUEST_LIB += guest/lib/tls_trust.c

GUEST_SYS += guest/sys/broker.c
GUEST_SYS += guest/sys/child.c
GUEST_SYS += guest/sys/clock.c
GUEST_SYS += guest/sys/console.c
GUEST_SYS += guest/sys/entropy.c
GUEST_SYS += guest/sys/filter.c
GUEST_SYS += guest/sys/kfile.c
GUEST_SYS += guest/sys/lease.c
GUEST_SYS += guest/sys/metadata.c
GUEST_SYS += guest/sys/mounts.c
GUEST_SYS += guest/sys/net.c
GUEST_SYS += guest/sys/power.c
GUEST_SYS += guest/sys/rtmr.c
GUEST_SYS += guest/sys/tsm.c

GUEST_INIT += guest/agent/api.c
GUEST_INIT += guest/agent/job_json.c
GUEST_INIT += guest/agent/jobs.c
GUEST_INIT += guest/agent/keys.c
GUEST_INIT += guest/agent/link.c
GUEST_INIT += guest/agent/main.c
GUEST_INIT += guest/agent/plane.c
GUEST_INIT += guest/agent/quotes.c
GUEST_INIT += guest/agent/register.c
GUEST_INIT += guest/agent/reports.c
GUEST_INIT += guest/agent/start.c
GUEST_INIT += guest/init/boot.c
GUEST_INIT += guest/init/dhcp.c
GUEST_INIT += guest/init/ended.c
GUEST_INIT += guest/init/hook.c
GUEST_INIT += guest/init/init.c
GUEST_INIT += guest/init/quoter.c
GUEST_INIT += guest/init/slots.c
GUEST_INIT += guest/init/supervise.c
GUEST_INIT += guest/jobs/job.c
GUEST_INIT += guest/jobs/main.c
GUEST_INIT += guest/jobs/market_making/intent.c
GUEST_INIT += guest/jobs/market_making/ledger.c
GUEST_INIT += guest/jobs/market_making/orders.c
GUEST_INIT += guest/jobs/market_making/params.c
GUEST_INIT += guest/jobs/market_making/plan.c
GUEST_INIT += guest/jobs/market_making/run.c
GUEST_INIT += guest/jobs/market_making/strategy.c
GUEST_INIT += guest/jobs/venues/binance.c
GUEST_INIT += guest/jobs/venues/binance_parse.c
GUEST_INIT += guest/jobs/wire.c

FUZZ += broker
FUZZ += config
FUZZ += jobs
FUZZ += json
FUZZ += lease
FUZZ += report
FUZZ += start
FUZZ += text

CHECKS += tests/integration/agent.sh
CHECKS += tests/integration/guest-boot.sh
CHECK_DEPS += $(B)/initramfs.cpio

CHECK_DEPS += $(B)/bin/ee-cp $(B)/bin/ee-measure $(B)/bin/ee-paper
CHECK_DEPS += $(B)/peers/regclient $(B)/peers/sealer $(B)/peers/simagent

UNIT_BOTH += test_api
UNIT_BOTH += test_broker
UNIT_BOTH += test_binance
UNIT_BOTH += test_bytes
UNIT_BOTH += test_cert
UNIT_BOTH += test_child
UNIT_BOTH += test_clock
UNIT_BOTH += test_config
UNIT_BOTH += test_console
UNIT_BOTH += test_decimal
UNIT_BOTH += test_der
UNIT_BOTH += test_digest
UNIT_BOTH += test_filter
UNIT_BOTH += test_hpke
UNIT_BOTH += test_http1
UNIT_BOTH += test_httpc
UNIT_BOTH += test_init
UNIT_BOTH += test_intent
UNIT_BOTH += test_job_wire
UNIT_BOTH += test_jobs
UNIT_BOTH += test_json
UNIT_BOTH += test_lease
UNIT_BOTH += test_metadata
UNIT_BOTH += test_net
UNIT_BOTH += test_market_making
UNIT_BOTH += test_mm_orders
UNIT_BOTH += test_p256
UNIT_BOTH += test_quotes
UNIT_BOTH += test_register
UNIT_BOTH += test_report
UNIT_BOTH += test_reportdata
UNIT_BOTH += test_reports
UNIT_BOTH += test_rng
UNIT_BOTH += test_serve
UNIT_BOTH += test_serve_slots
UNIT_BOTH += test_start
UNIT_BOTH += test_text
UNIT_BOTH += test_tls
UNIT_BOTH += test_tsm

# The clock is never before this: the date of the newest pinned source, a file
# and not the time of the build, so that two builds are one.
EE_BUILD_EPOCH := $(shell cat image/epoch)
BOOT_O := $(foreach v,$(VARIANTS),$(B)/$(v)/guest/init/boot.o)
$(BOOT_O): image/epoch
$(foreach v,$(VARIANTS),$(eval $(BOOT_O): $(v)_FLAGS += \
	-DEE_BUILD_EPOCH=$(EE_BUILD_EPOCH)u))

# /init itself: static, no interpreter, no dynamic section, stripped; from the
# objects named above and the two libraries, not from an archive of ours.
INIT_OBJ := $(GUEST_LIB:%.c=$(B)/musl/%.o) $(GUEST_SYS:%.c=$(B)/musl/%.o) \
	$(GUEST_INIT:%.c=$(B)/musl/%.o)
$(B)/init: $(B)/init.debug
	$(Q)strip --strip-all -R .comment -R .note.gnu.property -o $@ $<
$(B)/init.debug $(B)/init.map &: $(INIT_OBJ) guest/init.ld
	$(if $(filter 1,$(V)),,@echo "  LD $(B)/init.debug")
	$(Q)musl-gcc $(musl_LINK) -Wl,-z,noexecstack -Wl,-T,guest/init.ld \
		-Wl,-Map=$(B)/init.map -o $(B)/init.debug $(INIT_OBJ) $(musl_LIBS)
init: $(B)/init ## build the guest's one program
check-layers: $(B)/init ## check the include rules, headers and /init's form
	@EE_CPP='-isystem $(TP)/include' EE_KHDR=$(KHDR) \
		EE_HEADERS_SKIP='$(HEADERS_SKIP)' tests/layers.sh $< $(INIT_OBJ) \
		$(MEASURE_LIB:%.c=$(B)/musl/%.o)
.PHONY: init check-layers
