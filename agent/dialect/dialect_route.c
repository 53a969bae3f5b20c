/* Paths: which route a request takes, and the one way in which its path is sent. */
#include <stdio.h>
#include <string.h>

#include "dialect_private.h"
#include "json.h"

#define SEGMENTS_MAX 32
#define TARGET_MAX 8192

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

/* ---- models in paths ---- */

static const char model_segment[] = "{model}";

/* Where a path of the dialect's own has the segment that names its model; n is 0 where the route has none. */
static struct slice find_model(const struct route *r, const char *path)
{
	const char *at = r->name, *in = path;

	while (*at == '/' && *in == '/') {
		size_t n = strcspn(++at, "/"), n_in = strcspn(++in, "/?");

		if (n == sizeof model_segment - 1 && memcmp(at, model_segment, n) == 0)
			return (struct slice){in, n_in};
		at += n;
		in += n_in;
	}
	return (struct slice){path, 0};
}

enum rc dialect_path_model(const struct route *r, const char *path, char **model)
{
	struct slice in = find_model(r, path);
	struct buf out;
	enum rc rc = RC_OK;

	*model = NULL;
	if (!in.n)
		return RC_OK;
	buf_init(&out, TARGET_MAX);
	for (size_t i = 0; i < in.n; i++) {              /* as build() wrote it */
		char c = in.p[i];

		if (c == '%') {
			c = (char)(hex_digit(in.p[i + 1]) << 4 | hex_digit(in.p[i + 2]));
			i += 2;
		}
		buf_putc(&out, c);
	}
	rc = out.rc;
	if (rc == RC_OK)
		*model = buf_take(&out, NULL);
	buf_free(&out);
	return rc;
}

enum rc dialect_path_with_model(const struct route *r, const char *path, const char *model, char **out)
{
	struct slice in = find_model(r, path);
	struct buf text;
	enum rc rc;

	*out = NULL;
	buf_init(&text, 4 * TARGET_MAX);
	buf_add(&text, path, (size_t)(in.p - path));
	if (in.n)
		add_parameter(&text, model);
	rc = buf_puts(&text, in.p + in.n);
	if (rc == RC_OK)
		*out = buf_take(&text, NULL);
	buf_free(&text);
	return rc;
}

/* ---- routes ---- */

const char *dialect_route_name(const struct dialect *d, size_t i)
{
	return i < d->n_routes ? d->routes[i].name : NULL;
}

enum rc dialect_route(const struct dialect *d, const char *method, struct slice target, const struct text_list *allowed,
		      const struct route **route, char **path, struct why *why)
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
		*route = r;
		if (r->refused && !(r->method && allowed && text_list_has(allowed, r->name)))
			return why_set(why, RC_DENIED, "%s", r->refused);
		known = true;
		if (strcmp(r->method, method) == 0)
			return build(r, &parts, query, path, why);
	}
	if (known)
		return why_set(why, RC_DENIED, "this route does not take %.16s in the dialect %s", method, d->name);
	return why_set(why, RC_DENIED, "the dialect %s has no such route, so it is refused", d->name);
}

enum rc dialect_check_allowed(const struct dialect *d, const struct text_list *allowed, struct why *why)
{
	for (size_t n = 0; n < allowed->n; n++) {
		struct buf names;
		bool found = false;
		enum rc rc;

		buf_init(&names, 2048);
		for (size_t i = 0; i < d->n_routes; i++)
			if (d->routes[i].refused && d->routes[i].method) {
				found = found || strcmp(d->routes[i].name, allowed->item[n]) == 0;
				buf_printf(&names, "%s%s", names.len ? ", " : "", d->routes[i].name);
			}
		rc = found ? RC_OK : why_set(why, RC_NOT_FOUND, "allow_routes: the dialect %s has no \"%.80s\" to allow; there are: %s", d->name,
					     allowed->item[n], names.len ? names.data : "none");
		buf_free(&names);
		if (rc != RC_OK)
			return rc;
	}
	return RC_OK;
}
