/* phigate mask: the agent's masking engine on standard input, offline. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "explain.h"
#include "file.h"
#include "json.h"
#include "masker.h"
#include "term.h"
#include "wipe.h"

#define PIECE 65536
#define LINE_MAX_BYTES ((size_t)64 << 20)
#define TEXT_MAX_BYTES ((size_t)64 << 20)        /* that are explained */

/* What comes out for a text. */
enum form { FORM_TEXT, FORM_SPANS, FORM_EXPLAIN, FORM_EXPLAIN_JSON };

struct masking {
	enum form form;
	struct mask_rules *rules;
	struct mask_engine *engine;
	struct buf spans;                        /* JSON objects, comma between */
	struct buf out;
	struct buf text;                         /* to explain: all of it */
	struct explain explain;
	enum rc rc;                              /* of what a span could not return */
};

static void on_span(void *arg, const struct mask_span *span)
{
	struct masking *m = arg;

	if (m->form != FORM_SPANS) {
		struct slice put = {buf_slice(&m->out).p + m->out.len - span->replaced_by, span->replaced_by};

		if (m->rc == RC_OK)
			m->rc = explain_span(&m->explain, span, put);
		return;
	}
	buf_printf(&m->spans, "%s{\"start\":%zu,\"end\":%zu,\"entity\":", m->spans.len ? "," : "", span->start, span->end);
	json_add_str(&m->spans, span->entity);
	buf_puts(&m->spans, ",\"rule\":");
	json_add_str(&m->spans, span->rule);
	buf_putc(&m->spans, '}');
}

static enum rc load(struct masking *m, const char *policy, struct why *why)
{
	char *dir = policy ? path_dir(policy) : NULL;
	struct yaml *root = NULL;
	enum rc rc = policy ? yaml_load(policy, &root, why) : RC_OK;

	if (rc == RC_OK)
		rc = mask_rules_read(root ? yaml_get(root, "mask") : NULL, dir ? dir : ".", &m->rules, why);
	if (rc == RC_OK)
		rc = mask_engine_new(m->rules, &m->engine, why);
	if (rc == RC_BAD && policy)
		why_file(why, rc, policy);
	yaml_free(root);
	free(dir);
	return rc;
}

static enum rc put(struct buf *out, struct why *why)
{
	if (out->rc != RC_OK)
		return out->rc;
	if (out->len && fwrite(out->data, 1, out->len, stdout) != out->len)
		return why_set(why, RC_IO, "standard output: %s", strerror(errno));
	buf_clear(out);
	return RC_OK;
}

static enum rc put_spans(struct masking *m, struct why *why)
{
	enum rc rc = m->spans.rc;

	fputs("{\"spans\":[", stdout);
	if (rc == RC_OK)
		rc = put(&m->spans, why);
	fputs("]}\n", stdout);
	return rc;
}

/* The whole input, whose masked form stands in m->out. */
static enum rc put_explained(struct masking *m, struct slice text, struct why *why)
{
	enum rc rc = m->rc;

	buf_clear(&m->out);
	if (rc == RC_OK && m->form == FORM_EXPLAIN) {
		explain_print(&m->explain, text);
	} else if (rc == RC_OK) {
		rc = explain_json(&m->explain, text, "\n", &m->out);
		if (rc == RC_OK && m->out.len)
			rc = buf_putc(&m->out, '\n');
		if (rc == RC_OK)
			rc = put(&m->out, why);
	}
	explain_clear(&m->explain);
	return rc;
}

/* A piece of the text was masked. */
static enum rc after_piece(struct masking *m, struct slice piece, struct why *why)
{
	enum rc rc = RC_OK;

	switch (m->form) {
	case FORM_TEXT:
		rc = put(&m->out, why);
		break;
	case FORM_SPANS:
		buf_clear(&m->out);
		break;
	case FORM_EXPLAIN: case FORM_EXPLAIN_JSON:
		buf_clear(&m->out);
		rc = buf_add_slice(&m->text, piece);
		if (rc == RC_TOO_BIG)
			rc = why_set(why, rc, "standard input: more than %zu MiB are not explained", TEXT_MAX_BYTES >> 20);
		break;
	}
	return rc;
}

/* One text from beginning to end of the input; in constant memory, but for the spans, unless it is explained. */
static enum rc mask_input(struct masking *m, struct why *why)
{
	struct mask_scope *scope = mask_scope_new();
	struct masker *masker = NULL;
	static char piece[PIECE];
	ssize_t n = 0;
	enum rc rc = scope ? masker_new(m->engine, scope, m->form == FORM_TEXT ? NULL : on_span, m, &masker) : RC_NOMEM;

	while (rc == RC_OK && ((n = read(STDIN_FILENO, piece, sizeof piece)) > 0 || (n < 0 && errno == EINTR))) {
		if (n > 0)
			rc = masker_feed(masker, (struct slice){piece, (size_t)n}, &m->out);
		if (rc == RC_OK && n > 0)
			rc = after_piece(m, (struct slice){piece, (size_t)n}, why);
		fflush(stdout);                          /* who writes piece by piece reads so too */
	}
	if (rc == RC_OK && n < 0)
		rc = why_set(why, RC_IO, "standard input: %s", strerror(errno));
	if (rc == RC_OK)
		rc = masker_finish(masker, &m->out);
	if (rc == RC_OK)
		rc = after_piece(m, (struct slice){0}, why);
	if (rc == RC_OK && m->form == FORM_SPANS)
		rc = put_spans(m, why);
	else if (rc == RC_OK && m->form != FORM_TEXT)
		rc = put_explained(m, buf_slice(&m->text), why);
	wipe(piece, sizeof piece);
	masker_free(masker);
	mask_scope_free(scope);
	return rc;
}

/* The result for one line, as a line. */
static enum rc put_line(struct masking *m, struct slice text, struct why *why)
{
	struct buf object;
	enum rc rc;

	if (m->form == FORM_SPANS) {
		buf_clear(&m->out);
		return put_spans(m, why);
	}
	buf_init(&object, BUF_MAX_DEFAULT * 2);
	if (m->form == FORM_TEXT) {
		buf_puts(&object, "{\"text\":");
		json_add_string(&object, buf_slice(&m->out));
		buf_puts(&object, "}\n");
	} else {
		buf_puts(&object, "{\"spans\":[");
		rc = m->rc == RC_OK ? explain_json(&m->explain, text, ",", &object) : m->rc;
		if (rc == RC_OK)
			buf_puts(&object, "]}\n");
		else
			object.rc = rc;
		explain_clear(&m->explain);
	}
	buf_clear(&m->out);
	rc = put(&object, why);
	buf_free(&object);
	return rc;
}

/* One line: {"text":…} */
static enum rc mask_line(struct masking *m, struct slice line, struct why *why)
{
	struct mask_scope *scope = mask_scope_new();
	struct masker *masker = NULL;
	cJSON *tree = json_parse(line);
	const char *text = json_text(tree, "text");
	enum rc rc = !text ? why_set(why, RC_BAD, "it must be a JSON object with a text \"text\"") : scope ? RC_OK : RC_NOMEM;

	if (rc == RC_OK)
		rc = masker_new(m->engine, scope, m->form == FORM_TEXT ? NULL : on_span, m, &masker);
	if (rc == RC_OK)
		rc = masker_feed(masker, slice_str(text), &m->out);
	if (rc == RC_OK)
		rc = masker_finish(masker, &m->out);
	if (rc == RC_OK)
		rc = put_line(m, slice_str(text), why);
	cJSON_Delete(tree);
	masker_free(masker);
	mask_scope_free(scope);
	return rc;
}

static enum rc mask_lines(struct masking *m, struct why *why)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	int number = 0;
	enum rc rc = RC_OK;

	while (rc == RC_OK && (n = getline(&line, &room, stdin)) >= 0) {
		number++;
		while (n && (line[n - 1] == '\n' || line[n - 1] == '\r'))
			n--;
		if ((size_t)n > LINE_MAX_BYTES)
			rc = why_set(why, RC_TOO_BIG, "it is over %zu MiB long", LINE_MAX_BYTES >> 20);
		else if (n)
			rc = mask_line(m, (struct slice){line, (size_t)n}, why);
	}
	if (rc == RC_BAD || rc == RC_TOO_BIG) {
		struct why told = *why;

		why_set(why, rc, "standard input, line %d: %.400s", number, told.text);
	}
	if (rc == RC_OK && ferror(stdin))
		rc = why_set(why, RC_IO, "standard input: %s", strerror(errno));
	wipe(line, room);
	free(line);
	return rc;
}

static bool read_form(const struct arguments *args, enum form *form, struct why *why)
{
	bool spans = argument(args, "--spans"), explain = argument(args, "--explain"), json = argument(args, "--json");

	if (spans && explain)
		why_set(why, RC_BAD, "--spans and --explain do not go together");
	else if (json && !explain)
		why_set(why, RC_BAD, "--json goes with --explain");
	*form = spans ? FORM_SPANS : !explain ? FORM_TEXT : json ? FORM_EXPLAIN_JSON : FORM_EXPLAIN;
	return !why->text[0];
}

static int run(const struct arguments *args)
{
	struct masking m = {0};
	struct why why = {0};
	int status = EXIT_DONE;
	enum rc rc;

	if (!read_form(args, &m.form, &why)) {
		term_fail(RC_BAD, &why);
		return EXIT_USAGE;
	}
	buf_init(&m.spans, BUF_MAX_DEFAULT);
	buf_init(&m.out, BUF_MAX_DEFAULT * 2);
	buf_init(&m.text, TEXT_MAX_BYTES);
	explain_init(&m.explain);
	rc = load(&m, argument(args, "--policy"), &why);
	if (rc != RC_OK) {
		status = term_fail(rc, &why);
		status = rc == RC_BAD ? EXIT_USAGE : status;
	} else {
		if (argument(args, "--jsonl"))
			setvbuf(stdout, NULL, _IOLBF, 0);
		rc = argument(args, "--jsonl") ? mask_lines(&m, &why) : mask_input(&m, &why);
		status = rc == RC_OK ? EXIT_DONE : term_fail(rc, &why);
	}
	mask_engine_free(m.engine);
	mask_rules_free(m.rules);
	explain_free(&m.explain);
	buf_free(&m.spans);
	buf_free(&m.out);
	buf_free(&m.text);
	return status;
}

static const struct option_spec options[] = {
	{"--policy", "FILE", "mask as the mask: section of this policy says"},
	{"--spans", NULL, "print where identifiers are, as JSON, in place of the text"},
	{"--explain", NULL, "print what was masked and why, in place of the text"},
	{"--json", NULL, "with --explain: one object for each piece that was masked"},
	{"--jsonl", NULL, "each line is a text of its own: {\"text\":…}"},
	{NULL, NULL, NULL},
};

const struct command cmd_mask = {
	.name = "mask", .args = "", .help = "mask standard input with the agent's engine, offline", .options = options, .run = run,
};
