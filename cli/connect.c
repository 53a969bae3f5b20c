/* phigate connect: a local port for one of the hospital's models, until Ctrl-C. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "jsonline.h"
#include "purpose.h"
#include "signals.h"
#include "talk.h"
#include "term.h"
#include "variables.h"

#define FILES_MAX 4096

/* ---- what is printed ----------------------------------------------------------------------------------------------------- */

static void print_event(const char *const (*members)[2], size_t n)
{
	cJSON *event = cJSON_CreateObject();

	for (size_t i = 0; i < n; i++)
		cJSON_AddStringToObject(event, members[i][0], members[i][1] ? members[i][1] : "");
	(void)!jsonline_print(stdout, event);            /* who reads us may have gone; the session is what matters */
	cJSON_Delete(event);
}

static void told_as_json(void *arg, const struct relay_told *told)
{
	(void)arg;
	if (told->news == RELAY_HOLD) {
		(void)!jsonline_print(stdout, told->event);
	} else if (told->news == RELAY_SESSION) {
		const char *const members[][2] = {
			{"event", "session"}, {"session", told->session}, {"previous", told->previous}, {"reason", told->reason},
		};

		print_event(members, 4);
	} else {
		talk(told);
	}
}

static void told_to_people(void *arg, const struct relay_told *told)
{
	(void)arg;
	talk(told);
}

static void print_block(const struct relay_about *about)
{
	const struct variables *v = variables_of(about->dialect);

	term_printf(stdout, STYLE_BOLD, "%s", about->connection);
	printf(" on %s\n\n  URL       ", about->agent);
	term_printf(stdout, STYLE_GOOD, "%s", about->url);
	printf("\n  API key   ");
	term_printf(stdout, STYLE_GOOD, "%s", about->api_key);
	printf("\n  Session   %s\n\n", about->session);
	if (v)
		printf("  export %s=%s%s\n  export %s=%s\n\n", v->url_name, about->url, v->path, v->key_name, about->api_key);
	term_printf(stdout, STYLE_DIM, "Answers are masked and the session is recorded. Ctrl-C ends it.");
	fputc('\n', stdout);
	fflush(stdout);
}

static void print_ready(const struct relay *r, bool json)
{
	const struct relay_about about = relay_about(r);
	const char *const members[][2] = {
		{"event", "ready"}, {"session", about.session}, {"connection", about.connection}, {"url", about.url}, {"api_key", about.api_key},
	};

	if (json)
		print_event(members, 5);
	else
		print_block(&about);
}

static void print_closed(const char *reason, bool json)
{
	const char *const members[][2] = {{"event", "closed"}, {"reason", reason}};

	if (json)
		print_event(members, 2);
	else
		fprintf(stderr, "closed: %s\n", reason);
}

/* ---- the command --------------------------------------------------------------------------------------------------------- */

/* Each local connection is a descriptor. */
static void raise_limit(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < FILES_MAX) {
		files.rlim_cur = files.rlim_max < FILES_MAX ? files.rlim_max : FILES_MAX;
		setrlimit(RLIMIT_NOFILE, &files);
	}
}

/* Its number; 0 for none, -1 for what is no port. */
static int port_asked(const struct arguments *args)
{
	const char *text = argument(args, "--port");
	char *end;
	long port;

	if (!text)
		return 0;
	port = strtol(text, &end, 10);
	return *text && !*end && port > 0 && port < 65536 ? (int)port : -1;
}

static int end_by_user(struct relay *r, bool json)
{
	struct why why = {0};
	enum rc rc;

	signals_release();                               /* a second Ctrl-C waits no longer */
	progress_begin("sealing the session");
	rc = relay_close(r, &why);
	progress_end();
	print_closed("client", json);
	if (rc == RC_OK)
		return EXIT_DONE;
	return rc == RC_CONFLICT ? (term_fail(rc, &why), EXIT_EVIDENCE) : term_fail(rc, &why);
}

/* It ended without us: by revoke, by time, or because it may not go on. */
static int end_by_agent(struct relay *r, const struct why *why, bool json)
{
	print_closed(relay_end(r), json);
	if (strcmp(relay_end(r), "ledger") == 0)         /* it was told what contradicts */
		return EXIT_EVIDENCE;
	if (strcmp(relay_end(r), why->text) != 0)
		return term_fail(RC_DENIED, why);
	return strcmp(relay_end(r), "revoked") == 0 ? EXIT_REFUSED : EXIT_FAILED;
}

static int use(struct relay *r, bool emergency, bool json)
{
	struct why why = {0};

	if (emergency)
		talk_emergency();
	print_ready(r, json);
	return relay_run(r, &why) == RC_OK ? end_by_user(r, json) : end_by_agent(r, &why, json);
}

static int run(const struct arguments *args)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	bool json = argument(args, "--json");
	struct relay_ask ask = {
		.connection = args->positional[0], .port = port_asked(args), .reason = argument(args, "--reason"), .purpose = argument(args, "--purpose"),
		.emergency = argument(args, "--emergency"), .told = json ? told_as_json : told_to_people,
	};
	struct relay *relay = NULL;
	struct why why = {0};
	struct agents a;
	int status;
	enum rc rc;

	if (ask.port < 0) {
		term_fail(RC_BAD, &(struct why){.text = "--port is a number from 1 to 65535"});
		return EXIT_USAGE;
	}
	if (ask.emergency && (!ask.reason || !*ask.reason)) {
		term_fail(RC_BAD, &(struct why){.text = "--emergency needs --reason TEXT: the auditor who reviews it will ask"});
		return EXIT_USAGE;
	}
	if (purpose_check(ask.purpose, &why) != RC_OK) {
		term_fail(RC_BAD, &why);
		return EXIT_USAGE;
	}
	raise_limit();
	status = agents_begin(&a);
	if (status != EXIT_DONE)
		goto out;
	rc = signals_catch(signals, sizeof signals / sizeof *signals, &why);
	ask.wake_fd = signals_fd();
	if (rc == RC_OK)
		rc = relay_open(&a, &ask, &relay, &why);
	if (rc == RC_OK)
		status = use(relay, ask.emergency, json);
	else
		status = rc == RC_CANCELLED ? EXIT_FAILED : agents_fail(rc, &why);
	if (rc == RC_CONFLICT)
		status = EXIT_EVIDENCE;                  /* its receipt contradicts an earlier one */
out:
	relay_free(relay);
	agents_end(&a);
	return status;
}

static const struct option_spec options[] = {
	{"--port", "N", "the local port; else as client.yaml says, or any that is free"},
	{"--reason", "TEXT", "why, for the record"},
	{"--purpose", "CODE", "what the data is used for: TREAT, HPAYMT, HOPERAT or HRESCH"},
	{"--emergency", NULL, "pass what would be held, told at once and reviewed later; needs --reason"},
	{"--json", NULL, "one JSON event a line"},
	{NULL, NULL, NULL},
};

const struct command cmd_connect = {
	.name = "connect", .args = "NAME", .help = "open a local port for a model", .options = options, .min_args = 1, .max_args = 1,
	.run = run,
};
