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
 *   # ...                 a comment; empty lines are allowed, too
 *
 * In TEXT "\n" is a line feed, "\t" a tab and "\\" a backslash.
 * Source: the event logs of Container-Optimized OS on Google Compute Engine,
 * whose digests are these; for load_options see rtmr.h. */
#ifndef MEASURE_LIB_MEASURED_H
#define MEASURE_LIB_MEASURED_H

#include "measure/lib/eventlist.h"

/* Adds the events to RTMR2. *line, from 1, is that of the error: ERR_VALUE no
 * such kind of line, a bad digest or escape. A full list is the list's own
 * error. */
MUST_CHECK enum err measured_events(struct slice text, struct eventlist *l,
				    size_t *line);

/* The digest of load options: ASCII text in UTF-16 with a NUL. False when the
 * text holds anything but printable ASCII: nobody says how that is turned into
 * UTF-16. */
bool load_options_digest(struct slice text, uint8_t out[static SHA384_LEN]);
#endif
