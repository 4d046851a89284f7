/* gcp.c - constants of Google Compute Engine's TDX machines. */
#include "measure/lib/gcp.h"

#include <string.h>

#define GIB (1ULL << 30)

/* clang-format off */
static const struct gcp_acpi acpi_c3_standard_4[] = {
	{ "before-2026-03", {
		"f29e022d067da7289c935eec2477c46032f2e0659a11e658"
		"f0ae05068aea420189e77e302b715084dacc7c0c4c118ea6",
		"509dcfe10beb5d470c40f25e30895370948831b9cf79db15"
		"d977e7bba8eb42f7200212071ad8b19d6011759779eced5a",
		"0f0b426cbd5bd9c2a4a5e640e6c4556b8df071dcc973dcf9"
		"5465ae5514c0eba6dc960a6b7b21d29099cada75dc1b46d5", } },
	{ "2026-03", {
		"02d9b85e7df1e92d15d85988b161fdf60626bff433af8055"
		"f367b134260d59f6a0dab0965254627aecb1367373d74b3a",
		"ba3706e632a5cb239f1c85febafcfeadebdfe3ed1a4d716d"
		"46387ad0803b4c4a7fecbcad2c05cd390e5f4f3548e303dc",
		"d221bae226ed9811ec5977c8f15dbe8c97ff80d67bbd4246"
		"d5ecf60f7c61081e597e18df601a657a46cbdeb773ab8f88", } },
	{ "2026-04", {
		"595afd922c90ebbe335c7973d0bd3ffcc7820b41f81929ad"
		"80b3b5e919b51fc07c0ff23ebb14088563e2b2886412415c",
		"f877abf8389a35d12290902a3d769a970bbbc16dc6fc5688"
		"17c09fd6534c2752f3bcff8c2afeb65f8be93e248e58052d",
		"7605e3e2cad7be3aff8d19dba4fbaf8b12b3322cf9d1afdd"
		"1587ec75c12588c628595008b49243d58843ed0e1bad63e9", } },
	{ "2026-06", {
		"f60c35e53bb21b4675cfa8db310ec88e38cd369d8d463acd"
		"de815122fa8b893b8896a5783b538856693ed7645ddb897e",
		"509dcfe10beb5d470c40f25e30895370948831b9cf79db15"
		"d977e7bba8eb42f7200212071ad8b19d6011759779eced5a",
		"0bb0afa008873bdc20dee0f741da7896c2bfeee94ae52e9b"
		"dbf94bc87c32d04a4b1f1d824490f1dae574ff6d4e4bb0b3", } },
};
static const struct gcp_acpi acpi_c3_standard_8[] = {
	{ "2026-04", {
		"817ed5d198c9f02b43cab233916b71c0a02b7c27507dc233"
		"1a619bf314635a4d82f52a69dc29ce2490694b1058147cd8",
		"98ee59933be736e33f9d2d5be7777c9f30fdf93056a48936"
		"38f559c130bfe852d63d5559b2e72f5e1b7e48f35657b8c4",
		"7d11e4c6983fbf869814962a69bac39a6cd5947467841de6"
		"02a169af3f9a77974ee740f62336a94bf694f056476fa32d", } },
};
static const struct gcp_acpi acpi_c3_standard_22[] = {
	{ "2026-03", {
		"29342ab42c2814109d694110d1c9a7558e08c7c87e478b34"
		"8fc4944fcae2105c708813dc0a01fd29a2189d760d41ad03",
		"440eef6064096f13201108d30c9b466c0c6b6ed207c8028f"
		"7425442c164e80080d8a9bbb6f6b56be48fdf2c830d99f86",
		"2a42acbb09b7d0e59b59e09f775cb5b7748d0906d87bb886"
		"cf87081b6aa1213e42bb745e1ac19064c0cea19a6cfa5aeb", } },
	{ "2026-04", {
		"e604eb632926426ea42bf22c97845e499b116d9988d16389"
		"7c06595c501d924ba4b32600df960a70482c5e7665fde31f",
		"fa3427613d7ea513391e308dd91f254d52744131e080d01e"
		"5c09c170e897edef34afb1f83efea74d6729bdad929032bf",
		"b9d101b755cf100437205fa4cdec9660e451d31d3707eba6"
		"07d5e2aea8cd76976f71a9ede56d091787e7a81189b3a549", } },
};
static const struct gcp_acpi acpi_c3_standard_44[] = {
	{ "before-2026-03", {
		"8b8256b4dd618ea330a3c499fd211b9fa681b8205c470013"
		"b9c13ca3263c5da5b2e253f89ee0ca5111a41f8054856df3",
		"c104e3179249648403077f70784b26c9844394177179145e"
		"28844b2dc7e40b34d0fad0ba22b3a3cef00197d2bd58f4c4",
		"c4ae73d7e84f15aa17f7fcf50c83b2846e7e6628cff7f993"
		"531b6d8de129bd84359e234feeaf5e4c4a4c87a167161960", } },
	{ "2026-03", {
		"0fb22ea8315f50939d88e835e425b083b4e87c5a738b6b09"
		"e03191d0583bba7e35091de84770ce643bd17828c96a50e6",
		"eb2ecd4e4ff962f12888ed1e0209437d1c1dbd9cce050286"
		"e10dd79b33d000075bd4287b6066c482a1d4851c07485e97",
		"0381c7a53b1fa332467e6ea7240fb38b8ea5e6740af0b5c4"
		"96c8d66e0647da7706b6e149b9fd00c420572b419ffc9608", } },
	{ "2026-04", {
		"7a40e09ee7fe41bac83bf518a611f2d223bd433189e0757c"
		"c9893646a850b77578266ff53652f38f2b28b91e3471e708",
		"f1466ad49807c50b0df671c155c03a85abce04aad460c8a0"
		"78f412299056834b3dc3bcbb8b0816d86997eedc21bce1e0",
		"71f14359dc15c2ba4f9c31fcc04f75d57849d3c0476ab72a"
		"ef4dbff02182ff8eb7c18dd8d89cc6def235dc2c56a6ee49", } },
};
/* clang-format on */

#define ACPI(list) list, sizeof list / sizeof *list

static const struct gcp_machine machines[] = {
	{ "c3-standard-4", 4, 16 * GIB, ACPI(acpi_c3_standard_4) },
	{ "c3-standard-8", 8, 32 * GIB, ACPI(acpi_c3_standard_8) },
	{ "c3-standard-22", 22, 88 * GIB, ACPI(acpi_c3_standard_22) },
	{ "c3-standard-44", 44, 176 * GIB, ACPI(acpi_c3_standard_44) },
	{ "c3-standard-88", 88, 352 * GIB, NULL, 0 },
	{ "c3-standard-176", 176, 704 * GIB, NULL, 0 },
};

const struct tdvf gcp_layout = {
	.n = 6,
	.s = {
		{ 0, 0x1e0000, 0xffe20000, 0x1e0000, TDVF_BFV,
		  TDVF_ATTR_EXTEND },
		{ 0, 0x20000, 0xffe00000, 0x20000, TDVF_CFV, 0 },
		{ 0, 0, 0x810000, 0x10000, TDVF_TEMP_MEM, 0 },
		{ 0, 0, 0x80b000, 0x2000, TDVF_TEMP_MEM, 0 },
		{ 0, 0, 0x809000, 0x2000, TDVF_TD_HOB, 0 },
		{ 0, 0, 0x800000, 0x6000, TDVF_TEMP_MEM, 0 },
	},
};

const struct gcp_machine *gcp_machine_at(size_t i)
{
	return i < sizeof machines / sizeof *machines ? &machines[i] : NULL;
}

const struct gcp_machine *gcp_machine(const char *name)
{
	const struct gcp_machine *m;

	for (size_t i = 0; (m = gcp_machine_at(i)) != NULL; i++)
		if (strcmp(m->name, name) == 0)
			return m;
	return NULL;
}

const char *gcp_boot_digest(unsigned number)
{
	static const char *const digests[] = {
		"23ada07f5261f12f34a0bd8e46760962d6b4d576a416f1fe"
		"a1c64bc656b1d28eacf7047ae6e967c58fd2a98bfa74c298",
		"a25333c7aec2e0993034938c7f11893b3c2bcaf67e88c342"
		"a3d586f6f7fae2c6a1247a9ed86988080a6d4be497d4fbb6",
		"9068065754ff3ae3dd58a5897535eeaf62a19a6757d82dd9"
		"1349c41bae2e3f208e268abba2a4378bc5c8d1acf2fd260f",
	};

	return number < sizeof digests / sizeof *digests ? digests[number]
							 : NULL;
}

const uint8_t gcp_stub_keys[GCP_STUB_KEYS_LEN] = {
	/* EFI_CERT_X509_GUID a5c059a1-94e4-4aa7-87b5-ab155c2bf072 */
	0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a, 0x87, 0xb5, 0xab, 0x15,
	0x5c, 0x2b, 0xf0, 0x72,
	/* SignatureListSize 52, SignatureHeaderSize 0, SignatureSize 24 */
	0x34, 0, 0, 0, 0, 0, 0, 0, 0x18, 0, 0, 0,
	/* owner d281fad2-8d88-47a4-9792-5baa47bb1b89, the certificate */
	0xd2, 0xfa, 0x81, 0xd2, 0x88, 0x8d, 0xa4, 0x47, 0x97, 0x92, 0x5b, 0xaa,
	0x47, 0xbb, 0x1b, 0x89, 0x30, 0x82, 0x01, 0x0a, 0x02, 0x82, 0x01, 0x01
};
