/* Tables: what heads a column is the label of its values. Markdown ("| DOB |"), text separated by commas, semicolons, tabs and spaces by their first
 * line, and the segments of HL7 version 2, whose fields have fixed places. */
#include "columns.h"

#include <string.h>

#include "hash.h"

static const struct {
	char segment[4];
	uint8_t field;
	enum label label;
} HL7[] = {
	{"MSH", 3, LABEL_FACILITY}, {"MSH", 5, LABEL_FACILITY}, {"MSH", 9, LABEL_ID}, {"PID", 2, LABEL_MRN}, {"PID", 3, LABEL_MRN}, {"PID", 4, LABEL_MRN}, {"PID", 5, LABEL_NAME}, {"PID", 6, LABEL_NAME}, {"PID", 7, LABEL_DATE},
	{"PID", 9, LABEL_NAME}, {"PID", 11, LABEL_ADDRESS}, {"PID", 12, LABEL_COUNTY}, {"PID", 13, LABEL_PHONE}, {"PID", 14, LABEL_PHONE},
	{"PID", 18, LABEL_ACCOUNT}, {"PID", 19, LABEL_SSN}, {"PID", 20, LABEL_LICENSE}, {"NK1", 2, LABEL_NAME}, {"NK1", 4, LABEL_ADDRESS},
	{"NK1", 5, LABEL_PHONE}, {"NK1", 6, LABEL_PHONE}, {"PV1", 7, LABEL_PERSON}, {"PV1", 8, LABEL_PERSON}, {"PV1", 9, LABEL_PERSON},
	{"PV1", 17, LABEL_PERSON}, {"PV1", 19, LABEL_ID}, {"PV1", 44, LABEL_DATE}, {"PV1", 45, LABEL_DATE}, {"GT1", 3, LABEL_NAME},
	{"GT1", 5, LABEL_ADDRESS}, {"GT1", 6, LABEL_PHONE}, {"GT1", 12, LABEL_SSN}, {"IN1", 16, LABEL_NAME}, {"IN1", 18, LABEL_DATE},
	{"IN1", 36, LABEL_HEALTH_PLAN}, {"IN1", 49, LABEL_HEALTH_PLAN}, {"OBR", 2, LABEL_ID}, {"OBR", 3, LABEL_ID}, {"OBR", 7, LABEL_DATE},
	{"OBR", 16, LABEL_PERSON}, {"ORC", 2, LABEL_ID}, {"ORC", 3, LABEL_ID}, {"ORC", 12, LABEL_PERSON},
	{"PID", 21, LABEL_MRN}, {"PID", 23, LABEL_CITY}, {"PID", 29, LABEL_DATE}, {"NK1", 30, LABEL_NAME}, {"NK1", 31, LABEL_PHONE}, {"PV1", 5, LABEL_ID},
	{"PV1", 50, LABEL_ID}, {"PD1", 4, LABEL_PERSON}, {"GT1", 2, LABEL_ACCOUNT}, {"GT1", 8, LABEL_DATE}, {"IN1", 8, LABEL_HEALTH_PLAN}, {"IN1", 19, LABEL_ADDRESS},
	{"IN2", 2, LABEL_SSN}, {"IN2", 6, LABEL_HEALTH_PLAN}, {"IN2", 8, LABEL_HEALTH_PLAN}, {"MRG", 1, LABEL_MRN}, {"MRG", 3, LABEL_ACCOUNT},
	{"MRG", 7, LABEL_NAME}, {"SCH", 1, LABEL_ID}, {"SCH", 2, LABEL_ID}, {"TXA", 12, LABEL_ID}, {"OBR", 10, LABEL_PERSON}, {"OBR", 28, LABEL_PERSON},
	{"OBR", 32, LABEL_PERSON}, {"OBX", 16, LABEL_PERSON}, {"EVN", 5, LABEL_PERSON}, {"RXE", 15, LABEL_ID}, {"SPM", 2, LABEL_ID}, {"FT1", 2, LABEL_ID},
};

static const char SEGMENTS[][4] = {"MSH", "PID", "NK1", "PV1", "GT1", "IN1", "OBR", "ORC", "PD1", "IN2", "MRG", "SCH", "TXA", "OBX", "EVN", "RXE", "SPM", "FT1"};

static uint64_t segments[sizeof SEGMENTS / sizeof *SEGMENTS];
static uint64_t segments_seen;                   /* a bit of each, so that most words cost one look */

static uint64_t segment_bit(uint64_t hash)
{
	return (uint64_t)1 << (word_mix(hash) >> 58);
}

static uint64_t hash_of(const char *word)
{
	uint64_t hash = WORD_HASH;

	while (*word)
		hash = word_hash(hash, (unsigned char)*word++);
	return hash;
}

void columns_fill(void)
{
	for (size_t i = 0; i < sizeof SEGMENTS / sizeof *SEGMENTS; i++)
		segments_seen |= segment_bit(segments[i] = hash_of(SEGMENTS[i]));
}

void columns_word(struct columns *t, uint64_t hash, enum label label)
{
	if (t->column == 0 && !t->words && t->line_begins && (segments_seen & segment_bit(hash)))
		for (size_t i = 0; i < sizeof SEGMENTS / sizeof *SEGMENTS; i++)
			if (hash == segments[i])
				t->segment = (uint8_t)(i + 1);
	t->line_begins = t->apart = false;
	t->words = (uint8_t)(t->words < 200 ? t->words + 1 : 200);
	if (t->words > CELL_WORDS)
		t->prose = true;
	if (label != LABEL_NONE && t->column < COLUMNS_MAX) {
		t->labelled = (uint8_t)(t->labelled + (t->next[t->column] == LABEL_NONE));
		t->next[t->column] = (uint8_t)label;
	}
}

void columns_masked(struct columns *t)
{
	t->line_begins = t->apart = false;
	t->prose = true;                                 /* a head has no values */
}

static void end_line(struct columns *t)
{
	bool row = t->column > 0, key = t->column > 1 && t->next[0] >= LABEL_SSN && t->next[0] <= LABEL_ID;        /* "id,sex,a1c" */

	/* the first line of a table is its head */
	if (t->separator && (!row || t->line_separator != t->separator)) {
		t->separator = 0;
	} else if (!t->separator && row && t->labelled > 0 && !t->prose && (t->labelled > 1 || t->line_separator == '|' || key) &&
		   (t->line_separator != ' ' || (t->labelled > 2 && t->column > 2))) {
		t->separator = t->line_separator;
		memcpy(t->label, t->next, sizeof t->label);
	}
	memset(t->next, 0, sizeof t->next);
	t->column = t->words = t->labelled = t->line_separator = t->segment = 0;
	t->prose = t->quoted = t->apart = false;
	t->line_begins = true;
}

static enum label label_of(const struct columns *t)
{
	if (t->segment) {
		for (size_t i = 0; i < sizeof HL7 / sizeof *HL7; i++)
			if (HL7[i].field == t->column && strcmp(HL7[i].segment, SEGMENTS[t->segment - 1]) == 0)
				return HL7[i].label;
		return LABEL_NONE;
	}
	return t->separator && t->separator == t->line_separator && t->column < COLUMNS_MAX ? (enum label)t->label[t->column] : LABEL_NONE;
}

/* Signs that may head, separate or fill cells; most others do no more than stand in one. */
static bool is_of_tables(uint16_t sign)
{
	return sign == ',' || sign == '\n' || sign == ' ' || sign == '\t' || sign == '|' || sign == ';' || sign == ':' || sign == '"' || sign == '#' || sign == '~';
}

bool columns_sign(struct columns *t, uint16_t sign, enum label *label)
{
	bool cell;

	*label = LABEL_NONE;
	if (!is_of_tables(sign)) {
		t->prose = t->prose || sign == '.' || sign == '!' || sign == '?' || sign == '{';
		t->apart = t->line_begins = false;
		return false;
	}
	if (sign == '\n') {
		end_line(t);
		/* the first cell of a row in CSV begins with its line */
		if (!t->separator || ((t->separator == '|' || t->separator == ' ') && t->label[0] == LABEL_NONE))
			return false;
		*label = (enum label)t->label[0];
		return true;
	}
	if (sign == '"')
		t->quoted = !t->quoted;
	if (sign == '#' && t->words > 0 && t->column < COLUMNS_MAX && t->next[t->column] == LABEL_NONE) {
		t->labelled++;                           /* "Rand#" */
		t->next[t->column] = LABEL_ID;
	}
	if (sign == '~' && t->segment) {                 /* one more of the same field */
		*label = label_of(t);
		return *label != LABEL_NONE;
	}
	if (t->line_separator == ' ' && (sign == '|' || sign == '\t')) {    /* "Name   | DOB": the spaces only fill the cell */
		t->line_separator = 0;
		t->column = 0;
	}
	t->apart = false;
	/* between the spaces of such a table, and in front of them, commas say nothing; and no line of labels is its head */
	if (t->separator == ' ' && sign != '|' && sign != '\t') {
		t->line_begins = false;
		return false;
	}
	t->prose = t->prose || (sign == ':' && t->line_separator == ' ');
	cell = sign == '|' || sign == '\t' || ((sign == ',' || sign == ';') && !t->quoted);
	if (cell && !t->line_separator)
		t->line_separator = (char)sign;
	if (sign != ' ' && sign != '"')
		t->line_begins = false;
	if (!cell || sign != (unsigned char)t->line_separator)
		return false;
	t->column = (uint8_t)(t->column < 200 ? t->column + 1 : 200);
	t->words = 0;
	*label = label_of(t);
	return *label != LABEL_NONE || t->segment || t->separator == t->line_separator;
}

bool columns_spaces(struct columns *t, enum label *label)
{
	*label = LABEL_NONE;
	if (t->line_begins || t->apart || t->segment || (t->line_separator && t->line_separator != ' '))
		return false;
	t->apart = true;
	t->line_separator = ' ';
	t->column = (uint8_t)(t->column < 200 ? t->column + 1 : 200);
	t->words = 0;
	*label = label_of(t);
	return t->separator == ' ';
}
