/* Whose consent a held request needs: one or more needs, each so many people of its groups. One person fills one place, whatever
 * groups they are in. Pure. */
#ifndef PHIGATE_AGENT_QUORUM_H
#define PHIGATE_AGENT_QUORUM_H

#include "conf.h"

#define QUORUM_NEEDS_MAX 8
#define QUORUM_APPROVALS_MAX 9                   /* of one need */
#define QUORUM_PLACES_MAX (QUORUM_NEEDS_MAX * QUORUM_APPROVALS_MAX)

struct quorum_need {
	struct text_list groups;                 /* any of them; never empty */
	int64_t approvals;
};

struct quorum {
	struct quorum_need need[QUORUM_NEEDS_MAX];
	size_t n;
};

/* A rule's by: {groups: […], approvals: 1}, or a list of such. RC_BAD with line and column. On failure too, quorum_free(). */
enum rc quorum_read(const struct yaml *by, struct quorum *out, struct why *why) MUST_USE;
void quorum_free(struct quorum *q);
void quorum_keys(void (*each)(void *arg, const char *section, const char *key), void *arg);

/* [{"groups":["a"],"approvals":1},…]: equal quorums give equal texts. */
enum rc quorum_json(const struct quorum *q, struct buf *out);
enum rc quorum_parse(struct slice json, struct quorum *out) MUST_USE;    /* RC_BAD, RC_NOMEM; quorum_free() in any case */

int64_t quorum_places(const struct quorum *q);           /* how many people are needed */

/* Bit i: somebody of these groups may fill a place of need i. 0: they have no say. */
unsigned quorum_serves(const struct quorum *q, const struct text_list *groups);

/* The most places that n people fill, each at most one, and filled[i] (may be NULL): how many of need i. serves: of each person. */
int64_t quorum_filled(const struct quorum *q, const unsigned *serves, size_t n, int64_t filled[QUORUM_NEEDS_MAX]);

/* For people: "security or privacy-officers", each group once; and for JSON ["security","privacy-officers"]. */
enum rc quorum_names(const struct quorum *q, struct buf *out);
enum rc quorum_groups_json(const struct quorum *q, struct buf *out);

/* What is still needed: "one of privacy-officers and 2 of security or platform". filled may be NULL. */
enum rc quorum_missing(const struct quorum *q, const int64_t *filled, struct buf *out);

#endif
