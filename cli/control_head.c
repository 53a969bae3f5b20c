#include "control_head.h"

#include <string.h>

#define HEAD_MAX ((size_t)16 << 10)

/* One header line, without its CRLF. */
static enum rc read_header(struct slice line, struct control_head *head)
{
	const char *colon = memchr(line.p, ':', line.n);
	struct slice name, value;

	if (!colon)
		return RC_BAD;
	name = (struct slice){line.p, (size_t)(colon - line.p)};
	value = (struct slice){colon + 1, line.n - name.n - 1};
	while (value.n && *value.p == ' ') {
		value.p++;
		value.n--;
	}
	if (slice_is_nocase(name, "content-length")) {
		if (value.n < 1 || value.n > 15)
			return RC_BAD;
		head->length = 0;
		for (size_t i = 0; i < value.n; i++) {
			if (value.p[i] < '0' || value.p[i] > '9')
				return RC_BAD;
			head->length = head->length * 10 + (value.p[i] - '0');
		}
	} else if (slice_is_nocase(name, "connection")) {
		head->closes = slice_is_nocase(value, "close");
	} else if (slice_is_nocase(name, "transfer-encoding")) {
		return RC_BAD;                           /* the agent's control API uses none */
	}
	return RC_OK;
}

enum rc control_head_parse(struct slice in, struct control_head *head, size_t *used)
{
	const char *end = in.n ? memmem(in.p, in.n, "\r\n\r\n", 4) : NULL, *p, *eol;

	*head = (struct control_head){.length = -1};
	if (!end)
		return in.n > HEAD_MAX ? RC_BAD : RC_AGAIN;
	*used = (size_t)(end - in.p) + 4;
	if (in.n < 13 || memcmp(in.p, "HTTP/1.1 ", 9) != 0)
		return RC_BAD;
	for (int i = 9; i < 12; i++) {
		if (in.p[i] < '0' || in.p[i] > '9')
			return RC_BAD;
		head->status = head->status * 10 + (in.p[i] - '0');
	}
	p = memmem(in.p, in.n, "\r\n", 2);
	while (p < end) {
		p += 2;
		eol = memmem(p, in.n - (size_t)(p - in.p), "\r\n", 2);
		if (read_header((struct slice){p, (size_t)(eol - p)}, head) != RC_OK)
			return RC_BAD;
		p = eol;
	}
	return RC_OK;
}
