/* The control API over a channel: who is let in, what each route answers, and that errors look alike. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "control.h"
#include "events.h"
#include "gate.h"
#include "hold.h"
#include "json.h"
#include "log.h"
#include "neighbours.h"
#include "pack_make.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static char *clinicians[] = {"clinicians"}, *officers[] = {"privacy-officers"};
static _Atomic int64_t lives_s;                  /* a token that is proved now */
static _Atomic uint64_t generation;
static _Atomic int proofs;
static char ended_ssh[64];
static bool no_login;                            /* the SSH connection is gone */

/* ---- the neighbours that test_session.c does not need ---- */

static const struct person PEOPLE[] = {
	{.issuer = "i", .subject = "a", .user = "alice", .groups = {clinicians, 1}},
	{.issuer = "i", .subject = "b", .user = "bob", .groups = {officers, 1}},
	{.issuer = "i", .subject = "u", .user = "audrey", .auditor = true},
	{.issuer = "i", .subject = "d", .user = "adam", .admin = true},
	{.issuer = "i", .subject = "n", .user = "nightly", .groups = {officers, 1}, .program = true},
};

enum rc identity_prove(struct identity *identity, struct slice key_der, struct slice bearer, struct token *out, struct why *why)
{
	(void)identity;
	(void)key_der;
	proofs++;
	*out = (struct token){.expires_s = clock_wall_s() + lives_s};
	for (size_t i = 0; i < sizeof PEOPLE / sizeof *PEOPLE; i++)
		if (slice_is(bearer, PEOPLE[i].user))
			return person_copy(&out->person, &PEOPLE[i]);
	if (slice_is(bearer, "unreachable"))
		return why_set(why, RC_UNREACHABLE, "the provider's keys are not to be had");
	return why_set(why, RC_DENIED, "the token has expired");
}

enum rc identity_key_id(struct slice key_der, char key_id[KEY_ID_LEN + 1])
{
	snprintf(key_id, KEY_ID_LEN + 1, "SHA256:%.*s", (int)key_der.n, key_der.p);
	return RC_OK;
}

uint64_t identity_generation(struct identity *identity)
{
	(void)identity;
	return generation;
}

static struct {
	void (*fn)(void *arg, const char *key_id);
	void *arg;
} conflict;

void identity_on_conflict(struct identity *identity, void (*fn)(void *arg, const char *key_id), void *arg)
{
	(void)identity;
	conflict.fn = fn;
	conflict.arg = arg;
}

void token_free(struct token *token)
{
	person_free(&token->person);
}

enum rc gate_login(struct gate *gate, struct slice key_der, struct slice id, char address[64], char own_id[GATE_ID_LEN + 1])
{
	(void)gate;
	if (no_login) {
		strcpy(own_id, "nobody's");
		return RC_NOT_FOUND;
	}
	snprintf(address, 64, "203.0.113.%d:51022", key_der.p[0] == 'a' ? 9 : 10);
	snprintf(own_id, GATE_ID_LEN + 1, "%s", id.n ? "named" : "latest");
	return RC_OK;
}

void gate_end(struct gate *gate, const char *id)
{
	(void)gate;
	snprintf(ended_ssh, sizeof ended_ssh, "%s", id);
}

/* ---- a pack, of which only the way to it is looked at ---- */

enum rc pack_make(const struct pack_place *place, const struct person *who, int64_t from_ns, int64_t to_ns, struct pack_made *made, int *fd,
		  int64_t *size, struct why *why)
{
	(void)place;
	(void)who;
	*fd = -1;
	if (from_ns >= to_ns)
		return why_set(why, RC_BAD, "no period");
	*fd = memfd_create("pack", MFD_CLOEXEC);
	assert_int_equal(write(*fd, "A PACK.", 7), 7);
	assert_int_equal(lseek(*fd, 0, SEEK_SET), 0);
	*size = 7;
	made->made = true;
	return RC_OK;
}

enum rc pack_seal(const struct pack_place *place, const struct person *who, const struct pack_made *made,
		  unsigned char theirs[PACK_SUMMED - PACK_AGENTS][SHA256_LEN], struct buf *sums, struct buf *signature, struct why *why)
{
	(void)place;
	if (!made->made)
		return why_set(why, RC_CONFLICT, "nothing to seal");
	buf_printf(sums, "%s %02x", who->user, theirs[0][0]);
	return buf_puts(signature, "SIGNED");
}

/* ---- a ledger of five leaves ---- */

enum rc ledger_prove_consistency(const struct ledger *ledger, uint64_t from, uint64_t to, struct tlog_path *out)
{
	(void)ledger;
	*out = (struct tlog_path){.n = 1};
	return from <= to && to <= 5 ? RC_OK : RC_NOT_FOUND;
}

/* ---- how long a stream of events waits at most ---- */

static _Atomic int stream_waits_ms;

int poll(struct pollfd *fds, nfds_t n, int ms)
{
	const struct timespec t = {ms / 1000, ms % 1000 * NS_PER_MS};

	if (n == 2 && ms > 0)                            /* nobody else waits for a time and for two */
		stream_waits_ms = ms;
	return ppoll(fds, n, ms < 0 ? NULL : &t, NULL);
}

/* ---- an agent, channels, calls ---- */

struct place {
	char dir[64], store_path[96], key_path[96], bundle_path[96];
	struct config config;
	struct connection connection;
	struct dialect *dialects[1];
	struct snapshot snapshot;
	struct agent agent;
};

struct channel {
	struct agent *agent;
	const char *key;
	int fd, served;
	pthread_t thread;
	bool open;
};

static int setup(void **state)
{
	struct place *p = calloc(1, sizeof *p);
	struct why why = {0};

	strcpy(p->dir, "/tmp/test_control.XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->store_path, sizeof p->store_path, "%s/store.sqlite", p->dir);
	snprintf(p->key_path, sizeof p->key_path, "%s/hold_hmac", p->dir);
	snprintf(p->bundle_path, sizeof p->bundle_path, "%s/x.tar", p->dir);
	p->connection = (struct connection){.name = "llama", .dialect = "openai", .policy = "hipaa", .groups = {clinicians, 1}};
	p->config = (struct config){
		.name = "gpu-1", .connections = &p->connection, .n_connections = 1,
		.session = {.max_duration = 3600 * NS_PER_S, .idle_timeout = 3600 * NS_PER_S, .concurrent = 8},
		.limits = {.header_max = 32768, .header_wait = 10 * NS_PER_S, .body_rate = 1024},
	};
	p->agent = (struct agent){.config = &p->config, .gate = (struct gate *)p, .stop_fd = -1};
	told.notes[0] = told.bundle[0] = ended_ssh[0] = '\0';
	lives_s = 3600;
	no_login = false;
	assert_int_equal(store_open(p->store_path, &p->agent.store, &why), RC_OK);
	assert_int_equal(holds_new(p->agent.store, p->key_path, 8, &p->agent.holds, &why), RC_OK);
	p->snapshot = (struct snapshot){.config = &p->config, .dialects = p->dialects, .refs = 1};
	assert_int_equal(current_new(&p->snapshot, &p->agent.current), RC_OK);
	assert_int_equal(sessions_new(p->agent.current, p->agent.store, NULL, NULL, &p->agent.sessions, &why), RC_OK);
	assert_int_equal(events_new(&p->agent, &p->agent.events), RC_OK);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;
	static const char *files[] = {"store.sqlite", "store.sqlite-wal", "store.sqlite-shm", "hold_hmac", "x.tar"};

	sessions_free(p->agent.sessions);
	holds_free(p->agent.holds);
	events_free(p->agent.events);
	current_free(p->agent.current);
	assert_int_equal(p->snapshot.refs, 1);
	store_close(p->agent.store);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		char path[128];

		snprintf(path, sizeof path, "%s/%s", p->dir, files[i]);
		unlink(path);
	}
	rmdir(p->dir);
	free(p);
	return 0;
}

static void *serve(void *arg)
{
	struct channel *ch = arg;

	control_serve(ch->agent, slice_str(ch->key), ch->served);
	close(ch->served);
	return NULL;
}

static void open_channel(struct place *p, const char *key, struct channel *ch)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	*ch = (struct channel){.agent = &p->agent, .key = key, .fd = pair[0], .served = pair[1], .open = true};
	assert_int_equal(pthread_create(&ch->thread, NULL, serve, ch), 0);
}

static void close_channel(struct channel *ch)
{
	shutdown(ch->fd, SHUT_RDWR);
	close(ch->fd);
	pthread_join(ch->thread, NULL);
}

static char answer[65536];

/* Read until the text is there; false: the channel ended before. */
static bool read_until(int fd, const char *text)
{
	size_t have = strlen(answer);

	while (!strstr(answer, text)) {
		ssize_t n = recv(fd, answer + have, sizeof answer - 1 - have, 0);

		if (n <= 0)
			return false;
		have += (size_t)n;
		answer[have] = '\0';
	}
	return true;
}

/* One call; answer holds it whole, head and body. Returns the status. */
static int call(struct channel *ch, const char *who, const char *request, const char *body)
{
	const char *end, *length;
	int status, size;
	char *text;

	size = asprintf(&text, "%s HTTP/1.1\r\nHost: agent\r\n%s%s%sContent-Length: %zu\r\n\r\n%s", request,
		     who ? "Authorization: Bearer " : "", who ? who : "", who ? "\r\n" : "", strlen(body), body);
	assert_true(size > 0);
	answer[0] = '\0';
	assert_int_equal(send(ch->fd, text, (size_t)size, MSG_NOSIGNAL), size);
	free(text);
	assert_true(read_until(ch->fd, "\r\n\r\n"));
	assert_int_equal(sscanf(answer, "HTTP/1.1 %d", &status), 1);
	length = strstr(answer, "Content-Length: ");
	end = strstr(answer, "\r\n\r\n") + 4;
	while (length && strlen(end) < (size_t)atoi(length + 16)) {
		size_t have = strlen(answer);
		ssize_t n = recv(ch->fd, answer + have, sizeof answer - 1 - have, 0);

		assert_true(n > 0);
		answer[have + (size_t)n] = '\0';
	}
	if (status >= 400) {
		cJSON *tree = json_parse(slice_str(end));

		assert_non_null(json_text(json_object(tree, "error"), "type"));
		assert_non_null(json_text(json_object(tree, "error"), "message"));
		assert_memory_equal(json_text(json_object(tree, "error"), "request_id"), "req_", 4);
		cJSON_Delete(tree);
	}
	return status;
}

static cJSON *body_json(void)
{
	cJSON *tree = json_parse(slice_str(strstr(answer, "\r\n\r\n") + 4));

	assert_non_null(tree);
	return tree;
}

static void who_is_let_in(void **state)
{
	struct place *p = *state;
	struct channel ch;
	static const char *bad[] = {NULL, "expired", "unreachable"};

	open_channel(p, "alice-key", &ch);
	for (size_t i = 0; i < 3; i++) {         /* the channel stays: the next call may bring a fresh token */
		assert_int_equal(call(&ch, bad[i], "POST /v1/sessions", "{}"), i == 2 ? 503 : 401);
		assert_null(strstr(answer, "Bearer expired"));
	}
	proofs = 0;
	assert_int_equal(call(&ch, "alice", "GET /v1/whoami", ""), 200);
	assert_non_null(strstr(answer, "\"user\":\"alice\""));
	assert_non_null(strstr(answer, "\"groups\":[\"clinicians\"]"));
	assert_int_equal(call(&ch, "alice", "GET /v1/whoami", ""), 200);
	assert_int_equal(proofs, 1);                     /* the second call was cheap */
	generation++;                                    /* a conflict, or other keys: look again */
	assert_int_equal(call(&ch, "alice", "GET /v1/whoami", ""), 200);
	assert_int_equal(proofs, 2);
	assert_int_equal(call(&ch, "audrey", "GET /v1/whoami", ""), 200);
	assert_non_null(strstr(answer, "\"roles\":[\"auditor\"]"));
	assert_int_equal(proofs, 3);
	close_channel(&ch);
}

/* A minute for clocks that differ, as for the token itself. */
static void a_token_that_was_proved_is_looked_at_again_when_it_is_over(void **state)
{
	struct channel ch;

	open_channel(*state, "alice-key", &ch);
	lives_s = -30;
	proofs = 0;
	assert_int_equal(call(&ch, "alice", "GET /v1/whoami", ""), 200);
	assert_int_equal(call(&ch, "alice", "GET /v1/whoami", ""), 200);
	assert_int_equal(proofs, 1);
	generation++;
	lives_s = -60;
	for (int i = 2; i <= 3; i++) {
		assert_int_equal(call(&ch, "alice", "GET /v1/whoami", ""), 200);
		assert_int_equal(proofs, i);
	}
	close_channel(&ch);
}

static void two_keys_with_one_token_end_the_sessions_of_both(void **state)
{
	struct channel ch;

	open_channel(*state, "alice-key", &ch);
	assert_int_equal(call(&ch, "alice", "POST /v1/sessions", "{\"connection\":\"llama\",\"api_key_sha256\":\"" HEX64 "\"}"), 200);
	conflict.fn(conflict.arg, "SHA256:other-key");
	assert_false(noted("close"));
	conflict.fn(conflict.arg, "SHA256:alice-key");
	assert_true(noted("close revoked"));
	close_channel(&ch);
}

/* What stands behind the last call is not read. */
static bool is_over(struct channel *ch)
{
	answer[0] = '\0';
	return !read_until(ch->fd, "HTTP/1.1 ");
}

static void a_body_has_at_most_64_kib(void **state)
{
	char *body = malloc(65536 + 2);
	struct channel ch;

	open_channel(*state, "alice-key", &ch);
	for (int over = 0; over < 2; over++) {
		memset(body, ' ', 65536 + 1);
		body[0] = '{';
		body[65535 + over] = '}';
		body[65536 + over] = '\0';
		assert_int_equal(call(&ch, "alice", "POST /v1/sessions", body), over ? 413 : 400);
		assert_non_null(strstr(answer, over ? "65536 bytes" : "connection is missing"));
	}
	assert_true(is_over(&ch));
	free(body);
	close_channel(&ch);
}

static void a_channel_ends_with_the_call_that_says_so(void **state)
{
	struct channel ch;

	open_channel(*state, "alice-key", &ch);
	assert_int_equal(call(&ch, "alice\r\nConnection: close", "GET /v1/whoami", ""), 200);
	assert_non_null(strstr(answer, "Connection: close"));
	assert_true(is_over(&ch));
	close_channel(&ch);
	open_channel(*state, "alice-key", &ch);
	assert_int_equal(call(&ch, "alice\r\nHost: another", "GET /v1/whoami", ""), 400);
	assert_true(is_over(&ch));
	close_channel(&ch);
}

static void a_head_that_is_too_large_or_too_slow_ends_the_channel(void **state)
{
	struct place *p = *state;
	char bearer[32769] = "";
	struct channel ch;

	memset(bearer, 'a', sizeof bearer - 1);
	open_channel(p, "alice-key", &ch);
	assert_int_equal(call(&ch, bearer, "GET /v1/whoami", ""), 431);
	assert_non_null(strstr(answer, "32768 bytes of headers"));
	close_channel(&ch);
	p->config.limits.header_wait = NS_PER_MS;
	open_channel(p, "alice-key", &ch);
	assert_int_equal(send(ch.fd, "GET ", 4, MSG_NOSIGNAL), 4);
	answer[0] = '\0';
	assert_true(read_until(ch.fd, "HTTP/1.1 408 "));
	assert_true(read_until(ch.fd, "the headers took too long"));
	close_channel(&ch);
}

/* What is asked, and what the answer says. */
static void words_of_a_call_are_read_strictly(void **state)
{
	static const struct {
		const char *request;
		int status;
		const char *says;
	} rows[] = {
		{"GET /v1/holds/012345678901234567890123456789012345678901234567890123456789012", 404, "no hold's id"},      /* 63 */
		{"GET /v1/holds/0123456789012345678901234567890123456789012345678901234567890123", 404, "\"Not Found\""},
		{"GET /v1/holds/", 404, "\"Not Found\""},
		{"GET /v1/holds/0000.0000", 404, "\"Not Found\""},
		{"GET /v1/holds/0000-0000/approved", 404, "\"Not Found\""},
		{"POST /v1/sessions/S/renewed", 404, "\"Not Found\""},
		{"GET /v1/holds?state=%70end+ng", 400, "state is pending"},
		{"GET /v1/holds?state=%70ending", 200, "[]"},
		{"GET /v1/holds?state=123456789012345", 400, "state is pending"},       /* 15 and its end */
		{"GET /v1/holds?state=1234567890123456", 400, "the parameter state is too long or badly encoded"},
		{"GET /v1/holds?state=a%00", 400, "the parameter state is too long or badly encoded"},
		{"GET /v1/holds?state=a%2", 400, "the parameter state is too long or badly encoded"},
		{"GET /v1/holds?state=%ff", 400, "the parameter state is not UTF-8"},
		{"GET /v1/holds?state", 200, "[]"},
		{"GET /v1/holds?states=odd&xstate=odd", 200, "[]"},
		{"GET /v1/holds?a=b&state=odd", 400, "state is pending"},
		{"GET /v1/sessions?entity=SSN:5", 200, "[]"},
		{"GET /v1/sessions?entity=SSN:", 400, "entity is one"},
		{"GET /v1/sessions?entity=SSN:0", 400, "entity is one"},
		{"GET /v1/sessions?entity=SSN:-1", 400, "entity is one"},
		{"GET /v1/sessions?entity=SSN:5x", 400, "entity is one"},
		{"GET /v1/ledger?from=1&to=5", 200, "{\"consistency\":[\""},
		{"GET /v1/ledger?from=1&to=6", 404, "has not been that long"},
		{"GET /v1/ledger?from=1&to=123456789012345678", 404, "has not been that long"},
		{"GET /v1/ledger?from=1&to=1234567890123456789", 400, "to is a number of leaves"},
		{"GET /v1/ledger?to=5", 400, "from is a number of leaves"},
		{"GET /v1/ledger?from=1x&to=5", 400, "from is a number of leaves"},
		{"GET /v1/ledger?from=-1&to=5", 400, "from is a number of leaves"},
	};
	struct channel ch;

	open_channel(*state, "bob-key", &ch);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int status = call(&ch, "bob", rows[i].request, "");

		if (status != rows[i].status || !strstr(answer, rows[i].says))
			fail_msg("%s: %s", rows[i].request, answer);
	}
	close_channel(&ch);
}

static void routes_are_exact(void **state)
{
	struct place *p = *state;
	struct channel ch;

	open_channel(p, "alice-key", &ch);
	assert_int_equal(call(&ch, "alice", "GET /v1/nothing", ""), 404);
	assert_int_equal(call(&ch, "alice", "GET /v1/whoami/", ""), 404);
	assert_int_equal(call(&ch, "alice", "GET /v1/sessions/../whoami", ""), 404);
	assert_int_equal(call(&ch, "alice", "DELETE /v1/whoami", ""), 405);
	assert_int_equal(call(&ch, "alice", "POST /v1/sessions", "[]"), 400);
	assert_non_null(strstr(answer, "the body must be one JSON object"));
	assert_int_equal(call(&ch, "alice", "POST /v1/sessions", "{\"a\":1,\"a\":2}"), 400);
	assert_int_equal(call(&ch, "alice", "POST /v1/sessions", "{}"), 400);
	assert_int_equal(call(&ch, "alice", "GET /v1/sessions?since=soon", ""), 400);
	assert_int_equal(call(&ch, "alice", "GET /v1/sessions?state=%zz", ""), 400);
	close_channel(&ch);
}

static void connections_say_who_may(void **state)
{
	struct place *p = *state;
	struct channel ch;

	open_channel(p, "alice-key", &ch);
	assert_int_equal(call(&ch, "alice", "GET /v1/connections", ""), 200);
	assert_non_null(strstr(answer, "\"name\":\"llama\""));
	assert_non_null(strstr(answer, "\"allowed\":true"));
	assert_int_equal(call(&ch, "bob", "GET /v1/connections", ""), 200);
	assert_non_null(strstr(answer, "\"allowed\":false"));
	assert_int_equal(call(&ch, "bob", "POST /v1/sessions", "{\"connection\":\"llama\",\"api_key_sha256\":\"" HEX64 "\"}"), 403);
	assert_non_null(strstr(answer, "clinicians"));
	assert_int_equal(call(&ch, "alice", "POST /v1/sessions", "{\"connection\":\"gpt\",\"api_key_sha256\":\"" HEX64 "\"}"), 404);
	close_channel(&ch);
}

static void a_sessions_life(void **state)
{
	struct place *p = *state;
	char id[64], request[128];
	struct channel ch;
	cJSON *tree;

	open_channel(p, "alice-key", &ch);
	assert_int_equal(call(&ch, "alice", "POST /v1/sessions",
			      "{\"connection\":\"llama\",\"api_key_sha256\":\"" HEX64 "\",\"reason\":\"ward\",\"ssh\":\"x\"}"), 200);
	tree = body_json();
	snprintf(id, sizeof id, "%s", json_text(tree, "id"));
	assert_int_equal(strlen(json_text(tree, "session_key")), SESSION_KEY_LEN);
	assert_string_equal(json_text(tree, "dialect"), "openai");
	assert_non_null(json_text(tree, "expires_at"));
	cJSON_Delete(tree);
	assert_string_equal(told.receipt, "open 1");
	assert_non_null(strstr(told.open_json, "\"ssh\":\"named\""));
	snprintf(request, sizeof request, "POST /v1/sessions/%s/renew", id);
	assert_int_equal(call(&ch, "alice", request, ""), 200);
	assert_int_equal(call(&ch, "bob", request, ""), 404);
	assert_int_equal(call(&ch, "alice", "GET /v1/sessions?state=open", ""), 200);
	assert_non_null(strstr(answer, id));
	assert_int_equal(call(&ch, "audrey", "GET /v1/sessions?user=alice&since=1h", ""), 200);
	assert_non_null(strstr(answer, id));
	assert_int_equal(call(&ch, "alice", "GET /v1/sessions?emergency=no&held=1", ""), 200);
	assert_non_null(strstr(answer, id));             /* only "true" is true */
	assert_int_equal(call(&ch, "alice", "GET /v1/sessions?emergency=true", ""), 200);
	assert_null(strstr(answer, id));
	assert_int_equal(call(&ch, "bob", "GET /v1/sessions", ""), 200);
	assert_non_null(strstr(answer, "[]"));
	snprintf(request, sizeof request, "DELETE /v1/sessions/%s", id);
	assert_int_equal(call(&ch, "bob", request, ""), 404);
	assert_int_equal(call(&ch, "adam", request, ""), 403);
	strcpy(told.bundle, "/spool/the-session/7");     /* its last part */
	assert_int_equal(call(&ch, "alice", request, ""), 200);
	assert_true(noted("close client"));
	assert_string_equal(told.receipt, "close 7");
	assert_string_equal(ended_ssh, "");              /* other sessions may go over it */
	assert_int_equal(call(&ch, "alice", request, ""), 409);
	close_channel(&ch);
}

static void an_admins_revoke_cuts_the_ssh_side(void **state)
{
	struct place *p = *state;
	char id[64], request[128], renew[128];
	struct channel ch;
	cJSON *tree;

	open_channel(p, "alice-key", &ch);
	assert_int_equal(call(&ch, "alice", "POST /v1/sessions", "{\"connection\":\"llama\",\"api_key_sha256\":\"" HEX64 "\"}"), 200);
	tree = body_json();
	snprintf(id, sizeof id, "%s", json_text(tree, "id"));
	cJSON_Delete(tree);
	snprintf(request, sizeof request, "POST /v1/sessions/%s/revoke", id);
	assert_int_equal(call(&ch, "bob", request, ""), 404);
	assert_int_equal(call(&ch, "audrey", request, ""), 403);
	assert_string_equal(ended_ssh, "");
	assert_false(noted("leaf phigate-revoke-v1"));
	no_login = true;                                 /* a renewal by a connection that is not known leaves the one that was */
	snprintf(renew, sizeof renew, "POST /v1/sessions/%s/renew", id);
	assert_int_equal(call(&ch, "alice", renew, ""), 200);
	assert_int_equal(call(&ch, "adam", request, ""), 200);
	assert_true(noted("close revoked;leaf phigate-revoke-v1"));
	assert_string_equal(ended_ssh, "latest");
	close_channel(&ch);
}

static void bundles_go_to_owner_and_auditor(void **state)
{
	struct place *p = *state;
	static const struct {
		const char *part;
		int status;
	} parts[] = {{"x", 400}, {"0", 400}, {"-1", 400}, {"1x", 400}, {"1000001", 400}, {"1000000", 200}, {"1", 200}};
	char id[64], request[128];
	struct channel ch;
	FILE *file = fopen(p->bundle_path, "w");
	cJSON *tree;

	assert_non_null(file);
	fputs("TAR BYTES", file);
	fclose(file);
	open_channel(p, "alice-key", &ch);
	assert_int_equal(call(&ch, "alice", "POST /v1/sessions", "{\"connection\":\"llama\",\"api_key_sha256\":\"" HEX64 "\"}"), 200);
	tree = body_json();
	snprintf(id, sizeof id, "%s", json_text(tree, "id"));
	cJSON_Delete(tree);
	snprintf(request, sizeof request, "GET /v1/sessions/%s/bundle", id);
	assert_int_equal(call(&ch, "alice", request, ""), 404);
	strcpy(told.bundle, "open");
	assert_int_equal(call(&ch, "alice", request, ""), 409);
	assert_non_null(strstr(answer, "is still open"));
	snprintf(told.bundle, sizeof told.bundle, "%s", p->bundle_path);
	assert_int_equal(call(&ch, "alice", request, ""), 200);
	assert_non_null(strstr(answer, "\r\n\r\nTAR BYTES"));
	assert_non_null(strstr(answer, "application/x-tar"));
	assert_true(noted("leaf phigate-fetch-v1"));
	assert_int_equal(call(&ch, "audrey", request, ""), 200);
	assert_int_equal(call(&ch, "bob", request, ""), 404);
	assert_int_equal(call(&ch, "adam", request, ""), 404);
	told.fail_ledger = true;                         /* nothing is handed out that the ledger does not tell of */
	assert_int_equal(call(&ch, "alice", request, ""), 503);
	assert_null(strstr(answer, "TAR BYTES"));
	assert_int_equal(call(&ch, "alice", "GET /v1/sessions", ""), 200);
	assert_int_equal(call(&ch, "audrey", "GET /v1/sessions", ""), 503);
	told.fail_ledger = false;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		snprintf(request, sizeof request, "GET /v1/sessions/%s/bundle?part=%s", id, parts[i].part);
		assert_int_equal(call(&ch, "alice", request, ""), parts[i].status);
	}
	assert_int_equal(rename(p->bundle_path, p->key_path), 0);
	assert_int_equal(symlink(p->key_path, p->bundle_path), 0);
	log_setup(2, false, LOG_ERROR + 1);
	assert_int_equal(call(&ch, "alice", request, ""), 503);          /* a link is no bundle */
	log_setup(2, false, LOG_ERROR);
	assert_null(strstr(answer, "TAR BYTES"));
	close_channel(&ch);
}

static void evidence_is_for_auditors_and_sealed_on_its_channel(void **state)
{
	static const char sums[] = "{\"sums\":{\"results.jsonl\":\"" HEX64 "\",\"bundles.sha256\":\"" HEX64 "\",\"index.md\":\"" HEX64 "\",\"index.html\":\"" HEX64 "\"}}";
	struct channel ch, other;

	open_channel(*state, "audrey-key", &ch);
	open_channel(*state, "other-key", &other);
	assert_int_equal(call(&ch, "alice", "GET /v1/evidence?from=1h", ""), 403);
	assert_int_equal(call(&ch, "adam", "POST /v1/evidence/seal", sums), 403);
	assert_int_equal(call(&ch, "audrey", "GET /v1/evidence", ""), 400);
	assert_int_equal(call(&ch, "audrey", "GET /v1/evidence?from=yesterday", ""), 400);
	assert_int_equal(call(&ch, "audrey", "GET /v1/evidence?from=1h&to=2h", ""), 400);
	assert_int_equal(call(&ch, "audrey", "POST /v1/evidence/seal", sums), 409);
	told.fail_ledger = true;                         /* what is not told in the ledger is not shown */
	assert_int_equal(call(&ch, "audrey", "GET /v1/evidence?from=1h", ""), 503);
	told.fail_ledger = false;
	assert_int_equal(call(&ch, "audrey", "GET /v1/evidence?from=1h", ""), 200);
	assert_non_null(strstr(answer, "Content-Length: 7\r\n"));
	assert_true(noted("leaf phigate-list-v1"));
	assert_int_equal(call(&other, "audrey", "POST /v1/evidence/seal", sums), 409);
	assert_int_equal(call(&ch, "audrey", "POST /v1/evidence/seal", "{\"sums\":{}}"), 400);
	assert_int_equal(call(&ch, "audrey", "POST /v1/evidence/seal", sums), 200);
	assert_non_null(strstr(answer, "{\"sums\":\"audrey 01\",\"signature\":\"SIGNED\"}"));
	close_channel(&ch);
	close_channel(&other);
}

/* A request of alice's that bob's group may decide. */
static void hold_it(struct place *p, const char *session, struct hold *hold)
{
	static const struct quorum by = {.need = {{{officers, 1}, 1}}, .n = 1};
	const struct verdict verdict = {.decision = DECISION_APPROVE, .rule = "bulk", .by = &by,
					.ttl_ns = 900 * NS_PER_S, .wait_ns = NS_PER_S, .matched = "prompt_matches"};
	struct hold_ask ask = {.person = &PEOPLE[0], .key_id = "SHA256:alice-key", .address = "203.0.113.9:51022", .session = session,
			       .connection = "llama", .exchange = 1, .verdict = &verdict, .shown_json = SLICE("{\"text\":\"x\"}")};

	hold_bind(p->agent.holds, &(struct slice){session, strlen(session)}, 1, &ask.binding);
	assert_int_equal(hold_enter(p->agent.holds, &ask, hold, NULL), RC_OK);
}

/* What comes back, byte for byte, but the ids of what was asked for and of the call. */
static void heard(struct channel *ch, const char *who, const char *way, const char *body, const char *id, char out[sizeof answer])
{
	const char *hole = strchr(way, '*');
	char request[128], *at;

	snprintf(request, sizeof request, "%.*s%s%s", (int)(hole - way), way, id, hole + 1);
	call(ch, who, request, body);
	while ((at = strstr(answer, id)))
		memset(at, '*', strlen(id));
	memset(strstr(answer, "req_"), '*', 20);
	strcpy(out, answer);
}

/* Nobody learns from an answer that an id is one. */
static void outsiders_hear_the_same_of_what_there_is_and_what_there_is_not(void **state)
{
	static const struct {
		const char *who, *way, *body;
		bool hold;
	} rows[] = {
		{"audrey", "GET /v1/holds/*", "", true}, {"audrey", "POST /v1/holds/*/approve", "", true},
		{"audrey", "POST /v1/holds/*/approve", "{\"reason\":\"audit\"}", true}, {"adam", "POST /v1/holds/*/deny", "", true},
		{"adam", "POST /v1/holds/*/deny", "{\"reason\":\"audit\"}", true}, {"adam", "POST /v1/holds/*/cancel", "", true},
		{"bob", "POST /v1/sessions/*/renew", "", false}, {"bob", "POST /v1/sessions/*/revoke", "", false},
		{"bob", "DELETE /v1/sessions/*", "", false}, {"bob", "GET /v1/sessions/*/bundle", "", false},
		{"bob", "GET /v1/sessions/*/bundle?part=2", "", false}, {"bob", "GET /v1/sessions/*/reviews", "", false},
		{"bob", "POST /v1/sessions/*/reviews", "{\"finding\":\"fine\"}", false},
	};
	const char *session_body = "{\"connection\":\"llama\",\"api_key_sha256\":\"" HEX64 "\"}";
	static char of_one[sizeof answer], of_none[sizeof answer];
	char id[64], request[128];
	struct place *p = *state;
	struct channel alice, ch;
	struct hold hold;
	cJSON *tree;

	open_channel(p, "alice-key", &alice);
	open_channel(p, "other-key", &ch);
	hold_it(p, "S1", &hold);
	assert_int_equal(call(&alice, "alice", "POST /v1/sessions", session_body), 200);
	tree = body_json();
	snprintf(id, sizeof id, "%s", json_text(tree, "id"));
	cJSON_Delete(tree);
	for (int ended = 0; ended < 2; ended++) {
		for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
			heard(&ch, rows[i].who, rows[i].way, rows[i].body, rows[i].hold ? hold.id : id, of_one);
			heard(&ch, rows[i].who, rows[i].way, rows[i].body, rows[i].hold ? "0000-0000" : "01ARZ3NDEKTSV4RRFFQ69G5FAV", of_none);
			assert_string_equal(of_one, of_none);
			assert_null(strstr(of_one, " 200 "));
		}
		snprintf(request, sizeof request, "DELETE /v1/sessions/%s", id);
		assert_int_equal(call(&alice, "alice", request, ""), ended ? 409 : 200);
	}
	close_channel(&alice);
	close_channel(&ch);
}

static void holds_are_decided_by_others(void **state)
{
	struct place *p = *state;
	struct channel alice, bob;
	char request[128];
	struct hold hold;

	open_channel(p, "alice-key", &alice);
	open_channel(p, "bob-key", &bob);
	hold_it(p, "S1", &hold);
	assert_int_equal(call(&bob, "bob", "GET /v1/holds", ""), 200);
	assert_non_null(strstr(answer, hold.id));
	assert_int_equal(call(&bob, "audrey", "GET /v1/holds", ""), 200);
	assert_null(strstr(answer, hold.id));
	assert_int_equal(call(&bob, "bob", "GET /v1/holds?state=odd", ""), 400);
	snprintf(request, sizeof request, "GET /v1/holds/%s", hold.id);
	assert_int_equal(call(&bob, "bob", request, ""), 200);
	assert_non_null(strstr(answer, "\"text\":\"x\""));
	assert_int_equal(call(&bob, "audrey", request, ""), 404);
	snprintf(request, sizeof request, "POST /v1/holds/%s/approve", hold.id);
	assert_int_equal(call(&alice, "alice", request, ""), 403);
	assert_int_equal(call(&alice, "bob", request, ""), 403);         /* another person, with the requester's key */
	assert_int_equal(call(&bob, "bob", request, "{\"reason\":\"audit\"}"), 200);
	assert_true(noted("leaf phigate-hold-v1"));
	assert_non_null(strstr(answer, "\"state\":\"approved\""));
	assert_int_equal(call(&bob, "bob", request, ""), 409);
	snprintf(request, sizeof request, "GET /v1/holds/%s", hold.id);
	assert_int_equal(call(&alice, "alice", request, ""), 200);
	assert_non_null(strstr(answer, "\"reason\":\"AUDIT\""));          /* masked */
	close_channel(&alice);
	close_channel(&bob);
}

static void decisions_are_peoples_with_a_short_reason(void **state)
{
	struct place *p = *state;
	struct channel ch;
	char approve[64], deny[64], body[600];
	struct hold hold;

	open_channel(p, "bob-key", &ch);
	hold_it(p, "S1", &hold);
	snprintf(approve, sizeof approve, "POST /v1/holds/%s/approve", hold.id);
	snprintf(deny, sizeof deny, "POST /v1/holds/%s/deny", hold.id);
	assert_int_equal(call(&ch, "nightly", approve, ""), 403);
	assert_non_null(strstr(answer, "a program decides no holds"));
	assert_int_equal(call(&ch, "nightly", deny, ""), 403);
	for (int n = 513; n >= 512; n--) {
		snprintf(body, sizeof body, "{\"reason\":\"%0*d\"}", n, 0);
		p->config.n_connections = n == 513;
		assert_int_equal(call(&ch, "bob", approve, body), n == 513 ? 400 : 409);
		assert_non_null(strstr(answer, n == 513 ? "over 512 bytes" : "no longer configured"));      /* who would mask it? */
	}
	p->config.n_connections = 1;
	assert_int_equal(call(&ch, "bob", approve, body), 200);
	close_channel(&ch);
}

static int64_t an_hour_later(void)
{
	return clock_mono_ns() + 3600 * NS_PER_S;
}

static int64_t a_token_later(void)
{
	return clock_wall_ns() + 3660 * NS_PER_S;
}

/* Where a token's end or the agent's ended it, another session goes on in its place. */
static void holds_outlive_a_session_that_goes_on(void **state)
{
	static const enum session_end ends[] = {SESSION_END_EXPIRED, SESSION_END_MAX_DURATION, SESSION_END_STOP};
	struct place *p = *state;
	struct sessions *all = p->agent.sessions;
	char id[64], request[128], note[32];
	struct channel ch;
	struct hold hold;
	cJSON *tree;

	open_channel(p, "alice-key", &ch);
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		sessions_set_clock(all, clock_mono_ns, clock_wall_ns);
		assert_int_equal(call(&ch, "alice", "POST /v1/sessions", "{\"connection\":\"llama\",\"api_key_sha256\":\"" HEX64 "\"}"), 200);
		tree = body_json();
		snprintf(id, sizeof id, "%s", json_text(tree, "id"));
		cJSON_Delete(tree);
		hold_it(p, id, &hold);
		sessions_set_clock(all, ends[i] == SESSION_END_MAX_DURATION ? an_hour_later : clock_mono_ns,
				   ends[i] == SESSION_END_EXPIRED ? a_token_later : clock_wall_ns);
		if (ends[i] == SESSION_END_STOP)
			sessions_stop(all, SESSION_END_STOP);
		sessions_tick(all);
		snprintf(note, sizeof note, "close %s", session_end_name(ends[i]));
		await_note(note);
		snprintf(request, sizeof request, "GET /v1/holds/%s", hold.id);
		assert_int_equal(call(&ch, "alice", request, ""), 200);
		assert_non_null(strstr(answer, ends[i] == SESSION_END_MAX_DURATION ? "\"state\":\"cancelled\"" : "\"state\":\"pending\""));
	}
	close_channel(&ch);
}

static void events_are_ones_own(void **state)
{
	struct place *p = *state;
	struct channel alice, bob, calls;
	char id[64], request[128];
	struct hold hold;
	cJSON *tree;

	open_channel(p, "alice-key", &alice);
	open_channel(p, "bob-key", &bob);
	open_channel(p, "alice-key", &calls);
	assert_int_equal(call(&calls, "alice", "POST /v1/sessions", "{\"connection\":\"llama\",\"api_key_sha256\":\"" HEX64 "\"}"), 200);
	tree = body_json();
	snprintf(id, sizeof id, "%s", json_text(tree, "id"));
	cJSON_Delete(tree);
	assert_int_equal(call(&bob, "bob", "GET /v1/events", ""), 200);
	assert_true(read_until(bob.fd, ": listening\n\n"));
	assert_int_equal(call(&alice, "alice", "GET /v1/events", ""), 200);
	assert_non_null(strstr(answer, "text/event-stream"));
	assert_true(read_until(alice.fd, ": listening\n\n"));
	hold_it(p, id, &hold);
	assert_true(read_until(alice.fd, "event: held\ndata: {"));
	assert_true(read_until(alice.fd, "}\n\n"));
	assert_non_null(strstr(answer, hold.id));
	snprintf(request, sizeof request, "DELETE /v1/sessions/%s", id);
	assert_int_equal(call(&calls, "alice", request, ""), 200);
	answer[0] = '\0';
	assert_true(read_until(alice.fd, "event: closing\ndata: {\"event\":\"closing\""));
	assert_true(read_until(alice.fd, "\"reason\":\"client\"}\n\n"));
	/* a session that its user closed takes its holds with it */
	snprintf(request, sizeof request, "GET /v1/holds/%s", hold.id);
	assert_int_equal(call(&calls, "alice", request, ""), 200);
	assert_non_null(strstr(answer, "\"state\":\"cancelled\""));
	/* nothing of it went to bob: what comes first is the end of his channel */
	answer[0] = '\0';
	shutdown(bob.fd, SHUT_WR);
	assert_false(read_until(bob.fd, "event:"));
	assert_string_equal(answer, "");
	close_channel(&alice);
	close_channel(&bob);
	close_channel(&calls);
}

/* bob's group may decide, audrey's may not. */
static void who_may_decide_can_watch_holds(void **state)
{
	struct place *p = *state;
	struct channel alice, bob, audrey;
	char request[128];
	struct hold hold;

	open_channel(p, "alice-key", &alice);
	open_channel(p, "bob-key", &bob);
	open_channel(p, "audrey-key", &audrey);
	assert_int_equal(call(&alice, "alice", "GET /v1/events?watch=everything", ""), 400);
	assert_int_equal(call(&bob, "bob", "GET /v1/events?watch=holds", ""), 200);
	assert_true(read_until(bob.fd, ": listening\n\n"));
	assert_int_equal(call(&audrey, "audrey", "GET /v1/events?watch=holds", ""), 200);
	assert_true(read_until(audrey.fd, ": listening\n\n"));
	hold_it(p, "S1", &hold);
	answer[0] = '\0';
	assert_true(read_until(bob.fd, "event: held\ndata: {"));
	assert_true(read_until(bob.fd, "}\n\n"));
	assert_non_null(strstr(answer, hold.id));
	assert_non_null(strstr(answer, "\"user\":\"alice\""));
	snprintf(request, sizeof request, "POST /v1/holds/%s/cancel", hold.id);
	assert_int_equal(call(&alice, "bob", request, ""), 403);         /* may deny it, but it is not his to take back */
	assert_int_equal(call(&alice, "audrey", request, ""), 404);
	assert_int_equal(call(&alice, "alice", request, ""), 200);
	assert_non_null(strstr(answer, "\"state\":\"cancelled\""));
	assert_int_equal(call(&alice, "alice", request, ""), 409);
	answer[0] = '\0';
	assert_true(read_until(bob.fd, "event: cancelled\n"));
	answer[0] = '\0';
	shutdown(audrey.fd, SHUT_WR);
	assert_false(read_until(audrey.fd, "event:"));
	assert_string_equal(answer, "");
	close_channel(&alice);
	close_channel(&bob);
	close_channel(&audrey);
}

/* Without the auditor's role, of an open session, and of none. */
static void reviews_are_for_auditors(void **state)
{
	struct place *p = *state;
	struct channel alice;
	char id[64], request[128];
	cJSON *tree;

	open_channel(p, "alice-key", &alice);
	assert_int_equal(call(&alice, "alice", "POST /v1/sessions", "{\"connection\":\"llama\",\"api_key_sha256\":\"" HEX64 "\"}"), 200);
	tree = body_json();
	snprintf(id, sizeof id, "%s", json_text(tree, "id"));
	cJSON_Delete(tree);
	snprintf(request, sizeof request, "POST /v1/sessions/%s/reviews", id);
	assert_int_equal(call(&alice, "alice", request, "{\"finding\":\"fine\"}"), 403);
	assert_int_equal(call(&alice, "adam", request, "{\"finding\":\"fine\"}"), 403);
	assert_int_equal(call(&alice, "audrey", request, "{\"finding\":\"fine\"}"), 409);
	assert_int_equal(call(&alice, "audrey", request, "{\"finding\":7}"), 400);
	assert_int_equal(call(&alice, "audrey", request, ""), 400);
	assert_int_equal(call(&alice, "audrey", "POST /v1/sessions/NONE/reviews", "{\"finding\":\"fine\"}"), 404);
	snprintf(request, sizeof request, "GET /v1/sessions/%s/reviews", id);
	assert_int_equal(call(&alice, "alice", request, ""), 200);
	assert_non_null(strstr(answer, "\r\n\r\n[]"));
	assert_int_equal(call(&alice, "audrey", request, ""), 200);
	assert_int_equal(call(&alice, "bob", request, ""), 404);
	close_channel(&alice);
}

static void without_the_store_sessions_are_refused(void **state)
{
	struct place *p = *state;
	struct channel ch;
	char away[128];

	snprintf(away, sizeof away, "%s.away", p->store_path);
	assert_int_equal(rename(p->store_path, away), 0);
	open_channel(p, "alice-key", &ch);
	log_setup(2, false, LOG_ERROR + 1);
	assert_int_equal(call(&ch, "alice", "POST /v1/sessions", "{\"connection\":\"llama\",\"api_key_sha256\":\"" HEX64 "\"}"), 503);
	assert_int_equal(call(&ch, "alice", "GET /v1/sessions", ""), 503);
	assert_int_equal(call(&ch, "alice", "GET /v1/holds", ""), 503);
	log_setup(2, false, LOG_ERROR);
	assert_false(noted("open"));
	close_channel(&ch);
	assert_int_equal(rename(away, p->store_path), 0);
}

static void a_slow_reader_loses_its_stream_only(void **state)
{
	struct place *p = *state;
	struct events_reader *slow, *quick;
	struct buf out;
	char json[1100];                         /* 1,120 bytes of a stream, which are 234 in 256 KiB */

	memset(json, 'x', sizeof json);
	buf_init(&out, 1 << 20);
	assert_int_equal(events_reader_new(p->agent.events, &PEOPLE[0], false, &slow), RC_OK);
	assert_int_equal(events_reader_new(p->agent.events, &PEOPLE[0], false, &quick), RC_OK);
	for (int i = 0; i < 234 + 235; i++) {
		events_tell(p->agent.events, "held", "i", "a", (struct slice){json, sizeof json});
		assert_int_equal(events_reader_take(quick, &out), RC_OK);
		buf_clear(&out);
		if (i == 233)
			assert_int_equal(events_reader_take(slow, &out), RC_OK);
		buf_clear(&out);
	}
	assert_int_equal(events_reader_take(slow, &out), RC_TOO_BIG);
	events_reader_free(slow);
	events_reader_free(quick);
	buf_free(&out);
}

/* One who asked may be of the group that decides. */
static void each_hears_of_a_hold_once(void **state)
{
	static char *both[] = {"clinicians", "privacy-officers"};
	const struct person alice = {.issuer = "i", .subject = "a", .user = "alice", .groups = {both, 2}};
	struct place *p = *state;
	struct events_reader *reader;
	struct hold hold;
	struct buf out;

	buf_init(&out, 1 << 20);
	assert_int_equal(events_reader_new(p->agent.events, &alice, true, &reader), RC_OK);
	hold_it(p, "S1", &hold);
	assert_int_equal(events_reader_take(reader, &out), RC_OK);
	assert_int_equal(strncmp(out.data, "event: held\n", 12), 0);
	assert_null(strstr(out.data + 1, "event: held\n"));
	events_reader_free(reader);
	buf_free(&out);
}

/* So often something is said, or it is looked whether the token is over. */
static void a_stream_is_not_silent_for_long(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct channel ch;

		lives_s = i ? -40 : 0;
		stream_waits_ms = 0;
		open_channel(*state, "alice-key", &ch);
		assert_int_equal(call(&ch, "alice", "GET /v1/events", ""), 200);
		while (!stream_waits_ms)
			sched_yield();
		if (i)
			assert_in_range(stream_waits_ms, 18000, 20000);
		else
			assert_int_equal(stream_waits_ms, 25000);
		close_channel(&ch);
	}
}

static void a_stream_ends_with_the_token(void **state)
{
	struct channel ch;

	open_channel(*state, "alice-key", &ch);
	lives_s = -60;
	assert_int_equal(call(&ch, "alice", "GET /v1/events", ""), 200);
	assert_true(read_until(ch.fd, ": listening\n\n"));
	assert_false(read_until(ch.fd, "still here"));
	close_channel(&ch);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(who_is_let_in),
		T(a_token_that_was_proved_is_looked_at_again_when_it_is_over),
		T(two_keys_with_one_token_end_the_sessions_of_both),
		T(a_body_has_at_most_64_kib),
		T(a_channel_ends_with_the_call_that_says_so),
		T(a_head_that_is_too_large_or_too_slow_ends_the_channel),
		T(words_of_a_call_are_read_strictly),
		T(routes_are_exact),
		T(connections_say_who_may),
		T(a_sessions_life),
		T(an_admins_revoke_cuts_the_ssh_side),
		T(bundles_go_to_owner_and_auditor),
		T(outsiders_hear_the_same_of_what_there_is_and_what_there_is_not),
		T(holds_are_decided_by_others),
		T(decisions_are_peoples_with_a_short_reason),
		T(holds_outlive_a_session_that_goes_on),
		T(events_are_ones_own),
		T(who_may_decide_can_watch_holds),
		T(reviews_are_for_auditors),
		T(evidence_is_for_auditors_and_sealed_on_its_channel),
		T(without_the_store_sessions_are_refused),
		T(each_hears_of_a_hold_once),
		T(a_stream_is_not_silent_for_long),
		T(a_stream_ends_with_the_token),
		T(a_slow_reader_loses_its_stream_only),
	};

	log_setup(2, false, LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
