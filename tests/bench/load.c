/* The load generator: keep-alive HTTP/1.1 over many connections of 127.0.0.1, one thread, one request at a time on each connection.
 * Usage: load [-c CONNECTIONS] [-d MS] [-n TOKENS] [-p PACE_MS] [-b BYTES] [-x] NOTE TIMES exchange|streams|flood|bulk|idle PORT
 *   exchange   a small question and an answer of 1 KiB, over and over for MS: requests per second, and how long each took
 *   streams    one streamed answer of TOKENS on each connection: how long each token was on its way
 *   flood      one streamed answer of TOKENS as fast as it comes
 *   bulk       GET of BYTES
 *   idle       one exchange on each connection, then "ready", and wait until stdin ends
 *   -x         answers must be masked, and it is an error when they are not
 * In the environment: LOAD_API_KEY, a bearer token; LOAD_SESSION_KEY, for the agent's own port: each connection begins with it.
 * Prints one JSON object. Status 1 when an answer was not what it has to be. */
#include "note.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define CONNECTIONS_MAX TIMES_ROWS
#define LINE_MAX_BYTES (64 << 10)
#define PATIENCE_MS 30000                /* without a byte from anybody the run has failed */
#define RAW_MARK "536-22-8741"           /* stands near the beginning of the note */
#define MARGIN 6                         /* bytes of text after a mask that are looked for in the note */

enum mode { EXCHANGE, STREAMS, FLOOD, BULK, IDLE };
static const char *const MODES[] = {"exchange", "streams", "flood", "bulk", "idle"};

enum part { HEAD, LENGTH_BODY, CHUNK_SIZE, CHUNK_DATA, CHUNK_END, TRAILER, ANSWERED };

/* Text that had arrived at a time. */
struct arrival {
	int64_t at_ns;
	size_t length;
};

struct connection {
	int fd;
	size_t row;
	enum part part;
	int64_t asked_ns;
	uint64_t left;                   /* of the body or chunk */
	int status;
	size_t n_line;
	char line[LINE_MAX_BYTES];       /* a head, a chunk's size, or an event's line; of exchanges the body */
	char *text;                      /* what was streamed */
	size_t length, cap;
	struct arrival *arrivals;
	size_t n_arrivals, cap_arrivals;
	bool ended;                      /* [DONE] came */
};

static struct options {
	enum mode mode;
	size_t connections, tokens, bytes;
	int64_t duration_ms, pace_ms;
	int port;
	bool masked;
	const char *api_key, *session_key;
} opt = {.connections = 1, .tokens = 100, .duration_ms = 2000, .pace_ms = 20, .bytes = 64 << 20};

static struct note note;
static const struct times *times;
static char request[2048];
static uint64_t received;                /* body bytes */
static size_t done, wrong;
static int64_t first_ns, last_ns;

struct samples {
	double *v;
	size_t n, cap;
};
static struct samples took, delay, total, held;

static void sample(struct samples *s, double v)
{
	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 4096;
		s->v = realloc(s->v, s->cap * sizeof *s->v);
		if (!s->v)
			die("memory");
	}
	s->v[s->n++] = v;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double quantile(struct samples *s, double q)
{
	if (s->n == 0)
		return 0;
	qsort(s->v, s->n, sizeof *s->v, by_value);
	return s->v[(size_t)((double)(s->n - 1) * q)];
}

static void complain(const struct connection *c, const char *what)
{
	if (wrong++ == 0)
		fprintf(stderr, "load: %s; HTTP status %d; %.300s\n", what, c->status, c->line);
}

/* ---- requests ------------------------------------------------------------------------------------------------------------- */

static size_t make_request(size_t row)
{
	char body[512], key[128] = "";
	int n;

	if (opt.mode == BULK)
		return (size_t)snprintf(request, sizeof request, "GET /bulk/%zu HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", opt.bytes);
	if (opt.api_key)
		snprintf(key, sizeof key, "Authorization: Bearer %s\r\n", opt.api_key);
	if (opt.mode == STREAMS || opt.mode == FLOOD)
		n = snprintf(body, sizeof body, "{\"model\":\"paced-%d\",\"stream\":true,\"max_tokens\":%zu,\"seed\":%zu,\"messages\":"
			     "[{\"role\":\"user\",\"content\":\"Read the note to me.\"}]}", opt.mode == FLOOD ? 0 : (int)opt.pace_ms,
			     opt.tokens, row);
	else
		n = snprintf(body, sizeof body, "{\"model\":\"note\",\"messages\":[{\"role\":\"user\",\"content\":"
			     "\"Summarise the note of the last visit in a few words, please.\"}]}");
	return (size_t)snprintf(request, sizeof request, "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\n%s"
				"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", key, n, body);
}

/* Requests are far smaller than a socket's buffer. */
static void send_all(int fd, const char *p, size_t n)
{
	if (send(fd, p, n, MSG_NOSIGNAL) != (ssize_t)n)
		die("send");
}

static void ask(struct connection *c)
{
	size_t n = make_request(c->row);

	c->part = HEAD;
	c->n_line = 0;
	c->asked_ns = now_ns();
	send_all(c->fd, request, n);
}

/* ---- answers ---------------------------------------------------------------------------------------------------------------- */

static void exchange_done(struct connection *c)
{
	int64_t now = now_ns();

	c->line[c->n_line] = '\0';
	if (c->status != 200 || (opt.mode != BULK && !strstr(c->line, "\"finish_reason\":\"stop\"")))
		complain(c, "not the answer that was sent");
	else if (opt.masked && strstr(c->line, RAW_MARK))
		complain(c, "the answer is not masked");
	sample(&took, (double)(now - c->asked_ns) / 1e3);
	last_ns = now;
	done++;
}

static void add_text(struct connection *c, const char *p, size_t n)
{
	if (c->length + n + 1 > c->cap) {
		c->cap = 2 * (c->cap + n + 1024);
		c->text = realloc(c->text, c->cap);
		if (!c->text)
			die("memory");
	}
	memcpy(c->text + c->length, p, n);
	c->length += n;
	c->text[c->length] = '\0';
}

static void add_arrival(struct connection *c)
{
	if (c->n_arrivals == c->cap_arrivals) {
		c->cap_arrivals = 2 * c->cap_arrivals + 1024;
		c->arrivals = realloc(c->arrivals, c->cap_arrivals * sizeof *c->arrivals);
		if (!c->arrivals)
			die("memory");
	}
	c->arrivals[c->n_arrivals++] = (struct arrival){now_ns(), c->length};
}

/* One line of an event stream: the note has no characters that JSON could write in another way than as \n. */
static void event_line(struct connection *c)
{
	static const char mark[] = "\"delta\":{\"content\":\"";
	const char *at;

	c->line[c->n_line] = '\0';
	if (strcmp(c->line, "data: [DONE]") == 0)
		c->ended = true;
	at = strstr(c->line, mark);
	if (!at)
		return;
	for (at += sizeof mark - 1; *at && *at != '"'; at++) {
		if (*at == '\\')
			at++;
		add_text(c, *at == 'n' && at[-1] == '\\' ? "\n" : at, 1);
	}
	if (opt.mode == STREAMS)
		add_arrival(c);
}

static void body_bytes(struct connection *c, const char *p, size_t n)
{
	received += n;
	if (opt.mode == BULK)
		return;
	if (opt.mode == EXCHANGE || opt.mode == IDLE || c->status != 200) {
		if (c->n_line + n < sizeof c->line) {
			memcpy(c->line + c->n_line, p, n);
			c->n_line += n;
		}
		return;
	}
	while (n > 0) {
		const char *lf = memchr(p, '\n', n);
		size_t k = lf ? (size_t)(lf - p) : n;

		if (c->n_line + k >= sizeof c->line)
			die("an event is too long");
		memcpy(c->line + c->n_line, p, k);
		c->n_line += k;
		if (lf) {
			event_line(c);
			c->n_line = 0;
			k++;
		}
		p += k;
		n -= k;
	}
}

static void head_done(struct connection *c)
{
	const char *length;

	c->line[c->n_line] = '\0';
	if (sscanf(c->line, "HTTP/1.1 %d", &c->status) != 1)
		die("not an HTTP answer");
	length = strcasestr(c->line, "\r\nContent-Length:");
	c->left = length ? strtoull(length + 17, NULL, 10) : 0;
	c->part = strcasestr(c->line, "\r\nTransfer-Encoding: chunked") ? CHUNK_SIZE : c->left ? LENGTH_BODY : ANSWERED;
	c->n_line = 0;
}

/* Take what came; returns how many bytes were used. */
static size_t take(struct connection *c, const char *p, size_t n)
{
	size_t k = 1;

	switch (c->part) {
	case HEAD:
		if (c->n_line + 1 >= sizeof c->line)
			die("a head is too long");
		c->line[c->n_line++] = *p;
		if (c->n_line >= 4 && memcmp(c->line + c->n_line - 4, "\r\n\r\n", 4) == 0)
			head_done(c);
		return 1;
	case CHUNK_SIZE:
		if (isxdigit((unsigned char)*p))
			c->left = c->left * 16 + (uint64_t)(isdigit((unsigned char)*p) ? *p - '0' : (*p | 32) - 'a' + 10);
		else if (*p == '\n')
			c->part = c->left ? CHUNK_DATA : TRAILER;
		return 1;
	case LENGTH_BODY:
	case CHUNK_DATA:
		k = n < c->left ? n : (size_t)c->left;
		body_bytes(c, p, k);
		c->left -= k;
		if (c->left == 0)
			c->part = c->part == CHUNK_DATA ? CHUNK_END : ANSWERED;
		return k;
	case CHUNK_END:
	case TRAILER:                    /* the servers here send none, only the empty line */
		if (*p == '\n')
			c->part = c->part == CHUNK_END ? CHUNK_SIZE : ANSWERED;
		return 1;
	case ANSWERED:
		break;
	}
	complain(c, "more than an answer came");
	return n;
}

/* ---- what the streams tell ----------------------------------------------------------------------------------------------------- */

/* Where in out[n_out] each byte of in[n_in] ended up: place[i] is the number of bytes of out that tell it. A mask such as [SSN] tells
 * all that stands between its neighbours. False: out is not in with masks. */
static bool align(const char *in, size_t n_in, const char *out, size_t n_out, size_t *place)
{
	size_t i = 0, o = 0;

	while (o < n_out) {
		size_t mask, run;
		const char *found;

		if (i < n_in && out[o] == in[i]) {
			place[i++] = ++o;
			continue;
		}
		if (out[o] != '[')
			return false;
		mask = strcspn(out + o, "]") + 1;
		o = o + mask < n_out ? o + mask : n_out;
		run = strcspn(out + o, "[");
		if (run == 0 && o < n_out)
			continue;                                       /* two masks side by side */
		found = run ? memmem(in + i, n_in - i, out + o, run < MARGIN ? run : MARGIN) : in + n_in;
		if (!found)
			return false;
		while (in + i < found)
			place[i++] = o;
	}
	return i == n_in;
}

static void stream_samples(struct connection *c)
{
	size_t n_in = note_at(&note, opt.tokens), a = 0, newest = 0;
	char *in = room(n_in + 1, 1);
	size_t *place = room(n_in, sizeof *place);
	const int64_t *sent = times->sent_ns[c->row];

	for (size_t i = 0; i < n_in; i++)
		in[i] = note.text[i % note.length];
	if (!c->text || !align(in, n_in, c->text, c->length, place)) {
		complain(c, "the text is not the note");
		goto out;
	}
	for (size_t t = 0; t < opt.tokens && t < TIMES_TOKENS; t++) {
		while (c->arrivals[a].length < place[note_at(&note, t + 1) - 1])
			a++;
		while (newest + 1 < opt.tokens && sent[newest + 1] <= c->arrivals[a].at_ns)
			newest++;
		sample(&total, (double)(c->arrivals[a].at_ns - sent[t]) / 1e3);
		sample(&delay, (double)(c->arrivals[a].at_ns - sent[newest]) / 1e3);
		sample(&held, (double)(newest - t));
	}
out:
	free(in);
	free(place);
}

static void stream_done(struct connection *c)
{
	last_ns = now_ns();
	done++;
	if (c->status != 200 || !c->ended || c->length == 0)
		complain(c, "a stream that does not end");
	else if (opt.masked == (strstr(c->text, RAW_MARK) != NULL))
		complain(c, opt.masked ? "the stream is not masked" : "the stream is not the note");
	else if (opt.mode == STREAMS)
		stream_samples(c);
}

/* ---- the run --------------------------------------------------------------------------------------------------------------------- */

static void dial(struct connection *c)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)opt.port)};
	char first[128];
	int on = 1;

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&at, sizeof at) != 0)
		die("connect");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	c->part = ANSWERED;
	if (!opt.session_key)
		return;
	/* the agent has patience with few that have not said who they are: one after the other */
	while (recv(c->fd, first, 1, 0) == 1 && *first != '\n')
		continue;
	snprintf(first, sizeof first, "data %s\r\n", opt.session_key);
	send_all(c->fd, first, strlen(first));
}

/* All bytes that are there. True when the answer is complete. */
static bool receive(struct connection *c)
{
	static char in[256 << 10];
	ssize_t n = recv(c->fd, in, sizeof in, MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN)
		return false;
	if (n <= 0) {
		complain(c, "the connection ended in the middle of an answer");
		exit(1);
	}
	for (size_t at = 0; at < (size_t)n;)
		at += take(c, in + at, (size_t)n - at);
	return c->part == ANSWERED;
}

static bool answered(struct connection *c, int64_t until)
{
	if (opt.mode == STREAMS || opt.mode == FLOOD)
		stream_done(c);
	else
		exchange_done(c);
	if (opt.mode != EXCHANGE || now_ns() >= until)
		return false;
	ask(c);
	return true;
}

static void run(struct connection *all)
{
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	int64_t begin = now_ns(), until = begin + opt.duration_ms * 1000000;
	int64_t apart = opt.mode == STREAMS ? opt.pace_ms * 1000000 / (int64_t)opt.connections : 0;
	size_t asked = 0, busy = 0;

	for (size_t i = 0; i < opt.connections; i++) {
		struct epoll_event e = {.events = EPOLLIN, .data.ptr = &all[i]};

		epoll_ctl(epoll_fd, EPOLL_CTL_ADD, all[i].fd, &e);
	}
	first_ns = begin;
	while (asked < opt.connections || busy > 0) {
		struct epoll_event events[64];
		int64_t wait = asked < opt.connections ? begin + (int64_t)asked * apart - now_ns() : PATIENCE_MS * 1000000LL;
		struct timespec t = {wait > 0 ? wait / 1000000000 : 0, wait > 0 ? wait % 1000000000 : 0};
		int n = epoll_pwait2(epoll_fd, events, 64, &t, NULL);

		if (n == 0 && asked == opt.connections)
			die("nothing came for a long time");
		for (int i = 0; i < n; i++)
			if (receive(events[i].data.ptr) && !answered(events[i].data.ptr, until))
				busy--;
		while (asked < opt.connections && begin + (int64_t)asked * apart <= now_ns()) {
			ask(&all[asked++]);
			busy++;
		}
	}
	close(epoll_fd);
}

static void report(void)
{
	double s = (double)(last_ns - first_ns) / 1e9;

	printf("{\"mode\":\"%s\",\"connections\":%zu,\"done\":%zu,\"wrong\":%zu,\"seconds\":%.3f,\"bytes\":%llu", MODES[opt.mode],
	       opt.connections, done, wrong, s, (unsigned long long)received);
	if (opt.mode == EXCHANGE)
		printf(",\"rps\":%.0f,\"p50_us\":%.1f,\"p99_us\":%.1f", (double)done / s, quantile(&took, .5), quantile(&took, .99));
	if (opt.mode == STREAMS)
		printf(",\"tokens\":%zu,\"p50_us\":%.1f,\"p99_us\":%.1f,\"held_p50\":%.0f,\"held_p99\":%.0f,\"total_p50_us\":%.1f,"
		       "\"total_p99_us\":%.1f", delay.n, quantile(&delay, .5), quantile(&delay, .99), quantile(&held, .5),
		       quantile(&held, .99), quantile(&total, .5), quantile(&total, .99));
	if (opt.mode == FLOOD || opt.mode == BULK)
		printf(",\"mb_s\":%.1f", (double)received / s / 1e6);
	if (opt.mode == FLOOD)
		printf(",\"text_mb_s\":%.2f", (double)note_at(&note, opt.tokens) / s / 1e6);
	printf("}\n");
	fflush(stdout);
}

static int usage(void)
{
	fprintf(stderr, "usage: load [-c CONNECTIONS] [-d MS] [-n TOKENS] [-p PACE_MS] [-b BYTES] [-x] NOTE TIMES MODE PORT\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct connection *all;
	int o;

	while ((o = getopt(argc, argv, "c:d:n:p:b:x")) != -1) {
		size_t value = o == 'x' ? 1 : strtoul(optarg ? optarg : "", NULL, 10);

		switch (o) {
		case 'c': opt.connections = value; break;
		case 'd': opt.duration_ms = (int64_t)value; break;
		case 'n': opt.tokens = value; break;
		case 'p': opt.pace_ms = (int64_t)value; break;
		case 'b': opt.bytes = value; break;
		case 'x': opt.masked = true; break;
		default: return usage();
		}
	}
	if (argc - optind != 4 || opt.connections < 1 || opt.connections > CONNECTIONS_MAX || opt.tokens < 1)
		return usage();
	while (strcmp(MODES[opt.mode], argv[optind + 2]) != 0)
		if (++opt.mode > IDLE)
			return usage();
	opt.port = atoi(argv[optind + 3]);
	opt.api_key = getenv("LOAD_API_KEY");
	opt.session_key = getenv("LOAD_SESSION_KEY");
	note = note_read(argv[optind]);
	times = times_map(argv[optind + 1], 0);
	all = room(opt.connections, sizeof *all);
	for (size_t i = 0; i < opt.connections; i++) {
		all[i].row = i;
		dial(&all[i]);
	}
	run(all);
	report();
	if (opt.mode == IDLE)
		while (getchar() != EOF)
			;
	return wrong != 0;
}
