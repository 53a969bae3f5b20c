/* The word of a witness on a disk that fails at any step, and what power failures leave of it: no bundle is worse for it, none is forgotten, and what a
 * bundle was seen to have it keeps. Some steps of each kind are tried; all of them are with FAULTS=all in the environment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cosigner.h"
#include "faults.h"

#define KEPT STATE " stamps"
#define PATIENCE_MS 10000
#define IMPATIENCE_MS 300                        /* a note whose removal fails stays until the next bundle, or the next start */

static struct cosigner witness;
static struct witness_settings settings;
static size_t *settled;                          /* notes when nothing waited any more; 0: it came not so far */

static bool settles(int patience_ms)
{
	for (int i = 0; i < patience_ms / 2 && !folder_is_empty("stamps"); i++)
		nanosleep(&(struct timespec){.tv_nsec = 2 * NS_PER_MS}, NULL);
	return folder_is_empty("stamps");
}

/* The agent starts, and stays until all bundles have the witness's word. */
static void watched(void)
{
	if (site_try(true, 1 << 30, &site.spool) != RC_OK)
		return;
	if (settles(disk->fault == DISK_NONE ? PATIENCE_MS : IMPATIENCE_MS))
		*settled = disk->n;
	spool_close(site.spool);
	ledger_stop(site.ledger);
}

static void put_back(void)
{
	clean();
	EXPECT(sh("rm -rf stamps && cp -a saved/. .") == 0);
	disk_begin(site.dir);
	*settled = 0;
}

static bool all_seen(void)
{
	static const char *const paths[] = {"bundles/" SESSION "/1.tar", "bundles/" SESSION "/2.tar", "bundles/" OTHER "/1.tar"};
	struct why why = {0};
	bool all = true;

	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		all = all && verify_trusting(paths[i], (struct bundle_trust){.witness_keys = witness.vkey, .ledger_key = vkey}, &why) == RC_OK;
	if (!all)
		print_message("%s: %s\n", where, why.text);
	return all;
}

/* With what is there now, and after a restart. */
static void check_seen(bool by_now)
{
	struct buf index;

	if (by_now)
		EXPECT(all_seen());
	gather(SESSION, &index);
	buf_free(&index);
	gather(OTHER, &index);
	buf_free(&index);
	EXPECT(site_try(true, 1 << 30, &site.spool) == RC_OK);
	EXPECT(settles(PATIENCE_MS));
	EXPECT(all_seen());
}

static void begin_witness(void)
{
	cosigner_start(&witness, "w1.example/a", vkey);
	assert_int_equal(tlog_vkey_parse_witness(slice_str(witness.vkey), &settings.vkey, NULL), RC_OK);
	settings.url = witness.url;
	site.attest = (struct attest_options){.witnesses = &settings, .n_witnesses = 1, .retry_ns = 5 * NS_PER_MS};
	cosigner_turn(&witness, COSIGNER_FAILS, 0);
}

/* Two sessions whose bundles wait for a witness that does not answer. */
static int begin_waiting(void **state)
{
	faults_setup(state);
	settled = mmap(NULL, sizeof *settled, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	begin_witness();
	live_well();
	assert_int_equal(sh("rm -rf saved && mkdir saved && cp -a " KEPT " saved"), 0);
	cosigner_turn(&witness, COSIGNER_HONEST, 0);
	return 0;
}

static int end_waiting(void **state)
{
	int rc = faults_teardown(state);

	cosigner_stop(&witness);
	munmap(settled, sizeof *settled);
	return rc;
}

/* Those that have to do with bundles and notes; that the ledger's start can fail is tried elsewhere. */
static bool is_of_a_bundle(size_t at)
{
	char kind[KIND];

	kind_of(at, kind);
	return strstr(kind, ".tar") || strstr(kind, "01KB") || strstr(kind, "stamps");
}

/* The same from the beginning, so that all that is on the disk is noted, and with a witness that has not seen the ledger of before. Returns the
 * notes before the watching. */
static size_t live_again(void)
{
	size_t from;

	cosigner_stop(&witness);
	begin_witness();
	EXPECT(sh("rm -rf stamps") == 0);
	live_well();
	cosigner_turn(&witness, COSIGNER_HONEST, 0);
	from = disk->n;
	*settled = 0;
	return from;
}

static void test_the_disk_fails(void **state)
{
	static const enum disk_fault faults[] = {DISK_KILLS, DISK_EIO, DISK_FULL, DISK_HALF};
	static struct picks picks;

	(void)state;
	strcpy(where, "nothing fails");
	put_back();
	EXPECT(run(watched, DISK_NONE, 0) && *settled);
	pick(&picks, 0, is_of_a_bundle, 8);
	assert_true(picks.n > 3);
	check_seen(true);
	for (size_t i = 0; i < picks.n; i++)
		for (size_t f = 0; f < 4; f++) {
			if (!all_of_them() && f != i % 4)
				continue;
			snprintf(where, sizeof where, "fault %d at call %zu, %s", (int)faults[f], picks.pick[i].at + 1, picks.pick[i].kind);
			put_back();
			(void)run(watched, faults[f], (int)picks.pick[i].at + 1);
			check_seen(*settled > 0);
		}
}

static void lose(size_t upto, enum disk_loss loss, unsigned seed)
{
	clean();
	EXPECT(sh("rm -rf stamps") == 0);
	disk_make_again(upto, loss, seed);
	check_seen(*settled && upto >= *settled);
}

static void test_the_power_fails(void **state)
{
	static struct picks picks;

	size_t from = live_again();

	(void)state;
	strcpy(where, "nothing fails");
	EXPECT(run(watched, DISK_NONE, 0) && *settled);
	pick(&picks, from, is_of_a_bundle, 5);
	assert_true(picks.n > 3);
	for (size_t i = 0; i < picks.n; i++)
		for (int loss = LOSS_ALL; loss < LOSSES; loss++) {
			if (!all_of_them() && loss != LOSS_ALL + (int)i % (LOSSES - 1))
				continue;
			snprintf(where, sizeof where, "power fails behind call %zu, %s, loss %d", picks.pick[i].at + 1, picks.pick[i].kind, loss);
			lose(picks.pick[i].at + 1, (enum disk_loss)loss, (unsigned)i);
		}
}

/* Of the only bundle in its folder, which no other one's syncs. */
static bool is_rename(size_t at)
{
	const struct disk_note *note = disk_note_at(at);

	return note->op == DISK_RENAME && is_of_a_bundle(at) && strcmp(name_of(at, note->dir), OTHER) == 0;
}

/* Killed with the bundle in its place and the place not synced: the agent that finds it so says of nothing that it is done before it is. */
static void test_the_power_fails_after_a_kill(void **state)
{
	static struct picks picks;

	size_t from = live_again(), at;

	(void)state;
	EXPECT(run(watched, DISK_NONE, 0) && *settled);
	pick(&picks, from, is_rename, 1);
	assert_int_equal(picks.n, 1);
	at = picks.pick[0].at - from + live_again();
	snprintf(where, sizeof where, "killed behind call %zu, %s", at + 1, picks.pick[0].kind);
	(void)run(watched, DISK_KILLS, (int)at + 2);
	EXPECT(!*settled);
	(void)run(watched, DISK_NONE, 0);
	EXPECT(*settled);
	lose(disk->n, LOSS_ALL, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, begin_waiting, end_waiting)
	const struct CMUnitTest tests[] = {
		TEST(the_disk_fails),
		TEST(the_power_fails),
		TEST(the_power_fails_after_a_kill),
	};

	setvbuf(stdout, NULL, _IOLBF, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
