/* Of conditions: what their parts (reading and deciding in condition.c, showing in condition_show.c, times in condition_time.c) share. */
#ifndef PHIGATE_AGENT_CONDITION_PRIVATE_H
#define PHIGATE_AGENT_CONDITION_PRIVATE_H

#include "condition.h"

enum kind {
	KIND_ANY, KIND_ALL, KIND_NOT, KIND_ROUTE, KIND_METHOD, KIND_MODEL, KIND_USER, KIND_GROUP, KIND_PROMPT_MATCHES,
	KIND_MAX_TOKENS, KIND_BODY_BYTES, KIND_TOOLS, KIND_STREAM, KIND_OPAQUE, KIND_PHI_IN_PROMPT, KIND_TIME, KIND_PURPOSE,
	KIND_PHI_IN_RESPONSE,
};

struct condition {
	enum kind kind;
	struct condition *child, *next;          /* any, all, not */
	struct text_list texts;                  /* route, method, model, user, group, kinds of opaque */
	size_t *pattern, n_patterns;             /* prompt_matches */
	int64_t over;                            /* max_tokens, body_bytes, phi_in_prompt */
	struct times *times;                     /* time */
	bool flag;                               /* tools, stream; opaque without kinds */
	struct condition_place place;            /* of its key */
};

/* What is known of a kind. */
struct kind_row {
	const char *name;
	enum rc (*read)(struct condition *c, const struct yaml *value, struct patterns *patterns, struct why *why);
	bool (*holds)(const struct condition *c, struct evaluation *e);
	/* does inner hold only where outer, of the same kind, holds too? */
	bool (*implies)(const struct condition *inner, const struct condition *outer, const struct patterns *patterns);
	enum rc (*show)(const struct condition *c, struct evaluation *e, struct mask_engine *engine, struct mask_scope *scope,
			struct buf *out);
};

/* The group of the asker that the condition names, or NULL. */
const char *condition_group(const struct condition *c, const struct facts *facts);
struct slice condition_message(const struct prompt_message *m);

bool condition_globs(const struct text_list *list, const char *text, bool nocase);       /* does one of the list match the text? */

/* `time:`, condition_time.c */
enum rc times_read(const struct yaml *value, struct times **out, struct why *why) MUST_USE;
void times_free(struct times *times);
bool times_hold(const struct times *times, int64_t wall_ns);
bool times_never(const struct times *times);                              /* no hour of the week */
bool times_disjoint(const struct times *a, const struct times *b);        /* no hour in common, by the same zone's clock */
/* The local time as people say it ("Sat 21:04"), and the zone's name. */
#define TIMES_TEXT 16
const char *times_local(const struct times *times, int64_t wall_ns, char out[TIMES_TEXT]);
const char *times_zone(const struct times *times);

/* Identifiers in the request's texts. */
uint64_t condition_phi(struct evaluation *e);

/* What a condition that holds matched, as members of the object that condition_show() writes. */
typedef enum rc condition_shows(const struct condition *c, struct evaluation *e, struct mask_engine *engine, struct mask_scope *scope,
				struct buf *out);
condition_shows show_value, show_prompt_matches, show_over, show_flag, show_opaque, show_time;

#endif
