#include "profile.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"

#define VARIABLE "PHIGATE_PROFILE"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
#define SUFFIX ".yaml"
#define LISTED_MAX 50                            /* of more, a message tells no more */

/* It becomes a file's and a folder's name, so it may lead nowhere else. */
static bool is_name(const char *text)
{
	size_t n = strspn(text, LETTERS ".-_");

	return n > 0 && n <= PROFILE_MAX && !text[n] && strchr(LETTERS, text[0]);
}

enum rc profile_choose(const char *name, struct why *why)
{
	if (!is_name(name))
		return why_set(why, RC_BAD, "a profile's name is letters, digits, dot, dash and underscore, at most %d, and begins with a letter or digit",
			       PROFILE_MAX);
	return setenv(VARIABLE, name, 1) == 0 ? RC_OK : RC_NOMEM;
}

enum rc profile_get(const char **name, struct why *why)
{
	const char *text = getenv(VARIABLE), *config = getenv("PHIGATE_CONFIG");

	*name = NULL;
	if (!text || !*text)
		return RC_OK;
	if (!is_name(text))
		return why_set(why, RC_BAD, "PHIGATE_PROFILE holds no profile's name: letters, digits, dot, dash and underscore, at most %d", PROFILE_MAX);
	if (config && *config)
		return why_set(why, RC_BAD, "PHIGATE_CONFIG names a configuration, and the profile %s another; unset one of them", text);
	*name = text;
	return RC_OK;
}

/* Adds the profiles of a folder that are not in the list yet. */
static enum rc list(const char *folder, struct text_list *out)
{
	struct dirent **entries;
	int n = folder ? scandir(folder, &entries, NULL, alphasort) : 0;
	enum rc rc = RC_OK;

	for (int i = 0; i < n; i++) {
		char *name = entries[i]->d_name, *end = name + strlen(name) - (strlen(name) > strlen(SUFFIX) ? strlen(SUFFIX) : 0);

		if (rc == RC_OK && strcmp(end, SUFFIX) == 0) {
			*end = '\0';
			if (is_name(name) && !text_list_has(out, name) && out->n < LISTED_MAX)
				rc = text_list_add(out, name);
		}
		free(entries[i]);
	}
	if (n > 0)
		free(entries);
	return rc;
}

enum rc profile_unknown(const char *name, const char *const *folders, size_t n, struct why *why)
{
	struct text_list names = {0};
	struct buf text;
	enum rc rc = RC_OK;

	buf_init(&text, LISTED_MAX * (PROFILE_MAX + 2));
	for (size_t i = 0; i < n && rc == RC_OK; i++)
		rc = list(folders[i], &names);
	for (size_t i = 0; i < names.n; i++)
		buf_printf(&text, "%s%s", i ? ", " : "", names.item[i]);
	if (rc == RC_OK && names.n)
		rc = why_set(why, RC_BAD, "there is no profile %s; there are: %.600s", name, text.data);
	else if (rc == RC_OK)
		rc = why_set(why, RC_BAD, "there is no profile %s, and no other; a profile is a whole client.yaml as ~/.config/phigate/profiles/%s.yaml",
			     name, name);
	text_list_free(&names);
	buf_free(&text);
	return rc;
}

const char *profile_login(void)
{
	static char text[PROFILE_MAX + 32];
	const char *name = NULL;

	if (profile_get(&name, NULL) != RC_OK || !name)
		return "phigate login";
	snprintf(text, sizeof text, "phigate login --profile %s", name);
	return text;
}
