/* An HTTP server on 127.0.0.1 for tests, one request at a time: what it answers is the test's to say, at any time. */
#ifndef PHIGATE_TEST_WEBSERVER_H
#define PHIGATE_TEST_WEBSERVER_H

#include <arpa/inet.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct web {
	int listener, port;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t asked;
	bool runs, slow;                         /* its thread; has begun; answers wait while it is true */
	int requests;
	char last[4096];                         /* the last request as it came */
	size_t last_n;
	size_t answer_n;                         /* for an answer that is no text, its length */
	void *arg;
	/* Called under lock with the request's path; returns the whole answer, freed here. */
	char *(*answer)(void *arg, const char *path);
};

static inline char *web_answer(int status, const char *more_headers, const char *body)
{
	size_t n = strlen(body) + strlen(more_headers) + 200;
	char *out = malloc(n);

	snprintf(out, n, "HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %zu\r\nConnection: close\r\n%s\r\n%s", status,
		 strlen(body), more_headers, body);
	return out;
}

static inline void web_serve(struct web *w, int fd)
{
	char in[4096], path[1024];
	bool whole = false;
	size_t have = 0;
	char *out;
	ssize_t n;

	while (!whole && have < sizeof in - 1 && (n = recv(fd, in + have, sizeof in - 1 - have, 0)) > 0) {
		char *end, *length;

		have += (size_t)n;
		in[have] = '\0';
		end = strstr(in, "\r\n\r\n");
		length = strstr(in, "Content-Length: ");
		whole = end && have >= (size_t)(end - in) + 4 + (length ? (size_t)atoi(length + 16) : 0);
	}
	if (!whole || sscanf(in, "%*s %1000s", path) != 1)       /* a client that was killed */
		return;
	pthread_mutex_lock(&w->lock);
	w->requests++;
	memcpy(w->last, in, have + 1);
	w->last_n = have;
	w->answer_n = 0;
	pthread_cond_broadcast(&w->asked);
	while (w->slow)
		pthread_cond_wait(&w->asked, &w->lock);
	out = w->answer(w->arg, path);
	pthread_mutex_unlock(&w->lock);
	if (out)
		send(fd, out, w->answer_n ? w->answer_n : strlen(out), MSG_NOSIGNAL);
	pthread_mutex_lock(&w->lock);
	free(out);
	pthread_mutex_unlock(&w->lock);
}

/* AddressSanitizer's allocator does not survive a fork while another thread is in it: nobody forks while a server asks for memory or gives it
 * back, which it does under its lock, nor while its thread begins. */
static struct web *web_running[4];

static inline void web_before_fork(void)
{
	for (size_t i = 0; i < sizeof web_running / sizeof *web_running; i++)
		if (web_running[i])
			pthread_mutex_lock(&web_running[i]->lock);
}

static inline void web_after_fork(void)
{
	for (size_t i = 0; i < sizeof web_running / sizeof *web_running; i++)
		if (web_running[i])
			pthread_mutex_unlock(&web_running[i]->lock);
}

/* Puts new in the place of old; aborts when more servers run than there are places. */
static inline void web_runs(struct web *old, struct web *new)
{
	static bool guarded;
	size_t i = 0;

	if (!guarded && pthread_atfork(web_before_fork, web_after_fork, web_after_fork) != 0)
		abort();
	guarded = true;
	while (i < sizeof web_running / sizeof *web_running && web_running[i] != old)
		i++;
	if (i == sizeof web_running / sizeof *web_running)
		abort();
	web_running[i] = new;
}

static inline void *web_run(void *arg)
{
	struct web *w = arg;
	int fd;

	pthread_mutex_lock(&w->lock);
	w->runs = true;
	pthread_cond_broadcast(&w->asked);
	pthread_mutex_unlock(&w->lock);
	while ((fd = accept(w->listener, NULL, NULL)) >= 0) {
		web_serve(w, fd);
		close(fd);
	}
	return NULL;
}

static inline void web_start(struct web *w, char *(*answer)(void *arg, const char *path), void *arg)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof at;

	*w = (struct web){.answer = answer, .arg = arg};
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->asked, NULL);
	w->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (w->listener < 0 || bind(w->listener, (void *)&at, sizeof at) != 0 || listen(w->listener, 16) != 0 ||
	    getsockname(w->listener, (void *)&at, &n) != 0 || pthread_create(&w->thread, NULL, web_run, w) != 0)
		abort();
	w->port = ntohs(at.sin_port);
	pthread_mutex_lock(&w->lock);
	while (!w->runs)
		pthread_cond_wait(&w->asked, &w->lock);
	pthread_mutex_unlock(&w->lock);
	web_runs(NULL, w);
}

static inline void web_slow(struct web *w, bool slow)
{
	pthread_mutex_lock(&w->lock);
	w->slow = slow;
	pthread_cond_broadcast(&w->asked);
	pthread_mutex_unlock(&w->lock);
}

static inline int web_requests(struct web *w)
{
	int n;

	pthread_mutex_lock(&w->lock);
	n = w->requests;
	pthread_mutex_unlock(&w->lock);
	return n;
}

/* Until that many requests have come. */
static inline void web_await(struct web *w, int requests)
{
	pthread_mutex_lock(&w->lock);
	while (w->requests < requests)
		pthread_cond_wait(&w->asked, &w->lock);
	pthread_mutex_unlock(&w->lock);
}

/* The server is gone: its port refuses. */
static inline void web_stop(struct web *w)
{
	web_slow(w, false);
	shutdown(w->listener, SHUT_RDWR);
	pthread_join(w->thread, NULL);
	web_runs(w, NULL);
	close(w->listener);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->asked);
}

#endif
