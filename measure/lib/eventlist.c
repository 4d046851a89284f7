/* eventlist.c - measured events and their replay. */
#include "measure/lib/eventlist.h"

#include <stdio.h>
#include <string.h>

const char *event_type_name(enum event_type t)
{
	static const char *const names[] = {
#define X(name, label, number) [EVENT_##name] = #label,
		EVENT_TYPES(X)
#undef X
	};

	return names[t];
}

uint32_t event_type_number(enum event_type t)
{
	static const uint32_t numbers[] = {
#define X(name, label, number) [EVENT_##name] = number,
		EVENT_TYPES(X)
#undef X
	};

	return numbers[t];
}

static struct event *next(struct eventlist *l, unsigned rtmr,
			  enum event_type type, const char *what)
{
	struct event *ev;

	if (l->n == EVENTS_MAX || rtmr >= RTMR_COUNT) {
		l->err = ERR_SPACE;
		return NULL;
	}
	ev = &l->ev[l->n++];
	*ev = (struct event){ .type = type, .rtmr = rtmr };
	snprintf(ev->what, sizeof ev->what, "%s", what);
	return ev;
}

void event_add(struct eventlist *l, unsigned rtmr, enum event_type type,
	       const uint8_t digest[static SHA384_LEN], const char *what)
{
	struct event *ev = next(l, rtmr, type, what);

	if (ev == NULL)
		return;
	ev->known = true;
	memcpy(ev->digest, digest, SHA384_LEN);
}

void event_add_data(struct eventlist *l, unsigned rtmr, enum event_type type,
		    struct slice data, const char *what)
{
	uint8_t digest[SHA384_LEN];

	sha384(data, digest);
	event_add(l, rtmr, type, digest, what);
}

void event_add_unknown(struct eventlist *l, unsigned rtmr, enum event_type type,
		       const char *what)
{
	(void)next(l, rtmr, type, what);
}

void event_add_unknown_why(struct eventlist *l, unsigned rtmr,
			   enum event_type type, const char *what,
			   const char *why_not)
{
	struct event *ev = next(l, rtmr, type, what);

	if (ev != NULL)
		ev->why_not = why_not;
}

bool eventlist_replay(const struct eventlist *l, unsigned rtmr,
		      uint8_t out[static SHA384_LEN])
{
	uint8_t reg[SHA384_LEN] = { 0 };

	for (size_t i = 0; i < l->n; i++) {
		if (l->ev[i].rtmr != rtmr)
			continue;
		if (!l->ev[i].known)
			return false;
		rtmr_extend(reg, l->ev[i].digest);
	}
	memcpy(out, reg, sizeof reg);
	return true;
}
