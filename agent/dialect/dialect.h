/* Dialects: how a kind of model server is spoken to, as data (config/dialects/NAME.yaml, built in and overridable). */
#ifndef PHIGATE_AGENT_DIALECT_H
#define PHIGATE_AGENT_DIALECT_H

#include "buf.h"
#include "conf.h"
#include "answer/shape.h"
#include "yaml.h"

struct dialect;

struct route {
	char *name;                             /* what rules call it: the dialect's own path, "/v1/chat/completions" */
	char *method;                           /* NULL: every one, and all are refused */
	char *refused;                          /* why it is, with 403; NULL: it is not. With a method: unless the connection allows it */
	char *error;                            /* the shape of its errors */
	bool streams;                           /* always, whatever the request says of it */
	bool has_body;                          /* the request carries something that must be read */
	bool markdown_images;                   /* the server takes ![](URL) in text for an image, and would fetch it */
	struct answer_shape *shape;
	struct prompt_shape *prompt;            /* where the request's text, model, stream flag and limits stand */
};

/* override_dir: a folder with NAME.yaml files that replace built-in ones, or NULL. RC_NOT_FOUND names the dialects there are. */
enum rc dialect_load(const char *name, const char *override_dir, struct dialect **out, struct why *why) MUST_USE;
void dialect_free(struct dialect *dialect);
const char *dialect_name(const struct dialect *dialect);
void dialect_sha256(const struct dialect *dialect, char hex[65]);
const char *dialect_text(const struct dialect *dialect);       /* the YAML when it is not the built-in one, else NULL */

const char *dialect_route_name(const struct dialect *dialect, size_t i);       /* what rules call its routes; NULL after the last */

/* The route of a request. target: the request target as sent (path and query). allowed: routes that are refused otherwise, or NULL.
 * *path gets the path to send: the dialect's own, parameters and query kept; caller frees. RC_BAD: the path cannot be read in one
 * way only (400); RC_DENIED: no such route, or a refused one (403, why says so); *route is set where the path is that of one. */
enum rc dialect_route(const struct dialect *dialect, const char *method, struct slice target, const struct text_list *allowed,
		      const struct route **route, char **path, struct why *why) MUST_USE;

/* RC_NOT_FOUND: a name is none of the routes that a connection can allow; why says which there are. */
enum rc dialect_check_allowed(const struct dialect *dialect, const struct text_list *allowed, struct why *why) MUST_USE;

/* The model that a path of dialect_route() names, decoded: NULL where the route has no {model}. And that path with another one. The
 * caller frees. */
enum rc dialect_path_model(const struct route *route, const char *path, char **model) MUST_USE;
enum rc dialect_path_with_model(const struct route *route, const char *path, const char *model, char **out) MUST_USE;

/* The body of an error in the route's own shape, or, where there is none, the dialect's. type: the field's term
 * ("invalid_request_error"). */
enum rc dialect_error(const struct dialect *dialect, const struct route *route, int status, const char *type, const char *message,
		      const char *request_id, struct buf *out) MUST_USE;

/* Is this request header one that may differ between two sends of the same request (user-agent, trace headers)? */
bool dialect_volatile_header(const struct dialect *dialect, struct slice name);

#endif
