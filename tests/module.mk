# tests

# The HTTP parser against another one, which only this test links.
UNIT_HOST += test_http1_diff
UNIT_HOST += test_tls_interop
$(B)/unit/test_http1_diff.san: san_LIBS += -lhttp_parser

UNIT_BOTH += test_faults
UNIT_BOTH += test_verify_origin
TEST_LIB += tests/peers/faults.c
TEST_LIB += tests/peers/faults_cert.c
TEST_LIB += tests/peers/faults_chain.c
TEST_LIB += tests/peers/faults_crl.c
TEST_LIB += tests/peers/faults_identity.c
TEST_LIB += tests/peers/faults_info.c
TEST_LIB += tests/peers/faults_issuer.c
TEST_LIB += tests/peers/faults_policy.c
TEST_LIB += tests/peers/faults_quote.c
TEST_LIB += tests/peers/faults_sgx.c
TEST_LIB += tests/peers/faults_status.c
TEST_LIB += tests/peers/faults_token.c

FUZZ += http1
FUZZ += paper
FUZZ += venue

# The host's daemons as processes.
CHECKS += tests/integration/badvenue.sh
CHECKS += tests/integration/ccxt.sh
CHECKS += tests/integration/cp.sh
CHECKS += tests/integration/cp_collateral.py
CHECKS += tests/integration/cp_ita.py
CHECKS += tests/integration/differential.py
CHECKS += tests/integration/faults.py
CHECKS += tests/integration/powercut.sh
CHECKS += tests/integration/verdict.py
CHECKS += tests/integration/verdicts.py
CHECK_DEPS += $(B)/bin/ee-cp $(B)/bin/ee-paper
CHECK_DEPS += $(B)/peers/jobdrive $(B)/peers/regclient
CHECK_DEPS += $(B)/peers/fakecases.san $(B)/peers/faultbook.san \
	$(B)/peers/verdicts.san

# The images in machines.
CHECKS += tests/integration/vm.sh
CHECK_DEPS += $(IMAGE_FILES) $(SIM_FILES)

# Peers: programs that only tests use, $(B)/peers/NAME from tests/peers/NAME.c.
$(B)/peers/%: $(B)/gcc/tests/peers/%.o $(B)/gcc/libhost.a \
		$(B)/gcc/libmeasure.a $(B)/gcc/libguest.a
	$(Q)mkdir -p $(@D)
	$(Q)gcc $(gcc_LINK) -o $@ $^ $(gcc_LIBS)

# The same under the sanitizers, $(B)/peers/NAME.san.
$(B)/peers/%.san: $(B)/san/tests/peers/%.o $(B)/san/libtest.a \
		$(B)/san/libmeasure.a $(B)/san/libguest.a
	$(Q)mkdir -p $(@D)
	$(Q)gcc $(san_LINK) -o $@ $^ $(san_LIBS)

# Minutes, and libssl-dev: not a part of `make check`.
$(B)/peers/ecdsa_diff: gcc_LIBS += -lcrypto
ecdsa-diff: $(B)/peers/ecdsa_diff ## compare our P-256 with OpenSSL's, a million times
	$< 1000000 $(or $(SEED),1)
.PHONY: ecdsa-diff

faults: $(B)/peers/faultbook.san ## write the table of faults in SECURITY.md
	$< >$(B)/faults.md
	sed -i -e '/^<!-- faults:/r $(B)/faults.md' \
		-e '/^<!-- faults:/,/^<!-- end of faults/{/^<!-- /!d}' \
		SECURITY.md
.PHONY: faults

# Minutes: the same as a part of `make check`, with more mutations.
differential: $(B)/peers/fakecases.san $(B)/peers/faultbook.san $(B)/peers/verdicts.san ## compare verdicts with dcap-qvl's on N mutations
	EE_BIN=$(B)/bin tests/integration/differential.py $(or $(N),20000) \
		$(or $(SEED),1)
.PHONY: differential

# Hours: what a verification reads from outside, each for 10 minutes of CPU.
FUZZ_LONG := eventlog pe gpt tdvf jwt jwks crl x509 sgx_extension quote
FUZZ_LONG += qe_identity tcb_info policy
FUZZ_NOW := $(or $(TARGETS),$(FUZZ_LONG))
fuzz: $(FUZZ_NOW:%=$(B)/fuzz/fuzz_%) $(FUZZ_NOW:%=$(B)/fuzz/cov_%) ## libFuzzer on TARGETS, CPU seconds each; writes fuzz.txt
	tests/fuzz/fuzz.py run $(B) $(or $(CPU),600) $(FUZZ_NOW)
# These get a mutator that knows what DER is.
FUZZ_DER := crl sgx_extension x509
$(FUZZ_DER:%=$(B)/fuzz/fuzz_%): $(B)/clang/tests/fuzz/mutate_der.o
fuzz-keep: $(FUZZ_NOW:%=$(B)/fuzz/fuzz_%) ## keep some of the inputs that `make fuzz` has grown
	tests/fuzz/fuzz.py keep $(B) $(FUZZ_NOW)
.PHONY: fuzz fuzz-keep

# Benchmarks, $(B)/bench/NAME from tests/bench/NAME.c.
BENCHES += explain_bench
BENCHES += verify_bench
bench: $(B)/peers/regclient
# It counts the verifications, so all calls from other files lead to it.
$(B)/bench/verify_bench: gcc_LINK += -Wl,--wrap=ecdsa_verify \
	-Wl,--wrap=ecdsa_verify_der
$(B)/bench/%: $(B)/gcc/tests/bench/%.o $(B)/gcc/libhost.a \
		$(B)/gcc/libmeasure.a $(B)/gcc/libguest.a
	$(Q)mkdir -p $(@D)
	$(Q)gcc $(gcc_LINK) -o $@ $^ $(gcc_LIBS)
