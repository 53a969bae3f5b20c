/* A user's receipts: what an agent's ledger said once it can neither take back nor say otherwise to somebody else unseen; and bundles that are missing are
 * named. */
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
#include <unistd.h>

#include "coverage.h"
#include "encode.h"
#include "file.h"
#include "json.h"
#include "receipts.h"
#include "sshkey.h"
#include "tlog_proof.h"

#define LEAVES_MAX 64
#define S1 "01KB0000000000000000000001"
#define S2 "01KB0000000000000000000002"
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define ONES "1111111111111111111111111111111111111111111111111111111111111111"

/* ---- an agent, as its ledger is now -------------------------------------------------------------------------------------------------- */

static struct {
	EVP_PKEY *key;
	char leaves[LEAVES_MAX][400];
	uint64_t n;
	char vkey[320];
	bool mute;                               /* GET /v1/ledger fails */
	int asked;
	void (*meanwhile)(void);                 /* called by the next such call */
} agent;
static struct agent_entry entry;
static char dir[64], cwd[256];

static struct tlog_hash root_of(uint64_t low, uint64_t high)
{
	struct tlog_hash left, right;
	uint64_t k = 1;

	if (high - low == 1) {
		tlog_leaf(slice_str(agent.leaves[low]), &left);
		return left;
	}
	while (2 * k < high - low)
		k *= 2;
	left = root_of(low, low + k);
	right = root_of(low + k, high);
	tlog_node(&left, &right, &left);
	return left;
}

static enum rc read_tree(void *arg, unsigned level, uint64_t index, struct tlog_hash *out)
{
	(void)arg;
	*out = root_of(index << level, (index + 1) << level);
	return RC_OK;
}

/* In place of the one that talks with an agent. */
enum rc control_call(struct control *c, const char *method, const char *path, const char *body, cJSON **out, struct why *why)
{
	unsigned long long from, to;
	struct tlog_path proof;
	struct buf text;

	(void)c, (void)body;
	agent.asked++;
	assert_string_equal(method, "GET");
	assert_int_equal(sscanf(path, "/v1/ledger?from=%llu&to=%llu", &from, &to), 2);
	if (agent.meanwhile) {
		void (*fn)(void) = agent.meanwhile;

		agent.meanwhile = NULL;
		fn();
	}
	if (agent.mute)
		return why_set(why, RC_UNREACHABLE, "it does not answer");
	if (to > agent.n || tlog_prove_consistency(read_tree, NULL, from, to, &proof) != RC_OK)
		return why_set(why, RC_NOT_FOUND, "the ledger has not been that long");
	buf_init(&text, 65536);
	buf_puts(&text, "{\"consistency\":[");
	for (size_t i = 0; i < proof.n; i++) {
		buf_puts(&text, i ? ",\"" : "\"");
		base64_encode(proof.hash[i].b, SHA256_LEN, &text);
		buf_puts(&text, "\"");
	}
	buf_puts(&text, "]}");
	*out = json_parse(buf_slice(&text));
	buf_free(&text);
	return RC_OK;
}

static void new_key(void)
{
	struct tlog_vkey vkey;
	struct buf text;

	EVP_PKEY_free(agent.key);
	buf_init(&text, 512);
	assert_int_equal(sshkey_generate_ed25519(&agent.key), RC_OK);
	assert_int_equal(tlog_vkey_make("phigate/gpu-1", agent.key, &vkey), RC_OK);
	assert_int_equal(tlog_vkey_text(&vkey, &text), RC_OK);
	snprintf(agent.vkey, sizeof agent.vkey, "%s", text.data);
	buf_free(&text);
}

/* One more leaf; returns its place. */
static uint64_t put(const char *leaf)
{
	snprintf(agent.leaves[agent.n], sizeof agent.leaves[0], "%s", leaf);
	return agent.n++;
}

/* The answer to a call, with a receipt for the leaf under the tree of so many leaves. */
static cJSON *answer(uint64_t index, uint64_t size)
{
	struct tlog_checkpoint checkpoint = {.origin = "phigate/gpu-1", .size = size, .root = root_of(0, size)};
	struct tlog_proof proof = {.index = index};
	struct buf note, text;
	cJSON *tree = cJSON_CreateObject(), *receipt = cJSON_AddObjectToObject(tree, "receipt");

	buf_init(&note, 8192);
	buf_init(&text, 65536);
	assert_int_equal(tlog_checkpoint_sign(&checkpoint, agent.key, &note), RC_OK);
	assert_int_equal(tlog_prove_inclusion(read_tree, NULL, index, size, &proof.path), RC_OK);
	proof.checkpoint = buf_slice(&note);
	assert_int_equal(tlog_proof_write(&proof, &text), RC_OK);
	cJSON_AddStringToObject(receipt, "leaf", agent.leaves[index]);
	cJSON_AddStringToObject(receipt, "proof", text.data);
	cJSON_AddStringToObject(receipt, "vkey", agent.vkey);
	buf_free(&note);
	buf_free(&text);
	return tree;
}

static enum rc take_at(uint64_t index, uint64_t size, const char *session, enum receipt_of what, struct why *why)
{
	cJSON *tree = answer(index, size);
	enum rc rc = receipts_take(NULL, &entry, tree, session, what, why);

	cJSON_Delete(tree);
	return rc;
}

static enum rc open_session(const char *session, struct why *why)
{
	char leaf[300];
	uint64_t at;

	snprintf(leaf, sizeof leaf, "phigate-open-v1\n%s\n1\n" ZEROS "\n2026-01-01T00:00:00.000000Z\n", session);
	at = put(leaf);
	return take_at(at, agent.n, session, RECEIPT_OPEN, why);
}

static enum rc close_session(const char *session, int part, struct why *why)
{
	char leaf[300];
	uint64_t at;

	snprintf(leaf, sizeof leaf, "phigate-close-v1\n%s\n%d\n" ONES "\n" ZEROS "\n12\n", session, part);
	at = put(leaf);
	return take_at(at, agent.n, session, RECEIPT_CLOSE, why);
}

static int set_up(void **state)
{
	(void)state;
	memset(&agent, 0, sizeof agent);
	new_key();
	entry = (struct agent_entry){.name = (char *)"gpu-1"};
	strcpy(dir, "/tmp/phigate-receipts-XXXXXX");
	assert_non_null(mkdtemp(dir));
	setenv("XDG_STATE_HOME", dir, 1);
	assert_non_null(getcwd(cwd, sizeof cwd));
	return 0;
}

static int tear_down(void **state)
{
	char command[96];

	(void)state;
	EVP_PKEY_free(agent.key);
	agent.key = NULL;
	text_list_free(&entry.ledger_keys);
	snprintf(command, sizeof command, "rm -rf %s", dir);
	return system(command);
}

static const char *path_of(const char *name)
{
	static char path[160];

	snprintf(path, sizeof path, "%s/phigate/receipts/%s", dir, name);
	return path;
}

static int lines_of(const char *name)
{
	struct buf text;
	int n = 0;

	buf_init(&text, 16 << 20);
	if (file_read(path_of(name), &text, NULL) != RC_OK)
		return -1;
	for (size_t i = 0; i < text.len; i++)
		n += text.data[i] == '\n';
	buf_free(&text);
	return n;
}

/* Leaves the size that is kept. */
static uint64_t kept_size(void)
{
	struct tlog_checkpoint checkpoint;
	struct buf text;
	cJSON *tree;

	buf_init(&text, 65536);
	assert_int_equal(file_read(path_of("gpu-1.json"), &text, NULL), RC_OK);
	tree = json_parse(buf_slice(&text));
	assert_int_equal(tlog_checkpoint_parse(slice_str(json_text(tree, "checkpoint")), &checkpoint, NULL), RC_OK);
	cJSON_Delete(tree);
	buf_free(&text);
	return checkpoint.size;
}

/* ---- what is kept ---------------------------------------------------------------------------------------------------------------------- */

static void test_a_ledger_that_grows_is_followed_and_receipts_are_kept(void **state)
{
	struct why why = {0};

	(void)state;
	put("phigate-start-v1\n");
	assert_int_equal(open_session(S1, &why), RC_OK);
	assert_int_equal(kept_size(), 2);
	assert_int_equal(agent.asked, 0);
	for (int i = 0; i < 9; i++)
		put("phigate-list-v1\n");
	assert_int_equal(take_at(1, agent.n, S1, RECEIPT_RENEW, &why), RC_OK);
	assert_int_equal(kept_size(), 11);
	assert_int_equal(agent.asked, 1);
	assert_int_equal(lines_of("receipts.jsonl"), 1);
	assert_int_equal(close_session(S1, 1, &why), RC_OK);
	assert_int_equal(lines_of("receipts.jsonl"), 2);
	assert_int_equal(open_session(S2, &why), RC_OK);
	assert_int_equal(lines_of("receipts.jsonl"), 3);
	assert_int_equal(kept_size(), 13);
	assert_int_equal(take_at(1, agent.n, S1, RECEIPT_RENEW, &why), RC_OK);           /* the same state again */
	assert_int_equal(access(path_of("gpu-1.conflict.json"), F_OK), -1);
}

static void contradicts(enum rc rc, const struct why *why, const char *text)
{
	if (rc != RC_CONFLICT || !strstr(why->text, text))
		fail_msg("%s: %s", rc_name(rc), why->text);
}

static void test_a_ledger_that_is_another_or_has_gone_back_is_found_out(void **state)
{
	struct why why = {0};
	struct buf text;

	(void)state;
	put("phigate-start-v1\n");
	assert_int_equal(open_session(S1, &why), RC_OK);
	for (int i = 0; i < 5; i++)
		put("phigate-list-v1\n");
	assert_int_equal(take_at(1, agent.n, S1, RECEIPT_RENEW, &why), RC_OK);
	/* back, as after a restore */
	agent.n = 4;
	contradicts(take_at(1, 4, S1, RECEIPT_RENEW, &why), &why, "the ledger of gpu-1 has gone back, or is another one than before");
	buf_init(&text, 65536);
	assert_int_equal(file_read(path_of("gpu-1.conflict.json"), &text, NULL), RC_OK);
	assert_non_null(strstr(text.data, "\"kept\":\"phigate/gpu-1\\n7\\n"));
	assert_non_null(strstr(text.data, "\"told\":\"phigate/gpu-1\\n4\\n"));
	buf_free(&text);
	/* the same size with another leaf; larger, without what was */
	for (int i = 0; i < 3; i++)
		put("phigate-stop-v1\n");
	contradicts(take_at(1, 7, S1, RECEIPT_RENEW, &why), &why, "is another one than before");
	contradicts(open_session(S2, &why), &why, "is another one than before");
	assert_int_equal(kept_size(), 7);
	assert_int_equal(lines_of("receipts.jsonl"), 1);
}

static void test_what_does_not_hold_is_refused(void **state)
{
	struct why why = {0};
	cJSON *tree;

	(void)state;
	put("phigate-start-v1\n");
	assert_int_equal(open_session(S1, &why), RC_OK);
	contradicts(take_at(1, 2, S2, RECEIPT_OPEN, &why), &why, "does not hold: it is of something else");
	contradicts(take_at(1, 2, S1, RECEIPT_CLOSE, &why), &why, "does not hold: it is of something else");
	tree = answer(1, 2);
	cJSON_ReplaceItemInObjectCaseSensitive(cJSON_GetObjectItemCaseSensitive(tree, "receipt"), "leaf",
					       cJSON_CreateString("phigate-open-v1\n" S1 "\n1\n" ONES "\n2026-01-01T00:00:00.000000Z\n"));
	contradicts(receipts_take(NULL, &entry, tree, S1, RECEIPT_OPEN, &why), &why, "does not hold");
	cJSON_Delete(tree);
	tree = json_parse(SLICE("{\"id\":\"x\"}"));
	contradicts(receipts_take(NULL, &entry, tree, S1, RECEIPT_RENEW, &why), &why, "gives no receipt from its ledger, as it did before");
	cJSON_Delete(tree);
	agent.mute = true;                       /* which proves nothing, so nothing is said of the ledger */
	assert_int_equal(open_session(S2, &why), RC_UNREACHABLE);
	agent.mute = false;
	assert_int_equal(kept_size(), 2);
	new_key();
	contradicts(open_session(S2, &why), &why, "is signed by another key than before");
}

static void test_keys_of_client_yaml_go_before_the_one_that_was_seen_first(void **state)
{
	struct why why = {0};
	char old[320];
	cJSON *tree;

	(void)state;
	strcpy(old, agent.vkey);
	assert_int_equal(text_list_add(&entry.ledger_keys, old), RC_OK);
	tree = json_parse(SLICE("{\"id\":\"x\"}"));
	contradicts(receipts_take(NULL, &entry, tree, S1, RECEIPT_RENEW, &why), &why, "gives no receipt");
	assert_int_equal(open_session(S1, &why), RC_OK);
	new_key();
	contradicts(open_session(S2, &why), &why, "is signed by another key than client.yaml says");
	assert_int_equal(text_list_add(&entry.ledger_keys, agent.vkey), RC_OK);
	assert_int_equal(open_session(S2, &why), RC_OK);
	text_list_free(&entry.ledger_keys);
	assert_int_equal(take_at(0, agent.n, S1, RECEIPT_RENEW, &why), RC_OK);           /* the new one is what is kept */
	cJSON_Delete(tree);
}

static void test_an_agent_that_never_gave_receipts_is_taken_as_it_is(void **state)
{
	struct why why = {0};
	cJSON *tree = json_parse(SLICE("{\"id\":\"x\"}"));

	(void)state;
	assert_int_equal(receipts_take(NULL, &entry, tree, S1, RECEIPT_OPEN, &why), RC_OK);
	assert_int_equal(lines_of("receipts.jsonl"), -1);
	cJSON_Delete(tree);
}

/* ---- several commands at once -------------------------------------------------------------------------------------------------------------- */

static void another_command(void)
{
	struct why why = {0};

	assert_int_equal(open_session(S2, &why), RC_OK);
}

static void test_commands_of_one_user_do_not_disturb_each_other(void **state)
{
	struct why why = {0};

	(void)state;
	put("phigate-start-v1\n");
	assert_int_equal(open_session(S1, &why), RC_OK);
	put("phigate-list-v1\n");
	agent.meanwhile = another_command;       /* which moves what is kept on, beyond this answer */
	assert_int_equal(take_at(1, 3, S1, RECEIPT_RENEW, &why), RC_OK);
	assert_int_equal(kept_size(), 4);
	assert_int_equal(take_at(1, 2, S1, RECEIPT_RENEW, &why), RC_OK);         /* an answer that came late */
	assert_int_equal(kept_size(), 4);
}

static void test_what_is_kept_has_a_ceiling(void **state)
{
	struct why why = {0};
	struct stat st;
	int fd;

	(void)state;
	assert_int_equal(open_session(S1, &why), RC_OK);
	fd = open(path_of("receipts.jsonl"), O_WRONLY);
	assert_int_equal(ftruncate(fd, RECEIPTS_MAX_BYTES), 0);
	close(fd);
	assert_int_equal(open_session(S2, &why), RC_OK);
	assert_int_equal(lines_of("receipts.jsonl"), 1);
	assert_int_equal(stat(path_of("receipts.1.jsonl"), &st), 0);
	assert_int_equal(st.st_size, RECEIPTS_MAX_BYTES);
	assert_int_equal(stat(path_of("gpu-1.json"), &st), 0);
	assert_int_equal(st.st_mode & 077, 0);
	assert_int_equal(file_write(path_of("gpu-1.json"), SLICE("{\"vkey\":1}"), 0600, NULL), RC_OK);
	assert_int_equal(open_session(S2, &why), RC_BAD);
	assert_non_null(strstr(why.text, "gpu-1.json is damaged"));
}

/* ---- coverage ---------------------------------------------------------------------------------------------------------------------------- */

static struct bundle_marks marks;
static char session_json[1600];

const struct bundle_marks *bundle_marks(const struct bundle *b)
{
	(void)b;
	return &marks;
}

struct slice bundle_session(const struct bundle *b)
{
	(void)b;
	return slice_str(session_json);
}

static void add_bundle(struct coverage *c, const char *session, int part, int sums, int first)
{
	snprintf(session_json, sizeof session_json,
		 "{\"format\":1,\"id\":\"%s\",\"part\":%d,\"previous\":%s,\"user\":{\"id\":\"a\",\"subject\":\"s\",\"issuer\":\"i\",\"groups\":[]},"
		 "\"client\":{\"address\":\"1.2.3.4\",\"port\":1},\"reason\":null,\"connection\":\"c\",\"dialect\":{\"name\":\"openai\",\"sha256\":\"" ZEROS "\"},"
		 "\"agent\":{\"name\":\"gpu-1\"},\"opened\":\"2026-01-01T00:00:00Z\",\"closed\":\"2026-01-01T00:00:01Z\",\"end\":\"client\","
		 "\"policy\":{\"name\":\"p\",\"sha256\":\"" ZEROS "\"},\"recipients\":[],\"counts\":{\"exchanges\":1,\"records\":12,\"held\":0,\"approved\":0,"
		 "\"denied\":0,\"masked\":{}},\"head\":\"" ZEROS "\"}", session, part, part == 1 ? "null" : "\"" ZEROS "\"");
	memset(marks.sums, sums, sizeof marks.sums);
	memset(marks.first, first, sizeof marks.first);
	assert_int_equal(coverage_add(c, NULL), RC_OK);
}

static void name_it(void *arg, const struct missing *m)
{
	buf_printf(arg, "%s %s: %s\n", m->agent, m->session, m->why);
}

static void test_sessions_without_their_bundles_are_named(void **state)
{
	static const struct {
		struct {
			const char *session;
			int part, sums, first;
		} bundles[4];
		const char *said;
	} rows[] = {
		{{{S1, 1, 0x55, 0}, {S2, 1, 0x55, 0}, {S2, 2, 0x11, 0x33}}, ""},
		{{{NULL, 0, 0, 0}}, "gpu-1 " S1 ": it is not among the bundles\ngpu-1 " S2 ": it is not among the bundles\n"},
		{{{S2, 1, 0x55, 0}, {S2, 2, 0x11, 0}}, "gpu-1 " S1 ": it is not among the bundles\n"},
		{{{S1, 1, 0x55, 0x77}, {S2, 1, 0x55, 0}, {S2, 2, 0x11, 0}}, "gpu-1 " S1 ": the bundle begins otherwise than it did when it was opened\n"},
		{{{S1, 1, 0x55, 0}, {S2, 1, 0x55, 0}, {S2, 2, 0x12, 0}}, "gpu-1 " S2 ": the bundle is not as it was when it was closed\n"},
		{{{S1, 1, 0x55, 0}, {S2, 1, 0x55, 0}}, "gpu-1 " S2 ": its last part is not among the bundles\n"},
	};
	struct why why = {0};

	(void)state;
	assert_int_equal(open_session(S1, &why), RC_OK);
	assert_int_equal(open_session(S2, &why), RC_OK);
	assert_int_equal(close_session(S2, 2, &why), RC_OK);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct coverage *c;
		size_t sessions, missing;
		struct buf said;

		buf_init(&said, 4096);
		buf_puts(&said, "");
		if (coverage_read(path_of("receipts.jsonl"), NULL, &c, &why) != RC_OK)
			fail_msg("%s", why.text);
		for (size_t k = 0; k < 4 && rows[i].bundles[k].session; k++)
			add_bundle(c, rows[i].bundles[k].session, rows[i].bundles[k].part, rows[i].bundles[k].sums, rows[i].bundles[k].first);
		missing = coverage_judge(c, name_it, &said, &sessions);
		assert_int_equal(sessions, 2);
		assert_string_equal(said.data ? said.data : "", rows[i].said);
		assert_int_equal(missing > 0, *rows[i].said != '\0');
		coverage_free(c);
		buf_free(&said);
	}
}

static void test_receipts_that_do_not_hold_prove_nothing(void **state)
{
	struct coverage *c;
	struct why why = {0};
	struct buf text;
	char *at;

	(void)state;
	assert_int_equal(open_session(S1, &why), RC_OK);
	assert_int_equal(coverage_read(path_of("receipts.jsonl"), agent.vkey, &c, &why), RC_OK);
	coverage_free(c);
	buf_init(&text, 65536);
	assert_int_equal(file_read(path_of("receipts.jsonl"), &text, NULL), RC_OK);
	at = strstr(text.data, ZEROS);
	*at = '1';
	assert_int_equal(file_write(path_of("forged"), buf_slice(&text), 0600, NULL), RC_OK);
	assert_int_equal(coverage_read(path_of("forged"), NULL, &c, &why), RC_BAD);
	assert_non_null(strstr(why.text, "forged: line 1: it is not in ledger phigate/gpu-1"));
	coverage_free(c);
	new_key();
	assert_int_equal(coverage_read(path_of("receipts.jsonl"), agent.vkey, &c, &why), RC_BAD);
	assert_non_null(strstr(why.text, "signed by another key"));
	coverage_free(c);
	assert_int_equal(file_write(path_of("forged"), SLICE("{}\n"), 0600, NULL), RC_OK);
	assert_int_equal(coverage_read(path_of("forged"), NULL, &c, &why), RC_BAD);
	assert_non_null(strstr(why.text, "line 1: is no receipt"));
	coverage_free(c);
	assert_int_equal(file_write(path_of("forged"), SLICE(""), 0600, NULL), RC_OK);
	assert_int_equal(coverage_read(path_of("forged"), NULL, &c, &why), RC_BAD);
	assert_non_null(strstr(why.text, "there is no receipt"));
	coverage_free(c);
	assert_int_equal(coverage_read(path_of("nothing"), NULL, &c, &why), RC_NOT_FOUND);
	coverage_free(c);
	buf_free(&text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_ledger_that_grows_is_followed_and_receipts_are_kept),
		TEST(a_ledger_that_is_another_or_has_gone_back_is_found_out),
		TEST(what_does_not_hold_is_refused),
		TEST(keys_of_client_yaml_go_before_the_one_that_was_seen_first),
		TEST(an_agent_that_never_gave_receipts_is_taken_as_it_is),
		TEST(commands_of_one_user_do_not_disturb_each_other),
		TEST(what_is_kept_has_a_ceiling),
		TEST(sessions_without_their_bundles_are_named),
		TEST(receipts_that_do_not_hold_prove_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
