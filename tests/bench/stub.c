/* A stand-in for a model server, as fast as one thread can be: what it costs is small beside what is measured.
 * Usage: stub NOTE TIMES; prints the port of 127.0.0.1 that it listens on, and serves until SIGTERM.
 *   POST …, "stream":true    the note as server-sent events, "max_tokens":N of them; "model":"paced-MS" tells the pace, 0: as fast as
 *                            they are taken; "seed":ROW is the row of TIMES where the time of each is written down
 *   POST …                   one answer of 1 KiB
 *   GET /bulk/N              N zero bytes */
#include "note.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define IN_MAX (64 << 10)
#define OUT_MAX (64 << 10)
#define EVENT_MAX 512
#define CLIENTS_MAX 4096
#define ANSWER_BYTES 1024

enum doing { READING, ANSWERING, STREAMING, BULK };

struct client {
	int fd;
	enum doing doing;
	size_t n_in, n_out, out_at;
	size_t token, n_tokens, row, bulk_left;
	int64_t pace_ns, due_ns;         /* due: when the next token is sent, 0: as soon as it is taken */
	char in[IN_MAX], out[OUT_MAX];
};

static struct note note;
static struct times *times;
static struct client *clients[CLIENTS_MAX];
static int epoll_fd, n_streams;
static char answer[ANSWER_BYTES + 256];
static size_t answer_length;

static void make_answer(void)
{
	static const char head[] = "{\"id\":\"chatcmpl-stand-in\",\"object\":\"chat.completion\",\"created\":1751990400,\"model\":\"note\","
		"\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"";
	static const char tail[] = "\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":12,"
		"\"total_tokens\":21}}";
	char body[ANSWER_BYTES * 2], *at = body + sizeof head - 1;
	size_t n = ANSWER_BYTES - (sizeof head - 1) - (sizeof tail - 1);

	memcpy(body, head, sizeof head - 1);
	at += json_put(at, note.text, n < note.length ? n : note.length);
	memcpy(body + ANSWER_BYTES - (sizeof tail - 1), tail, sizeof tail);
	answer_length = (size_t)snprintf(answer, sizeof answer, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
					 "Content-Length: %d\r\n\r\n%s", ANSWER_BYTES, body);
}

static void drop(struct client *c)
{
	if (c->doing == STREAMING)
		n_streams--;
	clients[c->fd] = NULL;
	close(c->fd);
	free(c);
}

static void want(struct client *c, int writable)
{
	struct epoll_event e = {.events = writable ? EPOLLOUT : EPOLLIN, .data.fd = c->fd};

	epoll_ctl(epoll_fd, EPOLL_CTL_MOD, c->fd, &e);
}

/* Hand out[] to the socket. 1: all of it; 0: the socket is full; -1: the client is gone, and c with it. */
static int flush(struct client *c)
{
	while (c->out_at < c->n_out) {
		ssize_t n = send(c->fd, c->out + c->out_at, c->n_out - c->out_at, MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN) {
			want(c, 1);
			return 0;
		}
		if (n < 0) {
			drop(c);
			return -1;
		}
		c->out_at += (size_t)n;
	}
	c->n_out = c->out_at = 0;
	return 1;
}

/* ---- streams ------------------------------------------------------------------------------------------------------------ */

static void put_chunk(struct client *c, const char *data, size_t n)
{
	c->n_out += (size_t)sprintf(c->out + c->n_out, "%zx\r\n", n);
	memcpy(c->out + c->n_out, data, n);
	memcpy(c->out + c->n_out + n, "\r\n", 2);
	c->n_out += n + 2;
}

static void put_event(struct client *c, const char *delta, const char *reason)
{
	char event[EVENT_MAX];
	int n = snprintf(event, sizeof event, "data: {\"id\":\"chatcmpl-stand-in\",\"object\":\"chat.completion.chunk\",\"created\":1751990400,"
			 "\"model\":\"note\",\"choices\":[{\"index\":0,\"delta\":{%s},\"finish_reason\":%s}]}\n\n", delta, reason);

	put_chunk(c, event, (size_t)n);
}

static void put_token(struct client *c)
{
	size_t i = c->token % note.n_tokens, from = i ? note.end[i - 1] : 0;
	char delta[EVENT_MAX / 2] = "\"content\":\"";

	json_put(delta + strlen(delta), note.text + from, note.end[i] - from);
	strcat(delta, "\"");
	put_event(c, delta, "null");
	if (c->token < TIMES_TOKENS && c->due_ns)
		__atomic_store_n(&times->sent_ns[c->row][c->token], now_ns(), __ATOMIC_RELEASE);
	c->token++;
}

/* As many tokens as are due and fit; afterwards c may be gone. */
static void stream(struct client *c)
{
	int taken;

	do {
		while (c->token < c->n_tokens && c->n_out + 2 * EVENT_MAX < OUT_MAX && (!c->due_ns || c->due_ns <= now_ns())) {
			put_token(c);
			if (c->due_ns) {
				c->due_ns += c->pace_ns;
				break;
			}
		}
		if (c->token == c->n_tokens && c->n_out + 2 * EVENT_MAX < OUT_MAX) {
			put_event(c, "", "\"stop\"");
			put_chunk(c, "data: [DONE]\n\n", 14);
			c->n_out += (size_t)sprintf(c->out + c->n_out, "0\r\n\r\n");
			c->doing = ANSWERING;
			n_streams--;
		}
		taken = flush(c);
	} while (taken == 1 && c->doing == STREAMING && (!c->due_ns || c->due_ns <= now_ns()));
	if (taken == 1) {
		want(c, 0);
		if (c->doing == ANSWERING)
			c->doing = READING;
	}
}

static size_t number(const char *body, const char *key, size_t otherwise)
{
	const char *at = strstr(body, key);

	return at ? strtoul(at + strlen(key), NULL, 10) : otherwise;
}

static void stream_begin(struct client *c, const char *body)
{
	c->row = number(body, "\"seed\":", 0) % TIMES_ROWS;
	c->n_tokens = number(body, "\"max_tokens\":", 100);
	c->pace_ns = (int64_t)number(body, "\"model\":\"paced-", 0) * 1000000;
	c->token = 0;
	c->due_ns = c->pace_ns ? now_ns() : 0;
	memset(times->sent_ns[c->row], 0, sizeof times->sent_ns[c->row]);
	c->n_out = (size_t)sprintf(c->out, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
	put_event(c, "\"role\":\"assistant\",\"content\":\"\"", "null");
	c->doing = STREAMING;
	n_streams++;
	stream(c);
}

/* ---- requests ------------------------------------------------------------------------------------------------------------ */

static void bulk(struct client *c)
{
	int taken = 1;

	while (taken == 1 && c->bulk_left > 0) {
		c->n_out = c->bulk_left < OUT_MAX ? c->bulk_left : OUT_MAX;
		c->bulk_left -= c->n_out;
		taken = flush(c);
	}
	if (taken == 1) {
		c->doing = READING;
		want(c, 0);
	}
}

static void answer_one(struct client *c)
{
	memcpy(c->out, answer, answer_length);
	c->n_out = answer_length;
	c->doing = ANSWERING;
	if (flush(c) == 1)
		c->doing = READING;
}

/* The first whole request of in[], if there is one; afterwards c may be gone. */
static void request(struct client *c)
{
	char *end, *length, *body;
	size_t n;

	c->in[c->n_in] = '\0';
	end = strstr(c->in, "\r\n\r\n");
	if (!end)
		return;
	*end = '\0';
	length = strcasestr(c->in, "\r\nContent-Length:");
	body = end + 4;
	n = (size_t)(body - c->in) + (length ? strtoul(length + 17, NULL, 10) : 0);
	if (n > c->n_in) {
		*end = '\r';
		return;
	}
	c->n_in = 0;                     /* no client of the bench sends a request before the last one's answer */
	if (strncmp(c->in, "GET /bulk/", 10) == 0) {
		c->bulk_left = strtoul(c->in + 10, NULL, 10);
		c->n_out = (size_t)sprintf(c->out, "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
					   "Content-Length: %zu\r\n\r\n", c->bulk_left);
		c->doing = BULK;
		if (flush(c) == 1) {
			memset(c->out, 0, OUT_MAX);
			bulk(c);
		}
	} else if (strstr(body, "\"stream\":true")) {
		stream_begin(c, body);
	} else {
		answer_one(c);
	}
}

static void readable(struct client *c)
{
	ssize_t n = recv(c->fd, c->in + c->n_in, IN_MAX - 1 - c->n_in, 0);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0 || c->doing != READING) {
		drop(c);
		return;
	}
	c->n_in += (size_t)n;
	request(c);
}

static void writable(struct client *c)
{
	if (c->doing == STREAMING)
		stream(c);
	else if (flush(c) == 1) {
		if (c->doing == BULK) {
			bulk(c);
		} else {
			c->doing = READING;
			want(c, 0);
		}
	}
}

static void accept_all(int listener)
{
	int fd, on = 1;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};

		if (fd >= CLIENTS_MAX) {
			close(fd);
			continue;
		}
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		clients[fd] = room(1, sizeof **clients);
		clients[fd]->fd = fd;
		epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &e);
	}
}

/* Send what is due; how long until the next is. */
static int64_t serve_due(void)
{
	int64_t next = 1000000000, now = now_ns();

	for (int fd = 0, left = n_streams; fd < CLIENTS_MAX && left > 0; fd++) {
		struct client *c = clients[fd];

		if (!c || c->doing != STREAMING)
			continue;
		left--;
		if (!c->due_ns || c->n_out > 0)
			continue;
		if (c->due_ns <= now)
			stream(c);
		else if (c->due_ns - now < next)
			next = c->due_ns - now;
		if (clients[fd] && c->doing == STREAMING && c->due_ns - now < next)
			next = c->due_ns - now > 0 ? c->due_ns - now : 0;
	}
	return next;
}

static int listen_somewhere(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 1024) != 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &n) != 0)
		die("listen");
	printf("%d\n", ntohs(at.sin_port));
	fflush(stdout);
	return fd;
}

int main(int argc, char **argv)
{
	struct epoll_event e = {.events = EPOLLIN}, events[256];
	int listener;

	if (argc != 3)
		return 2;
	note = note_read(argv[1]);
	times = times_map(argv[2], 1);
	make_answer();
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	listener = listen_somewhere();
	e.data.fd = listener;
	epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &e);
	for (;;) {
		int64_t wait = n_streams ? serve_due() : 1000000000;
		struct timespec t = {wait / 1000000000, wait % 1000000000};
		int n = epoll_pwait2(epoll_fd, events, 256, &t, NULL);

		for (int i = 0; i < n; i++) {
			struct client *c = events[i].data.fd == listener ? NULL : clients[events[i].data.fd];

			if (events[i].data.fd == listener)
				accept_all(listener);
			else if (c && events[i].events & EPOLLOUT)
				writable(c);
			else if (c)
				readable(c);
		}
	}
}
