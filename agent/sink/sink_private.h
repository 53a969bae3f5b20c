/* What the files behind sink.h share: sink.c, sink_send.c, sink_syslog.c. */
#ifndef PHIGATE_AGENT_SINK_PRIVATE_H
#define PHIGATE_AGENT_SINK_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "audit_format.h"
#include "sink.h"
#include "sink_queue.h"

struct sink {
	struct sink_settings own;                /* the configuration may be another one some day */
	const struct sink_settings *conf;        /* own */
	const struct audit_format *format;
	const char *agent;
	struct sink_queue *queue;
	struct buf token;                        /* Authorization's value; empty: none */
	struct fetch_client *http;
	struct syslog_link *link;
	int fd;                                  /* the file; -1: not open */
	atomic_bool stop, reopen;
	atomic_bool last;                        /* what waits, and then no more */
	atomic_ullong sent, retried, dropped;
	pthread_t thread;
	bool runs;

	pthread_mutex_t gap_lock;                /* one thread tells of what was dropped */
	pthread_mutex_t lock;                    /* of news */
	pthread_cond_t wake;
	bool news, ended;
};

/* Lines, each with its LF, to the receiver. RC_OK: it has them; RC_CANCELLED: the agent stops; else none may be taken as delivered, and why says
 * what to look at. */
enum rc sink_send_file(struct sink *s, struct slice lines, struct why *why) MUST_USE;
enum rc sink_send_http(struct sink *s, struct slice lines, struct why *why) MUST_USE;
enum rc sink_send_syslog(struct sink *s, struct slice lines, struct why *why) MUST_USE;
enum rc sink_read_token(const struct sink_settings *conf, struct buf *out, struct why *why) MUST_USE;
void syslog_link_free(struct syslog_link *link);         /* NULL is allowed */
enum rc syslog_link_check(const struct sink_settings *conf, struct why *why) MUST_USE;   /* its certificates */

#endif
