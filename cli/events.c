#include "events.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "control_private.h"
#include "json.h"

#define EVENT_MAX ((size_t)1 << 20)
#define PIECE_BYTES ((size_t)16 << 10)

struct events {
	struct control *control;
	bool ended;
};

enum rc events_open(struct tunnel *tunnel, const struct signin *signin, bool decides, struct events **out, struct why *why)
{
	struct events *e = calloc(1, sizeof *e);
	struct control_head head;
	enum rc rc = e ? control_on(tunnel, signin, &e->control, why) : RC_NOMEM;

	*out = NULL;
	if (rc == RC_OK)
		rc = control_ask(e->control, "GET", decides ? "/v1/events?watch=holds" : "/v1/events", NULL, &head, why);
	if (rc == RC_OK && head.status != 200)
		rc = control_refused(e->control, &head, why);
	if (rc == RC_OK)
		*out = e;
	else
		events_close(e);
	return rc;
}

void events_close(struct events *e)
{
	if (!e)
		return;
	control_close(e->control);
	free(e);
}

int events_fd(const struct events *e)
{
	return e->control->fd;
}

/* One event of the stream at the start of in (HTML standard 9.2; the agent writes each on one data line). Comments give NULL. */
static cJSON *read_event(struct slice block)
{
	static const char data[] = "data: ";
	const char *end = block.p + block.n, *line = block.p;

	while (line < end) {
		const char *eol = memchr(line, '\n', (size_t)(end - line));
		size_t n = (size_t)((eol ? eol : end) - line);

		if (n > sizeof data - 1 && memcmp(line, data, sizeof data - 1) == 0)
			return json_parse((struct slice){line + sizeof data - 1, n - (sizeof data - 1)});
		line += n + 1;
	}
	return NULL;
}

static enum rc fill(struct events *e)
{
	struct buf *in = &e->control->in;
	char *room = buf_room(in, PIECE_BYTES);
	ssize_t n = room && in->len < EVENT_MAX ? recv(e->control->fd, room, PIECE_BYTES, MSG_DONTWAIT) : 0;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return RC_AGAIN;
	if (n <= 0)
		return RC_END;
	buf_added(in, (size_t)n);
	return RC_OK;
}

enum rc events_next(struct events *e, cJSON **event)
{
	struct buf *in = &e->control->in;

	for (;;) {
		struct slice have = buf_slice(in);
		const char *end = memmem(have.p, have.n, "\n\n", 2);
		size_t n = end ? (size_t)(end - have.p) : 0;
		enum rc rc;

		if (end) {
			*event = read_event((struct slice){have.p, n});
			buf_consume(in, n + 2);
			if (*event)
				return RC_OK;
			continue;
		}
		rc = e->ended ? RC_END : fill(e);
		e->ended = e->ended || rc == RC_END;
		if (rc != RC_OK)
			return rc;
	}
}
