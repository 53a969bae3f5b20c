/* Whole texts as masking reads them, for rules on prompts. */
#include <stdlib.h>
#include <utf8proc.h>

#include "mask.h"
#include "reading.h"
#include "utf8.h"

/* Tag characters and the invisible ones first, for NFKC knows nothing of them. */
static enum rc strip(struct slice text, struct buf *out)
{
	for (size_t i = 0; i < text.n;) {
		uint32_t parts[READING_PER_CHARACTER], c;
		int n = utf8_decode(text.p + i, text.n - i, &c), count;
		char bytes[4];

		if (n <= 0) {
			buf_add(out, "\xef\xbf\xbd", 3);         /* no character: U+FFFD */
			i++;
			continue;
		}
		if (c < 0x80) {
			buf_putc(out, (char)c);
			i++;
			continue;
		}
		count = c >= 0xe0020 && c <= 0xe007e ? reading_character(c, false, false, parts) : reading_character(c, false, false, parts) ? -1 : 0;
		if (count < 0)
			buf_add(out, text.p + i, (size_t)n);
		else if (count > 0)
			buf_add(out, bytes, (size_t)utf8_encode(parts[0], bytes));
		i += (size_t)n;
	}
	return out->rc;
}

static enum rc fold(struct slice text, struct buf *out)
{
	for (size_t i = 0; i < text.n;) {
		uint32_t parts[READING_PER_CHARACTER], c;
		int n = utf8_decode(text.p + i, text.n - i, &c);
		int count = n > 0 ? reading_character(c, true, true, parts) : 0;
		char bytes[4];

		for (int k = 0; k < count; k++)
			buf_add(out, bytes, (size_t)utf8_encode(parts[k], bytes));
		i += n > 0 ? (size_t)n : 1;
	}
	return out->rc;
}

/* ASCII is read as it is, whatever the reading. */
static bool is_ascii(struct slice text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] & 0x80)
			return false;
	return true;
}

enum rc mask_normalize(struct slice text, bool confusables, struct buf *out)
{
	utf8proc_uint8_t *nfkc = NULL;
	utf8proc_ssize_t n;
	struct buf visible;
	enum rc rc;

	if (is_ascii(text))
		return buf_add_slice(out, text);
	buf_init(&visible, BUF_MAX_DEFAULT * 2);
	rc = strip(text, &visible);
	if (rc == RC_OK) {
		n = utf8proc_map((const utf8proc_uint8_t *)(visible.data ? visible.data : ""), (utf8proc_ssize_t)visible.len, &nfkc,
				 UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT);
		if (n < 0)
			rc = n == UTF8PROC_ERROR_NOMEM ? RC_NOMEM : RC_BAD;
		else if (confusables)
			rc = fold((struct slice){(char *)nfkc, (size_t)n}, out);
		else
			rc = buf_add(out, nfkc, (size_t)n);
	}
	free(nfkc);
	buf_free(&visible);
	return rc;
}
