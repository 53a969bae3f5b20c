/* Segments as stored, records against the index, and the story that they tell: one pass, so that each byte is read once for its file's
 * hash, and a record once more for its own. */
#include <stdio.h>
#include <string.h>

#include "bundle_verify_private.h"
#include "encode.h"
#include "json.h"
#include "record_scan.h"

static enum rc next_line(struct verification *v)
{
	struct why why = {0};
	struct slice text;
	enum rc rc = member_line(&v->index, BUNDLE_LINE_MAX, &text);

	v->have_line = false;
	if (rc == RC_OK)
		rc = bundle_line_parse(text, &v->line, &why);
	if (rc == RC_BAD)
		verify_fail(v, CHECK_RECORDS, "the index cannot be read to its end");
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

	if (!verify_failed(v, CHECK_STORY) && story_add(v->story, &v->line, facts, &why) != RC_OK)
		verify_fail(v, CHECK_STORY, "%s", why.text);
}

/* An encrypted segment that cannot be read with the keys that are known, and whose ones would do. */
static void not_opened(struct verification *v, const struct segment *segment, const struct segment_text *r, enum rc rc, const struct why *why)
{
	char name[SEGMENT_NAME];
	struct buf wanted;
	const cJSON *one;

	bundle_segment_name(segment, "seg", name);
	if (rc != RC_NOT_FOUND) {
		verify_fail(v, CHECK_RECORDS, "%s does not open: %s", name, why->text);
		return;
	}
	buf_init(&wanted, 4096);
	cJSON_ArrayForEach(one, json_array(v->about.tree, "recipients"))
		buf_printf(&wanted, "%s%s", wanted.len ? ", " : "", cJSON_IsString(one) ? one->valuestring : "?");
	verify_fail(v, CHECK_RECORDS, "%s is encrypted for %zu recipient%s, and this identity is not among them; session.json names %s", name,
		    segment_text_recipients(r), segment_text_recipients(r) == 1 ? "" : "s", wanted.len ? wanted.data : "nobody");
	buf_free(&wanted);
}

/* The record that v->line tells of, and its LF. *lost: where the next one begins is not known. */
static enum rc check_record(struct verification *v, const struct segment *segment, struct segment_text *r, bool *lost)
{
	bool recovered = v->line.kind == KIND_RECOVERED;
	struct sha256_ctx sha;
	unsigned long long seq = v->line.seq;
	unsigned char sum[SHA256_LEN];
	struct record_scan scan;
	struct why why = {0};
	struct slice piece;
	enum rc rc = RC_OK;

	sha256_begin(&sha);
	buf_clear(&v->recovered);
	record_scan_begin(&scan, v->line.kind, recovered ? &v->recovered : NULL);
	for (uint64_t left = v->line.len; left && rc == RC_OK; left -= piece.n) {
		rc = segment_text_piece(r, left < SIZE_MAX ? (size_t)left : SIZE_MAX, &piece, &why);
		if (rc != RC_OK)
			break;
		sha256_more(&sha, piece.p, piece.n);
		record_scan_feed(&scan, piece);
	}
	sha256_end(&sha, sum);
	if (rc == RC_OK)
		rc = segment_text_piece(r, 1, &piece, &why);
	if (rc == RC_IO || rc == RC_NOMEM)
		return rc;
	*lost = rc != RC_OK || piece.p[0] != '\n';
	if (*lost && rc != RC_OK && rc != RC_END)
		not_opened(v, segment, r, rc, &why);
	else if (*lost)
		verify_fail(v, CHECK_RECORDS, "record %llu does not end where the index says", seq);
	else if (memcmp(sum, v->line.c, sizeof sum) != 0)
		verify_fail(v, CHECK_RECORDS, "record %llu is not the one that the index tells of", seq);
	else if (!record_scan_end(&scan))
		verify_fail(v, CHECK_RECORDS, "record %llu is no record", seq);
	if (verify_failed(v, CHECK_RECORDS))
		return RC_OK;
	if (recovered)
		explain(v);
	add_to_story(v, &scan.facts);
	return scan.facts.original[0] ? verify_original(v, scan.facts.original) : RC_OK;
}

static void loosen(struct verification *v, const struct segment *segment)
{
	char name[SEGMENT_NAME];

	bundle_segment_name(segment, "seg", name);
	if (v->n_loose < LOOSE_MAX)
		v->loose[v->n_loose++].segment = segment;
	else
		verify_fail(v, CHECK_RECORDS, "%s has records that the index does not know", name);
}

/* Behind the last record that the index knows there is nothing, unless a crash left it so. A segment that it knows nothing of may be torn. */
static enum rc check_rest(struct verification *v, const struct segment *segment, struct segment_text *r, bool known)
{
	struct why why = {0};
	struct slice piece;
	enum rc rc = segment_text_piece(r, 1, &piece, &why);

	if (rc == RC_IO || rc == RC_NOMEM)
		return rc;
	if (rc == RC_OK || (rc == RC_BAD && !known))
		loosen(v, segment);
	else if (rc != RC_END)
		not_opened(v, segment, r, rc, &why);
	return RC_OK;
}

/* The index lines of one segment, and with r, its records. After one whose end is not known, those behind it are passed over. *whole: all were
 * read, and there is nothing else. */
static enum rc check_lines(struct verification *v, const struct segment *segment, struct segment_text *r, bool *whole)
{
	bool lost = false;
	uint64_t at = 0;
	enum rc rc = RC_OK;

	while (v->have_line && v->line.segment == segment->number && rc == RC_OK) {
		if (memcmp(v->line.f, segment->sum, SHA256_LEN) != 0)
			verify_fail(v, CHECK_SEGMENTS, "record %llu names another segment file", (unsigned long long)v->line.seq);
		if (!lost && v->line.off != at) {
			verify_fail(v, CHECK_RECORDS, "record %llu does not begin where the one before ends", (unsigned long long)v->line.seq);
			lost = true;
		}
		if (!lost && r)
			rc = check_record(v, segment, r, &lost);
		else if (!lost)
			add_to_story(v, NULL);
		at += v->line.len + 1;
		if (rc == RC_OK)
			rc = next_line(v);
	}
	if (rc == RC_OK && r && !lost)
		rc = check_rest(v, segment, r, at > 0);
	*whole = r && !lost && !(v->n_loose && v->loose[v->n_loose - 1].segment == segment);
	return rc;
}

static enum rc check_segment(struct verification *v, const struct segment *segment)
{
	size_t wrong = v->checks[CHECK_SUMS].failures;
	const struct age_identities *keys = segment->sealed ? v->b->keys : NULL;
	char name[SEGMENT_NAME];
	struct segment_text r;
	bool whole = false;
	enum rc rc = segment_text_open(&r, v->b->fd, segment->where, keys), ended;

	bundle_segment_name(segment, "seg", name);
	if (rc == RC_OK && v->have_line && v->line.segment < segment->number)
		verify_fail(v, CHECK_SEGMENTS, "record %llu is in a segment that is not there, or in one before", (unsigned long long)v->line.seq);
	while (rc == RC_OK && v->have_line && v->line.segment < segment->number)
		rc = next_line(v);
	if (rc == RC_OK)
		rc = verify_originals_begin(v, segment);
	if (rc == RC_OK)
		rc = check_lines(v, segment, segment->sealed && !keys ? NULL : &r, &whole);
	ended = verify_originals_end(v, rc == RC_OK && whole && !verify_failed(v, CHECK_RECORDS));
	rc = rc == RC_OK ? ended : rc;
	if (rc == RC_OK)
		rc = verify_sum(v, &r.stored, segment->sum, name);
	if (rc == RC_OK && v->checks[CHECK_SUMS].failures > wrong)
		verify_fail(v, CHECK_SEGMENTS, "%s is not the file that its index lines name", name);
	segment_text_close(&r);
	return rc;
}

static void tell_records(struct verification *v)
{
	char originals[128] = "";

	if (v->originals_locked)
		snprintf(originals, sizeof originals, "; of %zu segments the originals are encrypted, and there is no key for them", v->originals_locked);
	else if (v->n_originals)
		snprintf(originals, sizeof originals, "; %llu originals, each the one that its record names", (unsigned long long)v->n_originals);
	verify_holds(v, CHECK_RECORDS, "%llu records, each as the index says%s", (unsigned long long)v->lines, originals);
}

static void conclude(struct verification *v)
{
	size_t n = v->b->segments.n;
	struct why why = {0};

	if (v->have_line)
		verify_fail(v, CHECK_SEGMENTS, "record %llu is in no segment, or in one before", (unsigned long long)v->line.seq);
	for (size_t i = 0; i < v->n_loose; i++) {
		char name[SEGMENT_NAME];

		bundle_segment_name(v->loose[i].segment, "seg", name);
		if (!v->loose[i].explained)
			verify_fail(v, CHECK_RECORDS, "%s has records that the index does not know", name);
	}
	if (v->sealed == n)
		verify_skip(v, CHECK_RECORDS, "all %zu segments are encrypted, and there is no key for them (--identity)", n);
	else if (v->sealed)
		verify_skip(v, CHECK_RECORDS, "%zu of %zu segments are encrypted, and there is no key for them (--identity)", v->sealed, n);
	if (verify_failed(v, CHECK_RECORDS) || verify_failed(v, CHECK_SEGMENTS))
		verify_skip(v, CHECK_STORY, "the records do not hold");
	else if (!verify_failed(v, CHECK_STORY) && story_end(v->story, &why) != RC_OK)
		verify_fail(v, CHECK_STORY, "%s", why.text);
	verify_holds(v, CHECK_SEGMENTS, "%zu segment files, each the one that its index lines name", n);
	tell_records(v);
	verify_holds(v, CHECK_STORY, "%llu exchanges, from open to close%s", (unsigned long long)story_exchanges(v->story),
		     v->sealed ? ", as far as the index tells" : "");
}

enum rc verify_records(struct verification *v)
{
	struct bundle *b = v->b;
	enum rc rc = member_open(&v->index, b->fd, b->member[MEMBER_INDEX]);

	if (rc == RC_OK)
		rc = next_line(v);
	for (size_t i = 0; i < b->segments.n && rc == RC_OK; i++) {
		v->sealed += b->segments.all[i].sealed && !b->keys;
		rc = check_segment(v, &b->segments.all[i]);
	}
	if (rc == RC_OK)
		conclude(v);
	return rc;
}
