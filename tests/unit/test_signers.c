/* allowed_signers as ssh-keygen reads it: each file is put before both. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "signers.h"
#include "sshkey.h"
#include "sshsig.h"

static char dir[] = "/tmp/phigate-signers.XXXXXX";
static EVP_PKEY *key;
static struct buf blob, line, other;             /* line: "ssh-ed25519 AAAA…" */

static void put(const char *name, struct slice text)
{
	char *path = path_join(dir, name);

	assert_int_equal(file_write(path, text, 0600, NULL), RC_OK);
	free(path);
}

static void key_line(EVP_PKEY *of, struct buf *out)
{
	buf_init(out, 1024);
	assert_int_equal(sshkey_line(of, NULL, out), RC_OK);
	buf_truncate(out, out->len - 1);
}

static int begin(void **state)
{
	EVP_PKEY *another;
	struct buf sig;

	(void)state;
	if (!mkdtemp(dir) || sshkey_generate_ed25519(&key) != RC_OK || sshkey_generate_p256(&another) != RC_OK)
		return 1;
	buf_init(&blob, 1024);
	buf_init(&sig, 8192);
	key_line(key, &line);
	key_line(another, &other);
	EVP_PKEY_free(another);
	if (sshkey_public_blob(key, &blob) != RC_OK || sshsig_sign(key, "phigate-bundle-v1", SLICE("text"), &sig) != RC_OK)
		return 1;
	put("text", SLICE("text"));
	put("sig", buf_slice(&sig));
	buf_free(&sig);
	return setenv("TZ", "UTC", 1);
}

static int end(void **state)
{
	char command[128];

	(void)state;
	EVP_PKEY_free(key);
	buf_free(&blob);
	buf_free(&line);
	buf_free(&other);
	snprintf(command, sizeof command, "rm -r %s", dir);
	return system(command);
}

/* KEY and OTHER in a text become the key that signed and another one. */
static void fill(const char *text, struct buf *out)
{
	buf_init(out, 65536);
	while (*text) {
		if (strncmp(text, "KEY", 3) == 0) {
			buf_add_slice(out, buf_slice(&line));
			text += 3;
		} else if (strncmp(text, "OTHER", 5) == 0) {
			buf_add_slice(out, buf_slice(&other));
			text += 5;
		} else {
			buf_putc(out, *text++);
		}
	}
}

static bool we_believe(struct slice text)
{
	struct signers *s = signers_new();
	struct why why = {0};
	bool good = signers_parse(s, text, &why) == RC_OK &&
		signers_know(s, buf_slice(&blob), "gpu-1@phigate", "phigate-bundle-v1", clock_wall_s(), &why) == RC_OK;

	signers_free(s);
	return good;
}

static bool ssh_keygen_believes(struct slice text)
{
	char command[512];

	put("signers", text);
	snprintf(command, sizeof command, "cd %s && ssh-keygen -Y verify -f signers -I gpu-1@phigate -n phigate-bundle-v1 -s sig < text > said 2>&1", dir);
	return system(command) == 0;
}

static const struct {
	const char *text;
	bool good;
} files[] = {
	{"gpu-1@phigate KEY\n", true},
	{"gpu-1@phigate KEY", true},
	{"gpu-1@phigate KEY a comment behind it\n", true},
	{"# a comment\n\n   \n\tgpu-1@phigate\tKEY\n", true},
	{"gpu-1@phigate KEY\r\n", true},
	{"\"gpu-1@phigate\" KEY\n", true},
	{"gpu-2@phigate KEY\ngpu-1@phigate KEY\n", true},
	{"gpu-1@phigate OTHER\ngpu-1@phigate KEY\n", true},
	{"gpu-1@phigate valid-before=\"20200101\" KEY\ngpu-1@phigate KEY\n", true},
	{"gpu-?@phigate KEY\n", true},
	{"*,!gpu-2@* KEY\n", true},
	{"*****************************************@phigate KEY\n", true},
	{"gpu-1@phigate namespaces=\"phigate-*\" KEY\n", true},
	{"gpu-1@phigate NameSpaces=\"file,phigate-bundle-v1\",valid-after=\"200001010000\" KEY\n", true},
	{"", false},
	{"gpu-1@phigate OTHER\n", false},
	{"GPU-1@phigate KEY\n", false},
	{"gpu-1@phigateKEY\n", false},
	{"gpu-1 KEY\n", false},
	{"!gpu-1@phigate,* KEY\n", false},
	{"*,!gpu-1@phigate KEY\n", false},
	{"gpu-1@phigate cert-authority KEY\n", false},
	{"gpu-1@phigate namespaces=\"file\" KEY\n", false},
	{"gpu-1@phigate namespaces=\"phigate-bundle-v1,!phigate*\" KEY\n", false},
	{"gpu-1@phigate valid-before=\"20200101\" KEY\n", false},
	{"gpu-1@phigate valid-after=\"20990101\" KEY\n", false},
	/* what is no line of such a file */
	{"gpu-1@phigate no-such-option KEY\n", false},
	{"gpu-1@phigate namespaces=file KEY\n", false},
	{"gpu-1@phigate namespaces=\"file KEY\n", false},
	{"gpu-1@phigate namespaces=\"phigate-*\"valid-after=\"20000101\" KEY\n", false},
	{"gpu-1@phigate namespaces=\"phigate-*\",namespaces=\"phigate-*\" KEY\n", false},
	{"gpu-1@phigate valid-before=\"tomorrow\" KEY\n", false},
	{"gpu-1@phigate valid-before=\"2099010\" KEY\n", false},
	{"gpu-1@phigate valid-after=\"20300101\",valid-before=\"20200101\" KEY\n", false},
	{"gpu-1@phigate ssh-ed25519 AAAA\n", false},
	{"gpu-1@phigate\n", false},
	{"gpu-1@phigate ssh-ed25519\n", false},
	{"\"gpu-1@phigate KEY\n", false},
};

static void test_lines_mean_what_they_mean_to_ssh_keygen(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		struct buf text;

		fill(files[i].text, &text);
		if (we_believe(buf_slice(&text)) != files[i].good)
			fail_msg("we take %s otherwise", files[i].text);
		if (ssh_keygen_believes(buf_slice(&text)) != files[i].good)
			fail_msg("ssh-keygen takes %s otherwise", files[i].text);
		buf_free(&text);
	}
}

/* ssh-keygen passes over it in silence, and an auditor wonders. */
static void test_a_mistake_is_named_with_its_line(void **state)
{
	struct signers *s = signers_new();
	struct why why = {0};
	struct buf text;

	(void)state;
	fill("# signers\ngpu-1@phigate KEY\ngpu-2@phigate ssh-ed25519 ABC\n", &text);
	assert_int_equal(signers_parse(s, buf_slice(&text), &why), RC_BAD);
	assert_int_equal(why.line, 3);
	assert_int_equal(signers_parse(s, (struct slice){"a\0b", 3}, &why), RC_BAD);
	assert_int_equal(signers_add(s, "gpu-1@phigate", "no key", &why), RC_BAD);
	assert_non_null(strstr(why.text, "gpu-1@phigate"));
	buf_free(&text);
	signers_free(s);
}

static void test_times_are_local_or_utc(void **state)
{
	struct signers *s = signers_new();
	struct buf text;

	(void)state;
	fill("a valid-after=\"20260101120000Z\",valid-before=\"20260101130000Z\" KEY\n", &text);
	assert_int_equal(signers_parse(s, buf_slice(&text), NULL), RC_OK);
	assert_int_equal(signers_know(s, buf_slice(&blob), "a", "n", 1767268799, NULL), RC_DENIED);
	assert_int_equal(signers_know(s, buf_slice(&blob), "a", "n", 1767268800, NULL), RC_OK);
	assert_int_equal(signers_know(s, buf_slice(&blob), "a", "n", 1767272400, NULL), RC_OK);
	assert_int_equal(signers_know(s, buf_slice(&blob), "a", "n", 1767272401, NULL), RC_DENIED);
	buf_free(&text);
	signers_free(s);
	s = signers_new();
	setenv("TZ", "UTC-2", 1);                /* two hours east */
	fill("a valid-after=\"202601011200\" KEY\n", &text);
	assert_int_equal(signers_parse(s, buf_slice(&text), NULL), RC_OK);
	assert_int_equal(signers_know(s, buf_slice(&blob), "a", "n", 1767268800 - 7200, NULL), RC_OK);
	assert_int_equal(signers_know(s, buf_slice(&blob), "a", "n", 1767268800 - 7201, NULL), RC_DENIED);
	setenv("TZ", "UTC", 1);
	buf_free(&text);
	signers_free(s);
}

static void test_nobody_is_known_until_somebody_is_added(void **state)
{
	struct signers *s = signers_new();

	(void)state;
	assert_true(signers_none(NULL));
	assert_true(signers_none(s));
	assert_int_equal(signers_know(s, buf_slice(&blob), "a", "n", 1, NULL), RC_NOT_FOUND);
	assert_int_equal(signers_know(NULL, buf_slice(&blob), "a", "n", 1, NULL), RC_NOT_FOUND);
	assert_int_equal(signers_add(s, "a", line.data, NULL), RC_OK);
	assert_false(signers_none(s));
	assert_int_equal(signers_know(s, buf_slice(&blob), "a", "n", 1, NULL), RC_OK);
	signers_free(s);
	signers_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_mean_what_they_mean_to_ssh_keygen),
		cmocka_unit_test(test_a_mistake_is_named_with_its_line),
		cmocka_unit_test(test_times_are_local_or_utc),
		cmocka_unit_test(test_nobody_is_known_until_somebody_is_added),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
