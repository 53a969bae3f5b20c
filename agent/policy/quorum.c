#include "quorum.h"

#include <string.h>

#include "json.h"

static const struct conf_key need_keys[] = {
	{"groups", CONF_TEXTS, offsetof(struct quorum_need, groups), true, "groups whose members may decide"},
	{"approvals", CONF_INT, offsetof(struct quorum_need, approvals), false, "how many different people of them must approve; 1 if absent"},
};

void quorum_keys(void (*each)(void *arg, const char *section, const char *key), void *arg)
{
	for (size_t i = 0; i < sizeof need_keys / sizeof *need_keys; i++)
		each(arg, "by", need_keys[i].name);
}

/* ---- reading ------------------------------------------------------------------------------------------------------------- */

static enum rc read_need(const struct yaml *node, struct quorum *q, struct why *why)
{
	struct quorum_need *need = &q->need[q->n++];
	const struct yaml *at;
	enum rc rc;

	*need = (struct quorum_need){.approvals = 1};
	rc = conf_read(node, "by", CONF_KEYS(need_keys), need, why);
	if (rc != RC_OK)
		return rc;
	for (size_t i = 0; i < need->groups.n; i++)
		if (!*need->groups.item[i])
			text_list_free(&need->groups);
	at = yaml_get(node, "groups");
	if (!need->groups.n)
		return why_at(why, RC_BAD, at->line, at->column, "\"groups\" must name at least one group, and no empty one");
	at = yaml_get(node, "approvals");
	if (need->approvals < 1 || need->approvals > QUORUM_APPROVALS_MAX)
		return why_at(why, RC_BAD, at->line, at->column, "\"approvals\" must be 1 to %d", QUORUM_APPROVALS_MAX);
	return RC_OK;
}

enum rc quorum_read(const struct yaml *by, struct quorum *out, struct why *why)
{
	enum rc rc = RC_OK;

	*out = (struct quorum){0};
	if (by->type != YAML_LIST)
		return read_need(by, out, why);
	if (!by->child)
		return why_at(why, RC_BAD, by->line, by->column, "\"by\" names nobody; it is {groups: […], approvals: 1}, or a list of such");
	for (const struct yaml *node = by->child; node && rc == RC_OK; node = node->next) {
		if (out->n == QUORUM_NEEDS_MAX)
			return why_at(why, RC_BAD, node->line, node->column, "\"by\" may have at most %d items", QUORUM_NEEDS_MAX);
		rc = read_need(node, out, why);
	}
	return rc;
}

void quorum_free(struct quorum *q)
{
	for (size_t i = 0; i < q->n; i++)
		text_list_free(&q->need[i].groups);
	q->n = 0;
}

/* ---- JSON ---------------------------------------------------------------------------------------------------------------- */

enum rc quorum_json(const struct quorum *q, struct buf *out)
{
	for (size_t i = 0; i < q->n; i++) {
		buf_puts(out, i ? ",{\"groups\":[" : "[{\"groups\":[");
		for (size_t k = 0; k < q->need[i].groups.n; k++) {
			if (k)
				buf_putc(out, ',');
			json_add_str(out, q->need[i].groups.item[k]);
		}
		buf_printf(out, "],\"approvals\":%lld}", (long long)q->need[i].approvals);
	}
	return buf_putc(out, ']');
}

enum rc quorum_parse(struct slice json, struct quorum *out)
{
	cJSON *tree = json_parse(json);
	const cJSON *item, *group;
	enum rc rc = cJSON_IsArray(tree) && tree->child ? RC_OK : RC_BAD;

	*out = (struct quorum){0};
	cJSON_ArrayForEach(item, tree) {
		struct quorum_need *need = &out->need[out->n];

		if (out->n == QUORUM_NEEDS_MAX)
			rc = RC_BAD;
		if (rc != RC_OK)
			break;
		out->n++;
		*need = (struct quorum_need){0};
		if (!json_int(item, "approvals", &need->approvals) || need->approvals < 1 || need->approvals > QUORUM_APPROVALS_MAX)
			rc = RC_BAD;
		cJSON_ArrayForEach(group, json_array(item, "groups"))
			if (rc == RC_OK)
				rc = cJSON_IsString(group) ? text_list_add(&need->groups, group->valuestring) : RC_BAD;
		if (!need->groups.n)
			rc = rc == RC_OK ? RC_BAD : rc;
	}
	cJSON_Delete(tree);
	return rc;
}

/* ---- counting ------------------------------------------------------------------------------------------------------------ */

int64_t quorum_places(const struct quorum *q)
{
	int64_t n = 0;

	for (size_t i = 0; i < q->n; i++)
		n += q->need[i].approvals;
	return n;
}

unsigned quorum_serves(const struct quorum *q, const struct text_list *groups)
{
	unsigned serves = 0;

	for (size_t i = 0; i < q->n; i++)
		for (size_t k = 0; k < q->need[i].groups.n; k++)
			if (text_list_has(groups, q->need[i].groups.item[k]))
				serves |= 1U << i;
	return serves;
}

/* Which person fills which place. */
struct seating {
	const struct quorum *q;
	const unsigned *serves;
	size_t seated[QUORUM_NEEDS_MAX][QUORUM_APPROVALS_MAX];
	int64_t n[QUORUM_NEEDS_MAX];
	unsigned tried;                          /* needs, in this search */
};

/* An augmenting path of bipartite matching: a free place, or that of somebody who can move to another need. */
static bool seat(struct seating *s, size_t person)
{
	for (size_t i = 0; i < s->q->n; i++) {
		if (!(s->serves[person] & 1U << i) || s->tried & 1U << i)
			continue;
		s->tried |= 1U << i;
		if (s->n[i] < s->q->need[i].approvals) {
			s->seated[i][s->n[i]++] = person;
			return true;
		}
		for (int64_t k = 0; k < s->n[i]; k++)
			if (seat(s, s->seated[i][k])) {
				s->seated[i][k] = person;
				return true;
			}
	}
	return false;
}

int64_t quorum_filled(const struct quorum *q, const unsigned *serves, size_t n, int64_t filled[QUORUM_NEEDS_MAX])
{
	struct seating s = {.q = q, .serves = serves};
	int64_t total = 0;

	for (size_t person = 0; person < n; person++) {
		s.tried = 0;
		total += seat(&s, person);
	}
	if (filled)
		memcpy(filled, s.n, sizeof s.n);
	return total;
}

/* ---- for people ---------------------------------------------------------------------------------------------------------- */

/* Each group once, in the order in which they are named: of all needs, or of those before the place. */
static bool is_first(const struct quorum *q, size_t need, size_t group)
{
	const char *name = q->need[need].groups.item[group];

	for (size_t i = 0; i <= need; i++)
		for (size_t k = 0; k < (i < need ? q->need[i].groups.n : group); k++)
			if (strcmp(q->need[i].groups.item[k], name) == 0)
				return false;
	return true;
}

enum rc quorum_names(const struct quorum *q, struct buf *out)
{
	for (size_t i = 0; i < q->n; i++)
		for (size_t k = 0; k < q->need[i].groups.n; k++)
			if (is_first(q, i, k))
				buf_printf(out, "%s%s", i || k ? " or " : "", q->need[i].groups.item[k]);
	return out->rc;
}

enum rc quorum_groups_json(const struct quorum *q, struct buf *out)
{
	buf_putc(out, '[');
	for (size_t i = 0; i < q->n; i++)
		for (size_t k = 0; k < q->need[i].groups.n; k++) {
			if (!is_first(q, i, k))
				continue;
			if (i || k)
				buf_putc(out, ',');
			json_add_str(out, q->need[i].groups.item[k]);
		}
	return buf_putc(out, ']');
}

enum rc quorum_missing(const struct quorum *q, const int64_t *filled, struct buf *out)
{
	const char *and = "";

	for (size_t i = 0; i < q->n; i++) {
		int64_t left = q->need[i].approvals - (filled ? filled[i] : 0);

		if (left <= 0)
			continue;
		buf_puts(out, and);
		and = " and ";
		if (left == 1)
			buf_puts(out, "one of ");
		else
			buf_printf(out, "%lld of ", (long long)left);
		for (size_t k = 0; k < q->need[i].groups.n; k++)
			buf_printf(out, "%s%s", k ? " or " : "", q->need[i].groups.item[k]);
	}
	return out->rc;
}
