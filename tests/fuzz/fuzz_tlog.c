/* What a stranger's ledger may say: keys, checkpoints and proofs. What is read is written again alike, and nothing is believed that no key
 * has signed. The first byte chooses. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tlog_proof.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char key_text[] = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

static void fuzz_key(struct slice in)
{
	struct tlog_vkey vkey;
	struct buf text;

	if (tlog_vkey_parse(in, &vkey, NULL) != RC_OK)
		return;
	buf_init(&text, 1024);
	if (tlog_vkey_text(&vkey, &text) != RC_OK || text.len != in.n)
		abort();
	buf_free(&text);
}

static void fuzz_checkpoint(struct slice in, const struct tlog_vkey *vkey)
{
	struct tlog_checkpoint read;

	if (tlog_checkpoint_parse(in, &read, NULL) == RC_OK && (strlen(read.origin) > TLOG_NAME_MAX || read.size > TLOG_SIZE_MAX))
		abort();
	if (tlog_checkpoint_open(in, vkey, &read, NULL) == RC_OK)
		abort();
}

static void fuzz_proof(struct slice in, const struct tlog_vkey *vkey)
{
	struct tlog_checkpoint read;
	struct tlog_proof proof;
	struct buf text;
	uint64_t at;

	if (tlog_proof_check(in, SLICE("leaf"), vkey, 1, &read, &at, NULL) == RC_OK)
		abort();
	if (tlog_proof_parse(in, &proof, NULL) != RC_OK)
		return;
	buf_init(&text, 2 * TLOG_PROOF_MAX);
	if (tlog_proof_write(&proof, &text) != RC_OK || text.len > in.n || proof.path.n > TLOG_PATH_MAX ||
	    memcmp(text.data + text.len - proof.checkpoint.n, in.p + in.n - proof.checkpoint.n, proof.checkpoint.n) != 0)
		abort();
	buf_free(&text);
}

/* Any path, against any tree: it ends. */
static void fuzz_path(struct slice in)
{
	struct tlog_path path = {0};
	struct tlog_hash hash;
	uint64_t numbers[2];

	if (in.n < sizeof numbers + sizeof hash)
		return;
	memcpy(numbers, in.p, sizeof numbers);
	memcpy(&hash, in.p + sizeof numbers, sizeof hash);
	in = (struct slice){in.p + sizeof numbers + sizeof hash, in.n - sizeof numbers - sizeof hash};
	for (; path.n < TLOG_PATH_MAX && in.n >= (path.n + 1) * sizeof hash; path.n++)
		memcpy(&path.hash[path.n], in.p + path.n * sizeof hash, sizeof hash);
	if (tlog_check_inclusion(&hash, numbers[0], numbers[1], &hash, &path) && numbers[0] >= numbers[1])
		abort();
	if (tlog_check_consistency(numbers[0], &hash, numbers[1], &hash, &path) && numbers[0] > numbers[1])
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice in = {(const char *)data + 1, n - 1};
	struct tlog_vkey vkey;

	if (n == 0)
		return 0;
	if (tlog_vkey_parse(slice_str(key_text), &vkey, NULL) != RC_OK)
		abort();
	switch (data[0] % 4) {
	case 0: fuzz_key(in); break;
	case 1: fuzz_checkpoint(in, &vkey); break;
	case 2: fuzz_proof(in, &vkey); break;
	default: fuzz_path(in); break;
	}
	return 0;
}
