/* ended.h - how a child's end is told. */
#ifndef GUEST_INIT_ENDED_H
#define GUEST_INIT_ENDED_H

/* Prints "ee: child ended WHO:exit N" or "... WHO:signal N"; nothing for an
 * exit with status 0. A refused system call is signal 31. */
void print_end(const char *who, int status);
#endif
