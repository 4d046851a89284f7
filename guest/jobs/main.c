#include "jobs/job.h"

#include "sys/broker.h"

const struct job_type job_types[] = {
	{ "market_making", market_making_check, market_making_run },
	{ NULL, NULL, NULL },
};

int job_main(int agent)
{
	return job_serve(agent, job_types);
}
