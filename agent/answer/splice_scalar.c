/* Numbers and literals of JSON. */
#include <string.h>

#include "splice_private.h"

#define INTEGER_MAX 40                           /* digits; a longer number is no identifier */
#define PADDED_MAX 2                             /* zeros that an exponent puts behind the digits of an identifier */
#define NUMBER_DIGITS 7                          /* from here on a number is looked at whatever its key */
#define NUMBER_LABELLED 4
#define COUNT_MAX 15                             /* digits of a count of tokens; a longer number is none */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t digits_at(struct slice s, size_t at)
{
	size_t n = 0;

	while (at + n < s.n && is_digit(s.p[at + n]))
		n++;
	return n;
}

/* An age over 89, perhaps. */
static bool may_be_old(const char *digits, size_t n)
{
	return (n == 2 && digits[0] == '9') || (n == 3 && digits[0] == '1' && digits[1] <= '2');
}

/* The digits of a number's integer, without its sign: of 5.36228741e8, too. room of INTEGER_MAX. Returns how many there are; more than
 * INTEGER_MAX are not written. */
static size_t integer_of(struct slice number, char *room)
{
	size_t at = *number.p == '-', n = digits_at(number, at), more, exponent = 0;
	const char *fraction;

	if (n > INTEGER_MAX)
		return n;
	memcpy(room, number.p + at, n);
	at += n;
	n -= n == 1 && *room == '0';                     /* 0.536228741e9 */
	at += at < number.n && number.p[at] == '.';
	fraction = number.p + at;
	more = digits_at(number, at);
	at += more;
	while (more && fraction[more - 1] == '0')
		more--;
	at += at < number.n;                             /* the letter */
	at += at < number.n && number.p[at] == '+';
	for (; at < number.n && is_digit(number.p[at]) && exponent <= INTEGER_MAX; at++)
		exponent = 10 * exponent + (size_t)(number.p[at] - '0');
	if (exponent > more + PADDED_MAX || n + exponent > INTEGER_MAX)
		return n;
	for (size_t i = 0; i < exponent; i++)
		room[n++] = i < more ? fraction[i] : '0';
	return n;
}

/* What must stand in the place of the number at depth, in put or as it is returned; NULL when it may stay. */
static const char *number_for(const struct splice *s, int depth, struct buf *put, struct mask_span *span)
{
	struct slice number = {s->scalar.data, s->scalar_n};
	char integer[INTEGER_MAX];
	const char *plain = "0";
	struct buf before;
	size_t n;

	if (s->shared->tokens || !s->number || (s->role != ROLE_ANY && s->role != ROLE_TEXT))
		return NULL;
	n = integer_of(number, integer);
	if (n > INTEGER_MAX)
		return NULL;
	if (n < NUMBER_DIGITS && (!s->key.len || (n < NUMBER_LABELLED && (*number.p == '-' || !may_be_old(integer, n)))))
		return NULL;
	if (splice_string_label(s, depth, &before) == RC_OK) {
		struct slice digits = {integer, n};

		plain = mask_number(s->shared->engine, s->shared->counts, buf_slice(&before), digits, span);
		if (plain && (s->depth > 0 || s->place == PATH_NONE))    /* where the protocol asks for a number, it gets one */
			mask_number_token(s->shared->engine, s->shared->scope, buf_slice(&before), digits, put);
	}
	buf_free(&before);
	return put->len ? put->data : plain;
}

/* A count of tokens, where the dialect says that one stands here. */
static void note_usage(struct splice *s)
{
	int kind = s->shared->usage && s->shape && s->place != PATH_NONE ? paths_mark(s->shape->paths, s->place, SHAPE_USAGE) : -1;
	uint64_t value = 0;

	if (kind < 0 || !s->number || s->scalar_n > COUNT_MAX)
		return;
	for (size_t i = 0; i < s->scalar_n; i++) {
		if (s->scalar.data[i] < '0' || s->scalar.data[i] > '9')
			return;
		value = 10 * value + (uint64_t)(s->scalar.data[i] - '0');
	}
	s->shared->usage->known = true;
	if (value > s->shared->usage->tokens[kind])
		s->shared->usage->tokens[kind] = value;
}

static void decide_scalar(struct splice *s, int depth)
{
	struct text_spans *spans = s->shared->spans;
	struct mask_span span;
	struct buf token;
	const char *put;

	buf_init(&token, 1024);
	put = number_for(s, depth, &token, &span);
	note_usage(s);
	s->scalar_masked = put != NULL;
	if (put) {
		if (spans)
			spans->now = &span;
		splice_replace(s, s->scalar_n, slice_str(put));
		if (spans)
			spans->now = NULL;
		splice_copy(s, s->scalar.len - s->scalar_n);
	} else {
		splice_copy(s, s->scalar.len);
	}
	buf_free(&token);
}

enum rc splice_scalar_bytes(struct splice *s, struct slice bytes, bool number)
{
	size_t room, n;
	enum rc rc = RC_OK;

	if (s->scalar_state == SCALAR_NONE) {
		rc = splice_value_begin(s, s->scan.depth, KIND_SCALAR);
		s->scalar_state = SCALAR_OPEN;
		s->number = number;
		s->scalar_n = 0;
		s->scalar_long = false;
	}
	room = s->scalar_long ? 0 : SCALAR_MAX - s->scalar.len;
	n = bytes.n < room ? bytes.n : room;
	if (rc == RC_OK)
		rc = buf_add(&s->scalar, bytes.p, n);
	s->scalar_n += n;
	if (rc != RC_OK || n == bytes.n)
		return rc;
	if (!s->scalar_long)
		decide_scalar(s, s->scan.depth);
	s->scalar_long = true;
	if (s->scalar_masked)
		splice_replace(s, bytes.n - n, (struct slice){0});
	else
		splice_copy(s, bytes.n - n);
	return RC_OK;
}

/* What follows shows that the scalar before is one. depth: of the level that it stands in. */
enum rc splice_scalar_end(struct splice *s, int depth)
{
	if (s->scalar_state == SCALAR_NONE)
		return RC_OK;
	if (!s->scalar_long)
		decide_scalar(s, depth);
	buf_clear(&s->scalar);
	s->scalar_state = SCALAR_NONE;
	return splice_value_end(s, depth);
}

enum rc splice_scalar_space(struct splice *s, struct slice bytes)
{
	enum rc rc = RC_OK;

	if (s->scalar_state == SCALAR_DONE && !s->scalar_long && s->scalar.len + bytes.n <= SCALAR_MAX)
		return buf_add_slice(&s->scalar, bytes);
	rc = splice_scalar_end(s, s->scan.depth);
	splice_copy(s, bytes.n);
	return rc;
}

