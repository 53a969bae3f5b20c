/* The shape of an answer: which JSON paths hold text that goes on from one stream event to the next, which fields are the
 * protocol's own, and which are dropped when text was changed. Read from a dialect's YAML (dialect.h). */
#ifndef PHIGATE_MASK_SHAPE_H
#define PHIGATE_MASK_SHAPE_H

#include <stddef.h>

enum framing { FRAMING_JSON, FRAMING_SSE, FRAMING_NDJSON, FRAMING_TEXT };

struct answer_shape;      /* answer's owner decides what is in it */

#endif
