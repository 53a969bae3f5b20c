/* Control calls about reviews of sessions. */
#include <stdlib.h>

#include "control_private.h"
#include "gate.h"
#include "json.h"
#include "review.h"
#include "session.h"

int control_review_add(struct call *call, struct buf *out, struct why *why)
{
	const struct agent *agent = call->agent;
	const struct review_place place = {
		.config = call->snapshot->config, .store = agent->store, .spool = agent->spool, .policies = call->snapshot->policies, .notices = agent->notices,
	};
	char address[64], ssh_id[GATE_ID_LEN + 1];
	const struct review_ask ask = {
		.person = &call->token->person, .key_id = call->key_id, .address = address, .session = call->id,
		.finding = json_text(call->body, "finding"),
	};
	enum rc rc = call_address(call, NULL, address, ssh_id, why);

	if (rc == RC_OK)
		rc = review_add(&place, &ask, out, why);
	return rc == RC_OK ? 200 : call_failed(rc);
}

int control_reviews(struct call *call, struct buf *out, struct why *why)
{
	bool own;
	enum rc rc = session_readable(call->agent->sessions, &call->token->person, call->id, &own, why);

	if (rc == RC_OK)
		rc = reviews_list(call->agent->store, call->id, out, why);
	return rc == RC_OK ? 200 : call_failed(rc);
}
