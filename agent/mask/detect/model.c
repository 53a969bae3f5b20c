#include "model.h"

#define LIKELY (-MODEL_UNIT)                     /* from this sum on a word is an identifier's */

/* The assembler reads the file, which is made before. */
__asm__(".pushsection .rodata\n"
	".balign 64\n"
	"phigate_model:\n"
	".incbin \"" PHIGATE_BUILD_DIR "/model.bin\"\n"
	".popsection");
extern const int8_t phigate_model[MODEL_SLOTS][MODEL_ROW] __attribute__((visibility("hidden")));

enum model_class model_class(const struct model_signs *signs, size_t at)
{
	int sum[MODEL_ROW] = {0};
	enum model_class best = MODEL_NAME;

	(void)at;
	for (size_t i = 0; i < signs->n; i++)
		for (int k = 0; k < MODEL_ROW; k++)
			sum[k] += phigate_model[signs->slot[i]][k];
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
