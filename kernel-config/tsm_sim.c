// SPDX-License-Identifier: GPL-2.0
/*
 * tsm_sim - a simulated TDX module behind the second serial port.
 *
 * Gives the same interfaces as Intel's driver with our RTMR3 patch: a tsm
 * provider under configfs, and
 * /sys/devices/virtual/misc/tdx_guest/measurements/rtmr3:sha384. Every request
 * goes to the launcher over COM2. It proves nothing and says so: its provider
 * is called "tsm_sim", and it does not start inside a real TD.
 *
 * Frames, both ways (guest/lib/proto.h): "EESM", version 1, op or status, body
 * length as u16 little endian, body. The port is polled: one request is in
 * flight at a time and nothing comes unasked.
 */
#define pr_fmt(fmt) "tsm_sim: " fmt

#include <linux/delay.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/ktime.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched/signal.h>
#include <linux/serial_reg.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <linux/tsm.h>
#include <linux/unaligned.h>

#include <asm/cpufeature.h>

#define SIM_PORT 0x2f8
#define SIM_PORT_LEN 8
#define SIM_FIFO_LEN 16
#define SIM_TIMEOUT_MS 30000

#define SIM_MAGIC "EESM"
#define SIM_VERSION 1
#define SIM_HEADER_LEN 8
#define SIM_OP_QUOTE 1
#define SIM_OP_EXTEND 2
#define SIM_OP_READ 3

#define REPORTDATA_LEN 64
#define RTMR_LEN 48
#define RTMR3_INDEX 3

/* One request at a time; also guards the port and sim_stale. */
static DEFINE_MUTEX(sim_lock);

/* A request was abandoned: its answer may still come. */
static bool sim_stale;

/* Wait until the line status shows @bits; -ETIMEDOUT, or -EINTR when killed. */
static int sim_wait(u8 bits, ktime_t deadline)
{
	unsigned int spin = 0;

	while (!(inb(SIM_PORT + UART_LSR) & bits)) {
		if (ktime_after(ktime_get(), deadline))
			return -ETIMEDOUT;
		if (fatal_signal_pending(current))
			return -EINTR;
		/* The first byte of a frame may take long. The others come in
		 * pieces of 14, between which sleeping costs more than waiting.
		 */
		if (++spin < 20000)
			cpu_relax();
		else
			usleep_range(200, 400);
	}
	return 0;
}

static int sim_send(const u8 *p, size_t n, ktime_t deadline)
{
	while (n > 0) {
		size_t chunk = min_t(size_t, n, SIM_FIFO_LEN);
		int ret = sim_wait(UART_LSR_THRE, deadline);

		if (ret)
			return ret;
		outsb(SIM_PORT + UART_TX, p, chunk);
		p += chunk;
		n -= chunk;
	}
	return 0;
}

static int sim_receive(u8 *p, size_t n, ktime_t deadline)
{
	while (n-- > 0) {
		int ret = sim_wait(UART_LSR_DR, deadline);

		if (ret)
			return ret;
		*p++ = inb(SIM_PORT + UART_RX);
	}
	return 0;
}

/* 115200 8N1, FIFOs on and empty, no interrupts. QEMU hands over as many bytes
 * at a time as the FIFO's trigger level asks for, so that is the highest.
 */
static void sim_reset_port(void)
{
	outb(0, SIM_PORT + UART_IER);
	outb(UART_LCR_DLAB, SIM_PORT + UART_LCR);
	outb(1, SIM_PORT + UART_DLL);
	outb(0, SIM_PORT + UART_DLM);
	outb(UART_LCR_WLEN8, SIM_PORT + UART_LCR);
	outb(UART_FCR_ENABLE_FIFO | UART_FCR_CLEAR_RCVR | UART_FCR_CLEAR_XMIT |
		     UART_FCR_R_TRIG_11,
	     SIM_PORT + UART_FCR);
	outb(UART_MCR_DTR | UART_MCR_RTS, SIM_PORT + UART_MCR);
}

/* Throw away what comes until the line has been quiet for 50 ms. */
static int sim_drain(ktime_t deadline)
{
	int ret;

	do {
		ret = sim_wait(UART_LSR_DR, ktime_add_ms(ktime_get(), 50));
		if (!ret)
			inb(SIM_PORT + UART_RX);
		if (ktime_after(ktime_get(), deadline))
			return -ETIMEDOUT;
	} while (!ret);
	return ret == -ETIMEDOUT ? 0 : ret;
}

/* Send one frame and receive its answer: @max bytes at most into @out, their
 * number into @out_len. The host's own status comes back as -errno.
 */
static int sim_exchange(u8 op, const u8 *body, u16 len, ktime_t deadline,
			u8 *out, size_t max, size_t *out_len)
{
	u8 header[SIM_HEADER_LEN] = SIM_MAGIC;
	size_t n;
	int ret;

	header[4] = SIM_VERSION;
	header[5] = op;
	put_unaligned_le16(len, header + 6);
	sim_reset_port();
	ret = sim_stale ? sim_drain(deadline) : 0;
	sim_stale = true;
	if (!ret)
		ret = sim_send(header, sizeof(header), deadline);
	if (!ret)
		ret = sim_send(body, len, deadline);
	if (!ret)
		ret = sim_receive(header, sizeof(header), deadline);
	if (ret)
		return ret;
	n = get_unaligned_le16(header + 6);
	if (memcmp(header, SIM_MAGIC, 4) || header[4] != SIM_VERSION ||
	    header[5] > EHWPOISON || n > max)
		return -EPROTO;
	ret = sim_receive(out, n, deadline);
	if (ret)
		return ret;
	sim_stale = false;
	*out_len = n;
	return -header[5];
}

static int sim_request(u8 op, const u8 *body, u16 len, u8 *out, size_t max,
		       size_t *out_len)
{
	int ret = mutex_lock_interruptible(&sim_lock);

	if (ret)
		return ret;
	ret = sim_exchange(op, body, len,
			   ktime_add_ms(ktime_get(), SIM_TIMEOUT_MS), out, max,
			   out_len);
	mutex_unlock(&sim_lock);
	if (ret)
		pr_err("request %u failed: %d\n", op, ret);
	return ret;
}

static int sim_report_new(struct tsm_report *report, void *data)
{
	struct tsm_desc *desc = &report->desc;
	size_t n = 0;
	u8 *buf;
	int ret;

	if (desc->inblob_len != REPORTDATA_LEN)
		return -EINVAL;
	buf = kvzalloc(TSM_OUTBLOB_MAX, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	ret = sim_request(SIM_OP_QUOTE, desc->inblob, REPORTDATA_LEN, buf,
			  TSM_OUTBLOB_MAX, &n);
	if (!ret && n == 0)
		ret = -EIO;
	if (ret) {
		kvfree(buf);
		return ret;
	}
	report->outblob = buf;
	report->outblob_len = n;
	return 0;
}

static bool sim_attr_visible(int n)
{
	return n == TSM_REPORT_GENERATION || n == TSM_REPORT_PROVIDER;
}

static bool sim_bin_attr_visible(int n)
{
	return n == TSM_REPORT_INBLOB || n == TSM_REPORT_OUTBLOB;
}

static const struct tsm_ops sim_tsm_ops = {
	.name = "tsm_sim",
	.report_new = sim_report_new,
	.report_attr_visible = sim_attr_visible,
	.report_bin_attr_visible = sim_bin_attr_visible,
};

static ssize_t rtmr3_read(struct file *file, struct kobject *kobj,
			  struct bin_attribute *attr, char *buf, loff_t off,
			  size_t count)
{
	u8 index = RTMR3_INDEX;
	size_t n = 0;
	int ret;

	if (off || count != RTMR_LEN)
		return -EINVAL;
	ret = sim_request(SIM_OP_READ, &index, 1, buf, RTMR_LEN, &n);
	if (ret)
		return ret;
	return n == RTMR_LEN ? RTMR_LEN : -EPROTO;
}

static ssize_t rtmr3_write(struct file *file, struct kobject *kobj,
			   struct bin_attribute *attr, char *buf, loff_t off,
			   size_t count)
{
	u8 body[1 + RTMR_LEN] = { RTMR3_INDEX };
	size_t n;
	int ret;

	if (off || count != RTMR_LEN)
		return -EINVAL;
	memcpy(body + 1, buf, RTMR_LEN);
	ret = sim_request(SIM_OP_EXTEND, body, sizeof(body), NULL, 0, &n);
	return ret ? ret : RTMR_LEN;
}

static struct bin_attribute rtmr3_attr = {
	.attr = { .name = "rtmr3:sha384", .mode = 0600 },
	.size = RTMR_LEN,
	.read = rtmr3_read,
	.write = rtmr3_write,
};

static struct bin_attribute *measurement_attrs[] = {
	&rtmr3_attr,
	NULL,
};

static const struct attribute_group measurement_group = {
	.name = "measurements",
	.bin_attrs = measurement_attrs,
};

static const struct attribute_group *sim_groups[] = {
	&measurement_group,
	NULL,
};

static const struct file_operations sim_fops = {
	.owner = THIS_MODULE,
};

/* The name of Intel's device, so that the path is the same. */
static struct miscdevice sim_misc = {
	.name = "tdx_guest",
	.minor = MISC_DYNAMIC_MINOR,
	.fops = &sim_fops,
	.groups = sim_groups,
};

/* A port that is not there reads as all ones, one that is keeps what is
 * written to its scratch register.
 */
static bool __init sim_port_present(void)
{
	outb(0x5a, SIM_PORT + UART_SCR);
	return inb(SIM_PORT + UART_SCR) == 0x5a;
}

static int __init tsm_sim_init(void)
{
	int ret;

	if (cpu_feature_enabled(X86_FEATURE_TDX_GUEST))
		return -ENODEV;
	if (!request_region(SIM_PORT, SIM_PORT_LEN, "tsm_sim"))
		return -EBUSY;
	ret = sim_port_present() ? misc_register(&sim_misc) : -ENODEV;
	if (ret)
		goto free_port;
	ret = tsm_register(&sim_tsm_ops, NULL);
	if (ret)
		goto free_misc;
	return 0;

free_misc:
	misc_deregister(&sim_misc);
free_port:
	release_region(SIM_PORT, SIM_PORT_LEN);
	return ret;
}
/* After tsm_init(), which is a device_initcall too. */
late_initcall(tsm_sim_init);
