#include "relay.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "digest.h"
#include "encode.h"
#include "json.h"
#include "local.h"
#include "receipts.h"
#include "relay_private.h"
#include "term.h"
#include "wipe.h"

#define OPEN_WAIT_S 10
#define CLOSE_WAIT_S 5                           /* to reach the agent once more at the end */
#define PATIENCE_NS (10 * NS_PER_S)              /* so long local programs are kept waiting for a tunnel; then they are refused */
#define RETRY_MAX_MS 15000
#define MARGIN_MAX_S 300                         /* before a token's end it is renewed */
#define RENEW_AGAIN_S 10
#define LOOK_AGAIN_MS 1000                       /* for another sign-in */
#define STRANGER_NS (60 * NS_PER_S)
#define DEAF_NS (100 * NS_PER_MS)                /* without descriptors, until some may have come free */
#define ACCEPT_MAX 64                            /* local connections in one go */

/* ---- state --------------------------------------------------------------------------------------------------------------- */

void relay_set_state(struct relay *r, enum relay_state state)
{
	assert(r->state != STATE_OVER || state == STATE_OVER);
	if (state != r->state && (state == STATE_UP || r->state == STATE_UP))
		r->since_ns = clock_mono_ns();
	if (state == STATE_UP) {
		r->tries = 0;
		r->trouble[0] = '\0';
	}
	r->retry_ns = 0;
	r->state = state;
}

void relay_tell(struct relay *r, enum relay_news news, const char *reason)
{
	r->ask.told(r->ask.arg, &(struct relay_told){.news = news, .session = r->session, .previous = r->previous, .reason = reason});
}

void relay_over(struct relay *r, const char *end)
{
	snprintf(r->end, sizeof r->end, "%s", end);
	relay_set_state(r, STATE_OVER);
}

/* Said once, however often it is tried. */
static void trouble(struct relay *r, const char *text)
{
	if (strncmp(r->trouble, text, sizeof r->trouble - 1) == 0)
		return;
	snprintf(r->trouble, sizeof r->trouble, "%s", text);
	relay_tell(r, RELAY_TROUBLE, text);
}

void relay_contradicted(struct relay *r, const struct why *why)
{
	trouble(r, why->text);
	relay_over(r, "ledger");
}

static void drop_tunnel(struct relay *r)
{
	events_close(r->events);
	control_close(r->control);
	tunnel_close(r->tunnel);
	r->events = NULL;
	r->control = NULL;
	r->tunnel = NULL;
}

void relay_lost(struct relay *r, const char *reason)
{
	drop_tunnel(r);
	if (r->state == STATE_OVER)
		return;
	if (r->state != STATE_DOWN)
		relay_tell(r, RELAY_LOST, reason);
	relay_set_state(r, STATE_DOWN);
}

/* 0.25 s, doubled up to a quarter of a minute; a little chance, so that many clients of one agent do not come back as one. */
static void try_later(struct relay *r)
{
	int64_t ms = r->tries < 6 ? 250 << r->tries : RETRY_MAX_MS;
	unsigned char chance;

	random_bytes(&chance, 1);
	r->tries++;
	r->retry_ns = clock_mono_ns() + (ms + ms * chance / 512) * NS_PER_MS;
}

/* ---- the sign-in --------------------------------------------------------------------------------------------------------- */

static void plan_renewal(struct relay *r)
{
	int64_t now_s = clock_wall_s(), left_s = r->agents->signin->expires_s - now_s, margin_s = left_s / 5;

	if (margin_s > MARGIN_MAX_S)
		margin_s = MARGIN_MAX_S;
	r->renew_at_s = left_s > 1 ? r->agents->signin->expires_s - (margin_s > 1 ? margin_s : 1) : now_s + RENEW_AGAIN_S;
}

static void start_renewal(struct relay *r)
{
	int64_t left_s = r->agents->signin->expires_s - clock_wall_s();

	r->renew_at_s = clock_wall_s() + RENEW_AGAIN_S;
	/* one second more than what is left, so that it is renewed now */
	if (!r->renewal && renewal_start(r->agents->config, left_s > 0 ? left_s + 1 : 1, &r->renewal) != RC_OK)
		trouble(r, "the sign-in cannot be renewed: out of memory");
}

static bool same_text(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && memcmp(buf_slice(a).p, buf_slice(b).p, a->len) == 0;
}

/* The agent hears of the new token, and listens for us under it. */
static void present(struct relay *r)
{
	struct why why = {0};
	enum rc rc = RC_OK;

	control_close(r->control);
	r->control = NULL;
	if (r->state == STATE_UP)
		rc = relay_session_renew(r, &why);
	if (rc == RC_NOT_FOUND)
		rc = relay_session_ended(r, &why);
	if (rc == RC_OK && (r->state == STATE_UP || r->state == STATE_GAP))
		rc = relay_listen(r, &why);
	if (rc == RC_UNREACHABLE)
		relay_lost(r, why.text);
	else if (rc != RC_OK)
		trouble(r, why.text);
}

/* What the renewal brought. */
static void take_renewal(struct relay *r)
{
	struct signin *old = r->agents->signin, *fresh = NULL;
	struct why why = {0};
	enum rc rc = renewal_take(r->renewal, &fresh, &why);

	renewal_free(r->renewal);
	r->renewal = NULL;
	if (rc == RC_NOT_FOUND) {
		if (!r->signed_out)
			relay_tell(r, RELAY_SIGNED_OUT, why.text);
		r->signed_out = true;
		r->stamp = renewal_stamp();
		return;
	}
	if (rc != RC_OK) {
		trouble(r, why.text);
		return;
	}
	if (same_text(&fresh->id_token, &old->id_token)) {
		signin_free(fresh);
		return;                                  /* it is tried again */
	}
	r->agents->signin = fresh;
	if (EVP_PKEY_eq(fresh->key, old->key) != 1)
		r->other_key = true;
	if (r->signed_out)
		relay_tell(r, RELAY_SIGNED_IN, NULL);
	r->signed_out = false;
	plan_renewal(r);
	if (r->tunnel && r->state != STATE_OVER)
		present(r);
	signin_free(old);
	r->retry_ns = 0;
}

/* ---- connecting again ---------------------------------------------------------------------------------------------------- */

static bool token_is_over(const struct relay *r)
{
	return r->agents->signin->expires_s <= clock_wall_s();
}

/* What the agent says to a session's opening: some answers will not change. */
static void gap_failed(struct relay *r, enum rc rc, const struct why *why)
{
	if (rc == RC_UNREACHABLE || (rc == RC_NOT_FOUND && r->other_key)) {
		relay_lost(r, why->text);
	} else if (rc == RC_CONFLICT) {
		relay_contradicted(r, why);
	} else if (rc == RC_BAD && *r->previous) {
		r->previous[0] = '\0';                   /* the agent does not know it any more */
	} else if ((rc == RC_DENIED && !token_is_over(r)) || rc == RC_BAD || rc == RC_NOT_FOUND) {
		trouble(r, why->text);
		relay_over(r, "refused");
	} else {
		trouble(r, why->text);
	}
	if (r->state != STATE_OVER)
		try_later(r);
}

/* A GAP: the session's successor. */
static void open_next(struct relay *r)
{
	struct why why = {0};
	enum rc rc;

	if (token_is_over(r)) {
		try_later(r);
		return;
	}
	if (r->other_key) {                              /* the agent wants to know the new key's SSH connection */
		relay_lost(r, "another sign-in");
		return;
	}
	rc = relay_session_open(r, &why);
	if (rc == RC_OK && !r->events)
		rc = relay_listen(r, &why);
	if (rc != RC_OK) {
		gap_failed(r, rc, &why);
		return;
	}
	relay_tell(r, RELAY_SESSION, r->gap_reason);
	r->previous[0] = '\0';
}

/* A new tunnel: is the session still there? */
static enum rc resume(struct relay *r, struct why *why)
{
	enum rc rc = RC_OK;

	if (!*r->session) {
		relay_set_state(r, STATE_GAP);
		return RC_OK;
	}
	rc = relay_session_renew(r, why);
	if (rc == RC_NOT_FOUND)
		rc = relay_session_ended(r, why);
	else if (rc == RC_OK)
		relay_set_state(r, STATE_UP);
	if (rc == RC_OK && r->state == STATE_UP) {
		rc = relay_listen(r, why);
		if (rc == RC_OK)
			relay_tell(r, RELAY_BACK, NULL);
	}
	return rc;
}

/* DOWN: a new tunnel. */
static void connect_again(struct relay *r)
{
	struct why why = {0};
	enum rc rc;

	if (token_is_over(r)) {
		try_later(r);
		return;
	}
	rc = tunnel_open(r->agent, r->agents->signin, OPEN_WAIT_S, r->ask.wake_fd, &r->tunnel, &why);
	if (rc == RC_CANCELLED)
		return;
	if (rc == RC_OK) {
		r->other_key = false;
		rc = resume(r, &why);
	}
	if (rc == RC_OK)
		return;
	trouble(r, why.text);
	drop_tunnel(r);
	if (r->state != STATE_OVER) {
		relay_set_state(r, STATE_DOWN);
		try_later(r);
	}
}

/* ---- local connections --------------------------------------------------------------------------------------------------- */

/* Until when nobody is accepted; 0: now. */
static int64_t deaf_until(const struct relay *r)
{
	int64_t until_ns = r->state != STATE_UP && r->since_ns + PATIENCE_NS > r->deaf_ns ? r->since_ns + PATIENCE_NS : r->deaf_ns;

	return until_ns > clock_mono_ns() ? until_ns : 0;
}

static void accept_local(struct relay *r)
{
	enum rc rc = RC_OK;
	int fd;

	for (int i = 0; i < ACCEPT_MAX && rc != RC_AGAIN && rc != RC_IO; i++) {
		rc = local_accept(r->listener, &fd);
		if (rc == RC_OK && r->state == STATE_UP && r->tunnel)
			(void)!tunnel_carry(r->tunnel, fd, CARRY_DATA, buf_slice(&r->first));
		else if (rc == RC_OK)
			close(fd);
		else if (rc == RC_IO)
			r->deaf_ns = clock_mono_ns() + DEAF_NS;
		if (rc == RC_DENIED && clock_mono_ns() > r->stranger_ns) {
			r->stranger_ns = clock_mono_ns() + STRANGER_NS;
			relay_tell(r, RELAY_STRANGER, NULL);
		}
	}
}

/* ---- the loop ------------------------------------------------------------------------------------------------------------ */

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Until something is due. */
static int wait_ms(const struct relay *r)
{
	int64_t now_ns = clock_mono_ns(), ms = 30000, deaf_ns = deaf_until(r);

	if (r->state == STATE_DOWN || r->state == STATE_GAP)
		ms = least(ms, (r->retry_ns - now_ns) / NS_PER_MS + 1);
	if (deaf_ns)
		ms = least(ms, (deaf_ns - now_ns) / NS_PER_MS + 1);
	if (!r->renewal)
		ms = least(ms, r->signed_out ? LOOK_AGAIN_MS : (r->renew_at_s - clock_wall_s()) * 1000);
	return ms < 0 ? 0 : (int)ms;
}

static void do_what_is_due(struct relay *r)
{
	if (!r->renewal && (r->signed_out ? renewal_stamp() != r->stamp : clock_wall_s() >= r->renew_at_s)) {
		r->stamp = renewal_stamp();
		start_renewal(r);
	}
	if (r->state == STATE_DOWN && clock_mono_ns() >= r->retry_ns)
		connect_again(r);
	if (r->state == STATE_GAP && clock_mono_ns() >= r->retry_ns)
		open_next(r);
}

static enum rc wait(struct relay *r, struct pollfd *watch, size_t n, struct why *why)
{
	int ready;

	if (r->tunnel)
		return tunnel_run(r->tunnel, watch, n, wait_ms(r), why);
	ready = poll(watch, (nfds_t)n, wait_ms(r));
	return ready >= 0 || errno == EINTR ? RC_OK : RC_IO;
}

enum rc relay_run(struct relay *r, struct why *why)
{
	while (r->state != STATE_OVER) {
		enum { WAKE, RENEWAL, EVENTS, LISTENER, N };
		struct pollfd watch[N];
		struct why ended = {0};
		enum rc rc;

		do_what_is_due(r);
		if (r->state == STATE_OVER)
			break;
		watch[WAKE] = (struct pollfd){r->ask.wake_fd, POLLIN, 0};
		watch[RENEWAL] = (struct pollfd){r->renewal ? renewal_fd(r->renewal) : -1, POLLIN, 0};
		watch[EVENTS] = (struct pollfd){r->events ? events_fd(r->events) : -1, POLLIN, 0};
		watch[LISTENER] = (struct pollfd){deaf_until(r) ? -1 : r->listener, POLLIN, 0};
		rc = wait(r, watch, N, &ended);
		if (watch[WAKE].revents)
			return RC_OK;
		if (rc != RC_OK && rc != RC_TIMEOUT) {
			relay_lost(r, ended.text);
			continue;
		}
		if (watch[LISTENER].revents)
			accept_local(r);
		/* a tunnel must not outlive its agent, and this channel ends with the agent */
		if (watch[EVENTS].revents && relay_read_events(r) == RC_END)
			relay_lost(r, token_is_over(r) ? "the sign-in has run out" : "the agent has ended the control channel");
		if (watch[RENEWAL].revents && r->renewal)
			take_renewal(r);
	}
	return why_set(why, RC_END, "%s", *r->trouble ? r->trouble : r->end);
}

const char *relay_end(const struct relay *r)
{
	return r->end;
}

/* ---- beginning and end --------------------------------------------------------------------------------------------------- */

static enum rc make_key(struct relay *r)
{
	unsigned char raw[32];
	struct buf text;
	enum rc rc;

	buf_init(&text, 64);
	random_bytes(raw, sizeof raw);
	buf_puts(&text, "phg_");
	rc = base64url_encode(raw, sizeof raw, &text);
	wipe(raw, sizeof raw);
	if (rc == RC_OK) {
		snprintf(r->api_key, sizeof r->api_key, "%s", text.data);
		sha256_hex(text.data, text.len, r->api_key_sha256);
	}
	buf_free(&text);
	return rc;
}

static int port_of(const struct relay *r)
{
	const struct client_config *config = r->agents->config;

	if (r->ask.port)
		return r->ask.port;
	for (size_t i = 0; i < config->n_connections; i++)
		if (strcmp(config->connections[i].name, r->ask.connection) == 0 || strcmp(config->connections[i].name, r->connection) == 0)
			return (int)config->connections[i].port;
	return 0;
}

/* Among several agents: the one that offers a connection of this name. */
static enum rc find_agent(struct relay *r, struct why *why)
{
	const struct question question = {.method = "GET", .path = "/v1/connections"};
	struct answers answers;
	struct answer *down = NULL;
	enum rc rc = agents_ask(r->agents, &question, &answers, why);

	for (size_t i = 0; rc == RC_OK && i < answers.n; i++) {
		const cJSON *item;

		if (answers.list[i].rc != RC_OK)
			down = &answers.list[i];
		cJSON_ArrayForEach(item, answers.list[i].tree) {
			const char *name = json_text(item, "name");

			if (!name || strcmp(name, r->connection) != 0)
				continue;
			if (r->agent)
				rc = why_set(why, RC_CONFLICT, "%s is on %s and on %s; say which one: %s/%s", name, r->agent->name,
					     answers.list[i].agent->name, r->agent->name, name);
			r->agent = answers.list[i].agent;
		}
	}
	if (rc == RC_OK && !r->agent && down) {
		*why = down->why;
		rc = down->rc;
	} else if (rc == RC_OK && !r->agent) {
		rc = why_set(why, RC_NOT_FOUND, "there is no connection %.64s; phigate ls shows which there are", r->connection);
	}
	answers_free(&answers);
	return rc;
}

static enum rc start(struct relay *r, struct why *why)
{
	char text[160];
	enum rc rc;

	r->connection = agents_split(r->agents, r->ask.connection, &r->agent);
	if (!r->agent && r->agents->config->n_agents == 1)
		r->agent = &r->agents->config->agents[0];
	rc = make_key(r);
	if (rc == RC_OK && !r->agent)
		rc = find_agent(r, why);
	if (rc == RC_OK)
		rc = local_listen(port_of(r), &r->listener, &r->port, why);
	if (rc != RC_OK)
		return rc;
	snprintf(r->url, sizeof r->url, "http://127.0.0.1:%d", r->port);
	snprintf(text, sizeof text, "connecting to %s", r->agent->name);
	progress_begin(text);
	rc = tunnel_open(r->agent, r->agents->signin, OPEN_WAIT_S, r->ask.wake_fd, &r->tunnel, why);
	if (rc == RC_OK)
		rc = relay_session_open(r, why);
	if (rc == RC_OK)
		rc = relay_listen(r, why);
	progress_end();
	plan_renewal(r);
	return rc;
}

enum rc relay_open(struct agents *a, const struct relay_ask *ask, struct relay **out, struct why *why)
{
	struct relay *r = calloc(1, sizeof *r);
	enum rc rc = RC_NOMEM;

	*out = NULL;
	if (r) {
		*r = (struct relay){.agents = a, .ask = *ask, .listener = -1, .state = STATE_DOWN};
		buf_init(&r->first, 256);
		rc = start(r, why);
	}
	if (rc == RC_OK) {
		*out = r;
		return rc;
	}
	if (r && *r->session)
		(void)!relay_close(r, NULL);
	relay_free(r);
	return rc;
}

struct relay_about relay_about(const struct relay *r)
{
	return (struct relay_about){r->agent->name, r->connection, r->dialect, r->session, r->url, r->api_key};
}

static void close_listener(struct relay *r)
{
	if (r->listener >= 0)
		close(r->listener);
	r->listener = -1;
}

enum rc relay_close(struct relay *r, struct why *why)
{
	cJSON *answer = NULL;
	char path[128];
	enum rc rc = RC_OK;

	close_listener(r);
	if (r->state == STATE_OVER || !*r->session)
		return RC_OK;
	if (!r->tunnel)
		rc = tunnel_open(r->agent, r->agents->signin, CLOSE_WAIT_S, -1, &r->tunnel, why);
	if (rc == RC_OK && !r->control)
		rc = control_on(r->tunnel, r->agents->signin, &r->control, why);
	snprintf(path, sizeof path, "/v1/sessions/%s", r->session);
	if (rc == RC_OK)
		rc = control_call(r->control, "DELETE", path, NULL, &answer, why);
	if (rc == RC_OK)
		rc = receipts_take(r->control, r->agent, answer, r->session, RECEIPT_CLOSE, why);
	else if (rc == RC_NOT_FOUND || rc == RC_CONFLICT)
		rc = RC_OK;                              /* it has ended before */
	cJSON_Delete(answer);
	return rc;
}

void relay_free(struct relay *r)
{
	if (!r)
		return;
	close_listener(r);
	drop_tunnel(r);
	renewal_free(r->renewal);
	text_list_free(&r->sessions);
	buf_free(&r->first);
	free(r->dialect);
	wipe(r, sizeof *r);
	free(r);
}
