/* Signatures that ssh-keygen verifies, and its own verified here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "sshkey.h"
#include "sshsig.h"

#define NAMESPACE "phigate-bundle-v1"
#define SUMS SLICE("d0e4  session.json\n")

struct fixture {
	char dir[64];
	EVP_PKEY *key;
	struct buf pk;                           /* its wire form */
};

static void put(const struct fixture *f, const char *name, struct slice data, int mode)
{
	char *path = path_join(f->dir, name);

	assert_int_equal(file_write(path, data, (mode_t)mode, NULL), RC_OK);
	free(path);
}

static int run(const struct fixture *f, const char *command)
{
	char line[1024];

	snprintf(line, sizeof line, "cd %s && { %s; } > log 2>&1", f->dir, command);
	return system(line);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	struct buf text;

	strcpy(f->dir, "/tmp/phigate-sshsig-XXXXXX");
	buf_init(&f->pk, 512);
	buf_init(&text, 8192);
	if (!mkdtemp(f->dir) || sshkey_generate_ed25519(&f->key) != RC_OK || sshkey_public_blob(f->key, &f->pk) != RC_OK)
		return -1;
	assert_int_equal(sshkey_write_private(f->key, "test", &text), RC_OK);
	put(f, "key", buf_slice(&text), 0600);
	buf_clear(&text);
	buf_puts(&text, "gpu-1@phigate namespaces=\"" NAMESPACE "\" ");
	assert_int_equal(sshkey_line(f->key, NULL, &text), RC_OK);
	put(f, "allowed_signers", buf_slice(&text), 0644);
	put(f, "SHA256SUMS", SUMS, 0644);
	buf_free(&text);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char line[128];

	snprintf(line, sizeof line, "rm -r %s", f->dir);
	EVP_PKEY_free(f->key);
	buf_free(&f->pk);
	if (system(line) != 0)
		return -1;
	free(f);
	return 0;
}

static void test_ssh_keygen_verifies_what_is_signed(void **state)
{
	struct fixture *f = *state;
	struct buf sig;

	buf_init(&sig, 8192);
	assert_int_equal(sshsig_sign(f->key, NAMESPACE, SUMS, &sig), RC_OK);
	put(f, "SHA256SUMS.sig", buf_slice(&sig), 0644);
	assert_int_equal(run(f, "ssh-keygen -Y verify -f allowed_signers -I gpu-1@phigate -n " NAMESPACE
			     " -s SHA256SUMS.sig < SHA256SUMS"), 0);
	assert_int_not_equal(run(f, "echo more >> SHA256SUMS; ssh-keygen -Y verify -f allowed_signers -I gpu-1@phigate -n " NAMESPACE
				 " -s SHA256SUMS.sig < SHA256SUMS"), 0);
	buf_free(&sig);
}

/* Ed25519 is deterministic, so both write the same bytes. */
static void test_the_bytes_are_those_of_ssh_keygen(void **state)
{
	struct fixture *f = *state;
	struct buf ours, theirs, pk;
	char *path = path_join(f->dir, "SHA256SUMS.sig");

	buf_init(&ours, 8192);
	buf_init(&theirs, 8192);
	buf_init(&pk, 512);
	assert_int_equal(run(f, "ssh-keygen -Y sign -f key -n " NAMESPACE " SHA256SUMS"), 0);
	assert_int_equal(file_read(path, &theirs, NULL), RC_OK);
	assert_int_equal(sshsig_verify(buf_slice(&theirs), NAMESPACE, SUMS, &pk, NULL), RC_OK);
	assert_int_equal(pk.len, f->pk.len);
	assert_memory_equal(pk.data, f->pk.data, pk.len);
	assert_int_equal(sshsig_sign(f->key, NAMESPACE, SUMS, &ours), RC_OK);
	assert_string_equal(ours.data, theirs.data);
	buf_free(&ours);
	buf_free(&theirs);
	buf_free(&pk);
	free(path);
}

static enum rc check(struct slice sig, const char *namespace, struct slice data)
{
	struct why why;
	struct buf pk;
	enum rc rc;

	buf_init(&pk, 512);
	rc = sshsig_verify(sig, namespace, data, &pk, &why);
	assert_true(rc == RC_OK || pk.len == 0);
	buf_free(&pk);
	return rc;
}

static void test_another_text_or_namespace_is_denied(void **state)
{
	struct fixture *f = *state;
	struct buf sig;

	buf_init(&sig, 8192);
	assert_int_equal(sshsig_sign(f->key, NAMESPACE, SUMS, &sig), RC_OK);
	assert_int_equal(check(buf_slice(&sig), NAMESPACE, SUMS), RC_OK);
	assert_int_equal(check(buf_slice(&sig), NAMESPACE, SLICE("d0e4  session.jsom\n")), RC_DENIED);
	assert_int_equal(check(buf_slice(&sig), "git", SUMS), RC_DENIED);
	buf_free(&sig);
}

static void test_no_flipped_byte_passes(void **state)
{
	struct fixture *f = *state;
	struct buf sig;

	buf_init(&sig, 8192);
	assert_int_equal(sshsig_sign(f->key, NAMESPACE, SUMS, &sig), RC_OK);
	for (size_t i = 0; i < sig.len; i++) {
		sig.data[i] ^= 1;
		assert_int_not_equal(check(buf_slice(&sig), NAMESPACE, SUMS), RC_OK);
		sig.data[i] ^= 1;
	}
	for (size_t n = 0; n < sig.len; n++)
		assert_int_equal(check((struct slice){sig.data, n}, NAMESPACE, SUMS), RC_BAD);
	buf_putc(&sig, '\n');
	assert_int_equal(check(buf_slice(&sig), NAMESPACE, SUMS), RC_BAD);
	buf_free(&sig);
}

static void test_other_keys_and_hashes_are_no_signature_of_ours(void **state)
{
	static const char *const commands[] = {
		"ssh-keygen -q -t ecdsa -N '' -f other && ssh-keygen -Y sign -f other -n " NAMESPACE " SHA256SUMS",
		"ssh-keygen -Y sign -f key -O hashalg=sha256 -n " NAMESPACE " SHA256SUMS",
	};
	struct fixture *f = *state;
	char *path = path_join(f->dir, "SHA256SUMS.sig");
	EVP_PKEY *p256;
	struct buf sig;

	buf_init(&sig, 8192);
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		assert_int_equal(run(f, "rm -f SHA256SUMS.sig"), 0);
		assert_int_equal(run(f, commands[i]), 0);
		buf_clear(&sig);
		assert_int_equal(file_read(path, &sig, NULL), RC_OK);
		assert_int_equal(check(buf_slice(&sig), NAMESPACE, SUMS), RC_BAD);
	}
	buf_clear(&sig);
	assert_int_equal(sshkey_generate_p256(&p256), RC_OK);
	assert_int_equal(sshsig_sign(p256, NAMESPACE, SUMS, &sig), RC_BAD);
	EVP_PKEY_free(p256);
	buf_free(&sig);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_ssh_keygen_verifies_what_is_signed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_bytes_are_those_of_ssh_keygen, setup, teardown),
		cmocka_unit_test_setup_teardown(test_another_text_or_namespace_is_denied, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_flipped_byte_passes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_keys_and_hashes_are_no_signature_of_ours, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
