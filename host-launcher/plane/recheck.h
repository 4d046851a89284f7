/* recheck.h - agents that were accepted are judged again, by the quotes that
 * they registered with, when what quotes are judged by has changed: new
 * collateral, other rules, images that are trusted or no longer. A few at a
 * time, so that no request waits for it. */
#ifndef HOST_PLANE_RECHECK_H
#define HOST_PLANE_RECHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

struct plane;

enum {
	RECHECK_STEP = 32,           /* agents a step */
	RECHECK_EVERY_S = 24 * 3600, /* also when nothing changed: time does */
};

struct recheck {
	bool running;
	char after[37]; /* agent_id of the last one that was judged */
	int64_t started_s;
};

/* All agents from the first on. */
void recheck_start(struct plane *p, int64_t now_s);

/* The next few of them, and a start when RECHECK_EVERY_S have passed. An agent
 * whose verdict changes is marked verified or not, with an audit row
 * ("agent_attestation_accepted" or "_rejected"). One for which there is no
 * collateral in force keeps its mark: that tells nothing about it. Where both
 * quote and token are wanted, the quote is judged; where a token alone is, an
 * agent loses its mark when image or rules say so (judge_standing), and gets it
 * back with its next token only. ERR_IO: the same agents come again. */
MUST_CHECK enum err recheck_step(struct plane *p, int64_t now_s);
#endif
