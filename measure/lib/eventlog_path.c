/* eventlog_path.c - device paths as text. Source: UEFI 2.10, sections 10.3 and
 * 10.6. */
#include "measure/lib/eventlog_text.h"

#define PNP0A03 UINT32_C(0x0a0341d0)
#define PNP0A08 UINT32_C(0x0a0841d0)

enum {
	NODE_HEAD_LEN = 4,
	GUID_LEN = 16,
	NODE_END = 0x7f,
	END_INSTANCE = 0x01,
	SIGNATURE_GPT = 2,
};

/* Each of these reads one kind of node and writes it, or returns false, having
 * written nothing, when the node is not as long as it should be. */
typedef bool node_fn(struct rd *r, struct log_text *t);

static bool node_pci(struct rd *r, struct log_text *t)
{
	unsigned function = rd_u8(r), device = rd_u8(r);

	if (rd_end(r) != ERR_OK)
		return false;
	lt_fmt(t, "Pci(0x%x,0x%x)", device, function);
	return true;
}

static bool node_acpi(struct rd *r, struct log_text *t)
{
	uint32_t hid = rd_u32le(r), uid = rd_u32le(r);

	if (rd_end(r) != ERR_OK)
		return false;
	if (hid == PNP0A03)
		lt_fmt(t, "PciRoot(0x%x)", (unsigned)uid);
	else if (hid == PNP0A08)
		lt_fmt(t, "PcieRoot(0x%x)", (unsigned)uid);
	else
		lt_fmt(t, "Acpi(0x%08x,0x%x)", (unsigned)hid, (unsigned)uid);
	return true;
}

static bool node_scsi(struct rd *r, struct log_text *t)
{
	unsigned target = rd_u16le(r), lun = rd_u16le(r);

	if (rd_end(r) != ERR_OK)
		return false;
	lt_fmt(t, "Scsi(0x%x,0x%x)", target, lun);
	return true;
}

static bool node_sata(struct rd *r, struct log_text *t)
{
	unsigned port = rd_u16le(r), mult = rd_u16le(r), lun = rd_u16le(r);

	if (rd_end(r) != ERR_OK)
		return false;
	lt_fmt(t, "Sata(0x%x,0x%x,0x%x)", port, mult, lun);
	return true;
}

static bool node_nvme(struct rd *r, struct log_text *t)
{
	unsigned ns = rd_u32le(r);
	struct slice eui = rd_take(r, 8);

	if (rd_end(r) != ERR_OK)
		return false;
	lt_fmt(t, "NVMe(0x%x,", ns);
	for (size_t i = eui.len; i > 0; i--)
		lt_fmt(t, "%02x%s", eui.ptr[i - 1], i > 1 ? "-" : ")");
	return true;
}

static bool node_disk(struct rd *r, struct log_text *t)
{
	unsigned number = rd_u32le(r);
	uint64_t start = rd_u64le(r), size = rd_u64le(r);
	struct slice id = rd_take(r, GUID_LEN);
	unsigned kind;

	rd_u8(r); /* format of the partition table, as the kind says */
	kind = rd_u8(r);
	if (rd_end(r) != ERR_OK)
		return false;
	lt_fmt(t, "HD(%u,", number);
	if (kind == SIGNATURE_GPT) {
		lt_str(t, "GPT,");
		lt_guid(t, id);
	} else {
		lt_str(t, "MBR,");
		lt_hex(t, (struct slice){ id.ptr, 4 });
	}
	lt_fmt(t, ",0x%llx,0x%llx)", (unsigned long long)start,
	       (unsigned long long)size);
	return true;
}

static bool node_file(struct rd *r, struct log_text *t)
{
	lt_utf16(t, rd_take(r, r->left));
	return true;
}

static bool node_uri(struct rd *r, struct log_text *t)
{
	lt_str(t, "Uri(");
	lt_bytes(t, rd_take(r, r->left));
	lt_str(t, ")");
	return true;
}

static bool guid_node(struct rd *r, struct log_text *t, const char *name)
{
	struct slice guid = rd_take(r, GUID_LEN);
	struct slice rest = rd_take(r, r->left);

	if (r->err != ERR_OK)
		return false;
	lt_fmt(t, "%s(", name);
	lt_guid(t, guid);
	if (rest.len > 0) {
		lt_str(t, ",");
		lt_hex(t, rest);
	}
	lt_str(t, ")");
	return true;
}

static bool node_ven_hw(struct rd *r, struct log_text *t)
{
	return guid_node(r, t, "VenHw");
}

static bool node_ven_msg(struct rd *r, struct log_text *t)
{
	return guid_node(r, t, "VenMsg");
}

static bool node_ven_media(struct rd *r, struct log_text *t)
{
	return guid_node(r, t, "VenMedia");
}

static bool node_fv_file(struct rd *r, struct log_text *t)
{
	return guid_node(r, t, "FvFile");
}

static bool node_fv(struct rd *r, struct log_text *t)
{
	return guid_node(r, t, "Fv");
}

static const struct {
	uint8_t type, subtype;
	node_fn *write;
} nodes[] = {
	{ 1, 1, node_pci },      { 1, 4, node_ven_hw },
	{ 2, 1, node_acpi },     { 3, 2, node_scsi },
	{ 3, 10, node_ven_msg }, { 3, 18, node_sata },
	{ 3, 23, node_nvme },    { 3, 24, node_uri },
	{ 4, 1, node_disk },     { 4, 3, node_ven_media },
	{ 4, 4, node_file },     { 4, 6, node_fv_file },
	{ 4, 7, node_fv },
};

/* What has no text form of its own. */
static void any_node(struct log_text *t, uint8_t type, uint8_t subtype,
		     struct slice data)
{
	lt_fmt(t, "Path(%u,%u", type, subtype);
	if (data.len > 0) {
		lt_str(t, ",");
		lt_hex(t, data);
	}
	lt_str(t, ")");
}

static void one_node(struct log_text *t, uint8_t type, uint8_t subtype,
		     struct slice data)
{
	struct rd r = rd_over(data);

	for (size_t i = 0; i < sizeof nodes / sizeof nodes[0]; i++)
		if (nodes[i].type == type && nodes[i].subtype == subtype &&
		    nodes[i].write(&r, t))
			return;
	any_node(t, type, subtype, data);
}

void lt_device_path(struct log_text *t, struct slice path)
{
	struct rd r = rd_over(path);
	bool first = true;

	while (r.left > 0 && !t->cut) {
		uint8_t type = rd_u8(&r), subtype = rd_u8(&r);
		uint16_t len = rd_u16le(&r);
		struct slice data;

		if (len < NODE_HEAD_LEN)
			rd_fail(&r, ERR_VALUE);
		data = rd_take(&r, (size_t)len - NODE_HEAD_LEN);
		if (r.err != ERR_OK) {
			lt_str(t, first ? "(damaged path)" : "/(damaged path)");
			return;
		}
		if (type == NODE_END && subtype != END_INSTANCE)
			return;
		if (type == NODE_END) {
			lt_str(t, ",");
			first = true;
			continue;
		}
		if (!first)
			lt_str(t, "/");
		one_node(t, type, subtype, data);
		first = false;
	}
}
