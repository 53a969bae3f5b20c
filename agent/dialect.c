#include "dialect.h"

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
#define SEGMENTS_MAX 32
#define TARGET_MAX 8192

struct dialect {
	char *name, *text;
	bool builtin;
	char *error;
	struct text_list volatile_headers;
	struct route *routes;
	size_t n_routes;
};

struct document {
	char *error;
	struct text_list volatile_headers;
	const struct yaml *routes;
};

static const struct conf_key document_keys[] = {
	{"error", CONF_TEXT, offsetof(struct document, error), true, "the body of an error; $message, $type, $request_id, $status stand in it"},
	{"volatile_headers", CONF_TEXTS, offsetof(struct document, volatile_headers), false, "headers that may differ between two sends"},
	{"routes", CONF_NODE, offsetof(struct document, routes), true, "the routes that there are"},
};

struct route_text {
	char *path, *method, *refused;
	const struct yaml *request, *response;
};

static const struct conf_key route_keys[] = {
	{"path", CONF_TEXT, offsetof(struct route_text, path), true, "the path; {name} is one segment"},
	{"method", CONF_TEXT, offsetof(struct route_text, method), false, "its method; every one when it is refused"},
	{"refused", CONF_TEXT, offsetof(struct route_text, refused), false, "why it is refused"},
	{"request", CONF_NODE, offsetof(struct route_text, request), false, "where the request's text stands"},
	{"response", CONF_NODE, offsetof(struct route_text, response), false, "where the answer's text stands"},
};

/* ---- reading ---- */

static void route_free(struct route *r)
{
	free(r->name);
	free(r->method);
	free(r->message);
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

static enum rc read_route(struct dialect *d, const struct yaml *node, struct why *why)
{
	struct route *routes = realloc(d->routes, (d->n_routes + 1) * sizeof *routes), *r;
	struct route_text t = {0};
	enum rc rc;

	if (!routes)
		return RC_NOMEM;
	d->routes = routes;
	rc = conf_read(node, "a route", CONF_KEYS(route_keys), &t, why);
	if (rc == RC_OK && t.path[0] != '/')
		rc = why_at(why, RC_BAD, node->line, node->column, "the path of a route begins with \"/\"");
	if (rc == RC_OK && !t.method == !t.refused)
		rc = why_at(why, RC_BAD, node->line, node->column, "a route has either a method, or says why it is refused");
	if (rc == RC_OK) {
		r = &routes[d->n_routes++];
		*r = (struct route){.name = t.path, .method = t.method, .message = t.refused, .refused = t.refused, .has_body = t.request};
		t = (struct route_text){.request = t.request, .response = t.response};
		rc = shape_read(t.response, &r->shape, why);
		if (rc == RC_OK && t.request)
			rc = prompt_shape_read(t.request, &r->prompt, why);
	}
	conf_free(CONF_KEYS(route_keys), &t);
	return rc;
}

static enum rc read_document(struct dialect *d, struct why *why)
{
	struct document doc = {0};
	struct yaml *root = NULL;
	enum rc rc = yaml_parse(slice_str(d->text), &root, why);

	if (rc == RC_OK)
		rc = conf_read(root, "a dialect", CONF_KEYS(document_keys), &doc, why);
	d->error = doc.error;
	d->volatile_headers = doc.volatile_headers;
	if (rc == RC_OK && doc.routes->type != YAML_LIST)
		rc = why_at(why, RC_BAD, doc.routes->line, doc.routes->column, "\"routes\" must be a list");
	for (const struct yaml *node = rc == RC_OK ? doc.routes->child : NULL; node && rc == RC_OK; node = node->next)
		rc = read_route(d, node, why);
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

enum rc dialect_load(const char *name, const char *override_dir, struct dialect **out, struct why *why)
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
	d->text = buf_take(&text, NULL);
	if (!d->name || !d->text)
		goto out;
	rc = read_document(d, why);
	if (rc == RC_BAD)
		why_file(why, rc, path[0] ? path : name);
out:
	buf_free(&text);
	if (rc == RC_OK)
		*out = d;
	else
		dialect_free(d);
	return rc;
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

/* ---- routes ---- */

#define ENCODED_SLASH '\x01'             /* a slash that is data, while a path is in parts */

struct parts {
	char text[TARGET_MAX];
	char *segment[SEGMENTS_MAX];
	size_t n;
};

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* Decode the path once, into segments without dots and doubles. RC_BAD: there is more than one way to read it. */
static enum rc split(struct slice path, struct parts *parts, struct why *why)
{
	size_t n = 0;

	if (!path.n || path.p[0] != '/')
		return why_set(why, RC_BAD, "the path must begin with \"/\"");
	if (path.n >= sizeof parts->text)
		return why_set(why, RC_BAD, "the path is too long");
	for (size_t i = 0; i < path.n; i++) {
		char c = path.p[i];

		if (c == '%') {
			int high = i + 2 < path.n ? hex_digit(path.p[i + 1]) : -1, low = i + 2 < path.n ? hex_digit(path.p[i + 2]) : -1;

			if (high < 0 || low < 0)
				return why_set(why, RC_BAD, "the path holds a %% that encodes nothing");
			c = (char)(high << 4 | low);
			if (c == '/')
				c = ENCODED_SLASH;
			else if (c == ENCODED_SLASH)
				c = '\0';
			i += 2;
		} else if (c == ENCODED_SLASH) {
			c = '\0';
		}
		if (c == '%' || c == '\\' || c == ';' || c == '#' || c == 0x7f || ((unsigned char)c < 0x20 && c != ENCODED_SLASH))
			return why_set(why, RC_BAD, "the path holds a character that servers read differently (%%, \\, ;, # or a control character)");
		parts->text[n++] = c;
	}
	parts->text[n] = '\0';
	if (!utf8_valid((struct slice){parts->text, n}))
		return why_set(why, RC_BAD, "the path is not UTF-8");
	parts->n = 0;
	for (char *at = parts->text + 1, *end; at; at = end) {
		end = strchr(at, '/');
		if (end)
			*end++ = '\0';
		if (!*at || strcmp(at, ".") == 0)
			continue;
		if (strcmp(at, "..") == 0) {
			if (!parts->n)
				return why_set(why, RC_BAD, "the path leads above its root");
			parts->n--;
		} else if (parts->n == SEGMENTS_MAX) {
			return why_set(why, RC_BAD, "the path has too many segments");
		} else {
			parts->segment[parts->n++] = at;
		}
	}
	return RC_OK;
}

static bool matches(const struct route *r, const struct parts *parts)
{
	const char *at = r->name + 1;
	size_t i = 0;

	while (*at) {
		size_t n = strcspn(at, "/");

		if (i == parts->n)
			return false;
		if (*at != '{' && (strlen(parts->segment[i]) != n || memcmp(parts->segment[i], at, n) != 0))
			return false;
		i++;
		at += n + (at[n] == '/');
	}
	return i == parts->n;
}

/* A parameter with encoded slashes must not become a path of its own on the other side. */
static bool parameter_safe(const char *p)
{
	for (;;) {
		size_t n = strcspn(p, "\x01");

		if (n == 0 || (n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
			return false;
		if (!p[n])
			return true;
		p += n + 1;
	}
}

static void add_parameter(struct buf *out, const char *p)
{
	for (; *p; p++) {
		if (*p == ENCODED_SLASH)
			buf_puts(out, "%2F");
		else if ((*p >= '0' && *p <= '9') || ((*p | 32) >= 'a' && (*p | 32) <= 'z') || strchr("-._~:@", *p))
			buf_putc(out, *p);
		else
			buf_printf(out, "%%%02X", (unsigned char)*p);
	}
}

/* The path to send: the dialect's own, with the parameters. */
static enum rc build(const struct route *r, const struct parts *parts, struct slice query, char **path, struct why *why)
{
	const char *at = r->name + 1;
	struct buf out;
	enum rc rc = RC_OK;

	buf_init(&out, 4 * TARGET_MAX);
	if (!*at)
		buf_putc(&out, '/');
	for (size_t i = 0; i < parts->n && rc == RC_OK; i++) {
		size_t n = strcspn(at, "/");

		buf_putc(&out, '/');
		if (*at == '{' && !parameter_safe(parts->segment[i]))
			rc = why_set(why, RC_BAD, "a part of the path could be read as another path");
		else if (*at == '{')
			add_parameter(&out, parts->segment[i]);
		else
			buf_add(&out, at, n);
		at += n + (at[n] == '/');
	}
	buf_add_slice(&out, query);
	if (rc == RC_OK)
		rc = out.rc;
	if (rc == RC_OK)
		*path = buf_take(&out, NULL);
	buf_free(&out);
	return rc;
}

static enum rc check_query(struct slice query, struct why *why)
{
	for (size_t i = 0; i < query.n; i++)
		if ((unsigned char)query.p[i] <= 0x20 || (unsigned char)query.p[i] >= 0x7f || query.p[i] == '#' || query.p[i] == '\\')
			return why_set(why, RC_BAD, "the query holds a character that must be percent-encoded");
	return RC_OK;
}

enum rc dialect_route(const struct dialect *d, const char *method, struct slice target, const struct route **route, char **path,
		      struct why *why)
{
	const char *mark = target.n ? memchr(target.p, '?', target.n) : NULL;
	struct slice front = {target.p, mark ? (size_t)(mark - target.p) : target.n};
	struct slice query = {front.p + front.n, target.n - front.n};
	bool known = false;
	struct parts parts;
	enum rc rc = split(front, &parts, why);

	*route = NULL;
	*path = NULL;
	if (rc == RC_OK)
		rc = check_query(query, why);
	if (rc != RC_OK)
		return rc;
	for (size_t i = 0; i < d->n_routes; i++) {
		const struct route *r = &d->routes[i];

		if (!matches(r, &parts))
			continue;
		if (r->refused)
			return why_set(why, RC_DENIED, "%s", r->message);
		known = true;
		if (strcmp(r->method, method) != 0)
			continue;
		*route = r;
		return build(r, &parts, query, path, why);
	}
	if (known)
		return why_set(why, RC_DENIED, "this route does not take %.16s in the dialect %s", method, d->name);
	return why_set(why, RC_DENIED, "the dialect %s has no such route, so it is refused", d->name);
}

/* ---- errors and headers ---- */

static bool starts(const char *at, const char *word)
{
	return strncmp(at, word, strlen(word)) == 0;
}

enum rc dialect_error(const struct dialect *d, int status, const char *type, const char *message, const char *request_id, struct buf *out)
{
	for (const char *at = d->error; *at;) {
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
