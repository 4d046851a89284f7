/* registers.h - the made-up registers of simulated guests that were never
 * loaded, known to `regclient reference` and to whoever quotes in its name. */
#ifndef TESTS_PEERS_REGISTERS_H
#define TESTS_PEERS_REGISTERS_H

#include <string.h>

#include "host-launcher/vm/simquote.h"

static inline struct sim_td made_up_registers(void)
{
	struct sim_td td = { .td_attributes = SIM_TD_ATTRIBUTES,
			     .xfam = SIM_XFAM };

	memset(td.mrtd, 0x11, SHA384_LEN);
	for (int i = 0; i < 3; i++)
		memset(td.rtmr[i], 0x20 + i, SHA384_LEN);
	return td;
}
#endif
