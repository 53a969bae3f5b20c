/* The section `events`: where what happens in sessions is told as it happens. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "audit_format.h"
#include "config_private.h"
#include "fetch.h"

#define SINKS_MAX 8
#define QUEUE_DEFAULT ((uint64_t)64 << 20)
#define QUEUE_MIN ((uint64_t)256 << 10)

struct reading_sink {
	struct sink_settings s;
	const struct yaml *to;
};

#define AT(member) offsetof(struct reading_sink, member)

static const struct conf_key KEYS[] = {
	{"name", CONF_TEXT, AT(s.name), true, "what it is called in the log, in metrics, and in state_dir/events"},
	{"to", CONF_NODE, AT(to), true, "file, syslog (RFC 5424 over TLS), http, or splunk (HTTP Event Collector)"},
	{"format", CONF_TEXT, AT(s.format), false, "fhir, ocsf, ecs (default), cef or otlp"},
	{"path", CONF_TEXT, AT(s.path), false, "the file; opened anew at SIGHUP"},
	{"address", CONF_TEXT, AT(s.address), false, "HOST:PORT of the syslog receiver; 6514 is its usual port"},
	{"url", CONF_TEXT, AT(s.url), false, "the endpoint: https, or http on a loopback address"},
	{"token_file", CONF_TEXT, AT(s.token_file), false, "file with the token that the endpoint wants"},
	{"ca_file", CONF_TEXT, AT(s.ca_file), false, "certificates to trust for it instead of the system's"},
	{"client_cert_file", CONF_TEXT, AT(s.client_cert_file), false, "certificate that the agent shows to the syslog receiver"},
	{"client_key_file", CONF_TEXT, AT(s.client_key_file), false, "its private key"},
	{"queue_max", CONF_SIZE, AT(s.queue_max), false, "how much may wait on disk for the receiver (64MiB)"},
};
#define N_KEYS (sizeof KEYS / sizeof *KEYS)

/* The keys that go with each kind; "" ends each list. */
static const struct {
	const char *name;
	const char *needs;
	const char *may[6];
} KINDS[] = {
	[SINK_FILE] = {"file", "path", {"path"}},
	[SINK_SYSLOG] = {"syslog", "address", {"address", "ca_file", "client_cert_file", "client_key_file"}},
	[SINK_HTTP] = {"http", "url", {"url", "token_file", "ca_file"}},
	[SINK_SPLUNK] = {"splunk", "token_file", {"url", "token_file", "ca_file"}},
};
#define N_KINDS (sizeof KINDS / sizeof *KINDS)

const struct conf_key *config_sink_keys(size_t *n)
{
	*n = N_KEYS;
	return KEYS;
}

static bool goes_with(enum sink_kind kind, const char *key)
{
	for (size_t i = 0; i < 6 && KINDS[kind].may[i]; i++)
		if (strcmp(KINDS[kind].may[i], key) == 0)
			return true;
	return strcmp(key, "name") == 0 || strcmp(key, "to") == 0 || strcmp(key, "format") == 0 || strcmp(key, "queue_max") == 0;
}

static bool is_name(const char *text)
{
	size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

	return n > 0 && n <= 32 && !text[n];
}

static bool is_address(const char *text)
{
	const char *colon = strrchr(text, ':');
	size_t digits = colon ? strspn(colon + 1, "0123456789") : 0;

	return colon && colon > text && colon - text < 250 && digits && digits <= 5 && !colon[1 + digits] && atoi(colon + 1) > 0 &&
		atoi(colon + 1) < 65536 && (text[0] == '[') == (colon[-1] == ']') && (text[0] == '[' || !memchr(text, ':', (size_t)(colon - text)));
}

static bool is_set(const struct reading_sink *r, const char *key)
{
	for (size_t i = 0; i < N_KEYS; i++) {
		char *text;

		if (KEYS[i].type != CONF_TEXT || strcmp(KEYS[i].name, key) != 0)
			continue;
		memcpy(&text, (const char *)r + KEYS[i].offset, sizeof text);
		return text != NULL;
	}
	return false;
}

static enum rc check(const struct yaml *map, const struct reading_sink *r, struct why *why)
{
	const struct sink_settings *s = &r->s;

	if (!is_name(s->name))
		return config_bad(map, "name", why, "must be letters, digits, dash or underscore, at most 32");
	if (!audit_format(s->format))
		return config_bad(map, "format", why, "must be fhir, ocsf, ecs, cef or otlp");
	for (const struct yaml *v = map->child; v; v = v->next)
		if (!goes_with(s->to, v->key->text))
			return why_at(why, RC_BAD, v->key->line, v->key->column, "\"%s\" means nothing with to: %s", v->key->text, KINDS[s->to].name);
	if (!is_set(r, KINDS[s->to].needs) || (s->to == SINK_SPLUNK && !s->url))
		return why_at(why, RC_BAD, map->line, map->column, "to: %s needs the key \"%s\"", KINDS[s->to].name,
			      is_set(r, KINDS[s->to].needs) ? "url" : KINDS[s->to].needs);
	if (s->url && !fetch_url_allowed(s->url))
		return config_bad(map, "url", why, "must begin with https:// (http:// on loopback addresses only), without a user name");
	if (s->address && !is_address(s->address))
		return config_bad(map, "address", why, "must be HOST:PORT, an IPv6 address in brackets");
	if (!s->client_cert_file != !s->client_key_file)
		return config_bad(map, s->client_cert_file ? "client_cert_file" : "client_key_file", why,
				  "needs both client_cert_file and client_key_file");
	return s->queue_max >= QUEUE_MIN ? RC_OK : config_bad(map, "queue_max", why, "must be at least 256KiB");
}

static enum rc read_one(const struct yaml *map, struct sink_settings *out, struct why *why)
{
	struct reading_sink r = {.s = {.format = strdup("ecs"), .queue_max = QUEUE_DEFAULT, .line = map->line}};
	const char *names[N_KINDS];
	int to = 0;
	enum rc rc = r.s.format ? conf_read(map, "events", CONF_KEYS(KEYS), &r, why) : RC_NOMEM;

	for (size_t i = 0; i < N_KINDS; i++)
		names[i] = KINDS[i].name;
	if (rc == RC_OK)
		rc = config_choose(r.to, names, N_KINDS, &to, why);
	r.s.to = (enum sink_kind)to;
	if (rc == RC_OK)
		rc = check(map, &r, why);
	*out = r.s;
	return rc;
}

enum rc config_sinks_read(const struct yaml *list, struct config *c, struct why *why)
{
	if (!list)
		return RC_OK;
	if (list->type != YAML_LIST)
		return why_at(why, RC_BAD, list->line, list->column, "events must be a list of {name: …, to: …}");
	c->sinks = calloc(SINKS_MAX, sizeof *c->sinks);
	if (!c->sinks)
		return RC_NOMEM;
	for (const struct yaml *v = list->child; v; v = v->next) {
		enum rc rc;

		if (c->n_sinks == SINKS_MAX)
			return why_at(why, RC_BAD, v->line, v->column, "events may have at most %d items", SINKS_MAX);
		rc = read_one(v, &c->sinks[c->n_sinks++], why);
		for (size_t i = 0; rc == RC_OK && i + 1 < c->n_sinks; i++)
			if (strcmp(c->sinks[i].name, c->sinks[c->n_sinks - 1].name) == 0)
				rc = config_bad(v, "name", why, "stands in the list already");
		if (rc != RC_OK)
			return rc;
	}
	return RC_OK;
}

/* The texts of a sink, by the table. */
static char **text_of(struct sink_settings *s, size_t i)
{
	return KEYS[i].type == CONF_TEXT ? (char **)(void *)((char *)s + (KEYS[i].offset - AT(s))) : NULL;
}

enum rc config_sink_copy(const struct sink_settings *from, struct sink_settings *to)
{
	enum rc rc = RC_OK;

	*to = *from;
	for (size_t i = 0; i < N_KEYS; i++) {
		char **text = text_of(to, i);

		if (!text || !*text)
			continue;
		*text = strdup(*text);
		rc = *text ? rc : RC_NOMEM;
	}
	return rc;
}

void config_sink_free(struct sink_settings *s)
{
	for (size_t i = 0; i < N_KEYS; i++)
		if (text_of(s, i))
			free(*text_of(s, i));
	*s = (struct sink_settings){0};
}

enum rc config_sinks_join(struct config *c, const char *dir, enum rc (*join)(const char *dir, char **path))
{
	enum rc rc = RC_OK;

	for (size_t i = 0; i < c->n_sinks; i++) {
		struct sink_settings *s = &c->sinks[i];
		char **paths[] = {&s->path, &s->token_file, &s->ca_file, &s->client_cert_file, &s->client_key_file};

		for (size_t k = 0; k < sizeof paths / sizeof *paths && rc == RC_OK; k++)
			rc = join(dir, paths[k]);
	}
	return rc;
}
