#include "engine.h"

#include <stdlib.h>
#include <string.h>

static enum rc compile(struct mask_engine *e, size_t i, const struct custom_rule *rule, struct why *why)
{
	const uint8_t *bitmap = NULL;
	uint32_t empty = 0;
	PCRE2_UCHAR text[256];
	PCRE2_SIZE at;
	int code;

	memset(e->first[i], 0xff, sizeof e->first[i]);
	if (!rule->regex)
		return RC_OK;
	e->pattern[i] = pcre2_compile((PCRE2_SPTR)rule->regex, PCRE2_ZERO_TERMINATED, PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C, &code, &at, NULL);
	if (!e->pattern[i]) {
		pcre2_get_error_message(code, text, sizeof text);
		return why_at(why, RC_BAD, rule->line, rule->column + (int)at, "regex: %s (at character %zu)", (char *)text, (size_t)at + 1);
	}
	pcre2_pattern_info(e->pattern[i], PCRE2_INFO_MATCHEMPTY, &empty);
	if (empty)
		return why_at(why, RC_BAD, rule->line, rule->column, "regex: matches the empty text, and so would mask everything");
	pcre2_pattern_info(e->pattern[i], PCRE2_INFO_FIRSTBITMAP, &bitmap);
	if (bitmap)
		memcpy(e->first[i], bitmap, sizeof e->first[i]);
	/* the just-in-time compiler knows no partial matches at a hard end on all machines, and the interpreter is fast enough here */
	return RC_OK;
}

static enum rc copy_custom(struct mask_engine *e, size_t i, const struct custom_rule *from)
{
	struct custom_rule *to = &e->custom[i];

	*to = *from;
	to->regex = NULL;
	to->words = NULL;
	to->name = strdup(from->name);
	if (from->n_words) {
		to->words = malloc(from->n_words * sizeof *to->words);
		if (to->words)
			memcpy(to->words, from->words, from->n_words * sizeof *to->words);
	}
	return to->name && (to->words || !from->n_words) ? RC_OK : RC_NOMEM;
}

enum rc mask_engine_new(const struct mask_rules *rules, struct mask_engine **out, struct why *why)
{
	struct mask_engine *e = calloc(1, sizeof *e);
	enum rc rc = e ? RC_OK : RC_NOMEM;

	*out = NULL;
	if (rc != RC_OK)
		return rc;
	memcpy(e->op, rules->op, sizeof e->op);
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
