/* How fast time passes in a replay: the speed, the longest pause, and the keys that change what happens while it waits. */
#ifndef PHIGATE_CLI_PACE_H
#define PHIGATE_CLI_PACE_H

#include "replay_screen.h"

enum pace_turn { PACE_ON, PACE_NEXT, PACE_PREVIOUS, PACE_QUIT };

struct pace {
	double speed;                            /* 1 as it was, 2 twice as fast, 0 without waiting */
	double max_pause_s;                      /* longer pauses are cut to it; negative: none is */
	bool keys;                               /* somebody may press some */
	bool paused;
};

/* How long to wait where real_ns passed in the session. *cut: that is much less than the speed would have it, so it should be said. */
int64_t pace_wait_ns(const struct pace *p, int64_t real_ns, bool *cut);

/* Waits so long, or for as long as it is paused. What is shown of that goes away with the waiting. */
enum pace_turn pace_wait(struct pace *p, struct screen *s, int64_t wait_ns);

/* The next speed up and down; the fastest is 0. */
double pace_faster(double speed);
double pace_slower(double speed);

#endif
