/* metrics.c - GET /metrics: counters since the start, and what is there now. */
#include "host-launcher/plane/plane.h"

static void metric(struct wr *w, const char *name, const char *kind)
{
	wr_fmt(w, "# TYPE %s %s\n", name, kind);
}

static void metric_value(struct wr *w, const char *name, const char *label,
			 const char *value, uint64_t n)
{
	wr_fmt(w, "%s{%s=\"%s\"} %llu\n", name, label, value,
	       (unsigned long long)n);
}

static void one_metric(struct wr *w, const char *name, const char *kind,
		       uint64_t n)
{
	metric(w, name, kind);
	wr_fmt(w, "%s %llu\n", name, (unsigned long long)n);
}

static void attempt_metrics(struct wr *w, const struct plane_counts *n)
{
	static const char attempts[] = "attestation_registration_attempt_total";
	static const char rejects[] = "attestation_registration_reject_total";
	uint64_t rejected = n->conflicts;

	for (int r = REASON_NONCE_MISSING; r <= REASON_INTERNAL; r++)
		rejected += n->rejected[r];
	metric(w, attempts, "counter");
	metric_value(w, attempts, "result", "accepted", n->accepted);
	metric_value(w, attempts, "result", "rejected", rejected);
	metric(w, rejects, "counter");
	for (int r = REASON_NONCE_MISSING; r <= REASON_INTERNAL; r++)
		metric_value(w, rejects, "reason_code",
			     reason_code((enum reason)r), n->rejected[r]);
	metric_value(w, rejects, "reason_code", "vm_name_conflict",
		     n->conflicts);
}

/* ---- collateral: one series for each platform of the store ---- */

static int64_t age_of(const struct store_collateral *c, int64_t now_s)
{
	return now_s - c->fetched_s;
}

static int64_t next_update_of(const struct store_collateral *c, int64_t now_s)
{
	(void)now_s;
	return c->next_update_s;
}

static int64_t failures_of(const struct store_collateral *c, int64_t now_s)
{
	(void)now_s;
	return c->failures;
}

static const struct {
	const char *name;
	int64_t (*value)(const struct store_collateral *c, int64_t now_s);
	bool of_bundle; /* absent as long as there is no bundle */
} series[] = {
	{ "ee_cp_collateral_age_seconds", age_of, true },
	{ "ee_cp_collateral_next_update_timestamp_seconds", next_update_of,
	  true },
	{ "ee_cp_collateral_refresh_failures", failures_of, false },
};

static enum err collateral_metrics(struct plane *p, int64_t now_s, struct wr *w)
{
	static struct store_collateral row[STORE_COLLATERALS_MAX];
	size_t n = 0;
	enum err e = store_collateral_list(p->store, row, &n);

	for (size_t m = 0; e == ERR_OK && m < sizeof series / sizeof series[0];
	     m++) {
		metric(w, series[m].name, "gauge");
		for (size_t i = 0; i < n; i++)
			if (!series[m].of_bundle || row[i].digest[0] != '\0')
				wr_fmt(w, "%s{fmspc=\"%s\",ca=\"%s\"} %lld\n",
				       series[m].name, row[i].of.fmspc,
				       row[i].of.ca,
				       (long long)series[m].value(&row[i],
								  now_s));
	}
	return e;
}

enum err plane_metrics(struct plane *p, int64_t now_s, struct wr *w)
{
	const struct plane_counts *n = &p->counts;
	struct store_counts now;

	if (store_count(p->store, now_s, &now) != ERR_OK)
		return ERR_IO;
	attempt_metrics(w, n);
	one_metric(w, "attestation_nonce_issued_total", "counter",
		   n->nonces_issued);
	one_metric(w, "attestation_nonce_consumed_total", "counter",
		   n->nonces_consumed);
	one_metric(w, "attestation_nonce_expired_total", "counter",
		   n->nonces_expired);
	one_metric(w, "ee_cp_agents", "gauge", (uint64_t)now.agents);
	one_metric(w, "ee_cp_nonces_open", "gauge", (uint64_t)now.nonces_open);
	one_metric(w, "ee_cp_collateral_bundles", "gauge", p->collateral.n);
	one_metric(w, "ee_cp_collateral_current", "gauge",
		   bundles_current(&p->collateral, &p->roots, now_s));
	return collateral_metrics(p, now_s, w);
}
