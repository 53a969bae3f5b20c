/* phigate-agent check: everything that `run` would read, read and judged, and nothing changed. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "check_advice.h"
#include "command.h"
#include "notice.h"
#include "place.h"
#include "sink.h"
#include "snapshot.h"

struct check {
	const struct config *config;
	const char *override;            /* folder of dialects that replace built-in ones; NULL: there is none */
	int faults;
	enum rc worst;                   /* RC_BAD wins: a mistake in a file is status 2 */
};

static void fault(struct check *check, enum rc rc, struct why *why, int line)
{
	if (!why->file[0] && line) {
		why->line = line;
		why->column = 1;
		why_file(why, rc, check->config->path);
	}
	command_failed(rc, why);
	check->faults++;
	if (check->worst != RC_BAD)
		check->worst = rc == RC_NOT_FOUND ? RC_BAD : rc;
}

static void warn(void *arg, const struct why *why)
{
	(void)arg;
	command_tell(why, "warning: ");
}

static void check_policy(struct check *check, const struct connection *conn)
{
	char *path = policy_path(check->config->policies_dir, conn->policy);
	struct policy *policy = NULL;
	struct why why = {0};
	enum rc rc = path ? policy_load(path, conn->policy, &policy, &why) : RC_NOMEM;

	if (rc != RC_OK)
		fault(check, rc, &why, conn->line);
	else
		(void)!snapshot_warn_routes(check->config, check->override, policy);     /* a dialect's mistake is told of where it is checked */
	for (size_t i = 0; policy && policy_warning(policy, i); i++)
		warn(NULL, policy_warning(policy, i));
	if (policy)
		advise_on_policy(check->config, path, policy, warn, NULL);
	policy_unref(policy);
	free(path);
}

static void check_policies(struct check *check)
{
	const struct config *c = check->config;
	struct text_list seen = {0};

	for (size_t i = 0; i < c->n_connections; i++) {
		const struct connection *conn = &c->connections[i];

		if (text_list_has(&seen, conn->policy))
			continue;
		check_policy(check, conn);
		if (text_list_add(&seen, conn->policy) != RC_OK)
			break;
	}
	text_list_free(&seen);
}

static void check_connections(struct check *check)
{
	const struct config *c = check->config;

	for (size_t i = 0; i < c->n_connections; i++) {
		const struct connection *conn = &c->connections[i];
		struct dialect *dialect = NULL;
		struct target *target = NULL;
		struct why why = {0};
		enum rc rc = dialect_load(conn->dialect, check->override, &dialect, &why);

		if (rc == RC_OK)
			rc = dialect_check_allowed(dialect, &conn->allow_routes, &why);
		if (rc != RC_OK)
			fault(check, rc, &why, conn->line);
		dialect_free(dialect);
		why = (struct why){0};
		rc = target_new(conn, &target, &why);
		if (rc != RC_OK)
			fault(check, rc, &why, conn->line);
		target_free(target);
	}
}

static void check_notify(struct check *check)
{
	for (size_t i = 0; i < check->config->n_notify; i++) {
		const struct notify *notify = &check->config->notify[i];
		struct why why = {0};
		struct buf secret;
		enum rc rc;

		buf_init(&secret, 4096);
		rc = notify->secret_file ? notice_secret_read(notify->secret_file, &secret, &why) : RC_OK;
		if (rc == RC_OK && notify->ca_file && access(notify->ca_file, R_OK) != 0)
			rc = why_set(&why, RC_NOT_FOUND, "%s: cannot be read", notify->ca_file);
		if (rc != RC_OK)
			fault(check, rc, &why, 0);
		buf_free(&secret);
	}
}

static void check_archive(struct check *check)
{
	const struct s3_settings *s3 = &check->config->archive.s3;
	struct why why = {0};
	struct buf credentials;
	enum rc rc;

	buf_init(&credentials, 4096);
	rc = s3->endpoint ? s3_credentials(s3->credentials_file, &credentials, &why) : RC_OK;
	if (rc == RC_OK && s3->ca_file && access(s3->ca_file, R_OK) != 0)
		rc = why_set(&why, RC_NOT_FOUND, "%s: cannot be read", s3->ca_file);
	if (rc != RC_OK)
		fault(check, rc, &why, 0);
	buf_free(&credentials);
}

static void check_sinks(struct check *check)
{
	for (size_t i = 0; i < check->config->n_sinks; i++) {
		struct why why = {0};
		enum rc rc = sink_check(&check->config->sinks[i], &why);

		if (rc != RC_OK)
			fault(check, rc, &why, check->config->sinks[i].line);
	}
}

static int run(int argc, char **argv)
{
	const char *path = COMMAND_CONFIG_DEFAULT;
	char *override = NULL;
	struct config *config = NULL;
	struct why why = {0};
	struct check check = {0};
	enum rc rc;

	if (command_option(&argc, argv, "--config", &path) != RC_OK || argc > 1)
		return command_usage(&cmd_check, argc > 1 ? "takes no argument but --config" : "--config needs a file");
	rc = config_load(path, &config, &why);
	if (rc != RC_OK)
		return command_failed(rc, &why);
	check.config = config;
	if (snapshot_dialects_dir(config, &override) != RC_OK)
		return command_failed(RC_NOMEM, &why);
	check.override = override;
	advise_on_config(config, warn, NULL);
	check_policies(&check);
	check_connections(&check);
	check_notify(&check);
	check_archive(&check);
	check_sinks(&check);
	if (check.faults)
		fprintf(stderr, "phigate-agent: %d mistake%s; a running agent is not affected\n", check.faults, check.faults == 1 ? "" : "s");
	else
		printf("%s: good, with %zu connection%s\n", path, config->n_connections, config->n_connections == 1 ? "" : "s");
	config_free(config);
	free(override);
	return !check.faults ? EXIT_DONE : check.worst == RC_BAD ? EXIT_USAGE : EXIT_FAILED;
}

const struct command cmd_check = {
	.name = "check", .args = "[--config FILE]",
	.help = "read agent.yaml, its policies, dialects and files, and name every mistake and every risk; changes nothing", .run = run,
};
