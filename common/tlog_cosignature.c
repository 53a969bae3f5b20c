#include "tlog_cosignature.h"

#include <string.h>

#define TIME_LEN 8                               /* big-endian, before the Ed25519 signature */

/* What was signed: two lines of its own, then the note's text. */
static enum rc check(struct slice text, const struct tlog_vkey *witness, const struct buf *signature, int64_t *wall_s)
{
	const unsigned char *bytes = (const unsigned char *)signature->data;
	struct buf message;
	uint64_t time_s = 0;
	enum rc rc;

	if (witness->kind != TLOG_WITNESS || signature->len != TIME_LEN + ED25519_SIG_LEN)
		return RC_BAD;
	for (size_t i = 0; i < TIME_LEN; i++)
		time_s = time_s << 8 | bytes[i];
	if (time_s > INT64_MAX)
		return RC_BAD;
	buf_init(&message, TLOG_NOTE_MAX + 64);
	buf_printf(&message, "cosignature/v1\ntime %llu\n", (unsigned long long)time_s);
	rc = buf_add_slice(&message, text);
	if (rc == RC_OK && !tlog_vkey_signed(witness, buf_slice(&message), bytes + TIME_LEN))
		rc = RC_BAD;
	buf_free(&message);
	*wall_s = (int64_t)time_s;
	return rc;
}

static enum rc find(struct slice text, struct slice lines, const struct tlog_vkey *witness, int64_t *wall_s, struct slice *line)
{
	struct buf signature;
	enum rc rc;

	buf_init(&signature, TLOG_NOTE_MAX);
	rc = tlog_note_find(lines, witness, line, &signature);
	if (rc == RC_OK)
		rc = check(text, witness, &signature, wall_s);
	buf_free(&signature);
	return rc;
}

enum rc tlog_cosignature_find(struct slice note, const struct tlog_vkey *witness, int64_t *wall_s)
{
	struct tlog_note n;

	return tlog_note_read(note, &n) == RC_OK ? find(n.text, n.lines, witness, wall_s, NULL) : RC_BAD;
}

enum rc tlog_cosignature_take(struct slice note, struct slice lines, const struct tlog_vkey *witness, int64_t *wall_s, struct buf *out)
{
	struct slice line;
	struct tlog_note n;
	enum rc rc = tlog_note_read(note, &n) == RC_OK ? find(n.text, lines, witness, wall_s, &line) : RC_BAD;

	return rc == RC_OK ? buf_add_slice(out, line) : rc;
}
