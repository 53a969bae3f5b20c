#include "admin.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "analyzer.h"
#include "archive.h"
#include "clock.h"
#include "fd.h"
#include "gate.h"
#include "health.h"
#include "hold.h"
#include "metrics.h"
#include "notice.h"
#include "record.h"
#include "session.h"
#include "sink.h"

#define HEAD_MAX 4096
#define WAIT_S 2

struct admin {
	struct agent *agent;
	int listener, wake;
	pthread_t thread;
	int64_t started_s;
};

/* What is asked of the checks: one line for each that fails, or counts here. */
struct report {
	struct buf *body;
	enum health_weight heaviest;             /* how light a check may be and still count */
	int status;
};

static void line(void *arg, const struct health *h)
{
	struct report *r = arg;

	if (h->weight > r->heaviest)
		return;
	if (!h->good)
		r->status = 503;
	buf_printf(r->body, "%s %s: %s\n", h->good ? "ok" : "failed", h->name, h->text);
}

static int health(struct admin *a, struct buf *body)
{
	struct report r = {body, HEALTH_LIVE, 200};

	health_check(a->agent, line, &r);
	return r.status;
}

static int ready(struct admin *a, struct buf *body)
{
	struct report r = {body, HEALTH_READY, 200};

	health_check(a->agent, line, &r);
	return r.status;
}

static int metrics(struct admin *a, struct buf *body)
{
	int64_t free_bytes = health_disk_free(a->agent);
	struct why why;

	metrics_set(METRIC_BUILD, 1, METRIC_OF(PHIGATE_VERSION));
	metrics_set(METRIC_START, (double)a->started_s, METRIC_PLAIN);
	metrics_set(METRIC_RECORDING_OK, spool_health(a->agent->spool, &why) == RC_OK, METRIC_PLAIN);
	if (free_bytes >= 0)
		metrics_set(METRIC_DISK_FREE, (double)free_bytes, METRIC_PLAIN);
	spool_metrics(a->agent->spool);
	sessions_metrics(a->agent->sessions);
	holds_metrics(a->agent->store);
	gate_metrics(a->agent->gate);
	archive_metrics(a->agent->archive);
	notices_metrics(a->agent->notices);
	sinks_metrics(a->agent->sinks);
	return metrics_text(body) == RC_OK ? 200 : 503;
}

static const struct page {
	const char *request;
	int (*write)(struct admin *a, struct buf *body);
} PAGES[] = {
	{"GET /healthz ", health},
	{"GET /readyz ", ready},
	{"GET /metrics ", metrics},
};

static void answer(struct admin *a, int fd)
{
	struct buf head, body, out;
	int status = 404;

	buf_init(&head, HEAD_MAX);
	buf_init(&body, 1 << 18);
	buf_init(&out, 1 << 19);
	if (fd_read_until(fd, "\r\n\r\n", WAIT_S * NS_PER_S, &head) == RC_OK) {
		for (size_t i = 0; i < sizeof PAGES / sizeof *PAGES; i++)
			if (strncmp(head.data, PAGES[i].request, strlen(PAGES[i].request)) == 0)
				status = PAGES[i].write(a, &body);
		if (status == 404)
			buf_puts(&body, "there are /healthz, /readyz and /metrics\n");
		buf_printf(&out, "HTTP/1.1 %d %s\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: %zu\r\n"
			   "Cache-Control: no-store\r\nConnection: close\r\n\r\n",
			   status, status == 200 ? "OK" : status == 404 ? "Not Found" : "Service Unavailable", body.len);
		if (buf_add_slice(&out, buf_slice(&body)) == RC_OK)
			(void)!send(fd, out.data, out.len, MSG_NOSIGNAL);       /* who asked has gone */
	}
	buf_free(&head);
	buf_free(&body);
	buf_free(&out);
}

static void *run(void *arg)
{
	struct admin *a = arg;
	struct pollfd p[2] = {{a->listener, POLLIN, 0}, {a->wake, POLLIN, 0}};

	while (poll(p, 2, -1) >= 0 || errno == EINTR) {
		struct timeval wait = {.tv_sec = WAIT_S};
		int fd;

		if (p[1].revents)
			break;
		fd = p[0].revents ? accept4(a->listener, NULL, NULL, SOCK_CLOEXEC) : -1;
		if (fd < 0) {
			if (errno == EMFILE || errno == ENFILE)
				poll(NULL, 0, 100);
			continue;
		}
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
		answer(a, fd);
		close(fd);
	}
	return NULL;
}

enum rc admin_start(struct agent *agent, int listener, struct admin **out, struct why *why)
{
	struct admin *a = calloc(1, sizeof *a);

	*out = NULL;
	if (!a)
		return RC_NOMEM;
	*a = (struct admin){.agent = agent, .listener = listener, .wake = eventfd(0, EFD_CLOEXEC), .started_s = clock_wall_s()};
	if (a->wake >= 0 && listen(listener, 16) == 0 && pthread_create(&a->thread, NULL, run, a) == 0) {
		*out = a;
		return RC_OK;
	}
	if (a->wake >= 0)
		close(a->wake);
	free(a);
	return why_set(why, RC_IO, "cannot listen on admin.listen: %s", strerror(errno));
}

void admin_stop(struct admin *a)
{
	const uint64_t one = 1;

	if (!a)
		return;
	if (write(a->wake, &one, sizeof one) == (ssize_t)sizeof one)
		pthread_join(a->thread, NULL);
	close(a->wake);
	close(a->listener);
	free(a);
}
