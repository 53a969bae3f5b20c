#include "policies.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"

struct policies {
	char *dir;
	struct text_list names;
	pthread_mutex_t mutex;                           /* of current */
	struct policy **current;
};

char *policy_path(const char *dir, const char *name)
{
	char file[POLICY_NAME_MAX + 8];

	snprintf(file, sizeof file, "%s.yaml", name);
	return path_join(dir, file);
}

static void unref_all(struct policy **list, size_t n)
{
	for (size_t i = 0; list && i < n; i++)
		policy_unref(list[i]);
	free(list);
}

static enum rc load_all(const struct policies *p, struct policy ***out, struct why *why)
{
	struct policy **list = calloc(p->names.n + 1, sizeof *list);
	enum rc rc = list ? RC_OK : RC_NOMEM;

	for (size_t i = 0; i < p->names.n && rc == RC_OK; i++) {
		const char *name = p->names.item[i];
		char *path;

		if (!policy_is_name(name)) {
			rc = why_set(why, RC_BAD, "\"%.60s\" is no policy's name: a policy NAME is the file NAME.yaml in %s", name, p->dir);
			break;
		}
		path = policy_path(p->dir, name);
		rc = path ? policy_load(path, name, &list[i], why) : RC_NOMEM;
		free(path);
	}
	if (rc == RC_OK)
		*out = list;
	else
		unref_all(list, p->names.n);
	return rc;
}

enum rc policies_load(const char *dir, const struct text_list *names, struct policies **out, struct why *why)
{
	struct policies *p = calloc(1, sizeof *p);
	enum rc rc = RC_OK;

	*out = NULL;
	if (!p)
		return RC_NOMEM;
	pthread_mutex_init(&p->mutex, NULL);
	p->dir = strdup(dir);
	if (!p->dir)
		rc = RC_NOMEM;
	for (size_t i = 0; i < names->n && rc == RC_OK; i++)
		if (!text_list_has(&p->names, names->item[i]))
			rc = text_list_add(&p->names, names->item[i]);
	if (rc == RC_OK)
		rc = load_all(p, &p->current, why);
	if (rc == RC_OK)
		*out = p;
	else
		policies_free(p);
	return rc;
}

enum rc policies_reload(struct policies *p, struct why *why)
{
	struct policy **fresh, **old;
	enum rc rc = load_all(p, &fresh, why);

	if (rc != RC_OK)
		return rc;
	pthread_mutex_lock(&p->mutex);
	old = p->current;
	p->current = fresh;
	pthread_mutex_unlock(&p->mutex);
	unref_all(old, p->names.n);
	return RC_OK;
}

struct policy *policies_get(struct policies *p, const char *name)
{
	struct policy *found = NULL;

	pthread_mutex_lock(&p->mutex);
	for (size_t i = 0; i < p->names.n && !found; i++)
		if (strcmp(p->names.item[i], name) == 0)
			found = policy_ref(p->current[i]);
	pthread_mutex_unlock(&p->mutex);
	return found;
}

void policies_free(struct policies *p)
{
	if (!p)
		return;
	unref_all(p->current, p->names.n);
	text_list_free(&p->names);
	free(p->dir);
	pthread_mutex_destroy(&p->mutex);
	free(p);
}
