/* vouch.h - Intel Trust Authority as the control plane uses it: attempts that
 * wait for a token, the key set that tokens are verified with, and the errands
 * (errand.h) that fetch both. The API key is the errands' alone: it is in no
 * argument and not in the server's memory.
 *
 * The runtime data of a request are the fields that REPORTDATA is the digest of
 * (reportdata.h). Our nonce is one of them, so none of the service's is asked
 * for, and the token's "attester_held_data" say what was bound.
 *
 * At most VOUCH_MOST attempts wait at a time, each for VOUCH_MS at most; then,
 * and for whatever else goes wrong, it is refused with 018 and its nonce is
 * good for another one. */
#ifndef HOST_PLANE_VOUCH_H
#define HOST_PLANE_VOUCH_H

#include <poll.h>

#include "host-launcher/plane/attempt.h"
#include "host-launcher/plane/verbs.h"

enum {
	VOUCH_MOST = 8,
	VOUCH_MS = 8000,     /* less than the server waits for an answer */
	VOUCH_LEEWAY_S = 30, /* our clock and the service's */
	VOUCH_FILES = VOUCH_MOST + 1,
	VOUCH_CAS_MAX_BYTES = 4 * 1024 * 1024
};

struct vouch;

/* Checks the options and their files, reads the root. With no option of it
 * given *out is NULL. Complains. */
enum exit_status vouch_open(const struct ita_opts *o, struct vouch **out);
void vouch_close(struct vouch *v); /* ends what is under way; NULL is fine */

/* Makes p ask v, and judge tokens by it. */
void vouch_attach(struct vouch *v, struct plane *p);

/* The files to wait for, at most VOUCH_FILES; lowers *deadline_ms. */
size_t vouch_poll(const struct vouch *v, struct pollfd *pfd,
		  int64_t *deadline_ms);

/* Goes on with whatever can go on, and answers what is done. */
void vouch_run(struct vouch *v, struct serve *s);
#endif
