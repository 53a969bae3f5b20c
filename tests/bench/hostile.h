/* Texts that somebody writes to keep the masking busy: one piece again and again. */
#ifndef PHIGATE_BENCH_HOSTILE_H
#define PHIGATE_BENCH_HOSTILE_H

#include <stdbool.h>

#define HOSTILE_BYTES ((size_t)256 << 10)

struct hostile {
	const char *what, *before, *piece, *behind;
	bool json;                       /* the body of an answer, not its text */
};

static const struct hostile HOSTILE[] = {
	{"digits", "", "7", "", false},
	{"digits apart", "", "7 ", "", false},
	{"digits in groups", "", "617 482 ", "", false},
	{"numbers", "", "38.6, 104/72 ", "", false},
	{"brackets", "", "[", "", false},
	{"round brackets", "", "(", "", false},
	{"area codes", "", "(617) ", "", false},
	{"placeholders", "", "[NAME] ", "", false},
	{"MRN:", "", "MRN: ", "", false},
	{"Dr.", "", "Dr. ", "", false},
	{"capitals", "", "Osborne ", "", false},
	{"names", "", "Margaret Osborne, ", "", false},
	{"ALL CAPITALS", "", "OSBORNE ", "", false},
	{"initials", "", "J. ", "", false},
	{"dates", "", "03/14/2024 ", "", false},
	{"dates in words", "", "March third, ", "", false},
	{"streets", "", "12 Main ", "", false},
	{"lines of addresses", "", "\n12 Osborne 4\nLinz", "", false},
	{"cities", "", "North Little ", "", false},
	{"hospitals", "", "Saint Mary of ", "", false},
	{"hyphens", "", "Osborne-", "", false},
	{"letters apart", "", "J-o-", "", false},
	{"apostrophes", "", "O'", "", false},
	{"at signs", "", "@", "", false},
	{"addresses", "", "a@", "", false},
	{"at", "", "osborne at ", "", false},
	{"dots", "", ".", "", false},
	{"letters and dots", "", "a.", "", false},
	{"colons", "", "ab:", "", false},
	{"slashes", "", "abc/", "", false},
	{"percent", "", "%41", "", false},
	{"base64", "", "U1NOIDUzNi0yMi04NzQx ", "", false},
	{"spaces", "", " ", "", false},
	{"line feeds", "", "\n", "", false},
	{"tables", "", "| name ", "", false},
	{"zero-width", "", "a\u200b", "", false},
	{"accents", "", "\u00e9", "", false},
	{"wide characters", "", "\uff14", "", false},
	{"references", "", "&#53;", "", false},
	{"ampersands", "", "&", "", false},
	{"no characters", "", "\xff", "", false},
	{"number words", "", "ssn five ", "", false},
	{"JSON in text", "{\"a\":[", "{\"b\":1},", "{}]}", false},
	{"tiny strings", "[", "\"a\",", "\"\"]", true},
	{"tiny members", "{", "\"a\":\"b\",", "\"c\":0}", true},
	{"numbers of JSON", "[", "4821337,", "0]", true},
	{"nested arrays", "[", "[[[[[[]]]]]],", "[]]", true},
	{"escapes", "[\"", "\\u0041", "\"]", true},
	{"line feeds of JSON", "[\"", "\\n", "\"]", true},
	{"quotes in quotes", "[\"", "\\\"a\\\",", "\"]", true},
};
#define N_HOSTILE (sizeof HOSTILE / sizeof *HOSTILE)

#endif
