/* Masks as they stand in text that was recorded. A model can write such words, too: for the eyes only. */
#ifndef PHIGATE_CLI_MASKED_H
#define PHIGATE_CLI_MASKED_H

#include <stdbool.h>
#include <stddef.h>

#define MASKED_MAX ((size_t)64)                  /* longer ones are none */

/* The length of a mask, "[NAME]" or "[NAME-3]", at p; 0: there is none. *cut: p[n] ends within what may become one. */
size_t masked_at(const char *p, size_t n, bool *cut);

/* Of its entity: "NAME". */
size_t masked_entity(const char *mask, size_t n);

#endif
