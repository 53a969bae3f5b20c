/* phigate-agent reload: let the running agent take over what has changed, and say what it did. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "command.h"
#include "config.h"
#include "json.h"
#include "reload.h"

#define WAIT_S 60                                /* patterns and words are compiled meanwhile */

static enum rc ask(const char *state_dir, struct buf *answer, struct why *why)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	const struct timeval wait = {.tv_sec = WAIT_S};
	char *path = reload_path(state_dir);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool fits = path && strlen(path) < sizeof at.sun_path;
	ssize_t n = -1;
	enum rc rc = RC_OK;

	if (fits)
		strcpy(at.sun_path, path);
	free(path);
	if (fd < 0 || !fits || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) != 0 ||
	    connect(fd, (struct sockaddr *)&at, sizeof at) != 0)
		rc = why_set(why, RC_UNREACHABLE, "no agent of this state_dir can be asked (%s): %s; run this as the agent's user or as root",
			     at.sun_path, strerror(errno));
	while (rc == RC_OK && n != 0) {
		char *room = buf_room(answer, 4096);

		n = room ? recv(fd, room, 4096, 0) : -1;
		if (n < 0)
			rc = why_set(why, RC_IO, "the agent gives no answer: %s", strerror(errno));
		else
			buf_added(answer, (size_t)n);
	}
	if (fd >= 0)
		close(fd);
	return rc;
}

static void tell(const cJSON *at, const char *kind)
{
	struct why why = {0};
	int64_t line = 0, column = 0;

	(void)json_int(at, "line", &line);
	(void)json_int(at, "column", &column);
	snprintf(why.file, sizeof why.file, "%s", json_text_or_empty(at, "file"));
	snprintf(why.text, sizeof why.text, "%s", json_text_or_empty(at, "text"));
	why.line = (int)line;
	why.column = (int)column;
	command_tell(&why, kind);
}

static int show(const cJSON *answer)
{
	const cJSON *item, *policies = cJSON_GetObjectItemCaseSensitive(answer, "policies");
	const cJSON *changed = cJSON_GetObjectItemCaseSensitive(answer, "changed");
	int64_t ended = 0;

	if (!json_true(answer, "ok")) {
		tell(json_object(answer, "error"), "");
		fputs("phigate-agent: nothing was taken over; what was in force still is\n", stderr);
		return EXIT_USAGE;
	}
	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(answer, "warnings"))
		tell(item, "warning: ");
	cJSON_ArrayForEach(item, changed)
		printf("agent.yaml: %s\n", cJSON_IsString(item) ? item->valuestring : "");
	cJSON_ArrayForEach(item, policies)
		printf("policy %s: %.12s -> %.12s\n", json_text(item, "name"), json_text(item, "before") ? json_text(item, "before") : "none",
		       json_text(item, "after") ? json_text(item, "after") : "none");
	if (!cJSON_GetArraySize(policies) && !cJSON_GetArraySize(changed))
		puts("nothing has changed");
	if (json_int(answer, "sessions_ended", &ended) && ended)
		printf("%lld session%s ended, whose people may not use the connection any more\n", (long long)ended, ended == 1 ? "" : "s");
	return EXIT_DONE;
}

static int run(int argc, char **argv)
{
	const char *path = COMMAND_CONFIG_DEFAULT;
	struct config *config = NULL;
	cJSON *tree = NULL;
	struct buf answer;
	struct why why = {0};
	int status, json = command_flag(&argc, argv, "--json");
	enum rc rc;

	if (command_option(&argc, argv, "--config", &path) != RC_OK || argc > 1)
		return command_usage(&cmd_reload, argc > 1 ? "takes no argument but --config and --json" : "--config needs a file");
	rc = config_load(path, &config, &why);
	if (rc != RC_OK)
		return command_failed(rc, &why);
	buf_init(&answer, 1 << 20);
	rc = ask(config->state_dir, &answer, &why);
	if (rc == RC_OK && !(tree = json_parse(buf_slice(&answer))))
		rc = why_set(&why, RC_DENIED, "the agent takes this from its own user and root only");
	if (rc != RC_OK) {
		status = command_failed(rc, &why);
	} else if (json) {
		printf("%.*s\n", (int)answer.len, answer.data);
		status = json_true(tree, "ok") ? EXIT_DONE : EXIT_USAGE;
	} else {
		status = show(tree);
	}
	cJSON_Delete(tree);
	buf_free(&answer);
	config_free(config);
	return status;
}

const struct command cmd_reload = {
	.name = "reload", .args = "[--config FILE] [--json]",
	.help = "let the running agent take over a changed agent.yaml, policies and secrets, all or none", .run = run,
};
