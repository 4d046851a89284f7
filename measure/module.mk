# What recomputes and verifies measurements, and the program around it.
MEASURE_LIB += measure/lib/boot.c
MEASURE_LIB += measure/lib/bzimage.c
MEASURE_LIB += measure/lib/collateral.c
MEASURE_LIB += measure/lib/crl.c
MEASURE_LIB += measure/lib/der_read.c
MEASURE_LIB += measure/lib/ecdsa.c
MEASURE_LIB += measure/lib/endorsement.c
MEASURE_LIB += measure/lib/endorsement_known.c
MEASURE_LIB += measure/lib/endorsement_verify.c
MEASURE_LIB += measure/lib/dsse.c
MEASURE_LIB += measure/lib/dsse_key.c
MEASURE_LIB += measure/lib/eventlist.c
MEASURE_LIB += measure/lib/eventlog.c
MEASURE_LIB += measure/lib/eventlog_cel.c
MEASURE_LIB += measure/lib/eventlog_check.c
MEASURE_LIB += measure/lib/eventlog_dstack.c
MEASURE_LIB += measure/lib/eventlog_path.c
MEASURE_LIB += measure/lib/eventlog_tcg.c
MEASURE_LIB += measure/lib/eventlog_text.c
MEASURE_LIB += measure/lib/explain.c
MEASURE_LIB += measure/lib/explain_diff.c
MEASURE_LIB += measure/lib/explain_known.c
MEASURE_LIB += measure/lib/explain_rank.c
MEASURE_LIB += measure/lib/explain_register.c
MEASURE_LIB += measure/lib/explain_search.c
MEASURE_LIB += measure/lib/explain_segment.c
MEASURE_LIB += measure/lib/explain_source.c
MEASURE_LIB += measure/lib/explain_world.c
MEASURE_LIB += measure/lib/fat.c
MEASURE_LIB += measure/lib/gcp.c
MEASURE_LIB += measure/lib/gpt.c
MEASURE_LIB += measure/lib/hob.c
MEASURE_LIB += measure/lib/measured.c
MEASURE_LIB += measure/lib/mrtd.c
MEASURE_LIB += measure/lib/pck.c
MEASURE_LIB += measure/lib/pe.c
MEASURE_LIB += measure/lib/platformdir.c
MEASURE_LIB += measure/lib/policy.c
MEASURE_LIB += measure/lib/policy_reference.c
MEASURE_LIB += measure/lib/predict.c
MEASURE_LIB += measure/lib/protobuf.c
MEASURE_LIB += measure/lib/quote.c
MEASURE_LIB += measure/lib/reference.c
MEASURE_LIB += measure/lib/reference_check.c
MEASURE_LIB += measure/lib/reference_make.c
MEASURE_LIB += measure/lib/reference_read.c
MEASURE_LIB += measure/lib/reference_write.c
MEASURE_LIB += measure/lib/release.c
MEASURE_LIB += measure/lib/release_recompute.c
MEASURE_LIB += measure/lib/report_check.c
MEASURE_LIB += measure/lib/rsa.c
MEASURE_LIB += measure/lib/rsa_cert.c
MEASURE_LIB += measure/lib/rsa_pss.c
MEASURE_LIB += measure/lib/rtmr0.c
MEASURE_LIB += measure/lib/rtmr0_shim.c
MEASURE_LIB += measure/lib/rtmr1.c
MEASURE_LIB += measure/lib/rtmr2.c
MEASURE_LIB += measure/lib/tcb.c
MEASURE_LIB += measure/lib/tcb_eval.c
MEASURE_LIB += measure/lib/tdvf.c
MEASURE_LIB += measure/lib/uki.c
MEASURE_LIB += measure/lib/verdict.c
MEASURE_LIB += measure/lib/verify.c
MEASURE_LIB += measure/lib/verify_policy.c
MEASURE_LIB += measure/lib/x509.c

PROGRAMS += ee-measure
# What --version prints: it is in the programs alone, not in a library, since it
# differs with every change of any source.
SOURCE_ID := measure/lib/version.c
$(B)/source-id.h: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)find guest measure host-launcher -name '*.[ch]' | LC_ALL=C sort | \
		xargs sha256sum | sha256sum | \
		sed 's/\(.*\)  -/#define EE_SOURCE_ID "\1"/' >$@.new
	$(Q)cmp -s $@.new $@ && rm $@.new || mv $@.new $@
$(B)/gcc/$(SOURCE_ID:.c=.o): $(B)/source-id.h
$(B)/gcc/$(SOURCE_ID:.c=.o): gcc_FLAGS += -include $(B)/source-id.h
source-id: $(B)/source-id.h ## print what --version of programs built now says
	@cut -d'"' -f2 $<
FORCE: ;
.PHONY: FORCE source-id

ee-measure_SRC := $(SOURCE_ID)
ee-measure_SRC += measure/cli/cli.c
ee-measure_SRC += measure/cli/eventlog.c
ee-measure_SRC += measure/cli/explain.c
ee-measure_SRC += measure/cli/explain_input.c
ee-measure_SRC += measure/cli/explain_show.c
ee-measure_SRC += measure/cli/file.c
ee-measure_SRC += measure/cli/gcp.c
ee-measure_SRC += measure/cli/gcp_match.c
ee-measure_SRC += measure/cli/gcp_print.c
ee-measure_SRC += measure/cli/gcp_quote.c
ee-measure_SRC += measure/cli/image.c
ee-measure_SRC += measure/cli/input.c
ee-measure_SRC += measure/cli/input_boot.c
ee-measure_SRC += measure/cli/main.c
ee-measure_SRC += measure/cli/mrtd.c
ee-measure_SRC += measure/cli/input_acpi.c
ee-measure_SRC += measure/cli/quote_file.c
ee-measure_SRC += measure/cli/quote_show.c
ee-measure_SRC += measure/cli/quote_verify.c
ee-measure_SRC += measure/cli/reference.c
ee-measure_SRC += measure/cli/release_input.c
ee-measure_SRC += measure/cli/release_sign.c
ee-measure_SRC += measure/cli/release_verify.c
ee-measure_SRC += measure/cli/report_verify.c
ee-measure_SRC += measure/cli/verifier.c

CHECKS += tests/integration/eventlog.py
CHECKS += tests/integration/explain.py
CHECKS += tests/integration/gcp.py
CHECKS += tests/integration/boot_path.py
CHECKS += tests/integration/measure.py
CHECKS += tests/integration/oracle.py
CHECKS += tests/integration/oracle_boot.py
CHECKS += tests/integration/release.py
CHECK_DEPS += $(B)/bin/ee-measure
CHECK_DEPS += $(B)/unit/test_report_verify.san
FUZZ += collateral
FUZZ += crl
FUZZ += endorsement
FUZZ += dsse
FUZZ += eventlog
FUZZ += fat
FUZZ += gpt
FUZZ += measured
FUZZ += pe
FUZZ += policy
FUZZ += quote
FUZZ += reference
FUZZ += tcb
FUZZ += tdvf
FUZZ += uki
FUZZ += x509
UNIT_BOTH += test_boot_path
UNIT_BOTH += test_disk
UNIT_BOTH += test_dsse
UNIT_BOTH += test_ecdsa
UNIT_BOTH += test_endorsement
UNIT_BOTH += test_eventlog
UNIT_BOTH += test_eventlog_records
UNIT_BOTH += test_eventlog_text
UNIT_BOTH += test_explain
UNIT_BOTH += test_pe
UNIT_BOTH += test_policy
UNIT_BOTH += test_predict
UNIT_BOTH += test_predict_gcp
UNIT_BOTH += test_protobuf
UNIT_BOTH += test_platformdir
UNIT_BOTH += test_quote
UNIT_BOTH += test_reference
UNIT_BOTH += test_release
UNIT_BOTH += test_report_check
UNIT_BOTH += test_report_verify
UNIT_BOTH += test_rsa
UNIT_BOTH += test_rsa_cert
UNIT_BOTH += test_tcb
UNIT_BOTH += test_tdvf
UNIT_BOTH += test_uki
UNIT_BOTH += test_verdict
UNIT_BOTH += test_verify
UNIT_BOTH += test_x509
UNIT_HOST += test_fixture_logs
UNIT_HOST += test_fixture_quotes
UNIT_HOST += test_quote_cli

TEST_LIB += measure/cli/cli.c
TEST_LIB += measure/cli/file.c
TEST_LIB += measure/cli/quote_file.c
TEST_LIB += measure/cli/quote_show.c
TEST_LIB += measure/cli/quote_verify.c
TEST_LIB += measure/cli/verifier.c
TEST_LIB += tests/peers/fakecollateral.c
TEST_LIB += tests/peers/fakequote.c
