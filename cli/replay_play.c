/* The session as people see it. Records are JSON of any size; of the large ones nothing is built, they run through. */
#include "replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "chat.h"
#include "clock.h"
#include "encode.h"
#include "json.h"

#define OPEN_MAX 128                             /* exchanges whose answer runs; the oldest gives way */
#define SMALL_MAX ((size_t)1 << 20)
#define B64_MAX ((size_t)4 << 20)
#define TOLD_S 1                                 /* a pause that is cut by less is not told of */

struct exchange {
	uint64_t number;                         /* 0: free */
	int64_t asked_ns;                        /* monotonic time of the session */
	struct chat_answer answer;
	bool answering;
};

struct player {
	const struct replay_options *opts;
	struct screen screen;
	struct exchange open[OPEN_MAX];
	size_t next_slot;
	uint64_t shown;                          /* the exchange whose lines were written last; 0: none */
	int64_t now_ns;                          /* monotonic time of the session; -1 before the first record */
	/* the part of the answer that is being written */
	enum chat_part part;
	uint32_t choice;
	bool in_part;
	/* the record that is being read */
	const struct bundle_record *record;
	struct exchange *exchange;
	bool ended;                              /* it was the answer's last one */
	struct chat_request request;
	struct buf method, path, header, type, b64, status;
};

static const struct {
	const char *label;
	enum style style;
} parts[] = {
	[CHAT_TEXT] = {"answer", STYLE_PLAIN}, [CHAT_THINKING] = {"thinking", STYLE_DIM}, [CHAT_REFUSAL] = {"refusal", STYLE_PLAIN},
	[CHAT_TOOL] = {"tool", STYLE_BOLD}, [CHAT_ARGUMENTS] = {"with", STYLE_PLAIN}, [CHAT_ERROR] = {"error", STYLE_BAD},
	[CHAT_RAW] = {"answer", STYLE_PLAIN},
};

/* ---- time ------------------------------------------------------------------------------------------------------------------------ */

static void sleep_ns(int64_t ns)
{
	struct timespec left = {(time_t)(ns / NS_PER_S), (long)(ns % NS_PER_S)};

	while (nanosleep(&left, &left) != 0 && errno == EINTR)
		continue;
}

static void tell_pause(struct player *p, double real_s)
{
	struct buf text;

	buf_init(&text, 64);
	duration_text((int64_t)(real_s * NS_PER_S), &text);
	screen_label(&p->screen, NULL, STYLE_DIM);
	screen_words(&p->screen, STYLE_DIM, "… %s later", text.len ? text.data : "");
	buf_free(&text);
}

/* It becomes that time in the session, as fast as the user wants it. */
static void wait_until(struct player *p, int64_t mono_ns)
{
	const struct replay_options *o = p->opts;
	double wait_s, real_s;

	if (p->now_ns < 0 || mono_ns <= p->now_ns) {
		p->now_ns = p->now_ns < mono_ns ? mono_ns : p->now_ns;
		return;
	}
	real_s = (double)(mono_ns - p->now_ns) / NS_PER_S;
	p->now_ns = mono_ns;
	if (o->speed <= 0)
		return;
	wait_s = real_s / o->speed;
	if (o->max_pause_s >= 0 && wait_s > o->max_pause_s) {
		if (!p->in_part && o->max_pause_s > 0 && wait_s > o->max_pause_s + TOLD_S)
			tell_pause(p, real_s);
		wait_s = o->max_pause_s;
	}
	if (wait_s <= 0)
		return;
	fflush(p->screen.f);
	sleep_ns((int64_t)(wait_s * NS_PER_S));
}

/* ---- lines ------------------------------------------------------------------------------------------------------------------------ */

static void label(struct player *p, const char *text, enum style style)
{
	screen_label(&p->screen, text, style);
	p->in_part = false;
}

/* How long after the request. */
static void since(struct player *p)
{
	struct buf text;

	buf_init(&text, 64);
	duration_text(p->record->mono_ns - p->exchange->asked_ns, &text);
	screen_words(&p->screen, STYLE_DIM, "  after %s", text.len ? text.data : "?");
	buf_free(&text);
}

/* Lines that follow belong to this exchange. */
static void turn_to(struct player *p, uint64_t number)
{
	char text[CLOCK_TEXT], time[9];

	if (p->shown == number)
		return;
	p->shown = number;
	snprintf(time, sizeof time, "%.8s", clock_text_us(p->record->wall_ns, text) + 11);
	screen_end_line(&p->screen);
	fputc('\n', p->screen.f);
	label(p, time, STYLE_DIM);
	if (number)
		screen_words(&p->screen, STYLE_BOLD, "#%llu ", (unsigned long long)number);
}

static void cut_short(struct player *p, uint64_t shown, uint64_t all)
{
	if (all > shown)
		screen_words(&p->screen, STYLE_DIM, " … and %llu bytes more", (unsigned long long)(all - shown));
}

/* ---- beginning and end ------------------------------------------------------------------------------------------------------------ */

struct player *player_new(const struct evidence *evidence, const struct replay_options *options, FILE *f)
{
	struct player *p = calloc(1, sizeof *p);

	if (!p)
		return NULL;
	p->opts = options;
	p->now_ns = -1;
	p->shown = UINT64_MAX;
	screen_init(&p->screen, f);
	buf_init(&p->method, 64);
	buf_init(&p->path, 4096);
	buf_init(&p->header, 64);
	buf_init(&p->type, 256);
	buf_init(&p->b64, B64_MAX);
	buf_init(&p->status, 16);
	replay_head(&p->screen, evidence);
	return p;
}

static void close_exchange(struct exchange *x)
{
	chat_answer_free(&x->answer);
	*x = (struct exchange){0};
}

void player_free(struct player *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < OPEN_MAX; i++)
		close_exchange(&p->open[i]);
	chat_request_free(&p->request);
	screen_free(&p->screen);
	buf_free(&p->method);
	buf_free(&p->path);
	buf_free(&p->header);
	buf_free(&p->type);
	buf_free(&p->b64);
	buf_free(&p->status);
	free(p);
}

static struct exchange *exchange_of(struct player *p, uint64_t number, int64_t mono_ns)
{
	struct exchange *x = NULL;

	for (size_t i = 0; i < OPEN_MAX; i++) {
		if (p->open[i].number == number)
			return &p->open[i];
		if (!p->open[i].number)
			x = &p->open[i];
	}
	if (!x)
		x = &p->open[p->next_slot++ % OPEN_MAX];
	close_exchange(x);
	x->number = number;
	x->asked_ns = mono_ns;
	return x;
}

/* ---- requests --------------------------------------------------------------------------------------------------------------------- */

static void keep(struct buf *b, struct slice text)
{
	size_t room = b->max - b->len;

	buf_add(b, text.p, text.n < room ? text.n : room);
}

static void request_leaf(void *arg, const struct leaves *l, const struct leaf *leaf)
{
	struct player *p = arg;

	if (leaf_is(l, "method"))
		keep(&p->method, leaf->text);
	else if (leaf_is(l, "path"))
		keep(&p->path, leaf->text);
	else if (leaf_is(l, "text"))
		chat_request_feed(&p->request, leaf->text);
	else if (leaf_is(l, "text.b64"))
		keep(&p->b64, leaf->text);
}

/* Cut at a bound, and not within a character. */
static struct slice whole_characters(const struct buf *b)
{
	struct slice s = buf_slice(b);

	for (size_t back = 1; back <= 4 && back <= s.n && s.n == b->max; back++)
		if ((s.p[s.n - back] & 0xc0) != 0x80) {
			s.n -= back;
			break;
		}
	return s;
}

static void show_asked(struct player *p)
{
	struct chat_request *r = &p->request;

	label(p, "asked", STYLE_GOOD);
	if (r->asked_at > 1)
		screen_words(&p->screen, STYLE_DIM, "(after %zu earlier message%s) ", r->asked_at - 1, r->asked_at > 2 ? "s" : "");
	if (r->asked.len) {
		screen_text(&p->screen, whole_characters(&r->asked), STYLE_PLAIN);
		cut_short(p, r->asked.len, r->asked_bytes);
	} else if (r->raw.len) {
		screen_text(&p->screen, whole_characters(&r->raw), STYLE_PLAIN);
		cut_short(p, r->raw.len, r->raw_bytes);
	}
	if (r->messages > r->asked_at && r->asked_at)
		screen_words(&p->screen, STYLE_DIM, " (then %zu of others)", r->messages - r->asked_at);
	screen_flush(&p->screen);
}

static void show_request(struct player *p, const struct bundle_record *record)
{
	struct leaves l;

	p->exchange->asked_ns = record->mono_ns;
	buf_clear(&p->method);
	buf_clear(&p->path);
	buf_clear(&p->b64);
	chat_request_free(&p->request);
	chat_request_begin(&p->request);
	leaves_begin(&l, request_leaf, p);
	leaves_feed(&l, record->body);
	chat_request_end(&p->request);
	screen_text(&p->screen, buf_slice(&p->method), STYLE_PLAIN);
	screen_text(&p->screen, SLICE(" "), STYLE_PLAIN);
	screen_text(&p->screen, buf_slice(&p->path), STYLE_PLAIN);
	screen_flush(&p->screen);
	if (p->request.model.len) {
		screen_words(&p->screen, STYLE_DIM, ", model ");
		screen_text(&p->screen, buf_slice(&p->request.model), STYLE_PLAIN);
		screen_flush(&p->screen);
	}
	if (p->request.raw.len) {
		show_asked(p);
	} else if (p->b64.len) {
		label(p, "asked", STYLE_GOOD);
		screen_words(&p->screen, STYLE_DIM, "%zu bytes that are no text", p->b64.len / 4 * 3);
	}
}

/* ---- answers ----------------------------------------------------------------------------------------------------------------------- */

static void said(void *arg, enum chat_part part, uint32_t choice, struct slice text)
{
	struct player *p = arg;

	if (!p->in_part || p->part != part || p->choice != choice) {
		label(p, parts[part].label, part == CHAT_ERROR ? STYLE_BAD : STYLE_GOOD);
		if (choice)
			screen_words(&p->screen, STYLE_DIM, "(choice %u) ", (unsigned)choice + 1);
		p->part = part;
		p->choice = choice;
		p->in_part = true;
	}
	screen_text(&p->screen, text, parts[part].style);
}

/* Response records: {"status","headers"} first, then {"chunks":[[us,text]…]}. */
static void response_leaf(void *arg, const struct leaves *l, const struct leaf *leaf)
{
	struct player *p = arg;

	if (leaf_is(l, "chunks[][]") && !leaf->string) {
		if (leaf->begin)
			buf_clear(&p->status);
		keep(&p->status, leaf->text);
		if (leaf->end && leaf_index(l, 1) == 0 && p->status.len < 15)
			wait_until(p, p->exchange->asked_ns + strtoll(p->status.len ? p->status.data : "0", NULL, 10) * NS_PER_US);
	} else if (leaf_is(l, "chunks[][]")) {
		chat_answer_feed(&p->exchange->answer, leaf->text);
	} else if (leaf_is(l, "chunks[][].b64")) {
		if (leaf->begin)
			buf_clear(&p->b64);
		keep(&p->b64, leaf->text);
		if (leaf->end) {
			struct buf bytes;

			buf_init(&bytes, B64_MAX);
			if (base64_decode(buf_slice(&p->b64), &bytes) == RC_OK)
				chat_answer_feed(&p->exchange->answer, buf_slice(&bytes));
			buf_free(&bytes);
		}
	} else if (leaf_is(l, "end") && leaf->end) {
		chat_answer_end(&p->exchange->answer);
		screen_flush(&p->screen);
		p->ended = true;
	}
}

static void status_leaf(void *arg, const struct leaves *l, const struct leaf *leaf)
{
	struct player *p = arg;

	if (leaf_is(l, "status") && !leaf->string) {
		keep(&p->status, leaf->text);
	} else if (leaf_is(l, "headers[][]") && leaf_index(l, 1) == 0) {
		if (leaf->begin)
			buf_clear(&p->header);
		keep(&p->header, leaf->text);
	} else if (leaf_is(l, "headers[][]") && slice_is_nocase(buf_slice(&p->header), "content-type")) {
		keep(&p->type, leaf->text);
	}
}

static bool has_status(struct slice body)
{
	return body.n > 9 && memcmp(body.p, "{\"status\"", 9) == 0;
}

static void show_response(struct player *p, const struct bundle_record *record)
{
	struct exchange *x = p->exchange;
	struct leaves l;

	if (has_status(record->body)) {
		buf_clear(&p->status);
		buf_clear(&p->type);
		leaves_begin(&l, status_leaf, p);
		leaves_feed(&l, record->body);
		chat_answer_free(&x->answer);
		chat_answer_begin(&x->answer, chat_framing_of(buf_slice(&p->type)), said, p);
		x->answering = true;
		if (p->status.len && p->status.data[0] != '2') {
			label(p, "status", STYLE_BAD);
			screen_text(&p->screen, buf_slice(&p->status), STYLE_BAD);
			screen_flush(&p->screen);
		}
		return;
	}
	if (!x->answering) {                     /* its beginning is in the part before */
		chat_answer_begin(&x->answer, CHAT_JSON, said, p);
		x->answering = true;
	}
	p->ended = false;
	leaves_begin(&l, response_leaf, p);
	leaves_feed(&l, record->body);
	if (p->ended)
		close_exchange(x);
}

/* ---- the small ones ----------------------------------------------------------------------------------------------------------------- */

static void show_hold(struct player *p, const cJSON *body)
{
	label(p, "held", STYLE_WARN);
	screen_others(&p->screen, json_text(body, "hold"), STYLE_BOLD);
	screen_words(&p->screen, STYLE_PLAIN, " by rule ");
	screen_others(&p->screen, json_text(body, "rule"), STYLE_PLAIN);
	since(p);
}

static void show_decision(struct player *p, const cJSON *body)
{
	const char *outcome = json_text(body, "outcome"), *hold = json_text(body, "hold"), *by = json_text(body, "by");
	const char *reason = json_text(body, "reason"), *rule = json_text(body, "rule");

	label(p, "decided", STYLE_WARN);
	screen_others(&p->screen, outcome, STYLE_BOLD);
	if (by) {
		screen_words(&p->screen, STYLE_PLAIN, " by ");
		screen_others(&p->screen, by, STYLE_BOLD);
	}
	if (rule && !by) {
		screen_words(&p->screen, STYLE_PLAIN, " by rule ");
		screen_others(&p->screen, rule, STYLE_PLAIN);
	}
	if (hold) {
		screen_others(&p->screen, " ", STYLE_DIM);
		screen_others(&p->screen, hold, STYLE_DIM);
	}
	if (reason) {
		screen_others(&p->screen, ": ", STYLE_PLAIN);
		screen_others(&p->screen, reason, STYLE_PLAIN);
	}
	since(p);
}

static void show_small(struct player *p, const char *kind, const cJSON *body)
{
	int64_t n = 0;

	if (strcmp(kind, "hold") == 0) {
		show_hold(p, body);
	} else if (strcmp(kind, "decision") == 0) {
		show_decision(p, body);
	} else if (strcmp(kind, "cut") == 0) {
		label(p, "cut", STYLE_BAD);
		screen_others(&p->screen, json_text(body, "reason"), STYLE_PLAIN);
		since(p);
	} else if (strcmp(kind, "renew") == 0) {
		screen_words(&p->screen, STYLE_DIM, "the sign-in was renewed");
	} else if (strcmp(kind, "gap") == 0) {
		screen_words(&p->screen, STYLE_WARN, "the agent's clock was set");
		if (json_int(body, "step_us", &n))
			screen_words(&p->screen, STYLE_WARN, " by %.3f s", (double)n / 1e6);
	} else if (strcmp(kind, "recovered") == 0) {
		screen_words(&p->screen, STYLE_BAD, "the agent ended here without closing the session");
		if (json_int(body, "lost_bytes", &n) && n)
			screen_words(&p->screen, STYLE_BAD, "; %lld bytes of the index were not whole", (long long)n);
	} else if (strcmp(kind, "close") == 0) {
		screen_words(&p->screen, STYLE_DIM, "the session ended: ");
		screen_others(&p->screen, json_text(body, "end"), STYLE_DIM);
	} else {
		screen_words(&p->screen, STYLE_DIM, "the session opened");
	}
}

/* ---- all of them --------------------------------------------------------------------------------------------------------------------- */

static bool wanted(const struct player *p, const struct bundle_record *record)
{
	return !p->opts->exchange || record->exchange == p->opts->exchange;
}

static void begin(struct player *p, const struct bundle_record *record)
{
	p->record = record;
	if (p->now_ns < 0)
		p->now_ns = record->mono_ns;
	p->exchange = exchange_of(p, record->exchange, record->mono_ns);
}

void player_record(struct player *p, const struct bundle_record *record)
{
	bool response = strcmp(record->kind, "response") == 0, chunks = response && !has_status(record->body);

	if (!wanted(p, record))
		return;
	begin(p, record);
	if (!chunks)
		wait_until(p, record->mono_ns);  /* chunks bring their own times, from before they were recorded */
	if (!record->exchange)
		p->shown = UINT64_MAX;           /* such a line is always one of its own */
	turn_to(p, record->exchange);
	if (response) {
		show_response(p, record);
	} else if (strcmp(record->kind, "request") == 0) {
		show_request(p, record);
	} else {
		cJSON *body = record->body.n <= SMALL_MAX ? json_parse(record->body) : NULL;

		show_small(p, record->kind, body);
		cJSON_Delete(body);
	}
	fflush(p->screen.f);
}

void player_lost(struct player *p, const struct bundle_record *record, const struct why *why)
{
	if (!wanted(p, record))
		return;
	screen_end_line(&p->screen);
	label(p, "lost", STYLE_BAD);
	if (*record->kind)
		screen_words(&p->screen, STYLE_BAD, "record %llu, %s: ", (unsigned long long)record->seq, record->kind);
	screen_others(&p->screen, why->text, STYLE_BAD);
	p->shown = UINT64_MAX;
}

void player_end(struct player *p)
{
	screen_end_line(&p->screen);
	fflush(p->screen.f);
}
