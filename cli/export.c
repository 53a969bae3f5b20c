#include "export.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "audit_format.h"
#include "audit_reader.h"
#include "command.h"
#include "draft.h"
#include "evidence.h"
#include "json.h"
#include "term.h"

static const struct option_spec options[] = {
	{"--format", "FORMAT", "fhir, ocsf, ecs, cef or otlp: what happened, without any text; har: requests and answers themselves"},
	{"-o", "FILE", "where to; else standard output"},
	{"--allowed-signers", "FILE", "whose signatures are believed: lines NAME@phigate ssh-ed25519 KEY, as ssh-keygen takes them"},
	{"--identity", "FILE", "age key that opens encrypted segments, as age-keygen writes it"},
	{"--force", NULL, "export what can be read of a bundle that does not verify"},
	{0},
};

void export_lost(const struct bundle_record *record, const struct why *why)
{
	fprintf(stderr, "phigate: record %llu: ", (unsigned long long)record->seq);
	term_text(stderr, slice_str(why->text));
	fputc('\n', stderr);
}

/* ---- events ----------------------------------------------------------------------------------------------------------------- */

struct writer {
	const struct audit_format *format;
	FILE *out;
	struct buf line;
	enum rc rc;
};

static void write_event(void *arg, const struct audit_event *event)
{
	struct writer *w = arg;

	buf_clear(&w->line);
	if (audit_format_line(w->format, event, &w->line) != RC_OK)
		w->rc = w->line.rc;
	else if (fwrite(w->line.data, 1, w->line.len, w->out) != w->line.len)
		w->rc = RC_IO;
}

/* session.json tells who recorded, and which part this is. */
static struct audit_reader *begin(const cJSON *session, struct writer *w, int *part)
{
	const cJSON *agent = json_object(session, "agent");
	const char *id = json_text(session, "id");
	int64_t n = 0;

	*part = json_int(session, "part", &n) && n > 0 && n < 1000000 ? (int)n : 0;
	return audit_reader_new(json_text(agent, "name"), json_text(agent, "version"), id ? id : "unknown", write_event, w);
}

static enum rc write_events(struct bundle *bundle, struct writer *w, struct audit_reader *reader, int part, size_t *lost, struct why *why)
{
	enum rc rc = bundle_rewind(bundle);

	while (rc == RC_OK) {
		struct bundle_record record;
		struct why reason = {0};

		rc = bundle_next(bundle, &record, &reason);
		if (rc == RC_OK) {
			const struct audit_record read = {part, record.seq, record.exchange, record.wall_ns, record.kind, record.body};

			rc = audit_reader_add(reader, &read);
			if (rc == RC_BAD)
				why_set(&reason, rc, "it does not say what its kind must");
		}
		if (rc == RC_BAD || rc == RC_DENIED || rc == RC_TOO_BIG) {
			++*lost;
			export_lost(&record, &reason);
			rc = RC_OK;
		}
		if (rc == RC_OK)
			rc = w->rc;
		if (rc == RC_IO)
			*why = reason;
	}
	return rc == RC_END ? RC_OK : rc;
}

static enum rc export_events(struct bundle *bundle, const struct audit_format *format, FILE *out, size_t *lost, struct why *why)
{
	struct writer w = {.format = format, .out = out};
	cJSON *session = json_parse(bundle_session(bundle));
	int part;
	struct audit_reader *reader = begin(session, &w, &part);
	enum rc rc;

	buf_init(&w.line, AUDIT_TEXT_MAX);
	rc = reader ? write_events(bundle, &w, reader, part, lost, why) : RC_NOMEM;
	buf_free(&w.line);
	audit_reader_free(reader);
	cJSON_Delete(session);
	return rc;
}

/* ---- the command ------------------------------------------------------------------------------------------------------------ */

static enum rc export_to(FILE *out, struct evidence *e, const struct audit_format *format, size_t *lost, struct why *why)
{
	enum rc rc = format ? export_events(e->bundle, format, out, lost, why) : export_har(e->bundle, out, lost, why);

	if (rc == RC_IO && !why->text[0])
		why_set(why, rc, "the export cannot be written");
	return rc;
}

static enum rc export(struct evidence *e, const struct audit_format *format, const char *file, size_t *lost, struct why *why)
{
	struct draft draft;
	FILE *out = NULL;
	enum rc rc;

	if (!file || strcmp(file, "-") == 0) {
		rc = export_to(stdout, e, format, lost, why);
		if (fflush(stdout) != 0 && rc == RC_OK)
			rc = why_set(why, RC_IO, "standard output: %s", strerror(errno));
		return rc;
	}
	rc = draft_begin(&draft, file, why);
	if (rc == RC_OK)
		rc = draft_stream(&draft, &out, why);
	if (rc == RC_OK)
		rc = export_to(out, e, format, lost, why);
	return draft_end(&draft, rc, why);
}

/* NULL with RC_OK: har. */
static enum rc find_format(const char *name, const struct audit_format **format, struct why *why)
{
	struct buf names;
	enum rc rc;

	*format = name ? audit_format(name) : NULL;
	if (*format || (name && strcmp(name, "har") == 0))
		return RC_OK;
	buf_init(&names, 256);
	for (size_t i = 0; audit_format_nth(i); i++)
		buf_printf(&names, "%s, ", audit_format_nth(i)->name);
	rc = why_set(why, RC_BAD, "--format must be one of %shar", names.len ? names.data : "");
	buf_free(&names);
	return rc;
}

static int run(const struct arguments *args)
{
	const struct evidence_files files = {.allowed_signers = argument(args, "--allowed-signers"), .identity = argument(args, "--identity")};
	const struct audit_format *format;
	struct evidence e = {0};
	struct why why = {0};
	size_t lost = 0;
	enum rc rc;
	bool good;

	if (find_format(argument(args, "--format"), &format, &why) != RC_OK) {
		fprintf(stderr, "phigate: %s\n", why.text);
		return EXIT_USAGE;
	}
	rc = evidence_open(args->positional[0], &files, evidence_tell, NULL, &e, &why);
	if (rc != RC_OK) {
		evidence_free(&e);
		return term_fail(rc == RC_DENIED ? RC_IO : rc, &why);
	}
	good = evidence_judge(&e, argument(args, "--force") != NULL, "exported", "exports");
	if (good)
		rc = export(&e, format, argument(args, "-o"), &lost, &why);
	good = good && !lost && (e.verdict == RC_OK || e.verdict == RC_NOT_FOUND);
	evidence_free(&e);
	if (rc != RC_OK)
		return term_fail(rc, &why);
	return good ? EXIT_DONE : EXIT_EVIDENCE;
}

const struct command cmd_export = {
	.name = "export", .args = "FILE", .help = "write a session for other systems, after verifying it",
	.options = options, .min_args = 1, .max_args = 1, .run = run,
};
