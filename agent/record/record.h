/* Recording: each session's records in its spool folder, sealed in segments, and at the end a signed bundle (evidence.md).
 * Thread-safe. While the disk is full nothing of the session may pass, and what waits is tried again; any other error is final for the
 * recording (fail closed). */
#ifndef PHIGATE_AGENT_RECORD_H
#define PHIGATE_AGENT_RECORD_H

#include <stdint.h>

#include "age.h"
#include "buf.h"
#include "mask/entity.h"
#include "attest.h"

struct ledger;
struct spool;

/* Who wants to see records once they are durable. Called by whatever thread sealed them, in the order of each session; body is good for the
 * call. */
struct spool_record {
	const char *session, *kind;
	int part;
	uint64_t seq, exchange;
	int64_t wall_ns;
	struct slice body;
};
struct spool_tap {
	void (*record)(void *arg, const struct spool_record *record);            /* NULL: nobody */
	/* A part that a crash had left is a bundle now, at path. It may be that some of its records were not told. */
	void (*recovered)(void *arg, const char *path, const char *session, int part);
	void *arg;
};

struct spool_options {
	const char *state_dir;
	struct ledger *ledger;                   /* signs bundles, and tells what the recordings that a crash left were */
	const char *agent_name;
	bool strict;                             /* durability */
	uint64_t per_person_max_bytes;
	const struct age_recipients *recipients; /* who may read segments; NULL or nobody: they stay readable */
	const struct age_recipients *originals;  /* who may read what masking took away; NULL or nobody: it is not kept */
	struct attest_options attest;            /* who dates the bundles, and who watches the ledger */
	struct spool_tap tap;
};

/* Takes the lock on state_dir (RC_CONFLICT when another agent holds it), recovers what a crash left, and starts the sealer.
 * Damage beyond the tail goes to quarantine/ and is logged. */
enum rc spool_open(const struct spool_options *options, struct spool **out, struct why *why) MUST_USE;
void spool_close(struct spool *spool);           /* when all its recordings are closed; NULL is allowed */

/* What session.json and the open record say; all borrowed for the call. JSON members are complete JSON texts. */
struct recording_about {
	const char *id, *issuer, *subject, *user, *groups_json;
	const char *address, *reason, *purpose, *connection, *dialect, *dialect_json, *policy, *policy_text;
	const char *open_json;                   /* body of the open record */
	bool emergency;                          /* every record of the session gets "emergency":true in its body */
};

struct recording;
enum rc recording_open(struct spool *spool, const struct recording_about *about, struct recording **out,
		       struct why *why) MUST_USE;

/* Add one record; kind as in evidence.md ("request"); exchange 0 for none; body is one JSON object without LF, wiped by the caller.
 * Buffered until the segment seals; waits when the disk is too far behind. RC_IO once the recording has failed, RC_TOO_BIG when that
 * was limits.spool_per_person.
 * An exchange begins with its request record; its end is on record with its cut, or with a response whose body ends in
 * ,"end":true} as transcript.h writes it. Those that have no end when the agent is killed get a cut record at its restart. */
enum rc recording_add(struct recording *r, const char *kind, uint64_t exchange, struct slice body) MUST_USE;

/* Are originals kept? The same for the recording's whole life. */
bool recording_keeps_originals(const struct recording *r);

/* As recording_add(), with what the record was before it was masked: one JSON object like body, wiped by the caller. It is kept encrypted for
 * spool_options' originals and for nobody else, and body gets its hash as "original". Empty, or where originals are not kept: there is none. */
enum rc recording_add_original(struct recording *r, const char *kind, uint64_t exchange, struct slice body, struct slice original) MUST_USE;

/* strict: return when all that was added before is durable; exchanges that wait together share a seal. batched: return at once,
 * RC_IO when the recording has failed (disk full included). */
enum rc recording_sync(struct recording *r) MUST_USE;

/* May more of an answer pass? RC_IO while the disk is full, and once the recording has failed. Does not wait for the disk. */
enum rc recording_check(struct recording *r) MUST_USE;

void recording_count_masked(struct recording *r, const struct mask_counts *counts);
enum recording_event { RECORDING_HELD, RECORDING_APPROVED, RECORDING_DENIED };
void recording_count(struct recording *r, enum recording_event event);

/* Go on in another part of the bundle, which says what about says: the policy has changed. All added before is in the part that
 * ends (`end: rotated`). A part that grows too large or too old ends so by itself. */
enum rc recording_rotate(struct recording *r, const struct recording_about *about) MUST_USE;

/* The number of the part that is recorded now. */
int recording_part(struct recording *r);

/* Add the close record, seal, write and sign the bundle, take the spool folder away; r is freed also on failure (the folder then
 * stays for recovery). end: session.json's word ("client", "idle", …). */
enum rc recording_close(struct recording *r, const char *end) MUST_USE;

/* Call sealed for each bundle that is sealed from now on, on any thread; NULL: nobody is told any more. */
void spool_on_sealed(struct spool *spool, void (*sealed)(void *arg, const char *session, int part), void *arg);

/* Path of a sealed bundle; part 0 is the last one. RC_CONFLICT while that part is open, RC_NOT_FOUND. Caller frees. */
enum rc spool_bundle(struct spool *spool, const char *id, int part, char **path) MUST_USE;

struct ledger *spool_ledger(const struct spool *spool);
const char *spool_program(const struct spool *spool);    /* SHA-256 of the agent's program, hex */

void spool_metrics(struct spool *spool);         /* sets those that are looked at */

/* Tries to write, for health: RC_OK, or RC_IO with the reason. */
enum rc spool_health(struct spool *spool, struct why *why);

#endif
