#include "host-launcher/vm/simload.h"

#include <stdlib.h>
#include <string.h>

#include "host-launcher/lib/file.h"
#include "measure/lib/predict.h"

static enum err measure(const struct predict_in *in, struct sim_td *out,
			const char **why)
{
	struct prediction *p = malloc(sizeof *p);
	struct sim_td td = { .td_attributes = SIM_TD_ATTRIBUTES,
			     .xfam = SIM_XFAM };
	enum err e = p == NULL ? ERR_SPACE : predict(in, p, why);

	for (size_t i = 0; i < 4 && e == ERR_OK; i++) {
		memcpy(td.rtmr[i], p->rtmr[i].value, SHA384_LEN);
		if (!p->rtmr[i].known) {
			*why = p->rtmr[i].why_not;
			e = ERR_UNSUPP;
		}
	}
	if (e == ERR_OK) {
		memcpy(td.mrtd, p->mrtd, sizeof td.mrtd);
		*out = td;
	}
	free(p);
	return e;
}

enum err sim_load(const char *firmware, const char *image,
		  uint64_t memory_bytes, uint32_t cpus, struct sim_td *out,
		  const char **why)
{
	struct predict_in in = { .platform = PLATFORM_SIM,
				 .memory_bytes = memory_bytes,
				 .cpus = cpus };
	enum err e;

	*why = "the firmware cannot be read";
	e = file_map(firmware, &in.firmware);
	if (e == ERR_OK) {
		*why = "the image cannot be read";
		e = file_map(image, &in.image);
	}
	if (e == ERR_OK)
		e = measure(&in, out, why);
	file_unmap(in.firmware);
	file_unmap(in.image);
	return e;
}
