/* QR codes on a terminal (ISO/IEC 18004, by libqrencode). */
#ifndef PHIGATE_CLI_QR_H
#define PHIGATE_CLI_QR_H

#include <stdio.h>

#include "rc.h"

/* Two modules a character cell, light on dark, with a quiet zone. RC_TOO_BIG: the text does not fit the terminal. */
enum rc qr_print(FILE *f, const char *text) MUST_USE;

#endif
