#include "tlog_proof.h"

#include <string.h>

#include "encode.h"

#define FIRST "c2sp.org/tlog-proof@v1"

enum rc tlog_proof_write(const struct tlog_proof *proof, struct buf *out)
{
	buf_printf(out, FIRST "\nindex %llu\n", (unsigned long long)proof->index);
	for (size_t i = 0; i < proof->path.n; i++) {
		base64_encode(proof->path.hash[i].b, SHA256_LEN, out);
		buf_putc(out, '\n');
	}
	buf_putc(out, '\n');
	return buf_add_slice(out, proof->checkpoint);
}

static bool take_line(struct slice *text, struct slice *line)
{
	const char *end = text->n ? memchr(text->p, '\n', text->n) : NULL;

	if (!end)
		return false;
	*line = (struct slice){text->p, (size_t)(end - text->p)};
	*text = (struct slice){end + 1, text->n - line->n - 1};
	return true;
}

static bool starts(struct slice line, const char *word)
{
	return line.n >= strlen(word) && memcmp(line.p, word, strlen(word)) == 0;
}

static bool parse_index(struct slice line, uint64_t *index)
{
	size_t n = strlen("index ");

	*index = 0;
	if (!starts(line, "index ") || line.n == n || line.n > n + 19 || (line.p[n] == '0' && line.n > n + 1))
		return false;
	for (size_t i = n; i < line.n; i++) {
		if (line.p[i] < '0' || line.p[i] > '9')
			return false;
		*index = *index * 10 + (uint64_t)(line.p[i] - '0');
	}
	return *index < TLOG_SIZE_MAX;
}

static bool parse_hash(struct slice line, struct tlog_path *path)
{
	struct buf bytes;
	bool fits;

	buf_init(&bytes, 64);
	fits = path->n < TLOG_PATH_MAX && base64_decode(line, &bytes) == RC_OK && bytes.len == SHA256_LEN;
	if (fits)
		memcpy(path->hash[path->n++].b, bytes.data, SHA256_LEN);
	buf_free(&bytes);
	return fits;
}

static bool parse(struct slice text, struct tlog_proof *out)
{
	struct slice line;

	out->path.n = 0;
	if (text.n > TLOG_PROOF_MAX || !take_line(&text, &line) || !slice_is(line, FIRST) || !take_line(&text, &line))
		return false;
	if (starts(line, "extra ") && !take_line(&text, &line))          /* an application's own, which we have none of */
		return false;
	if (!parse_index(line, &out->index))
		return false;
	while (take_line(&text, &line) && line.n)
		if (!parse_hash(line, &out->path))
			return false;
	out->checkpoint = text;
	return text.n > 0 && !line.n;
}

enum rc tlog_proof_parse(struct slice text, struct tlog_proof *out, struct why *why)
{
	return parse(text, out) ? RC_OK : why_set(why, RC_BAD, "it is no proof of a ledger");
}

enum rc tlog_proof_check(struct slice text, struct slice leaf, const struct tlog_vkey *keys, size_t n, struct tlog_checkpoint *checkpoint,
			 uint64_t *index, struct why *why)
{
	struct tlog_proof proof;
	struct tlog_hash hash;
	enum rc rc = tlog_proof_parse(text, &proof, why);

	if (rc == RC_OK)
		rc = RC_DENIED;
	for (size_t i = 0; i < n && rc == RC_DENIED; i++)
		rc = tlog_checkpoint_open(proof.checkpoint, &keys[i], checkpoint, why);
	if (rc != RC_OK)
		return rc;
	*index = proof.index;
	tlog_leaf(leaf, &hash);
	if (!tlog_check_inclusion(&hash, proof.index, checkpoint->size, &checkpoint->root, &proof.path))
		return why_set(why, RC_BAD, "it is not in ledger %s where the proof says", checkpoint->origin);
	return RC_OK;
}
