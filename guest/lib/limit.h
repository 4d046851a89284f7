/* limit.h - every fixed limit of the guest and of the wire, by name. A limit
 * belongs here when a peer can run into it. */
#ifndef GUEST_LIB_LIMIT_H
#define GUEST_LIB_LIMIT_H

enum {
	LIMIT_CONFIG_BYTES = 16 * 1024,    /* metadata attribute ee-config */
	LIMIT_JSON_DEPTH = 16,             /* nesting of any JSON we read */
	LIMIT_HTTP_HEAD_BYTES = 8 * 1024,  /* start line and headers */
	LIMIT_HTTP_HEADERS = 64,           /* header lines in one message */
	LIMIT_HTTP_BODY_BYTES = 64 * 1024, /* default body limit */
	LIMIT_HTTP_CHUNKS = 4096,          /* chunks in one response */
	LIMIT_QUOTE_BYTES = 16 * 1024,     /* a TDX quote */
	LIMIT_NAME_BYTES = 63,             /* vm_name, exchange, pair, ids */
	LIMIT_URL_BYTES = 255,
	LIMIT_PEM_BYTES = 4 * 1024,   /* one CA certificate in PEM */
	LIMIT_JOBS = 4,               /* jobs at once, one process each */
	LIMIT_JOB_FRAME = 16 * 1024,  /* between agent and job, with length */
	LIMIT_JOB_PARAMS = 4 * 1024,  /* canonical parameters of a job */
	LIMIT_JOB_METRICS = 8 * 1024, /* canonical metrics of a job */
	LIMIT_JOB_ERROR = 160,        /* why a job failed, for people */
	LIMIT_VENUES = 4,             /* venues in the configuration */
	LIMIT_API_CONNS = 8,          /* connections to the agent's API */
	LIMIT_REPORT_BYTES = 48 * 1024,
	LIMIT_CREDENTIAL_BYTES = 500, /* venue API key, secret: each */
};

#endif
