/* Answers that are our own: refusals and failures, in the dialect's shape and on record. */
#include <stdio.h>
#include <string.h>

#include "exchange_private.h"
#include "log.h"

static const char JSON_HEADERS[] = "[[\"Content-Type\",\"application/json\"]]";

/* The decision, and the answer that it leads to. */
static enum rc record(struct exchange *x, int status, const char *rule, struct slice body)
{
	struct transcript *t = &x->transcript;
	enum rc rc = RC_OK;

	if (!x->number)
		return RC_OK;
	if (!x->recorded)
		rc = exchange_record(x);
	if (rc == RC_OK && rule)
		rc = transcript_decision(t, NULL, rule, "refused", NULL, x->why.text);
	if (rc == RC_OK)
		rc = transcript_response(t, status, SLICE(JSON_HEADERS));
	if (rc == RC_OK)
		rc = transcript_chunk(t, body, true);
	if (rc == RC_OK)
		rc = recording_sync(x->session->recording);
	return rc;
}

static enum rc answer(struct exchange *x, int status, const char *type, const char *rule, bool recorded)
{
	const char *message = x->why.text[0] ? x->why.text : http_reason(status);
	char header[64] = "";
	struct buf body;
	bool keep;
	enum rc rc;

	if (status == 401)
		snprintf(header, sizeof header, "WWW-Authenticate: Bearer\r\n");
	else if (status == 429 && x->retry_s)
		snprintf(header, sizeof header, "Retry-After: %lld\r\n", (long long)x->retry_s);
	exchange_take_body(x);
	keep = x->body_state == BODY_READ && x->head && x->head->keep_alive;
	buf_init(&body, 16384);
	rc = dialect_error(x->dialect, x->route, status, type, message, x->request_id, &body);
	if (rc == RC_OK && recorded && record(x, status, rule, buf_slice(&body)) != RC_OK) {
		buf_free(&body);
		return exchange_unrecorded(x);
	}
	x->status = status;
	if (rc == RC_OK)
		rc = http_answer(x->conn, status, "application/json", *header ? header : NULL, buf_slice(&body), keep);
	buf_free(&body);
	return rc == RC_OK && keep ? RC_END : RC_CANCELLED;
}

enum rc exchange_refuse(struct exchange *x, int status, const char *type, const char *rule)
{
	x->outcome = rule || status < 500 ? OUTCOME_REFUSED : OUTCOME_FAILED;
	return answer(x, status, type, rule, true);
}

enum rc exchange_cut(struct exchange *x, const char *reason)
{
	x->outcome = OUTCOME_CUT;
	if (!x->why.text[0])
		why_set(&x->why, RC_END, "%s", reason);
	if (x->recorded)
		transcript_totals(&x->transcript, &x->masked, &x->tokens);
	if (x->recorded && (transcript_cut(&x->transcript, reason) != RC_OK || recording_sync(x->session->recording) != RC_OK))
		log_error("cut_not_recorded", L_TEXT("session", x->session->id), L_NUM("exchange", x->number));
	return RC_CANCELLED;
}

enum rc exchange_analyzed(struct exchange *x)
{
	enum rc rc = x->analyzer ? analyzer_result(x->analyzer) : RC_OK;

	if (rc == RC_OK)
		return RC_OK;
	if (rc == RC_END || rc == RC_CANCELLED)
		return exchange_cut(x, rc == RC_END ? "client" : "session");
	why_set(&x->why, rc, "the analyzer that looks for identifiers does not answer, and nothing passes that it has not seen; try again later");
	return x->status ? exchange_cut(x, "analyzer") : exchange_refuse(x, 503, "unavailable", NULL);
}

enum rc exchange_unrecorded(struct exchange *x)
{
	x->outcome = OUTCOME_FAILED;
	why_set(&x->why, RC_IO, "the recording cannot be written, and nothing passes that is not on record");
	log_error("recording_failed", L_TEXT("session", x->session->id), L_NUM("exchange", x->number));
	if (x->recorded)                                 /* for the time when there is room again; else there is nothing more to do */
		(void)!transcript_cut(&x->transcript, "recording");
	if (x->status)                                   /* an answer is under way already */
		return RC_CANCELLED;
	return answer(x, 503, "unavailable", NULL, false) == RC_END ? RC_END : RC_CANCELLED;
}
