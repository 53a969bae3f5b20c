/* Signed notes (C2SP signed-note): a text, and lines of signatures under it. Pure. */
#ifndef PHIGATE_TLOG_NOTE_H
#define PHIGATE_TLOG_NOTE_H

#include "tlog_vkey.h"

#define TLOG_NOTE_MAX ((size_t)32 << 10)         /* with the lines of many witnesses */

struct tlog_note {
	struct slice text;                       /* with its last LF */
	struct slice lines;                      /* of signatures, "— NAME BASE64" each */
};

/* Borrows. RC_BAD: it has not this form, or a line is no signature. */
enum rc tlog_note_read(struct slice note, struct tlog_note *out) MUST_USE;

/* The one signature of that key by its name and id among the lines, as bytes behind the id, into signature (cleared before). Nothing is said of what it signs.
 * RC_NOT_FOUND; RC_BAD: a line is none, or the key has several. line may be NULL, or gets the line with its LF. */
enum rc tlog_note_find(struct slice lines, const struct tlog_vkey *vkey, struct slice *line, struct buf *signature) MUST_USE;

/* Append "— NAME BASE64(id | signature)" and LF. */
enum rc tlog_note_sign(const struct tlog_vkey *vkey, struct slice signature, struct buf *out);

#endif
