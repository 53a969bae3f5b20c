/* Holds: requests that wait for a second person (design: holds). All state is in the store, so that a restart loses none; every
 * change of state is one conditional UPDATE. Thread-safe. */
#ifndef PHIGATE_AGENT_HOLD_H
#define PHIGATE_AGENT_HOLD_H

#include "identity.h"
#include "notice.h"
#include "policy.h"
#include "store.h"

#define HOLD_ID_LEN 9                            /* XXXX-XXXX, Crockford base32 */

enum hold_state { HOLD_PENDING, HOLD_APPROVED, HOLD_USED, HOLD_DENIED, HOLD_EXPIRED, HOLD_CANCELLED };
const char *hold_state_name(enum hold_state state);

/* An id as a person types it: case and dashes do not matter, I and L are 1, O is 0. RC_BAD. */
enum rc hold_id_parse(const char *typed, char id[HOLD_ID_LEN + 1]) MUST_USE;

struct holds;

/* key_file: the agent's own HMAC key, made when absent (0600). A thread of its own lets holds expire. Holds that are over stay
 * listed for 30 days; their evidence is in the sessions' records. */
enum rc holds_new(struct store *store, const char *key_file, int64_t held_per_person, struct holds **out,
		  struct why *why) MUST_USE;
void holds_free(struct holds *holds);

/* What binds an approval to what is sent: HMAC-SHA-256 over the length-prefixed parts. */
struct hold_binding {
	unsigned char mac[32];
};
void hold_bind(struct holds *holds, const struct slice *parts, size_t n, struct hold_binding *out);

/* A request that a rule holds; all borrowed. reason and shown_json are masked by the caller. */
struct hold_ask {
	struct hold_binding binding;
	const struct person *person;
	const char *key_id, *address, *session, *connection, *reason;
	uint64_t exchange;
	const struct verdict *verdict;
	struct slice shown_json;                 /* what `show` gives: one JSON object with the masked request, size, roles, … */
};

struct hold {
	char id[HOLD_ID_LEN + 1];
	enum hold_state state;
	int64_t expires_s;
	char decided_by[640], reason[1280];      /* who denied it, or all who approved, and why; empty before */
	char needs[400];                         /* HOLD_PENDING: who must still approve, "one of a and 2 of b"; else "" */
	const char *cause;                       /* HOLD_CANCELLED: why, a word of ours; else "" */
};

/* The identical request (same binding, same rule on the same terms) joins the hold that waits, or uses up one that was approved
 * (state HOLD_USED: go on), else a new hold is made. A hold of the same request under other terms is cancelled.
 * RC_TOO_BIG: held_per_person. RC_IO: the store (503). */
enum rc hold_enter(struct holds *holds, const struct hold_ask *ask, struct hold *out, struct why *why) MUST_USE;

/* Wait until hold->id (as hold_enter() gave it) is decided: RC_OK, and hold->state says HOLD_USED (approved and used in the same
 * step: go on), HOLD_DENIED, HOLD_EXPIRED or HOLD_CANCELLED. RC_TIMEOUT: undecided after wait_ns, the hold stands on. RC_CANCELLED:
 * the session ends (end_fd readable). RC_END: the client hung up or half-closed (client_fd); call hold_abandon(). RC_CONFLICT: an
 * identical request that waited too has used the approval. RC_IO: the store. Descriptors may be -1. */
enum rc hold_wait(struct holds *holds, int64_t wait_ns, int client_fd, int end_fd, struct hold *hold) MUST_USE;

/* The waiting request is gone: cancel the hold in 30 s when no identical request waits or joins. */
void hold_abandon(struct holds *holds, const char *id);

/* ---- for the control API ---- */
struct hold_decision {
	const struct person *person;
	const char *key_id, *address, *reason;   /* reason may be NULL; masked by the caller */
};
/* id as typed. RC_NOT_FOUND (also, in the same words, for who neither made it nor is of its groups), RC_DENIED (own hold, own key, twice by one
 * person or with one key), RC_CONFLICT (no longer pending, or the person's groups have given all that is needed of them), RC_IO. *out is the
 * hold afterwards; with a quorum it may still be pending. */
enum rc hold_approve(struct holds *holds, const char *id, const struct hold_decision *d, struct hold *out, struct why *why) MUST_USE;
enum rc hold_deny(struct holds *holds, const char *id, const struct hold_decision *d, struct hold *out, struct why *why) MUST_USE;

/* Who asked takes it back, also when it is approved and not yet used. RC_NOT_FOUND (as above), RC_DENIED (who may decide), RC_CONFLICT (it
 * is over), RC_IO. */
enum rc hold_cancel(struct holds *holds, const char *id, const struct hold_decision *d, struct hold *out, struct why *why) MUST_USE;

/* Append JSON: an array of the holds that the person made or may decide, oldest first (state NULL: pending ones; "all"; or a
 * state's name, RC_BAD for another word). Each is
 *   {"id","state","rule","matched","user","subject","address","session","purpose","connection","reason","created_at","expires_at",
 *    "groups":[…],"needs":[{"groups":[…],"approvals":1,"given":0}],"approvals_needed":1,"approvals_given":0,"own":false,
 *    "may_decide":true,"cause":null,
 *    "decisions":[{"decision":"approved|denied","user","at","address","key_id","same_address":false,"reason"}]}
 * reason may be null; same_address: the decision came from an address that asked; groups: all of needs; cause: of a cancelled one,
 * "requester", "client" (it hung up), "session" (it ended) or "terms" (the policy asks for something else now). */
enum rc holds_list(struct holds *holds, const struct person *person, const char *state, struct buf *out, struct why *why) MUST_USE;

/* One of them whole: the same object with "askers":[{"session","address","exchange"}] (identical requests that joined),
 * "user_was_another" (the name was seen with another subject before) and "request": shown_json. RC_NOT_FOUND also when it is
 * not for this person to see. */
enum rc hold_show(struct holds *holds, const struct person *person, const char *id, struct buf *out, struct why *why) MUST_USE;

/* A session that was revoked, or closed by its user, cancels its holds that no other session joined. Not for one that ended
 * with the agent or by its token's end: the cli opens another in its place, and its holds stand. */
void holds_cancel_session(struct holds *holds, const char *session);

/* Told of every change of state, in the order of the changes, outside the store's lock and before the call that made the change
 * returns: for /v1/events. event: "held", "approval" (one of several that are needed), "approved", "denied", "expired", "cancelled".
 * json:
 *   {"event","id","session","connection","user","rule","approvers":[groups],"needs":"one of a and 2 of b","approvals_needed",
 *    "approvals_given","expires_at"}, of a decision "by" and "reason", and of a cancelled one "cause";
 * needs: what is still to come. issuer and subject: whose hold it is. Once for each session that asks. It must not call holds or wait for long. */
typedef void hold_listener(void *arg, const char *event, const char *issuer, const char *subject, const char *session,
			   struct slice json);
void holds_listen(struct holds *holds, hold_listener *fn, void *arg);      /* once, before use */

/* Where changes of state are told to those who are not there: hold.created, hold.approved, hold.denied, hold.expired and
 * hold.cancelled, each in the transaction of its change. Borrowed; before use. */
void holds_notify(struct holds *holds, struct notices *notices);

void holds_metrics(struct store *store);                 /* sets those that are looked at, see metrics.h */

/* ---- for tests: another clock for all times, and one step of the thread: what is due expires, what was left is cancelled ---- */
void holds_set_clock(struct holds *holds, int64_t (*now_ns)(void));
enum rc holds_tick(struct holds *holds, int64_t *wait_ns) MUST_USE;          /* wait_ns: until the next one is due */

#endif
