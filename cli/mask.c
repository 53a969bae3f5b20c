/* phigate mask: the agent's masking engine on standard input, offline. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../agent/mask/mask.h"
#include "command.h"
#include "file.h"
#include "json.h"
#include "term.h"
#include "wipe.h"

#define PIECE 65536
#define LINE_MAX_BYTES ((size_t)64 << 20)

struct masking {
	struct mask_rules *rules;
	struct mask_engine *engine;
	struct buf spans;                        /* JSON objects, comma between */
	struct buf out;
};

static void on_span(void *arg, const struct mask_span *span)
{
	struct masking *m = arg;

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

/* One text from beginning to end of the input, in constant memory but for the spans. */
static enum rc mask_input(struct masking *m, bool spans, struct why *why)
{
	struct mask_scope *scope = mask_scope_new();
	struct mask_stream *stream = NULL;
	static char piece[PIECE];
	ssize_t n = 0;
	enum rc rc = scope ? mask_stream_new(m->engine, scope, NULL, &stream) : RC_NOMEM;

	if (rc == RC_OK && spans)
		mask_stream_on_span(stream, on_span, m);
	while (rc == RC_OK && ((n = read(STDIN_FILENO, piece, sizeof piece)) > 0 || (n < 0 && errno == EINTR))) {
		if (n > 0)
			rc = mask_feed(stream, piece, (size_t)n, &m->out);
		if (spans)
			buf_clear(&m->out);
		else if (rc == RC_OK)
			rc = put(&m->out, why);
		fflush(stdout);                          /* who writes piece by piece reads so too */
	}
	if (rc == RC_OK && n < 0)
		rc = why_set(why, RC_IO, "standard input: %s", strerror(errno));
	if (rc == RC_OK)
		rc = mask_finish(stream, &m->out);
	if (rc == RC_OK)
		rc = spans ? put_spans(m, why) : put(&m->out, why);
	wipe(piece, sizeof piece);
	mask_stream_free(stream);
	mask_scope_free(scope);
	return rc;
}

/* One line: {"text":…} */
static enum rc mask_line(struct masking *m, struct slice line, bool spans, struct why *why)
{
	struct mask_scope *scope = mask_scope_new();
	struct mask_stream *stream = NULL;
	cJSON *tree = json_parse(line);
	const char *text = json_text(tree, "text");
	enum rc rc = !text ? why_set(why, RC_BAD, "it must be a JSON object with a text \"text\"") : scope ? RC_OK : RC_NOMEM;

	if (rc == RC_OK)
		rc = mask_stream_new(m->engine, scope, NULL, &stream);
	if (rc == RC_OK && spans)
		mask_stream_on_span(stream, on_span, m);
	if (rc == RC_OK)
		rc = mask_feed(stream, text, strlen(text), &m->out);
	if (rc == RC_OK)
		rc = mask_finish(stream, &m->out);
	if (rc == RC_OK && spans) {
		buf_clear(&m->out);
		rc = put_spans(m, why);
	} else if (rc == RC_OK) {
		struct buf object;

		buf_init(&object, BUF_MAX_DEFAULT * 2);
		buf_puts(&object, "{\"text\":");
		json_add_string(&object, buf_slice(&m->out));
		buf_puts(&object, "}\n");
		buf_clear(&m->out);
		rc = put(&object, why);
		buf_free(&object);
	}
	cJSON_Delete(tree);
	mask_stream_free(stream);
	mask_scope_free(scope);
	return rc;
}

static enum rc mask_lines(struct masking *m, bool spans, struct why *why)
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
			rc = mask_line(m, (struct slice){line, (size_t)n}, spans, why);
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

static int run(const struct arguments *args)
{
	bool spans = argument(args, "--spans");
	struct masking m = {0};
	struct why why = {0};
	int status = EXIT_DONE;
	enum rc rc;

	buf_init(&m.spans, BUF_MAX_DEFAULT);
	buf_init(&m.out, BUF_MAX_DEFAULT * 2);
	rc = load(&m, argument(args, "--policy"), &why);
	if (rc != RC_OK) {
		status = term_fail(rc, &why);
		status = rc == RC_BAD ? EXIT_USAGE : status;
	} else {
		if (argument(args, "--jsonl"))
			setvbuf(stdout, NULL, _IOLBF, 0);
		rc = argument(args, "--jsonl") ? mask_lines(&m, spans, &why) : mask_input(&m, spans, &why);
		status = rc == RC_OK ? EXIT_DONE : term_fail(rc, &why);
	}
	mask_engine_free(m.engine);
	mask_rules_free(m.rules);
	buf_free(&m.spans);
	buf_free(&m.out);
	return status;
}

static const struct option_spec options[] = {
	{"--policy", "FILE", "mask as the mask: section of this policy says"},
	{"--spans", NULL, "print where identifiers are, as JSON, in place of the text"},
	{"--jsonl", NULL, "each line is a text of its own: {\"text\":…}"},
	{NULL, NULL, NULL},
};

const struct command cmd_mask = {
	.name = "mask", .args = "", .help = "mask standard input with the agent's engine, offline", .options = options, .run = run,
};
