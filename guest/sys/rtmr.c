#include "sys/rtmr.h"

#include "sys/kfile.h"

enum err rtmr3_extend(struct rtmr3 *r, const uint8_t digest[static SHA384_LEN])
{
	if (r->spent)
		return ERR_STATE;
	r->spent = true;
	return kfile_write(r->path, (struct slice){ digest, SHA384_LEN });
}
