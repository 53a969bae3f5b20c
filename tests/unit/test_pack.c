/* Evidence packs: what the agent puts in, that every change is found, and that hostile ones end nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>

#include "keyset.h"
#include "pack_make.h"
#include "recordings.h"
#include "sshsig.h"
#include "store.h"
#include "tarfile.h"
#include "tlog_proof.h"

#define MINUTE (60 * NS_PER_S)

static struct store *store;
static const struct person AUDREY = {.issuer = "https://idp.example.org", .subject = "u", .user = "audrey@example.org", .auditor = true};
static char pack_path[128];
static struct signers *signers;
static int64_t begun_ns;

static void leaf(enum leaf_kind kind, const char *const fields[], size_t n)
{
	struct buf text;

	buf_init(&text, LEAF_MAX);
	assert_int_equal(leaf_make(kind, &text, fields, n), RC_OK);
	assert_int_equal(ledger_add(site.ledger, buf_slice(&text), NULL), RC_OK);
	buf_free(&text);
}
#define PUT(kind, ...) leaf(kind, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static const char *at(int64_t ns)
{
	static char text[4][CLOCK_TEXT];
	static int i;

	i = (i + 1) % 4;
	return clock_text_us(ns, text[i]);
}

static void sql(const char *text)
{
	sqlite3 *db = store_begin(store);

	assert_non_null(db);
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	store_end(store);
}

PRINTF_LIKE(1, 2) static void sqlf(const char *fmt, ...)
{
	char text[4096];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	sql(text);
}

static void add_session(const char *id, int64_t opened_ns, bool emergency)
{
	sqlf("INSERT INTO sessions (id, issuer, subject, user, connection, address, state, opened_ns, closed_ns, ended, emergency)"
	     " VALUES ('%s', 'i', 's', 'alice@example.org', 'llama', '203.0.113.9:1', 'closed', %lld, %lld, 'client', %d)", id, (long long)opened_ns,
	     (long long)opened_ns + NS_PER_S, emergency);
	PUT(LEAF_OPEN, id, "1", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", at(opened_ns));
	if (emergency)
		PUT(LEAF_EMERGENCY, id, at(opened_ns));
	PUT(LEAF_CLOSE, id, "1", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "7");
}

/* Some time ago, two sessions, a hold, a review; before them, and after, one each. */
static int begin(void **state)
{
	struct why why = {0};
	char path[128];

	assert_int_equal(setup(state), 0);
	assert_int_equal(ledger_start(site.dir, "gpu-1", &site.ledger, &why), RC_OK);
	snprintf(path, sizeof path, "%s/store.sqlite", site.dir);
	assert_int_equal(store_open(path, &store, &why), RC_OK);
	signers = signers_new();
	assert_int_equal(signers_add(signers, "gpu-1@phigate", ledger_facts(site.ledger)->signing_key, NULL), RC_OK);
	begun_ns = clock_wall_ns() - 600 * MINUTE;
	add_session("01KB0000000000000000000001", begun_ns - 5 * MINUTE, false);
	add_session("01KB0000000000000000000002", begun_ns + MINUTE, false);
	add_session("01KB0000000000000000000003", begun_ns + 2 * MINUTE, true);
	sqlf("INSERT INTO holds (id, state, mac, issuer, subject, user, connection, rule, matched, ttl_ns, shown, created_ns, changed_ns, expires_ns, needs)"
	     " VALUES ('7K2M-9QXD', 'used', x'00', 'i', 's', 'alice@example.org', 'llama', 'bulk', 'all patients', 1, '{\"text\":\"all patients\"}', %lld, %lld,"
	     " %lld, '[]')", (long long)(begun_ns + MINUTE), (long long)(begun_ns + 2 * MINUTE), (long long)(begun_ns + 9 * MINUTE));
	sqlf("INSERT INTO decisions (hold, issuer, subject, user, key_id, address, reason, approve, at_ns) VALUES ('7K2M-9QXD', 'i', 'b', 'bob@example.org',"
	     " 'SHA256:k', '203.0.113.10:1', 'census', 1, %lld)", (long long)(begun_ns + 2 * MINUTE));
	PUT(LEAF_HOLD, "7K2M-9QXD", "approve", "bob@example.org", at(begun_ns + 2 * MINUTE));
	PUT(LEAF_HOLD, "OLD0-0001", "deny", "bob@example.org", at(begun_ns + 2 * MINUTE));      /* which the store no longer has */
	PUT(LEAF_POLICY, "hipaa", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", at(begun_ns + 3 * MINUTE));
	add_session("01KB0000000000000000000004", begun_ns + 60 * MINUTE, false);
	return 0;
}

static int finish(void **state)
{
	signers_free(signers);
	store_close(store);
	store = NULL;
	return teardown(state);
}

static struct pack_place place(void)
{
	return (struct pack_place){.agent_name = "gpu-1", .state_dir = site.dir, .store = store, .ledger = site.ledger};
}

/* The files of the pack, as somebody may change them before they are put together. */
struct parts {
	struct buf file[PACK_FILES];
	struct pack_made made;
};

struct taking {
	int fd;
	struct parts *parts;
	int next;
};

static enum rc take(void *arg, const struct tar_member *member, struct extent where, struct why *why)
{
	struct taking *t = arg;
	struct buf *out = &t->parts->file[t->next];

	(void)why;
	assert_string_equal(member->name, pack_name((enum pack_file)t->next));
	buf_init(out, 1 << 20);
	assert_int_equal(tarfile_read(t->fd, buf_room(out, where.size + 1), where.size, where.off), RC_OK);
	buf_added(out, where.size);
	t->next++;
	return RC_OK;
}

static void gather(struct parts *parts)
{
	const struct pack_place here = place();
	struct taking taking = {.parts = parts};
	struct why why = {0};
	int64_t size;

	*parts = (struct parts){0};
	if (pack_make(&here, &AUDREY, begun_ns, begun_ns + 30 * MINUTE, &parts->made, &taking.fd, &size, &why) != RC_OK)
		fail_msg("%s", why.text);
	assert_int_equal(tarfile_walk(taking.fd, (uint64_t)size, take, &taking, &why), RC_OK);
	assert_int_equal(taking.next, PACK_AGENTS);
	close(taking.fd);
	for (int i = PACK_AGENTS; i < PACK_FILES; i++)
		buf_init(&parts->file[i], 1 << 20);
	buf_puts(&parts->file[PACK_RESULTS],
		 "{\"session\":\"01KB0000000000000000000002\",\"part\":1,\"result\":\"verified\","
		 "\"sums\":\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}\n"
		 "{\"session\":\"01KB0000000000000000000003\",\"part\":1,\"result\":\"missing\"}\n");
}

static void seal(struct parts *parts)
{
	unsigned char theirs[PACK_SUMMED - PACK_AGENTS][SHA256_LEN];
	const struct pack_place here = place();
	struct why why = {0};

	for (int i = PACK_AGENTS; i < PACK_SUMMED; i++)
		sha256(parts->file[i].data ? parts->file[i].data : "", parts->file[i].len, theirs[i - PACK_AGENTS]);
	assert_int_equal(pack_seal(&here, &AUDREY, &parts->made, theirs, &parts->file[PACK_SUMS], &parts->file[PACK_SIG], &why), RC_OK);
}

static void join_with(const struct parts *parts, const struct buf *inside)
{
	int fd;

	snprintf(pack_path, sizeof pack_path, "%s/pack.tar", site.dir);
	fd = open(pack_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	for (int i = 0; i < PACK_FILES; i++) {
		if (i == PACK_AGENTS && inside)
			assert_int_equal(tarfile_add(fd, "01KB0000000000000000000002.1.tar", 1, buf_slice(inside)), RC_OK);
		assert_int_equal(tarfile_add(fd, pack_name((enum pack_file)i), 1, parts->file[i].data ? buf_slice(&parts->file[i]) : SLICE("")), RC_OK);
	}
	assert_int_equal(tarfile_end(fd), RC_OK);
	close(fd);
}

static void join(const struct parts *parts)
{
	join_with(parts, NULL);
}

static void drop(struct parts *parts)
{
	for (int i = 0; i < PACK_FILES; i++)
		buf_free(&parts->file[i]);
}

static char told[8192];

static void on_check(void *arg, const struct bundle_check *check)
{
	static const char *const words[] = {[BUNDLE_HOLDS] = "ok", [BUNDLE_FAILS] = "FAILED", [BUNDLE_SKIPPED] = "skipped"};
	size_t n = strlen(told);

	(void)arg;
	snprintf(told + n, sizeof told - n, "%s %s %s\n", words[check->result], check->name, check->text);
}

static enum rc verdict(struct pack_figures *figures)
{
	const struct bundle_trust trust = {.signers = signers, .ledger_key = ledger_facts(site.ledger)->vkey};
	struct pack *pack = NULL;
	struct why why = {0};
	enum rc rc = pack_open(pack_path, true, &pack, &why);

	told[0] = '\0';
	if (rc == RC_OK)
		rc = pack_verify(pack, &trust, figures, on_check, NULL, &why);
	else
		snprintf(told, sizeof told, "%s", why.text);
	pack_free(pack);
	return rc;
}

static void test_a_pack_tells_of_its_period_and_verifies(void **state)
{
	struct pack_figures f;
	struct parts parts;

	(void)state;
	gather(&parts);
	seal(&parts);
	join(&parts);
	assert_true(pack_looks_like(pack_path));
	if (verdict(&f) != RC_OK)
		fail_msg("%s", told);
	assert_int_equal(f.sessions, 2);
	assert_int_equal(f.people, 1);
	assert_int_equal(f.emergencies, 1);
	assert_int_equal(f.emergencies_unreviewed, 1);
	assert_int_equal(f.approvals, 1);
	assert_int_equal(f.denials, 1);
	assert_int_equal(f.policies, 1);
	assert_int_equal(f.verified, 1);
	assert_int_equal(f.missing, 1);
	assert_null(strstr(told, "FAILED"));
	assert_null(strstr(parts.file[PACK_SESSIONS].data, "0000000001\""));            /* before and after the period */
	assert_null(strstr(parts.file[PACK_SESSIONS].data, "0000000004\""));
	assert_null(strstr(parts.file[PACK_APPROVALS].data, "all patients"));           /* neither the request nor what matched */
	assert_non_null(strstr(parts.file[PACK_APPROVALS].data, "\"OLD0-0001\",\"state\":\"denied\",\"from_the_ledger\":true"));
	drop(&parts);
}

static void change(struct buf *file, const char *from, const char *to)
{
	char *place_of = strstr(file->data, from), *rest;
	struct buf changed;

	assert_non_null(place_of);
	buf_init(&changed, 1 << 20);
	rest = place_of + strlen(from);
	buf_add(&changed, file->data, (size_t)(place_of - file->data));
	buf_puts(&changed, to);
	buf_add(&changed, rest, file->len - (size_t)(rest - file->data));
	buf_clear(file);
	buf_add_slice(file, buf_slice(&changed));
	buf_free(&changed);
}

/* Who has the agent's signature under something else may still be found out by the ledger. */
static void test_whatever_is_changed_or_left_out_is_found(void **state)
{
	static const struct {
		enum pack_file file;
		const char *from, *to, *found;
	} cases[] = {
		{PACK_SESSIONS, "01KB0000000000000000000002", "01KB0000000000000000000009", "the ledger tells of the opening of session"},
		{PACK_SESSIONS, "\"emergency\":true", "\"emergency\":false", "which sessions.jsonl does not call one"},
		{PACK_SESSIONS, "{\"id\"", "[\"id\"", "no JSON object"},
		{PACK_APPROVALS, "bob@example.org", "eve@example.org", "the ledger tells of hold"},
		{PACK_APPROVALS, "OLD0-0001", "OLD0-0002", "the ledger tells of hold"},
		{PACK_EMERGENCIES, "01KB0000000000000000000003", "01KB0000000000000000000002", "emergencies.jsonl"},
		{PACK_CHANGES, "phigate-policy-v1", "phigate-config-v1", "the ledger tells of leaf"},
		{PACK_LEAVES, "bob@example.org", "eve@example.org", "FAILED ledger"},
		{PACK_LEAVES, "\"index\":", "\"index\":1", "FAILED ledger"},
		{PACK_LEAVES, "\\nOLD0-0001\\n", "\\n\\n", "is not what an agent writes"},
		{PACK_LEDGER, "\"from\":", "\"from\":1", "FAILED ledger"},
		{PACK_LEDGER, "\"edge\":[", "\"edge\":[\"00\",", "FAILED ledger"},
		{PACK_LEDGER, "\"onward\":[\"", "\"onward\":[\"0", "FAILED ledger"},
		{PACK_CHECKPOINT, "phigate/gpu-1\n", "phigate/gpu-2\n", "FAILED ledger"},
		{PACK_RESULTS, "0000000002", "0000000008", "which is not in the list"},
		{PACK_RESULTS, "\"part\":1", "\"part\":2", "nothing is said of session"},
		{PACK_RESULTS, "e3b0", "e3b1", "is not the one that the ledger knows"},
		{PACK_ABOUT, "\"from\":\"2", "\"from\":\"3", "names no period"},
		{PACK_ABOUT, "\"name\":\"gpu-1\"", "\"name\":\"gpu-2\"", "FAILED signature"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		unsigned char all[PACK_SUMMED][SHA256_LEN];
		struct parts parts;

		gather(&parts);
		seal(&parts);
		change(&parts.file[cases[i].file], cases[i].from, cases[i].to);
		buf_clear(&parts.file[PACK_SUMS]);
		for (int k = 0; k < PACK_SUMMED; k++)
			sha256(parts.file[k].data ? parts.file[k].data : "", parts.file[k].len, all[k]);
		assert_int_equal(pack_sums(all, &parts.file[PACK_SUMS]), RC_OK);
		join(&parts);
		assert_int_not_equal(verdict(NULL), RC_OK);
		if (!strstr(told, cases[i].found) || !strstr(told, "FAILED signature"))
			fail_msg("case %zu: %s", i, told);
		drop(&parts);
	}
}

/* What a bundle begins with. The ledger's leaf names the sum of no bytes. */
static void make_inside(const char *sums, struct slice note, struct buf *out)
{
	struct tlog_proof proof = {.index = 1, .checkpoint = note};
	struct buf text;
	char path[128];
	int fd;

	buf_init(&text, TLOG_PROOF_MAX);
	buf_init(out, 1 << 20);
	assert_int_equal(tlog_proof_write(&proof, &text), RC_OK);
	snprintf(path, sizeof path, "%s/inside.tar", site.dir);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(tarfile_add(fd, "SHA256SUMS", 1, slice_str(sums)), RC_OK);
	assert_int_equal(tarfile_add(fd, "SHA256SUMS.sig", 1, SLICE("signature\n")), RC_OK);
	assert_int_equal(tarfile_add(fd, "session.tlog-proof", 1, buf_slice(&text)), RC_OK);
	assert_int_equal(tarfile_end(fd), RC_OK);
	close(fd);
	assert_int_equal(file_read(path, out, NULL), RC_OK);
	buf_free(&text);
}

/* The note as the key would sign it for a ledger of that size. root NULL: as the ledger is now. */
static void make_note(const char *state_dir, uint64_t size, const struct tlog_hash *root, struct buf *note)
{
	struct tlog_checkpoint checkpoint;
	struct buf text;
	char path[160];
	EVP_PKEY *key;

	buf_init(note, TLOG_CHECKPOINT_MAX);
	assert_int_equal(ledger_checkpoint(site.ledger, note), RC_OK);
	if (!root)
		return;
	assert_int_equal(tlog_checkpoint_parse(buf_slice(note), &checkpoint, NULL), RC_OK);
	buf_clear(note);
	checkpoint.root = *root;
	checkpoint.size = size ? size : checkpoint.size;
	snprintf(path, sizeof path, "%s/keys/ledger_ed25519", state_dir);
	buf_init(&text, 8192);
	assert_int_equal(file_read(path, &text, NULL), RC_OK);
	assert_int_equal(sshkey_read_private(buf_slice(&text), &key, NULL), RC_OK);
	buf_free(&text);
	assert_int_equal(tlog_checkpoint_sign(&checkpoint, key, note), RC_OK);
	EVP_PKEY_free(key);
}

/* The agent's key says one thing in a bundle and another in the pack: sessions were left out of one of them. */
static void test_a_bundle_inside_is_of_the_same_ledger(void **state)
{
	const struct tlog_hash other = {{1}};
	const struct {
		const char *sums;
		uint64_t size;                   /* of the ledger that its proof leads to; 0: all of it */
		const struct tlog_hash *root;
		bool another_key, changed;
		const char *found;               /* NULL: nothing */
	} rows[] = {
		{"", 0, NULL, false, false, NULL},
		{"", 0, NULL, false, true, "the bundle in the pack is not the one that was looked at"},
		{"x", 0, NULL, false, false, "the bundle in the pack is not the one that the ledger knows"},
		{"", 0, &other, false, false, "leads to another ledger than the pack's"},
		{"", 9, &other, false, false, "leads to another ledger than the pack's: with 9 leaves"},
		{"", 0, &other, true, false, "the proof of session 01KB0000000000000000000002, part 1: "},
	};
	char elsewhere[96];

	(void)state;
	snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", site.dir);
	assert_int_equal(sh("mkdir -p elsewhere/keys"), 0);
	assert_int_equal(key_make(elsewhere, KEY_LEDGER, "gpu-1", NULL), RC_OK);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf note, inside;
		char hex[SHA256_HEX], row[128];
		struct parts parts;

		make_note(rows[i].another_key ? elsewhere : site.dir, rows[i].size, rows[i].root, &note);
		make_inside(rows[i].sums, buf_slice(&note), &inside);
		sha256_hex(inside.data, inside.len, hex);
		gather(&parts);
		snprintf(row, sizeof row, "\"sha256\":\"%s\",\"part\":1", hex);
		change(&parts.file[PACK_RESULTS], "\"part\":1", row);
		seal(&parts);
		if (rows[i].changed)
			*(char *)memmem(inside.data, inside.len, "signature", 9) = 'S';
		join_with(&parts, &inside);
		verdict(NULL);
		if (rows[i].found ? !strstr(told, rows[i].found) : !strstr(told, "; 1 are inside, and 1 of them lead to a state of this ledger"))
			fail_msg("row %zu: %s", i, told);
		assert_true(!rows[i].found == !strstr(told, "FAILED"));
		buf_free(&note);
		buf_free(&inside);
		drop(&parts);
	}
}

/* A session is in the ledger, and the store has been made to forget it. */
static void test_what_the_store_has_lost_the_ledger_tells(void **state)
{
	struct parts parts;

	(void)state;
	sql("DELETE FROM sessions WHERE id = '01KB0000000000000000000002'");
	gather(&parts);
	seal(&parts);
	join(&parts);
	assert_int_equal(verdict(NULL), RC_BAD);
	assert_non_null(strstr(told, "the ledger tells of the opening of session 01KB0000000000000000000002"));
	drop(&parts);
}

static void test_a_session_that_the_ledger_does_not_know_is_told(void **state)
{
	struct parts parts;

	(void)state;
	sqlf("INSERT INTO sessions (id, issuer, subject, user, connection, address, state, opened_ns) VALUES ('01KB0000000000000000000007', 'i', 's', 'a', 'c',"
	     " 'x', 'open', %lld)", (long long)(begun_ns + MINUTE));
	gather(&parts);
	seal(&parts);
	join(&parts);
	assert_int_equal(verdict(NULL), RC_BAD);
	assert_non_null(strstr(told, "the ledger does not know of its opening"));
	drop(&parts);
}

/* The agent signs what it wrote, and nothing before it has written something. */
static void test_the_agent_signs_only_over_its_own_files(void **state)
{
	unsigned char theirs[PACK_SUMMED - PACK_AGENTS][SHA256_LEN] = {{0}};
	const struct pack_place here = place();
	struct pack_made nothing = {0};
	struct buf sums, sig, pk;
	struct parts parts;
	struct why why = {0};

	(void)state;
	buf_init(&sums, 16384);
	buf_init(&sig, 4096);
	buf_init(&pk, 1024);
	assert_int_equal(pack_seal(&here, &AUDREY, &nothing, theirs, &sums, &sig, &why), RC_CONFLICT);
	assert_int_equal(sig.len, 0);
	gather(&parts);
	assert_int_equal(pack_seal(&here, &AUDREY, &parts.made, theirs, &sums, &sig, &why), RC_OK);
	assert_non_null(strstr(sums.data, "  sessions.jsonl\n"));
	assert_int_equal(sshsig_verify(buf_slice(&sig), BUNDLE_NAMESPACE, buf_slice(&sums), &pk, &why), RC_DENIED);
	assert_int_equal(sshsig_verify(buf_slice(&sig), PACK_NAMESPACE, buf_slice(&sums), &pk, &why), RC_OK);
	buf_free(&sums);
	buf_free(&sig);
	buf_free(&pk);
	drop(&parts);
}

static void test_a_period_ends_after_it_begins(void **state)
{
	const struct pack_place here = place();
	struct pack_made made;
	struct why why = {0};
	int64_t size;
	int fd;

	(void)state;
	assert_int_equal(pack_make(&here, &AUDREY, begun_ns, begun_ns, &made, &fd, &size, &why), RC_BAD);
	assert_int_equal(pack_make(&here, &AUDREY, INT64_MAX, INT64_MAX, &made, &fd, &size, &why), RC_BAD);
	assert_int_equal(pack_make(&here, &AUDREY, -1, begun_ns, &made, &fd, &size, &why), RC_BAD);
	assert_int_equal(fd, -1);
}

static void test_a_set_keeps_many_texts_apart(void **state)
{
	struct keyset set;
	char text[24];

	(void)state;
	keyset_init(&set);
	assert_null(keyset_find(&set, SLICE("none")));
	for (int i = 0; i < 5000; i++) {
		snprintf(text, sizeof text, "%d", i);
		assert_int_equal(keyset_add(&set, slice_str(text), 1u << i % 3), RC_OK);
	}
	assert_int_equal(keyset_add(&set, SLICE("7"), 8), RC_OK);
	assert_int_equal(set.n, 5000);
	for (int i = 0; i < 5000; i++) {
		snprintf(text, sizeof text, "%d", i);
		assert_int_equal(*keyset_find(&set, slice_str(text)), (1u << i % 3) | (i == 7 ? 8 : 0));
	}
	assert_null(keyset_find(&set, SLICE("5000")));
	keyset_free(&set);
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_a_pack_tells_of_its_period_and_verifies),
		T(test_whatever_is_changed_or_left_out_is_found),
		T(test_a_bundle_inside_is_of_the_same_ledger),
		T(test_what_the_store_has_lost_the_ledger_tells),
		T(test_a_session_that_the_ledger_does_not_know_is_told),
		T(test_the_agent_signs_only_over_its_own_files),
		T(test_a_period_ends_after_it_begins),
		cmocka_unit_test(test_a_set_keeps_many_texts_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
