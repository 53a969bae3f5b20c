/* The real sshd for tests of the client: one `sshd -i` for each connection, as the agent does it, and in the agent's place a service
 * of the test itself. */
#ifndef PHIGATE_TEST_BEHIND_SSHD_H
#define PHIGATE_TEST_BEHIND_SSHD_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "mint.h"
#include "sshkey.h"
#include "tunnel.h"

#ifndef SSHD_MORE
#define SSHD_MORE ""                             /* lines of the configuration */
#endif

/* What a connection to the service does; the test's. It closes fd. */
static void serve(int fd);

static void *serve_thread(void *arg)
{
	serve((int)(intptr_t)arg);
	return NULL;
}

static int listen_loopback(int *port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0 && listen(fd, 512) == 0 &&
		    getsockname(fd, (struct sockaddr *)&at, &n) == 0);
	*port = ntohs(at.sin_port);
	return fd;
}

static void *accept_loop(void *arg)
{
	int listener = *(int *)arg, fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		pthread_t thread;

		pthread_create(&thread, NULL, serve_thread, (void *)(intptr_t)fd);
		pthread_detach(thread);
	}
	return NULL;
}

/* ---- sshd ---------------------------------------------------------------------------------------------------------------- */

static struct {
	char dir[64], address[64], host_line[256];
	const struct passwd *account;
	int service, service_port;
	pthread_t accepting;
	pid_t inetd;
	struct agent_entry agent;
	struct signin signin;
	struct mint_key issuer;
} t;

/* As the agent does: one `sshd -i` for each connection, as an account that is not root's. */
static void inetd(int listener)
{
	char conf[96], addendum[64];
	int fd, on = 1;

	snprintf(conf, sizeof conf, "%s/sshd_config", t.dir);
	snprintf(addendum, sizeof addendum, "VersionAddendum=phigate/1:%d test-1", t.service_port);
	if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setgid(t.account->pw_gid) != 0 || setuid(t.account->pw_uid) != 0))
		_exit(1);
	setpgid(0, 0);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		if (fork() == 0) {
			int nowhere = open("/dev/null", O_WRONLY);

			signal(SIGCHLD, SIG_DFL);
			signal(SIGUSR1, SIG_DFL);
			dup2(fd, 0);
			dup2(fd, 1);
			dup2(nowhere, 2);
			execl("/usr/sbin/sshd", "sshd", "-i", "-f", conf, "-o", addendum, (char *)NULL);
			_exit(127);
		}
		close(fd);
	}
	_exit(0);
}

static void write_file(const char *name, struct slice text)
{
	char path[96];

	snprintf(path, sizeof path, "%s/%s", t.dir, name);
	assert_int_equal(file_write(path, text, 0600, NULL), RC_OK);
	if (geteuid() == 0)
		assert_int_equal(chown(path, t.account->pw_uid, t.account->pw_gid), 0);
}

static void write_sshd_files(void)
{
	struct buf text, line;
	EVP_PKEY *host;

	buf_init(&text, 8192);
	buf_init(&line, 1024);
	assert_int_equal(sshkey_generate_ed25519(&host), RC_OK);
	assert_int_equal(sshkey_write_private(host, "host", &text), RC_OK);
	write_file("host", buf_slice(&text));
	assert_int_equal(sshkey_line(host, NULL, &line), RC_OK);
	snprintf(t.host_line, sizeof t.host_line, "%.*s", (int)line.len - 1, line.data);
	EVP_PKEY_free(host);
	buf_clear(&text);
	buf_clear(&line);
	assert_int_equal(sshkey_line(t.signin.key, NULL, &line), RC_OK);
	buf_printf(&text, "cert-authority,principals=\"phigate\" %s", line.data);
	write_file("authorized", buf_slice(&text));
	buf_clear(&text);
	buf_printf(&text, "HostKey %s/host\nPidFile none\nStrictModes no\nUsePAM no\nUseDNS no\nAuthorizedKeysFile %s/authorized\n"
		   "AuthenticationMethods publickey\nAllowTcpForwarding local\nPermitOpen 127.0.0.1:%d\nClientAliveInterval 15\n"
		   "Ciphers aes256-gcm@openssh.com,aes256-ctr\nMACs hmac-sha2-256\nLogLevel QUIET\n" SSHD_MORE, t.dir, t.dir, t.service_port);
	write_file("sshd_config", buf_slice(&text));
	buf_free(&text);
	buf_free(&line);
}

static int sshd_setup(void)
{
	char claims[256];
	char *token;
	int listener, port;

	signal(SIGPIPE, SIG_IGN);
	strcpy(t.dir, "/tmp/phigate-tunnel-XXXXXX");
	t.account = geteuid() == 0 ? getpwnam("daemon") : getpwuid(geteuid());
	if (!t.account || !mkdtemp(t.dir) || chmod(t.dir, 0711) != 0)
		return -1;
	t.service = listen_loopback(&t.service_port);
	assert_int_equal(sshkey_generate_p256(&t.signin.key), RC_OK);
	t.issuer = mint_key_new("ES256", "k", 0);
	snprintf(claims, sizeof claims, "{\"iss\":\"https://idp.example\",\"sub\":\"alice\",\"iat\":%lld,\"exp\":%lld}",
		 (long long)clock_wall_s(), (long long)clock_wall_s() + 600);
	token = mint_token(&t.issuer, claims);
	buf_init(&t.signin.id_token, 8192);
	buf_init(&t.signin.login_token, 8192);
	buf_init(&t.signin.refresh_token, 8192);
	buf_puts(&t.signin.id_token, token);
	buf_puts(&t.signin.login_token, token);
	free(token);
	t.signin.expires_s = clock_wall_s() + 600;
	write_sshd_files();
	listener = listen_loopback(&port);
	t.inetd = fork();
	if (t.inetd == 0)
		inetd(listener);
	close(listener);
	pthread_create(&t.accepting, NULL, accept_loop, &t.service);
	snprintf(t.address, sizeof t.address, "127.0.0.1:%d", port);
	t.agent = (struct agent_entry){.name = (char *)"gpu-1", .address = t.address, .user = t.account->pw_name};
	assert_int_equal(text_list_add(&t.agent.host_keys, t.host_line), RC_OK);
	return 0;
}

static int sshd_teardown(void)
{
	char path[96];

	kill(-t.inetd, SIGUSR1);
	kill(t.inetd, SIGTERM);
	waitpid(t.inetd, NULL, 0);
	shutdown(t.service, SHUT_RDWR);
	pthread_join(t.accepting, NULL);
	close(t.service);
	text_list_free(&t.agent.host_keys);
	EVP_PKEY_free(t.signin.key);
	mint_key_free(&t.issuer);
	buf_free(&t.signin.id_token);
	buf_free(&t.signin.login_token);
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "%s/%s", t.dir, (const char *[]){"host", "authorized", "sshd_config"}[i]);
		unlink(path);
	}
	return rmdir(t.dir);
}

#endif
