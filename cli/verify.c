#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "evidence.h"
#include "jsonline.h"
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
static enum rc print_json(const struct evidence *e, bool verified, struct telling *telling)
{
	cJSON *object = cJSON_CreateObject();
	enum rc rc = RC_NOMEM;

	if (!telling->nomem && cJSON_AddBoolToObject(object, "verified", verified) &&
	    cJSON_AddStringToObject(object, "reason", verified ? "" : e->why.text) &&
	    cJSON_AddStringToObject(object, "signer", e->bundle ? bundle_fingerprint(e->bundle) : "") &&
	    cJSON_AddItemToObject(object, "checks", telling->checks)) {
		telling->checks = NULL;
		rc = jsonline_print(stdout, object);
	}
	cJSON_Delete(telling->checks);
	cJSON_Delete(object);
	return rc;
}

static void print_verdict(const struct evidence *e, bool verified)
{
	term_printf(stdout, verified ? STYLE_GOOD : STYLE_BAD, verified ? "verified" : "not verified");
	if (!verified) {
		printf(": ");
		term_text(stdout, slice_str(e->why.text));
	}
	putchar('\n');
	if (e->verdict == RC_NOT_FOUND && e->bundle)
		fprintf(stderr, "phigate: all else holds; when this key is the agent's, put it into allowed_signers: NAME@phigate %s\n",
			bundle_signer(e->bundle));
}

static int run(const struct arguments *args)
{
	const struct evidence_files files = {.allowed_signers = argument(args, "--allowed-signers"), .identity = argument(args, "--identity"), .ledger = argument(args, "--ledger"),
		.tsa_ca = argument(args, "--tsa-ca")};
	struct telling telling = {.checks = argument(args, "--json") ? cJSON_CreateArray() : NULL};
	struct evidence e = {0};
	struct why why = {0};
	enum rc rc;
	bool verified;

	if (argument(args, "--json") && !telling.checks)
		return term_fail(RC_NOMEM, &why);
	rc = evidence_open(args->positional[0], &files, tell, &telling, &e, &why);
	if (rc != RC_OK) {
		cJSON_Delete(telling.checks);
		evidence_free(&e);
		return term_fail(rc == RC_DENIED ? RC_IO : rc, &why);
	}
	verified = e.verdict == RC_OK;
	if (argument(args, "--json"))
		rc = print_json(&e, verified, &telling);
	else
		print_verdict(&e, verified);
	evidence_free(&e);
	if (rc != RC_OK || fflush(stdout) != 0)
		return EXIT_FAILED;
	return verified ? EXIT_DONE : EXIT_EVIDENCE;
}

const struct command cmd_verify = {
	.name = "verify", .args = "FILE", .help = "check a session's bundle: who signed it, and that nothing was changed, added or left out",
	.options = options, .min_args = 1, .max_args = 1, .run = run,
};
