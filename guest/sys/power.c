#include "sys/power.h"

#include <sys/reboot.h>
#include <unistd.h>

#include "sys/console.h"

_Noreturn void power_off(void)
{
	console_drain();
	reboot(RB_POWER_OFF);
	reboot((int)RB_HALT_SYSTEM);
	/* PID 1 must not return: the kernel would panic and perhaps reboot. */
	for (;;)
		pause();
}
