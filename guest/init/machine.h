/* machine.h - everything that PID 1 knows. */
#ifndef GUEST_INIT_MACHINE_H
#define GUEST_INIT_MACHINE_H

#include "init/dhcp.h"
#include "init/quoter.h"
#include "init/slots.h"
#include "sys/broker.h"
#include "sys/clock.h"
#include "sys/rtmr.h"

struct machine {
	int signals; /* signalfd for SIGCHLD */
	struct clock_guard clock;
	struct dhcp dhcp;
	struct quoter quoter;
	struct rtmr3 rtmr3;
	struct slots slots;
	struct agent_start start; /* what the agent is told */
	pid_t agent;
	int broker; /* our end of its pair, non-blocking */
};
#endif
