#include "prompt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "digest.h"
#include "json.h"
#include "prompt_shape.h"
#include "prompt_tree.h"
#include "wipe.h"

#define TAIL_BYTES ((size_t)512)         /* of a text that the answer goes on from */
#define ENCODED_BYTES 256                /* in a tensor, so much base64 without a space is no text */

struct reading {
	struct tree tree;
	const struct prompt_shape *shape;
	bool markdown_images, streams;
	const struct text_list *allowed;
	struct prompt *p;
	struct buf other;
	struct sha256_ctx tools;
	int64_t max_tokens, times;       /* max_tokens: -1 while absent */
	bool max_unknown;
	size_t messages_cap, opaque_cap;
	size_t continues;                /* a message and 1; 0: none */
	struct why *why;
};

static void wipe_text(char *text, size_t n)
{
	if (text)
		wipe(text, n);
	free(text);
}

void prompt_free(struct prompt *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n_messages; i++) {
		free(p->messages[i].role);
		wipe_text(p->messages[i].text, p->messages[i].n);
	}
	free(p->messages);
	free(p->opaque);
	text_list_free(&p->adapters);
	free(p->model);
	wipe_text(p->other_text, p->other_text ? strlen(p->other_text) : 0);
	free(p);
}

static const struct tree_node *node(const struct reading *r, uint32_t i)
{
	return i ? &r->tree.nodes[i] : NULL;
}

static int mark(const struct reading *r, const struct tree_node *n, enum prompt_mark m)
{
	return paths_mark(r->shape->paths, n->place, m);
}

static bool is_literal(const struct reading *r, const struct tree_node *n, const char *word)
{
	return n->type == TREE_LITERAL && slice_is(tree_bytes(&r->tree, n), word);
}

/* Named are keys of the dialect's only: what callers write into keys is theirs. */
static enum rc wrong_type(struct reading *r, const struct tree_node *n, const char *want)
{
	struct slice key = n->has_key && paths_named(r->shape->paths, n->place) ? tree_key(&r->tree, n) : SLICE("value");

	return why_set(r->why, RC_BAD, "the request's JSON, byte %zu: \"%.*s\" must be %s", n->at + 1, (int)key.n, key.p, want);
}

/* Room for one more than n items: the list, maybe elsewhere; NULL: no memory, and the list is as it was. */
static void *one_more(void *list, size_t n, size_t *cap, size_t size)
{
	size_t more = *cap ? 2 * *cap : 16;

	if (n < *cap)
		return list;
	list = realloc(list, more * size);
	if (list)
		*cap = more;
	return list;
}

/* ---- messages ---- */

static struct prompt_message *add_message(struct reading *r)
{
	struct prompt *p = r->p;
	struct prompt_message *messages = one_more(p->messages, p->n_messages, &r->messages_cap, sizeof *messages);

	if (!messages)
		return NULL;
	p->messages = messages;
	p->messages[p->n_messages] = (struct prompt_message){0};
	return &p->messages[p->n_messages++];
}

static enum rc fill_message(struct reading *r, struct prompt_message *m, struct slice role, struct slice text, const struct tree_node *whole)
{
	struct slice bytes = tree_bytes(&r->tree, whole);

	m->role = strndup(role.n ? role.p : "", role.n);
	m->text = malloc(text.n + 1);
	if (!m->role || !m->text)
		return RC_NOMEM;
	if (text.n)
		memcpy(m->text, text.p, text.n);
	m->text[text.n] = '\0';
	m->n = text.n;
	sha256(bytes.p, bytes.n, m->sha256);
	return RC_OK;
}

/* Everything below a node that is marked as a message's text, joined; the role is noted on the way. */
static enum rc gather(struct reading *r, const struct tree_node *n, struct buf *text, struct slice *role)
{
	enum rc rc = RC_OK;

	for (uint32_t c = n->child; c && rc == RC_OK; c = node(r, c)->next) {
		const struct tree_node *child = node(r, c);

		if (mark(r, child, PROMPT_ROLE) >= 0 && child->type == TREE_TEXT)
			*role = tree_text(&r->tree, child);
		else if (mark(r, child, PROMPT_MESSAGE_TEXT) >= 0 && child->type == TREE_TEXT)
			rc = buf_add_slice(text, tree_text(&r->tree, child));
		else
			rc = gather(r, child, text, role);
	}
	return rc;
}

static enum rc read_message(struct reading *r, const struct tree_node *n)
{
	struct prompt_message *m = add_message(r);
	struct slice role = {"", 0};
	struct buf text;
	enum rc rc;

	if (!m)
		return RC_NOMEM;
	buf_init(&text, r->tree.body.n + 1);
	rc = gather(r, n, &text, &role);
	if (rc == RC_OK && memchr(role.p, '\n', role.n))
		rc = wrong_type(r, n, "a message with a role of one line");
	if (rc == RC_OK)
		rc = fill_message(r, m, role, buf_slice(&text), n);
	buf_free(&text);
	if (rc == RC_OK && r->shape->continues)
		r->continues = strcmp(m->role, "assistant") == 0 ? r->p->n_messages : 0;
	return rc;
}

/* "system": "…", or "system": [{"text": "…"}] */
static bool in_system(const struct reading *r, const struct tree_node *n)
{
	while (n && !slice_is(tree_key(&r->tree, n), "system"))
		n = node(r, n->parent);
	return n;
}

static enum rc read_text(struct reading *r, const struct tree_node *n)
{
	struct prompt_message *m = add_message(r);
	enum rc rc;

	if (!m)
		return RC_NOMEM;
	rc = fill_message(r, m, slice_str(in_system(r, n) ? "system" : ""), tree_text(&r->tree, n), n);
	if (mark(r, n, PROMPT_TEXT) == 1 && n->value_n)
		r->continues = r->p->n_messages;
	return rc;
}

/* ---- what cannot be read ---- */

static bool is_remote(struct slice text)
{
	return text.n >= 5 && strncasecmp(text.p, "data:", 5) != 0 &&
	       (strncasecmp(text.p, "file:", 5) == 0 || memmem(text.p, text.n < 64 ? text.n : 64, "://", 3));
}

static bool names_remote(const struct reading *r, const struct tree_node *n)
{
	if (n->type == TREE_TEXT && is_remote(tree_text(&r->tree, n)))
		return true;
	for (uint32_t c = n->child; c; c = node(r, c)->next)
		if (names_remote(r, node(r, c)))
			return true;
	return false;
}

static enum rc add_opaque_bytes(struct reading *r, const char *kind, size_t bytes)
{
	struct prompt *p = r->p;
	struct prompt_opaque *opaque;

	if (!r->allowed || !text_list_has(r->allowed, kind))
		return why_set(r->why, RC_DENIED, "the request holds what phigate cannot read (%s), and this connection does not allow it", kind);
	opaque = one_more(p->opaque, p->n_opaque, &r->opaque_cap, sizeof *opaque);
	if (!opaque)
		return RC_NOMEM;
	p->opaque = opaque;
	p->opaque[p->n_opaque++] = (struct prompt_opaque){kind, bytes};
	return RC_OK;
}

static enum rc add_opaque(struct reading *r, const char *kind, const struct tree_node *n)
{
	return add_opaque_bytes(r, kind, n->end - n->at);
}

static bool empty(const struct reading *r, const struct tree_node *n)
{
	return is_literal(r, n, "null") || is_literal(r, n, "false") || (n->type == TREE_NUMBER && slice_is(tree_bytes(&r->tree, n), "-1")) || ((n->type == TREE_ARRAY || n->type == TREE_OBJECT) && !n->child && !n->numbers) ||
	       (n->type == TREE_TEXT && !n->value_n);
}

/* Servers go by the "type" beside it: {"type": "image", "source": {…}}. */
static const char *media_kind(const struct reading *r, const struct tree_node *n)
{
	static const struct {
		const char *in_type, *kind;
	} rows[] = {{"image", "image"}, {"audio", "audio"}};
	const struct tree_node *parent = node(r, n->parent);

	for (uint32_t c = parent ? parent->child : 0; c; c = node(r, c)->next) {
		const struct tree_node *beside = node(r, c);
		struct slice type = tree_text(&r->tree, beside);

		if (beside->type != TREE_TEXT || !slice_is(tree_key(&r->tree, beside), "type"))
			continue;
		for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
			if (memmem(type.p, type.n, rows[i].in_type, strlen(rows[i].in_type)))
				return rows[i].kind;
	}
	return "file";
}

static enum rc check_opaque(struct reading *r, const struct tree_node *n)
{
	int kind = mark(r, n, PROMPT_OPAQUE);

	if (kind < 0 || empty(r, n))
		return RC_OK;
	if (names_remote(r, n))
		return add_opaque(r, "url", n);
	return add_opaque(r, kind == PROMPT_MEDIA ? media_kind(r, n) : prompt_kinds[kind], n);
}

/* ![](URL) in the text of a server that takes it for an image. */
static enum rc check_markdown(struct reading *r, const struct tree_node *n)
{
	struct slice text = tree_text(&r->tree, n);
	const char *image = text.n ? memmem(text.p, text.n, "![](", 4) : NULL;
	struct slice url;

	if (!image)
		return RC_OK;
	url = (struct slice){image + 4, text.n - (size_t)(image + 4 - text.p)};
	return add_opaque(r, url.n >= 5 && strncasecmp(url.p, "data:", 5) == 0 ? "image" : "url", n);
}

static bool holds_numbers(const struct reading *r, const struct tree_node *n)
{
	if (n->type == TREE_NUMBER || n->numbers)
		return true;
	for (uint32_t c = n->child; c; c = node(r, c)->next)
		if (holds_numbers(r, node(r, c)))
			return true;
	return false;
}

static bool in_tensor(const struct reading *r, const struct tree_node *n, const struct tree_node **tensor)
{
	for (*tensor = r->shape->tensors ? n : NULL; *tensor; *tensor = node(r, (*tensor)->parent))
		if (mark(r, *tensor, PROMPT_TENSOR) >= 0)
			return true;
	return false;
}

/* At most one number: a setting such as [100], and no list of tokens. */
static bool one_number(const struct reading *r, const struct tree_node *n)
{
	struct slice bytes = tree_bytes(&r->tree, n);
	int holders = 0;

	if (n->numbers)
		return !memchr(bytes.p, ',', bytes.n);
	for (uint32_t c = n->child; c; c = node(r, c)->next)
		if (holds_numbers(r, node(r, c)) && (holders++ || !one_number(r, node(r, c))))
			return false;
	return true;
}

static bool is_encoded(struct slice text)
{
	size_t n = 0;

	while (n < text.n && ((text.p[n] >= '0' && text.p[n] <= '9') || ((text.p[n] | 32) >= 'a' && (text.p[n] | 32) <= 'z') ||
			      (text.p[n] && strchr("+/-_=", text.p[n]))))
		n++;
	return n == text.n && n >= ENCODED_BYTES;
}

static enum rc check_tensor(struct reading *r, const struct tree_node *n, const struct tree_node *tensor)
{
	if (n->type == TREE_TEXT)
		return is_encoded(tree_text(&r->tree, n)) ? add_opaque(r, "file", n) : RC_OK;
	if (n == tensor && holds_numbers(r, n) && !one_number(r, n))
		return add_opaque(r, "tokens", n);
	return n->type == TREE_OBJECT ? wrong_type(r, n, "a text, a number or a list of them") : RC_OK;
}

/* A place of text that holds something else. */
static enum rc check_text(struct reading *r, const struct tree_node *n)
{
	bool item = paths_item(r->shape->paths, n->place) != PATH_NONE;
	const struct tree_node *tensor;

	if (in_tensor(r, n, &tensor))
		return check_tensor(r, n, tensor);
	if (n->type == TREE_TEXT && r->markdown_images)
		return check_markdown(r, n);
	if (n->type == TREE_TEXT || is_literal(r, n, "null"))
		return RC_OK;
	if (n->type == TREE_OBJECT && paths_has_keys(r->shape->paths, n->place))   /* {"prompt_string": …} */
		return RC_OK;
	if (n->type == TREE_ARRAY && n->numbers)
		return add_opaque(r, "tokens", n);
	if (n->type == TREE_ARRAY && (item || !n->child))
		return RC_OK;
	return holds_numbers(r, n) ? add_opaque(r, "tokens", n) : wrong_type(r, n, "a text or a list of texts");
}

/* ---- numbers ---- */

/* A count: an integer from 0. Anything else is unknown, and unknown is over every limit. */
static bool count_of(const struct reading *r, const struct tree_node *n, int64_t *value)
{
	struct slice text = tree_bytes(&r->tree, n);

	if (n->type != TREE_NUMBER || text.n > 18)
		return false;
	*value = 0;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		*value = 10 * *value + (text.p[i] - '0');
	}
	return true;
}

static void read_limits(struct reading *r, const struct tree_node *n)
{
	int64_t value;

	if (is_literal(r, n, "null"))
		return;
	if (mark(r, n, PROMPT_MAX) >= 0) {
		if (!count_of(r, n, &value))
			r->max_unknown = true;
		else if (value > r->max_tokens)
			r->max_tokens = value;
	}
	if (mark(r, n, PROMPT_TIMES) >= 0) {
		if (!count_of(r, n, &value) || __builtin_mul_overflow(r->times, value ? value : 1, &r->times))
			r->max_unknown = true;
	}
}

/* ---- the walk ---- */

/* Another model beside the one that is named. */
static enum rc read_adapter(struct reading *r, const struct tree_node *n)
{
	int by_name = mark(r, n, PROMPT_ADAPTER);
	struct slice text = n->type == TREE_TEXT ? tree_text(&r->tree, n) : (struct slice){0};
	char *name;
	enum rc rc;

	if (by_name < 0 || is_literal(r, n, "null"))
		return RC_OK;
	if (by_name)
		for (size_t i = 0; i < r->shape->adapter_names.n; i++)
			r->p->unnamed_adapter |= slice_is(text, r->shape->adapter_names.item[i]);
	if (by_name)
		return RC_OK;
	if (n->type != TREE_TEXT) {
		r->p->unnamed_adapter = true;
		return RC_OK;
	}
	name = strndup(text.p, text.n);
	rc = name ? text_list_add(&r->p->adapters, name) : RC_NOMEM;
	free(name);
	return rc;
}

static enum rc read_flags(struct reading *r, const struct tree_node *n)
{
	struct prompt *p = r->p;

	if (mark(r, n, PROMPT_MODEL) >= 0) {
		if (n->type != TREE_TEXT)
			return wrong_type(r, n, "a text");
		if (p->model)
			return why_set(r->why, RC_BAD, "the request names the model twice");
		sha256_more(&r->tools, tree_bytes(&r->tree, n).p, n->end - n->at);
		p->model_at = n->at;
		p->model_end = n->end;
		p->model = strndup(tree_text(&r->tree, n).p, n->value_n);
		return p->model ? RC_OK : RC_NOMEM;
	}
	if (mark(r, n, PROMPT_STREAM) >= 0 && !is_literal(r, n, "null")) {
		if (n->type != TREE_LITERAL)
			return wrong_type(r, n, "true or false");
		p->stream = r->streams || is_literal(r, n, "true");
	}
	if (mark(r, n, PROMPT_TOOLS) >= 0) {
		p->tools |= !empty(r, n);
		sha256_more(&r->tools, "\n", 1);
		sha256_more(&r->tools, tree_bytes(&r->tree, n).p, n->end - n->at);
	}
	return RC_OK;
}

static enum rc other(struct reading *r, struct slice text)
{
	if (!text.n)
		return RC_OK;
	if (r->other.len)
		buf_putc(&r->other, '\n');
	return buf_add_slice(&r->other, text);
}

static bool is_message_item(const struct reading *r, const struct tree_node *n)
{
	const struct tree_node *parent = node(r, n->parent);

	return parent && parent->type == TREE_ARRAY && mark(r, parent, PROMPT_LIST) >= 0;
}

static enum rc walk(struct reading *r, const struct tree_node *n)
{
	bool text = mark(r, n, PROMPT_TEXT) >= 0, message_text = mark(r, n, PROMPT_MESSAGE_TEXT) >= 0;
	bool list = mark(r, n, PROMPT_LIST) >= 0;
	enum rc rc = check_opaque(r, n);

	if (rc == RC_OK && (text || message_text) && !(list && n->type == TREE_ARRAY && !n->numbers))
		rc = check_text(r, n);
	if (rc == RC_OK && list && !text && n->type != TREE_ARRAY)
		rc = wrong_type(r, n, "a list of messages");
	if (rc == RC_OK)
		rc = read_flags(r, n);
	if (rc == RC_OK)
		rc = read_adapter(r, n);
	if (rc == RC_OK)
		read_limits(r, n);
	if (rc == RC_OK && is_message_item(r, n))
		rc = n->type == TREE_OBJECT || n->type == TREE_TEXT ? read_message(r, n) : wrong_type(r, n, "a list of messages");
	if (rc == RC_OK && text && n->type == TREE_TEXT)
		rc = read_text(r, n);
	if (rc == RC_OK && n->has_key && !paths_named(r->shape->paths, n->place))
		rc = other(r, tree_key(&r->tree, n));
	if (rc == RC_OK && n->type == TREE_TEXT && !text && !message_text && mark(r, n, PROMPT_ROLE) < 0 && mark(r, n, PROMPT_MODEL) < 0)
		rc = other(r, tree_text(&r->tree, n));
	for (uint32_t c = n->child; c && rc == RC_OK; c = node(r, c)->next)
		rc = walk(r, node(r, c));
	return rc;
}

static enum rc finish(struct reading *r)
{
	struct prompt *p = r->p;

	if (r->max_unknown || r->max_tokens < 0 || __builtin_mul_overflow(r->max_tokens, r->times, &p->max_tokens))
		p->max_tokens = INT64_MAX;
	if (r->continues) {
		const struct prompt_message *m = &p->messages[r->continues - 1];
		size_t n = m->n < TAIL_BYTES ? m->n : TAIL_BYTES;

		while (n && ((unsigned char)m->text[m->n - n] & 0xc0) == 0x80)
			n--;
		p->continues = (struct slice){m->text + m->n - n, n};
	}
	if (r->other.len)
		p->other_text = buf_take(&r->other, NULL);
	return r->other.rc;
}

enum rc prompt_read(const struct route *route, struct slice body, const struct text_list *allowed, struct prompt **out, struct why *why)
{
	struct reading r = {
		.shape = route->prompt, .markdown_images = route->markdown_images, .streams = route->streams, .allowed = allowed, .max_tokens = -1, .times = 1, .why = why,
	};
	enum rc rc;

	*out = NULL;
	r.p = calloc(1, sizeof *r.p);
	if (!r.p)
		return RC_NOMEM;
	r.p->stream = route->streams || route->prompt->stream_default;
	buf_init(&r.other, 2 * body.n + 64);
	sha256_begin(&r.tools);
	if (r.shape->whole)
		rc = add_opaque_bytes(&r, r.shape->whole, body.n);
	else
		rc = tree_read(body, route->prompt->paths, &r.tree, why);
	if (rc == RC_OK && !r.shape->whole && r.tree.nodes[1].type != TREE_OBJECT)
		rc = why_set(why, RC_BAD, "the request's JSON must be an object");
	if (rc == RC_OK && !r.shape->whole)
		rc = walk(&r, &r.tree.nodes[1]);
	if (rc == RC_OK)
		rc = finish(&r);
	sha256_end(&r.tools, r.p->tools_sha256);
	buf_free(&r.other);
	tree_free(&r.tree);
	if (rc == RC_OK)
		*out = r.p;
	else
		prompt_free(r.p);
	return rc;
}

enum rc prompt_with_model(const struct route *route, const struct prompt *p, struct slice body, const char *model, struct buf *out)
{
	const char *brace = memchr(body.p, '{', body.n);
	size_t from = p->model_at, to = p->model_end, next;

	if (!to) {                                       /* the first member */
		from = to = (size_t)(brace + 1 - body.p);
		next = to;
		while (next < body.n && memchr(" \t\r\n", body.p[next], 4))
			next++;
		buf_add(out, body.p, from);
		json_add_str(out, route->prompt->model);
		buf_putc(out, ':');
		json_add_str(out, model);
		if (body.p[next] != '}')
			buf_putc(out, ',');
	} else {
		buf_add(out, body.p, from);
		json_add_str(out, model);
	}
	return buf_add(out, body.p + to, body.n - to);
}
