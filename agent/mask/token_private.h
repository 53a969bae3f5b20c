/* What the files of tokens share. */
#ifndef PHIGATE_MASK_TOKEN_PRIVATE_H
#define PHIGATE_MASK_TOKEN_PRIVATE_H

#include "token.h"

#define TOKEN_SHOWN_MAX 8

/* What a token says. */
struct token_name {
	const char *kind;
	uint32_t number;
	char variant;                    /* 'b' and on; 0: none */
	bool coded;                      /* written in percent-encoding, as in an address: so is its value */
	size_t shown_n;
	char shown[TOKEN_SHOWN_MAX];
};

/* ---- token_form.c: how a token is written, and what models make of it ---- */

enum token_match { TOKEN_NONE, TOKEN_BEGUN, TOKEN_WHOLE };

/* Does text begin with a token of one of these kinds? TOKEN_BEGUN: it may, when more has come. It depends on the bytes alone, and on no
 * more of them than the token has. *n: how many those are. Read are also other cases, Markdown around and inside of it, backslashes,
 * other dashes, spaces or underscores in the place of its hyphen, full-width brackets, and percent-encoding. */
enum token_match token_match(const char *const *kinds, size_t n_kinds, struct slice text, struct token_name *name, size_t *n);

/* The next byte from at on with which a token may begin; text.n: none. */
size_t token_begins(struct slice text, size_t at);

/* ---- token.c ---- */
size_t token_map_count(struct token_map *map);
/* The kinds that have tokens: an array for the caller to free, its texts are the map's. NULL: no memory. */
const char **token_map_kinds(struct token_map *map, size_t *n);
/* Append the value of one of the first n tokens; false: there is no such token. */
bool token_map_value(struct token_map *map, size_t n, const struct token_name *name, struct buf *out);

/* ---- token_stream.c ---- */
/* Append a whole text with the values of all tokens in it. */
enum rc token_map_read(struct token_map *map, struct slice text, struct buf *out) MUST_USE;

#endif
