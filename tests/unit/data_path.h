/* For tests of the data path: everything from the session to the recording is real, on real sockets; the model is played by a
 * thread that does what the test says. */
#ifndef PHIGATE_TEST_DATA_PATH_H
#define PHIGATE_TEST_DATA_PATH_H

#include <arpa/inet.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/socket.h>

#include "exchange.h"
#include "fiber.h"
#include "hold.h"
#include "http_message.h"
#include "log.h"
#include "recordings.h"
#include "session.h"
#include "target.h"
#include "usage.h"
#include "wait.h"

#define API_KEY "phg_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define CREDENTIAL "model-credential-5d1f"
#define SSN "536-22-8741"
#define CHAT "/v1/chat/completions"

static char *clinicians[] = {"clinicians"}, *officers[] = {"privacy-officers"}, *opaque_none[] = {NULL};
static const struct person alice = {.issuer = "https://idp", .subject = "a", .user = "alice@x", .groups = {clinicians, 1}};
static const struct person bob = {.issuer = "https://idp", .subject = "b", .user = "bob@x", .groups = {officers, 1}};

static const char POLICY[] =
	"version: 1\n"
	"emergency: {groups: [clinicians]}\n"
	"rules:\n"
	"  - {name: no-embeddings, when: {route: /v1/embeddings}, then: deny, message: Embeddings are not released.}\n"
	"  - {name: no-export, when: {prompt_matches: 'export the database'}, then: deny, message: Not this.}\n"
	"  - {name: bulk, when: {prompt_matches: 'every patient'}, then: approve, by: {groups: [privacy-officers]}, ttl: 15m, wait: 4m}\n"
	"  - {name: later, when: {prompt_matches: 'some day'}, then: approve, by: {groups: [privacy-officers]}, ttl: 15m, wait: 1s}\n";

/* ---- the model ---------------------------------------------------------------------------------------------------------- */

#define PIECES_MAX 8
enum then { THEN_KEEP, THEN_CLOSE, THEN_RESET, THEN_WAIT, THEN_FLOOD };

struct model {
	int listener, port, fd;                  /* fd: the connection that is served; -1: none */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct buf seen;                         /* every request as it came */
	int asked, gone;                         /* requests; connections that the agent closed while the model had more to say */
	int closed;                              /* connections that are over */
	int lines_when_asked;                    /* of the session's index, when the last request came */
	const char *index;                       /* its path in the site */
	struct slice piece[PIECES_MAX];          /* what the model says; from the second on, each waits for model_go() */
	int n_pieces, may_say;
	enum then then;
};

static inline int index_lines(const char *path)
{
	FILE *f = fopen(path, "re");
	int n = 0, c;

	while (f && (c = getc(f)) != EOF)
		n += c == '\n';
	if (f)
		fclose(f);
	return n;
}

/* One request, whole. */
static inline bool model_read(struct model *m, int fd)
{
	struct http_message message;
	struct http_head head;
	enum http_event event = HTTP_EVENT_MORE;
	struct buf body;
	bool fine = true;

	http_head_init(&head);
	buf_init(&body, 1 << 24);
	http_message_init(&message, HTTP_KIND_REQUEST, 1 << 20);
	http_message_begin(&message, &head, &body, false);
	while (fine && event != HTTP_EVENT_DONE) {
		struct slice in;
		char bytes[4096];
		ssize_t n = recv(fd, bytes, sizeof bytes, 0);

		fine = n > 0;
		if (!fine)
			break;
		pthread_mutex_lock(&m->lock);
		buf_add(&m->seen, bytes, (size_t)n);
		buf_add(&m->seen, "", 0);
		pthread_mutex_unlock(&m->lock);
		in = (struct slice){bytes, (size_t)n};
		while (fine && in.n && event != HTTP_EVENT_DONE)
			fine = http_message_feed(&message, &in, &event, NULL) == RC_OK;
		if (event == HTTP_EVENT_HEAD && !head.chunked && head.content_length <= 0)
			break;
	}
	http_head_free(&head);
	buf_free(&body);
	return fine;
}

static inline void model_note(struct model *m, int *what)
{
	pthread_mutex_lock(&m->lock);
	(*what)++;
	pthread_cond_broadcast(&m->changed);
	pthread_mutex_unlock(&m->lock);
}

/* Until the agent closes, without an answer of ours. */
static inline void model_wait_for_end(struct model *m, int fd)
{
	char byte;

	while (recv(fd, &byte, 1, 0) > 0)
		;
	model_note(m, &m->gone);
}

/* Words without end, as fast as they go. */
static inline void model_flood(struct model *m, int fd)
{
	static const char event[] = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":"
		"\"and the patient was given aspirin once more \"}}]}\n\n";

	while (send(fd, event, sizeof event - 1, MSG_NOSIGNAL) > 0)
		;
	model_note(m, &m->gone);
}

/* Does the connection go on? */
static inline bool model_answer(struct model *m, int fd)
{
	const struct linger hard = {1, 0};
	enum then then;
	int n;

	pthread_mutex_lock(&m->lock);
	m->lines_when_asked = m->index ? index_lines(m->index) : 0;
	m->asked++;
	pthread_cond_broadcast(&m->changed);
	n = m->n_pieces;
	then = m->then;
	for (int i = 0; i < n; i++) {
		struct slice piece = m->piece[i];

		while (m->may_say < i)
			pthread_cond_wait(&m->changed, &m->lock);
		pthread_mutex_unlock(&m->lock);
		if (send(fd, piece.p, piece.n, MSG_NOSIGNAL) != (ssize_t)piece.n)
			then = THEN_CLOSE;
		pthread_mutex_lock(&m->lock);
	}
	pthread_mutex_unlock(&m->lock);
	switch (then) {
	case THEN_KEEP:
		return true;
	case THEN_CLOSE:
		return false;
	case THEN_RESET:
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
		return false;
	case THEN_WAIT:
		model_wait_for_end(m, fd);
		return false;
	case THEN_FLOOD:
		model_flood(m, fd);
		return false;
	}
	return false;
}

static inline void *model_main(void *arg)
{
	struct model *m = arg;
	int fd;

	while ((fd = accept4(m->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		pthread_mutex_lock(&m->lock);
		m->fd = fd;
		pthread_mutex_unlock(&m->lock);
		while (model_read(m, fd) && model_answer(m, fd))
			;
		pthread_mutex_lock(&m->lock);
		m->fd = -1;
		close(fd);
		m->closed++;
		pthread_cond_broadcast(&m->changed);
		pthread_mutex_unlock(&m->lock);
	}
	return NULL;
}

static inline void model_start(struct model *m)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof at;

	*m = (struct model){.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .fd = -1};
	pthread_mutex_init(&m->lock, NULL);
	pthread_cond_init(&m->changed, NULL);
	buf_init(&m->seen, 1 << 24);
	assert_int_equal(bind(m->listener, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(getsockname(m->listener, (struct sockaddr *)&at, &n), 0);
	assert_int_equal(listen(m->listener, 16), 0);
	m->port = ntohs(at.sin_port);
	assert_int_equal(pthread_create(&m->thread, NULL, model_main, m), 0);
}

static inline void model_stop(struct model *m)
{
	shutdown(m->listener, SHUT_RDWR);
	pthread_mutex_lock(&m->lock);
	m->may_say = PIECES_MAX;                 /* also after a test that failed half way */
	if (m->fd >= 0)
		shutdown(m->fd, SHUT_RDWR);
	pthread_cond_broadcast(&m->changed);
	pthread_mutex_unlock(&m->lock);
	pthread_join(m->thread, NULL);
	close(m->listener);
	buf_free(&m->seen);
	pthread_mutex_destroy(&m->lock);
	pthread_cond_destroy(&m->changed);
}

/* What the model says from now on. */
static inline void model_says(struct model *m, struct slice piece, enum then then)
{
	pthread_mutex_lock(&m->lock);
	m->piece[0] = piece;
	m->n_pieces = 1;
	m->may_say = 0;
	m->then = then;
	pthread_mutex_unlock(&m->lock);
}

static inline void model_adds(struct model *m, struct slice piece)
{
	pthread_mutex_lock(&m->lock);
	assert_true(m->n_pieces < PIECES_MAX);
	m->piece[m->n_pieces++] = piece;
	pthread_mutex_unlock(&m->lock);
}

static inline void model_go(struct model *m)
{
	model_note(m, &m->may_say);
}

#define PATIENCE_S 60                            /* for what must come; then the test has failed, and does not hang */

static inline void model_await(struct model *m, const int *what, int n)
{
	struct timespec until;
	int waited = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE_S;
	pthread_mutex_lock(&m->lock);
	while (*what < n && waited == 0)
		waited = pthread_cond_timedwait(&m->changed, &m->lock, &until);
	pthread_mutex_unlock(&m->lock);
	if (waited != 0)
		fail_msg("the model was not asked, or not left, %d times", n);
}

static inline int model_asked(struct model *m)
{
	int n;

	pthread_mutex_lock(&m->lock);
	n = m->asked;
	pthread_mutex_unlock(&m->lock);
	return n;
}

static inline bool model_saw(struct model *m, const char *text)
{
	bool found;

	pthread_mutex_lock(&m->lock);
	found = count(&m->seen, text) > 0;
	pthread_mutex_unlock(&m->lock);
	return found;
}

/* ---- the agent ---------------------------------------------------------------------------------------------------------- */

#define SNAPSHOTS_MAX 16

struct place {
	struct config config;
	struct connection connection;
	struct agent agent;
	struct snapshot *snapshots[SNAPSHOTS_MAX];       /* that were ever in force, a reference to each */
	size_t n_snapshots;
	struct dialect *dialect;
	struct target *target;
	struct session *session;
	struct fibers *fibers;
	struct model model;
	char id[SESSION_ID_LEN + 1], index[160];
	bool emergency;                          /* is what the next session is opened for */
};

static struct place place;

/* One connection of a client, as the agent serves it. It outlives a test that fails, which its struct client does not. */
struct serve {
	struct serve *next;
	int client_fd, fd;
	struct session *session;
	sem_t served;                            /* posted when the agent is done with it */
};
static struct serve *serves;

static inline void serve_main(void *arg)
{
	struct serve *s = arg;

	exchange_serve(&place.agent, s->session, s->fd);
	wait_close(s->fd);
	sem_post(&s->served);
}

static inline struct serve *serve_begin(int client_fd, int fd)
{
	struct serve *s = calloc(1, sizeof *s);

	*s = (struct serve){.next = serves, .client_fd = client_fd, .fd = fd, .session = place.session};
	assert_int_equal(sem_init(&s->served, 0, 0), 0);
	serves = s;
	assert_int_equal(fiber_start(place.fibers, serve_main, s), RC_OK);
	return s;
}

/* The client has hung up; wait until the agent has seen it. */
static inline void serve_end(struct serve *s)
{
	struct serve **at = &serves;

	while (sem_wait(&s->served) != 0)
		continue;
	sem_destroy(&s->served);
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	free(s);
}

static inline char *in_site(const char *name)
{
	static char path[4][160];
	static int next;
	char *at = path[next++ % 4];

	snprintf(at, sizeof path[0], "%s/%s", site.dir, name);
	return at;
}

static inline void write_policy(const char *text)
{
	assert_int_equal(file_write(in_site("policies/hipaa.yaml"), slice_str(text), 0600, NULL), RC_OK);
}

/* What the place says now, with the policies as their files are. It frees nothing but the policies. */
static inline struct snapshot *snapshot_of(struct place *p)
{
	struct text_list names = {(char *[]){"hipaa"}, 1};
	struct snapshot *s = calloc(1, sizeof *s);
	struct why why = {0};

	assert_true(p->n_snapshots < SNAPSHOTS_MAX);
	*s = (struct snapshot){.config = &p->config, .dialects = &p->dialect, .targets = &p->target, .refs = 1};
	if (policies_load(p->config.policies_dir, &names, &s->policies, &why) != RC_OK)
		fail_msg("policy: %d: %s", why.line, why.text);
	p->snapshots[p->n_snapshots++] = s;
	return s;
}

static inline void take_over(void)
{
	current_set(place.agent.current, snapshot_ref(snapshot_of(&place)));
}

static inline void open_session(struct place *p)
{
	char key[SESSION_KEY_LEN + 1], hex[SHA256_HEX];
	const struct session_ask ask_for = {
		.person = &alice, .snapshot = p->snapshots[p->n_snapshots - 1], .key_id = "SHA256:k1",
		.address = "203.0.113.9:51022", .ssh_id = "ssh1", .api_key_sha256 = hex, .reason = "ward round",
		.expires_s = clock_wall_ns() / NS_PER_S + 3600, .emergency = p->emergency,
	};
	struct why why = {0};

	sha256_hex(API_KEY, strlen(API_KEY), hex);
	if (session_open(p->agent.sessions, &ask_for, &p->session, key, &why) != RC_OK)
		fail_msg("session: %s", why.text);
	strcpy(p->id, p->session->id);
	snprintf(p->index, sizeof p->index, "%s/spool/%s.1/index.jsonl", site.dir, p->id);
	p->model.index = p->index;
}

static inline void place_open(bool strict)
{
	struct place *p = &place;
	static char upstream[64];
	struct why why = {0};

	log_setup(-1, false, LOG_ERROR);                  /* some tests break what is then logged */
	*p = (struct place){0};
	assert_int_equal(fibers_start(2, 1 << 20, &p->fibers), RC_OK);
	model_start(&p->model);
	site_make();
	snprintf(upstream, sizeof upstream, "http://127.0.0.1:%d", p->model.port);
	assert_int_equal(dir_make(in_site("policies"), 0700, NULL), RC_OK);
	write_policy(POLICY);
	assert_int_equal(file_write(in_site("credential"), SLICE("Bearer " CREDENTIAL "\n"), 0600, NULL), RC_OK);
	p->connection = (struct connection){
		.name = "llama-prod", .upstream = upstream, .dialect = "openai", .policy = "hipaa", .groups = {clinicians, 1},
		.credential = {"Authorization", strdup(in_site("credential"))}, .allow_opaque = {opaque_none, 0},
	};
	p->config = (struct config){
		.name = "gpu-1", .state_dir = site.dir, .policies_dir = strdup(in_site("policies")), .connections = &p->connection, .n_connections = 1,
		.session = {.max_duration = 8 * 3600 * NS_PER_S, .idle_timeout = 1800 * NS_PER_S, .concurrent = 8},
		.limits = {.connections = 64, .per_person = 8, .held_per_person = 4, .streams = 64, .spool_per_person = 1 << 30, .body_max = 65536,
			   .header_max = 8192, .event_max = 65536, .body_rate = 1024, .header_wait = 10 * NS_PER_S},
	};
	p->agent = (struct agent){.config = &p->config, .stop_fd = -1};
	assert_int_equal(dialect_load("openai", NULL, &p->dialect, &why), RC_OK);
	assert_int_equal(target_new(&p->connection, &p->target, &why), RC_OK);
	assert_int_equal(current_new(snapshot_of(p), &p->agent.current), RC_OK);
	p->agent.spool = site_open(strict);
	p->agent.ledger = site.ledger;
	assert_int_equal(store_open(in_site("store.sqlite"), &p->agent.store, &why), RC_OK);
	assert_int_equal(holds_new(p->agent.store, in_site("keys/hold_hmac"), 4, &p->agent.holds, &why), RC_OK);
	p->agent.usage = usage_new();
	assert_non_null(p->agent.usage);
	assert_int_equal(sessions_new(p->agent.current, p->agent.store, p->agent.spool, NULL, &p->agent.sessions, &why), RC_OK);
	open_session(p);
}

static inline int place_setup(void **state)
{
	(void)state;
	place_open(true);
	return 0;
}

static inline void end_session(enum session_end how)
{
	assert_int_equal(session_finish(place.agent.sessions, place.id, &alice, how, NULL), RC_OK);
}

/* The dialect from here on, in a session of its own. */
static inline void speak(const char *name)
{
	struct why why = {0};

	end_session(SESSION_END_CLIENT);
	session_unref(place.session);
	dialect_free(place.dialect);
	assert_int_equal(dialect_load(name, NULL, &place.dialect, &why), RC_OK);
	open_session(&place);
}

/* What a test that failed half way has left open: a fiber waits there, and would for ever. */
static inline void hang_up_all(void)
{
	while (serves) {
		struct serve *s = serves;

		shutdown(s->client_fd, SHUT_RDWR);
		serve_end(s);
	}
}

static inline int place_teardown(void **state)
{
	struct place *p = &place;

	hang_up_all();
	fibers_stop(p->fibers);
	session_unref(p->session);
	sessions_free(p->agent.sessions);
	usage_free(p->agent.usage);
	holds_free(p->agent.holds);
	store_close(p->agent.store);
	current_free(p->agent.current);
	for (size_t i = 0; i < p->n_snapshots; i++) {
		assert_int_equal(p->snapshots[i]->refs, 1);      /* whoever worked has let go of it */
		policies_free(p->snapshots[i]->policies);
		free(p->snapshots[i]);
	}
	model_stop(&p->model);
	target_free(p->target);
	dialect_free(p->dialect);
	free(p->connection.credential.value_file);
	free(p->config.policies_dir);
	return teardown(state);
}

/* A part of the session's bundle, checked by an auditor's tools and by the project's own verification. */
static inline struct audit seal_part(int number)
{
	if (place.session) {
		end_session(SESSION_END_CLIENT);
		session_unref(place.session);
		place.session = NULL;
	}
	return audit_part(place.id, number);
}

static inline struct audit sealed(void)
{
	return seal_part(1);
}

static inline void on_record(const char *text, int times)
{
	struct audit a = sealed();

	if (count(&a.records, text) != times)
		fail_msg("%d times on record: %s\n%s", count(&a.records, text), text, a.records.data);
	assert_int_equal(count(&a.records, SSN), 0);
	assert_int_equal(count(&a.records, API_KEY), 0);
	assert_int_equal(count(&a.records, CREDENTIAL), 0);
	audit_free(&a);
}

/* ---- the client --------------------------------------------------------------------------------------------------------- */

struct client {
	int fd;
	struct serve *serve;
	struct buf in;                           /* what has come and is not read yet */
	bool closed;
	/* the last answer */
	struct http_head head;
	struct buf body;
};

static inline void client_open(struct client *c)
{
	const struct timeval wait = {.tv_sec = 20};
	int pair[2];

	*c = (struct client){0};
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
	c->fd = pair[0];
	c->serve = serve_begin(pair[0], pair[1]);
	buf_init(&c->in, 1 << 26);
	buf_init(&c->body, 1 << 26);
	http_head_init(&c->head);
}

/* Hang up, and wait until the agent has seen it. */
static inline void client_close(struct client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	serve_end(c->serve);
	buf_free(&c->in);
	buf_free(&c->body);
	http_head_free(&c->head);
}

static inline void client_put(struct client *c, struct slice bytes)
{
	while (bytes.n) {
		ssize_t n = send(c->fd, bytes.p, bytes.n, MSG_NOSIGNAL);

		if (n <= 0)
			return;                          /* the agent has closed: the answer says why */
		bytes = (struct slice){bytes.p + n, bytes.n - (size_t)n};
	}
}

static inline bool client_more(struct client *c)
{
	char bytes[4096];
	ssize_t n = recv(c->fd, bytes, sizeof bytes, 0);

	if (n > 0)
		buf_add(&c->in, bytes, (size_t)n);
	else
		c->closed = true;
	return n > 0;
}

/* Read until the text has come; false: the connection ended before. */
static inline bool client_sees(struct client *c, const char *text)
{
	while (count(&c->in, text) == 0)
		if (!client_more(c))
			return false;
	return true;
}

/* The next answer, whole; its status, or 0 when the connection ended before its end. */
static inline int client_answer(struct client *c, bool to_head)
{
	struct http_message message;
	enum http_event event = HTTP_EVENT_MORE;
	struct why why = {0};

	buf_clear(&c->body);
	http_message_init(&message, HTTP_KIND_ANSWER, 1 << 20);
	http_message_begin(&message, &c->head, &c->body, to_head);
	for (;;) {
		struct slice in = buf_slice(&c->in);

		if (in.n && http_message_feed(&message, &in, &event, &why) != RC_OK)
			fail_msg("the answer: %s", why.text);
		buf_consume(&c->in, c->in.len - in.n);
		if (event == HTTP_EVENT_HEAD && (to_head || c->head.status == 204 || c->head.content_length == 0))
			break;
		if (event == HTTP_EVENT_DONE)
			break;
		if (c->in.len == 0 && !client_more(c)) {
			if (message.in_head || http_message_end(&message) != RC_OK)
				return 0;
			break;
		}
	}
	buf_add(&c->body, "", 0);
	return c->head.status;
}

static inline void put_request(struct client *c, const char *method, const char *path, const char *headers, const char *body)
{
	struct buf out;

	buf_init(&out, 1 << 24);
	buf_printf(&out, "%s %s HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nAuthorization: Bearer " API_KEY "\r\n%s", method, path, headers);
	if (body)
		buf_printf(&out, "Content-Length: %zu\r\n", strlen(body));
	buf_puts(&out, "\r\n");
	buf_puts(&out, body ? body : "");
	assert_int_equal(out.rc, RC_OK);
	client_put(c, buf_slice(&out));
	buf_free(&out);
}

static inline int request(struct client *c, const char *method, const char *path, const char *body)
{
	put_request(c, method, path, "", body);
	return client_answer(c, strcmp(method, "HEAD") == 0);
}

static inline const char *chat_body(const char *prompt)
{
	static char body[4096];

	snprintf(body, sizeof body, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}", prompt);
	return body;
}

static inline int chat(struct client *c, const char *prompt)
{
	return request(c, "POST", CHAT, chat_body(prompt));
}

static inline void put_chat(struct client *c, const char *prompt)
{
	put_request(c, "POST", CHAT, "", chat_body(prompt));
}

/* Bytes on a connection of their own, which the agent is expected to close; the status of the first answer. */
static inline int once(struct slice bytes, struct buf *all)
{
	struct client c;
	int status;

	client_open(&c);
	client_put(&c, bytes);
	while (client_more(&c))
		;
	buf_add_slice(all, buf_slice(&c.in));
	buf_add(all, "", 0);
	status = c.in.len > 12 ? atoi(c.in.data + 9) : 0;
	client_close(&c);
	return status;
}

/* The id of the n-th hold, when it is there. */
static inline void await_hold(char id[HOLD_ID_LEN + 1], int n, const char *state)
{
	const int64_t until_ns = clock_mono_ns() + PATIENCE_S * NS_PER_S;

	for (;;) {
		struct buf out;
		cJSON *tree;
		int found;

		buf_init(&out, 1 << 20);
		assert_int_equal(holds_list(place.agent.holds, &bob, state, &out, NULL), RC_OK);
		tree = json_parse(buf_slice(&out));
		buf_free(&out);
		found = cJSON_GetArraySize(tree);
		if (found >= n)
			snprintf(id, HOLD_ID_LEN + 1, "%s", json_text(cJSON_GetArrayItem(tree, n - 1), "id"));
		cJSON_Delete(tree);
		if (found >= n)
			return;
		if (clock_mono_ns() > until_ns)
			fail_msg("there are %d holds, not %d", found, n);
		sched_yield();
	}
}

static const struct hold_decision by_bob = {.person = &bob, .key_id = "SHA256:k2", .address = "203.0.113.10:1", .reason = "audit 7"};

static inline void approve(const char *id)
{
	struct hold h;

	assert_int_equal(hold_approve(place.agent.holds, id, &by_bob, &h, NULL), RC_OK);
}

/* The policy from now on: its mask section, and the rules of the tests of requests. */
static inline void masks(const char *mask)
{
	struct buf text;

	buf_init(&text, 4096);
	buf_printf(&text, "%s\nmask: %s\n%s", "version: 1", mask, strchr(POLICY, '\n') + 1);
	write_policy(text.data);
	buf_free(&text);
	take_over();
}

#define JSON_ANSWER(headers, body) "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n" headers "\r\n" body
#define STREAM_HEAD "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
#define NOTE "{\"id\":\"c-1\",\"object\":\"chat.completion\",\"model\":\"m\",\"choices\":[{\"index\":0," \
	"\"message\":{\"role\":\"assistant\",\"content\":\"On file: SSN " SSN "; continue metformin.\"},\"finish_reason\":\"stop\"}]}"

static inline void model_says_note(void)
{
	model_says(&place.model, SLICE(JSON_ANSWER("", NOTE)), THEN_CLOSE);
}

static inline bool is_error(const struct client *c, const char *type)
{
	cJSON *tree = json_parse(buf_slice(&c->body));
	const cJSON *error = json_object(tree, "error");
	bool fine = error && json_text(error, "message") && json_text(error, "request_id") &&
		    strncmp(json_text(error, "request_id"), "req_", 4) == 0 && strcmp(json_text(error, "type"), type) == 0;

	cJSON_Delete(tree);
	return fine;
}

#endif
