/* How a text is read before anything is looked for: NFKC without marks, zero-width and invalid bytes passed over, tag characters and
 * look-alikes as Latin letters, HTML character references as what they stand for, mark-up inside numbers and words (markup.h) as nothing.
 * Each read unit knows the bytes that it came from. */
#ifndef PHIGATE_MASK_READING_H
#define PHIGATE_MASK_READING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define READING_MAX 2048                         /* bytes of one window */
#define READING_UNITS (READING_MAX * 2)          /* one character may be read as several units */
#define READING_BEHIND 16                        /* bytes that may be looked at together from the last unit on */

struct reading {
	const char *window;                      /* borrowed */
	size_t n;
	bool final;                              /* nothing follows the window */
	uint16_t before;                         /* the unit that was read before the window; 0: none */
	bool plain;                              /* each unit comes from one byte: at[i] is i */
	uint16_t c[READING_UNITS + 1];           /* what is read; 0 behind the last */
	unsigned char ascii[READING_UNITS + READING_BEHIND];     /* the same in a byte each, for words; 0x80: not of ASCII. 0 behind the last */
	uint16_t at[READING_UNITS + 1];          /* offset of the bytes that it came from; of c[n]: where reading stopped */
};

/* Read window[n], behind the unit before (0: none). Unless it is final, what its end cuts is left for the next time: a character, a
 * reference, mark-up. */
void reading_make(struct reading *r, uint16_t before, const char *window, size_t n, bool final);

/* Where the bytes of the character that ends before unit i end, in the window that was read. What is passed over behind it does not
 * count: how much of that is there already depends on where the text was cut. */
size_t reading_end(const struct reading *r, const char *window, size_t i);

/* One character as it is read: writes up to 18 characters, returns how many (0: it is passed over). confusables: look-alikes, too. */
#define READING_PER_CHARACTER 18
int reading_character(uint32_t c, bool confusables, bool strip_marks, uint32_t out[READING_PER_CHARACTER]);

bool reading_is_letter(uint16_t c);
bool reading_is_upper(uint16_t c);

#endif
