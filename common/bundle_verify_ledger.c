/* The session's end stands in the agent's ledger: session.tlog-proof (C2SP tlog-proof) leads from the close leaf to a signed checkpoint. */
#include <stdio.h>
#include <string.h>

#include "bundle_verify_private.h"
#include "encode.h"
#include "json.h"
#include "tlog_proof.h"

bool verify_read_keys(struct verification *v, enum check check, const char *option, verify_parse_key *parse, const char *text,
		      struct tlog_vkey keys[VERIFY_KEYS_MAX], size_t *n)
{
	struct why why = {0};

	*n = 0;
	while (*text) {
		struct slice line = {text, strcspn(text, "\n")};

		text += line.n + (text[line.n] == '\n');
		if (!line.n || line.p[0] == '#')
			continue;
		if (*n == VERIFY_KEYS_MAX || parse(line, &keys[*n], &why) != RC_OK) {
			verify_fail(v, check, "%s: %s", option, *n == VERIFY_KEYS_MAX ? "too many keys" : why.text);
			return false;
		}
		++*n;
	}
	if (!*n)
		verify_fail(v, check, "%s: the file has no key", option);
	return *n > 0;
}

/* phigate-close-v1, session, part, SHA-256 of SHA256SUMS, head, records (evidence.md) */
static enum rc make_leaf(const struct verification *v, struct buf *leaf)
{
	char sums[SHA256_HEX], head[SHA256_HEX];

	hex_encode(v->sums, SHA256_LEN, sums);
	hex_encode(v->about.head, SHA256_LEN, head);
	return buf_printf(leaf, "phigate-close-v1\n%s\n%lld\n%s\n%s\n%llu\n", v->about.id, (long long)v->about.part, sums, head,
			  (unsigned long long)v->lines);
}

static bool is_agents(const struct verification *v, const char *origin)
{
	static const char first[] = "phigate/";
	size_t n = sizeof first - 1;

	return strncmp(origin, first, n) == 0 && strcmp(origin + n, v->about.agent) == 0;
}

/* With the keys of somebody who is believed, or with the one that the bundle itself names, which proves less. */
static void judge(struct verification *v, struct slice proof, struct slice leaf, const struct tlog_vkey *keys, size_t n, bool trusted)
{
	struct tlog_checkpoint checkpoint;
	struct why why = {0};
	uint64_t index;

	if (tlog_proof_check(proof, leaf, keys, n, &checkpoint, &index, &why) != RC_OK)
		verify_fail(v, CHECK_LEDGER, "%s", why.text);
	else if (!is_agents(v, checkpoint.origin))
		verify_fail(v, CHECK_LEDGER, "the proof is from ledger %s, which is not that of agent %s", checkpoint.origin, v->about.agent);
	else if (trusted)
		verify_holds(v, CHECK_LEDGER, "the session's end is leaf %llu of %llu in %s", (unsigned long long)index,
			     (unsigned long long)checkpoint.size, checkpoint.origin);
	else
		verify_skip(v, CHECK_LEDGER, "the session's end is leaf %llu of %llu in %s by the key that the bundle names; --ledger says "
			    "whether that is the agent's", (unsigned long long)index, (unsigned long long)checkpoint.size, checkpoint.origin);
}

static void check_proof(struct verification *v, struct slice proof, struct slice leaf)
{
	const char *said = json_text(json_object(v->about.tree, "ledger"), "vkey");
	struct tlog_vkey keys[VERIFY_KEYS_MAX];
	struct why why = {0};
	size_t n = 1;

	if (v->trust->ledger_key) {
		if (verify_read_keys(v, CHECK_LEDGER, "--ledger", tlog_vkey_parse, v->trust->ledger_key, keys, &n))
			judge(v, proof, leaf, keys, n, true);
	} else if (!said || tlog_vkey_parse(slice_str(said), keys, &why) != RC_OK) {
		verify_fail(v, CHECK_LEDGER, "there is a proof, and session.json does not say from which ledger");
	} else {
		judge(v, proof, leaf, keys, n, false);
	}
	v->in_ledger = !verify_failed(v, CHECK_LEDGER);
}

static void without_proof(struct verification *v)
{
	if (v->trust->ledger_key || (v->about_read && json_object(v->about.tree, "ledger")))
		verify_fail(v, CHECK_LEDGER, "the bundle has no proof that the ledger knows of it");
	else
		verify_skip(v, CHECK_LEDGER, "the bundle has no proof that a ledger knows of it");
}

enum rc verify_ledger(struct verification *v)
{
	struct buf proof, leaf;
	enum rc rc;

	if (!v->b->present[MEMBER_PROOF]) {
		without_proof(v);
		return RC_OK;
	}
	if (!v->about_read) {
		verify_fail(v, CHECK_LEDGER, "session.json cannot be read");
		return RC_OK;
	}
	buf_init(&proof, (size_t)v->b->member[MEMBER_PROOF].size);
	buf_init(&leaf, 1024);
	rc = bundle_read(v->b, v->b->member[MEMBER_PROOF], &proof);
	if (rc == RC_OK)
		rc = make_leaf(v, &leaf);
	if (rc == RC_OK)
		check_proof(v, buf_slice(&proof), buf_slice(&leaf));
	buf_free(&proof);
	buf_free(&leaf);
	return rc;
}
