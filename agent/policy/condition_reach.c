/* Of conditions: which can never hold, and which look at the answer instead of the request. */
#include <stdio.h>
#include <string.h>

#include "condition_private.h"

static bool all_plain(const struct text_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (strchr(list->item[i], '*'))
			return false;
	return true;
}

/* No text meets both lists: that is certain where one of them has no * in it. */
static bool lists_exclude(const struct condition *a, const struct condition *b)
{
	const struct condition *plain = all_plain(&a->texts) ? a : b, *other = plain == a ? b : a;

	if (!all_plain(&plain->texts))
		return false;
	for (size_t i = 0; i < plain->texts.n; i++)
		if (condition_globs(&other->texts, plain->texts.item[i], a->kind == KIND_MODEL))
			return false;
	return true;
}

/* Can the two never hold together? False when that cannot be told. */
static bool exclude(const struct condition *a, const struct condition *b, const struct patterns *patterns)
{
	if (a->kind == KIND_NOT)
		return condition_implies(b, a->child, patterns);
	if (b->kind == KIND_NOT)
		return condition_implies(a, b->child, patterns);
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case KIND_ROUTE: case KIND_METHOD: case KIND_MODEL: case KIND_USER: case KIND_PURPOSE:
		return lists_exclude(a, b);
	case KIND_TOOLS: case KIND_STREAM: case KIND_OPAQUE:
		return a->flag != b->flag;
	case KIND_TIME:
		return times_disjoint(a->times, b->times);
	case KIND_ANY: case KIND_ALL: case KIND_NOT: case KIND_GROUP: case KIND_PROMPT_MATCHES: case KIND_MAX_TOKENS: case KIND_BODY_BYTES:
	case KIND_PHI_IN_PROMPT: case KIND_PHI_IN_RESPONSE:
		break;                                   /* several may hold at once */
	}
	return false;
}

static bool pair_never(const struct condition *all, const struct patterns *patterns, struct condition_place *place, char *reason, size_t max)
{
	for (const struct condition *b = all->child; b; b = b->next)
		for (const struct condition *a = all->child; a != b; a = a->next)
			if (exclude(a, b, patterns)) {
				*place = b->place;
				snprintf(reason, max, "\"%s\" contradicts \"%s\" in line %d", condition_name(b), condition_name(a), a->place.line);
				return true;
			}
	return false;
}

bool condition_never(const struct condition *c, const struct patterns *patterns, struct condition_place *place, char *reason, size_t max)
{
	if (c->kind == KIND_TIME && times_never(c->times)) {
		*place = c->place;
		snprintf(reason, max, "its hours are none of the week");
		return true;
	}
	if (c->kind == KIND_ALL) {
		for (const struct condition *child = c->child; child; child = child->next)
			if (condition_never(child, patterns, place, reason, max))
				return true;
		return pair_never(c, patterns, place, reason, max);
	}
	if (c->kind != KIND_ANY)
		return false;
	for (const struct condition *child = c->child; child; child = child->next)
		if (!condition_never(child, patterns, place, reason, max))
			return false;
	return true;
}

void condition_never_parts(const struct condition *c, const struct patterns *patterns,
			   void (*each)(void *arg, const struct condition_place *place, const char *reason), void *arg)
{
	struct condition_place place;
	char reason[256];

	for (const struct condition *child = c->child; child; child = child->next)
		if (c->kind == KIND_ANY && condition_never(child, patterns, &place, reason, sizeof reason))
			each(arg, &place, reason);
		else
			condition_never_parts(child, patterns, each, arg);
}

void condition_routes(const struct condition *c, void (*each)(void *arg, const struct condition_place *place, const char *route), void *arg)
{
	for (size_t i = 0; c->kind == KIND_ROUTE && i < c->texts.n; i++)
		each(arg, &c->place, c->texts.item[i]);
	for (const struct condition *child = c->child; child; child = child->next)
		condition_routes(child, each, arg);
}

bool condition_route_known(const char *route, const struct text_list *known)
{
	char *one[] = {(char *)(uintptr_t)route};
	const struct text_list pattern = {one, 1};

	for (size_t i = 0; i < known->n; i++)
		if (condition_globs(&pattern, known->item[i], false))
			return true;
	return false;
}

/* ---- answers ---------------------------------------------------------------------------------------------------------------- */

bool condition_on_response(const struct condition *c, struct condition_place *place)
{
	if (c->kind == KIND_PHI_IN_RESPONSE) {
		*place = c->place;
		return true;
	}
	for (const struct condition *child = c->child; child; child = child->next)
		if (condition_on_response(child, place))
			return true;
	return false;
}

bool condition_denies_response(const struct condition *c, struct condition_place *place)
{
	if (c->kind == KIND_NOT)
		return condition_on_response(c->child, place);
	for (const struct condition *child = c->child; child; child = child->next)
		if (condition_denies_response(child, place))
			return true;
	return false;
}

bool condition_needs_response(const struct condition *c)
{
	const struct condition *child = c->child;

	if (c->kind != KIND_ANY && c->kind != KIND_ALL)
		return c->kind == KIND_PHI_IN_RESPONSE;
	while (child && condition_needs_response(child) == (c->kind == KIND_ANY))
		child = child->next;
	return (child == NULL) == (c->kind == KIND_ANY);         /* of any all must, of all one */
}

int64_t condition_over(const struct condition *c, struct evaluation *e)
{
	const bool any = c->kind == KIND_ANY;
	int64_t over = any ? INT64_MAX : -1;

	if (c->kind == KIND_PHI_IN_RESPONSE)
		return c->over;
	if (!any && c->kind != KIND_ALL)
		return condition_holds(c, e) ? -1 : INT64_MAX;
	for (const struct condition *child = c->child; child; child = child->next) {
		int64_t of_child = condition_over(child, e);

		if (any ? of_child < over : of_child > over)
			over = of_child;
	}
	return over;
}
