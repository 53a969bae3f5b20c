#include "gather.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "encode.h"
#include "file.h"
#include "json.h"
#include "jsonput.h"
#include "tarfile.h"

#define TOKEN_LEAST_S 120                        /* for one bundle more */
#define PARTS_MAX 100000
#define LINE_MAX_BYTES ((size_t)64 << 10)

int gather_scratch(const char *folder, char path[GATHER_PATH])
{
	int fd = file_scratch(folder);

	snprintf(path, GATHER_PATH, "/dev/fd/%d", fd);
	return fd;
}

/* It may take longer than a token lives. */
static enum rc stay_signed_in(struct agents *a, struct why *why)
{
	struct signin *fresh = NULL, old;
	enum rc rc;

	if (a->signin->expires_s > clock_wall_s() + TOKEN_LEAST_S / 2)
		return RC_OK;
	rc = signin_load(a->config, TOKEN_LEAST_S, &fresh, why);
	if (rc != RC_OK)
		return rc;
	old = *a->signin;                                /* in its place, as others point to it */
	*a->signin = *fresh;
	*fresh = old;
	signin_free(fresh);
	return RC_OK;
}

/* ---- one bundle --------------------------------------------------------------------------------------------------------------- */

struct result {
	const char *session, *word, *reason;
	int64_t part;
	struct bundle *bundle;
	struct buf checks;                       /* members of an object */
	struct gathered *all;
	char file_sum[SHA256_HEX];
	int64_t size;
};

static void on_check(void *arg, const struct bundle_check *check)
{
	static const char *const words[] = {[BUNDLE_HOLDS] = "ok", [BUNDLE_FAILS] = "failed", [BUNDLE_SKIPPED] = "skipped"};
	struct result *r = arg;

	jsonput_text(&r->checks, check->name, words[check->result]);
	r->all->stamped += strcmp(check->name, "timestamp") == 0 && check->result == BUNDLE_HOLDS;
}

static uint64_t count_of(const cJSON *counts, const char *key)
{
	int64_t n = 0;

	return json_int(counts, key, &n) && n > 0 ? (uint64_t)n : 0;
}

/* What session.json counts, and for whom it is encrypted; only of a bundle that verified. */
static void put_session(struct result *r, struct buf *line)
{
	cJSON *session = json_parse(bundle_session(r->bundle));
	const cJSON *counts = json_object(session, "counts"), *masked = json_object(counts, "masked"), *entity;
	const cJSON *recipients = json_array(session, "recipients");
	uint64_t n = 0;

	cJSON_ArrayForEach(entity, masked)
		n += count_of(masked, entity->string);
	r->all->encrypted += cJSON_GetArraySize(recipients) > 0;
	r->all->exchanges += count_of(counts, "exchanges");
	r->all->held += count_of(counts, "held");
	r->all->denied += count_of(counts, "denied");
	r->all->masked += n;
	jsonput_number(line, "exchanges", (int64_t)count_of(counts, "exchanges"));
	jsonput_number(line, "held", (int64_t)count_of(counts, "held"));
	jsonput_number(line, "denied", (int64_t)count_of(counts, "denied"));
	jsonput_number(line, "masked", (int64_t)n);
	jsonput_number(line, "recipients", cJSON_GetArraySize(recipients));
	cJSON_Delete(session);
}

static enum rc put_result(struct result *r, FILE *results)
{
	struct buf line;
	enum rc rc;

	buf_init(&line, LINE_MAX_BYTES);
	jsonput_open(&line, NULL, '{');
	jsonput_text(&line, "session", r->session);
	jsonput_number(&line, "part", r->part);
	jsonput_text(&line, "result", r->word);
	jsonput_text(&line, "reason", r->reason);
	if (r->bundle) {
		jsonput_text(&line, "sums", bundle_digest(r->bundle));
		jsonput_text(&line, "signer", bundle_fingerprint(r->bundle));
	}
	if (*r->file_sum) {
		jsonput_text(&line, "sha256", r->file_sum);
		jsonput_number(&line, "bytes", r->size);
	}
	if (r->bundle && strcmp(r->word, "verified") == 0)
		put_session(r, &line);
	if (r->checks.len) {
		buf_putc(&r->checks, '}');
		jsonput_value(&line, "checks", buf_slice(&r->checks));
	}
	jsonput_close(&line, '}');
	rc = buf_putc(&line, '\n');
	if (rc == RC_OK && fwrite(line.data, 1, line.len, results) != line.len)
		rc = RC_IO;
	buf_free(&line);
	return rc;
}

/* The file's digest, and a copy of it in the pack when bundles go there. */
static enum rc keep(const struct gather *g, struct result *r, int fd, FILE *digests)
{
	unsigned char sum[SHA256_LEN];
	char name[128];
	struct stat st;
	enum rc rc;

	if (fstat(fd, &st) != 0 || lseek(fd, 0, SEEK_SET) != 0)
		return RC_IO;
	r->size = st.st_size;
	snprintf(name, sizeof name, "%s.%lld.tar", r->session, (long long)r->part);
	rc = g->tar_fd >= 0 ? tarfile_copy(g->tar_fd, name, g->mtime_s, fd, (struct extent){0, (uint64_t)st.st_size}, sum) : sha256_file(fd, sum);
	if (rc != RC_OK)
		return rc;
	hex_encode(sum, sizeof sum, r->file_sum);
	return fprintf(digests, "%s  %s\n", r->file_sum, name) < 0 ? RC_IO : RC_OK;
}

static void judge(struct result *r, enum rc verdict)
{
	r->all->bundles++;
	r->word = verdict == RC_OK ? "verified" : verdict == RC_NOT_FOUND ? "unknown-signer" : "failed";
	r->all->verified += verdict == RC_OK;
	r->all->failed += verdict != RC_OK;
}

/* One that was not to be had. */
static void judge_missing(struct result *r, enum rc rc)
{
	bool open = rc == RC_CONFLICT, missing = rc == RC_NOT_FOUND;

	r->word = open ? "open" : missing ? "missing" : "failed";
	r->all->open += open;
	r->all->bundles += !open;
	r->all->missing += missing;
	r->all->failed += !open && !missing;
}

static enum rc fetch(struct gather *g, struct result *r, int fd, struct why *why)
{
	char path[160];
	enum rc rc = stay_signed_in(g->agents, why);

	if (rc != RC_OK)
		return RC_UNREACHABLE;
	snprintf(path, sizeof path, "/v1/sessions/%s/bundle?part=%lld", r->session, (long long)r->part);
	return control_fetch(g->control, path, fd, why);
}

static enum rc one_part(struct gather *g, struct result *r, FILE *results, FILE *digests, struct why *why)
{
	struct why reason = {0};
	char path[GATHER_PATH];
	int fd = gather_scratch(g->folder, path);
	enum rc rc, verdict;

	if (fd < 0)
		return why_set(why, RC_IO, "%s: cannot write here: %s", g->folder, strerror(errno));
	buf_init(&r->checks, LINE_MAX_BYTES);
	rc = fetch(g, r, fd, &reason);
	if (rc == RC_UNREACHABLE) {
		*why = reason;
	} else if (rc != RC_OK) {
		judge_missing(r, rc);
		rc = RC_OK;
	} else {
		jsonput_open(&r->checks, NULL, '{');
		verdict = evidence_verify(path, g->trust, on_check, r, &r->bundle, &reason);
		judge(r, verdict);
		rc = keep(g, r, fd, digests);
	}
	r->reason = *reason.text ? reason.text : NULL;
	if (rc == RC_OK)
		rc = put_result(r, results);
	if (rc == RC_IO && !*why->text)
		why_set(why, rc, "cannot write: %s", strerror(errno));
	bundle_free(r->bundle);
	buf_free(&r->checks);
	close(fd);
	return rc;
}

/* ---- all of them ----------------------------------------------------------------------------------------------------------------- */

struct way {
	struct gather *g;
	FILE *results, *digests;
	struct gathered *out;
};

static enum rc on_session(void *arg, const cJSON *row, struct why *why)
{
	struct way *way = arg;
	const char *id = json_text(row, "id");
	int64_t parts = 1;
	enum rc rc = RC_OK;

	(void)json_int(row, "parts", &parts);
	if (!id || !agents_is_id(id) || parts < 0 || parts > PARTS_MAX)
		return why_set(why, RC_BAD, "the agent's list of sessions is damaged");
	for (int64_t part = 1; part <= parts && rc == RC_OK; part++) {
		struct result r = {.session = id, .part = part, .all = way->out};

		rc = one_part(way->g, &r, way->results, way->digests, why);
	}
	return rc;
}

enum rc gather_bundles(struct gather *g, FILE *results, FILE *digests, struct gathered *out, struct why *why)
{
	struct way way = {.g = g, .results = results, .digests = digests, .out = out};
	enum rc rc;

	*out = (struct gathered){0};
	rc = pack_rows(g->pack, PACK_SESSIONS, on_session, &way, why);
	if (rc == RC_OK && (fflush(results) != 0 || fflush(digests) != 0))
		rc = why_set(why, RC_IO, "cannot write: %s", strerror(errno));
	return rc;
}
