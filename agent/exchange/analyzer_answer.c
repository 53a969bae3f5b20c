#include "analyzer_answer.h"

#include <string.h>

#include "json.h"
#include "utf8.h"

/* Presidio's names, as its documentation lists them. What is no identifier of one person of 45 CFR 164.514(b)(2)(i) stays. */
static const struct {
	const char *theirs;
	int ours;
} NAMES[] = {
	{"PERSON", ENTITY_NAME}, {"LOCATION", ENTITY_CITY}, {"ORGANIZATION", ENTITY_FACILITY}, {"DATE_TIME", ENTITY_DATE}, {"AGE", ENTITY_AGE},
	{"EMAIL_ADDRESS", ENTITY_EMAIL}, {"PHONE_NUMBER", ENTITY_PHONE}, {"IP_ADDRESS", ENTITY_IP}, {"URL", ENTITY_URL}, {"NRP", -1},
	{"CREDIT_CARD", ENTITY_ACCOUNT}, {"IBAN_CODE", ENTITY_ACCOUNT}, {"CRYPTO", ENTITY_ACCOUNT}, {"US_BANK_NUMBER", ENTITY_ACCOUNT},
	{"US_SSN", ENTITY_SSN}, {"US_ITIN", ENTITY_SSN}, {"US_PASSPORT", ENTITY_ID}, {"US_DRIVER_LICENSE", ENTITY_LICENSE},
	{"MEDICAL_LICENSE", ENTITY_LICENSE}, {"UK_NHS", ENTITY_MRN}, {"MAC_ADDRESS", ENTITY_DEVICE}, {"ZIP_CODE", ENTITY_ZIP},
	{"US_NPI", ENTITY_LICENSE}, {"US_MBI", ENTITY_HEALTH_PLAN}, {"MEDICAL_RECORD_NUMBER", ENTITY_MRN}, {"ID", ENTITY_ID},
};

int analyzer_entity(const struct analyzer_settings *settings, const char *theirs)
{
	for (size_t i = 0; i < settings->n_entities; i++)
		if (strcmp(settings->entities[i].theirs, theirs) == 0)
			return settings->entities[i].ours;
	for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
		if (strcmp(NAMES[i].theirs, theirs) == 0)
			return NAMES[i].ours;
	return ENTITY_ID;
}

enum rc analyzer_text_make(struct slice all, size_t before_n, const bool *hidden, struct analyzer_text *text)
{
	text->n = 0;
	text->before_n = before_n;
	buf_init(&text->text, ANALYZER_TEXT_MAX * 3);
	if (all.n > ANALYZER_TEXT_MAX)
		return RC_TOO_BIG;
	for (size_t i = 0; i < all.n;) {
		uint32_t c;
		int length = utf8_decode(all.p + i, all.n - i, &c);

		text->at[text->n++] = (uint16_t)i;
		if (hidden[i])
			buf_putc(&text->text, '*');
		else if (length > 0)
			buf_add(&text->text, all.p + i, (size_t)length);
		else
			buf_puts(&text->text, "\xef\xbf\xbd");           /* U+FFFD for each byte that is no character's */
		i += length > 0 ? (size_t)length : 1;
	}
	text->at[text->n] = (uint16_t)all.n;
	return text->text.rc;
}

/* One item: does it count, and where is it? */
static enum rc read_item(const cJSON *item, const struct analyzer_settings *settings, const struct analyzer_text *text,
			 struct mask_find *find, bool *counts, struct why *why)
{
	const char *type = json_text(item, "entity_type");
	const cJSON *score = cJSON_GetObjectItemCaseSensitive(item, "score");
	int64_t start, end;
	int entity;

	*counts = false;
	if (!type || !*type || !json_int(item, "start", &start) || !json_int(item, "end", &end))
		return why_set(why, RC_BAD, "an item of the answer lacks entity_type, start or end");
	if (!cJSON_IsNumber(score) || !(score->valuedouble >= 0 && score->valuedouble <= 1))
		return why_set(why, RC_BAD, "an item of the answer has no score from 0 to 1");
	if (start < 0 || end <= start || (uint64_t)end > text->n)
		return why_set(why, RC_BAD, "an item of the answer lies outside of the text");
	entity = analyzer_entity(settings, type);
	if (entity < 0 || score->valuedouble < settings->score || text->at[end] <= text->before_n)
		return RC_OK;
	find->start = text->at[start] > text->before_n ? text->at[start] - text->before_n : 0;
	find->end = text->at[end] - text->before_n;
	find->entity = (enum entity)entity;
	*counts = true;
	return RC_OK;
}

enum rc analyzer_answer_read(struct slice json, const struct analyzer_settings *settings, const struct analyzer_text *text,
			     struct mask_find out[MASK_FINDS_MAX], size_t *n, struct why *why)
{
	cJSON *list = json_parse(json);
	const cJSON *item;
	size_t found = 0;
	enum rc rc = cJSON_IsArray(list) ? RC_OK : why_set(why, RC_BAD, "the answer is no JSON array");

	*n = 0;
	cJSON_ArrayForEach(item, list) {
		struct mask_find find;
		bool counts;

		rc = read_item(item, settings, text, &find, &counts, why);
		if (rc == RC_OK && counts && found == MASK_FINDS_MAX)
			rc = why_set(why, RC_BAD, "the answer has more than %d items for one passage", MASK_FINDS_MAX);
		if (rc != RC_OK)
			break;
		if (counts)
			out[found++] = find;
	}
	if (rc == RC_OK)
		*n = found;
	cJSON_Delete(list);
	return rc;
}
