/* printable.h - text from elsewhere on its way to a terminal. */
#ifndef MEASURE_LIB_PRINTABLE_H
#define MEASURE_LIB_PRINTABLE_H

#include <stdbool.h>

/* Puts '?' for what a terminal would obey instead of showing it: the control
 * characters of ASCII, and the second set of them (ECMA-48, C1) in UTF-8. */
void printable(char *text);

/* Whether there is none of that in it. */
bool is_printable(const char *text);
#endif
