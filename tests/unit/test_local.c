/* The local port: only this machine, only this user, with netlink and without. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "local.h"

#define ANOTHER_UID 12345

static int dial(const char *address, int port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, address, &at.sin_addr);
	if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
		return fd;
	close(fd);
	return -1;
}

/* An IPv6 socket that reaches the IPv4 port, as dual-stack clients have. */
static int dial_mapped(int port)
{
	struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET6, "::ffff:127.0.0.1", &at.sin6_addr);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static int listen_free(int *port)
{
	int listener;

	assert_int_equal(local_listen(0, &listener, port, NULL), RC_OK);
	return listener;
}

static enum rc accept_one(int listener, int *fd)
{
	struct pollfd p = {listener, POLLIN, 0};

	assert_int_equal(poll(&p, 1, 5000), 1);
	return local_accept(listener, fd);
}

static void test_this_user_is_let_in(void **state)
{
	int port, listener = listen_free(&port), client, fd;

	(void)state;
	assert_int_equal(local_accept(listener, &fd), RC_AGAIN);
	client = dial("127.0.0.1", port);
	assert_int_equal(accept_one(listener, &fd), RC_OK);
	close(fd);
	close(client);
	client = dial_mapped(port);
	if (client >= 0) {
		assert_int_equal(accept_one(listener, &fd), RC_OK);
		close(fd);
		close(client);
	}
	close(listener);
}

static void test_only_one_address_is_listened_on(void **state)
{
	int port, listener = listen_free(&port);

	(void)state;
	assert_int_equal(dial("127.0.0.2", port), -1);
	close(listener);
}

static void test_a_port_in_use_is_named_and_is_free_again_at_once(void **state)
{
	int port, listener = listen_free(&port), other, got, client, fd;
	struct why why = {0};
	char text[16];

	(void)state;
	assert_int_equal(local_listen(port, &other, &got, &why), RC_CONFLICT);
	assert_int_equal(other, -1);
	snprintf(text, sizeof text, "%d", port);
	assert_non_null(strstr(why.text, text));
	client = dial("127.0.0.1", port);
	assert_int_equal(accept_one(listener, &fd), RC_OK);
	close(fd);                               /* our side closes first, so that it is left in TIME_WAIT */
	close(client);
	close(listener);
	assert_int_equal(local_listen(port, &listener, &got, NULL), RC_OK);
	assert_int_equal(got, port);
	close(listener);
}

/* In a child that is another user; it ends with 0 when it was refused. */
static pid_t knock_as_another(int port)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct pollfd p = {.events = POLLIN};
		char c;

		if (setuid(ANOTHER_UID) != 0)
			_exit(2);
		p.fd = dial("127.0.0.1", port);
		_exit(p.fd >= 0 && poll(&p, 1, 5000) == 1 && recv(p.fd, &c, 1, 0) <= 0 ? 0 : 1);
	}
	assert_true(pid > 0);
	return pid;
}

static void expect_stranger_refused(void)
{
	int port, listener = listen_free(&port), fd, status;
	pid_t pid = knock_as_another(port);

	assert_int_equal(accept_one(listener, &fd), RC_DENIED);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(listener);
}

static void test_another_user_is_refused(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	expect_stranger_refused();
}

/* As some sandboxes do. */
static void forbid_netlink(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAFNOSUPPORT),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {sizeof filter / sizeof *filter, filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		skip();
	assert_int_equal(socket(AF_NETLINK, SOCK_DGRAM, 0), -1);
}

/* The last tests, for the filter stays. */
static void test_without_netlink_the_tables_in_proc_tell(void **state)
{
	forbid_netlink();
	test_this_user_is_let_in(state);
	if (geteuid() == 0)
		expect_stranger_refused();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_this_user_is_let_in),
		cmocka_unit_test(test_only_one_address_is_listened_on),
		cmocka_unit_test(test_a_port_in_use_is_named_and_is_free_again_at_once),
		cmocka_unit_test(test_another_user_is_refused),
		cmocka_unit_test(test_without_netlink_the_tables_in_proc_tell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
