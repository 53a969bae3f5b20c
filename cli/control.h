/* The client side of the control API (design: control API): one control channel, proved by the login's key, HTTP/1.1 and JSON. */
#ifndef PHIGATE_CLI_CONTROL_H
#define PHIGATE_CLI_CONTROL_H

#include <cjson/cJSON.h>

#include "tunnel.h"

struct control;

/* SSH connection, channel and proof of possession, for a command that makes a few calls. Errors as tunnel_open(). agent and signin
 * are borrowed. */
enum rc control_open(const struct agent_entry *agent, const struct signin *signin, struct control **out, struct why *why) MUST_USE;

/* The same on a tunnel that is there and stays the caller's. While a call waits it runs the tunnel, so that all other channels go on;
 * between calls that is the caller's task. */
enum rc control_on(struct tunnel *tunnel, const struct signin *signin, struct control **out, struct why *why) MUST_USE;
void control_close(struct control *c);                   /* NULL is allowed */

/* One call. body: JSON, or NULL. RC_OK: *out is the answer (an object or array; the caller deletes it; NULL when out is NULL).
 * A refusal is told by its status: RC_DENIED (401, 403), RC_NOT_FOUND, RC_CONFLICT, RC_BAD (400), RC_TOO_BIG (429, 413), RC_IO (5xx),
 * why has the agent's own words. RC_UNREACHABLE: the connection broke. */
enum rc control_call(struct control *c, const char *method, const char *path, const char *body, cJSON **out, struct why *why) MUST_USE;

/* GET whose answer goes to a descriptor as it comes (a bundle). */
enum rc control_fetch(struct control *c, const char *path, int fd, struct why *why) MUST_USE;

#endif
