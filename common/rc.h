/* Results: one small code for the caller's flow, and one sentence for a human. */
#ifndef PHIGATE_RC_H
#define PHIGATE_RC_H

#include <stdarg.h>

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

enum rc {
	RC_OK = 0,
	RC_AGAIN,       /* more input is needed, or the call would block */
	RC_END,         /* the peer closed, or the input ended, in an orderly way */
	RC_BAD,         /* malformed or unacceptable input */
	RC_DENIED,      /* understood and refused */
	RC_NOT_FOUND,
	RC_CONFLICT,    /* the state does not allow it now */
	RC_TOO_BIG,     /* over a stated limit */
	RC_TIMEOUT,
	RC_UNREACHABLE, /* the other side could not be reached */
	RC_CANCELLED,   /* somebody ended it: revoke, stop, hang-up */
	RC_IO,          /* read, write or sync failed, disk full included */
	RC_NOMEM,
	RC_FAULT,       /* a library failed in a way that it should not */
};

/* Why something failed: one sentence that says what is wrong and what to do, never with PHI, a token or a key in it.
 * line and column count from 1; 0 when there is no file. */
struct why {
	char file[256];
	int line, column;
	char text[640];
};

/* Fill why (NULL is allowed) and return rc, so that a failure is one statement: return why_set(why, RC_BAD, "…"). */
enum rc why_set(struct why *why, enum rc rc, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The same at a place in a file. */
enum rc why_at(struct why *why, enum rc rc, int line, int column, const char *fmt, ...) PRINTF_LIKE(5, 6);

/* Name the file of a why that has none yet; returns rc. */
enum rc why_file(struct why *why, enum rc rc, const char *file);

/* "file:line:column: text" or "text", into out[n]; returns out. */
const char *why_text(const struct why *why, char *out, int n);

/* A short lower-case name of rc for logs ("timeout"). */
const char *rc_name(enum rc rc);

#endif
