/* Holds: requests that wait for a second person (design: holds). All state is in the store, so that a restart loses none; every
 * change of state is one conditional UPDATE. Thread-safe. */
#ifndef PHIGATE_AGENT_HOLD_H
#define PHIGATE_AGENT_HOLD_H

#include "identity.h"
#include "policy.h"
#include "store.h"

#define HOLD_ID_LEN 9                            /* XXXX-XXXX, Crockford base32 */

enum hold_state { HOLD_PENDING, HOLD_APPROVED, HOLD_USED, HOLD_DENIED, HOLD_EXPIRED, HOLD_CANCELLED };
const char *hold_state_name(enum hold_state state);

struct holds;

/* key_file: the agent's own HMAC key, made when absent (0600). */
enum rc holds_new(struct store *store, const char *key_file, int64_t held_per_person, struct holds **out,
		  struct why *why) MUST_USE;
void holds_free(struct holds *holds);

/* What binds an approval to what is sent: HMAC-SHA-256 over the length-prefixed parts. */
struct hold_binding {
	unsigned char mac[32];
};
void hold_bind(struct holds *holds, const struct slice *parts, size_t n, struct hold_binding *out);

/* A request that a rule holds; all borrowed. */
struct hold_ask {
	struct hold_binding binding;
	const struct person *person;
	const char *key_id, *address, *session, *connection, *reason;
	uint64_t exchange;
	const struct verdict *verdict;
	struct slice shown_json;                 /* what `show` gives: the masked request, size, roles, model, opaque parts, match */
};

struct hold {
	char id[HOLD_ID_LEN + 1];
	enum hold_state state;
	int64_t expires_s;
	char decided_by[128], reason[256];       /* of the last decision; empty while pending */
};

/* The identical request joins the hold that waits, or uses up one that was approved (state HOLD_USED: go on), else a new hold is
 * made. RC_TOO_BIG: held_per_person. RC_IO: the store (503). */
enum rc hold_enter(struct holds *holds, const struct hold_ask *ask, struct hold *out, struct why *why) MUST_USE;

/* Wait until the hold is decided or wait_ns have gone by (RC_TIMEOUT), the session ends (end_fd readable: RC_CANCELLED) or the
 * client hangs up (client_fd: RC_END). When approved it is used in the same step, and *out says HOLD_USED. */
enum rc hold_wait(struct holds *holds, int64_t wait_ns, int client_fd, int end_fd, struct hold *out) MUST_USE;

/* The waiting request is gone: cancel the hold in 30 s when no identical request joins. */
void hold_abandon(struct holds *holds, const char *id);

/* ---- for the control API ---- */
struct hold_decision {
	const struct person *person;
	const char *key_id, *address, *reason;   /* reason may be NULL */
};
/* id as typed (case and dash do not matter). RC_NOT_FOUND, RC_DENIED (own hold, own key, not in a group, twice by one person),
 * RC_CONFLICT (no longer pending). *out is the hold afterwards; with a quorum it may still be pending. */
enum rc hold_approve(struct holds *holds, const char *id, const struct hold_decision *d, struct hold *out, struct why *why) MUST_USE;
enum rc hold_deny(struct holds *holds, const char *id, const struct hold_decision *d, struct hold *out, struct why *why) MUST_USE;

/* Append JSON: an array of the holds that the person made or may decide (state NULL: pending ones; "all"), or one of them whole. */
enum rc holds_list(struct holds *holds, const struct person *person, const char *state, struct buf *out) MUST_USE;
enum rc hold_show(struct holds *holds, const struct person *person, const char *id, struct buf *out, struct why *why) MUST_USE;

/* A revoked or ended session cancels its holds. */
void holds_cancel_session(struct holds *holds, const char *session);

/* Told of every change of state, outside the store's lock: for /v1/events and notices. event: "held", "approved", "denied",
 * "expired", "cancelled". json: the event's object {"event":…,"id":…,"session":…,…}; issuer and subject: whose hold it is. */
typedef void hold_listener(void *arg, const char *event, const char *issuer, const char *subject, const char *session,
			   struct slice json);
void holds_listen(struct holds *holds, hold_listener *fn, void *arg);      /* once, before use */

#endif
