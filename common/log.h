/* The log: one line per event on stderr, JSON or text. Calls take typed fields only; there is none for bodies, and every
 * string is cut at 256 bytes and escaped, so that prompts, answers, tokens and keys have no way in. */
#ifndef PHIGATE_LOG_H
#define PHIGATE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "rc.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log_field {
	const char *name;              /* NULL ends the list */
	enum { LOG_FIELD_TEXT, LOG_FIELD_NUMBER, LOG_FIELD_FLAG } type;
	const char *text;
	int64_t number;
};

#define L_TEXT(name, value) {name, LOG_FIELD_TEXT, value, 0}
#define L_NUM(name, value) {name, LOG_FIELD_NUMBER, 0, (int64_t)(value)}
#define L_FLAG(name, value) {name, LOG_FIELD_FLAG, 0, (value) ? 1 : 0}
#define L_RC(value) L_TEXT("result", rc_name(value))
#define L_NONE {0}

#define log_debug(event, ...) log_write(LOG_DEBUG, event, (const struct log_field[]){__VA_ARGS__, L_NONE})
#define log_info(event, ...) log_write(LOG_INFO, event, (const struct log_field[]){__VA_ARGS__, L_NONE})
#define log_warn(event, ...) log_write(LOG_WARN, event, (const struct log_field[]){__VA_ARGS__, L_NONE})
#define log_error(event, ...) log_write(LOG_ERROR, event, (const struct log_field[]){__VA_ARGS__, L_NONE})

void log_setup(int fd, bool json, enum log_level least);   /* before threads start; the default is fd 2, text, info */

/* Who else wants what is logged, at any level: fn is called by whatever thread logs, with whatever locks it has, before the line is written, and
 * must not wait. What it logs itself comes again. One at a time; NULL: nobody any more. */
typedef void log_fn(void *arg, const char *event, const struct log_field *fields);
void log_watch(log_fn *fn, void *arg);

/* One write(2) a line; event is a snake_case name. Thread-safe, keeps errno. */
void log_write(enum log_level level, const char *event, const struct log_field *fields);

#endif
