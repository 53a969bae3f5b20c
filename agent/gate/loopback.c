#include "loopback.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "control.h"
#include "digest.h"
#include "encode.h"
#include "exchange.h"
#include "fiber.h"
#include "log.h"
#include "metrics.h"
#include "peer.h"
#include "preface.h"
#include "session.h"
#include "sshkey.h"
#include "wait.h"
#include "wipe.h"

#define BACKLOG 512
#if defined(__SANITIZE_ADDRESS__)
#define STACK_BYTES (1 << 20)
#else
#define STACK_BYTES (256 << 10)
#endif
#define LOOPS_MIN 2                              /* so that one that is busy does not stop all */

/* UNPROVED -> one of the others, once. */
enum channel_state { UNPROVED, DATA, CONTROL, CROWDED_OUT };
#define N_STATES 4

struct channel {
	struct channel *next;
	struct loopback *loopback;
	int fd;
	enum channel_state state;
	struct preface preface;
};

struct loopback {
	struct agent *agent;
	int listener, wake;
	const char *fingerprint;
	uid_t uid;
	pthread_t thread;
	bool running;
	struct fibers *fibers;                   /* of new channels and of data */
	pthread_attr_t attr;                     /* of control's threads */
	pthread_mutex_t lock;
	pthread_cond_t empty;
	struct channel *list;                    /* the newest first */
	int64_t n, n_in[N_STATES];               /* all channels, and those in each state */
	uint64_t opened, foreign, crowded_out, unproved_refused;
};

/* ---- the life of a channel -------------------------------------------------------------------------------------------- */

static enum rc greet(int fd, char challenge[PREFACE_CHALLENGE_LEN + 1])
{
	unsigned char raw[32];
	struct buf line;
	enum rc rc;

	random_bytes(raw, sizeof raw);
	buf_init(&line, 128);
	buf_puts(&line, "PHIGATE/1 ");
	base64url_encode(raw, sizeof raw, &line);
	rc = buf_puts(&line, "\r\n");
	if (rc == RC_OK) {
		memcpy(challenge, line.data + 10, PREFACE_CHALLENGE_LEN);
		challenge[PREFACE_CHALLENGE_LEN] = '\0';
		if (send(fd, line.data, line.len, MSG_NOSIGNAL) != (ssize_t)line.len)
			rc = RC_IO;
	}
	buf_free(&line);
	return rc;
}

/* The client's first line and not a byte more: what follows is HTTP, for others to read. RC_OK, RC_END, RC_TIMEOUT. */
static enum rc read_preface(int fd, struct preface *out)
{
	int64_t until = clock_mono_ns() + LOOPBACK_PREFACE_S * NS_PER_S;
	char line[PREFACE_LINE_MAX];
	size_t have = 0;
	enum rc rc = RC_AGAIN;

	while (rc == RC_AGAIN) {
		enum rc ready = wait_ready(fd, POLLIN, -1, -1, until);
		size_t used = 0;
		ssize_t n;

		if (ready != RC_OK) {
			rc = ready;
			break;
		}
		n = recv(fd, line + have, sizeof line - have, MSG_PEEK | MSG_DONTWAIT);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0) {
			rc = RC_END;
			break;
		}
		rc = preface_parse((struct slice){line, have + (size_t)n}, out, &used);
		/* without LF all that is there belongs to the line */
		n = recv(fd, line + have, rc == RC_OK ? used - have : (size_t)n, 0);
		if (n <= 0)
			rc = RC_END;
		else
			have += (size_t)n;
	}
	wait_unread(fd);
	wipe(line, sizeof line);
	return rc;
}

/* With the lock held. */
static void set_state(struct channel *ch, enum channel_state state)
{
	ch->loopback->n_in[ch->state]--;
	ch->loopback->n_in[state]++;
	ch->state = state;
}

/* The channel has shown what it is. Data and control channels have limits.connections places each, so that a crowd of requests
 * never keeps out who wants to end it. */
static enum rc admit(struct channel *ch, enum channel_state state)
{
	struct loopback *l = ch->loopback;
	enum rc rc = RC_OK;

	pthread_mutex_lock(&l->lock);
	if (ch->state == CROWDED_OUT)
		rc = RC_CANCELLED;
	else if (l->n_in[state] >= l->agent->config->limits.connections)
		rc = RC_TOO_BIG;
	else
		set_state(ch, state);
	pthread_mutex_unlock(&l->lock);
	if (rc == RC_TOO_BIG)
		log_warn("channel_refused", L_TEXT("reason", "limits.connections"));
	return rc;
}

static enum rc serve_data(struct channel *ch)
{
	struct loopback *l = ch->loopback;
	struct session *session = session_by_key(l->agent->sessions, slice_str(ch->preface.session_key));
	enum rc rc = RC_NOT_FOUND;

	wipe(&ch->preface, sizeof ch->preface);
	if (!session)
		return rc;
	rc = admit(ch, DATA);
	if (rc == RC_OK)
		exchange_serve(l->agent, session, ch->fd);
	session_unref(session);
	return rc;
}

static struct slice key_of(const struct preface *p)
{
	return (struct slice){(const char *)p->key_der, p->key_der_n};
}

static enum rc prove(struct channel *ch, const char *challenge)
{
	const struct preface *p = &ch->preface;
	enum rc rc = possession_verify(key_of(p), challenge, ch->loopback->fingerprint,
				       (struct slice){(const char *)p->sig_der, p->sig_der_n});

	return rc == RC_OK ? admit(ch, CONTROL) : rc;
}

/* Out of the list before the descriptor closes, so that nobody shuts down another one that got its number. */
static void leave(struct channel *ch, enum rc rc)
{
	struct loopback *l = ch->loopback;
	struct channel **at = &l->list;

	pthread_mutex_lock(&l->lock);
	while (*at != ch)
		at = &(*at)->next;
	*at = ch->next;
	l->n_in[ch->state]--;
	if (ch->state == UNPROVED) {
		l->unproved_refused++;
		log_debug("channel_refused", L_RC(rc));
	}
	wait_close(ch->fd);
	wipe(&ch->preface, sizeof ch->preface);
	free(ch);
	if (--l->n == 0)
		pthread_cond_signal(&l->empty);
	pthread_mutex_unlock(&l->lock);
}

static void *control_main(void *arg)
{
	struct channel *ch = arg;

	control_serve(ch->loopback->agent, key_of(&ch->preface), ch->fd);
	leave(ch, RC_OK);
	return NULL;
}

/* Control calls wait for the store, the provider and the disk: each such channel has a thread. */
static enum rc give_to_thread(struct channel *ch)
{
	pthread_t thread;

	wait_forget(ch->fd);
	if (pthread_create(&thread, &ch->loopback->attr, control_main, ch) == 0)
		return RC_OK;
	log_error("channel_refused", L_TEXT("reason", "cannot start a thread"));
	return RC_IO;
}

static void channel_main(void *arg)
{
	char challenge[PREFACE_CHALLENGE_LEN + 1];
	struct channel *ch = arg;
	enum rc rc = greet(ch->fd, challenge);

	if (rc == RC_OK)
		rc = read_preface(ch->fd, &ch->preface);
	if (rc == RC_OK && ch->preface.kind == PREFACE_DATA) {
		rc = serve_data(ch);
	} else if (rc == RC_OK) {
		rc = prove(ch, challenge);
		if (rc == RC_OK && give_to_thread(ch) == RC_OK)
			return;
	}
	leave(ch, rc);
}

/* ---- listening -------------------------------------------------------------------------------------------------------- */

/* With the lock held. */
static void crowd_out(struct loopback *l)
{
	struct channel *oldest = NULL;

	for (struct channel *ch = l->list; ch; ch = ch->next)
		if (ch->state == UNPROVED)
			oldest = ch;
	if (oldest) {
		set_state(oldest, CROWDED_OUT);
		shutdown(oldest->fd, SHUT_RDWR);         /* its fiber sees the end and closes it */
		l->crowded_out++;
	}
}

static void open_channel(struct loopback *l, int fd)
{
	struct channel *ch = calloc(1, sizeof *ch);
	int on = 1;

	if (!ch) {
		close(fd);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	*ch = (struct channel){.loopback = l, .fd = fd};
	pthread_mutex_lock(&l->lock);
	if (l->n_in[UNPROVED] >= LOOPBACK_UNPROVED_MAX)
		crowd_out(l);
	if (fiber_start(l->fibers, channel_main, ch) == RC_OK) {
		ch->next = l->list;
		l->list = ch;
		l->n++;
		l->n_in[UNPROVED]++;
		l->opened++;
		ch = NULL;
	} else {
		log_error("channel_refused", L_TEXT("reason", "no memory for a channel"));
	}
	pthread_mutex_unlock(&l->lock);
	if (ch) {
		close(fd);
		free(ch);
	}
}

static void *run(void *arg)
{
	struct loopback *l = arg;
	struct pollfd p[2] = {{l->listener, POLLIN, 0}, {l->wake, POLLIN, 0}};

	while (poll(p, 2, -1) >= 0 || errno == EINTR) {
		uid_t uid;
		int fd;

		if (p[1].revents)
			break;
		if (!p[0].revents)
			continue;
		fd = accept4(l->listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0) {
			if (errno == EMFILE || errno == ENFILE) {
				log_error("channel_refused", L_TEXT("reason", strerror(errno)));
				poll(NULL, 0, 100);
			}
			continue;
		}
		if (peer_uid(fd, &uid) == RC_OK && uid == l->uid) {
			open_channel(l, fd);
			continue;
		}
		close(fd);
		pthread_mutex_lock(&l->lock);
		l->foreign++;
		pthread_mutex_unlock(&l->lock);
		log_warn("channel_refused", L_TEXT("reason", "the socket is not the agent's account's"));
	}
	return NULL;
}

static int loops(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < LOOPS_MIN ? LOOPS_MIN : (int)n;
}

enum rc loopback_start(struct agent *agent, int listener, const char *host_key_fingerprint, struct loopback **out, struct why *why)
{
	struct loopback *l = calloc(1, sizeof *l);

	*out = NULL;
	if (!l)
		return RC_NOMEM;
	*l = (struct loopback){.agent = agent, .listener = listener, .fingerprint = host_key_fingerprint, .uid = geteuid()};
	pthread_mutex_init(&l->lock, NULL);
	clock_cond_init(&l->empty);
	pthread_attr_init(&l->attr);
	pthread_attr_setdetachstate(&l->attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&l->attr, STACK_BYTES);
	l->wake = eventfd(0, EFD_CLOEXEC);
	if (l->wake >= 0 && fibers_start(loops(), STACK_BYTES, &l->fibers) == RC_OK && fcntl(listener, F_SETFL, O_NONBLOCK) == 0 && listen(listener, BACKLOG) == 0 &&
	    pthread_create(&l->thread, NULL, run, l) == 0) {
		l->running = true;
		*out = l;
		return RC_OK;
	}
	loopback_free(l);
	return why_set(why, RC_IO, "cannot listen on 127.0.0.1: %s", strerror(errno));
}

enum rc loopback_close(struct loopback *l, int64_t wait_ns)
{
	const uint64_t one = 1;
	struct timespec until;
	int waited = 0;
	bool empty;

	if (l->running && write(l->wake, &one, sizeof one) == (ssize_t)sizeof one) {
		pthread_join(l->thread, NULL);
		l->running = false;
	}
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += wait_ns / NS_PER_S;
	pthread_mutex_lock(&l->lock);
	for (struct channel *ch = l->list; ch; ch = ch->next)
		shutdown(ch->fd, SHUT_RDWR);
	while (l->n && waited == 0)
		waited = pthread_cond_timedwait(&l->empty, &l->lock, &until);
	empty = l->n == 0;
	pthread_mutex_unlock(&l->lock);
	return empty ? RC_OK : RC_TIMEOUT;
}

void loopback_free(struct loopback *l)
{
	if (!l)
		return;
	fibers_stop(l->fibers);
	if (l->wake >= 0)
		close(l->wake);
	pthread_attr_destroy(&l->attr);
	pthread_mutex_destroy(&l->lock);
	pthread_cond_destroy(&l->empty);
	free(l);
}

void loopback_metrics(struct loopback *l)
{
	pthread_mutex_lock(&l->lock);
	metrics_set(METRIC_CHANNELS, (double)l->n_in[DATA], METRIC_OF("data"));
	metrics_set(METRIC_CHANNELS, (double)l->n_in[CONTROL], METRIC_OF("control"));
	metrics_set(METRIC_CHANNELS_OPENED, (double)l->opened, METRIC_PLAIN);
	metrics_set(METRIC_CHANNELS_REFUSED, (double)l->foreign, METRIC_OF("account"));
	metrics_set(METRIC_CHANNELS_REFUSED, (double)l->unproved_refused, METRIC_OF("unproved"));
	metrics_set(METRIC_CHANNELS_REFUSED, (double)l->crowded_out, METRIC_OF("crowd"));
	pthread_mutex_unlock(&l->lock);
}
