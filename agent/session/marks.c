#include "marks.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct mark {
	enum mark_kind kind;
	char value[MARK_VALUE_MAX + 1];
	uint64_t n, saved;
};

struct marks {
	pthread_mutex_t lock;
	size_t n;
	struct mark mark[MARKS_MAX];
};

static const char *const NAMES[] = {
	[MARK_MODEL] = "model", [MARK_RULE] = "rule", [MARK_ENTITY] = "entity", [MARK_OUTCOME] = "outcome",
};

const char *mark_kind_name(enum mark_kind kind)
{
	return NAMES[kind];
}

struct marks *marks_new(void)
{
	struct marks *m = calloc(1, sizeof *m);

	if (m)
		pthread_mutex_init(&m->lock, NULL);
	return m;
}

void marks_free(struct marks *m)
{
	if (!m)
		return;
	pthread_mutex_destroy(&m->lock);
	free(m);
}

static bool is_word(const char *value)
{
	size_t n = strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/@-");

	return n && !value[n] && n <= MARK_VALUE_MAX;
}

void marks_add(struct marks *m, enum mark_kind kind, const char *value, uint64_t n)
{
	size_t i = 0;

	if (!n || !is_word(value))
		return;
	pthread_mutex_lock(&m->lock);
	while (i < m->n && (m->mark[i].kind != kind || strcmp(m->mark[i].value, value) != 0))
		i++;
	if (i == m->n && i < MARKS_MAX) {
		m->mark[i] = (struct mark){.kind = kind};
		strcpy(m->mark[i].value, value);
		m->n++;
	}
	if (i < MARKS_MAX)
		m->mark[i].n += n;
	pthread_mutex_unlock(&m->lock);
}

enum rc marks_save(struct marks *m, sqlite3 *db, const char *session, bool all)
{
	enum rc rc = RC_OK;

	pthread_mutex_lock(&m->lock);
	for (size_t i = 0; i < m->n && rc == RC_OK; i++) {
		struct mark *mark = &m->mark[i];

		if (mark->n == mark->saved && !all)
			continue;
		rc = store_do(db, NULL, "INSERT INTO marks (session, kind, value, n) VALUES (?1, ?2, ?3, ?4)"
			      " ON CONFLICT (kind, value, session) DO UPDATE SET n = max(n, ?4)", "ttti", session, NAMES[mark->kind], mark->value,
			      (int64_t)mark->n);
		mark->saved = rc == RC_OK ? mark->n : mark->saved;
	}
	pthread_mutex_unlock(&m->lock);
	return rc;
}
