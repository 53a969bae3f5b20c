/* The ledger's store: what stock tools read, that it goes on after every crash from what its checkpoint says, and that it refuses to go on
 * from anything else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file.h"
#include "sshkey.h"
#include "tiles.h"

#define ORIGIN "phigate/gpu-1"
#define KILLED 42

static char dir[64];
static EVP_PKEY *key, *other_key;
static struct tlog_vkey vkey;

/* ---- a process that dies at its n-th step on the disk --------------------------------------------------------------------- */

static int steps_left;                           /* 0: it lives on */

static void step(void)
{
	if (steps_left && --steps_left == 0)
		_exit(KILLED);
}

int fsync(int fd)
{
	(void)fd;
	step();
	return 0;
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	step();
	return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, 0);
}

int mkdirat(int dir_fd, const char *name, mode_t mode)
{
	step();
	return (int)syscall(SYS_mkdirat, dir_fd, name, mode);
}

int unlinkat(int dir_fd, const char *name, int flags)
{
	step();
	return (int)syscall(SYS_unlinkat, dir_fd, name, flags);
}

/* Torn: the first half, and then it dies. */
enum rc fd_write_all(int fd, const void *p, size_t n)
{
	const char *at = p;
	bool torn = steps_left == 1;

	if (torn)
		n /= 2;
	while (n) {
		ssize_t put = write(fd, at, n);

		if (put <= 0)
			return RC_IO;
		at += put;
		n -= (size_t)put;
	}
	step();
	return RC_OK;
}

/* ---- the plainest log -------------------------------------------------------------------------------------------------------- */

static struct slice leaf_of(uint64_t i, char out[64])
{
	return (struct slice){out, (size_t)snprintf(out, 64, "leaf %llu%s\n", (unsigned long long)i, i % 7 ? "" : " which is longer")};
}

static struct tlog_hash root_of(uint64_t size)
{
	struct tlog_edge edge = {0};
	struct tlog_hash hash;
	char text[64];

	for (uint64_t i = 0; i < size; i++) {
		tlog_leaf(leaf_of(i, text), &hash);
		tlog_edge_add(&edge, 0, &hash);
	}
	tlog_edge_root(&edge, &hash);
	return hash;
}

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/phigate-tiles-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	char command[96];

	(void)state;
	snprintf(command, sizeof command, "rm -rf %s", dir);
	return system(command);
}

PRINTF_LIKE(1, 2) static int sh(const char *fmt, ...)
{
	char command[512];
	int n = snprintf(command, sizeof command, "exec > /dev/null 2>&1; cd %s && ", dir);
	va_list args;

	va_start(args, fmt);
	vsnprintf(command + n, sizeof command - (size_t)n, fmt, args);
	va_end(args);
	return system(command);
}

static struct tiles *open_tiles(void)
{
	struct tiles *t = NULL;
	struct why why = {0};

	if (tiles_open(dir, ORIGIN, key, &t, &why) != RC_OK)
		fail_msg("%s", why.text);
	return t;
}

/* Those that are lacking up to the size, in one commit. */
static void grow(struct tiles *t, uint64_t size)
{
	char text[64];

	while (tiles_size(t) < size)
		assert_int_equal(tiles_add(t, leaf_of(tiles_size(t), text)), RC_OK);
	assert_int_equal(tiles_commit(t), RC_OK);
}

static void make(uint64_t size)
{
	struct tiles *t = open_tiles();

	grow(t, size);
	tiles_close(t);
}

static struct tlog_checkpoint read_checkpoint(void)
{
	struct tlog_checkpoint checkpoint;
	struct tiles_reader r;
	struct buf note;

	buf_init(&note, TLOG_CHECKPOINT_MAX);
	assert_int_equal(tiles_reader_open(&r, dir, NULL), RC_OK);
	assert_int_equal(tiles_read_checkpoint(&r, &note), RC_OK);
	assert_int_equal(tlog_checkpoint_open(buf_slice(&note), &vkey, &checkpoint, NULL), RC_OK);
	tiles_reader_close(&r);
	buf_free(&note);
	return checkpoint;
}

/* Each leaf is there, and proved under the checkpoint. */
static void check_all(uint64_t size)
{
	struct tlog_checkpoint checkpoint = read_checkpoint();
	struct tlog_hash root = root_of(size), hash;
	struct tiles_reader r;
	char text[64];

	assert_int_equal(checkpoint.size, size);
	assert_true(tlog_same(&checkpoint.root, &root));
	assert_int_equal(tiles_reader_open(&r, dir, NULL), RC_OK);
	r.size = size;
	for (uint64_t i = 0; i < size; i += size > 600 ? 97 : size > 200 ? 13 : 1) {
		struct slice leaf = leaf_of(i, text);
		struct tlog_path path;
		struct buf read;

		buf_init(&read, 1024);
		assert_int_equal(tiles_read_leaf(&r, i, &read), RC_OK);
		assert_int_equal(read.len, leaf.n);
		assert_memory_equal(read.data, leaf.p, leaf.n);
		tlog_leaf(leaf, &hash);
		assert_int_equal(tlog_prove_inclusion(tiles_read_hash, &r, i, size, &path), RC_OK);
		assert_true(tlog_check_inclusion(&hash, i, size, &root, &path));
		buf_free(&read);
	}
	tiles_reader_close(&r);
}

/* ---- what is on the disk -------------------------------------------------------------------------------------------------------- */

static void test_an_empty_ledger_has_a_checkpoint(void **state)
{
	(void)state;
	make(0);
	assert_int_equal(read_checkpoint().size, 0);
	check_all(0);
}

static void test_every_size_can_be_left_and_gone_on_from(void **state)
{
	(void)state;
	for (uint64_t size = 1; size <= 520; size += size == 1 || size == 255 || size == 256 || size == 511 ? 1 : 127)
		make(size);
	check_all(512);
	make(515);
	check_all(515);
}

static void test_files_lie_where_the_specification_says(void **state)
{
	(void)state;
	make(3);
	assert_int_equal(sh("test -f checkpoint -a $(stat -c %%s tile/0/000.p/3) = 96 -a -f tile/entries/000.p/3"), 0);
	make(70000);
	assert_int_equal(sh("test $(stat -c %%s tile/0/000) = 8192 -a $(stat -c %%s tile/1/000) = 8192 -a $(stat -c %%s tile/1/001.p/17) = 544"), 0);
	assert_int_equal(sh("test $(stat -c %%s tile/2/000.p/1) = 32 -a $(stat -c %%s tile/0/273.p/112) = 3584 -a -f tile/entries/273.p/112"), 0);
	assert_int_equal(sh("test ! -e tile/0/000.p -a ! -e tile/entries/000.p"), 0);    /* nobody needs them any more */
	assert_int_equal(sh("test $(find . -perm /077 -type f | wc -l) = 0"), 0);
	check_all(70000);
}

static void test_two_checkpoints_are_consistent(void **state)
{
	struct tlog_checkpoint first, last;
	struct tiles_reader r;
	struct tlog_path path;

	(void)state;
	make(300);
	first = read_checkpoint();
	make(1000);
	last = read_checkpoint();
	assert_int_equal(tiles_reader_open(&r, dir, NULL), RC_OK);
	r.size = 1000;
	assert_int_equal(tlog_prove_consistency(tiles_read_hash, &r, 300, 1000, &path), RC_OK);
	assert_true(tlog_check_consistency(300, &first.root, 1000, &last.root, &path));
	tiles_reader_close(&r);
}

/* Of an older checkpoint, when its tiles have been filled since. */
static void test_who_reads_an_older_tree_is_served(void **state)
{
	struct tlog_hash hash, root = root_of(10);
	struct tiles_reader r;
	struct tlog_path path;
	char text[64];

	(void)state;
	make(10);
	make(300);
	assert_int_equal(tiles_reader_open(&r, dir, NULL), RC_OK);
	r.size = 10;
	assert_int_equal(tlog_prove_inclusion(tiles_read_hash, &r, 7, 10, &path), RC_OK);
	tlog_leaf(leaf_of(7, text), &hash);
	assert_true(tlog_check_inclusion(&hash, 7, 10, &root, &path));
	tiles_reader_close(&r);
}

static void test_a_leaf_may_be_65535_bytes_and_no_more(void **state)
{
	struct tiles *t = open_tiles();
	char *text = calloc(1, 65536);
	struct tiles_reader r;
	struct buf read;

	(void)state;
	assert_int_equal(tiles_add(t, (struct slice){text, 65536}), RC_TOO_BIG);
	assert_int_equal(tiles_size(t), 0);
	assert_int_equal(tiles_add(t, (struct slice){text, 65535}), RC_OK);
	assert_int_equal(tiles_add(t, SLICE("")), RC_OK);
	assert_int_equal(tiles_commit(t), RC_OK);
	tiles_close(t);
	buf_init(&read, 70000);
	assert_int_equal(tiles_reader_open(&r, dir, NULL), RC_OK);
	r.size = 2;
	assert_int_equal(tiles_read_leaf(&r, 0, &read), RC_OK);
	assert_int_equal(read.len, 65535);
	buf_clear(&read);
	assert_int_equal(tiles_read_leaf(&r, 1, &read), RC_OK);
	assert_int_equal(read.len, 0);
	assert_int_equal(tiles_read_leaf(&r, 2, &read), RC_BAD);
	tiles_reader_close(&r);
	buf_free(&read);
	free(text);
}

static void test_what_was_not_committed_is_not_there(void **state)
{
	struct tiles *t = open_tiles();
	char text[64];

	(void)state;
	grow(t, 250);
	for (uint64_t i = 250; i < 600; i++)
		assert_int_equal(tiles_add(t, SLICE("never")), RC_OK);
	assert_int_equal(tiles_revert(t, NULL), RC_OK);
	assert_int_equal(tiles_size(t), 250);
	assert_int_equal(tiles_add(t, leaf_of(250, text)), RC_OK);
	assert_int_equal(tiles_commit(t), RC_OK);
	tiles_close(t);
	check_all(251);
}

/* ---- crashes -------------------------------------------------------------------------------------------------------------------- */

/* From 250 to 260 leaves (tiles are filled, others begun), killed at each step; then it goes on with other leaves, and what it was first
 * is what a checkpoint said, or nothing. */
static void test_killed_at_any_step_it_goes_on_from_a_checkpoint(void **state)
{
	bool killed = true;

	(void)state;
	for (int n = 1; killed; n++) {
		struct tlog_checkpoint found;
		int status;
		pid_t pid;

		make(250);
		fflush(NULL);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			struct tiles *t = open_tiles();

			steps_left = n;
			grow(t, 260);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == KILLED));
		killed = WEXITSTATUS(status) == KILLED;
		found = read_checkpoint();
		assert_true(found.size == 250 || found.size == 260);
		assert_true(killed || found.size == 260);
		make(258);                               /* what the crash left beyond the checkpoint is overwritten */
		check_all(found.size > 258 ? found.size : 258);
		make(270);
		check_all(270);
		assert_int_equal(sh("rm -rf checkpoint tile"), 0);
		assert_true(n < 200);
	}
}

static void refuse(uint64_t size, const char *damage)
{
	struct tiles *t;
	struct why why = {0};

	make(size);
	assert_int_equal(sh("%s", damage), 0);
	if (tiles_open(dir, ORIGIN, key, &t, &why) != RC_BAD)
		fail_msg("%s was not refused", damage);
	assert_null(t);
	assert_true(strstr(why.text, "ledger") || strstr(why.text, "checkpoint"));
	assert_int_equal(sh("rm -rf checkpoint tile"), 0);
}

static void test_a_ledger_that_is_not_what_its_checkpoint_says_is_not_added_to(void **state)
{
	(void)state;
	refuse(300, "rm checkpoint");
	refuse(300, ": > checkpoint");
	refuse(300, "sed -i s/300/299/ checkpoint");
	refuse(300, "truncate -s -1 checkpoint");
	refuse(300, "truncate -s -32 tile/0/001.p/44");
	refuse(300, "rm tile/0/001.p/44");
	refuse(300, "printf x | dd of=tile/0/001.p/44 bs=1 seek=40 conv=notrunc");
	refuse(300, "rm tile/1/000.p/1");
	refuse(300, "printf x | dd of=tile/1/000.p/1 bs=1 conv=notrunc");
	refuse(300, "rm tile/entries/001.p/44");
	refuse(300, "truncate -s -1 tile/entries/001.p/44");
	refuse(300, "printf x | dd of=tile/entries/001.p/44 bs=1 seek=5 conv=notrunc");
}

static void test_another_key_does_not_go_on(void **state)
{
	struct tiles *t;
	struct why why = {0};

	(void)state;
	make(5);
	assert_int_equal(tiles_open(dir, ORIGIN, other_key, &t, &why), RC_BAD);
	assert_non_null(strstr(why.text, "another key"));
	assert_int_equal(tiles_open(dir, "phigate/gpu-2", key, &t, &why), RC_BAD);
}

static void test_one_process_writes(void **state)
{
	struct tiles *t = open_tiles(), *second;
	struct why why = {0};

	(void)state;
	assert_int_equal(tiles_open(dir, ORIGIN, key, &second, &why), RC_CONFLICT);
	tiles_close(t);
	t = open_tiles();
	tiles_close(t);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_empty_ledger_has_a_checkpoint),
		TEST(every_size_can_be_left_and_gone_on_from),
		TEST(files_lie_where_the_specification_says),
		TEST(two_checkpoints_are_consistent),
		TEST(who_reads_an_older_tree_is_served),
		TEST(a_leaf_may_be_65535_bytes_and_no_more),
		TEST(what_was_not_committed_is_not_there),
		TEST(killed_at_any_step_it_goes_on_from_a_checkpoint),
		TEST(a_ledger_that_is_not_what_its_checkpoint_says_is_not_added_to),
		TEST(another_key_does_not_go_on),
		TEST(one_process_writes),
	};
	int rc;

	if (sshkey_generate_ed25519(&key) != RC_OK || sshkey_generate_ed25519(&other_key) != RC_OK || tlog_vkey_make(ORIGIN, key, &vkey) != RC_OK)
		return 1;
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other_key);
	return rc;
}
