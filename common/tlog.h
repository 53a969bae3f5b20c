/* Merkle trees of logs (RFC 6962 section 2.1, SHA-256): hashes, and proofs of inclusion and of consistency, made and checked. Pure. */
#ifndef PHIGATE_TLOG_H
#define PHIGATE_TLOG_H

#include <stdint.h>

#include "digest.h"

#define TLOG_SIZE_MAX ((uint64_t)1 << 62)        /* leaves */
#define TLOG_PATH_MAX 64                         /* hashes of a proof about a tree of that size */

struct tlog_hash {
	unsigned char b[SHA256_LEN];
};

void tlog_leaf(struct slice data, struct tlog_hash *out);
void tlog_node(const struct tlog_hash *left, const struct tlog_hash *right, struct tlog_hash *out);
bool tlog_same(const struct tlog_hash *a, const struct tlog_hash *b);

/* The right edge of a tree, all that is needed to add to it: node[i] is the root of 2^i leaves where bit i of size is set. All zero is the
 * empty tree. */
struct tlog_edge {
	uint64_t size;
	struct tlog_hash node[63];
};
/* Add a complete tree of 2^level leaves, of which size must be a multiple. */
void tlog_edge_add(struct tlog_edge *edge, unsigned level, const struct tlog_hash *root);
void tlog_edge_root(const struct tlog_edge *edge, struct tlog_hash *root);

struct tlog_path {
	size_t n;
	struct tlog_hash hash[TLOG_PATH_MAX];
};

/* Where a proof's maker finds the root of the complete tree of 2^level leaves that begins with leaf index * 2^level. */
typedef enum rc tlog_read(void *arg, unsigned level, uint64_t index, struct tlog_hash *out);

/* RC_BAD: no such leaf or tree, or what read says. */
enum rc tlog_prove_inclusion(tlog_read *read, void *arg, uint64_t index, uint64_t size, struct tlog_path *out) MUST_USE;
enum rc tlog_prove_consistency(tlog_read *read, void *arg, uint64_t from, uint64_t to, struct tlog_path *out) MUST_USE;
enum rc tlog_root(tlog_read *read, void *arg, uint64_t size, struct tlog_hash *out) MUST_USE;

/* RFC 9162 sections 2.1.3.2 and 2.1.4.2. A path that is longer or shorter than it must be does not hold. */
bool tlog_check_inclusion(const struct tlog_hash *leaf, uint64_t index, uint64_t size, const struct tlog_hash *root,
			  const struct tlog_path *path);
bool tlog_check_consistency(uint64_t from, const struct tlog_hash *from_root, uint64_t to, const struct tlog_hash *to_root,
			    const struct tlog_path *path);

#endif
