/* explain_int.h - what the explain*.c files share. */
#ifndef MEASURE_LIB_EXPLAIN_INT_H
#define MEASURE_LIB_EXPLAIN_INT_H

#include "measure/lib/explain.h"

enum {
	EX_NAMED = 768,  /* events that are known without any file */
	EX_REFS = 32768, /* pointers of alternatives */
	EX_ALTS = 320,   /* alternatives of a segment */
	EX_SEGS = 24,    /* segments of a register */
	EX_SETS = 256,   /* sets of named events */
	EX_SECURE = 5,   /* variables of Secure Boot */
	EX_COMMON = 384, /* usual memory sizes */
	EX_KEPT = 8,     /* computed events of an answer */
	EX_DENSE_MIB = 64 * 1024,
	EX_MEMORY = EX_COMMON + EX_DENSE_MIB,
	EX_NO_GROUP = 0,
};

/* Events of one register, in order. */
struct ex_list {
	size_t n;
	const struct explain_event *ev[EXPLAIN_LIST];
};

/* An event that a cause would bring, with the cause. Events of one group come
 * together. */
struct ex_named {
	struct explain_event ev;
	unsigned rtmr;
	enum explain_cause cause;
	unsigned group;
	char text[96];
};

/* What may stand in place of a segment's events. */
struct ex_alt {
	const struct explain_event *const *ev;
	size_t n;
};

/* Named events that come together: in place of a run of events of a type, or
 * after one, or at the end of the register. */
enum ex_place {
	EX_REPLACE,
	EX_AFTER,
	EX_END
};

struct ex_set {
	enum ex_place place;
	unsigned rtmr;
	uint32_t type; /* of the run */
	struct ex_alt alt;
};

/* A run of events of one type, or a place where events may come in. */
struct ex_seg {
	struct ex_alt base;
	bool known;  /* all digests of base are */
	bool memory; /* its alternatives are ex.memory, not alt */
	size_t nalts;
	struct ex_alt alt[EX_ALTS];
};

struct ex_segs {
	size_t n;
	struct ex_seg s[EX_SEGS];
};

/* One explanation in the making. Large: on the heap. */
struct ex {
	const struct explain_in *in;
	struct explain_out *out;
	const struct explain_machine *base;
	uint64_t budget, limit; /* of hashes: in all, and for this register */

	size_t nnamed;
	struct ex_named named[EX_NAMED];
	unsigned ngroups;
	size_t nsets;
	struct ex_set set[EX_SETS];
	size_t nrefs, nset_refs; /* those of sets stay */
	const struct explain_event *ref[EX_REFS];

	/* TD HOB by memory size, for one layout; the usual sizes first */
	const struct tdvf *layout;
	size_t ncommon, nmemory;
	bool dense;
	uint64_t memory_bytes[EX_MEMORY];
	struct explain_event memory[EX_MEMORY];
	const struct explain_event *memory_ref[EX_MEMORY];

	struct ex_list seg_base;
	struct ex_segs segs;
	struct explain_change overflow;
	uint16_t align[EXPLAIN_LIST + 1][EXPLAIN_LIST + 1];
	/* HOB and CFV as the firmware that is tried has them */
	struct explain_event fw_hob, fw_cfv;
	struct explain_event kept[EX_KEPT];
	struct explain_event config; /* what RTMR3 is expected to hold */
};

bool ex_same(const struct explain_event *a, const struct explain_event *b);
bool ex_known(const struct ex_list *l);
void ex_add(struct ex_list *l, const struct explain_event *ev);

/* Replays the list; counted. */
void ex_replay(struct ex *x, const struct ex_list *l,
	       uint8_t out[static SHA384_LEN]);
/* The list's value is `want`; counted as a candidate. */
bool ex_is(struct ex *x, int reg, const struct ex_list *l,
	   const uint8_t want[static SHA384_LEN]);
bool ex_spent(const struct ex *x);

/* ---- explain_known.c: what may be measured besides */

/* Fills x->named for the expected machine. */
void ex_name_events(struct ex *x);
/* Room for n pointers; NULL when there is none. */
const struct explain_event **ex_refs(struct ex *x, size_t n);
/* Fills x->memory for a layout, with all sizes or the usual ones. Nothing is
 * done when it is there already. */
void ex_memory(struct ex *x, const struct tdvf *layout, bool dense);
/* The HOB of one size. False when there is none. */
bool ex_hob(const struct ex *x, const struct tdvf *layout, uint64_t bytes,
	    struct explain_event *out);

/* ---- explain_segment.c: alternatives of a register */

void ex_segment(struct ex *x, unsigned rtmr, const struct ex_list *base);
struct ex_alt ex_alt_at(const struct ex *x, const struct ex_seg *s, size_t i);

/* ---- explain_search.c */

/* Finds a list that replays to `want` with exactly `depth` segments of x->segs
 * changed. dense: all memory sizes, not only the usual ones. */
bool ex_product(struct ex *x, int reg, const uint8_t want[static SHA384_LEN],
		int depth, bool dense, struct ex_list *out);
/* Finds one that is `from` with one event missing, added or repeated, or with
 * two missing or exchanged; ex_edit_product asks that of every list with one
 * segment of x->segs changed. */
bool ex_edit(struct ex *x, int reg, const struct ex_list *from,
	     const uint8_t want[static SHA384_LEN], struct ex_list *out);
bool ex_edit_product(struct ex *x, int reg,
		     const uint8_t want[static SHA384_LEN],
		     struct ex_list *out);

/* ---- explain_source.c */

struct ex_source {
	enum explain_cause cause;
	size_t score; /* 0: the digest is not known */
	char text[EXPLAIN_TEXT];
};

/* What it means that `ev` is in register reg in place of what is expected. l is
 * all that was measured: what shares most with it is the likeliest source. */
struct ex_source ex_source(struct ex *x, int reg,
			   const struct explain_event *ev,
			   const struct ex_list *l);
bool ex_is_type(uint32_t type, enum event_type t);
enum explain_cause ex_tag_cause(const struct explain_event *ev);
enum explain_cause ex_image_cause(const struct ex *x,
				  const struct explain_machine *m,
				  enum explain_cause otherwise);
const char *ex_machine_words(const struct explain_machine *m, char *out,
			     size_t cap);

/* ---- explain_diff.c: from two lists to changes with causes */

/* How an event of one list becomes one of another. */
struct ex_step {
	int from, to; /* index; -1: not there */
};
struct ex_steps {
	size_t n;
	struct ex_step s[2 * EXPLAIN_LIST];
};
void ex_align(struct ex *x, const struct ex_list *from,
	      const struct ex_list *to, struct ex_steps *out);

struct explain_change *ex_change(struct ex *x, int reg,
				 enum explain_cause cause,
				 enum explain_proof proof);
/* Adds what turned `expected` into `observed`, which replays to the quote. */
void ex_diff(struct ex *x, int reg, const struct ex_list *expected,
	     const struct ex_list *observed);
/* The same between a log and what was really extended. */
void ex_diff_log(struct ex *x, int reg, const struct ex_list *log,
		 const struct ex_list *extended);
/* Names what tells two machines apart, for registers without events. */
void ex_diff_machines(struct ex *x, int reg, const struct explain_machine *m);

/* ---- explain_register.c */

/* Sets state, expected and observed of RTMR `rtmr`. */
void ex_state(struct ex *x, unsigned rtmr);
/* Judges RTMR `rtmr`: compares, reads the log, searches, adds changes. */
void ex_register(struct ex *x, unsigned rtmr);
/* Counts the log's events that the machine expects. */
size_t ex_log_score(const struct explain_in *in,
		    const struct explain_machine *m);

/* ---- explain_rank.c */

/* Says what is likeliest for registers that nothing explains. */
void ex_guess(struct ex *x);
void ex_rank(struct explain_out *out);
#endif
