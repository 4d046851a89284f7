/* The development PKI in its folder: made once, kept, and issued anew. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host-launcher/vm/pkistore.h"
#include "lib/rng.h"
#include "tests/tap.h"

enum {
	NOW = 1790000000,
	DAY = 86400
};

static char dir[] = "/tmp/ee-test-store-XXXXXX";
static struct pki_store a, b;
static struct rng rng;

static enum err open_at(int64_t now, struct pki_store *s)
{
	return pki_store_open("pki", rng_prng(&rng), now, s);
}

static bool same_file(const char *path, struct slice want)
{
	struct buf f = { 0 };
	bool same = file_read(path, PKI_BUNDLE_CAP, &f) == ERR_OK &&
		    slice_eq(buf_slice(&f), want);

	buf_free(&f);
	return same;
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_mode & 07777 : 0;
}

static const char *const secrets[] = { "pki/root.key", "pki/platform.key",
				       "pki/pck.key", "pki/tcb.key",
				       "pki/attestation.key" };

static void test_first(void)
{
	is_err(open_at(NOW, &a), ERR_OK, "made on first use");
	ok(mode_of("pki") == 0700, "in a folder of its owner's");
	for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
		ok(mode_of(secrets[i]) == 0600, "%s is a secret", secrets[i]);
	ok(strcmp(a.root_path, "pki/root.pem") == 0 &&
		   same_file(a.root_path, a.pki.root),
	   "root.pem holds the root");
	ok(same_file(a.collateral_path, a.pki.collateral),
	   "collateral.json the collateral");
	ok(at_page_end(a.pki.root.ptr, 27).len == 27 &&
		   memcmp(a.pki.root.ptr, "-----BEGIN CERTIFICATE-----", 27) ==
			   0,
	   "in PEM");
}

static void test_again(void)
{
	is_err(open_at(NOW + DAY, &b), ERR_OK, "opened a day later");
	ok(memcmp(&a.keys, &b.keys, sizeof a.keys) == 0, "the same keys");
	ok(slice_eq(a.pki.root, b.pki.root) &&
		   slice_eq(a.pki.pck_chain, b.pki.pck_chain) &&
		   slice_eq(a.pki.collateral, b.pki.collateral),
	   "the same certificates and collateral");
	if (unlink("pki/root.pem") != 0 || unlink("pki/collateral.json") != 0)
		ok(false, "cannot unlink");
	is_err(open_at(NOW + DAY, &b), ERR_OK, "with its public files lost");
	ok(same_file("pki/root.pem", a.pki.root) &&
		   same_file("pki/collateral.json", a.pki.collateral),
	   "writes them again");
}

static void test_expiry(void)
{
	is_err(open_at(NOW + PKI_VALID_S / 4 * 3, &b), ERR_OK,
	       "a quarter of the time left");
	ok(slice_eq(a.pki.collateral, b.pki.collateral), "is enough");
	is_err(open_at(NOW + PKI_VALID_S / 4 * 3 + 1, &b), ERR_OK,
	       "a second less");
	ok(!slice_eq(a.pki.collateral, b.pki.collateral) &&
		   same_file("pki/collateral.json", b.pki.collateral),
	   "is not: new collateral");
	ok(slice_eq(a.pki.root, b.pki.root) &&
		   slice_eq(a.pki.pck_chain, b.pki.pck_chain),
	   "under the certificates that verifiers have");
	is_err(open_at(NOW, &b), ERR_OK, "the clock was set back");
	ok(slice_eq(a.pki.collateral, b.pki.collateral),
	   "what was issued in the future is issued anew");
}

static void test_damage(void)
{
	struct buf f = { 0 };

	ok(chmod("pki/pck.key", 0640) == 0, "a key that others can read");
	is_err(open_at(NOW, &b), ERR_STATE, "is not used");
	ok(chmod("pki/pck.key", 0600) == 0, "put right");
	is_err(file_read("pki/tcb.key", 4096, &f), ERR_OK, "a key's text");
	is_err(file_write("pki/tcb.key", 0600,
			  (struct slice){ f.ptr, f.len / 2 }),
	       ERR_OK, "half of it");
	ok(open_at(NOW, &b) != ERR_OK, "is refused");
	ok(unlink("pki/tcb.key") == 0, "the key lost");
	is_err(open_at(NOW, &b), ERR_MISSING, "is not replaced by another");
	is_err(file_write("pki/tcb.key", 0600, buf_slice(&f)), ERR_OK,
	       "brought back");
	buf_free(&f);
	is_err(open_at(NOW, &b), ERR_OK, "and all is well");
	ok(memcmp(&a.keys, &b.keys, sizeof a.keys) == 0, "with the same keys");
	is_err(file_write("pki/times.json", 0600, str_slice("{}")), ERR_OK,
	       "no times");
	is_err(open_at(NOW, &b), ERR_VALUE, "damaged, not made anew");
	ok(unlink("pki/times.json") == 0, "the times lost");
	is_err(open_at(NOW, &b), ERR_VALUE, "the same");
	is_err(file_write("file", 0600, str_slice("")), ERR_OK, "a file");
	is_err(pki_store_open("file/x", rng_prng(&rng), NOW, &b), ERR_IO,
	       "where the folder should be");
}

int main(void)
{
	static const uint8_t zeros[sizeof(struct pki_keys)];

	if (mkdtemp(dir) == NULL || chdir(dir) != 0)
		return 1;
	rng_seeded(&rng, str_slice("test_pkistore"));
	test_first();
	test_again();
	test_expiry();
	test_damage();
	pki_store_done(&a);
	ok(memcmp(&a.keys, zeros, sizeof zeros) == 0, "done wipes the keys");
	if (chdir("/") != 0 || system("rm -rf /tmp/ee-test-store-??????") != 0)
		return 1;
	return tap_done();
}
