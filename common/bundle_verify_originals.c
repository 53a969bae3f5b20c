/* Originals against the records that name them: in the order of the records, so that one pass is enough. */
#include <string.h>

#include "bundle_verify_private.h"
#include "encode.h"

enum rc verify_originals_begin(struct verification *v, const struct segment *segment)
{
	const struct segment *file = bundle_originals(v->b, segment->number);
	enum rc rc;

	v->originals_segment = segment->number;
	v->originals = !file ? ORIGINALS_NONE : v->b->keys ? ORIGINALS_OPEN : ORIGINALS_LOCKED;
	if (v->originals != ORIGINALS_OPEN)
		return RC_OK;
	rc = original_lines_open(&v->originals_text, v->b->fd, file->where, v->b->keys);
	if (rc != RC_OK)
		v->originals = ORIGINALS_NONE;
	return rc;
}

/* The next line's hash. RC_END: there is none, or none that can be read. */
static enum rc next(struct verification *v, unsigned char sum[SHA256_LEN])
{
	unsigned long long segment = v->originals_segment;
	struct why why = {0};
	enum rc rc = original_lines_next(&v->originals_text, NULL, sum, &why);

	if (rc == RC_NOT_FOUND) {
		v->originals = ORIGINALS_LOCKED;
	} else if (rc == RC_BAD) {
		v->originals = ORIGINALS_WRONG;
		verify_fail(v, CHECK_RECORDS, "orig-%06llu.jsonl.age does not open: %s", segment, why.text);
	}
	return rc == RC_NOT_FOUND || rc == RC_BAD ? RC_END : rc;
}

enum rc verify_original(struct verification *v, const char *hex)
{
	unsigned char wanted[SHA256_LEN], sum[SHA256_LEN];
	unsigned long long seq = v->line.seq;
	enum rc rc;

	if (v->originals == ORIGINALS_NONE)
		verify_fail(v, CHECK_RECORDS, "record %llu names an original, and its segment has none", seq);
	if (v->originals != ORIGINALS_OPEN)
		return RC_OK;
	rc = next(v, sum);
	if (v->originals != ORIGINALS_OPEN || (rc != RC_OK && rc != RC_END))
		return rc == RC_END ? RC_OK : rc;
	if (rc == RC_END || hex_decode(slice_str(hex), wanted, sizeof wanted) != RC_OK || memcmp(sum, wanted, sizeof sum) != 0) {
		verify_fail(v, CHECK_RECORDS, "the original of record %llu is not the one that it names", seq);
		v->originals = ORIGINALS_WRONG;
		return RC_OK;
	}
	v->n_originals++;
	return RC_OK;
}

enum rc verify_originals_end(struct verification *v, bool all)
{
	unsigned char sum[SHA256_LEN];
	enum rc rc = v->originals == ORIGINALS_OPEN && all ? next(v, sum) : RC_OK;

	if (rc == RC_OK && v->originals == ORIGINALS_OPEN && all)
		verify_fail(v, CHECK_RECORDS, "orig-%06llu.jsonl.age has a line that no record names", (unsigned long long)v->originals_segment);
	v->originals_locked += v->originals == ORIGINALS_LOCKED;
	original_lines_close(&v->originals_text);
	v->originals = ORIGINALS_NONE;
	return rc == RC_END ? RC_OK : rc;
}
