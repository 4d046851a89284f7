/* faults_identity.c - who may be TDX module and quoting enclave: the identities
 * in TCB info, and the QE identity. */
#include "tests/peers/faults.h"

#define INFO(o, from, to)                                                      \
	.edit = { .part = FAKE_INFO, .op = (o), .at = (from), BYTES(to) }
#define IDENTITY(o, from, to)                                                  \
	.edit = { .part = FAKE_IDENTITY, .op = (o), .at = (from), BYTES(to) }
#define IDENTITY_AT(o, where, n, to)                                           \
	.edit = { .part = FAKE_IDENTITY,                                       \
		  .op = (o),                                                   \
		  .offset = (where),                                           \
		  .old = (n),                                                  \
		  BYTES(to) }

static void module_unknown(struct fault_case *c)
{
	c->fake.body.tee_tcb_svn[1] = 2;
}

static void module_signer(struct fault_case *c)
{
	c->fake.body.mr_signer_seam[0] = 1;
}

static void module_attributes(struct fault_case *c)
{
	c->fake.body.seam_attributes = 1;
}

static void module_attributes_high(struct fault_case *c)
{
	c->fake.body.seam_attributes = UINT64_C(1) << 63;
}

static void known_signer(struct fault_case *c)
{
	c->fake.module_signer[47] = 1;
}

static void base_signer(struct fault_case *c)
{
	c->fake.body.tee_tcb_svn[1] = 0;
	c->fake.body.mr_signer_seam[0] = 1;
}

static void qe_signer(struct fault_case *c)
{
	c->fake.qe_signer = &c->fake.stranger;
}

static void qe_by_root(struct fault_case *c)
{
	c->fake.qe_signer = &c->fake.root;
}

static void qe_late(struct fault_case *c)
{
	c->fake.qe_to_s = FAKE_NOW - 1;
}

static void qe_early(struct fault_case *c)
{
	c->fake.qe_from_s = FAKE_NOW + 1;
}

static void qe_sgx(struct fault_case *c)
{
	c->fake.qe_id = "QE";
}

static void qe_qve(struct fault_case *c)
{
	c->fake.qe_id = "QVE";
}

static void qe_version_1(struct fault_case *c)
{
	c->fake.qe_version = 1;
}

static void qe_version_3(struct fault_case *c)
{
	c->fake.qe_version = 3;
}

static void qe_debug(struct fault_case *c)
{
	c->fake.qe.attributes[0] |= 2;
}

static void qe_no_init(struct fault_case *c)
{
	c->fake.qe.attributes[0] &= 0xfe;
}

static void qe_provision(struct fault_case *c)
{
	c->fake.qe.attributes[0] &= 0xef;
}

static void qe_attribute_56(struct fault_case *c)
{
	c->fake.qe.attributes[7] = 1;
}

static void qe_misc(struct fault_case *c)
{
	c->fake.qe.miscselect = 1;
}

static void qe_misc_high(struct fault_case *c)
{
	c->fake.qe.miscselect = UINT32_C(1) << 31;
}

static void qe_mrsigner(struct fault_case *c)
{
	c->fake.qe.mrsigner[31] ^= 1;
}

static void qe_mrsigner_zero(struct fault_case *c)
{
	for (size_t i = 0; i < 32; i++)
		c->fake.qe.mrsigner[i] = 0;
}

static void qe_product(struct fault_case *c)
{
	c->fake.qe.isvprodid = 1;
}

static void qe_product_high(struct fault_case *c)
{
	c->fake.qe.isvprodid = 0x102;
}

#define ZERO8  "0000000000000000"
#define ZERO48 ZERO8 ZERO8 ZERO8 ZERO8 ZERO8 ZERO8
#define GOOD_LEVEL                                                             \
	"\"isvsvn\":5},\"tcbDate\":\"2026-01-01T00:00:00Z\",\"tcbStatus\":\""
#define MODULE_1                                                               \
	"{\"id\":\"TDX_01\",\"mrsigner\":\"" ZERO48                            \
	"\",\"attributes\":\"" ZERO8                                           \
	"\",\"attributesMask\":\"FFFFFFFFFFFFFFFF\",\"tcbLevels\":[]}"

/* clang-format off */
static const struct fault module[] = {
	{ "module-unknown", "a TDX module of a version Intel has not named",
	  REASON_SIGNATURE, "version not in the TCB info",
	  .make = module_unknown },
	{ "module-signer", "a TDX module signed by somebody", REASON_SIGNATURE,
	  "TDX module: mr_signer_seam", .make = module_signer },
	{ "module-attributes", "a TDX module with attributes: debug",
	  REASON_SIGNATURE, "TDX module: seam_attributes",
	  .make = module_attributes },
	{ "module-attributes-high", "a TDX module with its highest attribute",
	  REASON_SIGNATURE, "TDX module: seam_attributes",
	  .make = module_attributes_high },
	{ "module-info-signer", "the TCB info names another signer",
	  REASON_SIGNATURE, "TDX module: mr_signer_seam",
	  .make = known_signer },
	{ "module-base-signer", "the first module, signed by somebody",
	  REASON_SIGNATURE, "TDX module: mr_signer_seam", .make = base_signer },
	{ "module-info-attributes", "the TCB info wants attributes",
	  REASON_SIGNATURE, "TDX module: seam_attributes",
	  INFO(FAKE_SET,
	   "TDX_01\",\"mrsigner\":\"" ZERO48 "\",\"attributes\":\"00",
	   "TDX_01\",\"mrsigner\":\"" ZERO48 "\",\"attributes\":\"01") },
	{ "module-no-identity", "no identity of this module", REASON_SIGNATURE,
	  "version not in the TCB info",
	  INFO(FAKE_SET, "tdxModuleIdentities", "x") },
	{ "module-mask", "a mask that hides attributes", REASON_UNAVAILABLE,
	  "attributesMask",
	  INFO(FAKE_SET, "\"attributesMask\":\"FF",
	   "\"attributesMask\":\"FE") },
	{ "module-mask-short", "a mask of 7 bytes", REASON_UNAVAILABLE,
	  "attributesMask",
	  INFO(FAKE_SET, "\"attributesMask\":\"FF", "\"attributesMask\":\"") },
	{ "module-no-mask", "no mask of attributes", REASON_UNAVAILABLE,
	  "attributesMask", INFO(FAKE_SET, "\"attributesMask\"", "\"x\"") },
	{ "module-no-attributes", "no attributes", REASON_UNAVAILABLE,
	  "attributes", INFO(FAKE_SET, "\"attributes\":", "\"x\":") },
	{ "module-no-signer", "no signer", REASON_UNAVAILABLE, "mrsigner",
	  INFO(FAKE_SET, "\"mrsigner\":", "\"x\":") },
	{ "module-id-form", "an id that is not TDX_ and two digits",
	  REASON_UNAVAILABLE, "tdxModuleIdentities.id",
	  INFO(FAKE_SET, "\"TDX_01\"", "\"TDX_1\"") },
	{ "module-id-digits", "an id with a character that is no digit",
	  REASON_UNAVAILABLE, "tdxModuleIdentities.id",
	  INFO(FAKE_SET, "\"TDX_01\"", "\"TDX_0g\"") },
	{ "module-id-name", "an id of something else", REASON_UNAVAILABLE,
	  "tdxModuleIdentities.id",
	  INFO(FAKE_SET, "\"TDX_01\"", "\"SGX_01\"") },
	{ "module-no-id", "no id", REASON_UNAVAILABLE, "tdxModuleIdentities.id",
	  INFO(FAKE_SET, "\"id\":\"TDX_", "\"x\":\"TDX_") },
	{ "module-no-levels", "no levels", REASON_UNAVAILABLE, "tcbLevels",
	  INFO(FAKE_SET, "\"tcbLevels\":[{\"tcb\":{\"isvsvn\"",
	   "\"x\":[{\"tcb\":{\"isvsvn\"") },
	{ "module-no-isvsvn", "a level without an ISVSVN", REASON_UNAVAILABLE,
	  "isvsvn", INFO(FAKE_SET, "\"isvsvn\":", "\"x\":") },
	{ "module-isvsvn-large", "an ISVSVN of 65,536", REASON_UNAVAILABLE,
	  "isvsvn", INFO(FAKE_SET, "\"isvsvn\":5", "\"isvsvn\":65536") },
	{ "module-status-platform",
	  "a status that platforms have, and no module", REASON_UNAVAILABLE,
	  "tcbStatus",
	  INFO(FAKE_SET, GOOD_LEVEL "UpToDate",
	   GOOD_LEVEL "SWHardeningNeeded") },
	{ "module-status", "a module's status nobody knows", REASON_UNAVAILABLE,
	  "tcbStatus",
	  INFO(FAKE_SET, GOOD_LEVEL "UpToDate", GOOD_LEVEL "Fine") },
	{ "module-twice", "two identities of one version", REASON_UNAVAILABLE,
	  "tdxModuleIdentities",
	  INFO(FAKE_SET, "\"tdxModuleIdentities\":[",
	   "\"tdxModuleIdentities\":[" MODULE_1 ",") },
};
/* clang-format on */

const struct fault_table faults_module = {
	.subject = "TDX module",
	.at = module,
	.n = sizeof module / sizeof *module,
};

/* clang-format off */
static const struct fault identity[] = {
	{ "identity-signature", "signed by a stranger", REASON_SIGNATURE,
	  "the signature of TCB info or QE identity", .make = qe_signer },
	{ "identity-by-root", "signed by the root itself", REASON_SIGNATURE,
	  "the signature of TCB info or QE identity", .make = qe_by_root },
	{ "identity-unsigned", "its product id changed after signing",
	  REASON_SIGNATURE, "the signature of TCB info or QE identity",
	  .edit = { .part = FAKE_BUNDLE, .stage = FAKE_AFTER,
	   .at = "\\\"isvprodid\\\":2", BYTES("\\\"isvprodid\\\":3") } },
	{ "identity-expired", "it has expired", REASON_EXPIRED,
	  "QE identity has expired", .make = qe_late },
	{ "identity-early", "it is not valid yet", REASON_NOT_YET_VALID,
	  "QE identity is not valid yet", .make = qe_early },
	{ "identity-qe", "that of the SGX quoting enclave", REASON_UNAVAILABLE,
	  "qe_identity id", .make = qe_sgx },
	{ "identity-qve", "that of the verification enclave",
	  REASON_UNAVAILABLE, "qe_identity id", .make = qe_qve },
	{ "identity-version-1", "version 1", REASON_UNAVAILABLE,
	  "qe_identity version", .make = qe_version_1 },
	{ "identity-version-3", "version 3", REASON_UNAVAILABLE,
	  "qe_identity version", .make = qe_version_3 },
	{ "identity-no-id", "no id", REASON_UNAVAILABLE, "qe_identity id",
	  IDENTITY(FAKE_SET, "\"id\":", "\"x\":") },
	{ "identity-no-version", "no version", REASON_UNAVAILABLE,
	  "qe_identity version", IDENTITY(FAKE_SET, "\"version\":", "\"x\":") },
	{ "identity-no-issue-date", "no issueDate", REASON_UNAVAILABLE,
	  "qe_identity issueDate",
	  IDENTITY(FAKE_SET, "\"issueDate\":", "\"x\":") },
	{ "identity-no-next-update", "no nextUpdate", REASON_UNAVAILABLE,
	  "qe_identity nextUpdate",
	  IDENTITY(FAKE_SET, "\"nextUpdate\":", "\"x\":") },
	{ "identity-no-evaluation", "no tcbEvaluationDataNumber",
	  REASON_UNAVAILABLE, "qe_identity tcbEvaluationDataNumber",
	  IDENTITY(FAKE_SET, "\"tcbEvaluationDataNumber\":", "\"x\":") },
	{ "identity-no-miscselect", "no miscselect", REASON_UNAVAILABLE,
	  "qe_identity miscselect",
	  IDENTITY(FAKE_SET, "\"miscselect\":", "\"x\":") },
	{ "identity-no-miscselect-mask", "no miscselectMask",
	  REASON_UNAVAILABLE, "qe_identity miscselectMask",
	  IDENTITY(FAKE_SET, "\"miscselectMask\":", "\"x\":") },
	{ "identity-no-attributes", "no attributes", REASON_UNAVAILABLE,
	  "qe_identity attributes",
	  IDENTITY(FAKE_SET, "\"attributes\":", "\"x\":") },
	{ "identity-no-attributes-mask", "no attributesMask",
	  REASON_UNAVAILABLE, "qe_identity attributesMask",
	  IDENTITY(FAKE_SET, "\"attributesMask\":", "\"x\":") },
	{ "identity-no-mrsigner", "no mrsigner", REASON_UNAVAILABLE,
	  "qe_identity mrsigner",
	  IDENTITY(FAKE_SET, "\"mrsigner\":", "\"x\":") },
	{ "identity-no-isvprodid", "no isvprodid", REASON_UNAVAILABLE,
	  "qe_identity isvprodid",
	  IDENTITY(FAKE_SET, "\"isvprodid\":", "\"x\":") },
	{ "identity-no-levels", "no tcbLevels", REASON_UNAVAILABLE,
	  "qe_identity tcbLevels",
	  IDENTITY(FAKE_SET, "\"tcbLevels\":", "\"x\":") },
	{ "identity-misc-short", "a MISCSELECT of 3 bytes", REASON_UNAVAILABLE,
	  "qe_identity miscselect",
	  IDENTITY(FAKE_SET, "\"miscselect\":\"00", "\"miscselect\":\"") },
	{ "identity-misc-mask-long", "a mask of 5 bytes for MISCSELECT",
	  REASON_UNAVAILABLE, "qe_identity miscselectMask",
	  IDENTITY(FAKE_SET, "\"miscselectMask\":\"FF",
	   "\"miscselectMask\":\"FFFF") },
	{ "identity-attributes-short", "attributes of 15 bytes",
	  REASON_UNAVAILABLE, "qe_identity attributes",
	  IDENTITY(FAKE_SET, "\"attributes\":\"11", "\"attributes\":\"") },
	{ "identity-mask-digits", "a mask with a character that is no digit",
	  REASON_UNAVAILABLE, "qe_identity attributesMask",
	  IDENTITY(FAKE_SET, "\"attributesMask\":\"FB",
	   "\"attributesMask\":\"xB") },
	{ "identity-mrsigner-short", "an MRSIGNER of 31 bytes",
	  REASON_UNAVAILABLE, "qe_identity mrsigner",
	  IDENTITY(FAKE_SET, "\"mrsigner\":\"ab", "\"mrsigner\":\"") },
	{ "identity-product-large", "a product id of 65,536",
	  REASON_UNAVAILABLE, "qe_identity isvprodid",
	  IDENTITY(FAKE_SET, "\"isvprodid\":2", "\"isvprodid\":65536") },
	{ "identity-isvsvn-text", "an ISVSVN in a string", REASON_UNAVAILABLE,
	  "qe_identity isvsvn",
	  IDENTITY(FAKE_SET, "\"isvsvn\":4", "\"isvsvn\":\"4\"") },
	{ "identity-status-platform", "a status that platforms have, and no QE",
	  REASON_UNAVAILABLE, "qe_identity tcbStatus",
	  IDENTITY(FAKE_SET, "\"tcbStatus\":\"UpToDate\"",
	   "\"tcbStatus\":\"SWHardeningNeeded\"") },
	{ "identity-status", "a status nobody knows", REASON_UNAVAILABLE,
	  "qe_identity tcbStatus",
	  IDENTITY(FAKE_SET, "\"tcbStatus\":\"UpToDate\"",
	   "\"tcbStatus\":\"Good\"") },
	{ "identity-no-date", "a level without a date", REASON_UNAVAILABLE,
	  "qe_identity tcbDate", IDENTITY(FAKE_SET, "\"tcbDate\"", "\"x\"") },
	{ "identity-duplicate", "a member twice", REASON_UNAVAILABLE,
	  "the same key",
	  IDENTITY(FAKE_SET, "\"isvprodid\":2",
	   "\"isvprodid\":2,\"isvprodid\":2") },
	{ "identity-tail", "text after it", REASON_UNAVAILABLE, "qe_identity ",
	  IDENTITY_AT(FAKE_SET, FAKE_FROM_END, 0, "x") },
	{ "identity-empty", "no text of it", REASON_UNAVAILABLE, "qe_identity ",
	  IDENTITY_AT(FAKE_SET, 0, FAKE_ALL, "") },
	{ "qe-debug", "a QE in debug mode", REASON_SIGNATURE,
	  "QE identity: attributes", .make = qe_debug },
	{ "qe-init", "a QE that is not initialised", REASON_SIGNATURE,
	  "QE identity: attributes", .make = qe_no_init },
	{ "qe-provision", "a QE without its provisioning key", REASON_SIGNATURE,
	  "QE identity: attributes", .make = qe_provision },
	{ "qe-attribute-56", "a QE with a reserved attribute", REASON_SIGNATURE,
	  "QE identity: attributes", .make = qe_attribute_56 },
	{ "qe-miscselect", "a QE with MISCSELECT bit 0", REASON_SIGNATURE,
	  "QE identity: miscselect", .make = qe_misc },
	{ "qe-miscselect-31", "a QE with MISCSELECT bit 31", REASON_SIGNATURE,
	  "QE identity: miscselect", .make = qe_misc_high },
	{ "qe-mrsigner", "a QE of another signer", REASON_SIGNATURE,
	  "QE identity: mrsigner", .make = qe_mrsigner },
	{ "qe-mrsigner-zero", "a QE without a signer", REASON_SIGNATURE,
	  "QE identity: mrsigner", .make = qe_mrsigner_zero },
	{ "qe-product", "a QE of another product", REASON_SIGNATURE,
	  "QE identity: isvprodid", .make = qe_product },
	{ "qe-product-high", "a QE of a product 256 higher", REASON_SIGNATURE,
	  "QE identity: isvprodid", .make = qe_product_high },
};
/* clang-format on */

const struct fault_table faults_identity = {
	.subject = "QE identity and quoting enclave",
	.at = identity,
	.n = sizeof identity / sizeof *identity,
};
