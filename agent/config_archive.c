/* Where sealed bundles are copied to. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "config_private.h"
#include "fetch.h"

struct reading_archive {
	struct archive_settings s;
	const struct yaml *s3, *lock, *addressing;
};

#define AT(member) offsetof(struct reading_archive, member)

static const struct conf_key KEYS[] = {
	{"dir", CONF_TEXT, AT(s.dir), false, "a folder, such as a mounted share: DIR/SESSION/PART.tar"},
	{"s3", CONF_NODE, AT(s3), false, "a bucket of S3-compatible storage"},
	{"keep", CONF_DURATION, AT(s.keep_ns), false, "how long prune leaves the agent's own copies (as long as recording.retention)"},
};

static const struct conf_key S3_KEYS[] = {
	{"endpoint", CONF_TEXT, AT(s.s3.endpoint), true, "the storage, such as https://s3.eu-central-1.amazonaws.com; https, or http on loopback"},
	{"region", CONF_TEXT, AT(s.s3.region), true, "its region, which is part of each signature, such as eu-central-1"},
	{"bucket", CONF_TEXT, AT(s.s3.bucket), true, "the bucket"},
	{"prefix", CONF_TEXT, AT(s.s3.prefix), false, "what the objects' names begin with, such as gpu-1/"},
	{"credentials_file", CONF_TEXT, AT(s.s3.credentials_file), true, "file with ACCESS-KEY-ID:SECRET"},
	{"lock", CONF_NODE, AT(lock), false, "Object Lock for as long as recording.retention: compliance (default), governance or none"},
	{"addressing", CONF_NODE, AT(addressing), false, "path (default): https://HOST/BUCKET/…; host: https://BUCKET.HOST/…"},
	{"ca_file", CONF_TEXT, AT(s.s3.ca_file), false, "certificates to trust for it instead of the system's"},
};

const struct conf_key *config_archive_keys(size_t *n)
{
	*n = sizeof KEYS / sizeof *KEYS;
	return KEYS;
}

const struct conf_key *config_s3_keys(size_t *n)
{
	*n = sizeof S3_KEYS / sizeof *S3_KEYS;
	return S3_KEYS;
}

/* Only what needs no escape in an address, and is signed as it stands. */
static bool is_plain(const char *text, const char *more)
{
	for (const char *p = text; *p; p++)
		if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || strchr(more, *p)))
			return false;
	return *text && strlen(text) <= 256 && !strstr(text, "..") && !strstr(text, "//");
}

static enum rc check_s3(const struct yaml *map, struct reading_archive *r, struct why *why)
{
	static const char *const locks[] = {[S3_LOCK_NONE] = "none", [S3_LOCK_COMPLIANCE] = "compliance", [S3_LOCK_GOVERNANCE] = "governance"};
	static const char *const addressings[] = {"path", "host"};
	const struct s3_settings *s = &r->s.s3;
	int lock = S3_LOCK_COMPLIANCE, addressing = 0;
	const char *host = fetch_url_allowed(s->endpoint) ? strstr(s->endpoint, "://") : NULL;
	enum rc rc;

	if (!host || strlen(s->endpoint) > 256 || host[3 + strcspn(host + 3, "/")] != '\0')
		return config_bad(map, "endpoint", why, "must be https://HOST or https://HOST:PORT (http:// on loopback addresses only)");
	if (!is_plain(s->region, "-"))
		return config_bad(map, "region", why, "must be letters, digits and dashes");
	if (!is_plain(s->bucket, ".-_"))
		return config_bad(map, "bucket", why, "must be letters, digits, dots, dashes and underscores");
	if (s->prefix && (!is_plain(s->prefix, "./-_") || *s->prefix == '/'))
		return config_bad(map, "prefix", why, "must be letters, digits, dots, dashes, underscores and slashes, and begin with none");
	rc = config_choose(r->lock, locks, 3, &lock, why);
	if (rc == RC_OK)
		rc = config_choose(r->addressing, addressings, 2, &addressing, why);
	r->s.s3.lock = lock;
	r->s.s3.bucket_in_host = addressing == 1;
	return rc;
}

enum rc config_archive_read(const struct yaml *map, struct config *c, struct why *why)
{
	struct reading_archive r = {0};
	enum rc rc = conf_read(map, "archive", CONF_KEYS(KEYS), &r, why);

	if (rc == RC_OK && !r.s.dir && !r.s3)
		rc = why_at(why, RC_BAD, map->line, map->column, "archive needs \"dir\", \"s3\" or both");
	if (rc == RC_OK && r.s3)
		rc = conf_read(r.s3, "s3", CONF_KEYS(S3_KEYS), &r, why);
	if (rc == RC_OK && r.s3)
		rc = check_s3(r.s3, &r, why);
	if (rc == RC_OK && yaml_get(map, "keep") && r.s.keep_ns < NS_PER_S)
		rc = config_bad(map, "keep", why, "must be at least 1s");
	c->archive = r.s;
	return rc;
}

void config_archive_free(struct config *c)
{
	conf_free(CONF_KEYS(KEYS), &c->archive);
	conf_free(CONF_KEYS(S3_KEYS), &c->archive);
}
