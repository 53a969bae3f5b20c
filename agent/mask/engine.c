#include "engine.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "utf8.h"

/* A pattern meets texts as they are read, without marks and in Latin letters, and so must be read alike. */
static enum rc read_pattern(const char *regex, struct buf *out)
{
	size_t n = strlen(regex);

	for (size_t i = 0; i < n;) {
		uint32_t parts[READING_PER_CHARACTER], c;
		int length = utf8_decode(regex + i, n - i, &c), count = length > 0 ? reading_character(c, true, true, parts) : 0;

		for (int k = 0; k < count; k++) {
			char bytes[4];

			buf_add(out, bytes, (size_t)utf8_encode(parts[k], bytes));
		}
		i += length > 0 ? (size_t)length : 1;
	}
	return buf_putc(out, '\0');
}

/* Does it match at every word of an ordinary text? */
static bool matches_everything(const pcre2_code *pattern)
{
	static const char text[] = "The patient, 54, was seen in clinic for back pain and feels better on ibuprofen 400 mg twice daily.";
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	bool all = data != NULL;

	for (size_t i = 0; text[i] && all; i++) {
		bool word = text[i] != ' ' && (i == 0 || text[i - 1] == ' ');

		all = !word || pcre2_match(pattern, (PCRE2_SPTR)text, sizeof text - 1, i, PCRE2_ANCHORED, data, NULL) >= 0;
	}
	pcre2_match_data_free(data);
	return all;
}

static enum rc compile(struct mask_engine *e, size_t i, const struct custom_rule *rule, struct why *why)
{
	struct buf regex;
	const uint8_t *bitmap = NULL;
	uint32_t empty = 0;
	PCRE2_UCHAR text[256];
	PCRE2_SIZE at;
	int code;

	memset(e->first[i], 0xff, sizeof e->first[i]);
	if (!rule->regex)
		return RC_OK;
	buf_init(&regex, 65536);
	if (read_pattern(rule->regex, &regex) == RC_OK)
		e->pattern[i] = pcre2_compile((PCRE2_SPTR)regex.data, PCRE2_ZERO_TERMINATED, PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C, &code, &at,
					      NULL);
	else
		code = PCRE2_ERROR_NOMEMORY, at = 0;
	buf_free(&regex);
	if (!e->pattern[i]) {
		pcre2_get_error_message(code, text, sizeof text);
		return why_at(why, RC_BAD, rule->line, rule->column + (int)at, "regex: %s (at character %zu)", (char *)text, (size_t)at + 1);
	}
	pcre2_pattern_info(e->pattern[i], PCRE2_INFO_MATCHEMPTY, &empty);
	if (empty)
		return why_at(why, RC_BAD, rule->line, rule->column, "regex: matches the empty text, and so would mask everything");
	if (matches_everything(e->pattern[i]))
		return why_at(why, RC_BAD, rule->line, rule->column, "regex: matches at every word of an ordinary text, and so would mask everything");
	pcre2_pattern_info(e->pattern[i], PCRE2_INFO_FIRSTBITMAP, &bitmap);
	if (bitmap)
		memcpy(e->first[i], bitmap, sizeof e->first[i]);
	/* the just-in-time compiler knows no partial matches at a hard end on all machines, and the interpreter is fast enough here */
	return RC_OK;
}

static uint64_t *hashes_copy(const uint64_t *from, size_t n)
{
	uint64_t *to = malloc((n + 1) * sizeof *to);

	if (to && n)
		memcpy(to, from, n * sizeof *to);
	return to;
}

static enum rc copy_custom(struct mask_engine *e, size_t i, const struct custom_rule *from)
{
	struct custom_rule *to = &e->custom[i];

	*to = *from;
	to->regex = NULL;
	to->name = strdup(from->name);
	to->words = hashes_copy(from->words, from->n_words);
	to->beginnings = hashes_copy(from->beginnings, from->n_beginnings);
	return to->name && to->words && to->beginnings ? RC_OK : RC_NOMEM;
}

/* Who was born in it or later is 89 at most (45 CFR 164.514(b)(2)(i)(C)). */
static int first_year(void)
{
	time_t now = time(NULL);
	struct tm tm;

	return gmtime_r(&now, &tm) ? tm.tm_year + 1900 - 89 : 2200;
}

enum rc mask_engine_new(const struct mask_rules *rules, struct mask_engine **out, struct why *why)
{
	struct mask_engine *e = calloc(1, sizeof *e);
	enum rc rc = e ? RC_OK : RC_NOMEM;

	*out = NULL;
	if (rc != RC_OK)
		return rc;
	lexicon_ready();
	memcpy(e->op, rules->op, sizeof e->op);
	e->first_year = first_year();
	e->custom = calloc(rules->n_custom + 1, sizeof *e->custom);
	e->pattern = calloc(rules->n_custom + 1, sizeof *e->pattern);
	e->first = calloc(rules->n_custom + 1, sizeof *e->first);
	if (!e->custom || !e->pattern || !e->first)
		rc = RC_NOMEM;
	for (size_t i = 0; i < rules->n_custom && rc == RC_OK; i++) {
		e->n_custom++;
		rc = copy_custom(e, i, &rules->custom[i]);
		if (rc == RC_OK)
			rc = compile(e, i, &rules->custom[i], why);
	}
	if (rc == RC_OK)
		*out = e;
	else
		mask_engine_free(e);
	return rc;
}

void mask_engine_free(struct mask_engine *e)
{
	if (!e)
		return;
	for (size_t i = 0; i < e->n_custom; i++) {
		free(e->custom[i].name);
		free(e->custom[i].words);
		free(e->custom[i].beginnings);
		pcre2_code_free(e->pattern[i]);
	}
	free(e->custom);
	free(e->pattern);
	free(e->first);
	free(e);
}

enum operator engine_operator(const struct mask_engine *e, enum entity entity, int custom)
{
	return custom >= 0 ? e->custom[custom].op : e->op[entity];
}

const char *engine_entity(const struct mask_engine *e, enum entity entity, int custom)
{
	return custom >= 0 ? e->custom[custom].name : entity_name(entity);
}
