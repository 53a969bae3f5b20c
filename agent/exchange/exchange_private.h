/* What exchange*.c share: one exchange, and the steps of its life. */
#ifndef PHIGATE_AGENT_EXCHANGE_PRIVATE_H
#define PHIGATE_AGENT_EXCHANGE_PRIVATE_H

#include "agent.h"
#include "analyzer.h"
#include "answer/shape.h"
#include "hold.h"
#include "http.h"
#include "session.h"
#include "transcript.h"
#include "upstream.h"
#include "usage.h"

#define REQUEST_ID_LEN 20                        /* "req_" and 16 hex digits */

/* How an exchange ended, for metrics and the log. */
enum exchange_outcome { OUTCOME_ANSWERED, OUTCOME_REFUSED, OUTCOME_FAILED, OUTCOME_CUT };
#define N_OUTCOMES 4

/* How far the request's body has been read. */
enum exchange_body {
	BODY_WAITS,                              /* nothing of it */
	BODY_LEFT,                               /* it is not read, or not to its end: the connection is of no further use */
	BODY_READ,                               /* whole: the connection stands at the next request */
};

struct exchange {
	/* of the channel */
	struct agent *agent;
	struct session *session;
	struct http_conn *conn;
	struct usage_account *usage;
	struct snapshot *snapshot;               /* that the exchange began with, and what it says of the connection */
	const struct connection *connection;
	const struct dialect *dialect;
	const struct target *target;
	struct upstream *upstream;
	struct analyzer *analyzer;               /* NULL: the engine alone looks at texts */
	/* of this exchange */
	const struct http_head *head;
	bool key_shown;                          /* it is one of this session's */
	uint64_t number;                         /* in the session; 0: it has not begun */
	char request_id[REQUEST_ID_LEN + 1];
	struct policy *policy;                   /* the snapshot that it began with */
	struct mask_scope *scope;                /* the session's, for this exchange */
	enum mask_request request_mask;          /* what of the request the model may see */
	struct mask_scope *asked;                /* unless all: the scope of the request's texts */
	struct buf masked_body;                  /* and the body without its identifiers */
	struct mask_counts in_request;           /* which those are */
	const struct route *route;
	char method[16], *path;                  /* the dialect's own path, with the query */
	struct buf body;
	struct prompt *prompt;
	struct transcript transcript;
	enum exchange_body body_state;
	bool counted;                            /* in usage */
	bool forwarded;                          /* the model has it */
	int64_t retry_s;                         /* 429: when it may pass, in seconds; 0: that is not known */
	bool recorded;                           /* its request is on record */
	struct mask_counts masked;               /* in the answer */
	struct answer_usage tokens;              /* that it says it took */
	int status;                              /* that the client was answered with; 0: none */
	enum exchange_outcome outcome;
	const char *verdict;                     /* what was decided, for metrics; NULL: nothing yet */
	int64_t start_ns;
	struct why why;
};

/* Each step: RC_OK, and the next one follows; else the exchange is over, and the client has been told what there is to tell. RC_END: and
 * the connection can carry another request; any other code: it cannot. */

/* ---- exchange_request.c ---- */
enum rc exchange_read(struct exchange *x) MUST_USE;          /* route and body */
enum rc exchange_parse(struct exchange *x) MUST_USE;         /* the body: what is asked, of which model */
enum rc exchange_read_prompt(struct exchange *x) MUST_USE;   /* only what is asked, as the body stands */
enum rc exchange_record(struct exchange *x) MUST_USE;        /* the request, masked, into the recording */
enum rc exchange_mask_path(const struct exchange *x, struct buf *out) MUST_USE;
const char *exchange_model_name(const struct exchange *x);   /* that is asked, where it is a name and no text; else NULL */
void exchange_take_body(struct exchange *x);                 /* before an early refusal: for the record, and for the next request */

/* ---- exchange_model.c ---- */
enum rc exchange_model(struct exchange *x) MUST_USE;         /* the model that the connection pins, or one of those that it lists */

/* ---- exchange_mask.c ---- */
enum rc exchange_mask(struct exchange *x) MUST_USE;          /* what the model is to see of the request */
enum rc exchange_mask_again(struct exchange *x) MUST_USE;    /* by another policy: only the same */
enum rc exchange_mask_allows(struct exchange *x) MUST_USE;   /* or is it not to have it for its identifiers? */
struct slice exchange_sent(const struct exchange *x);        /* the body that the model gets */
/* Append the body as it is kept, masked. */
enum rc exchange_mask_kept(const struct exchange *x, struct buf *out) MUST_USE;
struct mask_scope *exchange_asked(const struct exchange *x); /* the scope by which texts of the request are shown */

/* ---- exchange_decide.c ---- */
enum rc exchange_decide(struct exchange *x) MUST_USE;        /* policy, and a second person where it says so */
struct facts exchange_facts(const struct exchange *x);       /* what rules are asked with, now */

/* ---- exchange_shown.c ---- */
/* Append what `phigate show` gives of a held request: one JSON object, masked. */
enum rc exchange_shown(const struct exchange *x, const struct facts *facts, const struct verdict *verdict, struct buf *out) MUST_USE;

/* ---- exchange_reply.c ---- */
enum rc exchange_forward(struct exchange *x) MUST_USE;       /* the request to the model */
enum rc exchange_reply(struct exchange *x) MUST_USE;         /* the answer, masked and recorded, to the client */

/* ---- exchange_refuse.c ---- */
/* Answer with an error in the dialect's shape, on record like any answer; why says the reason. Returns RC_END, or RC_CANCELLED when the
 * connection must close. rule: what decided ("policy rule", "route"), NULL when it is no decision but a failure. */
enum rc exchange_refuse(struct exchange *x, int status, const char *type, const char *rule) MUST_USE;

/* The client is gone, the session ends, or an answer breaks off: on record as cut for this reason. Returns RC_CANCELLED. */
enum rc exchange_cut(struct exchange *x, const char *reason) MUST_USE;

/* Has the connection's analyzer looked at all that was masked, or need it not? Else nothing passes: refused, or cut when the answer is
 * under way. */
enum rc exchange_analyzed(struct exchange *x) MUST_USE;

/* The recording has failed: nothing of the session may pass. Returns RC_CANCELLED. */
enum rc exchange_unrecorded(struct exchange *x) MUST_USE;

#endif
