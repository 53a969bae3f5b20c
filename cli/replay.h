/* What the files of `phigate replay` share: the command (replay.c), the way through the records (replay_walk.c), the session as people see it
 * (replay_head.c, replay_play.c), and as JSON (replay_json.c). */
#ifndef PHIGATE_CLI_REPLAY_H
#define PHIGATE_CLI_REPLAY_H

#include "evidence.h"
#include "pace.h"
#include "replay_screen.h"

struct replay_options {
	double speed;                            /* 1 as it was, 2 twice as fast, 0 without waiting */
	double max_pause_s;                      /* longer pauses are cut to it; negative: none is */
	uint64_t exchange;                       /* 0: all */
	const struct replay_time *from;          /* NULL: from the beginning */
	bool originals;                          /* what was there before masking, where the recording keeps it */
	bool keys;                               /* somebody may press some (keypress.h) */
};

/* A time that somebody typed: "90s" after the session's beginning, "21:08" or "21:08:20" of its day or the next, in UTC, or RFC 3339. */
struct replay_time {
	enum { REPLAY_AFTER, REPLAY_CLOCK, REPLAY_AT } how;
	int64_t ns;                              /* since the beginning; since midnight; since 1970 */
};
enum rc replay_time_parse(const char *text, struct replay_time *out) MUST_USE;   /* RC_BAD */

/* What session.json says of the whole session, and the verdict. */
void replay_head(struct screen *s, const struct evidence *e);

/* The records that the options want, one after the other: to people, or as JSON on stdout. *lost counts those that cannot be shown. RC_NOT_FOUND:
 * there is no such exchange or time; RC_IO: the output cannot be written, or the file not be read. */
enum rc replay_walk(struct evidence *e, const struct replay_options *options, bool json, size_t *lost, struct why *why) MUST_USE;

struct player;

/* Begins with who, when, where from and what for, as session.json says. NULL: no memory. */
struct player *player_new(const struct evidence *evidence, const struct replay_options *options, FILE *f);
void player_free(struct player *p);

/* The next record, at its time. But for PACE_ON a key was pressed, and not all of it was shown. */
enum pace_turn player_record(struct player *p, const struct bundle_record *record);
void player_lost(struct player *p, const struct bundle_record *record, const struct why *why);    /* one that cannot be shown */
void player_end(struct player *p);

/* What comes next is not what followed: all exchanges that run are forgotten. Says so: "… words #exchange". */
void player_jump(struct player *p, const char *words, uint64_t exchange);
bool player_follows(struct player *p, uint64_t exchange);        /* it has seen its beginning, and not its end */
void player_hurry(struct player *p, bool hurries);               /* from here on nothing waits, or all again */
uint64_t player_shown(const struct player *p);                   /* the exchange that was shown last; 0: none */

/* One line: {"seq","time","mono_ns","kind","exchange","body"}. What a terminal might obey is escaped. RC_IO. */
enum rc replay_json(FILE *f, const struct bundle_record *record) MUST_USE;

#endif
