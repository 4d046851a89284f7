/* measured.h - a list of what shim and a boot loader measure into RTMR2, as
 * text, for a boot that no binary alone predicts. One measurement a line, in
 * the order of the boot:
 *
 *   HEX  NAME             the SHA-384 of a file or of shim's MokList variables,
 *                         as sha384sum(1) prints it
 *   grub_cmd: TEXT        a command of grub: the SHA-384 of TEXT
 *   kernel_cmdline: TEXT  the command line that grub hands over: likewise
 *   load_options: TEXT    what a kernel's EFI stub measures of its command
 *                         line: the SHA-384 of TEXT in UTF-16 with a NUL
 *   grub_load_options: TEXT  the same when grub, from 2.12 on, hands it over,
 *                         which it does without the NUL, as "BOOT_IMAGE=/k a"
 *   # ...                 a comment; empty lines are allowed, too
 *
 * In TEXT "\n" is a line feed, "\t" a tab and "\\" a backslash. Or the event
 * log of a reference boot, of which the events that went into RTMR2 are taken:
 * the prediction is then that this part of the boot comes out as it did there.
 * Source: the event logs of Container-Optimized OS on Google Compute Engine and
 * of boots by Debian's grub 2.06 and 2.12 (tests/integration/oracle_boot.py),
 * whose digests are these; for load_options see rtmr.h. */
#ifndef MEASURE_LIB_MEASURED_H
#define MEASURE_LIB_MEASURED_H

#include "measure/lib/eventlist.h"

/* Adds the events of a list to RTMR2. *line, from 1, is that of the error:
 * ERR_VALUE no such kind of line, a bad digest or escape. A full list is the
 * list's own error. */
MUST_CHECK enum err measured_events(struct slice text, struct eventlist *l,
				    size_t *line);

/* Adds those of an event log. *why is a static sentence. Errors: those of
 * eventlog.h; ERR_UNSUPP a log that does not tell about RTMR2; ERR_SPACE. */
MUST_CHECK enum err measured_log(struct slice log, struct eventlist *l,
				 const char **why);

/* True when the text is rather a log: a list has no NUL and does not begin with
 * a bracket, as JSON does. */
bool measured_is_log(struct slice text);

/* The digest of load options: ASCII text in UTF-16, with a NUL. False when the
 * text holds anything but printable ASCII: nobody says how that is turned into
 * UTF-16. */
bool load_options_digest(struct slice text, uint8_t out[static SHA384_LEN]);
#endif
