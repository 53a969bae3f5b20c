/* What a crash left in the spool ends as bundles, closed as "crash", or in quarantine (evidence.md: write path and crash safety). */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "encode.h"
#include "file.h"
#include "json.h"
#include "ledger.h"
#include "log.h"
#include "record_private.h"

#define ABOUT_MAX_BYTES ((size_t)16 << 20)
#define BODY_MAX_BYTES ((size_t)1 << 20)

struct left {
	char id[RECORD_ID_MAX + 1];
	int number;
};

/* After so many lines the chain is there. */
struct mark {
	uint64_t records;
	unsigned char head[SHA256_LEN];
};
#define MARKS 3                                  /* open, newest head, close */

/* One part on its way. */
struct rescue {
	struct spool *spool;
	const char *id;
	int number, dir_fd;
	char name[PART_NAME];
	/* from the index */
	struct index_chain chain;
	uint64_t whole_bytes, holds;
	uint32_t last_segment;
	unsigned char f[SHA256_LEN];             /* of the last segment */
	uint64_t covered_bytes;                  /* of its plaintext */
	int64_t mono_ns;                         /* of the last line */
	bool closed;
	unsigned char known[SEGMENT_NUMBER_MAX / 8 + 1];         /* segments that it has lines of, by number */
	bool emergency;                          /* about.json says so */
	struct age_recipients recipients;        /* likewise; not those of today, for a part is sealed for the same to its end */
	struct mark marks[MARKS];                /* what the ledger knows of the index */
	size_t n_marks;
	/* from the state; which exchanges run is brought up to the index */
	bool have_state;
	struct part_state state;
	/* what can be said of them without it: those without an answer, and those of the last segment that have one */
	struct part_state asked, answered;
	/* from the folder */
	uint64_t lost_bytes;
	uint32_t highest_segment;
	struct buf orphans;                      /* the list in the recovered record */
	size_t n_orphans;
};

static enum rc damaged(struct why *why, const char *what)
{
	return why_set(why, RC_BAD, "%s", what);
}

/* ---- what is there ---------------------------------------------------------------------------------------------------- */

/* about.json is this part's, and policy.yaml the policy that it names. */
static enum rc check_about(struct rescue *s, struct why *why)
{
	char f[SHA256_HEX];
	const cJSON *recipient;
	const char *id, *sum;
	int64_t number;
	struct buf text;
	cJSON *json = NULL;
	enum rc rc;

	buf_init(&text, ABOUT_MAX_BYTES);
	rc = file_read_at(s->dir_fd, "about.json", &text, NULL);
	if (rc == RC_OK)
		rc = json_read(buf_slice(&text), &json);
	if (rc == RC_IO || rc == RC_NOMEM)
		goto out;
	id = json_text(json, "id");
	sum = json_text(json_object(json, "policy"), "sha256");
	if (!id || !sum || strcmp(id, s->id) != 0 || !json_int(json, "part", &number) || number != s->number) {
		rc = damaged(why, "about.json is not this part's");
		goto out;
	}
	s->emergency = json_true(json, "emergency");
	cJSON_ArrayForEach(recipient, json_array(json, "recipients")) {
		rc = cJSON_IsString(recipient) ? age_recipients_add(&s->recipients, recipient->valuestring, NULL) : RC_BAD;
		if (rc != RC_OK) {
			rc = rc == RC_FAULT ? RC_NOMEM : damaged(why, "about.json names a recipient that is none");
			goto out;
		}
	}
	rc = segment_hash(s->dir_fd, "policy.yaml", f);
	if (rc == RC_NOT_FOUND || (rc == RC_OK && strcmp(f, sum) != 0))
		rc = damaged(why, "policy.yaml is not the policy that about.json names");
out:
	cJSON_Delete(json);
	buf_free(&text);
	return rc;
}

static enum rc add_mark(struct rescue *s, uint64_t at, enum leaf_kind kind)
{
	struct mark *mark = &s->marks[s->n_marks++];
	struct leaf leaf;
	struct buf text;
	enum rc rc;

	buf_init(&text, LEAF_MAX);
	rc = ledger_read_leaf(s->spool->ledger, at, &text);
	if (rc == RC_OK && (leaf_parse(buf_slice(&text), &leaf) != RC_OK || leaf.kind != kind))
		rc = RC_IO;
	if (rc == RC_OK) {
		mark->records = kind == LEAF_OPEN ? 1 : leaf_number(leaf.field[kind == LEAF_HEAD ? 3 : 4]);
		rc = hex_decode(leaf.field[kind == LEAF_CLOSE ? 3 : 2], mark->head, sizeof mark->head);
	}
	buf_free(&text);
	return rc == RC_OK ? rc : RC_IO;
}

/* A part of which the ledger has no opening was put there by somebody else, unless the ledger itself has only just begun. */
static enum rc ask_ledger(struct rescue *s, struct why *why)
{
	struct registry_part known;
	enum rc rc = ledger_find(s->spool->ledger, s->id, s->number, &known);

	if (rc != RC_OK && rc != RC_NOT_FOUND)
		return rc;
	if (!known.opened && !ledger_facts(s->spool->ledger)->fresh)
		return damaged(why, "the ledger does not know that it was opened");
	rc = known.opened ? add_mark(s, known.open_at, LEAF_OPEN) : RC_OK;
	if (rc == RC_OK && known.headed)
		rc = add_mark(s, known.head_at, LEAF_HEAD);
	if (rc == RC_OK && known.closed)
		rc = add_mark(s, known.close_at, LEAF_CLOSE);
	return rc;
}

static enum rc check_marks(const struct rescue *s, const struct index_chain *chain, struct why *why)
{
	for (size_t i = 0; i < s->n_marks; i++)
		if (s->marks[i].records == chain->seq && memcmp(s->marks[i].head, chain->head, SHA256_LEN) != 0)
			return damaged(why, "index.jsonl is not the one that the ledger knows");
	return RC_OK;
}

static enum rc check_end(const struct rescue *s, struct why *why)
{
	for (size_t i = 0; i < s->n_marks; i++)
		if (s->marks[i].records > s->chain.seq)
			return damaged(why, "the ledger knows more records than index.jsonl has");
	return RC_OK;
}

/* Which exchanges run, by the state and without it. The index does not tell which response was the last one. */
static enum rc follow(struct rescue *s, const struct bundle_line *line)
{
	bool news = s->have_state && line->seq >= s->state.seq;
	uint64_t x = line->exchange;
	enum rc rc;

	if (!x)
		return RC_OK;
	if (line->kind == KIND_CUT || line->kind == KIND_RESPONSE)
		part_state_ended(&s->asked, x);
	if (line->kind == KIND_CUT) {
		part_state_ended(&s->answered, x);
		if (news)
			part_state_ended(&s->state, x);
		return RC_OK;
	}
	rc = part_state_runs(line->kind == KIND_RESPONSE ? &s->answered : &s->asked, x);
	return rc == RC_OK && news ? part_state_runs(&s->state, x) : rc;
}

/* The first line of another segment. */
static enum rc enter_segment(struct rescue *s, const struct bundle_line *line, struct why *why)
{
	char name[SEGMENT_NAME], f[SHA256_HEX];
	uint32_t number = (uint32_t)line->segment;
	enum rc rc = segment_hash(s->dir_fd, segment_name(number, s->recipients.n > 0, name), f);

	if (rc != RC_OK)
		return rc == RC_NOT_FOUND || rc == RC_BAD ? damaged(why, "a segment is missing") : rc;
	if (hex_decode(slice_str(f), s->f, sizeof s->f) != RC_OK)
		return RC_FAULT;
	s->last_segment = number;
	s->covered_bytes = 0;
	s->answered.n_running = 0;
	s->known[number / 8] |= (unsigned char)(1 << number % 8);
	return RC_OK;
}

static enum rc check_line(struct rescue *s, const struct bundle_line *line, struct why *why)
{
	enum rc rc = RC_OK;

	if ((line->seq == 0) != (line->kind == KIND_OPEN) || s->closed || line->segment < s->last_segment)
		return damaged(why, "the lines of index.jsonl are in a wrong order");
	if (line->segment > s->last_segment)
		rc = enter_segment(s, line, why);
	if (rc != RC_OK)
		return rc;
	if (memcmp(line->f, s->f, sizeof s->f) != 0)
		return damaged(why, "a segment is not what it was");
	if (line->off != s->covered_bytes)
		return damaged(why, "the lines of index.jsonl do not follow each other");
	s->covered_bytes += line->len + 1;
	s->mono_ns = line->mono_ns;
	s->holds += line->kind == KIND_HOLD;
	s->closed = line->kind == KIND_CLOSE;
	return follow(s, line);
}

static enum rc read_index(struct rescue *s, struct why *why)
{
	int fd = openat(s->dir_fd, "index.jsonl", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct index_reader reader;
	struct bundle_line line;
	struct stat st;
	enum rc rc;

	if (fd < 0)
		return errno == ENOENT ? damaged(why, "index.jsonl is missing") : RC_IO;
	index_reader_init(&reader, fd);
	while ((rc = index_next(&reader, &line)) == RC_OK && (rc = check_line(s, &line, why)) == RC_OK &&
	       (rc = check_marks(s, &reader.chain, why)) == RC_OK)
		;
	if (rc == RC_BAD && !*why->text)
		damaged(why, "the chain of index.jsonl is broken");
	if (rc == RC_END || rc == RC_AGAIN)
		rc = reader.chain.seq == 0 ? damaged(why, "index.jsonl has no whole line") : RC_OK;
	if (rc == RC_OK && fstat(fd, &st) != 0)
		rc = RC_IO;
	if (rc == RC_OK) {
		s->chain = reader.chain;
		s->whole_bytes = reader.whole_bytes;
		s->lost_bytes = (uint64_t)st.st_size - reader.whole_bytes;
		if (s->closed && s->lost_bytes)
			rc = damaged(why, "index.jsonl goes on behind its end");
		else
			rc = check_end(s, why);
	}
	index_reader_free(&reader);
	close(fd);
	return rc;
}

static enum rc add_orphan(struct rescue *s, const char *name)
{
	char f[SHA256_HEX];
	enum rc rc = segment_hash(s->dir_fd, name, f);

	if (rc != RC_OK)
		return rc;
	return buf_printf(&s->orphans, "%s{\"name\":\"%s\",\"sha256\":\"%s\"}", s->n_orphans++ ? "," : "", name, f);
}

/* Originals whose segment did not follow belong to no record, and nobody was told of them. Those of an orphan stay beside it. */
static enum rc look_at_originals(struct rescue *s, const char *name, uint32_t number, uint64_t size)
{
	char segment[SEGMENT_NAME];

	if (s->known[number / 8] >> number % 8 & 1)
		return RC_OK;
	if (faccessat(s->dir_fd, segment_name(number, s->recipients.n > 0, segment), F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return add_orphan(s, name);
	s->lost_bytes += size;
	return unlinkat(s->dir_fd, name, 0) == 0 ? RC_OK : RC_IO;
}

/* A segment without lines, or with more in it than the lines say, was written and not yet acknowledged to anybody. */
static enum rc look_at(struct rescue *s, const char *name, uint64_t size)
{
	size_t n = strlen(name);
	uint32_t number;

	if (n > 4 && strcmp(name + n - 4, ".new") == 0) {
		s->lost_bytes += size;
		return unlinkat(s->dir_fd, name, 0) == 0 ? RC_OK : RC_IO;
	}
	if (original_parse_name(name, &number))
		return look_at_originals(s, name, number, size);
	if (!segment_parse_name(name, s->recipients.n > 0, &number))
		return RC_OK;
	if (number > s->highest_segment)
		s->highest_segment = number;
	if (!(s->known[number / 8] >> number % 8 & 1) || (number == s->last_segment && segment_text_bytes(size, &s->recipients) != s->covered_bytes))
		return add_orphan(s, name);
	return RC_OK;
}

static enum rc look_around(struct rescue *s)
{
	int fd = openat(s->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	enum rc rc = dir ? RC_OK : RC_IO;
	struct dirent *e;
	struct stat st;

	if (!dir && fd >= 0)
		close(fd);
	while (rc == RC_OK && (e = readdir(dir)))
		if (fstatat(s->dir_fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
			rc = RC_IO;
		else if (S_ISREG(st.st_mode))
			rc = look_at(s, e->d_name, (uint64_t)st.st_size);
	if (dir)
		closedir(dir);
	return rc;
}

/* ---- the end that it gets --------------------------------------------------------------------------------------------- */

static void boot_id(char out[40])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, out, 36) : -1;

	if (fd >= 0)
		close(fd);
	out[n == 36 ? 36 : 0] = '\0';
}

static enum rc add(struct batch *batch, enum bundle_kind kind, uint64_t exchange, const struct buf *body, bool emergency,
		   int64_t wall_ns, int64_t mono_ns)
{
	struct record_line line;

	if (body->rc != RC_OK)
		return body->rc;
	record_line_make(kind, exchange, buf_slice(body), NO_ORIGINAL, emergency, &line);
	return batch_add(batch, &line, wall_ns, mono_ns);
}

static enum rc write_end(struct rescue *s)
{
	int64_t wall_ns = s->spool->wall_ns();
	uint32_t last = s->highest_segment > s->last_segment ? s->highest_segment : s->last_segment;
	struct part *part = NULL;
	struct batch batch;
	struct buf body;
	char boot[40];
	enum rc rc;

	batch_init(&batch);
	buf_init(&body, BODY_MAX_BYTES);
	boot_id(boot);
	buf_printf(&body, "{\"boot\":\"%s\",\"lost_bytes\":%llu,\"orphans\":[", boot, (unsigned long long)s->lost_bytes);
	buf_add_buf(&body, &s->orphans);
	buf_puts(&body, "]}");
	rc = add(&batch, KIND_RECOVERED, 0, &body, s->emergency, wall_ns, s->mono_ns);
	buf_clear(&body);
	buf_puts(&body, "{\"reason\":\"crash\"}");
	for (size_t i = 0; i < s->state.n_running && rc == RC_OK; i++)
		rc = add(&batch, KIND_CUT, s->state.running[i], &body, s->emergency, wall_ns, s->mono_ns);
	if (rc == RC_OK)
		rc = part_resume(s->spool->dir_fd, s->id, s->number, &s->chain, s->whole_bytes, last, s->emergency, &s->recipients,
				 &part);
	if (rc == RC_OK)
		rc = part_end(part, &batch, &s->state, "crash", wall_ns, s->mono_ns);
	part_free(part);
	batch_free(&batch);
	buf_free(&body);
	return rc;
}

/* The state may be lost, or tell of records that are; the one that a part is ended with is ahead of its close record only. */
static enum rc settle_running(struct rescue *s)
{
	enum rc rc = RC_OK;

	if (!s->have_state)
		s->state.counts.held = s->holds;
	if (s->have_state && (s->state.seq <= s->chain.seq || *s->state.end))
		return RC_OK;
	s->state.n_running = 0;
	for (size_t i = 0; i < s->asked.n_running && rc == RC_OK; i++)
		rc = part_state_runs(&s->state, s->asked.running[i]);
	for (size_t i = 0; i < s->answered.n_running && rc == RC_OK; i++)
		rc = part_state_runs(&s->state, s->answered.running[i]);
	return rc;
}

static enum rc close_part(struct rescue *s, struct why *why)
{
	enum rc rc = check_about(s, why);

	if (rc == RC_OK) {
		rc = part_state_read(s->dir_fd, &s->state);
		s->have_state = rc == RC_OK;
		rc = rc == RC_NOT_FOUND || rc == RC_BAD ? RC_OK : rc;
	}
	if (rc == RC_OK)
		rc = ask_ledger(s, why);
	if (rc == RC_OK)
		rc = read_index(s, why);
	if (rc != RC_OK || s->closed)
		return rc;
	rc = look_around(s);
	if (rc == RC_OK)
		rc = settle_running(s);
	if (rc == RC_OK)
		rc = write_end(s);
	if (rc == RC_OK)
		log_warn("recording_recovered", L_TEXT("session", s->id), L_NUM("part", s->number), L_NUM("cut_exchanges", s->state.n_running),
			 L_NUM("lost_bytes", s->lost_bytes), L_NUM("orphans", s->n_orphans));
	return rc;
}

/* ---- all of them ------------------------------------------------------------------------------------------------------ */

static enum rc quarantine(struct spool *spool, const char *name, const char *reason)
{
	char from[PATH_MAX], to[PATH_MAX];
	int n = 0, moved;

	log_error("recording_damaged", L_TEXT("name", name), L_TEXT("reason", reason));         /* told whatever happens next */
	snprintf(from, sizeof from, "%s/%s", spool->dir, name);
	do {
		if (n)
			snprintf(to, sizeof to, "%s/%s.%d", spool->quarantine_dir, name, n);
		else
			snprintf(to, sizeof to, "%s/%s", spool->quarantine_dir, name);
		moved = rename(from, to);
	} while (moved != 0 && (errno == EEXIST || errno == ENOTEMPTY) && n++ < 1000);
	if (moved != 0 || dir_sync(spool->quarantine_dir) != RC_OK || fsync(spool->dir_fd) != 0)
		return RC_IO;
	log_error("recording_quarantined", L_TEXT("name", name), L_TEXT("reason", reason), L_TEXT("kept_in", to));
	return RC_OK;
}

static bool has_bundle(const struct spool *spool, const char *id, int number)
{
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/%s/%d.tar", spool->bundles_dir, id, number);
	return access(path, F_OK) == 0;
}

/* It was sealed, and only its folder is still to go; maybe its name is still to reach the disk, too. */
static enum rc keep_bundle(const struct spool *spool, const char *id)
{
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/%s", spool->bundles_dir, id);
	return dir_sync(path) == RC_OK ? dir_sync(spool->bundles_dir) : RC_IO;
}

static void tell_recovered(const struct spool *spool, const struct left *left)
{
	char path[PATH_MAX];

	if (!spool->tap.recovered)
		return;
	snprintf(path, sizeof path, "%s/%s/%d.tar", spool->bundles_dir, left->id, left->number);
	spool->tap.recovered(spool->tap.arg, path, left->id, left->number);
}

static enum rc rescue_part(struct spool *spool, const struct left *left)
{
	struct rescue *s;
	struct why why = {0};
	enum rc rc;

	s = calloc(1, sizeof *s);
	if (!s)
		return RC_NOMEM;
	s->spool = spool;
	s->id = left->id;
	s->number = left->number;
	buf_init(&s->orphans, BODY_MAX_BYTES - 256);
	part_name(left->id, left->number, s->name);
	s->dir_fd = openat(spool->dir_fd, s->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (has_bundle(spool, left->id, left->number))
		rc = keep_bundle(spool, left->id);
	else if ((rc = s->dir_fd >= 0 ? close_part(s, &why) : RC_IO) == RC_OK)
		rc = bundle_write(spool, left->id, left->number, &why);
	if (rc == RC_OK)
		tell_recovered(spool, left);
	if (rc == RC_OK)
		spool_remove(spool, s->name);
	else if (rc == RC_BAD || rc == RC_TOO_BIG)
		rc = quarantine(spool, s->name, why.text);
	if (rc != RC_OK)
		log_error("recording_not_recovered", L_TEXT("name", s->name), L_RC(rc), L_TEXT("reason", why.text));
	if (s->dir_fd >= 0)
		close(s->dir_fd);
	part_state_free(&s->state);
	part_state_free(&s->asked);
	part_state_free(&s->answered);
	buf_free(&s->orphans);
	free(s);
	return rc == RC_NOMEM ? rc : RC_OK;
}

static int by_name(const void *a, const void *b)
{
	const struct left *x = a, *y = b;
	int c = strcmp(x->id, y->id);

	return c ? c : x->number - y->number;
}

/* A folder that was being made goes, unless the ledger knows of it already: then nobody else may miss it. */
static enum rc settle_unmade(struct spool *spool, const char *name, struct buf *found)
{
	struct registry_part known = {0};
	struct left left;
	enum rc rc = RC_NOT_FOUND;

	if (part_parse_name(name + 1, left.id, &left.number))
		rc = ledger_find(spool->ledger, left.id, left.number, &known);
	if (rc != RC_OK && rc != RC_NOT_FOUND)
		return rc;
	if (known.opened) {
		rc = renameat(spool->dir_fd, name, spool->dir_fd, name + 1) == 0 && fsync(spool->dir_fd) == 0 ? RC_OK : RC_IO;
		return rc == RC_OK ? buf_add(found, &left, sizeof left) : rc;
	}
	spool_remove(spool, name);
	return RC_OK;
}

/* What is a stranger's stays and is told of. */
static enum rc list(struct spool *spool, struct buf *found)
{
	DIR *dir = opendir(spool->dir);
	enum rc rc = dir ? RC_OK : RC_IO;
	struct dirent *e;
	struct left left;

	while (rc == RC_OK && (e = readdir(dir))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (e->d_name[0] == '.' && (unlinkat(spool->dir_fd, e->d_name, 0) == 0))
			continue;
		if (e->d_name[0] == '.')
			rc = settle_unmade(spool, e->d_name, found);
		else if (part_parse_name(e->d_name, left.id, &left.number))
			rc = buf_add(found, &left, sizeof left);
		else
			log_warn("spool_stranger", L_TEXT("name", e->d_name));
	}
	if (dir)
		closedir(dir);
	return rc;
}

enum rc recover_all(struct spool *spool, struct why *why)
{
	struct buf found;
	size_t n;
	enum rc rc;

	buf_init(&found, BUF_MAX_DEFAULT);
	rc = list(spool, &found);
	n = found.len / sizeof(struct left);
	if (n)
		qsort(found.data, n, sizeof(struct left), by_name);
	for (size_t i = 0; i < n && rc == RC_OK; i++) {
		struct left left;

		memcpy(&left, found.data + i * sizeof left, sizeof left);
		rc = rescue_part(spool, &left);
	}
	buf_free(&found);
	return rc == RC_OK ? rc : why_set(why, rc, "%s: the recordings that a crash left cannot be read", spool->dir);
}
