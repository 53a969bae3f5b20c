/* agent.yaml: one table of keys (config.c), read whole, checked whole, then never changed while the agent runs. */
#ifndef PHIGATE_AGENT_CONFIG_H
#define PHIGATE_AGENT_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "age.h"
#include "conf.h"
#include "jwt.h"
#include "tlog_vkey.h"

struct credential {
	char *header;                  /* NULL: none */
	char *value_file;
};

/* Who looks at the texts of a connection beside the engine (analyzer.h). */
struct analyzer_settings {
	char *url;                     /* NULL: nobody */
	char *language, *ca_file;
	int64_t timeout_ns;
	double score;                  /* less does not count */
	bool builtin;                  /* on_failure */
	struct analyzer_name {
		char *theirs;
		int ours;              /* enum entity; -1: it is ignored */
	} *entities;
	size_t n_entities;
};

/* One model server that people may reach. */
struct connection {
	char *name;
	char *upstream;                /* http://HOST:PORT, https://HOST:PORT or unix:/PATH */
	char *dialect;
	char *policy;
	struct text_list groups;       /* any of them may connect; never empty */
	struct text_list auditor_groups, admin_groups; /* roles, in place of the agent's; empty: those */
	struct credential credential;
	bool insecure;                 /* http to other hosts than loopback */
	char *upstream_user;           /* account that must own the listening socket; NULL: not checked */
	char *ca_file, *client_cert_file, *client_key_file;
	bool local_key_optional;       /* local_key: optional */
	struct text_list allow_opaque; /* kinds: tokens, image, audio, file, url, state, embedding */
	struct text_list allow_content_types;
	struct text_list allow_routes; /* of those that the dialect refuses unless they are named here */
	struct text_list models;       /* that requests may name; empty: any */
	char *model;                   /* that every request gets, whatever it names; NULL: what it names */
	int64_t first_byte_ns;         /* longest wait for the model's first byte; 0: the client's patience */
	struct analyzer_settings analyzer;
	int line;                      /* in agent.yaml */
};

/* Where notices go. */
struct notify {
	char *url;                     /* https, or http on loopback; it may be a secret */
	char *secret_file;             /* NULL: unsigned, slack only */
	char *ca_file;
	bool slack;                    /* format */
};

/* Where sealed bundles are kept besides the agent's own disk (archive.h). */
struct s3_settings {
	char *endpoint;                /* https://HOST; NULL: none */
	char *region, *bucket, *prefix, *credentials_file, *ca_file;
	bool bucket_in_host;           /* https://BUCKET.HOST */
	enum { S3_LOCK_NONE, S3_LOCK_COMPLIANCE, S3_LOCK_GOVERNANCE } lock;
};
struct archive_settings {
	char *dir;                     /* NULL: none */
	struct s3_settings s3;
	int64_t keep_ns;               /* how long the agent's own copies stay at least; 0: as long as the retention */
};

/* Where events go (sink.h). */
enum sink_kind { SINK_FILE, SINK_SYSLOG, SINK_HTTP, SINK_SPLUNK };
struct sink_settings {
	char *name;
	enum sink_kind to;
	char *format;                  /* one that audit_format() knows */
	char *path, *address, *url, *token_file, *ca_file, *client_cert_file, *client_key_file;        /* those that go with its kind */
	uint64_t queue_max;            /* bytes */
	int line;                      /* in agent.yaml */
};

/* Who cosigns the ledger's checkpoints (witness.h). */
#define WITNESSES_MAX 8
struct witness_settings {
	struct tlog_vkey vkey;
	char *url;                     /* without a slash at its end */
	char *ca_file;
};

struct limits {
	int64_t connections, per_person, held_per_person, streams, ssh_starts_per_minute;
	uint64_t spool_per_person, body_max, header_max, event_max, body_rate;
	int64_t header_wait;           /* ns */
};

struct oidc {
	enum jwt_kind kind;            /* of the tokens that are taken: people's ID tokens, or programs' access tokens */
	char *issuer, *audience, *user_claim, *groups_claim, *ca_file;
	struct text_list scopes;       /* that an access token must have */
	char *groups_prefix;           /* stands before each group that this provider tells of; NULL: none */
	bool require_key_binding;
	struct oidc_subject {
		char *name;            /* "sub" of a program's tokens */
		struct text_list groups;
	} *subjects;                   /* programs, whose tokens tell of no groups */
	size_t n_subjects;
};

struct config {
	char *path;                    /* the file; relative paths in it start at its folder and are joined to it here */
	char *name, *listen, *state_dir, *user, *policies_dir;
	struct oidc *providers;        /* at least one */
	size_t n_providers;
	struct text_list auditor_groups, admin_groups;
	struct connection *connections;
	size_t n_connections;
	struct {
		bool strict;           /* durability */
		struct age_recipients recipients;      /* who may read recordings; nobody: they are not encrypted */
		struct age_recipients originals;       /* who may read what masking took away; nobody: it is not kept */
		int64_t retention;     /* ns */
		struct {
			char *url, *roots_file, *ca_file;      /* url NULL: no authority dates bundles */
		} timestamp;
	} recording;
	struct {
		int64_t max_duration, idle_timeout;    /* ns */
		int64_t concurrent;    /* open sessions of one person */
	} session;
	struct archive_settings archive;
	struct witness_settings *witnesses;
	size_t n_witnesses;
	struct limits limits;
	struct notify *notify;
	size_t n_notify;
	struct sink_settings *sinks;   /* events */
	size_t n_sinks;
	char *admin_listen;            /* NULL: none */
	bool log_json;
	int log_level;                 /* enum log_level */
};

/* RC_BAD with file, line and column. Policies and dialects are not read here. */
enum rc config_load(const char *path, struct config **out, struct why *why) MUST_USE;
void config_free(struct config *config);                                     /* NULL is allowed */

const struct connection *config_connection(const struct config *config, const char *name);   /* NULL when there is none */

/* A copy of its own; config_sink_free() in any case. */
enum rc config_sink_copy(const struct sink_settings *from, struct sink_settings *to) MUST_USE;
void config_sink_free(struct sink_settings *settings);

/* Every key that agent.yaml may hold, with the section that it stands in ("" for the top): for the man page and its check. */
void config_keys(void (*each)(void *arg, const char *section, const struct conf_key *key), void *arg);

#endif
