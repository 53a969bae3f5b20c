#include "policies.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"

struct policies {
	char *dir;
	struct text_list names;
	struct policy **list;
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
	p->dir = strdup(dir);
	if (!p->dir)
		rc = RC_NOMEM;
	for (size_t i = 0; i < names->n && rc == RC_OK; i++)
		if (!text_list_has(&p->names, names->item[i]))
			rc = text_list_add(&p->names, names->item[i]);
	if (rc == RC_OK)
		rc = load_all(p, &p->list, why);
	if (rc == RC_OK)
		*out = p;
	else
		policies_free(p);
	return rc;
}

struct policy *policies_get(const struct policies *p, const char *name)
{
	for (size_t i = 0; i < p->names.n; i++)
		if (strcmp(p->names.item[i], name) == 0)
			return policy_ref(p->list[i]);
	return NULL;
}

void policies_free(struct policies *p)
{
	if (!p)
		return;
	unref_all(p->list, p->names.n);
	text_list_free(&p->names);
	free(p->dir);
	free(p);
}
