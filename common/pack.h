/* An evidence pack: what an agent can show of a period, as one tar that is signed like a bundle (evidence.md). It names sessions, approvals,
 * emergency accesses, reviews, changes and the ledger's leaves of the period, and how each bundle of it verified. No text of a request or an
 * answer. A pack is hostile input, as a bundle is.
 *
 * The agent makes the first files from its store and its ledger; the auditor's program makes the rest from the bundles that it fetched. The
 * agent signs SHA256SUMS over both after it has put its own sums in itself: for its files the signature says that they are what it wrote, for
 * the others who handed them in, and when. pack.json says the same in words. */
#ifndef PHIGATE_PACK_H
#define PHIGATE_PACK_H

#include <cjson/cJSON.h>

#include "bundle.h"
#include "digest.h"
#include "member.h"

#define PACK_NAMESPACE "phigate-evidence-v1"
#define PACK_LINE_MAX ((size_t)2 << 20)
#define PACK_ABOUT_MAX ((size_t)1 << 20)

enum pack_file {
	PACK_ABOUT,                              /* pack.json: which agent, which period, for whom, what the signature says */
	PACK_SESSIONS,                           /* each session that was opened in the period, or open */
	PACK_APPROVALS,                          /* each hold that was made or decided, with its decisions */
	PACK_EMERGENCIES,                        /* those of the sessions that were emergency access */
	PACK_REVIEWS,                            /* signed records of reviews */
	PACK_CHANGES,                            /* starts, stops, configurations and policies, revocations; who listed and fetched what */
	PACK_LEDGER,                             /* ledger.json: which leaves, what stood before them, how they lead to the checkpoint */
	PACK_CHECKPOINT,                         /* the signed note */
	PACK_LEAVES,                             /* every leaf of the period */
	PACK_RESULTS,                            /* the auditor's: how each bundle verified */
	PACK_BUNDLES,                            /* their digests, as sha256sum writes them */
	PACK_INDEX, PACK_PAGE,                   /* for people: Markdown, HTML */
	PACK_SUMS, PACK_SIG,
	PACK_FILES,
};
#define PACK_AGENTS PACK_RESULTS                 /* files that the agent makes */
#define PACK_SUMMED PACK_SUMS                    /* files that SHA256SUMS covers */

const char *pack_name(enum pack_file file);

/* Append SHA256SUMS over the files with these sums: sorted by name. */
enum rc pack_sums(unsigned char sums[PACK_SUMMED][SHA256_LEN], struct buf *out);

struct pack;

/* The table of members. whole: with all files; else the agent's alone, as it sends them. RC_BAD: why says "archive: …" or "members: …";
 * RC_NOT_FOUND, RC_DENIED, RC_IO: the file cannot be opened or read. */
enum rc pack_open(const char *path, bool whole, struct pack **out, struct why *why) MUST_USE;
void pack_free(struct pack *p);                  /* NULL is allowed */

/* Does the file begin as a pack does? A question, not a check. */
bool pack_looks_like(const char *path);

const cJSON *pack_about(const struct pack *p);           /* pack.json; owned by the pack */
const char *pack_signer(const struct pack *p);           /* after pack_verify(): "SHA256:…"; "" */
struct extent pack_extent(const struct pack *p, enum pack_file file);
int pack_fd(const struct pack *p);
void pack_sum(const struct pack *p, enum pack_file file, unsigned char out[SHA256_LEN]);        /* of what was read when it was opened */

/* Each line of a .jsonl file, as an object. on_row answers RC_OK to go on; what else it answers is returned. RC_BAD: a line is no object, or
 * too long; RC_IO, RC_NOMEM. */
typedef enum rc pack_on_row(void *arg, const cJSON *row, struct why *why);
enum rc pack_rows(const struct pack *p, enum pack_file file, pack_on_row *on_row, void *arg, struct why *why) MUST_USE;

/* What was counted on the way. */
struct pack_figures {
	uint64_t sessions, open, people, emergencies, emergencies_unreviewed, sessions_reviewed;
	uint64_t holds, approvals, denials;              /* decisions, as the ledger has them */
	uint64_t reviews, policies, configurations, starts, stops, revocations, listed, fetched;
	uint64_t leaves, ledger_size;
	uint64_t bundles, verified, failed, missing;     /* of results.jsonl */
};

/* The checks, each told to on_check (may be NULL): "archive", "members", "signature", "sums" (of a whole pack), "ledger" (the leaves lead to
 * the signed checkpoint, none is left out), "lists" (the lists tell what the ledger tells, and nothing that it would have to tell is missing),
 * "reviews" (each is signed), "bundles" (every bundle that the lists tell of was looked at; a failed one is told, and fails nothing here; each
 * that is inside is the file that was looked at and the one that the leaves name, and what its proof leads to is a state of the same ledger, as
 * far as the leaves and the checkpoint reach).
 * Memory: 36 to 72 bytes for each session, decision, review and bundle, and 120 more for a bundle inside. Answers as bundle_verify(). figures may be NULL. */
enum rc pack_verify(struct pack *p, const struct bundle_trust *trust, struct pack_figures *figures, bundle_on_check *on_check, void *arg,
		    struct why *why) MUST_USE;

#endif
