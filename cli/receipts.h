/* What this user keeps of agents' ledgers, in $XDG_STATE_HOME/phigate/receipts/: of each agent the key and the newest checkpoint of its ledger
 * (AGENT.json), and receipts of sessions that were opened and closed (receipts.jsonl; when it is full it becomes receipts.1.jsonl). An agent that
 * shows another ledger than before, or goes back in it, is found out.
 *
 * A receipt is one line: {"at","agent","session","leaf","proof","vkey"}; leaf and proof as phigate-agent ledger prove has them. */
#ifndef PHIGATE_CLI_RECEIPTS_H
#define PHIGATE_CLI_RECEIPTS_H

#include "config.h"
#include "control.h"

#define RECEIPTS_MAX_BYTES ((size_t)4 << 20)     /* of one file: some 3,000 sessions */

/* The answer to a call that opened, renewed or closed the session: check its receipt, ask the agent for the proof that its ledger has only grown
 * since the last one, and keep both (of a renewal only the checkpoint).
 * RC_CONFLICT: it contradicts what is kept, does not hold, or is not there though there was one before: nothing more may be trusted to this agent, and
 * why says what to do. Two checkpoints that cannot both be true stay in AGENT.conflict.json. RC_UNREACHABLE; RC_IO, RC_NOMEM. */
enum receipt_of { RECEIPT_OPEN, RECEIPT_RENEW, RECEIPT_CLOSE };
enum rc receipts_take(struct control *control, const struct agent_entry *agent, const cJSON *answer, const char *session, enum receipt_of what,
		      struct why *why) MUST_USE;

#endif
