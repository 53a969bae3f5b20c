/* The rules of masking in words: see mask_because() in mask.h. */
#ifndef PHIGATE_MASK_REASONS_H
#define PHIGATE_MASK_REASONS_H

#include <stdbool.h>

bool reasons_label(const char *rule);            /* does what stands before decide? */

#endif
