#include "policy.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "condition.h"
#include "file.h"

#define MESSAGE_MAX_BYTES 500
#define POLICY_MAX_BYTES (1 << 20)

struct rule {
	char *name, *then, *message;
	const struct yaml *when_node, *by_node;          /* only while the file is read */
	int64_t ttl_ns, wait_ns;
	enum decision decision;
	struct condition *when;                          /* NULL: always */
	struct quorum by;
	int line, column;
};

struct policy {
	atomic_uint refs;
	char *name, *text;
	struct rule *rules;
	size_t n_rules;
	struct patterns *patterns;
	struct mask_rules *mask_rules;
	struct mask_engine *engine;
	struct policy_limits limits;
	struct emergency emergency;
	struct terms terms;
	struct why *warnings;
	size_t n_warnings;
};

#define WARNINGS_MAX 16

struct document {
	int64_t version;
	const struct yaml *mask, *rules, *limits, *emergency, *require_reason, *require_purpose;
};

static const struct conf_key document_keys[] = {
	{"version", CONF_INT, offsetof(struct document, version), true, "of the policy language: 1"},
	{"mask", CONF_NODE, offsetof(struct document, mask), false, "what is done to identifiers in answers and requests"},
	{"rules", CONF_NODE, offsetof(struct document, rules), false, "what passes, what is refused and what waits; the first match decides"},
	{"limits", CONF_NODE, offsetof(struct document, limits), false, "how much a person may ask of a connection; more gets 429"},
	{"emergency", CONF_NODE, offsetof(struct document, emergency), false, "who may pass what would be held, in a session that is reviewed"},
	{"require_reason", CONF_NODE, offsetof(struct document, require_reason), false, "true: a session is opened with a reason only"},
	{"require_purpose", CONF_NODE, offsetof(struct document, require_purpose), false, "true, or the purposes of use that a session may be opened for"},
};

#define LIMIT_MAX 1000000000

static const struct conf_key limit_keys[] = {
	{"requests_per_minute", CONF_INT, offsetof(struct policy_limits, requests_per_minute), false, "requests, refused ones but for 429 too"},
	{"concurrent", CONF_INT, offsetof(struct policy_limits, concurrent), false, "requests at once, without those that wait for approval"},
	{"phi_per_session", CONF_INT, offsetof(struct policy_limits, phi_per_session), false, "identifiers masked in the answers of one session"},
	{"tokens_per_day", CONF_INT, offsetof(struct policy_limits, tokens_per_day), false, "tokens of requests and answers, from midnight to midnight UTC"},
	{"phi_per_day", CONF_INT, offsetof(struct policy_limits, phi_per_day), false, "identifiers masked in answers, from midnight to midnight UTC"},
};

#define DEFAULT_TTL_NS (15 * 60 * NS_PER_S)
#define DEFAULT_WAIT_NS (4 * 60 * NS_PER_S)
#define TTL_MAX_NS (7 * 86400 * NS_PER_S)
#define WAIT_MAX_NS (3600 * NS_PER_S)

static const struct conf_key rule_keys[] = {
	{"name", CONF_TEXT, offsetof(struct rule, name), true, "letters, digits, \"-\", \"_\" and \".\"; no two rules have the same"},
	{"when", CONF_NODE, offsetof(struct rule, when_node), false, "the condition; without it the rule always applies"},
	{"then", CONF_TEXT, offsetof(struct rule, then), true, "allow, deny, approve or cut"},
	{"message", CONF_TEXT, offsetof(struct rule, message), false, "with deny and cut: what the caller is told"},
	{"by", CONF_NODE, offsetof(struct rule, by_node), false, "with approve: who may release the request"},
	{"ttl", CONF_DURATION, offsetof(struct rule, ttl_ns), false, "with approve: how long the hold stands, and then the approval"},
	{"wait", CONF_DURATION, offsetof(struct rule, wait_ns), false, "with approve: how long the client's request is kept open"},
};

static const char *const decision_names[] = {
	[DECISION_ALLOW] = "allow", [DECISION_DENY] = "deny", [DECISION_APPROVE] = "approve", [DECISION_CUT] = "cut",
};

const char *decision_name(enum decision decision)
{
	return decision_names[decision];
}

/* ---- reading rules ---- */

static void rule_free(struct rule *rule)
{
	conf_free(CONF_KEYS(rule_keys), rule);
	quorum_free(&rule->by);
	condition_free(rule->when);
}

static bool is_name(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

	return *name && strlen(name) <= POLICY_NAME_MAX && strspn(name, allowed) == strlen(name);
}

/* Where to point for a key of the rule. */
static const struct yaml *place_of(const struct yaml *node, const char *key)
{
	const struct yaml *value = yaml_get(node, key);

	return value ? value : node;
}

static enum rc check_name(const struct policy *policy, const struct rule *rule, const struct yaml *node, struct why *why)
{
	const struct yaml *at = place_of(node, "name");

	if (!is_name(rule->name))
		return why_at(why, RC_BAD, at->line, at->column, "a rule's name is 1 to %d of letters, digits, \"-\", \"_\" and \".\"",
			      POLICY_NAME_MAX);
	for (const struct rule *r = policy->rules; r < rule; r++)
		if (strcmp(r->name, rule->name) == 0)
			return why_at(why, RC_BAD, at->line, at->column, "the rule \"%s\" stands already in line %d", rule->name, r->line);
	return RC_OK;
}

static enum rc read_decision(struct rule *rule, const struct yaml *node, struct why *why)
{
	static const char *const only_approve[] = {"by", "ttl", "wait"};
	const struct yaml *at = place_of(node, "then");
	size_t d = 0, n = sizeof decision_names / sizeof *decision_names;

	while (d < n && strcmp(decision_names[d], rule->then) != 0)
		d++;
	if (d == n)
		return why_at(why, RC_BAD, at->line, at->column, "\"%.40s\" is no decision; allowed: allow, deny, approve, cut", rule->then);
	rule->decision = (enum decision)d;
	for (size_t i = 0; i < 3 && rule->decision != DECISION_APPROVE; i++)
		if ((at = yaml_get(node, only_approve[i])))
			return why_at(why, RC_BAD, at->key->line, at->key->column, "\"%s\" belongs to rules with \"then: approve\"",
				      only_approve[i]);
	at = yaml_get(node, "message");
	if (at && rule->decision != DECISION_DENY && rule->decision != DECISION_CUT)
		return why_at(why, RC_BAD, at->key->line, at->key->column, "\"message\" belongs to rules with \"then: deny\" or \"then: cut\"");
	if (at && rule->message && (!*rule->message || strlen(rule->message) > MESSAGE_MAX_BYTES))
		return why_at(why, RC_BAD, at->line, at->column, "\"message\" must be a text of 1 to %d bytes", MESSAGE_MAX_BYTES);
	return RC_OK;
}

static enum rc read_approval(struct rule *rule, const struct yaml *node, struct why *why)
{
	const struct yaml *at;
	enum rc rc;

	if (!rule->by_node)
		return why_at(why, RC_BAD, node->line, node->column,
			      "the rule \"%s\" lacks the key \"by\": who may release the request, such as {groups: [privacy-officers]}",
			      rule->name);
	rc = quorum_read(rule->by_node, &rule->by, why);
	if (rc != RC_OK)
		return rc;
	at = place_of(node, "ttl");
	if (rule->ttl_ns < NS_PER_S || rule->ttl_ns > TTL_MAX_NS)
		return why_at(why, RC_BAD, at->line, at->column, "\"ttl\" must be 1s to 7d");
	at = yaml_get(node, "wait");
	if (!at && rule->wait_ns > rule->ttl_ns)
		rule->wait_ns = rule->ttl_ns;
	if (at && (rule->wait_ns > WAIT_MAX_NS || rule->wait_ns > rule->ttl_ns))
		return why_at(why, RC_BAD, at->line, at->column, "\"wait\" must be at most 1h, and not longer than \"ttl\"");
	return RC_OK;
}

/* Where the rule is refused or cut by: what the caller is told when the policy says nothing. */
static enum rc default_message(struct rule *rule)
{
	char message[POLICY_NAME_MAX + 96];

	if (rule->message || (rule->decision != DECISION_DENY && rule->decision != DECISION_CUT))
		return RC_OK;
	if (rule->decision == DECISION_DENY)
		snprintf(message, sizeof message, "The rule \"%s\" does not allow this request.", rule->name);
	else
		snprintf(message, sizeof message, "The rule \"%s\" ends answers with so many identifiers of patients.", rule->name);
	rule->message = strdup(message);
	return rule->message ? RC_OK : RC_NOMEM;
}

/* Only what cuts may look at the answer, and it must in every way in which it can hold: else it would cut answers for the request. */
static enum rc check_response(const struct rule *rule, const struct yaml *node, struct why *why)
{
	const struct yaml *at = place_of(node, yaml_get(node, "when") ? "when" : "then");
	struct condition_place place;

	if (rule->when && rule->decision != DECISION_CUT && condition_on_response(rule->when, &place))
		return why_at(why, RC_BAD, place.line, place.column,
			      "\"phi_in_response\" is known only while the model answers: it belongs to rules with \"then: cut\", not \"then: %s\"",
			      decision_names[rule->decision]);
	if (rule->when && condition_denies_response(rule->when, &place))
		return why_at(why, RC_BAD, place.line, place.column, "\"phi_in_response\" cannot stand in \"not\": an answer is cut for what it holds");
	if (rule->decision == DECISION_CUT && (!rule->when || !condition_needs_response(rule->when)))
		return why_at(why, RC_BAD, at->line, at->column,
			      "\"then: cut\" needs \"phi_in_response\" in every way in which the condition can hold, such as {phi_in_response: {over: 20}}; "
			      "what is known of the request alone is for deny");
	return RC_OK;
}

static enum rc read_rule(struct policy *policy, const struct yaml *node, struct why *why)
{
	struct rule *rules = realloc(policy->rules, (policy->n_rules + 1) * sizeof *rules), *rule;
	enum rc rc;

	if (!rules)
		return RC_NOMEM;
	policy->rules = rules;
	rule = &rules[policy->n_rules++];
	*rule = (struct rule){.ttl_ns = DEFAULT_TTL_NS, .wait_ns = DEFAULT_WAIT_NS, .line = node->line, .column = node->column};
	rc = conf_read(node, "a rule", CONF_KEYS(rule_keys), rule, why);
	if (rc == RC_OK)
		rc = check_name(policy, rule, node, why);
	if (rc == RC_OK)
		rc = read_decision(rule, node, why);
	if (rc == RC_OK && rule->decision == DECISION_APPROVE)
		rc = read_approval(rule, node, why);
	if (rc == RC_OK && yaml_get(node, "when") && !rule->when_node)
		rc = why_at(why, RC_BAD, place_of(node, "when")->line, place_of(node, "when")->column,
			    "\"when\" is empty; leave it out for a rule that always applies");
	if (rc == RC_OK && rule->when_node)
		rc = condition_read(rule->when_node, policy->patterns, &rule->when, why);
	if (rc == RC_OK)
		rc = check_response(rule, node, why);
	if (rc == RC_OK)
		rc = default_message(rule);
	rule->when_node = rule->by_node = NULL;
	return rc;
}

static void warn(struct policy *policy, int line, int column, const char *text)
{
	struct why *more = policy->n_warnings < WARNINGS_MAX ? realloc(policy->warnings, (policy->n_warnings + 1) * sizeof *more) : NULL;

	if (!more)
		return;                                  /* that a mistake is likely is said where there is room for it */
	policy->warnings = more;
	(void)why_at(&more[policy->n_warnings++], RC_BAD, line, column, "%s", text);
}

/* The parts of `any` that can never hold: the rule still can, by the others. */
static void warn_of_parts(void *arg, const struct condition_place *place, const char *reason)
{
	char text[400];

	snprintf(text, sizeof text, "this part of the condition can never hold: %s", reason);
	warn(arg, place->line, place->column, text);
}

/* A rule that no request can reach is a mistake: its author believes that it protects something. What looks at answers is asked in another
 * order than what looks at requests. */
static enum rc check_reach(struct policy *policy, struct why *why)
{
	for (size_t i = 0; i < policy->n_rules; i++) {
		const struct rule *rule = &policy->rules[i];
		struct condition_place place;
		char reason[256];

		if (rule->when && condition_never(rule->when, policy->patterns, &place, reason, sizeof reason))
			return why_at(why, RC_BAD, place.line, place.column, "the rule \"%s\" can never apply: %s", rule->name, reason);
		if (rule->when)
			condition_never_parts(rule->when, policy->patterns, warn_of_parts, policy);
		for (size_t k = 0; k < i; k++) {
			const struct rule *before = &policy->rules[k];

			if ((rule->decision == DECISION_CUT) != (before->decision == DECISION_CUT))
				continue;
			if (!before->when)
				return why_at(why, RC_BAD, rule->line, rule->column,
					      "the rule \"%s\" can never apply: \"%s\" in line %d comes first and has no condition",
					      rule->name, before->name, before->line);
			if (rule->when && condition_implies(rule->when, before->when, policy->patterns))
				return why_at(why, RC_BAD, rule->line, rule->column,
					      "the rule \"%s\" can never apply: \"%s\" in line %d comes first and matches all that it would",
					      rule->name, before->name, before->line);
		}
	}
	return RC_OK;
}

static enum rc read_rules(struct policy *policy, const struct yaml *list, struct why *why)
{
	enum rc rc = RC_OK;

	if (list && list->type != YAML_LIST)
		return why_at(why, RC_BAD, list->line, list->column, "\"rules\" must be a list of rules");
	for (const struct yaml *node = list ? list->child : NULL; node && rc == RC_OK; node = node->next)
		rc = read_rule(policy, node, why);
	if (rc == RC_OK)
		rc = check_reach(policy, why);
	return rc == RC_OK ? patterns_compile(policy->patterns, why) : rc;
}

static enum rc read_limits(struct policy *policy, const struct yaml *node, struct why *why)
{
	struct policy_limits *limits = &policy->limits;
	enum rc rc = node ? conf_read(node, "limits", CONF_KEYS(limit_keys), limits, why) : RC_OK;

	for (size_t i = 0; i < sizeof limit_keys / sizeof *limit_keys && rc == RC_OK && node; i++) {
		const struct yaml *at = yaml_get(node, limit_keys[i].name);
		int64_t value = *(const int64_t *)(const void *)((const char *)limits + limit_keys[i].offset);

		if (at && (value < 1 || value > LIMIT_MAX))
			rc = why_at(why, RC_BAD, at->line, at->column, "\"%s\" must be 1 to %d; leave it out for no limit", limit_keys[i].name, LIMIT_MAX);
	}
	if (rc == RC_OK && limits->phi_per_day && limits->phi_per_session > limits->phi_per_day) {
		const struct yaml *at = yaml_get(node, "phi_per_session");

		warn(policy, at->line, at->column, "phi_per_session is never reached: phi_per_day is smaller");
	}
	return rc;
}

/* ---- one policy ---- */

static void policy_free(struct policy *policy)
{
	for (size_t i = 0; i < policy->n_rules; i++)
		rule_free(&policy->rules[i]);
	free(policy->rules);
	patterns_free(policy->patterns);
	mask_engine_free(policy->engine);
	mask_rules_free(policy->mask_rules);
	emergency_free(&policy->emergency);
	terms_free(&policy->terms);
	free(policy->warnings);
	free(policy->text);
	free(policy->name);
	free(policy);
}

static enum rc policy_new(struct slice text, const char *name, struct policy **out)
{
	struct policy *policy = calloc(1, sizeof *policy);

	*out = NULL;
	if (!policy)
		return RC_NOMEM;
	atomic_init(&policy->refs, 1);
	policy->name = strdup(name);
	policy->text = strndup(text.p ? text.p : "", text.n);
	policy->patterns = patterns_new();
	if (!policy->name || !policy->text || !policy->patterns) {
		policy_free(policy);
		return RC_NOMEM;
	}
	*out = policy;
	return RC_OK;
}

enum rc policy_parse(struct slice text, const char *dir, const char *name, struct policy **out, struct why *why)
{
	struct policy *policy = NULL;
	struct document doc = {0};
	struct yaml *root = NULL;
	const struct yaml *version;
	enum rc rc;

	*out = NULL;
	why_set(why, RC_NOMEM, "no memory for the policy");
	rc = yaml_parse(text, &root, why);
	if (rc == RC_OK)
		rc = policy_new(text, name, &policy);
	if (rc == RC_OK)
		rc = conf_read(root, "a policy", CONF_KEYS(document_keys), &doc, why);
	if (rc != RC_OK)
		goto out;
	version = yaml_get(root, "version");
	if (doc.version != 1) {
		rc = why_at(why, RC_BAD, version->line, version->column, "\"version\" must be 1, the only one that this agent knows");
		goto out;
	}
	rc = read_rules(policy, doc.rules, why);
	if (rc == RC_OK)
		rc = read_limits(policy, doc.limits, why);
	if (rc == RC_OK)
		rc = terms_read(doc.require_reason, doc.require_purpose, &policy->terms, why);
	if (rc == RC_OK)
		rc = emergency_read(doc.emergency, &policy->emergency, why);
	if (rc == RC_OK)
		rc = mask_rules_read(doc.mask, dir, &policy->mask_rules, why);
	if (rc == RC_OK)
		rc = mask_engine_new(policy->mask_rules, &policy->engine, why);
out:
	yaml_free(root);
	if (rc == RC_OK)
		*out = policy;
	else
		policy_unref(policy);
	return rc;
}

enum rc policy_load(const char *path, const char *name, struct policy **out, struct why *why)
{
	char *dir = path_dir(path);
	struct buf text;
	enum rc rc;

	*out = NULL;
	buf_init(&text, POLICY_MAX_BYTES);
	rc = dir ? file_read(path, &text, why) : RC_NOMEM;
	if (rc == RC_OK) {
		rc = policy_parse(buf_slice(&text), dir, name, out, why);
		if (rc != RC_OK)
			why_file(why, rc, path);
		for (size_t i = 0; rc == RC_OK && i < (*out)->n_warnings; i++)
			why_file(&(*out)->warnings[i], RC_BAD, path);
	}
	buf_free(&text);
	free(dir);
	return rc;
}

struct policy *policy_ref(struct policy *policy)
{
	atomic_fetch_add(&policy->refs, 1);
	return policy;
}

void policy_unref(struct policy *policy)
{
	if (policy && atomic_fetch_sub(&policy->refs, 1) == 1)
		policy_free(policy);
}

const char *policy_name(const struct policy *policy)
{
	return policy->name;
}

const char *policy_text(const struct policy *policy)
{
	return policy->text;
}

struct mask_engine *policy_engine(const struct policy *policy)
{
	return policy->engine;
}

const struct policy_limits *policy_limits(const struct policy *policy)
{
	return &policy->limits;
}

const struct emergency *policy_emergency(const struct policy *policy)
{
	return &policy->emergency;
}

const struct terms *policy_terms(const struct policy *policy)
{
	return &policy->terms;
}

bool policy_is_name(const char *name)
{
	return is_name(name) && *name != '.';
}

const struct why *policy_warning(const struct policy *policy, size_t i)
{
	return i < policy->n_warnings ? &policy->warnings[i] : NULL;
}

struct route_check {
	struct policy *policy;
	const struct text_list *known;
};

static void warn_of_route(void *arg, const struct condition_place *place, const char *route)
{
	const struct route_check *check = arg;
	char text[512];

	if (!condition_route_known(route, check->known)) {
		snprintf(text, sizeof text, "no dialect of this policy's connections has a route \"%.200s\", so this never matches", route);
		warn(check->policy, place->line, place->column, text);
	}
}

void policy_warn_routes(struct policy *policy, const char *path, const struct text_list *known)
{
	struct route_check check = {policy, known};

	for (size_t i = 0; i < policy->n_rules; i++)
		if (policy->rules[i].when)
			condition_routes(policy->rules[i].when, warn_of_route, &check);
	for (size_t i = 0; i < policy->n_warnings; i++)
		why_file(&policy->warnings[i], RC_BAD, path);
}

/* ---- deciding ---- */

static struct evaluation evaluation_of(const struct policy *policy, const struct facts *facts)
{
	return (struct evaluation){.facts = facts, .patterns = policy->patterns, .engine = policy->engine};
}

/* For approve, what was approved before is not asked about again; deny and allow look at all. */
static bool rule_applies(const struct rule *rule, struct evaluation *e)
{
	e->pass_history = rule->decision == DECISION_APPROVE;
	return !rule->when || condition_holds(rule->when, e);
}

void policy_decide(const struct policy *policy, const struct facts *facts, struct verdict *out)
{
	struct evaluation e = evaluation_of(policy, facts);

	*out = (struct verdict){.decision = DECISION_ALLOW};
	for (size_t i = 0; i < policy->n_rules; i++) {
		const struct rule *rule = &policy->rules[i];
		bool applies = rule->decision != DECISION_CUT && rule_applies(rule, &e);

		if (e.rc != RC_OK) {
			*out = (struct verdict){.decision = DECISION_DENY, .message = "The text of this request cannot be checked."};
			break;
		}
		if (!applies)
			continue;
		*out = (struct verdict){
			.decision = rule->decision, .rule = rule->name, .message = rule->message, .by = &rule->by,
			.ttl_ns = rule->ttl_ns, .wait_ns = rule->wait_ns,
			.matched = rule->when ? condition_name(condition_reason(rule->when, &e)) : "always",
		};
		break;
	}
	evaluation_free(&e);
}

void policy_cut(const struct policy *policy, const struct facts *facts, struct policy_cut *out)
{
	struct evaluation e = evaluation_of(policy, facts);

	*out = (struct policy_cut){.over = INT64_MAX};
	for (size_t i = 0; i < policy->n_rules; i++) {
		const struct rule *rule = &policy->rules[i];
		int64_t over = rule->decision == DECISION_CUT ? condition_over(rule->when, &e) : INT64_MAX;

		if (over < out->over || e.rc != RC_OK)
			*out = (struct policy_cut){e.rc == RC_OK ? over : 0, rule->name, rule->message};
		if (e.rc != RC_OK)
			break;
	}
	evaluation_free(&e);
}

enum rc policy_show_match(const struct policy *policy, const struct facts *facts, const struct verdict *verdict,
			  struct mask_scope *scope, struct buf *out)
{
	struct evaluation e = evaluation_of(policy, facts);
	const struct rule *rule = NULL;
	enum rc rc = RC_NOT_FOUND;

	for (size_t i = 0; i < policy->n_rules && !rule; i++)
		if (verdict->rule && strcmp(policy->rules[i].name, verdict->rule) == 0)
			rule = &policy->rules[i];
	if (rule && rule_applies(rule, &e) && e.rc == RC_OK)
		rc = condition_show(rule->when ? condition_reason(rule->when, &e) : NULL, &e, policy->engine, scope, out);
	evaluation_free(&e);
	return rc;
}

void policy_keys(void (*each)(void *arg, const char *section, const char *key), void *arg)
{
	const char *name;

	for (size_t i = 0; i < sizeof document_keys / sizeof *document_keys; i++)
		each(arg, "a policy", document_keys[i].name);
	for (size_t i = 0; i < sizeof rule_keys / sizeof *rule_keys; i++)
		each(arg, "a rule", rule_keys[i].name);
	quorum_keys(each, arg);
	emergency_keys(each, arg);
	for (size_t i = 0; i < sizeof limit_keys / sizeof *limit_keys; i++)
		each(arg, "limits", limit_keys[i].name);
	for (size_t i = 0; (name = condition_kind(i)); i++)
		each(arg, "when", name);
}
