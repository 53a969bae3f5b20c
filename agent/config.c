#include "config_private.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fetch.h"
#include "file.h"
#include "log.h"

/* What conf_read() fills; nodes live as long as the document. */
struct reading {
	struct config c;
	const struct yaml *oidc, *roles, *connections, *recording, *timestamp, *session, *limits, *admin, *log, *notify, *archive, *ledger, *events;
	const struct yaml *store, *durability, *recipients, *originals, *log_format, *log_level;
};

struct reading_connection {
	struct connection c;
	const struct yaml *credential, *local_key, *analyzer, *roles;
};

struct reading_notify {
	struct notify n;
	const struct yaml *format;
};

#define TOP(member) offsetof(struct reading, member)
#define CONN(member) offsetof(struct reading_connection, member)

static const struct conf_key TOP_KEYS[] = {
	{"name", CONF_TEXT, TOP(c.name), true, "this agent's name; it signs bundles as NAME@phigate"},
	{"listen", CONF_TEXT, TOP(c.listen), true, "address and port for SSH, such as 0.0.0.0:2222 or [::]:2222"},
	{"state_dir", CONF_TEXT, TOP(c.state_dir), true, "folder for keys, recordings and the store; only the agent's user may enter it"},
	{"user", CONF_TEXT, TOP(c.user), false, "account that the agent becomes when it is started as root"},
	{"oidc", CONF_NODE, TOP(oidc), true, "the OpenID provider, or a list of several"},
	{"roles", CONF_NODE, TOP(roles), false, "groups that may see or revoke others' sessions"},
	{"policies_dir", CONF_TEXT, TOP(c.policies_dir), true, "folder with the policies; policy NAME is NAME.yaml there"},
	{"connections", CONF_NODE, TOP(connections), true, "the model servers, by the name that people connect to"},
	{"recording", CONF_NODE, TOP(recording), false, "how sessions are recorded"},
	{"session", CONF_NODE, TOP(session), false, "how long a session may last"},
	{"limits", CONF_NODE, TOP(limits), false, "ceilings"},
	{"store", CONF_NODE, TOP(store), false, "where holds and the list of sessions are kept: sqlite"},
	{"archive", CONF_NODE, TOP(archive), false, "where sealed bundles are copied to: a folder, S3-compatible storage, or both"},
	{"ledger", CONF_NODE, TOP(ledger), false, "who watches that the agent's own log only grows"},
	{"admin", CONF_NODE, TOP(admin), false, "the listener for health and metrics"},
	{"events", CONF_NODE, TOP(events), false, "where what happens in sessions is told as it happens: a list of files, syslog or HTTP receivers"},
	{"notify", CONF_NODE, TOP(notify), false, "where holds and emergency access are told of: a list of webhooks"},
	{"log", CONF_NODE, TOP(log), false, "the log on stderr"},
};

static const struct conf_key ROLE_KEYS[] = {
	{"auditor", CONF_TEXTS, TOP(c.auditor_groups), false, "groups that may list and fetch every session"},
	{"admin", CONF_TEXTS, TOP(c.admin_groups), false, "groups that may revoke any session"},
};

static const struct conf_key RECORDING_KEYS[] = {
	{"durability", CONF_NODE, TOP(durability), false, "strict: on disk before it is forwarded (default); batched: at most 1 s behind"},
	{"recipients", CONF_NODE, TOP(recipients), false, "who may read recordings: age1… keys, any of which opens them (they are not encrypted)"},
	{"originals", CONF_NODE, TOP(originals), false, "who may read the unmasked text: other age1… keys than recipients (it is not kept)"},
	{"retention", CONF_DURATION, TOP(c.recording.retention), false, "how long recordings must be kept (2192d: six years, 45 CFR 164.316(b)(2)(i))"},
	{"timestamp", CONF_NODE, TOP(timestamp), false, "a time-stamp authority (RFC 3161) that dates every bundle"},
};

static const struct conf_key TIMESTAMP_KEYS[] = {
	{"url", CONF_TEXT, TOP(c.recording.timestamp.url), true, "where requests are posted to: https, or http on loopback"},
	{"roots_file", CONF_TEXT, TOP(c.recording.timestamp.roots_file), true, "certificates (PEM) that the authority's own must lead to"},
	{"ca_file", CONF_TEXT, TOP(c.recording.timestamp.ca_file), false, "certificates to trust for https instead of the system's"},
};

static const struct conf_key SESSION_KEYS[] = {
	{"max_duration", CONF_DURATION, TOP(c.session.max_duration), false, "longest life of a session (8h)"},
	{"idle_timeout", CONF_DURATION, TOP(c.session.idle_timeout), false, "a session without requests ends after this (30m)"},
	{"concurrent", CONF_INT, TOP(c.session.concurrent), false, "sessions of one person at one time (32)"},
};

static const struct conf_key LIMIT_KEYS[] = {
	{"connections", CONF_INT, TOP(c.limits.connections), false, "SSH connections, and data channels, at one time (512)"},
	{"per_person", CONF_INT, TOP(c.limits.per_person), false, "requests of one person at one time (128)"},
	{"held_per_person", CONF_INT, TOP(c.limits.held_per_person), false, "holds of one person at one time (16)"},
	{"spool_per_person", CONF_SIZE, TOP(c.limits.spool_per_person), false, "recordings of one person that are not sealed yet (16GiB)"},
	{"body_max", CONF_SIZE, TOP(c.limits.body_max), false, "largest request body; 413 above it (8MiB)"},
	{"header_max", CONF_SIZE, TOP(c.limits.header_max), false, "largest request head; 431 above it (32KiB)"},
	{"header_wait", CONF_DURATION, TOP(c.limits.header_wait), false, "longest time for a request's head to arrive (10s)"},
	{"body_rate", CONF_SIZE, TOP(c.limits.body_rate), false, "slowest rate, per second, at which a request body may arrive (1KiB)"},
	{"event_max", CONF_SIZE, TOP(c.limits.event_max), false, "largest single event of a streamed answer (1MiB)"},
	{"streams", CONF_INT, TOP(c.limits.streams), false, "choices and tool calls in one answer (64)"},
	{"ssh_starts_per_minute", CONF_INT, TOP(c.limits.ssh_starts_per_minute), false,
	 "SSH connections from one address (IPv6: /64) a minute (60)"},
};

static const struct conf_key ADMIN_KEYS[] = {
	{"listen", CONF_TEXT, TOP(c.admin_listen), true, "loopback address and port for /healthz and /metrics"},
};

static const struct conf_key NOTIFY_KEYS[] = {
	{"url", CONF_TEXT, offsetof(struct reading_notify, n.url), true, "the webhook: https, or http on a loopback address"},
	{"secret_file", CONF_TEXT, offsetof(struct reading_notify, n.secret_file), false, "file with the key that signs: whsec_ and base64"},
	{"format", CONF_NODE, offsetof(struct reading_notify, format), false, "standard (default: Standard Webhooks) or slack"},
	{"ca_file", CONF_TEXT, offsetof(struct reading_notify, n.ca_file), false, "certificates to trust for it instead of the system's"},
};

static const struct conf_key LOG_KEYS[] = {
	{"format", CONF_NODE, TOP(log_format), false, "json (default) or text"},
	{"level", CONF_NODE, TOP(log_level), false, "debug, info (default), warn or error"},
};

static const struct conf_key CONNECTION_KEYS[] = {
	{"upstream", CONF_TEXT, CONN(c.upstream), true, "the model server: http://HOST:PORT, https://HOST:PORT or unix:/PATH"},
	{"dialect", CONF_TEXT, CONN(c.dialect), true, "how the server speaks: openai, ollama, anthropic, llamacpp, tgi or kserve"},
	{"policy", CONF_TEXT, CONN(c.policy), true, "the policy's name in policies_dir"},
	{"groups", CONF_TEXTS, CONN(c.groups), true, "groups that may connect"},
	{"roles", CONF_NODE, CONN(roles), false, "groups that may see or revoke others' sessions of this connection, in place of the agent's"},
	{"credential", CONF_NODE, CONN(credential), false, "what the agent adds to requests so that the server takes them"},
	{"insecure", CONF_FLAG, CONN(c.insecure), false, "allow http to another host, where anybody on the way can read along (false)"},
	{"upstream_user", CONF_TEXT, CONN(c.upstream_user), false, "account that must own the server's socket on this machine"},
	{"ca_file", CONF_TEXT, CONN(c.ca_file), false, "certificates to trust for an https server instead of the system's"},
	{"client_cert_file", CONF_TEXT, CONN(c.client_cert_file), false, "certificate that the agent shows to an https server"},
	{"client_key_file", CONF_TEXT, CONN(c.client_key_file), false, "its private key"},
	{"local_key", CONF_NODE, CONN(local_key), false, "required (default), or optional for clients that can send no API key"},
	{"allow_opaque", CONF_TEXTS, CONN(c.allow_opaque), false,
	 "parts of requests to let through unread: tokens, image, audio, file, url, state, embedding"},
	{"allow_content_types", CONF_TEXTS, CONN(c.allow_content_types), false, "types of answers to let through unmasked"},
	{"allow_routes", CONF_TEXTS, CONN(c.allow_routes), false, "routes to open that the dialect refuses by default, such as /v1/rerank"},
	{"models", CONF_TEXTS, CONN(c.models), false, "models that requests may name (all)"},
	{"model", CONF_TEXT, CONN(c.model), false, "the model that every request gets, whatever it names"},
	{"analyzer", CONF_NODE, CONN(analyzer), false, "a Presidio-compatible service that looks for identifiers, too"},
	{"first_byte", CONF_DURATION, CONN(c.first_byte_ns), false, "longest wait for the answer to begin (the client's patience)"},
};

static const struct conf_key CREDENTIAL_KEYS[] = {
	{"header", CONF_TEXT, CONN(c.credential.header), true, "the header's name, such as Authorization"},
	{"value_file", CONF_TEXT, CONN(c.credential.value_file), true, "file with its whole value, such as Bearer SECRET"},
};

static const struct conf_key CONNECTION_ROLE_KEYS[] = {
	{"auditor", CONF_TEXTS, CONN(c.auditor_groups), false, "groups that may list, fetch and review the connection's sessions"},
	{"admin", CONF_TEXTS, CONN(c.admin_groups), false, "groups that may revoke the connection's sessions"},
};

/* The sections that are one mapping each. */
static const struct section {
	const char *name;
	size_t node;
	const struct conf_key *keys;
	size_t n;
} SECTIONS[] = {
	{"roles", TOP(roles), CONF_KEYS(ROLE_KEYS)},
	{"recording", TOP(recording), CONF_KEYS(RECORDING_KEYS)},
	{"timestamp", TOP(timestamp), CONF_KEYS(TIMESTAMP_KEYS)},
	{"session", TOP(session), CONF_KEYS(SESSION_KEYS)},
	{"limits", TOP(limits), CONF_KEYS(LIMIT_KEYS)},
	{"admin", TOP(admin), CONF_KEYS(ADMIN_KEYS)},
	{"log", TOP(log), CONF_KEYS(LOG_KEYS)},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

void config_keys(void (*each)(void *arg, const char *section, const struct conf_key *key), void *arg)
{
	size_t n_analyzer, n_oidc, n_sink;
	const struct conf_key *analyzer = config_analyzer_keys(&n_analyzer), *oidc = config_oidc_keys(&n_oidc);
	size_t n_archive, n_s3, n_ledger, n_witness;
	const struct conf_key *archive = config_archive_keys(&n_archive), *s3 = config_s3_keys(&n_s3);
	const struct conf_key *ledger = config_ledger_keys(&n_ledger), *witness = config_witness_keys(&n_witness);
	const struct conf_key *sink = config_sink_keys(&n_sink);
	const struct section more[] = {
		{"", 0, CONF_KEYS(TOP_KEYS)},
		{"connections", 0, CONF_KEYS(CONNECTION_KEYS)},
		{"credential", 0, CONF_KEYS(CREDENTIAL_KEYS)},
		{"connections.roles", 0, CONF_KEYS(CONNECTION_ROLE_KEYS)},
		{"notify", 0, CONF_KEYS(NOTIFY_KEYS)},
		{"analyzer", 0, analyzer, n_analyzer},
		{"oidc", 0, oidc, n_oidc},
		{"archive", 0, archive, n_archive},
		{"s3", 0, s3, n_s3},
		{"ledger", 0, ledger, n_ledger},
		{"witnesses", 0, witness, n_witness},
		{"events", 0, sink, n_sink},
	};

	for (size_t i = 0; i < COUNT(more); i++)
		for (size_t k = 0; k < more[i].n; k++)
			each(arg, more[i].name, &more[i].keys[k]);
	for (size_t i = 0; i < COUNT(SECTIONS); i++)
		for (size_t k = 0; k < SECTIONS[i].n; k++)
			each(arg, SECTIONS[i].name, &SECTIONS[i].keys[k]);
}

/* ---- checks of single values -------------------------------------------------------------------------------------- */

enum rc config_choose(const struct yaml *v, const char *const *names, size_t n, int *out, struct why *why)
{
	struct buf allowed;
	enum rc rc;

	if (!v)
		return RC_OK;
	buf_init(&allowed, 256);
	for (size_t i = 0; i < n; i++) {
		if (v->type == YAML_TEXT && strcmp(v->text, names[i]) == 0) {
			*out = (int)i;
			buf_free(&allowed);
			return RC_OK;
		}
		buf_printf(&allowed, "%s%s", i == 0 ? "" : i + 1 < n ? ", " : " or ", names[i]);
	}
	rc = why_at(why, RC_BAD, v->line, v->column, "\"%s\" must be %s", v->key->text, allowed.data ? allowed.data : "");
	buf_free(&allowed);
	return rc;
}

static enum rc choose_flag(const struct yaml *v, const char *no, const char *yes, bool *out, struct why *why)
{
	const char *const names[] = {no, yes};
	int place = *out;
	enum rc rc = config_choose(v, names, 2, &place, why);

	*out = place != 0;
	return rc;
}

enum rc config_bad(const struct yaml *map, const char *key, struct why *why, const char *what)
{
	const struct yaml *v = yaml_get(map, key);

	return why_at(why, RC_BAD, v ? v->line : map->line, v ? v->column : map->column, "\"%s\" %s", key, what);
}

static bool is_name(const char *text)
{
	size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

	return n > 0 && n <= 64 && text[n] == '\0' && text[0] != '-' && text[0] != '.';
}

/* HOST:PORT with a numeric host, IPv6 in brackets. */
static bool is_listen_address(const char *text)
{
	const char *colon = strrchr(text, ':');
	size_t digits = colon ? strspn(colon + 1, "0123456789") : 0;

	return colon && colon > text && digits >= 1 && digits <= 5 && colon[1 + digits] == '\0' && atoi(colon + 1) <= 65535 &&
	       (text[0] == '[' ? colon[-1] == ']' : !memchr(text, ':', (size_t)(colon - text)));
}

/* Is the authority that url begins with (HOST or HOST:PORT, up to a slash) a loopback address? */
static bool is_loopback_host(const char *url)
{
	size_t n = strcspn(url, "/?#");
	char host[64];
	struct in_addr v4;

	if (n >= sizeof host || memchr(url, '@', n))
		return false;
	memcpy(host, url, n);
	host[n] = '\0';
	if (strncmp(host, "[::1]", 5) == 0)
		return host[5] == '\0' || host[5] == ':';
	host[strcspn(host, ":")] = '\0';
	return strcmp(host, "localhost") == 0 || (inet_pton(AF_INET, host, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127);
}

/* sshd's configuration and the words of its command line cannot hold every byte. */
static bool is_plain_path(const char *path)
{
	for (const char *p = path; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f || strchr("\"'\\%", *p))
			return false;
	return *path != '\0';
}

static enum rc check_top(const struct yaml *root, const struct reading *r, struct why *why)
{
	static const char *const stores[] = {"sqlite"};
	int store = 0;

	if (!is_name(r->c.name))
		return config_bad(root, "name", why, "must be letters, digits, dot, dash or underscore, at most 64");
	if (!is_listen_address(r->c.listen))
		return config_bad(root, "listen", why, "must be ADDRESS:PORT, such as 0.0.0.0:2222 or [::]:2222");
	if (!is_plain_path(r->c.state_dir))
		return config_bad(root, "state_dir", why, "must be a path without quotes, backslash, % or control characters");
	return config_choose(r->store, stores, 1, &store, why);
}

/* Who reads recordings as they were masked is not to read what they were before. */
static enum rc check_other(const char *recipient, const struct age_recipients *than, struct why *what)
{
	struct age_recipients all = *than;
	enum rc rc = than->n ? age_recipients_add(&all, recipient, NULL) : RC_OK;

	return rc == RC_CONFLICT ? why_set(what, RC_CONFLICT, "is among the recipients, too, who are to read masked text only") : RC_OK;
}

/* One text, or a list of them, as conf.h has it for texts; each fault at its own line. */
static enum rc read_recipients(const struct yaml *v, const struct age_recipients *others, struct age_recipients *out, struct why *why)
{
	struct why what = {0};
	enum rc rc = RC_OK;

	if (v && v->type != YAML_LIST && v->type != YAML_TEXT)
		return why_at(why, RC_BAD, v->line, v->column, "\"%s\" must be a list of age1… keys", v->key->text);
	for (const struct yaml *one = v && v->type == YAML_LIST ? v->child : v; one && rc == RC_OK; one = one == v ? NULL : one->next) {
		rc = one->type == YAML_TEXT ? age_recipients_add(out, one->text, &what) : why_set(&what, RC_BAD, "is no text");
		if (rc == RC_OK && others)
			rc = check_other(one->text, others, &what);
		if (rc != RC_OK)
			why_at(why, RC_BAD, one->line, one->column, "\"%s\": one of them %s", v->key->text, what.text);
	}
	return rc == RC_OK ? rc : RC_BAD;
}

static enum rc check_sections(struct reading *r, struct why *why)
{
	static const char *const levels[] = {[LOG_DEBUG] = "debug", [LOG_INFO] = "info", [LOG_WARN] = "warn", [LOG_ERROR] = "error"};
	enum rc rc;

	for (size_t i = 0; r->limits && i < COUNT(LIMIT_KEYS); i++) {
		const char *at = (const char *)r + LIMIT_KEYS[i].offset;
		uint64_t value;

		memcpy(&value, at, sizeof value);               /* int64_t and uint64_t alike: none of them may be zero */
		if (value == 0)
			return config_bad(r->limits, LIMIT_KEYS[i].name, why, "must be more than zero");
	}
	if (r->c.session.max_duration < NS_PER_S)
		return config_bad(r->session, "max_duration", why, "must be at least 1s");
	if (r->c.session.idle_timeout < NS_PER_S)
		return config_bad(r->session, "idle_timeout", why, "must be at least 1s");
	if (r->c.session.concurrent < 1)
		return config_bad(r->session, "concurrent", why, "must be more than zero");
	if (r->c.admin_listen && (!is_listen_address(r->c.admin_listen) || !is_loopback_host(r->c.admin_listen)))
		return config_bad(r->admin, "listen", why, "must be a loopback address and port, such as 127.0.0.1:9464");
	if (r->timestamp && !fetch_url_allowed(r->c.recording.timestamp.url))
		return config_bad(r->timestamp, "url", why, "must be https://HOST/PATH (http:// on loopback addresses only), without user name");
	rc = choose_flag(r->durability, "batched", "strict", &r->c.recording.strict, why);
	if (rc == RC_OK)
		rc = read_recipients(r->recipients, NULL, &r->c.recording.recipients, why);
	if (rc == RC_OK)
		rc = read_recipients(r->originals, &r->c.recording.recipients, &r->c.recording.originals, why);
	if (rc == RC_OK && r->originals && !r->c.recording.originals.n)
		return why_at(why, RC_BAD, r->originals->line, r->originals->column, "\"originals\" must name at least one age1… key");
	if (rc == RC_OK)
		rc = choose_flag(r->log_format, "text", "json", &r->c.log_json, why);
	if (rc == RC_OK)
		rc = config_choose(r->log_level, levels, COUNT(levels), &r->c.log_level, why);
	return rc;
}

/* ---- connections -------------------------------------------------------------------------------------------------- */

static enum rc check_upstream(const struct yaml *map, const struct connection *c, struct why *why)
{
	const char *u = c->upstream;
	bool http = strncmp(u, "http://", 7) == 0, https = strncmp(u, "https://", 8) == 0;

	if (strncmp(u, "unix:/", 6) != 0 && !(http && u[7]) && !(https && u[8]))
		return config_bad(map, "upstream", why, "must be http://HOST:PORT, https://HOST:PORT or unix:/PATH");
	if (http && !is_loopback_host(u + 7) && !c->insecure)
		return config_bad(map, "upstream", why, "is http to another host, where anybody on the way can read along; use https, or say "
			   "insecure: true");
	if (!https && (c->ca_file || c->client_cert_file || c->client_key_file))
		return config_bad(map, "upstream", why, "is not https, so ca_file, client_cert_file and client_key_file mean nothing");
	if (!c->client_cert_file != !c->client_key_file)
		return config_bad(map, c->client_cert_file ? "client_cert_file" : "client_key_file", why,
			   "needs both client_cert_file and client_key_file");
	return RC_OK;
}

/* An empty list would read as if nobody had the role, and stands for the agent's. */
static enum rc read_roles(struct reading_connection *r, struct why *why)
{
	enum rc rc = r->roles ? conf_read(r->roles, "roles", CONF_KEYS(CONNECTION_ROLE_KEYS), r, why) : RC_OK;

	for (size_t i = 0; i < COUNT(CONNECTION_ROLE_KEYS) && rc == RC_OK && r->roles; i++) {
		const struct yaml *v = yaml_get(r->roles, CONNECTION_ROLE_KEYS[i].name);

		if (v && v->type == YAML_LIST && !v->child)
			rc = config_bad(r->roles, CONNECTION_ROLE_KEYS[i].name, why, "must name a group; without it the agent's roles count");
	}
	return rc;
}

static enum rc check_connection(const struct yaml *map, struct reading_connection *r, struct why *why)
{
	static char *const kinds[] = {"tokens", "image", "audio", "file", "url", "state", "embedding"};
	const struct text_list known = {(char **)kinds, COUNT(kinds)};
	enum rc rc;

	if (!is_name(r->c.name))
		return why_at(why, RC_BAD, map->key->line, map->key->column,
			      "a connection's name must be letters, digits, dot, dash or underscore, at most 64");
	if (!is_name(r->c.policy))
		return config_bad(map, "policy", why, "must be a name: NAME.yaml in policies_dir");
	if (r->c.groups.n == 0)
		return config_bad(map, "groups", why, "must name at least one group, else nobody can connect");
	if (r->credential) {
		rc = conf_read(r->credential, "credential", CONF_KEYS(CREDENTIAL_KEYS), r, why);
		if (rc != RC_OK)
			return rc;
		if (strspn(r->c.credential.header, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") !=
		    strlen(r->c.credential.header) || !*r->c.credential.header)
			return config_bad(r->credential, "header", why, "must be a header's name, such as Authorization");
	}
	for (size_t i = 0; i < r->c.allow_opaque.n; i++)
		if (!text_list_has(&known, r->c.allow_opaque.item[i]))
			return config_bad(map, "allow_opaque", why, "must be of tokens, image, audio, file, url, state, embedding");
	if (r->c.model && r->c.models.n)
		return config_bad(map, "models", why, "means nothing beside \"model\", which every request gets");
	if (r->c.model && !*r->c.model)
		return config_bad(map, "model", why, "must name a model");
	rc = read_roles(r, why);
	if (rc != RC_OK)
		return rc;
	if (r->analyzer) {
		rc = config_analyzer_read(r->analyzer, &r->c.analyzer, why);
		if (rc != RC_OK)
			return rc;
	}
	rc = choose_flag(r->local_key, "required", "optional", &r->c.local_key_optional, why);
	return rc == RC_OK ? check_upstream(map, &r->c, why) : rc;
}

static void free_connection(struct connection *c)
{
	conf_free(CONF_KEYS(CONNECTION_KEYS), c);
	conf_free(CONF_KEYS(CREDENTIAL_KEYS), c);
	conf_free(CONF_KEYS(CONNECTION_ROLE_KEYS), c);
	config_analyzer_free(&c->analyzer);
	free(c->name);
}

static enum rc read_connections(const struct yaml *list, struct config *c, struct why *why)
{
	if (list->type != YAML_MAP || !list->child)
		return why_at(why, RC_BAD, list->line, list->column, "connections must be a mapping with at least one NAME: {…}");
	for (const struct yaml *v = list->child; v; v = v->next) {
		struct connection *more = realloc(c->connections, (c->n_connections + 1) * sizeof *more);
		struct reading_connection r = {.c = {.name = strdup(v->key->text), .line = v->key->line}};
		enum rc rc;

		if (more)
			c->connections = more;
		if (!more || !r.c.name) {
			free(r.c.name);
			return RC_NOMEM;
		}
		rc = conf_read(v, "the connection", CONF_KEYS(CONNECTION_KEYS), &r, why);
		if (rc == RC_OK)
			rc = check_connection(v, &r, why);
		c->connections[c->n_connections++] = r.c;
		if (rc != RC_OK)
			return rc;
	}
	return RC_OK;
}

/* ---- notices ------------------------------------------------------------------------------------------------------ */

#define NOTIFY_MAX 8

static enum rc check_notify(const struct yaml *map, struct reading_notify *r, struct why *why)
{
	enum rc rc = choose_flag(r->format, "standard", "slack", &r->n.slack, why);

	if (rc != RC_OK)
		return rc;
	if (!fetch_url_allowed(r->n.url))
		return config_bad(map, "url", why, "must begin with https:// (http:// on loopback addresses only), without a user name");
	if (!r->n.slack && !r->n.secret_file)
		return why_at(why, RC_BAD, map->line, map->column, "notify lacks the key \"secret_file\": without a signature nobody can tell"
			      " that a notice is the agent's");
	return RC_OK;
}

static enum rc read_notify(const struct yaml *list, struct config *c, struct why *why)
{
	if (!list)
		return RC_OK;
	if (list->type != YAML_LIST)
		return why_at(why, RC_BAD, list->line, list->column, "notify must be a list of {url: …, secret_file: …}");
	c->notify = calloc(NOTIFY_MAX, sizeof *c->notify);
	if (!c->notify)
		return RC_NOMEM;
	for (const struct yaml *v = list->child; v; v = v->next) {
		struct reading_notify r = {0};
		enum rc rc;

		if (c->n_notify == NOTIFY_MAX)
			return why_at(why, RC_BAD, v->line, v->column, "notify may have at most %d items", NOTIFY_MAX);
		rc = conf_read(v, "notify", CONF_KEYS(NOTIFY_KEYS), &r, why);
		if (rc == RC_OK)
			rc = check_notify(v, &r, why);
		c->notify[c->n_notify++] = r.n;
		if (rc != RC_OK)
			return rc;
		for (size_t i = 0; i + 1 < c->n_notify; i++)
			if (strcmp(c->notify[i].url, r.n.url) == 0)
				return config_bad(v, "url", why, "stands in the list already");
	}
	return RC_OK;
}

static void free_notify(struct config *c)
{
	for (size_t i = 0; i < c->n_notify; i++) {
		struct reading_notify r = {.n = c->notify[i]};

		conf_free(CONF_KEYS(NOTIFY_KEYS), &r);
	}
	free(c->notify);
}

/* ---- the whole ---------------------------------------------------------------------------------------------------- */

static void set_defaults(struct reading *r)
{
	r->c.recording.strict = true;
	r->c.recording.retention = 2192 * 24 * 3600 * NS_PER_S;
	r->c.session.max_duration = 8 * 3600 * NS_PER_S;
	r->c.session.idle_timeout = 30 * 60 * NS_PER_S;
	r->c.session.concurrent = 32;
	r->c.limits = (struct limits){
		.connections = 512, .per_person = 128, .held_per_person = 16, .streams = 64, .ssh_starts_per_minute = 60,
		.spool_per_person = 16ULL << 30, .body_max = 8 << 20, .header_max = 32 << 10, .event_max = 1 << 20,
		.body_rate = 1 << 10, .header_wait = 10 * NS_PER_S,
	};
	r->c.log_json = true;
	r->c.log_level = LOG_INFO;
}

/* NULL stays NULL. */
static enum rc join(const char *dir, char **path)
{
	char *joined = *path ? path_join(dir, *path) : NULL;

	if (*path && !joined)
		return RC_NOMEM;
	free(*path);
	*path = joined;
	return RC_OK;
}

/* Paths in the file start at its folder; those of the running program at the root, whatever its working directory. */
static enum rc join_paths(struct config *c)
{
	char *absolute = realpath(c->path, NULL), *dir = absolute ? path_dir(absolute) : NULL;
	enum rc rc = dir ? RC_OK : RC_NOMEM;

	for (size_t i = 0; i < 2 + 5 * c->n_connections && rc == RC_OK; i++) {
		struct connection *conn = i < 2 ? NULL : &c->connections[(i - 2) / 5];
		char **path = i == 0 ? &c->state_dir : i == 1 ? &c->policies_dir
			: (char **[]){&conn->credential.value_file, &conn->ca_file, &conn->client_cert_file,
				      &conn->client_key_file, &conn->analyzer.ca_file}[(i - 2) % 5];

		rc = join(dir, path);
	}
	if (rc == RC_OK)
		rc = join(dir, &c->recording.timestamp.roots_file);
	if (rc == RC_OK)
		rc = join(dir, &c->recording.timestamp.ca_file);
	for (size_t i = 0; i < c->n_providers && rc == RC_OK; i++)
		rc = join(dir, &c->providers[i].ca_file);
	for (size_t i = 0; i < c->n_notify && rc == RC_OK; i++) {
		rc = join(dir, &c->notify[i].secret_file);
		if (rc == RC_OK)
			rc = join(dir, &c->notify[i].ca_file);
	}
	for (size_t i = 0; i < 3 && rc == RC_OK; i++)
		rc = join(dir, (char **[]){&c->archive.dir, &c->archive.s3.credentials_file, &c->archive.s3.ca_file}[i]);
	if (rc == RC_OK)
		rc = config_ledger_join(c, dir, join);
	if (rc == RC_OK)
		rc = config_sinks_join(c, dir, join);
	free(absolute);
	free(dir);
	return rc;
}

static enum rc read_document(const struct yaml *root, struct reading *r, struct why *why)
{
	enum rc rc = conf_read(root, "agent.yaml", CONF_KEYS(TOP_KEYS), r, why);

	for (size_t i = 0; rc == RC_OK && i < COUNT(SECTIONS); i++) {
		const struct yaml *node;

		memcpy(&node, (const char *)r + SECTIONS[i].node, sizeof node);
		if (node)
			rc = conf_read(node, SECTIONS[i].name, SECTIONS[i].keys, SECTIONS[i].n, r, why);
	}
	if (rc == RC_OK)
		rc = check_top(root, r, why);
	if (rc == RC_OK)
		rc = check_sections(r, why);
	if (rc == RC_OK)
		rc = config_oidc_read(r->oidc, &r->c, why);
	if (rc == RC_OK)
		rc = read_connections(r->connections, &r->c, why);
	if (rc == RC_OK)
		rc = read_notify(r->notify, &r->c, why);
	if (rc == RC_OK && r->archive)
		rc = config_archive_read(r->archive, &r->c, why);
	if (rc == RC_OK && r->ledger)
		rc = config_ledger_read(r->ledger, &r->c, why);
	if (rc == RC_OK)
		rc = config_sinks_read(r->events, &r->c, why);
	return rc == RC_OK ? join_paths(&r->c) : rc;
}

enum rc config_load(const char *path, struct config **out, struct why *why)
{
	struct config *c = calloc(1, sizeof *c);
	struct yaml *root = NULL;
	struct reading r = {0};
	enum rc rc = RC_NOMEM;

	*out = NULL;
	why_set(why, RC_OK, "%s", "");
	r.c.path = strdup(path);
	set_defaults(&r);
	if (c && r.c.path)
		rc = yaml_load(path, &root, why);
	if (rc == RC_OK) {
		rc = read_document(root, &r, why);
		why_file(why, rc, path);
	}
	yaml_free(root);
	if (!c) {
		free(r.c.path);
		return RC_NOMEM;
	}
	*c = r.c;
	if (rc != RC_OK)
		config_free(c);
	else
		*out = c;
	return rc;
}

void config_free(struct config *config)
{
	if (!config)
		return;
	for (size_t i = 0; i < config->n_connections; i++)
		free_connection(&config->connections[i]);
	free(config->connections);
	free_notify(config);
	for (size_t i = 0; i < config->n_sinks; i++)
		config_sink_free(&config->sinks[i]);
	free(config->sinks);
	config_oidc_free(config);
	config_archive_free(config);
	config_ledger_free(config);
	conf_free(CONF_KEYS(TOP_KEYS), config);
	for (size_t i = 0; i < COUNT(SECTIONS); i++)
		conf_free(SECTIONS[i].keys, SECTIONS[i].n, config);
	free(config->path);
	free(config);
}

const struct connection *config_connection(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->n_connections; i++)
		if (strcmp(config->connections[i].name, name) == 0)
			return &config->connections[i];
	return NULL;
}
