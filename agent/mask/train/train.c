/* Makes the table that agent/mask/detect/model.c embeds: model-train TEXTS DICTIONARIES > model.bin. TEXTS holds notes with slots, which are
 * filled with names of the dictionaries and with made-up ones; the engine itself reads them, and asks this program, in the place of
 * model.c, what each word is. What it saw of the words, and the answers, then make the weights: logistic regression, one for each
 * class. The same texts give the same table. */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mask.h"
#include "model.h"
#include "scan.h"

#define COPIES 24                                /* of each note, filled anew */
#define DOCUMENT_COPIES 8
#define CASE_COPIES 3
#define EPOCHS 8
#define RATE 0.25F
#define SHRINK 2e-3F
#define TEXT_MAX 2000                            /* a note lies in one window of the engine */

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "model-train: %s\n", what);
	exit(1);
}

static uint64_t seed = 42;

static size_t random_below(size_t n)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return n ? (size_t)((seed >> 33) % n) : 0;
}

/* ---- lists of words ------------------------------------------------------------------------------------------------- */

struct list {
	char **word;
	size_t n, room;
};

static struct list first, last, city, county, eponym, brand, drug, street, own, trade, short_name;

static void list_add(struct list *list, const char *word, size_t n)
{
	if (list->n == list->room) {
		list->room = list->room ? list->room * 2 : 256;
		list->word = realloc(list->word, list->room * sizeof *list->word);
	}
	if (!list->word || !(list->word[list->n] = strndup(word, n)))
		die("no memory");
	list->n++;
}

static FILE *open_in(const char *folder, const char *name)
{
	char path[4096];
	FILE *f = NULL;

	if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, name) >= sizeof path || !(f = fopen(path, "r")))
		die(path);
	return f;
}

/* The first field of each line; only of plain letters, so that it can be written with a capital. */
static void list_read(struct list *list, const char *folder, const char *name)
{
	FILE *f = open_in(folder, name);
	char line[512];

	while (fgets(line, sizeof line, f)) {
		size_t n = strcspn(line, "\t\r\n");

		if (n > 2 && n < 24 && line[0] != '#')
			list_add(list, line, n);
	}
	fclose(f);
}

/* "name: word word", each list a line. */
static void lists_read(const char *folder)
{
	static const struct {
		const char *name;
		struct list *list;
	} lists[] = {{"eponym", &eponym}, {"brand", &brand}, {"drug", &drug}, {"street", &street}, {"own", &own}, {"trade", &trade}, {"short", &short_name}};
	FILE *f = open_in(folder, "words.txt");
	static char line[65536];

	while (fgets(line, sizeof line, f)) {
		char *colon = strchr(line, ':');
		struct list *list = NULL;

		for (size_t k = 0; colon && k < sizeof lists / sizeof *lists; k++)
			if (strlen(lists[k].name) == (size_t)(colon - line) && strncmp(line, lists[k].name, (size_t)(colon - line)) == 0)
				list = lists[k].list;
		if (!list)
			die("words.txt: a line of no known list");
		for (char *word = strtok(colon + 1, ",\n"); word; word = strtok(NULL, ",\n"))
			list_add(list, word + strspn(word, " "), strlen(word + strspn(word, " ")));
	}
	fclose(f);
}

/* ---- filling --------------------------------------------------------------------------------------------------------- */

struct note {
	char text[TEXT_MAX + 256];
	uint8_t class[TEXT_MAX + 256];           /* of each byte; UINT8_MAX: do not ask */
	size_t n;
};

static void put(struct note *note, const char *text, size_t n, int class)
{
	if (note->n + n > TEXT_MAX)
		die("a note is too long");
	memcpy(note->text + note->n, text, n);
	memset(note->class + note->n, class, n);
	note->n += n;
}

static const char *pick(const struct list *list)
{
	return list->word[random_below(list->n)];
}

/* Each word with a capital. */
static void put_word(struct note *note, const char *word, int class)
{
	size_t from = note->n;

	put(note, word, strlen(word), class);
	for (size_t i = from; i < note->n; i++)
		if ((i == from || note->text[i - 1] == ' ' || note->text[i - 1] == '-') && note->text[i] >= 'a' && note->text[i] <= 'z')
			note->text[i] = (char)(note->text[i] - 32);
	if (class == MODEL_NAME && note->n > from + 4 && strncmp(note->text + from, "Mc", 2) == 0 && note->text[from + 2] >= 'a' && random_below(10) < 7)
		note->text[from + 2] = (char)(note->text[from + 2] - 32);
}

/* A word that no list has: the beginning of one, the end of another. */
static void put_made_up(struct note *note, const struct list *a, const struct list *b, int class)
{
	const char *head = pick(a), *tail = pick(b);
	size_t h = strlen(head), t = strlen(tail), n = 2 + random_below(3);
	char word[64];

	n = n < h ? n : h;
	snprintf(word, sizeof word, "%.*s%s", (int)n, head, tail + (t > 4 ? t - 3 - random_below(2) : t / 2));
	put_word(note, word, class);
}

static void put_name(struct note *note, const struct list *list)
{
	size_t chance = random_below(100);

	if (chance < 30) {
		put_made_up(note, list, list, MODEL_NAME);
	} else {
		put_word(note, pick(list), MODEL_NAME);
		if (chance > 96 && list == &last) {
			put(note, "-", 1, MODEL_NAME);
			put_word(note, pick(list), MODEL_NAME);
		}
	}
}

static void put_city(struct note *note)
{
	if (random_below(100) < 15)
		put_made_up(note, &city, &city, MODEL_CITY);
	else
		put_word(note, pick(&city), MODEL_CITY);
}

static void put_part(struct note *note, int class)
{
	switch (random_below(5)) {
	case 0: put_word(note, pick(&city), class); break;
	case 1: put_word(note, pick(&last), class); break;
	case 2: put_made_up(note, &last, &city, class); break;
	default: put_word(note, pick(&own), class); break;
	}
}

static void put_facility(struct note *note, bool brief)
{
	switch (random_below(brief ? 6 : 3)) {
	case 0: case 1: case 2:
		put_part(note, MODEL_FACILITY);
		put(note, " ", 1, MODEL_FACILITY);
		put_word(note, pick(&trade), MODEL_FACILITY);
		break;
	case 3: put_word(note, pick(&short_name), MODEL_FACILITY); break;
	case 4:
		put_word(note, pick(&short_name), MODEL_FACILITY);
		put(note, " ", 1, MODEL_FACILITY);
		put_part(note, MODEL_FACILITY);
		break;
	default: put_part(note, MODEL_FACILITY); break;
	}
}

static void put_street(struct note *note)
{
	switch (random_below(4)) {
	case 0: put_word(note, pick(&last), MODEL_ADDRESS); break;
	case 1: put_word(note, pick(&city), MODEL_ADDRESS); break;
	default: put_word(note, pick(&street), MODEL_ADDRESS); break;
	}
}

/* What is called after somebody, or by its maker: none of the classes. */
static void put_thing(struct note *note, const struct list *list)
{
	size_t chance = random_below(100);

	if (list == &eponym && chance < 25)
		put_word(note, pick(&last), MODEL_ANY);
	else if (chance < 50)
		put_made_up(note, list, list, MODEL_ANY);
	else
		put_word(note, pick(list), MODEL_ANY);
}

/* Signs of a form: 9 a digit, A a capital, a a small letter, X a digit or a capital; others stand for themselves. */
static void put_code(struct note *note, const char *form, size_t n, int class)
{
	for (size_t i = 0; i < n; i++) {
		char digit = (char)('0' + random_below(10)), capital = (char)('A' + random_below(26)), c = form[i];

		if (c == '9' && i == 0 && digit == '0' && random_below(4))
			digit = '4';
		c = c == '9' ? digit : c == 'A' ? capital : c == 'a' ? (char)(capital + 32) : c == 'X' ? (random_below(2) ? digit : capital) : c;
		put(note, &c, 1, class);
	}
}

/* "3/14", "3-14", with the sign that is given. */
static void put_day(struct note *note, const char *sign, size_t n)
{
	char text[32];

	snprintf(text, sizeof text, random_below(4) ? "%zu%.*s%zu" : "%02zu%.*s%02zu", 1 + random_below(12), n ? (int)n : 1, n ? sign : "/",
		 1 + random_below(28));
	put(note, text, strlen(text), MODEL_DAY);
}

/* An age over 89. */
static void put_age(struct note *note)
{
	char text[24];

	snprintf(text, sizeof text, "%zu", 90 + random_below(random_below(4) ? 10 : 16));
	put(note, text, strlen(text), MODEL_AGE);
}

static void put_slot(struct note *note, const char *slot, size_t n)
{
	char key[8];

	if (*slot == '@') {
		put_day(note, slot + 1, n - 1);
		return;
	}
	if (*slot == '^') {
		put_age(note);
		return;
	}

	if (*slot == '#' || *slot == '~') {
		put_code(note, slot + 1, n - 1, *slot == '#' ? MODEL_CODE : MODEL_ANY);
		return;
	}
	snprintf(key, sizeof key, "%.*s", (int)n, slot);
	if (strcmp(key, "F") == 0) {
		put_name(note, &first);
	} else if (strcmp(key, "L") == 0) {
		put_name(note, &last);
	} else if (strcmp(key, "N") == 0) {
		put_name(note, &first);
		put(note, " ", 1, MODEL_NAME);
		if (random_below(5) == 0) {
			put_name(note, random_below(2) ? &first : &last);
			put(note, " ", 1, MODEL_NAME);
		}
		put_name(note, &last);
	} else if (strcmp(key, "NI") == 0) {
		char initial[4] = {(char)('A' + random_below(26)), '.', ' ', 0};

		put(note, initial, 3, MODEL_NAME);
		put_name(note, &last);
	} else if (strcmp(key, "LF") == 0) {
		put_name(note, &last);
		put(note, ", ", 2, MODEL_NAME);
		put_name(note, &first);
	} else if (strcmp(key, "C") == 0) {
		put_city(note);
	} else if (strcmp(key, "K") == 0) {
		put_word(note, pick(&county), MODEL_CITY);
	} else if (strcmp(key, "H") == 0) {
		put_facility(note, false);
	} else if (strcmp(key, "HS") == 0) {
		put_facility(note, true);
	} else if (strcmp(key, "S") == 0) {
		put_street(note);
	} else if (strcmp(key, "E") == 0) {
		put_thing(note, &eponym);
	} else if (strcmp(key, "B") == 0) {
		put_thing(note, &brand);
	} else if (strcmp(key, "D") == 0) {
		put_thing(note, &drug);
	} else {
		die(key);
	}
}

static void fill(struct note *note, const char *text, size_t n)
{
	note->n = 0;
	for (size_t i = 0; i < n; i++) {
		size_t to = i + 1;

		if (text[i] == '{' && i + 1 < n && (strchr("#~@^", text[i + 1]) || (text[i + 1] >= 'A' && text[i + 1] <= 'Z'))) {         /* a brace of JSON is none */
			while (to < n && text[to] != '}')
				to++;
			put_slot(note, text + i + 1, to - i - 1);
			i = to;
		} else {
			put(note, text + i, 1, MODEL_ANY);
		}
	}
	if (random_below(12) == 0 || (strncmp(text, "MSH", 3) == 0 && random_below(4)))
		for (size_t i = 0; i < note->n; i++)
			if (note->text[i] >= 'a' && note->text[i] <= 'z')
				note->text[i] = (char)(note->text[i] - 32);
	if (random_below(5) == 0)
		for (size_t i = 0; i < note->n; i++)
			if (note->text[i] >= 'A' && note->text[i] <= 'Z')
				note->text[i] = (char)(note->text[i] + 32);
}

/* ---- documents ------------------------------------------------------------------------------------------------------- */

/* What the marks of tests/accuracy/unseen/ call it. */
static int class_of(const char *entity, size_t n)
{
	static const struct {
		const char *entity;
		uint8_t class;
	} classes[] = {
		{"NAME", MODEL_NAME}, {"CITY", MODEL_CITY}, {"COUNTY", MODEL_CITY}, {"FACILITY", MODEL_FACILITY}, {"ADDRESS", MODEL_ADDRESS},
		{"DATE", MODEL_DAY}, {"AGE", MODEL_AGE}, {"EITHER", UINT8_MAX},
	};

	for (size_t k = 0; k < sizeof classes / sizeof *classes; k++)
		if (strlen(classes[k].entity) == n && memcmp(classes[k].entity, entity, n) == 0)
			return classes[k].class;
	return MODEL_CODE;
}

static bool is_capital(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_small(char c)
{
	return c >= 'a' && c <= 'z';
}

/* Another word of the list, written as this one is. */
static void put_like(struct note *note, const struct list *list, const char *word, size_t n, int class)
{
	size_t from = note->n;

	put_name(note, list);
	for (size_t i = from; i < note->n; i++) {
		note->class[i] = (uint8_t)class;
		if (is_small(note->text[i]) && is_capital(word[n - 1]))
			note->text[i] = (char)(note->text[i] - 32);
		else if (is_capital(note->text[i]) && is_small(word[0]))
			note->text[i] = (char)(note->text[i] + 32);
	}
}

/* A marked piece; most words of names are changed for others when it is varied, so that no name is learnt by heart. */
static void put_marked(struct note *note, const char *text, size_t n, int class, bool vary)
{
	for (size_t i = 0, to; i < n; i = to) {
		for (to = i; to < n && (is_capital(text[to]) || is_small(text[to])); to++)
			;
		if (vary && to - i > 2 && class == MODEL_NAME && random_below(4))
			put_like(note, random_below(2) ? &first : &last, text + i, to - i, class);
		else if (vary && to - i > 2 && i == 0 && to == n && class == MODEL_CITY && random_below(2))
			put_like(note, &city, text + i, to - i, class);
		else
			put(note, text + i, (to += to == i) - i, class);
	}
}

/* A document of tests/accuracy/unseen/, whose identifiers are marked: \u27e6NAME|Rose Long\u27e7. */
static void fill_document(struct note *note, const char *text, size_t n, bool vary)
{
	static const char open[] = "\xe2\x9f\xa6", close[] = "\xe2\x9f\xa7";

	note->n = 0;
	for (size_t i = 0; i < n && note->n < TEXT_MAX - 200;) {
		const char *bar, *end;

		if (strncmp(text + i, open, 3) != 0) {
			put(note, text + i++, 1, MODEL_ANY);
			continue;
		}
		bar = strchr(text + i, '|');
		end = strstr(text + i, close);
		if (!bar || !end || bar > end)
			die("a mark is not closed");
		put_marked(note, bar + 1, (size_t)(end - bar - 1), class_of(text + i + 3, (size_t)(bar - text) - i - 3), vary);
		i = (size_t)(end - text) + 3;
	}
}

/* ---- examples -------------------------------------------------------------------------------------------------------- */

struct example {
	size_t from;
	uint16_t n;
	uint8_t class;
	uint8_t asked;                           /* MODEL_CODE, MODEL_DAY; MODEL_ANY: which of the others */
};

static struct {
	struct example *example;
	size_t n, room;
	uint16_t *slot;
	size_t slots, slots_room;
} all;

static const struct note *asked;                 /* the note that is read */

static void remember(const struct model_signs *signs, int class, enum model_class about)
{
	if (all.n == all.room) {
		all.room = all.room ? all.room * 2 : 4096;
		all.example = realloc(all.example, all.room * sizeof *all.example);
	}
	if (all.slots + signs->n > all.slots_room) {
		all.slots_room = all.slots_room ? all.slots_room * 2 : 1 << 20;
		all.slot = realloc(all.slot, all.slots_room * sizeof *all.slot);
	}
	if (!all.example || !all.slot)
		die("no memory");
	all.example[all.n++] = (struct example){.from = all.slots, .n = (uint16_t)signs->n, .class = (uint8_t)class, .asked = (uint8_t)about};
	for (size_t i = 0; i < signs->n; i++)
		all.slot[all.slots++] = (uint16_t)signs->slot[i];
}

enum model_class model_class(const struct model_signs *signs, size_t at)
{
	int class = at < asked->n ? asked->class[at] : MODEL_ANY;

	if (class == UINT8_MAX)
		return MODEL_ANY;
	class = class < MODEL_CLASSES ? class : MODEL_ANY;
	remember(signs, class, MODEL_ANY);
	return (enum model_class)class;
}

bool model_is(const struct model_signs *signs, enum model_class about, int least, size_t at)
{
	int class = at < asked->n ? asked->class[at] : MODEL_ANY;

	(void)least;
	if (class == UINT8_MAX || (class != MODEL_ANY && class < MODEL_CLASSES))
		return false;
	remember(signs, class, about);
	return class == (int)about;
}

/* The rules that find names and places stand back, so that all words are asked for. */
bool scan_city(struct scan *s, struct finding *f) { (void)s; (void)f; return false; }
bool scan_county(struct scan *s, struct finding *f) { (void)s; (void)f; return false; }
bool scan_facility(struct scan *s, struct finding *f) { (void)s; (void)f; return false; }
bool scan_name(struct scan *s, struct finding *f) { (void)s; (void)f; return false; }
bool scan_known_name(struct scan *s, struct finding *f) { (void)s; (void)f; return false; }
bool scan_person(struct scan *s, struct finding *f) { (void)s; (void)f; return false; }
bool scan_form(struct scan *s, struct finding *f) { (void)s; (void)f; return false; }
bool scan_labelled(struct scan *s, struct finding *f) { (void)s; (void)f; return false; }
bool scan_beside(struct scan *s, struct finding *f) { (void)s; (void)f; return false; }
bool scan_number(struct scan *s, struct finding *f) { (void)s; (void)f; return false; }

static void read_note(struct mask_engine *engine, const struct note *note)
{
	struct buf out;

	asked = note;
	buf_init(&out, 1 << 20);
	if (mask_text(engine, NULL, NULL, (struct slice){note->text, note->n}, &out) != RC_OK)
		die("the engine failed");
	buf_free(&out);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_notes(const struct dirent *entry)
{
	return strncmp(entry->d_name, "notes_", 6) == 0;
}

static const char *left_out;                     /* the set whose documents are not read; NULL: none */

static int is_document(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.'), *set = strchr(entry->d_name, '_');
	size_t n = set ? (size_t)(set - entry->d_name) : 0;

	/* "second_billing.txt" is of the second set, "billing.txt" of the first */
	if (left_out && (set ? strlen(left_out) == n && strncmp(entry->d_name, left_out, n) == 0 : strcmp(left_out, "first") == 0))
		return 0;
	return dot && strcmp(dot, ".txt") == 0;
}

static int is_cases(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && strcmp(dot, ".txt") == 0;
}

/* One marked text a line, with \\n and \\t in it, as a document. */
static void unescape(char *line)
{
	char *to = line;

	for (const char *from = line; *from; from++) {
		bool escape = from[0] == '\\' && (from[1] == 'n' || from[1] == 't');

		*to++ = !escape ? *from : from[1] == 'n' ? '\n' : '\t';
		from += escape;
	}
	*to = '\0';
}

enum texts { TEXTS_NOTES, TEXTS_DOCUMENTS, TEXTS_CASES };

static void read_text(struct mask_engine *engine, char *text, enum texts kind)
{
	static struct note note;
	int copies = kind == TEXTS_NOTES ? COPIES : kind == TEXTS_DOCUMENTS ? DOCUMENT_COPIES : CASE_COPIES;

	if (kind == TEXTS_CASES && *text == '#')
		return;
	if (kind == TEXTS_CASES)
		unescape(text);
	for (int copy = 0; copy < copies; copy++) {
		if (kind == TEXTS_NOTES)
			fill(&note, text, strlen(text));
		else
			fill_document(&note, text, strlen(text), copy > 1);
		read_note(engine, &note);
	}
}

static void read_texts(struct mask_engine *engine, const char *folder, int filter(const struct dirent *), enum texts kind)
{
	static char text[1 << 20];
	const char *border = kind == TEXTS_CASES ? "\n" : "====\n";
	struct dirent **files;
	int n = scandir(folder, &files, filter, by_name);

	if (n < 1)
		die(folder);
	for (int i = 0; i < n; i++) {
		FILE *f = open_in(folder, files[i]->d_name);
		size_t size = fread(text, 1, sizeof text - 1, f);

		fclose(f);
		text[size] = 0;
		for (char *from = text, *next; from; from = next) {
			next = strstr(from, border);
			if (next)
				*next = '\0';
			read_text(engine, from, kind);
			next = next ? next + strlen(border) : NULL;
		}
		free(files[i]);
	}
	free(files);
}

/* ---- weights --------------------------------------------------------------------------------------------------------- */

static float weight[MODEL_SLOTS][MODEL_ROW], steps[MODEL_SLOTS][MODEL_ROW];

static void learn(const struct example *e)
{
	const uint16_t *slot = all.slot + e->from;
	float wrong[MODEL_ROW];
	int first_class = e->asked, end = e->asked ? e->asked + 1 : MODEL_CLASSES;

	for (int k = first_class; k < end; k++) {
		bool is = k == MODEL_ANY ? e->class != MODEL_ANY : e->class == k;
		float sum = 0;

		for (size_t i = 0; i < e->n; i++)
			sum += weight[slot[i]][k];
		wrong[k] = (is ? 1.0F : 0.0F) - 1.0F / (1.0F + expf(-sum));
	}
	for (size_t i = 0; i < e->n; i++)
		for (int k = first_class; k < end; k++) {
			float *w = &weight[slot[i]][k], *g = &steps[slot[i]][k], step = wrong[k] - SHRINK * *w;

			*g += step * step;
			*w += RATE * step / sqrtf(*g + 1.0F);
		}
}

static void shuffle(size_t *order, size_t n)
{
	for (size_t i = n; i > 1; i--) {
		size_t j = random_below(i), kept = order[i - 1];

		order[i - 1] = order[j];
		order[j] = kept;
	}
}

static void write_model(void)
{
	static int8_t row[MODEL_ROW];

	for (size_t i = 0; i < MODEL_SLOTS; i++) {
		for (int k = 0; k < MODEL_ROW; k++) {
			float w = roundf(weight[i][k] * MODEL_UNIT);

			row[k] = (int8_t)(w > 127 ? 127 : w < -127 ? -127 : w);
		}
		if (fwrite(row, sizeof row, 1, stdout) != 1)
			die("standard output");
	}
	if (fflush(stdout) != 0)
		die("standard output");
}

int main(int argc, char **argv)
{
	struct mask_engine *engine;
	struct mask_rules *rules;
	struct why why = {0};
	char folder[4096];
	size_t *order;

	if (argc < 4)
		die("usage: model-train TEXTS DICTIONARIES DOCUMENTS [LEAVE_OUT] > model.bin");
	left_out = argc > 4 ? argv[4] : NULL;
	list_read(&first, argv[2], "first_names_us.txt");
	list_read(&first, argv[2], "first_names_world.txt");
	list_read(&last, argv[2], "surnames_us.txt");
	list_read(&city, argv[2], "us_places.tsv");
	list_read(&city, argv[2], "places_world.txt");
	lists_read(argv[1]);
	for (size_t i = 0; i < city.n; i += 7)
		list_add(&county, city.word[i], strlen(city.word[i]));
	if (mask_rules_read(NULL, ".", &rules, &why) != RC_OK || mask_engine_new(rules, &engine, &why) != RC_OK)
		die("the engine cannot be made");
	read_texts(engine, argv[1], is_notes, TEXTS_NOTES);
	snprintf(folder, sizeof folder, "%s/unseen", argv[3]);
	read_texts(engine, folder, is_document, TEXTS_DOCUMENTS);
	read_texts(engine, argv[3], is_cases, TEXTS_CASES);
	order = malloc(all.n * sizeof *order);
	if (!order)
		die("no memory");
	for (size_t i = 0; i < all.n; i++)
		order[i] = i;
	for (int epoch = 0; epoch < EPOCHS; epoch++) {
		shuffle(order, all.n);
		for (size_t i = 0; i < all.n; i++)
			learn(&all.example[order[i]]);
	}
	write_model();
	fprintf(stderr, "model-train: %zu words\n", all.n);
	free(order);
	mask_engine_free(engine);
	mask_rules_free(rules);
	return 0;
}
