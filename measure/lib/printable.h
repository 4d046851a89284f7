/* printable.h - text from elsewhere on its way to a terminal. */
#ifndef MEASURE_LIB_PRINTABLE_H
#define MEASURE_LIB_PRINTABLE_H

#include <stdbool.h>

/* Puts '?' for what a terminal would obey instead of showing it: the control
 * characters of ASCII, and the second set of them (ECMA-48, C1) in UTF-8. */
void printable(char *text);

/* Whether there is none of that in it. */
bool is_printable(const char *text);

/* Puts '?' for every byte that is no part of well-formed UTF-8, which is all
 * that JSON holds: a text may have been cut inside a letter, and a file's name
 * need not be one. */
void utf8_mend(char *text);
#endif
