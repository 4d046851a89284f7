/* rtmr1.c - the boot path. */
#include "measure/lib/rtmr.h"

/* Offsets in the setup header: Linux Documentation/arch/x86/boot.rst. */
enum {
	HDR_MAGIC = 0x202,
	HDR_VERSION = 0x206,
	HDR_LOADER = 0x210,
	HDR_LOADFLAGS = 0x211,
	HDR_HEAP_END = 0x224,
	HDR_CMDLINE = 0x228,
	HDR_END = 0x22c,
	PROTOCOL_2_12 = 0x20c,
	LOADED_HIGH = 0x01,
	CAN_USE_HEAP = 0x80,
};

/* QEMU hw/i386/x86-common.c, x86_load_linux: real mode code at 0x10000, command
 * line at 0x20000, heap up to 0x200 below it. */
bool qemu_patch_kernel(uint8_t *kernel, size_t len)
{
	struct rd r = rd_over((struct slice){ kernel, len });
	struct wr w;
	struct slice magic;
	uint16_t version;

	(void)rd_take(&r, HDR_MAGIC);
	magic = rd_take(&r, 4);
	version = rd_u16le(&r);
	if (r.err != ERR_OK || len < HDR_END || !slice_is(magic, "HdrS") ||
	    version < PROTOCOL_2_12 || !(kernel[HDR_LOADFLAGS] & LOADED_HIGH))
		return false;
	kernel[HDR_LOADER] = 0xb0; /* QEMU, version 0 */
	kernel[HDR_LOADFLAGS] |= CAN_USE_HEAP;
	w = wr_over(kernel + HDR_HEAP_END, 2);
	wr_u16le(&w, 0xfe00);
	w = wr_over(kernel + HDR_CMDLINE, 4);
	wr_u32le(&w, 0x20000);
	return true;
}

static void action(struct eventlist *l, const char *text)
{
	event_add_data(l, 1, EVENT_ACTION, str_slice(text), text);
}

static void separator(const struct predict_in *in, struct eventlist *l)
{
	static const uint8_t zero[4];

	event_add_data(l, in->quirks & QUIRK_SEPARATOR_RTMR0 ? 0 : 1,
		       EVENT_SEPARATOR, (struct slice){ zero, sizeof zero },
		       "ready to boot");
}

void rtmr1_events(const struct predict_in *in, const struct boot_image *img,
		  struct eventlist *l)
{
	uint8_t digest[SHA384_LEN];

	/* With -kernel the image is loaded before the boot options are tried;
	   from a disk it is loaded as one of them. */
	if (!img->is_disk)
		event_add(l, 1, EVENT_APPLICATION, img->pe,
			  "kernel, as handed over by the VMM");
	action(l, "Calling EFI Application from Boot Option");
	separator(in, l);
	if (img->is_disk) {
		gpt_digest(&img->gpt, digest);
		event_add(l, 1, EVENT_GPT, digest,
			  "partition table of the boot disk");
		event_add(l, 1, EVENT_APPLICATION, img->pe,
			  "\\EFI\\BOOT\\BOOTX64.EFI");
	}
	action(l, "Exit Boot Services Invocation");
	action(l, "Exit Boot Services Returned with Success");
}
