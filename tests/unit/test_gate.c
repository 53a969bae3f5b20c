/* The gate against the real sshd, libssh2 and ssh: what the tunnel's credential opens, and all that it must not. The agent runs
 * as an account of its own, started by this program as a copy of itself; the neighbours of the gate are played here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libssh2.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "command.h"
#include "control.h"
#include "control_line.h"
#include "digest.h"
#include "encode.h"
#include "exchange.h"
#include "file.h"
#include "gate.h"
#include "identity.h"
#include "keeper.h"
#include "listen.h"
#include "log.h"
#include "preface.h"
#include "sshkey.h"

#define WAIT_MS 10000
#define SESSION_KEY "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

/* ---- the gate's neighbours, played ------------------------------------------------------------------------------------ */

/* "good" is good with any key, "key:HEX" with the key of that SHA-256; everything else is refused. */
enum rc identity_admit(struct identity *identity, struct slice key_der, struct slice id_token, struct slice login_token,
		       struct token *out, struct why *why)
{
	char hex[80] = "key:";

	(void)identity;
	(void)login_token;
	sha256_hex(key_der.p, key_der.n, hex + 4);
	*out = (struct token){0};
	if (!slice_is(id_token, "good") && !slice_is(id_token, hex))
		return why_set(why, RC_DENIED, "the token is expired, or another key's");
	out->person.user = strdup("alice@example.org");
	return RC_OK;
}

void token_free(struct token *token)
{
	free(token->person.user);
}

struct session *session_by_key(struct sessions *sessions, struct slice key)
{
	static char session;

	(void)sessions;
	return slice_is(key, SESSION_KEY) ? (struct session *)&session : NULL;
}

void session_unref(struct session *session)
{
	(void)session;
}

static void say(int fd, const char *text)
{
	(void)!send(fd, text, strlen(text), MSG_NOSIGNAL);
}

void exchange_serve(struct agent *agent, struct session *session, int fd)
{
	char piece[512];
	ssize_t n;

	(void)agent;
	(void)session;
	say(fd, "data\n");
	while ((n = recv(fd, piece, sizeof piece, 0)) > 0)
		(void)!send(fd, piece, (size_t)n, MSG_NOSIGNAL);
}

/* Tells where the key logged in, and again for the SSH connection that the client names. */
void control_serve(struct agent *agent, struct slice key_der, int fd)
{
	char address[64] = "", id[GATE_ID_LEN + 1] = "", text[256], line[64];
	enum rc rc = gate_login(agent->gate, key_der, (struct slice){0}, address, id);
	ssize_t n;

	snprintf(text, sizeof text, "control %s %s %s\n", rc_name(rc), address, id);
	say(fd, text);
	while ((n = recv(fd, line, sizeof line, 0)) > 0) {
		rc = gate_login(agent->gate, key_der, (struct slice){line, (size_t)n - 1}, address, id);
		snprintf(text, sizeof text, "control %s %s %s\n", rc_name(rc), address, id);
		say(fd, text);
	}
}

/* ---- the agent -------------------------------------------------------------------------------------------------------- */

/* argv: agent DIR USER LOG; prints the SSH port and the loopback port, then runs until it is killed. */
static int agent_main(char **argv)
{
	struct config config = {.state_dir = argv[2], .limits = {.connections = 512, .ssh_starts_per_minute = 100000}};
	const struct passwd *account = getpwnam(argv[3]);
	struct agent agent = {.config = &config};
	struct sockaddr_in at;
	socklen_t n = sizeof at;
	struct why why = {0};

	if (!account || (geteuid() == 0 && (setgroups(0, NULL) != 0 || setgid(account->pw_gid) != 0 || setuid(account->pw_uid) != 0)) ||
	    listen_bind("127.0.0.1:0", &agent.ssh_listener, &why) != RC_OK || keeper_start(&agent.keeper, &why) != RC_OK ||
	    getsockname(agent.ssh_listener, (struct sockaddr *)&at, &n) != 0)
		return 1;
	signal(SIGPIPE, SIG_IGN);
	log_setup(open(argv[4], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600), false, LOG_DEBUG);
	if (gate_start(&agent, &agent.gate, &why) != RC_OK) {
		fprintf(stderr, "gate_start: %s\n", why.text);
		return 1;
	}
	printf("%d %d\n", ntohs(at.sin_port), keeper_port(agent.keeper));
	fflush(stdout);
	for (;;) {
		struct pollfd p[2] = {{0, POLLIN, 0}, {keeper_fd(agent.keeper), POLLIN, 0}};
		char c;

		if (poll(p, 2, -1) < 0)
			continue;
		if (p[1].revents) {
			gate_end_all(agent.gate);
			_exit(3);                        /* as the agent does when it cannot wait */
		}
		if (read(0, &c, 1) <= 0)
			break;
	}
	if (gate_stop(agent.gate) != RC_OK)
		return 4;
	keeper_stop(agent.keeper);
	close(agent.ssh_listener);
	return 0;
}

/* ---- the fixture ------------------------------------------------------------------------------------------------------ */

static struct {
	char dir[64], program[96], user[40], log[96];
	bool made_account;
	pid_t agent;
	int to_agent, port, loopback;
	EVP_PKEY *key;
	char *pem, *fingerprint;
} t;

/* A shell command; its exit status, its output (both streams) in out. */
static int shell(struct buf *out, const char *fmt, ...) PRINTF_LIKE(2, 3);

static int shell(struct buf *out, const char *fmt, ...)
{
	char command[4096], piece[512];
	va_list args;
	size_t n;
	FILE *p;
	int at;

	at = snprintf(command, sizeof command, "cd %s && { ", t.dir);
	va_start(args, fmt);
	at += vsnprintf(command + at, sizeof command - (size_t)at, fmt, args);
	va_end(args);
	snprintf(command + at, sizeof command - (size_t)at, "; } 2>&1 </dev/null");
	p = popen(command, "r");
	assert_non_null(p);
	while ((n = fread(piece, 1, sizeof piece, p)) > 0)
		if (out)
			buf_add(out, piece, n);
	return pclose(p);
}

static void start_agent(void)
{
	int in[2], out[2];
	char line[64] = "";
	ssize_t n;

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	t.agent = fork();
	if (t.agent == 0) {
		char state[96];

		snprintf(state, sizeof state, "%s/state", t.dir);
		dup2(in[0], 0);
		dup2(out[1], 1);
		execl(t.program, t.program, "agent", state, t.user, t.log, (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	t.to_agent = in[1];
	n = read(out[0], line, sizeof line - 1);
	close(out[0]);
	if (n <= 0 || sscanf(line, "%d %d", &t.port, &t.loopback) != 2)
		fail_msg("the agent does not start");
}

/* Its exit status; closing its stdin asks it to stop. */
static int end_agent(int sig)
{
	int status = 0;

	if (t.agent <= 0)
		return 0;
	if (t.to_agent >= 0)
		close(t.to_agent);
	if (sig)
		kill(t.agent, sig);
	assert_int_equal(waitpid(t.agent, &status, 0), t.agent);
	t.agent = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void make_host_key(void)
{
	struct buf text, blob;
	EVP_PKEY *key;
	char path[128];

	buf_init(&text, 8192);
	buf_init(&blob, 512);
	assert_int_equal(sshkey_generate_ed25519(&key), RC_OK);
	assert_int_equal(sshkey_write_private(key, "host", &text), RC_OK);
	snprintf(path, sizeof path, "%s/state/keys/ssh_host_ed25519_key", t.dir);
	assert_int_equal(file_write(path, buf_slice(&text), 0600, NULL), RC_OK);
	assert_int_equal(sshkey_public_blob(key, &blob), RC_OK);
	t.fingerprint = malloc(64);
	sshkey_fingerprint(buf_slice(&blob), t.fingerprint);
	buf_clear(&text);
	buf_puts(&text, "* ");
	assert_int_equal(sshkey_line(key, NULL, &text), RC_OK);
	snprintf(path, sizeof path, "%s/known_hosts", t.dir);
	assert_int_equal(file_write(path, buf_slice(&text), 0644, NULL), RC_OK);
	EVP_PKEY_free(key);
	buf_free(&text);
	buf_free(&blob);
}

static void make_account(void)
{
	const struct passwd *self = getpwuid(geteuid());

	if (geteuid() != 0) {
		snprintf(t.user, sizeof t.user, "%s", self ? self->pw_name : "");
		return;
	}
	snprintf(t.user, sizeof t.user, "phigate-t%d", (int)getpid());
	t.made_account = shell(NULL, "useradd --system --no-create-home --shell /bin/sh %s", t.user) == 0;
	assert_true(t.made_account);
}

static int setup(void **state)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char state_dir[96];
	char *text;
	long n;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_CHILD_SUBREAPER, 1);                       /* a dead agent's sshd processes come to us */
	strcpy(t.dir, "/tmp/phigate-gate-XXXXXX");
	if (!mkdtemp(t.dir) || chmod(t.dir, 0755) != 0)
		return -1;
	snprintf(t.program, sizeof t.program, "%s/phigate-agent", t.dir);
	snprintf(t.log, sizeof t.log, "%s/state/log", t.dir);
	snprintf(state_dir, sizeof state_dir, "%s/state/keys", t.dir);
	make_account();
	assert_int_equal(shell(NULL, "cp /proc/%d/exe phigate-agent && chmod 755 phigate-agent", (int)getpid()), 0);
	assert_int_equal(dir_make(state_dir, 0700, NULL), RC_OK);
	make_host_key();
	assert_int_equal(shell(NULL, "chown -R %s state", t.user), 0);
	assert_int_equal(sshkey_generate_p256(&t.key), RC_OK);
	PEM_write_bio_PrivateKey_traditional(bio, t.key, NULL, NULL, 0, NULL, NULL);
	n = BIO_get_mem_data(bio, &text);
	t.pem = strndup(text, (size_t)n);
	BIO_free(bio);
	/* keys for ssh(1): "user" is ours, "other" another one */
	snprintf(state_dir, sizeof state_dir, "%s/user", t.dir);
	assert_int_equal(file_write(state_dir, slice_str(t.pem), 0600, NULL), RC_OK);
	assert_int_equal(shell(NULL, "ssh-keygen -y -f user >user.pub && ssh-keygen -q -t ecdsa -b 256 -N '' -f other"), 0);
	libssh2_init(0);
	start_agent();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	end_agent(0);
	libssh2_exit();
	EVP_PKEY_free(t.key);
	free(t.pem);
	free(t.fingerprint);
	if (t.made_account)
		shell(NULL, "userdel %s", t.user);
	return shell(NULL, "rm -rf %s", t.dir) == 0 ? 0 : -1;
}

/* ---- a client, as `phigate` is one ------------------------------------------------------------------------------------ */

struct client {
	int fd, port;
	char id[64];
	LIBSSH2_SESSION *ssh;
	LIBSSH2_CHANNEL *channel;
};

static int dial(int port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct timeval wait = {.tv_sec = WAIT_MS / 1000};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
	return fd;
}

/* A certificate over our own key that carries token, as one line; the caller frees. */
static char *certificate(EVP_PKEY *key, const char *token)
{
	uint64_t now = (uint64_t)clock_wall_s();
	struct buf blob, line;
	size_t n;

	buf_init(&blob, 65536);
	buf_init(&line, 65536);
	assert_int_equal(sshcert_make(key, slice_str(token), (struct slice){0}, now - 60, now + 600, &blob), RC_OK);
	buf_puts(&line, "ecdsa-sha2-nistp256-cert-v01@openssh.com ");
	assert_int_equal(base64_encode(blob.data, blob.len, &line), RC_OK);
	buf_free(&blob);
	return buf_take(&line, &n);
}

/* Begin SSH and log in; false when the login is refused. */
static bool client_login(struct client *c, const char *token)
{
	char *line = certificate(t.key, token);
	int rc;

	*c = (struct client){.fd = dial(t.port)};
	c->ssh = libssh2_session_init();
	libssh2_session_set_timeout(c->ssh, WAIT_MS);
	assert_int_equal(libssh2_session_handshake(c->ssh, c->fd), 0);
	assert_int_equal(preface_banner_parse(libssh2_session_banner_get(c->ssh), &c->port, c->id), RC_OK);
	rc = libssh2_userauth_publickey_frommemory(c->ssh, t.user, strlen(t.user), line, strlen(line), t.pem, strlen(t.pem), NULL);
	free(line);
	return rc == 0;
}

static void client_close(struct client *c)
{
	if (c->channel)
		libssh2_channel_free(c->channel);
	libssh2_session_free(c->ssh);
	close(c->fd);
}

/* One line from the channel, without LF; false at its end. */
static bool read_line(LIBSSH2_CHANNEL *channel, char *line, size_t size)
{
	size_t n = 0;

	while (n + 1 < size) {
		ssize_t got = libssh2_channel_read(channel, line + n, 1);

		if (got <= 0)
			return false;
		if (line[n] == '\n')
			break;
		n++;
	}
	line[n] = '\0';
	return true;
}

static void open_channel(struct client *c, char challenge[PREFACE_CHALLENGE_LEN + 1])
{
	char line[128];
	size_t used;

	c->channel = libssh2_channel_direct_tcpip_ex(c->ssh, "127.0.0.1", c->port, "127.0.0.1", 1);
	assert_non_null(c->channel);
	assert_true(read_line(c->channel, line, sizeof line - 1));
	strcat(line, "\n");
	assert_int_equal(preface_greeting_parse(slice_str(line), challenge, &used), RC_OK);
}

static void write_text(LIBSSH2_CHANNEL *channel, const char *text)
{
	assert_int_equal(libssh2_channel_write(channel, text, strlen(text)), (ssize_t)strlen(text));
}

static void prove(struct client *c, EVP_PKEY *key, const char *challenge, const char *fingerprint)
{
	struct buf line;

	control_line(key, challenge, fingerprint, &line);
	write_text(c->channel, line.data);
	buf_free(&line);
}

static void client_control(struct client *c, const char *token, char *line, size_t size)
{
	char challenge[PREFACE_CHALLENGE_LEN + 1];

	assert_true(client_login(c, token));
	open_channel(c, challenge);
	prove(c, t.key, challenge, t.fingerprint);
	assert_true(read_line(c->channel, line, size));
}

static int local_port(int fd)
{
	struct sockaddr_in at;
	socklen_t n = sizeof at;

	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
	return ntohs(at.sin_port);
}

/* ---- what works ------------------------------------------------------------------------------------------------------- */

static void a_login_knows_the_clients_address_and_its_own_connection(void **state)
{
	char line[256], expected[256];
	struct client c, d;

	(void)state;
	client_control(&c, "good", line, sizeof line);
	snprintf(expected, sizeof expected, "control ok 127.0.0.1:%d %s", local_port(c.fd), c.id);
	assert_string_equal(line, expected);
	/* a second connection of the same key is the latest, and the first is still there by its name */
	client_control(&d, "good", line, sizeof line);
	snprintf(expected, sizeof expected, "control ok 127.0.0.1:%d %s", local_port(d.fd), d.id);
	assert_string_equal(line, expected);
	snprintf(line, sizeof line, "%s\n", c.id);
	write_text(d.channel, line);
	assert_true(read_line(d.channel, line, sizeof line));
	snprintf(expected, sizeof expected, "control ok 127.0.0.1:%d %s", local_port(c.fd), c.id);
	assert_string_equal(line, expected);
	client_close(&c);
	client_close(&d);
}

static void a_data_channel_needs_no_challenge_and_loses_no_byte(void **state)
{
	char challenge[PREFACE_CHALLENGE_LEN + 1], line[128];
	struct client c;

	(void)state;
	assert_true(client_login(&c, "good"));
	open_channel(&c, challenge);
	write_text(c.channel, "data " SESSION_KEY "\r\nGET / HTTP/1.1\r\n");
	assert_true(read_line(c.channel, line, sizeof line));
	assert_string_equal(line, "data");
	assert_true(read_line(c.channel, line, sizeof line));
	assert_string_equal(line, "GET / HTTP/1.1\r");
	client_close(&c);
}

/* ---- what must not ---------------------------------------------------------------------------------------------------- */

static void a_channel_that_proves_nothing_is_closed(void **state)
{
	static const char *const lines[] = {
		"GET / HTTP/1.1\r\n", "data BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA\r\n", "data " SESSION_KEY "\n", "control AAAA AAAA\r\n",
	};
	char challenge[PREFACE_CHALLENGE_LEN + 1], line[128];
	struct client c;
	EVP_PKEY *other;

	(void)state;
	assert_int_equal(sshkey_generate_p256(&other), RC_OK);
	assert_true(client_login(&c, "good"));
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		open_channel(&c, challenge);
		write_text(c.channel, lines[i]);
		if (read_line(c.channel, line, sizeof line))
			fail_msg("\"%s\" is answered with %s", lines[i], line);
		libssh2_channel_free(c.channel);
	}
	/* a proof for another agent's key, and one for another challenge */
	open_channel(&c, challenge);
	prove(&c, t.key, challenge, "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
	assert_false(read_line(c.channel, line, sizeof line));
	libssh2_channel_free(c.channel);
	open_channel(&c, challenge);
	prove(&c, t.key, SESSION_KEY, t.fingerprint);
	assert_false(read_line(c.channel, line, sizeof line));
	libssh2_channel_free(c.channel);
	/* a key that proves itself, but did not log in anywhere */
	open_channel(&c, challenge);
	prove(&c, other, challenge, t.fingerprint);
	assert_true(read_line(c.channel, line, sizeof line));
	assert_string_equal(line, "control not_found  ");
	EVP_PKEY_free(other);
	client_close(&c);
}

static void tokens_that_are_not_good_do_not_log_in(void **state)
{
	static const char *const tokens[] = {"", "expired", "key:0000000000000000000000000000000000000000000000000000000000000000"};
	struct client c;

	(void)state;
	for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
		if (client_login(&c, tokens[i]))
			fail_msg("token \"%s\" logs in", tokens[i]);
		client_close(&c);
	}
}

static void no_other_kind_of_channel_opens(void **state)
{
	static const struct {
		const char *type, *message;
		unsigned n;
	} cases[] = {
		{"session", "", 0},
		{"x11", "\0\0\0\1a\0\0\0\1", 9},
		{"tun@openssh.com", "\0\0\0\1\x7f\xff\xff\xff", 8},
		{"tun@openssh.com", "\0\0\0\2\x7f\xff\xff\xff", 8},
		{"direct-streamlocal@openssh.com", "\0\0\0\4/tmp\0\0\0\0\0\0\0\0", 16},
		{"auth-agent@openssh.com", "", 0},
	};
	struct client c;
	int bound;

	(void)state;
	assert_true(client_login(&c, "good"));
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		LIBSSH2_CHANNEL *ch = libssh2_channel_open_ex(c.ssh, cases[i].type, (unsigned)strlen(cases[i].type), 65536, 32768,
							      cases[i].message, cases[i].n);

		if (ch)
			fail_msg("a channel of type %s opens", cases[i].type);
	}
	assert_null(libssh2_channel_forward_listen_ex(c.ssh, "127.0.0.1", 0, &bound, 1));
	assert_null(libssh2_channel_forward_listen_ex(c.ssh, "", 0, &bound, 1));
	client_close(&c);
}

static void no_other_place_is_reached(void **state)
{
	int elsewhere = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct client c;

	(void)state;
	assert_int_equal(bind(elsewhere, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(elsewhere, 4), 0);
	assert_true(client_login(&c, "good"));
	assert_null(libssh2_channel_direct_tcpip_ex(c.ssh, "127.0.0.1", local_port(elsewhere), "127.0.0.1", 1));
	assert_null(libssh2_channel_direct_tcpip_ex(c.ssh, "127.0.0.1", t.port, "127.0.0.1", 1));
	assert_null(libssh2_channel_direct_tcpip_ex(c.ssh, "localhost", c.port, "127.0.0.1", 1));
	assert_null(libssh2_channel_direct_tcpip_ex(c.ssh, "127.0.0.2", c.port, "127.0.0.1", 1));
	assert_null(libssh2_channel_direct_tcpip_ex(c.ssh, "::1", c.port, "127.0.0.1", 1));
	assert_null(libssh2_channel_direct_tcpip_ex(c.ssh, "0.0.0.0", c.port, "127.0.0.1", 1));
	close(elsewhere);
	client_close(&c);
}

#define SSH "timeout 20 ssh -F none -o BatchMode=yes -o IdentitiesOnly=yes -o UserKnownHostsFile=known_hosts -o LogLevel=ERROR " \
	"-o StrictHostKeyChecking=yes -o ExitOnForwardFailure=yes -o PreferredAuthentications=publickey -p %d "

/* With a certificate that grants itself whatever it can. */
static void ssh_gets_no_command_shell_or_forwarding(void **state)
{
	static const struct {
		const char *options, *command;
	} attacks[] = {
		{"", ""}, {"-tt", ""}, {"", "id"}, {"-s", "sftp"}, {"-A", "id"}, {"-X", "id"}, {"-N -R 127.0.0.1:0:127.0.0.1:22", ""},
		{"-N -R 127.0.0.1:0", ""}, {"-N -R /tmp/phigate-r.sock:127.0.0.1:22", ""}, {"-W 127.0.0.1:22", ""},
	};
	struct buf out;

	(void)state;
	buf_init(&out, 65536);
	assert_int_equal(shell(NULL, "ssh-keygen -q -s user -I x -n phigate -O extension:id-token@phigate=good user.pub"), 0);
	for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
		int status;

		buf_clear(&out);
		status = shell(&out, SSH "-i user -o CertificateFile=user-cert.pub %s %s@127.0.0.1 %s", t.port, attacks[i].options,
			       t.user, attacks[i].command);
		if (WEXITSTATUS(status) != 255 || (out.data && strstr(out.data, "uid=")))
			fail_msg("ssh %s %s: exit %d: %s", attacks[i].options, attacks[i].command, WEXITSTATUS(status),
				 out.data ? out.data : "");
	}
	buf_free(&out);
}

static void certificates_that_are_not_the_tunnels_do_not_log_in(void **state)
{
	static const struct {
		const char *keygen, *key;
	} cases[] = {
		{"rm -f user-cert.pub", "user"},                                                        /* the plain key */
		{"ssh-keygen -q -s user -I x -n phigate user.pub", "user"},                             /* no token */
		{"ssh-keygen -q -s user -I x -n phigate -O extension:id-token@phigate=expired user.pub", "user"},
		{"ssh-keygen -q -s user -I x -n phigate -V -2h:-1h -O extension:id-token@phigate=good user.pub", "user"},
		{"ssh-keygen -q -s other -I x -n phigate -O extension:id-token@phigate=good user.pub", "user"},
		{"ssh-keygen -q -s user -I x -n root -O extension:id-token@phigate=good user.pub", "user"},
		{"ssh-keygen -q -s user -I x -n phigate,root -O extension:id-token@phigate=good user.pub", "user"},
		{"ssh-keygen -q -s user -I x -n phigate -O force-command=id -O extension:id-token@phigate=good user.pub", "user"},
		{"ssh-keygen -q -s user -I x -h -n phigate user.pub", "user"},
		/* somebody else's certificate, without the key: as it stands for a moment in the process list */
		{"ssh-keygen -q -s user -I x -n phigate -O extension:id-token@phigate=good user.pub", "other"},
	};
	struct buf out;

	(void)state;
	buf_init(&out, 65536);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int status;

		assert_int_equal(shell(NULL, "%s", cases[i].keygen), 0);
		buf_clear(&out);
		status = shell(&out, SSH "-i %s -o CertificateFile=user-cert.pub -W 127.0.0.1:%d %s@127.0.0.1", t.port, cases[i].key,
			       t.loopback, t.user);
		if (WEXITSTATUS(status) != 255 || (out.data && strstr(out.data, "PHIGATE/1")))
			fail_msg("%s: exit %d: %s", cases[i].keygen, WEXITSTATUS(status), out.data ? out.data : "");
	}
	buf_free(&out);
}

static void other_accounts_do_not_log_in(void **state)
{
	static const char *const users[] = {"root", "nobody", "daemon", "phigate-nobody-has-this"};
	struct buf out;

	(void)state;
	buf_init(&out, 65536);
	assert_int_equal(shell(NULL, "ssh-keygen -q -s user -I x -n phigate -O extension:id-token@phigate=good user.pub"), 0);
	for (size_t i = 0; i < sizeof users / sizeof *users; i++) {
		buf_clear(&out);
		assert_int_equal(WEXITSTATUS(shell(&out, SSH "-i user -o CertificateFile=user-cert.pub -W 127.0.0.1:%d %s@127.0.0.1",
						   t.port, t.loopback, users[i])), 255);
		if (!out.data || strstr(out.data, "PHIGATE/1") ||
		    (!strstr(out.data, "Permission denied") && !strstr(out.data, "Too many authentication failures")))
			fail_msg("%s: %s", users[i], out.data ? out.data : "");
	}
	buf_free(&out);
}

static void another_account_gets_no_greeting_on_the_loopback_port(void **state)
{
	char byte;
	int fd;

	(void)state;
	if (geteuid() != 0)
		skip();                                  /* we are the agent's own account */
	fd = dial(t.loopback);
	assert_true(recv(fd, &byte, 1, 0) <= 0);
	close(fd);
}

/* The other side has closed, or does within the time that tests give. */
static bool ended(int fd)
{
	struct pollfd p = {fd, POLLIN, 0};
	char piece[1024];
	ssize_t n = 1;

	while (n > 0 && poll(&p, 1, WAIT_MS) > 0)
		n = recv(fd, piece, sizeof piece, MSG_DONTWAIT);
	return n == 0 || (n < 0 && errno == ECONNRESET);
}

static void the_ninth_that_waits_for_login_drops_the_first(void **state)
{
	int fds[9];
	char banner[4];

	(void)state;
	for (int i = 0; i < 9; i++) {
		fds[i] = dial(t.port);
		assert_int_equal(recv(fds[i], banner, sizeof banner, MSG_WAITALL), 4);
		assert_memory_equal(banner, "SSH-", 4);
	}
	assert_true(ended(fds[0]));
	for (int i = 0; i < 9; i++)
		close(fds[i]);
}

static void the_log_holds_no_token_and_no_words_of_the_caller(void **state)
{
	struct buf log, out;

	(void)state;
	buf_init(&log, 1 << 20);
	buf_init(&out, 65536);
	assert_int_equal(shell(NULL, "ssh-keygen -q -s user -I PATIENT-NAME -n phigate -O extension:id-token@phigate=token-SECRET user.pub"), 0);
	shell(NULL, SSH "-i user -o CertificateFile=user-cert.pub -N WORDS-%s@127.0.0.1", t.port, t.user);
	shell(NULL, SSH "-i user -o CertificateFile=user-cert.pub -N %s@127.0.0.1", t.port, t.user);
	assert_int_equal(file_read(t.log, &log, NULL), RC_OK);
	assert_null(strstr(log.data, "SECRET"));
	assert_null(strstr(log.data, "PATIENT"));
	assert_null(strstr(log.data, "WORDS"));
	assert_non_null(strstr(log.data, "ssh_login_refused"));
	assert_non_null(strstr(log.data, "alice@example.org"));
	buf_free(&log);
	buf_free(&out);
}

/* ---- ends ------------------------------------------------------------------------------------------------------------- */

static bool can_bind(int port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	bool ok;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	ok = bind(fd, (struct sockaddr *)&at, sizeof at) == 0 && listen(fd, 1) == 0;
	close(fd);
	return ok;
}

/* Processes named sshd of the agent's account that are alive. */
static int sshd_processes(void)
{
	struct buf out;
	int n;

	buf_init(&out, 4096);
	shell(&out, "ps -u %s -o stat=,comm= | awk '$2 == \"sshd\" && $1 !~ /^Z/ {n++} END {print n + 0}'", t.user);
	n = out.data ? atoi(out.data) : -1;
	buf_free(&out);
	return n;
}

static void reap_orphans(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		continue;
}

static pid_t keeper_of(pid_t agent)
{
	struct buf out;
	pid_t pid;

	buf_init(&out, 4096);
	shell(&out, "ps -o pid=,comm= --ppid %d | awk '$2 == \"phigate-keeper\" {print $1}'", (int)agent);
	pid = out.data ? atoi(out.data) : 0;
	buf_free(&out);
	return pid;
}

static void a_killed_agent_takes_its_tunnels_along_before_the_port_is_free(void **state)
{
	char challenge[PREFACE_CHALLENGE_LEN + 1], piece[1024];
	struct client c;
	pid_t keeper;
	ssize_t n;

	(void)state;
	assert_true(client_login(&c, "good"));
	open_channel(&c, challenge);
	keeper = keeper_of(t.agent);
	assert_true(keeper > 1);
	assert_false(can_bind(t.loopback));
	assert_int_equal(end_agent(SIGKILL), -SIGKILL);
	while (waitpid(keeper, NULL, WNOHANG) == 0 && !can_bind(t.loopback))
		poll(NULL, 0, 1);
	/* only now the listener is closed, and no tunnel may stand any more: its end is there without waiting */
	while ((n = recv(c.fd, piece, sizeof piece, MSG_DONTWAIT)) > 0)
		continue;
	assert_true(n == 0 || errno == ECONNRESET);
	client_close(&c);
	reap_orphans();
	start_agent();
}

static void an_agent_without_keeper_ends_its_tunnels_and_stops(void **state)
{
	char challenge[PREFACE_CHALLENGE_LEN + 1];
	struct client c;
	pid_t keeper;

	(void)state;
	assert_true(client_login(&c, "good"));
	open_channel(&c, challenge);
	keeper = keeper_of(t.agent);
	assert_true(keeper > 1);
	assert_int_equal(kill(keeper, SIGKILL), 0);
	assert_true(ended(c.fd));
	assert_int_equal(end_agent(0), 3);
	client_close(&c);
	reap_orphans();
	start_agent();
}

static void an_agent_that_stops_leaves_nothing_behind(void **state)
{
	struct client c;

	(void)state;
	assert_true(client_login(&c, "good"));
	assert_int_equal(end_agent(0), 0);
	assert_true(ended(c.fd));
	assert_true(can_bind(t.loopback));
	client_close(&c);
	assert_int_equal(sshd_processes(), 0);
	start_agent();
}

/* What is said on a channel is read to its end before the connection goes. */
static void a_client_of_an_agent_that_stops_sees_its_channels_end(void **state)
{
	char challenge[PREFACE_CHALLENGE_LEN + 1], line[128];
	struct client c;

	(void)state;
	assert_true(client_login(&c, "good"));
	open_channel(&c, challenge);
	write_text(c.channel, "data " SESSION_KEY "\r\n");
	assert_true(read_line(c.channel, line, sizeof line));
	close(t.to_agent);
	t.to_agent = -1;
	assert_false(read_line(c.channel, line, sizeof line));
	assert_int_equal(libssh2_channel_eof(c.channel), 1);     /* an end, and no broken connection */
	client_close(&c);
	assert_int_equal(end_agent(0), 0);
	start_agent();
}

/* ---- what it does not begin with -------------------------------------------------------------------------------------- */

static void an_agent_does_not_run_as_root_nor_where_sshd_cannot_call_it(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	if (geteuid() == 0) {
		assert_int_equal(WEXITSTATUS(shell(&out, "chown -R root state && ./phigate-agent agent %s/state root log", t.dir)), 1);
		assert_non_null(strstr(out.data, "sshd must not run as root"));
		assert_int_equal(shell(NULL, "chown -R %s state", t.user), 0);
	}
	assert_int_equal(shell(NULL, "mkdir \"it's\" && cp phigate-agent \"it's\""), 0);
	assert_int_equal(WEXITSTATUS(shell(&out, "\"it's/phigate-agent\" agent %s/state %s state/log", t.dir, t.user)), 1);
	assert_non_null(strstr(out.data, "quotes"));
	buf_free(&out);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_login_knows_the_clients_address_and_its_own_connection),
		cmocka_unit_test(a_data_channel_needs_no_challenge_and_loses_no_byte),
		cmocka_unit_test(a_channel_that_proves_nothing_is_closed),
		cmocka_unit_test(tokens_that_are_not_good_do_not_log_in),
		cmocka_unit_test(no_other_kind_of_channel_opens),
		cmocka_unit_test(no_other_place_is_reached),
		cmocka_unit_test(ssh_gets_no_command_shell_or_forwarding),
		cmocka_unit_test(certificates_that_are_not_the_tunnels_do_not_log_in),
		cmocka_unit_test(other_accounts_do_not_log_in),
		cmocka_unit_test(another_account_gets_no_greeting_on_the_loopback_port),
		cmocka_unit_test(the_ninth_that_waits_for_login_drops_the_first),
		cmocka_unit_test(the_log_holds_no_token_and_no_words_of_the_caller),
		cmocka_unit_test(a_killed_agent_takes_its_tunnels_along_before_the_port_is_free),
		cmocka_unit_test(an_agent_without_keeper_ends_its_tunnels_and_stops),
		cmocka_unit_test(an_agent_that_stops_leaves_nothing_behind),
		cmocka_unit_test(a_client_of_an_agent_that_stops_sees_its_channels_end),
		cmocka_unit_test(an_agent_does_not_run_as_root_nor_where_sshd_cannot_call_it),
	};

	if (argc > 4 && strcmp(argv[1], "agent") == 0)
		return agent_main(argv);
	if (argc > 1 && strcmp(argv[1], "authorize") == 0)
		return cmd_authorize.run(argc - 1, argv + 1);
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, setup, teardown);
}
