/* What a caller keeps of the ledger: receipts, and that it only grows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control_private.h"
#include "encode.h"
#include "fiber.h"
#include "json.h"
#include "ledger.h"
#include "log.h"
#include "record.h"
#include "tlog_proof.h"

struct telling {
	const struct call *call;
	const char *session;
	bool closed;
	struct buf leaf, proof;
	enum rc rc;
};

/* The last part is the one whose bundle is the session's last. */
static int last_part(const struct call *call, const char *session)
{
	const char *slash;
	char *path = NULL;
	int part = 0;

	if (spool_bundle(call->agent->spool, session, 0, &path) == RC_OK && (slash = strrchr(path, '/')))
		part = atoi(slash + 1);
	free(path);
	return part;
}

static void find(void *arg)
{
	struct telling *t = arg;
	int part = t->closed ? last_part(t->call, t->session) : 1;

	t->rc = part ? ledger_tell(t->call->agent->ledger, t->session, part, t->closed ? LEAF_CLOSE : LEAF_OPEN, &t->leaf, &t->proof) : RC_NOT_FOUND;
}

void call_receipt(const struct call *call, const char *session, bool closed, struct buf *out)
{
	struct telling t = {.call = call, .session = session, .closed = closed};

	buf_init(&t.leaf, LEAF_MAX);
	buf_init(&t.proof, TLOG_PROOF_MAX);
	fiber_block(find, &t);                           /* it asks the notary, and reads files */
	if (t.rc == RC_OK) {
		buf_puts(out, ",\"receipt\":{\"leaf\":");
		json_add_string(out, buf_slice(&t.leaf));
		buf_puts(out, ",\"proof\":");
		json_add_string(out, buf_slice(&t.proof));
		buf_puts(out, ",\"vkey\":");
		json_add_str(out, ledger_facts(call->agent->ledger)->vkey);
		buf_putc(out, '}');
	} else {
		log_warn("receipt_not_given", L_TEXT("session", session), L_RC(t.rc));
	}
	buf_free(&t.leaf);
	buf_free(&t.proof);
}

/* ---- GET /v1/ledger?from=N&to=N: the tree of the one size is the beginning of that of the other ---- */

struct proving {
	struct ledger *ledger;
	uint64_t from, to;
	struct tlog_path path;
	enum rc rc;
};

static void prove(void *arg)
{
	struct proving *p = arg;

	p->rc = ledger_prove_consistency(p->ledger, p->from, p->to, &p->path);
}

static enum rc read_size(const struct call *call, const char *name, uint64_t *size, struct why *why)
{
	char text[24];
	enum rc rc = call_query(call, name, text, sizeof text, why);

	if (rc != RC_OK)
		return rc;
	if (!*text || strlen(text) > 18 || strspn(text, "0123456789") != strlen(text))
		return why_set(why, RC_BAD, "%s is a number of leaves", name);
	*size = strtoull(text, NULL, 10);
	return RC_OK;
}

int control_ledger(struct call *call, struct buf *out, struct why *why)
{
	struct proving p = {.ledger = call->agent->ledger};
	enum rc rc = read_size(call, "from", &p.from, why);

	if (rc == RC_OK)
		rc = read_size(call, "to", &p.to, why);
	if (rc != RC_OK)
		return call_failed(rc);
	fiber_block(prove, &p);
	if (p.rc != RC_OK) {
		why_set(why, RC_NOT_FOUND, "the ledger has not been that long");
		return call_failed(RC_NOT_FOUND);
	}
	buf_puts(out, "{\"consistency\":[");
	for (size_t i = 0; i < p.path.n; i++) {
		buf_puts(out, i ? ",\"" : "\"");
		base64_encode(p.path.hash[i].b, SHA256_LEN, out);
		buf_putc(out, '"');
	}
	buf_puts(out, "]}");
	return 200;
}
