/* The tests of test_ecdsa.c once more, over the code that processors without
 * carry intrinsics run: it stands here in the library's place. */
#define ECDSA_PORTABLE
#include "measure/lib/ecdsa.c"
#include "tests/unit/test_ecdsa.c"
