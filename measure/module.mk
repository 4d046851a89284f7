# What recomputes and verifies measurements, and the program around it.
MEASURE_LIB += measure/lib/eventlist.c
MEASURE_LIB += measure/lib/mrtd.c
MEASURE_LIB += measure/lib/tdvf.c

