/* The bundles that are in a pack: each is the file that was looked at, the one that the pack's leaves name, and what its own proof leads to is
 * a state of the very ledger that the pack's checkpoint was signed for. */
#include <stdlib.h>

#include "encode.h"
#include "pack_verify_private.h"
#include "tarfile.h"
#include "tlog_proof.h"

#define FRONT_MEMBERS 4                          /* sums, signature, time stamp, proof: a bundle begins with them */

/* The member of that name among the first of a bundle; false: there is none, or larger than honest ones are. */
static bool find_front(const struct verification *v, const struct pack_inside *one, const char *name, uint64_t max, struct extent *out)
{
	uint64_t at = one->where.off, end = one->where.off + one->where.size;
	unsigned char block[TAR_BLOCK];
	struct tar_member m;

	for (int i = 0; i < FRONT_MEMBERS && end - at >= TAR_BLOCK; i++) {
		if (tarfile_read(v->p->fd, block, sizeof block, at) != RC_OK || tar_parse(block, &m, NULL) != RC_OK || m.size > end - at - TAR_BLOCK)
			return false;
		*out = (struct extent){at + TAR_BLOCK, m.size};
		if (strcmp(m.name, name) == 0)
			return m.size <= max;
		at += TAR_BLOCK + (m.size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
		if (at > end)
			return false;
	}
	return false;
}

/* ---- states of the ledger --------------------------------------------------------------------------------------------------- */

static enum rc read_state(struct verification *v, const char *named, const struct pack_inside *one, struct buf *text)
{
	struct tlog_checkpoint checkpoint;
	struct tlog_proof proof;
	struct extent where;
	struct why why = {0};
	char *room;
	enum rc rc;

	if (!find_front(v, one, "session.tlog-proof", TLOG_PROOF_MAX, &where))
		return RC_OK;                            /* as it was when the results were written, which say what that means */
	buf_clear(text);
	room = buf_room(text, (size_t)where.size + 1);
	rc = room ? tarfile_read(v->p->fd, room, (size_t)where.size, where.off) : RC_NOMEM;
	if (rc != RC_OK)
		return rc == RC_NOMEM ? rc : RC_IO;
	buf_added(text, (size_t)where.size);
	rc = tlog_proof_parse(buf_slice(text), &proof, &why);
	if (rc == RC_OK)
		rc = pack_open_note(v, named, proof.checkpoint, &checkpoint, &why);
	if (rc == RC_OK)
		v->states[v->n_states++] = (struct pack_state){checkpoint.size, checkpoint.root, one};
	else
		FAIL(v, CHECK_BUNDLES, "the proof of session %s, part %s: %s", one->session, one->part, why.text);
	return RC_OK;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = ((const struct pack_state *)a)->size, y = ((const struct pack_state *)b)->size;

	return (x > y) - (x < y);
}

enum rc pack_inside_begin(struct verification *v, const char *named)
{
	struct buf text;
	enum rc rc = RC_OK;

	if (!v->p->n_inside)
		return RC_OK;
	v->states = calloc(v->p->n_inside, sizeof *v->states);
	if (!v->states)
		return RC_NOMEM;
	buf_init(&text, TLOG_PROOF_MAX + 1);
	for (size_t i = 0; i < v->p->n_inside && rc == RC_OK; i++)
		rc = read_state(v, named, &v->p->inside[i], &text);
	buf_free(&text);
	qsort(v->states, v->n_states, sizeof *v->states, by_size);
	return rc;
}

void pack_inside_compare(struct verification *v, uint64_t size, const struct tlog_hash *root)
{
	for (; v->next_state < v->n_states && v->states[v->next_state].size <= size; v->next_state++) {
		const struct pack_state *state = &v->states[v->next_state];

		if (state->size < size)                  /* from before the leaves, or between them and the checkpoint: nothing here tells of it */
			continue;
		v->compared++;
		if (!tlog_same(&state->root, root))
			FAIL(v, CHECK_BUNDLES, "session %s, part %s, leads to another ledger than the pack's: with %llu leaves they are not the same",
			     state->of->session, state->of->part, (unsigned long long)size);
	}
}

/* ---- files ------------------------------------------------------------------------------------------------------------------ */

static enum rc sum_of(const struct verification *v, struct extent where, char hex[SHA256_HEX])
{
	unsigned char sum[SHA256_LEN] = {0};
	struct member_reader r;
	enum rc rc = member_open(&r, v->p->fd, where);

	if (rc == RC_OK)
		rc = member_sum(&r, sum);
	hex_encode(sum, sizeof sum, hex);
	return rc;
}

enum rc pack_inside_check(struct verification *v)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; i < v->p->n_inside && rc == RC_OK; i++) {
		const struct pack_inside *one = &v->p->inside[i];
		char hex[SHA256_HEX];
		struct extent where;

		rc = sum_of(v, one->where, hex);
		if (rc == RC_OK && !pack_told(v, "file", one->session, one->part, hex))
			FAIL(v, CHECK_BUNDLES, "session %s, part %s: the bundle in the pack is not the one that was looked at", one->session, one->part);
		if (rc != RC_OK || !pack_told(v, "part", one->session, one->part, "") || !find_front(v, one, "SHA256SUMS", UINT64_MAX, &where))
			continue;
		rc = sum_of(v, where, hex);
		if (rc == RC_OK && !pack_told(v, "sums", one->session, one->part, hex))
			FAIL(v, CHECK_BUNDLES, "session %s, part %s: the bundle in the pack is not the one that the ledger knows", one->session, one->part);
	}
	return rc;
}
