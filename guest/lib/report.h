/* report.h - a job's signed report, as the guest writes it and as anyone checks
 * it. The file is canonical JSON (json.h):
 *
 *   {"report":{...},"sha384":hex,"signature":base64}
 *
 * sha384 is over the bytes of the value of "report", signature is ECDSA P-256
 * (r||s) over that digest by the report key that the quote binds.
 *
 * Members of "report" (all required):
 *   agent_id, campaign_id, config_sha384, exchange, inputs_sha384 (canonical
 *   start request without credentials), job_id, job_type, metrics{...},
 *   outputs_sha384 (canonical list of own trades, oldest first), pair,
 *   previous_sha384 (of the report before, zeros for the first), sequence
 *   (from 1, per agent), simulated, status ("running","stopped","failed"),
 *   time{bound_ms,source}, version (1), vm_name, window{from,to} (RFC 3339),
 *   attestation{binding{...},provider,quote}: the registration quote, base64.
 */
#ifndef GUEST_LIB_REPORT_H
#define GUEST_LIB_REPORT_H

#include "lib/json.h"
#include "lib/reportdata.h"

struct report_fields {
	const char *agent_id, *campaign_id, *exchange, *job_id, *job_type;
	const char *pair, *status, *vm_name, *time_source, *provider;
	uint64_t sequence, time_bound_ms;
	int64_t from_ms, to_ms;
	bool simulated;
	uint8_t previous_sha384[SHA384_LEN];
	uint8_t inputs_sha384[SHA384_LEN], outputs_sha384[SHA384_LEN];
	struct slice metrics; /* canonical JSON object */
	const struct binding *binding;
	struct slice quote;
};

/* Writes and signs the whole file. *digest receives its sha384, the next
 * report's previous_sha384. Names must be name_ok(); metrics is trusted to be a
 * canonical object. config_sha384 is the binding's.
 * Errors: ERR_VALUE a field that a reader would refuse; ERR_SPACE. */
MUST_CHECK enum err report_write(const struct report_fields *f,
				 const struct p256_key *key, struct wr *out,
				 uint8_t digest[static SHA384_LEN]);

/* A parsed report; slices point into `in` and the arena. */
struct report {
	struct slice raw; /* bytes of "report" */
	uint8_t sha384[SHA384_LEN];
	struct json body;
	struct binding binding;
	struct slice quote_b64;
	bool simulated;
};

/* Parses, requires canonical form, checks digest and signature under the
 * binding's report key and then every member. It does not look at the quote:
 * that is the verifier's next step. *what names the first thing that is wrong,
 * static: "sha384", "signature", "report.window.to"; the object for a member
 * that should not be in it; "" for the file itself and its form.
 * Errors: ERR_VALUE, ERR_MISSING, ERR_UNKNOWN, ERR_MISMATCH (digest),
 * ERR_SIGNATURE, ERR_LIMIT, and json_parse's. */
MUST_CHECK enum err report_read(struct arena *a, struct slice in,
				struct report *out, const char **what);
#endif
