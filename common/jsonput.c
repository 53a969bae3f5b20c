#include "jsonput.h"

#include <string.h>

#include "json.h"

static void begin(struct buf *out, const char *key)
{
	if (out->len && !strchr("{[:\n", out->data[out->len - 1]))
		buf_putc(out, ',');
	if (key) {
		json_add_str(out, key);
		buf_putc(out, ':');
	}
}

void jsonput_open(struct buf *out, const char *key, char bracket)
{
	begin(out, key);
	buf_putc(out, bracket);
}

void jsonput_close(struct buf *out, char bracket)
{
	buf_putc(out, bracket);
}

void jsonput_text(struct buf *out, const char *key, const char *text)
{
	if (!text)
		return;
	begin(out, key);
	json_add_str(out, text);
}

void jsonput_number(struct buf *out, const char *key, int64_t number)
{
	begin(out, key);
	buf_printf(out, "%lld", (long long)number);
}

void jsonput_flag(struct buf *out, const char *key, bool flag)
{
	begin(out, key);
	buf_puts(out, flag ? "true" : "false");
}

void jsonput_value(struct buf *out, const char *key, struct slice json)
{
	begin(out, key);
	buf_add_slice(out, json);
}
