#include "bundle_about.h"

#include <string.h>

#include "clock.h"
#include "encode.h"
#include "json.h"

#define AGENT_NAME_MAX 64
#define ID_MAX 64

static const char *const ends[] = {"client", "idle", "max_duration", "expired", "revoked", "stop", "crash", "rotated"};

enum type { TEXT, TEXT_OR_NULL, COUNT, OBJECT, ARRAY, TIME, SUM };

struct wanted {
	const char *object, *name;               /* object: NULL for the outermost */
	enum type type;
};

static const struct wanted wanted[] = {
	{NULL, "id", TEXT}, {NULL, "part", COUNT}, {NULL, "user", OBJECT}, {"user", "id", TEXT}, {"user", "subject", TEXT},
	{"user", "issuer", TEXT}, {"user", "groups", ARRAY}, {NULL, "client", OBJECT}, {"client", "address", TEXT},
	{"client", "port", COUNT}, {NULL, "reason", TEXT_OR_NULL}, {NULL, "connection", TEXT}, {NULL, "dialect", OBJECT},
	{"dialect", "name", TEXT}, {"dialect", "sha256", SUM}, {NULL, "agent", OBJECT}, {"agent", "name", TEXT}, {NULL, "opened", TIME},
	{NULL, "closed", TIME}, {NULL, "end", TEXT}, {NULL, "policy", OBJECT}, {"policy", "name", TEXT}, {"policy", "sha256", SUM},
	{NULL, "recipients", ARRAY}, {NULL, "counts", OBJECT}, {"counts", "exchanges", COUNT}, {"counts", "records", COUNT},
	{"counts", "held", COUNT}, {"counts", "approved", COUNT}, {"counts", "denied", COUNT}, {"counts", "masked", OBJECT},
	{NULL, "head", SUM},
};

static bool read_sum(const cJSON *object, const char *name, unsigned char sum[SHA256_LEN])
{
	const char *text = json_text(object, name);

	return text && strspn(text, "0123456789abcdef") == 2 * SHA256_LEN && hex_decode(slice_str(text), sum, SHA256_LEN) == RC_OK;
}

static bool read_time(const cJSON *object, const char *name, int64_t *wall_ns)
{
	const char *text = json_text(object, name);

	return text && clock_parse(slice_str(text), wall_ns) == RC_OK;
}

static bool has(const cJSON *object, const struct wanted *w)
{
	unsigned char sum[SHA256_LEN];
	int64_t number;

	switch (w->type) {
	case TEXT: return json_text(object, w->name) != NULL;
	case TEXT_OR_NULL: return json_text(object, w->name) || cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(object, w->name));
	case COUNT: return json_int(object, w->name, &number) && number >= 0;
	case OBJECT: return json_object(object, w->name) != NULL;
	case ARRAY: return json_array(object, w->name) != NULL;
	case TIME: return read_time(object, w->name, &number);
	case SUM: return read_sum(object, w->name, sum);
	}
	return false;
}

static bool plain(const char *text, size_t max)
{
	size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

	return n && n <= max && !text[n];
}

bool bundle_about_is_agent(const char *name)
{
	return plain(name, AGENT_NAME_MAX);
}

static enum rc check(const cJSON *tree, struct why *why)
{
	int64_t format;

	if (!json_int(tree, "format", &format) || format != 1)
		return why_set(why, RC_BAD, "session.json is not of format 1");
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
		const struct wanted *w = &wanted[i];

		if (!has(w->object ? json_object(tree, w->object) : tree, w))
			return why_set(why, RC_BAD, "session.json: %s%s%s is missing or wrong", w->object ? w->object : "",
				       w->object ? "." : "", w->name);
	}
	return RC_OK;
}

/* The first part names none before it, each other one does when that was still there. */
static bool previous_fits(const cJSON *tree, int64_t part)
{
	unsigned char sum[SHA256_LEN];

	return cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(tree, "previous")) || (part > 1 && read_sum(tree, "previous", sum));
}

static bool known_end(const char *end)
{
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (strcmp(end, ends[i]) == 0)
			return true;
	return false;
}

enum rc bundle_about_read(struct slice text, struct bundle_about *out, struct why *why)
{
	const cJSON *tree = out->tree = json_parse(text), *counts;
	const char *end;
	enum rc rc;

	if (!tree)
		return why_set(why, RC_BAD, "session.json is no JSON");
	rc = check(tree, why);
	if (rc != RC_OK)
		return rc;
	out->id = json_text(tree, "id");
	out->agent = json_text(json_object(tree, "agent"), "name");
	out->signing_key = json_text(json_object(tree, "agent"), "signing_key");
	counts = json_object(tree, "counts");
	end = json_text(tree, "end");
	if (!json_int(tree, "part", &out->part) || !json_int(counts, "exchanges", &out->exchanges) ||
	    !json_int(counts, "records", &out->records) || !read_time(tree, "opened", &out->opened_ns) ||
	    !read_time(tree, "closed", &out->closed_ns) || !read_sum(json_object(tree, "policy"), "sha256", out->policy) ||
	    !read_sum(tree, "head", out->head))
		return why_set(why, RC_BAD, "session.json: a member is wrong");
	if (!plain(out->id, ID_MAX))
		return why_set(why, RC_BAD, "session.json: id is none");
	if (!bundle_about_is_agent(out->agent))
		return why_set(why, RC_BAD, "session.json: agent.name is none");
	if (out->part < 1 || !previous_fits(tree, out->part))
		return why_set(why, RC_BAD, "session.json: part and previous do not fit");
	if (!known_end(end))
		return why_set(why, RC_BAD, "session.json: end is none that a session has");
	return RC_OK;
}

void bundle_about_free(struct bundle_about *about)
{
	cJSON_Delete(about->tree);
	*about = (struct bundle_about){0};
}
