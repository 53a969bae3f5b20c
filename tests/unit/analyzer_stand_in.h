/* A stand-in for a Presidio-compatible analyzer: it finds words, and counts in characters as Presidio does; or it answers whatever the
 * test says. */
#ifndef PHIGATE_TEST_ANALYZER_STAND_IN_H
#define PHIGATE_TEST_ANALYZER_STAND_IN_H

#include "buf.h"
#include "json.h"
#include "webserver.h"

struct stand_in {
	struct web web;
	const char *raw;                         /* the whole HTTP answer instead; NULL: as it should be */
	int fail_from;                           /* from this request on, counted from 1, it hangs up; 0: never */
	struct buf texts;                        /* all that it was asked about, in square brackets */
	char url[64];
};

static const struct {
	const char *word, *type;
} STAND_IN_WORDS[] = {
	{"blorft", "PERSON"}, {"gnarl", "LOCATION"}, {"twice daily", "DATE_TIME"}, {"vegetarian", "NRP"}, {"badge-7", "BADGE"},
};

static inline size_t stand_in_characters(const char *from, const char *to)
{
	size_t n = 0;

	for (; from < to; from++)
		n += (*from & 0xc0) != 0x80;
	return n;
}

static inline char *stand_in_find(const char *text)
{
	struct buf out;
	char *answer;

	buf_init(&out, 65536);
	buf_putc(&out, '[');
	for (size_t i = 0; i < sizeof STAND_IN_WORDS / sizeof *STAND_IN_WORDS; i++)
		for (const char *at = text; (at = strstr(at, STAND_IN_WORDS[i].word)); at++)
			buf_printf(&out, "%s{\"entity_type\":\"%s\",\"start\":%zu,\"end\":%zu,\"score\":0.85,\"analysis_explanation\":null}",
				   out.len > 1 ? "," : "", STAND_IN_WORDS[i].type, stand_in_characters(text, at),
				   stand_in_characters(text, at + strlen(STAND_IN_WORDS[i].word)));
	buf_putc(&out, ']');
	answer = web_answer(200, "", out.data);
	buf_free(&out);
	return answer;
}

static inline char *stand_in_answer(void *arg, const char *path)
{
	struct stand_in *s = arg;
	const char *body = strstr(s->web.last, "\r\n\r\n");
	cJSON *request = body ? json_parse(slice_str(body + 4)) : NULL;
	const char *text = json_text(request, "text");
	char *answer = NULL;

	buf_printf(&s->texts, "[%s]", text ? text : "");
	buf_add(&s->texts, "", 0);
	if (s->raw)
		answer = strdup(s->raw);
	else if (text && strcmp(path, "/analyze") == 0 && (!s->fail_from || s->web.requests < s->fail_from))
		answer = stand_in_find(text);
	cJSON_Delete(request);
	return answer;
}

static inline void stand_in_start(struct stand_in *s)
{
	*s = (struct stand_in){0};
	buf_init(&s->texts, 1 << 20);
	web_start(&s->web, stand_in_answer, s);
	snprintf(s->url, sizeof s->url, "http://127.0.0.1:%d/analyze", s->web.port);
}

static inline void stand_in_stop(struct stand_in *s)
{
	web_stop(&s->web);
	buf_free(&s->texts);
}

#endif
