/* The way through a bundle's records: from the place that was asked for, with the exchanges that run there caught up on, to where the keys lead. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "places.h"
#include "replay.h"

#define DAY_NS (24 * 3600 * NS_PER_S)

struct walk {
	struct bundle *bundle;
	struct player *player;                   /* NULL: as JSON */
	struct places places;
	bool learnt;
	bool originals;
	uint64_t exchange;                       /* only this one; 0: all */
	uint64_t landed;                         /* the place of the last jump; exchanges that began before it are caught up on */
	size_t *lost;
};

/* ---- times ------------------------------------------------------------------------------------------------------------------------- */

/* "21:08" or "21:08:20", since midnight. */
static bool read_clock(const char *text, int64_t *ns)
{
	int part[3] = {0}, n = 0;

	for (; n < 3; n++) {
		if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
			return false;
		part[n] = (text[0] - '0') * 10 + text[1] - '0';
		text += 2;
		if (*text != ':')
			break;
		text++;
	}
	*ns = ((int64_t)part[0] * 3600 + part[1] * 60 + part[2]) * NS_PER_S;
	return !*text && n >= 1 && part[0] < 24 && part[1] < 60 && part[2] < 60;
}

enum rc replay_time_parse(const char *text, struct replay_time *out)
{
	if (duration_parse(slice_str(text), &out->ns) == RC_OK)
		out->how = REPLAY_AFTER;
	else if (read_clock(text, &out->ns))
		out->how = REPLAY_CLOCK;
	else if (clock_parse(slice_str(text), &out->ns) == RC_OK)
		out->how = REPLAY_AT;
	else
		return RC_BAD;
	return RC_OK;
}

/* Of the session's day, or the next when that time had passed as it began. */
static int64_t on_the_day(int64_t begin_ns, int64_t clock_ns)
{
	int64_t at = begin_ns - begin_ns % DAY_NS + clock_ns;

	return at / NS_PER_S < begin_ns / NS_PER_S ? at + DAY_NS : at;
}

/* To the first record of that time or later. Times since the beginning need not be looked for from there. */
static enum rc seek_time(struct walk *w, const struct replay_time *time, struct why *why)
{
	struct bundle_record record;
	const struct place *before = NULL;
	int64_t begin_mono_ns, at_ns = time->ns;
	uint64_t place = 0;
	enum rc rc = bundle_next_line(w->bundle, &record, why);

	if (rc != RC_OK)
		return rc;
	begin_mono_ns = record.mono_ns;
	if (time->how == REPLAY_AFTER)
		before = places_before(&w->places, begin_mono_ns + at_ns);
	else if (time->how == REPLAY_CLOCK)
		at_ns = on_the_day(record.wall_ns, at_ns);
	rc = bundle_seek(w->bundle, before ? before->first : 0);
	while (rc == RC_OK || rc == RC_BAD) {
		place = bundle_tell(w->bundle);
		rc = bundle_next_line(w->bundle, &record, why);
		if (rc == RC_OK && (time->how == REPLAY_AFTER ? record.mono_ns - begin_mono_ns : record.wall_ns) >= at_ns)
			break;
	}
	if (rc == RC_END)
		return why_set(why, RC_NOT_FOUND, "the session ended before that time");
	return rc == RC_OK ? bundle_seek(w->bundle, w->landed = place) : rc;
}

/* ---- jumps ------------------------------------------------------------------------------------------------------------------------- */

static enum rc learn(struct walk *w, struct why *why)
{
	uint64_t here = bundle_tell(w->bundle);
	enum rc rc = w->learnt ? RC_OK : places_learn(w->bundle, &w->places, why);

	w->learnt = true;
	return rc == RC_OK ? bundle_seek(w->bundle, here) : rc;
}

static enum rc seek_exchange(struct walk *w, uint64_t exchange, struct why *why)
{
	const struct place *place = places_of(&w->places, exchange);

	if (!place)
		return why_set(why, RC_NOT_FOUND, w->places.n == 1 ? "there is no exchange %llu here, but one" : "there is no exchange %llu here; there are %zu",
			       (unsigned long long)exchange, w->places.n);
	return bundle_seek(w->bundle, w->landed = place->first);
}

/* The exchange before or after the one that is shown, in the order in which they began. Before the first one is the first, behind the last one the
 * session's end. */
static enum rc turn(struct walk *w, enum pace_turn turn, uint64_t here, struct why *why)
{
	const struct place *shown, *to;
	size_t i = 0;
	enum rc rc = learn(w, why);

	if (rc != RC_OK || !w->places.n)
		return rc;
	shown = places_of(&w->places, player_shown(w->player));
	if (shown)
		i = (size_t)(shown - w->places.all);
	else                                     /* before the first, or between two */
		while (i + 1 < w->places.n && w->places.all[i + 1].first <= here)
			i++;
	if (turn == PACE_NEXT && (shown || w->places.all[i].first < here)) {
		if (++i == w->places.n) {
			to = &w->places.all[i - 1];
			player_jump(w->player, "past", to->exchange);
			return bundle_seek(w->bundle, w->landed = to->end);
		}
	} else if (turn == PACE_PREVIOUS && shown && i) {
		i--;
	}
	to = &w->places.all[i];
	if (w->exchange)
		w->exchange = to->exchange;
	player_jump(w->player, turn == PACE_NEXT ? "on to" : "back to", to->exchange);
	return seek_exchange(w, to->exchange, why);
}

/* ---- records ------------------------------------------------------------------------------------------------------------------------ */

static void tell_lost(struct walk *w, const struct bundle_record *record, const struct why *why)
{
	++*w->lost;
	if (w->player) {
		player_lost(w->player, record, why);
		return;
	}
	fprintf(stderr, "phigate: record %llu: ", (unsigned long long)record->seq);
	term_text(stderr, slice_str(why->text));
	fputc('\n', stderr);
}

/* The same before it was masked; of a cut the reason is shown. */
static enum rc unmask(struct walk *w, struct bundle_record *record, struct why *why)
{
	enum rc rc = strcmp(record->kind, "cut") == 0 ? RC_NOT_FOUND : bundle_original(w->bundle, &record->body, why);

	return rc == RC_NOT_FOUND ? bundle_body(w->bundle, record, why) : rc;
}

/* The record whose line was just read. */
static enum rc show(struct walk *w, struct bundle_record *record, enum pace_turn *turned)
{
	struct why why = {0};
	enum rc rc = bundle_body(w->bundle, record, &why);

	*turned = PACE_ON;
	if (rc == RC_OK && w->originals)
		rc = unmask(w, record, &why);
	if (rc == RC_IO || rc == RC_NOMEM)
		return rc;
	if (rc != RC_OK)
		tell_lost(w, record, &why);
	else if (w->player)
		*turned = player_record(w->player, record);
	else
		return replay_json(stdout, record);
	return RC_OK;
}

/* What the exchange had said before this place, at once. */
static enum rc catch_up(struct walk *w, uint64_t exchange, uint64_t here, struct why *why)
{
	const struct place *place = places_of(&w->places, exchange);
	struct bundle_record record;
	enum pace_turn turned;
	enum rc rc = bundle_seek(w->bundle, place->first);

	player_hurry(w->player, true);
	while ((rc == RC_OK || rc == RC_BAD) && bundle_tell(w->bundle) < here) {
		rc = bundle_next_line(w->bundle, &record, why);
		if (rc == RC_OK && record.exchange == exchange)
			rc = show(w, &record, &turned);
	}
	player_hurry(w->player, false);
	return rc == RC_OK || rc == RC_BAD ? bundle_seek(w->bundle, here) : rc;
}

/* It runs already where the last jump landed. */
static bool runs_before(struct walk *w, const struct bundle_record *record)
{
	const struct place *place = w->player && w->landed && record->exchange ? places_of(&w->places, record->exchange) : NULL;

	return place && place->first < w->landed && !player_follows(w->player, record->exchange);
}

/* One line of the index. RC_END: that was the last; RC_CANCELLED: the user quits. */
static enum rc step(struct walk *w, struct why *why)
{
	struct bundle_record record;
	uint64_t here = bundle_tell(w->bundle);
	enum pace_turn turned;
	enum rc rc = bundle_next_line(w->bundle, &record, why);

	if (rc == RC_BAD) {
		if (!w->exchange)
			tell_lost(w, &record, why);
		return RC_OK;
	}
	if (rc != RC_OK || (w->exchange && record.exchange != w->exchange))
		return rc;
	if (runs_before(w, &record)) {
		rc = catch_up(w, record.exchange, here, why);
		if (rc == RC_OK)
			rc = bundle_next_line(w->bundle, &record, why);
		if (rc != RC_OK)
			return rc;
	}
	rc = show(w, &record, &turned);
	if (rc == RC_OK && ferror(stdout))
		rc = RC_IO;
	if (rc != RC_OK || turned == PACE_ON)
		return rc;
	return turned == PACE_QUIT ? RC_CANCELLED : turn(w, turned, here, why);
}

/* Behind its last record nothing more comes of the only exchange that is wanted. */
static bool done(const struct walk *w)
{
	const struct place *place = w->exchange ? places_of(&w->places, w->exchange) : NULL;

	return place && bundle_tell(w->bundle) >= place->end;
}

enum rc replay_walk(struct evidence *e, const struct replay_options *options, bool json, size_t *lost, struct why *why)
{
	struct walk w = {.bundle = e->bundle, .exchange = options->exchange, .originals = options->originals, .lost = lost};
	enum rc rc = bundle_rewind(e->bundle);

	if (rc == RC_OK && (options->exchange || options->from))
		rc = learn(&w, why);
	if (rc == RC_OK && options->exchange)
		rc = seek_exchange(&w, options->exchange, why);
	if (rc == RC_OK && options->from)
		rc = bundle_rewind(e->bundle) == RC_OK ? seek_time(&w, options->from, why) : RC_NOMEM;
	if (rc == RC_OK && !json) {
		w.player = player_new(e, options, stdout);
		rc = w.player ? RC_OK : RC_NOMEM;
	}
	while (rc == RC_OK && !done(&w))
		rc = step(&w, why);
	if (w.player)
		player_end(w.player);
	player_free(w.player);
	places_free(&w.places);
	return rc == RC_END || rc == RC_CANCELLED ? RC_OK : rc;
}
