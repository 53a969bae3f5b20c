/* One pass over all members: each byte is read once for its file's hash, and a record once more for its own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle_about.h"
#include "bundle_private.h"
#include "clock.h"
#include "encode.h"
#include "bundle_line.h"
#include "json.h"
#include "record_scan.h"
#include "sshkey.h"
#include "sshsig.h"
#include "story.h"

#define LOOSE_MAX 1024                           /* segments that a crash left without all their index lines */
#define RECOVERED_MAX ((size_t)1 << 20)
#define SUMS_LINE_MAX 256

enum check { CHECK_MEMBERS, CHECK_SESSION, CHECK_SIGNATURE, CHECK_SUMS, CHECK_POLICY, CHECK_CHAIN, CHECK_HEAD, CHECK_RECORDS, CHECK_STORY,
	CHECKS };

static const char *const names[CHECKS] = {
	[CHECK_MEMBERS] = "members", [CHECK_SESSION] = "session", [CHECK_SIGNATURE] = "signature", [CHECK_SUMS] = "sums",
	[CHECK_POLICY] = "policy", [CHECK_CHAIN] = "chain", [CHECK_HEAD] = "head", [CHECK_RECORDS] = "records", [CHECK_STORY] = "story",
};

struct loose {
	const struct segment *segment;
	bool explained;
};

struct verification {
	struct bundle *b;
	struct {
		bool fails;
		char text[512];
	} checks[CHECKS];
	struct bundle_about about;
	bool about_read;
	enum rc signer;                          /* RC_OK: known; RC_NOT_FOUND, RC_DENIED */
	struct why signer_why;
	uint64_t lines;                          /* of the index */
	size_t sealed;
	/* the second reading of the index, along with the segments */
	struct member_reader index;
	struct bundle_line line;
	bool have_line;
	struct story *story;
	struct loose loose[LOOSE_MAX];
	size_t n_loose;
	struct buf recovered;
};

PRINTF_LIKE(3, 4) static void fail(struct verification *v, enum check check, const char *fmt, ...)
{
	va_list args;

	if (v->checks[check].fails)
		return;
	v->checks[check].fails = true;
	va_start(args, fmt);
	vsnprintf(v->checks[check].text, sizeof v->checks[check].text, fmt, args);
	va_end(args);
}

PRINTF_LIKE(3, 4) static void holds(struct verification *v, enum check check, const char *fmt, ...)
{
	va_list args;

	if (v->checks[check].fails)
		return;
	va_start(args, fmt);
	vsnprintf(v->checks[check].text, sizeof v->checks[check].text, fmt, args);
	va_end(args);
}

/* ---- session.json, SHA256SUMS and who signed it ---------------------------------------------------------------------------- */

static enum rc check_session(struct verification *v)
{
	struct bundle *b = v->b;
	enum rc rc = bundle_read(b, b->member[MEMBER_SESSION], &b->session_text);
	struct why why = {0};

	if (rc != RC_OK)
		return rc;
	rc = bundle_about_read(buf_slice(&b->session_text), &v->about, &why);
	v->about_read = rc == RC_OK;
	if (v->about_read)
		holds(v, CHECK_SESSION, "%s, part %lld, recorded by agent %s", v->about.id, (long long)v->about.part, v->about.agent);
	else
		fail(v, CHECK_SESSION, "%s", why.text);
	return RC_OK;
}

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

static void judge_signer(struct verification *v, const struct signers *signers, struct slice pk)
{
	char principal[128];

	snprintf(principal, sizeof principal, "%s@phigate", v->about_read ? v->about.agent : "");
	if (!is_signing_key(v, pk)) {
		fail(v, CHECK_SIGNATURE, "session.json names another signing key than %s", v->b->fingerprint);
	} else if (signers_none(signers)) {
		v->signer = RC_NOT_FOUND;
		fail(v, CHECK_SIGNATURE, "no signer is known; it is signed by %s, %s", v->b->fingerprint, v->b->signer);
	} else {
		v->signer = signers_know(signers, pk, principal, BUNDLE_NAMESPACE, clock_wall_s(), &v->signer_why);
		if (v->signer != RC_OK) {
			v->signer = RC_DENIED;
			fail(v, CHECK_SIGNATURE, "%s: %s", v->signer_why.text, v->b->fingerprint);
		}
		holds(v, CHECK_SIGNATURE, "made by %s, %s", principal, v->b->fingerprint);
	}
}

static enum rc check_signature(struct verification *v, struct slice sums, const struct signers *signers)
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
			judge_signer(v, signers, buf_slice(&pk));
		else if (rc == RC_BAD || rc == RC_DENIED)
			fail(v, CHECK_SIGNATURE, "%s", why.text);
		rc = rc == RC_BAD || rc == RC_DENIED ? RC_OK : rc;
	}
	buf_free(&sig);
	buf_free(&pk);
	return rc;
}

/* "<64 hex digits>  <name>" */
static bool read_sum_line(struct verification *v, struct slice line, char last[SUMS_LINE_MAX])
{
	char name[SUMS_LINE_MAX];
	struct slice hex = {line.p, 2 * SHA256_LEN};
	unsigned char *sum;

	if (line.n < hex.n + 3 || line.n >= hex.n + 2 + sizeof name || memcmp(line.p + hex.n, "  ", 2) != 0)
		return false;
	memcpy(name, line.p + hex.n + 2, line.n - hex.n - 2);
	name[line.n - hex.n - 2] = '\0';
	for (size_t i = 0; i < hex.n; i++)
		if (hex.p[i] >= 'A' && hex.p[i] <= 'F')
			return false;
	sum = strlen(name) == line.n - hex.n - 2 && strcmp(name, last) > 0 ? bundle_sum(v->b, name) : NULL;
	memcpy(last, name, sizeof name);
	return sum && hex_decode(hex, sum, SHA256_LEN) == RC_OK;
}

/* Every member from session.json on stands in SHA256SUMS once, sorted, and nothing else does. */
static void read_sums(struct verification *v, struct slice text)
{
	size_t covered = MEMBERS - MEMBER_SESSION + v->b->segments.n + v->b->originals.n, n = 0;
	char last[SUMS_LINE_MAX] = "";

	while (text.n) {
		const char *end = memchr(text.p, '\n', text.n);
		struct slice line = {text.p, end ? (size_t)(end - text.p) : 0};

		if (!end || !read_sum_line(v, line, last)) {
			fail(v, CHECK_SUMS, "SHA256SUMS, line %zu: not a sum and a member's name, in order of names", n + 1);
			return;
		}
		text = (struct slice){end + 1, text.n - line.n - 1};
		n++;
	}
	if (n != covered)
		fail(v, CHECK_SUMS, "SHA256SUMS has %zu of %zu members", n, covered);
}

static enum rc check_sums_file(struct verification *v, const struct signers *signers)
{
	struct buf sums;
	enum rc rc;

	buf_init(&sums, (size_t)v->b->member[MEMBER_SUMS].size);
	rc = bundle_read(v->b, v->b->member[MEMBER_SUMS], &sums);
	if (rc == RC_OK) {
		read_sums(v, buf_slice(&sums));
		rc = check_signature(v, buf_slice(&sums), signers);
	}
	buf_free(&sums);
	return rc;
}

/* The member is read to its end and has the sum that SHA256SUMS says. */
static enum rc finish(struct verification *v, struct member_reader *r, const unsigned char sum[SHA256_LEN], const char *name)
{
	unsigned char found[SHA256_LEN];
	enum rc rc = member_sum(r, found);

	if (rc == RC_OK && memcmp(found, sum, sizeof found) != 0)
		fail(v, CHECK_SUMS, "%s is not what SHA256SUMS says", name);
	return rc;
}

static enum rc check_plain(struct verification *v, enum member m)
{
	struct member_reader r;
	enum rc rc = member_open(&r, v->b->fd, v->b->member[m]);

	return rc == RC_OK ? finish(v, &r, v->b->sum[m], bundle_member_names[m]) : rc;
}

/* ---- the index ---------------------------------------------------------------------------------------------------------------- */

/* One line after another, each naming the one before. RC_END after the last; sum is then the last line's. */
static enum rc next_link(struct verification *v, struct member_reader *r, unsigned char sum[SHA256_LEN])
{
	struct bundle_line line;
	struct why why = {0};
	struct slice text;
	enum rc rc = member_line(r, BUNDLE_LINE_MAX, &text);

	if (rc == RC_BAD)
		fail(v, CHECK_CHAIN, "index line %llu is too long or cut", (unsigned long long)v->lines + 1);
	if (rc != RC_OK)
		return rc;
	rc = bundle_line_parse(text, &line, &why);
	if (rc != RC_OK)
		fail(v, CHECK_CHAIN, "index line %llu: %s", (unsigned long long)v->lines + 1, why.text);
	else if (line.seq != v->lines || memcmp(line.prev, sum, SHA256_LEN) != 0)
		fail(v, CHECK_CHAIN, "index line %llu does not follow the one before", (unsigned long long)v->lines + 1);
	if (v->checks[CHECK_CHAIN].fails)
		return RC_BAD;
	sha256(text.p, text.n, sum);
	v->lines++;
	return RC_OK;
}

static enum rc check_index(struct verification *v)
{
	unsigned char sum[SHA256_LEN] = {0};
	struct member_reader r;
	enum rc rc = member_open(&r, v->b->fd, v->b->member[MEMBER_INDEX]);

	if (rc != RC_OK)
		return rc;
	while ((rc = next_link(v, &r, sum)) == RC_OK)
		continue;
	if (rc != RC_END && rc != RC_BAD) {
		member_close(&r);
		return rc;
	}
	if (v->lines == 0)
		fail(v, CHECK_CHAIN, "the index is empty");
	holds(v, CHECK_CHAIN, "%llu index lines, each bound to the one before", (unsigned long long)v->lines);
	if (v->checks[CHECK_CHAIN].fails)
		fail(v, CHECK_HEAD, "the chain does not reach it");
	else if (v->about_read && memcmp(sum, v->about.head, sizeof sum) == 0)
		holds(v, CHECK_HEAD, "session.json names the last index line");
	else
		fail(v, CHECK_HEAD, "session.json does not name the last index line");
	return finish(v, &r, v->b->sum[MEMBER_INDEX], bundle_member_names[MEMBER_INDEX]);
}

/* ---- segments ----------------------------------------------------------------------------------------------------------------- */

static enum rc next_line(struct verification *v)
{
	struct why why = {0};
	struct slice text;
	enum rc rc = member_line(&v->index, BUNDLE_LINE_MAX, &text);

	v->have_line = false;
	if (rc == RC_OK)
		rc = bundle_line_parse(text, &v->line, &why);
	if (rc == RC_BAD)
		fail(v, CHECK_RECORDS, "the index cannot be read to its end");
	v->have_line = rc == RC_OK;
	return rc == RC_BAD || rc == RC_END ? RC_OK : rc;
}

/* What a crash left behind is named, with its hash, by a record that recovery made. */
static void explain(struct verification *v)
{
	cJSON *body = v->recovered.rc == RC_OK ? json_parse(buf_slice(&v->recovered)) : NULL;
	const cJSON *orphan;

	cJSON_ArrayForEach(orphan, json_array(body, "orphans")) {
		const char *name = json_text(orphan, "name"), *hex = json_text(orphan, "sha256");
		unsigned char sum[SHA256_LEN];

		if (!name || !hex || hex_decode(slice_str(hex), sum, sizeof sum) != RC_OK)
			continue;
		for (size_t i = 0; i < v->n_loose; i++) {
			char own[SEGMENT_NAME];

			if (memcmp(sum, v->loose[i].segment->sum, sizeof sum) != 0)
				continue;
			bundle_segment_name(v->loose[i].segment, "seg", own);
			v->loose[i].explained |= strcmp(name, own) == 0;
		}
	}
	cJSON_Delete(body);
}

static void add_to_story(struct verification *v, const struct record_facts *facts)
{
	struct why why = {0};

	if (!v->checks[CHECK_STORY].fails && story_add(v->story, &v->line, facts, &why) != RC_OK)
		fail(v, CHECK_STORY, "%s", why.text);
}

/* The record that v->line tells of, and its LF. */
static enum rc check_record(struct verification *v, struct member_reader *r)
{
	bool recovered = v->line.kind == KIND_RECOVERED;
	struct sha256_ctx *sha = sha256_begin();
	unsigned char sum[SHA256_LEN];
	struct record_scan scan;
	struct slice piece;
	enum rc rc = RC_OK;

	buf_clear(&v->recovered);
	record_scan_begin(&scan, v->line.kind, recovered ? &v->recovered : NULL);
	for (uint64_t left = v->line.len; left && rc == RC_OK; left -= piece.n) {
		rc = member_piece(r, left < SIZE_MAX ? (size_t)left : SIZE_MAX, &piece);
		if (rc != RC_OK)
			break;
		sha256_more(sha, piece.p, piece.n);
		record_scan_feed(&scan, piece);
	}
	sha256_end(sha, sum);
	if (rc == RC_OK)
		rc = member_piece(r, 1, &piece);
	if (rc == RC_IO)
		return rc;
	if (rc != RC_OK || piece.p[0] != '\n')
		fail(v, CHECK_RECORDS, "record %llu does not end where the index says", (unsigned long long)v->line.seq);
	else if (memcmp(sum, v->line.c, sizeof sum) != 0)
		fail(v, CHECK_RECORDS, "record %llu is not the one that the index tells of", (unsigned long long)v->line.seq);
	else if (!record_scan_end(&scan))
		fail(v, CHECK_RECORDS, "record %llu is no record", (unsigned long long)v->line.seq);
	if (v->checks[CHECK_RECORDS].fails)
		return RC_OK;
	if (recovered)
		explain(v);
	add_to_story(v, &scan.facts);
	return RC_OK;
}

static void loosen(struct verification *v, const struct segment *segment)
{
	char name[SEGMENT_NAME];

	bundle_segment_name(segment, "seg", name);
	if (v->n_loose < LOOSE_MAX)
		v->loose[v->n_loose++].segment = segment;
	else
		fail(v, CHECK_RECORDS, "%s has records that the index does not know", name);
}

/* The index lines of one segment, and with r, its records. */
static enum rc check_records(struct verification *v, const struct segment *segment, struct member_reader *r)
{
	uint64_t at = 0;
	enum rc rc = RC_OK;

	while (v->have_line && v->line.segment == segment->number && !v->checks[CHECK_RECORDS].fails && rc == RC_OK) {
		if (v->line.off != at)
			fail(v, CHECK_RECORDS, "record %llu does not begin where the one before ends", (unsigned long long)v->line.seq);
		else if (memcmp(v->line.f, segment->sum, SHA256_LEN) != 0)
			fail(v, CHECK_RECORDS, "record %llu names another segment file", (unsigned long long)v->line.seq);
		else if (r)
			rc = check_record(v, r);
		else
			add_to_story(v, NULL);
		at += v->line.len + 1;
		if (rc == RC_OK && !v->checks[CHECK_RECORDS].fails)
			rc = next_line(v);
	}
	if (rc == RC_OK && r && at < segment->where.size && !v->checks[CHECK_RECORDS].fails)
		loosen(v, segment);
	return rc;
}

static enum rc check_segment(struct verification *v, const struct segment *segment)
{
	char name[SEGMENT_NAME];
	struct member_reader r;
	enum rc rc = member_open(&r, v->b->fd, segment->where);

	bundle_segment_name(segment, "seg", name);
	if (rc == RC_OK && !v->checks[CHECK_RECORDS].fails)
		rc = check_records(v, segment, segment->sealed ? NULL : &r);
	if (rc == RC_OK)
		return finish(v, &r, segment->sum, name);
	member_close(&r);
	return rc;
}

static enum rc check_segments(struct verification *v)
{
	struct bundle *b = v->b;
	struct why why = {0};
	enum rc rc = member_open(&v->index, b->fd, b->member[MEMBER_INDEX]);

	if (rc == RC_OK)
		rc = next_line(v);
	for (size_t i = 0; i < b->segments.n && rc == RC_OK; i++) {
		v->sealed += b->segments.all[i].sealed;
		rc = check_segment(v, &b->segments.all[i]);
	}
	if (rc != RC_OK)
		return rc;
	if (v->have_line && !v->checks[CHECK_RECORDS].fails)
		fail(v, CHECK_RECORDS, "record %llu is in no segment, or in one before", (unsigned long long)v->line.seq);
	for (size_t i = 0; i < v->n_loose; i++)
		if (!v->loose[i].explained)
			fail(v, CHECK_RECORDS, "seg-%06u.jsonl has records that the index does not know",
			     (unsigned)v->loose[i].segment->number);
	if (v->sealed)
		fail(v, CHECK_RECORDS, "%zu of %zu segments are encrypted, and this version cannot read them; all other checks were made",
		     v->sealed, b->segments.n);
	if (v->checks[CHECK_RECORDS].fails && !v->sealed)
		fail(v, CHECK_STORY, "the records do not hold");
	else if (!v->checks[CHECK_STORY].fails && story_end(v->story, &why) != RC_OK)
		fail(v, CHECK_STORY, "%s", why.text);
	holds(v, CHECK_RECORDS, "%llu records in %zu segments, each as the index says", (unsigned long long)v->lines, b->segments.n);
	holds(v, CHECK_STORY, "%llu exchanges, from open to close", (unsigned long long)story_exchanges(v->story));
	return RC_OK;
}

static enum rc check_originals(struct verification *v)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; i < v->b->originals.n && rc == RC_OK; i++) {
		const struct segment *one = &v->b->originals.all[i];
		char name[SEGMENT_NAME];
		struct member_reader r;

		bundle_segment_name(one, "orig", name);
		rc = member_open(&r, v->b->fd, one->where);
		if (rc == RC_OK)
			rc = finish(v, &r, one->sum, name);
	}
	return rc;
}

/* ---- all of it ---------------------------------------------------------------------------------------------------------------- */

/* What session.json tells of the other members. */
static void compare(struct verification *v)
{
	size_t n = v->b->segments.n + v->b->originals.n;

	for (int m = 0; m < MEMBERS; m++)
		n += v->b->present[m];
	holds(v, CHECK_MEMBERS, "%zu plain files in order, and nothing else", n);
	holds(v, CHECK_SUMS, "all files are as SHA256SUMS says");
	if (!v->about_read)
		fail(v, CHECK_POLICY, "session.json cannot be read");
	else if (memcmp(v->about.policy, v->b->sum[MEMBER_POLICY], SHA256_LEN) != 0)
		fail(v, CHECK_POLICY, "policy.yaml is not the one that session.json names");
	holds(v, CHECK_POLICY, "policy.yaml is the one that session.json names");
	if (!v->about_read || v->checks[CHECK_CHAIN].fails || v->checks[CHECK_STORY].fails)
		return;
	if ((uint64_t)v->about.records != v->lines)
		fail(v, CHECK_STORY, "session.json counts %lld records, there are %llu", (long long)v->about.records,
		     (unsigned long long)v->lines);
	else if (!v->sealed && (uint64_t)v->about.exchanges != story_exchanges(v->story))
		fail(v, CHECK_STORY, "session.json counts %lld exchanges, there are %llu", (long long)v->about.exchanges,
		     (unsigned long long)story_exchanges(v->story));
}

static enum rc run(struct verification *v, const struct signers *signers)
{
	enum rc rc = check_session(v);

	v->story = story_new(v->about_read && v->about.part > 1);
	if (!v->story)
		return RC_NOMEM;
	if (rc == RC_OK)
		rc = check_sums_file(v, signers);
	if (rc == RC_OK)
		rc = check_plain(v, MEMBER_SESSION);
	if (rc == RC_OK)
		rc = check_plain(v, MEMBER_POLICY);
	if (rc == RC_OK)
		rc = check_index(v);
	if (rc == RC_OK)
		rc = check_segments(v);
	if (rc == RC_OK)
		rc = check_originals(v);
	if (rc == RC_OK)
		compare(v);
	return rc;
}

/* An unknown signer is told only when nothing worse is wrong. */
static enum rc conclude(const struct verification *v, struct why *why)
{
	bool by_whom = v->signer != RC_OK;

	for (int c = 0; c < CHECKS; c++)
		if (v->checks[c].fails && !(by_whom && c == CHECK_SIGNATURE))
			return why_set(why, RC_BAD, "%s: %s", names[c], v->checks[c].text);
	return by_whom ? why_set(why, v->signer, "%s: %s", names[CHECK_SIGNATURE], v->checks[CHECK_SIGNATURE].text) : RC_OK;
}

enum rc bundle_verify(struct bundle *b, const struct signers *signers, bundle_on_check *on_check, void *arg, struct why *why)
{
	struct verification *v = calloc(1, sizeof *v);
	enum rc rc;

	if (!v)
		return RC_NOMEM;
	v->b = b;
	buf_init(&v->recovered, RECOVERED_MAX);
	rc = run(v, signers);
	if (rc != RC_OK) {
		why_set(why, rc, rc == RC_NOMEM ? "no memory" : "it cannot be read to its end");
		goto out;
	}
	for (int c = 0; on_check && c < CHECKS; c++)
		on_check(arg, &(struct bundle_check){names[c], !v->checks[c].fails, v->checks[c].text});
	rc = conclude(v, why);
out:
	member_close(&v->index);
	bundle_about_free(&v->about);
	story_free(v->story);
	buf_free(&v->recovered);
	free(v);
	return rc;
}
