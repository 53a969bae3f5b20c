/* phigate ls: the connections of all agents. */
#include <string.h>

#include "agents.h"
#include "command.h"
#include "json.h"
#include "table.h"

/* Is the name given by more than one agent? */
static bool is_ambiguous(const struct answers *answers, const char *name)
{
	int n = 0;

	for (size_t i = 0; i < answers->n; i++) {
		const cJSON *item;

		cJSON_ArrayForEach(item, answers->list[i].tree) {
			const char *other = json_text(item, "name");

			n += other && name && strcmp(other, name) == 0;
		}
	}
	return n > 1;
}

/* "yes", or who could. */
static void add_access(struct table *t, const cJSON *item)
{
	const cJSON *groups = json_array(item, "groups"), *group;
	struct buf text;

	if (json_true(item, "allowed")) {
		table_cell(t, STYLE_GOOD, "yes");
		return;
	}
	buf_init(&text, 4096);
	buf_puts(&text, "no, for members of ");
	cJSON_ArrayForEach(group, groups)
		buf_printf(&text, "%s%s", group == groups->child ? "" : ", ", cJSON_IsString(group) ? group->valuestring : "?");
	table_cell(t, STYLE_DIM, text.data);
	buf_free(&text);
}

static enum rc print_table(const struct answers *answers)
{
	static const char *const titles[] = {"NAME", "DIALECT", "POLICY", "AGENT", "MAY YOU?~", NULL};
	struct table *t = table_new(titles);
	enum rc rc;

	for (size_t i = 0; t && i < answers->n; i++) {
		const struct answer *answer = &answers->list[i];
		const cJSON *item;

		cJSON_ArrayForEach(item, answer->tree) {
			const char *name = json_text(item, "name");
			struct buf full;

			buf_init(&full, 1024);
			if (is_ambiguous(answers, name))
				buf_printf(&full, "%s/", answer->agent->name);
			buf_puts(&full, name ? name : "?");
			table_cell(t, STYLE_BOLD, full.data);
			table_cell(t, STYLE_PLAIN, json_text(item, "dialect"));
			table_cell(t, STYLE_PLAIN, json_text(item, "policy"));
			table_cell(t, STYLE_PLAIN, answer->agent->name);
			add_access(t, item);
			buf_free(&full);
		}
	}
	rc = t ? table_print(t, stdout) : RC_NOMEM;
	table_free(t);
	return rc;
}

static int run(const struct arguments *args)
{
	return agents_list(args, "/v1/connections", print_table);
}

static const struct option_spec options[] = {
	{"--json", NULL, "one JSON object a line"},
	{NULL, NULL, NULL},
};

const struct command cmd_ls = {
	.name = "ls", .args = "", .help = "list the connections that agents offer", .options = options, .run = run,
};
