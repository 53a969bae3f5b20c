#include "help.h"

#include <string.h>

#include "term.h"

#define INDENT 26

/* Our own words, where each character of UTF-8 takes one column. */
static int columns(const char *text)
{
	int n = 0;

	for (; *text; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

/* The help behind a name of that many columns, which stands two from the left. */
static void put_help(FILE *f, int width, const char *help)
{
	fprintf(f, "%*s%s\n", width + 4 <= INDENT ? INDENT - width - 2 : 2, "", help);
}

void help_usage(FILE *f, const struct command *command)
{
	fprintf(f, "usage: phigate %s", command->name);
	for (const struct option_spec *o = command->options; o && o->name; o++)
		fprintf(f, o->arg ? " [%s %s]" : " [%s]", o->name, o->arg);
	fprintf(f, "%s%s\n", *command->args ? " " : "", command->args);
}

static void put_options(FILE *f, const struct option_spec *o)
{
	for (; o && o->name; o++) {
		fprintf(f, "  %s%s%s", o->name, o->arg ? " " : "", o->arg ? o->arg : "");
		put_help(f, o->arg ? columns(o->name) + 1 + columns(o->arg) : columns(o->name), o->help);
	}
}

void help_command(FILE *f, const struct command *command)
{
	fprintf(f, "phigate %s: %s\n\n", command->name, command->help);
	help_usage(f, command);
	fputc('\n', f);
	put_options(f, command->options);
	put_options(f, common_options);
}

void help_all(FILE *f)
{
	fputs("phigate: reach your organisation's AI models with patient data masked, risky requests approved, and all of it on record\n\n"
	      "usage: phigate COMMAND [OPTIONS]\n\n", f);
	for (size_t i = 0; commands[i]; i++) {
		fprintf(f, "  %s %s", commands[i]->name, commands[i]->args);
		put_help(f, columns(commands[i]->name) + 1 + columns(commands[i]->args), commands[i]->help);
	}
	fputc('\n', f);
	put_options(f, common_options);
	fputs("\nphigate COMMAND --help tells more about one; phigate(1) tells all. Begin with: phigate login\n", f);
}
