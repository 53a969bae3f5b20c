#include "dictionary.h"

/* The assembler reads the file, which is made before. */
__asm__(".pushsection .rodata\n"
	".balign 64\n"
	"phigate_dictionary:\n"
	".incbin \"" PHIGATE_BUILD_DIR "/dictionary.bin\", 0, 2097152\n"
	".globl phigate_names\n"
	".hidden phigate_names\n"
	"phigate_names:\n"
	".incbin \"" PHIGATE_BUILD_DIR "/dictionary.bin\", 2097152\n"
	".popsection");
_Static_assert(DICTIONARY_SLOTS * sizeof(uint32_t) == 2097152, "where the filter begins");
extern const uint32_t phigate_dictionary[DICTIONARY_SLOTS] __attribute__((visibility("hidden")));

unsigned int dictionary_find(uint64_t hash)
{
	uint32_t mark = dictionary_mark(hash);

	for (size_t at = dictionary_slot(hash); phigate_dictionary[at]; at = (at + 1) & (DICTIONARY_SLOTS - 1))
		if ((phigate_dictionary[at] & ~0xffU) == mark)
			return phigate_dictionary[at] & 0xff;
	return 0;
}
