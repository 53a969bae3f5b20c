#include "pace.h"

#include <stdio.h>

#include "clock.h"
#include "keypress.h"

#define TOLD_S 1                                 /* a pause that is cut by less is not told of */
#define NOTE_NS (NS_PER_S / 2)                   /* for so long at least a new speed is shown */
#define HELP "space goes on · . one step · ← → exchanges · + - speed · q quits"

static const double speeds[] = {0.125, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64};
#define SPEEDS (sizeof speeds / sizeof *speeds)

double pace_faster(double speed)
{
	for (size_t i = 0; i < SPEEDS && speed > 0; i++)
		if (speeds[i] > speed)
			return speeds[i];
	return 0;
}

double pace_slower(double speed)
{
	for (size_t i = SPEEDS; i-- > 0;)
		if (speeds[i] < speed || speed <= 0)
			return speeds[i];
	return speed;
}

int64_t pace_wait_ns(const struct pace *p, int64_t real_ns, bool *cut)
{
	double wait_s;

	*cut = false;
	if (p->speed <= 0 || real_ns <= 0)
		return 0;
	wait_s = (double)real_ns / NS_PER_S / p->speed;
	if (p->max_pause_s < 0 || wait_s <= p->max_pause_s)
		return wait_s < 1e9 ? (int64_t)(wait_s * NS_PER_S) : NS_PER_S * 1000000000LL;
	*cut = p->max_pause_s > 0 && wait_s > p->max_pause_s + TOLD_S;
	return (int64_t)(p->max_pause_s * NS_PER_S);
}

static void note_speed(const struct pace *p, struct screen *s)
{
	char text[64];

	if (p->speed > 0)
		snprintf(text, sizeof text, "speed %gx", p->speed);
	else
		snprintf(text, sizeof text, "without waiting");
	screen_note(s, text);
}

/* What is left to wait, at the new speed, and long enough for the note to be read. */
static int64_t at_speed(struct pace *p, struct screen *s, double speed, int64_t left_ns)
{
	double before = p->speed;

	p->speed = speed;
	note_speed(p, s);
	left_ns = speed > 0 && before > 0 ? (int64_t)((double)left_ns * before / speed) : 0;
	return left_ns > NOTE_NS ? left_ns : NOTE_NS;
}

enum pace_turn pace_wait(struct pace *p, struct screen *s, int64_t wait_ns)
{
	enum pace_turn turn = PACE_ON;
	bool waits = true;

	while (waits) {
		int64_t began_ns = clock_mono_ns();
		enum key key;

		if (p->paused)
			screen_note(s, "paused · " HELP);
		key = keypress_wait(p->paused ? -1 : wait_ns);
		if (!p->paused)
			wait_ns -= clock_mono_ns() - began_ns;
		switch (key) {
		case KEY_NONE:
			waits = p->paused;
			break;
		case KEY_PAUSE:
			p->paused = !p->paused;
			break;
		case KEY_HELP:
			p->paused = true;
			break;
		case KEY_STEP:
			waits = !p->paused;
			p->paused = true;
			break;
		case KEY_FASTER:
			wait_ns = at_speed(p, s, pace_faster(p->speed), wait_ns);
			break;
		case KEY_SLOWER:
			wait_ns = at_speed(p, s, pace_slower(p->speed), wait_ns);
			break;
		case KEY_NEXT: case KEY_PREVIOUS: case KEY_QUIT:
			turn = key == KEY_NEXT ? PACE_NEXT : key == KEY_PREVIOUS ? PACE_PREVIOUS : PACE_QUIT;
			waits = false;
			break;
		}
		if (wait_ns < 0)
			wait_ns = 0;
	}
	screen_note(s, NULL);
	return turn;
}
