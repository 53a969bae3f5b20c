/* Tables for people: columns as wide as they must be, and on a terminal no line longer than it is wide. */
#ifndef PHIGATE_CLI_TABLE_H
#define PHIGATE_CLI_TABLE_H

#include "term.h"

#define TABLE_COLUMNS_MAX 10

struct table;

/* titles: borrowed, ends with NULL. A column whose title ends with '~' gives way when the line is too long; the sign is not shown. */
struct table *table_new(const char *const *titles);      /* NULL: no memory */
void table_free(struct table *t);                        /* NULL is allowed */

/* The next cell of the row that is being filled. Text that others wrote is made safe to show. */
void table_cell(struct table *t, enum style style, const char *text);    /* NULL: nothing */

/* RC_NOMEM when a cell was lost. */
enum rc table_print(const struct table *t, FILE *f);
size_t table_rows(const struct table *t);

#endif
