/* Purposes of use, as HL7 codes them (v3 code system ActReason, value set PurposeOfUse): why somebody asks for patients' data. */
#ifndef PHIGATE_PURPOSE_H
#define PHIGATE_PURPOSE_H

#include <stdbool.h>
#include <stddef.h>

#include "rc.h"

#define PURPOSE_ALL "TREAT, HPAYMT, HOPERAT, HRESCH"

/* The code itself, static, or NULL where there is none such. */
const char *purpose_code(const char *code);
const char *purpose_meaning(const char *code);           /* "treatment"; NULL where there is none such */
const char *purpose_nth(size_t i);                       /* the codes that there are; NULL after the last */

/* RC_BAD names those that there are. code: NULL is no mistake. */
enum rc purpose_check(const char *code, struct why *why) MUST_USE;

#endif
