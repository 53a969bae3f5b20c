#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "encode.h"
#include "fiber.h"
#include "json.h"
#include "ledger.h"
#include "log.h"
#include "record_private.h"

#define STEP_MIN_NS NS_PER_S
#define RECORD_COST_BYTES 400                    /* what a record takes beside its line: about the length of an index line */
#define ABOUT_MAX ((size_t)8 << 20)

/* ---- what is said of a session from the start ------------------------------------------------------------------------- */

static void member(struct buf *out, const char *name, const char *text)
{
	buf_printf(out, "\"%s\":", name);
	json_add_str(out, text);
	buf_putc(out, ',');
}

/* "203.0.113.9:51022" as address and port; an IPv6 address without its brackets. */
static void add_client(struct buf *out, const char *address)
{
	const char *colon = strrchr(address, ':');
	struct slice host = {address, colon ? (size_t)(colon - address) : strlen(address)};

	if (host.n > 2 && host.p[0] == '[')
		host = (struct slice){host.p + 1, host.n - 2};
	buf_puts(out, "\"client\":{\"address\":");
	json_add_string(out, host);
	buf_printf(out, ",\"port\":%d},", colon ? atoi(colon + 1) : 0);
}

/* Whom the segments, or their originals, are sealed for, as session.json says it to those who look for a key. */
static void add_recipients(struct buf *out, const char *name, const struct age_recipients *to)
{
	enum rc rc = buf_printf(out, "\"%s\":[", name);

	for (size_t i = 0; i < to->n && rc == RC_OK; i++) {
		buf_puts(out, i ? ",\"" : "\"");
		rc = age_recipients_text(to, i, out);
		buf_putc(out, '"');
	}
	buf_puts(out, "],");
}

static enum rc about_make(const struct spool *spool, const struct recording_about *in, struct part_about *out)
{
	char sum[SHA256_HEX];

	memcpy(out->id, in->id, strlen(in->id) + 1);
	out->emergency = in->emergency;
	out->recipients = spool->recipients;
	out->originals = spool->originals;
	buf_init(&out->json, ABOUT_MAX);
	buf_init(&out->policy, ABOUT_MAX);
	buf_init(&out->open_json, ABOUT_MAX);
	buf_puts(&out->json, "\"user\":{");
	member(&out->json, "id", in->user);
	member(&out->json, "subject", in->subject);
	member(&out->json, "issuer", in->issuer);
	buf_printf(&out->json, "\"groups\":%s},", in->groups_json);
	add_client(&out->json, in->address);
	member(&out->json, "reason", in->reason);
	member(&out->json, "purpose", in->purpose);
	buf_printf(&out->json, "\"emergency\":%s,", in->emergency ? "true" : "false");
	member(&out->json, "connection", in->connection);
	buf_printf(&out->json, "\"dialect\":%s,", in->dialect_json);
	sha256_hex(in->policy_text, strlen(in->policy_text), sum);
	buf_puts(&out->json, "\"policy\":{");
	member(&out->json, "name", in->policy);
	buf_printf(&out->json, "\"sha256\":\"%s\"},", sum);
	add_recipients(&out->json, "recipients", &out->recipients);
	if (out->originals.n)
		add_recipients(&out->json, "originals", &out->originals);
	buf_puts(&out->json, "\"ledger\":null,");
	/* the last member, for the signing key of the day is added to it */
	buf_puts(&out->json, "\"agent\":{");
	member(&out->json, "name", spool->agent_name);
	member(&out->json, "version", PHIGATE_VERSION);
	buf_printf(&out->json, "\"sha256\":{\"program\":\"%s\"}}", spool->program_sha256);
	buf_puts(&out->policy, in->policy_text);
	buf_puts(&out->open_json, in->open_json);
	return out->json.rc != RC_OK ? out->json.rc : out->policy.rc != RC_OK ? out->policy.rc : out->open_json.rc;
}

static void about_free(struct part_about *about)
{
	buf_free(&about->json);
	buf_free(&about->policy);
	buf_free(&about->open_json);
}

/* ---- life ------------------------------------------------------------------------------------------------------------- */

static void recording_free(struct recording *r)
{
	if (!r)
		return;
	if (r->person)
		spool_person_put(r->spool, r->person);
	about_free(&r->about);
	batch_free(&r->waiting);
	batch_free(&r->spare);
	part_state_free(&r->state);
	part_free(r->part);
	pthread_mutex_destroy(&r->lock);
	pthread_cond_destroy(&r->changed);
	free(r);
}

/* A part has begun, and the ledger knows its open record. */
static void begin_heads(struct recording *r)
{
	r->head_seq = 1;
	r->head_ns = clock_mono_ns();
}

static enum rc tell_emergency(const struct recording *r)
{
	char time[CLOCK_TEXT];
	struct buf leaf;
	enum rc rc;

	buf_init(&leaf, LEAF_MAX);
	rc = LEAF(LEAF_EMERGENCY, &leaf, r->about.id, clock_text_us(r->wall_seen_ns, time));
	if (rc == RC_OK)
		rc = ledger_add(r->spool->ledger, buf_slice(&leaf), NULL);
	buf_free(&leaf);
	return rc;
}

enum rc recording_open(struct spool *spool, const struct recording_about *about, struct recording **out, struct why *why)
{
	struct recording *r;
	enum rc rc;

	*out = NULL;
	if (!part_id_valid(about->id))
		return why_set(why, RC_BAD, "this is no name of a session");
	r = calloc(1, sizeof *r);
	if (!r)
		return RC_NOMEM;
	r->spool = spool;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->changed, NULL);
	batch_init(&r->waiting);
	batch_init(&r->spare);
	r->person = spool_person_get(spool, about->issuer, about->subject);
	rc = r->person ? about_make(spool, about, &r->about) : RC_NOMEM;
	if (rc == RC_OK && atomic_load(&r->person->bytes) >= spool->per_person_max_bytes)
		rc = why_set(why, RC_TOO_BIG, "your open sessions have recorded all that limits.spool_per_person allows; close some");
	if (rc == RC_OK) {
		r->opened_mono_ns = spool->mono_ns();
		r->wall_seen_ns = spool->wall_ns();
		rc = about->emergency ? tell_emergency(r) : RC_OK;
		if (rc == RC_OK)
			rc = part_new(spool, &r->about, 1, &r->state, r->wall_seen_ns, 0, &r->part, why);
		begin_heads(r);
	}
	if (rc == RC_OK)
		*out = r;
	else
		recording_free(r);
	return rc;
}

/* ---- adding: with the lock held --------------------------------------------------------------------------------------- */

/* Keeps account of which exchanges have their end on record. */
static enum rc follow(struct recording *r, const struct record_line *line)
{
	static const char end[] = ",\"end\":true";              /* cannot stand in a string: its quotes would be escaped */
	size_t n = sizeof end - 1;
	struct slice body = line->body;

	if (line->record.kind == KIND_REQUEST)
		return part_state_runs(&r->state, line->record.exchange);
	if (line->record.kind == KIND_CUT ||
	    (line->record.kind == KIND_RESPONSE && body.n >= n && memcmp(body.p + body.n - n, end, n) == 0))
		part_state_ended(&r->state, line->record.exchange);
	return RC_OK;
}

/* What a seal would write. */
static size_t waiting_bytes(const struct recording *r)
{
	return r->waiting.text.len + r->waiting.originals.len;
}

static enum rc append(struct recording *r, const struct record_line *line, int64_t wall_ns, int64_t mono_ns)
{
	uint64_t cost = record_line_bytes(line) + RECORD_COST_BYTES;
	enum rc rc = follow(r, line);

	if (rc == RC_OK)
		rc = batch_add(&r->waiting, line, wall_ns, mono_ns);
	if (rc != RC_OK) {
		if (line->record.kind == KIND_REQUEST)           /* no cut may follow what is not there */
			part_state_ended(&r->state, line->record.exchange);
		return rc;
	}
	if (r->waiting.records.len == sizeof(struct record))
		r->first_ns = clock_mono_ns();
	r->added++;
	r->charged += cost;
	atomic_fetch_add(&r->person->bytes, cost);
	return RC_OK;
}

/* Look at the clocks. A step of the wall clock goes on record before what comes after it: one against the monotonic clock of more
 * than a second, where a clock that is being disciplined drifts by less than 0.1 %, and any step back. */
static enum rc read_clocks(struct recording *r, int64_t *wall_ns, int64_t *mono_ns)
{
	int64_t mono = r->spool->mono_ns() - r->opened_mono_ns, wall = r->spool->wall_ns();
	int64_t passed_ns = mono - r->mono_seen_ns, step_ns = wall - r->wall_seen_ns - passed_ns;
	int64_t least_ns = STEP_MIN_NS + passed_ns / 1000;
	bool stepped = step_ns >= least_ns || step_ns <= -least_ns || wall < r->wall_seen_ns;
	struct record_line line;
	char body[64];
	int n;

	*wall_ns = r->wall_seen_ns = wall;
	*mono_ns = r->mono_seen_ns = mono;
	if (!stepped)
		return RC_OK;
	n = snprintf(body, sizeof body, "{\"step_us\":%lld}", (long long)(step_ns / NS_PER_US));
	record_line_make(KIND_GAP, 0, (struct slice){body, (size_t)n}, NO_ORIGINAL, r->about.emergency, &line);
	return append(r, &line, wall, mono);
}

static enum rc add(struct recording *r, const struct record_line *line)
{
	int64_t wall_ns, mono_ns;
	enum rc rc = read_clocks(r, &wall_ns, &mono_ns);

	return rc == RC_OK ? append(r, line, wall_ns, mono_ns) : rc;
}

/* ---- sealing ---------------------------------------------------------------------------------------------------------- */

/* What a seal writes, taken out of the recording under its lock. */
struct seal {
	struct batch batch;
	struct part_state state;
	uint64_t upto;                           /* records */
	uint64_t charged;
	int64_t wall_ns, mono_ns;                /* after all in batch, before all that comes later */
};

static enum rc copy_state(const struct part_state *from, struct part_state *to)
{
	*to = *from;
	to->running = NULL;
	if (!from->n_running)
		return RC_OK;
	to->running = malloc(from->n_running * sizeof *to->running);
	if (!to->running)
		return RC_NOMEM;
	memcpy(to->running, from->running, from->n_running * sizeof *to->running);
	return RC_OK;
}

/* An ended part becomes a bundle and its folder goes. */
static enum rc finish(struct recording *r, int number, uint64_t charged)
{
	struct why why = {0};
	char name[PART_NAME];
	enum rc rc = bundle_write(r->spool, r->about.id, number, &why);

	if (rc == RC_OK) {
		spool_remove(r->spool, part_name(r->about.id, number, name));
		spool_tell_sealed(r->spool, r->about.id, number);
	} else {
		log_error("bundle_not_written", L_TEXT("session", r->about.id), L_NUM("part", number), L_RC(rc), L_TEXT("reason", why.text));
	}
	atomic_fetch_sub(&r->person->bytes, charged);
	return rc;
}

static void *finish_main(void *arg)
{
	struct recording *r = arg;

	finish(r, r->former, r->former_charged);
	return NULL;
}

static void finish_wait(struct recording *r)
{
	if (r->finishes)
		pthread_join(r->finisher, NULL);
	r->finishes = false;
}

/* The bundle of the part before is written while the next part records. */
static void finish_beside(struct recording *r, int number, uint64_t charged)
{
	finish_wait(r);
	r->former = number;
	r->former_charged = charged;
	if (pthread_create(&r->finisher, NULL, finish_main, r) == 0)
		r->finishes = true;
	else
		finish_main(r);
}

static bool part_is_full(const struct recording *r, const struct seal *s)
{
	const struct spool *spool = r->spool;

	/* two segments are left for the records of its end */
	return r->part->bytes >= spool->part_max_bytes || r->part->segment + 2 >= spool->part_max_segments ||
		s->mono_ns - r->part->opened_mono_ns >= spool->part_max_ns;
}

/* The next part is there before this one ends, so that "rotated" is never the last word. */
static enum rc rotate(struct recording *r, struct seal *s, const struct part_about *about)
{
	struct part_state first = {.running = s->state.running, .n_running = s->state.n_running};
	struct part *old = r->part, *part;
	enum rc rc = part_new(r->spool, about, old->number + 1, &first, s->wall_ns, s->mono_ns, &part, NULL);

	if (rc != RC_OK)
		return rc;
	rc = part_end(old, &s->batch, &s->state, "rotated", s->wall_ns, s->mono_ns);
	pthread_mutex_lock(&r->lock);
	r->part = part;
	begin_heads(r);
	r->charged -= s->charged;
	r->state.counts.held -= s->state.counts.held;
	r->state.counts.approved -= s->state.counts.approved;
	r->state.counts.denied -= s->state.counts.denied;
	for (int e = 0; e < ENTITY_COUNT; e++)
		r->state.counts.masked[e] -= s->state.counts.masked[e];
	pthread_mutex_unlock(&r->lock);
	if (rc == RC_OK)
		finish_beside(r, old->number, s->charged);
	part_free(old);
	return rc;
}

/* The disk is full: nothing passes, and what waits is tried again with the next seal. Takes the lock. */
static enum rc put_back(struct recording *r, struct seal *s)
{
	part_state_free(&s->state);
	if (!r->full)
		log_error("disk_full", L_TEXT("session", r->about.id), L_NUM("part", r->part->number));
	pthread_mutex_lock(&r->lock);
	if (batch_join(&s->batch, &r->waiting) != RC_OK)
		r->failed = RC_IO;
	r->spare = r->waiting;
	r->waiting = s->batch;
	r->sealing = false;
	r->full = true;
	pthread_cond_broadcast(&r->changed);
	return RC_IO;
}

/* When the ledger is to be told how far the part has come, 0: there is nothing to tell. */
static int64_t head_due(const struct recording *r)
{
	uint64_t untold = r->part->chain.seq - r->head_seq;

	return untold ? r->head_ns + (untold < HEAD_RECORDS ? HEAD_AFTER_NS : HEAD_APART_NS) : 0;
}

/* Nobody waits for it. Who calls has the part. */
static void tell_head(struct recording *r)
{
	char number[16], records[24], head[SHA256_HEX];
	const struct part *p = r->part;
	int64_t due_ns = head_due(r);
	struct buf leaf;

	if (!due_ns || clock_mono_ns() < due_ns)
		return;
	buf_init(&leaf, LEAF_MAX);
	snprintf(number, sizeof number, "%d", p->number);
	snprintf(records, sizeof records, "%llu", (unsigned long long)p->chain.seq);
	hex_encode(p->chain.head, SHA256_LEN, head);
	if (LEAF(LEAF_HEAD, &leaf, p->id, number, head, records) == RC_OK)
		ledger_post(r->spool->ledger, buf_slice(&leaf));
	buf_free(&leaf);
	r->head_seq = p->chain.seq;
	r->head_ns = clock_mono_ns();
}

/* Write all that waits, and go on in another part when this one is full or next is given. With the lock held, which is given up
 * while it writes; nobody else may be sealing. */
static enum rc seal(struct recording *r, const struct part_about *next)
{
	struct seal s;
	enum rc rc = read_clocks(r, &s.wall_ns, &s.mono_ns);

	if (rc == RC_OK)
		rc = copy_state(&r->state, &s.state);
	else
		s.state = (struct part_state){0};
	r->sealing = true;
	s.upto = r->added;
	s.charged = r->charged;
	s.batch = r->waiting;
	r->waiting = r->spare;
	batch_init(&r->spare);
	pthread_mutex_unlock(&r->lock);
	if (rc == RC_OK)
		rc = part_append(r->part, &s.batch, &s.state);
	if (rc == RC_AGAIN)
		return put_back(r, &s);
	if (rc == RC_OK && !r->closing)
		tell_head(r);
	batch_clear(&s.batch);
	if (rc == RC_OK && (next || (!r->closing && part_is_full(r, &s))))
		rc = rotate(r, &s, next ? next : &r->about);
	batch_clear(&s.batch);
	part_state_free(&s.state);
	if (rc != RC_OK)
		log_error("recording_failed", L_TEXT("session", r->about.id), L_NUM("part", r->part->number), L_RC(rc));
	pthread_mutex_lock(&r->lock);
	r->spare = s.batch;
	r->sealing = false;
	r->full = false;
	if (rc == RC_OK)
		r->sealed = s.upto;
	else
		r->failed = RC_IO;
	pthread_cond_broadcast(&r->changed);
	return rc == RC_OK ? RC_OK : RC_IO;
}

int64_t recording_seal_due(struct recording *r)
{
	int64_t due_ns = 0;

	pthread_mutex_lock(&r->lock);
	while (r->sealing)
		pthread_cond_wait(&r->changed, &r->lock);
	if (r->waiting.records.len && r->failed != RC_IO) {
		due_ns = waiting_bytes(r) >= SEAL_BYTES ? 0 : r->first_ns + SEAL_AFTER_NS;
		if (due_ns <= clock_mono_ns()) {
			due_ns = 0;
			if (seal(r, NULL) != RC_OK && r->failed == RC_OK)
				due_ns = clock_mono_ns() + SEAL_AFTER_NS;        /* the disk is full; else failed says why */
		}
	}
	if (!due_ns && r->failed == RC_OK) {
		tell_head(r);
		due_ns = head_due(r);
	}
	pthread_mutex_unlock(&r->lock);
	return due_ns;
}

/* ---- the interface ---------------------------------------------------------------------------------------------------- */

/* What waits for the disk, and so runs where a fiber does not hold up others. */
struct wait {
	struct recording *r;
	enum rc rc;
};

static void wait_room(void *arg)
{
	struct wait *w = arg;
	struct recording *r = w->r;

	pthread_mutex_lock(&r->lock);
	while (r->failed == RC_OK && w->rc == RC_OK && waiting_bytes(r) >= BEHIND_MAX_BYTES) {
		if (r->sealing)
			pthread_cond_wait(&r->changed, &r->lock);
		else
			w->rc = seal(r, NULL);
	}
	pthread_mutex_unlock(&r->lock);
}

/* Takes the lock, once there is room for one more record. */
static enum rc lock_with_room(struct recording *r)
{
	struct wait w = {r, RC_OK};

	pthread_mutex_lock(&r->lock);
	while (r->failed == RC_OK && w.rc == RC_OK && waiting_bytes(r) >= BEHIND_MAX_BYTES) {
		pthread_mutex_unlock(&r->lock);
		fiber_block(wait_room, &w);
		pthread_mutex_lock(&r->lock);
	}
	return r->failed != RC_OK ? r->failed : w.rc;
}

static enum rc check_account(struct recording *r, const struct record_line *line)
{
	if (atomic_load_explicit(&r->person->bytes, memory_order_relaxed) + record_line_bytes(line) <= r->spool->per_person_max_bytes)
		return RC_OK;
	log_error("recording_failed", L_TEXT("session", r->about.id), L_NUM("part", r->part->number),
		  L_TEXT("reason", "limits.spool_per_person"));
	return RC_TOO_BIG;
}

static enum rc parse_kind(const char *name, enum bundle_kind *kind)
{
	for (int k = KIND_OPEN; k <= KIND_CLOSE; k++) {
		if (strcmp(name, bundle_kind_name((enum bundle_kind)k)) == 0) {
			*kind = (enum bundle_kind)k;
			return RC_OK;
		}
	}
	return RC_BAD;
}

bool recording_keeps_originals(const struct recording *r)
{
	return r->about.originals.n > 0;
}

enum rc recording_add(struct recording *r, const char *kind, uint64_t exchange, struct slice body)
{
	return recording_add_original(r, kind, exchange, body, NO_ORIGINAL);
}

enum rc recording_add_original(struct recording *r, const char *kind, uint64_t exchange, struct slice body, struct slice original)
{
	size_t before, after = 0;
	struct record_line line;
	enum bundle_kind k;
	int64_t first_ns;
	enum rc rc = parse_kind(kind, &k);

	if (rc != RC_OK || body.n < 2 || memchr(body.p, '\n', body.n) || (original.n && memchr(original.p, '\n', original.n)))
		return RC_BAD;
	record_line_make(k, exchange, body, recording_keeps_originals(r) ? original : NO_ORIGINAL, r->about.emergency, &line);
	rc = lock_with_room(r);
	before = waiting_bytes(r);
	if (rc == RC_OK) {
		rc = check_account(r, &line);
		if (rc == RC_OK)
			rc = add(r, &line);
		r->failed = rc;
		after = waiting_bytes(r);
	}
	first_ns = r->first_ns;
	pthread_mutex_unlock(&r->lock);
	if (after >= SEAL_BYTES && before < SEAL_BYTES)
		spool_want_seal(r->spool, r, 0);
	else if (after && !before)
		spool_want_seal(r->spool, r, first_ns + SEAL_AFTER_NS);
	return rc;
}

static void wait_sealed(void *arg)
{
	struct wait *w = arg;
	struct recording *r = w->r;
	uint64_t upto;

	pthread_mutex_lock(&r->lock);
	upto = r->added;
	while ((r->spool->strict || r->full) && r->failed == RC_OK && r->sealed < upto && w->rc == RC_OK) {
		if (r->sealing)
			pthread_cond_wait(&r->changed, &r->lock);
		else
			w->rc = seal(r, NULL);
	}
	pthread_mutex_unlock(&r->lock);
}

enum rc recording_sync(struct recording *r)
{
	struct wait w = {r, RC_OK};

	if (r->spool->strict || r->full)
		fiber_block(wait_sealed, &w);
	return r->failed != RC_OK ? r->failed : w.rc;
}

enum rc recording_check(struct recording *r)
{
	return r->failed != RC_OK ? r->failed : r->full ? RC_IO : RC_OK;
}

static void swap(struct buf *a, struct buf *b)
{
	struct buf c = *a;

	*a = *b;
	*b = c;
}

enum rc recording_rotate(struct recording *r, const struct recording_about *about)
{
	struct part_about next = {0};
	enum rc rc = strcmp(about->id, r->about.id) == 0 ? about_make(r->spool, about, &next) : RC_BAD;

	if (rc != RC_OK)
		goto out;
	pthread_mutex_lock(&r->lock);
	while (r->sealing)
		pthread_cond_wait(&r->changed, &r->lock);
	rc = r->failed == RC_OK ? seal(r, &next) : r->failed;
	if (rc == RC_OK) {
		/* but for the id, which stays and which the finisher reads */
		r->about.recipients = next.recipients;
		swap(&r->about.json, &next.json);
		swap(&r->about.policy, &next.policy);
		swap(&r->about.open_json, &next.open_json);
	}
	pthread_mutex_unlock(&r->lock);
out:
	about_free(&next);
	return rc;
}

void recording_count_masked(struct recording *r, const struct mask_counts *counts)
{
	pthread_mutex_lock(&r->lock);
	for (int e = 0; e < ENTITY_COUNT; e++)
		r->state.counts.masked[e] += counts->n[e];
	pthread_mutex_unlock(&r->lock);
}

void recording_count(struct recording *r, enum recording_event event)
{
	struct part_counts *c = &r->state.counts;

	pthread_mutex_lock(&r->lock);
	*(event == RECORDING_HELD ? &c->held : event == RECORDING_APPROVED ? &c->approved : &c->denied) += 1;
	pthread_mutex_unlock(&r->lock);
}

int recording_part(struct recording *r)
{
	int number;

	pthread_mutex_lock(&r->lock);
	while (r->sealing)                               /* then the part is theirs */
		pthread_cond_wait(&r->changed, &r->lock);
	number = r->part->number;
	pthread_mutex_unlock(&r->lock);
	return number;
}

/* The last records. Nobody else uses the recording any more. */
static enum rc end_part(struct recording *r, const char *end)
{
	struct record_line line;
	struct batch batch;
	enum rc rc = RC_IO;

	r->closing = true;
	pthread_mutex_lock(&r->lock);
	if (r->failed != RC_IO)
		rc = seal(r, NULL);
	pthread_mutex_unlock(&r->lock);
	if (rc != RC_OK)
		return rc;
	batch_init(&batch);
	/* what could not be recorded was not sent */
	for (size_t i = 0; r->failed != RC_OK && i < r->state.n_running && rc == RC_OK; i++) {
		record_line_make(KIND_CUT, r->state.running[i], SLICE("{\"reason\":\"recording\"}"), NO_ORIGINAL,
				 r->about.emergency, &line);
		rc = batch_add(&batch, &line, r->wall_seen_ns, r->mono_seen_ns);
	}
	if (rc == RC_OK)
		rc = part_end(r->part, &batch, &r->state, end, r->wall_seen_ns, r->mono_seen_ns);
	batch_free(&batch);
	return rc;
}

enum rc recording_close(struct recording *r, const char *end)
{
	enum rc rc;

	spool_forget(r->spool, r);
	rc = end_part(r, end);
	finish_wait(r);
	if (rc == RC_OK)
		rc = finish(r, r->part->number, r->charged);
	else
		atomic_fetch_sub(&r->person->bytes, r->charged);
	recording_free(r);
	return rc == RC_OK ? RC_OK : RC_IO;
}
