/* Who signed SHA256SUMS, and may they be believed. */
#include <stdio.h>
#include <string.h>

#include "bundle_verify_private.h"
#include "clock.h"
#include "encode.h"
#include "sshkey.h"
#include "sshsig.h"

/* session.json may say which key signs; then it is that one. */
static bool is_signing_key(const struct verification *v, struct slice pk)
{
	const char *said = v->about.signing_key;
	struct buf blob;
	bool same;

	if (!v->about_read || !said || strncmp(said, "ssh-", 4) != 0)
		return true;
	buf_init(&blob, 1024);
	same = sshkey_parse_line(slice_str(said), &blob) == RC_OK && blob.len == pk.n && memcmp(blob.data, pk.p, pk.n) == 0;
	buf_free(&blob);
	return same;
}

static enum rc name_signer(struct bundle *b, struct slice pk)
{
	struct buf line;
	enum rc rc;

	buf_init(&line, sizeof b->signer - 1);
	buf_puts(&line, "ssh-ed25519 ");
	rc = base64_encode(pk.p, pk.n, &line);
	if (rc == RC_OK)
		memcpy(b->signer, line.data, line.len + 1);
	buf_free(&line);
	sshkey_fingerprint(pk, b->fingerprint);
	return rc;
}

/* A key that has expired since is believed at the time that somebody else has dated the signature with, and at no other. */
static void judge_signer(struct verification *v, struct slice pk)
{
	const struct signers *signers = v->trust->signers;
	struct why why = {0};
	char principal[128];

	snprintf(principal, sizeof principal, "%s@phigate", v->about_read ? v->about.agent : "");
	if (!is_signing_key(v, pk)) {
		verify_fail(v, CHECK_SIGNATURE, "session.json names another signing key than %s", v->b->fingerprint);
	} else if (signers_none(signers)) {
		v->signer = RC_NOT_FOUND;
		verify_fail(v, CHECK_SIGNATURE, "no signer is known; it is signed by %s, %s", v->b->fingerprint, v->b->signer);
	} else if (signers_know(signers, pk, principal, BUNDLE_NAMESPACE, v->proven_s ? v->proven_s : clock_wall_s(), &why) != RC_OK) {
		v->signer = RC_DENIED;
		verify_fail(v, CHECK_SIGNATURE, "%s: %s", why.text, v->b->fingerprint);
	}
	verify_holds(v, CHECK_SIGNATURE, "made by %s, %s", principal, v->b->fingerprint);
}

enum rc verify_signature(struct verification *v, struct slice sums)
{
	struct why why = {0};
	struct buf sig, pk;
	enum rc rc;

	buf_init(&sig, 16384);
	buf_init(&pk, 1024);
	rc = bundle_read(v->b, v->b->member[MEMBER_SIG], &sig);
	if (rc == RC_OK) {
		rc = sshsig_verify(buf_slice(&sig), BUNDLE_NAMESPACE, sums, &pk, &why);
		if (rc == RC_OK)
			rc = name_signer(v->b, buf_slice(&pk));
		if (rc == RC_OK)
			judge_signer(v, buf_slice(&pk));
		else if (rc == RC_BAD || rc == RC_DENIED)
			verify_fail(v, CHECK_SIGNATURE, "%s", why.text);
		rc = rc == RC_BAD || rc == RC_DENIED ? RC_OK : rc;
	}
	buf_free(&sig);
	buf_free(&pk);
	return rc;
}
