/* What the files of the configuration share: checks of single values. */
#ifndef PHIGATE_AGENT_CONFIG_PRIVATE_H
#define PHIGATE_AGENT_CONFIG_PRIVATE_H

#include "config.h"

/* One of a few words; *out is its place in names and keeps its value when the key is absent. */
enum rc config_choose(const struct yaml *v, const char *const *names, size_t n, int *out, struct why *why) MUST_USE;

/* An error at the value of map's key. */
enum rc config_bad(const struct yaml *map, const char *key, struct why *why, const char *what) MUST_USE;

/* config_oidc.c: the section `oidc`, one provider or a list, and its keys. */
enum rc config_oidc_read(const struct yaml *node, struct config *c, struct why *why) MUST_USE;
void config_oidc_free(struct config *c);
const struct conf_key *config_oidc_keys(size_t *n);

/* config_analyzer.c: the section `analyzer` of a connection, and its keys. */
enum rc config_analyzer_read(const struct yaml *map, struct analyzer_settings *out, struct why *why) MUST_USE;
void config_analyzer_free(struct analyzer_settings *settings);
const struct conf_key *config_analyzer_keys(size_t *n);

/* config_archive.c: the section `archive`, and its keys. */
enum rc config_archive_read(const struct yaml *map, struct config *c, struct why *why) MUST_USE;
void config_archive_free(struct config *c);
const struct conf_key *config_archive_keys(size_t *n);
const struct conf_key *config_s3_keys(size_t *n);

/* config_ledger.c: the section `ledger`, and its keys. */
enum rc config_ledger_read(const struct yaml *map, struct config *c, struct why *why) MUST_USE;
enum rc config_ledger_join(struct config *c, const char *dir, enum rc (*join)(const char *dir, char **path)) MUST_USE;
void config_ledger_free(struct config *c);
const struct conf_key *config_ledger_keys(size_t *n);
const struct conf_key *config_witness_keys(size_t *n);

/* config_sink.c: the section `events`, a list, and its keys. */
enum rc config_sinks_read(const struct yaml *list, struct config *c, struct why *why) MUST_USE;
enum rc config_sinks_join(struct config *c, const char *dir, enum rc (*join)(const char *dir, char **path)) MUST_USE;
const struct conf_key *config_sink_keys(size_t *n);

#endif
