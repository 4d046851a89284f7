/* simtd.h - the simulated TDX module and quoting enclave of one guest: keeps
 * its registers and answers the requests that arrive over the second serial
 * port (lib/proto.h, SIM_*). No input or output of its own: bytes in, bytes
 * out.
 *
 * Firmware writes to every serial port it finds, so whatever comes before a
 * magic is skipped. From the magic on a frame has to be right: another version
 * or a length that is not the operation's is answered with an error at once,
 * without waiting for the body, and the search for a magic begins again. */
#ifndef HOST_VM_SIMTD_H
#define HOST_VM_SIMTD_H

#include "host-launcher/vm/simquote.h"
#include "lib/limit.h"
#include "lib/proto.h"

enum {
	SIM_REQUEST_MAX = SIM_HEADER_LEN + REPORTDATA_LEN,
	SIM_RESPONSE_MAX = SIM_HEADER_LEN + LIMIT_QUOTE_BYTES,
};

struct simtd {
	const struct pki_keys *keys;
	const struct pki *pki;
	struct sim_td td;
	uint8_t in[SIM_REQUEST_MAX];
	size_t in_len;
	/* Counters, for the launcher's log. */
	uint64_t skipped, quotes, extends, refused;
};

/* keys and pki must outlive it. td: registers as the load left them. */
void simtd_init(struct simtd *s, const struct pki_keys *keys,
		const struct pki *pki, const struct sim_td *td);

/* Takes bytes from the front of *in, up to and including the first complete
 * request, and appends its response to out (which needs SIM_RESPONSE_MAX free
 * bytes). Call it until *in is empty. ERR_AGAIN: *in was used up and no request
 * is complete. ERR_SPACE: out was too small; the response is lost. */
MUST_CHECK enum err simtd_input(struct simtd *s, struct slice *in,
				struct wr *out);
#endif
