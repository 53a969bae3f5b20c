/* Reviews: who may make them, what they are bound to, and that each is signed. The recordings are real. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/stat.h>

#include "recordings.h"
#include "review.h"
#include "sshsig.h"
#include "store.h"
#include "tar.h"

static const struct person audrey = {.issuer = "https://idp", .subject = "au", .user = "audrey@example.org", .auditor = true};
static const struct person alice_auditor = {.issuer = "https://idp", .subject = "al", .user = "alice@example.org", .auditor = true};
static const struct person al_elsewhere = {.issuer = "https://other", .subject = "al", .user = "al@example.com", .auditor = true};
static const struct person admin = {.issuer = "https://idp", .subject = "ad", .user = "adam@example.org", .admin = true};

static struct store *store;
static struct config config = {.name = (char *)"gpu-1"};
static struct review_place place;

static void put_row(const char *id, const char *state, bool emergency)
{
	sqlite3 *db = store_begin(store);

	assert_non_null(db);
	assert_int_equal(store_do(db, NULL,
				  "INSERT INTO sessions (id, issuer, subject, user, connection, address, state, opened_ns, ended, emergency)"
				  " VALUES (?, 'https://idp', 'al', 'alice@example.org', 'gone', 'a:1', ?, 1767225600000000000, 'client', ?)",
				  "tti", id, state, (int64_t)emergency), RC_OK);
	store_end(store);
}

static int begin(void **state)
{
	struct recording *r;
	char path[128];

	setup(state);
	site_open(true);
	exchange(r = session(SESSION), 1);
	assert_int_equal(recording_close(r, "client"), RC_OK);
	snprintf(path, sizeof path, "%s/store.sqlite", site.dir);
	assert_int_equal(store_open(path, &store, NULL), RC_OK);
	place = (struct review_place){.config = &config, .store = store, .spool = site.spool};
	put_row(SESSION, "closed", true);
	put_row(OTHER, "open", false);
	return 0;
}

static int end(void **state)
{
	store_close(store);
	return teardown(state);
}

static enum rc review(const struct person *person, const char *id, const char *finding, struct why *why)
{
	const struct review_ask ask = {
		.person = person, .key_id = "SHA256:k", .address = "203.0.113.9:1", .session = id, .finding = finding,
	};
	struct buf out;
	enum rc rc;

	buf_init(&out, 4096);
	rc = review_add(&place, &ask, &out, why);
	buf_free(&out);
	return rc;
}

/* The list as the API gives it; the caller deletes. */
static cJSON *listed(const char *id)
{
	struct buf out;
	cJSON *tree;

	buf_init(&out, 1 << 20);
	assert_int_equal(reviews_list(store, id, &out, NULL), RC_OK);
	tree = json_parse(buf_slice(&out));
	assert_non_null(tree);
	buf_free(&out);
	return tree;
}

static void only_another_auditor_reviews_and_only_what_has_ended(void **state)
{
	static char long_text[REVIEW_FINDING_MAX + 2];
	struct why why = {0};
	cJSON *list;

	(void)state;
	memset(long_text, 'x', sizeof long_text - 1);
	assert_int_equal(review(&admin, SESSION, "fine", &why), RC_DENIED);
	assert_non_null(strstr(why.text, "auditor"));
	assert_int_equal(review(&admin, "01KB0000000000000000000099", "fine", &why), RC_DENIED);     /* and is not told what there is */
	assert_int_equal(review(&alice_auditor, SESSION, "fine", &why), RC_DENIED);
	assert_non_null(strstr(why.text, "own session"));
	assert_int_equal(review(&audrey, OTHER, "fine", &why), RC_CONFLICT);
	assert_non_null(strstr(why.text, "still open"));
	assert_int_equal(review(&audrey, "01KB0000000000000000000099", "fine", &why), RC_NOT_FOUND);
	assert_int_equal(review(&audrey, SESSION, NULL, &why), RC_BAD);
	assert_int_equal(review(&audrey, SESSION, " \n\t", &why), RC_BAD);
	assert_int_equal(review(&audrey, SESSION, long_text, &why), RC_BAD);
	assert_int_equal(review(&audrey, SESSION, "\xff", &why), RC_BAD);
	list = listed(SESSION);
	assert_int_equal(cJSON_GetArraySize(list), 0);
	cJSON_Delete(list);
	long_text[REVIEW_FINDING_MAX] = '\0';            /* as long as may be, by somebody else who has that name elsewhere */
	assert_int_equal(review(&al_elsewhere, SESSION, long_text, &why), RC_OK);
}

/* The connection's auditors are others: what the agent's auditor may not see is not there, in the words for what is not. */
static void an_auditor_reviews_what_they_may_see(void **state)
{
	static char *wards[] = {"ward"};
	struct connection gone = {.name = (char *)"gone", .auditor_groups = {wards, 1}};
	const struct person wanda = {.issuer = "https://idp", .subject = "w", .user = "wanda@example.org", .groups = {wards, 1}};
	struct why unseen = {0}, none = {0};

	(void)state;
	config.connections = &gone;
	config.n_connections = 1;
	assert_int_equal(review(&audrey, SESSION, "fine", &unseen), RC_NOT_FOUND);
	assert_int_equal(review(&audrey, OTHER, "fine", &none), RC_NOT_FOUND);   /* an open one is no conflict to them */
	assert_int_equal(strcspn(unseen.text, "0"), strcspn(none.text, "0"));
	assert_string_equal(strstr(unseen.text, SESSION) + strlen(SESSION), strstr(none.text, OTHER) + strlen(OTHER));
	assert_int_equal(review(&wanda, OTHER, "fine", &none), RC_CONFLICT);   /* she is told */
	assert_int_equal(review(&admin, SESSION, "fine", &none), RC_DENIED);
	config.connections = NULL;
	config.n_connections = 0;
	assert_int_equal(review(&wanda, SESSION, "fine", &none), RC_DENIED);
}

static void a_review_is_a_signed_record_of_this_bundle(void **state)
{
	char hex[SHA256_HEX];
	cJSON *list, *record;
	struct buf sums, blob;
	const char *text;

	(void)state;
	assert_int_equal(review(&audrey, SESSION, "Justified: SSN 536-22-8741 was in arrest.", NULL), RC_OK);
	list = listed(SESSION);
	assert_int_equal(cJSON_GetArraySize(list), 1);
	text = json_text(list->child, "record");
	buf_init(&blob, 4096);
	assert_int_equal(sshsig_verify(slice_str(json_text(list->child, "signature")), REVIEW_NAMESPACE, slice_str(text), &blob, NULL), RC_OK);
	buf_clear(&blob);
	assert_int_equal(sshsig_verify(slice_str(json_text(list->child, "signature")), BUNDLE_NAMESPACE, slice_str(text), &blob, NULL),
			 RC_DENIED);                     /* it cannot pass for a bundle's */
	buf_free(&blob);
	assert_int_equal(text[strlen(text) - 1], '\n');
	assert_null(memchr(text, '\n', strlen(text) - 1));
	record = json_parse(slice_str(text));
	assert_string_equal(json_text(record, "agent"), "gpu-1");
	assert_string_equal(json_text(record, "session"), SESSION);
	assert_true(json_true(record, "emergency"));
	assert_string_equal(json_text(record, "user"), "alice@example.org");
	assert_string_equal(json_text(record, "opened_at"), "2026-01-01T00:00:00.000000Z");
	assert_string_equal(json_text(json_object(record, "reviewer"), "id"), "audrey@example.org");
	assert_string_equal(json_text(json_object(record, "reviewer"), "address"), "203.0.113.9:1");
	assert_null(strstr(json_text(record, "finding"), "536-22-8741"));        /* as everything that people write */
	assert_non_null(strstr(json_text(record, "finding"), "Justified"));
	assert_int_equal(sh("rm -rf x && mkdir x && cd x && tar -xf ../bundles/" SESSION "/1.tar"), 0);
	read_path(&sums, "x/SHA256SUMS");
	sha256_hex(sums.data, sums.len, hex);
	assert_string_equal(json_text(json_array(record, "parts")->child, "sums"), hex);
	buf_free(&sums);
	cJSON_Delete(record);
	cJSON_Delete(list);
}

static void reviews_follow_one_another(void **state)
{
	char hex[SHA256_HEX];
	cJSON *list, *first, *second;
	const char *text;
	sqlite3 *db;

	(void)state;
	assert_int_equal(review(&audrey, SESSION, "to be asked about", NULL), RC_OK);
	assert_int_equal(sh("rm bundles/" SESSION "/1.tar"), 0);         /* archived elsewhere: the review says that it did not see it */
	db = store_begin(store);
	assert_non_null(db);
	assert_int_equal(store_do(db, NULL, "UPDATE sessions SET parts = 2 WHERE id = ?", "t", SESSION), RC_OK);
	store_end(store);
	assert_int_equal(review(&audrey, SESSION, "answered", NULL), RC_OK);
	list = listed(SESSION);
	assert_int_equal(cJSON_GetArraySize(list), 2);
	text = json_text(list->child, "record");
	sha256_hex(text, strlen(text), hex);
	first = json_parse(slice_str(text));
	second = json_parse(slice_str(json_text(list->child->next, "record")));
	assert_true(cJSON_IsNull(cJSON_GetObjectItem(first, "previous")));
	assert_string_equal(json_text(second, "previous"), hex);
	assert_int_equal(cJSON_GetArraySize(json_array(second, "parts")), 2);
	assert_true(cJSON_IsNull(cJSON_GetObjectItem(json_array(second, "parts")->child, "sums")));
	assert_string_equal(json_text(second, "finding"), "answered");
	text = json_text(list->child->next, "record");
	sha256_hex(text, strlen(text), hex);
	cJSON_Delete(first);
	cJSON_Delete(second);
	cJSON_Delete(list);
	assert_int_equal(review(&audrey, SESSION, "and once more", NULL), RC_OK);
	list = listed(SESSION);
	first = json_parse(slice_str(json_text(list->child->next->next, "record")));
	assert_string_equal(json_text(first, "previous"), hex);          /* the last one before it */
	cJSON_Delete(first);
	cJSON_Delete(list);
}

/* Of what stands in a bundle's place and is none, a review tells nothing. */
static void what_is_no_bundle_was_not_seen(void **state)
{
	static const struct {
		const char *way, *name;                  /* name: of the first member of an archive in its place */
		uint64_t size;
	} cases[] = {
		{"mv 1.tar 2 && ln -s 2 1.tar", NULL, 0}, {"rm 1.tar", "session.json", 100}, {"rm 1.tar", "SHA256SUMS", 0}, {"echo x > 1.tar", NULL, 0},
	};
	unsigned char archive[2 * TAR_BLOCK] = {0};
	char path[256];

	(void)state;
	snprintf(path, sizeof path, "%s/bundles/" SESSION "/1.tar", site.dir);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		cJSON *list, *record;

		assert_int_equal(sh("cd bundles/" SESSION " && chmod u+w . 1.tar && %s", cases[i].way), 0);
		if (cases[i].name) {
			assert_int_equal(tar_header(cases[i].name, cases[i].size, 1, archive), RC_OK);
			assert_int_equal(file_write(path, (struct slice){(char *)archive, sizeof archive}, 0600, NULL), RC_OK);
		}
		assert_int_equal(review(&audrey, SESSION, "fine", NULL), RC_OK);
		list = listed(SESSION);
		record = json_parse(slice_str(json_text(cJSON_GetArrayItem(list, (int)i), "record")));
		assert_true(cJSON_IsNull(cJSON_GetObjectItem(json_array(record, "parts")->child, "sums")));
		cJSON_Delete(record);
		cJSON_Delete(list);
	}
}

static void a_review_counts_and_an_emergency_is_told(void **state)
{
	struct notify nobody = {.url = (char *)"http://127.0.0.1:1/", .slack = true};
	const struct config notify = {.name = (char *)"gpu-1", .notify = &nobody, .n_notify = 1};
	sqlite3_stmt *q;
	sqlite3 *db;

	(void)state;
	assert_int_equal(notices_new(&notify, store, &place.notices, NULL), RC_OK);
	assert_int_equal(review(&audrey, SESSION, "SSN 536-22-8741", NULL), RC_OK);
	db = store_begin(store);
	assert_int_equal(store_query(db, &q, "SELECT reviews, event, body FROM sessions, notices WHERE sessions.id = ?", "t", SESSION), RC_OK);
	assert_int_equal(store_row(q), RC_OK);
	assert_int_equal(sqlite3_column_int(q, 0), 1);
	assert_string_equal(store_text(q, 1), "emergency.reviewed");
	assert_null(strstr(store_text(q, 2), "SSN"));
	assert_int_equal(store_row(q), RC_END);
	sqlite3_finalize(q);
	assert_int_equal(sqlite3_exec(db, "UPDATE sessions SET emergency = 0", NULL, NULL, NULL), SQLITE_OK);
	store_end(store);
	assert_int_equal(review(&audrey, SESSION, "as it should be", NULL), RC_OK);      /* of other sessions nobody is told */
	db = store_begin(store);
	assert_int_equal(store_query(db, &q, "SELECT count(*) FROM notices", ""), RC_OK);
	assert_int_equal(store_row(q), RC_OK);
	assert_int_equal(sqlite3_column_int(q, 0), 1);
	sqlite3_finalize(q);
	store_end(store);
	notices_free(place.notices);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(only_another_auditor_reviews_and_only_what_has_ended),
		T(an_auditor_reviews_what_they_may_see),
		T(a_review_is_a_signed_record_of_this_bundle),
		T(reviews_follow_one_another),
		T(what_is_no_bundle_was_not_seen),
		T(a_review_counts_and_an_emergency_is_told),
	};

	return cmocka_run_group_tests_name("review", tests, NULL, NULL);
}
