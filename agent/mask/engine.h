/* What the files of the engine share: compiled rules, and what a session remembers. */
#ifndef PHIGATE_MASK_ENGINE_H
#define PHIGATE_MASK_ENGINE_H

#include "known.h"
#include "mask.h"
#include "phrases.h"
#include "scan.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum operator { OP_REDACT, OP_PARTIAL, OP_PSEUDONYM, OP_HASH, OP_YEAR, OP_ZIP3, OP_CAP90, OP_KEEP };
#define N_OPERATORS 8
const char *operator_name(enum operator op);

/* One of the policy's own detectors: a pattern, or a list of words. */
struct custom_rule {
	char *name;                      /* its entity */
	bool builtin;                    /* the entity is one of ours */
	enum entity entity;              /* ENTITY_CUSTOM when not */
	enum operator op;
	char *regex;                     /* NULL: words */
	int line, column;
	struct phrases words;
};

struct mask_rules {
	enum mask_request request;
	enum operator op[ENTITY_COUNT];
	struct custom_rule *custom;
	size_t n_custom;
};

struct mask_engine {
	enum mask_request request;
	enum operator op[ENTITY_COUNT];
	struct custom_rule *custom;      /* copies, without text and place */
	pcre2_code **pattern;            /* one for each custom rule; NULL for words */
	uint8_t (*first)[32];            /* ASCII characters that each can begin with, a bit each */
	uint8_t any_first[32];           /* that one of them can */
	uint8_t inside_first[32];        /* that one of those can which are found inside of words, too: patterns */
	pcre2_match_context *limits;     /* of an attempt where a word begins; NULL without patterns */
	pcre2_match_context *narrow;     /* of one inside of a word: there are as many as it has characters */
	size_t n_custom;
	int first_year;                  /* earlier ones tell ages over 89 */
};

/* Does a decoded text hold an identifier? One level deep: what is decoded is not decoded again. */
bool engine_finds_decoded(const struct mask_engine *engine, struct slice text);

/* Append what stands for a masked value. custom: -1, or which of the engine's own. */
enum rc operator_apply(const struct mask_engine *engine, struct mask_scope *scope, enum entity entity, int custom, struct slice value,
		       struct buf *out) MUST_USE;
/* Does the value stand as it is? It does not for keep alone: a web address may hold other identifiers. */
bool operator_keeps(const struct mask_engine *engine, enum entity entity, int custom, struct slice value);
enum operator engine_operator(const struct mask_engine *engine, enum entity entity, int custom);
const char *engine_entity(const struct mask_engine *engine, enum entity entity, int custom);

/* The number of a value within the scope, from 1; the same value under the same name has the same number, however it is written. 0:
 * no memory. */
uint64_t scope_number(struct mask_scope *scope, const char *name, enum entity entity, struct slice value);
/* What the exchange's texts know of names from the beginning; lives as long as the scope. scope may be NULL. */
const struct known *scope_known(const struct mask_scope *scope);
/* Who else looks at its texts; NULL: nobody. scope may be NULL. */
const struct mask_finder *scope_finder(const struct mask_scope *scope);
/* A text of the exchange has found a name with this part. Texts that belong to no exchange teach nobody. */
void scope_learn(struct mask_scope *scope, uint64_t hash);
/* Where identifiers of a request become tokens; NULL: they do not. */
struct token_map *scope_tokens(const struct mask_scope *scope);
/* Those that a session has given; NULL: none ever. */
struct token_map *scope_given(struct mask_scope *session);
/* HMAC of a value under the scope's own key, cut to 8 hex digits. */
void scope_digest(struct mask_scope *scope, enum entity entity, struct slice value, char hex[9]);

#endif
