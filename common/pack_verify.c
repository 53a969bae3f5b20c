/* Is a pack what an agent made, does its ledger hold, and do its lists tell what the ledger tells? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "json.h"
#include "pack_verify_private.h"
#include "sshkey.h"
#include "sshsig.h"
#include "tarfile.h"

static const char *const names[CHECKS] = {"archive", "members", "signature", "sums", "ledger", "lists", "reviews", "bundles"};

void pack_say(struct verification *v, enum check check, enum bundle_result result, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	verdict_say(&v->checks[check], result, fmt, args);
	va_end(args);
}

bool pack_in_period(const struct verification *v, const char *time)
{
	int64_t ns;

	return clock_parse(slice_str(time), &ns) == RC_OK && ns >= v->from_ns && ns < v->to_ns;
}

/* The text of a key: a kind of thing, and what names it. */
static enum rc key_make(struct buf *key, const char *kind, const char *a, const char *b, const char *c)
{
	buf_clear(key);
	return buf_printf(key, "%s\n%s\n%s\n%s", kind, a, b, c);
}

enum rc pack_note(struct verification *v, uint64_t mark, const char *kind, const char *a, const char *b, const char *c)
{
	struct buf key;
	enum rc rc;

	buf_init(&key, PACK_LINE_MAX);
	rc = key_make(&key, kind, a, b, c);
	if (rc == RC_OK)
		rc = keyset_add(&v->keys, buf_slice(&key), mark);
	buf_free(&key);
	return rc;
}

uint64_t pack_told(struct verification *v, const char *kind, const char *a, const char *b, const char *c)
{
	const uint64_t *mark = NULL;
	struct buf key;

	buf_init(&key, PACK_LINE_MAX);
	if (key_make(&key, kind, a, b, c) == RC_OK)
		mark = keyset_find(&v->keys, buf_slice(&key));
	buf_free(&key);
	return mark ? *mark : 0;
}

/* ---- signature and sums -------------------------------------------------------------------------------------------------- */

enum rc pack_read(const struct pack *p, enum pack_file file, struct buf *out)
{
	size_t n = (size_t)p->files[file].size;
	char *room = buf_room(out, n + 1);
	enum rc rc = room ? tarfile_read(p->fd, room, n, p->files[file].off) : out->rc;

	if (rc == RC_OK)
		buf_added(out, n);
	return rc == RC_END ? RC_IO : rc;
}

static void judge_signer(struct verification *v, struct slice pk)
{
	struct why why = {0};

	sshkey_fingerprint(pk, v->p->signer);
	if (signers_none(v->trust->signers)) {
		v->signer = RC_NOT_FOUND;
		FAIL(v, CHECK_SIGNATURE, "no signer is known; it is signed by %s", v->p->signer);
	} else if (signers_know(v->trust->signers, pk, v->principal, PACK_NAMESPACE, clock_wall_s(), &why) != RC_OK) {
		v->signer = RC_DENIED;
		FAIL(v, CHECK_SIGNATURE, "%s: %s", why.text, v->p->signer);
	}
	pack_say(v, CHECK_SIGNATURE, BUNDLE_HOLDS, "made by %s, %s", v->principal, v->p->signer);
}

static enum rc check_signature(struct verification *v)
{
	struct buf sums, sig, pk, again;
	struct why why = {0};
	enum rc rc;

	buf_init(&sums, 16384);
	buf_init(&again, 16384);
	buf_init(&sig, 16384);
	buf_init(&pk, 1024);
	rc = pack_read(v->p, PACK_SUMS, &sums);
	if (rc == RC_OK)
		rc = pack_read(v->p, PACK_SIG, &sig);
	if (rc == RC_OK)
		rc = pack_sums(v->p->sums, &again);
	if (rc == RC_OK && (sums.len != again.len || memcmp(sums.data, again.data, sums.len) != 0))
		FAIL(v, CHECK_SUMS, "SHA256SUMS is not the one of these files");
	pack_say(v, CHECK_SUMS, BUNDLE_HOLDS, "all files are as SHA256SUMS says");
	if (rc == RC_OK) {
		rc = sshsig_verify(buf_slice(&sig), PACK_NAMESPACE, buf_slice(&sums), &pk, &why);
		if (rc == RC_OK)
			judge_signer(v, buf_slice(&pk));
		else if (rc == RC_BAD || rc == RC_DENIED)
			FAIL(v, CHECK_SIGNATURE, "%s", why.text);
		rc = rc == RC_BAD || rc == RC_DENIED ? RC_OK : rc;
	}
	buf_free(&sums);
	buf_free(&again);
	buf_free(&sig);
	buf_free(&pk);
	return rc;
}

/* ---- the lists ------------------------------------------------------------------------------------------------------------ */

enum rc pack_read_list(struct verification *v, enum pack_file file, pack_on_row *on_row, enum check check)
{
	struct why why = {0};
	enum rc rc = pack_rows(v->p, file, on_row, v, &why);

	if (rc == RC_BAD) {
		FAIL(v, check, "%s", why.text);
		rc = RC_OK;
	}
	return rc;
}

static enum rc on_session(void *arg, const cJSON *row, struct why *why)
{
	struct verification *v = arg;
	const char *id = json_text_or_empty(row, "id"), *who = json_text_or_empty(row, "subject"), *issuer = json_text_or_empty(row, "issuer");
	int64_t reviews = 0;

	(void)why;
	(void)json_int(row, "reviews", &reviews);
	v->figures.sessions++;
	v->figures.open += strcmp(json_text_or_empty(row, "state"), "open") == 0;
	v->figures.sessions_reviewed += reviews > 0;
	if (json_true(row, "emergency")) {
		v->figures.emergencies++;
		v->figures.emergencies_unreviewed += reviews == 0;
	}
	if (!pack_told(v, "person", issuer, who, "")) {
		v->figures.people++;
		if (pack_note(v, SAID_LIST, "person", issuer, who, "") != RC_OK)
			return RC_NOMEM;
	}
	if (pack_told(v, "session", id, "", ""))
		FAIL(v, CHECK_LISTS, "sessions.jsonl has session %.64s twice", id);
	if (json_true(row, "emergency") && pack_note(v, SAID_LIST, "emergency", id, "", "") != RC_OK)
		return RC_NOMEM;
	return pack_note(v, SAID_LIST, "session", id, "", "");
}

static enum rc on_emergency(void *arg, const cJSON *row, struct why *why)
{
	struct verification *v = arg;

	(void)why;
	if (!pack_told(v, "emergency", json_text_or_empty(row, "id"), "", ""))
		FAIL(v, CHECK_LISTS, "emergencies.jsonl has session %.64s, which sessions.jsonl does not call one", json_text_or_empty(row, "id"));
	return pack_note(v, SAID_RESULT, "emergency", json_text_or_empty(row, "id"), "", "");
}

/* The list's words for decisions, and the ledger's. */
static const char *decision_of(const char *decision)
{
	static const char *const words[][2] = {{"approved", "approve"}, {"denied", "deny"}, {"cancelled", "cancel"}};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(decision, words[i][0]) == 0)
			return words[i][1];
	return decision;
}

static enum rc on_hold(void *arg, const cJSON *row, struct why *why)
{
	struct verification *v = arg;
	const char *id = json_text_or_empty(row, "id");
	const cJSON *decision;
	enum rc rc = RC_OK;

	(void)why;
	v->figures.holds++;
	cJSON_ArrayForEach(decision, json_array(row, "decisions"))
		if (rc == RC_OK)
			rc = pack_note(v, SAID_LIST, "hold", id, decision_of(json_text_or_empty(decision, "decision")), json_text_or_empty(decision, "user"));
	if (rc == RC_OK && strcmp(json_text_or_empty(row, "state"), "cancelled") == 0)
		rc = pack_note(v, SAID_LIST, "hold", id, "cancel", "");
	return rc;
}

static enum rc on_review(void *arg, const cJSON *row, struct why *why)
{
	struct verification *v = arg;
	const char *record = json_text_or_empty(row, "record"), *id = json_text_or_empty(row, "session");
	char number[24], sum[SHA256_HEX];
	struct why reason = {0};
	struct buf pk;
	int64_t n = 0;
	enum rc rc;

	(void)why;
	(void)json_int(row, "n", &n);
	snprintf(number, sizeof number, "%lld", (long long)n);
	sha256_hex(record, strlen(record), sum);
	v->figures.reviews++;
	buf_init(&pk, 1024);
	rc = sshsig_verify(slice_str(json_text_or_empty(row, "signature")), REVIEW_NAMESPACE, slice_str(record), &pk, &reason);
	if (rc == RC_OK && !signers_none(v->trust->signers))
		rc = signers_know(v->trust->signers, buf_slice(&pk), v->principal, REVIEW_NAMESPACE, clock_wall_s(), &reason);
	buf_free(&pk);
	if (rc == RC_NOMEM || rc == RC_IO)
		return rc;
	if (rc != RC_OK)
		FAIL(v, CHECK_REVIEWS, "review %s of session %.64s: %s", number, id, reason.text);
	return pack_note(v, SAID_LIST, "review", id, number, sum);
}

static enum rc on_change(void *arg, const cJSON *row, struct why *why)
{
	struct verification *v = arg;
	int64_t index = -1;
	char number[24];

	(void)why;
	(void)json_int(row, "index", &index);
	snprintf(number, sizeof number, "%lld", (long long)index);
	return pack_note(v, SAID_LIST, "change", number, json_text_or_empty(row, "kind"), "");
}

/* ---- what the ledger does not tell, and the results ------------------------------------------------------------------------ */

/* A session that was opened in the period, and of which the ledger knows nothing. */
static enum rc on_session_again(void *arg, const cJSON *row, struct why *why)
{
	struct verification *v = arg;
	const char *id = json_text_or_empty(row, "id");
	int64_t parts = 0;

	(void)why;
	if (pack_in_period(v, json_text_or_empty(row, "opened_at")) && !(pack_told(v, "session", id, "", "") & SAID_LEDGER))
		FAIL(v, CHECK_LISTS, "session %.64s is in the list, and the ledger does not know of its opening", id);
	if (json_true(row, "emergency") && !(pack_told(v, "emergency", id, "", "") & SAID_RESULT))
		FAIL(v, CHECK_LISTS, "emergencies.jsonl lacks session %.64s", id);
	(void)json_int(row, "parts", &parts);
	for (int64_t part = 1; v->p->whole && part <= parts && part < 100000; part++) {
		char number[24];

		snprintf(number, sizeof number, "%lld", (long long)part);
		if (pack_told(v, "result", id, number, ""))
			continue;
		FAIL(v, CHECK_BUNDLES, "nothing is said of session %.64s, part %s", id, number);
		break;
	}
	return RC_OK;
}

static enum rc on_result(void *arg, const cJSON *row, struct why *why)
{
	struct verification *v = arg;
	const char *id = json_text_or_empty(row, "session"), *result = json_text_or_empty(row, "result"), *sums = json_text_or_empty(row, "sums");
	int64_t part = 0;
	char number[24];

	(void)why;
	(void)json_int(row, "part", &part);
	snprintf(number, sizeof number, "%lld", (long long)part);
	if (!(pack_told(v, "session", id, "", "") & SAID_LIST))
		FAIL(v, CHECK_BUNDLES, "results.jsonl tells of session %.64s, which is not in the list", id);
	if (strcmp(result, "verified") == 0 && pack_told(v, "part", id, number, "") && !pack_told(v, "sums", id, number, sums))
		FAIL(v, CHECK_BUNDLES, "session %.64s, part %s: the bundle that was looked at is not the one that the ledger knows", id, number);
	if (strcmp(result, "verified") == 0)
		v->figures.verified++;
	else if (strcmp(result, "missing") == 0)
		v->figures.missing++;
	else if (strcmp(result, "open") != 0)
		v->figures.failed++;
	v->figures.bundles += strcmp(result, "open") != 0;
	if (pack_note(v, SAID_RESULT, "file", id, number, json_text_or_empty(row, "sha256")) != RC_OK)
		return RC_NOMEM;
	return pack_note(v, SAID_RESULT, "result", id, number, "");
}

static void conclude_lists(struct verification *v)
{
	const struct pack_figures *f = &v->figures;
	char inside[96] = "";

	if (v->p->n_inside)
		snprintf(inside, sizeof inside, "; %zu are inside, and %zu of them lead to a state of this ledger", v->p->n_inside, v->compared);
	pack_say(v, CHECK_LISTS, BUNDLE_HOLDS, "what the ledger tells of the period is in the lists, and nothing else: sessions %llu, holds %llu, changes and looks %llu",
	    (unsigned long long)f->sessions, (unsigned long long)f->holds,
	    (unsigned long long)(f->policies + f->configurations + f->starts + f->stops + f->revocations + f->listed + f->fetched));
	pack_say(v, CHECK_REVIEWS, BUNDLE_HOLDS, "reviews %llu, each signed by the agent", (unsigned long long)f->reviews);
	if (!v->p->whole)
		pack_say(v, CHECK_BUNDLES, BUNDLE_SKIPPED, "they have not been looked at yet");
	pack_say(v, CHECK_BUNDLES, BUNDLE_HOLDS, "%llu were looked at when the pack was made: %llu verified, %llu did not, %llu were missing%s",
	    (unsigned long long)f->bundles, (unsigned long long)f->verified, (unsigned long long)f->failed, (unsigned long long)f->missing, inside);
}

static enum rc check_lists(struct verification *v)
{
	static const struct {
		enum pack_file file;
		pack_on_row *on_row;
		enum check check;
	} lists[] = {
		{PACK_SESSIONS, on_session, CHECK_LISTS}, {PACK_APPROVALS, on_hold, CHECK_LISTS}, {PACK_EMERGENCIES, on_emergency, CHECK_LISTS},
		{PACK_REVIEWS, on_review, CHECK_REVIEWS}, {PACK_CHANGES, on_change, CHECK_LISTS},
	};
	enum rc rc = RC_OK;

	for (size_t i = 0; i < sizeof lists / sizeof *lists && rc == RC_OK; i++)
		rc = pack_read_list(v, lists[i].file, lists[i].on_row, lists[i].check);
	if (rc == RC_OK)
		rc = pack_check_ledger(v);
	if (rc == RC_OK && v->p->whole)
		rc = pack_read_list(v, PACK_RESULTS, on_result, CHECK_BUNDLES);
	if (rc == RC_OK)
		rc = pack_inside_check(v);
	if (rc == RC_OK)
		rc = pack_read_list(v, PACK_SESSIONS, on_session_again, CHECK_LISTS);
	conclude_lists(v);
	return rc;
}

/* ---- all of it -------------------------------------------------------------------------------------------------------------- */

static void check_about(struct verification *v)
{
	const char *from = json_text_or_empty(v->p->about, "from"), *to = json_text_or_empty(v->p->about, "to");

	v->agent = json_text(json_object(v->p->about, "agent"), "name");
	snprintf(v->principal, sizeof v->principal, "%.100s@phigate", v->agent);
	if (clock_parse(slice_str(from), &v->from_ns) != RC_OK || clock_parse(slice_str(to), &v->to_ns) != RC_OK || v->from_ns >= v->to_ns)
		FAIL(v, CHECK_MEMBERS, "pack.json names no period");
	pack_say(v, CHECK_ARCHIVE, BUNDLE_HOLDS, "plain tar, nothing in it or behind it that a reader could see otherwise");
	pack_say(v, CHECK_MEMBERS, BUNDLE_HOLDS, "the files of an evidence pack, in order, with %zu bundles", v->p->n_inside);
	if (!v->p->whole) {
		pack_say(v, CHECK_SIGNATURE, BUNDLE_SKIPPED, "it is not signed yet");
		pack_say(v, CHECK_SUMS, BUNDLE_SKIPPED, "it is not signed yet");
	}
}

static enum rc conclude(const struct verification *v, struct why *why)
{
	for (int c = 0; c < CHECKS; c++)
		if (v->checks[c].failures && !(c == CHECK_SIGNATURE && v->signer != RC_OK))
			return why_set(why, RC_BAD, "%s: %s", names[c], v->checks[c].text);
	return v->signer != RC_OK ? why_set(why, v->signer, "%s: %s", names[CHECK_SIGNATURE], v->checks[CHECK_SIGNATURE].text) : RC_OK;
}

enum rc pack_verify(struct pack *p, const struct bundle_trust *trust, struct pack_figures *figures, bundle_on_check *on_check, void *arg,
		    struct why *why)
{
	static const struct bundle_trust nobody;
	struct verification v = {.p = p, .trust = trust ? trust : &nobody};
	enum rc rc = RC_OK;

	keyset_init(&v.keys);
	check_about(&v);
	if (p->whole)
		rc = check_signature(&v);
	if (rc == RC_OK)
		rc = check_lists(&v);
	keyset_free(&v.keys);
	free(v.states);
	if (figures)
		*figures = v.figures;
	if (rc != RC_OK)
		return why_set(why, rc, rc == RC_NOMEM ? "no memory" : "it cannot be read to its end");
	for (int c = 0; on_check && c < CHECKS; c++)
		on_check(arg, &(struct bundle_check){names[c], v.checks[c].result, v.checks[c].text});
	return conclude(&v, why);
}
