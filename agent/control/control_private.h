/* What control*.c share: one call of the control API, and how it is answered. */
#ifndef PHIGATE_AGENT_CONTROL_PRIVATE_H
#define PHIGATE_AGENT_CONTROL_PRIVATE_H

#include <cjson/cJSON.h>

#include "agent.h"
#include "http.h"
#include "identity.h"
#include "pack_make.h"

struct call {
	struct agent *agent;
	struct snapshot *snapshot;               /* that the call began with */
	struct http_conn *conn;
	const struct http_head *head;
	struct slice key_der;
	const char *key_id;
	const struct token *token;               /* of the caller, verified */
	char id[64];                             /* what stands for {id} in the route; "" */
	char request_id[24];
	struct slice query;
	cJSON *body;                             /* an object; NULL: none was sent */
	struct pack_made *pack;                  /* that was made on this channel */
	bool done;                               /* the handler has answered itself */
	bool close;                              /* the channel ends with this call */
};

/* Append the answer (JSON) to out and return the status; or call_failed(). */
typedef int call_handler(struct call *call, struct buf *out, struct why *why);

/* The status for a failure, of which why says the reason. */
int call_failed(enum rc rc);

/* A query parameter, decoded, into value[n]: "" when there is none. RC_BAD: too long, or badly encoded. */
enum rc call_query(const struct call *call, const char *name, char *value, size_t n, struct why *why) MUST_USE;

/* The client's address, and its SSH connection: named, or "" for the key's latest login. RC_NOT_FOUND. */
enum rc call_address(const struct call *call, const char *ssh, char address[64], char ssh_id[33], struct why *why) MUST_USE;

/* Into the ledger: that somebody did this. RC_IO: it cannot be written, and why says so. */
enum rc call_ledger(const struct call *call, struct slice leaf, struct why *why) MUST_USE;

/* A file's next size bytes are the answer, a tar; the handler has answered then. */
void call_send_tar(struct call *call, int fd, int64_t size);

/* Into the ledger, before they see it: somebody has looked at what others do. */
enum rc call_tell_listed(const struct call *call, struct why *why) MUST_USE;

/* A time, or how long ago ("24h"); 0 for "". RC_BAD: why has the parameter's name. */
enum rc call_time(const char *name, const char *text, int64_t *ns, struct why *why) MUST_USE;

/* Append ,"receipt":{"leaf","proof","vkey"}: that the session was opened, or with closed that it was closed, stands in the ledger. Nothing
 * when the ledger cannot say so now, which is logged. */
void call_receipt(const struct call *call, const char *session, bool closed, struct buf *out);

/* ---- control_receipt.c ---- */
call_handler control_ledger;

/* ---- control_session.c ---- */
call_handler control_session_open, control_session_renew, control_session_close, control_session_revoke, control_sessions,
	control_bundle;

/* ---- control_hold.c ---- */
call_handler control_holds, control_hold_show, control_hold_approve, control_hold_deny, control_hold_cancel;

/* ---- control_review.c ---- */
call_handler control_review_add, control_reviews;

/* ---- control_evidence.c ---- */
call_handler control_evidence, control_evidence_seal;

/* ---- control_health.c ---- */
call_handler control_health;

/* ---- control_events.c ---- */
call_handler control_events;

#endif
