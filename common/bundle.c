#include "bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bundle_private.h"
#include "bundle_line.h"
#include "encode.h"
#include "json.h"
#include "record_scan.h"
#include "tarfile.h"

const char *const bundle_member_names[MEMBERS] = {
	[MEMBER_SUMS] = "SHA256SUMS", [MEMBER_SIG] = "SHA256SUMS.sig", [MEMBER_TSR] = "SHA256SUMS.tsr",
	[MEMBER_PROOF] = "session.tlog-proof", [MEMBER_SESSION] = "session.json", [MEMBER_POLICY] = "policy.yaml",
	[MEMBER_INDEX] = "index.jsonl",
};

/* The most that an honest one has, with room. */
static const uint64_t sizes_max[MEMBERS] = {
	[MEMBER_SUMS] = 32 << 20, [MEMBER_SIG] = 8 << 10, [MEMBER_TSR] = 256 << 10, [MEMBER_PROOF] = 256 << 10,
	[MEMBER_SESSION] = 2 << 20, [MEMBER_POLICY] = 64 << 20, [MEMBER_INDEX] = UINT64_MAX,
};

static bool optional(enum member m)
{
	return m == MEMBER_TSR || m == MEMBER_PROOF;
}

/* ---- the table of members ------------------------------------------------------------------------------------------------- */

/* "seg-000017.jsonl" or "seg-000017.jsonl.age". 0: no such name. */
static uint32_t numbered(const char *name, const char *prefix, bool *sealed)
{
	size_t n = strlen(prefix);
	uint32_t number = 0;

	if (strncmp(name, prefix, n) != 0 || strspn(name + n, "0123456789") != 6)
		return 0;
	for (size_t i = 0; i < 6; i++)
		number = number * 10 + (uint32_t)(name[n + i] - '0');
	*sealed = strcmp(name + n + 6, ".jsonl.age") == 0;
	return *sealed || strcmp(name + n + 6, ".jsonl") == 0 ? number : 0;
}

static enum rc add_segment(struct segments *s, const struct segment *one)
{
	if (s->n == SEGMENTS_MAX || (s->n && s->all[s->n - 1].number >= one->number))
		return RC_BAD;
	if (s->n == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 16;
		struct segment *all = realloc(s->all, cap * sizeof *all);

		if (!all)
			return RC_NOMEM;
		s->all = all;
		s->cap = cap;
	}
	s->all[s->n++] = *one;
	return RC_OK;
}

/* Member files are named and in order: next is the first that may come. */
static enum rc add_member(struct bundle *b, const struct tar_member *found, struct extent where, int *next, struct why *why)
{
	struct segment one = {.where = where};
	enum rc rc = RC_BAD;

	for (int m = *next; m < MEMBERS; m++) {
		if (strcmp(found->name, bundle_member_names[m]) == 0) {
			if (where.size > sizes_max[m])
				return why_set(why, RC_BAD, "members: %s is larger than any that is honest", found->name);
			b->present[m] = true;
			b->member[m] = where;
			*next = m + 1;
			return RC_OK;
		}
		if (!optional((enum member)m))
			return why_set(why, RC_BAD, "members: %s stands where %s must be", found->name, bundle_member_names[m]);
	}
	if (!b->originals.n && (one.number = numbered(found->name, "seg-", &one.sealed)))
		rc = add_segment(&b->segments, &one);
	else if ((one.number = numbered(found->name, "orig-", &one.sealed)) && one.sealed)
		rc = add_segment(&b->originals, &one);
	return rc == RC_OK || rc == RC_NOMEM ? rc : why_set(why, RC_BAD, "members: %s does not belong there", found->name);
}

struct table {
	struct bundle *b;
	int next;                                /* the first that may come */
};

static enum rc on_member(void *arg, const struct tar_member *found, struct extent where, struct why *why)
{
	struct table *t = arg;

	return add_member(t->b, found, where, &t->next, why);
}

static struct segment *find_segment(const struct segments *s, uint64_t number)
{
	size_t low = 0, high = s->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s->all[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < s->n && s->all[low].number == number ? &s->all[low] : NULL;
}

const struct segment *bundle_originals(const struct bundle *b, uint64_t number)
{
	return find_segment(&b->originals, number);
}

/* Originals are those of a segment that is there. */
static enum rc check_originals(const struct bundle *b, struct why *why)
{
	char name[SEGMENT_NAME];

	for (size_t i = 0; i < b->originals.n; i++) {
		if (find_segment(&b->segments, b->originals.all[i].number))
			continue;
		bundle_segment_name(&b->originals.all[i], "orig", name);
		return why_set(why, RC_BAD, "members: %s has no segment", name);
	}
	return RC_OK;
}

static enum rc read_members(struct bundle *b, uint64_t file_size, struct why *why)
{
	struct table table = {.b = b};
	enum rc rc = tarfile_walk(b->fd, file_size, on_member, &table, why);

	if (rc != RC_OK)
		return rc;
	return table.next == MEMBERS ? check_originals(b, why) : why_set(why, RC_BAD, "members: %s is missing", bundle_member_names[table.next]);
}

enum rc bundle_open(const char *path, struct bundle **out, struct why *why)
{
	struct bundle *b = calloc(1, sizeof *b);
	struct stat st;
	enum rc rc = RC_OK;

	*out = NULL;
	if (!b)
		return RC_NOMEM;
	buf_init(&b->session_text, sizes_max[MEMBER_SESSION]);
	buf_init(&b->record, BUNDLE_RECORD_MAX);
	buf_init(&b->body, BUNDLE_RECORD_MAX);
	buf_init(&b->original, BUNDLE_RECORD_MAX);
	b->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (b->fd < 0 || fstat(b->fd, &st) != 0) {
		rc = why_set(why, errno == ENOENT ? RC_NOT_FOUND : errno == EACCES ? RC_DENIED : RC_IO, "%s: %s", path, strerror(errno));
		goto out;
	}
	rc = S_ISREG(st.st_mode) ? read_members(b, (uint64_t)st.st_size, why) : why_set(why, RC_BAD, "archive: it is no file");
out:
	if (rc == RC_OK)
		*out = b;
	else
		bundle_free(b);
	return rc;
}

static void free_segments(struct segments *s)
{
	free(s->all);
}

void bundle_free(struct bundle *b)
{
	if (!b)
		return;
	if (b->fd >= 0)
		close(b->fd);
	member_close(&b->index);
	segment_text_close(&b->text);
	original_lines_close(&b->originals_text);
	free_segments(&b->segments);
	free_segments(&b->originals);
	buf_free(&b->session_text);
	buf_free(&b->record);
	buf_free(&b->body);
	buf_free(&b->original);
	free(b);
}

/* ---- reading ------------------------------------------------------------------------------------------------------------------ */

enum rc bundle_read(const struct bundle *b, struct extent where, struct buf *out)
{
	char *at = where.size <= out->max ? buf_room(out, (size_t)where.size) : NULL;
	enum rc rc;

	if (!at)
		return out->rc == RC_OK ? RC_TOO_BIG : out->rc;
	rc = tarfile_read(b->fd, at, (size_t)where.size, where.off);
	if (rc != RC_OK)
		return RC_IO;
	buf_added(out, (size_t)where.size);
	return RC_OK;
}

unsigned char *bundle_sum(struct bundle *b, const char *name)
{
	struct segment *segment;
	uint32_t number;
	bool sealed;

	for (int m = MEMBER_SESSION; m < MEMBERS; m++)
		if (strcmp(name, bundle_member_names[m]) == 0)
			return b->sum[m];
	if ((number = numbered(name, "seg-", &sealed)))
		segment = find_segment(&b->segments, number);
	else if ((number = numbered(name, "orig-", &sealed)))
		segment = find_segment(&b->originals, number);
	else
		return NULL;
	return segment && segment->sealed == sealed ? segment->sum : NULL;
}

void bundle_segment_name(const struct segment *segment, const char *prefix, char out[SEGMENT_NAME])
{
	snprintf(out, SEGMENT_NAME, "%s-%06u.jsonl%s", prefix, (unsigned)segment->number, segment->sealed ? ".age" : "");
}

enum rc bundle_read_session(struct bundle *b)
{
	return b->session_text.len ? RC_OK : bundle_read(b, b->member[MEMBER_SESSION], &b->session_text);
}

struct slice bundle_session(const struct bundle *b)
{
	return b->session_text.len ? buf_slice(&b->session_text) : (struct slice){NULL, 0};
}

const struct bundle_marks *bundle_marks(const struct bundle *b)
{
	return &b->marks;
}

const char *bundle_signer(const struct bundle *b)
{
	return b->signer;
}

const char *bundle_fingerprint(const struct bundle *b)
{
	return b->fingerprint;
}

const char *bundle_digest(const struct bundle *b)
{
	return b->digest;
}

/* ---- records, for replay ---------------------------------------------------------------------------------------------------- */

enum rc bundle_rewind(struct bundle *b)
{
	return bundle_seek(b, 0);
}

uint64_t bundle_tell(const struct bundle *b)
{
	return b->member[MEMBER_INDEX].size - member_left(&b->index);
}

enum rc bundle_seek(struct bundle *b, uint64_t place)
{
	struct extent rest = b->member[MEMBER_INDEX];

	if (place > rest.size)
		return RC_BAD;
	rest.off += place;
	rest.size -= place;
	if (rest.off >= b->index.off - b->index.have && rest.off <= b->index.off) {      /* a short way, as to most exchanges, is still in memory */
		b->index.pos = (size_t)(rest.off - (b->index.off - b->index.have));
		return RC_OK;
	}
	member_close(&b->index);
	return member_open(&b->index, b->fd, rest);
}

void bundle_unlock(struct bundle *b, const struct age_identities *keys)
{
	b->keys = keys;
}

/* The text of an encrypted segment, at off. */
static enum rc seek_text(struct bundle *b, const struct segment *segment, uint64_t off, struct why *why)
{
	struct slice piece;
	enum rc rc = RC_OK;

	if (b->text_of != segment || b->text_at > off) {
		segment_text_close(&b->text);
		b->text_of = segment;
		b->text_at = 0;
		rc = segment_text_open(&b->text, b->fd, segment->where, b->keys);
	}
	while (rc == RC_OK && b->text_at < off) {
		rc = segment_text_piece(&b->text, (size_t)(off - b->text_at), &piece, why);
		b->text_at += rc == RC_OK ? piece.n : 0;
	}
	return rc;
}

static enum rc read_sealed(struct bundle *b, const struct segment *segment, const struct bundle_line *line, struct why *why)
{
	struct why what = {0};
	struct slice piece;
	enum rc rc = b->keys ? seek_text(b, segment, line->off, &what) : RC_NOT_FOUND;

	while (rc == RC_OK && b->record.len < line->len) {
		rc = segment_text_piece(&b->text, (size_t)line->len - b->record.len, &piece, &what);
		if (rc != RC_OK)
			break;
		b->text_at += piece.n;
		rc = buf_add_slice(&b->record, piece);
	}
	if (rc == RC_OK)
		return rc;
	b->text_of = NULL;                               /* nothing more can be had from this reader */
	if (!b->keys)
		return why_set(why, RC_DENIED, "its segment is encrypted");
	if (rc == RC_NOT_FOUND)
		return why_set(why, RC_DENIED, "its segment is encrypted, and not for this identity");
	if (rc == RC_BAD || rc == RC_END)
		return why_set(why, RC_BAD, "its segment does not open: %s", rc == RC_END ? "it is too short" : what.text);
	return why_set(why, rc, "it cannot be read");
}

/* The record's body, checked again: the file may have changed since it was verified. */
static enum rc read_record(struct bundle *b, const struct bundle_line *line, struct why *why)
{
	const struct segment *segment = find_segment(&b->segments, line->segment);
	unsigned char sum[SHA256_LEN];
	struct record_scan scan;
	enum rc rc;

	buf_clear(&b->record);
	buf_clear(&b->body);
	b->original_sum[0] = '\0';
	if (!segment || line->off > segment->where.size || line->len > segment->where.size - line->off)
		return why_set(why, RC_BAD, "it is not in the bundle");
	if (line->len > BUNDLE_RECORD_MAX)
		return why_set(why, RC_TOO_BIG, "it is too large to be shown");
	if (segment->sealed)
		rc = read_sealed(b, segment, line, why);
	else if ((rc = bundle_read(b, (struct extent){segment->where.off + line->off, line->len}, &b->record)) != RC_OK)
		why_set(why, rc, "it cannot be read");
	if (rc != RC_OK)
		return rc;
	sha256(b->record.data, b->record.len, sum);
	record_scan_begin(&scan, line->kind, &b->body);
	record_scan_feed(&scan, buf_slice(&b->record));
	if (!record_scan_end(&scan) || memcmp(sum, line->c, sizeof sum) != 0) {
		buf_clear(&b->body);
		return why_set(why, RC_BAD, "it is not what the index says");
	}
	snprintf(b->original_sum, sizeof b->original_sum, "%.64s", scan.facts.original);
	return RC_OK;
}

/* ---- originals ------------------------------------------------------------------------------------------------------------------ */

/* Whom they are encrypted for. */
static enum rc not_for_us(struct bundle *b, struct why *why)
{
	cJSON *session = bundle_read_session(b) == RC_OK ? json_parse(bundle_session(b)) : NULL;
	const cJSON *one;
	struct buf wanted;

	buf_init(&wanted, 4096);
	cJSON_ArrayForEach(one, json_array(session, "originals"))
		buf_printf(&wanted, "%s%s", wanted.len ? ", " : "", cJSON_IsString(one) ? one->valuestring : "?");
	why_set(why, RC_DENIED, "the original is encrypted%s; session.json names %s", b->keys ? ", and not for this identity" : "",
		wanted.len ? wanted.data : "nobody");
	buf_free(&wanted);
	cJSON_Delete(session);
	return RC_DENIED;
}

/* The next line that has this hash; what is not found on the way to the end is looked for once more from the beginning. */
static enum rc find_original(struct bundle *b, const struct segment *file, const unsigned char wanted[SHA256_LEN], struct why *why)
{
	bool whole = b->originals_of != file;
	unsigned char sum[SHA256_LEN];
	enum rc rc = RC_OK;

	for (;;) {
		if (b->originals_of != file) {
			original_lines_close(&b->originals_text);
			rc = original_lines_open(&b->originals_text, b->fd, file->where, b->keys);
			b->originals_of = rc == RC_OK ? file : NULL;
		}
		while (rc == RC_OK || rc == RC_TOO_BIG) {
			buf_free(&b->original);
			buf_init(&b->original, BUNDLE_RECORD_MAX);
			rc = original_lines_next(&b->originals_text, &b->original, sum, why);
			if ((rc == RC_OK || rc == RC_TOO_BIG) && memcmp(sum, wanted, sizeof sum) == 0)
				return rc;
		}
		b->originals_of = NULL;
		if (rc != RC_END || whole)
			return rc;
		whole = true;
		rc = RC_OK;
	}
}

enum rc bundle_original(struct bundle *b, struct slice *body, struct why *why)
{
	const struct segment *file = bundle_originals(b, b->line.segment);
	unsigned char wanted[SHA256_LEN];
	struct why what = {0};
	struct record_scan scan;
	enum rc rc;

	*body = SLICE("");
	if (!b->original_sum[0])
		return RC_NOT_FOUND;
	if (!file || hex_decode(slice_str(b->original_sum), wanted, sizeof wanted) != RC_OK)
		return why_set(why, RC_BAD, "the original is missing");
	rc = b->keys ? find_original(b, file, wanted, &what) : RC_NOT_FOUND;
	if (rc == RC_NOT_FOUND)
		return not_for_us(b, why);
	if (rc == RC_END)
		return why_set(why, RC_BAD, "the original is not the one that the record names");
	if (rc == RC_TOO_BIG)
		return why_set(why, rc, "the original is too large to be shown");
	if (rc != RC_OK)
		return why_set(why, rc, "the original cannot be read%s%s", what.text[0] ? ": " : "", what.text);
	buf_clear(&b->body);
	record_scan_begin(&scan, b->line.kind, &b->body);
	record_scan_feed(&scan, buf_slice(&b->original));
	if (!record_scan_end(&scan))
		return why_set(why, RC_BAD, "the original is no record");
	*body = buf_slice(&b->body);
	return RC_OK;
}

/* ---- lines of the index ---------------------------------------------------------------------------------------------------------- */

/* Behind the end of a line that is too long. */
static enum rc skip_line(struct member_reader *r)
{
	struct slice piece;
	enum rc rc;

	while ((rc = member_piece(r, 1, &piece)) == RC_OK && piece.p[0] != '\n')
		continue;
	return rc == RC_END ? RC_OK : rc;
}

enum rc bundle_next_line(struct bundle *b, struct bundle_record *out, struct why *why)
{
	struct slice text;
	enum rc rc = member_line(&b->index, BUNDLE_LINE_MAX, &text);

	*out = (struct bundle_record){.body = SLICE("")};
	if (rc == RC_BAD) {
		rc = skip_line(&b->index);
		return why_set(why, rc == RC_OK ? RC_BAD : rc, "a line of the index is too long, or the last one is cut");
	}
	if (rc == RC_IO)
		return why_set(why, rc, "the index cannot be read");
	if (rc == RC_OK)
		rc = bundle_line_parse(text, &b->line, why);
	if (rc != RC_OK)
		return rc;
	out->seq = b->line.seq;
	out->exchange = b->line.exchange;
	out->wall_ns = b->line.wall_ns;
	out->mono_ns = b->line.mono_ns;
	snprintf(out->kind, sizeof out->kind, "%s", bundle_kind_name(b->line.kind));
	return RC_OK;
}

enum rc bundle_body(struct bundle *b, struct bundle_record *record, struct why *why)
{
	enum rc rc = read_record(b, &b->line, why);

	record->body = buf_slice(&b->body);
	return rc;
}

enum rc bundle_next(struct bundle *b, struct bundle_record *out, struct why *why)
{
	enum rc rc = bundle_next_line(b, out, why);

	return rc == RC_OK ? bundle_body(b, out, why) : rc;
}
