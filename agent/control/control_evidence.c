/* Control calls about evidence packs: what the agent knows of a period, and its signature over what became of it. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "control_private.h"
#include "clock.h"
#include "encode.h"
#include "fiber.h"
#include "json.h"
#include "log.h"
#include "role.h"

static struct pack_place place_of(const struct call *call)
{
	return (struct pack_place){
		.agent_name = call->agent->config->name, .state_dir = call->agent->config->state_dir, .store = call->agent->store,
		.ledger = call->agent->ledger,
	};
}

/* A pack is whole, so it is for those who may see all that is in it. */
static enum rc check_auditor(const struct call *call, struct why *why)
{
	const struct person *person = &call->token->person;

	if (!role_has_any(call->snapshot->config, person, ROLE_AUDITOR))
		return why_set(why, RC_DENIED, "only an auditor gathers evidence (roles.auditor)");
	if (!role_has_all(call->snapshot->config, person, ROLE_AUDITOR))
		return why_set(why, RC_DENIED, "evidence is of all connections, and some have other auditors (connections.NAME.roles)");
	return RC_OK;
}

struct making {
	struct pack_place place;
	const struct call *call;
	int64_t from_ns, to_ns, size;
	int fd;
	struct why *why;
	enum rc rc;
};

static void make(void *arg)
{
	struct making *m = arg;

	m->rc = pack_make(&m->place, &m->call->token->person, m->from_ns, m->to_ns, m->call->pack, &m->fd, &m->size, m->why);
}

/* from, to: times, or how long ago; to: now when it is missing */
static enum rc read_period(const struct call *call, struct making *m, struct why *why)
{
	char from[64], to[64];
	enum rc rc = call_query(call, "from", from, sizeof from, why);

	if (rc == RC_OK)
		rc = call_query(call, "to", to, sizeof to, why);
	if (rc == RC_OK && !*from)
		rc = why_set(why, RC_BAD, "from is missing: when does the period begin?");
	if (rc == RC_OK)
		rc = call_time("from", from, &m->from_ns, why);
	if (rc == RC_OK)
		rc = call_time("to", to, &m->to_ns, why);
	if (rc == RC_OK && !*to)
		m->to_ns = INT64_MAX;
	return rc;
}

int control_evidence(struct call *call, struct buf *out, struct why *why)
{
	struct making m = {.place = place_of(call), .call = call, .fd = -1, .why = why};
	enum rc rc = check_auditor(call, why);

	(void)out;
	if (rc == RC_OK)
		rc = read_period(call, &m, why);
	if (rc == RC_OK) {
		fiber_block(make, &m);                   /* it reads the ledger, and waits for the store */
		rc = m.rc;
	}
	if (rc == RC_OK)
		rc = call_tell_listed(call, why);
	if (rc == RC_OK) {
		log_info("evidence_gathered", L_TEXT("by", call->token->person.user), L_NUM("bytes", m.size));
		call_send_tar(call, m.fd, m.size);
	} else {
		call->pack->made = false;
	}
	if (m.fd >= 0)
		close(m.fd);
	return rc == RC_OK ? 200 : call_failed(rc);
}

struct sealing {
	struct pack_place place;
	const struct call *call;
	unsigned char theirs[PACK_SUMMED - PACK_AGENTS][SHA256_LEN];
	struct buf sums, signature;
	struct why *why;
	enum rc rc;
};

static void seal(void *arg)
{
	struct sealing *s = arg;

	s->rc = pack_seal(&s->place, &s->call->token->person, s->call->pack, s->theirs, &s->sums, &s->signature, s->why);
}

/* {"sums": {FILE: SHA-256 in hex}} of the files that the auditor's program has made */
static enum rc read_sums(const struct call *call, struct sealing *s, struct why *why)
{
	const cJSON *sums = json_object(call->body, "sums");

	for (int i = PACK_AGENTS; i < PACK_SUMMED; i++) {
		const char *name = pack_name((enum pack_file)i), *hex = json_text(sums, name);

		if (!hex || hex_decode(slice_str(hex), s->theirs[i - PACK_AGENTS], SHA256_LEN) != RC_OK)
			return why_set(why, RC_BAD, "sums lacks the SHA-256 of %s", name);
	}
	return RC_OK;
}

int control_evidence_seal(struct call *call, struct buf *out, struct why *why)
{
	struct sealing s = {.place = place_of(call), .call = call, .why = why};
	enum rc rc = check_auditor(call, why);

	buf_init(&s.sums, 16384);
	buf_init(&s.signature, 4096);
	if (rc == RC_OK)
		rc = read_sums(call, &s, why);
	if (rc == RC_OK) {
		fiber_block(seal, &s);                   /* it waits for the disk */
		rc = s.rc;
	}
	if (rc == RC_OK) {
		log_info("evidence_sealed", L_TEXT("by", call->token->person.user));
		buf_puts(out, "{\"sums\":");
		json_add_string(out, buf_slice(&s.sums));
		buf_puts(out, ",\"signature\":");
		json_add_string(out, buf_slice(&s.signature));
		buf_putc(out, '}');
	}
	buf_free(&s.sums);
	buf_free(&s.signature);
	return rc == RC_OK ? 200 : call_failed(rc);
}
