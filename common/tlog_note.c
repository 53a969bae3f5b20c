#include "tlog_note.h"

#include <string.h>

#include "encode.h"

#define DASH "\xe2\x80\x94 "                     /* U+2014 begins a line of signatures */
#define LINES_MAX 64                             /* of signatures */
#define SIGNATURE_MAX ((size_t)8192)             /* that of another kind of key may be long */

/* Text and lines of signatures; the text ends with its LF, and an empty line stands between. */
static bool split(struct slice note, struct tlog_note *out)
{
	const char *end = NULL;

	for (size_t i = 0; i + 1 < note.n; i++)
		if (note.p[i] == '\n' && note.p[i + 1] == '\n') {
			end = note.p + i;
			break;
		}
	if (!end || note.n > TLOG_NOTE_MAX || note.p[note.n - 1] != '\n')
		return false;
	out->text = (struct slice){note.p, (size_t)(end - note.p) + 1};
	out->lines = (struct slice){end + 2, note.n - out->text.n - 1};
	return out->lines.n > 0;
}

/* Up to c, which is passed over. */
static bool take(struct slice *text, char c, struct slice *out)
{
	const char *end = text->n ? memchr(text->p, c, text->n) : NULL;

	if (!end)
		return false;
	*out = (struct slice){text->p, (size_t)(end - text->p)};
	*text = (struct slice){end + 1, text->n - out->n - 1};
	return true;
}

/* "— NAME BASE64", blob more than the key's id. */
static bool parse_line(struct slice line, struct slice *name, struct buf *blob)
{
	size_t n = sizeof DASH - 1;

	buf_clear(blob);
	if (line.n < n || memcmp(line.p, DASH, n) != 0)
		return false;
	line = (struct slice){line.p + n, line.n - n};
	return take(&line, ' ', name) && tlog_name_valid(*name) && base64_decode(line, blob) == RC_OK && blob->len > 4;
}

/* vkey NULL: only their form is looked at. */
static enum rc read_lines(struct slice lines, const struct tlog_vkey *vkey, struct slice *line, struct buf *signature)
{
	struct slice one, name;
	enum rc rc = RC_NOT_FOUND;
	struct buf blob;
	bool good = true;
	size_t n = 0;

	buf_init(&blob, SIGNATURE_MAX);
	while (good && lines.n) {
		good = n++ < LINES_MAX && take(&lines, '\n', &one) && parse_line(one, &name, &blob);
		if (!good || !vkey || !slice_is(name, vkey->name) || memcmp(blob.data, vkey->id, sizeof vkey->id) != 0)
			continue;
		good = rc == RC_NOT_FOUND;               /* one signature of each key */
		buf_clear(signature);
		rc = buf_add(signature, blob.data + sizeof vkey->id, blob.len - sizeof vkey->id);
		if (line)
			*line = (struct slice){one.p, one.n + 1};
	}
	buf_free(&blob);
	return good ? rc : RC_BAD;
}

enum rc tlog_note_read(struct slice note, struct tlog_note *out)
{
	return split(note, out) && read_lines(out->lines, NULL, NULL, NULL) == RC_NOT_FOUND ? RC_OK : RC_BAD;
}

enum rc tlog_note_find(struct slice lines, const struct tlog_vkey *vkey, struct slice *line, struct buf *signature)
{
	buf_clear(signature);
	return read_lines(lines, vkey, line, signature);
}

enum rc tlog_note_sign(const struct tlog_vkey *vkey, struct slice signature, struct buf *out)
{
	struct buf blob;
	enum rc rc;

	buf_init(&blob, SIGNATURE_MAX);
	buf_add(&blob, vkey->id, sizeof vkey->id);
	rc = buf_add_slice(&blob, signature);
	buf_printf(out, DASH "%s ", vkey->name);
	if (rc == RC_OK)
		rc = base64_encode(blob.data, blob.len, out);
	buf_free(&blob);
	return rc == RC_OK ? buf_putc(out, '\n') : rc;
}
