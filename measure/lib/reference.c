/* reference.c - the words of measurements.json, and what its release says. */
#include "measure/lib/reference.h"

#include <stdio.h>
#include <string.h>

#include "lib/text.h"

static const char *const kinds[] = {
	[REFERENCE_PRODUCTION] = "production",
	[REFERENCE_SIM] = "sim",
};

const char *reference_kind_name(enum reference_kind k)
{
	return kinds[k];
}

enum err reference_kind_parse(struct slice s, enum reference_kind *out)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (slice_is(s, kinds[i])) {
			*out = (enum reference_kind)i;
			return ERR_OK;
		}
	return ERR_VALUE;
}

const char *reference_option_name(enum reference_option o)
{
	static const char *const names[] = {
#define X(name, text) text,
		REFERENCE_OPTIONS(X) ""
#undef X
	};

	return names[o];
}

void reference_machine_text(const struct reference *r,
			    const struct reference_entry *m,
			    char out[static REFERENCE_MACHINE_LEN])
{
	snprintf(out, REFERENCE_MACHINE_LEN, "%s%s%s, %llu MiB, %u CPU%s, %s%s",
		 platform_name(m->platform),
		 m->machine_type[0] != '\0' ? " " : "", m->machine_type,
		 (unsigned long long)(m->memory_bytes >> 20), (unsigned)m->cpus,
		 m->cpus == 1 ? "" : "s", r->firmware[m->firmware].name,
		 m->boot == REFERENCE_EFI ? ", -kernel" : "");
}

void reference_time_format(int64_t s, char out[static REFERENCE_TIME_LEN + 1])
{
	const int64_t far = INT64_MAX / 1000; /* after 9999, before 1970 */
	char ms[RFC3339_LEN + 1];

	/* "2026-01-02T03:04:05.000Z": without the fraction */
	rfc3339_format((s > far ? far : s < -far ? -far : s) * 1000, ms);
	memcpy(out, ms, REFERENCE_TIME_LEN - 1);
	out[REFERENCE_TIME_LEN - 1] = 'Z';
	out[REFERENCE_TIME_LEN] = '\0';
}

enum err reference_time_parse(struct slice in, int64_t *out)
{
	int64_t ms = 0;
	enum err e = in.len == REFERENCE_TIME_LEN ? rfc3339_parse(in, &ms)
						  : ERR_VALUE;

	if (e == ERR_OK)
		*out = ms / 1000;
	return e;
}

static bool is_alnum(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z');
}

bool reference_version_ok(struct slice s)
{
	if (s.len == 0 || s.len >= REFERENCE_VERSION || !is_alnum(s.ptr[0]))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!is_alnum(s.ptr[i]) && memchr(".-+_", s.ptr[i], 4) == NULL)
			return false;
	return true;
}

bool reference_commit_ok(struct slice s)
{
	if (s.len != 40 && s.len != 64)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!(s.ptr[i] >= '0' && s.ptr[i] <= '9') &&
		    !(s.ptr[i] >= 'a' && s.ptr[i] <= 'f'))
			return false;
	return true;
}

enum err reference_in_force(const struct reference_release *r, int64_t now_s)
{
	if (r->counter == 0)
		return ERR_OK;
	if (now_s < r->not_before_s)
		return ERR_STATE;
	return now_s > r->not_after_s ? ERR_EXPIRED : ERR_OK;
}

bool reference_names(const struct reference_revoked *row,
		     const struct reference_release *release)
{
	return release->counter != 0 &&
	       (row->counter == release->counter ||
		strcmp(row->version, release->version) == 0);
}
