#include "arguments.h"

#include <stdlib.h>
#include <string.h>

#include "profile.h"

#define WORD_MAX 32

const struct option_spec common_options[] = {
	{"--profile", "NAME", "another organisation's configuration and sign-in: profiles/NAME.yaml"},
	{NULL, NULL, NULL},
};

/* Edits that lead from one word to the other (Levenshtein), for words of at most WORD_MAX bytes. */
static size_t distance(const char *a, const char *b)
{
	size_t n = strlen(b), row[WORD_MAX + 1];

	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t corner = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < n; j++) {
			size_t swap = corner + (a[i] != b[j]), del = row[j + 1] + 1, ins = row[j] + 1;

			corner = row[j + 1];
			row[j + 1] = swap < del ? swap : del;
			if (ins < row[j + 1])
				row[j + 1] = ins;
		}
	}
	return row[n];
}

const char *arguments_nearest(const char *typed, const char *const *names, size_t count)
{
	size_t least = strlen(typed) > 4 ? 3 : 2;        /* more edits make another word */
	const char *best = NULL;

	if (strlen(typed) > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t d = strlen(names[i]) <= WORD_MAX ? distance(typed, names[i]) : WORD_MAX;

		if (d < least) {
			least = d;
			best = names[i];
		}
	}
	return best;
}

static size_t count_options(const struct command *command)
{
	size_t n = 0;

	while (command->options && command->options[n].name)
		n++;
	return n;
}

static enum rc unknown(const struct command *command, const char *typed, struct why *why)
{
	const char *names[64], *nearest;
	size_t n = count_options(command);

	if (n > sizeof names / sizeof *names)
		n = sizeof names / sizeof *names;
	for (size_t i = 0; i < n; i++)
		names[i] = command->options[i].name;
	if (n < sizeof names / sizeof *names)
		names[n++] = common_options[0].name;
	nearest = arguments_nearest(typed, names, n);
	return why_set(why, RC_BAD, "there is no option %.64s%s%s%s", typed, nearest ? "; did you mean " : "", nearest ? nearest : "",
		       nearest ? "?" : "");
}

enum rc arguments_common(int argc, char **argv, int *used, struct why *why)
{
	const char *name = common_options[0].name, *value = NULL;
	size_t n = strlen(name);

	*used = 0;
	if (argc < 2 || strncmp(argv[1], name, n) != 0 || (argv[1][n] && argv[1][n] != '='))
		return RC_OK;
	*used = argv[1][n] ? 1 : 2;
	value = argv[1][n] ? argv[1] + n + 1 : argc > 2 ? argv[2] : NULL;
	return value ? profile_choose(value, why) : why_set(why, RC_BAD, "%s needs a value: %s %s", name, name, common_options[0].arg);
}

static bool takes_many(const char *arg)
{
	static const char more[] = "…";
	size_t n = strlen(arg), k = sizeof more - 1;

	return n > k && strcmp(arg + n - k, more) == 0;
}

static void give(struct arguments *args, const struct option_spec *option, const char *value)
{
	args->given[args->n_given++] = (struct given){option, value};
}

/* One option; *i moves on when its value is the next word. */
static enum rc read_option(struct arguments *args, int argc, char **argv, int *i, struct why *why)
{
	const struct command *command = args->command;
	const char *word = argv[*i], *equals = strchr(word, '=');
	size_t length = equals ? (size_t)(equals - word) : strlen(word), n = count_options(command), k = 0;
	char name[64];
	int used = 0;
	enum rc rc = arguments_common(argc - *i + 1, argv + *i - 1, &used, why);

	if (rc != RC_OK || used) {
		*i += used - 1;
		return rc;
	}
	if (length >= sizeof name)
		return why_set(why, RC_BAD, "there is no such option as %.40s…", word);
	memcpy(name, word, length);
	name[length] = '\0';
	while (k < n && strcmp(command->options[k].name, name) != 0)
		k++;
	if (k == n)
		return unknown(command, name, why);
	if (!command->options[k].arg) {
		if (equals)
			return why_set(why, RC_BAD, "%s takes no value", name);
		give(args, &command->options[k], "");
		return RC_OK;
	}
	if (!takes_many(command->options[k].arg) && argument(args, name))
		return why_set(why, RC_BAD, "%s is given twice", name);
	if (!equals && *i + 1 >= argc)
		return why_set(why, RC_BAD, "%s needs a value: %s %s", name, name, command->options[k].arg);
	give(args, &command->options[k], equals ? equals + 1 : argv[++*i]);
	return RC_OK;
}

enum rc arguments_read(const struct command *command, int argc, char **argv, struct arguments *out, bool *help, struct why *why)
{
	bool only_positional = false;
	enum rc rc = RC_OK;

	*help = false;
	*out = (struct arguments){.command = command};
	out->positional = calloc((size_t)argc + 1, sizeof *out->positional);
	out->given = calloc((size_t)argc + 1, sizeof *out->given);
	if (!out->positional || !out->given)
		return RC_NOMEM;
	for (int i = 1; i < argc && rc == RC_OK; i++) {
		const char *word = argv[i];

		if (only_positional || word[0] != '-' || !word[1])
			out->positional[out->n_positional++] = word;
		else if (strcmp(word, "--") == 0)
			only_positional = true;
		else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
			*help = true;
			return RC_OK;
		} else
			rc = read_option(out, argc, argv, &i, why);
	}
	if (rc == RC_OK && out->n_positional < command->min_args)
		rc = why_set(why, RC_BAD, "%s is missing", command->args);
	if (rc == RC_OK && out->n_positional > command->max_args)
		rc = why_set(why, RC_BAD, "\"%.64s\" is one word too many", out->positional[command->max_args]);
	return rc;
}

void arguments_free(struct arguments *args)
{
	free(args->positional);
	free(args->given);
	*args = (struct arguments){0};
}

const char *argument_nth(const struct arguments *args, const char *option, size_t n)
{
	for (size_t i = 0; i < args->n_given; i++)
		if (strcmp(args->given[i].option->name, option) == 0 && n-- == 0)
			return args->given[i].value;
	return NULL;
}

const char *argument(const struct arguments *args, const char *option)
{
	return argument_nth(args, option, 0);
}
