# What recomputes and verifies measurements, and the program around it.
MEASURE_LIB += measure/lib/collateral.c
MEASURE_LIB += measure/lib/crl.c
MEASURE_LIB += measure/lib/der.c
MEASURE_LIB += measure/lib/eventlist.c
MEASURE_LIB += measure/lib/fat.c
MEASURE_LIB += measure/lib/gcp.c
MEASURE_LIB += measure/lib/gpt.c
MEASURE_LIB += measure/lib/hob.c
MEASURE_LIB += measure/lib/mrtd.c
MEASURE_LIB += measure/lib/pck.c
MEASURE_LIB += measure/lib/pe.c
MEASURE_LIB += measure/lib/policy.c
MEASURE_LIB += measure/lib/predict.c
MEASURE_LIB += measure/lib/quote.c
MEASURE_LIB += measure/lib/reference.c
MEASURE_LIB += measure/lib/rtmr0.c
MEASURE_LIB += measure/lib/rtmr1.c
MEASURE_LIB += measure/lib/tcb.c
MEASURE_LIB += measure/lib/tcb_eval.c
MEASURE_LIB += measure/lib/tdvf.c
MEASURE_LIB += measure/lib/verdict.c
MEASURE_LIB += measure/lib/verify.c
MEASURE_LIB += measure/lib/verify_policy.c
MEASURE_LIB += measure/lib/x509.c

PROGRAMS += ee-measure
ee-measure_SRC := measure/cli/cli.c
ee-measure_SRC += measure/cli/file.c
ee-measure_SRC += measure/cli/image.c
ee-measure_SRC += measure/cli/input.c
ee-measure_SRC += measure/cli/main.c
ee-measure_SRC += measure/cli/mrtd.c
ee-measure_SRC += measure/cli/reference.c

UNIT_HOST += test_fixture_quotes
