#include "jsonline.h"

#include <stdlib.h>
#include <string.h>

#include "term.h"
#include "utf8.h"

/* Does the terminal show the character as it is? */
static bool is_plain(const char *p, size_t n)
{
	struct buf shown;
	bool plain;

	buf_init(&shown, 64);
	plain = term_escape((struct slice){p, n}, &shown) == RC_OK && shown.len == n && memcmp(shown.data, p, n) == 0;
	buf_free(&shown);
	return plain;
}

static void put_escape(FILE *f, uint32_t c)
{
	if (c >= 0x10000)
		fprintf(f, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10), 0xdc00 + ((c - 0x10000) & 0x3ff));
	else
		fprintf(f, "\\u%04x", c);
}

void jsonline_text(FILE *f, struct slice text)
{
	size_t at = 0;

	while (at < text.n) {
		size_t plain = at;
		uint32_t c;
		int len;

		while (plain < text.n && (unsigned char)text.p[plain] < 0x7f)
			plain++;
		fwrite(text.p + at, 1, plain - at, f);
		at = plain;
		if (at == text.n)
			return;
		len = utf8_decode(text.p + at, text.n - at, &c);
		if (len <= 0)
			fputs("\\ufffd", f);
		else if (is_plain(text.p + at, (size_t)len))
			fwrite(text.p + at, 1, (size_t)len, f);
		else
			put_escape(f, c);
		at += len > 0 ? (size_t)len : 1;
	}
}

enum rc jsonline_print(FILE *f, const cJSON *object)
{
	char *text = cJSON_PrintUnformatted(object);

	if (!text)
		return RC_NOMEM;
	jsonline_text(f, slice_str(text));
	free(text);
	fputc('\n', f);
	return fflush(f) == 0 && !ferror(f) ? RC_OK : RC_IO;
}

enum rc jsonline_print_list(FILE *f, const char *agent, cJSON *list)
{
	cJSON *item;
	enum rc rc = RC_OK;

	cJSON_ArrayForEach(item, list) {
		cJSON *name = cJSON_CreateString(agent);

		if (!cJSON_IsObject(item) || !name || !cJSON_InsertItemInArray(item, 0, name)) {
			cJSON_Delete(name);
			continue;
		}
		name->string = strdup("agent");
		if (rc == RC_OK)
			rc = name->string ? jsonline_print(f, item) : RC_NOMEM;
	}
	return rc;
}

cJSON *jsonline_texts(const struct text_list *list)
{
	cJSON *array = cJSON_CreateArray();

	for (size_t i = 0; i < list->n; i++)
		cJSON_AddItemToArray(array, cJSON_CreateString(list->item[i]));
	return array;
}
