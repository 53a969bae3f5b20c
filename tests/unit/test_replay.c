/* What auditors see: questions and answers out of every dialect however they were cut, and nothing that a terminal would obey. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "bundle_make.h"
#include "chat.h"
#include "../../cli/command.h"
#include "replay.h"

extern const struct command cmd_verify, cmd_replay;

static char dir[] = "/tmp/phigate-replay.XXXXXX", file[64], signers_file[64], out_file[64], err_file[64], config_file[64];

static int make_dir(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return 1;
	snprintf(file, sizeof file, "%s/bundle.tar", dir);
	snprintf(signers_file, sizeof signers_file, "%s/signers", dir);
	snprintf(out_file, sizeof out_file, "%s/out", dir);
	snprintf(err_file, sizeof err_file, "%s/err", dir);
	snprintf(config_file, sizeof config_file, "%s/client.yaml", dir);
	return setenv("PHIGATE_CONFIG", config_file, 1);
}

static int remove_dir(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof command, "rm -r %s", dir);
	return system(command);
}

/* ---- answers ----------------------------------------------------------------------------------------------------------------------- */

static void note(void *arg, enum chat_part part, uint32_t choice, struct slice text)
{
	static const char names[] = "TKRNAEX";
	struct buf *out = arg;
	char mark[4] = {names[part], (char)('0' + choice), ':', '\0'};
	char *last = out->len ? strrchr(out->data, '|') : NULL;

	if (!last || strncmp(last + 1, mark, 3) != 0) {
		buf_putc(out, '|');
		buf_puts(out, mark);
	}
	buf_add_slice(out, text);
}

static const struct {
	const char *type, *body, *said;
} answers[] = {
	{"application/json", "{\"id\":\"x\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Dr. [NAME] \\u2014 ok\"}}]}", "|T0:Dr. [NAME] — ok"},
	{"text/event-stream; charset=utf-8",
	 "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n"
	 ": keep-alive\n\n"
	 "data: {\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"hm\"}}]}\n\n"
	 "data:{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"one \"}}]}\r\n\r\n"
	 "event: x\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"two\"}},{\"index\":1,\"delta\":{\"content\":\"other\"}}]}\n\n"
	 "data: [DONE]\n\n", "|K0:hm|T0:one two|T1:other"},
	{"text/event-stream", "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"name\":\"lookup\",\"arguments\":\"\"}}]}}]}\n\n"
	 "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"a\\\"\"}}]}}]}\n\n"
	 "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\":1}\"}}]}}]}\n\n",
	 "|N0:lookup|A0:{\"a\":1}"},
	{"text/event-stream", "data: {\"type\":\"response.output_text.delta\",\"delta\":\"He\"}\n\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"llo\"}\n\n"
	 "data: {\"type\":\"response.completed\",\"response\":{\"output\":[{\"content\":[{\"text\":\"Hello\"}]}]}}\n\n", "|T0:Hello"},
	{"text/event-stream", "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hi\"}}\n\n", "|T0:Hi"},
	{"text/event-stream", "data: {\"error\":{\"message\":\"too long\",\"type\":\"x\"}}\n\n", "|E0:too long"},
	{"application/x-ndjson", "{\"message\":{\"role\":\"assistant\",\"thinking\":\"so\"},\"done\":false}\n{\"message\":{\"content\":\"a \"},\"done\":false}\n"
	 "{\"message\":{\"content\":\"b\"},\"done\":false}\n{\"message\":{\"content\":\"\"},\"done\":true}\n", "|K0:so|T0:a b"},
	{"application/x-ndjson", "{\"response\":\"one\",\"done\":false}\n{\"response\":\" two\",\"done\":true}\n", "|T0:one two"},
	{"application/json", "{\n  \"choices\": [\n    {\"text\": \"pretty\"}\n  ]\n}\n", "|T0:pretty"},
	{"application/json", "{\"object\":\"list\",\"data\":[{\"id\":\"m\"}]}", "|X0:{\"object\":\"list\",\"data\":[{\"id\":\"m\"}]}"},
	{"application/json", "{\"error\":\"no such model\"}", "|E0:no such model"},
	{"application/json", "upstream is \"down\"", "|X0:upstream is \"down\""},
	{"text/plain", "just text", "|X0:just text"},
	{"text/event-stream", "data: nonsense\n\n", "|X0:data: nonsense\n\n"},
	{"", "{\"response\":\"x\"}", "|T0:x"},
	{"application/json", "", ""},
};

static void test_answers_are_understood_however_they_were_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		struct slice body = slice_str(answers[i].body);

		for (size_t at = 0; at <= body.n; at++) {
			struct chat_answer a;
			struct buf out;

			buf_init(&out, 65536);
			chat_answer_begin(&a, chat_framing_of(slice_str(answers[i].type)), note, &out);
			chat_answer_feed(&a, (struct slice){body.p, at});
			chat_answer_feed(&a, (struct slice){body.p + at, body.n - at});
			chat_answer_end(&a);
			if (a.framing != CHAT_PLAIN && strcmp(out.len ? out.data : "", answers[i].said) != 0)
				fail_msg("%s, cut at %zu: %s", answers[i].body, at, out.len ? out.data : "nothing");
			chat_answer_free(&a);
			buf_free(&out);
		}
	}
}

/* ---- requests ---------------------------------------------------------------------------------------------------------------------- */

static const struct {
	const char *body, *asked, *model;
	size_t at, messages;
} requests[] = {
	{"{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"s\"},{\"role\":\"user\",\"content\":\"a\"}]}", "a", "m", 2, 2},
	{"{\"messages\":[{\"content\":\"a\",\"role\":\"user\"},{\"content\":\"b\",\"role\":\"assistant\"},{\"content\":\"c\",\"role\":\"user\"}],\"model\":\"m\"}", "c", "m", 3, 3},
	{"{\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"tool\",\"content\":\"r\"}]}", "a", "", 1, 2},
	{"{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"image_url\",\"image_url\":{\"url\":\"u\"}},{\"type\":\"text\",\"text\":\"b\"}]}]}", "a\nb", "", 1, 1},
	{"{\"model\":\"m\",\"prompt\":\"p\"}", "p", "m", 0, 0},
	{"{\"input\":[\"x\",\"y\"]}", "x\ny", "", 0, 0},
	{"{\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"q\"}]}]}", "q", "", 1, 1},
	{"{\"messages\":[{\"role\":\"system\",\"content\":\"only\"}]}", "only", "", 1, 1},
	{"{\"other\":1}", "", "", 0, 0},
	{"no JSON", "", "", 0, 0},
};

static void test_the_question_is_the_last_message_of_the_user(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
		struct slice body = slice_str(requests[i].body);

		for (size_t at = 0; at <= body.n; at++) {
			struct chat_request r;

			chat_request_begin(&r);
			chat_request_feed(&r, (struct slice){body.p, at});
			chat_request_feed(&r, (struct slice){body.p + at, body.n - at});
			chat_request_end(&r);
			if (!slice_is(buf_slice(&r.asked), requests[i].asked) || !slice_is(buf_slice(&r.model), requests[i].model) ||
			    r.asked_at != requests[i].at || r.messages != requests[i].messages)
				fail_msg("%s, cut at %zu: %s of %s, %zu of %zu", requests[i].body, at, r.asked.len ? r.asked.data : "nothing",
					 r.model.len ? r.model.data : "nobody", r.asked_at, r.messages);
			chat_request_free(&r);
		}
	}
}

static void test_of_a_long_question_the_beginning_is_kept_and_the_rest_counted(void **state)
{
	struct chat_request r;

	(void)state;
	chat_request_begin(&r);
	chat_request_feed(&r, SLICE("{\"messages\":[{\"role\":\"user\",\"content\":\""));
	for (int i = 0; i < 100000; i++)
		chat_request_feed(&r, SLICE("0123456789"));
	chat_request_feed(&r, SLICE("\"}]}"));
	chat_request_end(&r);
	assert_int_equal(r.asked.len, CHAT_ASKED_MAX);
	assert_int_equal(r.asked_bytes, 1000000);
	chat_request_free(&r);
}

/* ---- the player ---------------------------------------------------------------------------------------------------------------------- */

/* What the player writes of these records; the caller frees. */
static char *played(const struct made_record *records, size_t n, const struct replay_options *opts, FILE *f)
{
	static const struct replay_options plain = {0};
	struct bundle_make m;
	struct evidence e = {0};
	struct player *p;
	char *text = NULL;
	size_t len = 0;
	FILE *to = f ? f : open_memstream(&text, &len);

	bundle_make_init(&m);
	bundle_make_session(&m);
	bundle_make_all(&m);
	bundle_make_write(&m, file);
	assert_int_equal(bundle_open(file, &e.bundle, NULL), RC_OK);
	assert_int_equal(bundle_verify(e.bundle, NULL, NULL, NULL, &e.why), RC_NOT_FOUND);
	e.verdict = RC_NOT_FOUND;
	p = player_new(&e, opts ? opts : &plain, to);
	assert_non_null(p);
	for (size_t i = 0; i < n; i++) {
		struct bundle_record r = {.seq = i, .exchange = records[i].exchange, .wall_ns = MADE_OPENED_NS + records[i].at_ns,
					  .mono_ns = records[i].at_ns, .body = slice_str(records[i].body)};

		snprintf(r.kind, sizeof r.kind, "%s", records[i].kind);
		player_record(p, &r);
	}
	player_end(p);
	player_free(p);
	evidence_free(&e);
	bundle_make_free(&m);
	if (!f)
		fclose(to);
	return text;
}

/* Behind the head. */
static const char *body_of(const char *text)
{
	const char *at = strstr(text, "\n\n");

	assert_non_null(at);
	return at + 2;
}

static void test_a_session_reads_like_a_conversation(void **state)
{
	struct bundle_make m;
	char *text;

	(void)state;
	bundle_make_init(&m);
	bundle_make_session(&m);
	text = played(m.records, m.n_records, NULL, NULL);
	assert_int_equal(strncmp(text, "  evidence  signed by a key that is not known here", 50), 0);
	for (size_t i = 0; i < 7; i++) {
		static const char *const head[] = {MADE_ID, "alice@hospital.example, of clinicians", "203.0.113.9 port 51022",
			"llama-prod of agent gpu-1, policy hipaa", "ward round", "2026-01-01 00:00:00 UTC, for 3s, ended: client", "masked 1 NAME, 1 SSN"};

		if (!strstr(text, head[i]))
			fail_msg("no %s in %s", head[i], text);
	}
	assert_string_equal(body_of(text),
			    "  00:00:00  the session opened\n"
			    "\n"
			    "  00:00:00  #1 POST /v1/chat/completions, model m\n"
			    "     asked  (after 1 earlier message) Summarise the note.\n"
			    "    answer  Dr. [NAME] saw the patient — SSN [SSN].\n"
			    "\n"
			    "  00:00:01  the sign-in was renewed\n"
			    "\n"
			    "  00:00:01  #2 POST /v1/chat/completions, model m\n"
			    "     asked  List every patient.\n"
			    "      held  7K2M-9QXD by rule bulk-export  after 250ms\n"
			    "   decided  approved by bob@hospital.example 7K2M-9QXD: audit  after 500ms\n"
			    "    answer  There are two.\n"
			    "\n"
			    "  00:00:02  #3 POST /v1/embeddings\n"
			    "     asked  x\n"
			    "   decided  denied by rule no-embeddings  after 250ms\n"
			    "    status  403\n"
			    "    answer  \\u{ff}\\u{fe}\n"
			    "\n"
			    "  00:00:03  the session ended: client\n");
	free(text);
	bundle_make_free(&m);
}

#define SSE(text) "data: {\\\"choices\\\":[{\\\"index\\\":0,\\\"delta\\\":{\\\"content\\\":\\\"" text "\\\"}}]}\\n\\n"
#define OPENS(x) {.kind = "request", .exchange = x, .body = "{\"method\":\"POST\",\"path\":\"/v1/chat/completions\",\"headers\":[],\"text\":\"{}\"}"}, \
	{.kind = "response", .exchange = x, .body = "{\"status\":200,\"headers\":[[\"Content-Type\",\"text/event-stream\"]]}"}
#define SAYS(x, text) {.kind = "response", .exchange = x, .body = "{\"chunks\":[[5,\"" SSE(text) "\"]]}"}

static void test_answers_that_run_beside_each_other_are_told_apart(void **state)
{
	static const struct made_record records[] = {OPENS(1), OPENS(2), SAYS(1, "one "), SAYS(2, "uno "), SAYS(2, "due"), SAYS(1, "two"),
		{.kind = "cut", .exchange = 2, .body = "{\"reason\":\"client\"}"}};
	char *text = played(records, sizeof records / sizeof *records, NULL, NULL);

	(void)state;
	assert_non_null(strstr(text, "#1 \n    answer  one \n\n  00:00:00  #2 \n    answer  uno due\n\n  00:00:00  #1 \n    answer  two\n\n"
			       "  00:00:00  #2 \n       cut  client  after 0ms\n"));
	free(text);
}

static const struct made_record hostile[] = {
	{.kind = "request", .exchange = 1, .body = "{\"method\":\"P\\u001b[2J\",\"path\":\"/\\u009b2J\\r\\b\",\"headers\":[],\"text\":\"{\\\"model\\\":\\\"\\u202em\\\",\\\"messages\\\":"
	 "[{\\\"role\\\":\\\"user\\\",\\\"content\\\":\\\"\\\\u001b]0;owned\\\\u0007\\\\r\\u009d\\\"}]}\"}"},
	{.kind = "hold", .exchange = 1, .body = "{\"hold\":\"\\u001b[31m\",\"rule\":\"\\u0000\\u001b\"}"},
	{.kind = "decision", .exchange = 1, .body = "{\"outcome\":\"\\u001b[31m\",\"by\":\"\\u200b\\u001b\",\"reason\":\"\\u0007\",\"hold\":\"\\b\"}"},
	{.kind = "response", .exchange = 1, .body = "{\"status\":\"\\u001b\",\"headers\":[[\"content-type\",\"\\u001b\"]]}"},
	{.kind = "response", .exchange = 1, .body = "{\"chunks\":[[1,\"\\u001b[2J\\u009b1m \xc2\x9b plain\\u0007\\u007f\"],[2,{\"b64\":\"G1sySpsb\"}]],\"end\":true}"},
	{.kind = "cut", .exchange = 1, .body = "{\"reason\":\"\\u001bc\"}"},
	{.kind = "gap", .exchange = 0, .body = "{\"step_us\":\"\\u001b\"}"},
	{.kind = "recovered", .exchange = 0, .body = "{\"lost_bytes\":-5,\"orphans\":\"\\u001b\"}"},
	{.kind = "close", .exchange = 0, .body = "{\"end\":\"\\u001b[?1049h\"}"},
};

static void assert_tame(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (((unsigned char)text[i] < 0x20 && text[i] != '\n') || text[i] == 0x7f || (text[i] == '\xc2' && (unsigned char)text[i + 1] < 0xa0) ||
		    strncmp(text + i, "\xe2\x80\xae", 3) == 0)
			fail_msg("byte %02x at %zu of %s", (unsigned char)text[i], i, text);
}

static void test_nothing_recorded_moves_the_terminal(void **state)
{
	char *text = played(hostile, sizeof hostile / sizeof *hostile, NULL, NULL), *json = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&json, &n);

	(void)state;
	assert_tame(text, strlen(text));
	assert_non_null(strstr(text, "\\u{1b}]0;owned\\u{7}"));
	assert_non_null(strstr(text, "plain\\u{7}"));
	free(text);
	for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
		struct bundle_record r = {.seq = i, .body = slice_str(hostile[i].body)};

		snprintf(r.kind, sizeof r.kind, "%s", hostile[i].kind);
		assert_int_equal(replay_json(f, &r), RC_OK);
	}
	fclose(f);
	assert_tame(json, n);
	assert_non_null(strstr(json, " \\u009b plain"));
	free(json);
}

static void test_more_answers_at_once_than_are_followed_do_no_harm(void **state)
{
	static struct made_record records[1200];
	char *text;

	(void)state;
	for (size_t i = 0; i < 1200; i++)
		records[i] = (struct made_record){.kind = "response", .exchange = 1 + i % 400,
						  .body = i < 400 ? "{\"status\":200,\"headers\":[]}" : "{\"chunks\":[[1,\"{\\\"response\\\":\\\"x\\\"}\"]]}"};
	text = played(records, 1200, NULL, NULL);
	assert_non_null(strstr(text, "#400 "));
	free(text);
}

static void test_masks_stand_out_on_a_terminal_however_they_were_cut(void **state)
{
	static const struct made_record records[] = {OPENS(1), SAYS(1, "Dr. [NA"), SAYS(1, "ME] and ([SSN],[PHONE-2]) not [x] "), SAYS(1, "end")};
	int master = posix_openpt(O_RDWR | O_NOCTTY), n;
	char text[8192] = "";
	FILE *f;

	(void)state;
	assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	f = fopen(ptsname(master), "w");
	assert_non_null(f);
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	played(records, sizeof records / sizeof *records, NULL, f);
	fflush(f);
	n = (int)read(master, text, sizeof text - 1);
	for (int more; n > 0 && !strstr(text, "end\r\n") && (more = (int)read(master, text + n, sizeof text - 1 - (size_t)n)) > 0;)
		n += more;
	assert_non_null(strstr(text, "Dr. \033[7m[NAME]\033[0m and (\033[7m[SSN]\033[0m,\033[7m[PHONE-2]\033[0m) not [x] end"));
	fclose(f);
	close(master);
}

static void test_long_lines_are_broken_between_words_on_a_terminal(void **state)
{
	struct screen s;
	char *text = NULL;
	size_t n = 0;

	(void)state;
	screen_init(&s, open_memstream(&text, &n));
	s.width = 30;
	screen_label(&s, "answer", STYLE_PLAIN);
	screen_text(&s, SLICE("one two three four fi"), STYLE_PLAIN);
	screen_text(&s, SLICE("ve six\nseven \xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e.\n"), STYLE_PLAIN);
	screen_end_line(&s);
	fclose(s.f);
	screen_free(&s);
	assert_string_equal(text, "    answer  one two three four\n            five six\n            seven \n            \xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e.\n");
	free(text);
}

/* ---- the commands --------------------------------------------------------------------------------------------------------------------- */

/* Runs a command with up to three option values, "--name=value"; what it prints is in the files out and err. */
static int run(const struct command *command, const char *a, const char *b, const char *c)
{
	const char *typed[] = {a, b, c}, *positional[] = {file};
	struct given given[3];
	struct arguments args = {.command = command, .positional = positional, .n_positional = 1, .given = given};
	int out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO), status;

	for (size_t i = 0; i < 3; i++)
		for (size_t k = 0; typed[i] && command->options[k].name; k++) {
			size_t n = strlen(command->options[k].name);

			if (strncmp(typed[i], command->options[k].name, n) == 0 && (typed[i][n] == '=' || !typed[i][n]))
				given[args.n_given++] = (struct given){&command->options[k], typed[i][n] ? typed[i] + n + 1 : ""};
		}
	fflush(stdout);
	assert_true(dup2(open(out_file, O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO) >= 0);
	assert_true(dup2(open(err_file, O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO) >= 0);
	status = command->run(&args);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	close(out);
	close(err);
	return status;
}

static bool printed(const char *path, const char *text)
{
	struct buf b;
	bool found;

	buf_init(&b, 1 << 20);
	assert_int_equal(file_read(path, &b, NULL), RC_OK);
	found = b.len && strstr(b.data, text);
	buf_free(&b);
	return found;
}

static void put(const char *path, const char *text)
{
	assert_int_equal(file_write(path, slice_str(text), 0600, NULL), RC_OK);
}

static void test_verify_finds_the_signer_where_the_user_keeps_it(void **state)
{
	char option[128], ledger[128], beside[64], key[256], config[1024];
	struct bundle_make m;
	struct buf line;

	(void)state;
	bundle_make_init(&m);
	bundle_make_session(&m);
	bundle_make_all(&m);
	bundle_make_write(&m, file);
	buf_init(&line, 4096);
	bundle_make_signers(&m, "gpu-1@phigate", "", &line);
	put(signers_file, line.data);
	snprintf(key, sizeof key, "%.80s", line.data + strlen("gpu-1@phigate "));
	snprintf(option, sizeof option, "--allowed-signers=%s", signers_file);
	snprintf(ledger, sizeof ledger, "--ledger=%s", signers_file);
	snprintf(beside, sizeof beside, "%s/allowed_signers", dir);

	unlink(config_file);                     /* nobody */
	assert_int_equal(run(&cmd_verify, NULL, NULL, NULL), EXIT_EVIDENCE);
	assert_true(printed(out_file, key) && printed(out_file, "not verified: signature: no signer is known") && printed(err_file, key));
	assert_int_equal(run(&cmd_replay, NULL, NULL, NULL), EXIT_DONE);
	assert_true(printed(err_file, "warning: nobody vouches") && printed(out_file, "saw the patient"));
	assert_int_equal(run(&cmd_verify, option, NULL, NULL), EXIT_DONE);
	assert_true(printed(out_file, "ok       story") && printed(out_file, "\nverified\n"));
	assert_int_equal(run(&cmd_verify, option, "--json", NULL), EXIT_DONE);
	assert_true(printed(out_file, "{\"verified\":true,\"reason\":\"\",\"signer\":\"SHA256:") &&
		    printed(out_file, "{\"check\":\"members\",\"result\":\"ok\",\"text\":\"") && printed(out_file, "{\"check\":\"ledger\",\"result\":\"skipped\""));
	assert_int_equal(run(&cmd_verify, option, "--ledger=/nonexistent", NULL), EXIT_FAILED);
	assert_int_equal(run(&cmd_verify, option, ledger, NULL), EXIT_EVIDENCE);
	assert_true(printed(out_file, "not verified: ledger: the bundle has no proof"));
	assert_int_equal(run(&cmd_verify, "--allowed-signers=/nonexistent", NULL, NULL), EXIT_FAILED);
	assert_true(printed(err_file, "/nonexistent"));

	/* the agents' keys in client.yaml, then the file beside it, which goes before them */
	snprintf(config, sizeof config, "oidc: {issuer: 'https://idp.example', client_id: phigate}\nagents:\n"
		 "  - {name: gpu-1, address: '127.0.0.1:1', user: u, host_key: %s, signing_key: %s}\n", key, key);
	put(config_file, config);
	assert_int_equal(run(&cmd_verify, NULL, NULL, NULL), EXIT_DONE);
	put(beside, "gpu-1@phigate ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILwDXS6eK5uLChFzoPGrQN55YiBMb8qcE7VKnDMmv9Pi\n");
	assert_int_equal(run(&cmd_verify, NULL, NULL, NULL), EXIT_EVIDENCE);
	assert_true(printed(out_file, "not among the signers"));
	assert_int_equal(run(&cmd_replay, NULL, NULL, NULL), EXIT_EVIDENCE);
	assert_true(printed(err_file, "--force plays what can be read") && !printed(out_file, "saw the patient"));
	put(beside, "nonsense\n");
	assert_int_equal(run(&cmd_verify, NULL, NULL, NULL), EXIT_FAILED);
	assert_true(printed(err_file, "allowed_signers:1:1: "));
	unlink(beside);
	unlink(config_file);
	buf_free(&line);
	bundle_make_free(&m);
}

static void test_replay_of_what_was_changed_is_refused_unless_forced(void **state)
{
	struct bundle_make m;
	char *at;

	(void)state;
	bundle_make_init(&m);
	bundle_make_session(&m);
	bundle_make_all(&m);
	at = memmem(m.tar.data, m.tar.len, "saw the patient", 15);
	*at = 'S';
	bundle_make_write(&m, file);
	assert_int_equal(run(&cmd_replay, NULL, NULL, NULL), EXIT_EVIDENCE);
	assert_true(printed(err_file, "sums: seg-000002.jsonl") && !printed(out_file, "alice"));
	assert_int_equal(run(&cmd_replay, "--force", NULL, NULL), EXIT_EVIDENCE);
	assert_true(printed(out_file, "NOT VERIFIED") && printed(out_file, "lost  record 3, response: it is not what the index says"));
	assert_true(printed(out_file, "There are two.") && printed(err_file, "does not verify"));
	m.tar.data[0] = 'X';                     /* no bundle at all */
	bundle_make_write(&m, file);
	assert_int_equal(run(&cmd_replay, "--force", NULL, NULL), EXIT_EVIDENCE);
	assert_int_equal(run(&cmd_verify, NULL, NULL, NULL), EXIT_EVIDENCE);
	assert_true(printed(out_file, "FAILED   archive"));
	unlink(file);
	assert_int_equal(run(&cmd_verify, "--json", NULL, NULL), EXIT_EVIDENCE);
	assert_true(printed(out_file, "{\"verified\":false"));
	bundle_make_free(&m);
}

static void test_options_of_replay_are_numbers(void **state)
{
	static const char *const bad[] = {"--speed=fast", "--speed=-1", "--speed=nan", "--max-pause=1e999", "--max-pause=", "--exchange=0", "--exchange=1.5",
		"--exchange=-2", "--exchange=1x"};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (run(&cmd_replay, bad[i], NULL, NULL) != EXIT_USAGE)
			fail_msg("%s", bad[i]);
}

static void test_json_is_one_object_for_each_record(void **state)
{
	struct bundle_make m;
	char line[8192];
	FILE *f;
	int n = 0;

	(void)state;
	bundle_make_init(&m);
	bundle_make_session(&m);
	bundle_make_all(&m);
	bundle_make_write(&m, file);
	assert_int_equal(run(&cmd_replay, "--json", "--speed=1", NULL), EXIT_DONE);
	f = fopen(out_file, "r");
	while (fgets(line, sizeof line, f)) {
		char begin[128];

		snprintf(begin, sizeof begin, "{\"seq\":%d,\"time\":\"2026-01-01T00:00:0", n);
		assert_int_equal(strncmp(line, begin, strlen(begin)), 0);
		assert_non_null(strstr(line, m.records[n].body));
		n++;
	}
	fclose(f);
	assert_int_equal(n, m.n_records);
	bundle_make_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers_are_understood_however_they_were_cut),
		cmocka_unit_test(test_the_question_is_the_last_message_of_the_user),
		cmocka_unit_test(test_of_a_long_question_the_beginning_is_kept_and_the_rest_counted),
		cmocka_unit_test(test_a_session_reads_like_a_conversation),
		cmocka_unit_test(test_answers_that_run_beside_each_other_are_told_apart),
		cmocka_unit_test(test_nothing_recorded_moves_the_terminal),
		cmocka_unit_test(test_more_answers_at_once_than_are_followed_do_no_harm),
		cmocka_unit_test(test_masks_stand_out_on_a_terminal_however_they_were_cut),
		cmocka_unit_test(test_long_lines_are_broken_between_words_on_a_terminal),
		cmocka_unit_test(test_verify_finds_the_signer_where_the_user_keeps_it),
		cmocka_unit_test(test_replay_of_what_was_changed_is_refused_unless_forced),
		cmocka_unit_test(test_options_of_replay_are_numbers),
		cmocka_unit_test(test_json_is_one_object_for_each_record),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
