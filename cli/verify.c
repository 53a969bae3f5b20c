#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "coverage.h"
#include "evidence.h"
#include "file.h"
#include "jsonline.h"
#include "pack.h"
#include "term.h"

static const struct option_spec options[] = {
	{"--allowed-signers", "FILE", "whose signatures are believed: lines NAME@phigate ssh-ed25519 KEY, as ssh-keygen takes them"},
	{"--identity", "FILE", "age key that opens encrypted segments, as age-keygen writes it"},
	{"--ledger", "FILE", "the agent's ledger key, as a vkey: the bundle must have its proof that the session's end is in the ledger"},
	{"--witness", "VKEY…", "the key of a witness, or a file of such keys: it must have seen the ledger with the session's end"},
	{"--witness-quorum", "N", "so many of the witnesses are enough"},
	{"--receipts", "FILE", "receipts of this user's sessions: each session that they tell of must be among the bundles"},
	{"--tsa-ca", "FILE", "certificates (PEM) of the time-stamp authorities that are believed: the bundle must have a stamp of one"},
	{"--json", NULL, "one JSON object: the verdict, and each check with its result"},
	{0},
};

struct telling {
	cJSON *checks;                           /* for --json; else NULL, and they are printed at once */
	bool nomem;
};

/* On a terminal, and elsewhere; as JSON. */
static const struct {
	const char *sign, *word, *json;
	enum style style;
} results[] = {
	[BUNDLE_HOLDS] = {"✓", "ok     ", "ok", STYLE_GOOD},
	[BUNDLE_FAILS] = {"✗", "FAILED ", "failed", STYLE_BAD},
	[BUNDLE_SKIPPED] = {"–", "skipped", "skipped", STYLE_DIM},
};

static void tell(void *arg, const struct bundle_check *check)
{
	struct telling *telling = arg;
	cJSON *object;

	if (!telling->checks) {
		term_printf(stdout, results[check->result].style, "%s", isatty(STDOUT_FILENO) ? results[check->result].sign : results[check->result].word);
		printf("  %-9s  ", check->name);
		term_text(stdout, slice_str(check->text));
		putchar('\n');
		return;
	}
	object = cJSON_CreateObject();
	if (!cJSON_AddStringToObject(object, "check", check->name) || !cJSON_AddStringToObject(object, "result", results[check->result].json) ||
	    !cJSON_AddStringToObject(object, "text", check->text) || !cJSON_AddItemToArray(telling->checks, object)) {
		cJSON_Delete(object);
		telling->nomem = true;
	}
}

/* Takes the checks over. */
static enum rc print_json(bool verified, const struct why *why, const char *signer, struct telling *telling)
{
	cJSON *object = cJSON_CreateObject();
	enum rc rc = RC_NOMEM;

	if (!telling->nomem && cJSON_AddBoolToObject(object, "verified", verified) &&
	    cJSON_AddStringToObject(object, "reason", verified ? "" : why->text) &&
	    cJSON_AddStringToObject(object, "signer", signer) &&
	    cJSON_AddItemToObject(object, "checks", telling->checks)) {
		telling->checks = NULL;
		rc = jsonline_print(stdout, object);
	}
	cJSON_Delete(object);
	return rc;
}

static void print_verdict(bool verified, const struct why *why)
{
	term_printf(stdout, verified ? STYLE_GOOD : STYLE_BAD, verified ? "verified" : "not verified");
	if (!verified) {
		printf(": ");
		term_text(stdout, slice_str(why->text));
	}
	putchar('\n');
}

/* An evidence pack: the same verdict, other checks. */
static enum rc verify_pack(const char *path, const struct evidence_files *files, struct telling *telling, bool *verified, struct why *why)
{
	struct evidence_trust trust;
	struct pack *pack = NULL;
	struct why reason = {0};
	enum rc rc = evidence_trust_read(files, &trust, why), verdict;

	if (rc == RC_OK) {
		verdict = pack_open(path, true, &pack, &reason);
		if (verdict == RC_OK)
			verdict = pack_verify(pack, &trust.trust, NULL, tell, telling, &reason);
		*verified = verdict == RC_OK;
		if (telling->checks)
			rc = print_json(*verified, &reason, pack ? pack_signer(pack) : "", telling);
		else
			print_verdict(*verified, &reason);
	}
	pack_free(pack);
	evidence_trust_free(&trust);
	return rc;
}

/* A bundle; one that verifies counts for the coverage (may be NULL). */
static enum rc verify_bundle(const char *path, const struct evidence_files *files, struct telling *telling, struct coverage *coverage,
			     bool *verified, struct why *why)
{
	struct evidence e = {0};
	enum rc rc = evidence_open(path, files, tell, telling, &e, why);

	*verified = rc == RC_OK && e.verdict == RC_OK;
	if (rc == RC_OK && telling->checks) {
		rc = print_json(*verified, &e.why, e.bundle ? bundle_fingerprint(e.bundle) : "", telling);
	} else if (rc == RC_OK) {
		print_verdict(*verified, &e.why);
		if (e.verdict == RC_NOT_FOUND && e.bundle)
			fprintf(stderr, "phigate: all else holds; when this key is the agent's, put it into allowed_signers: NAME@phigate %s\n",
				bundle_signer(e.bundle));
	}
	if (rc == RC_OK && *verified && coverage)
		rc = coverage_add(coverage, e.bundle);
	evidence_free(&e);
	return rc;
}

/* false: it is no number, or says nothing. */
static bool read_quorum(const struct arguments *args, size_t *quorum)
{
	const char *text = argument(args, "--witness-quorum");

	*quorum = text && strlen(text) <= 2 && strspn(text, "0123456789") == strlen(text) ? (size_t)atoi(text) : 0;
	return !text || (*quorum && argument(args, "--witness"));
}

/* What a run is about besides each bundle. */
struct run {
	const struct arguments *args;
	size_t quorum;
	struct coverage *coverage;               /* NULL: no receipts */
	cJSON *missing;                          /* for --json */
	bool nomem;
};

/* One bundle, with all that is known. */
static int verify(struct run *run, const char *path)
{
	const struct arguments *args = run->args;
	const struct evidence_files files = {
		.allowed_signers = argument(args, "--allowed-signers"), .identity = argument(args, "--identity"),
		.ledger = argument(args, "--ledger"), .tsa_ca = argument(args, "--tsa-ca"), .witnesses = args, .witness_quorum = run->quorum,
	};
	struct telling telling = {.checks = argument(args, "--json") ? cJSON_CreateArray() : NULL};
	struct why why = {0};
	bool verified = false;
	enum rc rc;

	if (argument(args, "--json") && !telling.checks)
		return term_fail(RC_NOMEM, &why);
	if (argument(args, "--witness") && pack_looks_like(path)) {
		fputs("phigate: witnesses cosign what bundles lead to, not the checkpoint of an evidence pack: take its bundles out (tar -xf) and verify "
		      "those with --witness; that they lead to the pack's ledger is a check of the pack\n", stderr);
		cJSON_Delete(telling.checks);
		return EXIT_USAGE;
	}
	if (args->n_positional > 1 && !telling.checks) {
		term_text(stdout, slice_str(path));
		putchar('\n');
	}
	rc = pack_looks_like(path) ? verify_pack(path, &files, &telling, &verified, &why) :
		verify_bundle(path, &files, &telling, run->coverage, &verified, &why);
	cJSON_Delete(telling.checks);
	if (rc != RC_OK)
		return term_fail(rc == RC_DENIED ? RC_IO : rc, &why);
	if (fflush(stdout) != 0)
		return EXIT_FAILED;
	return verified ? EXIT_DONE : EXIT_EVIDENCE;
}

/* ---- receipts ------------------------------------------------------------------------------------------------------------------ */

static enum rc read_receipts(struct run *run, struct why *why)
{
	const char *path = argument(run->args, "--receipts"), *keys = argument(run->args, "--ledger");
	struct buf ledger;
	enum rc rc;

	buf_init(&ledger, 1 << 20);
	rc = keys ? file_read(keys, &ledger, why) : RC_OK;
	if (rc == RC_OK)
		rc = coverage_read(path, keys ? ledger.len ? ledger.data : "" : NULL, &run->coverage, why);
	buf_free(&ledger);
	return rc;
}

static void tell_missing(void *arg, const struct missing *m)
{
	struct run *run = arg;
	cJSON *object;

	if (!run->missing) {
		term_printf(stdout, STYLE_BAD, "missing");
		printf("  ");
		term_text(stdout, slice_str(m->session));
		printf(" on ");
		term_text(stdout, slice_str(m->agent));
		printf(", receipt of ");
		term_text(stdout, slice_str(m->at));
		printf(": %s\n", m->why);
		return;
	}
	object = cJSON_CreateObject();
	if (!cJSON_AddStringToObject(object, "session", m->session) || !cJSON_AddStringToObject(object, "agent", m->agent) ||
	    !cJSON_AddStringToObject(object, "at", m->at) || !cJSON_AddStringToObject(object, "why", m->why) ||
	    !cJSON_AddItemToArray(run->missing, object)) {
		cJSON_Delete(object);
		run->nomem = true;
	}
}

static enum rc print_coverage_json(struct run *run, size_t sessions)
{
	cJSON *object = cJSON_CreateObject(), *inner = cJSON_AddObjectToObject(object, "receipts");
	enum rc rc = RC_NOMEM;

	if (!run->nomem && inner && cJSON_AddNumberToObject(inner, "sessions", (double)sessions) &&
	    cJSON_AddItemToObject(inner, "missing", run->missing)) {
		run->missing = NULL;
		rc = jsonline_print(stdout, object);
	}
	cJSON_Delete(object);
	return rc;
}

static int judge_coverage(struct run *run)
{
	bool json = argument(run->args, "--json");
	size_t sessions, missing;
	enum rc rc = RC_OK;

	run->missing = json ? cJSON_CreateArray() : NULL;
	if (json && !run->missing)
		return EXIT_FAILED;
	missing = coverage_judge(run->coverage, tell_missing, run, &sessions);
	if (json)
		rc = print_coverage_json(run, sessions);
	else if (missing)
		printf("not all there: %zu of %zu sessions that the receipts tell of are not covered\n", missing, sessions);
	else
		printf("all there: %zu sessions that the receipts tell of\n", sessions);
	cJSON_Delete(run->missing);
	if (rc != RC_OK || fflush(stdout) != 0)
		return EXIT_FAILED;
	return missing ? EXIT_EVIDENCE : EXIT_DONE;
}

/* What fails counts more than what does not verify. */
static int worse(int a, int b)
{
	return a == EXIT_DONE || (a == EXIT_EVIDENCE && b != EXIT_DONE) ? b : a;
}

static int run(const struct arguments *args)
{
	struct run run = {.args = args};
	int status = EXIT_DONE;
	struct why why = {0};
	enum rc rc = RC_OK;

	if (!read_quorum(args, &run.quorum)) {
		fprintf(stderr, "phigate: --witness-quorum is how many of those that --witness names are enough, from 1\n");
		return EXIT_USAGE;
	}
	if (argument(args, "--receipts"))
		rc = read_receipts(&run, &why);
	if (rc != RC_OK)
		status = rc == RC_BAD ? (term_fail(rc, &why), EXIT_EVIDENCE) : term_fail(rc, &why);
	for (size_t i = 0; i < args->n_positional && rc == RC_OK; i++)
		status = worse(status, verify(&run, args->positional[i]));
	if (run.coverage && rc == RC_OK)
		status = worse(status, judge_coverage(&run));
	coverage_free(run.coverage);
	return status;
}

const struct command cmd_verify = {
	.name = "verify", .args = "FILE…", .help = "check a session's bundle, or an evidence pack: who signed it, and that nothing was changed, added or left out",
	.options = options, .min_args = 1, .max_args = 65536, .run = run,
};
