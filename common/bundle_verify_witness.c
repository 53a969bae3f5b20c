/* Others have seen the agent's ledger with the session's end in it: cosignatures (C2SP tlog-cosignature) under the checkpoint of
 * session.tlog-proof, whose path has been checked before. */
#include <stdio.h>
#include <string.h>

#include "bundle_verify_private.h"
#include "clock.h"
#include "tlog_cosignature.h"
#include "tlog_proof.h"

#define CLOCKS_APART_S 300                       /* so much may the agent's clock be ahead of a witness's */

struct seen {
	struct tlog_vkey keys[VERIFY_KEYS_MAX];
	size_t n, names, good;
	int64_t first_s;                         /* the earliest of those that are believed */
	char text[400], lacking[TLOG_NAME_MAX + 1];
};

/* Old and new keys of one witness are one name, of which any will do. */
static bool is_first(const struct seen *s, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(s->keys[k].name, s->keys[i].name) == 0)
			return false;
	return true;
}

static void believe(struct seen *s, const char *name, int64_t wall_s)
{
	size_t used = strlen(s->text);
	char at[CLOCK_TEXT];

	snprintf(s->text + used, sizeof s->text - used, "%s%s has seen the ledger with it at %s", used ? "; " : "", name, clock_text_s(wall_s, at));
	if (!s->good++ || wall_s < s->first_s)
		s->first_s = wall_s;
}

/* One name: its earliest cosignature that holds. */
static void look_for(struct verification *v, struct slice note, struct seen *s, size_t first)
{
	int64_t closed_s = v->about.closed_ns / NS_PER_S, best_s = 0, wall_s = 0;
	const char *name = s->keys[first].name;
	char at[CLOCK_TEXT], closed[CLOCK_TEXT];
	bool found = false;

	for (size_t i = first; i < s->n; i++) {
		enum rc rc = strcmp(s->keys[i].name, name) == 0 ? tlog_cosignature_find(note, &s->keys[i], &wall_s) : RC_NOT_FOUND;

		if (rc == RC_NOT_FOUND)
			continue;
		if (rc != RC_OK)
			verify_fail(v, CHECK_WITNESS, "the cosignature of %s is wrong", name);
		else if (wall_s < closed_s - CLOCKS_APART_S)
			verify_fail(v, CHECK_WITNESS, "%s says %s, but the session was open until %s", name, clock_text_s(wall_s, at),
				    clock_text_s(closed_s, closed));
		else if (!found || wall_s < best_s) {
			found = true;
			best_s = wall_s;
		}
	}
	s->names++;
	if (found)
		believe(s, name, best_s);
	else if (!*s->lacking)
		snprintf(s->lacking, sizeof s->lacking, "%s", name);
}

static void judge(struct verification *v, struct slice note, struct seen *s)
{
	size_t quorum = v->trust->witness_quorum;

	for (size_t i = 0; i < s->n; i++)
		if (is_first(s, i))
			look_for(v, note, s, i);
	if (quorum > s->names)
		verify_fail(v, CHECK_WITNESS, "%zu witnesses are to have seen it, and keys of %zu are known", quorum, s->names);
	else if (s->good < (quorum ? quorum : s->names))
		verify_fail(v, CHECK_WITNESS, "%s has not cosigned the checkpoint that the proof leads to%s%s", s->lacking, *s->text ? "; " : "", s->text);
	if (verify_failed(v, CHECK_WITNESS))
		return;
	verify_holds(v, CHECK_WITNESS, "%s", s->text);
	if (!v->proven_s || s->first_s < v->proven_s)
		v->proven_s = s->first_s;
}

/* Lines of signatures that are not the ledger's, as far as one can tell without keys. */
static void tell_unknown(struct verification *v, struct slice note)
{
	struct tlog_note n;
	size_t lines = 0;

	for (size_t i = 0; tlog_note_read(note, &n) == RC_OK && i < n.lines.n; i++)
		lines += n.lines.p[i] == '\n';
	if (lines > 1)
		verify_skip(v, CHECK_WITNESS, "%zu more signatures stand under the checkpoint, and no witness's key is known (--witness)", lines - 1);
	verify_skip(v, CHECK_WITNESS, "no witness's key is known");
}

enum rc verify_witness(struct verification *v)
{
	struct seen seen = {0};
	struct tlog_proof proof;
	struct buf text;
	enum rc rc = RC_OK;

	buf_init(&text, v->b->present[MEMBER_PROOF] ? (size_t)v->b->member[MEMBER_PROOF].size : 1);
	if (v->trust->witness_keys && !verify_read_keys(v, CHECK_WITNESS, "--witness", tlog_vkey_parse_witness, v->trust->witness_keys, seen.keys, &seen.n))
		goto out;
	if (v->in_ledger)
		rc = bundle_read(v->b, v->b->member[MEMBER_PROOF], &text);
	if (rc == RC_OK && v->in_ledger && tlog_proof_parse(buf_slice(&text), &proof, NULL) == RC_OK) {
		if (v->trust->witness_keys)
			judge(v, proof.checkpoint, &seen);
		else
			tell_unknown(v, proof.checkpoint);
	} else if (rc == RC_OK && v->trust->witness_keys) {
		verify_fail(v, CHECK_WITNESS, "the bundle has no proof that holds, so there is nothing that a witness could have seen");
	} else {
		verify_skip(v, CHECK_WITNESS, "no witness's key is known");
	}
out:
	buf_free(&text);
	return rc;
}
