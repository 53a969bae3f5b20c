#include "tunnel.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "tunnel_private.h"
#include "wipe.h"

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

#define CHANNELS_MAX 1024
/* The agent's sshd asks for a sign of life 15 s after our last byte, and libssh2 answers it; the agent's event stream says something
 * every 25 s. So a minute of silence is the end. A question of our own would need an answer, and libssh2 1.10 keeps all answers to
 * global requests for ever. */
#define SILENCE_NS (60 * NS_PER_S)

const char *tunnel_ssh_id(const struct tunnel *t)
{
	return t->ssh_id;
}

const char *tunnel_fingerprint(const struct tunnel *t)
{
	return t->fingerprint;
}

size_t tunnel_channels(const struct tunnel *t)
{
	return t->n;
}

static struct channel_link link_of(struct tunnel *t)
{
	return (struct channel_link){t->ssh, &t->out, t->scratch};
}

/* ---- the network --------------------------------------------------------------------------------------------------------- */

enum rc tunnel_fill(struct tunnel *t)
{
	size_t room = TUNNEL_IN_MAX - queue_length(&t->in);
	char *p = room ? queue_room(&t->in, room) : NULL;
	ssize_t n;

	if (!p)
		return room ? RC_NOMEM : RC_OK;
	n = recv(t->sock, p, room, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return RC_OK;
	if (n <= 0) {
		t->ended = true;
		return RC_END;
	}
	queue_added(&t->in, (size_t)n);
	t->heard_ns = clock_mono_ns();
	return RC_OK;
}

enum rc tunnel_flush(struct tunnel *t)
{
	while (queue_length(&t->out)) {
		struct slice left = queue_slice(&t->out);
		ssize_t n = send(t->sock, left.p, left.n, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == ENOBUFS))
			return RC_OK;
		if (n < 0) {
			t->ended = true;
			return RC_END;
		}
		queue_taken(&t->out, (size_t)n);
	}
	return RC_OK;
}

/* ---- channels ------------------------------------------------------------------------------------------------------------ */

static bool make_room(struct tunnel *t)
{
	size_t room = t->room ? 2 * t->room : 16;
	struct channel **list;

	if (t->n < t->room)
		return true;
	list = realloc(t->channels, room * sizeof *list);
	if (!list)
		return false;
	t->channels = list;
	t->room = room;
	return true;
}

enum rc tunnel_carry(struct tunnel *t, int fd, enum carry carry, struct slice first)
{
	struct channel *ch = NULL;
	int on = 1;
	enum rc rc = RC_NOMEM;

	if (t->n >= CHANNELS_MAX)
		rc = RC_TOO_BIG;
	else if (make_room(t) && fcntl(fd, F_SETFL, O_NONBLOCK) == 0)
		ch = channel_new(fd, carry);
	if (!ch) {
		close(fd);
		return rc;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);        /* refused by what is no TCP socket, which needs none */
	rc = queue_add(&ch->up, first.p, first.n);
	if (rc != RC_OK) {
		channel_free(ch);
		return rc;
	}
	t->channels[t->n++] = ch;
	return RC_OK;
}

/* libssh2 opens one at a time: the one that is being opened, else the first that waits. */
static enum rc open_channels(struct tunnel *t)
{
	const struct channel_link link = link_of(t);
	struct channel *next;
	enum rc rc = RC_OK;

	do {
		next = NULL;
		for (size_t i = 0; i < t->n; i++) {
			struct channel *ch = t->channels[i];

			if (ch->state == CHANNEL_OPENING) {
				next = ch;
				break;
			}
			if (ch->state == CHANNEL_QUEUED && !next)
				next = ch;
		}
		if (next)
			rc = channel_open(next, &link, t->agent_port);
	} while (next && rc == RC_OK);
	return rc == RC_AGAIN ? RC_OK : rc;
}

static void drop_gone(struct tunnel *t)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->n; i++) {
		if (t->channels[i]->state == CHANNEL_GONE)
			channel_free(t->channels[i]);
		else
			t->channels[kept++] = t->channels[i];
	}
	t->n = kept;
}

/* Network input: libssh2 takes it in on behalf of any channel, then each channel looks for its part. */
static enum rc take_input(struct tunnel *t)
{
	const struct channel_link link = link_of(t);
	bool pumped = false;
	enum rc rc = open_channels(t);

	for (size_t i = 0; i < t->n && rc == RC_OK && !pumped; i++)
		if (t->channels[i]->state == CHANNEL_OPEN) {
			rc = channel_pump(t->channels[i], &link);
			pumped = true;
		}
	for (size_t i = 0; i < t->n && rc == RC_OK; i++)
		rc = channel_from_agent(t->channels[i], &link);
	return rc;
}

static enum rc serve_local(struct channel *ch, short revents, const struct channel_link *link)
{
	enum rc rc = RC_OK;

	if (revents & POLLOUT)
		rc = channel_to_local(ch);
	if (rc == RC_OK && (revents & POLLIN))
		rc = channel_from_local(ch, link);
	if (rc == RC_OK && (revents & (POLLERR | POLLHUP | POLLNVAL)) && !(revents & (POLLIN | POLLOUT))) {
		channel_break(ch);
		rc = channel_from_agent(ch, link);
	}
	return rc;
}

/* ---- the loop ------------------------------------------------------------------------------------------------------------ */

/* What is polled: the caller's descriptors, the network, and one for each channel in its order. */
static enum rc list_polls(struct tunnel *t, const struct pollfd *watch, size_t n)
{
	const struct channel_link link = link_of(t);
	size_t want = n + 1 + t->n;
	struct pollfd *p = t->polls;

	if (want > t->polls_room) {
		p = realloc(t->polls, 2 * want * sizeof *p);
		if (!p)
			return RC_NOMEM;
		t->polls = p;
		t->polls_room = 2 * want;
	}
	if (n)
		memcpy(p, watch, n * sizeof *watch);
	p[n] = (struct pollfd){t->sock, 0, 0};
	if (queue_length(&t->in) < TUNNEL_IN_MAX)
		p[n].events |= POLLIN;
	if (queue_length(&t->out))
		p[n].events |= POLLOUT;
	for (size_t i = 0; i < t->n; i++)
		p[n + 1 + i] = (struct pollfd){t->channels[i]->fd, channel_events(t->channels[i], &link), 0};
	return RC_OK;
}

/* One turn: poll, then serve the network and every local socket that is ready. *told: one of the caller's has an event. */
static enum rc turn(struct tunnel *t, struct pollfd *watch, size_t n, int timeout_ms, bool *told)
{
	const struct channel_link link = link_of(t);
	size_t channels = t->n;
	enum rc rc = list_polls(t, watch, n);
	int ready;

	if (rc != RC_OK)
		return rc;
	ready = poll(t->polls, (nfds_t)(n + 1 + channels), timeout_ms);
	if (ready < 0)
		return errno == EINTR ? RC_OK : RC_IO;
	for (size_t i = 0; i < n; i++) {
		watch[i].revents = t->polls[i].revents;
		*told = *told || watch[i].revents;
	}
	if (t->polls[n].revents & (POLLIN | POLLERR | POLLHUP)) {
		rc = tunnel_fill(t);
		if (rc == RC_OK)
			rc = take_input(t);
	}
	for (size_t i = 0; i < channels && rc == RC_OK; i++)
		if (t->polls[n + 1 + i].revents)
			rc = serve_local(t->channels[i], t->polls[n + 1 + i].revents, &link);
	drop_gone(t);
	if (rc == RC_OK)
		rc = open_channels(t);
	return rc == RC_OK ? tunnel_flush(t) : rc;
}

static int sooner_ms(int64_t until_ns, int64_t other_ns)
{
	int64_t left = (until_ns && until_ns < other_ns ? until_ns : other_ns) - clock_mono_ns();

	return left <= 0 ? 0 : (int)(left / NS_PER_MS) + 1;
}

enum rc tunnel_run(struct tunnel *t, struct pollfd *watch, size_t n, int timeout_ms, struct why *why)
{
	int64_t until_ns = timeout_ms < 0 ? 0 : clock_mono_ns() + timeout_ms * NS_PER_MS;
	bool told = false;
	enum rc rc = t->ended ? RC_END : open_channels(t);

	if (rc == RC_OK)
		rc = tunnel_flush(t);
	while (rc == RC_OK && !told) {
		rc = turn(t, watch, n, sooner_ms(until_ns, t->heard_ns + SILENCE_NS), &told);
		if (rc != RC_OK || told)
			break;
		if (clock_mono_ns() >= t->heard_ns + SILENCE_NS) {
			t->ended = true;
			return why_set(why, RC_END, "agent %s has been silent for a minute", t->agent->name);
		}
		if (until_ns && clock_mono_ns() >= until_ns)
			return RC_TIMEOUT;
	}
	if (rc == RC_OK)
		return RC_OK;
	t->ended = true;
	return rc == RC_END ? why_set(why, rc, "the SSH connection to agent %s has ended", t->agent->name)
		: why_set(why, rc, "the SSH connection to agent %s failed: %s", t->agent->name, rc_name(rc));
}

void tunnel_close(struct tunnel *t)
{
	if (!t)
		return;
	if (t->ssh && !t->ended) {
		libssh2_session_disconnect(t->ssh, "bye");
		if (tunnel_flush(t) != RC_OK)
			t->ended = true;                 /* it was going to end */
	}
	t->ended = true;
	for (size_t i = 0; i < t->n; i++)
		channel_break(t->channels[i]);
	/* with the network gone nothing is left to wait for, but libssh2 finds that out one step at a time */
	while (t->ssh && libssh2_session_free(t->ssh) == LIBSSH2_ERROR_EAGAIN)
		continue;
	for (size_t i = 0; i < t->n; i++)
		channel_free(t->channels[i]);
	if (t->sock >= 0)
		close(t->sock);
	if (t->scratch)
		wipe(t->scratch, CHANNEL_SCRATCH);
	free(t->scratch);
	free(t->channels);
	free(t->polls);
	queue_free(&t->in);
	queue_free(&t->out);
	free(t);
}
