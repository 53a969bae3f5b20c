#include <errno.h>
#include <fcntl.h>
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

#define LINES_MAX_BYTES ((size_t)256 << 20)

/* ---- names ------------------------------------------------------------------------------------------------------------ */

bool part_id_valid(const char *id)
{
	size_t n = strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-");

	return n && n <= RECORD_ID_MAX && !id[n];
}

const char *part_name(const char *id, int number, char out[PART_NAME])
{
	snprintf(out, PART_NAME, "%s.%d", id, number);
	return out;
}

bool part_parse_name(const char *name, char id[RECORD_ID_MAX + 1], int *number)
{
	const char *dot = strchr(name, '.');
	size_t n = dot ? (size_t)(dot - name) : 0;
	char again[PART_NAME];

	if (!n || n > RECORD_ID_MAX || strlen(dot) > 8)
		return false;
	memcpy(id, name, n);
	id[n] = '\0';
	*number = atoi(dot + 1);
	return *number >= 1 && part_id_valid(id) && strcmp(part_name(id, *number, again), name) == 0;
}

/* ---- the state -------------------------------------------------------------------------------------------------------- */

enum rc part_state_runs(struct part_state *s, uint64_t exchange)
{
	uint64_t *more;

	for (size_t i = 0; i < s->n_running; i++)
		if (s->running[i] == exchange)
			return RC_OK;
	more = realloc(s->running, (s->n_running + 1) * sizeof *more);
	if (!more)
		return RC_NOMEM;
	s->running = more;
	s->running[s->n_running++] = exchange;
	return RC_OK;
}

void part_state_ended(struct part_state *s, uint64_t exchange)
{
	for (size_t i = 0; i < s->n_running; i++)
		if (s->running[i] == exchange)
			s->running[i--] = s->running[--s->n_running];
}

void part_state_free(struct part_state *s)
{
	free(s->running);
	*s = (struct part_state){0};
}

static enum rc put_state(const struct part_state *s, struct buf *out)
{
	const char *comma = "";

	buf_printf(out, "{\"seq\":%llu,\"held\":%llu,\"approved\":%llu,\"denied\":%llu,\"masked\":{", (unsigned long long)s->seq,
		   (unsigned long long)s->counts.held, (unsigned long long)s->counts.approved, (unsigned long long)s->counts.denied);
	for (int e = 0; e < ENTITY_COUNT; e++) {
		if (!s->counts.masked[e])
			continue;
		buf_printf(out, "%s\"%s\":%llu", comma, entity_name((enum entity)e), (unsigned long long)s->counts.masked[e]);
		comma = ",";
	}
	buf_puts(out, "},\"running\":[");
	for (size_t i = 0; i < s->n_running; i++)
		buf_printf(out, "%s%llu", i ? "," : "", (unsigned long long)s->running[i]);
	buf_puts(out, "],\"end\":");
	json_add_str(out, s->end);
	return buf_putc(out, '}');
}

/* One write, so that a killed agent leaves the old text or the new one; what was longer before is overwritten with spaces. */
static enum rc write_state(struct part *p, const struct part_state *s)
{
	struct buf text;
	enum rc rc;
	size_t n;

	buf_init(&text, 1 << 20);
	rc = put_state(s, &text);
	n = text.len;
	while (rc == RC_OK && text.len < p->state_n)
		rc = buf_putc(&text, ' ');
	if (rc == RC_OK)
		rc = fd_write_at(p->state_fd, text.data, text.len, 0);
	p->state_n = n > p->state_n ? n : p->state_n;
	buf_free(&text);
	return rc;
}

static bool get_count(const cJSON *object, const char *key, uint64_t *out)
{
	int64_t v;

	if (!json_int(object, key, &v) || v < 0)
		return false;
	*out = (uint64_t)v;
	return true;
}

static enum rc get_state(const cJSON *json, struct part_state *out)
{
	const cJSON *masked = json_object(json, "masked"), *running = json_array(json, "running"), *item;
	const char *end = json_text(json, "end");
	enum rc rc = RC_OK;
	enum entity e;

	if (!masked || !running || !end || strlen(end) >= sizeof out->end || !get_count(json, "seq", &out->seq) ||
	    !get_count(json, "held", &out->counts.held) || !get_count(json, "approved", &out->counts.approved) ||
	    !get_count(json, "denied", &out->counts.denied))
		return RC_BAD;
	memcpy(out->end, end, strlen(end));
	cJSON_ArrayForEach(item, masked)
		if (!entity_parse(item->string, &e) || !get_count(masked, item->string, &out->counts.masked[e]))
			return RC_BAD;
	cJSON_ArrayForEach(item, running)
		if (!cJSON_IsNumber(item) || !(item->valuedouble >= 1 && item->valuedouble < 1e15))
			return RC_BAD;
		else if ((rc = part_state_runs(out, (uint64_t)item->valuedouble)) != RC_OK)
			break;
	return rc;
}

enum rc part_state_read(int dir_fd, struct part_state *out)
{
	int fd = openat(dir_fd, "state.json", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char text[65536];
	cJSON *json;
	ssize_t n;
	enum rc rc;

	*out = (struct part_state){0};
	if (fd < 0)
		return RC_NOT_FOUND;
	n = read(fd, text, sizeof text);
	close(fd);
	if (n < 0)
		return RC_IO;
	rc = json_read((struct slice){text, (size_t)n}, &json);
	if (rc == RC_OK)
		rc = get_state(json, out);
	cJSON_Delete(json);
	if (rc != RC_OK)
		part_state_free(out);
	return rc;
}

/* ---- the folder ------------------------------------------------------------------------------------------------------- */

static enum rc put_file(int dir_fd, const char *name, struct slice text)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	enum rc rc;

	if (fd < 0)
		return RC_IO;
	rc = fd_write_all(fd, text.p, text.n);
	if (rc == RC_OK && fsync(fd) != 0)
		rc = RC_IO;
	close(fd);
	return rc;
}

static enum rc put_about(const struct part *p, const struct part_about *about, int64_t wall_ns)
{
	char opened[CLOCK_TEXT];
	struct buf text;
	enum rc rc;

	buf_init(&text, BUF_MAX_DEFAULT);
	buf_printf(&text, "{\"format\":1,\"id\":\"%s\",\"part\":%d,\"opened\":\"%s\",", p->id, p->number, clock_text_us(wall_ns, opened));
	buf_add_buf(&text, &about->json);
	rc = buf_putc(&text, '}');
	if (rc == RC_OK)
		rc = put_file(p->dir_fd, "about.json", buf_slice(&text));
	if (rc == RC_OK)
		rc = put_file(p->dir_fd, "policy.yaml", buf_slice(&about->policy));
	buf_free(&text);
	return rc;
}

static struct part *make(const char *id, int number)
{
	struct part *p = calloc(1, sizeof *p);

	if (!p)
		return NULL;
	memcpy(p->id, id, strlen(id) + 1);
	p->number = number;
	p->dir_fd = p->index_fd = p->state_fd = -1;
	buf_init(&p->lines, LINES_MAX_BYTES);
	return p;
}

void part_free(struct part *p)
{
	if (!p)
		return;
	if (p->dir_fd >= 0)
		close(p->dir_fd);
	if (p->index_fd >= 0)
		close(p->index_fd);
	if (p->state_fd >= 0)
		close(p->state_fd);
	buf_free(&p->lines);
	free(p);
}

static enum rc open_folder(struct part *p, int spool_fd, const char *name, int flags)
{
	p->dir_fd = openat(spool_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (p->dir_fd >= 0)
		p->index_fd = openat(p->dir_fd, "index.jsonl", O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC | flags, 0600);
	if (p->index_fd >= 0)
		p->state_fd = openat(p->dir_fd, "state.json", O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	return p->state_fd >= 0 ? RC_OK : RC_IO;
}

static enum rc put_open(struct part *p, const struct part_about *about, const struct part_state *state, int64_t wall_ns,
			int64_t mono_ns)
{
	struct part_state first = *state;
	struct record_line line;
	struct batch batch;
	enum rc rc;

	batch_init(&batch);
	record_line_make(KIND_OPEN, 0, buf_slice(&about->open_json), NO_ORIGINAL, p->emergency, &line);
	rc = batch_add(&batch, &line, wall_ns, mono_ns);
	if (rc == RC_OK)
		rc = part_append(p, &batch, &first);
	batch_free(&batch);
	return rc;
}

/* In the ledger before anybody is told of the session: the open record, by the hash of its index line. */
static enum rc tell_ledger(struct spool *spool, const struct part *p, int64_t wall_ns)
{
	char number[16], head[SHA256_HEX], time[CLOCK_TEXT];
	struct buf leaf;
	enum rc rc;

	buf_init(&leaf, LEAF_MAX);
	snprintf(number, sizeof number, "%d", p->number);
	hex_encode(p->chain.head, SHA256_LEN, head);
	rc = LEAF(LEAF_OPEN, &leaf, p->id, number, head, clock_text_us(wall_ns, time));
	if (rc == RC_OK)
		rc = ledger_add(spool->ledger, buf_slice(&leaf), NULL);
	buf_free(&leaf);
	return rc;
}

/* After a failure: when the keeper died over its answer, only the next start can tell. */
static bool ledger_may_know(struct spool *spool, const struct part *p)
{
	struct registry_part known = {0};
	enum rc rc = ledger_find(spool->ledger, p->id, p->number, &known);

	return rc == RC_OK ? known.opened : rc != RC_NOT_FOUND;
}

enum rc part_new(struct spool *spool, const struct part_about *about, int number, const struct part_state *state, int64_t wall_ns,
		 int64_t mono_ns, struct part **out, struct why *why)
{
	struct part *p = make(about->id, number);
	char name[PART_NAME], temp[PART_NAME + 1];
	bool told = false;
	struct stat st;
	enum rc rc;

	*out = NULL;
	if (!p)
		return RC_NOMEM;
	p->emergency = about->emergency;
	p->recipients = about->recipients;
	p->originals = about->originals;
	p->tap = spool->tap;
	p->opened_mono_ns = mono_ns;
	snprintf(temp, sizeof temp, ".%s", part_name(about->id, number, name));
	if (fstatat(spool->dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT) {
		part_free(p);
		return why_set(why, RC_CONFLICT, "session %s is recorded already", about->id);
	}
	rc = mkdirat(spool->dir_fd, temp, 0700) == 0 ? open_folder(p, spool->dir_fd, temp, O_CREAT | O_EXCL) : RC_IO;
	if (rc == RC_OK)
		rc = put_about(p, about, wall_ns);
	if (rc == RC_OK)
		rc = put_open(p, about, state, wall_ns, mono_ns);
	told = rc == RC_OK;
	if (rc == RC_OK && (rc = tell_ledger(spool, p, wall_ns)) != RC_OK)
		why_set(why, rc, rc == RC_CONFLICT ? "the ledger knows session %s already" : "session %s cannot be put into the ledger", about->id);
	if (rc == RC_OK && (renameat(spool->dir_fd, temp, spool->dir_fd, name) != 0 || fsync(spool->dir_fd) != 0))
		rc = RC_IO;
	if (rc != RC_OK) {
		if (why && !*why->text)
			why_set(why, rc, "the recording cannot be written: %s", strerror(errno));
		/* What the ledger holds nobody may miss: the next start makes a bundle of it. */
		if (!told || rc == RC_CONFLICT || !ledger_may_know(spool, p))
			spool_remove(spool, temp);
		part_free(p);
		return rc;
	}
	*out = p;
	return RC_OK;
}

enum rc part_resume(int spool_fd, const char *id, int number, const struct index_chain *chain, uint64_t bytes, uint32_t segment,
		    bool emergency, const struct age_recipients *to, struct part **out)
{
	struct part *p = make(id, number);
	char name[PART_NAME];
	struct stat st;
	enum rc rc;

	*out = NULL;
	if (!p)
		return RC_NOMEM;
	rc = open_folder(p, spool_fd, part_name(id, number, name), 0);
	if (rc == RC_OK && (fstat(p->index_fd, &st) != 0 || fstat(p->state_fd, &st) != 0 || ftruncate(p->index_fd, (off_t)bytes) != 0))
		rc = RC_IO;
	if (rc != RC_OK) {
		part_free(p);
		return rc;
	}
	p->state_n = (size_t)st.st_size;
	p->chain = *chain;
	p->segment = segment;
	p->emergency = emergency;
	p->recipients = *to;
	*out = p;
	return RC_OK;
}

/* The originals of the segment that is written next are not needed any more. */
static enum rc drop_originals(const struct part *p, const struct batch *b)
{
	char name[SEGMENT_NAME];

	return !b->originals.len || unlinkat(p->dir_fd, original_name(p->segment + 1, name), 0) == 0 ? RC_OK : RC_IO;
}

/* The originals first, so that no segment is ever without them. */
static enum rc write_segment(const struct part *p, const struct batch *b, char f[SHA256_HEX])
{
	enum rc rc = RC_OK;

	if (b->originals.len)
		rc = original_write(p->dir_fd, p->segment + 1, buf_slice(&b->originals), &p->originals);
	if (rc != RC_OK)
		return rc;
	rc = segment_write(p->dir_fd, p->segment + 1, buf_slice(&b->text), &p->recipients, f);
	if (rc == RC_AGAIN && drop_originals(p, b) != RC_OK)
		rc = RC_IO;
	return rc;
}

/* Take back what the index got of a batch that it had no room for. */
static enum rc undo(struct part *p, const struct batch *b, const struct index_chain *chain, off_t index_n)
{
	char name[SEGMENT_NAME];

	if (ftruncate(p->index_fd, index_n) != 0 || fdatasync(p->index_fd) != 0 ||
	    unlinkat(p->dir_fd, segment_name(p->segment, p->recipients.n > 0, name), 0) != 0)
		return RC_IO;
	p->chain = *chain;
	p->segment--;
	return drop_originals(p, b) == RC_OK && fsync(p->dir_fd) == 0 ? RC_AGAIN : RC_IO;
}

/* The records of a batch whose first is number seq, to who wants to see them. */
static void tell(const struct part *p, const struct batch *b, uint64_t seq)
{
	static const char before[] = "{\"salt\":\"\",\"k\":\"\",\"body\":";
	size_t n = b->records.len / sizeof(struct record);

	for (size_t i = 0; i < n; i++) {
		struct spool_record told = {.session = p->id, .part = p->number, .seq = seq + i};
		struct record record;
		size_t head;

		memcpy(&record, b->records.data + i * sizeof record, sizeof record);
		told.kind = bundle_kind_name(record.kind);
		told.exchange = record.exchange;
		told.wall_ns = record.wall_ns - record.wall_ns % NS_PER_US;      /* as the index has it */
		head = sizeof before - 1 + SALT_TEXT + strlen(told.kind);
		told.body = (struct slice){b->text.data + record.off + head, (size_t)record.len - head - 1};
		p->tap.record(p->tap.arg, &told);
	}
}

enum rc part_append(struct part *p, const struct batch *b, struct part_state *state)
{
	size_t n = b->records.len / sizeof(struct record);
	const struct index_chain chain = p->chain;
	char f[SHA256_HEX];
	struct stat st;
	enum rc rc;

	if (!n)
		return RC_OK;
	if (fstat(p->index_fd, &st) != 0)
		return RC_IO;
	rc = write_segment(p, b, f);
	if (rc != RC_OK)
		return rc;
	p->segment++;
	for (size_t i = 0; i < n && rc == RC_OK; i++) {
		struct record record;

		memcpy(&record, b->records.data + i * sizeof record, sizeof record);
		rc = index_put(&p->chain, &record, p->segment, f, &p->lines);
	}
	if (rc == RC_OK)
		rc = fd_write_all(p->index_fd, p->lines.data, p->lines.len);
	if (rc == RC_OK && fdatasync(p->index_fd) != 0)
		rc = RC_IO;
	if (rc == RC_IO && disk_full())
		rc = undo(p, b, &chain, st.st_size);
	batch_empty(&p->lines);
	if (rc != RC_OK)
		return rc;
	p->bytes += b->text.len + b->originals.len;
	if (state) {
		state->seq = p->chain.seq;
		rc = write_state(p, state);
		if (rc == RC_IO && disk_full())
			rc = RC_OK;                      /* an older state only counts less */
	}
	if (p->tap.record)
		tell(p, b, chain.seq);
	return rc;
}

enum rc part_end(struct part *p, struct batch *b, struct part_state *state, const char *end, int64_t wall_ns, int64_t mono_ns)
{
	struct record_line line;
	char body[64];
	int n = snprintf(body, sizeof body, "{\"end\":\"%s\"}", end);
	enum rc rc;

	state->seq = p->chain.seq + b->records.len / sizeof(struct record) + 1;
	snprintf(state->end, sizeof state->end, "%s", end);
	rc = write_state(p, state);
	if (rc == RC_OK && fdatasync(p->state_fd) != 0)
		rc = RC_IO;
	if (rc != RC_OK)
		return rc;
	record_line_make(KIND_CLOSE, 0, (struct slice){body, (size_t)n}, NO_ORIGINAL, p->emergency, &line);
	rc = batch_add(b, &line, wall_ns, mono_ns);
	return rc == RC_OK ? part_append(p, b, NULL) : rc;
}
