/* Live streams: the queue keeps what it took, in order and over restarts; a receiver that takes nothing delays nobody, and nothing is dropped
 * without a word. */
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
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "recordings.h"
#include "sink.h"
#include "sink_notes.h"
#include "sink_queue.h"

#define WAIT_NS (20 * NS_PER_S)
#define QUEUE_BYTES ((uint64_t)256 << 10)

static char dir[64], queue_dir[80], out_file[80];

static int make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof dir, "/tmp/phigate-sink.XXXXXX");
	if (!mkdtemp(dir))
		return 1;
	snprintf(queue_dir, sizeof queue_dir, "%s/queue", dir);
	snprintf(out_file, sizeof out_file, "%s/out", dir);
	return 0;
}

static int remove_dir(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof command, "rm -r %s", dir);
	return system(command);
}

/* ---- the queue -------------------------------------------------------------------------------------------------------------- */

static struct sink_queue *opened(uint64_t max_bytes)
{
	struct sink_queue *q;
	struct why why = {0};

	assert_int_equal(sink_queue_open(queue_dir, max_bytes, &q, &why), RC_OK);
	return q;
}

static void put(struct sink_queue *q, int from, int to)
{
	char line[64];

	for (int i = from; i < to; i++) {
		snprintf(line, sizeof line, "line %d", i);
		assert_int_equal(sink_queue_put(q, slice_str(line)), RC_OK);
	}
}

/* Takes lines until there are none, and says that each batch is done with; they must be these, in order. */
static void take(struct sink_queue *q, int from, int to, size_t max_bytes)
{
	struct buf out;
	size_t n, at = 0;

	buf_init(&out, 8 << 20);
	while (from < to) {
		char line[64];

		buf_clear(&out);
		assert_int_equal(sink_queue_peek(q, max_bytes, &out, &n), RC_OK);
		assert_true(n > 0);
		for (at = 0; n--; from++) {
			int len = snprintf(line, sizeof line, "line %d\n", from);

			assert_true(at + (size_t)len <= out.len && memcmp(out.data + at, line, (size_t)len) == 0);
			at += (size_t)len;
		}
		assert_int_equal(at, out.len);
		assert_int_equal(sink_queue_done(q), RC_OK);
	}
	assert_int_equal(from, to);
	buf_clear(&out);
	assert_int_equal(sink_queue_peek(q, max_bytes, &out, &n), RC_END);
	buf_free(&out);
}

static void what_was_put_is_taken_in_order_over_files_and_restarts(void **state)
{
	struct sink_queue *q = opened(8 << 20);
	struct buf out;
	size_t n;

	(void)state;
	put(q, 0, 200000);                               /* some files */
	sink_queue_close(q);
	q = opened(8 << 20);
	buf_init(&out, 8 << 20);
	assert_int_equal(sink_queue_peek(q, 1000, &out, &n), RC_OK);     /* not done with, so it comes again */
	buf_free(&out);
	sink_queue_close(q);
	q = opened(8 << 20);
	take(q, 0, 200000, 100000);
	assert_int_equal(sink_queue_bytes(q), 0);
	put(q, 200000, 200010);
	sink_queue_close(q);
	q = opened(8 << 20);
	take(q, 200000, 200010, 10);                     /* one by one, each longer than that */
	sink_queue_close(q);
}

static void a_full_queue_takes_nothing_until_some_of_it_is_gone(void **state)
{
	struct sink_queue *q = opened(1000);
	struct buf out;
	size_t n, all = 0;

	(void)state;
	while (sink_queue_put(q, SLICE("123456789")) == RC_OK)
		all++;
	assert_int_equal(all, 100);
	assert_int_equal(sink_queue_put(q, SLICE("1")), RC_TOO_BIG);
	sink_queue_drop(q);
	sink_queue_drop(q);
	sink_queue_close(q);
	q = opened(1000);                                /* the count is kept, and the bytes are */
	assert_int_equal(sink_queue_dropped(q), 2);
	assert_int_equal(sink_queue_bytes(q), 1000);
	buf_init(&out, 4096);
	assert_int_equal(sink_queue_peek(q, 105, &out, &n), RC_OK);
	assert_int_equal(n, 10);
	assert_int_equal(sink_queue_put(q, SLICE("1")), RC_TOO_BIG);
	assert_int_equal(sink_queue_done(q), RC_OK);
	assert_int_equal(sink_queue_put(q, SLICE("1")), RC_OK);
	sink_queue_dropped_told(q, 1);
	assert_int_equal(sink_queue_dropped(q), 1);
	buf_free(&out);
	sink_queue_close(q);
}

static void a_line_that_a_crash_tore_is_gone_and_the_others_are_there(void **state)
{
	char path[128];
	struct sink_queue *q = opened(8 << 20);
	int fd;

	(void)state;
	put(q, 0, 3);
	sink_queue_close(q);
	snprintf(path, sizeof path, "%s/0000000001", queue_dir);
	fd = open(path, O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, "line 3 wit", 10), 10);
	close(fd);
	snprintf(path, sizeof path, "%s/position", queue_dir);           /* and nonsense where it stood */
	assert_int_equal(file_write(path, SLICE("999999 77\n"), 0600, NULL), RC_OK);
	q = opened(8 << 20);
	put(q, 3, 5);
	take(q, 0, 5, 1000);
	sink_queue_close(q);
}

static void a_folder_that_cannot_be_is_said(void **state)
{
	struct sink_queue *q;
	struct why why = {0};

	(void)state;
	assert_int_equal(file_write(queue_dir, SLICE("x"), 0600, NULL), RC_OK);
	assert_int_not_equal(sink_queue_open(queue_dir, 1000, &q, &why), RC_OK);
	assert_null(q);
	assert_non_null(strstr(why.text, queue_dir));
}

/* ---- sinks ------------------------------------------------------------------------------------------------------------------ */

static struct sinks *sinks;

static void start(void)
{
	static struct sink_settings one;
	struct config config = {.name = "gpu-1", .state_dir = dir, .sinks = &one, .n_sinks = 1};
	struct why why = {0};

	one = (struct sink_settings){.name = "watch", .to = SINK_FILE, .format = "ecs", .path = out_file, .queue_max = QUEUE_BYTES};
	assert_int_equal(sinks_new(&config, NULL, &sinks, &why), RC_OK);
}

static void tell(const char *kind, uint64_t seq, uint64_t exchange, const char *body)
{
	struct spool_tap tap = sinks_tap(sinks);
	const struct spool_record record = {.session = "01S", .kind = kind, .part = 1, .seq = seq, .exchange = exchange,
					    .wall_ns = clock_wall_ns(), .body = slice_str(body)};

	tap.record(tap.arg, &record);
}

#define OPEN "{\"user\":{\"id\":\"alice\",\"groups\":[]},\"connection\":\"c\"}"

static size_t lines_of(const char *path, const char *text, struct buf *all)
{
	size_t n = 0;

	buf_clear(all);
	if (file_read(path, all, NULL) != RC_OK)
		return 0;
	for (const char *p = all->data; p && (p = strstr(p, text)); p++)
		n++;
	return n;
}

static size_t wait_for(const char *path, const char *text, size_t n, struct buf *all)
{
	const struct timespec pause = {0, 2000000};
	int64_t until_ns = clock_mono_ns() + WAIT_NS;
	size_t have;

	while ((have = lines_of(path, text, all)) < n && clock_mono_ns() < until_ns)
		nanosleep(&pause, NULL);
	return have;
}

static void each_record_that_tells_something_is_a_line_once_and_in_order(void **state)
{
	struct buf all;

	(void)state;
	buf_init(&all, 32 << 20);
	start();
	tell("open", 0, 0, OPEN);
	for (uint64_t i = 1; i <= 100; i++)
		tell("hold", i, i, "{\"hold\":\"h\",\"rule\":\"r\"}");
	tell("close", 101, 0, "{\"end\":\"client\"}");
	assert_int_equal(wait_for(out_file, "\"action\":\"session-closed\"", 1, &all), 1);
	assert_int_equal(lines_of(out_file, "\n", &all), 102);
	for (int i = 0, at = -1; i <= 101; i++) {
		char id[32];
		const char *found;

		snprintf(id, sizeof id, "\"id\":\"01S.1.%d\"", i);
		found = strstr(all.data, id);
		assert_non_null(found);
		assert_true(found - all.data > at);
		at = (int)(found - all.data);
	}
	sinks_free(sinks);
	buf_free(&all);
}

static void what_has_no_room_is_counted_and_told_where_it_is_missing(void **state)
{
	struct buf all;
	size_t held, missing;
	const char *count;
	int64_t before_ns = clock_mono_ns();

	(void)state;
	buf_init(&all, 32 << 20);
	assert_int_equal(mkdir(out_file, 0700), 0);      /* no file: the receiver takes nothing */
	start();
	tell("open", 0, 0, OPEN);
	for (uint64_t i = 1; i <= 2000; i++)
		tell("hold", i, i, "{\"hold\":\"h\",\"rule\":\"r\"}");
	assert_true(clock_mono_ns() - before_ns < 60 * NS_PER_S);
	sinks_free(sinks);                               /* the agent ends, and another one begins */
	assert_int_equal(rmdir(out_file), 0);
	start();
	assert_int_equal(wait_for(out_file, "\"action\":\"events-missing\"", 1, &all), 1);
	tell("open", 0, 0, OPEN);
	tell("close", 2001, 0, "{\"end\":\"client\"}");
	assert_int_equal(wait_for(out_file, "\"action\":\"session-closed\"", 1, &all), 1);
	sinks_free(sinks);
	held = lines_of(out_file, "\"action\":\"hold\"", &all);
	count = strstr(all.data, "\"missing\":");
	missing = strtoul(count + strlen("\"missing\":"), NULL, 10);
	assert_true(held > 100 && missing > 100);
	assert_int_equal(held + missing, 2000);
	assert_true(strstr(all.data, "events-missing") < strstr(all.data, "session-closed"));
	buf_free(&all);
}

/* What a crash left is told when it is sealed, also where the agent cannot read it: then who and when, by index and session.json. */
static void an_encrypted_recording_that_a_crash_left_is_told_of(void **state)
{
	struct spool_tap tap;
	struct recording *r;
	struct buf all;
	char *path;

	setup(state);
	site_seal();
	site_open(true);
	exchange(r = session(SESSION), 1);
	assert_int_equal(recording_close(r, "client"), RC_OK);
	assert_int_equal(spool_bundle(site.spool, SESSION, 1, &path), RC_OK);
	buf_init(&all, 1 << 20);
	start();
	tap = sinks_tap(sinks);
	tap.recovered(tap.arg, path, SESSION, 1);
	assert_int_equal(wait_for(out_file, "\"action\":\"session-closed\"", 1, &all), 1);
	assert_int_equal(lines_of(out_file, "\"action\":\"session-opened\"", &all), 1);
	assert_true(lines_of(out_file, "alice@example.org", &all) >= 2);
	sinks_free(sinks);
	free(path);
	buf_free(&all);
	assert_int_equal(teardown(state), 0);
}

/* ---- what is no record ------------------------------------------------------------------------------------------------------- */

static void start_with_ledger(void)
{
	static struct sink_settings one;
	struct config config = {.name = "gpu-1", .state_dir = site.dir, .sinks = &one, .n_sinks = 1};
	struct why why = {0};

	one = (struct sink_settings){.name = "watch", .to = SINK_FILE, .format = "ecs", .path = out_file, .queue_max = QUEUE_BYTES};
	assert_int_equal(sinks_new(&config, site.ledger, &sinks, &why), RC_OK);
}

static void add_list(const char *who)
{
	char time[CLOCK_TEXT];
	struct buf leaf;

	buf_init(&leaf, LEAF_MAX);
	assert_int_equal(LEAF(LEAF_LIST, &leaf, who, clock_text_us(clock_wall_ns(), time)), RC_OK);
	assert_int_equal(ledger_add(site.ledger, buf_slice(&leaf), NULL), RC_OK);
	buf_free(&leaf);
}

/* The names of who listed, in the file's order. */
static void assert_listed(const struct buf *all, const char *names)
{
	char have[256] = "";

	for (const char *p = all->data; p && (p = strstr(p, "\"by\":\"")); p++)
		strncat(have, p + 6, 1);
	assert_string_equal(have, names);
}

static void leaves_are_told_from_where_it_was_left_and_once(void **state)
{
	const char kill[] = "2\n";
	char path[128];
	struct buf all;

	(void)state;
	buf_init(&all, 1 << 20);
	assert_int_equal(setup(state), 0);
	site_open(true);
	add_list("a");                                   /* before anybody wanted to know */
	start_with_ledger();
	add_list("b");
	assert_int_equal(wait_for(out_file, "\"action\":\"sessions-listed\"", 1, &all), 1);
	assert_non_null(strstr(all.data, "\"id\":\"gpu-1.ledger.1\""));
	sinks_free(sinks);
	add_list("c");                                   /* while nobody reads */
	start_with_ledger();
	add_list("d");
	assert_int_equal(wait_for(out_file, "\"action\":\"sessions-listed\"", 3, &all), 3);
	add_list("e");
	sinks_free(sinks);                               /* it is in the queue before this returns, whoever sends it then */
	start_with_ledger();
	assert_int_equal(wait_for(out_file, "\"action\":\"sessions-listed\"", 4, &all), 4);
	sinks_free(sinks);
	assert_listed(&all, "bcde");
	/* killed before it could note where it was: some come twice, with the identifiers that they had */
	snprintf(path, sizeof path, "%s/events/ledger.position", site.dir);
	assert_int_equal(file_write(path, slice_str(kill), 0600, NULL), RC_OK);
	start_with_ledger();
	assert_int_equal(wait_for(out_file, "\"action\":\"sessions-listed\"", 7, &all), 7);
	sinks_free(sinks);
	assert_int_equal(lines_of(out_file, "\"id\":\"gpu-1.ledger.4\"", &all), 2);
	assert_listed(&all, "bcdecde");
	buf_free(&all);
	assert_int_equal(teardown(state), 0);
}

static void many_leaves_over_tiles_are_told_in_order(void **state)
{
	struct buf all;
	const char *at;

	(void)state;
	buf_init(&all, 4 << 20);
	assert_int_equal(setup(state), 0);
	site_open(true);
	start_with_ledger();
	for (int i = 0; i < 300; i++)
		add_list("a");
	assert_int_equal(wait_for(out_file, "\"action\":\"sessions-listed\"", 300, &all), 300);
	sinks_free(sinks);
	at = all.data;
	for (int i = 0; i < 300; i++) {
		char id[40];

		snprintf(id, sizeof id, "\"gpu-1.ledger.%d\"", i);
		at = strstr(at, id);
		assert_non_null(at);
	}
	buf_free(&all);
	assert_int_equal(teardown(state), 0);
}

static void a_position_that_is_none_and_another_ledger(void **state)
{
	struct sink_settings one = {.name = "watch", .to = SINK_FILE, .format = "ecs", .path = out_file, .queue_max = QUEUE_BYTES};
	struct config config = {.name = "gpu-1", .state_dir = site.dir, .sinks = &one, .n_sinks = 1};
	struct why why = {0};
	char path[128];
	struct buf all;

	(void)state;
	buf_init(&all, 1 << 20);
	assert_int_equal(setup(state), 0);
	site_open(true);
	start_with_ledger();
	add_list("a");
	assert_int_equal(wait_for(out_file, "\"action\":\"sessions-listed\"", 1, &all), 1);
	sinks_free(sinks);
	snprintf(path, sizeof path, "%s/events/ledger.position", site.dir);
	assert_int_equal(file_write(path, SLICE("here\n"), 0600, NULL), RC_OK);
	assert_int_equal(sinks_new(&config, site.ledger, &sinks, &why), RC_BAD);
	assert_non_null(strstr(why.text, path));
	assert_int_equal(file_write(path, SLICE("77\n"), 0600, NULL), RC_OK);           /* of one that was longer */
	start_with_ledger();
	assert_int_equal(wait_for(out_file, "\"id\":\"gpu-1.ledger.0\"", 2, &all), 2);
	sinks_free(sinks);
	config.n_sinks = 0;                              /* who comes later is not told of what was before */
	assert_int_equal(sinks_new(&config, site.ledger, &sinks, &why), RC_OK);
	sinks_free(sinks);
	add_list("b");
	start_with_ledger();
	add_list("c");
	assert_int_equal(wait_for(out_file, "\"action\":\"sessions-listed\"", 3, &all), 3);
	sinks_free(sinks);
	assert_listed(&all, "aac");
	buf_free(&all);
	assert_int_equal(teardown(state), 0);
}

static void what_is_pruned_beside_the_agent_is_told_once_it_looks(void **state)
{
	char path[128];
	struct why why = {0};
	struct buf all;

	(void)state;
	buf_init(&all, 1 << 20);
	assert_int_equal(setup(state), 0);
	assert_int_equal(sink_note_pruned(site.dir, "01S", 1, "00ff", &why), RC_OK);     /* nobody is ever told here */
	site_open(true);
	start_with_ledger();
	sinks_free(sinks);
	assert_int_equal(sink_note_pruned(site.dir, "01S", 2, "00ff", &why), RC_OK);
	assert_int_equal(sink_note_pruned(site.dir, "01T", 1, "00ff", &why), RC_OK);
	start_with_ledger();
	assert_int_equal(wait_for(out_file, "\"action\":\"bundle-pruned\"", 2, &all), 2);
	assert_non_null(strstr(all.data, "\"session\":\"01S\",\"part\":2,\"sha256\":\"00ff\""));
	assert_int_equal(sink_note_pruned(site.dir, "01U", 3, "00ff", &why), RC_OK);
	add_list("a");                                   /* news; without it, half a minute later */
	assert_int_equal(wait_for(out_file, "\"action\":\"bundle-pruned\"", 3, &all), 3);
	sinks_free(sinks);
	snprintf(path, sizeof path, "%s/events/notes", site.dir);
	buf_clear(&all);
	assert_int_equal(file_read(path, &all, NULL), RC_OK);
	assert_int_equal(all.len, 0);
	assert_int_equal(file_write(path, SLICE("pruned 01S 1 00ff 2026-01-0"), 0600, NULL), RC_OK);     /* torn; what follows is told */
	assert_int_equal(sink_note_pruned(site.dir, "01V", 3, "00ff", &why), RC_OK);
	assert_int_equal(sink_note_pruned(site.dir, "01W", 3, "00ff", &why), RC_OK);
	start_with_ledger();
	assert_int_equal(wait_for(out_file, "\"session\":\"01W\"", 1, &all), 1);
	assert_non_null(strstr(all.data, "\"session\":\"01V\""));
	sinks_free(sinks);
	buf_free(&all);
	assert_int_equal(teardown(state), 0);
}

static void what_the_log_tells_of_configuration_and_of_failures_is_told_without_reasons_and_paths(void **state)
{
	static const struct {
		const char *event, *says[5];
	} rows[] = {
		{"session-reviewed", {"\"session\":\"01S\"", "\"by\":\"bob\""}},
		{"configuration-changed", {"\"what\":\"connections.llama-prod.upstream\"", "\"by\":\"uid 1000\"", "\"why\":\"SIGHUP\""}},
		{"policy-changed", {"\"policy\":\"hipaa\"", "\"sha256\":\"abc\"", "\"by\":\"uid 0\"", "\"why\":\"command\""}},
		{"reloaded", {"\"by\":\"uid 0\""}},
		{"reload-refused", {"\"outcome\":\"failure\"", "\"by\":\"uid 0\""}},
		{"recording-quarantined", {"\"what\":\"01S.1\"", "\"outcome\":\"failure\""}},
		{"archive-failed", {"\"session\":\"01S\",\"part\":2"}},
		{"witness-failed", {"\"what\":\"witness.example\""}},
		{"witness-contradicts", {"\"what\":\"witness.example\""}},
		{"timestamp-failed", {"\"outcome\":\"failure\""}},
		{"alarm", {"\"what\":\"disk_full\"", "\"session\":\"01S\""}},
	};
	struct buf all;

	(void)state;
	buf_init(&all, 1 << 20);
	start();
	log_info("session_reviewed", L_TEXT("session", "01S"), L_TEXT("by", "bob"), L_NUM("n", 1));
	log_info("config_changed", L_TEXT("key", "connections.llama-prod.upstream"), L_TEXT("by", "SIGHUP"), L_NUM("uid", 1000), L_NUM("pid", 7));
	log_info("policy_changed", L_TEXT("policy", "hipaa"), L_TEXT("by", "command"), L_NUM("uid", 0), L_TEXT("before", ""), L_TEXT("after", "abc"));
	log_info("reloaded", L_TEXT("by", "command"), L_NUM("uid", 0), L_NUM("keys_changed", 2));
	log_error("reload_refused", L_TEXT("by", "command"), L_NUM("uid", 0), L_TEXT("reason", "secret"));
	log_error("recording_quarantined", L_TEXT("name", "01S.1"), L_TEXT("reason", "secret"), L_TEXT("kept_in", "/secret"));
	log_error("archive_failed", L_TEXT("session", "01S"), L_NUM("part", 2), L_TEXT("reason", "secret"));
	log_warn("witness_failed", L_TEXT("witness", "witness.example"), L_TEXT("reason", "secret"));
	log_error("witness_contradicts", L_TEXT("witness", "witness.example"), L_TEXT("reason", "secret"));
	log_warn("timestamp_failed", L_TEXT("reason", "secret"));
	for (int i = 0; i < 1000; i++)                   /* one now and then is enough */
		log_debug("disk_full", L_TEXT("session", "01S"), L_NUM("part", 2));
	log_info("something_else", L_TEXT("session", "01S"));
	assert_int_equal(wait_for(out_file, "\n", 11, &all), 11);
	sinks_free(sinks);
	log_info("reloaded", L_TEXT("by", "command"), L_NUM("uid", 0));          /* nobody is there any more */
	assert_int_equal(lines_of(out_file, "\n", &all), 11);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char action[64];
		const char *line, *end;

		snprintf(action, sizeof action, "\"action\":\"%s\"", rows[i].event);
		line = strstr(all.data, action);
		assert_non_null(line);
		end = strchr(line, '\n');
		for (size_t k = 0; k < 5 && rows[i].says[k]; k++)
			if (!memmem(line, (size_t)(end - line), rows[i].says[k], strlen(rows[i].says[k])))
				fail_msg("%s: %s in %.*s", rows[i].event, rows[i].says[k], (int)(end - line), line);
	}
	assert_int_equal(lines_of(out_file, "secret", &all), 0);
	buf_free(&all);
}

static void a_file_that_was_moved_away_is_opened_anew(void **state)
{
	char moved[128];
	struct buf all;

	(void)state;
	buf_init(&all, 1 << 20);
	snprintf(moved, sizeof moved, "%s.1", out_file);
	start();
	tell("open", 0, 0, OPEN);
	assert_int_equal(wait_for(out_file, "\"action\":\"session-opened\"", 1, &all), 1);
	assert_int_equal(rename(out_file, moved), 0);
	sinks_reopen(sinks);
	tell("close", 1, 0, "{\"end\":\"client\"}");
	assert_int_equal(wait_for(out_file, "\"action\":\"session-closed\"", 1, &all), 1);
	assert_int_equal(lines_of(moved, "session-closed", &all), 0);
	sinks_free(sinks);
	buf_free(&all);
}

static void what_a_sink_names_must_be_there(void **state)
{
	struct sink_settings s = {.name = "x", .to = SINK_HTTP, .format = "ecs", .url = "https://x", .token_file = "/nonexistent"};
	struct why why = {0};

	(void)state;
	assert_int_not_equal(sink_check(&s, &why), RC_OK);
	assert_non_null(strstr(why.text, "/nonexistent"));
	assert_int_equal(file_write(out_file, SLICE("two\nlines\n"), 0600, NULL), RC_OK);
	s.token_file = out_file;
	assert_int_equal(sink_check(&s, &why), RC_BAD);
	assert_int_equal(file_write(out_file, SLICE("token\n"), 0644, NULL), RC_OK);
	assert_int_equal(sink_check(&s, &why), RC_DENIED);
	assert_int_equal(file_write(out_file, SLICE("token\n"), 0600, NULL), RC_OK);
	assert_int_equal(sink_check(&s, &why), RC_OK);
	s = (struct sink_settings){.name = "x", .to = SINK_SYSLOG, .format = "ecs", .address = "h:1", .ca_file = out_file};
	assert_int_equal(sink_check(&s, &why), RC_BAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_put_is_taken_in_order_over_files_and_restarts, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(a_full_queue_takes_nothing_until_some_of_it_is_gone, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(a_line_that_a_crash_tore_is_gone_and_the_others_are_there, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(a_folder_that_cannot_be_is_said, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(each_record_that_tells_something_is_a_line_once_and_in_order, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(what_has_no_room_is_counted_and_told_where_it_is_missing, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(an_encrypted_recording_that_a_crash_left_is_told_of, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(leaves_are_told_from_where_it_was_left_and_once, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(many_leaves_over_tiles_are_told_in_order, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(a_position_that_is_none_and_another_ledger, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(what_is_pruned_beside_the_agent_is_told_once_it_looks, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(what_the_log_tells_of_configuration_and_of_failures_is_told_without_reasons_and_paths, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(a_file_that_was_moved_away_is_opened_anew, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(what_a_sink_names_must_be_there, make_dir, remove_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
