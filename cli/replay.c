#include "replay.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "draft.h"
#include "json.h"
#include "keypress.h"
#include "page.h"

#define MAX_PAUSE_S 3                            /* unless the user says another */

static const struct option_spec options[] = {
	{"--speed", "X", "times as fast as it was; 0: without waiting, as always when the output is no terminal (1)"},
	{"--max-pause", "S", "cut longer pauses to S seconds; 0: without waiting (3)"},
	{"--exchange", "N", "only this exchange"},
	{"--at", "TIME", "from then on: so long after its beginning (90s, 5m), at a time of its day in UTC (21:08:20), or RFC 3339"},
	{"--allowed-signers", "FILE", "whose signatures are believed: lines NAME@phigate ssh-ed25519 KEY, as ssh-keygen takes them"},
	{"--identity", "FILE", "age key that opens encrypted segments, as age-keygen writes it"},
	{"--originals", NULL, "show the unmasked text in place of the masked, where it was kept; --identity has a key of recording.originals"},
	{"--ledger", "FILE", "the agent's ledger key, as for verify"},
	{"--tsa-ca", "FILE", "certificates of time-stamp authorities, as for verify"},
	{"--force", NULL, "play what can be read of a bundle that does not verify"},
	{"--json", NULL, "one JSON object for each record, without waiting"},
	{"--html", NULL, "write it as one page for a browser, with each check's result; it needs nothing else and runs nothing"},
	{"-o", "FILE", "where to, with --html; - for standard output; else SESSION.html here"},
	{0},
};

static bool read_number(const char *text, double *value)
{
	char *end;

	if (!text)
		return true;
	*value = strtod(text, &end);
	return end != text && !*end && isfinite(*value) && *value >= 0;
}

static bool read_options(const struct arguments *args, struct replay_options *out, struct replay_time *at, struct why *why)
{
	const char *from = argument(args, "--at");
	bool tty = isatty(STDOUT_FILENO);
	double exchange = 0;

	*out = (struct replay_options){.speed = tty || argument(args, "--max-pause") ? 1 : 0, .max_pause_s = MAX_PAUSE_S};
	if (!read_number(argument(args, "--speed"), &out->speed))
		why_set(why, RC_BAD, "--speed is a number: 1 as it was, 2 twice as fast, 0 without waiting");
	else if (!read_number(argument(args, "--max-pause"), &out->max_pause_s))
		why_set(why, RC_BAD, "--max-pause is a number of seconds");
	else if (!read_number(argument(args, "--exchange"), &exchange) || exchange > 1e15 || exchange != floor(exchange) ||
		 (argument(args, "--exchange") && exchange < 1))
		why_set(why, RC_BAD, "--exchange is the number of an exchange, from 1");
	else if (from && replay_time_parse(from, at) != RC_OK)
		why_set(why, RC_BAD, "--at is a duration since the beginning (90s, 5m), a time of day in UTC (21:08:20), or as 2026-01-31T08:15:00Z");
	else if (argument(args, "--html") && (from || exchange > 0 || argument(args, "--json")))
		why_set(why, RC_BAD, "--html writes the whole session: without --exchange, --at and --json");
	else if (argument(args, "--originals") && (argument(args, "--json") || argument(args, "--html")))
		why_set(why, RC_BAD, "--originals shows on the screen what was not masked, and writes no file of it: without --json and --html");
	else if (argument(args, "--originals") && !argument(args, "--identity"))
		why_set(why, RC_BAD, "--originals needs --identity with a key of the recording's originals");
	else if (argument(args, "-o") && !argument(args, "--html"))
		why_set(why, RC_BAD, "-o is where --html writes to");
	if (why->text[0])
		return false;
	out->from = from ? at : NULL;
	out->exchange = (uint64_t)exchange;
	out->originals = argument(args, "--originals") != NULL;
	return true;
}

/* Each check that fails, on stderr; all are kept. */
static void tell(void *checks, const struct bundle_check *check)
{
	page_checks_add(checks, check);
	evidence_tell(NULL, check);
}

/* With --json nothing but records stands on stdout. */
static void tell_verified(const struct evidence *e)
{
	if (e->verdict == RC_OK)
		fprintf(stderr, "phigate: verified, signed by %s\n", bundle_fingerprint(e->bundle));
}

static enum rc show(struct evidence *e, struct replay_options *opts, bool json, size_t *lost, struct why *why)
{
	enum rc rc;

	if (json)
		tell_verified(e);
	opts->keys = !json && keypress_begin();
	rc = replay_walk(e, opts, json, lost, why);
	keypress_end();
	return rc;
}

/* "01K….html": of the session, as far as its name is one. */
static enum rc page_name(const struct bundle *b, struct buf *name)
{
	cJSON *session = json_parse(bundle_session(b));
	const char *id = json_text(session, "id");
	size_t n = id ? strspn(id, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") : 0;
	int64_t part = 1;

	buf_printf(name, "%.*s", n && n <= 64 && !id[n] ? (int)n : 7, n && n <= 64 && !id[n] ? id : "session");
	if (json_int(session, "part", &part) && part > 1)
		buf_printf(name, ".%lld", (long long)part);
	cJSON_Delete(session);
	return buf_puts(name, ".html");
}

static enum rc write_page(const struct evidence *e, const struct page_checks *checks, const char *file, size_t *lost, struct why *why)
{
	struct draft draft;
	FILE *f = NULL;
	enum rc rc = draft_begin(&draft, file, why);

	if (rc == RC_OK)
		rc = draft_stream(&draft, &f, why);
	if (rc == RC_OK) {
		progress_begin("writing the page");
		rc = page_write(f, e, checks, lost, why);
		progress_end();
	}
	rc = draft_end(&draft, rc, why);
	if (rc == RC_OK) {
		term_text(stdout, slice_str(file));
		fputc('\n', stdout);
	}
	return rc;
}

static enum rc page(const struct evidence *e, const struct page_checks *checks, const char *file, size_t *lost, struct why *why)
{
	struct buf name;
	enum rc rc;

	if (file && strcmp(file, "-") == 0)
		return page_write(stdout, e, checks, lost, why);
	buf_init(&name, 256);
	rc = file ? RC_OK : page_name(e->bundle, &name);
	if (rc == RC_OK)
		rc = write_page(e, checks, file ? file : name.data, lost, why);
	buf_free(&name);
	return rc;
}

static int run(const struct arguments *args)
{
	const struct evidence_files files = {.allowed_signers = argument(args, "--allowed-signers"), .identity = argument(args, "--identity"),
		.ledger = argument(args, "--ledger"), .tsa_ca = argument(args, "--tsa-ca")};
	struct replay_options opts;
	struct replay_time at;
	struct page_checks checks = {0};
	struct evidence e = {0};
	struct why why = {0};
	size_t lost = 0;
	enum rc rc;
	bool good;

	if (!read_options(args, &opts, &at, &why)) {
		fprintf(stderr, "phigate: %s\n", why.text);
		return EXIT_USAGE;
	}
	rc = evidence_open(args->positional[0], &files, tell, &checks, &e, &why);
	if (rc != RC_OK) {
		page_checks_free(&checks);
		evidence_free(&e);
		return term_fail(rc == RC_DENIED ? RC_IO : rc, &why);
	}
	good = evidence_judge(&e, argument(args, "--force") != NULL, "played", "plays");
	if (good && argument(args, "--html"))
		rc = page(&e, &checks, argument(args, "-o"), &lost, &why);
	else if (good)
		rc = show(&e, &opts, argument(args, "--json") != NULL, &lost, &why);
	good = good && !lost && (e.verdict == RC_OK || e.verdict == RC_NOT_FOUND);
	page_checks_free(&checks);
	evidence_free(&e);
	if (rc != RC_OK || fflush(stdout) != 0)
		return term_fail(rc == RC_OK ? RC_IO : rc, &why);
	return good ? EXIT_DONE : EXIT_EVIDENCE;
}

const struct command cmd_replay = {
	.name = "replay", .args = "FILE", .help = "see a recorded session again, at its own pace, after verifying it",
	.options = options, .min_args = 1, .max_args = 1, .run = run,
};
