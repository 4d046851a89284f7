/* serve_conn.h - one connection of a server (serve.c): its bytes, its state and
 * its deadline. */
#ifndef GUEST_LIB_SERVE_CONN_H
#define GUEST_LIB_SERVE_CONN_H

#include "lib/serve.h"

enum conn_state {
	CONN_FREE,   /* the slot is empty */
	CONN_READ,   /* handshake, idle, or a request is coming in */
	CONN_WAIT,   /* the handler has deferred its answer */
	CONN_WRITE,  /* the answer is going out */
	CONN_LINGER, /* all said; waiting for the peer to have heard it */
};

struct conn {
	enum conn_state state;
	int fd;
	int id;        /* name for serve_answer */
	short events;  /* to poll for */
	bool runnable; /* has work that no file event will announce */
	bool fresh;    /* no request so far: the accept's deadline holds */
	bool keep_alive;
	bool shut;           /* CONN_LINGER: our side of the stream is closed */
	int64_t since_ms;    /* accept, or first byte of this request, or when
				it fell idle */
	int64_t deadline_ms; /* of this state */
	uint8_t *in, *out;   /* conn_in_cap, SERVE_HEAD_ROOM + body */
	size_t in_len, need; /* need: least in_len worth parsing */
	size_t out_at, out_end;
	size_t pfd; /* index in the last serve_poll */
	struct tls tls;
};

size_t conn_in_cap(const struct serve_opts *o);
size_t conn_out_cap(const struct serve_opts *o);

/* Takes over fd. c is free and has its buffers. */
void conn_open(struct conn *c, const struct serve_opts *o, int fd, int id);

/* Does what can be done without blocking, then sets events and runnable. May
 * call the handler; closing: do not keep the connection after an answer. */
void conn_step(struct conn *c, const struct serve_opts *o, bool closing);

/* The deadline has passed. */
void conn_expire(struct conn *c, const struct serve_opts *o);

/* The answer to a deferred request. */
void conn_answer(struct conn *c, const struct serve_opts *o, int status,
		 struct slice body);

/* Idle: waiting for a request of which no byte has come. */
bool conn_idle(const struct conn *c);

/* Closes the file, wipes all bytes, frees the slot. */
void conn_drop(struct conn *c, const struct serve_opts *o);
#endif
