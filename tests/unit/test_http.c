/* HTTP on a client's connection: what is read, and every trick that makes two readers see different requests is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "http.h"

struct peer {
	int client, agent;
	struct http_conn *conn;
};

/* A client that sends a byte whenever the agent looks at its clock, which each time is step_ns later. */
static struct {
	const char *left;                        /* NULL: the clock is the real one */
	int fd;
	int64_t step_ns, now_ns;
} drip;

int64_t clock_mono_ns(void)
{
	struct timespec t;

	if (drip.left) {
		if (*drip.left)
			assert_int_equal(write(drip.fd, drip.left++, 1), 1);
		return drip.now_ns += drip.step_ns;
	}
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

static const struct http_limits LIMITS = {.header_max_bytes = 1024, .header_wait_ns = 5 * NS_PER_S, .body_rate = 1024};

static void open_peer(struct peer *p, struct slice sent)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	p->client = pair[0];
	p->agent = pair[1];
	assert_int_equal(http_conn_new(p->agent, -1, &LIMITS, &p->conn), RC_OK);
	assert_int_equal(write(p->client, sent.p, sent.n), (ssize_t)sent.n);
}

static void close_peer(struct peer *p)
{
	http_conn_free(p->conn);
	close(p->client);
	close(p->agent);
}

static void a_request_is_read_with_its_headers_in_order(void **state)
{
	struct peer p;
	const struct http_head *head;
	struct why why;
	struct buf body;

	(void)state;
	buf_init(&body, 100);
	open_peer(&p, SLICE("POST /v1/x?y=1 HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nX-Empty:\r\nx-a:  2 \r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.1\r\n"
			    "Host: h\r\n\r\n"));
	assert_int_equal(http_read_head(p.conn, &head, &why), RC_OK);
	assert_true(slice_is(head->method, "POST") && slice_is(head->target, "/v1/x?y=1"));
	assert_int_equal(head->n_headers, 5);
	assert_true(slice_is(head->headers[1].value, "1") && slice_is(head->headers[2].value, "") &&
		    slice_is(head->headers[3].value, "2"));
	assert_int_equal(http_read_body(p.conn, &body, &why), RC_OK);
	assert_string_equal(body.data, "hello");
	assert_int_equal(http_read_head(p.conn, &head, &why), RC_OK);      /* pipelined */
	assert_true(slice_is(head->method, "GET"));
	buf_clear(&body);
	assert_int_equal(http_read_body(p.conn, &body, &why), RC_OK);
	assert_int_equal(body.len, 0);
	shutdown(p.client, SHUT_WR);
	assert_int_equal(http_read_head(p.conn, &head, &why), RC_END);
	close_peer(&p);
	buf_free(&body);
}

static void a_chunked_body_is_read(void **state)
{
	struct peer p;
	const struct http_head *head;
	struct why why;
	struct buf body;

	(void)state;
	buf_init(&body, 100);
	open_peer(&p, SLICE("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\nX-T: v\r\n\r\n"));
	assert_int_equal(http_read_head(p.conn, &head, &why), RC_OK);
	assert_int_equal(http_read_body(p.conn, &body, &why), RC_OK);
	assert_string_equal(body.data, "abc0123456789");
	assert_int_equal(head->n_headers, 2);
	close_peer(&p);
	buf_free(&body);
}

static void smuggled_requests_are_refused(void **state)
{
	static const char *const attacks[] = {
		"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
		"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd",
		"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4, 4\r\n\r\nabcd",
		"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +4\r\n\r\nabcd",
		"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9223372036854775808\r\n\r\nabcd",
		"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4 \r\n x\r\n\r\nabcd",
		"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:\x0b" "chunked\r\n\r\n0\r\n\r\n",
		"POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\n0\n\n",
		"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc",
		"GET / HTTP/1.1\r\nHost: h\r\nX-A: 1\r\n folded\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: h\r\nX-A: 1\r\n\tfolded\r\n\r\n",
		"GET / HTTP/1.1\r\n Host: h\r\n\r\n",
		"GET / HTTP/1.1\r\nHost : h\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n",
		"GET / HTTP/1.1\r\nHost:\r\n\r\n",
		"GET / HTTP/1.1\r\n\r\n",
		"GET / HTTP/1.1\nHost: h\n\n",
		"GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: h\r\nX: a\nb: c\r\n\r\n",
		"GET http://other/ HTTP/1.1\r\nHost: h\r\n\r\n",
		"CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n",
		"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
		"GET / HTTP/2.0\r\nHost: h\r\n\r\n",
		"GET / HTTP/0.9\r\nHost: h\r\n\r\n",
		"GET / HTTP/1.2\r\nHost: h\r\n\r\n",
		"GET /\r\n\r\n",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"\x16\x03\x01\x02",
	};

	(void)state;
	for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
		const struct http_head *head;
		struct why why = {0};
		struct buf body;
		struct peer p;
		enum rc rc;

		buf_init(&body, 100);
		open_peer(&p, slice_str(attacks[i]));
		shutdown(p.client, SHUT_WR);
		rc = http_read_head(p.conn, &head, &why);
		if (rc == RC_OK)
			rc = http_read_body(p.conn, &body, &why);
		if (rc != RC_BAD)
			print_message("attack %zu passed: %s\n", i, rc_name(rc));
		assert_int_equal(rc, RC_BAD);
		assert_int_equal(http_read_head(p.conn, &head, &why), RC_END);      /* nothing behind it is read as a request */
		close_peer(&p);
		buf_free(&body);
	}
}

static void a_nul_in_a_header_is_refused(void **state)
{
	const struct http_head *head;
	struct why why;
	struct peer p;

	(void)state;
	open_peer(&p, SLICE("GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n"));
	assert_int_equal(http_read_head(p.conn, &head, &why), RC_BAD);
	close_peer(&p);
}

static void headers_and_bodies_have_ceilings(void **state)
{
	const struct http_head *head;
	struct why why;
	struct buf body, big;
	struct peer p;

	(void)state;
	buf_init(&body, 8);
	buf_init(&big, 4096);
	buf_puts(&big, "GET / HTTP/1.1\r\nHost: h\r\nX: ");
	for (int i = 0; i < 2000; i++)
		buf_putc(&big, 'a');
	open_peer(&p, buf_slice(&big));
	assert_int_equal(http_read_head(p.conn, &head, &why), RC_TOO_BIG);
	close_peer(&p);
	open_peer(&p, SLICE("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n"));
	assert_int_equal(http_read_head(p.conn, &head, &why), RC_OK);
	assert_int_equal(http_read_body(p.conn, &body, &why), RC_TOO_BIG);
	close_peer(&p);
	open_peer(&p, SLICE("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n123456789\r\n0\r\n\r\n"));
	assert_int_equal(http_read_head(p.conn, &head, &why), RC_OK);
	assert_int_equal(http_read_body(p.conn, &body, &why), RC_TOO_BIG);
	close_peer(&p);
	open_peer(&p, SLICE("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\n12345678"));
	assert_int_equal(http_read_head(p.conn, &head, &why), RC_OK);
	buf_clear(&body);
	assert_int_equal(http_read_body(p.conn, &body, &why), RC_OK);
	assert_string_equal(body.data, "12345678");
	close_peer(&p);
	for (size_t n = 1024; n <= 1025; n++) {
		buf_clear(&big);
		buf_puts(&big, "GET / HTTP/1.1\r\nHost: h\r\nX: ");
		while (big.len < n - 4)
			buf_putc(&big, 'a');
		buf_puts(&big, "\r\n\r\n");
		open_peer(&p, buf_slice(&big));
		assert_int_equal(http_read_head(p.conn, &head, &why), n == 1024 ? RC_OK : RC_TOO_BIG);
		close_peer(&p);
	}
	buf_free(&body);
	buf_free(&big);
}

/* However steadily it comes: all of the head has header_wait_ns, and a body 10 s and one more for each body_rate bytes. */
static void what_comes_too_slowly_is_given_up(void **state)
{
	static const struct {
		int64_t step_ns;
		enum rc rc;
	} heads[] = {{NS_PER_S / 10, RC_OK}, {NS_PER_S, RC_TIMEOUT}}, bodies[] = {{9 * NS_PER_S / 10, RC_OK}, {12 * NS_PER_S / 10, RC_TIMEOUT}};
	struct http_limits limits = LIMITS;
	const struct http_head *head;
	char text[101] = "";
	struct why why = {0};
	struct buf body;
	struct peer p;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		open_peer(&p, SLICE("GET "));
		drip.fd = p.client;
		drip.left = "/ HTTP/1.1\r\nHost: h\r\n\r\n";
		drip.step_ns = heads[i].step_ns;
		assert_int_equal(http_read_head(p.conn, &head, &why), heads[i].rc);
		drip.left = NULL;
		close_peer(&p);
	}
	assert_string_equal(why.text, "the headers took too long");
	buf_init(&body, 100);
	memset(text, 'x', 100);
	limits.body_rate = 1;
	for (size_t i = 0; i < 2; i++) {
		open_peer(&p, SLICE("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n"));
		http_conn_free(p.conn);
		assert_int_equal(http_conn_new(p.agent, -1, &limits, &p.conn), RC_OK);
		assert_int_equal(http_read_head(p.conn, &head, &why), RC_OK);
		buf_clear(&body);
		drip.fd = p.client;
		drip.left = text;
		drip.step_ns = bodies[i].step_ns;
		assert_int_equal(http_read_body(p.conn, &body, &why), bodies[i].rc);
		drip.left = NULL;
		close_peer(&p);
	}
	assert_string_equal(why.text, "the body came too slowly");
	buf_free(&body);
}

static void who_says_nothing_is_hung_up_on(void **state)
{
	struct http_limits limits = LIMITS;
	const struct http_head *head;
	struct why why;
	struct peer p;

	(void)state;
	limits.idle_ns = 1;
	open_peer(&p, SLICE(""));
	http_conn_free(p.conn);
	assert_int_equal(http_conn_new(p.agent, -1, &limits, &p.conn), RC_OK);
	assert_int_equal(http_read_head(p.conn, &head, &why), RC_END);
	close_peer(&p);
}

static void expect_100_is_answered_by_us(void **state)
{
	static const char *const unasked[] = {   /* it has begun already; there is none; who cannot read it */
		"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\na",
		"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n",
		"POST / HTTP/1.0\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n",
	};
	const struct http_head *head;
	char said[64] = {0};
	struct why why;
	struct buf body;
	struct peer p;

	(void)state;
	buf_init(&body, 8);
	open_peer(&p, SLICE("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"));
	assert_int_equal(http_read_head(p.conn, &head, &why), RC_OK);
	shutdown(p.client, SHUT_WR);
	assert_int_equal(http_read_body(p.conn, &body, &why), RC_END);
	assert_int_equal(read(p.client, said, sizeof said - 1), 25);
	assert_string_equal(said, "HTTP/1.1 100 Continue\r\n\r\n");
	close_peer(&p);
	for (size_t i = 0; i < sizeof unasked / sizeof *unasked; i++) {
		buf_clear(&body);
		open_peer(&p, slice_str(unasked[i]));
		shutdown(p.client, SHUT_WR);
		assert_int_equal(http_read_head(p.conn, &head, &why), RC_OK);
		(void)!http_read_body(p.conn, &body, &why);
		assert_int_equal(recv(p.client, said, sizeof said, MSG_DONTWAIT), -1);
		close_peer(&p);
	}
	buf_free(&body);
}

/* The same request cut at every place is the same request. */
static void every_cut_reads_alike(void **state)
{
	static const char request[] = "POST /p HTTP/1.1\r\nHost: h\r\nX-Long: v w\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwiki\r\n0\r\n\r\n";

	(void)state;
	for (size_t cut = 0; cut <= sizeof request - 1; cut++) {
		struct slice parts[2] = {{request, cut}, {request + cut, sizeof request - 1 - cut}};
		struct http_message m;
		struct http_head head;
		struct why why;
		struct buf body;
		bool whole = false;

		buf_init(&body, 100);
		http_head_init(&head);
		http_message_init(&m, HTTP_KIND_REQUEST, 1000);
		http_message_begin(&m, &head, &body, false);
		for (int i = 0; i < 2; i++)
			while (parts[i].n) {
				enum http_event event;

				assert_int_equal(http_message_feed(&m, &parts[i], &event, &why), RC_OK);
				whole |= event == HTTP_EVENT_DONE;
			}
		assert_true(whole);
		assert_true(slice_is(http_header(&head, "x-long"), "v w"));
		assert_string_equal(body.data, "wiki");
		http_head_free(&head);
		buf_free(&body);
	}
}

/* And a header that goes on in a second line is refused wherever the two are cut. */
static void no_cut_hides_a_second_line(void **state)
{
	static const char *const requests[] = {
		"GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n\tb\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\nX:\r\n b\r\n\r\n",
	};

	(void)state;
	for (size_t r = 0; r < sizeof requests / sizeof *requests; r++)
		for (size_t cut = 0; cut <= strlen(requests[r]); cut++) {
			struct slice parts[2] = {{requests[r], cut}, {requests[r] + cut, strlen(requests[r]) - cut}};
			enum http_event event = HTTP_EVENT_MORE;
			struct http_message m;
			struct http_head head;
			enum rc rc = RC_OK;
			struct why why;

			http_head_init(&head);
			http_message_init(&m, HTTP_KIND_REQUEST, 1000);
			http_message_begin(&m, &head, NULL, false);
			for (int i = 0; i < 2; i++)
				while (parts[i].n && rc == RC_OK && event == HTTP_EVENT_MORE)
					rc = http_message_feed(&m, &parts[i], &event, &why);
			assert_int_equal(rc, RC_BAD);
			http_head_free(&head);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_read_with_its_headers_in_order),
		cmocka_unit_test(a_chunked_body_is_read),
		cmocka_unit_test(smuggled_requests_are_refused),
		cmocka_unit_test(a_nul_in_a_header_is_refused),
		cmocka_unit_test(headers_and_bodies_have_ceilings),
		cmocka_unit_test(what_comes_too_slowly_is_given_up),
		cmocka_unit_test(who_says_nothing_is_hung_up_on),
		cmocka_unit_test(expect_100_is_answered_by_us),
		cmocka_unit_test(every_cut_reads_alike),
		cmocka_unit_test(no_cut_hides_a_second_line),
	};
	return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
