/* GET /v1/events: a stream of what happens to the caller's holds and sessions, and with watch=holds to those that the caller may decide,
 * for as long as the token is good. */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "clock.h"
#include "control_private.h"
#include "events.h"

#define COMMENT_S 25                             /* something is said at least as often, so that a dead tunnel shows */
#define GRACE_S 60

/* Until something waits, the client goes, or it is time to say something. RC_OK, RC_END, RC_TIMEOUT. */
static enum rc await(int client, int news, int64_t wait_s)
{
	struct pollfd p[2] = {{client, POLLRDHUP, 0}, {news, POLLIN, 0}};
	int n;

	do
		n = poll(p, 2, (int)(wait_s * 1000));
	while (n < 0 && errno == EINTR);
	if (n < 0 || p[0].revents)
		return RC_END;
	return n == 0 ? RC_TIMEOUT : RC_OK;
}

static enum rc stream(struct call *call, struct events_reader *reader)
{
	enum rc rc = http_write(call->conn, SLICE("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
						  "Connection: close\r\n\r\n: listening\n\n"));
	struct buf out;

	buf_init(&out, (size_t)1 << 20);
	while (rc == RC_OK) {
		int64_t left_s = call->token->expires_s + GRACE_S - clock_wall_s();

		if (left_s <= 0)
			break;
		rc = await(http_conn_fd(call->conn), events_reader_fd(reader), left_s < COMMENT_S ? left_s : COMMENT_S);
		if (rc == RC_TIMEOUT)
			rc = buf_puts(&out, ": still here\n\n");
		else if (rc == RC_OK)
			rc = events_reader_take(reader, &out);
		if (rc == RC_OK)
			rc = http_write(call->conn, buf_slice(&out));
		buf_clear(&out);
	}
	buf_free(&out);
	return rc;
}

int control_events(struct call *call, struct buf *out, struct why *why)
{
	struct events_reader *reader;
	char watch[16];
	enum rc rc = call_query(call, "watch", watch, sizeof watch, why);

	(void)out;
	if (rc == RC_OK && *watch && strcmp(watch, "holds") != 0)
		rc = why_set(why, RC_BAD, "watch is holds");
	if (rc != RC_OK)
		return call_failed(rc);
	rc = events_reader_new(call->agent->events, &call->token->person, *watch, &reader);
	if (rc != RC_OK)
		return call_failed(why_set(why, rc, "the agent has no room for one more listener"));
	call->done = call->close = true;
	snapshot_unref(call->snapshot);                  /* it would keep old credentials in memory for as long as somebody listens */
	call->snapshot = NULL;
	rc = stream(call, reader);
	events_reader_free(reader);
	return rc == RC_NOMEM ? 500 : 200;
}
