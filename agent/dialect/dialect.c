#include "dialect_private.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "dialect_builtin.h"
#include "digest.h"
#include "file.h"
#include "json.h"
#include "prompt_shape.h"

#define TEXT_MAX ((size_t)1 << 20)
#define INCLUDES_MAX 3                           /* dialects that include one another */

struct document {
	char *error;
	struct text_list volatile_headers;
	bool markdown_images;
	const struct yaml *include, *routes;
};

static const struct conf_key document_keys[] = {
	{"error", CONF_TEXT, offsetof(struct document, error), true, "the body of an error; $message, $type, $request_id, $status stand in it"},
	{"volatile_headers", CONF_TEXTS, offsetof(struct document, volatile_headers), false, "headers that may differ between two sends"},
	{"markdown_images", CONF_FLAG, offsetof(struct document, markdown_images), false, "the server takes ![](URL) in text for an image"},
	{"include", CONF_NODE, offsetof(struct document, include), false, "routes of other dialects: {dialect, prefix, routes}"},
	{"routes", CONF_NODE, offsetof(struct document, routes), true, "the routes that there are"},
};

struct include {
	char *dialect, *prefix;
	struct text_list routes;
};

static const struct conf_key include_keys[] = {
	{"dialect", CONF_TEXT, offsetof(struct include, dialect), true, "whose they are; their errors have its shape"},
	{"prefix", CONF_TEXT, offsetof(struct include, prefix), false, "what stands before their paths here"},
	{"routes", CONF_TEXTS, offsetof(struct include, routes), true, "their paths"},
};

struct route_text {
	struct text_list path, streams;
	char *method, *refused;
	const struct yaml *request, *response;
};

static const struct conf_key route_keys[] = {
	{"path", CONF_TEXTS, offsetof(struct route_text, path), true, "the path, or several that are alike; {name} is one segment"},
	{"method", CONF_TEXT, offsetof(struct route_text, method), false, "its method; without one it is refused always"},
	{"refused", CONF_TEXT, offsetof(struct route_text, refused), false, "why it is refused; with a method: unless allow_routes names it"},
	{"streams", CONF_TEXTS, offsetof(struct route_text, streams), false, "those of the paths that always stream"},
	{"request", CONF_NODE, offsetof(struct route_text, request), false, "where the request's text stands"},
	{"response", CONF_NODE, offsetof(struct route_text, response), false, "where the answer's text stands"},
};

/* ---- reading ---- */

static void route_free(struct route *r)
{
	free(r->name);
	free(r->method);
	free(r->refused);
	free(r->error);
	shape_free(r->shape);
	prompt_shape_free(r->prompt);
}

void dialect_free(struct dialect *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->n_routes; i++)
		route_free(&d->routes[i]);
	free(d->routes);
	free(d->name);
	free(d->text);
	free(d->error);
	text_list_free(&d->volatile_headers);
	free(d);
}

static struct route *add_route(struct dialect *d)
{
	struct route *routes = realloc(d->routes, (d->n_routes + 1) * sizeof *routes);

	if (!routes)
		return NULL;
	d->routes = routes;
	routes[d->n_routes] = (struct route){0};
	return &routes[d->n_routes++];
}

static char *copy(const char *text)
{
	return text ? strdup(text) : NULL;
}

static enum rc read_path(struct dialect *d, const struct yaml *node, const struct route_text *t, const char *path, struct why *why)
{
	struct route *r = add_route(d);
	enum rc rc;

	if (!r)
		return RC_NOMEM;
	r->name = strdup(path);
	r->method = copy(t->method);
	r->refused = copy(t->refused);
	r->error = strdup(d->error);
	r->streams = text_list_has(&t->streams, path);
	r->has_body = t->request;
	r->markdown_images = d->markdown_images;
	if (!r->name || !r->error || (t->method && !r->method) || (t->refused && !r->refused))
		return RC_NOMEM;
	if (path[0] != '/')
		return why_at(why, RC_BAD, node->line, node->column, "the path of a route begins with \"/\"");
	rc = shape_read(t->response, &r->shape, why);
	return rc == RC_OK && t->request ? prompt_shape_read(t->request, &r->prompt, why) : rc;
}

static enum rc read_route(struct dialect *d, const struct yaml *node, struct why *why)
{
	struct route_text t = {0};
	enum rc rc = conf_read(node, "a route", CONF_KEYS(route_keys), &t, why);

	if (rc == RC_OK && !t.method && !t.refused)
		rc = why_at(why, RC_BAD, node->line, node->column, "a route has a method, or says why it is refused");
	for (size_t i = 0; i < t.path.n && rc == RC_OK; i++)
		rc = read_path(d, node, &t, t.path.item[i], why);
	conf_free(CONF_KEYS(route_keys), &t);
	return rc;
}

/* ---- routes of other dialects ---- */

static enum rc load(const char *name, const char *override_dir, int depth, struct dialect **out, struct why *why);

/* All routes of one path, whatever their methods, become d's. */
static enum rc take_routes(struct dialect *d, struct dialect *from, const char *path, const char *prefix, size_t *taken)
{
	for (size_t i = 0; i < from->n_routes; i++) {
		struct route *r;
		char *name;

		if (!from->routes[i].name || strcmp(from->routes[i].name, path) != 0)
			continue;
		r = add_route(d);
		name = r ? malloc(strlen(prefix) + strlen(path) + 1) : NULL;
		if (!name)
			return RC_NOMEM;
		strcat(strcpy(name, prefix), path);
		free(from->routes[i].name);
		*r = from->routes[i];
		r->name = name;
		r->markdown_images = r->markdown_images || d->markdown_images;
		from->routes[i] = (struct route){0};
		++*taken;
	}
	return RC_OK;
}

static enum rc read_include(struct dialect *d, const struct yaml *node, const char *override_dir, int depth, struct buf *text,
			    struct why *why)
{
	struct include in = {0};
	struct dialect *from = NULL;
	enum rc rc = conf_read(node, "include", CONF_KEYS(include_keys), &in, why);

	if (rc == RC_OK && depth == INCLUDES_MAX)
		rc = why_at(why, RC_BAD, node->line, node->column, "dialects include each other more than %d deep", INCLUDES_MAX);
	if (rc == RC_OK)
		rc = load(in.dialect, override_dir, depth + 1, &from, why);
	if (rc == RC_NOT_FOUND)
		rc = why_at(why, RC_BAD, node->line, node->column, "there is no dialect \"%.60s\" to include", in.dialect);
	for (size_t i = 0; i < in.routes.n && rc == RC_OK; i++) {
		size_t taken = 0;

		rc = take_routes(d, from, in.routes.item[i], in.prefix ? in.prefix : "", &taken);
		if (rc == RC_OK && !taken)
			rc = why_at(why, RC_BAD, node->line, node->column, "%.60s has no route \"%.80s\"", in.dialect, in.routes.item[i]);
	}
	if (rc == RC_OK) {                               /* what is in force stands whole on record */
		d->builtin = d->builtin && from->builtin;
		buf_printf(text, "\n# ---- included: %s ----\n", in.dialect);
		rc = buf_puts(text, from->text);
	}
	dialect_free(from);
	conf_free(CONF_KEYS(include_keys), &in);
	return rc;
}

/* *text: the document's on the way in; on the way out that of what it includes stands behind it. */
static enum rc read_document(struct dialect *d, const char *override_dir, int depth, struct buf *text, struct why *why)
{
	struct document doc = {0};
	struct yaml *root = NULL;
	enum rc rc = yaml_parse(buf_slice(text), &root, why);

	if (rc == RC_OK)
		rc = conf_read(root, "a dialect", CONF_KEYS(document_keys), &doc, why);
	d->error = doc.error;
	d->volatile_headers = doc.volatile_headers;
	d->markdown_images = doc.markdown_images;
	if (rc == RC_OK && doc.routes->type != YAML_LIST)
		rc = why_at(why, RC_BAD, doc.routes->line, doc.routes->column, "\"routes\" must be a list");
	if (rc == RC_OK && doc.include && doc.include->type != YAML_LIST)
		rc = why_at(why, RC_BAD, doc.include->line, doc.include->column, "\"include\" must be a list");
	for (const struct yaml *node = rc == RC_OK ? doc.routes->child : NULL; node && rc == RC_OK; node = node->next)
		rc = read_route(d, node, why);
	for (const struct yaml *node = rc == RC_OK && doc.include ? doc.include->child : NULL; node && rc == RC_OK; node = node->next)
		rc = read_include(d, node, override_dir, depth, text, why);
	yaml_free(root);
	return rc;
}

static const struct dialect_builtin *find_builtin(const char *name)
{
	for (const struct dialect_builtin *b = dialect_builtin; b->name; b++)
		if (strcmp(b->name, name) == 0)
			return b;
	return NULL;
}

static enum rc unknown(const char *name, struct why *why)
{
	struct buf names;
	enum rc rc;

	buf_init(&names, 480);
	for (const struct dialect_builtin *b = dialect_builtin; b->name; b++)
		buf_printf(&names, "%s%s", b == dialect_builtin ? "" : ", ", b->name);
	rc = why_set(why, RC_NOT_FOUND, "there is no dialect \"%.60s\"; there are: %s", name, names.data ? names.data : "none");
	buf_free(&names);
	return rc;
}

static bool is_name(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");

	return n && !name[n];
}

static enum rc load(const char *name, const char *override_dir, int depth, struct dialect **out, struct why *why)
{
	const struct dialect_builtin *builtin = find_builtin(name);
	struct dialect *d = NULL;
	char path[4096];
	struct buf text;
	enum rc rc = RC_NOT_FOUND;

	*out = NULL;
	if (!is_name(name))
		return unknown(name, why);
	buf_init(&text, TEXT_MAX);
	snprintf(path, sizeof path, "%s/%s.yaml", override_dir ? override_dir : "", name);
	if (override_dir)
		rc = file_read(path, &text, why);
	if (rc == RC_NOT_FOUND) {
		path[0] = '\0';
		rc = builtin ? buf_add(&text, builtin->start, (size_t)(builtin->end - builtin->start)) : unknown(name, why);
	}
	if (rc != RC_OK)
		goto out;
	rc = RC_NOMEM;
	d = calloc(1, sizeof *d);
	if (!d)
		goto out;
	d->builtin = !path[0];
	d->name = strdup(name);
	if (!d->name)
		goto out;
	rc = read_document(d, override_dir, depth, &text, why);
	if (rc == RC_BAD)
		why_file(why, rc, path[0] ? path : name);
	if (rc == RC_OK && !(d->text = buf_take(&text, NULL)))
		rc = RC_NOMEM;
out:
	buf_free(&text);
	if (rc == RC_OK)
		*out = d;
	else
		dialect_free(d);
	return rc;
}

enum rc dialect_load(const char *name, const char *override_dir, struct dialect **out, struct why *why)
{
	return load(name, override_dir, 0, out, why);
}

const char *dialect_name(const struct dialect *d)
{
	return d->name;
}

void dialect_sha256(const struct dialect *d, char hex[65])
{
	sha256_hex(d->text, strlen(d->text), hex);
}

const char *dialect_text(const struct dialect *d)
{
	return d->builtin ? NULL : d->text;
}

/* ---- errors and headers ---- */

static bool starts(const char *at, const char *word)
{
	return strncmp(at, word, strlen(word)) == 0;
}

enum rc dialect_error(const struct dialect *d, const struct route *route, int status, const char *type, const char *message,
		      const char *request_id, struct buf *out)
{
	for (const char *at = route ? route->error : d->error; *at;) {
		if (starts(at, "$message")) {
			json_add_str(out, message);
			at += strlen("$message");
		} else if (starts(at, "$type")) {
			json_add_str(out, type);
			at += strlen("$type");
		} else if (starts(at, "$request_id")) {
			json_add_str(out, request_id);
			at += strlen("$request_id");
		} else if (starts(at, "$status")) {
			buf_printf(out, "%d", status);
			at += strlen("$status");
		} else {
			buf_putc(out, *at++);
		}
	}
	return out->rc;
}

bool dialect_volatile_header(const struct dialect *d, struct slice name)
{
	char text[128];

	if (name.n >= sizeof text || memchr(name.p, '\0', name.n))
		return false;
	memcpy(text, name.p, name.n);
	text[name.n] = '\0';
	for (size_t i = 0; i < d->volatile_headers.n; i++)
		if (fnmatch(d->volatile_headers.item[i], text, FNM_CASEFOLD) == 0)
			return true;
	return false;
}
