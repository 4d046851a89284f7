#include "sys/rtmr.h"

#include "sys/kfile.h"

enum err rtmr3_extend(struct rtmr3 *r, const uint8_t digest[static SHA384_LEN])
{
	if (r->spent)
		return ERR_STATE;
	r->spent = true;
	return file_write_once(r->path, (struct slice){ digest, SHA384_LEN });
}
