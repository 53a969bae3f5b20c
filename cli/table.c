#include "table.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <utf8proc.h>

#define CELL_MAX ((size_t)4096)
#define LEAST_WIDTH 8                            /* of a column that gives way */
#define GAP 2

struct cell {
	char *text;
	int width;
	enum style style;
};

struct table {
	char *titles[TABLE_COLUMNS_MAX];
	bool gives_way[TABLE_COLUMNS_MAX];
	size_t columns, n, room;                 /* n, room: cells */
	struct cell *cells;
	bool lost;
};

/* Columns of a terminal that a text takes; it is UTF-8 and safe. Bytes of it that fit into width go to *fits. */
static int measure(const char *text, int width, size_t *fits)
{
	const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)text;
	utf8proc_ssize_t left = (utf8proc_ssize_t)strlen(text), n;
	utf8proc_int32_t c;
	int total = 0;

	for (*fits = 0; left > 0 && (n = utf8proc_iterate(p, left, &c)) > 0; p += n, left -= n) {
		total += utf8proc_charwidth(c);
		if (total <= width)
			*fits += (size_t)n;
	}
	return total;
}

struct table *table_new(const char *const *titles)
{
	struct table *t = calloc(1, sizeof *t);

	for (; t && titles[t->columns] && t->columns < TABLE_COLUMNS_MAX; t->columns++) {
		const char *title = titles[t->columns];
		size_t n = strlen(title);

		t->gives_way[t->columns] = n && title[n - 1] == '~';
		t->titles[t->columns] = strndup(title, n - t->gives_way[t->columns]);
		t->lost = t->lost || !t->titles[t->columns];
	}
	return t;
}

void table_free(struct table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++)
		free(t->cells[i].text);
	for (size_t i = 0; i < t->columns; i++)
		free(t->titles[i]);
	free(t->cells);
	free(t);
}

static bool make_room(struct table *t)
{
	size_t room = t->room ? 2 * t->room : 64;
	struct cell *cells;

	if (t->n < t->room)
		return true;
	cells = realloc(t->cells, room * sizeof *cells);
	if (!cells)
		return false;
	t->cells = cells;
	t->room = room;
	return true;
}

/* A cell is one line. */
static char *flatten(const char *text)
{
	struct buf out;
	char *flat;

	buf_init(&out, 8 * CELL_MAX);
	if (term_escape((struct slice){text, strnlen(text, CELL_MAX)}, &out) != RC_OK || buf_puts(&out, "") != RC_OK) {
		buf_free(&out);
		return NULL;
	}
	for (size_t i = 0; i < out.len; i++)
		if (out.data[i] == '\n' || out.data[i] == '\t')
			out.data[i] = ' ';
	flat = out.data ? buf_take(&out, NULL) : strdup("");
	buf_free(&out);
	return flat;
}

void table_cell(struct table *t, enum style style, const char *text)
{
	struct cell cell = {.style = style};
	size_t fits;

	if (!make_room(t) || !(cell.text = flatten(text ? text : ""))) {
		t->lost = true;
		return;
	}
	cell.width = measure(cell.text, 0, &fits);
	t->cells[t->n++] = cell;
}

size_t table_rows(const struct table *t)
{
	return t->n / t->columns;
}

/* Take what is too much from the widest of the columns that give way. */
static void shrink(const struct table *t, int *widths, int line)
{
	int total = -GAP;

	for (size_t i = 0; i < t->columns; i++)
		total += widths[i] + GAP;
	while (total > line) {
		size_t widest = t->columns;

		for (size_t i = 0; i < t->columns; i++)
			if (t->gives_way[i] && widths[i] > LEAST_WIDTH && (widest == t->columns || widths[i] > widths[widest]))
				widest = i;
		if (widest == t->columns)
			return;
		widths[widest]--;
		total--;
	}
}

static void print_cell(FILE *f, const struct cell *cell, int width, bool last)
{
	size_t fits;
	int have = measure(cell->text, width, &fits);

	if (have > width) {
		(void)measure(cell->text, width - 1, &fits);
		term_printf(f, cell->style, "%.*s…", (int)fits, cell->text);
		have = width;
	} else {
		term_printf(f, cell->style, "%s", cell->text);
	}
	if (!last)
		fprintf(f, "%*s", width - have + GAP, "");
}

enum rc table_print(const struct table *t, FILE *f)
{
	int widths[TABLE_COLUMNS_MAX];
	size_t fits, rows = table_rows(t);

	for (size_t i = 0; i < t->columns; i++) {
		widths[i] = t->titles[i] ? measure(t->titles[i], 0, &fits) : 0;
		for (size_t r = 0; r < rows; r++)
			if (t->cells[r * t->columns + i].width > widths[i])
				widths[i] = t->cells[r * t->columns + i].width;
	}
	if (isatty(fileno(f)))
		shrink(t, widths, term_width());
	for (size_t i = 0; i < t->columns; i++)
		print_cell(f, &(struct cell){.text = t->titles[i] ? t->titles[i] : (char *)"", .style = STYLE_DIM}, widths[i], i + 1 == t->columns);
	fputc('\n', f);
	for (size_t r = 0; r < rows; r++) {
		for (size_t i = 0; i < t->columns; i++)
			print_cell(f, &t->cells[r * t->columns + i], widths[i], i + 1 == t->columns);
		fputc('\n', f);
	}
	return t->lost ? RC_NOMEM : RC_OK;
}
