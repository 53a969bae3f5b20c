/* phigate review: what auditors found in a session; with --finding one more such record, which the agent signs. */
#include <stdio.h>
#include <string.h>

#include "agents.h"
#include "clock.h"
#include "evidence.h"
#include "file.h"
#include "json.h"
#include "jsonline.h"
#include "sshsig.h"
#include "term.h"
#include "when.h"

static enum rc path_of(const char *id, struct buf *path, struct why *why)
{
	if (!agents_is_id(id))
		return why_set(why, RC_NOT_FOUND, "that is no session's id");
	return buf_printf(path, "/v1/sessions/%s/reviews", id);
}

/* ---- one more ------------------------------------------------------------------------------------------------------------ */

static enum rc add(struct agents *a, struct question *q, const char *id, const char *finding, struct why *why)
{
	struct answers answers = {0};
	struct answer *one = NULL;
	struct buf body;
	int64_t n = 0;
	enum rc rc;

	buf_init(&body, 65536);
	buf_puts(&body, "{\"finding\":");
	json_add_str(&body, finding);
	rc = buf_putc(&body, '}') == RC_OK ? RC_OK : why_set(why, RC_BAD, "the finding is too long");
	q->method = "POST";
	q->body = body.data;
	if (rc == RC_OK)
		rc = agents_ask(a, q, &answers, why);
	if (rc == RC_OK)
		one = answers_one(&answers, &rc, why);
	if (one && json_int(one->tree, "n", &n))
		printf("%s has its review number %lld, signed by %s\n", id, (long long)n, one->agent->name);
	answers_free(&answers);
	buf_free(&body);
	return rc;
}

/* ---- those that are there ------------------------------------------------------------------------------------------------ */

/* RC_OK: signed by a key that is known as the agent's. RC_NOT_FOUND: the key is not known. Else it is no signature of this record. */
static enum rc check(const cJSON *review, const struct signers *signers, const char *agent, struct why *why)
{
	const char *record = json_text(review, "record"), *signature = json_text(review, "signature");
	char principal[128];
	struct buf blob;
	enum rc rc;

	buf_init(&blob, 4096);
	snprintf(principal, sizeof principal, "%s@phigate", agent);
	rc = record && signature ? sshsig_verify(slice_str(signature), REVIEW_NAMESPACE, slice_str(record), &blob, why) :
		why_set(why, RC_BAD, "the agent sent no record");
	if (rc == RC_OK)
		rc = signers_know(signers, buf_slice(&blob), principal, REVIEW_NAMESPACE, clock_wall_s(), why);
	buf_free(&blob);
	return rc;
}

static void print_review(const cJSON *review, enum rc checked, const struct why *why, const char *agent)
{
	const char *record = json_text(review, "record");
	cJSON *tree = record ? json_parse(slice_str(record)) : NULL;
	const char *finding = json_text(tree, "finding"), *by = json_text(json_object(tree, "reviewer"), "id");
	char when[WHEN_TEXT];
	int64_t n = 0;

	(void)json_int(tree, "n", &n);
	term_printf(stdout, STYLE_BOLD, "review %lld", (long long)n);
	fputs(" by ", stdout);
	term_text(stdout, slice_str(by ? by : "?"));
	printf(", %s", when_local(json_text(tree, "at"), when));
	if (json_true(tree, "emergency"))
		fputs(", of emergency access", stdout);
	fputs("\n  ", stdout);
	if (checked == RC_OK) {
		term_printf(stdout, STYLE_GOOD, "verified");
		printf(", signed by %s@phigate\n", agent);
	} else {
		term_printf(stdout, STYLE_BAD, "not verified");
		fputs(": ", stdout);
		term_text(stdout, slice_str(why->text));
		fputc('\n', stdout);
	}
	fputs("  ", stdout);
	term_text(stdout, slice_str(finding ? finding : ""));
	fputc('\n', stdout);
	cJSON_Delete(tree);
}

/* SESSION.review-N.json and its .sig, for ssh-keygen. */
static enum rc save(const cJSON *review, const char *dir, const char *id, struct why *why)
{
	static const struct {
		const char *member, *end;
	} files[] = {{"record", ""}, {"signature", ".sig"}};
	int64_t n = 0;
	enum rc rc = json_int(review, "n", &n) ? RC_OK : why_set(why, RC_BAD, "the agent's answer names no review");

	for (size_t i = 0; i < sizeof files / sizeof *files && rc == RC_OK; i++) {
		const char *text = json_text(review, files[i].member);
		struct buf path;

		buf_init(&path, 8192);
		rc = buf_printf(&path, "%s/%s.review-%lld.json%s", dir, id, (long long)n, files[i].end);
		if (rc == RC_OK)
			rc = file_write(path.data, slice_str(text ? text : ""), 0600, why);
		if (rc == RC_OK) {
			term_text(stdout, buf_slice(&path));
			fputc('\n', stdout);
		}
		buf_free(&path);
	}
	return rc;
}

static enum rc show_one(const struct arguments *args, cJSON *review, const struct signers *signers, const char *agent, const char *id,
			bool *good, struct why *why)
{
	struct why reason = {0};
	enum rc checked = check(review, signers, agent, &reason);

	*good = *good && checked == RC_OK;
	if (argument(args, "--save"))
		return save(review, argument(args, "--save"), id, why);
	if (!argument(args, "--json")) {
		print_review(review, checked, &reason, agent);
		return RC_OK;
	}
	cJSON_AddBoolToObject(review, "verified", checked == RC_OK);
	return jsonline_print(stdout, review);
}

static enum rc show(struct agents *a, struct question *q, const struct arguments *args, const char *id, bool *good, struct why *why)
{
	struct signers *signers = NULL;
	struct answers answers = {0};
	struct answer *one = NULL;
	cJSON *list, *review;
	enum rc rc = evidence_signers(argument(args, "--allowed-signers"), &signers, why);

	if (rc == RC_OK)
		rc = agents_ask(a, q, &answers, why);
	if (rc == RC_OK)
		one = answers_one(&answers, &rc, why);
	list = one ? one->tree : NULL;
	cJSON_ArrayForEach(review, list)
		if (rc == RC_OK)
			rc = show_one(args, review, signers, one->agent->name, id, good, why);
	if (one && cJSON_GetArraySize(one->tree) == 0)
		term_printf(stderr, STYLE_DIM, "nobody has reviewed this session\n");
	answers_free(&answers);
	signers_free(signers);
	return rc;
}

/* ---- the command --------------------------------------------------------------------------------------------------------- */

static int run(const struct arguments *args)
{
	const char *finding = argument(args, "--finding"), *id;
	struct question q = {.method = "GET"};
	struct why why = {0};
	struct agents a;
	struct buf path;
	bool good = true;
	int status = agents_begin(&a);
	enum rc rc;

	buf_init(&path, 256);
	if (status != EXIT_DONE)
		goto out;
	id = agents_split(&a, args->positional[0], &q.only);
	rc = path_of(id, &path, &why);
	q.path = path.data;
	if (rc == RC_OK)
		rc = finding ? add(&a, &q, id, finding, &why) : show(&a, &q, args, id, &good, &why);
	if (rc != RC_OK)
		status = term_fail(rc, &why);
	else if (!good)
		status = EXIT_EVIDENCE;
out:
	buf_free(&path);
	agents_end(&a);
	return status;
}

static const struct option_spec options[] = {
	{"--finding", "TEXT", "what you found; the agent signs it, with who and when"},
	{"--save", "DIR", "write the records and their signatures there, for ssh-keygen"},
	{"--allowed-signers", "FILE", "whose signatures are believed"},
	{"--json", NULL, "one JSON object a line"},
	{NULL, NULL, NULL},
};

const struct command cmd_review = {
	.name = "review", .args = "SESSION", .help = "show the reviews of a session, or add one", .options = options, .min_args = 1,
	.max_args = 1, .run = run,
};
