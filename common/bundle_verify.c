/* The frame of verification: what each check says, session.json, SHA256SUMS, and what session.json tells of the other members. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle_verify_private.h"
#include "encode.h"

#define RECOVERED_MAX ((size_t)1 << 20)
#define SUMS_LINE_MAX 256

static const char *const names[CHECKS] = {
	[CHECK_ARCHIVE] = "archive", [CHECK_MEMBERS] = "members", [CHECK_SESSION] = "session", [CHECK_SIGNATURE] = "signature",
	[CHECK_SUMS] = "sums", [CHECK_POLICY] = "policy", [CHECK_CHAIN] = "chain", [CHECK_HEAD] = "head",
	[CHECK_SEGMENTS] = "segments", [CHECK_RECORDS] = "records", [CHECK_STORY] = "story", [CHECK_COUNTS] = "counts", [CHECK_LEDGER] = "ledger",
	[CHECK_WITNESS] = "witness", [CHECK_TIMESTAMP] = "timestamp",
};

void verify_fail(struct verification *v, enum check check, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	verdict_say(&v->checks[check], BUNDLE_FAILS, fmt, args);
	va_end(args);
}

void verify_holds(struct verification *v, enum check check, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	verdict_say(&v->checks[check], BUNDLE_HOLDS, fmt, args);
	va_end(args);
}

void verify_skip(struct verification *v, enum check check, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	verdict_say(&v->checks[check], BUNDLE_SKIPPED, fmt, args);
	va_end(args);
}

bool verify_failed(const struct verification *v, enum check check)
{
	return v->checks[check].failures > 0;
}

/* ---- session.json and SHA256SUMS --------------------------------------------------------------------------------------------- */

static enum rc check_session(struct verification *v)
{
	struct bundle *b = v->b;
	enum rc rc = bundle_read_session(b);
	struct why why = {0};

	if (rc != RC_OK)
		return rc;
	rc = bundle_about_read(buf_slice(&b->session_text), &v->about, &why);
	v->about_read = rc == RC_OK;
	if (v->about_read)
		verify_holds(v, CHECK_SESSION, "%s, part %lld, recorded by agent %s", v->about.id, (long long)v->about.part, v->about.agent);
	else
		verify_fail(v, CHECK_SESSION, "%s", why.text);
	return RC_OK;
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
			verify_fail(v, CHECK_SUMS, "SHA256SUMS, line %zu: not a sum and a member's name, in order of names", n + 1);
			return;
		}
		text = (struct slice){end + 1, text.n - line.n - 1};
		n++;
	}
	if (n != covered)
		verify_fail(v, CHECK_SUMS, "SHA256SUMS has %zu of %zu members", n, covered);
}

static enum rc check_sums_file(struct verification *v)
{
	struct buf sums;
	enum rc rc;

	buf_init(&sums, (size_t)v->b->member[MEMBER_SUMS].size);
	rc = bundle_read(v->b, v->b->member[MEMBER_SUMS], &sums);
	if (rc == RC_OK) {
		sha256(sums.data, sums.len, v->sums);
		hex_encode(v->sums, SHA256_LEN, v->b->digest);
		memcpy(v->b->marks.sums, v->sums, SHA256_LEN);
		read_sums(v, buf_slice(&sums));
		rc = verify_signature(v, buf_slice(&sums));
	}
	buf_free(&sums);
	return rc;
}

enum rc verify_sum(struct verification *v, struct member_reader *r, const unsigned char sum[SHA256_LEN], const char *name)
{
	unsigned char found[SHA256_LEN];
	enum rc rc = member_sum(r, found);

	if (rc == RC_OK && memcmp(found, sum, sizeof found) != 0)
		verify_fail(v, CHECK_SUMS, "%s is not what SHA256SUMS says", name);
	return rc;
}

static enum rc check_plain(struct verification *v, enum member m)
{
	struct member_reader r;
	enum rc rc = member_open(&r, v->b->fd, v->b->member[m]);

	return rc == RC_OK ? verify_sum(v, &r, v->b->sum[m], bundle_member_names[m]) : rc;
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
			rc = verify_sum(v, &r, one->sum, name);
	}
	return rc;
}

/* ---- what session.json tells of the other members ------------------------------------------------------------------------------ */

static void check_policy(struct verification *v)
{
	if (!v->about_read)
		verify_skip(v, CHECK_POLICY, "session.json cannot be read");
	else if (memcmp(v->about.policy, v->b->sum[MEMBER_POLICY], SHA256_LEN) != 0)
		verify_fail(v, CHECK_POLICY, "policy.yaml is not the one that session.json names");
	verify_holds(v, CHECK_POLICY, "policy.yaml is the one that session.json names");
}

static void check_counts(struct verification *v)
{
	unsigned long long exchanges = story_exchanges(v->story), lines = v->lines;

	if (!v->about_read)
		verify_skip(v, CHECK_COUNTS, "session.json cannot be read");
	else if (verify_failed(v, CHECK_CHAIN))
		verify_skip(v, CHECK_COUNTS, "the chain does not hold");
	else if ((uint64_t)v->about.records != lines)
		verify_fail(v, CHECK_COUNTS, "session.json counts %lld records, there are %llu", (long long)v->about.records, lines);
	else if (v->about.opened_ns != v->first_ns || v->about.closed_ns != v->last_ns)
		verify_fail(v, CHECK_COUNTS, "session.json says another time than the index for %s",
			    v->about.opened_ns != v->first_ns ? "open" : "close");
	else if (v->checks[CHECK_STORY].result != BUNDLE_HOLDS)
		verify_skip(v, CHECK_COUNTS, "%llu records as session.json counts; exchanges cannot be counted, as the story does not hold", lines);
	else if ((uint64_t)v->about.exchanges != exchanges)
		verify_fail(v, CHECK_COUNTS, "session.json counts %lld exchanges, there are %llu", (long long)v->about.exchanges, exchanges);
	verify_holds(v, CHECK_COUNTS, "%llu records and %llu exchanges, opened and closed when session.json says", lines, exchanges);
}

/* ---- all of it ---------------------------------------------------------------------------------------------------------------- */

static void check_members(struct verification *v)
{
	size_t n = v->b->segments.n + v->b->originals.n;

	for (int m = 0; m < MEMBERS; m++)
		n += v->b->present[m];
	verify_holds(v, CHECK_ARCHIVE, "plain tar, nothing in it or behind it that a reader could see otherwise");
	verify_holds(v, CHECK_MEMBERS, "%zu files with the names of a bundle, in order, and nothing else", n);
}

static enum rc run(struct verification *v)
{
	enum rc rc = check_session(v);

	v->story = story_new(v->about_read && v->about.part > 1);
	if (!v->story)
		return RC_NOMEM;
	check_members(v);
	if (rc == RC_OK)
		rc = verify_timestamp(v);
	if (rc == RC_OK)
		rc = check_sums_file(v);
	if (rc == RC_OK)
		rc = check_plain(v, MEMBER_SESSION);
	if (rc == RC_OK)
		rc = check_plain(v, MEMBER_POLICY);
	if (rc == RC_OK)
		rc = verify_index(v);
	if (rc == RC_OK)
		rc = verify_records(v);
	if (rc == RC_OK)
		rc = check_originals(v);
	verify_holds(v, CHECK_SUMS, "all files are as SHA256SUMS says");
	check_policy(v);
	check_counts(v);
	if (rc == RC_OK)
		rc = verify_ledger(v);
	if (rc == RC_OK)
		rc = verify_witness(v);
	verify_signer(v);
	return rc;
}

/* That no signer is known is told only when nothing is wrong; that this one is not believed, in its place. */
static enum rc conclude(const struct verification *v, struct why *why)
{
	bool worse = false, by_whom = v->signer != RC_OK;

	for (int c = 0; c < CHECKS; c++)
		worse |= v->checks[c].failures && !(by_whom && c == CHECK_SIGNATURE);
	for (int c = 0; c < CHECKS && worse; c++)
		if (v->checks[c].failures && !(v->signer == RC_NOT_FOUND && c == CHECK_SIGNATURE))
			return why_set(why, RC_BAD, "%s: %s", names[c], v->checks[c].text);
	return by_whom ? why_set(why, v->signer, "%s: %s", names[CHECK_SIGNATURE], v->checks[CHECK_SIGNATURE].text) : RC_OK;
}

static void tell(const struct verification *v, bundle_on_check *on_check, void *arg)
{
	for (int c = 0; c < CHECKS; c++) {
		char text[sizeof v->checks[c].text + 64];
		size_t more = v->checks[c].failures > 1 ? v->checks[c].failures - 1 : 0;

		snprintf(text, sizeof text, more ? "%s (and %zu more)" : "%s", v->checks[c].text, more);
		on_check(arg, &(struct bundle_check){names[c], v->checks[c].result, text});
	}
}

enum rc bundle_verify(struct bundle *b, const struct bundle_trust *trust, bundle_on_check *on_check, void *arg, struct why *why)
{
	static const struct bundle_trust nobody;
	struct verification *v = calloc(1, sizeof *v);
	enum rc rc;

	if (!v)
		return RC_NOMEM;
	v->b = b;
	v->trust = trust ? trust : &nobody;
	buf_init(&v->recovered, RECOVERED_MAX);
	buf_init(&v->pk, 1024);
	rc = run(v);
	if (rc != RC_OK) {
		why_set(why, rc, rc == RC_NOMEM ? "no memory" : "it cannot be read to its end");
		goto out;
	}
	if (on_check)
		tell(v, on_check, arg);
	rc = conclude(v, why);
out:
	member_close(&v->index);
	bundle_about_free(&v->about);
	story_free(v->story);
	buf_free(&v->recovered);
	buf_free(&v->pk);
	free(v);
	return rc;
}

void bundle_tell_unopened(const struct why *why, bundle_on_check *on_check, void *arg)
{
	bool failed = false;

	for (int c = 0; c < CHECKS; c++) {
		size_t n = strlen(names[c]);

		if (!failed && strncmp(why->text, names[c], n) == 0 && why->text[n] == ':') {
			failed = true;
			on_check(arg, &(struct bundle_check){names[c], BUNDLE_FAILS, why->text + n + 2});
		} else {
			on_check(arg, &(struct bundle_check){names[c], BUNDLE_SKIPPED, "the file cannot be read as a bundle"});
		}
	}
}
