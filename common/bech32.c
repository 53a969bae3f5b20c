#include "bech32.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "wipe.h"

#define WORDS ((BECH32_BYTES * 8 + 4) / 5)       /* of five bits */
#define SUM_WORDS 6

static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

static uint32_t step(uint32_t sum, unsigned word)
{
	static const uint32_t generator[5] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
	uint32_t top = sum >> 25;

	sum = (sum & 0x1ffffff) << 5 ^ word;
	for (int i = 0; i < 5; i++)
		if (top >> i & 1)
			sum ^= generator[i];
	return sum;
}

/* Of the prefix in lower case. */
static uint32_t begin(const char *prefix)
{
	uint32_t sum = 1;

	for (const char *p = prefix; *p; p++)
		sum = step(sum, (unsigned)tolower((unsigned char)*p) >> 5);
	sum = step(sum, 0);
	for (const char *p = prefix; *p; p++)
		sum = step(sum, (unsigned)tolower((unsigned char)*p) & 31);
	return sum;
}

static bool is_upper(const char *prefix)
{
	return isupper((unsigned char)prefix[0]);
}

static void put(struct buf *out, unsigned word, bool upper)
{
	buf_putc(out, (char)(upper ? toupper((unsigned char)alphabet[word]) : alphabet[word]));
}

enum rc bech32_encode(const char *prefix, const unsigned char bytes[BECH32_BYTES], struct buf *out)
{
	uint32_t sum = begin(prefix);
	unsigned bits = 0, n_bits = 0;

	buf_puts(out, prefix);
	buf_putc(out, '1');
	for (int i = 0, at = 0; i < WORDS; i++) {
		unsigned word;

		while (n_bits < 5) {
			bits = (bits & 31) << 8 | (at < BECH32_BYTES ? bytes[at] : 0);
			at++;
			n_bits += 8;
		}
		n_bits -= 5;
		word = bits >> n_bits & 31;
		sum = step(sum, word);
		put(out, word, is_upper(prefix));
	}
	for (int i = 0; i < SUM_WORDS; i++)
		sum = step(sum, 0);
	sum ^= 1;
	for (int i = SUM_WORDS - 1; i >= 0; i--)
		put(out, sum >> 5 * i & 31, is_upper(prefix));
	return out->rc;
}

enum rc bech32_decode(struct slice text, const char *prefix, unsigned char bytes[BECH32_BYTES])
{
	size_t n = strlen(prefix);
	uint32_t sum = begin(prefix);
	unsigned bits = 0, n_bits = 0;
	size_t at = 0;

	if (text.n < n + 1 || memcmp(text.p, prefix, n) != 0 || text.p[n] != '1')
		return RC_NOT_FOUND;
	if (text.n != n + 1 + WORDS + SUM_WORDS)
		return RC_BAD;
	for (size_t i = 0; i < WORDS + SUM_WORDS; i++) {
		char c = text.p[n + 1 + i], lower = (char)tolower((unsigned char)c);
		const char *found = c && (isdigit((unsigned char)c) || !isupper((unsigned char)c) == !is_upper(prefix)) ? strchr(alphabet, lower) : NULL;

		if (!found)
			goto bad;
		sum = step(sum, (unsigned)(found - alphabet));
		if (i >= WORDS)
			continue;
		bits = (bits << 5 | (unsigned)(found - alphabet)) & 0xfff;
		n_bits += 5;
		if (n_bits >= 8) {
			n_bits -= 8;
			bytes[at++] = (unsigned char)(bits >> n_bits);
		}
	}
	if (sum == 1 && !(bits & ((1u << n_bits) - 1)))
		return RC_OK;
bad:
	wipe(bytes, BECH32_BYTES);
	return RC_BAD;
}
