/* Control calls about holds. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "control_private.h"
#include "gate.h"
#include "hold.h"
#include "json.h"
#include "leaf.h"
#include "log.h"
#include "policies.h"

#define REASON_MAX 512

int control_holds(struct call *call, struct buf *out, struct why *why)
{
	char state[16];
	enum rc rc = call_query(call, "state", state, sizeof state, why);

	if (rc == RC_OK)
		rc = holds_list(call->agent->holds, &call->token->person, *state ? state : NULL, out, why);
	return rc == RC_OK ? 200 : call_failed(rc);
}

int control_hold_show(struct call *call, struct buf *out, struct why *why)
{
	enum rc rc = hold_show(call->agent->holds, &call->token->person, call->id, out, why);

	return rc == RC_OK ? 200 : call_failed(rc);
}

/* The policy of the hold's connection, whose rules say what is masked; a reference. */
static enum rc policy_of(struct call *call, struct policy **policy, struct why *why)
{
	const struct connection *connection;
	struct buf shown;
	const char *name;
	cJSON *tree;
	enum rc rc;

	*policy = NULL;
	buf_init(&shown, BUF_MAX_DEFAULT);
	rc = hold_show(call->agent->holds, &call->token->person, call->id, &shown, why);
	tree = rc == RC_OK ? json_parse(buf_slice(&shown)) : NULL;
	name = json_text(tree, "connection");
	connection = name ? config_connection(call->snapshot->config, name) : NULL;
	if (connection)
		*policy = policies_get(call->snapshot->policies, connection->policy);
	if (rc == RC_OK && !*policy)
		rc = why_set(why, RC_CONFLICT, "the connection of this hold is no longer configured");
	cJSON_Delete(tree);
	buf_free(&shown);
	return rc;
}

/* What people write goes nowhere unmasked. */
static enum rc mask_reason(struct call *call, const char *reason, struct buf *out, struct why *why)
{
	struct mask_scope *scope = NULL;
	struct policy *policy = NULL;
	enum rc rc;

	if (strlen(reason) > REASON_MAX)
		return why_set(why, RC_BAD, "reason is over %d bytes", REASON_MAX);
	rc = policy_of(call, &policy, why);
	if (rc == RC_OK) {
		scope = mask_scope_new();
		rc = scope ? mask_text(policy_engine(policy), scope, NULL, slice_str(reason), out) : RC_NOMEM;
		mask_scope_free(scope);
	}
	policy_unref(policy);
	return rc;
}

typedef enum rc decide(struct holds *holds, const char *id, const struct hold_decision *d, struct hold *out, struct why *why);

/* The decision stands already; that it is not in the ledger is the operator's matter. */
static void tell_decided(const struct call *call, const char *id, const char *decision)
{
	char time[CLOCK_TEXT];
	struct buf leaf;

	buf_init(&leaf, LEAF_MAX);
	if (LEAF(LEAF_HOLD, &leaf, id, decision, call->token->person.user, clock_text_us(clock_wall_ns(), time)) != RC_OK ||
	    call_ledger(call, buf_slice(&leaf), NULL) != RC_OK)
		log_error("ledger_not_written", L_TEXT("hold", id), L_TEXT("what", decision));
	buf_free(&leaf);
}

static int decide_hold(struct call *call, decide *how, const char *decision, struct buf *out, struct why *why)
{
	const char *reason = json_text(call->body, "reason");
	char address[64], ssh_id[GATE_ID_LEN + 1];
	struct hold_decision d = {.person = &call->token->person, .key_id = call->key_id, .address = address};
	struct hold hold = {0};
	struct buf masked;
	enum rc rc = call_address(call, NULL, address, ssh_id, why);

	buf_init(&masked, 16 * REASON_MAX);
	if (rc == RC_OK && reason && *reason) {
		rc = mask_reason(call, reason, &masked, why);
		d.reason = masked.data;
	}
	if (rc == RC_OK)
		rc = how(call->agent->holds, call->id, &d, &hold, why);
	buf_free(&masked);
	if (rc != RC_OK)
		return call_failed(rc);
	tell_decided(call, hold.id, decision);
	buf_printf(out, "{\"id\":\"%s\",\"state\":\"%s\",\"needs\":", hold.id, hold_state_name(hold.state));
	json_add_str(out, hold.needs);
	buf_putc(out, '}');
	return 200;
}

/* People let requests pass; who runs a program must not be two persons by it. */
static int decide_as_person(struct call *call, decide *how, const char *decision, struct buf *out, struct why *why)
{
	if (call->token->person.program)
		return call_failed(why_set(why, RC_DENIED, "a program decides no holds; a person of the group does"));
	return decide_hold(call, how, decision, out, why);
}

int control_hold_approve(struct call *call, struct buf *out, struct why *why)
{
	return decide_as_person(call, hold_approve, "approve", out, why);
}

int control_hold_deny(struct call *call, struct buf *out, struct why *why)
{
	return decide_as_person(call, hold_deny, "deny", out, why);
}

int control_hold_cancel(struct call *call, struct buf *out, struct why *why)
{
	return decide_hold(call, hold_cancel, "cancel", out, why);
}
