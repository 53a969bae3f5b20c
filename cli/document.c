#include "document.h"

#include <inttypes.h>
#include <string.h>

#include "page.h"
#include "term.h"

#define ESCAPED_MAX ((size_t)1 << 20)

/* ---- text of others --------------------------------------------------------------------------------------------------------- */

/* Does a link begin here that GitHub's Markdown would make by itself? */
static bool begins_link(const char *text, size_t i)
{
	return strncmp(text + i, "://", 3) == 0 || (text[i] == '.' && i >= 3 && strncmp(text + i - 3, "www", 3) == 0);
}

/* CommonMark, 2.4: a backslash before what could be markup. On one line. */
static void put_markdown(struct document *d, const char *text)
{
	buf_clear(&d->escaped);
	if (term_escape(slice_str(text), &d->escaped) != RC_OK) {
		fputs("(too long to be shown)", d->f);
		return;
	}
	for (size_t i = 0; i < d->escaped.len; i++) {
		char c = d->escaped.data[i];

		if (strchr("\\`*_[]<>#|!~&", c) || begins_link(d->escaped.data, i))
			fputc('\\', d->f);
		fputc(c == '\n' || c == '\t' ? ' ' : c, d->f);
	}
}

void document_text(struct document *d, const char *text)
{
	if (!text)
		return;
	if (d->html)
		markup_whole(&d->markup, text);
	else
		put_markdown(d, text);
}

/* ---- frame ------------------------------------------------------------------------------------------------------------------- */

void document_begin(struct document *d, FILE *f, bool html, const char *kind, const char *title)
{
	*d = (struct document){.f = f, .html = html};
	markup_init(&d->markup, f);
	buf_init(&d->escaped, ESCAPED_MAX);
	if (!html) {
		fputs("# ", f);
		document_text(d, title);
		fputs("\n\n", f);
		return;
	}
	page_open(f);
	d->markup.plain = true;
	document_text(d, title);
	d->markup.plain = false;
	page_opened(f);
	fprintf(f, "<header>\n<p class=\"kind\">%s</p>\n<h1>", kind);
	document_text(d, title);
	fputs("</h1>\n</header>\n", f);
}

enum rc document_end(struct document *d, const char *foot)
{
	fprintf(d->f, d->html ? "<footer>\n<p>%s</p>\n</footer>\n</main>\n</body>\n</html>\n" : "---\n\n%s\n", foot);
	markup_free(&d->markup);
	buf_free(&d->escaped);
	return ferror(d->f) || fflush(d->f) != 0 ? RC_IO : RC_OK;
}

static const char *sign_of(const char *look)
{
	return strcmp(look, "good") == 0 ? "✓" : strcmp(look, "warn") == 0 ? "!" : "✗";
}

void document_verdict(struct document *d, const char *look, const char *head)
{
	if (d->html)
		fprintf(d->f, "<div class=\"verdict %s\"><span class=\"sign\" aria-hidden=\"true\">%s</span><div><b>%s</b> ", look, sign_of(look), head);
	else
		fprintf(d->f, "**%s %s** ", sign_of(look), head);
}

void document_verdict_end(struct document *d)
{
	fputs(d->html ? "</div></div>\n" : "\n\n", d->f);
}

void document_section(struct document *d, const char *heading, const char *hint)
{
	if (d->html)
		fprintf(d->f, "<section>\n<h2>%s</h2>\n", heading);
	else
		fprintf(d->f, "## %s\n\n", heading);
	if (hint)
		fprintf(d->f, d->html ? "<p class=\"hint\">%s</p>\n" : "%s\n\n", hint);
}

void document_section_end(struct document *d)
{
	if (d->html)
		fputs("</section>\n", d->f);
}

void document_figures(struct document *d, const char *const labels[], const uint64_t figures[], size_t n)
{
	if (d->html)
		fputs("<dl class=\"figures\">\n", d->f);
	for (size_t i = 0; i < n; i++)
		fprintf(d->f, d->html ? "<div><dt>%s</dt><dd>%" PRIu64 "</dd></div>\n" : "- %s: %" PRIu64 "\n", labels[i], figures[i]);
	fputs(d->html ? "</dl>\n" : "\n", d->f);
}

void document_facts(struct document *d, const char *const labels[], const char *const texts[], size_t n)
{
	if (d->html)
		fputs("<dl class=\"facts\">\n", d->f);
	for (size_t i = 0; i < n; i++) {
		fprintf(d->f, d->html ? "<div><dt>%s</dt><dd>" : "- %s: ", labels[i]);
		document_text(d, texts[i]);
		fputs(d->html ? "</dd></div>\n" : "\n", d->f);
	}
	fputs(d->html ? "</dl>\n" : "\n", d->f);
}

void document_code(struct document *d, const char *text)
{
	if (!d->html) {
		for (const char *end; *text; text = end + (*end == '\n')) {
			end = text + strcspn(text, "\n");
			fprintf(d->f, "    %.*s\n", (int)(end - text), text);
		}
		fputc('\n', d->f);
		return;
	}
	fputs("<pre><code>", d->f);
	document_text(d, text);
	fputs("</code></pre>\n", d->f);
}

/* ---- tables ------------------------------------------------------------------------------------------------------------------ */

void document_table(struct document *d, const char *const titles[])
{
	d->columns = 0;
	fputs(d->html ? "<div class=\"scroll\"><table class=\"list\">\n<thead><tr>" : "|", d->f);
	for (; titles[d->columns]; d->columns++)
		fprintf(d->f, d->html ? "<th scope=\"col\">%s</th>" : " %s |", titles[d->columns]);
	if (!d->html) {
		fputs("\n|", d->f);
		for (size_t i = 0; i < d->columns; i++)
			fputs(" --- |", d->f);
	}
	fputs(d->html ? "</tr></thead>\n<tbody>\n" : "\n", d->f);
}

static void cell_begin(struct document *d, size_t column, const char *look)
{
	if (!d->html)
		fputs(column ? " | " : "| ", d->f);
	else if (!column)
		fprintf(d->f, look ? "<tr><th scope=\"row\" class=\"%s\">" : "<tr><th scope=\"row\">", look);
	else
		fprintf(d->f, look ? "<td class=\"%s\">" : "<td>", look);
}

static void cell_end(struct document *d, size_t column)
{
	if (d->html)
		fputs(column ? "</td>" : "</th>", d->f);
	if (column + 1 == d->columns)
		fputs(d->html ? "</tr>\n" : " |\n", d->f);
}

void document_cell(struct document *d, size_t column, const char *look, const char *text)
{
	cell_begin(d, column, look);
	document_text(d, text);
	cell_end(d, column);
}

void document_cell_number(struct document *d, size_t column, uint64_t number)
{
	cell_begin(d, column, NULL);
	fprintf(d->f, "%" PRIu64, number);
	cell_end(d, column);
}

void document_table_end(struct document *d, const char *empty)
{
	fputs(d->html ? "</tbody>\n</table></div>\n" : "\n", d->f);
	if (empty)
		fprintf(d->f, d->html ? "<p class=\"hint\">%s</p>\n" : "%s\n\n", empty);
}
