/* Merkle trees, proofs and checkpoints against the published vectors and against a tree that is computed in the plainest way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "encode.h"
#include "sshkey.h"
#include "tlog_proof.h"
#include "tlog_tile.h"

#define SIZES 200

/* ---- the plainest tree: RFC 6962, 2.1, over leaves that are their own numbers --------------------------------------------- */

static struct tlog_hash leaves[SIZES];

static void make_leaves(void)
{
	for (unsigned i = 0; i < SIZES; i++)
		tlog_leaf((struct slice){(const char *)&i, sizeof i}, &leaves[i]);
}

static struct tlog_hash root_of(size_t low, size_t high)
{
	struct tlog_hash left, right;
	size_t k = 1;

	if (high - low == 0) {
		sha256("", 0, left.b);
		return left;
	}
	if (high - low == 1)
		return leaves[low];
	while (2 * k < high - low)
		k *= 2;
	left = root_of(low, low + k);
	right = root_of(low + k, high);
	tlog_node(&left, &right, &left);
	return left;
}

static enum rc read_leaves(void *arg, unsigned level, uint64_t index, struct tlog_hash *out)
{
	uint64_t size = *(uint64_t *)arg;

	assert_true((index + 1) << level <= size);               /* nothing behind the tree's end is asked for */
	*out = root_of(index << level, (index + 1) << level);
	return RC_OK;
}

static void test_hashes_are_those_of_the_published_vectors(void **state)
{
	static const struct {
		const char *leaf, *root;
	} rows[] = {
		{"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
		{"00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
		{"10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
		{"2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
		{"3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
		{"40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
		{"5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
		{"606162636465666768696a6b6c6d6e6f", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
	};
	struct tlog_edge edge = {0};
	struct tlog_hash hash;
	char hex[SHA256_HEX];

	(void)state;
	tlog_edge_root(&edge, &hash);
	hex_encode(hash.b, SHA256_LEN, hex);
	assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char data[32];
		size_t n = strlen(rows[i].leaf) / 2;

		assert_int_equal(hex_decode(slice_str(rows[i].leaf), data, n), RC_OK);
		tlog_leaf((struct slice){data, n}, &hash);
		tlog_edge_add(&edge, 0, &hash);
		tlog_edge_root(&edge, &hash);
		hex_encode(hash.b, SHA256_LEN, hex);
		assert_string_equal(hex, rows[i].root);
	}
	assert_int_equal(edge.size, 8);
}

static void test_a_leaf_longer_than_a_node_is_hashed_whole(void **state)
{
	char text[201], prefixed[202] = {0};
	struct tlog_hash hash;
	unsigned char sum[SHA256_LEN];

	(void)state;
	memset(text, 'a', sizeof text);
	for (size_t n = 60; n <= 200; n++) {
		memcpy(prefixed + 1, text, n);
		tlog_leaf((struct slice){text, n}, &hash);
		sha256(prefixed, n + 1, sum);
		assert_memory_equal(sum, hash.b, SHA256_LEN);
	}
}

static void test_the_edge_gives_the_root_of_every_size(void **state)
{
	struct tlog_edge edge = {0}, wide = {0};
	struct tlog_hash root, plain;

	(void)state;
	for (size_t n = 1; n <= SIZES; n++) {
		tlog_edge_add(&edge, 0, &leaves[n - 1]);
		tlog_edge_root(&edge, &root);
		plain = root_of(0, n);
		assert_true(tlog_same(&root, &plain));
	}
	plain = root_of(0, 128);
	tlog_edge_add(&wide, 7, &plain);
	plain = root_of(128, 192);
	tlog_edge_add(&wide, 6, &plain);
	for (size_t n = 192; n < SIZES; n++)
		tlog_edge_add(&wide, 0, &leaves[n]);
	assert_memory_equal(&wide, &edge, sizeof wide.size);
	tlog_edge_root(&wide, &plain);
	assert_true(tlog_same(&root, &plain));
}

/* ---- proofs ------------------------------------------------------------------------------------------------------------ */

static void test_every_leaf_of_every_size_is_proved(void **state)
{
	(void)state;
	for (uint64_t size = 1; size <= SIZES; size += size < 70 ? 1 : 13) {
		struct tlog_hash root = root_of(0, size);

		for (uint64_t i = 0; i < size; i++) {
			struct tlog_path path;

			assert_int_equal(tlog_prove_inclusion(read_leaves, &size, i, size, &path), RC_OK);
			assert_true(tlog_check_inclusion(&leaves[i], i, size, &root, &path));
			assert_false(tlog_check_inclusion(&leaves[(i + 1) % SIZES], i, size, &root, &path));
			assert_false(tlog_check_inclusion(&leaves[i], i + 1, size, &root, &path));
			assert_false(tlog_check_inclusion(&leaves[i], i, i, &root, &path));
		}
	}
}

static void test_every_two_sizes_are_proved_consistent(void **state)
{
	(void)state;
	for (uint64_t to = 0; to <= SIZES; to += to < 70 ? 1 : 26) {
		struct tlog_hash to_root = root_of(0, to);

		for (uint64_t from = 0; from <= to; from++) {
			struct tlog_hash from_root = root_of(0, from), other = root_of(0, from ? from - 1 : 1);
			struct tlog_path path;

			assert_int_equal(tlog_prove_consistency(read_leaves, &to, from, to, &path), RC_OK);
			assert_true(tlog_check_consistency(from, &from_root, to, &to_root, &path));
			assert_false(tlog_check_consistency(from, &other, to, &to_root, &path));
			if (from)
				assert_false(tlog_check_consistency(from, &from_root, to, &other, &path));
			if (from < to)
				assert_false(tlog_check_consistency(to, &to_root, from, &from_root, &path));
		}
	}
}

/* Each bit that could be changed, each hash that could be missing or too many. */
static void test_forged_paths_hold_nothing(void **state)
{
	uint64_t size = 77, from = 42, index = 40;
	struct tlog_hash root = root_of(0, size), old = root_of(0, from);
	struct tlog_path in, con, forged;

	(void)state;
	assert_int_equal(tlog_prove_inclusion(read_leaves, &size, index, size, &in), RC_OK);
	assert_int_equal(tlog_prove_consistency(read_leaves, &size, from, size, &con), RC_OK);
	for (size_t bit = 0; bit < in.n * 256; bit++) {
		forged = in;
		forged.hash[bit / 256].b[bit % 256 / 8] ^= (unsigned char)(1 << bit % 8);
		assert_false(tlog_check_inclusion(&leaves[index], index, size, &root, &forged));
	}
	for (size_t bit = 0; bit < con.n * 256; bit++) {
		forged = con;
		forged.hash[bit / 256].b[bit % 256 / 8] ^= (unsigned char)(1 << bit % 8);
		assert_false(tlog_check_consistency(from, &old, size, &root, &forged));
	}
	for (size_t n = 0; n <= TLOG_PATH_MAX; n++) {
		forged = in;
		forged.n = n;
		memset(forged.hash + in.n, 0, (TLOG_PATH_MAX - in.n) * sizeof *forged.hash);
		assert_int_equal(tlog_check_inclusion(&leaves[index], index, size, &root, &forged), n == in.n);
		forged = con;
		forged.n = n;
		memset(forged.hash + con.n, 0, (TLOG_PATH_MAX - con.n) * sizeof *forged.hash);
		assert_int_equal(tlog_check_consistency(from, &old, size, &root, &forged), n == con.n);
	}
}

static void test_what_no_tree_has_is_not_proved(void **state)
{
	uint64_t size = 5;
	struct tlog_path path;

	(void)state;
	assert_int_equal(tlog_prove_inclusion(read_leaves, &size, 5, 5, &path), RC_BAD);
	assert_int_equal(tlog_prove_inclusion(read_leaves, &size, 0, 0, &path), RC_BAD);
	assert_int_equal(tlog_prove_inclusion(read_leaves, &size, 0, TLOG_SIZE_MAX + 1, &path), RC_BAD);
	assert_int_equal(tlog_prove_consistency(read_leaves, &size, 6, 5, &path), RC_BAD);
}

/* ---- keys and checkpoints ------------------------------------------------------------------------------------------------ */

/* The published example of the note format. */
#define NEUMANN "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"

static void test_a_vkey_is_read_and_written(void **state)
{
	static const char *const bad[] = {
		"", "+", "++", "PeterNeumann+c74f20a3", "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
		"PeterNeuman+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", NEUMANN "=", NEUMANN "\n", " " NEUMANN,
		"PeterNeumann+c74f20a3+AhpC2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "PeterNeumann+c74f20a3+ARpc2QcU",
		"+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
	};
	struct tlog_vkey vkey;
	struct why why = {0};
	struct buf text;

	(void)state;
	buf_init(&text, 512);
	assert_int_equal(tlog_vkey_parse(slice_str(NEUMANN), &vkey, &why), RC_OK);
	assert_string_equal(vkey.name, "PeterNeumann");
	assert_int_equal(tlog_vkey_text(&vkey, &text), RC_OK);
	assert_string_equal(text.data, NEUMANN);
	buf_free(&text);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(tlog_vkey_parse(slice_str(bad[i]), &vkey, &why), RC_BAD);
}

struct signer {
	EVP_PKEY *key;
	struct tlog_vkey vkey;
	struct tlog_checkpoint checkpoint;
	struct buf note;
};

static void signer_make(struct signer *s, const char *name, uint64_t size)
{
	assert_int_equal(sshkey_generate_ed25519(&s->key), RC_OK);
	assert_int_equal(tlog_vkey_make(name, s->key, &s->vkey), RC_OK);
	s->checkpoint = (struct tlog_checkpoint){.size = size, .root = root_of(0, size)};
	strcpy(s->checkpoint.origin, name);
	buf_init(&s->note, TLOG_CHECKPOINT_MAX);
	assert_int_equal(tlog_checkpoint_sign(&s->checkpoint, s->key, &s->note), RC_OK);
}

static void signer_free(struct signer *s)
{
	EVP_PKEY_free(s->key);
	buf_free(&s->note);
}

static void test_a_checkpoint_is_opened_by_its_key_only(void **state)
{
	struct signer own, other;
	struct tlog_checkpoint read;
	struct why why = {0};

	(void)state;
	signer_make(&own, "phigate/gpu-1", 42);
	signer_make(&other, "phigate/gpu-1", 42);
	assert_int_equal(tlog_checkpoint_open(buf_slice(&own.note), &own.vkey, &read, &why), RC_OK);
	assert_string_equal(read.origin, "phigate/gpu-1");
	assert_int_equal(read.size, 42);
	assert_true(tlog_same(&read.root, &own.checkpoint.root));
	assert_int_equal(tlog_checkpoint_open(buf_slice(&own.note), &other.vkey, &read, &why), RC_DENIED);
	/* the right name and hash before a signature that is another's */
	memcpy(other.vkey.id, own.vkey.id, sizeof other.vkey.id);
	assert_int_equal(tlog_checkpoint_open(buf_slice(&own.note), &other.vkey, &read, &why), RC_BAD);
	strcpy(own.vkey.name, "phigate/gpu-2");
	assert_int_equal(tlog_checkpoint_open(buf_slice(&own.note), &own.vkey, &read, &why), RC_DENIED);
	signer_free(&own);
	signer_free(&other);
}

static void test_no_byte_of_a_checkpoint_can_be_changed(void **state)
{
	struct tlog_checkpoint read;
	struct signer s;

	(void)state;
	signer_make(&s, "phigate/gpu-1", 42);
	for (size_t i = 0; i < s.note.len; i++) {
		s.note.data[i] ^= 1;
		assert_int_not_equal(tlog_checkpoint_open(buf_slice(&s.note), &s.vkey, &read, NULL), RC_OK);
		s.note.data[i] ^= 1;
		assert_int_not_equal(tlog_checkpoint_open((struct slice){s.note.data, i}, &s.vkey, &read, NULL), RC_OK);
	}
	signer_free(&s);
}

static void test_lines_of_witnesses_are_passed_over(void **state)
{
	struct signer s, witness;
	struct tlog_checkpoint read;
	struct slice line;

	(void)state;
	signer_make(&s, "phigate/gpu-1", 42);
	signer_make(&witness, "witness.example.org", 42);
	line = (struct slice){strstr(witness.note.data, "\n\n") + 2, 0};
	line.n = strlen(line.p);
	buf_add_slice(&s.note, line);
	assert_int_equal(tlog_checkpoint_open(buf_slice(&s.note), &s.vkey, &read, NULL), RC_OK);
	buf_puts(&s.note, "not a signature\n");
	assert_int_equal(tlog_checkpoint_open(buf_slice(&s.note), &s.vkey, &read, NULL), RC_BAD);
	signer_free(&s);
	signer_free(&witness);
}

static void test_other_texts_are_no_checkpoints(void **state)
{
	static const char *const bad[] = {
		"", "\n", "\n\n", "a\n1\n\n\xe2\x80\x94 a AAAAAAA=\n", "a\n01\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n\xe2\x80\x94 a AAAAAAA=\n",
		"a\n-1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n\xe2\x80\x94 a AAAAAAA=\n",
		"a\n99999999999999999999\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n\xe2\x80\x94 a AAAAAAA=\n",
		"a b\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n\xe2\x80\x94 a AAAAAAA=\n",
		"a\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuA==\n\n\xe2\x80\x94 a AAAAAAA=\n",
		"a\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n", "a\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n- a AAAAAAA=\n",
		"a\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n\xe2\x80\x94 a AAAA\n",
	};
	static const char good[] = "a\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n\xe2\x80\x94 a AAAAAAA=\n";
	struct tlog_checkpoint read;

	(void)state;
	assert_int_equal(tlog_checkpoint_parse(SLICE(good), &read, NULL), RC_OK);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(tlog_checkpoint_parse(slice_str(bad[i]), &read, NULL), RC_BAD);
}

/* ---- the text of proofs ---------------------------------------------------------------------------------------------------- */

static void proof_make(struct signer *s, uint64_t index, struct buf *out)
{
	struct tlog_proof proof = {.index = index, .checkpoint = buf_slice(&s->note)};

	assert_int_equal(tlog_prove_inclusion(read_leaves, &s->checkpoint.size, index, s->checkpoint.size, &proof.path), RC_OK);
	assert_int_equal(tlog_proof_write(&proof, out), RC_OK);
}

static struct slice leaf_text(const unsigned *i)
{
	return (struct slice){(const char *)i, sizeof *i};
}

static void test_a_proof_holds_for_its_leaf_and_no_other(void **state)
{
	unsigned index = 17, other = 18;
	struct tlog_checkpoint read;
	struct signer s, stranger;
	struct buf text;
	uint64_t at;

	(void)state;
	signer_make(&s, "phigate/gpu-1", 42);
	signer_make(&stranger, "phigate/gpu-1", 42);
	buf_init(&text, TLOG_PROOF_MAX);
	proof_make(&s, index, &text);
	assert_int_equal(tlog_proof_check(buf_slice(&text), leaf_text(&index), &s.vkey, 1, &read, &at, NULL), RC_OK);
	assert_int_equal(at, 17);
	assert_int_equal(read.size, 42);
	assert_int_equal(tlog_proof_check(buf_slice(&text), leaf_text(&other), &s.vkey, 1, &read, &at, NULL), RC_BAD);
	assert_int_equal(tlog_proof_check(buf_slice(&text), leaf_text(&index), &stranger.vkey, 1, &read, &at, NULL), RC_DENIED);
	assert_int_equal(tlog_proof_check(buf_slice(&text), leaf_text(&index), (struct tlog_vkey[]){stranger.vkey, s.vkey}, 2, &read, &at,
					  NULL), RC_OK);
	assert_int_equal(tlog_proof_check(buf_slice(&text), leaf_text(&index), NULL, 0, &read, &at, NULL), RC_DENIED);
	buf_free(&text);
	signer_free(&s);
	signer_free(&stranger);
}

static void test_no_byte_of_a_proof_can_be_changed(void **state)
{
	struct tlog_checkpoint read;
	unsigned index = 17;
	struct signer s;
	struct buf text;
	uint64_t at;

	(void)state;
	signer_make(&s, "phigate/gpu-1", 42);
	buf_init(&text, TLOG_PROOF_MAX);
	proof_make(&s, index, &text);
	for (size_t i = 0; i < text.len; i++) {
		text.data[i] ^= 1;
		assert_int_not_equal(tlog_proof_check(buf_slice(&text), leaf_text(&index), &s.vkey, 1, &read, &at, NULL), RC_OK);
		text.data[i] ^= 1;
		assert_int_not_equal(tlog_proof_check((struct slice){text.data, i}, leaf_text(&index), &s.vkey, 1, &read, &at, NULL), RC_OK);
	}
	buf_free(&text);
	signer_free(&s);
}

static void test_extra_data_of_an_application_is_passed_over(void **state)
{
	static const char extra[] = "extra Zm9v\n";
	struct tlog_checkpoint read;
	struct buf text, with;
	unsigned index = 0;
	struct signer s;
	uint64_t at;
	size_t n = strlen("c2sp.org/tlog-proof@v1\n");

	(void)state;
	signer_make(&s, "phigate/gpu-1", 1);
	buf_init(&text, TLOG_PROOF_MAX);
	buf_init(&with, TLOG_PROOF_MAX);
	proof_make(&s, index, &text);
	assert_int_equal(tlog_proof_check(buf_slice(&text), leaf_text(&index), &s.vkey, 1, &read, &at, NULL), RC_OK);
	buf_add(&with, text.data, n);
	buf_puts(&with, extra);
	buf_puts(&with, text.data + n);
	assert_int_equal(tlog_proof_check(buf_slice(&with), leaf_text(&index), &s.vkey, 1, &read, &at, NULL), RC_OK);
	buf_free(&text);
	buf_free(&with);
	signer_free(&s);
}

static void test_tiles_have_the_names_of_the_specification(void **state)
{
	static const struct {
		int level;
		uint64_t number;
		unsigned width;
		const char *name;
	} rows[] = {
		{0, 0, 256, "tile/0/000"}, {0, 999, 256, "tile/0/999"}, {1, 1000, 256, "tile/1/x001/000"},
		{0, 1234067, 256, "tile/0/x001/x234/067"}, {3, 5, 17, "tile/3/005.p/17"}, {TLOG_ENTRIES, 1234067, 1, "tile/entries/x001/x234/067.p/1"},
		{TLOG_ENTRIES, 0, 256, "tile/entries/000"},
		{0, TLOG_SIZE_MAX >> 8, 255, "tile/0/x018/x014/x398/x509/x481/984.p/255"},
	};
	char name[TLOG_TILE_NAME];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_string_equal(tlog_tile_name(rows[i].level, rows[i].number, rows[i].width, name), rows[i].name);
}

#define TEST(name) cmocka_unit_test(test_##name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hashes_are_those_of_the_published_vectors),
		TEST(a_leaf_longer_than_a_node_is_hashed_whole),
		TEST(the_edge_gives_the_root_of_every_size),
		TEST(every_leaf_of_every_size_is_proved),
		TEST(every_two_sizes_are_proved_consistent),
		TEST(forged_paths_hold_nothing),
		TEST(what_no_tree_has_is_not_proved),
		TEST(a_vkey_is_read_and_written),
		TEST(a_checkpoint_is_opened_by_its_key_only),
		TEST(no_byte_of_a_checkpoint_can_be_changed),
		TEST(lines_of_witnesses_are_passed_over),
		TEST(other_texts_are_no_checkpoints),
		TEST(a_proof_holds_for_its_leaf_and_no_other),
		TEST(no_byte_of_a_proof_can_be_changed),
		TEST(extra_data_of_an_application_is_passed_over),
		TEST(tiles_have_the_names_of_the_specification),
	};

	make_leaves();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
