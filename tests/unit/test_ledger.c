/* The ledger as the agent has it: what its notary takes and refuses, what it says after a restart, what a proof is good for, and that a
 * recording that is not the one the ledger knows is never signed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "recordings.h"
#include "sshsig.h"
#include "tiles.h"
#include "tlog_proof.h"

#define SUM "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define OTHER_SUM "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
#define TIME "2026-01-01T00:00:00Z"

static void start(void)
{
	struct why why = {0};

	if (ledger_start(site.dir, "gpu-1", &site.ledger, &why) != RC_OK)
		fail_msg("%s", why.text);
}

static void stop(void)
{
	ledger_stop(site.ledger);
	site.ledger = NULL;
}

static enum rc put(const char *leaf)
{
	return ledger_add(site.ledger, slice_str(leaf), NULL);
}

static uint64_t size_of(void)
{
	struct tlog_checkpoint checkpoint;
	struct buf note;

	read_path(&note, "ledger/checkpoint");
	assert_int_equal(tlog_checkpoint_parse(buf_slice(&note), &checkpoint, NULL), RC_OK);
	buf_free(&note);
	return checkpoint.size;
}

#define OPEN(id) "phigate-open-v1\n" id "\n1\n" SUM "\n" TIME "\n"
#define HEAD(id, records) "phigate-head-v1\n" id "\n1\n" SUM "\n" records "\n"
#define CLOSE(id, sums) "phigate-close-v1\n" id "\n1\n" sums "\n" SUM "\n70\n"

/* ---- leaves -------------------------------------------------------------------------------------------------------------- */

static void test_only_leaves_of_the_known_kinds_are_taken(void **state)
{
	static const char *const bad[] = {
		"", "\n", "hello\n", "phigate-open-v1", "phigate-open-v1\n", "phigate-stop-v1\n" TIME, "phigate-stop-v1\n" TIME "\n\n",
		"phigate-stop-v1\nyesterday\n", "phigate-stop-v2\n" TIME "\n", "phigate-open-v1\na b\n1\n" SUM "\n" TIME "\n",
		"phigate-open-v1\nA\n01\n" SUM "\n" TIME "\n", "phigate-open-v1\nA\n1\n" SUM "0\n" TIME "\n",
		"phigate-revoke-v1\nA\nbob\x01\n" TIME "\n", "phigate-fetch-v1\nA\n1\n\n" TIME "\n",
	};

	(void)state;
	start();
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(put(bad[i]), RC_BAD);
	assert_int_equal(size_of(), 0);
	assert_int_equal(put("phigate-stop-v1\n" TIME "\n"), RC_OK);
	assert_int_equal(put("phigate-fetch-v1\nA\n0\nJos\xc3\xa9 <j@example.org>\n" TIME "\n"), RC_OK);
	assert_int_equal(size_of(), 2);
}

static void test_what_somebody_is_called_stays_on_its_line(void **state)
{
	struct leaf leaf;
	struct buf text;

	(void)state;
	buf_init(&text, LEAF_MAX);
	assert_int_equal(LEAF(LEAF_REVOKE, &text, "A", "eve\nphigate-stop-v1", TIME), RC_OK);
	assert_string_equal(text.data, "phigate-revoke-v1\nA\neve?phigate-stop-v1\n" TIME "\n");
	assert_int_equal(leaf_parse(buf_slice(&text), &leaf), RC_OK);
	buf_clear(&text);
	assert_int_equal(LEAF(LEAF_REVOKE, &text, "A\nB", "eve", TIME), RC_BAD);
	buf_clear(&text);
	assert_int_equal(LEAF(LEAF_REVOKE, &text, "A", "eve"), RC_BAD);
	buf_clear(&text);
	assert_int_equal(LEAF(LEAF_REVOKE, &text, "A", "", TIME), RC_OK);
	buf_free(&text);
}

/* ---- a part's life ---------------------------------------------------------------------------------------------------------- */

static void test_a_part_opens_once_goes_forward_and_closes_once(void **state)
{
	struct ledger_receipt first, again;
	struct buf sig, same;

	(void)state;
	start();
	buf_init(&sig, 4096);
	buf_init(&same, 4096);
	ledger_receipt_init(&first);
	ledger_receipt_init(&again);
	assert_int_equal(put(HEAD("A", "9")), RC_CONFLICT);              /* nothing was opened */
	assert_int_equal(put(OPEN("A")), RC_OK);
	assert_int_equal(put(OPEN("A")), RC_CONFLICT);
	assert_int_equal(put(HEAD("A", "64")), RC_OK);
	assert_int_equal(put(HEAD("A", "64")), RC_CONFLICT);
	assert_int_equal(put(HEAD("A", "63")), RC_CONFLICT);
	for (int restart = 0; restart < 2; restart++) {
		assert_int_equal(ledger_seal(site.ledger, slice_str(CLOSE("A", SUM)), SLICE("sums"), &first, &sig), RC_OK);
		assert_int_equal(put(HEAD("A", "99")), RC_CONFLICT);
		assert_int_equal(put(OPEN("A")), RC_CONFLICT);
		buf_clear(&same);
		assert_int_equal(ledger_seal(site.ledger, slice_str(CLOSE("A", SUM)), SLICE("sums"), &again, &same), RC_OK);
		assert_int_equal(first.index, again.index);      /* asked again, the answer is the same */
		assert_string_equal(sig.data, same.data);
		buf_clear(&same);
		assert_int_equal(ledger_seal(site.ledger, slice_str(CLOSE("A", OTHER_SUM)), SLICE("other"), &again, &same), RC_CONFLICT);
		assert_int_equal(same.len, 0);
		buf_clear(&sig);
		stop();
		start();
	}
	assert_int_equal(size_of(), 3);
	buf_free(&sig);
	buf_free(&same);
	ledger_receipt_free(&first);
	ledger_receipt_free(&again);
}

static void test_a_part_closes_with_all_the_records_that_its_heads_told_of(void **state)
{
	struct buf sig;

	(void)state;
	start();
	buf_init(&sig, 4096);
	assert_int_equal(put(OPEN("A")), RC_OK);
	assert_int_equal(put(HEAD("A", "71")), RC_OK);
	assert_int_equal(ledger_seal(site.ledger, slice_str(CLOSE("A", SUM)), SLICE("sums"), NULL, &sig), RC_CONFLICT);
	assert_int_equal(sig.len, 0);
	buf_free(&sig);
}

static void test_there_is_no_signature_but_for_a_close_or_a_review(void **state)
{
	struct buf sig;

	(void)state;
	start();
	buf_init(&sig, 4096);
	assert_int_equal(ledger_seal(site.ledger, slice_str(OPEN("A")), SLICE("sums"), NULL, &sig), RC_OK);
	assert_int_equal(sig.len, 0);
	assert_int_equal(ledger_seal(site.ledger, SLICE("sign this\n"), SLICE("sums"), NULL, &sig), RC_BAD);
	assert_int_equal(sig.len, 0);
	buf_free(&sig);
}

/* ---- proofs ------------------------------------------------------------------------------------------------------------------ */

static void test_a_receipt_is_proved(void **state)
{
	struct tlog_checkpoint checkpoint;
	struct ledger_receipt receipt;
	struct tlog_vkey vkey;
	struct buf proof;
	uint64_t index;

	(void)state;
	start();
	ledger_receipt_init(&receipt);
	buf_init(&proof, TLOG_PROOF_MAX);
	assert_int_equal(tlog_vkey_parse(slice_str(ledger_facts(site.ledger)->vkey), &vkey, NULL), RC_OK);
	assert_int_equal(put(OPEN("A")), RC_OK);
	assert_int_equal(ledger_add(site.ledger, slice_str(OPEN("B")), &receipt), RC_OK);
	assert_int_equal(put(OPEN("C")), RC_OK);
	assert_int_equal(ledger_prove(site.ledger, &receipt, &proof, NULL), RC_OK);
	assert_int_equal(tlog_proof_check(buf_slice(&proof), slice_str(OPEN("B")), &vkey, 1, &checkpoint, &index, NULL), RC_OK);
	assert_int_equal(index, 1);
	assert_int_equal(checkpoint.size, 2);
	assert_int_equal(tlog_proof_check(buf_slice(&proof), slice_str(OPEN("C")), &vkey, 1, &checkpoint, &index, NULL), RC_BAD);
	buf_free(&proof);
	ledger_receipt_free(&receipt);
}

/* Members moved between two bundles of one agent, left out, or from another ledger. */
static void test_a_bundles_proof_is_its_own(void **state)
{
	static const char foreign[] = "phigate/gpu-1+e1eecb36+AUhtYZgHd1SussyTbLe7X+u7FJmGkYIIWQEuTJ2Xz+4K";
	struct recording *r;
	struct why why = {0};
	struct buf vkey;

	(void)state;
	site_open(true);
	buf_init(&vkey, 1024);
	assert_int_equal(key_vkey(site.dir, "gpu-1", &vkey, NULL), RC_OK);
	for (int i = 0; i < 2; i++) {
		r = session(i ? OTHER : SESSION);
		assert_int_equal(ask(r, 1), RC_OK);
		assert_int_equal(answer(r, 1), RC_OK);
		assert_int_equal(recording_close(r, "client"), RC_OK);
	}
	verify("bundles/" SESSION "/1.tar");
	assert_int_equal(verify_with("bundles/" SESSION "/1.tar", NULL, &why), RC_OK);
	assert_int_equal(verify_with("bundles/" SESSION "/1.tar", foreign, &why), RC_BAD);
	assert_int_equal(strncmp(why.text, "ledger: ", 8), 0);
	assert_int_equal(verify_with("bundles/" SESSION "/1.tar", "no key\n", &why), RC_BAD);
	assert_int_equal(verify_with("bundles/" SESSION "/1.tar", "", &why), RC_BAD);
	/* the other session's proof */
	assert_int_equal(sh("mkdir a b && tar -C a -xf bundles/" SESSION "/1.tar && tar -C b -xf bundles/" OTHER "/1.tar && "
			    "cp b/session.tlog-proof a/ && cd a && tar --format=ustar --owner=0 --group=0 --numeric-owner --mode=0644 -b 1 "
			    "--mtime=@1 -cf ../moved.tar $(tar -tf ../bundles/" SESSION "/1.tar)"), 0);
	assert_int_equal(verify_with("moved.tar", vkey.data, &why), RC_BAD);
	assert_non_null(strstr(why.text, "it is not in ledger phigate/gpu-1"));
	assert_int_equal(verify_with("moved.tar", NULL, &why), RC_BAD);
	/* none */
	assert_int_equal(sh("cd a && tar --format=ustar --owner=0 --group=0 --numeric-owner --mode=0644 -b 1 --mtime=@1 -cf ../without.tar "
			    "$(tar -tf ../bundles/" SESSION "/1.tar | grep -v proof)"), 0);
	assert_int_equal(verify_with("without.tar", NULL, &why), RC_BAD);
	assert_non_null(strstr(why.text, "no proof"));
	buf_free(&vkey);
}

/* ---- restarts, and whoever touched the files -------------------------------------------------------------------------------- */

static void refused(const char *damage, const char *says)
{
	struct ledger *l;
	struct why why = {0};

	assert_int_equal(sh("cp -a ledger saved && %s", damage), 0);
	assert_int_equal(ledger_start(site.dir, "gpu-1", &l, &why), RC_BAD);
	if (!strstr(why.text, says))
		fail_msg("%s: %s", damage, why.text);
	assert_int_equal(sh("rm -rf ledger && mv saved ledger"), 0);
}

static void test_a_ledger_that_has_gone_back_is_refused(void **state)
{
	(void)state;
	start();
	assert_int_equal(put(OPEN("A")), RC_OK);
	stop();
	assert_int_equal(sh("cp -a ledger/checkpoint old"), 0);
	start();
	assert_int_equal(put(OPEN("B")), RC_OK);
	stop();
	refused("cp old ledger/checkpoint", "gone back from 2 leaves to 1");
	refused("rm -r ledger/tile ledger/checkpoint", "gone back from 2 leaves to 0");
	refused("rm ledger/checkpoint", "checkpoint is missing");
	refused("rm -r ledger/tile/0", "last tiles are not what its checkpoint says");
	start();
	assert_int_equal(put(OPEN("B")), RC_CONFLICT);
	assert_int_equal(put(OPEN("C")), RC_OK);
}

static void test_a_lost_registry_is_made_again_from_the_leaves(void **state)
{
	static const char *const lost[] = {"rm ledger/registry.sqlite*", "echo rubbish > ledger/registry.sqlite; rm -f ledger/registry.sqlite-*"};

	(void)state;
	start();
	for (int i = 0; i < 300; i++)
		assert_int_equal(put("phigate-stop-v1\n" TIME "\n"), RC_OK);
	assert_int_equal(put(OPEN("A")), RC_OK);
	for (size_t i = 0; i < sizeof lost / sizeof *lost; i++) {
		struct registry_part part;

		stop();
		assert_int_equal(sh("%s", lost[i]), 0);
		start();
		assert_int_equal(ledger_find(site.ledger, "A", 1, &part), RC_OK);
		assert_true(part.opened && !part.headed && !part.closed && part.open_at == 300);
		assert_int_equal(ledger_find(site.ledger, "A", 2, &part), RC_NOT_FOUND);
		assert_int_equal(put(OPEN("A")), RC_CONFLICT);
	}
}

static void test_a_ledger_of_another_key_is_not_gone_on_with(void **state)
{
	struct why why = {0};

	(void)state;
	start();
	assert_int_equal(put(OPEN("A")), RC_OK);
	stop();
	assert_int_equal(sh("cp -a keys saved"), 0);
	assert_int_equal(key_make(site.dir, KEY_LEDGER, "gpu-1", NULL), RC_OK);          /* somebody else's, so to speak */
	assert_int_equal(ledger_start(site.dir, "gpu-1", &site.ledger, &why), RC_BAD);
	assert_non_null(strstr(why.text, "another key"));
	assert_int_equal(sh("rm -r keys && mv saved keys"), 0);
	start();
	assert_int_equal(put(OPEN("B")), RC_OK);
}

/* ---- the notary's process ------------------------------------------------------------------------------------------------------ */

static int notary_pid(void)
{
	struct buf text;
	int pid;

	assert_int_equal(sh("ps -o pid=,comm= --ppid %d | awk '/phigate-notary/ {print $1}' > pid",
			    (int)getpid()), 0);
	read_path(&text, "pid");
	pid = atoi(text.data ? text.data : "0");
	buf_free(&text);
	assert_true(pid > 1);
	return pid;
}

static void test_when_the_notary_dies_nothing_is_added_and_all_are_told(void **state)
{
	struct pollfd p;
	struct recording *r;

	(void)state;
	site_open(true);
	r = session(SESSION);
	kill(notary_pid(), SIGKILL);
	p = (struct pollfd){ledger_fd(site.ledger), POLLRDHUP, 0};
	assert_int_equal(poll(&p, 1, 10000), 1);
	assert_int_equal(put(OPEN("A")), RC_IO);
	assert_int_equal(session_try(OTHER, ALICE, &(struct recording *){NULL}), RC_IO);
	assert_false(exists("spool/" OTHER ".1"));
	assert_int_equal(recording_close(r, "client"), RC_IO);           /* it stays for the next start */
	site_close();
	site_open(true);
	verify("bundles/" SESSION "/1.tar");
}

static void test_the_notary_cannot_be_dumped_and_has_no_other_descriptor(void **state)
{
	int pid;

	(void)state;
	start();
	pid = notary_pid();
	assert_int_equal(sh("grep -q '^Seccomp:.2' /proc/%d/status && grep -q '^NoNewPrivs:.1' /proc/%d/status", pid, pid), 0);
	assert_int_equal(sh("test $(stat -c %%u /proc/%d/environ) = 0", pid), 0);        /* not dumpable: its files in /proc are root's */
	/* of sockets it has the one to us */
	assert_int_equal(sh("test $(ls -l /proc/%d/fd | grep -c socket:) -le 1", pid), 0);
	kill(pid, SIGTERM);
	kill(pid, SIGINT);
	assert_int_equal(put(OPEN("A")), RC_OK);
}

static void test_an_agent_without_its_keys_does_not_start(void **state)
{
	struct ledger *l;
	struct why why = {0};

	(void)state;
	assert_int_equal(sh("chmod 644 keys/ledger_ed25519"), 0);
	assert_int_equal(ledger_start(site.dir, "gpu-1", &l, &why), RC_DENIED);
	assert_int_equal(sh("rm keys/ledger_ed25519"), 0);
	assert_int_equal(ledger_start(site.dir, "gpu-1", &l, &why), RC_NOT_FOUND);
}

/* ---- many at once ---------------------------------------------------------------------------------------------------------------- */

static void *add_some(void *arg)
{
	char leaf[200];

	for (int i = 0; i < 40; i++) {
		snprintf(leaf, sizeof leaf, "phigate-open-v1\n%s-%d\n1\n" SUM "\n" TIME "\n", (const char *)arg, i);
		assert_int_equal(put(leaf), RC_OK);
		snprintf(leaf, sizeof leaf, "phigate-head-v1\n%s-%d\n1\n" SUM "\n7\n", (const char *)arg, i);
		ledger_post(site.ledger, slice_str(leaf));
	}
	return NULL;
}

static void test_leaves_of_many_threads_are_all_there(void **state)
{
	static const char *const names[] = {"A", "B", "C", "D", "E", "F"};
	pthread_t threads[6];
	struct registry_part part;

	(void)state;
	start();
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, add_some, (void *)(uintptr_t)names[i]), 0);
	for (size_t i = 0; i < 6; i++)
		pthread_join(threads[i], NULL);
	stop();                                          /* what was posted is there too */
	start();
	assert_int_equal(size_of(), 480);
	assert_int_equal(ledger_find(site.ledger, "F-39", 1, &part), RC_OK);
	assert_true(part.opened && part.headed && !part.closed);
}

/* ---- recordings that a crash left -------------------------------------------------------------------------------------------------- */

/* Two sessions that were killed; damage is done to the first before the restart. */
static void crash(const char *damage)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct registry_part part = {0};
		struct recording *r, *other;

		site_open(true);
		r = session(SESSION);
		other = session(OTHER);
		for (uint64_t x = 1; x <= 40; x++)
			exchange(r, x);
		exchange(other, 1);
		while (ledger_find(site.ledger, SESSION, 1, &part) != RC_OK || !part.headed)
			usleep(10000);           /* the ledger hears of it within a second or so */
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(sh("cd spool/" SESSION ".1 && %s", damage), 0);
	site_open(true);
}

static void only_the_other_is_signed(void)
{
	assert_true(exists("quarantine/" SESSION ".1") && !exists("bundles/" SESSION "/1.tar"));
	verify("bundles/" OTHER "/1.tar");
}

static void test_a_recording_as_the_ledger_knows_it_is_recovered(void **state)
{
	struct registry_part part;

	(void)state;
	crash("true");
	verify("bundles/" SESSION "/1.tar");
	verify("bundles/" OTHER "/1.tar");
	assert_int_equal(ledger_find(site.ledger, SESSION, 1, &part), RC_OK);
	assert_true(part.opened && part.headed && part.closed);
}

/* A chain that holds in itself, with its end cut off: only the ledger can tell. */
static void test_a_recording_that_lacks_what_the_ledger_knows_is_not_signed(void **state)
{
	(void)state;
	crash("head -n 20 index.jsonl > cut && cat cut > index.jsonl && rm cut");
	only_the_other_is_signed();
}

static void test_a_recording_of_which_the_ledger_knows_nothing_is_not_signed(void **state)
{
	(void)state;
	crash("true");
	site_close();
	assert_int_equal(sh("rm -rf bundles"), 0);
	assert_int_equal(sh("mkdir one && mv ledger one/"), 0);
	{
		int status;
		pid_t pid;

		fflush(NULL);
		pid = fork();
		if (pid == 0) {
			site_open(true);
			exchange(session("01KB000000000000000000000X"), 1);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
	}
	assert_int_equal(sh("rm -rf ledger && mv one/ledger ."), 0);
	site_open(true);
	assert_true(exists("quarantine/01KB000000000000000000000X.1"));
	assert_false(exists("bundles/01KB000000000000000000000X"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_leaves_of_the_known_kinds_are_taken),
		TEST(what_somebody_is_called_stays_on_its_line),
		TEST(a_part_opens_once_goes_forward_and_closes_once),
		TEST(a_part_closes_with_all_the_records_that_its_heads_told_of),
		TEST(there_is_no_signature_but_for_a_close_or_a_review),
		TEST(a_receipt_is_proved),
		TEST(a_bundles_proof_is_its_own),
		TEST(a_ledger_that_has_gone_back_is_refused),
		TEST(a_lost_registry_is_made_again_from_the_leaves),
		TEST(a_ledger_of_another_key_is_not_gone_on_with),
		TEST(when_the_notary_dies_nothing_is_added_and_all_are_told),
		TEST(the_notary_cannot_be_dumped_and_has_no_other_descriptor),
		TEST(an_agent_without_its_keys_does_not_start),
		TEST(leaves_of_many_threads_are_all_there),
		TEST(a_recording_as_the_ledger_knows_it_is_recovered),
		TEST(a_recording_that_lacks_what_the_ledger_knows_is_not_signed),
		TEST(a_recording_of_which_the_ledger_knows_nothing_is_not_signed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
