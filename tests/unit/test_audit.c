/* Events: made of a session's records, the same in every format, and no text of others breaks out of any. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit_format.h"
#include "audit_leaf.h"
#include "audit_reader.h"
#include "clock.h"
#include "json.h"

#define T0 (1767225600LL * NS_PER_S)
#define OPEN "{\"user\":{\"id\":\"alice@hospital.example\",\"subject\":\"s1\",\"issuer\":\"https://idp.example\",\"groups\":[\"clinicians\"]}," \
	"\"client\":{\"address\":\"203.0.113.9\",\"port\":51022},\"reason\":\"Jane Smith\",\"purpose\":\"TREAT\",\"connection\":\"llama-prod\"," \
	"\"dialect\":\"openai\",\"policy\":{\"name\":\"hipaa\"}}"
#define ASKED(model) "{\"method\":\"POST\",\"path\":\"/v1/chat/completions?q=Jane%20Smith\",\"route\":\"/v1/chat/completions\",\"model\":" model "," \
	"\"headers\":[[\"x\",\"Jane Smith\"]],\"text\":\"Jane Smith\"}"
#define ANSWERED "{\"status\":200,\"headers\":[[\"x\",\"Jane Smith\"]]}"
#define ENDED "{\"chunks\":[[1,\"Jane Smith,\\\"totals\\\":{\\\"masked\\\":{\\\"SSN\\\":7}},\\\"end\\\":true}\"]],\"totals\":{\"masked\":{\"NAME\":2,\"SSN\":1}," \
	"\"input_tokens\":9,\"output_tokens\":12},\"end\":true}"

struct told {
	struct buf names;                        /* "session-opened exchange " */
	struct buf last;                         /* the last event as ECS */
	struct buf all[8];                       /* in every format */
	size_t n;
};

static void tell(void *arg, const struct audit_event *e)
{
	struct told *t = arg;

	t->n++;
	buf_printf(&t->names, "%s ", audit_name(e->kind));
	buf_clear(&t->last);
	audit_ecs(e, &t->last);
	for (size_t i = 0; audit_format_nth(i); i++)
		assert_int_equal(audit_format_line(audit_format_nth(i), e, &t->all[i]), RC_OK);
}

static struct audit_reader *begin(struct told *t)
{
	*t = (struct told){0};
	buf_init(&t->names, 1 << 20);
	buf_init(&t->last, AUDIT_TEXT_MAX);
	for (size_t i = 0; i < 8; i++)
		buf_init(&t->all[i], 64 << 20);
	return audit_reader_new("gpu-1", "0.1.0", "01SESSION", tell, t);
}

static void end(struct told *t, struct audit_reader *r)
{
	audit_reader_free(r);
	buf_free(&t->names);
	buf_free(&t->last);
	for (size_t i = 0; i < 8; i++)
		buf_free(&t->all[i]);
}

static enum rc put(struct audit_reader *r, uint64_t seq, uint64_t exchange, const char *kind, const char *body)
{
	const struct audit_record record = {1, seq, exchange, T0 + (int64_t)seq * NS_PER_S, kind, slice_str(body)};

	return audit_reader_add(r, &record);
}

/* ECS member "a.b" of the last event as text. */
static bool says(const struct told *t, const char *json)
{
	return strstr(t->last.data, json) != NULL;
}

static void test_a_session_is_told_from_open_to_close(void **state)
{
	struct told t;
	struct audit_reader *r = begin(&t);

	(void)state;
	assert_int_equal(put(r, 0, 0, "open", OPEN), RC_OK);
	assert_true(says(&t, "\"user\":{\"name\":\"alice@hospital.example\",\"id\":\"s1\"") && says(&t, "\"roles\":[\"clinicians\"]"));
	assert_true(says(&t, "\"id\":\"01SESSION.1.0\"") && says(&t, "\"purpose\":\"TREAT\""));
	assert_int_equal(put(r, 1, 1, "request", ASKED("\"note\"")), RC_OK);
	assert_int_equal(put(r, 2, 2, "request", ASKED("\"other\"")), RC_OK);
	assert_int_equal(put(r, 3, 1, "response", ANSWERED), RC_OK);
	assert_int_equal(t.n, 1);
	assert_int_equal(put(r, 4, 1, "response", ENDED), RC_OK);
	assert_true(says(&t, "\"duration\":3000000000") && says(&t, "\"method\":\"POST\"") && says(&t, "\"status_code\":200"));
	assert_true(says(&t, "\"request\":{\"model\":\"note\"}") && says(&t, "\"input_tokens\":9,\"output_tokens\":12") && says(&t, "\"masked\":{\"NAME\":2,\"SSN\":1}"));
	assert_int_equal(put(r, 5, 2, "hold", "{\"hold\":\"7K2M-9QXD\",\"rule\":\"bulk\"}"), RC_OK);
	assert_int_equal(put(r, 6, 2, "decision", "{\"hold\":\"7K2M-9QXD\",\"rule\":\"bulk\",\"outcome\":\"denied\",\"by\":\"bob\",\"reason\":\"Jane Smith\"}"), RC_OK);
	assert_true(says(&t, "\"outcome\":\"failure\"") && says(&t, "\"by\":\"bob\"") && says(&t, "\"user\":[\"alice@hospital.example\",\"bob\"]"));
	assert_int_equal(put(r, 7, 2, "response", "{\"status\":403,\"headers\":[]}"), RC_OK);
	assert_int_equal(put(r, 8, 2, "response", "{\"chunks\":[],\"end\":true}"), RC_OK);
	assert_true(says(&t, "\"denied\"") && says(&t, "\"status_code\":403") && says(&t, "\"rule\":{\"name\":\"bulk\"}"));
	assert_int_equal(put(r, 9, 3, "request", ASKED("\"note\"")), RC_OK);
	assert_int_equal(put(r, 10, 3, "decision", "{\"rule\":\"bulk\",\"outcome\":\"emergency\",\"by\":\"alice\",\"reason\":\"Jane Smith\"}"), RC_OK);
	assert_int_equal(put(r, 11, 3, "cut", "{\"reason\":\"client\",\"totals\":{\"masked\":{\"NAME\":1}}}"), RC_OK);
	assert_true(says(&t, "\"why\":\"client\"") && says(&t, "\"masked\":{\"NAME\":1}"));
	assert_int_equal(put(r, 12, 0, "gap", "{\"step_us\":5}"), RC_OK);
	assert_int_equal(put(r, 13, 0, "renew", "{\"expires_at\":\"x\"}"), RC_OK);
	assert_int_equal(put(r, 14, 0, "recovered", "{\"boot\":\"x\"}"), RC_OK);
	assert_int_equal(put(r, 15, 0, "close", "{\"end\":\"crash\"}"), RC_OK);
	assert_string_equal(t.names.data, "session-opened exchange hold decision exchange emergency cut clock-set session-renewed session-recovered "
			    "session-closed ");
	for (size_t i = 0; audit_format_nth(i); i++)
		assert_null(strstr(t.all[i].data, "Jane"));
	end(&t, r);
}

static void test_a_model_is_told_only_by_a_name(void **state)
{
	static const char *const models[] = {"\"SSN [SSN]\"", "\"Jane Smith\"", "\"a\\nb\"", "\"\"", "7", "null", "{\"model\":\"x\"}",
		"\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\""};
	struct told t;
	struct audit_reader *r = begin(&t);
	char body[1024];

	(void)state;
	assert_int_equal(put(r, 0, 0, "open", OPEN), RC_OK);
	for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
		snprintf(body, sizeof body, "{\"method\":\"POST\",\"path\":\"/\",\"model\":%s,\"headers\":[],\"text\":\"\"}", models[i]);
		assert_int_equal(put(r, 1, i + 1, "request", body), RC_OK);
		assert_int_equal(put(r, 2, i + 1, "response", "{\"chunks\":[],\"end\":true}"), RC_OK);
		assert_false(says(&t, "\"model\""));
		assert_true(says(&t, "\"method\":\"POST\""));
	}
	end(&t, r);
}

static void test_records_that_say_something_else_tell_nothing(void **state)
{
	struct told t;
	struct audit_reader *r = begin(&t);

	(void)state;
	assert_int_equal(put(r, 0, 0, "open", "[]"), RC_BAD);
	assert_int_equal(put(r, 0, 0, "open", "{"), RC_BAD);
	assert_int_equal(put(r, 0, 0, "hold", "7"), RC_BAD);
	assert_int_equal(put(r, 0, 0, "story", "{}"), RC_BAD);
	assert_int_equal(t.n, 0);
	/* what has no beginning here is told as far as it is known, and a reader follows only so many */
	assert_int_equal(put(r, 1, 77, "response", "{\"chunks\":[],\"totals\":{\"masked\":{\"NAME\":-1,\"SSN\":\"x\"},\"input_tokens\":1},\"end\":true}"), RC_OK);
	assert_false(says(&t, "masked") || says(&t, "input_tokens") || says(&t, "duration"));
	for (uint64_t i = 0; i < 10000; i++)
		assert_int_equal(put(r, 2, 100 + i, "request", ASKED("\"m\"")), RC_OK);
	assert_int_equal(put(r, 3, 100, "cut", "{}"), RC_OK);
	assert_false(says(&t, "POST"));
	assert_int_equal(put(r, 3, 10099, "cut", "{}"), RC_OK);
	assert_true(says(&t, "POST"));
	end(&t, r);
}

/* ---- hostile texts ---------------------------------------------------------------------------------------------------------- */

#define EVIL "x|y\\\\z=1 suser=root\\n\\r\\u0001\\u0085\\u2028\\\"},{\\\"a\\\":\\\"b\\u202e\\ud83d\\ude00"
#define EVIL_NAMED(value) "\"" value "\":\"" EVIL "\""

static void put_hostile(struct audit_reader *r)
{
	assert_int_equal(put(r, 0, 0, "open", "{\"user\":{" EVIL_NAMED("id") "," EVIL_NAMED("subject") "," EVIL_NAMED("issuer") ",\"groups\":[\"" EVIL "\",7,null]},"
			     "\"client\":{" EVIL_NAMED("address") ",\"port\":99999999}," EVIL_NAMED("connection") "," EVIL_NAMED("dialect") ","
			     EVIL_NAMED("purpose") ",\"policy\":{" EVIL_NAMED("name") "},\"emergency\":true}"), RC_OK);
	assert_int_equal(put(r, 1, 1, "request", "{" EVIL_NAMED("method") "," EVIL_NAMED("route") "," EVIL_NAMED("model") ",\"headers\":[],\"text\":\"\"}"), RC_OK);
	assert_int_equal(put(r, 2, 1, "hold", "{" EVIL_NAMED("hold") "," EVIL_NAMED("rule") "}"), RC_OK);
	assert_int_equal(put(r, 3, 1, "decision", "{" EVIL_NAMED("hold") "," EVIL_NAMED("rule") "," EVIL_NAMED("outcome") "," EVIL_NAMED("by") "}"), RC_OK);
	assert_int_equal(put(r, 4, 1, "cut", "{" EVIL_NAMED("reason") ",\"totals\":{\"masked\":{" "\"" EVIL "\":3}}}"), RC_OK);
	assert_int_equal(put(r, 5, 0, "close", "{" EVIL_NAMED("end") "}"), RC_OK);
}

/* CEF's own rules: seven parts of the head, then key=value; an escape is \| or \\ in the head, \= \\ \n \r behind it. */
static void assert_cef(const char *line, size_t n)
{
	size_t bars = 0, at = 0;

	for (; at < n && bars < 7; at++) {
		if (line[at] == '\\')
			assert_true(strchr("|\\", line[++at]) != NULL);
		else
			bars += line[at] == '|';
	}
	assert_int_equal(bars, 7);
	for (bool key = true, first = true; at < n; at++) {
		if (line[at] == '\\') {
			assert_false(key);
			assert_true(strchr("=\\nr", line[++at]) != NULL);
		} else if (line[at] == '=') {
			const char *from = line + at;

			while (from[-1] != ' ' && from[-1] != '|')
				from--;
			assert_true(first || from > line);
			assert_int_equal(strspn(from, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"), line + at - from);
			assert_false(strncmp(from, "suser", 5) == 0 && strncmp(line + at + 1, "root", 4) == 0);
			key = first = false;
		}
	}
}

static void test_no_text_breaks_out_of_any_format(void **state)
{
	struct told t;
	struct audit_reader *r = begin(&t);

	(void)state;
	put_hostile(r);
	assert_string_equal(t.names.data, "session-opened hold decision cut session-closed ");
	for (size_t i = 0; audit_format_nth(i); i++) {
		size_t lines = 0;

		assert_true(utf8_valid(buf_slice(&t.all[i])));
		for (char *line = t.all[i].data, *lf; (lf = strchr(line, '\n')); line = lf + 1, lines++) {
			struct slice one = {line, (size_t)(lf - line)};
			cJSON *json = audit_format_nth(i)->json ? json_parse(one) : NULL;

			for (size_t k = 0; k < one.n; k++)
				assert_true((unsigned char)one.p[k] >= 0x20 && one.p[k] != 0x7f);
			if (audit_format_nth(i)->json)
				assert_true(cJSON_IsObject(json));
			else
				assert_cef(one.p, one.n);
			cJSON_Delete(json);
		}
		assert_int_equal(lines, 5);
	}
	end(&t, r);
}

static void test_formats_are_found_by_name(void **state)
{
	static const char *const names[] = {"fhir", "ocsf", "ecs", "cef", "otlp"};

	(void)state;
	for (size_t i = 0; i < 5; i++)
		assert_ptr_equal(audit_format(names[i]), audit_format_nth(i));
	assert_null(audit_format_nth(5));
	assert_null(audit_format("har"));
	assert_null(audit_format(""));
}

static void test_routes_of_all_dialects_have_an_operation(void **state)
{
	static const struct {
		const char *route, *operation;
	} rows[] = {
		{"/v1/chat/completions", "chat"}, {"/v1/completions", "text_completion"}, {"/v1/messages", "chat"}, {"/api/chat", "chat"},
		{"/api/generate", "text_completion"}, {"/v1/embeddings", "embeddings"}, {"/api/embed", "embeddings"},
		{"/v2/models/{model}/infer", "text_completion"}, {"/v1/models", NULL}, {NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct audit_event e = {.route = rows[i].route};
		const char *operation = audit_operation(&e);

		assert_true(rows[i].operation ? operation && strcmp(operation, rows[i].operation) == 0 : !operation);
	}
}

/* ---- what is no record ------------------------------------------------------------------------------------------------------ */

#define SUM "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define AT "2026-01-01T00:00:00.000000Z"
#define SAYS(...) {__VA_ARGS__, NULL}

static void test_each_leaf_that_is_no_record_is_an_event_in_every_format(void **state)
{
	static const struct {
		const char *leaf, *event, *ecs[6];
	} rows[] = {
		{"phigate-start-v1\n0.2.0\n" SUM "\n" AT "\n", "agent-started", SAYS("\"version\":\"0.2.0\"", "\"sha256\":\"" SUM "\"")},
		{"phigate-stop-v1\n" AT "\n", "agent-stopped", SAYS("\"category\":[\"process\"],\"type\":[\"end\"]")},
		{"phigate-config-v1\n" SUM "\n" AT "\n", "configuration-in-force", SAYS("\"sha256\":\"" SUM "\"")},
		{"phigate-policy-v1\nhipaa\n" SUM "\n" AT "\n", "policy-in-force", SAYS("\"policy\":\"hipaa\"", "\"sha256\":\"" SUM "\"")},
		{"phigate-hold-v1\n7K2M-9QXD\napprove\nbob\n" AT "\n", "hold-answered",
			SAYS("\"hold\":\"7K2M-9QXD\"", "\"outcome\":\"approve\"", "\"user\":{\"name\":\"bob\"}")},
		{"phigate-revoke-v1\n01SESSION\nbob\n" AT "\n", "session-revoked",
			SAYS("\"session\":\"01SESSION\"", "\"by\":\"bob\"", "\"user\":{\"name\":\"bob\"}", "Session revoked: session 01SESSION by bob")},
		{"phigate-list-v1\ncarol\n" AT "\n", "sessions-listed", SAYS("\"user\":{\"name\":\"carol\"}")},
		{"phigate-fetch-v1\n01SESSION\n2\ncarol\n" AT "\n", "bundle-fetched", SAYS("\"session\":\"01SESSION\",\"part\":2", "\"by\":\"carol\"")},
		{"phigate-emergency-v1\n01SESSION\n" AT "\n", "emergency-opened", SAYS("\"session\":\"01SESSION\"")},
		{"phigate-archive-v1\n01SESSION\n1\n" SUM "\ns3://b/k\n" AT "\n", "bundle-archived", SAYS("\"what\":\"s3://b/k\"", "\"sha256\":\"" SUM "\"")},
		{"phigate-evidence-v1\n" AT "\n2026-02-01T00:00:00Z\n" SUM "\ncarol\n" AT "\n", "evidence-signed",
			SAYS("\"what\":\"" AT "/2026-02-01T00:00:00Z\"", "\"by\":\"carol\"")},
	};
	struct told t;
	struct audit_reader *r = begin(&t);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char id[32];

		snprintf(id, sizeof id, "gpu-1.ledger.%zu", 40 + i);
		buf_clear(&t.names);
		for (size_t k = 0; audit_format_nth(k); k++)
			buf_clear(&t.all[k]);
		assert_int_equal(audit_leaf(slice_str(rows[i].leaf), 40 + i, "gpu-1", "0.1.0", tell, &t), RC_OK);
		assert_int_equal(strncmp(t.names.data, rows[i].event, strlen(rows[i].event)), 0);
		assert_int_equal(t.n, i + 1);
		assert_true(says(&t, "\"@timestamp\":\"" AT "\""));
		for (size_t k = 0; rows[i].ecs[k]; k++)
			if (!says(&t, rows[i].ecs[k]))
				fail_msg("%s in %s", rows[i].ecs[k], t.last.data);
		for (size_t k = 0; audit_format_nth(k); k++)
			if (!strstr(t.all[k].data, id) || !strstr(t.all[k].data, rows[i].event) || !strstr(t.all[k].data, "gpu-1"))
				fail_msg("%s: %s", audit_format_nth(k)->name, t.all[k].data);
	}
	end(&t, r);
}

static void test_leaves_that_records_tell_of_and_what_is_no_leaf_are_no_events(void **state)
{
	static const char *const leaves[] = {"phigate-open-v1\n01S\n1\n" SUM "\n" AT "\n", "phigate-head-v1\n01S\n1\n" SUM "\n7\n",
		"phigate-close-v1\n01S\n1\n" SUM "\n" SUM "\n7\n", "phigate-review-v1\n01S\n1\n" SUM "\n" AT "\n"};
	static const char *const others[] = {"", "phigate-other-v1\n", "phigate-stop-v1\nnever\n", "phigate-list-v1\na\n" AT "\nmore\n"};
	struct told t;
	struct audit_reader *r = begin(&t);

	(void)state;
	for (size_t i = 0; i < sizeof leaves / sizeof *leaves; i++)
		assert_int_equal(audit_leaf(slice_str(leaves[i]), i, "gpu-1", "0.1.0", tell, &t), RC_OK);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_int_equal(audit_leaf(slice_str(others[i]), i, "gpu-1", "0.1.0", tell, &t), RC_BAD);
	assert_int_equal(t.n, 0);
	end(&t, r);
}

static void test_a_long_id_fits_cef_and_stays_its_own(void **state)
{
	struct audit_event e = {.kind = AUDIT_OPENED, .wall_ns = T0, .agent = "gpu-1", .version = "0.1.0"};
	struct buf out[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		const char *id;

		snprintf(e.id, sizeof e.id, "an-agent-with-a-name-of-fifty-characters-and-more.ledger.%d", i);
		buf_init(&out[i], AUDIT_TEXT_MAX);
		audit_format("cef")->write(&e, &out[i]);
		id = strstr(out[i].data, "externalId=");
		assert_non_null(id);
		assert_int_equal(strcspn(id, " "), strlen("externalId=") + 40);
	}
	assert_string_not_equal(out[0].data, out[1].data);
	buf_free(&out[0]);
	buf_free(&out[1]);
}

/* A kind that somebody adds and forgets in a format would be told without its class. */
static void test_every_kind_is_classified_in_every_format(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, AUDIT_TEXT_MAX);
	for (int kind = 0; kind < AUDIT_KINDS; kind++) {
		const struct audit_event e = {.kind = (enum audit_kind)kind, .id = "1", .wall_ns = T0, .agent = "gpu-1", .version = "0.1.0", .by = "bob",
					      .what = "w|=", .sha256 = SUM};
		static const char *const lacks[][2] = {{"fhir", "\"type\":{}"}, {"fhir", "\"type\":{\"display\""}, {"ocsf", "\"severity_id\":0"},
			{"ecs", "\"event\":{\"id\":\"1\",\"kind\":\"event\",\"type\""}, {"cef", "|0|"}, {"otlp", "(null)"}};

		assert_non_null(audit_name(e.kind));
		assert_true(strlen(audit_name(e.kind)) <= 32);           /* RFC 5424 6: MSGID */
		assert_non_null(audit_title(e.kind));
		for (int other = 0; other < kind; other++)
			assert_string_not_equal(audit_name(e.kind), audit_name((enum audit_kind)other));
		for (size_t i = 0; audit_format_nth(i); i++) {
			buf_clear(&out);
			audit_format_nth(i)->write(&e, &out);
			assert_int_equal(out.rc, RC_OK);
			assert_non_null(strstr(out.data, "bob"));
			assert_non_null(strstr(out.data, SUM));
			for (size_t k = 0; k < sizeof lacks / sizeof *lacks; k++)
				if (strcmp(lacks[k][0], audit_format_nth(i)->name) == 0 && strstr(out.data, lacks[k][1]))
					fail_msg("%s %s: %s", audit_format_nth(i)->name, audit_name(e.kind), out.data);
		}
	}
	buf_free(&out);
}

/* ---- as others read it ------------------------------------------------------------------------------------------------------- */

/* Of no session, of one that is only named, and of one of which all is known. */
static void put_variants(const struct audit_format *format, enum audit_kind kind, const cJSON *groups, const cJSON *masked, struct buf *out)
{
	const struct audit_session named = {.agent = "gpu-1", .version = "0.1.0", .id = "01KB0000000000000000000000", .part = 2, .policy = "hipaa"};
	const struct audit_session known = {
		.agent = "gpu-1", .version = "0.1.0", .id = "01KB0000000000000000000000", .part = 1, .user = "alice@hospital.example", .subject = "s1",
		.issuer = "https://idp.example", .address = "2001:db8::1", .port = 51022, .connection = "llama-prod", .dialect = "openai",
		.policy = "hipaa", .purpose = "TREAT", .groups = groups, .emergency = true,
	};
	const struct audit_session *const sessions[] = {NULL, &named, &known};

	for (size_t i = 0; i < 3; i++) {
		struct audit_event e = {
			.kind = kind, .result = (enum audit_result)i, .seq = 7, .leaf = i == 0, .wall_ns = T0 + 123456789, .session = sessions[i],
			.agent = "gpu-1", .version = "0.1.0", .by = i ? "bob" : NULL, .what = "w|=\\", .sha256 = SUM, .why = "idle", .missing = i,
		};

		snprintf(e.id, sizeof e.id, "gpu-1.ledger.7");
		if (i == 2) {
			e.exchange = 3;
			e.began_ns = T0;
			e.method = "POST";
			e.route = "/v1/chat/completions";
			e.model = "note";
			e.status = 200;
			e.masked = masked;
			e.masked_n = 3;
			e.counted = true;
			e.input_tokens = 9;
			e.output_tokens = 12;
			e.hold = "7K2M-9QXD";
			e.rule = "bulk";
			e.outcome = "denied";
		}
		assert_int_equal(audit_format_line(format, &e, out), RC_OK);
	}
}

/* Events of every kind, against the schemas and by the parsers that the end-to-end tests use, too. */
static void test_every_kind_is_what_the_schemas_of_others_say(void **state)
{
	cJSON *groups = cJSON_Parse("[\"clinicians\"]"), *masked = cJSON_Parse("{\"NAME\":2,\"SSN\":1}");
	char path[] = "/tmp/phigate-audit.XXXXXX", command[200];
	int fd;

	(void)state;
	if (system("command -v node > /dev/null && [ -e tests/node_modules/.package-lock.json ]") != 0)
		skip();
	fd = mkstemp(path);
	assert_true(fd >= 0);
	for (size_t i = 0; audit_format_nth(i); i++) {
		struct buf all;
		int status;

		buf_init(&all, 1 << 20);
		for (int kind = 0; kind < AUDIT_KINDS; kind++)
			put_variants(audit_format_nth(i), (enum audit_kind)kind, groups, masked, &all);
		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(pwrite(fd, all.data, all.len, 0), (ssize_t)all.len);
		snprintf(command, sizeof command, "node tests/e2e/lib/audit_check.mjs %s %s > /dev/null", audit_format_nth(i)->name, path);
		status = system(command);
		if (status != 0)
			unlink(path);
		assert_int_equal(status, 0);
		buf_free(&all);
	}
	close(fd);
	unlink(path);
	cJSON_Delete(groups);
	cJSON_Delete(masked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_session_is_told_from_open_to_close), cmocka_unit_test(test_a_model_is_told_only_by_a_name),
		cmocka_unit_test(test_records_that_say_something_else_tell_nothing), cmocka_unit_test(test_no_text_breaks_out_of_any_format),
		cmocka_unit_test(test_formats_are_found_by_name), cmocka_unit_test(test_routes_of_all_dialects_have_an_operation),
		cmocka_unit_test(test_each_leaf_that_is_no_record_is_an_event_in_every_format),
		cmocka_unit_test(test_leaves_that_records_tell_of_and_what_is_no_leaf_are_no_events),
		cmocka_unit_test(test_a_long_id_fits_cef_and_stays_its_own),
		cmocka_unit_test(test_every_kind_is_classified_in_every_format),
		cmocka_unit_test(test_every_kind_is_what_the_schemas_of_others_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
