# tests

# The HTTP parser against another one, which only this test links.
UNIT_HOST += test_http1_diff
UNIT_HOST += test_tls_interop
$(B)/unit/test_http1_diff.san: san_LIBS += -lhttp_parser

FUZZ += http1
