#include "channel.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "preface.h"
#include "sshkey.h"

#define UP_MAX ((size_t)64 << 10)
#define PACKET_BYTES ((size_t)32700)             /* libssh2 takes no more at once */
#define TURN_BYTES ((size_t)256 << 10)           /* from one local socket before it is another one's turn */
#define PACKET_MAX 32768                         /* RFC 4253 section 6.1 */

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0                           /* where it is missing SIGPIPE is ignored by the program */
#endif

static void set_state(struct channel *ch, enum channel_state next)
{
	static const unsigned legal[] = {
		[CHANNEL_QUEUED] = 1u << CHANNEL_OPENING | 1u << CHANNEL_GONE,
		[CHANNEL_OPENING] = 1u << CHANNEL_OPEN | 1u << CHANNEL_GONE,
		[CHANNEL_OPEN] = 1u << CHANNEL_CLOSING,
		[CHANNEL_CLOSING] = 1u << CHANNEL_GONE,
		[CHANNEL_GONE] = 0,
	};

	assert(legal[ch->state] & 1u << next);
	ch->state = next;
}

struct channel *channel_new(int fd, enum carry carry)
{
	struct channel *ch = calloc(1, sizeof *ch);

	if (!ch)
		return NULL;
	*ch = (struct channel){.state = CHANNEL_QUEUED, .fd = fd, .carry = carry, .greeted = carry == CARRY_PLAIN};
	queue_init(&ch->up, UP_MAX);
	queue_init(&ch->down, CHANNEL_WINDOW);
	return ch;
}

static void close_local(struct channel *ch)
{
	if (ch->fd >= 0)
		close(ch->fd);
	ch->fd = -1;
}

void channel_free(struct channel *ch)
{
	if (!ch)
		return;
	close_local(ch);
	queue_free(&ch->up);
	queue_free(&ch->down);
	free(ch);
}

void channel_break(struct channel *ch)
{
	const struct linger reset = {.l_onoff = 1, .l_linger = 0};

	if (ch->fd >= 0)
		setsockopt(ch->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	close_local(ch);
	if (ch->state == CHANNEL_QUEUED)
		set_state(ch, CHANNEL_GONE);
	else if (ch->state == CHANNEL_OPEN)
		set_state(ch, CHANNEL_CLOSING);
}

/* ---- opening and closing ------------------------------------------------------------------------------------------------- */

/* libssh2 waits for the other side's word, which comes with the network's input. */
static enum rc finish(struct channel *ch)
{
	if (libssh2_channel_free(ch->ssh) == LIBSSH2_ERROR_EAGAIN)
		return RC_OK;
	ch->ssh = NULL;
	set_state(ch, CHANNEL_GONE);
	return RC_OK;
}

/* What libssh2 does when it reads: once the window is below its first size it makes it larger. Ours begins with nothing, so that it
 * is never below, and grows only by what the local reader has taken. A call that met EAGAIN is repeated with the same number. */
static enum rc grant(struct channel *ch)
{
	size_t room = CHANNEL_WINDOW - ch->window - queue_length(&ch->down);
	int rc;

	if (ch->agent_ended || (!ch->granting && room < CHANNEL_WINDOW / 2))
		return RC_OK;
	if (!ch->granting)
		ch->granting = room;
	rc = libssh2_channel_receive_window_adjust2(ch->ssh, ch->granting, 1, NULL);
	if (rc == LIBSSH2_ERROR_EAGAIN)
		return RC_OK;
	if (rc != 0)
		return RC_END;
	ch->window += ch->granting;
	ch->granting = 0;
	return RC_OK;
}

enum rc channel_open(struct channel *ch, const struct channel_link *link, int agent_port)
{
	struct buf ask;
	enum rc rc = RC_OK;

	if (ch->state == CHANNEL_QUEUED)
		set_state(ch, CHANNEL_OPENING);
	buf_init(&ask, 128);
	ssh_put_string(&ask, SLICE("127.0.0.1"));
	ssh_put_u32(&ask, (uint32_t)agent_port);
	ssh_put_string(&ask, SLICE("127.0.0.1"));
	if (ssh_put_u32(&ask, 0) == RC_OK)
		ch->ssh = libssh2_channel_open_ex(link->ssh, "direct-tcpip", sizeof "direct-tcpip" - 1, 0, PACKET_MAX, ask.data,
						  (unsigned)ask.len);
	buf_free(&ask);
	if (ch->ssh) {
		set_state(ch, CHANNEL_OPEN);
		if (ch->fd < 0) {                        /* given up meanwhile */
			set_state(ch, CHANNEL_CLOSING);
			return finish(ch);
		}
		rc = grant(ch);
		return rc == RC_OK ? channel_from_local(ch, link) : rc;
	}
	switch (libssh2_session_last_errno(link->ssh)) {
	case LIBSSH2_ERROR_EAGAIN:
		return RC_AGAIN;
	case LIBSSH2_ERROR_CHANNEL_FAILURE:              /* the other side says no: this channel's matter alone */
	case LIBSSH2_ERROR_ALLOC:
		channel_break(ch);
		set_state(ch, CHANNEL_GONE);
		return RC_OK;
	}
	return RC_END;
}

/* Pass on what has ended, and close when both sides have. */
static enum rc settle(struct channel *ch)
{
	if (ch->state != CHANNEL_OPEN)
		return RC_OK;
	if (ch->agent_ended && !ch->greeted) {
		channel_break(ch);
		return finish(ch);
	}
	if (ch->agent_ended && !ch->end_passed && !queue_length(&ch->down)) {
		shutdown(ch->fd, SHUT_WR);
		ch->end_passed = true;
	}
	if (ch->local_ended && !ch->end_sent && !queue_length(&ch->up)) {
		int rc = libssh2_channel_send_eof(ch->ssh);

		if (rc != 0 && rc != LIBSSH2_ERROR_EAGAIN)
			return RC_END;
		ch->end_sent = rc == 0;
	}
	/* an agent that has closed its channel takes nothing more either */
	if (ch->end_passed && (ch->end_sent || libssh2_channel_wait_closed(ch->ssh) == 0)) {
		close_local(ch);
		set_state(ch, CHANNEL_CLOSING);
		return finish(ch);
	}
	return grant(ch);
}

/* ---- to the agent -------------------------------------------------------------------------------------------------------- */

/* Bytes that may go up now. */
static size_t room_up(const struct channel *ch, const struct channel_link *link)
{
	size_t window = libssh2_channel_window_write(ch->ssh), out = queue_length(link->out);

	if (out >= CHANNEL_OUT_HIGH)
		return 0;
	return window < PACKET_BYTES ? window : PACKET_BYTES;
}

/* As much as libssh2 takes: all of it within the window, but for the time of a new key exchange. */
static enum rc write_up(struct channel *ch, const char *p, size_t n, size_t *wrote)
{
	*wrote = 0;
	while (*wrote < n) {
		ssize_t k = libssh2_channel_write(ch->ssh, p + *wrote, n - *wrote);

		if (k == LIBSSH2_ERROR_EAGAIN || k == 0)
			break;
		if (k < 0)
			return RC_END;
		*wrote += (size_t)k;
	}
	return RC_OK;
}

/* What was left over goes first, and must go as it is: libssh2 may have begun with it. */
static enum rc write_left(struct channel *ch)
{
	struct slice left = queue_slice(&ch->up);
	size_t wrote;
	enum rc rc = left.n ? write_up(ch, left.p, left.n, &wrote) : RC_OK;

	if (rc == RC_OK && left.n)
		queue_taken(&ch->up, wrote);
	return rc;
}

/* ---- from the agent ------------------------------------------------------------------------------------------------------ */

/* Write to the local side at once what it takes, keep the rest. */
static enum rc deliver(struct channel *ch, const char *p, size_t n)
{
	ssize_t sent = 0;

	if (!queue_length(&ch->down)) {
		sent = send(ch->fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent < 0 && errno != EAGAIN && errno != EINTR && errno != ENOBUFS)
			return RC_END;
		if (sent < 0)
			sent = 0;
	}
	return queue_add(&ch->down, p + sent, n - (size_t)sent);
}

/* The agent's first line is for us. */
static enum rc take_greeting(struct channel *ch)
{
	char challenge[PREFACE_CHALLENGE_LEN + 1];
	size_t used;
	enum rc rc = preface_greeting_parse(queue_slice(&ch->down), challenge, &used);

	if (rc != RC_OK)
		return rc;
	queue_taken(&ch->down, used);
	ch->greeted = true;
	return queue_length(&ch->down) ? channel_to_local(ch) : RC_OK;
}

static enum rc take(struct channel *ch, const char *p, size_t n)
{
	enum rc rc;

	if (ch->greeted)
		return deliver(ch, p, n);
	rc = queue_add(&ch->down, p, n);
	if (rc == RC_OK)
		rc = take_greeting(ch);
	return rc == RC_AGAIN ? RC_OK : rc;
}

enum rc channel_from_agent(struct channel *ch, const struct channel_link *link)
{
	if (ch->state == CHANNEL_CLOSING)
		return finish(ch);
	if (ch->state != CHANNEL_OPEN)
		return RC_OK;
	while (ch->window > 0) {
		int waiting = libssh2_poll_channel_read(ch->ssh, 0);
		ssize_t n;

		if (waiting < 0)
			return RC_END;
		if (!waiting)
			break;
		n = libssh2_channel_read(ch->ssh, link->scratch, ch->window < CHANNEL_SCRATCH ? ch->window : CHANNEL_SCRATCH);
		if (n == LIBSSH2_ERROR_EAGAIN)
			break;
		if (n < 0)
			return RC_END;
		ch->window -= (size_t)n;
		if (take(ch, link->scratch, (size_t)n) != RC_OK) {
			channel_break(ch);
			return finish(ch);
		}
	}
	ch->agent_ended = ch->agent_ended || libssh2_channel_eof(ch->ssh) == 1;
	return write_left(ch) == RC_OK ? settle(ch) : RC_END;
}

enum rc channel_to_local(struct channel *ch)
{
	struct slice left = queue_slice(&ch->down);
	ssize_t n;

	if (ch->state != CHANNEL_OPEN || !left.n || !ch->greeted)
		return RC_OK;
	n = send(ch->fd, left.p, left.n, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN && errno != EINTR && errno != ENOBUFS) {
		channel_break(ch);
		return finish(ch);
	}
	if (n > 0)
		queue_taken(&ch->down, (size_t)n);
	return settle(ch);
}

enum rc channel_pump(struct channel *ch, const struct channel_link *link)
{
	ssize_t n = ch->state == CHANNEL_OPEN ? libssh2_channel_read(ch->ssh, link->scratch, 0) : LIBSSH2_ERROR_EAGAIN;

	return n < 0 && n != LIBSSH2_ERROR_EAGAIN ? RC_END : RC_OK;
}

enum rc channel_from_local(struct channel *ch, const struct channel_link *link)
{
	size_t turn = 0, wrote;
	enum rc rc;

	if (ch->state != CHANNEL_OPEN)
		return RC_OK;
	rc = write_left(ch);
	while (rc == RC_OK && !queue_length(&ch->up) && !ch->local_ended && turn < TURN_BYTES) {
		size_t room = room_up(ch, link);
		ssize_t n = room ? recv(ch->fd, link->scratch, room, MSG_DONTWAIT) : -1;

		if (!room || (n < 0 && (errno == EAGAIN || errno == EINTR)))
			break;
		if (n < 0) {
			channel_break(ch);
			return finish(ch);
		}
		if (n == 0) {
			ch->local_ended = true;
			break;
		}
		turn += (size_t)n;
		rc = write_up(ch, link->scratch, (size_t)n, &wrote);
		if (rc == RC_OK)
			rc = queue_add(&ch->up, link->scratch + wrote, (size_t)n - wrote);
		if ((size_t)n < room)
			break;                           /* there was no more */
	}
	return rc == RC_OK ? settle(ch) : RC_END;
}

short channel_events(const struct channel *ch, const struct channel_link *link)
{
	short events = 0;

	if (ch->state != CHANNEL_OPEN)
		return 0;
	if (!ch->local_ended && !queue_length(&ch->up) && room_up(ch, link) > 0)
		events |= POLLIN;
	if (ch->greeted && queue_length(&ch->down) > 0)
		events |= POLLOUT;
	return events;
}
