/* The formats that events are written in; one file for each. A format is a row here: `phigate export` and the agent's live streams know it
 * then. What a reader of a format could not tell from data is escaped in each: quotes, line ends, the format's own separators. */
#ifndef PHIGATE_AUDIT_FORMAT_H
#define PHIGATE_AUDIT_FORMAT_H

#include "audit.h"

#define AUDIT_TEXT_MAX ((size_t)64 << 10)        /* one event, in any format */

struct audit_format {
	const char *name, *help;                 /* "ecs" */
	const char *media_type;                  /* of a message that holds events */
	const char *open, *between, *close;      /* around and between the events of one message */
	bool json;                               /* an event is a JSON object; else a line of text */
	void (*write)(const struct audit_event *e, struct buf *out);       /* appended, without a line end; failures stick in out */
};

const struct audit_format *audit_format(const char *name);       /* NULL: there is none */
const struct audit_format *audit_format_nth(size_t i);           /* NULL after the last */

/* Append the event as a line of a file: a message with one event. */
enum rc audit_format_line(const struct audit_format *format, const struct audit_event *e, struct buf *out) MUST_USE;

void audit_cef(const struct audit_event *e, struct buf *out);
void audit_ecs(const struct audit_event *e, struct buf *out);
void audit_fhir(const struct audit_event *e, struct buf *out);
void audit_ocsf(const struct audit_event *e, struct buf *out);
void audit_otlp(const struct audit_event *e, struct buf *out);

/* Append what formats without a place for it carry of ours, as one JSON object: session, part, exchange, hold, … */
void audit_format_ours(const struct audit_event *e, const char *key, struct buf *out);

#endif
