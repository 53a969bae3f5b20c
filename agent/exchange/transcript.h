/* What one exchange leaves in the session's recording (evidence.md: segment lines): request, hold, decision, response, cut.
 * Everything that goes in is masked already, but for the originals, where the recording keeps them: of the request, and of all that comes
 * from the model. Each record from there on names the original of what came since the one before. One thread. */
#ifndef PHIGATE_AGENT_TRANSCRIPT_H
#define PHIGATE_AGENT_TRANSCRIPT_H

#include <stdint.h>

#include "answer/shape.h"
#include "record.h"
#include "withhold.h"

struct transcript {
	struct recording *recording;
	uint64_t exchange;
	int64_t start_ns;                /* monotonic: when the request came */
	struct transcript_chunks {       /* a chunk list that is not yet a record */
		struct buf list;
		struct buf tail;         /* bytes of a character that is not whole yet */
	} chunks, received;              /* as sent to the client; as it came from the model */
	struct buf received_head;        /* status and headers, as they came, members without braces, until a record names them */
	struct withhold credential;      /* of what came, all but the agent's own credential */
	struct buf passed;               /* what is left so; scratch */
	bool answering;                  /* the model answers, and originals are kept */
	struct buf totals;               /* what the last record says of the whole answer, a JSON object; empty: nothing */
	struct buf body, original;       /* scratch */
	int64_t pending_since_ns;        /* age of what is in chunks; 0: nothing */
};

void transcript_begin(struct transcript *t, struct recording *recording, uint64_t exchange);
void transcript_free(struct transcript *t);

/* What was asked; all masked. */
struct transcript_asked {
	struct slice method;
	const char *route;               /* the dialect's own name of it, which holds nothing of the caller's; NULL: none that it knows */
	const char *model;               /* NULL: none is named, or not by a name that holds no identifier */
	const char *path;
	struct slice headers_json;       /* the array, complete */
	struct slice text;               /* the body */
};
/* original: the same before it was masked, without credentials; NULL where the recording keeps none. */
enum rc transcript_request(struct transcript *t, const struct transcript_asked *asked, const struct transcript_asked *original) MUST_USE;
enum rc transcript_hold(struct transcript *t, const char *id, const char *rule, int64_t expires_s) MUST_USE;
/* hold: NULL when policy alone decided. by, reason: may be empty. */
enum rc transcript_decision(struct transcript *t, const char *hold, const char *rule, const char *outcome, const char *by,
			    const char *reason) MUST_USE;
enum rc transcript_response(struct transcript *t, int status, struct slice headers_json) MUST_USE;

/* Where the recording keeps originals, else nothing is to be told: the head of the model's answer, without credentials, then its bytes as
 * they come, decoded. They are kept without the agent's own credential, which is borrowed to the end of the transcript. */
enum rc transcript_received_head(struct transcript *t, int status, struct slice headers_json, struct slice credential) MUST_USE;
enum rc transcript_received(struct transcript *t, struct slice bytes) MUST_USE;

/* What the record of the answer's end, or of its cut, is to say of all of it: how many identifiers of each kind were masked, and the
 * tokens that the model counted. */
void transcript_totals(struct transcript *t, const struct mask_counts *masked, const struct answer_usage *usage);

/* Bytes that are about to be sent to the client; with end, the answer's last ones. They become a record at once when end is set,
 * else with those that follow within TRANSCRIPT_WAIT_NS, which the caller's waiting must respect (transcript_due). */
enum rc transcript_chunk(struct transcript *t, struct slice bytes, bool end) MUST_USE;
int64_t transcript_due(const struct transcript *t);      /* monotonic time by which transcript_flush() is wanted; 0: none */
enum rc transcript_flush(struct transcript *t) MUST_USE;

/* The exchange ends early: reason is one of ours ("client", "model", "revoked", …). */
enum rc transcript_cut(struct transcript *t, const char *reason) MUST_USE;

#endif
