/* The client of the control API against the real sshd and an agent that is played: proof of the key, calls, refusals, a bundle, and
 * events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>

#include "../../cli/control.h"
#include "../../cli/events.h"
#include "behind_sshd.h"
#include "json.h"
#include "preface.h"

#define CHALLENGE "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA"
#define BUNDLE_BYTES ((size_t)3 << 20)

static atomic_int proofs, channels;

static void say(int fd, const char *text)
{
	(void)!send(fd, text, strlen(text), MSG_NOSIGNAL);
}

static void answer(int fd, int status, const char *more, const char *body)
{
	char head[256];

	snprintf(head, sizeof head, "HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n%s\r\n", status, strlen(body), more);
	say(fd, head);
	say(fd, body);
}

static void send_bundle(int fd, size_t n)
{
	char piece[4096];

	memset(piece, 'b', sizeof piece);
	for (size_t at = 0; at < n;) {
		ssize_t k = send(fd, piece, n - at < sizeof piece ? n - at : sizeof piece, MSG_NOSIGNAL);

		if (k <= 0)
			return;
		at += (size_t)k;
	}
}

static void send_events(int fd)
{
	say(fd, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n: listening\n\n");
	say(fd, "event: held\ndata: {\"event\":\"held\",\"id\":\"7K2M-9QXD\"}\n\nevent: appr");
	say(fd, "oved\ndata: {\"event\":\"approved\",\"id\":\"7K2M-9QXD\"}\n\n: still here\n\ndata: no json\n\n");
}

/* One request; false when the channel is to be closed. */
static bool answer_one(int fd, const char *head, const char *body)
{
	char path[64] = "", text[256];

	sscanf(head, "%*s %63s", path);
	if (strcmp(path, "/object") == 0)
		answer(fd, 200, "", "{\"number\":7}");
	else if (strcmp(path, "/echo") == 0)
		answer(fd, 200, "", body);
	else if (strcmp(path, "/bearer") == 0)
		answer(fd, 200, "", strstr(head, t.signin.id_token.data) ? "[1]" : "[]");
	else if (strcmp(path, "/denied") == 0)
		answer(fd, 403, "", "{\"error\":{\"type\":\"forbidden\",\"message\":\"that is for members of privacy-officers\"}}");
	else if (strcmp(path, "/unknown") == 0)
		answer(fd, 404, "", "{\"error\":{\"message\":\"there is none\"}}");
	else if (strcmp(path, "/conflict") == 0)
		answer(fd, 409, "", "{}");
	else if (strcmp(path, "/broken") == 0)
		answer(fd, 503, "", "no json");
	else if (strcmp(path, "/text") == 0)
		answer(fd, 200, "", "hello");
	else if (strcmp(path, "/last") == 0)
		answer(fd, 200, "Connection: close\r\n", "{}");
	else if (strcmp(path, "/chunked") == 0)
		say(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n");
	else if (strcmp(path, "/v1/events") == 0)
		send_events(fd);
	else if (strcmp(path, "/bundle") == 0 || strcmp(path, "/short") == 0) {
		snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", BUNDLE_BYTES);
		say(fd, text);
		send_bundle(fd, strcmp(path, "/short") == 0 ? BUNDLE_BYTES - 1 : BUNDLE_BYTES);
	} else if (strcmp(path, "/nothing") != 0)
		answer(fd, 404, "", "{}");
	return strcmp(path, "/last") != 0 && strcmp(path, "/nothing") != 0 && strcmp(path, "/short") != 0 && strcmp(path, "/v1/events") != 0;
}

/* Up to end, one byte at a time, so that nothing of what follows is lost. */
static bool read_until(int fd, const char *end, char *out, size_t n)
{
	size_t at = 0, m = strlen(end);

	while (at + 1 < n && recv(fd, out + at, 1, 0) == 1) {
		out[++at] = '\0';
		if (at >= m && strcmp(out + at - m, end) == 0)
			return true;
	}
	return false;
}

static void serve(int fd)
{
	static _Thread_local char head[16384], body[4096];
	struct preface p;
	size_t used, length;
	const char *at;

	channels++;
	say(fd, "PHIGATE/1 " CHALLENGE "\r\n");
	if (read_until(fd, "\r\n", head, sizeof head) && preface_parse(slice_str(head), &p, &used) == RC_OK && p.kind == PREFACE_CONTROL) {
		struct buf blob;
		char fingerprint[64];

		buf_init(&blob, 1024);
		if (sshkey_parse_line(slice_str(t.host_line), &blob) == RC_OK) {
			sshkey_fingerprint(buf_slice(&blob), fingerprint);
			if (possession_verify((struct slice){(char *)p.key_der, p.key_der_n}, CHALLENGE, fingerprint,
					      (struct slice){(char *)p.sig_der, p.sig_der_n}) == RC_OK)
				proofs++;
		}
		buf_free(&blob);
		while (read_until(fd, "\r\n\r\n", head, sizeof head)) {
			at = strstr(head, "Content-Length: ");
			length = at ? strtoul(at + 16, NULL, 10) : 0;
			for (size_t i = 0; i < length && i + 1 < sizeof body; i++)
				if (recv(fd, body + i, 1, 0) != 1)
					length = 0;
			body[length] = '\0';
			if (!answer_one(fd, head, body))
				break;
		}
	}
	close(fd);
}

static struct control *open_control(void)
{
	struct control *c;
	struct why why = {0};

	proofs = channels = 0;
	if (control_open(&t.agent, &t.signin, &c, &why) != RC_OK)
		fail_msg("%s", why.text);
	return c;
}

static void test_calls_share_a_channel_that_was_proved_once(void **state)
{
	struct control *c = open_control();
	cJSON *tree;
	int64_t n = 0;

	(void)state;
	assert_int_equal(control_call(c, "GET", "/object", NULL, &tree, NULL), RC_OK);
	assert_true(json_int(tree, "number", &n) && n == 7);
	cJSON_Delete(tree);
	assert_int_equal(control_call(c, "POST", "/echo", "{\"a\":[1,2]}", &tree, NULL), RC_OK);
	assert_int_equal(cJSON_GetArraySize(json_array(tree, "a")), 2);
	cJSON_Delete(tree);
	assert_int_equal(control_call(c, "GET", "/bearer", NULL, &tree, NULL), RC_OK);
	assert_int_equal(cJSON_GetArraySize(tree), 1);
	cJSON_Delete(tree);
	assert_int_equal(control_call(c, "DELETE", "/object", NULL, NULL, NULL), RC_OK);
	assert_int_equal(proofs, 1);
	assert_int_equal(channels, 1);
	control_close(c);
}

static void test_refusals_have_the_agents_words_and_leave_the_channel(void **state)
{
	static const struct {
		const char *path;
		enum rc rc;
		const char *text;
	} cases[] = {
		{"/denied", RC_DENIED, "privacy-officers"}, {"/unknown", RC_NOT_FOUND, "there is none"}, {"/conflict", RC_CONFLICT, ""},
		{"/broken", RC_IO, ""}, {"/text", RC_BAD, "no JSON"}, {"/object", RC_OK, ""},
	};
	struct control *c = open_control();

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct why why = {0};
		cJSON *tree;

		assert_int_equal(control_call(c, "GET", cases[i].path, NULL, &tree, &why), cases[i].rc);
		assert_non_null(strstr(why.text, cases[i].text));
		assert_true(cases[i].rc == RC_OK || tree == NULL);
		cJSON_Delete(tree);
	}
	control_close(c);
}

static void test_a_closed_channel_is_replaced_by_a_new_proof(void **state)
{
	struct control *c = open_control();

	(void)state;
	assert_int_equal(control_call(c, "GET", "/last", NULL, NULL, NULL), RC_OK);
	assert_int_equal(control_call(c, "GET", "/object", NULL, NULL, NULL), RC_OK);
	assert_int_equal(control_call(c, "GET", "/nothing", NULL, NULL, NULL), RC_UNREACHABLE);
	assert_int_equal(control_call(c, "GET", "/chunked", NULL, NULL, NULL), RC_BAD);
	assert_int_equal(control_call(c, "GET", "/object", NULL, NULL, NULL), RC_OK);
	assert_int_equal(proofs, channels);
	control_close(c);
}

static void test_a_bundle_goes_to_its_file_whole_or_is_an_error(void **state)
{
	struct control *c = open_control();
	FILE *f = tmpfile();
	struct stat st;

	(void)state;
	assert_int_equal(control_fetch(c, "/bundle", fileno(f), NULL), RC_OK);
	assert_int_equal(fstat(fileno(f), &st), 0);
	assert_int_equal(st.st_size, BUNDLE_BYTES);
	assert_int_equal(control_call(c, "GET", "/object", NULL, NULL, NULL), RC_OK);
	assert_int_equal(control_fetch(c, "/denied", fileno(f), NULL), RC_DENIED);
	assert_int_equal(fstat(fileno(f), &st), 0);
	assert_int_equal(st.st_size, BUNDLE_BYTES);
	assert_int_equal(control_fetch(c, "/short", fileno(f), NULL), RC_UNREACHABLE);
	fclose(f);
	control_close(c);
}

static void test_events_come_one_by_one_until_the_stream_ends(void **state)
{
	struct tunnel *tunnel;
	struct events *events;
	cJSON *event;
	enum rc rc = RC_AGAIN;
	char seen[64] = "";

	(void)state;
	assert_int_equal(tunnel_open(&t.agent, &t.signin, 10, -1, &tunnel, NULL), RC_OK);
	assert_int_equal(events_open(tunnel, &t.signin, false, &events, NULL), RC_OK);
	while (rc == RC_AGAIN) {
		struct pollfd watch = {events_fd(events), POLLIN, 0};

		assert_int_equal(tunnel_run(tunnel, &watch, 1, 10000, NULL), RC_OK);
		while ((rc = events_next(events, &event)) == RC_OK) {
			strcat(strcat(seen, json_text(event, "event")), " ");
			cJSON_Delete(event);
		}
	}
	assert_int_equal(rc, RC_END);
	assert_string_equal(seen, "held approved ");
	events_close(events);
	tunnel_close(tunnel);
}

static int setup(void **state)
{
	(void)state;
	return sshd_setup();
}

static int teardown(void **state)
{
	(void)state;
	return sshd_teardown();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls_share_a_channel_that_was_proved_once),
		cmocka_unit_test(test_refusals_have_the_agents_words_and_leave_the_channel),
		cmocka_unit_test(test_a_closed_channel_is_replaced_by_a_new_proof),
		cmocka_unit_test(test_a_bundle_goes_to_its_file_whole_or_is_an_error),
		cmocka_unit_test(test_events_come_one_by_one_until_the_stream_ends),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
