/* The protocol's own values: which of them pass as they are. Because some models can write their own ids, none passes unseen. */
#ifndef PHIGATE_MASK_PLAIN_H
#define PHIGATE_MASK_PLAIN_H

#include "text.h"

#define PLAIN_MAX 64

bool plain_word(const struct text_rules *shared, struct slice v);    /* a name or an id that holds no number or code */
bool plain_time(struct slice v);                                     /* RFC 3339, as servers stamp their answers */
bool plain_vector(struct slice v);                                   /* base64 of 32-bit floats of an embedding */

#endif
