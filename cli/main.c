/* phigate: the program of callers, approvers and auditors. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "arguments.h"
#include "harden.h"
#include "help.h"
#include "log.h"
#include "term.h"

extern const struct command cmd_login, cmd_logout, cmd_whoami, cmd_ls, cmd_connect, cmd_exec, cmd_holds, cmd_show, cmd_approve, cmd_deny,
	cmd_cancel, cmd_sessions, cmd_bundle, cmd_evidence, cmd_review, cmd_revoke, cmd_replay, cmd_verify, cmd_export, cmd_mask, cmd_doctor, cmd_completion, cmd_version;

const struct command *const commands[] = {
	&cmd_login, &cmd_logout, &cmd_whoami, &cmd_ls, &cmd_connect, &cmd_exec, &cmd_holds, &cmd_show, &cmd_approve, &cmd_deny, &cmd_cancel,
	&cmd_sessions, &cmd_bundle, &cmd_evidence, &cmd_review, &cmd_revoke, &cmd_replay, &cmd_verify, &cmd_export, &cmd_mask, &cmd_doctor, &cmd_completion, &cmd_version, NULL,
};

static const struct command *find(const char *name)
{
	for (size_t i = 0; commands[i]; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static int no_command(const char *typed)
{
	const char *names[64], *nearest;
	size_t n = 0;

	while (commands[n] && n < sizeof names / sizeof *names) {
		names[n] = commands[n]->name;
		n++;
	}
	nearest = arguments_nearest(typed, names, n);
	fputs("phigate: there is no command ", stderr);
	term_text(stderr, slice_str(typed));
	if (nearest)
		fprintf(stderr, "; did you mean %s?", nearest);
	fputs("\nphigate --help lists the commands.\n", stderr);
	return EXIT_USAGE;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct why why = {0};
	struct arguments args;
	bool help;
	enum rc rc = arguments_read(command, argc, argv, &args, &help, &why);
	int status = EXIT_DONE;

	if (rc == RC_OK && help) {
		help_command(stdout, command);
	} else if (rc == RC_OK) {
		status = command->run(&args);
	} else {
		fprintf(stderr, "phigate %s: ", command->name);
		term_text(stderr, slice_str(rc == RC_NOMEM ? "no memory" : why.text));
		fputc('\n', stderr);
		help_usage(stderr, command);
		status = EXIT_USAGE;
	}
	arguments_free(&args);
	return status;
}

/* A result that did not reach its reader is none; one who went away knows that. */
static int finish(int status)
{
	bool written = fflush(stdout) == 0, gone = !written && errno == EPIPE;

	if ((written && !ferror(stdout)) || status != EXIT_DONE)
		return status;
	return gone ? EXIT_FAILED : term_fail(RC_IO, &(struct why){.text = "the output cannot be written"});
}

/* phigate --profile NAME COMMAND …: the same as behind the command. */
static enum rc skip_common(int *argc, char ***argv)
{
	struct why why = {0};
	int used = 0;
	enum rc rc = arguments_common(*argc, *argv, &used, &why);

	if (rc != RC_OK)
		term_fail(rc, &why);
	*argc -= used;
	*argv += used;
	return rc;
}

int main(int argc, char **argv)
{
	const struct command *command;

	harden();
	log_setup(2, false, LOG_ERROR);
	if (skip_common(&argc, &argv) != RC_OK)
		return EXIT_USAGE;
	if (argc < 2) {
		help_all(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
		command = argc > 2 ? find(argv[2]) : NULL;
		if (argc > 2 && !command)
			return no_command(argv[2]);
		if (command)
			help_command(stdout, command);
		else
			help_all(stdout);
		return finish(EXIT_DONE);
	}
	command = find(strcmp(argv[1], "--version") == 0 ? "version" : argv[1]);
	return command ? finish(run(command, argc - 1, argv + 1)) : no_command(argv[1]);
}
