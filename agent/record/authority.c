#include "authority.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "digest.h"
#include "fetch.h"
#include "file.h"
#include "stamp.h"

#define ROOTS_MAX_BYTES ((size_t)1 << 20)
#define CLOCKS_APART_S 300

struct authority {
	char *url, *ca_file;
	struct buf roots;
};

enum rc authority_new(const struct authority_settings *settings, struct authority **out, struct why *why)
{
	struct authority *a = calloc(1, sizeof *a);
	enum rc rc;

	*out = NULL;
	if (!a)
		return RC_NOMEM;
	buf_init(&a->roots, ROOTS_MAX_BYTES);
	a->url = strdup(settings->url);
	a->ca_file = settings->ca_file ? strdup(settings->ca_file) : NULL;
	rc = a->url && (a->ca_file || !settings->ca_file) ? file_read(settings->roots_file, &a->roots, why) : RC_NOMEM;
	if (rc == RC_OK)
		rc = stamp_roots_check(a->roots.len ? a->roots.data : "", why);
	if (rc == RC_OK)
		*out = a;
	else
		authority_free(a);
	return rc == RC_OK ? rc : why_file(why, rc, settings->roots_file);
}

void authority_free(struct authority *a)
{
	if (!a)
		return;
	buf_free(&a->roots);
	free(a->url);
	free(a->ca_file);
	free(a);
}

/* An authority whose clock is wrong dates nothing. */
static enum rc check_time(const struct stamp *stamp, int64_t closed_s, struct why *why)
{
	char text[CLOCK_TEXT];

	if (stamp->wall_s >= closed_s - CLOCKS_APART_S && stamp->wall_s <= clock_wall_s() + CLOCKS_APART_S)
		return RC_OK;
	return why_set(why, RC_BAD, "the authority says that it is %s, which is not so here; one of the clocks is wrong",
		       clock_text_s(stamp->wall_s, text));
}

enum rc authority_ask(const struct authority *a, struct slice sig, int64_t closed_s, const atomic_bool *cancel, struct buf *reply,
		      struct why *why)
{
	unsigned char nonce[STAMP_NONCE];
	struct stamp stamp;
	struct buf request;
	int status = 0;
	enum rc rc;

	buf_init(&request, 4096);
	random_bytes(nonce, sizeof nonce);
	rc = stamp_request(sig, nonce, &request);
	if (rc == RC_OK) {
		const struct fetch f = {.url = a->url, .ca_file = a->ca_file, .cancel = cancel, .data = buf_slice(&request),
					.data_type = "application/timestamp-query", .accept = "application/timestamp-reply"};

		rc = fetch_run(&f, &status, reply, why);
	}
	if (rc == RC_OK && status != 200)
		rc = why_set(why, RC_UNREACHABLE, "%.200s: HTTP status %d", a->url, status);
	if (rc == RC_OK)
		rc = stamp_read(buf_slice(reply), sig, nonce, a->roots.data, &stamp, why);
	if (rc == RC_OK)
		rc = check_time(&stamp, closed_s, why);
	buf_free(&request);
	return rc;
}
