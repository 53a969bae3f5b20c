/* A connection's own analyzer (Presidio-compatible, over HTTP): what it finds in the texts of an exchange is masked, beside what the
 * engine finds. One for each client connection, which keeps its HTTP connection. It sees texts as they are, PHI included, but neither the
 * model's credential nor what looks like a key of phigate's. */
#ifndef PHIGATE_AGENT_ANALYZER_H
#define PHIGATE_AGENT_ANALYZER_H

#include "config.h"
#include "mask.h"

struct analyzer;

/* client_fd, end_fd: who hangs up, or a session that ends, ends the asking. settings and secret outlive it. */
enum rc analyzer_new(const struct analyzer_settings *settings, struct slice secret, int client_fd, int end_fd, struct analyzer **out) MUST_USE;
void analyzer_free(struct analyzer *a);

void analyzer_begin(struct analyzer *a);                             /* an exchange begins */
const struct mask_finder *analyzer_finder(struct analyzer *a);       /* what its scopes ask (mask_scope_finder()) */

/* Was the exchange's every passage looked at, or need it not be? RC_UNREACHABLE: no, and nothing more of it may pass; RC_END: the client
 * hung up; RC_CANCELLED: the session ended. Stays until the next exchange begins. */
enum rc analyzer_result(const struct analyzer *a);

/* It ends: one line in the log when passages were not looked at. */
void analyzer_end(struct analyzer *a, const char *connection);

#endif
