/* api.h - what the files of the control plane's API share. */
#ifndef HOST_PLANE_API_H
#define HOST_PLANE_API_H

#include "host-launcher/plane/plane.h"

/* One request on its way through a handler. */
struct call {
	struct plane *p;
	int conn; /* as serve.h names it */
	const struct http_msg *req;
	struct serve_response *res;
	char request_id[REQUEST_ID_LEN + 1];
	char id[LIMIT_NAME_BYTES + 1]; /* what stood for {id} */
	int64_t now_s;
};

void call_fail(struct call *c, int status, const char *code,
	       const char *message);
/* A failure of the store's: 500. */
void call_fail_store(struct call *c, enum err e);
/* Ends a JSON answer, or turns it into an error. */
void call_finish(struct call *c, enum err e, const struct jw *j);

/* api_admin.c: what is trusted, and what was decided with what. */
void get_trusted(struct call *c);
void get_trusted_whole(struct call *c);
void post_trusted(struct call *c);
void get_events(struct call *c);
void get_collateral(struct call *c);
void get_policy(struct call *c);
void get_verdict_input(struct call *c);
#endif
