#include "model.h"

#include <string.h>

#define LIKELY (-2 * MODEL_UNIT)                     /* from this sum on a word is an identifier's */

/* The assembler reads the file, which is made before. */
__asm__(".pushsection .rodata\n"
	".balign 64\n"
	"phigate_model:\n"
	".incbin \"" PHIGATE_BUILD_DIR "/model.bin\"\n"
	".popsection");
extern const int8_t phigate_model[MODEL_SLOTS][MODEL_ROW] __attribute__((visibility("hidden")));

/* The weights of a row are added four by four, each in sixteen bits of a word, as bytes that are not below 0. */
static void add_up(const struct model_signs *signs, int sum[MODEL_ROW])
{
	const uint64_t lanes = 0x00ff00ff00ff00ffULL;
	uint64_t even = 0, odd = 0;

	for (size_t i = 0; i < signs->n; i++) {
		uint64_t row = 0x8080808080808080ULL, weights;

		memcpy(&weights, phigate_model[signs->slot[i]], sizeof weights);
		row ^= weights;
		even += row & lanes;
		odd += row >> 8 & lanes;
	}
	for (size_t k = 0; k < MODEL_ROW; k++) {
		size_t lane = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? MODEL_ROW - 1 - k : k;

		sum[k] = (int)((lane % 2 ? odd : even) >> lane / 2 * 16 & 0xffff) - (int)signs->n * 0x80;
	}
}
_Static_assert(MODEL_ROW == sizeof(uint64_t) && MODEL_SIGNS * 0xff <= 0xffff, "a row is a word, and sixteen bits hold a sum");

enum model_class model_class(const struct model_signs *signs, size_t at)
{
	enum model_class best = MODEL_NAME;
	int sum[MODEL_ROW];

	(void)at;
	add_up(signs, sum);
	if (sum[MODEL_ANY] < LIKELY)
		return MODEL_ANY;
	for (enum model_class k = MODEL_CITY; k < MODEL_CLASSES; k++)
		if (sum[k] > sum[best])
			best = k;
	return best;
}

bool model_is(const struct model_signs *signs, enum model_class class, int least, size_t at)
{
	int sum = 0;

	(void)at;
	for (size_t i = 0; i < signs->n; i++)
		sum += phigate_model[signs->slot[i]][class];
	return sum > least * MODEL_UNIT;
}
