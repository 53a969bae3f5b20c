/* --json: one object a line. */
#ifndef PHIGATE_CLI_JSONLINE_H
#define PHIGATE_CLI_JSONLINE_H

#include <cjson/cJSON.h>
#include <stdio.h>

#include "conf.h"

/* Written out at once. Characters that a terminal might obey are JSON escapes, so that the line is safe to look at too. */
enum rc jsonline_print(FILE *f, const cJSON *object);

/* The members of an array, each on its line, with "agent" before their own members. */
enum rc jsonline_print_list(FILE *f, const char *agent, cJSON *list);

/* A list of strings as an array; NULL when there is no memory. */
cJSON *jsonline_texts(const struct text_list *list);


/* Characters of a string as they stand in JSON: what a terminal would not show as it is becomes \u escapes, what is no UTF-8 U+FFFD. */
void jsonline_text(FILE *f, struct slice text);

#endif
