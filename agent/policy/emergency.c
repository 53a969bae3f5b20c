#include "emergency.h"

#include "clock.h"

#define DURATION_MAX_NS (24 * 3600 * NS_PER_S)

static const struct conf_key KEYS[] = {
	{"groups", CONF_TEXTS, offsetof(struct emergency, groups), true, "groups whose members may open an emergency session"},
	{"max_duration", CONF_DURATION, offsetof(struct emergency, max_duration_ns), false, "longest life of one; 1h if absent"},
};

void emergency_keys(void (*each)(void *arg, const char *section, const char *key), void *arg)
{
	for (size_t i = 0; i < sizeof KEYS / sizeof *KEYS; i++)
		each(arg, "emergency", KEYS[i].name);
}

enum rc emergency_read(const struct yaml *node, struct emergency *out, struct why *why)
{
	const struct yaml *at;
	enum rc rc;

	*out = (struct emergency){.max_duration_ns = 3600 * NS_PER_S};
	if (!node)
		return RC_OK;
	rc = conf_read(node, "emergency", CONF_KEYS(KEYS), out, why);
	if (rc != RC_OK)
		return rc;
	at = yaml_get(node, "groups");
	for (size_t i = 0; i < out->groups.n; i++)
		if (!*out->groups.item[i])
			text_list_free(&out->groups);
	if (!out->groups.n)
		return why_at(why, RC_BAD, at->line, at->column, "\"groups\" must name at least one group, and no empty one; leave \"emergency\""
			      " out when nobody may");
	at = yaml_get(node, "max_duration");
	if (out->max_duration_ns < NS_PER_S || out->max_duration_ns > DURATION_MAX_NS)
		return why_at(why, RC_BAD, at->line, at->column, "\"max_duration\" must be 1s to 24h");
	return RC_OK;
}

void emergency_free(struct emergency *e)
{
	text_list_free(&e->groups);
}

enum rc emergency_allowed(const struct emergency *e, const char *policy, const struct person *person, struct why *why)
{
	struct buf names;

	for (size_t i = 0; i < e->groups.n; i++)
		if (text_list_has(&person->groups, e->groups.item[i]))
			return RC_OK;
	if (!e->groups.n)
		return why_set(why, RC_DENIED, "the policy %s gives nobody emergency access", policy);
	buf_init(&names, 400);
	for (size_t i = 0; i < e->groups.n; i++)
		buf_printf(&names, "%s%s", i ? ", " : "", e->groups.item[i]);
	why_set(why, RC_DENIED, "emergency access is for members of %s", names.len ? names.data : "certain groups");
	buf_free(&names);
	return RC_DENIED;
}
