/* Outgoing requests to all but the model (libcurl): https only, http on loopback; no redirects; at most 1 MiB and 10 s. */
#ifndef PHIGATE_FETCH_H
#define PHIGATE_FETCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "buf.h"

struct fetch {
	const char *url;
	const char *form;                        /* application/x-www-form-urlencoded body: POST; NULL: GET */
	const char *json;                        /* a JSON body instead: POST; may be NULL */
	const char *const *headers;              /* more of them, "Name: value", ends with NULL; may be NULL */
	const atomic_bool *cancel;               /* ends the request when it becomes true: RC_CANCELLED; may be NULL */
	const char *ca_file;                     /* NULL: the system's */
	int timeout_s;                           /* 0: 10 */
	int64_t *date_s;                         /* NULL, or gets the answer's Date as wall clock seconds; 0 when it has none */
};

/* RC_OK whenever there is an HTTP answer: *status, body appended. RC_UNREACHABLE, RC_DENIED (scheme), RC_TOO_BIG. why names
 * the address. */
enum rc fetch_run(const struct fetch *f, int *status, struct buf *body, struct why *why) MUST_USE;

/* Append name=value, form-encoded, with & before it when out is not empty. */
enum rc fetch_form_add(struct buf *form, const char *name, struct slice value);

bool fetch_url_allowed(const char *url);         /* https, or http to a loopback address; no user info */

#endif
