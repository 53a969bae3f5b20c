/* What is left of recordings when the agent is killed at any moment, or the disk lies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "recordings.h"

/* ---- an agent that dies at its n-th step on the disk ------------------------------------------------------------------ */

#define KILLED 42

static atomic_int steps_left;                    /* 0: it lives on */

static void step(void)
{
	if (atomic_load(&steps_left) && atomic_fetch_sub(&steps_left, 1) == 1)
		_exit(KILLED);
}

/* Only the process dies here, so nothing needs to reach the disk. */
int fsync(int fd)
{
	(void)fd;
	step();
	return 0;
}

int fdatasync(int fd)
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

int rename(const char *from, const char *to)
{
	step();
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlinkat(int dir, const char *name, int flags)
{
	step();
	return (int)syscall(SYS_unlinkat, dir, name, flags);
}

int ftruncate(int fd, off_t n)
{
	step();
	return (int)syscall(SYS_ftruncate, fd, n);
}

static int64_t wall_shift_ns;

int64_t clock_wall_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec + wall_shift_ns;
}

/* Run in a process of its own, which ends there (or its notary, which is a process too, and then the agent stops) or at the n-th step; *told gets what it acknowledged last. True: it was killed. */
static bool run(void (*fn)(int tell), int steps, char *told)
{
	int pipe_fd[2], status;
	pid_t pid;
	char c;

	assert_int_equal(pipe(pipe_fd), 0);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(pipe_fd[0]);
		atomic_store(&steps_left, steps);
		fn(pipe_fd[1]);
		_exit(0);
	}
	close(pipe_fd[1]);
	*told = 0;
	while (read(pipe_fd[0], &c, 1) == 1)
		*told = c;
	close(pipe_fd[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == KILLED));
	return WEXITSTATUS(status) == KILLED;
}

/* As the agent's main loop sees it. */
static bool notary_is_dead(void)
{
	struct pollfd p = {ledger_fd(site.ledger), POLLRDHUP, 0};

	return poll(&p, 1, 0) == 1;
}

enum told { TOLD_OPEN = 1, TOLD_ASKED, TOLD_ANSWERED, TOLD_ASKED_2, TOLD_ROTATED, TOLD_ANSWERED_2, TOLD_CLOSED };

static void tell(int fd, enum told what)
{
	char c = (char)what;

	if (write(fd, &c, 1) != 1)
		_exit(1);
}

/* Without its notary an agent cannot start, or stops. */
static void must(enum rc rc)
{
	if (rc != RC_OK)
		_exit(!site.ledger || notary_is_dead() ? KILLED : 1);
}

/* A session of two parts with two exchanges, acknowledging what its caller may rely on. */
static void live(int fd)
{
	const struct recording_about next = about(SESSION, ALICE, "version: 1\nrules: []\n");
	struct recording *r;

	must(site_try(true, 1 << 30, &site.spool));
	must(session_try(SESSION, ALICE, &r));
	tell(fd, TOLD_OPEN);
	must(ask(r, 1));
	tell(fd, TOLD_ASKED);
	must(answer(r, 1));
	tell(fd, TOLD_ANSWERED);
	must(ask(r, 2));
	tell(fd, TOLD_ASKED_2);
	must(add(r, "response", 2, RESPONSE_BODY));
	must(recording_rotate(r, &next));
	tell(fd, TOLD_ROTATED);
	must(add(r, "response", 2, CHUNK_BODY));
	must(add(r, "response", 2, END_BODY));
	must(recording_sync(r));
	tell(fd, TOLD_ANSWERED_2);
	must(recording_close(r, "client"));
	tell(fd, TOLD_CLOSED);
	spool_close(site.spool);
}

static void restart(int fd)
{
	(void)fd;
	must(site_try(true, 1 << 30, &site.spool));
	spool_close(site.spool);
}

/* All parts of the session verify; their bytes, one after the other. */
static void gather(struct buf *all)
{
	char path[64];
	int part = 1;

	buf_init(all, 1 << 20);
	for (; snprintf(path, sizeof path, "bundles/" SESSION "/%d.tar", part), exists(path); part++) {
		struct buf one;

		verify(path);
		read_path(&one, "%s", path);
		buf_add_slice(all, buf_slice(&one));
		buf_free(&one);
	}
	assert_true(folder_is_empty("spool") && folder_is_empty("quarantine"));
}

static void check_told(enum told told, const struct buf *all)
{
	int cut_1 = count(all, "\"k\":\"cut\",\"x\":1,"), cut_2 = count(all, "\"k\":\"cut\",\"x\":2,");

	if (told >= TOLD_OPEN)
		assert_true(count(all, "\"k\":\"open\",\"x\":0,") >= 1);
	if (told >= TOLD_ASKED)
		assert_int_equal(count(all, "\"k\":\"request\",\"x\":1,"), 1);
	if (told >= TOLD_ANSWERED) {
		assert_int_equal(count(all, "\"k\":\"response\",\"x\":1,"), 3);
		assert_int_equal(cut_1, 0);
	}
	if (told >= TOLD_ASKED_2)
		assert_int_equal(count(all, "\"k\":\"request\",\"x\":2,"), 1);
	if (told >= TOLD_ASKED_2 && told < TOLD_ROTATED)
		assert_true(cut_2 >= 1 || count(all, "\"k\":\"response\",\"x\":2,") == 3);
	if (told >= TOLD_ROTATED)
		assert_int_equal(count(all, "\"k\":\"open\",\"x\":0,"), 2);
	if (told >= TOLD_ANSWERED_2) {
		assert_int_equal(count(all, "\"k\":\"response\",\"x\":2,"), 3);
		assert_int_equal(cut_2, 0);
	}
	if (told >= TOLD_CLOSED)
		assert_int_equal(count(all, "\"k\":\"recovered\",\"x\":0,"), 0);
}

static void clear(void)
{
	site_close();
	assert_int_equal(sh("rm -rf spool bundles quarantine ledger"), 0);
}

static void test_killed_at_any_step_nothing_acknowledged_is_lost(void **state)
{
	bool killed = true;

	(void)state;
	for (int n = 1; killed; n++) {
		struct buf all;
		char told;

		killed = run(live, n, &told);
		assert_true(killed || told == TOLD_CLOSED);
		site_open(true);
		gather(&all);
		check_told((enum told)told, &all);
		buf_free(&all);
		clear();
		assert_true(n < 500);
	}
}

/* Crashed with two parts open, and then at each step of the restart. */
static void test_killed_at_any_step_of_the_restart_the_next_one_ends_it(void **state)
{
	bool killed = true;
	int n = 30;                                      /* about when it happens */
	char told;

	(void)state;
	for (int m = 1; killed; m++) {
		struct buf all;

		while (run(live, n, &told), told < TOLD_ROTATED) {
			n++;
			assert_int_equal(sh("rm -rf spool bundles ledger"), 0);
		}
		killed = run(restart, m, &told);
		site_open(true);
		gather(&all);
		check_told(TOLD_ROTATED, &all);
		buf_free(&all);
		clear();
		assert_true(m < 500);
	}
}

/* ---- one crash, and what is found ------------------------------------------------------------------------------------- */

/* Two sessions; in the first, exchange 1 has its end, exchange 2 runs, exchange 3 waits for approval. */
static void leave(int fd)
{
	struct recording *r, *other;

	(void)fd;
	site_open(true);
	r = session(SESSION);
	other = session(OTHER);
	must(ask(r, 1));
	must(answer(r, 1));
	must(ask(r, 2));
	must(add(r, "response", 2, RESPONSE_BODY));
	must(add(r, "response", 2, CHUNK_BODY));
	must(recording_sync(r));
	must(ask(r, 3));
	must(add(r, "hold", 3, "{\"hold\":\"7K2M-9QXD\"}"));
	recording_count(r, RECORDING_HELD);
	must(recording_sync(r));
	must(ask(other, 1));
	must(answer(other, 1));
	_exit(0);
}

static void crash(void)
{
	char told;

	assert_false(run(leave, 0, &told));
	assert_int_equal(spooled_lines(SESSION, 1), 10);
}

#define SPOOLED "spool/" SESSION ".1/"

static void check_cut(const struct audit *a, int x, int n)
{
	char text[32];

	snprintf(text, sizeof text, "\"k\":\"cut\",\"x\":%d,", x);
	assert_int_equal(count(&a->index, text), n);
}

/* The other session is as it must be, whatever happened to the first. */
static void check_other(void)
{
	struct audit a = audit_part(OTHER, 1);

	assert_string_equal(json_text(a.session, "end"), "crash");
	check_cut(&a, 1, 0);
	audit_free(&a);
}

static void leave_emergency(int fd)
{
	struct recording_about a = about(SESSION, ALICE, "version: 1\n");
	struct recording *r = NULL;

	(void)fd;
	site_open(true);
	a.emergency = true;
	must(recording_open(site.spool, &a, &r, NULL));
	must(ask(r, 1));
	_exit(0);
}

static void test_what_a_restart_adds_to_an_emergency_says_so_too(void **state)
{
	struct audit a;
	char told;

	(void)state;
	assert_false(run(leave_emergency, 0, &told));
	site_open(true);
	a = audit_part(SESSION, 1);
	assert_string_equal(json_text(a.session, "end"), "crash");
	assert_true(json_true(a.session, "emergency"));
	assert_int_equal(count(&a.records, "\n"), 5);    /* open, request, recovered, cut, close */
	assert_int_equal(count(&a.records, "\"body\":{\"emergency\":true"), 5);
	audit_free(&a);
}

static void test_what_runs_is_cut_and_what_ended_is_not(void **state)
{
	struct audit a;

	(void)state;
	crash();
	site_open(true);
	a = audit_part(SESSION, 1);
	assert_string_equal(json_text(a.session, "end"), "crash");
	check_cut(&a, 1, 0);
	check_cut(&a, 2, 1);
	check_cut(&a, 3, 1);
	assert_int_equal(counted(&a, "held"), 1);
	assert_int_equal(counted(&a, "exchanges"), 3);
	assert_int_equal(count(&a.records, "\"lost_bytes\":0,\"orphans\":[]}"), 1);
	assert_int_equal(sh("tail -n 1 x/seg-000008.jsonl | grep '\"end\":\"crash\"' && grep -F \"$(cat /proc/sys/kernel/random/boot_id)\" "
			    "x/seg-000008.jsonl"), 0);
	audit_free(&a);
	check_other();
}

/* The state is not synced: a power failure may take it. Then what may have run counts as cut, and earlier exchanges do not. */
static void test_without_the_state_no_answer_passes_for_complete(void **state)
{
	struct audit a;

	(void)state;
	crash();
	assert_int_equal(sh("echo '{\"seq' > " SPOOLED "state.json"), 0);
	site_open(true);
	a = audit_part(SESSION, 1);
	check_cut(&a, 1, 0);
	check_cut(&a, 3, 1);
	assert_int_equal(counted(&a, "held"), 1);
	audit_free(&a);
	check_other();
}

static void test_a_state_that_is_too_old_is_brought_up_to_the_index(void **state)
{
	struct audit a;

	(void)state;
	crash();
	assert_int_equal(sh("echo '{\"seq\":2,\"held\":0,\"approved\":0,\"denied\":0,\"masked\":{\"SSN\":3},\"running\":[1],\"end\":\"\"}' > "
			    SPOOLED "state.json"), 0);
	site_open(true);
	a = audit_part(SESSION, 1);
	check_cut(&a, 2, 1);
	check_cut(&a, 3, 1);
	audit_free(&a);
}

static void test_a_torn_last_line_is_cut_off(void **state)
{
	struct audit a;

	(void)state;
	crash();
	assert_int_equal(sh("tail -n 1 " SPOOLED "index.jsonl | head -c 100 >> " SPOOLED "index.jsonl"), 0);
	assert_int_equal(sh("head -c 700 /dev/zero > " SPOOLED "seg-000099.jsonl.new"), 0);
	site_open(true);
	a = audit_part(SESSION, 1);
	assert_int_equal(count(&a.records, "\"lost_bytes\":800,\"orphans\":[]}"), 1);
	audit_free(&a);
	check_other();
}

/* Between the crash and the restart somebody sets the clock back: the bundle's times step there, which its recovered record explains. */
static void test_a_clock_that_was_set_back_before_the_restart_is_no_damage(void **state)
{
	struct audit a;

	(void)state;
	crash();
	wall_shift_ns = -3600 * NS_PER_S;
	site_open(true);
	wall_shift_ns = 0;
	a = audit_part(SESSION, 1);
	assert_int_equal(count(&a.records, "\"k\":\"recovered\""), 1);
	audit_free(&a);
	check_other();
}

/* As file systems leave it that write sizes before contents: also more zeros than a line has bytes. */
static void test_a_tail_of_zeros_is_cut_off(void **state)
{
	struct audit a;

	(void)state;
	crash();
	assert_int_equal(sh("{ printf '{\"v\":1'; head -c 65536 /dev/zero; } >> " SPOOLED "index.jsonl"), 0);
	site_open(true);
	a = audit_part(SESSION, 1);
	assert_int_equal(count(&a.records, "\"lost_bytes\":65542,\"orphans\":[]}"), 1);
	audit_free(&a);
	check_other();
}

/* Behind them comes a line again: that is no tail. */
static void test_zeros_within_an_index_are_damage(void **state)
{
	(void)state;
	crash();
	assert_int_equal(sh("{ head -c 65536 /dev/zero; tail -n 1 " SPOOLED "index.jsonl; } > more && cat more >> " SPOOLED "index.jsonl"), 0);
	site_open(true);
	assert_true(exists("quarantine/" SESSION ".1") && !exists("bundles/" SESSION "/1.tar"));
	check_other();
}

static void test_a_segment_without_lines_is_kept_and_named(void **state)
{
	struct audit a;

	(void)state;
	crash();
	assert_int_equal(sh("cp " SPOOLED "seg-000004.jsonl " SPOOLED "seg-000008.jsonl"), 0);
	site_open(true);
	a = audit_part(SESSION, 1);
	assert_true(exists("x/seg-000008.jsonl") && exists("x/seg-000009.jsonl"));
	assert_int_equal(sh("grep -F \"\\\"orphans\\\":[{\\\"name\\\":\\\"seg-000008.jsonl\\\",\\\"sha256\\\":\\\"$(sha256sum "
			    "x/seg-000008.jsonl | cut -c -64)\\\"}]\" x/seg-000009.jsonl"), 0);
	audit_free(&a);
}

/* Of the segment's three lines the last was not appended any more. */
static void test_a_segment_with_some_of_its_lines_is_named_too(void **state)
{
	struct audit a;

	(void)state;
	crash();
	assert_int_equal(sh("cd " SPOOLED " && rm seg-00000[4-7].jsonl && head -n 4 index.jsonl > i && mv i index.jsonl"), 0);
	site_open(true);
	a = audit_part(SESSION, 1);
	assert_int_equal(count(&a.records, "{\"name\":\"seg-000003.jsonl\",\"sha256\":"), 1);
	check_cut(&a, 1, 1);                             /* its end is not on record, though the state knew of it */
	check_cut(&a, 2, 0);
	audit_free(&a);
}

/* ---- sealed for somebody: without any key ------------------------------------------------------------------------------ */

static void test_a_sealed_segment_without_lines_and_one_with_some_are_named(void **state)
{
	struct audit a;

	(void)state;
	crash();
	assert_int_equal(sh("cd " SPOOLED " && cp seg-000004.jsonl.age seg-000008.jsonl.age && rm seg-00000[4-7].jsonl.age && "
			    "head -n 4 index.jsonl > i && mv i index.jsonl"), 0);
	site_open(true);
	a = audit_part(SESSION, 1);
	assert_int_equal(count(&a.records, "{\"name\":\"seg-000003.jsonl.age\",\"sha256\":"), 1);
	assert_int_equal(count(&a.records, "{\"name\":\"seg-000008.jsonl.age\",\"sha256\":"), 1);
	check_cut(&a, 1, 1);
	audit_free(&a);
	check_other();
}

static void test_originals_without_their_segment_go_and_those_of_an_orphan_stay(void **state)
{
	struct audit a;

	(void)state;
	crash();
	assert_int_equal(sh("cd " SPOOLED " && ls orig-000004.jsonl.age && cp seg-000004.jsonl.age seg-000008.jsonl.age && cp orig-000004.jsonl.age "
			    "orig-000008.jsonl.age && cp orig-000004.jsonl.age orig-000011.jsonl.age && head -c 50 orig-000004.jsonl.age > "
			    "orig-000012.jsonl.age.new && stat -c %%s orig-000011.jsonl.age > ../../size"), 0);
	site_open(true);
	a = audit_part(SESSION, 1);
	assert_true(exists("x/orig-000004.jsonl.age") && exists("x/orig-000008.jsonl.age") && !exists("x/orig-000011.jsonl.age"));
	assert_int_equal(sh("grep -q \"\\\"lost_bytes\\\":$(($(cat size) + 50)),\" x/seg-000009.jsonl"), 0);
	assert_int_equal(count(&a.records, "{\"name\":\"orig-000008.jsonl.age\",\"sha256\":"), 1);
	audit_free(&a);
}

/* Recipients that have changed since are those of later parts, and a part that was not sealed is ended as it was begun. */
static void test_a_part_is_ended_for_those_whom_it_was_begun_for(void **state)
{
	const struct age_recipients then = site.recipients;
	struct audit a;

	(void)state;
	crash();
	site.recipients = (struct age_recipients){0};
	site_open(true);
	site.recipients = then;
	a = audit_part(SESSION, 1);
	assert_int_equal(count(&a.records, "\"k\":\"recovered\""), 1);
	assert_int_equal(count(&a.records, "\"orphans\":[]}"), 1);
	audit_free(&a);
	clear();
	site.recipients = (struct age_recipients){0};
	crash();
	site.recipients = then;
	site_open(true);
	site.recipients = (struct age_recipients){0};
	a = audit_part(SESSION, 1);
	assert_int_equal(count(&a.records, "\"k\":\"recovered\""), 1);
	audit_free(&a);
}

/* ---- damage ----------------------------------------------------------------------------------------------------------- */

static void check_quarantined(void)
{
	site_open(true);
	assert_false(exists("bundles/" SESSION "/1.tar"));
	assert_false(exists("spool/" SESSION ".1"));
	assert_true(exists("quarantine/" SESSION ".1"));
	verify("bundles/" OTHER "/1.tar");
}

static void try_damages(const char *const *damages, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		crash();
		print_message("%s\n", damages[i]);
		assert_int_equal(sh("cd " SPOOLED " && %s", damages[i]), 0);
		check_quarantined();
		clear();
	}
}

static void test_sealed_damage_goes_to_quarantine_too(void **state)
{
	static const char *const damages[] = {
		"rm seg-000003.jsonl.age", "mv seg-000003.jsonl.age seg-000003.jsonl", "truncate -s -1 seg-000002.jsonl.age",
		"printf x | dd of=seg-000003.jsonl.age bs=1 seek=300 conv=notrunc", "sed -i 's/\"recipients\":\\[[^]]*/&,\"age1x\"/' about.json",
		"sed -i 's/\"recipients\":\\[[^]]*/\"recipients\":[/' about.json",
	};

	(void)state;
	try_damages(damages, sizeof damages / sizeof *damages);
}

static void test_damage_goes_to_quarantine_and_blocks_nobody(void **state)
{
	static const char *const damages[] = {
		"rm seg-000003.jsonl", "mv seg-000003.jsonl seg-000030.jsonl", "printf x | dd of=seg-000003.jsonl bs=1 seek=70 conv=notrunc",
		"sed -i 2d index.jsonl", "sed -i '3s/\"x\":1/\"x\":2/' index.jsonl", "sed -i '2{h;d};3{G}' index.jsonl",
		"sed -i '$s/$/ /' index.jsonl", "rm index.jsonl", ": > index.jsonl", "sed -i 1d index.jsonl", "echo garbage >> index.jsonl",
		"rm about.json", "echo '{}' > about.json", "sed -i 's/" SESSION "/" OTHER "/' about.json", "rm policy.yaml",
		"echo 'rules: []' >> policy.yaml", "truncate -s -1 seg-000002.jsonl", "echo more >> seg-000002.jsonl",
		"rm seg-000002.jsonl && ln -s /etc/passwd seg-000002.jsonl",
	};

	(void)state;
	try_damages(damages, sizeof damages / sizeof *damages);
}

/* The same session damaged twice, as after a restore: nothing in quarantine is overwritten. */
static void test_quarantine_keeps_all(void **state)
{
	(void)state;
	crash();
	assert_int_equal(sh("rm " SPOOLED "seg-000003.jsonl && cp -r " SPOOLED " quarantine/"), 0);
	site_open(true);
	assert_true(exists("quarantine/" SESSION ".1/index.jsonl"));
	assert_true(exists("quarantine/" SESSION ".1.1/index.jsonl"));
}

static void test_what_never_opened_leaves_nothing(void **state)
{
	(void)state;
	crash();
	assert_int_equal(sh("mv " SPOOLED " spool/." SESSION ".1 && touch spool/.probe-abc"), 0);
	site_open(true);
	assert_int_equal(sh("! ls -A spool quarantine | grep -v ':$' | grep ."), 0);
	check_other();
}

static void test_strangers_in_the_spool_are_left_alone(void **state)
{
	(void)state;
	crash();
	assert_int_equal(sh("mkdir 'spool/lost+found' spool/" SESSION ".x && touch spool/README"), 0);
	site_open(true);
	assert_true(exists("spool/lost+found") && exists("spool/README") && exists("spool/" SESSION ".x"));
	verify("bundles/" SESSION "/1.tar");
}

/* A key that was rotated between the crash and the restart. */
static void test_the_key_of_the_day_signs_and_is_named(void **state)
{
	(void)state;
	crash();
	assert_int_equal(sh("rm keys/signing_ed25519 && ssh-keygen -q -t ed25519 -N '' -C new -f keys/signing_ed25519 && "
			    "echo \"gpu-1@phigate $(cat keys/signing_ed25519.pub)\" > allowed_signers"), 0);
	site_open(true);
	verify("bundles/" SESSION "/1.tar");
	check_other();
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)
#define SEALED(name) {"sealed: " #name, test_##name, setup_sealed, teardown, NULL}
#define ORIGINALS(name) {"originals: " #name, test_##name, setup_originals, teardown, NULL}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(killed_at_any_step_nothing_acknowledged_is_lost),
		TEST(killed_at_any_step_of_the_restart_the_next_one_ends_it),
		TEST(what_a_restart_adds_to_an_emergency_says_so_too),
		TEST(what_runs_is_cut_and_what_ended_is_not),
		TEST(without_the_state_no_answer_passes_for_complete),
		TEST(a_state_that_is_too_old_is_brought_up_to_the_index),
		TEST(a_torn_last_line_is_cut_off),
		TEST(a_tail_of_zeros_is_cut_off),
		TEST(a_clock_that_was_set_back_before_the_restart_is_no_damage),
		TEST(zeros_within_an_index_are_damage),
		TEST(a_segment_without_lines_is_kept_and_named),
		TEST(a_segment_with_some_of_its_lines_is_named_too),
		SEALED(killed_at_any_step_nothing_acknowledged_is_lost),
		SEALED(what_runs_is_cut_and_what_ended_is_not),
		ORIGINALS(killed_at_any_step_nothing_acknowledged_is_lost),
		ORIGINALS(originals_without_their_segment_go_and_those_of_an_orphan_stay),
		ORIGINALS(a_sealed_segment_without_lines_and_one_with_some_are_named),
		SEALED(a_torn_last_line_is_cut_off),
		SEALED(a_sealed_segment_without_lines_and_one_with_some_are_named),
		SEALED(a_part_is_ended_for_those_whom_it_was_begun_for),
		SEALED(sealed_damage_goes_to_quarantine_too),
		TEST(damage_goes_to_quarantine_and_blocks_nobody),
		TEST(quarantine_keeps_all),
		TEST(what_never_opened_leaves_nothing),
		TEST(strangers_in_the_spool_are_left_alone),
		TEST(the_key_of_the_day_signs_and_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
