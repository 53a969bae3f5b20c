#include "gate_ssh.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "digest.h"
#include "encode.h"
#include "gate_rate.h"
#include "log.h"
#include "metrics.h"

#define KEY_DER_MAX 128
#define BACKLOG 128

/* What sshd writes once a login has succeeded (auth.c, auth_log()), and when it refuses a channel (channels.c). */
static const char ACCEPTED[] = "Accepted publickey for ";
static const char REFUSED_CHANNEL[] = "Received request";

enum state { WAITING, LOGGED_IN, ENDED };

/* What authorize was told about one certificate. */
struct answer {
	unsigned char blob_sha256[SHA256_LEN];
	bool decided, admitted;
	unsigned char key_der[KEY_DER_MAX];      /* admitted: the key that it certifies, and whose token it carries */
	size_t key_der_n;
	char user[128];
};

struct tunnel {
	struct tunnel *next;
	uint64_t serial;
	char id[GATE_ID_LEN + 1], address[64];
	struct origin origin;
	enum state state;
	pid_t group;                             /* sshd's process id and group */
	int pidfd, log_fd;
	int64_t started_ns;
	struct answer answers[GATE_SSH_ANSWERS];
	int asked;
	/* The answer given last. sshd asks again just before it checks a signature, so when it says that it has accepted a key, it
	 * is this one, whatever other certificates were asked about before. */
	const struct answer *current;
	char line[32];                           /* the beginning of sshd's current log line */
	size_t line_n;
};

struct gate_ssh {
	struct gate_ssh_options options;
	pthread_mutex_t lock;
	pthread_cond_t empty;
	pthread_t thread;
	bool running, closed;                    /* closed: accept no more */
	int epoll, wake;
	uint64_t serials;
	struct tunnel *list;             /* the newest first */
	int64_t n, n_waiting;
	struct gate_rate *rate;
	uint64_t starts, rate_refused, dropped, timed_out, logins, logins_refused, channels_refused;
};

/* Events carry a connection's serial number, not its address: it may be gone by the time that they are looked at. */
enum source { SOURCE_LISTENER, SOURCE_WAKE, SOURCE_PID, SOURCE_LOG };
#define SOURCE_OF(data) ((enum source)((data) & 3))
#define SERIAL_OF(data) ((data) >> 2)

static bool watch(struct gate_ssh *s, int fd, enum source source, uint64_t serial)
{
	struct epoll_event e = {.events = EPOLLIN, .data.u64 = serial << 2 | source};

	return epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e) == 0;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* ---- one connection's life; all with the lock held ------------------------------------------------------------------ */

/* The one place where a connection's state changes: WAITING -> LOGGED_IN -> ENDED, or WAITING -> ENDED. */
static void set_state(struct gate_ssh *s, struct tunnel *c, enum state state)
{
	if (c->state == WAITING && state != WAITING)
		s->n_waiting--;
	c->state = state;
	if (state == LOGGED_IN) {
		s->logins++;
		log_info("ssh_login", L_TEXT("ssh", c->id), L_TEXT("address", c->address), L_TEXT("user", c->current->user));
	}
}

/* From here on it answers nobody; the process is reaped when its pidfd says that it has died. */
static void end(struct gate_ssh *s, struct tunnel *c)
{
	set_state(s, c, ENDED);
	kill(-c->group, SIGKILL);
}

static void end_line(struct gate_ssh *s, struct tunnel *c)
{
	if (c->state == WAITING && c->current && c->current->admitted && c->line_n >= sizeof ACCEPTED - 1 &&
	    memcmp(c->line, ACCEPTED, sizeof ACCEPTED - 1) == 0)
		set_state(s, c, LOGGED_IN);
	else if (c->line_n >= sizeof REFUSED_CHANNEL - 1 && memcmp(c->line, REFUSED_CHANNEL, sizeof REFUSED_CHANNEL - 1) == 0)
		s->channels_refused++;
	c->line_n = 0;
}

/* Count sshd's log lines by how they begin. What the caller wrote stands in them, so none is copied anywhere. */
static void read_log(struct gate_ssh *s, struct tunnel *c)
{
	char piece[1024];
	ssize_t n;

	if (c->log_fd < 0)
		return;
	while ((n = read(c->log_fd, piece, sizeof piece)) > 0 || (n < 0 && errno == EINTR))
		for (ssize_t i = 0; i < n; i++)
			if (piece[i] == '\n')
				end_line(s, c);
			else if (c->line_n < sizeof c->line)
				c->line[c->line_n++] = piece[i];
	if (n == 0)
		close_fd(&c->log_fd);
}

/* sshd has died: end what it left behind while its number still means its group, then reap it. */
static void bury(struct gate_ssh *s, struct tunnel *c)
{
	struct tunnel **at = &s->list;

	read_log(s, c);
	end(s, c);
	keeper_forget(s->options.keeper, c->group);
	while (waitpid(c->group, NULL, 0) < 0 && errno == EINTR)
		continue;
	close_fd(&c->log_fd);
	close_fd(&c->pidfd);
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	if (--s->n == 0)
		pthread_cond_signal(&s->empty);
	log_debug("ssh_closed", L_TEXT("ssh", c->id), L_NUM("open", s->n));
	free(c);
}

/* The oldest connection that waits; of this origin unless it is NULL. */
static struct tunnel *oldest_waiting(struct gate_ssh *s, const struct origin *origin, int *n)
{
	struct tunnel *oldest = NULL;

	*n = 0;
	for (struct tunnel *c = s->list; c; c = c->next)
		if (c->state == WAITING && (!origin || origin_is(&c->origin, origin))) {
			oldest = c;                      /* the list begins with the newest */
			++*n;
		}
	return oldest;
}

static void make_room(struct gate_ssh *s, const struct origin *origin)
{
	struct tunnel *oldest;
	int n;

	oldest = oldest_waiting(s, origin, &n);
	if (n < GATE_SSH_WAITING_PER_ORIGIN) {
		oldest = oldest_waiting(s, NULL, &n);
		if (n < GATE_SSH_WAITING_MAX)
			return;
	}
	s->dropped++;
	log_warn("ssh_dropped", L_TEXT("address", oldest->address), L_TEXT("reason", "too many connections wait for login"));
	end(s, oldest);
}

static void make_id(char id[GATE_ID_LEN + 1])
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

	random_bytes(id, GATE_ID_LEN);
	for (size_t i = 0; i < GATE_ID_LEN; i++)
		id[i] = digits[(unsigned char)id[i] % 64];
	id[GATE_ID_LEN] = '\0';
}

/* In the child: nothing but async-signal-safe calls, for other threads may hold any lock. */
_Noreturn static void become_sshd(const struct gate_ssh *s, const struct sshd_command *command, int sock, int log_fd)
{
	static char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C", NULL};
	sigset_t none;

	sigemptyset(&none);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (keeper_enter(s->options.keeper) == 0 && dup2(sock, 0) == 0 && dup2(sock, 1) == 1 && dup2(log_fd, 2) == 2 &&
	    close_range(3, ~0U, 0) == 0 && chdir("/") == 0)
		execve(command->argv[0], command->argv, environment);
	_exit(127);
}

static bool spawn(struct gate_ssh *s, struct tunnel *c, int sock)
{
	struct sshd_command command;
	int pipe_fd[2] = {-1, -1};
	bool ok = false;

	if (sshd_command_make(&s->options.sshd, c->id, &command) != RC_OK)
		return false;
	if (pipe2(pipe_fd, O_CLOEXEC) != 0 || fcntl(pipe_fd[0], F_SETFL, O_NONBLOCK) != 0)
		goto out;
	c->group = fork();
	if (c->group == 0)
		become_sshd(s, &command, sock, pipe_fd[1]);
	if (c->group < 0)
		goto out;
	setpgid(c->group, c->group);                            /* whoever of the two comes first */
	c->pidfd = pidfd_open(c->group, 0);
	ok = c->pidfd >= 0 && watch(s, c->pidfd, SOURCE_PID, c->serial) && watch(s, pipe_fd[0], SOURCE_LOG, c->serial);
	if (ok) {
		c->log_fd = pipe_fd[0];
		pipe_fd[0] = -1;
	} else {
		kill(-c->group, SIGKILL);
		keeper_forget(s->options.keeper, c->group);
		while (waitpid(c->group, NULL, 0) < 0 && errno == EINTR)
			continue;
		close_fd(&c->pidfd);
	}
out:
	close_fd(&pipe_fd[0]);
	close_fd(&pipe_fd[1]);
	sshd_command_free(&command);
	return ok;
}

static void start(struct gate_ssh *s, int sock, const struct sockaddr_storage *peer)
{
	struct tunnel *c = calloc(1, sizeof *c);
	int on = 1;

	if (!c)
		return;
	c->pidfd = c->log_fd = -1;
	c->serial = ++s->serials;
	c->origin = origin_of(peer);
	c->started_ns = clock_mono_ns();
	origin_text(peer, c->address);
	make_id(c->id);
	setsockopt(sock, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);     /* else 44 ms at the 99th percentile */
	if (!spawn(s, c, sock)) {
		log_error("ssh_start_failed", L_TEXT("address", c->address), L_TEXT("reason", strerror(errno)));
		free(c);
		return;
	}
	c->next = s->list;
	s->list = c;
	s->n++;
	s->n_waiting++;
	s->starts++;
	log_debug("ssh_start", L_TEXT("ssh", c->id), L_TEXT("address", c->address), L_NUM("open", s->n));
}

/* ---- the thread ----------------------------------------------------------------------------------------------------- */

static void accept_one(struct gate_ssh *s)
{
	struct sockaddr_storage peer = {0};
	socklen_t n = sizeof peer;
	int sock = accept4(s->options.listener, (struct sockaddr *)&peer, &n, SOCK_CLOEXEC);
	struct origin origin = origin_of(&peer);
	char address[64];

	if (sock < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			log_error("ssh_accept_failed", L_TEXT("reason", strerror(errno)));
			poll(NULL, 0, 100);              /* until something has closed */
		}
		return;
	}
	origin_text(&peer, address);
	pthread_mutex_lock(&s->lock);
	if (s->closed) {
		/* stopping */
	} else if (!gate_rate_take(s->rate, &origin, clock_mono_ns())) {
		if (s->rate_refused++ % 100 == 0)
			log_warn("ssh_refused", L_TEXT("address", address), L_TEXT("reason", "ssh_starts_per_minute"));
	} else if (s->n >= s->options.connections_max) {
		log_warn("ssh_refused", L_TEXT("address", address), L_TEXT("reason", "limits.connections"));
	} else {
		make_room(s, &origin);
		start(s, sock, &peer);
	}
	pthread_mutex_unlock(&s->lock);
	close(sock);
}

static struct tunnel *by_serial(struct gate_ssh *s, uint64_t serial)
{
	struct tunnel *c = s->list;

	while (c && c->serial != serial)
		c = c->next;
	return c;
}

/* End those that have waited too long; milliseconds until the next one will have, -1 when none waits. */
static int expire(struct gate_ssh *s)
{
	int64_t now = clock_mono_ns(), next = INT64_MAX;

	for (struct tunnel *c = s->list; c; c = c->next) {
		int64_t until = c->started_ns + GATE_SSH_LOGIN_S * NS_PER_S;

		if (c->state != WAITING)
			continue;
		if (until <= now) {
			s->timed_out++;
			log_info("ssh_timed_out", L_TEXT("ssh", c->id), L_TEXT("address", c->address));
			end(s, c);
		} else if (until < next) {
			next = until;
		}
	}
	return next == INT64_MAX ? -1 : (int)((next - now) / NS_PER_MS) + 1;
}

static void *run(void *arg)
{
	struct gate_ssh *s = arg;
	struct epoll_event events[64];
	bool running = true;

	while (running) {
		int timeout_ms, n;

		pthread_mutex_lock(&s->lock);
		timeout_ms = expire(s);
		pthread_mutex_unlock(&s->lock);
		n = epoll_wait(s->epoll, events, 64, timeout_ms);
		for (int i = 0; i < n; i++) {
			enum source source = SOURCE_OF(events[i].data.u64);
			struct tunnel *c;

			if (source == SOURCE_LISTENER) {
				accept_one(s);
				continue;
			}
			pthread_mutex_lock(&s->lock);
			c = by_serial(s, SERIAL_OF(events[i].data.u64));
			if (source == SOURCE_WAKE)
				running = false;
			else if (c && source == SOURCE_PID)
				bury(s, c);
			else if (c)
				read_log(s, c);
			pthread_mutex_unlock(&s->lock);
		}
	}
	return NULL;
}

enum rc gate_ssh_new(const struct gate_ssh_options *options, struct gate_ssh **out, struct why *why)
{
	struct gate_ssh *s = calloc(1, sizeof *s);

	*out = NULL;
	if (!s)
		return RC_NOMEM;
	s->options = *options;
	pthread_mutex_init(&s->lock, NULL);
	clock_cond_init(&s->empty);
	s->rate = gate_rate_new(options->starts_per_minute);
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	s->wake = eventfd(0, EFD_CLOEXEC);
	if (s->rate && s->epoll >= 0 && s->wake >= 0) {
		*out = s;
		return RC_OK;
	}
	gate_ssh_free(s);
	return why_set(why, RC_IO, "cannot prepare to listen for SSH: %s", strerror(errno));
}

enum rc gate_ssh_start(struct gate_ssh *s, struct why *why)
{
	int fd = s->options.listener, flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 || listen(fd, BACKLOG) != 0 || !watch(s, fd, SOURCE_LISTENER, 0) ||
	    !watch(s, s->wake, SOURCE_WAKE, 0))
		return why_set(why, RC_IO, "cannot listen for SSH: %s", strerror(errno));
	if (pthread_create(&s->thread, NULL, run, s) != 0)
		return why_set(why, RC_NOMEM, "cannot start a thread");
	s->running = true;
	return RC_OK;
}

void gate_ssh_end_all(struct gate_ssh *s)
{
	pthread_mutex_lock(&s->lock);
	s->closed = true;
	for (struct tunnel *c = s->list; c; c = c->next)
		end(s, c);
	pthread_mutex_unlock(&s->lock);
}

void gate_ssh_drain(struct gate_ssh *s, int64_t wait_ns)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += wait_ns / NS_PER_S;
	pthread_mutex_lock(&s->lock);
	s->closed = true;
	for (struct tunnel *c = s->list; c; c = c->next)
		if (c->state == WAITING)
			end(s, c);
	while (s->n && pthread_cond_timedwait(&s->empty, &s->lock, &until) == 0)
		continue;
	pthread_mutex_unlock(&s->lock);
}

void gate_ssh_free(struct gate_ssh *s)
{
	const uint64_t one = 1;

	if (!s)
		return;
	gate_ssh_end_all(s);
	if (s->running && write(s->wake, &one, sizeof one) == (ssize_t)sizeof one)
		pthread_join(s->thread, NULL);
	while (s->list)
		bury(s, s->list);
	close_fd(&s->epoll);
	close_fd(&s->wake);
	gate_rate_free(s->rate);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->empty);
	free(s);
}

/* ---- what others ask ------------------------------------------------------------------------------------------------ */

static struct tunnel *by_id(struct gate_ssh *s, struct slice id)
{
	struct tunnel *c = s->list;

	while (c && !slice_is(id, c->id))
		c = c->next;
	return c;
}

static struct answer *find_answer(struct tunnel *c, struct slice blob)
{
	unsigned char sum[SHA256_LEN];

	sha256(blob.p, blob.n, sum);
	for (int i = 0; i < GATE_SSH_ANSWERS; i++)
		if (c->answers[i].decided && memcmp(c->answers[i].blob_sha256, sum, sizeof sum) == 0)
			return &c->answers[i];
	return NULL;
}

enum rc gate_ssh_ask(struct gate_ssh *s, struct slice id, struct slice blob, bool *admitted, char address[64])
{
	struct tunnel *c;
	enum rc rc = RC_NOT_FOUND;

	pthread_mutex_lock(&s->lock);
	c = by_id(s, id);
	if (c)
		read_log(s, c);                          /* once logged in there is nothing left to ask */
	if (c && c->state == WAITING) {
		const struct answer *before = find_answer(c, blob);

		memcpy(address, c->address, sizeof c->address);
		if (c->asked >= GATE_SSH_ANSWERS)
			rc = RC_DENIED;
		else
			rc = before ? RC_CONFLICT : RC_OK;
		if (rc != RC_DENIED)
			c->asked++;
		if (rc == RC_CONFLICT) {
			*admitted = before->admitted;
			c->current = before;
		}
	}
	pthread_mutex_unlock(&s->lock);
	return rc;
}

void gate_ssh_answer(struct gate_ssh *s, struct slice id, struct slice blob, struct slice key_der, const char *user, bool admitted)
{
	struct tunnel *c;
	struct answer *a = NULL;

	pthread_mutex_lock(&s->lock);
	c = by_id(s, id);
	for (int i = 0; c && c->state == WAITING && !a && i < GATE_SSH_ANSWERS; i++)
		if (!c->answers[i].decided)
			a = &c->answers[i];
	if (a) {
		*a = (struct answer){.decided = true, .admitted = admitted && key_der.n <= sizeof a->key_der};
		sha256(blob.p, blob.n, a->blob_sha256);
		if (a->admitted) {
			memcpy(a->key_der, key_der.p, key_der.n);
			a->key_der_n = key_der.n;
			strncpy(a->user, user ? user : "", sizeof a->user - 1);
		}
		c->current = a;
		s->logins_refused += !a->admitted;
	}
	pthread_mutex_unlock(&s->lock);
}

enum rc gate_ssh_login(struct gate_ssh *s, struct slice key_der, struct slice id, char address[64], char own_id[GATE_ID_LEN + 1])
{
	struct tunnel *found = NULL;

	pthread_mutex_lock(&s->lock);
	for (struct tunnel *c = s->list; c; c = c->next) {
		read_log(s, c);                          /* sshd says so before the client can open a channel */
		if (c->state != LOGGED_IN || c->current->key_der_n != key_der.n ||
		    memcmp(c->current->key_der, key_der.p, key_der.n) != 0)
			continue;
		if (!found || slice_is(id, c->id))       /* the newest comes first */
			found = c;
	}
	if (found) {
		memcpy(address, found->address, sizeof found->address);
		memcpy(own_id, found->id, sizeof found->id);
	}
	pthread_mutex_unlock(&s->lock);
	return found ? RC_OK : RC_NOT_FOUND;
}

void gate_ssh_end(struct gate_ssh *s, const char *id)
{
	struct tunnel *c;

	pthread_mutex_lock(&s->lock);
	c = by_id(s, slice_str(id));
	if (c)
		end(s, c);
	pthread_mutex_unlock(&s->lock);
}

void gate_ssh_metrics(struct gate_ssh *s)
{
	pthread_mutex_lock(&s->lock);
	metrics_set(METRIC_SSH_CONNECTIONS, (double)s->n, METRIC_PLAIN);
	metrics_set(METRIC_SSH_WAITING, (double)s->n_waiting, METRIC_PLAIN);
	metrics_set(METRIC_SSH_STARTS, (double)s->starts, METRIC_PLAIN);
	metrics_set(METRIC_SSH_LOGINS, (double)s->logins, METRIC_PLAIN);
	metrics_set(METRIC_SSH_REFUSED, (double)s->logins_refused, METRIC_OF("token"));
	metrics_set(METRIC_SSH_REFUSED, (double)s->rate_refused, METRIC_OF("rate"));
	metrics_set(METRIC_SSH_REFUSED, (double)s->dropped, METRIC_OF("crowd"));
	metrics_set(METRIC_SSH_REFUSED, (double)s->timed_out, METRIC_OF("timeout"));
	metrics_set(METRIC_CHANNELS_REFUSED, (double)s->channels_refused, METRIC_OF("port"));
	pthread_mutex_unlock(&s->lock);
}
