/* What happens to holds and sessions, told on /v1/events as it happens. */
#ifndef PHIGATE_AGENT_EVENTS_H
#define PHIGATE_AGENT_EVENTS_H

#include "agent.h"
#include "identity.h"

struct events;

/* Listens to holds, sessions and identity, which must be there and not in use yet; agent is borrowed. */
enum rc events_new(struct agent *agent, struct events **out) MUST_USE;
void events_free(struct events *events);                 /* nobody listens any more; NULL is allowed */

/* One who listens. */
struct events_reader;
/* decides: also what happens to holds that the person may decide. */
enum rc events_reader_new(struct events *events, const struct person *person, bool decides, struct events_reader **out) MUST_USE;
void events_reader_free(struct events_reader *reader);   /* NULL is allowed */
int events_reader_fd(const struct events_reader *reader);        /* readable when something waits */

/* Append what waits, as an event stream (HTML standard 9.2). RC_TOO_BIG: it was too slow, and some was lost: end the stream. */
enum rc events_reader_take(struct events_reader *reader, struct buf *out) MUST_USE;

/* Tell a person's readers; json: one line. */
void events_tell(struct events *events, const char *event, const char *issuer, const char *subject, struct slice json);

#endif
