#include "dialect_builtin.h"

/* The assembler reads the files, from the project's root. */
#define BUILTIN(name) \
	__asm__(".pushsection .rodata\n" \
		".global phigate_dialect_" #name "\n.global phigate_dialect_" #name "_end\n" \
		"phigate_dialect_" #name ":\n.incbin \"config/dialects/" #name ".yaml\"\n" \
		"phigate_dialect_" #name "_end:\n.byte 0\n.popsection"); \
	extern const char phigate_dialect_##name[], phigate_dialect_##name##_end[]

BUILTIN(anthropic);
BUILTIN(kserve);
BUILTIN(llamacpp);
BUILTIN(ollama);
BUILTIN(openai);
BUILTIN(tgi);

#define ROW(name) {#name, phigate_dialect_##name, phigate_dialect_##name##_end}

const struct dialect_builtin dialect_builtin[] = {
	ROW(anthropic), ROW(kserve), ROW(llamacpp), ROW(ollama), ROW(openai), ROW(tgi), {NULL, NULL, NULL},
};
