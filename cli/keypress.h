/* Keys that are pressed while something is shown: on a terminal each at once, without Enter and without echo. Ctrl-C and its like keep their
 * meaning. For one command at a time. */
#ifndef PHIGATE_CLI_KEYPRESS_H
#define PHIGATE_CLI_KEYPRESS_H

#include <stdbool.h>
#include <stdint.h>

enum key { KEY_NONE, KEY_PAUSE, KEY_STEP, KEY_NEXT, KEY_PREVIOUS, KEY_FASTER, KEY_SLOWER, KEY_HELP, KEY_QUIT };

/* What a terminal sends, byte by byte: a key is mostly one byte, an arrow an escape sequence (ECMA-48, 5.4). All zero at first. */
struct keypress_scan {
	enum { KEYPRESS_PLAIN, KEYPRESS_ESCAPE, KEYPRESS_SEQUENCE } state;
};
enum key keypress_scan(struct keypress_scan *s, char c);         /* KEY_NONE: it means nothing, or not yet */

/* From here on keys count, when standard input and output are a terminal's foreground. False: they are not, and only keypress_wait() may be
 * called, which then waits. The terminal is put back by keypress_end(), and by every signal that ends or stops the program. */
bool keypress_begin(void);
void keypress_end(void);                                     /* harmless when there are none */

/* The next key within so long; negative: for as long as it takes. KEY_NONE: none came. KEY_QUIT also when the terminal is gone. */
enum key keypress_wait(int64_t wait_ns);

#endif
