/* Any bytes as the records of a session that are told as events, in every format. Never a crash, never more memory than was promised, and
 * what is told is one line that the format's own readers can read, whatever others have written. */
#include <stdint.h>

#include "audit_format.h"
#include "audit_reader.h"
#include "json.h"
#include "pieces.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define T0 1767225600000000000LL

/* One line; what a terminal or a log would obey is escaped. */
static void check_line(const struct audit_format *format, struct slice line)
{
	cJSON *json;

	if (!line.n || line.p[--line.n] != '\n' || !utf8_valid(line))
		abort();
	for (size_t i = 0; i < line.n; i++)
		if ((unsigned char)line.p[i] < 0x20 || line.p[i] == 0x7f)
			abort();
	if (!format->json)
		return;
	json = json_parse(line);
	if (!cJSON_IsObject(json))
		abort();
	cJSON_Delete(json);
}

static void tell(void *arg, const struct audit_event *e)
{
	size_t *told = arg;
	struct buf line;

	++*told;
	if (e->status < 0 || e->status > 999 || e->masked_n < 0 || (e->masked == NULL) != (e->masked_n == 0))
		abort();
	buf_init(&line, AUDIT_TEXT_MAX);
	for (size_t i = 0; audit_format_nth(i); i++) {
		enum rc rc = audit_format_line(audit_format_nth(i), e, &line);

		if (rc == RC_OK)
			check_line(audit_format_nth(i), buf_slice(&line));
		else if (rc != RC_TOO_BIG)
			abort();
		buf_free(&line);
		buf_init(&line, AUDIT_TEXT_MAX);
	}
	buf_clear(&line);
	audit_sentence(e, &line);
	buf_free(&line);
}

/* Each piece is a record: a byte for the kind, one for exchange and part, the body. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const kinds[] = {"open", "request", "response", "hold", "decision", "cut", "gap", "renew", "recovered", "close", "story"};
	struct slice in = {(const char *)data, size};
	size_t told = 0, given = 0;
	struct audit_reader *r = audit_reader_new("gpu-1", "0.1.0", "01KB0000000000000000000000", tell, &told);

	if (!r)
		abort();
	while (in.n) {
		struct slice s = piece(&in);
		unsigned char kind = s.n > 1 ? (unsigned char)s.p[0] : 0, place = s.n > 1 ? (unsigned char)s.p[1] : 0;
		struct audit_record record = {.part = 1 + (place >> 7), .seq = given, .exchange = place & 15, .wall_ns = T0 + (int64_t)given};
		size_t before = told;
		enum rc rc;

		if (s.n < 2)
			continue;
		record.kind = kinds[kind % (sizeof kinds / sizeof *kinds)];
		record.body = (struct slice){s.p + 2, s.n - 2};
		rc = audit_reader_add(r, &record);
		given++;
		if ((rc != RC_OK && rc != RC_BAD) || told > before + 1 || (rc == RC_BAD && told != before))
			abort();
	}
	audit_reader_free(r);
	return 0;
}
