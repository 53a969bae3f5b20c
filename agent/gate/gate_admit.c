#include "gate_admit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "fd.h"
#include "encode.h"
#include "log.h"
#include "peer.h"
#include "sshkey.h"

#define REQUESTS_MAX GATE_SSH_WAITING_MAX
#define READ_S 2
#define STACK_BYTES (256 << 10)                  /* verifying a token may fetch keys over TLS */

struct gate_admit {
	struct identity *identity;
	struct gate_ssh *ssh;
	int port, listener, wake[2];
	struct sockaddr_un at;
	pthread_t thread;
	bool running;
	pthread_mutex_t lock;
	pthread_cond_t idle;
	int requests;                            /* threads that run */
};

struct request {
	struct gate_admit *admit;
	int fd;
};

/* ---- one request ------------------------------------------------------------------------------------------------------ */

static enum rc read_line(int fd, struct buf *line)
{
	enum rc rc = fd_read_until(fd, "\n", READ_S * NS_PER_S, line);

	if (rc == RC_OK)
		buf_truncate(line, line->len - 1);
	return rc;
}

/* The line that lets the certificate in, and nothing through it but the one port. */
static enum rc put_answer(const struct gate_admit *a, struct slice key_der, struct buf *out)
{
	EVP_PKEY *key;
	enum rc rc = sshkey_from_der(key_der, &key);

	if (rc != RC_OK)
		return rc;
	buf_printf(out, "cert-authority,principals=\"phigate\",restrict,port-forwarding,permitopen=\"127.0.0.1:%d\" ", a->port);
	rc = sshkey_line(key, NULL, out);
	EVP_PKEY_free(key);
	return rc;
}

/* The certificate's form, its token, and whether the token may come with its key. */
static enum rc decide(const struct gate_admit *a, struct slice blob, struct sshcert *cert, struct token *token, struct why *why)
{
	enum rc rc = sshcert_read(blob, cert, why);

	if (rc != RC_OK)
		return rc;
	if (!cert->id_token.len)
		return why_set(why, RC_DENIED, "the certificate carries no ID token");
	return identity_admit(a->identity, buf_slice(&cert->key_der), buf_slice(&cert->id_token), buf_slice(&cert->login_token), token,
			      why);
}

static enum rc answer(const struct gate_admit *a, struct slice line, struct buf *out)
{
	const char *space = memchr(line.p, ' ', line.n);
	struct slice id = {line.p, space ? (size_t)(space - line.p) : 0};
	struct sshcert cert = {0};
	struct token token = {0};
	struct why why = {0};
	char address[64] = "";
	struct buf blob;
	bool admitted = false;
	enum rc rc;

	buf_init(&blob, GATE_ADMIT_LINE_MAX);
	rc = space ? sshkey_parse_line((struct slice){space + 1, line.n - id.n - 1}, &blob) : RC_BAD;
	if (rc != RC_OK)
		goto out;
	rc = gate_ssh_ask(a->ssh, id, buf_slice(&blob), &admitted, address);
	if (rc == RC_OK) {
		rc = decide(a, buf_slice(&blob), &cert, &token, &why);
		admitted = rc == RC_OK;
		gate_ssh_answer(a->ssh, id, buf_slice(&blob), buf_slice(&cert.key_der), token.person.user, admitted);
		if (!admitted)
			log_warn("ssh_login_refused", L_TEXT("address", address), L_RC(rc), L_TEXT("reason", why.text));
	} else if (rc == RC_CONFLICT && admitted) {
		rc = sshcert_read(buf_slice(&blob), &cert, &why);
	} else if (rc == RC_DENIED) {
		log_warn("ssh_login_refused", L_TEXT("address", address), L_TEXT("reason", "asked too often"));
	}
	if (rc == RC_OK)
		rc = put_answer(a, buf_slice(&cert.key_der), out);
out:
	sshcert_free(&cert);
	token_free(&token);
	buf_free(&blob);
	return rc;
}

static void *serve(void *arg)
{
	struct request *r = arg;
	struct gate_admit *a = r->admit;
	struct buf line, out;

	buf_init(&line, GATE_ADMIT_LINE_MAX);
	buf_init(&out, 4096);
	if (read_line(r->fd, &line) == RC_OK && answer(a, buf_slice(&line), &out) == RC_OK && out.len)
		(void)!send(r->fd, out.data, out.len, MSG_NOSIGNAL);    /* sshd that has gone away needs no answer */
	close(r->fd);
	free(r);
	buf_free(&line);
	buf_free(&out);
	pthread_mutex_lock(&a->lock);
	if (--a->requests == 0)
		pthread_cond_signal(&a->idle);
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

/* ---- listening -------------------------------------------------------------------------------------------------------- */

static bool start_thread(struct gate_admit *a, int fd)
{
	struct request *r = malloc(sizeof *r);
	pthread_attr_t attr;
	pthread_t thread;
	bool ok;

	if (!r)
		return false;
	*r = (struct request){a, fd};
	pthread_mutex_lock(&a->lock);
	ok = a->requests < REQUESTS_MAX;
	a->requests += ok;
	pthread_mutex_unlock(&a->lock);
	if (ok) {
		pthread_attr_init(&attr);
		pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
		pthread_attr_setstacksize(&attr, STACK_BYTES);
		ok = pthread_create(&thread, &attr, serve, r) == 0;
		pthread_attr_destroy(&attr);
		if (!ok) {
			pthread_mutex_lock(&a->lock);
			a->requests--;
			pthread_mutex_unlock(&a->lock);
		}
	}
	if (!ok)
		free(r);
	return ok;
}

static void *run(void *arg)
{
	struct gate_admit *a = arg;
	struct pollfd p[2] = {{a->listener, POLLIN, 0}, {a->wake[0], POLLIN, 0}};

	while (poll(p, 2, -1) >= 0 || errno == EINTR) {
		uid_t uid;
		int fd;

		if (p[1].revents)
			break;
		if (!p[0].revents)
			continue;
		fd = accept4(a->listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0) {
			if (errno == EMFILE || errno == ENFILE)
				poll(NULL, 0, 100);
			continue;
		}
		if (peer_uid(fd, &uid) != RC_OK || uid != geteuid() || !start_thread(a, fd))
			close(fd);
	}
	return NULL;
}

static enum rc open_socket(struct gate_admit *a, const char *dir, struct why *why)
{
	struct stat st;

	if (lstat(dir, &st) != 0 || !S_ISDIR(st.st_mode) || st.st_uid != geteuid() || st.st_mode & 077)
		return why_set(why, RC_DENIED, "%s must be a folder that only the agent's user may enter (chmod 700)", dir);
	a->at.sun_family = AF_UNIX;
	if (snprintf(a->at.sun_path, sizeof a->at.sun_path, "%s/authorize", dir) >= (int)sizeof a->at.sun_path)
		return why_set(why, RC_BAD, "state_dir is too long a path: sockets in it may have %zu characters",
			       sizeof a->at.sun_path - 1);
	a->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (a->listener < 0 || (unlink(a->at.sun_path) != 0 && errno != ENOENT) ||
	    bind(a->listener, (struct sockaddr *)&a->at, sizeof a->at) != 0 || chmod(a->at.sun_path, 0600) != 0 ||
	    listen(a->listener, REQUESTS_MAX) != 0 || pipe2(a->wake, O_CLOEXEC) != 0)
		return why_set(why, RC_IO, "%s: cannot listen: %s", a->at.sun_path, strerror(errno));
	return RC_OK;
}

enum rc gate_admit_start(const char *dir, int port, struct identity *identity, struct gate_ssh *ssh, struct gate_admit **out,
			 struct why *why)
{
	struct gate_admit *a = calloc(1, sizeof *a);
	enum rc rc;

	*out = NULL;
	if (!a)
		return RC_NOMEM;
	a->listener = a->wake[0] = a->wake[1] = -1;
	a->port = port;
	a->identity = identity;
	a->ssh = ssh;
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->idle, NULL);
	rc = open_socket(a, dir, why);
	if (rc == RC_OK && pthread_create(&a->thread, NULL, run, a) != 0)
		rc = why_set(why, RC_NOMEM, "cannot start a thread");
	a->running = rc == RC_OK;
	if (rc == RC_OK)
		*out = a;
	else
		gate_admit_stop(a);
	return rc;
}

const char *gate_admit_path(const struct gate_admit *admit)
{
	return admit->at.sun_path;
}

void gate_admit_stop(struct gate_admit *a)
{
	if (!a)
		return;
	if (a->running) {
		close(a->wake[1]);                       /* the thread sees the end of the pipe */
		a->wake[1] = -1;
		pthread_join(a->thread, NULL);
	}
	pthread_mutex_lock(&a->lock);
	while (a->requests)
		pthread_cond_wait(&a->idle, &a->lock);
	pthread_mutex_unlock(&a->lock);
	if (a->listener >= 0) {
		unlink(a->at.sun_path);
		close(a->listener);
	}
	for (int i = 0; i < 2; i++)
		if (a->wake[i] >= 0)
			close(a->wake[i]);
	pthread_mutex_destroy(&a->lock);
	pthread_cond_destroy(&a->idle);
	free(a);
}
