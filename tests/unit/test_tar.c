/* Headers of a bundle: GNU tar reads them, and no other header passes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tar.h"

static void test_a_header_is_read_back(void **state)
{
	static const struct {
		const char *name;
		uint64_t size;
		int64_t mtime_s;
	} members[] = {
		{"SHA256SUMS", 0, 0}, {"seg-000001.jsonl.age", 262144, 1790000000}, {"a", 077777777777ULL, 077777777777LL},
	};
	unsigned char block[TAR_BLOCK];
	struct tar_member m;

	(void)state;
	for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
		assert_int_equal(tar_header(members[i].name, members[i].size, members[i].mtime_s, block), RC_OK);
		assert_int_equal(tar_parse(block, &m, NULL), RC_OK);
		assert_string_equal(m.name, members[i].name);
		assert_true(m.size == members[i].size && m.mtime_s == members[i].mtime_s);
	}
	memset(block, 0, sizeof block);
	assert_int_equal(tar_parse(block, &m, NULL), RC_END);
}

static void test_names_that_are_more_than_a_name_are_refused(void **state)
{
	static const char *const names[] = {"", ".", "..", "../x", "a/b", "/etc/passwd", "-rf", ".hidden", "a b", "a_b", "a\n", "caf\xc3\xa9"};
	unsigned char block[TAR_BLOCK];
	char name[101];

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_int_equal(tar_header(names[i], 1, 1, block), RC_BAD);
	memset(name, 'a', sizeof name);
	name[100] = '\0';
	assert_int_equal(tar_header(name, 1, 1, block), RC_BAD);
	name[99] = '\0';
	assert_int_equal(tar_header(name, 1, 1, block), RC_OK);
	assert_int_equal(tar_header("a", 1, -1, block), RC_BAD);
	assert_int_equal(tar_header("a", 1ULL << 33, 1, block), RC_TOO_BIG);
	assert_int_equal(tar_header("a", 1, 1LL << 33, block), RC_TOO_BIG);
}

/* Whatever byte is changed, with the checksum as it was or made right again: it is not the one form any more. */
static void test_a_header_that_differs_by_a_byte_is_refused(void **state)
{
	unsigned char good[TAR_BLOCK], block[TAR_BLOCK];
	struct tar_member m;
	struct why why;

	(void)state;
	assert_int_equal(tar_header("index.jsonl", 4711, 1790000000, good), RC_OK);
	for (size_t i = 0; i < TAR_BLOCK; i++) {
		unsigned sum = 8 * ' ';

		memcpy(block, good, sizeof block);
		block[i] ^= 0x80;
		assert_int_equal(tar_parse(block, &m, &why), RC_BAD);
		for (size_t k = 0; k < TAR_BLOCK; k++)
			sum += k < 148 || k >= 156 ? block[k] : 0;
		snprintf((char *)block + 148, 7, "%06o", sum);
		assert_int_equal(tar_parse(block, &m, &why), i >= 148 && i < 155 ? RC_OK : RC_BAD);
	}
}

static void test_a_link_made_by_tar_is_refused(void **state)
{
	char dir[] = "/tmp/phigate-tar-XXXXXX", command[256];
	unsigned char block[TAR_BLOCK];
	struct tar_member m;
	FILE *p;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(command, sizeof command, "cd %s && ln -s /etc/passwd a && tar --format=ustar -cf - a; rm -r %s", dir, dir);
	p = popen(command, "r");
	assert_int_equal(fread(block, 1, sizeof block, p), sizeof block);
	while (fread(command, 1, sizeof command, p) > 0)
		;
	assert_int_equal(pclose(p), 0);
	assert_int_equal(tar_parse(block, &m, NULL), RC_BAD);
}

static void test_tar_lists_and_unpacks_what_is_written(void **state)
{
	static const char text[] = "two words";
	char path[] = "/tmp/phigate-tar-XXXXXX", command[256], out[512] = "";
	unsigned char block[TAR_BLOCK], zeros[TAR_BLOCK] = {0};
	int fd = mkstemp(path);
	size_t n;
	FILE *p;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(tar_header("session.json", sizeof text - 1, 86400, block), RC_OK);
	assert_int_equal(write(fd, block, sizeof block), sizeof block);
	memset(block, 0, sizeof block);
	memcpy(block, text, sizeof text - 1);
	assert_int_equal(write(fd, block, sizeof block), sizeof block);
	assert_int_equal(write(fd, zeros, sizeof zeros), sizeof zeros);
	assert_int_equal(write(fd, zeros, sizeof zeros), sizeof zeros);
	close(fd);
	snprintf(command, sizeof command, "TZ=UTC tar --numeric-owner -tvf %s 2>&1 && tar -xOf %s session.json 2>&1", path, path);
	p = popen(command, "r");
	n = fread(out, 1, sizeof out - 1, p);
	assert_true(n > 0);
	assert_int_equal(pclose(p), 0);
	assert_string_equal(out, "-rw-r--r-- 0/0               9 1970-01-02 00:00 session.json\ntwo words");
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_header_is_read_back),
		cmocka_unit_test(test_names_that_are_more_than_a_name_are_refused),
		cmocka_unit_test(test_a_header_that_differs_by_a_byte_is_refused),
		cmocka_unit_test(test_a_link_made_by_tar_is_refused),
		cmocka_unit_test(test_tar_lists_and_unpacks_what_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
