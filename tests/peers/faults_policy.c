/* faults_policy.c - genuine quotes of TDs that the policy does not accept, and
 * of TDs that are not those that were asked. */
#include <stdio.h>
#include <string.h>

#include "tests/peers/faults.h"

/* One bit of td_attributes or XFAM, set or cleared before signing: byte and bit
 * of the field at 120, or 128, of the report. */
#define TD_BIT(n, bit)                                                         \
	.edit = { .part = FAKE_REPORT,                                         \
		  .op = FAKE_XOR,                                              \
		  .offset = 48 + 120 + (n) / 8,                                \
		  BYTES(bit) }
#define XFAM_BIT(n, bit)                                                       \
	.edit = { .part = FAKE_REPORT,                                         \
		  .op = FAKE_XOR,                                              \
		  .offset = 48 + 128 + (n) / 8,                                \
		  BYTES(bit) }

static void other_mrtd(struct fault_case *c)
{
	c->fake.body.mrtd[47] ^= 1;
}

static void rtmr0(struct fault_case *c)
{
	c->fake.body.rtmr[0][0] ^= 1;
}

static void rtmr1(struct fault_case *c)
{
	c->fake.body.rtmr[1][0] ^= 1;
}

static void rtmr2(struct fault_case *c)
{
	c->fake.body.rtmr[2][47] ^= 1;
}

static void mrtd_zero(struct fault_case *c)
{
	memset(c->fake.body.mrtd, 0, SHA384_LEN);
}

static void rtmr1_zero(struct fault_case *c)
{
	memset(c->fake.body.rtmr[1], 0, SHA384_LEN);
}

static void rtmrs_turned(struct fault_case *c)
{
	uint8_t t[SHA384_LEN];

	memcpy(t, c->fake.body.rtmr[1], sizeof t);
	memcpy(c->fake.body.rtmr[1], c->fake.body.rtmr[2], sizeof t);
	memcpy(c->fake.body.rtmr[2], t, sizeof t);
}

static void config_id(struct fault_case *c)
{
	c->fake.body.mr_config_id[0] = 1;
}

static void owner(struct fault_case *c)
{
	c->fake.body.mr_owner[47] = 1;
}

static void owner_config(struct fault_case *c)
{
	c->fake.body.mr_owner_config[20] = 1;
}

static void td15(struct fault_case *c)
{
	c->fake.version = 5;
	c->fake.body.type = QUOTE_BODY_TD15;
}

static void service_td(struct fault_case *c)
{
	td15(c);
	c->fake.body.mr_servicetd[0] = 1;
}

static void config_wanted(struct fault_case *c)
{
	c->policy.mr_config_id[0] = 1;
}

static void owner_wanted(struct fault_case *c)
{
	c->policy.mr_owner[0] = 1;
}

static void pks_wanted(struct fault_case *c)
{
	c->policy.td_attributes_required |= TD_ATTR_PKS;
}

static void empty(struct fault_case *c)
{
	c->policy.n_sets = 0;
}

static void two_sets(struct fault_case *c)
{
	struct policy_set *a = &c->policy.sets[0];

	c->policy.sets[c->policy.n_sets++] = *a;
	a->rtmr[1][0] ^= 1;
	c->policy.sets[1].rtmr[2][0] ^= 1;
}

static void revoked(struct fault_case *c)
{
	struct policy_set *s = &c->policy.sets[0];

	snprintf(s->release.version, sizeof s->release.version, "1.0");
	snprintf(s->revoked, sizeof s->revoked, "a hole");
}

static void ended(struct fault_case *c)
{
	c->policy.sets[0].release.counter = 1;
	c->policy.sets[0].release.not_after_s = FAKE_NOW - 1;
}

static void not_begun(struct fault_case *c)
{
	c->policy.sets[0].release.counter = 1;
	c->policy.sets[0].release.not_before_s = FAKE_NOW + 1;
	c->policy.sets[0].release.not_after_s = FAKE_NOW + 2;
}

static void reportdata(struct fault_case *c)
{
	c->reportdata[0] ^= 1;
}

static void reportdata_key(struct fault_case *c)
{
	c->reportdata[63] ^= 1;
}

static void reportdata_zero(struct fault_case *c)
{
	memset(c->fake.body.reportdata, 0, QUOTE_REPORTDATA_LEN);
}

static void config(struct fault_case *c)
{
	c->config[0] ^= 1;
}

static void config_none(struct fault_case *c)
{
	memset(c->fake.body.rtmr[3], 0, SHA384_LEN);
}

static void config_twice(struct fault_case *c)
{
	rtmr_extend(c->fake.body.rtmr[3], c->config);
}

static void config_raw(struct fault_case *c)
{
	memcpy(c->fake.body.rtmr[3], c->config, SHA384_LEN);
}

static void real_alone(struct fault_case *c)
{
	c->policy.simulated = false;
}

static void ppid(struct fault_case *c)
{
	memset(c->policy.ppid[c->policy.n_ppid++], 0x98, sizeof c->fake.ppid);
}

static void ppid_first(struct fault_case *c)
{
	memset(c->policy.ppid[c->policy.n_ppid++], 0x99, 15);
}

static void piid(struct fault_case *c)
{
	memset(c->policy.piid[c->policy.n_piid++], 0x78, sizeof c->fake.piid);
}

static void piid_right(struct fault_case *c)
{
	memset(c->policy.piid[c->policy.n_piid++], 0x77, sizeof c->fake.piid);
}

static void processor(struct fault_case *c)
{
	const char *cn = "Intel SGX PCK Processor CA";

	piid_right(c);
	c->fake.no_instance = true;
	c->fake.ca_cert.cn = c->fake.pck_cert.issuer_cn = cn;
	c->fake.pck_crl.issuer_cn = cn;
}

static void ppid_right_piid(struct fault_case *c)
{
	memset(c->policy.ppid[c->policy.n_ppid++], 0x99, sizeof c->fake.ppid);
	piid(c);
}

/* clang-format off */
static const struct fault td[] = {
	{ "td-debug", "DEBUG: the host reads the TD's memory", REASON_RTMR,
	  "debugged by its host", TD_BIT(0, "\x01") },
	{ "td-attribute-1", "TUD bit 1", REASON_RTMR, "under debug (TUD bits)",
	  TD_BIT(1, "\x02") },
	{ "td-attribute-2", "TUD bit 2", REASON_RTMR, "under debug (TUD bits)",
	  TD_BIT(2, "\x04") },
	{ "td-attribute-3", "TUD bit 3", REASON_RTMR, "under debug (TUD bits)",
	  TD_BIT(3, "\x08") },
	{ "td-attribute-4", "TUD bit 4", REASON_RTMR, "under debug (TUD bits)",
	  TD_BIT(4, "\x10") },
	{ "td-attribute-5", "TUD bit 5", REASON_RTMR, "under debug (TUD bits)",
	  TD_BIT(5, "\x20") },
	{ "td-attribute-6", "TUD bit 6", REASON_RTMR, "under debug (TUD bits)",
	  TD_BIT(6, "\x40") },
	{ "td-attribute-7", "TUD bit 7", REASON_RTMR, "under debug (TUD bits)",
	  TD_BIT(7, "\x80") },
	{ "td-attribute-8", "attribute bit 8, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(8, "\x01") },
	{ "td-attribute-9", "attribute bit 9, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(9, "\x02") },
	{ "td-attribute-10", "attribute bit 10, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(10, "\x04") },
	{ "td-attribute-11", "attribute bit 11, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(11, "\x08") },
	{ "td-attribute-12", "attribute bit 12, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(12, "\x10") },
	{ "td-attribute-13", "attribute bit 13, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(13, "\x20") },
	{ "td-attribute-14", "attribute bit 14, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(14, "\x40") },
	{ "td-attribute-15", "attribute bit 15, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(15, "\x80") },
	{ "td-attribute-16", "attribute bit 16, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(16, "\x01") },
	{ "td-attribute-17", "attribute bit 17, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(17, "\x02") },
	{ "td-attribute-18", "attribute bit 18, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(18, "\x04") },
	{ "td-attribute-19", "attribute bit 19, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(19, "\x08") },
	{ "td-attribute-20", "attribute bit 20, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(20, "\x10") },
	{ "td-attribute-21", "attribute bit 21, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(21, "\x20") },
	{ "td-attribute-22", "attribute bit 22, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(22, "\x40") },
	{ "td-attribute-23", "attribute bit 23, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(23, "\x80") },
	{ "td-attribute-24", "attribute bit 24, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(24, "\x01") },
	{ "td-attribute-25", "attribute bit 25, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(25, "\x02") },
	{ "td-attribute-26", "attribute bit 26, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(26, "\x04") },
	{ "td-sept-ve-disable", "SEPT_VE_DISABLE is not set", REASON_RTMR,
	  "SEPT_VE_DISABLE is not set", TD_BIT(28, "\x10") },
	{ "td-migratable", "MIGRATABLE: the host may move the TD", REASON_RTMR,
	  "can be migrated", TD_BIT(29, "\x20") },
	{ "td-kl", "KL: keys in a locker that no policy named", REASON_RTMR,
	  "not allowed is set", TD_BIT(31, "\x80") },
	{ "td-attribute-32", "attribute bit 32, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(32, "\x01") },
	{ "td-attribute-33", "attribute bit 33, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(33, "\x02") },
	{ "td-attribute-34", "attribute bit 34, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(34, "\x04") },
	{ "td-attribute-35", "attribute bit 35, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(35, "\x08") },
	{ "td-attribute-36", "attribute bit 36, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(36, "\x10") },
	{ "td-attribute-37", "attribute bit 37, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(37, "\x20") },
	{ "td-attribute-38", "attribute bit 38, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(38, "\x40") },
	{ "td-attribute-39", "attribute bit 39, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(39, "\x80") },
	{ "td-attribute-40", "attribute bit 40, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(40, "\x01") },
	{ "td-attribute-41", "attribute bit 41, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(41, "\x02") },
	{ "td-attribute-42", "attribute bit 42, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(42, "\x04") },
	{ "td-attribute-43", "attribute bit 43, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(43, "\x08") },
	{ "td-attribute-44", "attribute bit 44, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(44, "\x10") },
	{ "td-attribute-45", "attribute bit 45, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(45, "\x20") },
	{ "td-attribute-46", "attribute bit 46, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(46, "\x40") },
	{ "td-attribute-47", "attribute bit 47, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(47, "\x80") },
	{ "td-attribute-48", "attribute bit 48, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(48, "\x01") },
	{ "td-attribute-49", "attribute bit 49, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(49, "\x02") },
	{ "td-attribute-50", "attribute bit 50, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(50, "\x04") },
	{ "td-attribute-51", "attribute bit 51, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(51, "\x08") },
	{ "td-attribute-52", "attribute bit 52, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(52, "\x10") },
	{ "td-attribute-53", "attribute bit 53, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(53, "\x20") },
	{ "td-attribute-54", "attribute bit 54, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(54, "\x40") },
	{ "td-attribute-55", "attribute bit 55, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(55, "\x80") },
	{ "td-attribute-56", "attribute bit 56, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(56, "\x01") },
	{ "td-attribute-57", "attribute bit 57, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(57, "\x02") },
	{ "td-attribute-58", "attribute bit 58, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(58, "\x04") },
	{ "td-attribute-59", "attribute bit 59, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(59, "\x08") },
	{ "td-attribute-60", "attribute bit 60, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(60, "\x10") },
	{ "td-attribute-61", "attribute bit 61, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(61, "\x20") },
	{ "td-attribute-62", "attribute bit 62, which is reserved", REASON_RTMR,
	  "not allowed is set", TD_BIT(62, "\x40") },
	{ "td-perfmon", "PERFMON: counters that no policy named", REASON_RTMR,
	  "not allowed is set", TD_BIT(63, "\x80") },
	{ "xfam-0", "XFAM without x87", REASON_RTMR, "XFAM is not in the list",
	  XFAM_BIT(0, "\x01") },
	{ "xfam-1", "XFAM without SSE", REASON_RTMR, "XFAM is not in the list",
	  XFAM_BIT(1, "\x02") },
	{ "xfam-2", "XFAM without AVX", REASON_RTMR, "XFAM is not in the list",
	  XFAM_BIT(2, "\x04") },
	{ "xfam-8", "XFAM with PT, which no platform of the list has",
	  REASON_RTMR, "XFAM is not in the list", XFAM_BIT(8, "\x01") },
	{ "xfam-9", "XFAM without PKU", REASON_RTMR, "XFAM is not in the list",
	  XFAM_BIT(9, "\x02") },
	{ "xfam-10", "XFAM with ENQCMD", REASON_RTMR, "XFAM is not in the list",
	  XFAM_BIT(10, "\x04") },
	{ "xfam-11", "XFAM with CET, half of it", REASON_RTMR,
	  "XFAM is not in the list", XFAM_BIT(11, "\x08") },
	{ "xfam-15", "XFAM with LBR", REASON_RTMR, "XFAM is not in the list",
	  XFAM_BIT(15, "\x80") },
	{ "xfam-17", "XFAM without AMX's tile configuration", REASON_RTMR,
	  "XFAM is not in the list", XFAM_BIT(17, "\x02") },
	{ "xfam-18", "XFAM without AMX's tile data", REASON_RTMR,
	  "XFAM is not in the list", XFAM_BIT(18, "\x04") },
	{ "xfam-19", "XFAM with APX", REASON_RTMR, "XFAM is not in the list",
	  XFAM_BIT(19, "\x08") },
	{ "xfam-63", "XFAM with a bit that nobody has named", REASON_RTMR,
	  "XFAM is not in the list", XFAM_BIT(63, "\x80") },
};
/* clang-format on */

const struct fault_table faults_td = {
	.subject = "TD attributes and XFAM",
	.at = td,
	.n = sizeof td / sizeof *td,
	.genuine = true,
};

/* clang-format off */
static const struct fault policy[] = {
	{ "platform-simulated",
	  "a simulated platform, and only real ones are wanted", REASON_ISSUER,
	  "is simulated", .make = real_alone },
	{ "platform-ppid", "a PPID that the policy does not list",
	  REASON_ISSUER, "PPID is not in the list", .make = ppid },
	{ "platform-ppid-byte", "a PPID but for its last byte", REASON_ISSUER,
	  "PPID is not in the list", .make = ppid_first },
	{ "platform-piid", "an instance id that the policy does not list",
	  REASON_ISSUER, "platform instance id is not in the list",
	  .make = piid },
	{ "platform-piid-too", "a listed PPID, and another instance id",
	  REASON_ISSUER, "platform instance id is not in the list",
	  .make = ppid_right_piid },
	{ "platform-no-piid", "no instance id where the policy lists some",
	  REASON_ISSUER, "holds no platform instance id", .make = processor },
	{ "td-mrtd", "another MRTD", REASON_MRTD_UNTRUSTED, "in no reference",
	  .make = other_mrtd },
	{ "td-mrtd-zero", "an MRTD of zeros", REASON_MRTD_UNTRUSTED,
	  "in no reference", .make = mrtd_zero },
	{ "td-rtmr0", "another RTMR0", REASON_RTMR, "RTMR0 is not",
	  .make = rtmr0 },
	{ "td-rtmr1", "another RTMR1", REASON_RTMR, "RTMR1 is not",
	  .make = rtmr1 },
	{ "td-rtmr1-zero", "an RTMR1 that nothing was measured into",
	  REASON_RTMR, "RTMR1 is not", .make = rtmr1_zero },
	{ "td-rtmr2", "another RTMR2", REASON_RTMR, "RTMR2 is not",
	  .make = rtmr2 },
	{ "td-rtmr-swapped", "RTMR1 and RTMR2 in each other's place",
	  REASON_RTMR, "RTMR1 is not", .make = rtmrs_turned },
	{ "td-two-images", "RTMR1 of one trusted image, RTMR2 of another",
	  REASON_RTMR, "is not the expected one", .make = two_sets },
	{ "td-service", "a service TD is bound", REASON_RTMR,
	  "a service TD is bound", .make = service_td },
	{ "td-config-id", "an MRCONFIGID", REASON_RTMR, "mr_config_id",
	  .make = config_id },
	{ "td-owner", "an MROWNER", REASON_RTMR, "mr_owner is", .make = owner },
	{ "td-owner-config", "an MROWNERCONFIG", REASON_RTMR, "mr_owner_config",
	  .make = owner_config },
	{ "td-config-id-wanted", "no MRCONFIGID where the policy wants one",
	  REASON_RTMR, "mr_config_id", .make = config_wanted },
	{ "td-owner-wanted", "no MROWNER where the policy wants one",
	  REASON_RTMR, "mr_owner is", .make = owner_wanted },
	{ "td-pks-wanted", "an attribute that the policy requires is not set",
	  REASON_RTMR, "required TD attribute", .make = pks_wanted },
	{ "policy-empty", "a policy that trusts no image", REASON_POLICY,
	  "trusts no image", .make = empty },
	{ "release-revoked", "an image whose release was revoked", REASON_RTMR,
	  "release 1.0 is revoked: a hole", .make = revoked },
	{ "release-ended", "an image whose release is no longer good",
	  REASON_EXPIRED, "was good until", .make = ended },
	{ "release-not-begun", "an image whose release is not good yet",
	  REASON_NOT_YET_VALID, "is good from", .make = not_begun },
	{ "request-nonce", "REPORTDATA of another request", REASON_REPORTDATA,
	  "", .make = reportdata },
	{ "request-key", "REPORTDATA of another key", REASON_REPORTDATA, "",
	  .make = reportdata_key },
	{ "request-zero", "REPORTDATA of zeros", REASON_REPORTDATA, "",
	  .make = reportdata_zero },
	{ "request-config", "RTMR3 of another configuration", REASON_RTMR, "",
	  .make = config },
	{ "request-config-none", "RTMR3 of no configuration", REASON_RTMR, "",
	  .make = config_none },
	{ "request-config-twice", "RTMR3 of the configuration, extended twice",
	  REASON_RTMR, "", .make = config_twice },
	{ "request-config-raw", "RTMR3 is the digest, not its extension",
	  REASON_RTMR, "", .make = config_raw },
};
/* clang-format on */

const struct fault_table faults_policy = {
	.subject = "Measurements, policy and request",
	.at = policy,
	.n = sizeof policy / sizeof *policy,
	.genuine = true,
};
