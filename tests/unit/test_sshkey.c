/* Keys and certificates in OpenSSH's formats, read back by ssh-keygen and written by it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "encode.h"
#include "file.h"
#include "sshkey.h"

#define FINGERPRINT "SHA256:abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"

struct fixture {
	char dir[64];
	EVP_PKEY *key;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	strcpy(f->dir, "/tmp/phigate-sshkey-XXXXXX");
	if (!mkdtemp(f->dir) || sshkey_generate_p256(&f->key) != RC_OK)
		return -1;
	*state = f;
	return 0;
}

static int run(const struct fixture *f, struct buf *out, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* A shell command in the fixture's folder; its output into out, its exit status back. */
static int run(const struct fixture *f, struct buf *out, const char *fmt, ...)
{
	char command[2048], piece[512];
	va_list args;
	FILE *p;
	size_t n;
	int at = snprintf(command, sizeof command, "cd %s && { ", f->dir);

	va_start(args, fmt);
	at += vsnprintf(command + at, sizeof command - (size_t)at, fmt, args);
	va_end(args);
	snprintf(command + at, sizeof command - (size_t)at, "; } 2>&1");
	p = popen(command, "r");
	assert_non_null(p);
	while ((n = fread(piece, 1, sizeof piece, p)) > 0)
		buf_add(out, piece, n);
	return pclose(p);
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	struct buf out;

	buf_init(&out, 4096);
	run(f, &out, "rm -rf %s", f->dir);
	buf_free(&out);
	EVP_PKEY_free(f->key);
	free(f);
	return 0;
}

static void save(const struct fixture *f, const char *name, struct slice data, mode_t mode)
{
	char *path = path_join(f->dir, name);

	assert_int_equal(file_write(path, data, mode, NULL), RC_OK);
	free(path);
}

static void load(const struct fixture *f, const char *name, struct buf *out)
{
	char *path = path_join(f->dir, name);

	assert_int_equal(file_read(path, out, NULL), RC_OK);
	free(path);
}

/* The blob of a certificate made by ssh-keygen over the fixture's key, or signed by another one. */
static void keygen_cert(struct fixture *f, const char *options, const char *signer, struct buf *blob)
{
	struct buf out;

	buf_init(&out, 65536);
	if (run(f, &out, "test -e user || ssh-keygen -q -t ecdsa -b 256 -N '' -f user; test -e other || ssh-keygen -q -t ecdsa "
		"-b 256 -N '' -f other; ssh-keygen -q -s %s -I x %s user.pub", signer, options) != 0)
		fail_msg("ssh-keygen: %s", out.data);
	buf_clear(&out);
	load(f, "user-cert.pub", &out);
	assert_int_equal(sshkey_parse_line(buf_slice(&out), blob), RC_OK);
	buf_free(&out);
}

static void ssh_keygen_reads_our_private_key(void **state)
{
	struct fixture *f = *state;
	EVP_PKEY *key, *again;
	struct buf text, line, out;
	struct why why;

	buf_init(&text, 8192);
	buf_init(&line, 8192);
	buf_init(&out, 8192);
	assert_int_equal(sshkey_generate_ed25519(&key), RC_OK);
	assert_int_equal(sshkey_write_private(key, "gpu-1 host", &text), RC_OK);
	assert_int_equal(sshkey_line(key, "gpu-1 host", &line), RC_OK);
	save(f, "k", buf_slice(&text), 0600);
	assert_int_equal(run(f, &out, "ssh-keygen -y -f k"), 0);
	assert_string_equal(out.data, line.data);
	assert_int_equal(sshkey_read_private(buf_slice(&text), &again, &why), RC_OK);
	assert_int_equal(EVP_PKEY_eq(key, again), 1);
	EVP_PKEY_free(key);
	EVP_PKEY_free(again);
	buf_free(&text);
	buf_free(&line);
	buf_free(&out);
}

static void we_read_what_ssh_keygen_writes(void **state)
{
	struct fixture *f = *state;
	struct buf text, line, out, blob, printed;
	char fingerprint[64];
	EVP_PKEY *key;
	struct why why;

	buf_init(&text, 8192);
	buf_init(&line, 8192);
	buf_init(&out, 8192);
	buf_init(&blob, 8192);
	buf_init(&printed, 8192);
	assert_int_equal(run(f, &out, "ssh-keygen -q -t ed25519 -N '' -C 'a b' -f theirs"), 0);
	load(f, "theirs", &text);
	load(f, "theirs.pub", &line);
	assert_int_equal(sshkey_read_private(buf_slice(&text), &key, &why), RC_OK);
	assert_int_equal(sshkey_line(key, "a b", &printed), RC_OK);
	assert_string_equal(printed.data, line.data);
	assert_int_equal(sshkey_parse_line(buf_slice(&line), &blob), RC_OK);
	sshkey_fingerprint(buf_slice(&blob), fingerprint);
	buf_clear(&out);
	assert_int_equal(run(f, &out, "ssh-keygen -l -f theirs.pub"), 0);
	assert_non_null(strstr(out.data, fingerprint));
	EVP_PKEY_free(key);

	buf_clear(&out);
	buf_clear(&text);
	assert_int_equal(run(f, &out, "ssh-keygen -q -p -P '' -N secret -f theirs"), 0);
	load(f, "theirs", &text);
	assert_int_equal(sshkey_read_private(buf_slice(&text), &key, &why), RC_BAD);
	assert_non_null(strstr(why.text, "passphrase"));
	assert_null(key);
	buf_free(&text);
	buf_free(&line);
	buf_free(&out);
	buf_free(&blob);
	buf_free(&printed);
}

static void every_cut_of_a_private_key_is_refused(void **state)
{
	struct buf text;
	EVP_PKEY *key, *again = NULL;
	struct why why;

	(void)state;
	buf_init(&text, 8192);
	assert_int_equal(sshkey_generate_ed25519(&key), RC_OK);
	assert_int_equal(sshkey_write_private(key, "c", &text), RC_OK);
	for (size_t n = 0; n + 1 < text.len; n++)
		assert_int_not_equal(sshkey_read_private((struct slice){text.data, n}, &again, &why), RC_OK);
	EVP_PKEY_free(key);
	buf_free(&text);
}

static void a_point_off_the_curve_and_other_encodings_are_refused(void **state)
{
	struct fixture *f = *state;
	struct buf der, blob;
	EVP_PKEY *key;

	buf_init(&der, 256);
	buf_init(&blob, 256);
	assert_int_equal(sshkey_public_der(f->key, &der), RC_OK);
	assert_int_equal(der.len, 91);
	assert_int_equal(sshkey_from_der(buf_slice(&der), &key), RC_OK);
	assert_int_equal(EVP_PKEY_eq(key, f->key), 1);
	EVP_PKEY_free(key);
	der.data[90] ^= 1;
	assert_int_equal(sshkey_from_der(buf_slice(&der), &key), RC_BAD);
	assert_null(key);
	der.data[90] ^= 1;
	assert_int_equal(sshkey_from_der((struct slice){der.data, 90}, &key), RC_BAD);
	der.data[26] = 6;
	assert_int_equal(sshkey_from_der(buf_slice(&der), &key), RC_BAD);

	assert_int_equal(sshkey_public_blob(f->key, &blob), RC_OK);
	assert_int_equal(sshkey_from_blob(buf_slice(&blob), &key), RC_OK);
	EVP_PKEY_free(key);
	buf_putc(&blob, 'x');
	assert_int_equal(sshkey_from_blob(buf_slice(&blob), &key), RC_BAD);
	buf_free(&der);
	buf_free(&blob);
}

static void a_certificate_carries_its_tokens(void **state)
{
	struct fixture *f = *state;
	struct buf blob, line, out, der;
	struct sshcert cert;
	struct why why;
	char token[6001];

	memset(token, 'a', sizeof token - 1);
	token[sizeof token - 1] = '\0';
	buf_init(&blob, 65536);
	buf_init(&line, 65536);
	buf_init(&out, 65536);
	buf_init(&der, 256);
	assert_int_equal(sshcert_make(f->key, slice_str(token), SLICE("login.token.x"), 1700000000, 1700003600, &blob), RC_OK);
	assert_int_equal(sshcert_read(buf_slice(&blob), &cert, &why), RC_OK);
	assert_string_equal(cert.id_token.data, token);
	assert_string_equal(cert.login_token.data, "login.token.x");
	assert_int_equal(cert.valid_after_s, 1700000000);
	assert_int_equal(cert.valid_before_s, 1700003600);
	assert_int_equal(sshkey_public_der(f->key, &der), RC_OK);
	assert_int_equal(cert.key_der.len, der.len);
	assert_memory_equal(cert.key_der.data, der.data, der.len);
	sshcert_free(&cert);

	buf_puts(&line, "ecdsa-sha2-nistp256-cert-v01@openssh.com ");
	base64_encode(blob.data, blob.len, &line);
	save(f, "made-cert.pub", buf_slice(&line), 0600);
	assert_int_equal(run(f, &out, "TZ=UTC ssh-keygen -L -f made-cert.pub"), 0);
	assert_non_null(strstr(out.data, "user certificate"));
	assert_non_null(strstr(out.data, "from 2023-11-14T22:13:20 to 2023-11-14T23:13:20"));
	assert_non_null(strstr(out.data, "id-token@phigate UNKNOWN"));
	assert_non_null(strstr(out.data, "login-token@phigate UNKNOWN"));
	assert_non_null(strstr(out.data, "permit-port-forwarding"));
	assert_null(strstr(out.data, "permit-pty"));
	buf_free(&blob);
	buf_free(&line);
	buf_free(&out);
	buf_free(&der);
}

static void we_read_a_certificate_of_ssh_keygen(void **state)
{
	struct fixture *f = *state;
	struct sshcert cert;
	struct buf blob;
	struct why why;

	buf_init(&blob, 65536);
	keygen_cert(f, "-n phigate -V -1m:+4m -O clear -O permit-port-forwarding -O extension:id-token@phigate=a.b.c", "user", &blob);
	assert_int_equal(sshcert_read(buf_slice(&blob), &cert, &why), RC_OK);
	assert_string_equal(cert.id_token.data, "a.b.c");
	assert_int_equal(cert.login_token.len, 0);
	sshcert_free(&cert);
	buf_free(&blob);
}

static void foreign_and_greedy_certificates_are_refused(void **state)
{
	static const struct {
		const char *options, *signer, *reason;
	} cases[] = {
		{"-n phigate", "other", "not signed by its own key"},
		{"-n root", "user", "principals"},
		{"-n phigate,root", "user", "principals"},
		{"", "user", "principals"},
		{"-h -n phigate", "user", "not a user certificate"},
		{"-n phigate -O force-command=/bin/sh", "user", "critical options"},
		{"-n phigate -O source-address=127.0.0.1", "user", "critical options"},
	};
	struct fixture *f = *state;
	struct sshcert cert;
	struct buf blob;
	struct why why;

	buf_init(&blob, 65536);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_clear(&blob);
		keygen_cert(f, cases[i].options, cases[i].signer, &blob);
		assert_int_equal(sshcert_read(buf_slice(&blob), &cert, &why), RC_BAD);
		if (!strstr(why.text, cases[i].reason))
			fail_msg("%s: %s", cases[i].options, why.text);
	}
	buf_free(&blob);
}

static void a_changed_byte_breaks_a_certificate(void **state)
{
	struct fixture *f = *state;
	struct sshcert cert;
	struct buf blob;
	struct why why;

	buf_init(&blob, 65536);
	assert_int_equal(sshcert_make(f->key, SLICE("a.b.c"), SLICE(""), 1, 2, &blob), RC_OK);
	for (size_t i = 0; i < blob.len; i++) {
		blob.data[i] ^= 1;
		assert_int_not_equal(sshcert_read(buf_slice(&blob), &cert, &why), RC_OK);
		assert_int_not_equal(sshcert_read((struct slice){blob.data, i}, &cert, &why), RC_OK);
		blob.data[i] ^= 1;
	}
	buf_putc(&blob, '\0');
	assert_int_equal(sshcert_read(buf_slice(&blob), &cert, &why), RC_BAD);
	buf_free(&blob);
}

static void possession_is_bound_to_challenge_host_and_key(void **state)
{
	struct fixture *f = *state;
	struct buf der, other_der, sig;
	EVP_PKEY *other;

	buf_init(&der, 256);
	buf_init(&other_der, 256);
	buf_init(&sig, 256);
	assert_int_equal(sshkey_generate_p256(&other), RC_OK);
	assert_int_equal(sshkey_public_der(f->key, &der), RC_OK);
	assert_int_equal(sshkey_public_der(other, &other_der), RC_OK);
	assert_int_equal(possession_sign(f->key, "challenge-1", FINGERPRINT, &sig), RC_OK);
	assert_int_equal(possession_verify(buf_slice(&der), "challenge-1", FINGERPRINT, buf_slice(&sig)), RC_OK);
	assert_int_not_equal(possession_verify(buf_slice(&der), "challenge-2", FINGERPRINT, buf_slice(&sig)), RC_OK);
	assert_int_not_equal(possession_verify(buf_slice(&der), "challenge-1", "SHA256:another", buf_slice(&sig)), RC_OK);
	assert_int_not_equal(possession_verify(buf_slice(&other_der), "challenge-1", FINGERPRINT, buf_slice(&sig)), RC_OK);
	EVP_PKEY_free(other);
	buf_free(&der);
	buf_free(&other_der);
	buf_free(&sig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ssh_keygen_reads_our_private_key),
		cmocka_unit_test(we_read_what_ssh_keygen_writes),
		cmocka_unit_test(every_cut_of_a_private_key_is_refused),
		cmocka_unit_test(a_point_off_the_curve_and_other_encodings_are_refused),
		cmocka_unit_test(a_certificate_carries_its_tokens),
		cmocka_unit_test(we_read_a_certificate_of_ssh_keygen),
		cmocka_unit_test(foreign_and_greedy_certificates_are_refused),
		cmocka_unit_test(a_changed_byte_breaks_a_certificate),
		cmocka_unit_test(possession_is_bound_to_challenge_host_and_key),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
