/* phigate completion: completions for a shell, made from the records of the commands. */
#include <stdio.h>
#include <string.h>

#include "command.h"

static bool takes_file(const char *arg)
{
	return arg && (strcmp(arg, "FILE") == 0 || strcmp(arg, "FILE…") == 0 || strcmp(arg, "F") == 0);
}

/* The two lists of options that a command takes. */
#define EACH_OPTION(command, o) \
	for (int part = 0; part < 2; part++) \
		for (const struct option_spec *o = part ? common_options : (command)->options; o && o->name; o++)

static bool takes_profile(const struct option_spec *o)
{
	return strcmp(o->name, common_options[0].name) == 0;
}

/* The names of the profiles that are there, one a line, as a command of bash and zsh. */
#define PROFILES "ls ${XDG_CONFIG_HOME:-~/.config}/phigate/profiles /etc/phigate/profiles 2> /dev/null | sed -n \"s/\\.yaml\\$//p\""

/* ---- bash ---------------------------------------------------------------------------------------------------------------------- */

static void bash(FILE *f)
{
	fputs("# bash completion for phigate; made by: phigate completion bash\n"
	      "_phigate_files() {\n"
	      "\tlocal IFS=$'\\n'\n"
	      "\tcompopt -o filenames 2> /dev/null\n"
	      "\tCOMPREPLY=($(compgen -f -- \"$1\"))\n"
	      "}\n"
	      "_phigate_profiles() { COMPREPLY=($(compgen -W \"$(" PROFILES ")\" -- \"$1\")); }\n"
	      "_phigate() {\n"
	      "\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]} words=\n"
	      "\tif [ \"$COMP_CWORD\" = 1 ]; then\n"
	      "\t\twords=\"", f);
	for (size_t i = 0; commands[i]; i++)
		fprintf(f, "%s%s", i ? " " : "", commands[i]->name);
	fputs(" --help --version\"\n\telse case $command in\n", f);
	for (size_t i = 0; commands[i]; i++) {
		fprintf(f, "\t%s) words=\"", commands[i]->name);
		EACH_OPTION(commands[i], o)
			fprintf(f, "%s ", o->name);
		fputs("--help\"", f);
		if (takes_file(commands[i]->args))
			fputs("; [[ $word == -* ]] || { _phigate_files \"$word\"; return; }", f);
		if (strcmp(commands[i]->name, "completion") == 0)
			fputs("; words=\"bash zsh fish\"", f);
		fputs(" ;;\n", f);
	}
	fputs("\tesac; fi\n\tcase $command:$before in\n", f);
	for (size_t i = 0; commands[i]; i++)
		EACH_OPTION(commands[i], o)
			if (o->arg)
				fprintf(f, "\t%s:%s) %s; return ;;\n", commands[i]->name, o->name,
					takes_file(o->arg) ? "_phigate_files \"$word\"" : takes_profile(o) ? "_phigate_profiles \"$word\"" : "COMPREPLY=()");
	fputs("\tesac\n"
	      "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
	      "}\n"
	      "complete -F _phigate phigate\n", f);
}

/* ---- zsh ----------------------------------------------------------------------------------------------------------------------- */

/* A help line inside single quotes, where zsh reads brackets and colons. */
static void zsh_text(FILE *f, const char *text)
{
	for (; *text; text++)
		if (strchr("[]:\\", *text))
			fprintf(f, "\\%c", *text);
		else if (*text == '\'')
			fputs("'\\''", f);
		else
			fputc(*text, f);
}

static void zsh_command(FILE *f, const struct command *command)
{
	fprintf(f, "\t%s)\n\t\t_arguments", command->name);
	EACH_OPTION(command, o) {
		fprintf(f, " \\\n\t\t\t'%s[", o->name);
		zsh_text(f, o->help);
		fputc(']', f);
		if (o->arg)
			fprintf(f, ":%s:%s", o->arg, takes_file(o->arg) ? "_files" : takes_profile(o) ? "_phigate_profiles" : "");
		fputc('\'', f);
	}
	fputs(" \\\n\t\t\t'--help[show how it is used]'", f);
	if (takes_file(command->args))
		fputs(" \\\n\t\t\t'*:file:_files'", f);
	if (strcmp(command->name, "completion") == 0)
		fputs(" \\\n\t\t\t'1:shell:(bash zsh fish)'", f);
	fputs(" ;;\n", f);
}

static void zsh(FILE *f)
{
	fputs("#compdef phigate\n"
	      "# zsh completion for phigate; made by: phigate completion zsh\n"
	      "_phigate_profiles() { compadd -- $(" PROFILES ") }\n"
	      "local -a commands\n"
	      "commands=(\n", f);
	for (size_t i = 0; commands[i]; i++) {
		fprintf(f, "\t'%s:", commands[i]->name);
		zsh_text(f, commands[i]->help);
		fputs("'\n", f);
	}
	fputs(")\n"
	      "if (( CURRENT == 2 )); then\n"
	      "\t_describe command commands\n"
	      "\treturn\n"
	      "fi\n"
	      "local name=$words[2]\n"
	      "shift words\n"
	      "(( CURRENT-- ))\n"
	      "case $name in\n", f);
	for (size_t i = 0; commands[i]; i++)
		zsh_command(f, commands[i]);
	fputs("esac\n", f);
}

/* ---- fish ---------------------------------------------------------------------------------------------------------------------- */

static void fish_text(FILE *f, const char *text)
{
	fputc('\'', f);
	for (; *text; text++)
		fprintf(f, *text == '\'' || *text == '\\' ? "\\%c" : "%c", *text);
	fputc('\'', f);
}

static void fish(FILE *f)
{
	fputs("# fish completion for phigate; made by: phigate completion fish\n"
	      "function _phigate_profiles\n\tset -q XDG_CONFIG_HOME; and set -l base $XDG_CONFIG_HOME; or set -l base ~/.config\n"
	      "\tls $base/phigate/profiles /etc/phigate/profiles 2> /dev/null | string replace -rf '\\.yaml$' ''\nend\n"
	      "complete -c phigate -f\n", f);
	for (size_t i = 0; commands[i]; i++) {
		fprintf(f, "complete -c phigate -n __fish_use_subcommand -a %s -d ", commands[i]->name);
		fish_text(f, commands[i]->help);
		fputc('\n', f);
		EACH_OPTION(commands[i], o) {
			bool word = o->name[1] == '-';

			fprintf(f, "complete -c phigate -n '__fish_seen_subcommand_from %s' -%c %s%s -d ", commands[i]->name, word ? 'l' : 's',
				o->name + (word ? 2 : 1), !o->arg ? "" : takes_file(o->arg) ? " -r -F" : takes_profile(o) ? " -x -a '(_phigate_profiles)'" : " -x");
			fish_text(f, o->help);
			fputc('\n', f);
		}
		if (takes_file(commands[i]->args))
			fprintf(f, "complete -c phigate -n '__fish_seen_subcommand_from %s' -F\n", commands[i]->name);
	}
	fputs("complete -c phigate -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'\n", f);
}

static const struct {
	const char *name;
	void (*print)(FILE *f);
} SHELLS[] = {
	{"bash", bash}, {"zsh", zsh}, {"fish", fish},
};

static int run(const struct arguments *args)
{
	for (size_t i = 0; i < sizeof SHELLS / sizeof *SHELLS; i++)
		if (strcmp(args->positional[0], SHELLS[i].name) == 0) {
			SHELLS[i].print(stdout);
			return EXIT_DONE;
		}
	fputs("phigate completion: the shells are bash, zsh and fish\n", stderr);
	return EXIT_USAGE;
}

const struct command cmd_completion = {
	.name = "completion", .args = "bash|zsh|fish", .help = "print completions for a shell", .min_args = 1, .max_args = 1, .run = run,
};
