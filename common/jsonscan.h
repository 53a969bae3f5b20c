/* JSON (RFC 8259) read as a stream: one token at a time, the input cut anywhere. It builds nothing and allocates nothing; at most
 * 64 deep. For the data path; json.h is for configuration-sized documents. */
#ifndef PHIGATE_JSONSCAN_H
#define PHIGATE_JSONSCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSONSCAN_DEPTH 64

enum json_token {
	JSON_MORE,               /* all input is used */
	JSON_BAD,                /* no JSON from here on; nothing was consumed by this call */
	JSON_SPACE,
	JSON_OBJECT, JSON_OBJECT_END, JSON_ARRAY, JSON_ARRAY_END, JSON_COLON, JSON_COMMA,
	JSON_KEY, JSON_STRING,   /* the opening quote */
	JSON_RUN,                /* characters that stand for themselves, all valid UTF-8 */
	JSON_CHAR,               /* one escape, or one character that the input's end had cut: see raw, text and flaw */
	JSON_STRING_END,         /* the closing quote, of a key too */
	JSON_NUMBER,             /* a piece of a number */
	JSON_NUMBER_END,         /* no bytes: the number before is whole */
	JSON_LITERAL,            /* a piece of true, false or null */
	JSON_LITERAL_END,        /* its last piece */
};

enum json_flaw { JSON_SOUND, JSON_LONE_SURROGATE, JSON_NOT_UTF8 };

/* All zero is the beginning of a text. May be copied at any time, to look ahead. */
struct jsonscan {
	uint8_t state, number, n_part, n_used, n_text;
	uint8_t depth;           /* arrays and objects that are open */
	bool key;                /* the string being read is a key */
	char literal;            /* 't', 'f' or 'n' */
	uint8_t literal_at;
	uint8_t flaw;            /* JSON_CHAR: enum json_flaw; the text is then U+FFFD */
	uint64_t objects;        /* for each level, is it an object? */
	char part[12];
	char text[4];            /* JSON_CHAR: what it stands for, text[n_text] */
};

/* The next token of in[*at..n). *at moves behind it; the token's bytes lie between, but for JSON_CHAR, whose bytes are
 * jsonscan_raw(), as they may have begun in an earlier input. */
enum json_token jsonscan_next(struct jsonscan *s, const char *in, size_t n, size_t *at);

/* JSON_CHAR: its bytes as written. Valid until the next call. */
const char *jsonscan_raw(const struct jsonscan *s, size_t *n);

/* The input has ended: was it one whole value? A number at the top ends only here. */
bool jsonscan_whole(const struct jsonscan *s);

bool jsonscan_done(const struct jsonscan *s);            /* the value is complete, only white space may follow */
bool jsonscan_in_object(const struct jsonscan *s);       /* the innermost open level is an object */

/* How many bytes of p[n] are characters that stand for themselves in a string, all valid UTF-8, before the first that is not. DEL does stand for
 * itself, but ends the run, too, for who writes JSON escapes it. */
size_t jsonscan_plain(const char *p, size_t n);

#endif
