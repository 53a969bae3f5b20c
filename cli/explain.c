#include "explain.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "term.h"

#define AROUND 32                                /* bytes that are shown before and behind */

struct explained {
	struct mask_span span;
	size_t put, put_n;                       /* in explain.put */
};

/* A place in a text, counted on from the last one that was asked for. */
struct place {
	size_t at, line, column;
};

void explain_init(struct explain *e)
{
	*e = (struct explain){0};
	buf_init(&e->put, BUF_MAX_DEFAULT * 2);
}

void explain_clear(struct explain *e)
{
	e->n = 0;
	buf_clear(&e->put);
}

void explain_free(struct explain *e)
{
	free(e->list);
	buf_free(&e->put);
}

enum rc explain_span(struct explain *e, const struct mask_span *span, struct slice put)
{
	if (!put.n && e->n) {                            /* a long run goes on */
		e->list[e->n - 1].span.end = span->end;
		return RC_OK;
	}
	if (e->n == e->room) {
		size_t room = e->room ? e->room * 2 : 64;
		struct explained *list = realloc(e->list, room * sizeof *list);

		if (!list)
			return RC_NOMEM;
		e->list = list;
		e->room = room;
	}
	e->list[e->n++] = (struct explained){.span = *span, .put = e->put.len, .put_n = put.n};
	return buf_add_slice(&e->put, put);
}

static struct slice text_of(const struct explained *x, struct slice text)
{
	return (struct slice){text.p + x->span.start, x->span.end - x->span.start};
}

static struct slice put_of(const struct explain *e, const struct explained *x)
{
	return (struct slice){buf_slice(&e->put).p + x->put, x->put_n};
}

static bool begins_character(char c)
{
	return (c & 0xc0) != 0x80;
}

/* Lines and characters count from 1. */
static void go_to(struct place *p, struct slice text, size_t at)
{
	for (; p->at < at; p->at++)
		if (text.p[p->at] == '\n') {
			p->line++;
			p->column = 1;
		} else {
			p->column += begins_character(text.p[p->at]);
		}
}

/* Within the span's own line, in whole characters. */
static struct slice before(const struct explained *x, struct slice text)
{
	size_t from = x->span.start, least = from > AROUND ? from - AROUND : 0;

	while (from > least && text.p[from - 1] != '\n')
		from--;
	while (from < x->span.start && !begins_character(text.p[from]))
		from++;
	return (struct slice){text.p + from, x->span.start - from};
}

static struct slice behind(const struct explained *x, struct slice text)
{
	size_t to = x->span.end, most = text.n - to > AROUND ? to + AROUND : text.n;

	while (to < most && text.p[to] != '\n')
		to++;
	while (to > x->span.end && to < text.n && !begins_character(text.p[to]))
		to--;
	return (struct slice){text.p + x->span.end, to - x->span.end};
}

/* In one line, whatever is in it. */
static void put_text(struct slice text)
{
	struct buf shown;

	buf_init(&shown, text.n + 1);
	for (size_t i = 0; i < text.n; i++)
		buf_putc(&shown, text.p[i] == '\n' || text.p[i] == '\t' || text.p[i] == '\r' ? ' ' : text.p[i]);
	term_text(stdout, buf_slice(&shown));
	buf_free(&shown);
}

static const char *because(const struct explained *x)
{
	const char *words = mask_because(x->span.rule);

	return words ? words : x->span.rule;
}

static void print_one(const struct explain *e, const struct explained *x, struct slice text, const struct place *place)
{
	term_printf(stdout, STYLE_BOLD, "%zu:%zu: %s ", place->line, place->column, x->span.entity);
	put_text(text_of(x, text));
	printf("\n  because   %s", because(x));
	if (x->span.label) {
		fputs(": \"", stdout);
		put_text(slice_str(x->span.label));
		fputs("\"", stdout);
	}
	printf("\n  rule      %s\n  written   ", x->span.rule);
	put_text(put_of(e, x));
	printf(" (%s)\n  in        ", x->span.operator);
	put_text(before(x, text));
	term_printf(stdout, STYLE_DIM, ">");
	put_text(text_of(x, text));
	term_printf(stdout, STYLE_DIM, "<");
	put_text(behind(x, text));
	fputs("\n", stdout);
}

void explain_print(const struct explain *e, struct slice text)
{
	struct place place = {0, 1, 1};

	for (size_t i = 0; i < e->n; i++) {
		go_to(&place, text, e->list[i].span.start);
		print_one(e, &e->list[i], text, &place);
	}
	if (!e->n)
		puts("nothing is masked");
}

static void json_one(const struct explain *e, const struct explained *x, struct slice text, const struct place *place,
		     struct buf *out)
{
	buf_printf(out, "{\"start\":%zu,\"end\":%zu,\"line\":%zu,\"column\":%zu,", x->span.start, x->span.end, place->line,
		   place->column);
	buf_puts(out, "\"entity\":");
	json_add_str(out, x->span.entity);
	buf_puts(out, ",\"rule\":");
	json_add_str(out, x->span.rule);
	buf_puts(out, ",\"because\":");
	json_add_str(out, because(x));
	buf_puts(out, ",\"label\":");
	json_add_str(out, x->span.label);
	buf_puts(out, ",\"operator\":");
	json_add_str(out, x->span.operator);
	buf_puts(out, ",\"written\":");
	json_add_string(out, put_of(e, x));
	buf_puts(out, ",\"text\":");
	json_add_string(out, text_of(x, text));
	buf_puts(out, ",\"before\":");
	json_add_string(out, before(x, text));
	buf_puts(out, ",\"behind\":");
	json_add_string(out, behind(x, text));
	buf_putc(out, '}');
}

enum rc explain_json(const struct explain *e, struct slice text, const char *separator, struct buf *out)
{
	struct place place = {0, 1, 1};

	for (size_t i = 0; i < e->n; i++) {
		go_to(&place, text, e->list[i].span.start);
		json_one(e, &e->list[i], text, &place, out);
		buf_puts(out, i + 1 < e->n ? separator : "");
	}
	return out->rc;
}
