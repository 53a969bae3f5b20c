/* Outgoing requests to all but the model (libcurl): https only, http on loopback; no redirects; at most 1 MiB and 10 s. */
#ifndef PHIGATE_FETCH_H
#define PHIGATE_FETCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "buf.h"

/* Connections that are kept for the next request of one thread. */
struct fetch_client;
struct fetch_client *fetch_client_new(void);             /* NULL: no memory */
void fetch_client_free(struct fetch_client *client);

struct fetch {
	const char *url;
	const char *form;                        /* application/x-www-form-urlencoded body: POST; NULL: GET */
	const char *json;                        /* a JSON body instead: POST; may be NULL */
	struct slice data;                       /* any bytes instead, of type data_type: POST; empty: none */
	const char *data_type;
	const char *accept;                      /* NULL: application/json */
	const char *const *headers;              /* more of them, "Name: value", ends with NULL; may be NULL */
	const atomic_bool *cancel;               /* ends the request when it becomes true: RC_CANCELLED; may be NULL */
	const char *ca_file;                     /* NULL: the system's */
	int64_t timeout_ns;                      /* for all of it; 0: 10 s */
	struct fetch_client *client;             /* NULL: a connection of its own */
	bool *is_json;                           /* NULL, or gets whether the answer says that it is application/json */
	int64_t *date_s;                         /* NULL, or gets the answer's Date as wall clock seconds; 0 when it has none */
};

/* RC_OK whenever there is an HTTP answer: *status, body appended. RC_UNREACHABLE, RC_DENIED (scheme), RC_TOO_BIG. why names
 * the address. */
enum rc fetch_run(const struct fetch *f, int *status, struct buf *body, struct why *why) MUST_USE;

/* Append name=value, form-encoded, with & before it when out is not empty. */
enum rc fetch_form_add(struct buf *form, const char *name, struct slice value);

bool fetch_url_allowed(const char *url);         /* https, or http to a loopback address; no user info */

#endif
