#include "qr.h"

#include <qrencode.h>
#include <stdbool.h>

#include "term.h"

#define QUIET 2                                  /* modules around the code; scanners are content with two on a screen */

static bool is_dark(const QRcode *code, int row, int column)
{
	return row >= 0 && column >= 0 && row < code->width && column < code->width && code->data[row * code->width + column] & 1;
}

enum rc qr_print(FILE *f, const char *text)
{
	static const char *const CELLS[] = {"█", "▀", "▄", " "};        /* by: lower half dark, upper half dark */
	QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);

	if (!code)
		return RC_TOO_BIG;
	if (code->width + 2 * QUIET > term_width()) {
		QRcode_free(code);
		return RC_TOO_BIG;
	}
	for (int row = -QUIET; row < code->width + QUIET; row += 2) {
		/* white on black whatever the terminal's own colours are */
		term_printf(f, STYLE_PLAIN, term_colour(f) ? "  \033[97;40m" : "  ");
		for (int column = -QUIET; column < code->width + QUIET; column++)
			fputs(CELLS[is_dark(code, row, column) * 2 + is_dark(code, row + 1, column)], f);
		fputs(term_colour(f) ? "\033[0m\n" : "\n", f);
	}
	QRcode_free(code);
	return RC_OK;
}
