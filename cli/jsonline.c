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

static void add_escape(struct buf *out, uint32_t c)
{
	if (c >= 0x10000)
		buf_printf(out, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10), 0xdc00 + ((c - 0x10000) & 0x3ff));
	else
		buf_printf(out, "\\u%04x", c);
}

enum rc jsonline_print(FILE *f, const cJSON *object)
{
	char *text = cJSON_PrintUnformatted(object);
	size_t left = text ? strlen(text) : 0;
	struct buf out;
	enum rc rc;

	buf_init(&out, BUF_MAX_DEFAULT);
	for (const char *p = text; left > 0;) {
		uint32_t c = 0;
		int n = (unsigned char)*p < 0x7f ? 1 : utf8_decode(p, left, &c);

		if (n <= 0)
			n = 1;                           /* cJSON writes what it was given, and that was checked */
		if ((unsigned char)*p < 0x7f || is_plain(p, (size_t)n))
			buf_add(&out, p, (size_t)n);
		else
			add_escape(&out, c);
		p += n;
		left -= (size_t)n;
	}
	rc = buf_putc(&out, '\n');
	if (!text)
		rc = RC_NOMEM;
	if (rc == RC_OK && (fwrite(out.data, 1, out.len, f) != out.len || fflush(f) != 0))
		rc = RC_IO;
	free(text);
	buf_free(&out);
	return rc;
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
