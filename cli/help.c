#include "help.h"

#include <string.h>

#include "term.h"

void help_usage(FILE *f, const struct command *command)
{
	fprintf(f, "usage: phigate %s", command->name);
	for (const struct option_spec *o = command->options; o && o->name; o++)
		fprintf(f, o->arg ? " [%s %s]" : " [%s]", o->name, o->arg);
	fprintf(f, "%s%s\n", *command->args ? " " : "", command->args);
}

void help_command(FILE *f, const struct command *command)
{
	fprintf(f, "phigate %s: %s\n\n", command->name, command->help);
	help_usage(f, command);
	if (command->options && command->options->name)
		fputc('\n', f);
	for (const struct option_spec *o = command->options; o && o->name; o++) {
		int width = fprintf(f, "  %s%s%s", o->name, o->arg ? " " : "", o->arg ? o->arg : "");

		fprintf(f, "%*s%s\n", width < 26 ? 26 - width : 2, "", o->help);
	}
}

void help_all(FILE *f)
{
	fputs("phigate: reach your organisation's AI models with patient data masked, risky requests approved, and all of it on record\n\n"
	      "usage: phigate COMMAND [OPTIONS]\n\n", f);
	for (size_t i = 0; commands[i]; i++) {
		int width = fprintf(f, "  %s %s", commands[i]->name, commands[i]->args);

		fprintf(f, "%*s%s\n", width < 26 ? 26 - width : 2, "", commands[i]->help);
	}
	fputs("\nphigate COMMAND --help tells more about one; phigate(1) tells all. Begin with: phigate login\n", f);
}
