/* A report written once, as Markdown or as one HTML page that loads and runs nothing (page.h). Text that others wrote reaches it through
 * document_text() and cells only, where it can neither hide nor become markup. */
#ifndef PHIGATE_CLI_DOCUMENT_H
#define PHIGATE_CLI_DOCUMENT_H

#include <stdio.h>

#include "markup.h"

struct document {
	FILE *f;
	bool html;
	struct markup markup;
	struct buf escaped;
	size_t columns;                          /* of the table that is open */
};

/* Our own words, all of them: title, heading, hint. */
void document_begin(struct document *d, FILE *f, bool html, const char *kind, const char *title);
enum rc document_end(struct document *d, const char *foot) MUST_USE;     /* RC_IO, RC_NOMEM */

/* look: "good", "warn" or "bad" */
void document_verdict(struct document *d, const char *look, const char *head);   /* then document_text(), and */
void document_verdict_end(struct document *d);

void document_section(struct document *d, const char *heading, const char *hint);        /* hint may be NULL */
void document_section_end(struct document *d);
void document_text(struct document *d, const char *text);                /* of others; NULL: nothing */
void document_figures(struct document *d, const char *const labels[], const uint64_t figures[], size_t n);
void document_facts(struct document *d, const char *const labels[], const char *const texts[], size_t n);
void document_code(struct document *d, const char *text);

/* A table: its titles, cells one after the other, as many as titles in each row. look: NULL, "good", "warn", "bad", "code" or "when". */
void document_table(struct document *d, const char *const titles[]);     /* ends with NULL */
void document_cell(struct document *d, size_t column, const char *look, const char *text);
void document_cell_number(struct document *d, size_t column, uint64_t number);
void document_table_end(struct document *d, const char *empty);          /* empty: what to say when it has no row; else NULL */

#endif
