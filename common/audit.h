/* What happens in sessions and to them, as events for those who watch over them: made from the records of a session (audit_reader.h), the same
 * of a bundle afterwards as of a session that runs; of what is no record, from the leaves of the agent's ledger (audit_leaf.h) and, live only,
 * from what the agent's log tells. All are written in the formats of audit_format.h.
 *
 * An event holds who, when, what, how much and how it ended. It holds no PHI: no text of a request or an answer, no path or header that a
 * caller wrote, and no reasons, which are free text and only as good as their masking. What of it others chose (a model, a user, a group) is a
 * name. */
#ifndef PHIGATE_AUDIT_H
#define PHIGATE_AUDIT_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include "buf.h"

enum audit_kind {
	AUDIT_OPENED,                            /* a session, or its next part under another policy */
	AUDIT_RENEWED,                           /* the sign-in behind it */
	AUDIT_EXCHANGE,                          /* a request that was answered to the end, by the model or with a refusal */
	AUDIT_CUT,                               /* one whose answer has no end */
	AUDIT_HOLD,                              /* a request waits for somebody else's consent */
	AUDIT_DECISION,                          /* of that somebody, or of a rule */
	AUDIT_EMERGENCY,                         /* a request passed that would have been held */
	AUDIT_CLOCK,                             /* the agent's clock was set */
	AUDIT_RECOVERED,                         /* the agent ended without closing the session */
	AUDIT_CLOSED,

	/* of the ledger */
	AUDIT_AGENT_STARTED,
	AUDIT_AGENT_STOPPED,
	AUDIT_CONFIG,                            /* agent.yaml in force: at a start, and once it was read again */
	AUDIT_POLICY,                            /* likewise */
	AUDIT_ANSWERED,                          /* what one person said to a hold; AUDIT_DECISION tells what came of it */
	AUDIT_EMERGENCY_OPENED,
	AUDIT_REVOKED,
	AUDIT_LISTED,                            /* others' sessions */
	AUDIT_FETCHED,                           /* a bundle */
	AUDIT_ARCHIVED,
	AUDIT_EVIDENCE,                          /* a pack was signed */

	AUDIT_PRUNED,                            /* the agent's own copy of an archived bundle; noted by `phigate-agent prune` */

	/* of the log */
	AUDIT_REVIEWED,
	AUDIT_CONFIG_CHANGED,                    /* one key of agent.yaml */
	AUDIT_POLICY_CHANGED,
	AUDIT_RELOADED,
	AUDIT_RELOAD_REFUSED,
	AUDIT_QUARANTINED,                       /* a recording that is damaged */
	AUDIT_ARCHIVE_FAILED,
	AUDIT_WITNESS_FAILED,
	AUDIT_WITNESS_CONTRADICTS,               /* it has seen another ledger */
	AUDIT_TIMESTAMP_FAILED,
	AUDIT_ALARM,                             /* what else stands in the way of recording, signing or telling */

	AUDIT_MISSING,                           /* events of a live stream that there was no room for */
};
#define AUDIT_KINDS (AUDIT_MISSING + 1)

const char *audit_name(enum audit_kind kind);            /* "session-opened" */
const char *audit_title(enum audit_kind kind);           /* "Session opened" */

enum audit_result { AUDIT_SUCCEEDED, AUDIT_REFUSED, AUDIT_FAILED };

/* Who and where; owned by the reader. Of an event that is no record only what is known. */
struct audit_session {
	const char *agent, *version;             /* of phigate-agent; may be NULL */
	const char *id;                          /* NULL: of none */
	int part;                                /* 0: not known */
	const char *user, *subject, *issuer, *address, *connection, *dialect, *policy, *purpose;         /* NULL: not known */
	const cJSON *groups;                     /* array of strings */
	int64_t port;                            /* 0: not known */
	bool emergency;
};

#define AUDIT_ID 96

struct audit_event {
	enum audit_kind kind;
	enum audit_result result;
	char id[AUDIT_ID];                       /* SESSION.PART.SEQ, AGENT.ledger.LEAF: the same whenever and wherever the event is told */
	uint64_t seq, exchange;                  /* exchange: 0 for none */
	bool leaf;                               /* seq is the leaf's in the ledger */
	int64_t wall_ns;
	const struct audit_session *session;     /* NULL: of no session */

	/* exchange, cut; NULL and 0: not known */
	int64_t began_ns;
	const char *method, *route, *model;
	int64_t status;
	const cJSON *masked;                     /* object: entity, number; NULL: nothing */
	int64_t masked_n;
	bool counted;                            /* the model has counted tokens */
	int64_t input_tokens, output_tokens;

	const char *hold, *rule, *outcome, *by;  /* hold, decision, emergency; NULL: not known */
	const char *why;                         /* cut, closed: one of our own words ("client", "idle") */
	const char *what;                        /* of the ledger and the log: a key, a witness, a place, a period, … */
	const char *sha256;                      /* of it, in hex */
	uint64_t missing;                        /* how many events */
	const char *agent, *version;             /* of no session, but of this agent */
};

int64_t audit_masked(const cJSON *entity);               /* how many of a member of masked; 0: it says nothing that can be */
const char *audit_agent(const struct audit_event *e);    /* NULL: not known */
const char *audit_version(const struct audit_event *e);
const char *audit_actor(const struct audit_event *e);    /* the session's person; else who did it; NULL: nobody that is known */
bool audit_is_record(const struct audit_event *e);       /* of a session: an export of its bundle tells it, too */
bool audit_warns(const struct audit_event *e);           /* somebody should look at it */

/* "alice@hospital.example asked llama-prod", in one sentence without a full stop. */
void audit_sentence(const struct audit_event *e, struct buf *out);

/* "chat", "text_completion", "embeddings" by the route (OpenTelemetry's gen_ai.operation.name); NULL: another. */
const char *audit_operation(const struct audit_event *e);

#endif
