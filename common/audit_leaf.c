#include "audit_leaf.h"

#include <stdio.h>
#include <string.h>

#define TEXT 512

/* Which of its fields says what, counted from 1; 0: none does. The time is the last (leaf.h). */
static const struct {
	bool told;
	enum audit_kind kind;
	int session, part, by, policy, sha256, what, hold, outcome, version;
} ROWS[LEAF_KINDS] = {
	[LEAF_HOLD] = {true, AUDIT_ANSWERED, .hold = 1, .outcome = 2, .by = 3},
	[LEAF_POLICY] = {true, AUDIT_POLICY, .policy = 1, .sha256 = 2},
	[LEAF_CONFIG] = {true, AUDIT_CONFIG, .sha256 = 1},
	[LEAF_START] = {true, AUDIT_AGENT_STARTED, .version = 1, .sha256 = 2},
	[LEAF_STOP] = {.told = true, .kind = AUDIT_AGENT_STOPPED},
	[LEAF_FETCH] = {true, AUDIT_FETCHED, .session = 1, .part = 2, .by = 3},
	[LEAF_LIST] = {true, AUDIT_LISTED, .by = 1},
	[LEAF_REVOKE] = {true, AUDIT_REVOKED, .session = 1, .by = 2},
	[LEAF_EMERGENCY] = {true, AUDIT_EMERGENCY_OPENED, .session = 1},
	[LEAF_ARCHIVE] = {true, AUDIT_ARCHIVED, .session = 1, .part = 2, .sha256 = 3, .what = 4},
	[LEAF_EVIDENCE] = {true, AUDIT_EVIDENCE, .what = 1, .sha256 = 3, .by = 4},
};

struct texts {
	char field[LEAF_FIELDS][TEXT];
};

static const char *pick(const struct texts *t, int n)
{
	return n ? t->field[n - 1] : NULL;
}

enum rc audit_leaf(struct slice text, uint64_t index, const char *agent, const char *version, audit_fn *fn, void *arg)
{
	struct audit_session session = {.agent = agent, .version = version};
	struct audit_event e = {.seq = index, .leaf = true, .agent = agent, .version = version};
	struct texts t = {0};
	struct leaf leaf;
	enum rc rc = leaf_parse(text, &leaf);

	if (rc != RC_OK)
		return RC_BAD;
	if (!ROWS[leaf.kind].told || !leaf_time(&leaf, &e.wall_ns))
		return RC_OK;
	for (size_t i = 0; i < LEAF_FIELDS; i++)
		snprintf(t.field[i], TEXT, "%.*s", (int)leaf.field[i].n, leaf.field[i].n ? leaf.field[i].p : "");
	if (leaf.kind == LEAF_EVIDENCE) {                /* its period, as ISO 8601 writes it */
		size_t n = strlen(t.field[0]);

		snprintf(t.field[0] + n, TEXT - n, "/%.64s", t.field[1]);
	}
	e.kind = ROWS[leaf.kind].kind;
	snprintf(e.id, sizeof e.id, "%.64s.ledger.%llu", agent, (unsigned long long)index);
	session.id = pick(&t, ROWS[leaf.kind].session);
	session.part = ROWS[leaf.kind].part ? (int)leaf_number(leaf.field[ROWS[leaf.kind].part - 1]) : 0;
	session.policy = pick(&t, ROWS[leaf.kind].policy);
	if (session.id || session.policy)
		e.session = &session;
	e.by = pick(&t, ROWS[leaf.kind].by);
	e.sha256 = pick(&t, ROWS[leaf.kind].sha256);
	e.what = pick(&t, ROWS[leaf.kind].what);
	e.hold = pick(&t, ROWS[leaf.kind].hold);
	e.outcome = pick(&t, ROWS[leaf.kind].outcome);
	if (ROWS[leaf.kind].version)
		e.version = pick(&t, ROWS[leaf.kind].version);
	fn(arg, &e);
	return RC_OK;
}
