#include "dictionary.h"

/* The assembler reads the file, which is made before. */
__asm__(".pushsection .rodata\n"
	".balign 64\n"
	"phigate_dictionary:\n"
	".incbin \"" PHIGATE_BUILD_DIR "/dictionary.bin\"\n"
	".popsection");
extern const uint32_t phigate_dictionary[DICTIONARY_SLOTS] __attribute__((visibility("hidden")));

unsigned int dictionary_find(uint64_t hash)
{
	uint32_t mark = dictionary_mark(hash);

	for (size_t at = dictionary_slot(hash); phigate_dictionary[at]; at = (at + 1) & (DICTIONARY_SLOTS - 1))
		if ((phigate_dictionary[at] & ~0xffU) == mark)
			return phigate_dictionary[at] & 0xff;
	return 0;
}
