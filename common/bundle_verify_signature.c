/* Who signed SHA256SUMS, when, and may they be believed. */
#include <stdio.h>
#include <string.h>

#include "bundle_verify_private.h"
#include "clock.h"
#include "encode.h"
#include "sshkey.h"
#include "sshsig.h"
#include "stamp.h"

#define CLOCKS_APART_S 300                       /* so much may the agent's clock be ahead of an authority's */

/* ---- the time stamp --------------------------------------------------------------------------------------------------------- */

static void judge_stamp(struct verification *v, enum rc rc, const struct stamp *stamp, const struct why *why)
{
	char at[CLOCK_TEXT], closed[CLOCK_TEXT];
	const char *says = stamp->wall_s ? clock_text_s(stamp->wall_s, at) : "";
	int64_t closed_s = v->about_read ? v->about.closed_ns / NS_PER_S : 0;

	if (rc != RC_OK)
		verify_fail(v, CHECK_TIMESTAMP, "%s", why->text);
	else if (stamp->wall_s < closed_s - CLOCKS_APART_S)
		verify_fail(v, CHECK_TIMESTAMP, "%s says %s, but the session was open until %s", stamp->authority, says, clock_text_s(closed_s, closed));
	else if (!v->trust->tsa_roots)
		verify_skip(v, CHECK_TIMESTAMP, "one who says to be %s dates the signature with %s; no authority is known (--tsa-ca)", stamp->authority, says);
	else
		v->proven_s = stamp->wall_s;
	verify_holds(v, CHECK_TIMESTAMP, "%s has seen the signature at %s", stamp->authority, says);
}

enum rc verify_timestamp(struct verification *v)
{
	struct stamp stamp = {0};
	struct why why = {0};
	struct buf sig, tsr;
	enum rc rc = RC_OK;

	buf_init(&sig, 16384);
	buf_init(&tsr, STAMP_MAX);
	if (!v->b->present[MEMBER_TSR] && v->trust->tsa_roots)
		verify_fail(v, CHECK_TIMESTAMP, "the bundle has no time stamp");
	else if (!v->b->present[MEMBER_TSR])
		verify_skip(v, CHECK_TIMESTAMP, "the bundle has no time stamp");
	else
		rc = bundle_read(v->b, v->b->member[MEMBER_SIG], &sig);
	if (rc == RC_OK && v->b->present[MEMBER_TSR])
		rc = bundle_read(v->b, v->b->member[MEMBER_TSR], &tsr);
	if (rc == RC_OK && v->b->present[MEMBER_TSR]) {
		rc = stamp_read(buf_slice(&tsr), buf_slice(&sig), NULL, v->trust->tsa_roots, &stamp, &why);
		if (rc != RC_NOMEM) {
			judge_stamp(v, rc, &stamp, &why);
			rc = RC_OK;
		}
	}
	buf_free(&sig);
	buf_free(&tsr);
	return rc;
}

/* ---- the signature ---------------------------------------------------------------------------------------------------------- */

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
void verify_signer(struct verification *v)
{
	const struct signers *signers = v->trust->signers;
	struct slice pk = buf_slice(&v->pk);
	struct why why = {0};
	char principal[128];

	if (!pk.n)
		return;
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
	struct buf sig;
	enum rc rc;

	buf_init(&sig, 16384);
	rc = bundle_read(v->b, v->b->member[MEMBER_SIG], &sig);
	if (rc == RC_OK) {
		rc = sshsig_verify(buf_slice(&sig), BUNDLE_NAMESPACE, sums, &v->pk, &why);
		if (rc == RC_OK)
			rc = name_signer(v->b, buf_slice(&v->pk));
		else
			buf_clear(&v->pk);
		if (rc == RC_BAD || rc == RC_DENIED)
			verify_fail(v, CHECK_SIGNATURE, "%s", why.text);
		rc = rc == RC_BAD || rc == RC_DENIED ? RC_OK : rc;
	}
	buf_free(&sig);
	return rc;
}
