#include "config_diff.h"

#include <string.h>

#include "buf.h"

#define KEY_MAX 512

/* What sockets, threads, accounts and folders were made of. */
static const char *const AT_START[] = {
	"name", "listen", "state_dir", "user", "oidc", "recording", "store", "admin", "notify", "log", "archive", "ledger", "events", "limits.connections",
	"limits.held_per_person", "limits.spool_per_person", "limits.ssh_starts_per_minute",
};

bool config_needs_restart(const char *key)
{
	for (size_t i = 0; i < sizeof AT_START / sizeof *AT_START; i++) {
		size_t n = strlen(AT_START[i]);

		if (strncmp(key, AT_START[i], n) == 0 && (!key[n] || key[n] == '.'))
			return true;
	}
	return false;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same(const struct yaml *a, const struct yaml *b)
{
	if (!a || !b)
		return a == b;
	if (a->type != b->type || !same_text(a->text, b->text) || !same_text(a->key ? a->key->text : NULL, b->key ? b->key->text : NULL))
		return false;
	for (a = a->child, b = b->child; a && b; a = a->next, b = b->next)
		if (!same(a, b))
			return false;
	return a == b;
}

/* How many levels of mappings have names of their own, from the top: sections have keys, connections have names and keys. */
static int levels_of(const char *key)
{
	return strcmp(key, "connections") == 0 ? 2 : 1;
}

static enum rc diff(const char *prefix, const struct yaml *before, const struct yaml *after, int levels, struct text_list *changed);

/* One key of both, or of one. */
static enum rc diff_key(const char *prefix, const char *name, const struct yaml *a, const struct yaml *b, int levels, struct text_list *changed)
{
	bool both = a && b, maps = (!a || a->type == YAML_MAP) && (!b || b->type == YAML_MAP);
	struct buf key;
	enum rc rc;

	if (same(a, b))
		return RC_OK;
	if (!*prefix)
		levels = levels_of(name);
	buf_init(&key, KEY_MAX);
	rc = buf_printf(&key, "%s%s%s", prefix, *prefix ? "." : "", name);
	if (rc == RC_OK && levels > 0 && maps && (both || !*prefix))
		rc = diff(key.data, a, b, levels - 1, changed);
	else if (rc == RC_OK)
		rc = text_list_add(changed, key.data);
	buf_free(&key);
	return rc;
}

static enum rc diff(const char *prefix, const struct yaml *before, const struct yaml *after, int levels, struct text_list *changed)
{
	enum rc rc = RC_OK;

	for (const struct yaml *v = after ? after->child : NULL; v && rc == RC_OK; v = v->next)
		rc = diff_key(prefix, v->key->text, before ? yaml_get(before, v->key->text) : NULL, v, levels, changed);
	for (const struct yaml *v = before ? before->child : NULL; v && rc == RC_OK; v = v->next)
		if (!after || !yaml_get(after, v->key->text))
			rc = diff_key(prefix, v->key->text, v, NULL, levels, changed);
	return rc;
}

enum rc config_diff(const struct yaml *before, const struct yaml *after, struct text_list *changed)
{
	return diff("", before, after, 1, changed);
}
