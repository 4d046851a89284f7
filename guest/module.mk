# What runs inside the TD. Every object of /init is named here by hand.
GUEST_LIB += guest/lib/bytes.c
GUEST_LIB += guest/lib/cert.c
GUEST_LIB += guest/lib/der.c
GUEST_LIB += guest/lib/digest.c
GUEST_LIB += guest/lib/err.c
GUEST_LIB += guest/lib/http1.c
GUEST_LIB += guest/lib/http1_grammar.c
GUEST_LIB += guest/lib/http1_write.c
GUEST_LIB += guest/lib/json.c
GUEST_LIB += guest/lib/json_scan.c
GUEST_LIB += guest/lib/json_write.c
GUEST_LIB += guest/lib/p256.c
GUEST_LIB += guest/lib/pem.c
GUEST_LIB += guest/lib/reason.c
GUEST_LIB += guest/lib/rng.c
GUEST_LIB += guest/lib/sock.c
GUEST_LIB += guest/lib/text.c
GUEST_LIB += guest/lib/tls.c
GUEST_LIB += guest/lib/tls_trust.c

GUEST_INIT += guest/jobs/job.c
GUEST_INIT += guest/jobs/wire.c

UNIT_BOTH += test_bytes
UNIT_BOTH += test_cert
UNIT_BOTH += test_digest
UNIT_BOTH += test_http1
UNIT_BOTH += test_job_wire
UNIT_BOTH += test_json
UNIT_BOTH += test_p256
UNIT_BOTH += test_text
