#include "tlog.h"

#include <string.h>

/* ---- hashes ----------------------------------------------------------------------------------------------------------- */

static void hash(unsigned char prefix, struct slice a, struct slice b, struct tlog_hash *out)
{
	unsigned char text[1 + 2 * SHA256_LEN];
	struct sha256_ctx ctx;

	if (a.n + b.n < sizeof text) {
		text[0] = prefix;
		memcpy(text + 1, a.p, a.n);
		memcpy(text + 1 + a.n, b.p, b.n);
		sha256(text, 1 + a.n + b.n, out->b);
		return;
	}
	sha256_begin(&ctx);
	sha256_more(&ctx, &prefix, 1);
	sha256_more(&ctx, a.p, a.n);
	sha256_more(&ctx, b.p, b.n);
	sha256_end(&ctx, out->b);
}

void tlog_leaf(struct slice data, struct tlog_hash *out)
{
	hash(0, data, SLICE(""), out);
}

void tlog_node(const struct tlog_hash *left, const struct tlog_hash *right, struct tlog_hash *out)
{
	hash(1, (struct slice){(const char *)left->b, SHA256_LEN}, (struct slice){(const char *)right->b, SHA256_LEN}, out);
}

bool tlog_same(const struct tlog_hash *a, const struct tlog_hash *b)
{
	return memcmp(a->b, b->b, SHA256_LEN) == 0;
}

/* ---- the right edge --------------------------------------------------------------------------------------------------- */

void tlog_edge_add(struct tlog_edge *edge, unsigned level, const struct tlog_hash *root)
{
	struct tlog_hash up = *root;
	unsigned i = level;

	for (; edge->size >> i & 1; i++)
		tlog_node(&edge->node[i], &up, &up);
	edge->node[i] = up;
	edge->size += (uint64_t)1 << level;
}

void tlog_edge_root(const struct tlog_edge *edge, struct tlog_hash *root)
{
	bool any = false;

	sha256("", 0, root->b);
	for (unsigned i = 0; i < 63; i++) {
		if (!(edge->size >> i & 1))
			continue;
		if (any)
			tlog_node(&edge->node[i], root, root);
		else
			*root = edge->node[i];
		any = true;
	}
}

/* ---- proofs, made ----------------------------------------------------------------------------------------------------- */

struct prover {
	tlog_read *read;
	void *arg;
	struct tlog_path *out;
};

/* The largest power of two below n, which is 2 at least. */
static unsigned split(uint64_t n)
{
	return 63 - (unsigned)__builtin_clzll(n - 1);
}

/* The root over the leaves from low up to high, as they stand together in a tree. */
static enum rc range(const struct prover *p, uint64_t low, uint64_t high, struct tlog_hash *out)
{
	uint64_t n = high - low;
	struct tlog_hash right;
	unsigned k;
	enum rc rc;

	if ((n & (n - 1)) == 0) {
		k = (unsigned)__builtin_ctzll(n);
		return p->read(p->arg, k, low >> k, out);
	}
	k = split(n);
	rc = range(p, low, low + ((uint64_t)1 << k), out);
	if (rc == RC_OK)
		rc = range(p, low + ((uint64_t)1 << k), high, &right);
	if (rc == RC_OK)
		tlog_node(out, &right, out);
	return rc;
}

static enum rc put(const struct prover *p, uint64_t low, uint64_t high)
{
	return p->out->n < TLOG_PATH_MAX ? range(p, low, high, &p->out->hash[p->out->n++]) : RC_TOO_BIG;
}

/* PATH(m, D[n]) of RFC 6962, 2.1.1 */
static enum rc include(const struct prover *p, uint64_t index, uint64_t low, uint64_t high)
{
	uint64_t middle;
	enum rc rc;

	if (high - low == 1)
		return RC_OK;
	middle = low + ((uint64_t)1 << split(high - low));
	if (index < middle) {
		rc = include(p, index, low, middle);
		return rc == RC_OK ? put(p, middle, high) : rc;
	}
	rc = include(p, index, middle, high);
	return rc == RC_OK ? put(p, low, middle) : rc;
}

/* SUBPROOF(m, D[n], b) of RFC 6962, 2.1.2; known: who asks has the root of what is left of from */
static enum rc extend(const struct prover *p, uint64_t from, uint64_t low, uint64_t high, bool known)
{
	uint64_t middle;
	enum rc rc;

	if (from == high)
		return known ? RC_OK : put(p, low, high);
	middle = low + ((uint64_t)1 << split(high - low));
	if (from <= middle) {
		rc = extend(p, from, low, middle, known);
		return rc == RC_OK ? put(p, middle, high) : rc;
	}
	rc = extend(p, from, middle, high, false);
	return rc == RC_OK ? put(p, low, middle) : rc;
}

enum rc tlog_prove_inclusion(tlog_read *read, void *arg, uint64_t index, uint64_t size, struct tlog_path *out)
{
	out->n = 0;
	return size <= TLOG_SIZE_MAX && index < size ? include(&(struct prover){read, arg, out}, index, 0, size) : RC_BAD;
}

enum rc tlog_prove_consistency(tlog_read *read, void *arg, uint64_t from, uint64_t to, struct tlog_path *out)
{
	out->n = 0;
	if (to > TLOG_SIZE_MAX || from > to)
		return RC_BAD;
	return from ? extend(&(struct prover){read, arg, out}, from, 0, to, true) : RC_OK;
}

enum rc tlog_root(tlog_read *read, void *arg, uint64_t size, struct tlog_hash *out)
{
	sha256("", 0, out->b);
	return size ? range(&(struct prover){read, arg, NULL}, 0, size, out) : RC_OK;
}

/* ---- proofs, checked -------------------------------------------------------------------------------------------------- */

bool tlog_check_inclusion(const struct tlog_hash *leaf, uint64_t index, uint64_t size, const struct tlog_hash *root,
			  const struct tlog_path *path)
{
	uint64_t node = index, last = size - 1;
	struct tlog_hash up = *leaf;

	if (index >= size || size > TLOG_SIZE_MAX)
		return false;
	for (size_t i = 0; i < path->n; i++) {
		if (!last)
			return false;
		if (node & 1 || node == last) {
			tlog_node(&path->hash[i], &up, &up);
			for (; node && !(node & 1); node >>= 1)
				last >>= 1;
		} else {
			tlog_node(&up, &path->hash[i], &up);
		}
		node >>= 1;
		last >>= 1;
	}
	return !last && tlog_same(&up, root);
}

/* Both roots again, from the proof's hashes behind the first. */
static bool climb(uint64_t node, uint64_t last, struct tlog_hash *old, struct tlog_hash *new, const struct tlog_path *path, size_t i)
{
	for (; node & 1; node >>= 1)
		last >>= 1;
	for (; i < path->n; i++) {
		if (!last)
			return false;
		if (node & 1 || node == last) {
			tlog_node(&path->hash[i], old, old);
			tlog_node(&path->hash[i], new, new);
			for (; node && !(node & 1); node >>= 1)
				last >>= 1;
		} else {
			tlog_node(new, &path->hash[i], new);
		}
		node >>= 1;
		last >>= 1;
	}
	return !last;
}

bool tlog_check_consistency(uint64_t from, const struct tlog_hash *from_root, uint64_t to, const struct tlog_hash *to_root,
			    const struct tlog_path *path)
{
	bool whole = (from & (from - 1)) == 0;           /* then the first hash, which is the old root, is left out */
	struct tlog_hash old, new, empty;

	if (from > to || to > TLOG_SIZE_MAX)
		return false;
	if (from == to)
		return !path->n && tlog_same(from_root, to_root);
	if (!from) {
		sha256("", 0, empty.b);
		return !path->n && tlog_same(from_root, &empty);
	}
	if (!whole && !path->n)
		return false;
	old = new = whole ? *from_root : path->hash[0];
	return climb(from - 1, to - 1, &old, &new, path, whole ? 0 : 1) && tlog_same(&old, from_root) && tlog_same(&new, to_root);
}
