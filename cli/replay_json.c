#include <string.h>

#include "clock.h"
#include "jsonline.h"
#include "jsonscan.h"
#include "replay.h"

/* The body again, without white space between its parts. */
static void put_body(FILE *f, struct slice body)
{
	struct jsonscan scan = {0};
	size_t at = 0;

	while (at < body.n) {
		size_t from = at;
		enum json_token token = jsonscan_next(&scan, body.p, body.n, &at);

		if (token == JSON_BAD || token == JSON_MORE)
			return;
		if (token == JSON_RUN || token == JSON_CHAR)
			jsonline_text(f, (struct slice){body.p + from, at - from});
		else if (token != JSON_SPACE)
			fwrite(body.p + from, 1, at - from, f);
	}
}

enum rc replay_json(FILE *f, const struct bundle_record *record)
{
	char time[CLOCK_TEXT];

	fprintf(f, "{\"seq\":%llu,\"time\":\"%s\",\"mono_ns\":%lld,\"kind\":\"%s\",\"exchange\":%llu,\"body\":",
		(unsigned long long)record->seq, clock_text_us(record->wall_ns, time), (long long)record->mono_ns, record->kind,
		(unsigned long long)record->exchange);
	put_body(f, record->body);
	fputs("}\n", f);
	return ferror(f) ? RC_IO : RC_OK;
}
