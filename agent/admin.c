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
#include "clock.h"
#include "exchange.h"
#include "gate.h"
#include "notice.h"
#include "record.h"

#define HEAD_MAX 4096
#define WAIT_S 2

struct admin {
	struct agent *agent;
	int listener, wake;
	pthread_t thread;
	int64_t started_ns;
};

static enum rc read_head(int fd, struct buf *head)
{
	int64_t until = clock_mono_ns() + WAIT_S * NS_PER_S;

	while (!head->data || !strstr(head->data, "\r\n\r\n")) {
		struct pollfd p = {fd, POLLIN, 0};
		int64_t left = until - clock_mono_ns();
		char *at;
		ssize_t n;

		if (left <= 0 || poll(&p, 1, (int)(left / NS_PER_MS) + 1) <= 0)
			return RC_TIMEOUT;
		at = buf_room(head, 512);
		if (!at)
			return head->rc;
		n = recv(fd, at, 512, 0);
		if (n <= 0)
			return RC_END;
		buf_added(head, (size_t)n);
	}
	return RC_OK;
}

static int health(struct admin *a, struct buf *body)
{
	struct why why = {0};

	if (spool_health(a->agent->spool, &why) == RC_OK) {
		buf_puts(body, "ok\n");
		return 200;
	}
	buf_printf(body, "recordings cannot be written: %s\n", why.text);
	return 503;
}

static int metrics(struct admin *a, struct buf *body)
{
	struct why why;

	buf_printf(body, "# HELP phigate_build_info the version that runs\n# TYPE phigate_build_info gauge\n"
		   "phigate_build_info{version=\"%s\"} 1\n", PHIGATE_VERSION);
	buf_printf(body, "# HELP phigate_uptime_seconds since the agent is ready\n# TYPE phigate_uptime_seconds counter\n"
		   "phigate_uptime_seconds %lld\n", (long long)((clock_mono_ns() - a->started_ns) / NS_PER_S));
	buf_printf(body, "# HELP phigate_recording_ok whether recordings can be written\n# TYPE phigate_recording_ok gauge\n"
		   "phigate_recording_ok %d\n", spool_health(a->agent->spool, &why) == RC_OK);
	exchange_metrics(body);
	analyzer_metrics(body);
	gate_metrics(a->agent->gate, body);
	notices_metrics(a->agent->notices, body);
	return 200;
}

static const struct page {
	const char *request;
	int (*write)(struct admin *a, struct buf *body);
} PAGES[] = {
	{"GET /healthz ", health},
	{"GET /metrics ", metrics},
};

static void answer(struct admin *a, int fd)
{
	struct buf head, body, out;
	int status = 404;

	buf_init(&head, HEAD_MAX);
	buf_init(&body, 1 << 16);
	buf_init(&out, 1 << 17);
	if (read_head(fd, &head) == RC_OK) {
		for (size_t i = 0; i < sizeof PAGES / sizeof *PAGES; i++)
			if (strncmp(head.data, PAGES[i].request, strlen(PAGES[i].request)) == 0)
				status = PAGES[i].write(a, &body);
		if (status == 404)
			buf_puts(&body, "there are /healthz and /metrics\n");
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
	*a = (struct admin){.agent = agent, .listener = listener, .wake = eventfd(0, EFD_CLOEXEC), .started_ns = clock_mono_ns()};
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
