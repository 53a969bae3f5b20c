/* The session as people see it. Records are JSON of any size; of the large ones nothing is built, they run through. */
#include "replay.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "json.h"
#include "recorded.h"

#define OPEN_MAX 128                             /* exchanges whose answer runs; the oldest gives way */
#define SMALL_MAX ((size_t)1 << 20)
#define US_MAX ((int64_t)1 << 50)                /* no answer took that long */

struct exchange {
	uint64_t number;                         /* 0: free */
	int64_t asked_ns;                        /* monotonic time of the session */
	struct recorded_answer answer;
};

struct player {
	struct pace pace;
	struct screen screen;
	struct exchange open[OPEN_MAX];
	size_t next_slot;
	uint64_t shown;                          /* the exchange whose lines were written last; UINT64_MAX: none */
	int64_t now_ns;                          /* monotonic time of the session; -1 before the first record */
	bool hurries;                            /* nothing waits */
	enum pace_turn turn;                     /* but for PACE_ON nothing more is shown of the record that is being read */
	/* the part of the answer that is being written */
	enum chat_part part;
	uint32_t choice;
	bool in_part;
	/* the record that is being read */
	const struct bundle_record *record;
	struct exchange *exchange;
	struct recorded_request request;
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

static void tell_pause(struct player *p, int64_t real_ns)
{
	struct buf text;

	buf_init(&text, 64);
	duration_text(real_ns, &text);
	screen_label(&p->screen, NULL, STYLE_DIM);
	screen_words(&p->screen, STYLE_DIM, "… %s later", text.len ? text.data : "");
	buf_free(&text);
}

/* It becomes that time in the session, as fast as the user wants it. */
static void wait_until(struct player *p, int64_t mono_ns)
{
	int64_t real_ns = p->now_ns < 0 ? 0 : mono_ns - p->now_ns, wait_ns;
	bool cut;

	if (mono_ns > p->now_ns)
		p->now_ns = mono_ns;
	if (p->hurries || p->turn != PACE_ON)
		return;
	wait_ns = pace_wait_ns(&p->pace, real_ns, &cut);
	if (cut && !p->in_part)
		tell_pause(p, real_ns);
	if (wait_ns > 0 || (p->pace.keys && (real_ns > 0 || !p->pace.paused))) {
		fflush(p->screen.f);
		p->turn = pace_wait(&p->pace, &p->screen, wait_ns);
	}
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

static void cut_short(struct player *p, uint64_t more)
{
	if (more)
		screen_words(&p->screen, STYLE_DIM, " … and %llu bytes more", (unsigned long long)more);
}

/* ---- beginning and end ------------------------------------------------------------------------------------------------------------ */

struct player *player_new(const struct evidence *evidence, const struct replay_options *options, FILE *f)
{
	struct player *p = calloc(1, sizeof *p);

	if (!p)
		return NULL;
	p->pace = (struct pace){.speed = options->speed, .max_pause_s = options->max_pause_s, .keys = options->keys};
	p->now_ns = -1;
	p->shown = UINT64_MAX;
	screen_init(&p->screen, f);
	replay_head(&p->screen, evidence);
	if (options->originals) {
		label(p, "UNMASKED", STYLE_BAD);
		screen_words(&p->screen, STYLE_BAD, "what was asked and what the model sent is shown as it was before masking, wherever the recording kept it");
	}
	return p;
}

static void close_exchange(struct exchange *x)
{
	recorded_answer_free(&x->answer);
	*x = (struct exchange){0};
}

void player_free(struct player *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < OPEN_MAX; i++)
		close_exchange(&p->open[i]);
	recorded_request_free(&p->request);
	screen_free(&p->screen);
	free(p);
}

static struct exchange *find(struct player *p, uint64_t number)
{
	for (size_t i = 0; i < OPEN_MAX; i++)
		if (p->open[i].number == number)
			return &p->open[i];
	return NULL;
}

bool player_follows(struct player *p, uint64_t exchange)
{
	return find(p, exchange) != NULL;
}

void player_hurry(struct player *p, bool hurries)
{
	p->hurries = hurries;
}

uint64_t player_shown(const struct player *p)
{
	return p->shown == UINT64_MAX ? 0 : p->shown;
}

static void end_answer(struct player *p, struct exchange *x);

static struct exchange *exchange_of(struct player *p, uint64_t number, int64_t mono_ns)
{
	struct exchange *x = find(p, number);

	if (x)
		return x;
	x = find(p, 0);
	if (!x) {
		x = &p->open[p->next_slot++ % OPEN_MAX];
		end_answer(p, x);
	}
	close_exchange(x);
	x->number = number;
	x->asked_ns = mono_ns;
	return x;
}

/* ---- requests --------------------------------------------------------------------------------------------------------------------- */

static void show_asked(struct player *p)
{
	const struct chat_request *r = &p->request.chat;
	uint64_t more;
	struct slice asked = recorded_asked(&p->request, &more);

	label(p, "asked", STYLE_GOOD);
	if (r->asked_at > 1)
		screen_words(&p->screen, STYLE_DIM, "(after %zu earlier message%s) ", r->asked_at - 1, r->asked_at > 2 ? "s" : "");
	screen_text(&p->screen, asked, STYLE_PLAIN);
	cut_short(p, more);
	if (r->messages > r->asked_at && r->asked_at)
		screen_words(&p->screen, STYLE_DIM, " (then %zu of others)", r->messages - r->asked_at);
	screen_flush(&p->screen);
}

static void show_request(struct player *p, const struct bundle_record *record)
{
	const struct recorded_request *r = &p->request;

	p->exchange->asked_ns = record->mono_ns;
	recorded_request_read(&p->request, record->body);
	screen_text(&p->screen, buf_slice(&r->method), STYLE_PLAIN);
	screen_text(&p->screen, SLICE(" "), STYLE_PLAIN);
	screen_text(&p->screen, buf_slice(&r->path), STYLE_PLAIN);
	screen_flush(&p->screen);
	if (r->chat.model.len) {
		screen_words(&p->screen, STYLE_DIM, ", model ");
		screen_text(&p->screen, buf_slice(&r->chat.model), STYLE_PLAIN);
		screen_flush(&p->screen);
	}
	if (r->chat.raw.len) {
		show_asked(p);
	} else if (r->bytes) {
		label(p, "asked", STYLE_GOOD);
		screen_words(&p->screen, STYLE_DIM, "%llu bytes that are no text", (unsigned long long)r->bytes);
	}
}

/* ---- answers ----------------------------------------------------------------------------------------------------------------------- */

static void said(void *arg, enum chat_part part, uint32_t choice, struct slice text)
{
	struct player *p = arg;

	if (p->turn != PACE_ON)
		return;
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

static void piece_at(void *arg, int64_t us)
{
	struct player *p = arg;

	if (us >= 0 && us < US_MAX)
		wait_until(p, p->exchange->asked_ns + us * NS_PER_US);
}

/* No more is to come: what was not understood is shown as it is. */
static void end_answer(struct player *p, struct exchange *x)
{
	if (!x->answer.begun || p->turn != PACE_ON)
		return;
	if (x->answer.chat.raw.len && !x->answer.chat.understood)
		turn_to(p, x->number);
	if (!recorded_answer_end(&x->answer))
		screen_words(&p->screen, STYLE_DIM, " … and more that is not what its type says: --html and --json show it");
	screen_flush(&p->screen);
}

static void show_response(struct player *p, const struct bundle_record *record)
{
	struct exchange *x = p->exchange;

	recorded_answer_read(&x->answer, record->body, piece_at, said, p);
	if (recorded_is_status(record->body)) {
		if (x->answer.status.len && x->answer.status.data[0] != '2') {
			label(p, "status", STYLE_BAD);
			screen_text(&p->screen, buf_slice(&x->answer.status), STYLE_BAD);
			screen_flush(&p->screen);
		}
	} else if (x->answer.ended) {
		end_answer(p, x);
		close_exchange(x);
	}
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
		end_answer(p, p->exchange);
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

enum pace_turn player_record(struct player *p, const struct bundle_record *record)
{
	bool response = strcmp(record->kind, "response") == 0, pieces = response && !recorded_is_status(record->body);

	p->turn = PACE_ON;
	p->record = record;
	if (p->now_ns < 0)
		p->now_ns = record->mono_ns;
	p->exchange = exchange_of(p, record->exchange, record->mono_ns);
	if (!pieces)
		wait_until(p, record->mono_ns);  /* pieces bring their own times, from before they were recorded */
	if (p->turn != PACE_ON)
		return p->turn;
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
		if (!body)                       /* it means nothing to us, but it stands there */
			screen_text(&p->screen, record->body, STYLE_DIM);
		cJSON_Delete(body);
	}
	fflush(p->screen.f);
	return p->turn;
}

void player_lost(struct player *p, const struct bundle_record *record, const struct why *why)
{
	screen_end_line(&p->screen);
	label(p, "lost", STYLE_BAD);
	if (*record->kind)
		screen_words(&p->screen, STYLE_BAD, "record %llu, %s: ", (unsigned long long)record->seq, record->kind);
	screen_others(&p->screen, why->text, STYLE_BAD);
	p->shown = UINT64_MAX;
}

void player_jump(struct player *p, const char *words, uint64_t exchange)
{
	for (size_t i = 0; i < OPEN_MAX; i++)
		close_exchange(&p->open[i]);
	p->now_ns = -1;
	p->shown = UINT64_MAX;
	screen_end_line(&p->screen);
	fputc('\n', p->screen.f);
	label(p, NULL, STYLE_DIM);
	screen_words(&p->screen, STYLE_DIM, "… %s #%llu", words, (unsigned long long)exchange);
}

void player_end(struct player *p)
{
	p->turn = PACE_ON;
	for (size_t i = 0; i < OPEN_MAX; i++)
		if (p->open[i].number)
			end_answer(p, &p->open[i]);
	screen_end_line(&p->screen);
	fflush(p->screen.f);
}
