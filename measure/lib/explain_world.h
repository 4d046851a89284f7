/* explain_world.h - reference files and firmware images made into what
 * explain.h compares with. */
#ifndef MEASURE_LIB_EXPLAIN_WORLD_H
#define MEASURE_LIB_EXPLAIN_WORLD_H

#include "measure/lib/explain.h"
#include "measure/lib/reference.h"

enum {
	EXPLAIN_MACHINES = 1024,
	EXPLAIN_FIRMWARES = 128,
	EXPLAIN_CANDIDATES = 64,
	EXPLAIN_EVENTS = 32 * 1024,
};

/* Some 4 MiB; start with zeros. Holds pointers to the references and to their
 * texts. */
struct explain_world {
	size_t nreferences, nmachines, nfirmware, ncandidates, nevents;
	struct explain_machine machine[EXPLAIN_MACHINES];
	struct explain_firmware firmware[EXPLAIN_FIRMWARES];
	struct explain_candidate candidate[EXPLAIN_CANDIDATES];
	struct explain_event event[EXPLAIN_EVENTS];
};

/* Adds the machines of a reference and the firmware they boot. r and source
 * outlive *w. Errors: ERR_LIMIT, and nothing is added. */
MUST_CHECK enum err explain_add_reference(struct explain_world *w,
					  const struct reference *r,
					  const char *source, bool primary);

/* Adds a firmware that some machine may have booted. f outlives *w. ERR_LIMIT.
 */
MUST_CHECK enum err explain_add_firmware(struct explain_world *w,
					 const struct reference_firmware *f);

/* Adds an event that may have been measured. what outlives *w. ERR_LIMIT. */
MUST_CHECK enum err explain_add_candidate(struct explain_world *w,
					  unsigned rtmr, enum event_type type,
					  enum explain_cause cause,
					  const uint8_t digest[SHA384_LEN],
					  const char *what, bool optional);

/* Points the world's part of *in at w. */
void explain_set_world(const struct explain_world *w, struct explain_in *in);
#endif
