/* Makes the table that agent/mask/detect/dictionary.c embeds: dictionary-make FOLDER > dictionary.bin, where FOLDER is config/dictionaries. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../dictionary.h"

#define NO_WORD 0x100                            /* no word of the language, though a list says so */

static uint32_t table[DICTIONARY_SLOTS];
static uint64_t filter[DICTIONARY_FILTER / 64], *names;
static size_t n_names;
static size_t used;

static void die(const char *what)
{
	fprintf(stderr, "dictionary-make: %s\n", what);
	exit(1);
}

static void add(uint64_t hash, unsigned int bits)
{
	uint32_t mark = dictionary_mark(hash);
	size_t at = dictionary_slot(hash);

	while (table[at] && (table[at] & ~0xffU) != mark)
		at = (at + 1) & (DICTIONARY_SLOTS - 1);
	used += !table[at];
	if (used > DICTIONARY_SLOTS * 3 / 4)
		die("the table is too full");
	table[at] |= mark | (bits & 0xff);
	if (bits & (DICTIONARY_FIRST | DICTIONARY_LAST | DICTIONARY_PLACE)) {
		if (n_names % 4096 == 0 && !(names = realloc(names, (n_names + 4096) * sizeof *names)))
			die("no memory");
		names[n_names++] = hash;
	}
	if (bits & NO_WORD)
		table[at] &= ~(uint32_t)DICTIONARY_SAFE;
}

/* The filter is of the names that no list has as a word. */
static void make_filter(void)
{
	for (size_t i = 0; i < n_names; i++) {
		size_t at = dictionary_slot(names[i]);

		while ((table[at] & ~0xffU) != dictionary_mark(names[i]))
			at = (at + 1) & (DICTIONARY_SLOTS - 1);
		for (int k = 0; k < 2 && !(table[at] & DICTIONARY_SAFE); k++)
			filter[dictionary_filter(names[i], k) / 64] |= (uint64_t)1 << dictionary_filter(names[i], k) % 64;
	}
}

/* A line's words: signs inside them left out, single spaces between. begins: what the words before the last are. */
static void add_line(const char *text, size_t n, unsigned int bits, unsigned int begins)
{
	uint64_t hash = WORD_HASH;
	int some = 0, space = 0;

	for (size_t i = 0; i < n; i++) {
		uint16_t c = (unsigned char)text[i];

		if ((c & 0xe0) == 0xc0 && i + 1 < n)             /* U+0080 to U+07FF, as in names of the north */
			c = (uint16_t)((c & 0x1f) << 6 | ((unsigned char)text[++i] & 0x3f));
		if (c == ' ' || (begins && c == '-')) {
			space = some;
			continue;
		}
		if (c == '\'' || c == '.' || c == '-' || c == '\r')
			continue;
		if (space) {
			add(hash, begins);
			hash = word_hash(hash, ' ');
		}
		hash = word_hash(hash, c);
		some = 1;
		space = 0;
	}
	if (some)
		add(hash, bits);
}

static FILE *open_in(const char *folder, const char *name)
{
	char path[4096];
	FILE *f = NULL;

	if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, name) >= sizeof path || !(f = fopen(path, "r")))
		die(path);
	return f;
}

static void read_words(const char *folder, const char *name, unsigned int bits)
{
	FILE *f = open_in(folder, name);
	char line[512];

	while (fgets(line, sizeof line, f))
		add_line(line, strcspn(line, "\n"), bits, 0);
	fclose(f);
}

/* city, county, state code, state */
static void read_places(const char *folder, const char *name)
{
	FILE *f = open_in(folder, name);
	char line[512];

	while (fgets(line, sizeof line, f)) {
		size_t city = strcspn(line, "\t\n"), county = line[city] ? strcspn(line + city + 1, "\t\n") : 0;

		add_line(line, city, DICTIONARY_PLACE, DICTIONARY_PLACE_BEGINS);
		if (county)
			add_line(line + city + 1, county, DICTIONARY_COUNTY, DICTIONARY_PLACE_BEGINS);
	}
	fclose(f);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		die("usage: dictionary-make FOLDER > dictionary.bin");
	read_words(argv[1], "first_names_us.txt", DICTIONARY_FIRST);
	read_words(argv[1], "first_names_world.txt", DICTIONARY_FIRST);
	read_words(argv[1], "surnames_us.txt", DICTIONARY_LAST);
	read_words(argv[1], "surnames_world.txt", DICTIONARY_LAST);
	read_words(argv[1], "safe_words.txt", DICTIONARY_SAFE);
	read_words(argv[1], "drugs.txt", DICTIONARY_SAFE);
	read_words(argv[1], "eponyms.txt", DICTIONARY_SAFE);
	read_words(argv[1], "form_words.txt", DICTIONARY_SAFE);
	read_words(argv[1], "cities_no_words.txt", NO_WORD);
	read_places(argv[1], "us_places.tsv");
	read_places(argv[1], "places_world.txt");
	make_filter();
	if (fwrite(table, sizeof *table, DICTIONARY_SLOTS, stdout) != DICTIONARY_SLOTS ||
	    fwrite(filter, sizeof filter, 1, stdout) != 1 || fflush(stdout) != 0)
		die("standard output");
	return 0;
}
