/* Whether a request may pass: policy, and a second person where a rule says so. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "exchange_private.h"
#include "fiber.h"
#include "headers.h"
#include "log.h"

#define TERMS_MAX 65536                          /* of an approval, as the store keeps them */

/* What an approval is bound to: all that is sent, and by whom. */
static enum rc bind(struct exchange *x, struct hold_binding *out)
{
	const struct http_header *h;
	struct slice *parts = calloc(6 + 2 * x->head->n_headers, sizeof *parts);
	size_t n = 0, i = 0;

	if (!parts)
		return RC_NOMEM;
	parts[n++] = slice_str(x->session->person.issuer);
	parts[n++] = slice_str(x->session->person.subject);
	parts[n++] = slice_str(x->connection->name);
	parts[n++] = slice_str(x->method);
	parts[n++] = slice_str(x->path);
	parts[n++] = exchange_sent(x);
	while ((h = headers_next_forwarded(x->head, x->target, &i)))
		if (!dialect_volatile_header(x->dialect, h->name)) {
			parts[n++] = h->name;
			parts[n++] = h->value;
		}
	hold_bind(x->agent->holds, parts, n, out);
	free(parts);
	return RC_OK;
}

static enum rc enter(struct exchange *x, const struct facts *facts, const struct verdict *verdict, struct hold *hold)
{
	struct hold_ask ask = {
		.person = &x->session->person, .key_id = x->session->key_id, .address = x->session->address, .session = x->session->id,
		.connection = x->connection->name, .reason = x->session->reason, .exchange = x->number, .verdict = verdict,
	};
	struct buf shown;
	enum rc rc = bind(x, &ask.binding);

	buf_init(&shown, BUF_MAX_DEFAULT);
	if (rc == RC_OK)
		rc = exchange_shown(x, facts, verdict, &shown);
	ask.shown_json = buf_slice(&shown);
	if (rc == RC_OK)
		rc = hold_enter(x->agent->holds, &ask, hold, &x->why);
	buf_free(&shown);
	return rc;
}

static enum rc not_held(struct exchange *x, enum rc rc)
{
	enum rc analyzed = exchange_analyzed(x);         /* of what an approver is shown */

	if (analyzed != RC_OK)
		return analyzed;
	if (rc == RC_TOO_BIG)
		return exchange_refuse(x, 429, "rate_limit_error", "limits.held_per_person");
	why_set(&x->why, rc, "the request must wait for approval, and the agent's store does not answer");
	return exchange_refuse(x, 503, "unavailable", NULL);
}

/* The hold was decided, or its time is over: on record, and to the client when it does not go on. */
static enum rc decided(struct exchange *x, const struct verdict *verdict, const struct hold *hold)
{
	const char *outcome = hold->state == HOLD_USED ? "approved" : hold_state_name(hold->state);

	x->verdict = outcome;
	if (transcript_decision(&x->transcript, hold->id, verdict->rule, outcome, hold->decided_by, hold->reason) != RC_OK)
		return exchange_unrecorded(x);
	switch (hold->state) {
	case HOLD_USED:
		recording_count(x->session->recording, RECORDING_APPROVED);
		return RC_OK;
	case HOLD_DENIED:
		recording_count(x->session->recording, RECORDING_DENIED);
		why_set(&x->why, RC_DENIED, "%s was denied: %.500s", hold->id, hold->reason[0] ? hold->reason : "no reason given");
		return exchange_refuse(x, 403, "approval_denied", NULL);
	case HOLD_EXPIRED:
		why_set(&x->why, RC_DENIED, "nobody decided on %s in time; send the request again to ask again", hold->id);
		return exchange_refuse(x, 403, "approval_expired", NULL);
	case HOLD_CANCELLED:
		why_set(&x->why, RC_DENIED, strcmp(hold->cause, "requester") == 0 ? "you cancelled %s" :
			"%s was cancelled; send the request again to ask again", hold->id);
		return exchange_refuse(x, 403, "approval_cancelled", NULL);
	case HOLD_PENDING: case HOLD_APPROVED:
		break;
	}
	return not_held(x, RC_FAULT);
}

/* Wait for a second person. RC_OK: approved, and used for this request; RC_CONFLICT: an identical request has used the approval. */
static enum rc wait_for_decision(struct exchange *x, const struct verdict *verdict, struct hold *hold)
{
	enum rc rc = hold_wait(x->agent->holds, verdict->wait_ns, http_conn_fd(x->conn), session_end_fd(x->session), hold);

	switch (rc) {
	case RC_OK:
		return decided(x, verdict, hold);
	case RC_CONFLICT:
		return RC_CONFLICT;
	case RC_TIMEOUT:
		why_set(&x->why, RC_DENIED, "waiting for approval as %s by %s; send the same request again when it is approved", hold->id,
			hold->needs);
		return exchange_refuse(x, 403, "approval_pending", verdict->rule);
	case RC_END:
		hold_abandon(x->agent->holds, hold->id);
		return exchange_cut(x, "client");
	case RC_CANCELLED:
		why_set(&x->why, rc, "the session has ended");
		return exchange_refuse(x, 503, "session_ended", NULL);
	case RC_AGAIN: case RC_BAD: case RC_DENIED: case RC_NOT_FOUND: case RC_TOO_BIG: case RC_UNREACHABLE: case RC_IO: case RC_NOMEM:
	case RC_FAULT:
		break;
	}
	return not_held(x, rc);
}

static enum rc hold_and_wait(struct exchange *x, const struct facts *facts, const struct verdict *verdict)
{
	struct hold h = {0};
	enum rc rc;

	x->verdict = "held";
	marks_add(x->session->marks, MARK_OUTCOME, "held", 1);
	marks_add(x->session->marks, MARK_RULE, verdict->rule, 1);
	if (recording_sync(x->session->recording) != RC_OK)
		return exchange_unrecorded(x);
	if (x->asked && mask_scope_remember(x->asked) != RC_OK)
		return not_held(x, RC_NOMEM);
	do {
		rc = enter(x, facts, verdict, &h);
		if (rc != RC_OK)
			return not_held(x, rc);
		if (transcript_hold(&x->transcript, h.id, verdict->rule, h.expires_s) != RC_OK)
			return exchange_unrecorded(x);
		recording_count(x->session->recording, RECORDING_HELD);
		log_info("held", L_TEXT("session", x->session->id), L_NUM("exchange", x->number), L_TEXT("hold", h.id), L_TEXT("rule", verdict->rule));
		rc = h.state == HOLD_USED ? decided(x, verdict, &h) : wait_for_decision(x, verdict, &h);
	} while (rc == RC_CONFLICT);
	return rc;
}

struct holding {
	struct exchange *x;
	const struct facts *facts;
	const struct verdict *verdict;
	enum rc rc;
};

static void hold_beside(void *arg)
{
	struct holding *h = arg;

	h->rc = hold_and_wait(h->x, h->facts, h->verdict);
}

/* The store is asked, and people are waited for: not where other exchanges wait. */
static enum rc hold(struct exchange *x, const struct facts *facts, const struct verdict *verdict)
{
	struct holding h = {.x = x, .facts = facts, .verdict = verdict};

	fiber_block(hold_beside, &h);
	return h.rc;
}

static enum rc deny(struct exchange *x, const struct verdict *verdict)
{
	x->verdict = "denied";
	marks_add(x->session->marks, MARK_RULE, verdict->rule ? verdict->rule : "policy", 1);
	why_set(&x->why, RC_DENIED, "%s", verdict->message);
	recording_count(x->session->recording, RECORDING_DENIED);
	return exchange_refuse(x, 403, "permission_error", verdict->rule ? verdict->rule : "policy");
}

/* The policy may have changed while the request waited: what is in force now decides whether the approval still counts. */
static enum rc refresh_policy(struct exchange *x)
{
	struct snapshot *snapshot = current_get(x->agent->current);
	struct policy *now = NULL;
	enum rc rc = session_policy(x->session, snapshot, &now);

	snapshot_unref(snapshot);
	if (rc != RC_OK)
		return exchange_unrecorded(x);
	if (now == x->policy) {
		policy_unref(now);
		return RC_OK;
	}
	policy_unref(x->policy);
	x->policy = now;
	return exchange_mask_again(x);
}

static enum rc within_limits(struct exchange *x)
{
	struct session *s = x->session;
	struct usage_ask ask = {
		.limits = policy_limits(x->policy), .session_masked = atomic_load(&s->phi), .mono_ns = clock_mono_ns(), .wall_ns = clock_wall_ns(),
	};
	const char *limit = NULL;
	enum rc rc;

	ask.session_left_s = (s->opened_ns + session_max_duration_ns(s) - ask.wall_ns) / NS_PER_S;
	rc = usage_begin(x->usage, &ask, &limit, &x->retry_s, &x->why);

	if (rc != RC_OK)
		return exchange_refuse(x, 429, "rate_limit_error", limit);
	x->counted = true;
	return RC_OK;
}

/* As the policy says now: it may have changed since the session opened. */
static bool is_emergency(const struct exchange *x)
{
	return x->session->emergency &&
		emergency_allowed(policy_emergency(x->policy), policy_name(x->policy), &x->session->person, NULL) == RC_OK;
}

/* What would be held passes, on record with whose emergency it is and why. It is no approval: sent again, it is decided again. */
static enum rc pass_in_emergency(struct exchange *x, const struct verdict *verdict)
{
	x->verdict = "emergency";
	marks_add(x->session->marks, MARK_RULE, verdict->rule, 1);
	log_warn("emergency_used", L_TEXT("session", x->session->id), L_NUM("exchange", x->number), L_TEXT("rule", verdict->rule));
	return transcript_decision(&x->transcript, NULL, verdict->rule, "emergency", x->session->person.user, x->session->reason) == RC_OK ?
		RC_OK : exchange_unrecorded(x);
}

struct facts exchange_facts(const struct exchange *x)
{
	return (struct facts){
		.method = x->method, .route = x->route->name, .user = x->session->person.user, .groups = &x->session->person.groups,
		.purpose = x->session->purpose, .prompt = x->prompt, .body_bytes = x->body.len, .wall_ns = clock_wall_ns(),
		.n_history = x->prompt ? history_covers(x->session->history, x->prompt) : 0,
	};
}

/* Which rule asks whom: an approval is good for these terms only, as a hold that is joined is. */
static enum rc terms_of(const struct verdict *verdict, struct buf *out)
{
	buf_truncate(out, 0);
	buf_printf(out, "%s ", verdict->rule);
	return quorum_json(verdict->by, out);
}

/* approved: the terms whose approval was used; asked: those of now. */
static enum rc decide(struct exchange *x, struct buf *approved, struct buf *asked)
{
	struct facts facts = exchange_facts(x);
	struct verdict verdict;
	enum rc rc;

	for (;;) {
		facts.wall_ns = clock_wall_ns();
		policy_decide(x->policy, &facts, &verdict);
		if (verdict.decision == DECISION_DENY)
			return deny(x, &verdict);
		rc = exchange_mask_allows(x);
		if (rc != RC_OK)
			return rc;
		if (verdict.decision == DECISION_ALLOW)
			break;
		rc = terms_of(&verdict, asked);
		if (rc != RC_OK)
			return not_held(x, rc);
		if (approved->len && slice_is(buf_slice(approved), asked->data))
			break;
		if (is_emergency(x))
			return pass_in_emergency(x, &verdict);
		usage_pause(x->usage);
		rc = hold(x, &facts, &verdict);
		usage_resume(x->usage);
		if (rc != RC_OK)
			return rc;
		rc = terms_of(&verdict, approved);       /* before its policy may go */
		if (rc != RC_OK)
			return not_held(x, rc);
		rc = refresh_policy(x);
		if (rc != RC_OK)
			return rc;
	}
	x->verdict = approved->len ? "approved" : "allowed";
	if (approved->len && x->prompt && history_add(x->session->history, x->prompt) != RC_OK)
		return not_held(x, RC_NOMEM);
	if (verdict.decision == DECISION_ALLOW && verdict.rule &&
	    transcript_decision(&x->transcript, NULL, verdict.rule, "allowed", NULL, NULL) != RC_OK)
		return exchange_unrecorded(x);
	return RC_OK;
}

enum rc exchange_decide(struct exchange *x)
{
	struct buf approved, asked;
	enum rc rc = within_limits(x);

	if (rc != RC_OK)
		return rc;
	buf_init(&approved, TERMS_MAX);
	buf_init(&asked, TERMS_MAX);
	rc = decide(x, &approved, &asked);
	buf_free(&approved);
	buf_free(&asked);
	return rc;
}
