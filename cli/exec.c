/* phigate exec: run one command with a connection of its own. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harden.h"
#include "purpose.h"
#include "signals.h"
#include "talk.h"
#include "term.h"
#include "variables.h"

#define EXIT_PHIGATE 125                         /* as env(1) and docker-run(1): the command was not what failed */
#define EXIT_NOT_RUN 126
#define EXIT_NO_COMMAND 127

static void told(void *arg, const struct relay_told *told)
{
	(void)arg;
	talk(told);
}

/* A proxy would read the prompts: local addresses go past it. */
static void go_past_proxies(void)
{
	static const char *const names[] = {"NO_PROXY", "no_proxy"};

	for (size_t i = 0; i < 2; i++) {
		const char *old = getenv(names[i]);
		struct buf list;

		buf_init(&list, 65536);
		if (buf_printf(&list, "%s%s127.0.0.1", old ? old : "", old && *old ? "," : "") == RC_OK)
			setenv(names[i], list.data, 1);
		buf_free(&list);
	}
}

static void set_environment(const struct relay_about *about)
{
	char openai[96];

	snprintf(openai, sizeof openai, "%s%s", about->url, variables_openai_path(about->dialect));
	setenv("OPENAI_BASE_URL", openai, 1);
	setenv("OPENAI_API_KEY", about->api_key, 1);
	setenv("ANTHROPIC_BASE_URL", about->url, 1);
	setenv("ANTHROPIC_API_KEY", about->api_key, 1);
	setenv("OLLAMA_HOST", about->url, 1);
	go_past_proxies();
}

static pid_t start(const struct relay *r, char *const *command)
{
	const struct relay_about about = relay_about(r);
	pid_t pid;
	int error;

	fflush(NULL);
	pid = fork();
	if (pid != 0)
		return pid;
	signals_restore();
	harden_undo();
	set_environment(&about);
	execvp(command[0], command);
	error = errno;
	fputs("phigate: cannot run ", stderr);
	term_text(stderr, slice_str(command[0]));
	fprintf(stderr, ": %s\n", strerror(error));
	fflush(stderr);
	_exit(error == ENOENT ? EXIT_NO_COMMAND : EXIT_NOT_RUN);
}

/* What the terminal sends goes to the command anyway; what a process sends to us is meant for it. True once the command has ended. */
static bool take_signals(pid_t pid, int *status)
{
	bool sent;
	int number;

	while ((number = signals_take(&sent)) != 0)
		if (number != SIGCHLD && sent)
			kill(pid, number);
	return waitpid(pid, status, WNOHANG) == pid;
}

/* Until the command ends; a session that ended before takes nothing more, and the command finds that out. */
static int wait_for(struct relay *r, pid_t pid)
{
	bool over = false;
	int status = 0;

	while (!take_signals(pid, &status)) {
		struct why why = {0};

		if (over) {
			struct pollfd p = {signals_fd(), POLLIN, 0};

			poll(&p, 1, -1);
		} else if (relay_run(r, &why) == RC_END) {
			over = true;
			term_fail(RC_END, &(struct why){.text = "the session has ended; the command's requests are refused from here on"});
			term_fail(RC_END, &why);
		}
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int use(struct relay *r, const struct arguments *args)
{
	char **command = calloc(args->n_positional, sizeof *command);
	struct why why = {0};
	pid_t pid;
	int status = EXIT_PHIGATE;
	enum rc rc;

	for (size_t i = 1; command && i < args->n_positional; i++)
		command[i - 1] = (char *)args->positional[i];    /* execvp changes none of them */
	pid = command ? start(r, command) : -1;
	if (pid > 0)
		status = wait_for(r, pid);
	else
		term_fail(RC_IO, &(struct why){.text = "cannot start a process"});
	free(command);
	signals_release();
	progress_begin("sealing the session");
	rc = relay_close(r, &why);
	progress_end();
	if (rc != RC_OK)
		term_fail(rc, &why);
	return status;
}

static int run(const struct arguments *args)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD};
	struct relay_ask ask = {.connection = args->positional[0], .reason = argument(args, "--reason"),
		.purpose = argument(args, "--purpose"), .emergency = argument(args, "--emergency"), .told = told};
	struct relay *relay = NULL;
	int status = EXIT_PHIGATE;
	struct why why = {0};
	struct agents a;
	enum rc rc;

	if (ask.emergency && (!ask.reason || !*ask.reason)) {
		term_fail(RC_BAD, &(struct why){.text = "--emergency needs --reason TEXT: the auditor who reviews it will ask"});
		return status;
	}
	if (purpose_check(ask.purpose, &why) != RC_OK) {
		term_fail(RC_BAD, &why);
		return status;
	}
	if (agents_begin(&a) != EXIT_DONE)
		goto out;
	rc = signals_catch(signals, sizeof signals / sizeof *signals, &why);
	ask.wake_fd = signals_fd();
	if (rc == RC_OK)
		rc = relay_open(&a, &ask, &relay, &why);
	if (rc == RC_OK && ask.emergency)
		talk_emergency();
	if (rc == RC_OK)
		status = use(relay, args);
	else if (rc != RC_CANCELLED)
		term_fail(rc, &why);
out:
	relay_free(relay);
	agents_end(&a);
	return status;
}

static const struct option_spec options[] = {
	{"--reason", "TEXT", "why, for the record"},
	{"--purpose", "CODE", "what the data is used for: TREAT, HPAYMT, HOPERAT or HRESCH"},
	{"--emergency", NULL, "pass what would be held, told at once and reviewed later; needs --reason"},
	{NULL, NULL, NULL},
};

const struct command cmd_exec = {
	.name = "exec", .args = "NAME -- CMD…", .help = "run a command with a model at hand", .options = options, .min_args = 2,
	.max_args = (size_t)-1, .run = run,
};
