/* corim.h - a reference in the forms that other verifiers take. Both hold what
 * binds an image on real hardware: entries of simulated machines, and entries
 * whose RTMR1 or RTMR2 is not known, are left out. RTMR3 is the instance's.
 *
 * CoRIM: an unsigned manifest (CBOR tag 501) with one CoMID (tag 506). Its id
 * and tag-id name the release; its validity is the release's. One reference
 * triple for each entry:
 *   environment  class: vendor "EasyEnclave", model "qemu, 2048 MiB, ..."
 *   measurement  mkey "mrtd": digests [[7, bytes]] (7: sha-384 of the Named
 *                Information registry)
 *   measurement  mkey "rtmr": integrity registers 0, 1, 2, as far as known
 * Source: draft-ietf-rats-corim, corim-map, concise-mid-tag and
 * measurement-values-map.
 *
 * expected_any: the list of accepted measurements that flashbots' proxies take,
 *   [{"attestation_type","measurement_id","measurements":{"mrtd":
 *     {"expected_any":[hex]},"rtmr0":...}}]
 * Registers of one record are joined by "and", values of one register by "or":
 * only entries that differ in RTMR0 alone share a record, so that no mixture is
 * accepted that is no machine. A register that is absent is not compared there.
 * Source: github.com/flashbots/attested-tls, crates/attestation/README.md. */
#ifndef MEASURE_LIB_CORIM_H
#define MEASURE_LIB_CORIM_H

#include "measure/lib/reference.h"

enum {
	CORIM_MAX_BYTES = 64 * 1024,
	EXPECTED_MAX_BYTES = 128 * 1024,
};

/* The number of entries that are exported. */
size_t corim_entries(const struct reference *r);

/* ERR_MISSING: there is no entry to export; ERR_SPACE. */
MUST_CHECK enum err corim_write(const struct reference *r, struct wr *out);

/* The same; with config_sha384, the SHA-384 of an instance's configuration,
 * also its RTMR3. */
MUST_CHECK enum err expected_any_write(const struct reference *r,
				       const uint8_t *config_sha384,
				       struct wr *out);
#endif
