#include "policy_case.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "json.h"
#include "prompt_mask.h"
#include "prompt_shape.h"
#include "purpose.h"

static const struct conf_key case_keys[] = {
	{"name", CONF_TEXT, offsetof(struct policy_case, name), false, "what the case is about; shown when it fails"},
	{"route", CONF_TEXT, offsetof(struct policy_case, route), true, "the path as the client sends it"},
	{"method", CONF_TEXT, offsetof(struct policy_case, method), false, "POST with a request, else GET"},
	{"user", CONF_TEXT, offsetof(struct policy_case, user), false, "who asks"},
	{"groups", CONF_TEXTS, offsetof(struct policy_case, groups), false, "the asker's groups"},
	{"purpose", CONF_TEXT, offsetof(struct policy_case, purpose), false, "the purpose of use that the session was opened for"},
	{"answer", CONF_TEXT, offsetof(struct policy_case, answer), false, "a text of the model's answer, for rules that cut"},
	{"dialect", CONF_TEXT, offsetof(struct policy_case, dialect), false, "how the model server is spoken to; openai, or what --dialect says"},
	{"time", CONF_TEXT, offsetof(struct policy_case, time), false, "when it is asked, in UTC, such as 2026-03-08T07:00:00Z; now, if absent"},
	{"history", CONF_INT, offsetof(struct policy_case, history), false, "how many leading messages were approved before"},
	{"request", CONF_NODE, offsetof(struct policy_case, request), false, "the JSON body, as a mapping or as a text"},
	{"expect", CONF_NODE, offsetof(struct policy_case, expect), false, "the rule that must decide, and how"},
};

static const struct conf_key expect_keys[] = {
	{"rule", CONF_TEXT, offsetof(struct policy_case, expected.rule), false, "the deciding rule's name; none when no rule may match"},
	{"then", CONF_TEXT, offsetof(struct policy_case, expected.then), false, "allow, deny, approve or cut"},
};

/* ---- YAML as JSON ---- */

/* A number as JSON writes it (RFC 8259, section 6). */
static bool is_number(const char *p)
{
	p += *p == '-';
	if (*p == '0')
		p++;
	else if (*p >= '1' && *p <= '9')
		p += strspn(p, "0123456789");
	else
		return false;
	if (*p == '.') {
		size_t n = strspn(p + 1, "0123456789");

		if (!n)
			return false;
		p += 1 + n;
	}
	if (*p == 'e' || *p == 'E') {
		size_t n;

		p++;
		p += *p == '+' || *p == '-';
		n = strspn(p, "0123456789");
		if (!n)
			return false;
		p += n;
	}
	return !*p;
}

static void to_json(const struct yaml *v, struct buf *out)
{
	const bool map = v->type == YAML_MAP;

	if (v->type == YAML_TEXT) {
		bool literal = !v->quoted && (strcmp(v->text, "true") == 0 || strcmp(v->text, "false") == 0 || is_number(v->text));

		if (yaml_is_null(v))
			buf_puts(out, "null");
		else if (literal)
			buf_puts(out, v->text);
		else
			json_add_str(out, v->text);
		return;
	}
	buf_putc(out, map ? '{' : '[');
	for (const struct yaml *item = v->child; item; item = item->next) {
		if (item != v->child)
			buf_putc(out, ',');
		if (map) {
			json_add_str(out, item->key->text);
			buf_putc(out, ':');
		}
		to_json(item, out);
	}
	buf_putc(out, map ? '}' : ']');
}

/* ---- one case ---- */

void policy_case_free(struct policy_case *c)
{
	conf_free(CONF_KEYS(case_keys), c);
	conf_free(CONF_KEYS(expect_keys), c);
	buf_free(&c->body);
}

enum rc policy_case_read(const struct yaml *node, struct policy_case *c, struct why *why)
{
	enum rc rc = conf_read(node, "a case", CONF_KEYS(case_keys), c, why);
	struct why said;

	c->line = node->line;
	c->time_ns = clock_wall_ns();
	if (rc == RC_OK && c->time && clock_parse(slice_str(c->time), &c->time_ns) != RC_OK)
		rc = why_at(why, RC_BAD, yaml_get(node, "time")->line, yaml_get(node, "time")->column,
			    "\"time\" must be a time in UTC, such as 2026-03-08T07:00:00Z");
	if (rc == RC_OK && purpose_check(c->purpose, &said) != RC_OK)
		rc = why_at(why, RC_BAD, yaml_get(node, "purpose")->line, yaml_get(node, "purpose")->column, "%s", said.text);
	if (rc == RC_OK && c->expect)
		rc = conf_read(c->expect, "expect", CONF_KEYS(expect_keys), c, why);
	if (rc != RC_OK || !c->request)
		return rc;
	if (c->request->type == YAML_TEXT)
		return buf_puts(&c->body, c->request->text);
	to_json(c->request, &c->body);
	return c->body.rc;
}

void policy_outcome_free(struct policy_outcome *o)
{
	prompt_free(o->prompt);
	free(o->path);
	dialect_free(o->dialect);
}

/* A request that no rule denies, and mask.request does: deny. */
static enum rc decide_by_identifiers(const struct policy *policy, const struct policy_case *c, const struct route *route, struct policy_outcome *o)
{
	struct mask_scope *scope = mask_scope_new();
	const struct prompt_masking how = {
		.shape = route->prompt->masked, .json = !route->prompt->whole, .engine = policy_engine(policy), .scope = scope, .body_max_bytes = POLICY_CASE_MAX_BYTES,
	};
	struct mask_counts counts = {{0}};
	struct buf masked;
	enum rc rc;

	buf_init(&masked, POLICY_CASE_MAX_BYTES * 2);
	rc = scope ? prompt_mask(&how, buf_slice(&c->body), &counts, &masked) : RC_NOMEM;
	prompt_mask_counts(&counts, o->text, sizeof o->text);
	if (*o->text)
		o->verdict = (struct verdict){.decision = DECISION_DENY, .rule = "mask.request", .message = "", .matched = o->text};
	mask_scope_free(scope);
	buf_free(&masked);
	return rc;
}

/* Whether the answer to a request that passes is cut. */
static enum rc decide_answer(const struct policy *policy, const struct policy_case *c, const struct facts *facts, struct policy_outcome *o)
{
	struct mask_counts counts = {{0}};
	struct policy_cut cut;
	struct buf masked;
	int64_t n = 0;
	enum rc rc;

	buf_init(&masked, POLICY_CASE_MAX_BYTES * 8);
	rc = mask_text(policy_engine(policy), NULL, &counts, slice_str(c->answer), &masked);
	buf_free(&masked);
	for (int i = 0; i < ENTITY_COUNT; i++)
		n += counts.n[i];
	policy_cut(policy, facts, &cut);
	if (rc == RC_OK && o->verdict.decision != DECISION_DENY && n > cut.over)
		o->verdict = (struct verdict){.decision = DECISION_CUT, .rule = cut.rule, .message = cut.message, .matched = "phi_in_response"};
	return rc;
}

/* Denied before any rule is asked. */
static enum rc refused(struct policy_outcome *o, const char *rule, struct why *why)
{
	snprintf(o->text, sizeof o->text, "%.250s", why->text);
	*why = (struct why){0};
	o->verdict = (struct verdict){.decision = DECISION_DENY, .rule = rule, .message = "", .matched = o->text};
	return RC_OK;
}

static enum rc route_of(const struct policy_case *c, const char *method, struct policy_outcome *o, const struct route **route, struct why *why)
{
	struct text_list every_route = {0};
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && dialect_route_name(o->dialect, i); i++)
		rc = text_list_add(&every_route, dialect_route_name(o->dialect, i));
	if (rc == RC_OK)
		rc = dialect_route(o->dialect, method, slice_str(c->route), &every_route, route, &o->path, why);
	text_list_free(&every_route);
	return rc;
}

enum rc policy_case_decide(const struct policy_case *c, const struct policy *policy, const struct policy_case_defaults *defaults,
			   struct policy_outcome *o, struct why *why)
{
	static char *kinds[] = {"tokens", "image", "audio", "file", "url", "state", "embedding"};
	const struct text_list every_kind = {kinds, sizeof kinds / sizeof *kinds};
	const char *method = c->method ? c->method : c->body.len ? "POST" : "GET";
	struct facts facts = {.method = method, .user = c->user ? c->user : defaults->user, .purpose = c->purpose, .body_bytes = c->body.len};
	const struct route *route = NULL;
	enum rc rc = dialect_load(c->dialect ? c->dialect : defaults->dialect, NULL, &o->dialect, why);

	if (rc != RC_OK)
		return rc;
	rc = route_of(c, method, o, &route, why);
	if (rc == RC_DENIED || (rc == RC_BAD && c->recorded))
		return refused(o, "route", why);
	if (rc == RC_OK && route->has_body)
		rc = prompt_read(route, buf_slice(&c->body), &every_kind, &o->prompt, why);
	if (rc == RC_BAD && c->recorded)
		return refused(o, "body", why);
	if (rc != RC_OK)
		return rc;
	facts.route = route->name;
	facts.groups = c->groups.n ? &c->groups : &defaults->groups;
	facts.prompt = o->prompt;
	facts.n_history = (size_t)c->history;
	facts.wall_ns = c->time_ns;
	policy_decide(policy, &facts, &o->verdict);
	if (o->prompt && o->verdict.decision != DECISION_DENY && mask_engine_request(policy_engine(policy)) == MASK_REQUEST_DENY) {
		rc = decide_by_identifiers(policy, c, route, o);
		if (rc != RC_OK)
			return rc;
	}
	return c->answer ? decide_answer(policy, c, &facts, o) : RC_OK;
}

bool policy_case_as_expected(const struct policy_case *c, const struct verdict *v)
{
	const char *rule = v->rule ? v->rule : "none";

	return (!c->expected.rule || strcmp(c->expected.rule, rule) == 0) &&
	       (!c->expected.then || strcmp(c->expected.then, decision_name(v->decision)) == 0);
}
