/* release_verify.c - ee-measure release verify: decides whether a release is
 * what its publisher signed, and names the first thing that is not. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/text.h"
#include "measure/cli/input.h"
#include "measure/cli/release.h"

static const struct cli_opt opts[] = {
	{ "key", "FILE", "the publisher's public key, PEM", CLI_REQUIRED },
	{ "at", "TIME", "verify as of: RFC 3339 or Unix seconds",
	  CLI_REQUIRED },
	{ "last-counter", "N", "of the newest release that was seen before",
	  0 },
	{ "reference", "FILE",
	  "another release's, which may revoke this one; an envelope must be "
	  "signed with the same key",
	  CLI_MANY },
	{ "artefacts", "DIR", "the release's files: digests and registers", 0 },
	{ "firmware", "FW", "the firmware that it was predicted for",
	  CLI_MANY },
	{ "extract", "FILE", "where to write measurements.json when all holds",
	  0 },
	{ NULL, NULL, NULL, 0 },
};

struct outcome {
	struct reference r;
	uint8_t pub[P256_PUB_LEN];
	char keyid[DSSE_KEYID_LEN + 1];
	struct release_finding finding;
	const char *checked[RELEASE_NFILES + 1]; /* files; ends with NULL */
	bool recomputed;
	int code;
};

__attribute__((format(printf, 3, 4))) static int
refuse(struct outcome *o, const char *what, const char *fmt, ...)
{
	va_list ap;

	snprintf(o->finding.what, sizeof o->finding.what, "%s", what);
	va_start(ap, fmt);
	vsnprintf(o->finding.detail, sizeof o->finding.detail, fmt, ap);
	va_end(ap);
	return CLI_REFUSED;
}

/* Nothing of the payload is looked at before its signature was found right. */
static int check_signature(const struct cli *c, struct outcome *o)
{
	static struct dsse d;
	int rc = release_read_public(cli_get(c, "key"), o->pub);

	if (rc == CLI_DONE)
		rc = release_read_envelope(c->operand[0], &d);
	if (rc != CLI_DONE)
		return rc;
	dsse_keyid(o->pub, o->keyid);
	if (dsse_verify(&d, o->pub) != ERR_OK)
		return refuse(o, "signature",
			      "none is that of the key %.16s...", o->keyid);
	return release_read_statement(c->operand[0], &d, &o->r);
}

static int check_dates(const struct cli *c, struct outcome *o)
{
	const struct reference_release *v = &o->r.release;
	char when[REFERENCE_TIME_LEN + 1];
	int64_t now_s = 0;
	int rc = cli_at(c, &now_s);
	enum err e;

	if (rc != CLI_DONE)
		return rc;
	e = reference_in_force(v, now_s);
	if (e == ERR_OK)
		return CLI_DONE;
	reference_time_format(e == ERR_STATE ? v->not_before_s : v->not_after_s,
			      when);
	return refuse(o, e == ERR_STATE ? "not_before" : "not_after",
		      "release %s %s %s", v->version,
		      e == ERR_STATE ? "is good from" : "was good until", when);
}

static int check_counter(const struct cli *c, struct outcome *o)
{
	const char *text = cli_get(c, "last-counter");
	uint64_t last = 0;

	if (text == NULL)
		return CLI_DONE;
	if (u64_parse(str_slice(text), INT32_MAX, &last) != ERR_OK)
		return cli_fail(CLI_USAGE, "--last-counter %s: not a counter",
				text);
	if (o->r.release.counter < last)
		return refuse(o, "counter",
			      "release %s has counter %u, and %u was seen",
			      o->r.release.version,
			      (unsigned)o->r.release.counter, (unsigned)last);
	return CLI_DONE;
}

static int check_revoked(const struct cli *c, struct outcome *o)
{
	static struct reference other;
	const char *path;

	for (size_t i = 0; (path = cli_nth(c, "reference", i)) != NULL; i++) {
		int rc = release_read_reference(path, o->pub, &other);

		if (rc == CLI_REFUSED)
			return refuse(o, "reference",
				      "%s is not signed with that key", path);
		if (rc != CLI_DONE)
			return rc;
		for (size_t k = 0; k < other.nrevoked; k++)
			if (reference_names(&other.revoked[k], &o->r.release))
				return refuse(o, "revoked",
					      "release %s is revoked by %s: %s",
					      o->r.release.version,
					      other.release.version,
					      other.revoked[k].reason);
	}
	return CLI_DONE;
}

/* measurements.json beside the envelope must be what was signed. */
static int check_reference(const struct release_dir *d, struct outcome *o)
{
	static uint8_t text[REFERENCE_BYTES];
	struct wr w = wr_over(text, sizeof text);

	if (d->reference.data.ptr == NULL)
		return CLI_DONE;
	o->checked[0] = "measurements.json";
	if (reference_write(&o->r, &w) != ERR_OK)
		return cli_fail(CLI_INTERNAL, "the reference does not fit");
	if (!slice_eq(wr_slice(&w), d->reference.data))
		return refuse(o, "measurements.json",
			      "the file is not the one that was signed");
	return CLI_DONE;
}

/* Firmware files, by what the reference calls them. */
struct firmware {
	struct cli_file file[REFERENCE_MAX_FIRMWARE];
	size_t n;
};

static int open_firmware(const struct cli *c, const struct reference *r,
			 struct firmware *fw, struct release_files *files)
{
	const char *path;

	for (size_t i = 0; (path = cli_nth(c, "firmware", i)) != NULL; i++) {
		uint8_t sha[SHA256_LEN];
		int rc;

		if (fw->n == REFERENCE_MAX_FIRMWARE)
			return cli_fail(CLI_USAGE, "too many --firmware");
		rc = cli_map(path, TDVF_MAX_FIRMWARE, &fw->file[fw->n]);
		if (rc != CLI_DONE)
			return rc;
		sha256(fw->file[fw->n].data, sha);
		for (size_t k = 0; k < r->nfirmware; k++)
			if (ct_eq(sha, r->firmware[k].sha256, sizeof sha))
				files->firmware[k] = fw->file[fw->n].data;
		fw->n++;
	}
	return CLI_DONE;
}

static int recompute(const struct cli *c, const struct release_dir *d,
		     struct outcome *o)
{
	static struct firmware fw;
	struct release_files files = { .efi = d->efi.data,
				       .disk = release_dir_disk(d) };
	int rc = open_firmware(c, &o->r, &fw, &files);
	enum err e = ERR_OK;

	if (rc == CLI_DONE)
		e = release_recompute(&o->r, &files, &o->finding);
	for (size_t i = 0; i < fw.n; i++)
		cli_close(&fw.file[i]);
	if (rc != CLI_DONE)
		return rc;
	o->recomputed = e == ERR_OK;
	if (e == ERR_OK)
		return CLI_DONE;
	if (e == ERR_MISMATCH)
		return CLI_REFUSED;
	return cli_fail(e == ERR_MISSING ? CLI_UNAVAILABLE
			: e == ERR_SPACE ? CLI_INTERNAL
					 : CLI_MALFORMED,
			"%s: %s", o->finding.what, o->finding.detail);
}

static int check_artefacts(const struct cli *c, struct outcome *o)
{
	struct release_dir d;
	int rc;

	if (!cli_has(c, "artefacts")) {
		if (!cli_has(c, "firmware"))
			return CLI_DONE;
		return cli_fail(CLI_USAGE, "--firmware needs --artefacts");
	}
	rc = release_dir_open(cli_get(c, "artefacts"), &d);
	if (rc == CLI_DONE)
		rc = check_reference(&d, o);
	if (rc == CLI_DONE)
		rc = release_dir_check(&d, &o->r,
				       &o->checked[o->checked[0] != NULL],
				       &o->finding);
	if (rc == CLI_DONE)
		rc = recompute(c, &d, o);
	release_dir_close(&d);
	return rc;
}

static bool was_seen(const struct outcome *o, const char *name)
{
	for (size_t i = 0; o->checked[i] != NULL; i++)
		if (strcmp(o->checked[i], name) == 0)
			return true;
	return false;
}

/* The name of the i-th file that the reference has a digest of and that was not
 * looked at; NULL after the last. */
static const char *unseen(const struct outcome *o, size_t i)
{
	const struct {
		const char *name;
		bool missed;
	} files[] = {
		{ RELEASE_EFI, true },
		{ RELEASE_GCP_TAR, o->r.has_gcp_tar },
		{ RELEASE_LOCK, true },
		{ RELEASE_DISK, o->r.has_raw && !was_seen(o, RELEASE_GCP_RAW) },
	};

	for (size_t k = 0; k < sizeof files / sizeof *files; k++)
		if (files[k].missed && !was_seen(o, files[k].name) && i-- == 0)
			return files[k].name;
	return NULL;
}

static void put_unseen(struct jw *j, const struct outcome *o)
{
	const char *name;

	jw_key(j, "unseen");
	jw_open(j, '[');
	for (size_t i = 0;
	     o->r.release.counter != 0 && (name = unseen(o, i)) != NULL; i++)
		jw_str(j, name);
	jw_close(j);
}

static void put_release(struct jw *j, const struct reference_release *v)
{
	char when[REFERENCE_TIME_LEN + 1];

	jw_open(j, '{');
	jw_kstr(j, "commit", v->commit);
	jw_ki64(j, "counter", v->counter);
	reference_time_format(v->not_after_s, when);
	jw_kstr(j, "not_after", when);
	reference_time_format(v->not_before_s, when);
	jw_kstr(j, "not_before", when);
	jw_kstr(j, "version", v->version);
	jw_close(j);
}

/* Entries whose RTMR0 nobody knows; verifiers do not compare it. */
static size_t without_rtmr0(const struct reference *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += !r->e[i].rtmr_known[0];
	return n;
}

static void put_json(struct wr *w, const struct outcome *o)
{
	struct jw j;

	jw_init(&j, w);
	jw_open(&j, '{');
	jw_kstr(&j, "detail", o->finding.detail);
	jw_ki64(&j, "entries_recomputed", (int64_t)o->finding.entries);
	jw_ki64(&j, "entries_without_rtmr0", (int64_t)without_rtmr0(&o->r));
	jw_ki64(&j, "events_given", (int64_t)o->finding.given);
	jw_ki64(&j, "events_recomputed", (int64_t)o->finding.events);
	jw_key(&j, "files");
	jw_open(&j, '[');
	for (size_t i = 0; o->checked[i] != NULL; i++)
		jw_str(&j, o->checked[i]);
	jw_close(&j);
	jw_kstr(&j, "keyid", o->keyid);
	jw_key(&j, "kind");
	if (o->r.release.counter != 0)
		jw_str(&j, reference_kind_name(o->r.kind));
	else
		jw_null(&j);
	jw_kbool(&j, "recomputed", o->recomputed);
	jw_key(&j, "release");
	if (o->r.release.counter != 0)
		put_release(&j, &o->r.release);
	else
		jw_null(&j);
	put_unseen(&j, o);
	jw_kstr(&j, "verdict", o->code == CLI_DONE ? "accepted" : "refused");
	jw_kstr(&j, "what", o->finding.what);
	jw_close(&j);
	if (jw_end(&j) != ERR_OK)
		wr_fail(w, ERR_STATE);
	wr_str(w, "\n");
}

/* What an accepted release was accepted by, and what nobody looked at. */
static void put_looked_at(struct wr *w, const struct outcome *o)
{
	size_t unknown = without_rtmr0(&o->r);

	for (size_t i = 0; o->checked[i] != NULL; i++)
		wr_fmt(w, "%s%s%s", i == 0 ? "files: " : ", ", o->checked[i],
		       o->checked[i + 1] == NULL ? "\n" : "");
	for (size_t i = 0; unseen(o, i) != NULL; i++)
		wr_fmt(w, "%s%s%s", i == 0 ? "not looked at: " : ", ",
		       unseen(o, i), unseen(o, i + 1) == NULL ? "\n" : "");
	if (o->recomputed)
		wr_fmt(w,
		       "registers: %zu machines computed again: MRTD, RTMR1, "
		       "RTMR2 and %zu events follow from the files; %zu "
		       "events, all of RTMR0, do not: ACPI tables, boot "
		       "variables, the platform's keys are the publisher's "
		       "word\n",
		       o->finding.entries, o->finding.events, o->finding.given);
	else
		wr_str(w, "registers: not computed: no --artefacts\n");
	if (unknown > 0)
		wr_fmt(w,
		       "no RTMR0: for %zu of %zu machines it is not in the "
		       "reference, and not compared with a quote\n",
		       unknown, o->r.n);
}

static void put_text(struct wr *w, const struct outcome *o)
{
	const struct reference_release *v = &o->r.release;
	char from[REFERENCE_TIME_LEN + 1], to[REFERENCE_TIME_LEN + 1];

	wr_fmt(w, "verdict: %s\n",
	       o->code == CLI_DONE ? "accepted" : "refused");
	if (o->code != CLI_DONE)
		wr_fmt(w, "wrong: %s: %s\n", o->finding.what,
		       o->finding.detail);
	wr_fmt(w, "key: %s\n", o->keyid);
	if (v->counter == 0)
		return;
	reference_time_format(v->not_before_s, from);
	reference_time_format(v->not_after_s, to);
	wr_fmt(w,
	       "release: %s, counter %u, commit %s\nkind: %s\ngood: %s to %s\n",
	       v->version, (unsigned)v->counter, v->commit,
	       reference_kind_name(o->r.kind), from, to);
	if (o->code != CLI_DONE)
		return;
	put_looked_at(w, o);
}

static int print(const struct cli *c, const struct outcome *o)
{
	static uint8_t text[8192];
	struct wr w = wr_over(text, sizeof text);
	int rc;

	if (c->json)
		put_json(&w, o);
	else
		put_text(&w, o);
	rc = cli_print_wr(&w);
	return rc != CLI_DONE ? rc : o->code;
}

static int extract(const struct cli *c, const struct outcome *o)
{
	static uint8_t text[REFERENCE_BYTES];
	struct wr w = wr_over(text, sizeof text);

	if (!cli_has(c, "extract"))
		return CLI_DONE;
	if (reference_write(&o->r, &w) != ERR_OK)
		return cli_fail(CLI_INTERNAL, "the reference does not fit");
	return cli_write(cli_get(c, "extract"), wr_slice(&w));
}

static int run(const struct cli *c)
{
	static int (*const checks[])(const struct cli *, struct outcome *) = {
		check_signature, check_dates,     check_counter,
		check_revoked,   check_artefacts,
	};
	static struct outcome o;
	int rc;

	for (size_t i = 0;
	     o.code == CLI_DONE && i < sizeof checks / sizeof *checks; i++)
		o.code = checks[i](c, &o);
	if (o.code != CLI_DONE && o.code != CLI_REFUSED)
		return o.code;
	if (o.code == CLI_DONE) {
		rc = extract(c, &o);
		if (rc != CLI_DONE)
			return rc;
	}
	return print(c, &o);
}

const struct cli_cmd cmd_release_verify = {
	.name = "release verify",
	.operands = "ENVELOPE",
	.noperands = 1,
	.summary = "decide whether a release is what its publisher signed",
	.opts = opts,
	.run = run,
};
