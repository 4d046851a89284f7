/* policy_image.c - the images of a policy in words. */
#include <string.h>

#include "lib/text.h"
#include "measure/lib/policy.h"

/* The file that brought a set; NULL when the policy holds it itself, or nobody
 * says. */
static const struct policy_reference *file_of(const struct policy *p,
					      size_t set)
{
	for (size_t i = 0; i < p->n_references; i++) {
		const struct policy_reference *r = &p->references[i];

		if (set >= r->first_set && set - r->first_set < r->n_sets)
			return r;
	}
	return NULL;
}

/* least: the counter that it needs, 0: any. */
static void say_release(const struct policy_set *set, uint32_t least,
			struct wr *w)
{
	const struct reference_release *r = &set->release;
	char from[REFERENCE_TIME_LEN + 1], to[REFERENCE_TIME_LEN + 1];

	if (r->counter == 0) {
		wr_str(w, "a development build, which never expires and "
			  "cannot be revoked");
		return;
	}
	reference_time_format(r->not_before_s, from);
	reference_time_format(r->not_after_s, to);
	wr_fmt(w, "release %s (number %u", r->version, (unsigned)r->counter);
	if (least > 0)
		wr_fmt(w, ", which has to be %u at least", (unsigned)least);
	wr_fmt(w, "), good from %s to %s", from, to);
	if (set->revoked[0] != '\0')
		wr_fmt(w, ", REVOKED: %s", set->revoked);
}

/* Of one file all sets are of one release. */
static size_t say_file(const struct policy *p, const struct policy_reference *r,
		       struct wr *w)
{
	const char *before = ": ", *last = "";

	say_release(&p->sets[r->first_set], r->min_counter, w);
	wr_fmt(w, ", from %s", r->file);
	if (r->key[0] != '\0')
		wr_fmt(w, ", signed with the key %s", r->key);
	else
		wr_str(w, ", which nobody signed");
	wr_fmt(w, "; %zu kind%s of machine", r->n_sets,
	       r->n_sets == 1 ? "" : "s");
	for (size_t i = r->first_set; i < r->first_set + r->n_sets; i++) {
		if (strcmp(p->sets[i].platform, last) == 0)
			continue;
		last = p->sets[i].platform;
		wr_fmt(w, "%s%s", before, last);
		before = ", ";
	}
	return r->first_set + r->n_sets;
}

static void say_register(struct wr *w, const char *name,
			 const uint8_t value[static SHA384_LEN])
{
	wr_fmt(w, " %s ", name);
	wr_hex(w, (struct slice){ value, SHA384_LEN });
}

static void say_set(const struct policy_set *set, struct wr *w)
{
	static const char *const names[] = { "RTMR0", "RTMR1", "RTMR2",
					     "RTMR3" };

	if (set->release.counter != 0) {
		say_release(set, 0, w);
		wr_str(w, ": ");
	}
	if (set->platform[0] != '\0')
		wr_fmt(w, "on %s: ", set->platform);
	wr_str(w, "the image with");
	say_register(w, "MRTD", set->mrtd);
	for (size_t i = 0; i < 4; i++)
		if (set->has_rtmr[i])
			say_register(w, names[i], set->rtmr[i]);
}

size_t policy_image_say(const struct policy *p, size_t i, struct wr *w)
{
	const struct policy_reference *r = file_of(p, i);

	if (r != NULL && i == r->first_set)
		return say_file(p, r, w);
	say_set(&p->sets[i], w);
	return i + 1;
}
