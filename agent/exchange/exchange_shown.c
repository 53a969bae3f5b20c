/* What an approver is shown of a held request: size, roles, model, what the rule matched, then every text, masked. */
#include <stdio.h>
#include <string.h>

#include "exchange_private.h"
#include "json.h"

static void add_name(struct buf *out, const char *name)
{
	buf_printf(out, "%s\"%s\":", out->len > 1 ? "," : "", name);
}

/* What callers write where a word of the protocol is looked for, as a string. */
static enum rc add_word(const struct exchange *x, const char *word, struct buf *out)
{
	struct buf masked;
	enum rc rc;

	buf_init(&masked, BUF_MAX_DEFAULT);
	rc = mask_text(policy_engine(x->policy), exchange_asked(x), NULL, slice_str(word), &masked);
	if (rc == RC_OK)
		rc = json_add_string(out, buf_slice(&masked));
	buf_free(&masked);
	return rc;
}

/* {"user":2,"assistant":1} */
static enum rc add_roles(const struct exchange *x, struct buf *out)
{
	const struct prompt *p = x->prompt;
	bool first = true;
	enum rc rc = buf_putc(out, '{');

	for (size_t i = 0; i < p->n_messages && rc == RC_OK; i++) {
		size_t n = 0, before = 0;

		for (size_t j = 0; j < p->n_messages; j++)
			if (strcmp(p->messages[j].role, p->messages[i].role) == 0) {
				n++;
				before += j < i;
			}
		if (before || !*p->messages[i].role)
			continue;
		if (!first)
			buf_putc(out, ',');
		first = false;
		rc = add_word(x, p->messages[i].role, out);
		buf_printf(out, ":%zu", n);
	}
	return rc == RC_OK ? buf_putc(out, '}') : rc;
}

static enum rc add_model(const struct exchange *x, struct buf *out)
{
	const char *name = exchange_model_name(x);

	return name || !x->prompt->model ? json_add_str(out, name) : add_word(x, x->prompt->model, out);
}

static void add_opaque(const struct prompt *p, struct buf *out)
{
	buf_putc(out, '[');
	for (size_t i = 0; i < p->n_opaque; i++)
		buf_printf(out, "%s{\"kind\":\"%s\",\"bytes\":%zu}", i ? "," : "", p->opaque[i].kind, p->opaque[i].bytes);
	buf_putc(out, ']');
}

/* " 14, over 10" of a condition on a number; " Sat 21:04, America/New_York" of one on the time. */
static void add_figures(const cJSON *match, struct buf *text)
{
	const char *value = json_text(match, "value"), *zone = json_text(match, "zone");
	int64_t number, over;

	if (zone)
		buf_printf(text, " %s, %s", value, zone);
	else if (json_int(match, "over", &over) && json_int(match, "value", &number))
		buf_printf(text, " %lld, over %lld", (long long)number, (long long)over);
	else if (json_int(match, "over", &over))
		buf_printf(text, " without a limit, over %lld", (long long)over);
}

/* One sentence of what policy_show_match() tells. */
static enum rc add_matched(const struct exchange *x, const struct facts *facts, const struct verdict *verdict, struct buf *out)
{
	struct buf json, text;
	const char *condition, *match;
	cJSON *tree = NULL;
	int64_t message = 0;
	enum rc rc;

	buf_init(&json, 1 << 18);
	buf_init(&text, 1 << 18);
	rc = policy_show_match(x->policy, facts, verdict, exchange_asked(x), &json);
	if (rc == RC_OK && !(tree = json_parse(buf_slice(&json))))
		rc = RC_FAULT;
	condition = json_text(tree, "condition");
	match = json_text(tree, "match");
	if (match) {
		buf_printf(&text, "%s[%s]%s", json_text_or_empty(tree, "before"), match, json_text_or_empty(tree, "after"));
		if (json_int(tree, "message", &message) && message > 0)
			buf_printf(&text, " (message %lld)", (long long)message);
	} else {
		buf_puts(&text, condition ? condition : verdict->rule);
		add_figures(tree, &text);
	}
	add_name(out, "matched");
	json_add_string(out, buf_slice(&text));
	add_name(out, "match");
	buf_add_slice(out, buf_slice(&json));
	cJSON_Delete(tree);
	buf_free(&json);
	buf_free(&text);
	return rc == RC_OK ? out->rc : rc;
}

/* ---- the texts ------------------------------------------------------------------------------------------------------------ */

static void on_span(void *arg, const struct mask_span *span)
{
	struct buf *masks = arg;

	buf_printf(masks, "%s\"%s of %zu\"", masks->len ? "," : "", span->entity, span->end - span->start);
}

/* {"role","text","masks":["SSN of 11",…]}: entity, and bytes of what stands behind the mask. */
static enum rc add_text(const struct exchange *x, const char *role, struct slice text, bool first, struct buf *out)
{
	struct mask_stream *m = NULL;
	struct buf masked, masks;
	enum rc rc = mask_stream_new(policy_engine(x->policy), exchange_asked(x), NULL, &m);

	buf_init(&masked, BUF_MAX_DEFAULT);
	buf_init(&masks, BUF_MAX_DEFAULT);
	if (rc == RC_OK) {
		mask_stream_on_span(m, on_span, &masks);
		rc = mask_feed(m, text.p, text.n, &masked);
	}
	if (rc == RC_OK)
		rc = mask_finish(m, &masked);
	if (rc == RC_OK)
		rc = masks.rc;
	if (rc == RC_OK) {
		buf_puts(out, first ? "{\"role\":" : ",{\"role\":");
		rc = add_word(x, *role ? role : "text", out);
	}
	if (rc == RC_OK) {
		buf_puts(out, ",\"text\":");
		json_add_string(out, buf_slice(&masked));
		buf_puts(out, ",\"masks\":[");
		buf_add_slice(out, buf_slice(&masks));
		rc = buf_puts(out, "]}");
	}
	mask_stream_free(m);
	buf_free(&masked);
	buf_free(&masks);
	return rc;
}

static enum rc add_texts(const struct exchange *x, struct buf *out)
{
	const struct prompt *p = x->prompt;
	enum rc rc = buf_putc(out, '[');

	for (size_t i = 0; i < p->n_messages && rc == RC_OK; i++)
		rc = add_text(x, p->messages[i].role, (struct slice){p->messages[i].text, p->messages[i].n}, i == 0, out);
	if (rc == RC_OK && p->other_text && *p->other_text)
		rc = add_text(x, "everything else", slice_str(p->other_text), p->n_messages == 0, out);
	return rc == RC_OK ? buf_putc(out, ']') : rc;
}

enum rc exchange_shown(const struct exchange *x, const struct facts *facts, const struct verdict *verdict, struct buf *out)
{
	const struct prompt *p = x->prompt;
	struct buf path;
	enum rc rc;

	buf_init(&path, 1 << 18);
	rc = exchange_mask_path(x, &path);
	buf_printf(out, "{\"bytes\":%zu", x->body.len);
	if (p && rc == RC_OK) {
		add_name(out, "roles");
		rc = add_roles(x, out);
		add_name(out, "model");
		if (rc == RC_OK)
			rc = add_model(x, out);
		add_name(out, "opaque");
		add_opaque(p, out);
		buf_printf(out, ",\"tools\":%s,\"stream\":%s", p->tools ? "true" : "false", p->stream ? "true" : "false");
		if (p->max_tokens != INT64_MAX)
			buf_printf(out, ",\"max_tokens\":%lld", (long long)p->max_tokens);
	}
	add_name(out, "method");
	json_add_str(out, x->method);
	add_name(out, "path");
	json_add_string(out, buf_slice(&path));
	buf_free(&path);
	if (rc == RC_OK)
		rc = add_matched(x, facts, verdict, out);
	if (rc == RC_OK && p) {
		add_name(out, "texts");
		rc = add_texts(x, out);
	}
	return rc == RC_OK ? buf_putc(out, '}') : rc;
}
