#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "evidence.h"
#include "jsonline.h"
#include "pack.h"
#include "term.h"

static const struct option_spec options[] = {
	{"--allowed-signers", "FILE", "whose signatures are believed: lines NAME@phigate ssh-ed25519 KEY, as ssh-keygen takes them"},
	{"--identity", "FILE", "age key that opens encrypted segments, as age-keygen writes it"},
	{"--ledger", "FILE", "the agent's ledger key, as a vkey: the bundle must have its proof that the session's end is in the ledger"},
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

static enum rc verify_bundle(const char *path, const struct evidence_files *files, struct telling *telling, bool *verified, struct why *why)
{
	struct evidence e = {0};
	enum rc rc = evidence_open(path, files, tell, telling, &e, why);

	*verified = rc == RC_OK && e.verdict == RC_OK;
	if (rc == RC_OK && telling->checks)
		rc = print_json(*verified, &e.why, e.bundle ? bundle_fingerprint(e.bundle) : "", telling);
	else if (rc == RC_OK)
		print_verdict(*verified, &e.why);
	if (rc == RC_OK && !telling->checks && e.verdict == RC_NOT_FOUND && e.bundle)
		fprintf(stderr, "phigate: all else holds; when this key is the agent's, put it into allowed_signers: NAME@phigate %s\n",
			bundle_signer(e.bundle));
	evidence_free(&e);
	return rc;
}

static int run(const struct arguments *args)
{
	const struct evidence_files files = {.allowed_signers = argument(args, "--allowed-signers"), .identity = argument(args, "--identity"), .ledger = argument(args, "--ledger"),
		.tsa_ca = argument(args, "--tsa-ca")};
	struct telling telling = {.checks = argument(args, "--json") ? cJSON_CreateArray() : NULL};
	const char *path = args->positional[0];
	struct why why = {0};
	bool verified = false;
	enum rc rc;

	if (argument(args, "--json") && !telling.checks)
		return term_fail(RC_NOMEM, &why);
	rc = pack_looks_like(path) ? verify_pack(path, &files, &telling, &verified, &why) : verify_bundle(path, &files, &telling, &verified, &why);
	cJSON_Delete(telling.checks);
	if (rc != RC_OK)
		return term_fail(rc == RC_DENIED ? RC_IO : rc, &why);
	if (fflush(stdout) != 0)
		return EXIT_FAILED;
	return verified ? EXIT_DONE : EXIT_EVIDENCE;
}

const struct command cmd_verify = {
	.name = "verify", .args = "FILE", .help = "check a session's bundle, or an evidence pack: who signed it, and that nothing was changed, added or left out",
	.options = options, .min_args = 1, .max_args = 1, .run = run,
};
