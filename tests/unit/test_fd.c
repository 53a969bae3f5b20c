/* Reading from a socket until something has come, or its time is over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "fd.h"

static enum rc reads(const char *sent, bool closes, size_t max, const char *ending, int64_t wait_ns, const char *wanted)
{
	struct buf in;
	int pair[2];
	enum rc rc;

	buf_init(&in, max);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(send(pair[0], sent, strlen(sent), 0), (ssize_t)strlen(sent));
	if (closes)
		shutdown(pair[0], SHUT_WR);
	rc = fd_read_until(pair[1], ending, wait_ns, &in);
	if (wanted && strcmp(in.data ? in.data : "", wanted) != 0)
		fail_msg("%s gave %s", sent, in.data);
	close(pair[0]);
	close(pair[1]);
	buf_free(&in);
	return rc;
}

static void it_ends_with_its_ending(void **state)
{
	(void)state;
	assert_int_equal(reads("a b\n", false, 4096, "\n", 10 * NS_PER_S, "a b\n"), RC_OK);
	assert_int_equal(reads("GET /\r\n\r\n", false, 4096, "\r\n\r\n", 10 * NS_PER_S, "GET /\r\n\r\n"), RC_OK);
	assert_int_equal(reads("ab\n", false, 3, "\n", 10 * NS_PER_S, "ab\n"), RC_OK);
}

static void what_does_not_end_is_given_up(void **state)
{
	(void)state;
	assert_int_equal(reads("a b", true, 4096, "\n", 10 * NS_PER_S, "a b"), RC_END);
	assert_int_equal(reads("", true, 4096, "\n", 10 * NS_PER_S, ""), RC_END);
	assert_int_equal(reads("a b", false, 4096, "\n", NS_PER_MS, "a b"), RC_TIMEOUT);
	assert_int_equal(reads("a\nb", false, 4096, "\n", NS_PER_MS, "a\nb"), RC_TIMEOUT);      /* more than one line is no line */
	assert_int_equal(reads("abcdef", false, 3, "\n", 10 * NS_PER_S, "abc"), RC_TOO_BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_ends_with_its_ending),
		cmocka_unit_test(what_does_not_end_is_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
