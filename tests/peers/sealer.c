/* sealer - completes a request that starts a job: seals the credentials to the
 * agent's key. For tests that play an operator without the launcher.
 *
 *   sealer SEAL_PUBLIC_KEY_B64 REQUEST CREDENTIALS > BODY
 *
 * REQUEST is the canonical request without credentials, CREDENTIALS the
 * plaintext; both are files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host-launcher/lib/file.h"
#include "lib/digest.h"
#include "lib/hpke.h"
#include "lib/proto.h"
#include "lib/rng.h"
#include "lib/text.h"

enum {
	INPUT_MAX = 16 * 1024
};

static void check(const char *what, enum err e)
{
	if (e == ERR_OK)
		return;
	fprintf(stderr, "sealer: %s: %s\n", what, err_text(e));
	exit(4);
}

int main(int argc, char **argv)
{
	static uint8_t sealed[2 * INPUT_MAX], body[4 * INPUT_MAX];
	uint8_t pub[HPKE_KEY_LEN], enc[HPKE_ENC_LEN], aad[SHA384_LEN];
	struct wr key = wr_over(pub, sizeof pub);
	struct wr ct = wr_over(sealed, sizeof sealed);
	struct wr w = wr_over(body, sizeof body);
	struct buf request = { 0 }, plain = { 0 };
	struct rng rng;

	if (argc != 4) {
		fputs("usage: sealer KEY REQUEST CREDENTIALS\n", stderr);
		return 2;
	}
	check("key", b64_decode(str_slice(argv[1]), &key));
	check(argv[2], file_read(argv[2], INPUT_MAX, &request));
	check(argv[3], file_read(argv[3], INPUT_MAX, &plain));
	check("entropy", rng_system(&rng));
	sha384(buf_slice(&request), aad);
	check("seal", hpke_seal(rng_prng(&rng), pub, str_slice(SEAL_INFO),
				(struct slice){ aad, sizeof aad },
				buf_slice(&plain), enc, &ct));
	/* {"a":1} becomes {"a":1,"credentials":{...}} */
	wr_bytes(&w, (struct slice){ request.ptr, request.len - 1 });
	wr_str(&w, ",\"credentials\":{\"ciphertext\":\"");
	wr_b64(&w, wr_slice(&ct));
	wr_str(&w, "\",\"enc\":\"");
	wr_b64(&w, (struct slice){ enc, sizeof enc });
	wr_str(&w, "\"}}\n");
	check("body", wr_end(&w));
	fwrite(body, 1, w.len, stdout);
	return 0;
}
