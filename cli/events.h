/* Listening to GET /v1/events: what happens to one's own holds and sessions, and to the holds that one may decide. */
#ifndef PHIGATE_CLI_EVENTS_H
#define PHIGATE_CLI_EVENTS_H

#include "control.h"

struct events;

/* On a channel of its own; tunnel and signin are borrowed. decides: also of holds that one may decide. Waits until the agent listens
 * for us. Errors as control_call(). */
enum rc events_open(struct tunnel *tunnel, const struct signin *signin, bool decides, struct events **out, struct why *why) MUST_USE;
void events_close(struct events *events);                /* NULL is allowed */

int events_fd(const struct events *events);              /* readable when something came */

/* RC_OK: *event is the next one, an object with "event", the caller's to delete. RC_AGAIN: nothing yet. RC_END: the agent has ended the
 * stream. */
enum rc events_next(struct events *events, cJSON **event) MUST_USE;

#endif
