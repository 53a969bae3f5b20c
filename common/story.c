#include "story.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"

#define SLOTS_MIN ((size_t)1 << 10)
#define SLOTS_MAX ((size_t)1 << 23)              /* 64 MiB, for four million exchanges; 4 GiB hold fewer */

/* Of one exchange. */
enum stage {
	STAGE_NONE,
	STAGE_CARRIED,           /* it began in the part before: anything may come */
	STAGE_ASKED, STAGE_HELD, STAGE_ALLOWED,
	STAGE_REFUSED,           /* denied, expired, or ended before an answer: only an error may be the answer */
	STAGE_ANSWERING, STAGE_ANSWERED, STAGE_OVER,
	STAGES,
};

/* What a record does to its exchange. */
enum step { STEP_REQUEST, STEP_HOLD, STEP_ALLOW, STEP_REFUSE, STEP_ANSWER, STEP_ERROR, STEP_CHUNKS, STEP_END, STEP_CUT,
	STEP_SEALED,             /* some response; what it says cannot be read */
	STEPS };

/* Where each step leads; STAGE_NONE: it cannot happen. A decision while an answer runs is the policy's own, on that answer. */
static const enum stage edges[STAGES][STEPS] = {
	[STAGE_NONE] = {[STEP_REQUEST] = STAGE_ASKED},
	[STAGE_CARRIED] = {
		[STEP_HOLD] = STAGE_HELD, [STEP_ALLOW] = STAGE_CARRIED, [STEP_REFUSE] = STAGE_CARRIED, [STEP_ANSWER] = STAGE_ANSWERING,
		[STEP_ERROR] = STAGE_ANSWERING, [STEP_CHUNKS] = STAGE_ANSWERING, [STEP_END] = STAGE_ANSWERED, [STEP_CUT] = STAGE_OVER,
	},
	[STAGE_ASKED] = {
		[STEP_HOLD] = STAGE_HELD, [STEP_ALLOW] = STAGE_ALLOWED, [STEP_REFUSE] = STAGE_REFUSED, [STEP_ANSWER] = STAGE_ANSWERING,
		[STEP_ERROR] = STAGE_ANSWERING, [STEP_CUT] = STAGE_REFUSED,
	},
	[STAGE_HELD] = {
		[STEP_HOLD] = STAGE_HELD, [STEP_ALLOW] = STAGE_ALLOWED, [STEP_REFUSE] = STAGE_REFUSED, [STEP_ERROR] = STAGE_ANSWERING,
		[STEP_CUT] = STAGE_REFUSED,
	},
	[STAGE_ALLOWED] = {
		[STEP_HOLD] = STAGE_HELD, [STEP_ALLOW] = STAGE_ALLOWED, [STEP_REFUSE] = STAGE_REFUSED, [STEP_ANSWER] = STAGE_ANSWERING,
		[STEP_ERROR] = STAGE_ANSWERING, [STEP_CUT] = STAGE_REFUSED,
	},
	[STAGE_REFUSED] = {[STEP_REFUSE] = STAGE_REFUSED, [STEP_ERROR] = STAGE_ANSWERING, [STEP_CUT] = STAGE_REFUSED},
	[STAGE_ANSWERING] = {
		[STEP_ALLOW] = STAGE_ANSWERING, [STEP_REFUSE] = STAGE_ANSWERING, [STEP_CHUNKS] = STAGE_ANSWERING,
		[STEP_END] = STAGE_ANSWERED, [STEP_CUT] = STAGE_OVER,
	},
	[STAGE_ANSWERED] = {[STEP_CUT] = STAGE_OVER},
	[STAGE_OVER] = {[STEP_CUT] = STAGE_OVER},
};

struct story {
	bool continued, closed;
	uint64_t seq;                            /* of the next record */
	int64_t wall_ns, mono_ns;                /* of the last one */
	uint64_t *slots;                         /* exchange << 4 | stage; 0: free */
	size_t n_slots, used;
	uint64_t scatter;                        /* odd and random, so that no choice of numbers makes the table slow */
};

struct story *story_new(bool continued)
{
	struct story *story = calloc(1, sizeof *story);

	if (!story)
		return NULL;
	story->continued = continued;
	story->n_slots = SLOTS_MIN;
	story->slots = calloc(SLOTS_MIN, sizeof *story->slots);
	random_bytes(&story->scatter, sizeof story->scatter);
	story->scatter |= 1;
	if (story->slots)
		return story;
	free(story);
	return NULL;
}

void story_free(struct story *story)
{
	if (story)
		free(story->slots);
	free(story);
}

uint64_t story_exchanges(const struct story *story)
{
	return story->used;
}

/* ---- the stage of each exchange -------------------------------------------------------------------------------------------- */

static uint64_t *find(const struct story *story, uint64_t exchange)
{
	size_t mask = story->n_slots - 1, at = (size_t)(exchange * story->scatter >> 32) & mask;

	while (story->slots[at] && story->slots[at] >> 4 != exchange)
		at = (at + 1) & mask;
	return &story->slots[at];
}

static enum rc grow(struct story *story)
{
	struct story wider = *story;

	if (story->n_slots == SLOTS_MAX)
		return RC_TOO_BIG;
	wider.n_slots = 2 * story->n_slots;
	wider.slots = calloc(wider.n_slots, sizeof *wider.slots);
	if (!wider.slots)
		return RC_NOMEM;
	for (size_t i = 0; i < story->n_slots; i++)
		if (story->slots[i])
			*find(&wider, story->slots[i] >> 4) = story->slots[i];
	free(story->slots);
	*story = wider;
	return RC_OK;
}

static enum rc set_stage(struct story *story, uint64_t exchange, enum step step)
{
	uint64_t *slot = find(story, exchange);
	enum stage now = *slot ? (enum stage)(*slot & 15) : STAGE_NONE, next;
	enum rc rc = RC_OK;

	if (now == STAGE_NONE && story->continued && step != STEP_REQUEST)
		now = STAGE_CARRIED;
	next = step == STEP_SEALED ? now : edges[now][step];
	if (next == STAGE_NONE)
		return RC_BAD;
	if (!*slot) {
		if (2 * (story->used + 1) > story->n_slots && (rc = grow(story)) != RC_OK)
			return rc;
		slot = find(story, exchange);
		story->used++;
	}
	*slot = exchange << 4 | (uint64_t)next;
	return RC_OK;
}

static bool allows(const char *outcome)
{
	static const char *const refusals[] = {"denied", "deny", "refused", "expired", "cancelled"};

	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
		if (strcmp(outcome, refusals[i]) == 0)
			return false;
	return true;
}

/* ---- one record ------------------------------------------------------------------------------------------------------------- */

/* What the record does; without facts, the most that it may do. */
static enum rc step_of(enum bundle_kind kind, const struct record_facts *facts, enum step *step)
{
	switch (kind) {
	case KIND_REQUEST:
		*step = STEP_REQUEST;
		return RC_OK;
	case KIND_HOLD:
		*step = STEP_HOLD;
		return RC_OK;
	case KIND_DECISION:
		*step = !facts || allows(facts->outcome) ? STEP_ALLOW : STEP_REFUSE;
		return RC_OK;
	case KIND_CUT:
		*step = STEP_CUT;
		return RC_OK;
	case KIND_RESPONSE:
		if (!facts)
			*step = STEP_SEALED;
		else if (facts->status && !facts->chunks)
			*step = facts->status < 400 ? STEP_ANSWER : STEP_ERROR;
		else if (facts->chunks && !facts->status)
			*step = facts->end ? STEP_END : STEP_CHUNKS;
		else
			return RC_BAD;
		return RC_OK;
	case KIND_OPEN: case KIND_GAP: case KIND_RENEW: case KIND_RECOVERED: case KIND_CLOSE:
		break;
	}
	return RC_BAD;
}

static enum rc exchange_add(struct story *story, const struct bundle_line *line, const struct record_facts *facts, struct why *why)
{
	const char *kind = bundle_kind_name(line->kind);
	enum step step;
	enum rc rc;

	if (line->exchange == 0)
		return why_set(why, RC_BAD, "record %llu: a %s of no exchange", (unsigned long long)line->seq, kind);
	rc = step_of(line->kind, facts, &step);
	if (rc == RC_OK)
		rc = set_stage(story, line->exchange, step);
	if (rc == RC_TOO_BIG)
		return why_set(why, rc, "record %llu: more exchanges than one part can have", (unsigned long long)line->seq);
	return rc == RC_OK ? rc : why_set(why, rc, "record %llu: this %s cannot come here in exchange %llu", (unsigned long long)line->seq,
					  kind, (unsigned long long)line->exchange);
}

static enum rc check_time(const struct story *story, const struct bundle_line *line, struct why *why)
{
	bool may_step = line->kind == KIND_GAP || line->kind == KIND_RECOVERED || line->kind == KIND_CLOSE;

	if (line->seq && !may_step && (line->mono_ns < story->mono_ns || line->wall_ns < story->wall_ns))
		return why_set(why, RC_BAD, "record %llu: time goes back", (unsigned long long)line->seq);
	return RC_OK;
}

enum rc story_add(struct story *story, const struct bundle_line *line, const struct record_facts *facts, struct why *why)
{
	bool first = story->seq == 0;
	enum rc rc;

	if (story->closed)
		return why_set(why, RC_BAD, "record %llu: something follows the end of the session", (unsigned long long)line->seq);
	if (first != (line->kind == KIND_OPEN))
		return why_set(why, RC_BAD, first ? "the session does not begin with open" : "record %llu: the session opens twice",
			       (unsigned long long)line->seq);
	rc = check_time(story, line, why);
	if (rc != RC_OK)
		return rc;
	switch (line->kind) {
	case KIND_OPEN: case KIND_RENEW: case KIND_RECOVERED: case KIND_CLOSE:
		if (line->exchange)
			return why_set(why, RC_BAD, "record %llu: %s belongs to no exchange", (unsigned long long)line->seq,
				       bundle_kind_name(line->kind));
		break;
	case KIND_GAP:
		break;
	case KIND_REQUEST: case KIND_RESPONSE: case KIND_HOLD: case KIND_DECISION: case KIND_CUT:
		rc = exchange_add(story, line, facts, why);
		break;
	}
	story->closed = line->kind == KIND_CLOSE;
	story->wall_ns = line->wall_ns;
	story->mono_ns = line->mono_ns;
	story->seq++;
	return rc;
}

enum rc story_end(const struct story *story, struct why *why)
{
	return story->closed ? RC_OK : why_set(why, RC_BAD, "the session has no end on record");
}
