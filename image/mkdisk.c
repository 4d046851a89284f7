/* mkdisk BOOTX64.EFI OUT - write the appliance's disk: GPT, one EFI system
 * partition, one file \EFI\BOOT\BOOTX64.EFI. 1 GiB (what Google's import wants
 * a multiple of), sparse. The same binary gives the same bytes.
 * Exit: 0 written, 2 usage, 3 the binary is not one, 4 a file cannot be read or
 * written. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/fat.h"
#include "image/gpt.h"

enum {
	EXIT_USAGE = 2,
	EXIT_INPUT = 3,
	EXIT_FILE = 4,
	EFI_MAX = 64 << 20
};

static const struct gpt_layout layout = {
	.disk = ((uint64_t)1 << 30) / SECTOR,
	/* From 1 MiB, 288 MiB: enough clusters of 4 KiB to be FAT32. */
	.esp_first = 2048,
	.esp_last = 2048 + ((uint64_t)288 << 20) / SECTOR - 1,
};

struct out {
	int fd;
	uint64_t base;
};

static enum err put(void *ctx, uint64_t offset, struct slice s)
{
	const struct out *o = ctx;
	size_t done = 0;

	while (done < s.len) {
		off_t at = (off_t)(o->base + offset + done);
		ssize_t n = pwrite(o->fd, s.ptr + done, s.len - done, at);

		if (n <= 0)
			return ERR_IO;
		done += (size_t)n;
	}
	return ERR_OK;
}

static int fail(int code, const char *what, enum err e)
{
	fprintf(stderr, "mkdisk: %s: %s\n", what,
		e == ERR_IO ? strerror(errno) : err_text(e));
	return code;
}

static enum err read_all(const char *path, struct slice *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	uint8_t *buf;
	size_t n = 0;
	ssize_t got;

	if (fd < 0 || fstat(fd, &st) != 0)
		return ERR_IO;
	if (st.st_size < 2 || st.st_size > EFI_MAX)
		return ERR_LIMIT;
	buf = malloc((size_t)st.st_size);
	if (buf == NULL)
		return ERR_IO;
	while (n < (size_t)st.st_size) {
		got = read(fd, buf + n, (size_t)st.st_size - n);
		if (got <= 0)
			return ERR_IO;
		n += (size_t)got;
	}
	close(fd);
	*out = (struct slice){ buf, n };
	return ERR_OK;
}

static enum err write_disk(int fd, struct slice efi)
{
	static uint8_t head_buf[GPT_HEAD_LEN], tail_buf[GPT_TAIL_LEN];
	struct wr head = wr_over(head_buf, sizeof head_buf);
	struct wr tail = wr_over(tail_buf, sizeof tail_buf);
	uint64_t bytes = layout.disk * SECTOR;
	struct out disk = { fd, 0 };
	struct out esp = { fd, layout.esp_first * SECTOR };
	enum err e = gpt_write(&layout, &head, &tail);

	if (e != ERR_OK)
		return e;
	if (ftruncate(fd, (off_t)bytes) != 0)
		return ERR_IO;
	e = put(&disk, 0, wr_slice(&head));
	if (e == ERR_OK)
		e = put(&disk, bytes - GPT_TAIL_LEN, wr_slice(&tail));
	if (e == ERR_OK)
		e = fat_write(layout.esp_last - layout.esp_first + 1,
			      layout.esp_first, efi, put, &esp);
	return e;
}

int main(int argc, char **argv)
{
	struct slice efi;
	enum err e;
	int fd;

	if (argc != 3) {
		fputs("usage: mkdisk BOOTX64.EFI OUT\n", stderr);
		return EXIT_USAGE;
	}
	e = read_all(argv[1], &efi);
	if (e != ERR_OK)
		return fail(e == ERR_IO ? EXIT_FILE : EXIT_INPUT, argv[1], e);
	if (efi.ptr[0] != 'M' || efi.ptr[1] != 'Z')
		return fail(EXIT_INPUT, argv[1], ERR_VALUE);
	fd = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return fail(EXIT_FILE, argv[2], ERR_IO);
	e = write_disk(fd, efi);
	if (e != ERR_OK)
		return fail(EXIT_FILE, argv[2], e);
	if (close(fd) != 0)
		return fail(EXIT_FILE, argv[2], ERR_IO);
	return 0;
}
