/* What `phigate mask` makes of a text: JSON stays JSON, and a piece that was masked is told by its bytes in the input. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "masker.h"
#include "masking_setup.h"

struct told {
	const char *text;
	struct buf spans;
	const struct buf *out;
};

static void on_span(void *arg, const struct mask_span *span)
{
	struct told *t = arg;

	if (!span->replaced_by) {
		buf_printf(&t->spans, "+%zu", span->end);
		return;
	}
	buf_printf(&t->spans, "%s%s '%.*s' as %.*s", t->spans.len ? ", " : "", span->entity, (int)(span->end - span->start), t->text + span->start,
		   (int)span->replaced_by, t->out->data + t->out->len - span->replaced_by);
}

/* every: bytes a piece; at: the first piece. */
static void mask_pieces(const char *text, size_t at, size_t every, struct buf *out, struct told *told)
{
	struct mask_scope *scope = mask_scope_new();
	struct masker *m = NULL;
	size_t n = strlen(text);

	buf_init(out, BUF_MAX_DEFAULT);
	*told = (struct told){.text = text, .out = out};
	buf_init(&told->spans, BUF_MAX_DEFAULT);
	assert_int_equal(masker_new(engine, scope, on_span, told, &m), RC_OK);
	for (size_t i = 0, piece = at; i < n; i += piece, piece = every) {
		piece = piece < n - i ? piece : n - i;
		assert_int_equal(masker_feed(m, (struct slice){text + i, piece}, out), RC_OK);
	}
	assert_int_equal(masker_finish(m, out), RC_OK);
	masker_free(m);
	mask_scope_free(scope);
}

static void becomes(const char *text, const char *want, const char *spans)
{
	for (size_t at = 0; at <= strlen(text) + 1; at++) {
		struct told told;
		struct buf out;

		mask_pieces(text, at, at <= strlen(text) ? SIZE_MAX : 1, &out, &told);
		if (strcmp(out.data ? out.data : "", want) != 0)
			fail_msg("%s\nbecomes, cut at %zu,\n%s\nand not\n%s", text, at, out.data, want);
		if (spans && strcmp(told.spans.data ? told.spans.data : "", spans) != 0)
			fail_msg("%s, cut at %zu:\n%s\nand not\n%s", text, at, told.spans.data, spans);
		buf_free(&told.spans);
		buf_free(&out);
	}
}

static void json_stays_json(void **state)
{
	(void)state;
	becomes("{\"mrn\": 84729315, \"n\":[1.50, true]}", "{\"mrn\": 0, \"n\":[1.50, true]}", "MRN '84729315' as 0");
	becomes(" \n[{\"ssn\":\"536-22-8741\"}]\n", " \n[{\"ssn\":\"[SSN]\"}]\n", "SSN '536-22-8741' as [SSN]");
	becomes("{\"note\":\"caf\\u00e9, \\u0053SN \\u0035\\u0033\\u0036-22-8741\\n\"}", "{\"note\":\"caf\\u00e9, \\u0053SN [SSN]\\n\"}",
		"SSN '\\u0035\\u0033\\u0036-22-8741' as [SSN]");
	becomes("{\"a\":\"{\\\"mrn\\\": 84729315}\",\"MRN 84729315\":1}", "{\"a\":\"{\\\"mrn\\\": 0}\",\"MRN [MRN]\":1}",
		"MRN '84729315' as 0, MRN '84729315' as [MRN]");
	becomes("{\"age\":93,\"sodium\":138}", "{\"age\":0,\"sodium\":138}", "AGE '93' as 0");
}

static void each_line_of_json_is_a_text(void **state)
{
	(void)state;
	becomes("{\"mrn\":84729315}\n{\"mrn\":84729316}\r\n\n[{\"x\":\"SSN 536-22-8741\"}]\n", "{\"mrn\":0}\n{\"mrn\":0}\r\n\n[{\"x\":\"SSN [SSN]\"}]\n",
		"MRN '84729315' as 0, MRN '84729316' as 0, SSN '536-22-8741' as [SSN]");
	becomes("{\"mrn\":\n84729315}\n{\"mrn\":84729316}", "{\"mrn\":\n0}\n{\"mrn\":0}", "MRN '84729315' as 0, MRN '84729316' as 0");
	/* what follows is text, and knows what it follows */
	becomes("{\"a\":1}\nMRN 84729315 {\"mrn\":84729316}\n{\"mrn\":84729317}", "{\"a\":1}\nMRN [MRN] {\"mrn\":[MRN]}\n{\"mrn\":[MRN]}", NULL);
	becomes("{\"a\":1}{\"mrn\":84729316}", "{\"a\":1}{\"mrn\":0}", NULL);
	becomes("[1] MRN 84729315\n{\"mrn\":84729316}", "[1] MRN [MRN]\n{\"mrn\":[MRN]}", NULL);
}

static void what_is_no_json_is_text(void **state)
{
	char spaces[80];

	(void)state;
	becomes("MRN 84729315 {\"mrn\":84729316}", "MRN [MRN] {\"mrn\":[MRN]}", "MRN '84729315' as [MRN], MRN '84729316' as [MRN]");
	becomes("[617-482-3190] MRN 84729315", "[[PHONE]] MRN [MRN]", "PHONE '617-482-3190' as [PHONE], MRN '84729315' as [MRN]");
	becomes("{mrn: 84729315}", "{mrn: [MRN]}", NULL);
	becomes("{\"mrn\":84729315", "{\"mrn\":[MRN]", NULL);
	becomes("", "", "");
	becomes(" \n ", " \n ", "");
	becomes("\"536-22-8741\" SSN 536-22-8741", "\"[SSN]\" SSN [SSN]", NULL);
	/* behind more than a little white space all is text */
	memset(spaces, ' ', sizeof spaces);
	memcpy(spaces + 64, "[84729315]", 11);
	{
		struct told told;
		struct buf out;

		mask_pieces(spaces, 3, 7, &out, &told);
		assert_string_equal(out.data, spaces);
		buf_free(&told.spans);
		buf_free(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_stays_json),
		cmocka_unit_test(each_line_of_json_is_a_text),
		cmocka_unit_test(what_is_no_json_is_text),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
