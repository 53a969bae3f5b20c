/* What the files of `phigate replay` share: the command (replay.c), the session as people see it
 * (replay_head.c, replay_play.c), and as JSON (replay_json.c). */
#ifndef PHIGATE_CLI_REPLAY_H
#define PHIGATE_CLI_REPLAY_H

#include "evidence.h"
#include "replay_screen.h"

struct replay_options {
	double speed;                            /* 1 as it was, 2 twice as fast, 0 without waiting */
	double max_pause_s;                      /* longer pauses are cut to it; negative: none is */
	uint64_t exchange;                       /* 0: all */
};

/* What session.json says of the whole session, and the verdict. */
void replay_head(struct screen *s, const struct evidence *e);

struct player;

/* Begins with who, when, where from and what for, as session.json says. NULL: no memory. */
struct player *player_new(const struct evidence *evidence, const struct replay_options *options, FILE *f);
void player_free(struct player *p);

/* The next record, at its time. */
void player_record(struct player *p, const struct bundle_record *record);
void player_lost(struct player *p, const struct bundle_record *record, const struct why *why);    /* one that cannot be shown */
void player_end(struct player *p);

/* One line: {"seq","time","mono_ns","kind","exchange","body"}. What a terminal might obey is escaped. RC_IO. */
enum rc replay_json(FILE *f, const struct bundle_record *record) MUST_USE;

#endif
