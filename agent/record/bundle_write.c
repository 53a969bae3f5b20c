/* A part's folder becomes a bundle (evidence.md). Everything streams: only SHA256SUMS and session.json are made in memory. */
#include "bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "encode.h"
#include "file.h"
#include "json.h"
#include "ledger.h"
#include "record_private.h"
#include "tar.h"
#include "tlog_proof.h"
#include "wipe.h"

#define SUMS_MAX_BYTES ((size_t)128 << 20)
#define SESSION_MAX_BYTES ((size_t)16 << 20)
#define OUT_BYTES ((size_t)256 << 10)

struct work {
	struct spool *spool;
	const char *id;
	int number, dir_fd;
	bool sealed;                             /* its segments are */
	struct part_state state;
	/* from the index */
	uint64_t records, exchanges;
	char head[SHA256_HEX];
	int64_t closed_ns;
	struct buf segments, originals;          /* lines of SHA256SUMS for them */
	char policy[SHA256_HEX], index[SHA256_HEX];
	struct buf session, sums, sig, proof;
	/* the archive */
	int fd;
	char *out;
	size_t out_n;
};

/* ---- what goes in ----------------------------------------------------------------------------------------------------- */

static enum rc damaged(struct why *why, const char *what)
{
	return why_set(why, RC_BAD, "%s is damaged", what);
}

static enum rc add_sum(struct buf *sums, const char hex[SHA256_HEX], const char *name)
{
	return buf_printf(sums, "%s  %s\n", hex, name);
}

/* Which exchanges have a record: a hash table of their numbers; an empty slot is 0. */
struct exchanges {
	uint64_t *slot;
	size_t n, slots;
};

static uint64_t *exchanges_find(const struct exchanges *e, uint64_t x)
{
	size_t at = (size_t)(x * 0x9e3779b97f4a7c15u >> 32) & (e->slots - 1);

	while (e->slot[at] && e->slot[at] != x)
		at = (at + 1) & (e->slots - 1);
	return &e->slot[at];
}

static enum rc exchanges_grow(struct exchanges *e)
{
	struct exchanges wider = {.n = e->n, .slots = e->slots ? 2 * e->slots : 1024};

	wider.slot = calloc(wider.slots, sizeof *wider.slot);
	if (!wider.slot)
		return RC_NOMEM;
	for (size_t i = 0; i < e->slots; i++)
		if (e->slot[i])
			*exchanges_find(&wider, e->slot[i]) = e->slot[i];
	free(e->slot);
	*e = wider;
	return RC_OK;
}

static enum rc exchanges_add(struct exchanges *e, uint64_t x)
{
	enum rc rc = 2 * (e->n + 1) > e->slots ? exchanges_grow(e) : RC_OK;
	uint64_t *slot;

	if (rc != RC_OK)
		return rc;
	slot = exchanges_find(e, x);
	e->n += *slot == 0;
	*slot = x;
	return RC_OK;
}

/* Of the segment of that number, if it has any. */
static enum rc add_originals(struct work *w, uint32_t number)
{
	char name[SEGMENT_NAME], f[SHA256_HEX];
	enum rc rc = segment_hash(w->dir_fd, original_name(number, name), f);

	if (rc == RC_OK)
		rc = add_sum(&w->originals, f, name);
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

/* Segments that the index does not know, of numbers between two that it knows, were orphans of a crash. */
static enum rc add_segment(struct work *w, uint32_t last, const struct bundle_line *line)
{
	enum rc rc;
	char name[SEGMENT_NAME], f[SHA256_HEX];

	for (uint32_t n = last + 1; n < (uint32_t)line->segment; n++) {
		rc = segment_hash(w->dir_fd, segment_name(n, w->sealed, name), f);
		if (rc == RC_OK)
			rc = add_sum(&w->segments, f, name);
		if (rc == RC_OK)
			rc = add_originals(w, n);
		if (rc != RC_OK && rc != RC_NOT_FOUND)
			return rc;
	}
	hex_encode(line->f, SHA256_LEN, f);
	rc = add_sum(&w->segments, f, segment_name((uint32_t)line->segment, w->sealed, name));
	return rc == RC_OK ? add_originals(w, (uint32_t)line->segment) : rc;
}

static enum rc read_line(struct work *w, struct exchanges *seen, uint32_t *last, const struct bundle_line *line)
{
	enum rc rc = line->exchange ? exchanges_add(seen, line->exchange) : RC_OK;

	if (rc == RC_OK && line->segment < *last)
		rc = RC_BAD;
	if (rc == RC_OK && line->segment > *last)
		rc = add_segment(w, *last, line);
	*last = (uint32_t)line->segment;
	return rc;
}

static enum rc read_index(struct work *w, struct why *why)
{
	struct bundle_line line = {.kind = KIND_OPEN};
	struct exchanges seen = {0};
	struct index_reader reader;
	uint32_t last = 0;
	int fd = openat(w->dir_fd, "index.jsonl", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	enum rc rc;

	if (fd < 0)
		return damaged(why, "index.jsonl");
	index_reader_init(&reader, fd);
	while ((rc = index_next(&reader, &line)) == RC_OK && (rc = read_line(w, &seen, &last, &line)) == RC_OK)
		;
	if (rc == RC_END && line.kind == KIND_CLOSE) {
		hex_encode(reader.chain.head, SHA256_LEN, w->head);
		w->records = reader.chain.seq;
		w->exchanges = seen.n;
		w->closed_ns = line.wall_ns;
		rc = RC_OK;
	} else if (rc == RC_END || rc == RC_AGAIN || rc == RC_BAD) {
		rc = damaged(why, "index.jsonl");
	}
	index_reader_free(&reader);
	free(seen.slot);
	close(fd);
	return rc;
}

/* The SHA-256 of the former part's SHA256SUMS, which is its bundle's first member; "" when there is no such bundle any more. */
static enum rc read_previous(struct work *w, char hex[SHA256_HEX], struct why *why)
{
	unsigned char block[TAR_BLOCK];
	char name[PART_NAME], path[PATH_MAX], *text = NULL;
	struct tar_member m;
	struct stat st;
	enum rc rc = RC_BAD;
	int fd;

	hex[0] = '\0';
	if (w->number == 1)
		return RC_OK;
	if (fstatat(w->spool->dir_fd, part_name(w->id, w->number - 1, name), &st, AT_SYMLINK_NOFOLLOW) == 0)
		return why_set(why, RC_CONFLICT, "part %d is not sealed", w->number - 1);
	snprintf(path, sizeof path, "%s/%s/%d.tar", w->spool->bundles_dir, w->id, w->number - 1);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? RC_OK : RC_IO;
	if (read(fd, block, sizeof block) == sizeof block && tar_parse(block, &m, NULL) == RC_OK && strcmp(m.name, "SHA256SUMS") == 0 &&
	    m.size <= SUMS_MAX_BYTES && (text = malloc(m.size + 1)) && read(fd, text, m.size) == (ssize_t)m.size) {
		sha256_hex(text, m.size, hex);
		rc = RC_OK;
	}
	free(text);
	close(fd);
	return rc == RC_OK ? rc : why_set(why, RC_IO, "the bundle of part %d cannot be read", w->number - 1);
}

/* The ledger of the day takes the place that about.json keeps for it. */
static enum rc name_ledger(struct work *w, struct buf *s)
{
	static const char place[] = "\"ledger\":null,";
	const struct notary_facts *facts = ledger_facts(w->spool->ledger);
	const char *at = strstr(s->data, place);
	struct buf text;
	enum rc rc;

	if (!at)
		return RC_BAD;
	buf_init(&text, SESSION_MAX_BYTES);
	buf_add(&text, s->data, (size_t)(at - s->data));
	buf_puts(&text, "\"ledger\":{\"origin\":");
	json_add_str(&text, facts->origin);
	buf_puts(&text, ",\"vkey\":");
	json_add_str(&text, facts->vkey);
	buf_puts(&text, "},");
	rc = buf_puts(&text, at + sizeof place - 1);
	buf_free(s);
	*s = text;
	return rc;
}

/* about.json, whose last member is the agent, with what is known only now. */
static enum rc make_session(struct work *w, struct why *why)
{
	struct buf *s = &w->session;
	char previous[SHA256_HEX], closed[CLOCK_TEXT];
	const char *comma = "";
	enum rc rc = file_read_at(w->dir_fd, "about.json", s, NULL);

	if (rc == RC_OK && (s->len < 2 || memcmp(s->data + s->len - 2, "}}", 2) != 0))
		rc = damaged(why, "about.json");
	if (rc == RC_OK && (rc = name_ledger(w, s)) == RC_BAD)
		rc = damaged(why, "about.json");
	if (rc == RC_OK)
		rc = read_previous(w, previous, why);
	if (rc != RC_OK)
		return rc;
	buf_truncate(s, s->len - 2);
	buf_puts(s, ",\"signing_key\":");
	json_add_str(s, ledger_facts(w->spool->ledger)->signing_key);
	buf_puts(s, "},\"previous\":");
	json_add_str(s, *previous ? previous : NULL);
	buf_printf(s, ",\"closed\":\"%s\",\"end\":", clock_text_us(w->closed_ns, closed));
	json_add_str(s, *w->state.end ? w->state.end : "crash");
	buf_printf(s, ",\"counts\":{\"exchanges\":%llu,\"records\":%llu,\"held\":%llu,\"approved\":%llu,\"denied\":%llu,\"masked\":{",
		   (unsigned long long)w->exchanges, (unsigned long long)w->records, (unsigned long long)w->state.counts.held,
		   (unsigned long long)w->state.counts.approved, (unsigned long long)w->state.counts.denied);
	for (int e = 0; e < ENTITY_COUNT; e++) {
		if (!w->state.counts.masked[e])
			continue;
		buf_printf(s, "%s\"%s\":%llu", comma, entity_name((enum entity)e), (unsigned long long)w->state.counts.masked[e]);
		comma = ",";
	}
	buf_printf(s, "}},\"head\":\"%s\"}\n", w->head);
	return rc == RC_OK ? s->rc : rc;
}

static enum rc hash(struct work *w, const char *name, char hex[SHA256_HEX], struct why *why)
{
	enum rc rc = segment_hash(w->dir_fd, name, hex);

	return rc == RC_NOT_FOUND ? damaged(why, name) : rc;
}

/* Sorted by name. */
static enum rc make_sums(struct work *w, struct why *why)
{
	char hex[SHA256_HEX];
	enum rc rc = hash(w, "index.jsonl", w->index, why);

	if (rc == RC_OK)
		rc = hash(w, "policy.yaml", w->policy, why);
	if (rc != RC_OK)
		return rc;
	(void)!add_sum(&w->sums, w->index, "index.jsonl");
	buf_add_buf(&w->sums, &w->originals);
	(void)!add_sum(&w->sums, w->policy, "policy.yaml");
	buf_add_buf(&w->sums, &w->segments);
	sha256_hex(w->session.data, w->session.len, hex);
	return add_sum(&w->sums, hex, "session.json");
}

/* The close leaf, with the signature that comes with it, and its proof. */
static enum rc seal(struct work *w, struct why *why)
{
	char number[16], records[24], sums[SHA256_HEX];
	struct ledger_receipt receipt;
	struct buf leaf;
	enum rc rc;

	buf_init(&leaf, LEAF_MAX);
	ledger_receipt_init(&receipt);
	snprintf(number, sizeof number, "%d", w->number);
	snprintf(records, sizeof records, "%llu", (unsigned long long)w->records);
	sha256_hex(w->sums.data, w->sums.len, sums);
	rc = LEAF(LEAF_CLOSE, &leaf, w->id, number, sums, w->head, records);
	if (rc == RC_OK)
		rc = ledger_seal(w->spool->ledger, buf_slice(&leaf), buf_slice(&w->sums), &receipt, &w->sig);
	if (rc == RC_CONFLICT)
		rc = why_set(why, RC_BAD, "the ledger says that this part has closed otherwise");
	else if (rc == RC_OK)
		rc = ledger_prove(w->spool->ledger, &receipt, &w->proof, why);
	else
		why_set(why, rc, "the ledger cannot be written");
	ledger_receipt_free(&receipt);
	buf_free(&leaf);
	return rc;
}

/* ---- the archive ------------------------------------------------------------------------------------------------------ */

static enum rc flush(struct work *w)
{
	enum rc rc = fd_write_all(w->fd, w->out, w->out_n);

	w->out_n = 0;
	return rc;
}

static enum rc put(struct work *w, const void *p, size_t n)
{
	const char *from = p;
	enum rc rc = RC_OK;

	while (n && rc == RC_OK) {
		size_t part = n < OUT_BYTES - w->out_n ? n : OUT_BYTES - w->out_n;

		memcpy(w->out + w->out_n, from, part);
		w->out_n += part;
		from += part;
		n -= part;
		if (w->out_n == OUT_BYTES)
			rc = flush(w);
	}
	return rc;
}

static enum rc put_header(struct work *w, const char *name, uint64_t size)
{
	unsigned char block[TAR_BLOCK];
	enum rc rc = tar_header(name, size, w->closed_ns / NS_PER_S, block);

	return rc == RC_OK ? put(w, block, sizeof block) : rc;
}

static enum rc put_padding(struct work *w, uint64_t size)
{
	static const char zeros[TAR_BLOCK];

	return put(w, zeros, (size_t)(-size % TAR_BLOCK));
}

static enum rc put_text(struct work *w, const char *name, const struct buf *text)
{
	enum rc rc = put_header(w, name, text->len);

	if (rc == RC_OK)
		rc = put(w, text->data, text->len);
	return rc == RC_OK ? put_padding(w, text->len) : rc;
}

/* Copies through the buffer what is left of size; the sum is of what was copied. */
static enum rc put_content(struct work *w, int fd, uint64_t size, unsigned char sum[SHA256_LEN])
{
	struct sha256_ctx ctx;
	enum rc rc = RC_OK;

	sha256_begin(&ctx);
	while (size && rc == RC_OK) {
		size_t room = OUT_BYTES - w->out_n;
		ssize_t n = read(fd, w->out + w->out_n, size < room ? (size_t)size : room);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			rc = n < 0 ? RC_IO : RC_BAD;     /* it became shorter */
			break;
		}
		sha256_more(&ctx, w->out + w->out_n, (size_t)n);
		w->out_n += (size_t)n;
		size -= (uint64_t)n;
		if (w->out_n == OUT_BYTES)
			rc = flush(w);
	}
	sha256_end(&ctx, sum);
	return rc;
}

/* One file of the folder, which must still be what its sum says. */
static enum rc put_file(struct work *w, const char *name, struct slice expected, struct why *why)
{
	int fd = openat(w->dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	unsigned char sum[SHA256_LEN] = {0};
	char hex[SHA256_HEX];
	struct stat st;
	enum rc rc;

	if (fd < 0)
		return errno == ENOENT ? damaged(why, name) : RC_IO;
	rc = fstat(fd, &st) == 0 ? put_header(w, name, (uint64_t)st.st_size) : RC_IO;
	if (rc == RC_OK)
		rc = put_content(w, fd, (uint64_t)st.st_size, sum);
	if (rc == RC_OK)
		rc = put_padding(w, (uint64_t)st.st_size);
	close(fd);
	hex_encode(sum, sizeof sum, hex);
	if (rc == RC_BAD || (rc == RC_OK && !slice_is(expected, hex)))
		rc = damaged(why, name);
	return rc;
}

/* The files that lines of SHA256SUMS name. */
static enum rc put_listed(struct work *w, struct slice lines, struct why *why)
{
	enum rc rc = RC_OK;

	while (lines.n && rc == RC_OK) {
		const char *lf = memchr(lines.p, '\n', lines.n);
		size_t n = (size_t)(lf - lines.p);
		char name[SEGMENT_NAME];

		snprintf(name, sizeof name, "%.*s", (int)(n - SHA256_HEX - 1), lines.p + SHA256_HEX + 1);
		rc = put_file(w, name, (struct slice){lines.p, SHA256_HEX - 1}, why);
		lines = (struct slice){lf + 1, lines.n - n - 1};
	}
	return rc;
}

/* Members 6 and on. */
static enum rc put_files(struct work *w, struct why *why)
{
	enum rc rc = put_file(w, "policy.yaml", slice_str(w->policy), why);

	if (rc == RC_OK)
		rc = put_file(w, "index.jsonl", slice_str(w->index), why);
	if (rc == RC_OK)
		rc = put_listed(w, buf_slice(&w->segments), why);
	return rc == RC_OK ? put_listed(w, buf_slice(&w->originals), why) : rc;
}

static enum rc write_archive(struct work *w, struct why *why)
{
	static const char end[2 * TAR_BLOCK];
	enum rc rc = put_text(w, "SHA256SUMS", &w->sums);

	if (rc == RC_OK)
		rc = put_text(w, "SHA256SUMS.sig", &w->sig);
	if (rc == RC_OK)
		rc = put_text(w, "session.tlog-proof", &w->proof);
	if (rc == RC_OK)
		rc = put_text(w, "session.json", &w->session);
	if (rc == RC_OK)
		rc = put_files(w, why);
	if (rc == RC_OK)
		rc = put(w, end, sizeof end);
	if (rc == RC_OK)
		rc = flush(w);
	return rc == RC_OK && fsync(w->fd) != 0 ? RC_IO : rc;
}

/* Under a temporary name, then into its place. */
static enum rc store(struct work *w, struct why *why)
{
	char dir[PATH_MAX], temp[PATH_MAX], path[PATH_MAX];
	enum rc rc;

	if (snprintf(dir, sizeof dir, "%s/%s", w->spool->bundles_dir, w->id) >= (int)sizeof dir - 32)
		return RC_TOO_BIG;
	snprintf(path, sizeof path, "%.*s/%d.tar", PATH_MAX - 32, dir, w->number);
	snprintf(temp, sizeof temp, "%.*s/%d.tar.new", PATH_MAX - 32, dir, w->number);
	/* one that is there may be what a killed agent made, and did not sync any more */
	rc = mkdir(dir, 0700) == 0 || errno == EEXIST ? dir_sync(w->spool->bundles_dir) : RC_IO;
	if (rc != RC_OK)
		return rc;
	w->fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	w->out = malloc(OUT_BYTES);
	rc = w->fd < 0 ? RC_IO : !w->out ? RC_NOMEM : write_archive(w, why);
	if (rc == RC_OK)
		attest_note(w->spool->attest, w->id, w->number);
	if (rc == RC_OK && (rename(temp, path) != 0 || dir_sync(dir) != RC_OK))
		rc = RC_IO;
	if (rc != RC_OK)
		unlink(temp);
	else
		attest_wake(w->spool->attest);
	if (w->fd >= 0)
		close(w->fd);
	if (w->out)
		wipe(w->out, OUT_BYTES);
	free(w->out);
	return rc;
}

enum rc bundle_write(struct spool *spool, const char *id, int number, struct why *why)
{
	struct work w = {.spool = spool, .id = id, .number = number, .fd = -1};
	char name[PART_NAME], segment[SEGMENT_NAME];
	enum rc rc;

	buf_init(&w.segments, SUMS_MAX_BYTES);
	buf_init(&w.originals, SUMS_MAX_BYTES);
	buf_init(&w.session, SESSION_MAX_BYTES);
	buf_init(&w.sums, SUMS_MAX_BYTES);
	buf_init(&w.sig, 8192);
	buf_init(&w.proof, TLOG_PROOF_MAX);
	w.dir_fd = openat(spool->dir_fd, part_name(id, number, name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (w.dir_fd < 0)
		return why_set(why, RC_IO, "%s cannot be opened: %s", name, strerror(errno));
	w.sealed = faccessat(w.dir_fd, segment_name(1, true, segment), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	rc = part_state_read(w.dir_fd, &w.state);
	if (rc == RC_NOT_FOUND || rc == RC_BAD)
		rc = RC_OK;                      /* counts are lost then, not records */
	if (rc == RC_OK)
		rc = read_index(&w, why);
	if (rc == RC_OK)
		rc = make_session(&w, why);
	if (rc == RC_OK)
		rc = make_sums(&w, why);
	if (rc == RC_OK)
		rc = seal(&w, why);
	if (rc == RC_OK)
		rc = store(&w, why);
	if (rc == RC_IO && why && !*why->text)
		why_set(why, rc, "%s", strerror(errno));
	close(w.dir_fd);
	part_state_free(&w.state);
	buf_free(&w.segments);
	buf_free(&w.originals);
	buf_free(&w.session);
	buf_free(&w.sums);
	buf_free(&w.sig);
	buf_free(&w.proof);
	return rc;
}
