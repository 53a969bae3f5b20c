#include "evidence.h"

#include <stdio.h>
#include <stdlib.h>

#include "config.h"
#include "file.h"
#include "identity_file.h"
#include "profile.h"
#include "stamp.h"
#include "term.h"
#include "tlog_vkey.h"

#define SIGNERS_MAX_BYTES ((size_t)1 << 20)
#define TRUST_MAX_BYTES ((size_t)1 << 20)

static enum rc read_signers(struct signers *signers, const char *path, struct why *why)
{
	struct buf text;
	enum rc rc;

	buf_init(&text, SIGNERS_MAX_BYTES);
	rc = file_read(path, &text, why);
	if (rc == RC_OK) {
		rc = signers_parse(signers, buf_slice(&text), why);
		if (rc != RC_OK)
			why_file(why, rc, path);
	}
	buf_free(&text);
	return rc;
}

static enum rc signing_keys(struct signers *signers, const struct client_config *config, struct why *why)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; i < config->n_agents; i++)
		for (size_t k = 0; k < config->agents[i].signing_keys.n && rc == RC_OK; k++) {
			char principal[128];

			snprintf(principal, sizeof principal, "%s@phigate", config->agents[i].name);
			rc = signers_add(signers, principal, config->agents[i].signing_keys.item[k], why);
		}
	return rc;
}

/* Beside client.yaml: allowed_signers; beside a profile's file NAME.allowed_signers, for one organisation's keys vouch for none of another's. */
static enum rc signers_path(const char *config, char **path, struct why *why)
{
	const char *profile;
	char name[PROFILE_MAX + 20] = "allowed_signers", *dir;
	enum rc rc = profile_get(&profile, why);

	*path = NULL;
	if (rc != RC_OK)
		return rc;
	if (profile)
		snprintf(name, sizeof name, "%s.allowed_signers", profile);
	dir = path_dir(config);
	*path = dir ? path_join(dir, name) : NULL;
	free(dir);
	return *path ? RC_OK : RC_NOMEM;
}

/* The file beside client.yaml, else what client.yaml says. No client.yaml: nobody is known. */
static enum rc configured_signers(struct signers *signers, struct why *why)
{
	struct client_config *config = NULL;
	char *path = NULL;
	enum rc rc = client_config_load(&config, why);

	if (rc == RC_NOT_FOUND)
		return RC_OK;
	if (rc != RC_OK)
		return rc;
	rc = signers_path(config->path, &path, why);
	if (rc == RC_OK)
		rc = read_signers(signers, path, why);
	if (rc == RC_NOT_FOUND)
		rc = signing_keys(signers, config, why);
	free(path);
	client_config_free(config);
	return rc;
}

enum rc evidence_signers(const char *allowed_signers, struct signers **out, struct why *why)
{
	*out = signers_new();
	if (!*out)
		return RC_NOMEM;
	return allowed_signers ? read_signers(*out, allowed_signers, why) : configured_signers(*out, why);
}

/* A file that an option names, whole; NULL names none. */
static enum rc read_option(const char *path, struct buf *text, struct why *why)
{
	enum rc rc = path ? file_read(path, text, why) : RC_OK;

	if (rc == RC_NOT_FOUND)
		rc = why_set(why, RC_IO, "%s: there is no such file", path);
	return rc == RC_TOO_BIG ? why_set(why, rc, "%s: it is larger than any such file", path) : rc;
}

static enum rc read_roots(const char *path, struct buf *text, struct why *why)
{
	enum rc rc = read_option(path, text, why);

	if (rc == RC_OK && path)
		rc = stamp_roots_check(text->len ? text->data : "", why);
	return rc == RC_BAD ? why_file(why, rc, path) : rc;
}

/* Each --witness is a key, or a file of keys. */
static enum rc read_witnesses(const struct arguments *args, struct buf *text, struct why *why)
{
	const char *given;
	enum rc rc = RC_OK;

	for (size_t i = 0; args && rc == RC_OK && (given = argument_nth(args, "--witness", i)); i++) {
		struct tlog_vkey vkey;

		rc = tlog_vkey_parse_witness(slice_str(given), &vkey, NULL) == RC_OK ? buf_puts(text, given) : read_option(given, text, why);
		if (rc == RC_OK)
			rc = buf_putc(text, '\n');
	}
	return rc;
}

enum rc evidence_trust_read(const struct evidence_files *files, struct evidence_trust *out, struct why *why)
{
	enum rc rc;

	*out = (struct evidence_trust){0};
	buf_init(&out->ledger, TRUST_MAX_BYTES);
	buf_init(&out->tsa, TRUST_MAX_BYTES);
	buf_init(&out->witnesses, TRUST_MAX_BYTES);
	rc = evidence_signers(files->allowed_signers, &out->signers, why);
	if (rc == RC_OK && files->identity)
		rc = identity_file_read(files->identity, &out->identities, why);
	if (rc == RC_OK)
		rc = read_option(files->ledger, &out->ledger, why);
	if (rc == RC_OK)
		rc = read_roots(files->tsa_ca, &out->tsa, why);
	if (rc == RC_OK)
		rc = read_witnesses(files->witnesses, &out->witnesses, why);
	out->trust.signers = out->signers;
	out->trust.ledger_key = files->ledger ? out->ledger.len ? out->ledger.data : "" : NULL;
	out->trust.witness_keys = out->witnesses.len ? out->witnesses.data : NULL;
	out->trust.witness_quorum = files->witness_quorum;
	out->trust.tsa_roots = files->tsa_ca ? out->tsa.data : NULL;
	return rc;
}

void evidence_trust_free(struct evidence_trust *t)
{
	signers_free(t->signers);
	age_identities_free(t->identities);
	buf_free(&t->ledger);
	buf_free(&t->tsa);
	buf_free(&t->witnesses);
	*t = (struct evidence_trust){0};
}

enum rc evidence_verify(const char *path, const struct evidence_trust *trust, bundle_on_check *on_check, void *arg, struct bundle **out,
			struct why *why)
{
	enum rc rc = bundle_open(path, out, why);

	if (*out) {
		bundle_unlock(*out, trust->identities);
		return bundle_verify(*out, &trust->trust, on_check, arg, why);
	}
	if (on_check)
		bundle_tell_unopened(why, on_check, arg);
	return rc == RC_NOT_FOUND || rc == RC_DENIED ? RC_IO : rc;
}

enum rc evidence_open(const char *path, const struct evidence_files *files, bundle_on_check *on_check, void *arg, struct evidence *out,
		      struct why *why)
{
	enum rc rc;

	*out = (struct evidence){.trust = calloc(1, sizeof *out->trust)};
	if (!out->trust)
		return RC_NOMEM;
	rc = evidence_trust_read(files, out->trust, why);
	if (rc != RC_OK)
		return rc;
	progress_begin("verifying");
	out->verdict = evidence_verify(path, out->trust, on_check, arg, &out->bundle, &out->why);
	progress_end();
	return RC_OK;
}

void evidence_tell(void *arg, const struct bundle_check *check)
{
	(void)arg;
	if (check->result != BUNDLE_FAILS)
		return;
	fprintf(stderr, "phigate: %s: ", check->name);
	term_text(stderr, slice_str(check->text));
	fputc('\n', stderr);
}

bool evidence_judge(const struct evidence *e, bool force, const char *done, const char *does)
{
	if (e->verdict == RC_OK)
		return true;
	if (e->bundle && e->verdict == RC_NOT_FOUND) {
		fprintf(stderr, "phigate: warning: nobody vouches for this recording: its signer is not known here\n");
		return true;
	}
	if (e->bundle && force) {
		fprintf(stderr, "phigate: warning: this recording does not verify; what follows may never have happened\n");
		return true;
	}
	if (!e->bundle) {
		fprintf(stderr, "phigate: this is no bundle that can be read: ");
		term_text(stderr, slice_str(e->why.text));
		fputc('\n', stderr);
	} else {
		fprintf(stderr, "phigate: it does not verify and is not %s; --force %s what can be read\n", done, does);
	}
	return false;
}

void evidence_free(struct evidence *e)
{
	bundle_free(e->bundle);
	if (e->trust)
		evidence_trust_free(e->trust);
	free(e->trust);
	*e = (struct evidence){0};
}
