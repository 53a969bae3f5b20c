/* Witnesses cosign the ledger's checkpoints, bundles get their word behind the sessions' backs, and verification believes those that are known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <sys/wait.h>

#include "authority.h"
#include "bundle_front.h"
#include "cosigner.h"
#include "metrics.h"
#include "recordings.h"
#include "tlog_cosignature.h"
#include "tlog_proof.h"
#include "witness.h"

static struct cosigner w1, w2;
static struct witness_settings settings[2];
static char ledger_vkey[320];

static void set_witness(size_t i, struct cosigner *c)
{
	assert_int_equal(tlog_vkey_parse_witness(slice_str(c->vkey), &settings[i].vkey, NULL), RC_OK);
	settings[i].url = c->url;
}

static int set_up(void **state)
{
	struct buf vkey;

	setup(state);
	buf_init(&vkey, sizeof ledger_vkey - 1);
	assert_int_equal(key_vkey(site.dir, "gpu-1", &vkey, NULL), RC_OK);
	strcpy(ledger_vkey, vkey.data);
	buf_free(&vkey);
	cosigner_start(&w1, "w1.example/a", ledger_vkey);
	cosigner_start(&w2, "w2.example", ledger_vkey);
	set_witness(0, &w1);
	set_witness(1, &w2);
	site.attest = (struct attest_options){.witnesses = settings, .n_witnesses = 1, .retry_ns = 5 * NS_PER_MS};
	return 0;
}

static int tear_down(void **state)
{
	int rc;

	web_slow(&w1.web, false);
	web_slow(&w2.web, false);
	rc = teardown(state);
	cosigner_stop(&w1);
	cosigner_stop(&w2);
	return rc;
}

static void record(const char *id)
{
	struct recording *r = session(id);

	exchange(r, 1);
	assert_int_equal(recording_close(r, "client"), RC_OK);
}

static void await_all(void)
{
	while (!folder_is_empty("stamps"))
		nanosleep(&(struct timespec){.tv_nsec = 2 * NS_PER_MS}, NULL);
}

static const char *path_of(const char *id)
{
	static char path[64];

	snprintf(path, sizeof path, "bundles/%s/1.tar", id);
	return path;
}

static enum rc verdict(const char *id, const char *keys, size_t quorum, struct why *why)
{
	return verify_trusting(path_of(id), (struct bundle_trust){.witness_keys = keys, .witness_quorum = quorum, .ledger_key = ledger_vkey}, why);
}

/* The same by the script of stock tools; its exit status. */
static int script(const char *id, const char *keys, const char *more)
{
	char path[128], cwd[256];
	int status;

	snprintf(path, sizeof path, "%s/witnesses", site.dir);
	assert_int_equal(file_write(path, slice_str(keys), 0600, NULL), RC_OK);
	assert_non_null(getcwd(cwd, sizeof cwd));
	status = sh("TMPDIR=. %s/config/verify-bundle.sh -w witnesses %s %s allowed_signers gpu-1@phigate > said 2>&1", cwd, more, path_of(id));
	return WEXITSTATUS(status);
}

static bool said(const char *text)
{
	struct buf out;
	bool is;

	read_path(&out, "said");
	is = out.data && strstr(out.data, text);
	if (!is)
		print_message("%s", out.data);
	buf_free(&out);
	return is;
}

/* ---- keys ----------------------------------------------------------------------------------------------------------------------------- */

static void test_a_witnesss_key_is_no_ledgers_and_the_other_way_round(void **state)
{
	struct tlog_vkey vkey;
	struct why why = {0};
	char other[1024];
	struct buf text;

	(void)state;
	buf_init(&text, 512);
	assert_int_equal(tlog_vkey_parse_witness(slice_str(w1.vkey), &vkey, &why), RC_OK);
	assert_int_equal(tlog_vkey_text(&vkey, &text), RC_OK);
	assert_string_equal(text.data, w1.vkey);
	assert_int_equal(tlog_vkey_parse(slice_str(w1.vkey), &vkey, &why), RC_BAD);
	assert_non_null(strstr(why.text, "a ledger's key must be of kind 1, and this is one of kind 4"));
	assert_int_equal(tlog_vkey_parse_witness(slice_str(ledger_vkey), &vkey, &why), RC_BAD);
	assert_non_null(strstr(why.text, "a witness's key must be of kind 4, and this is one of kind 1"));
	assert_int_equal(tlog_vkey_parse_witness(SLICE("w1.example/a"), &vkey, &why), RC_BAD);
	snprintf(other, sizeof other, "w2%s", w1.vkey + 2);
	assert_int_equal(tlog_vkey_parse_witness(slice_str(other), &vkey, &why), RC_BAD);
	assert_non_null(strstr(why.text, "damaged"));
	buf_free(&text);
}

/* ---- asking --------------------------------------------------------------------------------------------------------------------------- */

static void grow(void)
{
	char name[32];
	struct buf leaf;
	static int n;

	buf_init(&leaf, LEAF_MAX);
	snprintf(name, sizeof name, "policy-%d", n++);
	assert_int_equal(LEAF(LEAF_POLICY, &leaf, name, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "2026-01-01T00:00:00.000000Z"), RC_OK);
	assert_int_equal(ledger_add(site.ledger, buf_slice(&leaf), NULL), RC_OK);
	buf_free(&leaf);
}

static enum rc ask_it(struct witness *w, struct buf *line, struct why *why)
{
	struct buf note;
	enum rc rc;

	buf_init(&note, TLOG_CHECKPOINT_MAX);
	buf_clear(line);
	assert_int_equal(ledger_checkpoint(site.ledger, &note), RC_OK);
	rc = witness_ask(w, site.ledger, buf_slice(&note), NULL, line, why);
	if (rc == RC_OK) {
		int64_t wall_s = 0;

		buf_add_slice(&note, buf_slice(line));
		assert_int_equal(tlog_cosignature_find(buf_slice(&note), witness_vkey(w), &wall_s), RC_OK);
		assert_true(wall_s > clock_wall_s() - 60 && wall_s < clock_wall_s() + 60);
	}
	buf_free(&note);
	return rc;
}

static void test_it_is_asked_from_where_it_was_and_says_where_that_is(void **state)
{
	struct why why = {0};
	struct witness *w;
	struct buf line;

	(void)state;
	buf_init(&line, 4096);
	assert_int_equal(ledger_start(site.dir, "gpu-1", &site.ledger, &why), RC_OK);
	assert_int_equal(witness_new(&settings[0], &w), RC_OK);
	grow();
	for (int i = 0; i < 40; i++) {
		for (int k = 0; k < i % 5; k++)                  /* none now and then: the same checkpoint again */
			grow();
		assert_int_equal(ask_it(w, &line, &why), RC_OK);
	}
	assert_int_equal(w1.cosigned, 40);
	assert_int_equal(w1.conflicts, 0);
	witness_free(w);
	assert_int_equal(witness_new(&settings[0], &w), RC_OK);          /* as after a restart: it has forgotten */
	grow();
	assert_int_equal(ask_it(w, &line, &why), RC_OK);
	assert_int_equal(w1.conflicts, 1);
	grow();
	assert_int_equal(ask_it(w, &line, &why), RC_OK);
	assert_int_equal(w1.conflicts, 1);
	witness_free(w);
	buf_free(&line);
}

static void test_what_does_not_hold_is_not_taken(void **state)
{
	static const struct {
		enum cosigner_lie lie;
		int64_t apart_s;
		enum rc rc;
		const char *text;
	} rows[] = {
		{COSIGNER_FLIPS_A_BIT, 0, RC_BAD, "does not hold"}, {COSIGNER_OTHER_KEY, 0, RC_BAD, "without a cosignature by the key"},
		{COSIGNER_OTHER_NAME, 0, RC_BAD, "without a cosignature by the key"}, {COSIGNER_OTHER_NOTE, 0, RC_BAD, "does not hold"},
		{COSIGNER_TWICE, 0, RC_BAD, "does not hold"}, {COSIGNER_GARBAGE, 0, RC_BAD, "does not hold"},
		{COSIGNER_EMPTY, 0, RC_BAD, "without a cosignature"}, {COSIGNER_NO_LF, 0, RC_BAD, "does not hold"},
		{COSIGNER_HUGE, 0, RC_TOO_BIG, ""}, {COSIGNER_FAILS, 0, RC_UNREACHABLE, "500"}, {COSIGNER_REDIRECTS, 0, RC_UNREACHABLE, "302"},
		{COSIGNER_DENIES, 0, RC_DENIED, "does not know this ledger"}, {COSIGNER_UNKNOWN, 0, RC_DENIED, "does not know this ledger"},
		{COSIGNER_OTHER_TREE, 0, RC_CONFLICT, "are others than here"}, {COSIGNER_LARGER, 0, RC_CONFLICT, "set back, or there are two"},
		{COSIGNER_SIZE_GARBAGE, 0, RC_BAD, "not with the size"}, {COSIGNER_SIZE_CHANGES, 0, RC_BAD, "another size each time"},
		{COSIGNER_HONEST, 86400, RC_BAD, "one of the clocks"}, {COSIGNER_HONEST, -86400, RC_BAD, "one of the clocks"},
	};
	struct why why = {0};
	struct witness *w;
	struct buf line;

	(void)state;
	buf_init(&line, 4096);
	assert_int_equal(ledger_start(site.dir, "gpu-1", &site.ledger, &why), RC_OK);
	assert_int_equal(witness_new(&settings[0], &w), RC_OK);
	for (int i = 0; i < 5; i++)
		grow();
	assert_int_equal(ask_it(w, &line, &why), RC_OK);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		enum rc rc;

		grow();
		cosigner_turn(&w1, rows[i].lie, rows[i].apart_s);
		rc = ask_it(w, &line, &why);
		if (rc != rows[i].rc || !strstr(why.text, rows[i].text) || line.len)
			fail_msg("row %zu: %s %s", i, rc_name(rc), why.text);
		cosigner_turn(&w1, COSIGNER_HONEST, 0);
		assert_int_equal(ask_it(w, &line, &why), RC_OK);
	}
	witness_free(w);
	buf_free(&line);
}

/* What a witness is for: a ledger that is set back, and a second one of the same name and key. */
static void test_it_gives_a_ledger_away_that_was_set_back_or_is_another(void **state)
{
	struct why why = {0};
	struct witness *w;
	struct buf line;

	(void)state;
	buf_init(&line, 4096);
	assert_int_equal(witness_new(&settings[0], &w), RC_OK);
	assert_int_equal(ledger_start(site.dir, "gpu-1", &site.ledger, &why), RC_OK);
	grow();
	ledger_stop(site.ledger);
	assert_int_equal(sh("cp -r ledger before"), 0);
	assert_int_equal(ledger_start(site.dir, "gpu-1", &site.ledger, &why), RC_OK);
	grow();
	grow();
	assert_int_equal(ask_it(w, &line, &why), RC_OK);
	ledger_stop(site.ledger);
	assert_int_equal(sh("rm -r ledger && mv before ledger"), 0);
	assert_int_equal(ledger_start(site.dir, "gpu-1", &site.ledger, &why), RC_OK);
	assert_int_equal(ask_it(w, &line, &why), RC_CONFLICT);
	assert_non_null(strstr(why.text, "w1.example/a has seen this ledger with 3 leaves, and it has 1"));
	grow();
	grow();
	assert_int_equal(ask_it(w, &line, &why), RC_CONFLICT);
	assert_non_null(strstr(why.text, "another ledger of this name with 3 leaves"));
	grow();
	assert_int_equal(ask_it(w, &line, &why), RC_CONFLICT);
	assert_non_null(strstr(why.text, "its first 3 leaves are others"));
	assert_int_equal(line.len, 0);
	witness_free(w);
	buf_free(&line);
}

/* ---- bundles -------------------------------------------------------------------------------------------------------------------------- */

static void test_a_bundle_gets_its_cosignature_and_nobody_waits_for_it(void **state)
{
	struct why why = {0};

	(void)state;
	web_slow(&w1.web, true);
	site_open(true);
	record(SESSION);
	web_await(&w1.web, 1);
	assert_int_equal(verdict(SESSION, NULL, 0, &why), RC_OK);
	assert_int_equal(verdict(SESSION, w1.vkey, 0, &why), RC_BAD);
	assert_non_null(strstr(why.text, "witness: w1.example/a has not cosigned"));
	record(OTHER);                           /* while the witness sleeps */
	web_slow(&w1.web, false);
	await_all();
	for (int i = 0; i < 2; i++) {
		const char *id = i ? OTHER : SESSION;
		struct audit a;

		assert_int_equal(verdict(id, w1.vkey, 0, &why), RC_OK);
		assert_int_equal(verdict(id, NULL, 0, &why), RC_OK);
		a = audit_part(id, 1);
		audit_free(&a);
	}
}

static void test_what_waits_is_asked_after_a_restart_and_failures_delay_nothing(void **state)
{
	struct why why = {0};
	struct buf text;
	int asked;

	(void)state;
	buf_init(&text, 1 << 20);
	cosigner_turn(&w1, COSIGNER_FLIPS_A_BIT, 0);
	site_open(true);
	record(SESSION);
	web_await(&w1.web, 3);
	assert_false(folder_is_empty("stamps"));
	assert_int_equal(verdict(SESSION, NULL, 0, &why), RC_OK);
	site_close();
	asked = web_requests(&w1.web);
	cosigner_turn(&w1, COSIGNER_FAILS, 0);
	site_open(true);
	web_await(&w1.web, asked + 3);
	record(OTHER);
	assert_int_equal(verdict(OTHER, NULL, 0, &why), RC_OK);
	cosigner_turn(&w1, COSIGNER_HONEST, 0);
	await_all();
	assert_int_equal(verdict(SESSION, w1.vkey, 0, &why), RC_OK);
	assert_int_equal(verdict(OTHER, w1.vkey, 0, &why), RC_OK);
	site_close();
	assert_int_equal(metrics_text(&text), RC_OK);
	assert_null(strstr(text.data, "phigate_witness_total{result=\"failed\"} 0"));
	assert_null(strstr(text.data, "phigate_witness_total{result=\"cosigned\"} 0"));
	assert_non_null(strstr(text.data, "phigate_witness_waiting 0"));
	buf_free(&text);
}

static void test_of_two_witnesses_the_one_that_is_up_is_had_at_once_and_both_in_the_end(void **state)
{
	char both[600];
	struct why why = {0};

	(void)state;
	site.attest.n_witnesses = 2;
	snprintf(both, sizeof both, "# two of them\n%s\n\n%s\n", w1.vkey, w2.vkey);
	cosigner_turn(&w1, COSIGNER_FAILS, 0);
	site_open(true);
	record(SESSION);
	while (verdict(SESSION, w2.vkey, 0, &why) != RC_OK)
		nanosleep(&(struct timespec){.tv_nsec = 5 * NS_PER_MS}, NULL);
	assert_false(folder_is_empty("stamps"));
	assert_int_equal(verdict(SESSION, both, 0, &why), RC_BAD);
	assert_non_null(strstr(why.text, "w1.example/a has not cosigned"));
	assert_int_equal(verdict(SESSION, both, 1, &why), RC_OK);
	assert_int_equal(script(SESSION, both, ""), 5);
	assert_true(said("NOT VERIFIED: witness: w1.example/a has not cosigned"));
	assert_int_equal(script(SESSION, both, "-q 1"), 0);
	assert_true(said("witness    w2.example has seen the ledger with it at 20"));
	cosigner_turn(&w1, COSIGNER_HONEST, 0);
	await_all();
	assert_int_equal(verdict(SESSION, both, 0, &why), RC_OK);
	assert_int_equal(verdict(SESSION, both, 2, &why), RC_OK);
	assert_int_equal(verdict(SESSION, both, 3, &why), RC_BAD);
}

static char *refuse(void *arg, const char *path)
{
	(void)arg, (void)path;
	return web_answer(503, "", "");
}

static void test_an_authority_that_fails_keeps_no_witness_waiting(void **state)
{
	struct authority authority;
	struct why why = {0};
	char url[64], roots[96];
	struct web web;

	(void)state;
	authority_make(&authority, 4070908800);
	web_start(&web, refuse, NULL);
	snprintf(url, sizeof url, "http://127.0.0.1:%d/tsa", web.port);
	snprintf(roots, sizeof roots, "%s/roots.pem", site.dir);
	assert_int_equal(file_write(roots, slice_str(authority.pem), 0600, NULL), RC_OK);
	site.attest.authority = (struct authority_settings){.url = url, .roots_file = roots};
	site_open(true);
	record(SESSION);
	while (verdict(SESSION, w1.vkey, 0, &why) != RC_OK)
		nanosleep(&(struct timespec){.tv_nsec = 5 * NS_PER_MS}, NULL);
	web_await(&web, 3);
	assert_false(folder_is_empty("stamps"));
	site_close();
	web_stop(&web);
	authority_free(&authority);
}

/* ---- what a verifier believes --------------------------------------------------------------------------------------------------------- */

/* The bundle with another proof: its note's lines of signatures are what lines says; from and to: a change in the proof's text. */
static void tamper(const char *id, const char *lines, const char *from, const char *to)
{
	struct bundle_front front;
	struct tlog_proof proof;
	struct tlog_note note;
	struct buf text, out;
	char path[128];

	snprintf(path, sizeof path, "%s/%s", site.dir, path_of(id));
	assert_int_equal(bundle_front_read(path, &front), RC_OK);
	assert_int_equal(tlog_proof_parse(buf_slice(&front.proof), &proof, NULL), RC_OK);
	assert_int_equal(tlog_note_read(proof.checkpoint, &note), RC_OK);
	buf_init(&text, TLOG_PROOF_MAX);
	buf_init(&out, TLOG_PROOF_MAX);
	buf_add(&text, front.proof.data, (size_t)(note.lines.p - front.proof.data));
	buf_puts(&text, lines);
	if (from) {
		char *at = memmem(text.data, text.len, from, strlen(from));

		assert_non_null(at);
		buf_add(&out, text.data, (size_t)(at - text.data));
		buf_puts(&out, to);
		buf_puts(&out, at + strlen(from));
	} else {
		buf_add_slice(&out, buf_slice(&text));
	}
	assert_int_equal(bundle_front_replace(path, (struct slice){NULL, 0}, buf_slice(&out)), RC_OK);
	bundle_front_free(&front);
	buf_free(&text);
	buf_free(&out);
}

/* The ledger's own line, and the note's text, of the bundle as it is. */
static void read_note(const char *id, struct buf *text, struct buf *ledger_line)
{
	struct bundle_front front;
	struct tlog_proof proof;
	struct tlog_note note;
	char path[128];

	snprintf(path, sizeof path, "%s/%s", site.dir, path_of(id));
	assert_int_equal(bundle_front_read(path, &front), RC_OK);
	assert_int_equal(tlog_proof_parse(buf_slice(&front.proof), &proof, NULL), RC_OK);
	assert_int_equal(tlog_note_read(proof.checkpoint, &note), RC_OK);
	buf_add_slice(text, note.text);
	buf_add(ledger_line, note.lines.p, (size_t)((char *)memchr(note.lines.p, '\n', note.lines.n) - note.lines.p) + 1);
	bundle_front_free(&front);
}

static void it_says(const char *keys, enum rc rc, const char *text)
{
	struct why why = {0};
	enum rc got = verdict(SESSION, keys, 0, &why);

	if (got != rc || (rc != RC_OK && !strstr(why.text, text)))
		fail_msg("%s: %s", text, why.text);
}

static void both_say(const char *keys, enum rc rc, const char *text)
{
	int status;

	it_says(keys, rc, text);
	status = script(SESSION, keys, "");
	if (status != (rc == RC_OK ? 0 : 5))
		fail_msg("%s: the script says %d", text, status);
	if (rc != RC_OK)
		assert_true(said("NOT VERIFIED: witness:"));
}

static void test_only_cosignatures_that_hold_are_believed(void **state)
{
	unsigned char id[4], public[32];
	struct buf text, ledger, lines;
	char keys[600];
	int64_t now_s = clock_wall_s();

	(void)state;
	site.attest.n_witnesses = 0;
	site_open(true);
	record(SESSION);
	site_close();
	buf_init(&text, 4096);
	buf_init(&ledger, 4096);
	buf_init(&lines, 8192);
	read_note(SESSION, &text, &ledger);
	cosigner_id(w1.name, w1.key, id, public);
#define LINES(...) do { buf_clear(&lines); buf_add_slice(&lines, buf_slice(&ledger)); __VA_ARGS__; } while (0)
	LINES(cosigner_line(w1.name, w1.key, id, buf_slice(&text), now_s, &lines));
	tamper(SESSION, lines.data, NULL, NULL);
	it_says(w1.vkey, RC_OK, "");
	it_says(w2.vkey, RC_BAD, "witness: w2.example has not cosigned");
	snprintf(keys, sizeof keys, "%s\n%s", ledger_vkey, w1.vkey);
	it_says(keys, RC_BAD, "witness: --witness: a witness's key must be of kind 4");
	it_says("# none\n", RC_BAD, "witness: --witness: the file has no key");
	/* two keys of one name: any of them */
	cosigner_vkey(w1.name, w1.other, keys, sizeof keys);
	strcat(keys, "\n");
	strcat(keys, w1.vkey);
	it_says(keys, RC_OK, "");
	/* another's key under the witness's id; another text; a time that was changed; from before the end */
	LINES(cosigner_line(w1.name, w1.other, id, buf_slice(&text), now_s, &lines));
	tamper(SESSION, lines.data, NULL, NULL);
	both_say(w1.vkey, RC_BAD, "witness: the cosignature of w1.example/a is wrong");
	LINES(cosigner_line(w1.name, w1.key, id, SLICE("phigate/gpu-1\n9\nAAAA\n"), now_s, &lines));
	tamper(SESSION, lines.data, NULL, NULL);
	it_says(w1.vkey, RC_BAD, "witness: the cosignature of w1.example/a is wrong");
	LINES(cosigner_line(w1.name, w1.key, id, buf_slice(&text), now_s - 86400, &lines));
	tamper(SESSION, lines.data, NULL, NULL);
	both_say(w1.vkey, RC_BAD, "witness: w1.example/a says 20");
	/* the ledger's own signature with the witness's name is none */
	LINES(buf_puts(&lines, "\xe2\x80\x94 w1.example/a AAAAAAAA\n"));
	tamper(SESSION, lines.data, NULL, NULL);
	it_says(w1.vkey, RC_BAD, "witness: w1.example/a has not cosigned");
	/* a true cosignature of a checkpoint that the session's end is not in */
	LINES(cosigner_line(w1.name, w1.key, id, buf_slice(&text), now_s, &lines));
	tamper(SESSION, lines.data, "index ", "index 1");
	it_says(w1.vkey, RC_BAD, "ledger: ");
	buf_free(&text);
	buf_free(&ledger);
	buf_free(&lines);
}

static void test_a_signing_key_that_has_expired_is_believed_at_the_witnesss_time(void **state)
{
	static const struct {
		int expires_s;                   /* from now */
		bool believed;
	} rows[] = {{-3600, false}, {-60, true}};
	struct buf text, ledger, signers, line;
	unsigned char id[4], public[32];
	int64_t now_s = clock_wall_s();

	(void)state;
	site.attest.n_witnesses = 0;
	site_open(true);
	record(SESSION);
	site_close();
	buf_init(&text, 4096);
	buf_init(&ledger, 4096);
	read_note(SESSION, &text, &ledger);
	cosigner_id(w1.name, w1.key, id, public);
	cosigner_line(w1.name, w1.key, id, buf_slice(&text), now_s - 200, &ledger);
	tamper(SESSION, ledger.data, NULL, NULL);
	read_path(&signers, "allowed_signers");
	for (size_t i = 0; i < 2; i++) {
		time_t until = (time_t)now_s + rows[i].expires_s;
		struct why why = {0};
		char path[96], at[32];
		struct tm tm;

		strftime(at, sizeof at, "%Y%m%d%H%M%SZ", gmtime_r(&until, &tm));
		buf_init(&line, 8192);
		buf_printf(&line, "gpu-1@phigate valid-before=\"%s\" %s", at, strstr(signers.data, "ssh-ed25519"));
		snprintf(path, sizeof path, "%s/allowed_signers", site.dir);
		assert_int_equal(file_write(path, buf_slice(&line), 0600, NULL), RC_OK);
		assert_int_equal(verdict(SESSION, NULL, 0, &why), RC_DENIED);
		assert_int_equal(verdict(SESSION, w1.vkey, 0, &why), rows[i].believed ? RC_OK : RC_DENIED);
		if (rows[i].believed)
			assert_int_equal(script(SESSION, w1.vkey, ""), 0);
		buf_free(&line);
	}
	buf_free(&text);
	buf_free(&ledger);
	buf_free(&signers);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_witnesss_key_is_no_ledgers_and_the_other_way_round),
		TEST(it_is_asked_from_where_it_was_and_says_where_that_is),
		TEST(what_does_not_hold_is_not_taken),
		TEST(it_gives_a_ledger_away_that_was_set_back_or_is_another),
		TEST(a_bundle_gets_its_cosignature_and_nobody_waits_for_it),
		TEST(what_waits_is_asked_after_a_restart_and_failures_delay_nothing),
		TEST(of_two_witnesses_the_one_that_is_up_is_had_at_once_and_both_in_the_end),
		TEST(an_authority_that_fails_keeps_no_witness_waiting),
		TEST(only_cosignatures_that_hold_are_believed),
		TEST(a_signing_key_that_has_expired_is_believed_at_the_witnesss_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
