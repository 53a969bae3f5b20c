/* The chain of index lines, and its head. */
#include <string.h>

#include "bundle_verify_private.h"

/* One line after another, each naming the one before. RC_END after the last; sum is then the last line's. */
static enum rc next_link(struct verification *v, struct member_reader *r, unsigned char sum[SHA256_LEN])
{
	struct bundle_line line;
	struct why why = {0};
	struct slice text;
	enum rc rc = member_line(r, BUNDLE_LINE_MAX, &text);

	if (rc == RC_BAD)
		verify_fail(v, CHECK_CHAIN, "index line %llu is too long or cut", (unsigned long long)v->lines + 1);
	if (rc != RC_OK)
		return rc;
	rc = bundle_line_parse(text, &line, &why);
	if (rc != RC_OK)
		verify_fail(v, CHECK_CHAIN, "index line %llu: %s", (unsigned long long)v->lines + 1, why.text);
	else if (line.seq != v->lines || memcmp(line.prev, sum, SHA256_LEN) != 0)
		verify_fail(v, CHECK_CHAIN, "index line %llu does not follow the one before", (unsigned long long)v->lines + 1);
	if (verify_failed(v, CHECK_CHAIN))
		return RC_BAD;
	if (v->lines == 0)
		v->first_ns = line.wall_ns;
	v->last_ns = line.wall_ns;
	sha256(text.p, text.n, sum);
	if (v->lines == 0)
		memcpy(v->b->marks.first, sum, SHA256_LEN);
	v->lines++;
	return RC_OK;
}

enum rc verify_index(struct verification *v)
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
		verify_fail(v, CHECK_CHAIN, "the index is empty");
	verify_holds(v, CHECK_CHAIN, "%llu index lines, each bound to the one before", (unsigned long long)v->lines);
	if (verify_failed(v, CHECK_CHAIN))
		verify_skip(v, CHECK_HEAD, "the chain does not reach it");
	else if (!v->about_read)
		verify_skip(v, CHECK_HEAD, "session.json cannot be read");
	else if (memcmp(sum, v->about.head, sizeof sum) != 0)
		verify_fail(v, CHECK_HEAD, "session.json does not name the last index line");
	verify_holds(v, CHECK_HEAD, "session.json names the last index line");
	return verify_sum(v, &r, v->b->sum[MEMBER_INDEX], bundle_member_names[MEMBER_INDEX]);
}
