/* measured_log.c - measurements out of an event log. */
#include <stdlib.h>
#include <string.h>

#include "measure/lib/eventlog.h"
#include "measure/lib/measured.h"

bool measured_is_log(struct slice text)
{
	size_t i = 0;

	while (i < text.len && (text.ptr[i] == ' ' || text.ptr[i] == '\n'))
		i++;
	return i < text.len &&
	       (text.ptr[i] == '[' || memchr(text.ptr, 0, text.len) != NULL);
}

/* Types that we have no name for are of loaders, as EV_IPL is. */
static enum event_type type_of(uint32_t number)
{
	static const enum event_type known[] = { EVENT_EVENT_TAG,
						 EVENT_SEPARATOR,
						 EVENT_ACTION };

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (event_type_number(known[i]) == number)
			return known[i];
	return EVENT_IPL;
}

/* What the event says of itself: the ASCII in it, be it UTF-16 or behind the
 * head of a tagged event. */
static void describe(enum event_type type, struct slice data,
		     char what[static EVENT_WHAT_LEN])
{
	const size_t head = type == EVENT_EVENT_TAG ? 8 : 0;
	size_t n = 0;

	if (data.len >= head)
		data = (struct slice){ data.ptr + head, data.len - head };
	for (size_t i = 0; i < data.len && n < EVENT_WHAT_LEN - 1; i++)
		if (data.ptr[i] >= ' ' && data.ptr[i] <= '~')
			what[n++] = (char)data.ptr[i];
	what[n] = '\0';
}

static enum err add_events(struct eventlog *reader, struct eventlist *l,
			   const char **why)
{
	struct log_event ev;
	enum err e;

	while ((e = eventlog_next(reader, &ev, why)) == ERR_OK) {
		enum event_type type = type_of(ev.type);
		char what[EVENT_WHAT_LEN];

		if (!ev.extended || ev.rtmr != 2)
			continue;
		describe(type, ev.data, what);
		event_add(l, 2, type, ev.sha384, what);
	}
	return e == ERR_MISSING ? ERR_OK : e;
}

enum err measured_log(struct slice log, struct eventlist *l, const char **why)
{
	struct eventlog *reader = malloc(sizeof *reader);
	enum err e = ERR_SPACE;

	*why = "out of memory";
	if (reader != NULL)
		e = eventlog_open(log, LOG_AUTO, reader, why);
	if (e == ERR_OK && !eventlog_covers(reader->form.format, 2)) {
		*why = "this kind of event log does not tell about RTMR2";
		e = ERR_UNSUPP;
	}
	if (e == ERR_OK)
		e = add_events(reader, l, why);
	free(reader);
	return e;
}
