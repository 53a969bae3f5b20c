/* Who holds the other end of a connection: the agent admits only its own account to its loopback port. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "peer.h"

static int listen_loopback(struct sockaddr_in *at)
{
	socklen_t n = sizeof *at;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	*at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	assert_int_equal(bind(fd, (struct sockaddr *)at, sizeof *at), 0);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)at, &n), 0);
	return fd;
}

static void our_own_end_is_ours(void **state)
{
	struct sockaddr_in at;
	int listener = listen_loopback(&at), client = socket(AF_INET, SOCK_STREAM, 0), agent;
	uid_t uid = (uid_t)-1;

	(void)state;
	assert_int_equal(connect(client, (struct sockaddr *)&at, sizeof at), 0);
	agent = accept(listener, NULL, NULL);
	assert_int_equal(peer_uid(agent, &uid), RC_OK);
	assert_int_equal(uid, geteuid());
	close(client);
	close(agent);
	close(listener);
}

static void another_account_is_told_apart(void **state)
{
	struct sockaddr_in at;
	int listener = listen_loopback(&at), agent;
	uid_t uid = (uid_t)-1;
	pid_t child;
	char byte;

	(void)state;
	if (geteuid() != 0)
		skip();
	child = fork();
	if (child == 0) {
		int fd;

		if (setuid(65534) != 0)
			_exit(1);
		fd = socket(AF_INET, SOCK_STREAM, 0);
		if (connect(fd, (struct sockaddr *)&at, sizeof at) != 0)
			_exit(1);
		_exit(read(fd, &byte, 1) == 0 ? 0 : 1);
	}
	agent = accept(listener, NULL, NULL);
	assert_int_equal(peer_uid(agent, &uid), RC_OK);
	assert_int_equal(uid, 65534);
	close(agent);
	waitpid(child, NULL, 0);
	close(listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(our_own_end_is_ours), cmocka_unit_test(another_account_is_told_apart)};

	return cmocka_run_group_tests_name("peer", tests, NULL, NULL);
}
