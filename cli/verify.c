#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "evidence.h"
#include "jsonline.h"
#include "term.h"

static const struct option_spec options[] = {
	{"--allowed-signers", "FILE", "whose signatures are believed: lines NAME@phigate ssh-ed25519 KEY, as ssh-keygen takes them"},
	{"--identity", "FILE", "age key for encrypted segments, which this version cannot read yet"},
	{"--ledger", "FILE", "the agent's ledger key, whose proof this version cannot check yet"},
	{"--json", NULL, "one JSON object for each check, and one for the verdict"},
	{0},
};

struct telling {
	bool json;
	enum rc rc;                              /* of writing */
};

/* Takes over the line, which is NULL when there was no memory for it. */
static void print_json(struct telling *telling, cJSON *line)
{
	enum rc rc = line ? jsonline_print(stdout, line) : RC_NOMEM;

	if (telling->rc == RC_OK)
		telling->rc = rc;
	cJSON_Delete(line);
}

static void tell(void *arg, const struct bundle_check *check)
{
	struct telling *telling = arg;
	bool tty = isatty(STDOUT_FILENO);

	if (telling->json) {
		cJSON *line = cJSON_CreateObject();

		cJSON_AddStringToObject(line, "check", check->name);
		cJSON_AddBoolToObject(line, "holds", check->holds);
		cJSON_AddStringToObject(line, "text", check->text);
		print_json(telling, line);
		return;
	}
	term_printf(stdout, check->holds ? STYLE_GOOD : STYLE_BAD, "%s", tty ? (check->holds ? "✓" : "✗") : check->holds ? "ok    " : "FAILED");
	printf("  %-9s  ", check->name);
	term_text(stdout, slice_str(check->text));
	putchar('\n');
}

static void conclude(const struct evidence *e, bool verified, struct telling *telling)
{
	const char *signer = e->bundle ? bundle_fingerprint(e->bundle) : "";

	if (telling->json) {
		cJSON *line = cJSON_CreateObject();

		cJSON_AddBoolToObject(line, "verified", verified);
		cJSON_AddStringToObject(line, "signer", signer);
		cJSON_AddStringToObject(line, "reason", verified ? "" : e->why.text);
		print_json(telling, line);
		return;
	}
	term_printf(stdout, verified ? STYLE_GOOD : STYLE_BAD, verified ? "verified" : "not verified");
	if (!verified) {
		printf(": ");
		term_text(stdout, slice_str(e->why.text));
	}
	putchar('\n');
	if (e->verdict == RC_NOT_FOUND)
		fprintf(stderr, "phigate: all else holds; when this key is the agent's, put it into allowed_signers: NAME@phigate %s\n",
			bundle_signer(e->bundle));
}

static int run(const struct arguments *args)
{
	struct telling telling = {.json = argument(args, "--json") != NULL};
	struct evidence e = {0};
	struct why why = {0};
	enum rc rc = evidence_open(args->positional[0], argument(args, "--allowed-signers"), tell, &telling, &e, &why);
	bool verified;

	if (rc != RC_OK) {
		evidence_free(&e);
		return term_fail(rc == RC_DENIED ? RC_IO : rc, &why);
	}
	if (!e.bundle)
		tell(&telling, &(struct bundle_check){"members", false, e.why.text});
	if (argument(args, "--ledger")) {
		tell(&telling, &(struct bundle_check){"ledger", false, "this version cannot check a ledger's proof"});
		if (e.verdict == RC_OK)
			e.verdict = why_set(&e.why, RC_BAD, "ledger: this version cannot check a ledger's proof");
	}
	verified = e.verdict == RC_OK;
	conclude(&e, verified, &telling);
	evidence_free(&e);
	if (telling.rc != RC_OK || fflush(stdout) != 0)
		return EXIT_FAILED;
	return verified ? EXIT_DONE : EXIT_EVIDENCE;
}

const struct command cmd_verify = {
	.name = "verify", .args = "FILE", .help = "check a session's bundle: who signed it, and that nothing was changed, added or left out",
	.options = options, .min_args = 1, .max_args = 1, .run = run,
};
