#include "witness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "encode.h"
#include "fetch.h"
#include "tlog_cosignature.h"

#define TRIES 3                                  /* with the size that it says each time */
#define CLOCKS_APART_S 300

struct witness {
	struct tlog_vkey vkey;
	char *url, *ca_file;
	struct fetch_client *client;
	uint64_t seen;                           /* leaves of the last tree that it is known to have cosigned; 0: unknown, or none */
};

enum rc witness_new(const struct witness_settings *settings, struct witness **out)
{
	struct witness *w = *out = calloc(1, sizeof *w);
	struct buf url;
	size_t n;

	if (!w)
		return RC_NOMEM;
	w->vkey = settings->vkey;
	buf_init(&url, 8192);
	if (buf_printf(&url, "%s/add-checkpoint", settings->url) == RC_OK)
		w->url = buf_take(&url, &n);
	buf_free(&url);
	w->ca_file = settings->ca_file ? strdup(settings->ca_file) : NULL;
	w->client = fetch_client_new();
	if (w->url && (w->ca_file || !settings->ca_file) && w->client)
		return RC_OK;
	witness_free(w);
	*out = NULL;
	return RC_NOMEM;
}

void witness_free(struct witness *w)
{
	if (!w)
		return;
	fetch_client_free(w->client);
	free(w->url);
	free(w->ca_file);
	free(w);
}

const struct tlog_vkey *witness_vkey(const struct witness *w)
{
	return &w->vkey;
}

/* "old SIZE", the consistency proof from there, an empty line, the note. */
static enum rc make_request(const struct witness *w, const struct ledger *ledger, struct slice note, uint64_t size, struct buf *out,
			    struct why *why)
{
	struct tlog_path path;

	if (ledger_prove_consistency(ledger, w->seen, size, &path) != RC_OK)
		return why_set(why, RC_IO, "the ledger cannot prove that its first %llu leaves are still there; run: phigate-agent ledger check",
			       (unsigned long long)w->seen);
	buf_printf(out, "old %llu\n", (unsigned long long)w->seen);
	for (size_t i = 0; i < path.n; i++) {
		base64_encode(path.hash[i].b, SHA256_LEN, out);
		buf_putc(out, '\n');
	}
	buf_putc(out, '\n');
	return buf_add_slice(out, note);
}

/* 409: the size that it has seen, into w->seen: RC_AGAIN. */
static enum rc take_size(struct witness *w, struct slice answer, uint64_t size, struct why *why)
{
	uint64_t seen = 0;
	size_t i = 0;

	for (; i < answer.n && i < 19 && answer.p[i] >= '0' && answer.p[i] <= '9'; i++)
		seen = 10 * seen + (uint64_t)(answer.p[i] - '0');
	if (!i || (i < answer.n && answer.p[i] != '\n') || i + 1 < answer.n)
		return why_set(why, RC_BAD, "%s answers with 409, and not with the size that it has seen", w->vkey.name);
	if (seen > size)
		return why_set(why, RC_CONFLICT, "%s has seen this ledger with %llu leaves, and it has %llu: it was set back, or there are two of it",
			       w->vkey.name, (unsigned long long)seen, (unsigned long long)size);
	if (seen == w->seen && seen == size)
		return why_set(why, RC_CONFLICT, "%s has seen another ledger of this name with %llu leaves: there are two of it", w->vkey.name,
			       (unsigned long long)seen);
	if (seen == w->seen)
		return why_set(why, RC_BAD, "%s does not take the size that it says itself", w->vkey.name);
	w->seen = seen;
	return RC_AGAIN;
}

static enum rc take_cosignature(struct witness *w, struct slice note, struct slice answer, struct buf *line, struct why *why)
{
	int64_t wall_s = 0, now_s = clock_wall_s();
	char text[CLOCK_TEXT];
	enum rc rc = tlog_cosignature_take(note, answer, &w->vkey, &wall_s, line);

	if (rc == RC_NOT_FOUND)
		return why_set(why, RC_BAD, "%s answers without a cosignature by the key that agent.yaml names", w->vkey.name);
	if (rc != RC_OK)
		return why_set(why, rc, "the cosignature of %s does not hold", w->vkey.name);
	if (wall_s < now_s - CLOCKS_APART_S || wall_s > now_s + CLOCKS_APART_S) {
		buf_clear(line);
		return why_set(why, RC_BAD, "%s says that it is %s, which is not so here; one of the clocks is wrong", w->vkey.name,
			       clock_text_s(wall_s, text));
	}
	return RC_OK;
}

/* RC_AGAIN: it wants to be asked once more, from w->seen. */
static enum rc judge(struct witness *w, int status, struct slice note, uint64_t size, struct slice answer, struct buf *line, struct why *why)
{
	enum rc rc;

	switch (status) {
	case 200:
		rc = take_cosignature(w, note, answer, line, why);
		if (rc == RC_OK)
			w->seen = size;
		return rc;
	case 409:
		return take_size(w, answer, size, why);
	case 422:
		return why_set(why, RC_CONFLICT, "%s has seen another ledger of this name: its first %llu leaves are others than here", w->vkey.name,
			       (unsigned long long)w->seen);
	case 403:
	case 404:
		return why_set(why, RC_DENIED, "%s does not know this ledger (HTTP status %d); its operator needs the vkey that phigate-agent keys prints",
			       w->vkey.name, status);
	}
	return why_set(why, RC_UNREACHABLE, "%.200s: HTTP status %d", w->url, status);
}

static enum rc ask_once(struct witness *w, const struct ledger *ledger, struct slice note, uint64_t size, const atomic_bool *cancel,
			struct buf *line, struct why *why)
{
	struct buf request, answer;
	int status = 0;
	enum rc rc;

	buf_init(&request, TLOG_CHECKPOINT_MAX + 8192);
	buf_init(&answer, TLOG_CHECKPOINT_MAX);
	rc = make_request(w, ledger, note, size, &request, why);
	if (rc == RC_OK) {
		const struct fetch f = {.url = w->url, .ca_file = w->ca_file, .cancel = cancel, .client = w->client, .data = buf_slice(&request),
					.data_type = "text/plain; charset=utf-8", .accept = "*/*"};

		rc = fetch_run(&f, &status, &answer, why);
	}
	if (rc == RC_OK)
		rc = judge(w, status, note, size, buf_slice(&answer), line, why);
	buf_free(&request);
	buf_free(&answer);
	return rc;
}

enum rc witness_ask(struct witness *w, const struct ledger *ledger, struct slice note, const atomic_bool *cancel, struct buf *line,
		    struct why *why)
{
	struct tlog_checkpoint checkpoint;
	enum rc rc = tlog_checkpoint_parse(note, &checkpoint, why);

	if (rc != RC_OK)
		return rc;
	if (w->seen > checkpoint.size)
		w->seen = 0;                     /* it is to say so itself */
	rc = RC_AGAIN;
	for (int i = 0; i < TRIES && rc == RC_AGAIN; i++)
		rc = ask_once(w, ledger, note, checkpoint.size, cancel, line, why);
	return rc == RC_AGAIN ? why_set(why, RC_BAD, "%s says another size each time", w->vkey.name) : rc;
}
