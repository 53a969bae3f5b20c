/* What the files behind record.h share: index.c, segment.c, batch.c, part.c, recording.c, spool.c, recover.c, bundle_write.c.
 *
 *   STATE_DIR/spool/ID.PART/       one part of a session that is not sealed yet: about.json (what session.json says from the start),
 *                                  policy.yaml, state.json (counts, exchanges that run), index.jsonl and the segments
 *   STATE_DIR/spool/.ID.PART/      one that is being made; nobody was told of it, so a restart removes it
 *   STATE_DIR/bundles/ID/PART.tar  sealed
 *   STATE_DIR/quarantine/          parts that are damaged
 *
 * A part's folder says all that its bundle needs, so that the end of a session and the restart after a crash make it alike. */
#ifndef PHIGATE_AGENT_RECORD_PRIVATE_H
#define PHIGATE_AGENT_RECORD_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "bundle_line.h"
#include "digest.h"
#include "record.h"

#define RECORD_ID_MAX 64
#define SEAL_BYTES ((size_t)256 << 10)
#define SEAL_AFTER_NS (800 * NS_PER_MS)          /* the sync must be done within 1 s */
#define BEHIND_MAX_BYTES ((size_t)1 << 20)       /* more than that does not wait in memory: who adds waits */
#define HEAD_RECORDS 64                          /* the ledger is told of so many new records, */
#define HEAD_APART_NS NS_PER_S                   /* but not sooner than this after the last time, */
#define HEAD_AFTER_NS (30 * NS_PER_S)            /* or of any after so long */
#define RECORD_MAX_BYTES ((size_t)80 << 20)
#define SEGMENT_NUMBER_MAX 999999

/* ---- index.c: index.jsonl, whose lines common/bundle_line.h reads ----------------------------------------------------- */

struct record {
	int64_t wall_ns, mono_ns;                /* mono: since recording_open(); a restart goes on from the last one known */
	uint64_t exchange, off, len;             /* off, len: bytes in the plaintext of its segment */
	enum bundle_kind kind;
	unsigned char c[SHA256_LEN];
};

/* Where a chain stands. All zero is its beginning. */
struct index_chain {
	uint64_t seq;                            /* of the next line */
	unsigned char head[SHA256_LEN];          /* of the last line */
	int64_t second;                          /* that second_text tells; 0: none */
	char second_text[20];
};
enum rc index_put(struct index_chain *chain, const struct record *record, uint32_t segment, const char f[SHA256_HEX],
		  struct buf *out) MUST_USE;

/* Reads an index from its beginning and checks form and chain. */
struct index_reader {
	int fd;
	struct buf in;
	size_t at;
	struct index_chain chain;
	uint64_t whole_bytes;                    /* of the lines so far */
};
void index_reader_init(struct index_reader *r, int fd);
/* RC_END after the last line; RC_AGAIN: bytes without LF are left; RC_BAD: not the next line of this chain; RC_IO. */
enum rc index_next(struct index_reader *r, struct bundle_line *out) MUST_USE;
void index_reader_free(struct index_reader *r);

/* ---- segment.c: segments as stored, all of a part sealed for its recipients, or none; originals always sealed ---------- */

#define SEGMENT_NAME 32
const char *segment_name(uint32_t number, bool sealed, char out[SEGMENT_NAME]);
bool segment_parse_name(const char *name, bool sealed, uint32_t *number);        /* of a segment that is whole */
uint64_t segment_text_bytes(uint64_t stored_bytes, const struct age_recipients *to);     /* plaintext in a file of that size */

bool disk_full(void);                            /* does errno say so? */

/* Temporary name, write, fsync, rename, fsync of the folder; f gets the hash of the file as stored. Nobody in to: stored as it is.
 * RC_AGAIN: the disk is full, and nothing has changed; RC_IO. */
enum rc segment_write(int dir_fd, uint32_t number, struct slice text, const struct age_recipients *to, char f[SHA256_HEX]) MUST_USE;

/* The originals of the segment of that number, which is to follow; as segment_write(), but that nobody in to is a fault. */
const char *original_name(uint32_t number, char out[SEGMENT_NAME]);
bool original_parse_name(const char *name, uint32_t *number);
enum rc original_write(int dir_fd, uint32_t number, struct slice text, const struct age_recipients *to) MUST_USE;
enum rc segment_hash(int dir_fd, const char *name, char f[SHA256_HEX]) MUST_USE;          /* RC_NOT_FOUND, RC_BAD: a link, RC_IO */

/* ---- batch.c: records on their way into a segment ---------------------------------------------------------------------- */

#define SALT_TEXT 24                             /* base64 of 16 bytes */

/* Records that become one segment. */
struct batch {
	struct buf text;                         /* the segment's plaintext */
	struct buf records;                      /* struct record, one after the other */
	struct buf originals;                    /* the plaintext of the originals' file: lines of those records that have one, in their order */
};
void batch_init(struct batch *b);
void batch_free(struct batch *b);
void batch_clear(struct batch *b);               /* wipes; gives back what a burst had needed */
void batch_empty(struct buf *b);                 /* the same for one buffer */

/* One record as it stands in a segment, made before any lock is taken. */
struct record_line {
	char begin[96];                          /* {"salt":"…","k":"…","body":, in an emergency with the mark, {"emergency":true, */
	size_t begin_n;
	struct slice body;                       /* without its last brace */
	char end[96];                            /* }}, where there is an original with its hash before: ,"original":"…" */
	size_t end_n;
	char original_begin[96];                 /* the original's own line up to its body, with a salt of its own */
	size_t original_begin_n;
	struct slice original;                   /* its body; empty: there is none */
	struct record record;                    /* kind, exchange, len, c */
};
#define NO_ORIGINAL ((struct slice){NULL, 0})
void record_line_make(enum bundle_kind kind, uint64_t exchange, struct slice body, struct slice original, bool emergency,
		      struct record_line *out);
size_t record_line_bytes(const struct record_line *line);        /* with its original */
enum rc batch_join(struct batch *first, struct batch *then) MUST_USE;    /* then's records go behind first's, and then is empty */
enum rc batch_add(struct batch *b, const struct record_line *line, int64_t wall_ns, int64_t mono_ns) MUST_USE;

/* ---- part.c: the folder of one part ----------------------------------------------------------------------------------- */

/* What state.json keeps: it is as old as the last seal, or older after a power failure, then seq tells. */
struct part_counts {
	uint64_t held, approved, denied;
	uint64_t masked[ENTITY_COUNT];
};
struct part_state {
	uint64_t seq;                            /* records that it covers */
	struct part_counts counts;
	uint64_t *running;                       /* exchanges whose end is not on record */
	size_t n_running;
	char end[16];                            /* why the part ended; "" before */
};
enum rc part_state_read(int dir_fd, struct part_state *out) MUST_USE;    /* RC_NOT_FOUND, RC_BAD: none that is whole */
void part_state_free(struct part_state *s);
enum rc part_state_runs(struct part_state *s, uint64_t exchange) MUST_USE;       /* put among the running; fine when it is there */
void part_state_ended(struct part_state *s, uint64_t exchange);

struct part {
	char id[RECORD_ID_MAX + 1];
	bool emergency;                          /* its records say so, each */
	int number;
	int dir_fd, index_fd, state_fd;
	uint32_t segment;                        /* the last one's number */
	uint64_t bytes;                          /* of plaintext */
	int64_t opened_mono_ns;
	struct index_chain chain;
	size_t state_n;                          /* length of the text in state.json */
	struct age_recipients recipients;        /* of its segments; they stay the same to its end */
	struct age_recipients originals;         /* of what was there before masking; nobody: that is not kept */
	struct buf lines;                        /* scratch */
	struct spool_tap tap;                    /* who sees its records */
};

/* What each part of a session says anew; owned. */
struct part_about {
	char id[RECORD_ID_MAX + 1];
	bool emergency;
	struct age_recipients recipients, originals;
	struct buf json;                         /* members of session.json that are known at the start */
	struct buf policy;
	struct buf open_json;
};

/* Make the folder, with the open record durable in it. */
enum rc part_new(struct spool *spool, const struct part_about *about, int number, const struct part_state *state, int64_t wall_ns,
		 int64_t mono_ns, struct part **out, struct why *why) MUST_USE;

/* One that is there, to go on behind the chain and the last segment; what the index holds behind its first bytes is cut off. */
enum rc part_resume(int spool_fd, const char *id, int number, const struct index_chain *chain, uint64_t bytes, uint32_t segment,
		    bool emergency, const struct age_recipients *to, struct part **out) MUST_USE;
void part_free(struct part *p);                  /* NULL is allowed */

/* The batch becomes a segment and its lines go into the index, both durable on return; then the state into its file, for which
 * seq is set here. An empty batch is fine. RC_AGAIN: the disk is full, and nothing has changed; RC_IO. */
enum rc part_append(struct part *p, const struct batch *b, struct part_state *state) MUST_USE;

/* Note durably why the part ends, add a close record to the batch and append it. */
enum rc part_end(struct part *p, struct batch *b, struct part_state *state, const char *end, int64_t wall_ns,
		 int64_t mono_ns) MUST_USE;

#define PART_NAME (RECORD_ID_MAX + 16)
bool part_id_valid(const char *id);              /* letters, digits and '-': the name of a folder */
const char *part_name(const char *id, int number, char out[PART_NAME]);
bool part_parse_name(const char *name, char id[RECORD_ID_MAX + 1], int *number);

/* ---- bundle_write.c --------------------------------------------------------------------------------------------------- */

/* An ended part becomes STATE_DIR/bundles/ID/PART.tar. Its folder stays. RC_BAD: it is damaged. RC_CONFLICT: the part before is
 * not sealed yet. RC_IO. */
enum rc bundle_write(struct spool *spool, const char *id, int number, struct why *why) MUST_USE;

/* ---- recover.c -------------------------------------------------------------------------------------------------------- */

/* All that is in the spool ends as bundles, or in quarantine. */
enum rc recover_all(struct spool *spool, struct why *why) MUST_USE;

/* ---- spool.c ---------------------------------------------------------------------------------------------------------- */

/* What one person's unsealed recordings take. */
struct spool_person {
	struct spool_person *next;
	char *issuer, *subject;
	int refs;
	_Atomic uint64_t bytes;
};

#define N_SEALERS 4

struct spool {
	char *dir, *bundles_dir, *quarantine_dir;
	char *agent_name;
	int lock_fd, dir_fd;
	bool strict;
	uint64_t per_person_max_bytes;
	struct spool_tap tap;
	struct ledger *ledger;
	struct age_recipients recipients;
	struct age_recipients originals;         /* of what is there before masking; nobody: it is not kept */
	struct attest *attest;                   /* NULL: none */
	char program_sha256[SHA256_HEX];
	uint64_t part_max_bytes;
	int64_t part_max_ns;
	uint32_t part_max_segments;
	int64_t (*wall_ns)(void);
	int64_t (*mono_ns)(void);
	void (*sealed)(void *arg, const char *session, int part);        /* the lock's, with its argument */
	void *sealed_arg;

	pthread_mutex_t lock;                    /* of all below, and of the members in struct recording that say so */
	pthread_cond_t due, idle;
	struct spool_person *people;
	struct recording *queue;                 /* those that have something to seal, the first due first */
	pthread_t sealers[N_SEALERS];
	int n_sealers;
	bool stop;
};

struct spool_person *spool_person_get(struct spool *spool, const char *issuer, const char *subject);   /* NULL: no memory */
void spool_person_put(struct spool *spool, struct spool_person *person);

void spool_want_seal(struct spool *spool, struct recording *r, int64_t due_ns);
void spool_forget(struct spool *spool, struct recording *r);     /* out of the queue, and out of a sealer's hands */

void spool_tell_sealed(struct spool *spool, const char *session, int part);

/* The folder goes, with all that is in it. Failures are logged: what is left is removed by the next restart. */
void spool_remove(struct spool *spool, const char *name);

/* ---- recording.c ------------------------------------------------------------------------------------------------------ */

struct recording {
	struct spool *spool;
	struct spool_person *person;
	struct part_about about;

	pthread_mutex_t lock;                    /* taken before the spool's; of all below */
	pthread_cond_t changed;
	struct batch waiting, spare;
	bool sealing;                            /* somebody writes; part is theirs, and so is spare */
	_Atomic enum rc failed;                  /* final; written with the lock held, like full, and read without */
	atomic_bool full;                        /* the disk was, at the last try; what waits is tried again */
	uint64_t added, sealed;                  /* records since recording_open() */
	uint64_t charged;                        /* bytes that the person's account has for this part */
	int64_t first_ns;                        /* when the oldest waiting record came */
	int64_t opened_mono_ns;                  /* the monotonic clock at the beginning */
	int64_t wall_seen_ns, mono_seen_ns;      /* the clocks when they were last looked at */
	struct part *part;
	struct part_state state;
	uint64_t head_seq;                       /* records of the part that the ledger has been told of */
	int64_t head_ns;                         /* and when */

	pthread_t finisher;                      /* writes the bundle of the part before */
	bool finishes;
	int former;
	uint64_t former_charged;
	bool closing;

	/* the spool's lock */
	struct recording *next;
	bool queued;
	int hands;
	int64_t due_ns;
};

/* Seal when it is due; what is returned is when to look again, 0: when spool_want_seal() says so. */
int64_t recording_seal_due(struct recording *r);

#endif
