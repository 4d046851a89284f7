/* fakeparts.h - what the two files of the fake platform share. */
#ifndef TESTS_PEERS_FAKEPARTS_H
#define TESTS_PEERS_FAKEPARTS_H

#include "tests/peers/fakequote.h"

/* Exits with `what` unless cond holds. */
void fake_must(bool cond, const char *what);

/* Raw signature over the SHA-256 of the bytes. */
void fake_sign(const struct p256_key *k, struct slice what,
	       uint8_t sig[static P256_SIG_LEN]);

/* Appends a certificate in PEM; its DER is kept in f->cert_der. */
void fake_put_cert(struct wr *pem, struct fake *f, const struct fake_cert *c,
		   enum fake_place place);

/* Whether the one change of f is of this part, at this stage, in this place. */
bool fake_edits(const struct fake *f, enum fake_part part,
		enum fake_stage stage, enum fake_place place);

/* Makes the change in what w holds from `from` on. */
void fake_change(struct wr *w, size_t from, const struct fake_edit *e);

/* TCB info, QE identity, then the bundle. */
void fake_build_collateral(struct fake *f);
#endif
