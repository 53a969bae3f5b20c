/* What a session has had approved: chat clients send the whole conversation again with every turn, and a message that an
 * approver has passed is not asked about again (design: policy). Holds hashes only. Thread-safe. */
#ifndef PHIGATE_AGENT_HISTORY_H
#define PHIGATE_AGENT_HISTORY_H

#include "prompt.h"

struct history;
struct history *history_new(void);                                       /* NULL: no memory */
void history_free(struct history *history);

/* The request was approved and used. */
enum rc history_add(struct history *history, const struct prompt *prompt) MUST_USE;

/* How many leading messages of the prompt are history: same role, same bytes after the same messages, an answer behind them,
 * same model and tools. */
size_t history_covers(struct history *history, const struct prompt *prompt);

#endif
