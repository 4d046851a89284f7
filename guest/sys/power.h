/* power.h - the end of the machine. */
#ifndef GUEST_SYS_POWER_H
#define GUEST_SYS_POWER_H

/* Switches the machine off, after the console has drained. There is no disk to
 * sync. When the platform cannot be switched off it is halted. */
_Noreturn void power_off(void);
#endif
