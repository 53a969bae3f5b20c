#include "engine.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "utf8.h"

#define MATCH_LIMIT 50000                        /* steps of one attempt of a pattern */
#define NARROW_LIMIT 2000                        /* inside of a word; a run of characters as long as can be seen takes a quarter */

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

/* How many of the words of an ordinary text does it match at? */
static int words_matched(const pcre2_code *pattern, int *words)
{
	static const char text[] = "The patient, 54, was seen in clinic for back pain and feels better on ibuprofen 400 mg twice daily.";
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	int matched = 0;

	*words = 0;
	for (size_t i = 0; data && text[i]; i++)
		if (text[i] != ' ' && (i == 0 || text[i - 1] == ' ')) {
			++*words;
			matched += pcre2_match(pattern, (PCRE2_SPTR)text, sizeof text - 1, i, PCRE2_ANCHORED, data, NULL) >= 0;
		}
	pcre2_match_data_free(data);
	return matched;
}

/* A pattern that can do no good. */
static enum rc check_pattern(const pcre2_code *pattern, const struct custom_rule *rule, struct why *why)
{
	uint32_t empty = 0, behind = 0;
	int words, matched = words_matched(pattern, &words);

	pcre2_pattern_info(pattern, PCRE2_INFO_MATCHEMPTY, &empty);
	pcre2_pattern_info(pattern, PCRE2_INFO_MAXLOOKBEHIND, &behind);
	if (empty)
		return why_at(why, RC_BAD, rule->line, rule->column, "regex: matches the empty text, and so would mask everything");
	if (matched == words)
		return why_at(why, RC_BAD, rule->line, rule->column,
			      "regex: matches at every word of an ordinary text, and so would mask everything");
	if (matched * 2 > words)
		return why_at(why, RC_BAD, rule->line, rule->column,
			      "regex: matches at %d of %d words of an ordinary text, and so would mask nearly everything", matched,
			      words);
	if (behind > 1)
		return why_at(why, RC_BAD, rule->line, rule->column,
			      "regex: looks back over %u characters, and only one can be seen; match what is before, and write "
			      "\\K where what is masked begins", behind);
	return RC_OK;
}

/* Can a match begin inside of a word? Not behind \b at the pattern's beginning. */
static bool begins_inside(const char *regex)
{
	regex += strncmp(regex, "(?i)", 4) == 0 ? 4 : 0;
	return strncmp(regex, "\\b", 2) != 0 || strchr(regex, '|');
}

/* The ASCII characters that a match can begin with. */
static void first_of(const pcre2_code *pattern, const char *regex, uint8_t first[32])
{
	const uint8_t *bitmap = NULL;
	uint32_t type = 0, unit = 0;

	memset(first, 0xff, 32);
	pcre2_pattern_info(pattern, PCRE2_INFO_FIRSTBITMAP, &bitmap);
	pcre2_pattern_info(pattern, PCRE2_INFO_FIRSTCODETYPE, &type);
	pcre2_pattern_info(pattern, PCRE2_INFO_FIRSTCODEUNIT, &unit);
	if (bitmap) {
		memcpy(first, bitmap, 32);
	} else if (type == 1 && unit < 0x80) {           /* its case counts, unless an option says that it does not */
		uint32_t other = is_alpha((uint16_t)unit) && strstr(regex, "(?") ? unit ^ 32 : unit;

		memset(first, 0, 32);
		first[unit / 8] |= (uint8_t)(1 << unit % 8);
		first[other / 8] |= (uint8_t)(1 << other % 8);
	}
}

static enum rc compile(struct mask_engine *e, size_t i, const struct custom_rule *rule, struct why *why)
{
	struct buf regex;
	PCRE2_UCHAR text[256];
	PCRE2_SIZE at;
	uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C;
	int code;
	enum rc rc;

	if ((!e->limits && !(e->limits = pcre2_match_context_create(NULL))) ||
	    (!e->narrow && !(e->narrow = pcre2_match_context_create(NULL))))
		return RC_NOMEM;
	pcre2_set_match_limit(e->limits, MATCH_LIMIT);
	pcre2_set_match_limit(e->narrow, NARROW_LIMIT);
	buf_init(&regex, 65536);
	if (read_pattern(rule->regex, &regex) == RC_OK)
		e->pattern[i] = pcre2_compile((PCRE2_SPTR)regex.data, PCRE2_ZERO_TERMINATED, options, &code, &at, NULL);
	else
		code = PCRE2_ERROR_NOMEMORY, at = 0;
	buf_free(&regex);
	if (!e->pattern[i]) {
		pcre2_get_error_message(code, text, sizeof text);
		return why_at(why, RC_BAD, rule->line, rule->column + (int)at, "regex: %s (at character %zu)", (char *)text,
			      (size_t)at + 1);
	}
	rc = check_pattern(e->pattern[i], rule, why);
	/* the just-in-time compiler knows no partial matches at a hard end on all machines, and the interpreter is fast enough here */
	if (rc == RC_OK)
		first_of(e->pattern[i], rule->regex, e->first[i]);
	return rc;
}

static enum rc copy_custom(struct mask_engine *e, size_t i, const struct custom_rule *from, struct why *why)
{
	struct custom_rule *to = &e->custom[i];
	enum rc rc;

	*to = *from;
	to->regex = NULL;
	to->words = (struct phrases){0};
	to->name = strdup(from->name);
	if (!to->name)
		return RC_NOMEM;
	if (from->regex) {
		rc = compile(e, i, from, why);
	} else {
		rc = phrases_copy(&from->words, &to->words);
		memcpy(e->first[i], to->words.first, sizeof e->first[i]);
	}
	for (size_t k = 0; k < sizeof e->any_first; k++) {
		e->any_first[k] |= e->first[i][k];
		e->inside_first[k] |= from->regex && begins_inside(from->regex) ? e->first[i][k] : 0;
	}
	return rc;
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
	e->request = rules->request;
	memcpy(e->op, rules->op, sizeof e->op);
	e->first_year = first_year();
	e->custom = calloc(rules->n_custom + 1, sizeof *e->custom);
	e->pattern = calloc(rules->n_custom + 1, sizeof *e->pattern);
	e->first = calloc(rules->n_custom + 1, sizeof *e->first);
	if (!e->custom || !e->pattern || !e->first)
		rc = RC_NOMEM;
	for (size_t i = 0; i < rules->n_custom && rc == RC_OK; i++) {
		e->n_custom++;
		rc = copy_custom(e, i, &rules->custom[i], why);
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
		phrases_free(&e->custom[i].words);
		pcre2_code_free(e->pattern[i]);
	}
	free(e->custom);
	free(e->pattern);
	free(e->first);
	pcre2_match_context_free(e->limits);
	pcre2_match_context_free(e->narrow);
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

enum mask_request mask_engine_request(const struct mask_engine *e)
{
	return e->request;
}
