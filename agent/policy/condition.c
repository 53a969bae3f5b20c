#include "condition_private.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "purpose.h"

static const struct kind_row *row_of(const struct condition *c);

void condition_free(struct condition *c)
{
	while (c) {
		struct condition *next = c->next;

		condition_free(c->child);
		text_list_free(&c->texts);
		free(c->pattern);
		times_free(c->times);
		free(c);
		c = next;
	}
}

static enum rc condition_new(enum kind kind, struct condition **out)
{
	*out = calloc(1, sizeof **out);
	if (!*out)
		return RC_NOMEM;
	(*out)->kind = kind;
	return RC_OK;
}

/* ---- reading ---- */

static enum rc read_children(struct condition *c, const struct yaml *value, struct patterns *patterns, struct why *why)
{
	struct condition **tail = &c->child;
	enum rc rc = RC_OK;

	if (value->type != YAML_LIST || !value->child)
		return why_at(why, RC_BAD, value->line, value->column, "\"%s\" must be a list of at least one condition, "
			      "each a mapping such as {route: /v1/embeddings}", value->key->text);
	for (const struct yaml *item = value->child; item && rc == RC_OK; item = item->next) {
		rc = condition_read(item, patterns, tail, why);
		if (rc == RC_OK)
			tail = &(*tail)->next;
	}
	return rc;
}

static enum rc read_not(struct condition *c, const struct yaml *value, struct patterns *patterns, struct why *why)
{
	return condition_read(value, patterns, &c->child, why);
}

static enum rc read_texts(struct condition *c, const struct yaml *value, struct patterns *patterns, struct why *why)
{
	enum rc rc = yaml_is_null(value) ? RC_OK : conf_value(value, CONF_TEXTS, &c->texts, why);

	(void)patterns;
	for (size_t i = 0; i < c->texts.n && rc == RC_OK; i++)
		if (!*c->texts.item[i])
			text_list_free(&c->texts);
	if (rc == RC_OK && !c->texts.n)
		rc = why_at(why, RC_BAD, value->line, value->column, "\"%s\" must be a text or a list of texts, none empty",
			    value->key->text);
	return rc;
}

static enum rc read_method(struct condition *c, const struct yaml *value, struct patterns *patterns, struct why *why)
{
	enum rc rc = read_texts(c, value, patterns, why);

	for (size_t i = 0; i < c->texts.n && rc == RC_OK; i++)
		if (strspn(c->texts.item[i], "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") != strlen(c->texts.item[i]))
			rc = why_at(why, RC_BAD, value->line, value->column, "a method is written in capitals: GET, POST, DELETE, …");
	return rc;
}

static enum rc read_patterns(struct condition *c, const struct yaml *value, struct patterns *patterns, struct why *why)
{
	const struct yaml *item = value->type == YAML_LIST ? value->child : value;
	enum rc rc = RC_OK;

	if (!item || value->type == YAML_MAP)
		return why_at(why, RC_BAD, value->line, value->column, "\"%s\" must be a pattern or a list of patterns", value->key->text);
	while (item && rc == RC_OK) {
		size_t *pattern = realloc(c->pattern, (c->n_patterns + 1) * sizeof *pattern);

		if (!pattern)
			return RC_NOMEM;
		c->pattern = pattern;
		rc = patterns_add(patterns, item, &c->pattern[c->n_patterns], why);
		if (rc == RC_OK)
			c->n_patterns++;
		item = value->type == YAML_LIST ? item->next : NULL;
	}
	return rc;
}

static enum rc read_over(struct condition *c, const struct yaml *value, struct patterns *patterns, struct why *why)
{
	static const struct conf_key tokens[] = {
		{"over", CONF_INT, offsetof(struct condition, over), true, "holds for more than this many tokens"}};
	static const struct conf_key identifiers[] = {
		{"over", CONF_INT, offsetof(struct condition, over), true, "holds for more than this many identifiers"}};
	static const struct conf_key size[] = {
		{"over", CONF_SIZE, offsetof(struct condition, over), true, "holds for a body of more than this many bytes"}};
	const struct conf_key *keys = c->kind == KIND_MAX_TOKENS ? tokens : c->kind == KIND_BODY_BYTES ? size : identifiers;
	enum rc rc;

	(void)patterns;
	if (value->type != YAML_MAP)
		return why_at(why, RC_BAD, value->line, value->column, "\"%s\" is written {over: 8000}", value->key->text);
	rc = conf_read(value, value->key->text, keys, 1, c, why);
	if (rc == RC_OK && c->over < 0)
		rc = why_at(why, RC_BAD, value->line, value->column, "\"over\" is too large");
	return rc;
}

static enum rc read_time(struct condition *c, const struct yaml *value, struct patterns *patterns, struct why *why)
{
	(void)patterns;
	return times_read(value, &c->times, why);
}

static enum rc read_flag(struct condition *c, const struct yaml *value, struct patterns *patterns, struct why *why)
{
	(void)patterns;
	return conf_value(value, CONF_FLAG, &c->flag, why);
}

static enum rc read_opaque(struct condition *c, const struct yaml *value, struct patterns *patterns, struct why *why)
{
	static const char *const known[] = {"tokens", "image", "audio", "file", "url", "state", "embedding"};
	enum rc rc;

	if (value->type == YAML_TEXT && (strcmp(value->text, "true") == 0 || strcmp(value->text, "false") == 0))
		return conf_value(value, CONF_FLAG, &c->flag, why);
	c->flag = true;
	rc = read_texts(c, value, patterns, why);
	for (size_t i = 0; i < c->texts.n && rc == RC_OK; i++) {
		size_t k = 0;

		while (k < sizeof known / sizeof *known && strcmp(known[k], c->texts.item[i]) != 0)
			k++;
		if (k == sizeof known / sizeof *known)
			rc = why_at(why, RC_BAD, value->line, value->column,
				    "\"%.40s\" is no opaque kind; allowed: true, false, or of tokens, image, audio, file, url, state, "
				    "embedding", c->texts.item[i]);
	}
	return rc;
}

static enum rc read_purpose(struct condition *c, const struct yaml *value, struct patterns *patterns, struct why *why)
{
	enum rc rc = read_texts(c, value, patterns, why);
	struct why said;

	for (size_t i = 0; i < c->texts.n && rc == RC_OK; i++)
		if (purpose_check(c->texts.item[i], &said) != RC_OK)
			rc = why_at(why, RC_BAD, value->line, value->column, "%s", said.text);
	return rc;
}

/* ---- deciding ---- */

static bool any_holds(const struct condition *c, struct evaluation *e)
{
	for (const struct condition *child = c->child; child; child = child->next)
		if (condition_holds(child, e))
			return true;
	return false;
}

static bool all_hold(const struct condition *c, struct evaluation *e)
{
	for (const struct condition *child = c->child; child; child = child->next)
		if (!condition_holds(child, e))
			return false;
	return true;
}

static bool not_holds(const struct condition *c, struct evaluation *e)
{
	return !condition_holds(c->child, e);
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* A text in which * stands for any run of characters. */
static bool glob(const char *pattern, const char *text, bool nocase)
{
	const char *star = NULL, *back = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = pattern++;
			back = text;
		} else if (*pattern == *text || (nocase && lower(*pattern) == lower(*text))) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star + 1;
			text = ++back;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

bool condition_globs(const struct text_list *list, const char *text, bool nocase)
{
	for (size_t i = 0; text && i < list->n; i++)
		if (glob(list->item[i], text, nocase))
			return true;
	return false;
}

static bool route_holds(const struct condition *c, struct evaluation *e)
{
	return condition_globs(&c->texts, e->facts->route, false);
}

static bool method_holds(const struct condition *c, struct evaluation *e)
{
	return text_list_has(&c->texts, e->facts->method);
}

/* Model servers differ in whether the case of a name counts. */
static bool model_holds(const struct condition *c, struct evaluation *e)
{
	return e->facts->prompt && condition_globs(&c->texts, e->facts->prompt->model, true);
}

static bool user_holds(const struct condition *c, struct evaluation *e)
{
	return condition_globs(&c->texts, e->facts->user, false);
}

const char *condition_group(const struct condition *c, const struct facts *facts)
{
	for (size_t i = 0; facts->groups && i < facts->groups->n; i++)
		if (text_list_has(&c->texts, facts->groups->item[i]))
			return facts->groups->item[i];
	return NULL;
}

static bool group_holds(const struct condition *c, struct evaluation *e)
{
	return condition_group(c, e->facts) != NULL;
}

struct slice condition_message(const struct prompt_message *m)
{
	return (struct slice){m->text ? m->text : "", m->n};
}

/* Every text is read once for all patterns of the policy, when the first condition asks. */
static void scan(struct evaluation *e)
{
	const struct prompt *prompt = e->facts->prompt;
	size_t n = patterns_count(e->patterns);

	e->fresh = calloc(n + 1, sizeof *e->fresh);
	e->history = calloc(n + 1, sizeof *e->history);
	e->rc = e->fresh && e->history ? RC_OK : RC_NOMEM;
	if (!prompt)
		return;
	for (size_t i = 0; i < prompt->n_messages && e->rc == RC_OK; i++)
		e->rc = patterns_scan(e->patterns, condition_message(&prompt->messages[i]),
				      i < e->facts->n_history ? e->history : e->fresh);
	if (e->rc == RC_OK && prompt->other_text)
		e->rc = patterns_scan(e->patterns, slice_str(prompt->other_text), e->fresh);
}

static bool prompt_matches_holds(const struct condition *c, struct evaluation *e)
{
	if (e->rc == RC_OK && !e->fresh)
		scan(e);
	for (size_t i = 0; i < c->n_patterns && e->rc == RC_OK; i++)
		if (e->fresh[c->pattern[i]] || (!e->pass_history && e->history[c->pattern[i]]))
			return true;
	return false;
}

static bool max_tokens_holds(const struct condition *c, struct evaluation *e)
{
	return e->facts->prompt && e->facts->prompt->max_tokens > c->over;
}

static bool body_bytes_holds(const struct condition *c, struct evaluation *e)
{
	return e->facts->body_bytes > (uint64_t)c->over;
}

static bool tools_holds(const struct condition *c, struct evaluation *e)
{
	return (e->facts->prompt && e->facts->prompt->tools) == c->flag;
}

static bool stream_holds(const struct condition *c, struct evaluation *e)
{
	return (e->facts->prompt && e->facts->prompt->stream) == c->flag;
}

static bool opaque_holds(const struct condition *c, struct evaluation *e)
{
	const struct prompt *prompt = e->facts->prompt;

	for (size_t i = 0; prompt && i < prompt->n_opaque; i++)
		if (!c->texts.n || text_list_has(&c->texts, prompt->opaque[i].kind))
			return c->flag;
	return !c->flag;
}

/* Counted when the first condition asks, with the policy's own masking: what it keeps does not count. */
uint64_t condition_phi(struct evaluation *e)
{
	const struct prompt *prompt = e->facts->prompt;
	size_t n = prompt ? prompt->n_messages : 0;
	struct mask_counts counts = {{0}};
	struct mask_scope *scope;
	uint64_t sum = 0;

	if (e->phi_counted || !prompt || e->rc != RC_OK)
		return e->phi;
	scope = mask_scope_new();
	e->rc = scope ? RC_OK : RC_NOMEM;
	for (size_t i = 0; i <= n && e->rc == RC_OK; i++) {
		struct slice text = i < n ? condition_message(&prompt->messages[i]) : slice_str(prompt->other_text ? prompt->other_text : "");
		struct buf masked;

		buf_init(&masked, text.n * 8 + 65536);
		e->rc = mask_text(e->engine, scope, &counts, text, &masked);
		buf_free(&masked);
	}
	mask_scope_free(scope);
	for (int i = 0; i < ENTITY_COUNT; i++)
		sum += counts.n[i];
	e->phi = sum;
	e->phi_counted = true;
	return sum;
}

static bool phi_holds(const struct condition *c, struct evaluation *e)
{
	return condition_phi(e) > (uint64_t)c->over;
}

static bool purpose_holds(const struct condition *c, struct evaluation *e)
{
	return e->facts->purpose && text_list_has(&c->texts, e->facts->purpose);
}

/* Nothing of an answer is known while the request is decided: see condition_over(). */
static bool response_holds(const struct condition *c, struct evaluation *e)
{
	(void)c;
	(void)e;
	return false;
}

static bool time_holds(const struct condition *c, struct evaluation *e)
{
	return times_hold(c->times, e->facts->wall_ns);
}

/* ---- reach ---- */

#define IMPLY_STEPS 20000        /* nesting can make the search long; past this the answer is "cannot be told" */

static bool globs_imply(const struct condition *inner, const struct condition *outer, const struct patterns *patterns)
{
	(void)patterns;
	for (size_t i = 0; i < inner->texts.n; i++)
		if (!condition_globs(&outer->texts, inner->texts.item[i], inner->kind == KIND_MODEL))
			return false;            /* a * of inner's is matched only by a * of outer's */
	return true;
}

static bool texts_imply(const struct condition *inner, const struct condition *outer, const struct patterns *patterns)
{
	(void)patterns;
	for (size_t i = 0; i < inner->texts.n; i++)
		if (!text_list_has(&outer->texts, inner->texts.item[i]))
			return false;
	return true;
}

static bool patterns_imply(const struct condition *inner, const struct condition *outer, const struct patterns *patterns)
{
	for (size_t i = 0; i < inner->n_patterns; i++) {
		const char *source = patterns_source(patterns, inner->pattern[i]);
		size_t k = 0;

		while (k < outer->n_patterns && strcmp(patterns_source(patterns, outer->pattern[k]), source) != 0)
			k++;
		if (k == outer->n_patterns)
			return false;
	}
	return true;
}

static bool over_implies(const struct condition *inner, const struct condition *outer, const struct patterns *patterns)
{
	(void)patterns;
	return inner->over >= outer->over;
}

static bool flag_implies(const struct condition *inner, const struct condition *outer, const struct patterns *patterns)
{
	(void)patterns;
	return inner->flag == outer->flag;
}

static bool opaque_implies(const struct condition *inner, const struct condition *outer, const struct patterns *patterns)
{
	if (inner->flag != outer->flag)
		return false;
	return !outer->texts.n || (inner->texts.n && texts_imply(inner, outer, patterns));
}

static bool implies(const struct condition *in, const struct condition *out, const struct patterns *patterns, int *steps)
{
	const struct condition *c;

	if (--*steps < 0)
		return false;
	if (in->kind == KIND_ANY) {
		for (c = in->child; c; c = c->next)
			if (!implies(c, out, patterns, steps))
				return false;
		return true;
	}
	if (out->kind == KIND_ALL) {
		for (c = out->child; c; c = c->next)
			if (!implies(in, c, patterns, steps))
				return false;
		return true;
	}
	if (out->kind == KIND_ANY)
		for (c = out->child; c; c = c->next)
			if (implies(in, c, patterns, steps))
				return true;
	if (in->kind == KIND_ALL)
		for (c = in->child; c; c = c->next)
			if (implies(c, out, patterns, steps))
				return true;
	if (in->kind == KIND_NOT && out->kind == KIND_NOT)
		return implies(out->child, in->child, patterns, steps);
	return in->kind == out->kind && row_of(in)->implies && row_of(in)->implies(in, out, patterns);
}

bool condition_implies(const struct condition *inner, const struct condition *outer, const struct patterns *patterns)
{
	int steps = IMPLY_STEPS;

	return implies(inner, outer, patterns, &steps);
}

enum rc condition_show(const struct condition *c, struct evaluation *e, struct mask_engine *engine, struct mask_scope *scope,
		       struct buf *out)
{
	enum rc rc = RC_OK;

	buf_puts(out, "{\"condition\":");
	json_add_str(out, c ? condition_name(c) : "always");
	if (c && row_of(c)->show)
		rc = row_of(c)->show(c, e, engine, scope, out);
	buf_putc(out, '}');
	return rc == RC_OK ? out->rc : rc;
}

/* ---- the kinds ---- */

static const struct kind_row kinds[] = {
	[KIND_ANY] = {"any", read_children, any_holds, NULL, NULL},
	[KIND_ALL] = {"all", read_children, all_hold, NULL, NULL},
	[KIND_NOT] = {"not", read_not, not_holds, NULL, NULL},
	[KIND_ROUTE] = {"route", read_texts, route_holds, globs_imply, show_value},
	[KIND_METHOD] = {"method", read_method, method_holds, texts_imply, show_value},
	[KIND_MODEL] = {"model", read_texts, model_holds, globs_imply, show_value},
	[KIND_USER] = {"user", read_texts, user_holds, globs_imply, show_value},
	[KIND_GROUP] = {"group", read_texts, group_holds, texts_imply, show_value},
	[KIND_PROMPT_MATCHES] = {"prompt_matches", read_patterns, prompt_matches_holds, patterns_imply, show_prompt_matches},
	[KIND_MAX_TOKENS] = {"max_tokens", read_over, max_tokens_holds, over_implies, show_over},
	[KIND_BODY_BYTES] = {"body_bytes", read_over, body_bytes_holds, over_implies, show_over},
	[KIND_TOOLS] = {"tools", read_flag, tools_holds, flag_implies, show_flag},
	[KIND_STREAM] = {"stream", read_flag, stream_holds, flag_implies, show_flag},
	[KIND_OPAQUE] = {"opaque", read_opaque, opaque_holds, opaque_implies, show_opaque},
	[KIND_PHI_IN_PROMPT] = {"phi_in_prompt", read_over, phi_holds, over_implies, show_over},
	[KIND_TIME] = {"time", read_time, time_holds, NULL, show_time},
	[KIND_PURPOSE] = {"purpose", read_purpose, purpose_holds, texts_imply, show_value},
	[KIND_PHI_IN_RESPONSE] = {"phi_in_response", read_over, response_holds, over_implies, NULL},
};
#define N_KINDS (sizeof kinds / sizeof *kinds)

static const struct kind_row *row_of(const struct condition *c)
{
	return &kinds[c->kind];
}

const char *condition_name(const struct condition *c)
{
	return row_of(c)->name;
}

const char *condition_kind(size_t i)
{
	return i < N_KINDS ? kinds[i].name : NULL;
}

static enum rc read_one(const struct yaml *value, struct patterns *patterns, struct condition **out, struct why *why)
{
	struct buf allowed;
	size_t kind = 0;
	enum rc rc;

	while (kind < N_KINDS && strcmp(kinds[kind].name, value->key->text) != 0)
		kind++;
	if (kind < N_KINDS) {
		rc = condition_new((enum kind)kind, out);
		if (rc != RC_OK)
			return rc;
		(*out)->place = (struct condition_place){value->key->line, value->key->column};
		return kinds[kind].read(*out, value, patterns, why);
	}
	buf_init(&allowed, 400);
	for (kind = 0; kind < N_KINDS; kind++)
		buf_printf(&allowed, "%s%s", kind ? ", " : "", kinds[kind].name);
	rc = why_at(why, RC_BAD, value->key->line, value->key->column, "unknown condition \"%.60s\"; allowed: %s", value->key->text,
		    allowed.data);
	buf_free(&allowed);
	return rc;
}

enum rc condition_read(const struct yaml *when, struct patterns *patterns, struct condition **out, struct why *why)
{
	struct condition *all = NULL, **tail;
	enum rc rc = RC_OK;

	*out = NULL;
	if (when->type != YAML_MAP || !when->child)
		return why_at(why, RC_BAD, when->line, when->column, "a condition must be a mapping such as {route: /v1/embeddings}");
	if (!when->child->next)
		return read_one(when->child, patterns, out, why);
	rc = condition_new(KIND_ALL, &all);
	if (rc != RC_OK)
		return rc;
	*out = all;
	all->place = (struct condition_place){when->line, when->column};
	tail = &all->child;
	for (const struct yaml *value = when->child; value && rc == RC_OK; value = value->next) {
		rc = read_one(value, patterns, tail, why);
		if (rc == RC_OK)
			tail = &(*tail)->next;
	}
	return rc;
}

bool condition_holds(const struct condition *c, struct evaluation *e)
{
	return row_of(c)->holds(c, e);
}

const struct condition *condition_reason(const struct condition *c, struct evaluation *e)
{
	const struct condition *best = NULL;

	if (c->kind != KIND_ANY && c->kind != KIND_ALL)
		return c;
	for (const struct condition *child = c->child; child; child = child->next) {
		const struct condition *reason = condition_holds(child, e) ? condition_reason(child, e) : NULL;

		if (reason && (!best || (best->kind != KIND_PROMPT_MATCHES && reason->kind == KIND_PROMPT_MATCHES)))
			best = reason;
	}
	return best ? best : c;
}

void evaluation_free(struct evaluation *e)
{
	free(e->fresh);
	free(e->history);
	e->fresh = e->history = NULL;
}
