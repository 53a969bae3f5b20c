/* phigate-agent policy-test: which rule of a policy decides on requests written by hand, or recorded in a bundle. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle.h"
#include "command.h"
#include "file.h"
#include "identity_file.h"
#include "json.h"
#include "policy_case.h"

struct test {
	struct policy *policy;
	struct policy_case_defaults defaults;
	struct age_identities *identities;       /* that open encrypted bundles; NULL: none */
	const char *file;
	bool json, spans;
	int cases, failed;
};

/* ---- what is masked of a case's texts, when it is kept or shown ---- */

struct spans {
	bool json;
	size_t message;                  /* from 1; 0: all other text of the request */
	struct mask_span last;           /* not written yet: it may go on */
	bool any;
	struct buf *out;
};

static void span_write(struct spans *s)
{
	if (!s->any)
		return;
	if (s->json) {
		buf_printf(s->out, "%s{\"message\":%zu,\"start\":%zu,\"end\":%zu,\"entity\":", s->out->len ? "," : "", s->message,
			   s->last.start, s->last.end);
		json_add_str(s->out, s->last.entity);
		buf_puts(s->out, ",\"rule\":");
		json_add_str(s->out, s->last.rule);
		buf_printf(s->out, ",\"operator\":\"%s\"}", s->last.operator);
	} else {
		if (s->message)
			buf_printf(s->out, "     message %zu", s->message);
		else
			buf_puts(s->out, "     other text");
		buf_printf(s->out, ", bytes %zu-%zu: %s by \"%s\", %s\n", s->last.start, s->last.end, s->last.entity, s->last.rule,
			   s->last.operator);
	}
	s->any = false;
}

static void on_span(void *arg, const struct mask_span *span)
{
	struct spans *s = arg;

	if (!span->replaced_by) {
		s->last.end = span->end;
		return;
	}
	span_write(s);
	s->last = *span;
	s->any = true;
}

static enum rc mask_one(const struct test *t, struct slice text, struct spans *s)
{
	struct mask_stream *m = NULL;
	struct buf masked;
	enum rc rc = mask_stream_new(policy_engine(t->policy), NULL, NULL, &m);

	buf_init(&masked, POLICY_CASE_MAX_BYTES * 2);
	if (rc == RC_OK) {
		mask_stream_on_span(m, on_span, s);
		rc = mask_feed(m, text.p, text.n, &masked);
	}
	if (rc == RC_OK)
		rc = mask_finish(m, &masked);
	span_write(s);
	mask_stream_free(m);
	buf_free(&masked);
	return rc;
}

static enum rc mask_texts(const struct test *t, const struct prompt *prompt, struct buf *out)
{
	struct spans s = {.json = t->json, .out = out};
	enum rc rc = RC_OK;

	for (size_t i = 0; prompt && i < prompt->n_messages && rc == RC_OK; i++) {
		s.message = i + 1;
		rc = mask_one(t, (struct slice){prompt->messages[i].text, prompt->messages[i].n}, &s);
	}
	s.message = 0;
	if (rc == RC_OK && prompt && prompt->other_text)
		rc = mask_one(t, slice_str(prompt->other_text), &s);
	return rc == RC_OK ? out->rc : rc;
}

static void print_json(const struct test *t, const struct policy_case *c, const struct verdict *v, bool ok, struct slice spans)
{
	struct buf out;

	buf_init(&out, POLICY_CASE_MAX_BYTES);
	buf_printf(&out, "{\"case\":%d,\"line\":%d,\"name\":", t->cases, c->line);
	json_add_str(&out, c->name);
	buf_puts(&out, ",\"rule\":");
	json_add_str(&out, v->rule);
	buf_printf(&out, ",\"then\":\"%s\",\"matched\":", decision_name(v->decision));
	json_add_str(&out, v->matched);
	buf_puts(&out, ",\"expected\":{\"rule\":");
	json_add_str(&out, c->expected.rule);
	buf_puts(&out, ",\"then\":");
	json_add_str(&out, c->expected.then);
	buf_printf(&out, "},\"ok\":%s", ok ? "true" : "false");
	if (t->spans) {
		buf_puts(&out, ",\"spans\":[");
		buf_add_slice(&out, spans);
		buf_putc(&out, ']');
	}
	buf_putc(&out, '}');
	puts(out.data ? out.data : "");
	buf_free(&out);
}

static void print_text(const struct test *t, const struct policy_case *c, const struct verdict *v, bool ok, struct slice spans)
{
	const char *rule = v->rule ? v->rule : "none", *then = decision_name(v->decision);

	printf("%-4s %s:%d: ", ok ? "ok" : "FAIL", t->file, c->line);
	if (c->name)
		printf("%s: ", c->name);
	if (ok) {
		printf("%s %s", rule, then);
	} else {
		printf("\n     expected  %s %s\n     decided   %s %s", c->expected.rule ? c->expected.rule : rule,
		       c->expected.then ? c->expected.then : then, rule, then);
	}
	if (v->matched)
		printf(" (%s)", v->matched);
	if (v->decision == DECISION_APPROVE) {
		struct buf by;

		buf_init(&by, 1 << 16);
		if (quorum_missing(v->by, NULL, &by) == RC_OK)
			printf("; by %s", by.data);
		buf_free(&by);
	}
	printf("\n%.*s", (int)spans.n, spans.p);
}

static enum rc run_case(struct test *t, const struct policy_case *c, struct why *why)
{
	struct policy_outcome o = {0};
	struct buf spans;
	enum rc rc = policy_case_decide(c, t->policy, &t->defaults, &o, why);

	t->cases++;
	buf_init(&spans, POLICY_CASE_MAX_BYTES / 2);
	if (rc == RC_OK && t->spans)
		rc = mask_texts(t, o.prompt, &spans);
	if (rc == RC_OK) {
		bool ok = policy_case_as_expected(c, &o.verdict);

		t->failed += !ok;
		(t->json ? print_json : print_text)(t, c, &o.verdict, ok, buf_slice(&spans));
	} else if (!why->file[0]) {
		why->line = c->line;
		why->column = 1;
		why_file(why, rc, t->file);
	}
	buf_free(&spans);
	policy_outcome_free(&o);
	return rc;
}

/* ---- files of cases ---- */

static enum rc run_yaml(struct test *t, struct slice text, struct why *why)
{
	struct yaml *root = NULL;
	enum rc rc = yaml_parse(text, &root, why);

	if (rc == RC_OK && root->type != YAML_LIST)
		rc = why_at(why, RC_BAD, root->line, root->column, "a file of cases is a list, each case a mapping");
	for (const struct yaml *node = rc == RC_OK ? root->child : NULL; node && rc == RC_OK; node = node->next) {
		struct policy_case c = {0};

		buf_init(&c.body, POLICY_CASE_MAX_BYTES);
		rc = policy_case_read(node, &c, why);
		if (rc == RC_OK)
			rc = run_case(t, &c, why);
		policy_case_free(&c);
	}
	if (rc != RC_OK)
		why_file(why, rc, t->file);
	yaml_free(root);
	return rc;
}

/* The request records of a bundle's segment; bodies there are masked, which patterns on words hardly notice. */
static enum rc run_record(struct test *t, struct slice line, int number, struct why *why)
{
	cJSON *record = json_parse(line);
	const cJSON *body = json_object(record, "body");
	const char *kind = json_text(record, "k"), *method = json_text(body, "method"), *path = json_text(body, "path");
	const char *text = json_text(body, "text");
	struct policy_case c = {.method = (char *)method, .route = (char *)path, .line = number, .recorded = true};
	enum rc rc = RC_OK;

	if (!record)
		rc = why_at(why, RC_BAD, number, 1, "not a JSON object: a .jsonl file must be a segment of a bundle");
	else if (kind && strcmp(kind, "request") == 0 && method && path) {
		buf_init(&c.body, POLICY_CASE_MAX_BYTES);
		rc = text ? buf_puts(&c.body, text) : RC_OK;
		if (rc == RC_OK)
			rc = run_case(t, &c, why);
		buf_free(&c.body);
	}
	cJSON_Delete(record);
	return rc;
}

static enum rc run_segment(struct test *t, struct slice text, struct why *why)
{
	enum rc rc = RC_OK;

	for (int number = 1; text.n && rc == RC_OK; number++) {
		const char *end = memchr(text.p, '\n', text.n);
		struct slice line = {text.p, end ? (size_t)(end - text.p) : text.n};

		rc = line.n ? run_record(t, line, number, why) : RC_OK;
		text.p += line.n + (end != NULL);
		text.n -= line.n + (end != NULL);
	}
	if (rc != RC_OK)
		why_file(why, rc, t->file);
	return rc;
}

/* ---- bundles ---- */

/* Who asked, as the open record says it. */
static void take_opener(struct policy_case *c, const cJSON *open)
{
	const cJSON *user = json_object(open, "user"), *group;

	c->user = (char *)(uintptr_t)json_text(user, "id");
	c->purpose = (char *)(uintptr_t)json_text(open, "purpose");
	c->dialect = (char *)(uintptr_t)json_text(open, "dialect");
	cJSON_ArrayForEach(group, cJSON_GetObjectItemCaseSensitive(user, "groups"))
		if (cJSON_IsString(group) && text_list_add(&c->groups, group->valuestring) != RC_OK)
			break;
}

/* One request of a bundle, as its own caller and at its own time; cases are numbered by exchange in place of lines. */
static enum rc run_recorded(struct test *t, const struct policy_case *opener, const struct bundle_record *r, struct why *why)
{
	struct policy_case c = *opener;
	cJSON *body = json_parse(r->body);
	const char *text = json_text(body, "text");
	enum rc rc = RC_OK;

	c.method = (char *)(uintptr_t)json_text(body, "method");
	c.route = (char *)(uintptr_t)json_text(body, "path");
	c.line = (int)r->exchange;
	c.recorded = true;
	c.time_ns = r->wall_ns;
	buf_init(&c.body, POLICY_CASE_MAX_BYTES);
	if (text)
		rc = buf_puts(&c.body, text);
	if (rc == RC_OK && c.method && c.route)
		rc = run_case(t, &c, why);
	buf_free(&c.body);
	cJSON_Delete(body);
	return rc;
}

/* One that does not verify is no evidence of what was asked; whose key signed does not matter here. */
static enum rc run_bundle(struct test *t, struct why *why)
{
	struct policy_case opener = {0};
	struct bundle *bundle = NULL;
	struct bundle_record r;
	cJSON *open = NULL;
	enum rc rc = bundle_open(t->file, &bundle, why);

	if (rc == RC_OK)
		bundle_unlock(bundle, t->identities);
	if (rc == RC_OK)
		rc = bundle_verify(bundle, NULL, NULL, NULL, why);
	if (rc == RC_NOT_FOUND || rc == RC_DENIED)
		rc = RC_OK;
	if (rc == RC_OK)
		rc = bundle_rewind(bundle);
	while (rc == RC_OK && (rc = bundle_next(bundle, &r, why)) == RC_OK) {
		if (strcmp(r.kind, "open") == 0 && !open) {
			open = json_parse(r.body);
			take_opener(&opener, open);
		} else if (strcmp(r.kind, "request") == 0) {
			*why = (struct why){0};
			rc = run_recorded(t, &opener, &r, why);
		}
	}
	if (rc == RC_END)
		rc = RC_OK;
	if (rc == RC_DENIED && !t->identities)
		why_set(why, rc, "its recordings are encrypted; --identity FILE names a key that opens them");
	if (rc != RC_OK)
		why_file(why, rc, t->file);
	text_list_free(&opener.groups);
	cJSON_Delete(open);
	bundle_free(bundle);
	return rc;
}

static bool ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), k = strlen(end);

	return n > k && strcmp(name + n - k, end) == 0;
}

static enum rc run_file(struct test *t, struct why *why)
{
	struct buf text;
	enum rc rc;

	if (ends_in(t->file, ".tar"))
		return run_bundle(t, why);
	buf_init(&text, POLICY_CASE_MAX_BYTES);
	rc = file_read(t->file, &text, why);
	if (rc == RC_OK && ends_in(t->file, ".jsonl"))
		rc = run_segment(t, buf_slice(&text), why);
	else if (rc == RC_OK)
		rc = run_yaml(t, buf_slice(&text), why);
	buf_free(&text);
	return rc;
}

static enum rc take_groups(int *argc, char **argv, struct text_list *groups)
{
	const char *list = NULL;
	enum rc rc = command_option(argc, argv, "--groups", &list);

	while (rc == RC_OK && list && *list) {
		size_t n = strcspn(list, ",");
		char *one = strndup(list, n);

		rc = one && n ? text_list_add(groups, one) : one ? RC_OK : RC_NOMEM;
		free(one);
		list += n + (list[n] == ',');
	}
	return rc;
}

static int run(int argc, char **argv)
{
	struct test t = {.defaults = {.dialect = "openai", .user = ""}};
	const char *identity = NULL;
	struct why why = {0};
	enum rc rc;

	t.json = command_flag(&argc, argv, "--json");
	t.spans = command_flag(&argc, argv, "--spans");
	if (command_option(&argc, argv, "--dialect", &t.defaults.dialect) != RC_OK || command_option(&argc, argv, "--user", &t.defaults.user) != RC_OK ||
	    command_option(&argc, argv, "--identity", &identity) != RC_OK || take_groups(&argc, argv, &t.defaults.groups) != RC_OK || argc < 3) {
		text_list_free(&t.defaults.groups);
		return command_usage(&cmd_policy_test, "needs a policy and a file of cases");
	}
	rc = identity ? identity_file_read(identity, &t.identities, &why) : RC_OK;
	if (rc == RC_OK)
		rc = policy_load(argv[1], "policy", &t.policy, &why);
	for (size_t i = 0; rc == RC_OK && policy_warning(t.policy, i); i++)
		command_tell(policy_warning(t.policy, i), "warning: ");
	for (int i = 2; i < argc && rc == RC_OK; i++) {
		t.file = argv[i];
		rc = run_file(&t, &why);
	}
	policy_unref(t.policy);
	age_identities_free(t.identities);
	text_list_free(&t.defaults.groups);
	if (rc != RC_OK) {
		fflush(stdout);
		command_failed(rc, &why);
		return EXIT_USAGE;
	}
	fprintf(stderr, "%d case%s, %d failed\n", t.cases, t.cases == 1 ? "" : "s", t.failed);
	return t.failed ? EXIT_FAILED : EXIT_DONE;
}

const struct command cmd_policy_test = {
	.name = "policy-test", .args = "POLICY.yaml [--dialect NAME] [--user U] [--groups A,B] [--identity FILE] [--spans] [--json] CASES…",
	.help = "show which rule of a policy decides on requests written by hand or recorded in a bundle", .run = run,
};
