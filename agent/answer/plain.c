#include "plain.h"

#include <math.h>
#include <string.h>

#include "encode.h"

static bool is_word_byte(char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || (c && strchr("._:/@-", c));
}

/* Bytes of words, and those of also; and nothing in them that is a secret or an identifier. */
static bool is_plain(const struct text_rules *shared, struct slice v, const char *also)
{
	if (v.n > PLAIN_MAX)
		return false;
	for (size_t i = 0; i < v.n; i++)
		if (!is_word_byte(v.p[i]) && (!v.p[i] || !strchr(also, v.p[i])))
			return false;
	if (shared->credential.n && memmem(v.p, v.n, shared->credential.p, shared->credential.n))
		return false;
	return !mask_finds_code(shared->engine, v);
}

bool plain_title(const struct text_rules *shared, struct slice v)
{
	return is_plain(shared, v, " ()+,&");
}

bool plain_word(const struct text_rules *shared, struct slice v)
{
	struct plain_words *words = shared->words;

	for (size_t i = 0; words && i < PLAIN_KNOWN; i++)
		if (v.n == words->known[i].n && memcmp(v.p, words->known[i].word, v.n) == 0)
			return true;                     /* an empty one, too */
	if (!is_plain(shared, v, ""))
		return false;
	if (words) {
		words->known[words->next].n = (uint8_t)v.n;
		memcpy(words->known[words->next].word, v.p, v.n);
		words->next = (words->next + 1) % PLAIN_KNOWN;
	}
	return true;
}

bool plain_time(struct slice v)
{
	static const char form[] = "0000-00-00T00:00:00";

	if (v.n < sizeof form - 1 || v.n > 40)
		return false;
	for (size_t i = 0; i < sizeof form - 1; i++)
		if (form[i] == '0' ? v.p[i] < '0' || v.p[i] > '9' : v.p[i] != form[i])
			return false;
	for (size_t i = sizeof form - 1; i < v.n; i++)
		if (!v.p[i] || !strchr("0123456789.:+-Z", v.p[i]))
			return false;
	return true;
}

/* Text that is read so gives numbers far out of an embedding's range. */
bool plain_vector(struct slice v)
{
	struct buf raw;
	bool fits;

	buf_init(&raw, v.n + 1);
	fits = v.n > 0 && base64_decode(v, &raw) == RC_OK && raw.len % 4 == 0;
	for (size_t i = 0; fits && i < raw.len; i += 4) {
		const unsigned char *b = (const unsigned char *)raw.data + i;
		uint32_t bits = (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
		float f;

		memcpy(&f, &bits, sizeof f);
		fits = isfinite(f) && fabsf(f) < 1e4f;
	}
	buf_free(&raw);
	return fits;
}
