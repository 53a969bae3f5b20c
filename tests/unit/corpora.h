/* Texts that nobody wrote for the test that reads them: a mistake that no case foresaw shows there. */
#ifndef PHIGATE_TEST_CORPORA_H
#define PHIGATE_TEST_CORPORA_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "buf.h"

typedef void corpora_text(void *arg, const char *text);

/* The sentences and notes of the accuracy corpora; how many there were. Exits when there are none. */
static inline unsigned int corpora_sentences(corpora_text *each, void *arg)
{
	static const char *const paths[] = {
		"tests/accuracy/corpora/presidio_synth_v2.jsonl", "tests/accuracy/corpora/mts_dialog.jsonl",
	};
	unsigned int texts = 0;
	char *line = NULL;
	size_t room = 0;

	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		FILE *file = fopen(paths[i], "r");

		while (file && getline(&line, &room, file) > 0) {
			cJSON *document = cJSON_Parse(line);
			const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(document, "text"));

			if (text)
				each(arg, text);
			texts += text != NULL;
			cJSON_Delete(document);
		}
		if (file)
			fclose(file);
	}
	free(line);
	if (texts < 3000) {
		fprintf(stderr, "the accuracy corpora are not there\n");
		exit(1);
	}
	return texts;
}

/* The hand-written cases of the accuracy corpus, without their marks: likewise. */
static inline unsigned int corpora_hard(corpora_text *each, void *arg)
{
	FILE *file = fopen("tests/accuracy/hard.txt", "r");
	unsigned int texts = 0;
	char line[4096];

	while (file && fgets(line, sizeof line, file)) {
		struct buf text;

		buf_init(&text, sizeof line);
		for (const char *p = line; *p && *p != '\n';) {
			if (strncmp(p, "\u27e6", 3) == 0) {
				p = strchr(p, '|') + 1;
			} else if (strncmp(p, "\u27e7", 3) == 0) {
				p += 3;
			} else if (p[0] == '\\' && p[1] == 'n') {
				buf_putc(&text, '\n');
				p += 2;
			} else {
				buf_putc(&text, *p++);
			}
		}
		buf_putc(&text, '\0');
		if (*line != '#' && text.rc == RC_OK) {
			each(arg, text.data);
			texts++;
		}
		buf_free(&text);
	}
	if (file)
		fclose(file);
	if (texts < 50) {
		fprintf(stderr, "the hard cases are not there\n");
		exit(1);
	}
	return texts;
}

#endif
