#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "control_private.h"
#include "encode.h"
#include "file.h"
#include "json.h"
#include "preface.h"
#include "profile.h"
#include "sshkey.h"

#define OPEN_WAIT_S 15
#define CALL_WAIT_S 75                           /* the agent gives a session's last exchanges a minute */
#define ANSWER_MAX ((size_t)33 << 20)
#define PIECE_BYTES ((size_t)64 << 10)

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

/* ---- the channel --------------------------------------------------------------------------------------------------------- */

static void drop_channel(struct control *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	buf_clear(&c->in);
}

/* Let the tunnel work until our end has the event. */
static enum rc await(struct control *c, short events, int64_t until_ns, struct why *why)
{
	struct pollfd watch = {c->fd, events, 0};
	int64_t left = until_ns - clock_mono_ns();
	enum rc rc = left > 0 ? tunnel_run(c->tunnel, &watch, 1, (int)(left / NS_PER_MS) + 1, why) : RC_TIMEOUT;

	if (rc == RC_TIMEOUT)
		return why_set(why, RC_UNREACHABLE, "the agent does not answer");
	return rc == RC_OK ? RC_OK : RC_UNREACHABLE;
}

static enum rc send_all(struct control *c, struct slice bytes, struct why *why)
{
	int64_t until_ns = clock_mono_ns() + CALL_WAIT_S * NS_PER_S;

	while (bytes.n) {
		ssize_t n = send(c->fd, bytes.p, bytes.n, MSG_DONTWAIT | MSG_NOSIGNAL);
		enum rc rc;

		if (n > 0) {
			bytes.p += n;
			bytes.n -= (size_t)n;
			continue;
		}
		if (n < 0 && errno != EAGAIN && errno != EINTR && errno != ENOBUFS)
			return why_set(why, RC_UNREACHABLE, "the agent has closed the control channel");
		rc = await(c, POLLOUT, until_ns, why);
		if (rc != RC_OK)
			return rc;
	}
	return RC_OK;
}

enum rc control_more(struct control *c, struct why *why)
{
	int64_t until_ns = clock_mono_ns() + CALL_WAIT_S * NS_PER_S;

	for (;;) {
		char *room = buf_room(&c->in, PIECE_BYTES);
		ssize_t n = room ? recv(c->fd, room, PIECE_BYTES, MSG_DONTWAIT) : -1;
		enum rc rc;

		if (!room)
			return why_set(why, c->in.rc, "the agent's answer is too long");
		if (n > 0) {
			buf_added(&c->in, (size_t)n);
			return RC_OK;
		}
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			return why_set(why, RC_END, "the agent has closed the control channel");
		rc = await(c, POLLIN, until_ns, why);
		if (rc != RC_OK)
			return rc;
	}
}

/* An end in the middle of something is a broken connection. */
static enum rc more_must_come(struct control *c, struct why *why)
{
	enum rc rc = control_more(c, why);

	return rc == RC_END ? RC_UNREACHABLE : rc;
}

static enum rc read_greeting(struct control *c, char challenge[PREFACE_CHALLENGE_LEN + 1], struct why *why)
{
	size_t used;
	enum rc rc;

	while ((rc = preface_greeting_parse(buf_slice(&c->in), challenge, &used)) == RC_AGAIN) {
		rc = more_must_come(c, why);
		if (rc != RC_OK)
			return rc;
	}
	if (rc != RC_OK)
		return why_set(why, RC_BAD, "what answers behind the SSH connection is no phigate agent of this version");
	buf_consume(&c->in, used);
	return RC_OK;
}

/* Show that the login's key is ours, over the agent's challenge and the host key of this very connection. */
static enum rc prove(struct control *c, const char *challenge, struct why *why)
{
	struct buf der, sig, line;
	enum rc rc;

	buf_init(&der, 512);
	buf_init(&sig, 512);
	buf_init(&line, PREFACE_LINE_MAX);
	rc = sshkey_public_der(c->signin->key, &der);
	if (rc == RC_OK)
		rc = possession_sign(c->signin->key, challenge, tunnel_fingerprint(c->tunnel), &sig);
	if (rc != RC_OK)
		why_set(why, rc, "the stored key cannot sign; sign in again: %s", profile_login());
	else {
		buf_puts(&line, "control ");
		base64url_encode(der.data, der.len, &line);
		buf_putc(&line, ' ');
		base64url_encode(sig.data, sig.len, &line);
		rc = buf_puts(&line, "\r\n");
	}
	if (rc == RC_OK)
		rc = send_all(c, buf_slice(&line), why);
	buf_free(&der);
	buf_free(&sig);
	buf_free(&line);
	return rc;
}

static enum rc open_channel(struct control *c, struct why *why)
{
	char challenge[PREFACE_CHALLENGE_LEN + 1];
	int pair[2];
	enum rc rc;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
		return why_set(why, RC_IO, "cannot make a socket: %s", strerror(errno));
	fcntl(pair[0], F_SETFD, FD_CLOEXEC);
	fcntl(pair[1], F_SETFD, FD_CLOEXEC);
	rc = tunnel_carry(c->tunnel, pair[1], CARRY_PLAIN, (struct slice){0});
	if (rc != RC_OK) {
		close(pair[0]);
		return why_set(why, rc, "no more channels are possible");
	}
	c->fd = pair[0];
	rc = read_greeting(c, challenge, why);
	if (rc == RC_OK)
		rc = prove(c, challenge, why);
	if (rc != RC_OK)
		drop_channel(c);
	return rc;
}

enum rc control_on(struct tunnel *tunnel, const struct signin *signin, struct control **out, struct why *why)
{
	struct control *c = calloc(1, sizeof *c);
	enum rc rc = RC_NOMEM;

	*out = NULL;
	if (c) {
		*c = (struct control){.tunnel = tunnel, .signin = signin, .fd = -1};
		buf_init(&c->in, ANSWER_MAX);
		rc = open_channel(c, why);
	}
	if (rc == RC_OK)
		*out = c;
	else
		control_close(c);
	return rc;
}

enum rc control_open(const struct agent_entry *agent, const struct signin *signin, struct control **out, struct why *why)
{
	struct tunnel *tunnel;
	enum rc rc = tunnel_open(agent, signin, OPEN_WAIT_S, -1, &tunnel, why);

	*out = NULL;
	if (rc == RC_OK)
		rc = control_on(tunnel, signin, out, why);
	if (rc == RC_OK)
		(*out)->owns_tunnel = true;
	else
		tunnel_close(tunnel);
	return rc;
}

void control_close(struct control *c)
{
	if (!c)
		return;
	drop_channel(c);
	if (c->owns_tunnel)
		tunnel_close(c->tunnel);
	buf_free(&c->in);
	free(c);
}

/* ---- HTTP ---------------------------------------------------------------------------------------------------------------- */

static enum rc send_request(struct control *c, const char *method, const char *path, const char *body, struct why *why)
{
	struct buf out;
	enum rc rc;

	buf_init(&out, (size_t)1 << 20);
	buf_printf(&out, "%s %s HTTP/1.1\r\nHost: agent\r\nAuthorization: Bearer ", method, path);
	buf_add_slice(&out, buf_slice(&c->signin->id_token));
	if (body)
		buf_printf(&out, "\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n", strlen(body));
	else
		buf_puts(&out, strcmp(method, "POST") == 0 ? "\r\nContent-Length: 0\r\n\r\n" : "\r\n\r\n");
	rc = buf_puts(&out, body ? body : "");
	if (rc == RC_OK)
		rc = send_all(c, buf_slice(&out), why);
	buf_free(&out);
	return rc;
}

enum rc control_ask(struct control *c, const char *method, const char *path, const char *body, struct control_head *head,
		    struct why *why)
{
	size_t used;
	enum rc rc = c->fd < 0 ? open_channel(c, why) : RC_OK;

	if (rc == RC_OK)
		rc = send_request(c, method, path, body, why);
	while (rc == RC_OK && (rc = control_head_parse(buf_slice(&c->in), head, &used)) == RC_AGAIN)
		rc = more_must_come(c, why);
	if (rc == RC_BAD)
		why_set(why, rc, "the agent's answer is no HTTP");
	if (rc == RC_OK)
		buf_consume(&c->in, used);
	else
		drop_channel(c);
	return rc;
}

/* The whole body into in. */
static enum rc read_body(struct control *c, const struct control_head *head, struct why *why)
{
	enum rc rc = RC_OK;

	if (head->length > (int64_t)ANSWER_MAX)
		return why_set(why, RC_TOO_BIG, "the agent's answer is too long");
	while (rc == RC_OK && (head->length < 0 || c->in.len < (size_t)head->length))
		rc = head->length < 0 ? control_more(c, why) : more_must_come(c, why);
	return rc == RC_END ? RC_OK : rc;
}

/* The channel stays for the next call when this answer ended as it said. */
static void end_answer(struct control *c, const struct control_head *head, enum rc rc)
{
	if (rc == RC_OK && !head->closes && head->length >= 0 && c->in.len == (size_t)head->length)
		buf_clear(&c->in);
	else
		drop_channel(c);
}

static enum rc result_of(int status)
{
	static const struct {
		int status;
		enum rc rc;
	} results[] = {
		{400, RC_BAD}, {401, RC_DENIED}, {403, RC_DENIED}, {404, RC_NOT_FOUND}, {405, RC_BAD}, {409, RC_CONFLICT},
		{413, RC_TOO_BIG}, {429, RC_TOO_BIG}, {431, RC_TOO_BIG},
	};

	for (size_t i = 0; i < sizeof results / sizeof *results; i++)
		if (results[i].status == status)
			return results[i].rc;
	return status >= 200 && status < 300 ? RC_OK : status >= 500 ? RC_IO : RC_BAD;
}

enum rc control_refused(struct control *c, const struct control_head *head, struct why *why)
{
	enum rc rc = read_body(c, head, why);
	cJSON *tree = rc == RC_OK ? json_parse(buf_slice(&c->in)) : NULL;
	const char *message = json_text(json_object(tree, "error"), "message");

	if (rc == RC_OK) {
		rc = result_of(head->status);
		why_set(why, rc, "%.600s", message ? message : "the agent refuses without saying why");
	}
	cJSON_Delete(tree);
	return rc;
}

enum rc control_call(struct control *c, const char *method, const char *path, const char *body, cJSON **out, struct why *why)
{
	struct control_head head;
	enum rc rc = control_ask(c, method, path, body, &head, why);

	if (out)
		*out = NULL;
	if (rc != RC_OK)
		return rc;
	if (result_of(head.status) != RC_OK) {
		rc = control_refused(c, &head, why);
		end_answer(c, &head, rc == RC_UNREACHABLE ? rc : RC_OK);
		return rc;
	}
	rc = read_body(c, &head, why);
	if (rc == RC_OK && out) {
		*out = json_parse(buf_slice(&c->in));
		if (!*out)
			rc = why_set(why, RC_BAD, "the agent's answer is no JSON");
	}
	end_answer(c, &head, rc);
	return rc;
}

enum rc control_fetch(struct control *c, const char *path, int fd, struct why *why)
{
	struct control_head head;
	int64_t left = 0;
	enum rc rc = control_ask(c, "GET", path, NULL, &head, why);

	if (rc != RC_OK)
		return rc;
	if (result_of(head.status) != RC_OK) {
		rc = control_refused(c, &head, why);
		end_answer(c, &head, rc == RC_UNREACHABLE ? rc : RC_OK);
		return rc;
	}
	if (head.length < 0)
		rc = why_set(why, RC_BAD, "the agent does not say how long its answer is");
	for (left = head.length; rc == RC_OK && left > 0;) {
		if (!c->in.len)
			rc = more_must_come(c, why);
		if (rc != RC_OK)
			break;
		if ((int64_t)c->in.len > left)
			rc = why_set(why, RC_BAD, "the agent's answer is longer than it says");
		else if (fd_write_all(fd, c->in.data, c->in.len) != RC_OK)
			rc = why_set(why, RC_IO, "cannot write: %s", strerror(errno));
		left -= (int64_t)c->in.len;
		buf_clear(&c->in);
	}
	head.length = 0;
	end_answer(c, &head, rc);
	return rc;
}
