/* Recordings on a disk that fails at any step, and what a power failure at any step leaves of them. Some steps of each kind are tried; all of
 * them are with FAULTS=all in the environment (make faults). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "faults.h"

/* ---- the disk fails ------------------------------------------------------------------------------------------------------------------ */

static const char *const FAULT_NAMES[] = {"", "killed", "EIO", "disk full", "half is written", "half is written, then EIO", "EINTR"};

static void try_fault(enum disk_fault fault, const struct pick *pick)
{
	snprintf(where, sizeof where, "%s at call %zu, %s", FAULT_NAMES[fault], pick->at + 1, pick->kind);
	anew();
	lossy = fault == DISK_HALF || fault == DISK_FULL;
	(void)run(live, fault, (int)pick->at + 1);
	if (fault == DISK_SHORT || fault == DISK_EINTR)
		EXPECT(told->closed[A] && told->closed[B]);
	if (fault == DISK_EIO || fault == DISK_HALF)
		EXPECT(!told->failed[A] || !told->failed[B]);
	check(SIZE_MAX);
}

static void try_faults(enum disk_fault fault, bool (*fits)(size_t at), size_t most)
{
	static struct picks picks;

	live_well();
	pick(&picks, 0, fits, most);
	print_message("%s: %zu of %zu calls\n", FAULT_NAMES[fault], picks.n, disk->n);
	check(SIZE_MAX);
	for (size_t i = 0; i < picks.n; i++)
		try_fault(fault, &picks.pick[i]);
}

static void test_killed(void **state)
{
	(void)state;
	try_faults(DISK_KILLS, NULL, 3);
}

static void test_a_call_fails(void **state)
{
	(void)state;
	try_faults(DISK_EIO, NULL, 6);
}

static void test_the_disk_is_full_for_a_while(void **state)
{
	(void)state;
	try_faults(DISK_FULL, NULL, 4);
}

static void test_a_write_does_half(void **state)
{
	(void)state;
	try_faults(DISK_SHORT, is_write, 1);
}

static void test_a_write_does_half_and_then_none(void **state)
{
	(void)state;
	try_faults(DISK_HALF, is_write, 2);
}

static void test_writes_are_interrupted(void **state)
{
	(void)state;
	try_faults(DISK_EINTR, is_write, 1);
}

/* ---- the power fails ------------------------------------------------------------------------------------------------------------------ */

static const char *const LOSS_NAMES_OF[] = {"nothing", "all", "contents", "names", "halves", "zeros", "some"};

static void try_loss(size_t upto, enum disk_loss loss, unsigned seed, const char *when)
{
	lossy = true;
	snprintf(where, sizeof where, "%s, power fails, loses %s", when, LOSS_NAMES_OF[loss]);
	clean();
	disk_make_again(upto, loss, seed);
	check(upto);
}

/* Behind each of the picks, and with all losses, or one after the other. */
static void try_losses(const struct picks *picks, const char *when)
{
	for (size_t i = 0; i < picks->n; i++) {
		const struct pick *pick = &picks->pick[i];
		char told_of[2 * KIND + 64];

		snprintf(told_of, sizeof told_of, "%s, call %zu, %s", when, pick->at + 1, pick->kind);
		for (int loss = LOSS_ALL; loss < LOSSES; loss++)
			if (all_of_them() || loss == LOSS_ALL + (int)i % (LOSSES - 1))
				try_loss(pick->at + 1, (enum disk_loss)loss, (unsigned)i, told_of);
	}
}

static void test_the_power_fails(void **state)
{
	static struct picks picks;

	(void)state;
	live_well();
	pick(&picks, 0, NULL, 8);
	print_message("%zu of %zu calls\n", picks.n, disk->n);
	try_losses(&picks, "recording");
}

/* Of the ledger, of a bundle of one part, and of the archive. */
static bool is_sync_of_few(size_t at)
{
	const char *name = is_sync_of_folder(at) ? name_of(at, disk_note_at(at)->ino) : "";

	return strcmp(name, "tile") == 0 || strcmp(name, OTHER) == 0 || strcmp(name, "archive") == 0;
}

/* Killed first, so that what was not synced is there when the agent starts again, and then the power fails. */
static void test_the_power_fails_after_a_kill(void **state)
{
	static struct picks kills, picks;

	(void)state;
	live_well();
	pick(&kills, 0, all_of_them() ? is_sync_of_folder : is_sync_of_few, PICKS_MAX);
	for (size_t i = 0; i < kills.n; i++) {
		char when[KIND + 64];
		size_t from;

		snprintf(when, sizeof when, "killed at call %zu, %s", kills.pick[i].at + 1, kills.pick[i].kind);
		strcpy(where, when);
		anew();
		(void)run(live, DISK_KILLS, (int)kills.pick[i].at + 1);
		from = disk->n;
		(void)run(restart, DISK_NONE, 0);
		try_loss(disk->n, LOSS_ALL, 0, when);
		if (!all_of_them())
			continue;
		pick(&picks, from, NULL, PICKS_MAX);
		try_losses(&picks, when);
	}
}

/* Of the ledger's folder, with a leaf in it: of the session that opens first. */
static bool is_sync_of_a_leaf(size_t at)
{
	bool opens = false;

	for (size_t i = 0; i < at && !opens; i++)
		opens = disk_note_at(i)->op == DISK_CREATE && strcmp(disk_note_at(i)->name, "." SESSION ".1") == 0;
	return opens && disk_note_at(at - 1)->op == DISK_RENAME && is_sync_of_folder(at) && strcmp(name_of(at, disk_note_at(at)->ino), "ledger") == 0;
}

/* The keeper dies between the leaf and its answer: nobody can know whether the ledger has it, so what it stands for stays, also when the power
 * fails while the next start settles that. */
static void test_the_keeper_dies_before_it_answers(void **state)
{
	static struct picks kills, picks;
	struct buf index;
	size_t from;

	(void)state;
	live_well();
	pick(&kills, 0, is_sync_of_a_leaf, 1);
	assert_true(kills.n > 0);
	strcpy(where, "the keeper dies");
	anew();
	(void)run(live, DISK_KILLS, (int)kills.pick[0].at + 1);
	EXPECT(exists("spool/." SESSION ".1"));
	from = disk->n;
	(void)run(restart, DISK_NONE, 0);
	gather(SESSION, &index);
	EXPECT(lines_of(&index, "open", 0) == 1);
	buf_free(&index);
	pick(&picks, from, NULL, 6);
	for (size_t i = 0; i < picks.n; i++) {
		try_loss(picks.pick[i].at + 1, LOSS_NAMES, (unsigned)i, picks.pick[i].kind);
		try_loss(picks.pick[i].at + 1, LOSS_SOME, (unsigned)i, picks.pick[i].kind);
	}
}

/* ---- the restart itself ---------------------------------------------------------------------------------------------------------------- */

static void restart_with(enum disk_fault fault, const struct pick *pick)
{
	snprintf(where, sizeof where, "restart, %s at call %zu, %s", FAULT_NAMES[fault], pick->at + 1, pick->kind);
	put_back_saved();
	(void)run(restart, fault, (int)pick->at + 1);
}

static void test_the_restart_fails(void **state)
{
	static const enum disk_fault faults[] = {DISK_KILLS, DISK_EIO, DISK_FULL};
	static struct picks picks;

	(void)state;
	lossy = false;
	crash("true");
	pick(&picks, 0, NULL, 3);
	for (size_t i = 0; i < picks.n; i++)
		for (size_t f = 0; f < 3; f++)
			if (all_of_them() || f == i % 3) {
				restart_with(faults[f], &picks.pick[i]);
				check(SIZE_MAX);
			}
}

/* What is damaged goes aside, is told of whenever the agent dies over it, and keeps nobody else waiting. */
static void test_a_restart_over_damage_is_killed(void **state)
{
	static struct picks picks;
	struct buf index, text;
	char path[96];

	(void)state;
	lossy = false;
	crash("rm spool/" OTHER ".1/seg-000003.jsonl");
	pick(&picks, 0, NULL, 3);
	for (size_t i = 0; i < picks.n; i++) {
		assert_int_equal(truncate(log_path(path), 0), 0);
		restart_with(DISK_KILLS, &picks.pick[i]);
		EXPECT(site_try(true, 1 << 30, &site.spool) == RC_OK);
		EXPECT(folder_is_empty("spool") && exists("quarantine/" OTHER ".1") && !exists("bundles/" OTHER "/1.tar"));
		check_session(A, SIZE_MAX);
		buf_init(&text, 1 << 20);
		assert_int_equal(file_read(path, &text, NULL), RC_OK);
		EXPECT(count(&text, "recording_damaged name=\"" OTHER ".1\"") > 0);
		buf_free(&text);
	}
	gather(FOURTH, &index);
	buf_free(&index);
}

#define SEALED(name) {"sealed: " #name, test_##name, sealed_setup, faults_teardown, NULL}
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, faults_setup, faults_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(killed),
		TEST(a_call_fails),
		TEST(the_disk_is_full_for_a_while),
		TEST(a_write_does_half),
		TEST(a_write_does_half_and_then_none),
		TEST(writes_are_interrupted),
		TEST(the_power_fails),
		TEST(the_power_fails_after_a_kill),
		TEST(the_keeper_dies_before_it_answers),
		TEST(the_restart_fails),
		TEST(a_restart_over_damage_is_killed),
		SEALED(a_write_does_half_and_then_none),
		SEALED(the_power_fails),
	};

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (getenv("FAULTS_ONLY"))
		cmocka_set_test_filter(getenv("FAULTS_ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
