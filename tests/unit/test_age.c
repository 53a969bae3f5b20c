/* Files of age: the published vectors, files of our own and of Debian's age, and all that must be refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "age.h"
#include "bech32.h"
#include "digest.h"
#include "file.h"

#define VECTORS "tests/unit/age"
#define MANY ((size_t)64 << 20)

/* one that age-keygen made */
#define KEY_TEXT "AGE-SECRET-KEY-1RP5ZFS3LH3HYAPW8HRRT28Y5E3W5XYNJ22DTR92DF8SPYCLYD0NSPHE6RY"
#define RECIPIENT_TEXT "age1652msfjr0kdatuqlljq9j5r976qju9jnfex2kh4nfdlws3h4f5ys2ca9dq"
#define OTHER_KEY_TEXT "AGE-SECRET-KEY-1D4K9K8C7057S90WVJE59EWVNW6RNPZLFLU8XX893NCESJXTNTA7QDR448A"

static char dir[64];

static int make_dir(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/phigate-age-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	char command[96];

	(void)state;
	snprintf(command, sizeof command, "rm -rf %s", dir);
	return system(command);
}

/* ---- tools ------------------------------------------------------------------------------------------------------------------ */

static enum rc keep(void *arg, struct slice piece)
{
	return buf_add_slice(arg, piece);
}

static struct age_recipients recipients(const char *text)
{
	struct age_recipients to = {0};

	assert_int_equal(age_recipients_add(&to, text, NULL), RC_OK);
	return to;
}

static struct age_identities *identities(const char *text)
{
	struct age_identities *who;
	struct why why = {0};

	if (age_identities_read(slice_str(text), &who, &why) != RC_OK)
		fail_msg("%s", why.text);
	return who;
}

/* In pieces of step bytes, each of which may add no more text than was promised. */
static enum rc feed_in_steps(struct age_opening *o, struct slice file, size_t step, struct buf *text, struct why *why)
{
	enum rc rc = RC_OK;

	assert_non_null(o);
	for (size_t at = 0; at < file.n && rc == RC_OK; at += step) {
		size_t n = file.n - at < step ? file.n - at : step, before = text->len;

		rc = age_open_more(o, (struct slice){file.p + at, n}, text, why);
		assert_true(text->len - before <= n + AGE_CHUNK);
	}
	if (rc == RC_OK)
		rc = age_open_end(o, text, why);
	age_open_free(o);
	return rc;
}

static enum rc open_in_steps(const struct age_identities *who, struct slice file, size_t step, struct buf *text, struct why *why)
{
	return feed_in_steps(age_open_begin(who), file, step, text, why);
}

static void seal(const struct age_recipients *to, struct slice text, struct buf *file)
{
	buf_init(file, MANY);
	assert_int_equal(age_seal(to, text, keep, file), RC_OK);
}

static void fill(char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		text[i] = (char)(i * 7 + i / 251);
}

/* ---- vectors ---------------------------------------------------------------------------------------------------------------- */

struct vector {
	char expect[32], payload[SHA256_HEX], passphrase[64];
	bool zlib;
	struct buf identities, file;
};

static bool field(const char *line, const char *name, char *out, size_t n)
{
	size_t len = strlen(name);

	if (strncmp(line, name, len) != 0 || strncmp(line + len, ": ", 2) != 0)
		return false;
	snprintf(out, n, "%.*s", (int)strcspn(line + len + 2, "\n"), line + len + 2);
	return true;
}

static void inflate_all(struct buf *b)
{
	uLongf n = MANY;
	Bytef *out = malloc(n);

	assert_non_null(out);
	assert_int_equal(uncompress(out, &n, (const Bytef *)b->data, b->len), Z_OK);
	buf_clear(b);
	buf_add(b, out, n);
	free(out);
}

static void read_vector(const char *path, struct vector *v)
{
	struct buf all;
	char value[256];
	const char *at;

	*v = (struct vector){0};
	buf_init(&all, MANY);
	buf_init(&v->identities, 4096);
	buf_init(&v->file, MANY);
	assert_int_equal(file_read(path, &all, NULL), RC_OK);
	for (at = all.data; *at != '\n'; at = strchr(at, '\n') + 1) {
		if (field(at, "identity", value, sizeof value))
			buf_printf(&v->identities, "%s\n", value);
		else if (field(at, "compressed", value, sizeof value))
			v->zlib = true;
		else if (!*v->passphrase && field(at, "passphrase", v->passphrase, sizeof v->passphrase))
			continue;
		else if (!field(at, "expect", v->expect, sizeof v->expect))
			field(at, "payload", v->payload, sizeof v->payload);
	}
	buf_add(&v->file, at + 1, all.len - (size_t)(at + 1 - all.data));
	if (v->zlib)
		inflate_all(&v->file);
	if (!v->identities.len)
		buf_puts(&v->identities, KEY_TEXT "\n");
	buf_free(&all);
}

static enum rc expected(const char *expect)
{
	return strcmp(expect, "success") == 0 ? RC_OK : strcmp(expect, "no match") == 0 ? RC_NOT_FOUND : RC_BAD;
}

static void check_vector(const char *name, size_t step)
{
	struct age_identities *who;
	char path[512], sum[SHA256_HEX];
	struct why why = {0};
	struct vector v;
	struct buf text;
	enum rc rc;

	snprintf(path, sizeof path, VECTORS "/%s", name);
	read_vector(path, &v);
	who = identities(v.identities.data);
	buf_init(&text, MANY);
	rc = feed_in_steps(*v.passphrase ? age_open_begin_passphrase(slice_str(v.passphrase)) : age_open_begin(who), buf_slice(&v.file),
			   step ? step : v.file.len + 1, &text, &why);
	if (rc != expected(v.expect))
		fail_msg("%s: %s where \"%s\" is expected: %s", name, rc_name(rc), v.expect, why.text);
	if ((rc == RC_OK) == (*why.text != '\0'))
		fail_msg("%s: %s, and the reason is \"%s\"", name, rc_name(rc), why.text);
	sha256_hex(text.len ? text.data : "", text.len, sum);
	if (*v.payload && strcmp(sum, v.payload) != 0)
		fail_msg("%s: the text is another, %zu bytes", name, text.len);
	buf_free(&text);
	buf_free(&v.identities);
	buf_free(&v.file);
	age_identities_free(who);
}

static void test_the_published_vectors_come_out_as_they_say(void **state)
{
	static const size_t steps[] = {0, 4093, 65536};
	DIR *vectors = opendir(VECTORS);
	struct dirent *e;
	int n = 0;

	(void)state;
	assert_non_null(vectors);
	while ((e = readdir(vectors)))
		if (e->d_name[0] != '.' && strcmp(e->d_name, "README.md") != 0) {
			bool large = strstr(e->d_name, "_25") != NULL;

			for (size_t i = 0; i < (large ? 1 : sizeof steps / sizeof *steps); i++)
				check_vector(e->d_name, large ? 50000 : steps[i]);
			n++;
		}
	closedir(vectors);
	assert_true(n >= 80);
}

/* ---- sealed and opened ------------------------------------------------------------------------------------------------------- */

static const size_t sizes[] = {0, 1, 200, 65535, 65536, 65537, 131072, 131073, 300001};

static void test_what_is_sealed_opens_in_pieces_of_any_size(void **state)
{
	struct age_recipients to = recipients(RECIPIENT_TEXT);
	struct age_identities *who = identities(KEY_TEXT);
	char *text = malloc(300001);

	(void)state;
	assert_non_null(text);
	fill(text, 300001);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct slice plain = {text, sizes[i]};
		struct buf file, opened;

		seal(&to, plain, &file);
		assert_true(age_text_bytes(file.len, 1) == plain.n);
		for (size_t step = file.len < 1000 ? 1 : 977; step <= file.len; step = step * 9 + 1) {
			struct why why = {0};

			buf_init(&opened, MANY);
			assert_int_equal(open_in_steps(who, buf_slice(&file), step, &opened, &why), RC_OK);
			assert_int_equal(opened.len, plain.n);
			assert_true(!plain.n || memcmp(opened.data, plain.p, plain.n) == 0);
			buf_free(&opened);
		}
		buf_free(&file);
	}
	free(text);
	age_identities_free(who);
}

static void test_each_of_several_recipients_opens_and_nobody_else(void **state)
{
	static const char *const keys[] = {KEY_TEXT, OTHER_KEY_TEXT};
	struct age_identities *who[3];
	struct age_recipients to = {0}, one;
	unsigned char random[AGE_KEY_LEN];
	struct buf text, file, opened;
	struct why why = {0};

	(void)state;
	buf_init(&text, 256);
	random_bytes(random, sizeof random);
	assert_int_equal(bech32_encode("AGE-SECRET-KEY-", random, &text), RC_OK);
	for (int i = 0; i < 2; i++) {
		who[i] = identities(keys[i]);
		age_identities_recipients(who[i], &one);
		assert_int_equal(one.n, 1);
		memcpy(to.key[to.n++], one.key[0], AGE_KEY_LEN);
	}
	who[2] = identities(text.data);
	seal(&to, SLICE("the note"), &file);
	assert_true(age_text_bytes(file.len, 2) == strlen("the note"));
	buf_init(&opened, 4096);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(open_in_steps(who[i], buf_slice(&file), 4096, &opened, &why), RC_OK);
		assert_true(slice_is(buf_slice(&opened), "the note"));
		buf_clear(&opened);
	}
	assert_int_equal(open_in_steps(who[2], buf_slice(&file), 4096, &opened, &why), RC_NOT_FOUND);
	assert_non_null(strstr(why.text, "none of the 2"));
	assert_int_equal(opened.len, 0);
	for (int i = 0; i < 3; i++)
		age_identities_free(who[i]);
	buf_free(&text);
	buf_free(&file);
	buf_free(&opened);
}

static void test_no_two_files_of_one_text_are_alike(void **state)
{
	struct age_recipients to = recipients(RECIPIENT_TEXT);
	struct buf a, b;

	(void)state;
	seal(&to, SLICE("the note"), &a);
	seal(&to, SLICE("the note"), &b);
	assert_int_equal(a.len, b.len);
	assert_memory_not_equal(a.data, b.data, a.len);
	for (size_t i = 0; i + 8 < a.len; i++)
		assert_memory_not_equal(a.data + i, "the note", 8);
	buf_free(&a);
	buf_free(&b);
}

static void test_any_byte_that_changes_is_noticed_and_so_is_any_end(void **state)
{
	struct age_recipients to = recipients(RECIPIENT_TEXT);
	struct age_identities *who = identities(KEY_TEXT);
	struct buf file, opened;

	(void)state;
	seal(&to, SLICE("the note"), &file);
	buf_init(&opened, 4096);
	for (size_t i = 0; i < file.len; i++) {
		struct why why = {0};

		file.data[i] ^= 1;
		assert_int_not_equal(open_in_steps(who, buf_slice(&file), 4096, &opened, &why), RC_OK);
		assert_true(*why.text && opened.len == 0);
		file.data[i] ^= 1;
		why.text[0] = '\0';
		assert_int_equal(open_in_steps(who, (struct slice){file.data, i}, 4096, &opened, &why), RC_BAD);
		assert_true(*why.text && opened.len == 0);
	}
	buf_free(&file);
	buf_free(&opened);
	age_identities_free(who);
}

static void test_chunks_cannot_change_places_nor_be_left_out(void **state)
{
	struct age_recipients to = recipients(RECIPIENT_TEXT);
	struct age_identities *who = identities(KEY_TEXT);
	static char text[3 * AGE_CHUNK], chunk[AGE_CHUNK + 16];
	size_t whole = sizeof chunk, head;
	struct buf file, opened;
	struct why why = {0};

	(void)state;
	fill(text, sizeof text);
	seal(&to, (struct slice){text, sizeof text}, &file);
	head = file.len - 3 * whole;
	buf_init(&opened, MANY);
	assert_int_equal(open_in_steps(who, (struct slice){file.data, head + 2 * whole}, 4096, &opened, &why), RC_BAD);
	assert_int_equal(opened.len, 2 * AGE_CHUNK);
	memcpy(chunk, file.data + head, whole);
	memmove(file.data + head, file.data + head + whole, whole);
	memcpy(file.data + head + whole, chunk, whole);
	buf_clear(&opened);
	assert_int_equal(open_in_steps(who, buf_slice(&file), 4096, &opened, &why), RC_BAD);
	assert_int_equal(opened.len, 0);
	buf_free(&file);
	buf_free(&opened);
	age_identities_free(who);
}

static void test_a_head_without_end_takes_no_memory(void **state)
{
	struct age_identities *who = identities(KEY_TEXT);
	struct age_opening *o = age_open_begin(who);
	struct buf text;
	struct why why = {0};
	enum rc rc;
	int n = 0;

	(void)state;
	buf_init(&text, 16);
	rc = age_open_more(o, SLICE("age-encryption.org/v1\n-> other"), &text, &why);
	while (rc == RC_OK && n++ < 100)
		rc = age_open_more(o, SLICE(" word word word word word word word word word word word word word word word word word word word word word "
					    "word word word word word word word word word word word word word word word word word word word word word "
					    "word word word word word word word word word word word word word word word word word word word word word "
					    "word word word word word word word word word word word word word word word word word word word word word "
					    "word word word word word word word word word word word word word word word word word word word word word "
					    "word word word word word word word word word word word word word word word word word word word word word"),
				   &text, &why);
	while (rc == RC_OK && n++ < 1000)
		rc = age_open_more(o, SLICE(" word"), &text, &why);
	assert_true(rc == RC_OK || rc == RC_BAD);
	for (n = 0; rc == RC_OK && n < 65536; n++)
		rc = age_open_more(o, SLICE(" word"), &text, &why);
	assert_int_equal(rc, RC_BAD);
	age_open_free(o);
	age_identities_free(who);
	buf_free(&text);
}

/* ---- keys --------------------------------------------------------------------------------------------------------------------- */

static void test_only_recipients_of_the_right_kind_are_taken_and_the_rest_is_explained(void **state)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
		{"", "begins with age1"},
		{"alice@example.org", "begins with age1"},
		{"AGE1652MSFJR0KDATUQLLJQ9J5R976QJU9JNFEX2KH4NFDLWS3H4F5YS2CA9DQ", "begins with age1"},
		{"age1652Msfjr0kdatuqlljq9j5r976qju9jnfex2kh4nfdlws3h4f5ys2ca9dq", "a character is wrong"},
		{"age1652msfjr0kdatuqlljq9j5r976qju9jnfex2kh4nfdlws3h4f5ys2ca9d9", "a character is wrong"},
		{"age1652msfjr0kdatuqlljq9j5r976qju9jnfex2kh4nfdlws3h4f5ys2ca9d", "a character is wrong"},
		{RECIPIENT_TEXT "q", "a character is wrong"},
		{RECIPIENT_TEXT " ", "a character is wrong"},
		{"age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t", "another kind"},
		{KEY_TEXT, "secret key"},
		{"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG", "SSH key"},
	};
	struct age_recipients to = {0};
	unsigned char zero[AGE_KEY_LEN] = {0};
	struct why why = {0};
	struct buf text;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(age_recipients_add(&to, bad[i].text, &why), RC_BAD);
		if (!strstr(why.text, bad[i].why))
			fail_msg("%s: %s", bad[i].text, why.text);
		assert_null(strstr(why.text, "1RP5ZFS3L"));
	}
	buf_init(&text, 256);
	assert_int_equal(bech32_encode("age", zero, &text), RC_OK);
	assert_int_equal(age_recipients_add(&to, text.data, &why), RC_BAD);
	assert_non_null(strstr(why.text, "everybody can open"));
	assert_int_equal(to.n, 0);
	assert_int_equal(age_recipients_add(&to, RECIPIENT_TEXT, &why), RC_OK);
	assert_int_equal(age_recipients_add(&to, RECIPIENT_TEXT, &why), RC_CONFLICT);
	buf_clear(&text);
	assert_int_equal(age_recipients_text(&to, 0, &text), RC_OK);
	assert_string_equal(text.data, RECIPIENT_TEXT);
	for (int i = 1; i <= AGE_RECIPIENTS_MAX; i++) {
		zero[0] = (unsigned char)(9 + i);
		buf_clear(&text);
		assert_int_equal(bech32_encode("age", zero, &text), RC_OK);
		assert_int_equal(age_recipients_add(&to, text.data, &why), i < AGE_RECIPIENTS_MAX ? RC_OK : RC_TOO_BIG);
	}
	buf_free(&text);
}

static void test_identity_files_are_read_as_age_keygen_writes_them(void **state)
{
	struct age_recipients of;
	struct age_identities *who = identities("# created: 2026-01-01T00:00:00Z\r\n# public key: x\n\n" KEY_TEXT "\r\n" OTHER_KEY_TEXT);
	struct buf text;

	(void)state;
	age_identities_recipients(who, &of);
	assert_int_equal(of.n, 2);
	buf_init(&text, 256);
	assert_int_equal(age_recipients_text(&of, 0, &text), RC_OK);
	assert_string_equal(text.data, RECIPIENT_TEXT);
	buf_free(&text);
	age_identities_free(who);
}

/* made by Debian's age: age -p -a key.txt */
static const char locked[] =
	"-----BEGIN AGE ENCRYPTED FILE-----\n"
	"YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCBYRHJKc2ZxMG9jdU5HMWVK\n"
	"NU1PT3VnIDE4CjJLZUdMU0s2Nk1sWEVYYWt2R0VHWXZRMVhXZTZ6TGZ2UEZlMXRW\n"
	"SzIycDQKLS0tIEIveE1YRlNyeVZSdHJpbVkvTUxBbE5rL2tiV2p0TjFJcTlwSEh1\n"
	"eC8wM2MKxKB3c9x4VAEBfYbpT/ShykzLOcX2Qf7FXeZbT731V+qx9zv84+YKx1NV\n"
	"DT6SydBNLX3vxL2pp/PLgV+pGPu9QkHZ0jxcfhwLWq3GTY5055DALFbsSzUnaDWT\n"
	"wJD7W5eDwEaun9xeo09+t+U=\n"
	"-----END AGE ENCRYPTED FILE-----\n";

static void test_an_identity_file_opens_with_its_passphrase(void **state)
{
	struct age_identities *who = NULL;
	struct age_recipients of;
	struct why why = {0};
	struct buf text;

	(void)state;
	assert_true(age_identities_locked(SLICE(locked)));
	assert_false(age_identities_locked(SLICE("# a comment\n" KEY_TEXT)));
	assert_int_equal(age_identities_unlock(SLICE(locked), SLICE("hunter3"), &who, &why), RC_NOT_FOUND);
	assert_null(who);
	assert_string_equal(why.text, "another passphrase protects it");
	assert_int_equal(age_identities_unlock(SLICE(locked), SLICE("hunter2"), &who, &why), RC_OK);
	age_identities_recipients(who, &of);
	assert_int_equal(of.n, 1);
	buf_init(&text, 256);
	assert_int_equal(age_recipients_text(&of, 0, &text), RC_OK);
	assert_string_equal(text.data, RECIPIENT_TEXT);
	buf_free(&text);
	age_identities_free(who);
}

static void test_a_protected_file_that_is_damaged_or_no_identity_is_explained(void **state)
{
	struct age_recipients to = recipients(RECIPIENT_TEXT);
	struct age_identities *who;
	char cut[sizeof locked];
	struct why why = {0};
	struct buf sealed;

	(void)state;
	memcpy(cut, locked, sizeof locked);
	cut[sizeof locked / 2] = '\0';
	assert_int_equal(age_identities_unlock(slice_str(cut), SLICE("hunter2"), &who, &why), RC_BAD);
	assert_non_null(strstr(why.text, "armor"));
	seal(&to, SLICE(KEY_TEXT), &sealed);
	why = (struct why){0};
	assert_int_equal(age_identities_unlock(buf_slice(&sealed), SLICE("hunter2"), &who, &why), RC_NOT_FOUND);
	assert_non_null(strstr(why.text, "sealed for a recipient"));
	assert_null(who);
	buf_free(&sealed);
}

static void test_an_identity_file_that_holds_none_is_explained_without_its_content(void **state)
{
	static const struct {
		const char *text, *why;
		int line;
	} bad[] = {
		{"", "no key in it", 0},
		{"# only a comment\n\n", "no key in it", 0},
		{"# x\n" RECIPIENT_TEXT "\n", "this is a recipient", 2},
		{KEY_TEXT "\nAGE-PLUGIN-YUBIKEY-1QQQ\n", "plugin", 2},
		{"AGE-SECRET-KEY-1RP5ZFS3LH3HYAPW8HRRT28Y5E3W5XYNJ22DTR92DF8SPYCLYD0NSPHE6RZ\n", "no key of age", 1},
		{"age-secret-key-1rp5zfs3lh3hyapw8hrrt28y5e3w5xynj22dtr92df8spyclyd0nsphe6ry\n", "no key of age", 1},
		{" " KEY_TEXT "\n", "no key of age", 1},
		{"age-encryption.org/v1\n-> scrypt x 18\n", "protected by a passphrase", 1},
		{"-----BEGIN AGE ENCRYPTED FILE-----\n", "passphrase", 1},
		{"password: hunter2\n", "no key of age", 1},
	};
	struct age_identities *who;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct why why = {0};

		assert_int_equal(age_identities_read(slice_str(bad[i].text), &who, &why), RC_BAD);
		assert_null(who);
		if (!strstr(why.text, bad[i].why) || why.line != bad[i].line)
			fail_msg("%s: %d: %s", bad[i].text, why.line, why.text);
		assert_null(strcasestr(why.text, "RP5ZFS3L"));
		assert_null(strstr(why.text, "hunter2"));
	}
}

static void test_more_keys_than_one_file_has_are_refused(void **state)
{
	struct age_identities *who;
	struct why why = {0};
	struct buf text;

	(void)state;
	buf_init(&text, 1 << 20);
	for (int i = 0; i < 65; i++)
		buf_puts(&text, KEY_TEXT "\n");
	assert_int_equal(age_identities_read((struct slice){text.data, text.len / 65 * 64}, &who, &why), RC_OK);
	age_identities_free(who);
	assert_int_equal(age_identities_read(buf_slice(&text), &who, &why), RC_BAD);
	assert_int_equal(why.line, 65);
	buf_free(&text);
}

static void test_bech32_is_its_own_inverse_and_notices_every_change(void **state)
{
	unsigned char bytes[BECH32_BYTES], back[BECH32_BYTES];
	struct buf text;

	(void)state;
	buf_init(&text, 256);
	for (int i = 0; i < 50; i++) {
		random_bytes(bytes, sizeof bytes);
		buf_clear(&text);
		assert_int_equal(bech32_encode("AGE-SECRET-KEY-", bytes, &text), RC_OK);
		assert_int_equal(bech32_decode(buf_slice(&text), "AGE-SECRET-KEY-", back), RC_OK);
		assert_memory_equal(bytes, back, sizeof bytes);
		assert_int_equal(bech32_decode(buf_slice(&text), "age", back), RC_NOT_FOUND);
	}
	for (size_t i = strlen("AGE-SECRET-KEY-1"); i < text.len; i++) {
		char was = text.data[i];

		for (int c = 0; c < 256; c++) {
			text.data[i] = (char)c;
			assert_int_equal(bech32_decode(buf_slice(&text), "AGE-SECRET-KEY-", back), (char)c == was ? RC_OK : RC_BAD);
		}
		text.data[i] = was;
	}
	buf_free(&text);
}

/* ---- Debian's age ---------------------------------------------------------------------------------------------------------- */

static void put(const char *name, struct slice text)
{
	char path[128];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	assert_int_equal(file_write(path, text, 0600, NULL), RC_OK);
}

static void get(const char *name, struct buf *out)
{
	char path[128];

	buf_init(out, MANY);
	snprintf(path, sizeof path, "%s/%s", dir, name);
	assert_int_equal(file_read(path, out, NULL), RC_OK);
}

static int sh(const char *command)
{
	char text[1024];

	snprintf(text, sizeof text, "cd %s && { %s; } >> log 2>&1", dir, command);
	return system(text);
}

static void test_age_opens_what_is_sealed_here(void **state)
{
	struct age_recipients to = recipients(RECIPIENT_TEXT);
	char *text = malloc(300001);

	(void)state;
	assert_non_null(text);
	fill(text, 300001);
	put("key.txt", SLICE("# one\n" KEY_TEXT "\n"));
	put("other.txt", SLICE(OTHER_KEY_TEXT "\n"));
	assert_int_equal(sh("age-keygen -o new.txt && age-keygen -y new.txt > new.pub && printf '%s' $(cat new.pub) > new.rcpt"), 0);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct buf file, out, more;

		get("new.rcpt", &more);
		to.n = 1;
		assert_int_equal(age_recipients_add(&to, more.data, NULL), RC_OK);
		seal(&to, (struct slice){text, sizes[i]}, &file);
		put("file.age", buf_slice(&file));
		assert_int_equal(sh("age -d -i key.txt file.age > file && age -d -i new.txt file.age > again && cmp file again"), 0);
		assert_int_not_equal(sh("age -d -i other.txt file.age"), 0);
		get("file", &out);
		assert_int_equal(out.len, sizes[i]);
		assert_true(!out.len || memcmp(out.data, text, out.len) == 0);
		buf_free(&file);
		buf_free(&out);
		buf_free(&more);
	}
	free(text);
}

static void test_what_age_seals_opens_here(void **state)
{
	struct age_identities *who;
	char *text = malloc(300001);
	struct buf key;

	(void)state;
	assert_non_null(text);
	fill(text, 300001);
	assert_int_equal(sh("age-keygen -o mine.txt && age-keygen -y mine.txt > mine.pub"), 0);
	get("mine.txt", &key);
	who = identities(key.data);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct buf file, opened;
		struct why why = {0};

		put("plain", (struct slice){text, sizes[i]});
		assert_int_equal(sh("age -r " RECIPIENT_TEXT " -R mine.pub -o theirs.age plain"), 0);
		get("theirs.age", &file);
		buf_init(&opened, MANY);
		if (open_in_steps(who, buf_slice(&file), 5000, &opened, &why) != RC_OK)
			fail_msg("%s", why.text);
		assert_int_equal(opened.len, sizes[i]);
		assert_true(!opened.len || memcmp(opened.data, text, opened.len) == 0);
		buf_free(&file);
		buf_free(&opened);
	}
	free(text);
	buf_free(&key);
	age_identities_free(who);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_published_vectors_come_out_as_they_say),
		cmocka_unit_test(test_what_is_sealed_opens_in_pieces_of_any_size),
		cmocka_unit_test(test_each_of_several_recipients_opens_and_nobody_else),
		cmocka_unit_test(test_no_two_files_of_one_text_are_alike),
		cmocka_unit_test(test_any_byte_that_changes_is_noticed_and_so_is_any_end),
		cmocka_unit_test(test_chunks_cannot_change_places_nor_be_left_out),
		cmocka_unit_test(test_a_head_without_end_takes_no_memory),
		cmocka_unit_test(test_only_recipients_of_the_right_kind_are_taken_and_the_rest_is_explained),
		cmocka_unit_test(test_identity_files_are_read_as_age_keygen_writes_them),
		cmocka_unit_test(test_an_identity_file_opens_with_its_passphrase),
		cmocka_unit_test(test_a_protected_file_that_is_damaged_or_no_identity_is_explained),
		cmocka_unit_test(test_an_identity_file_that_holds_none_is_explained_without_its_content),
		cmocka_unit_test(test_more_keys_than_one_file_has_are_refused),
		cmocka_unit_test(test_bech32_is_its_own_inverse_and_notices_every_change),
		cmocka_unit_test(test_age_opens_what_is_sealed_here),
		cmocka_unit_test(test_what_age_seals_opens_here),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
